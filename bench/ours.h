/* ours.h: what the parts of the client over libkamiwaza share. */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H

#include "measure.h"

#include <kamiwaza/kamiwaza.h>

extern kz_client *client_of;
extern kz_error *slot;

void check(const char *what);
/* A configuration with the server of the benchmark as the platform and as the server of models; the client of one, which is used up; the
 * client as it is measured unless credentials are what is measured. */
kz_config *configure(const char *url);
void begin_with(kz_config *config);
void begin(const char *url);
void use(const char *text);
/* Plain calls, of the client that there is. */
void calls(const char *url, size_t n);

/* ours_auth.c */
void calls_unsigned(const char *url, size_t n);
void calls_headed(const char *url, size_t n);
void calls_authorised(const char *url, size_t n);

/* ours_platform.c */
void models(const char *url, size_t n);
void decode(const char *url, size_t n);
void start(const char *url, size_t n);
void download(const char *url, size_t n);

#endif
