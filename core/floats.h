/* floats.h: lists of 32-bit numbers in JSON (floats.c). */
#ifndef KZI_FLOATS_H
#define KZI_FLOATS_H

#include "buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes the numbers of `length` characters of base64 take at the most. */
size_t kzi_floats_room(size_t length);
/* Reads base64, with or without its padding, of the standard or the URL alphabet; false: it is none, or no whole numbers. */
bool kzi_floats_decode(const char *text, size_t length, float *floats, size_t *count);
/* The shortest text that reads back as `value`; false: JSON has none. */
bool kzi_put_float(kzi_buffer *out, float value);

#endif
