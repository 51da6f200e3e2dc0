/* utf8.h: UTF-8 as Unicode has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef KZI_UTF8_H
#define KZI_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length of the character of several bytes at `s`, of which `left` are there; 0: it is none. */
size_t kzi_utf8_length(const unsigned char *s, size_t left);
bool kzi_utf8_valid(const char *text, size_t length);
/* Writes the character `c` into `out` of four bytes; returns how many it took. */
size_t kzi_utf8_put(char *out, unsigned c);

#endif
