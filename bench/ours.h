/* ours.h: what the parts of the client over libkamiwaza share. */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H

#include "measure.h"

#include <kamiwaza/kamiwaza.h>

extern kz_client *client_of;
extern kz_error *slot;

void check(const char *what);
/* The client, with the server of the benchmark as the platform and as the server of models. */
void begin(const char *url);
void use(const char *text);

/* ours_platform.c */
void models(const char *url, size_t n);
void decode(const char *url, size_t n);
void start(const char *url, size_t n);
void download(const char *url, size_t n);

#endif
