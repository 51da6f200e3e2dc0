/* platform.h: a platform for tests that gives tokens for a password, or answers sign-ins as it is told; and clients of it. */
#ifndef TEST_AUTH_PLATFORM_H
#define TEST_AUTH_PLATFORM_H

#include "../wire/server.h"

#include <kamiwaza/kamiwaza.h>

typedef struct Platform {
    WireServer *server;
    GMutex lock;
    const char *password; /* the right one */
    const char *status;   /* of every answer to a sign-in, with `body`; NULL: by the password */
    const char *body;
    const char *grant; /* what a good sign-in gives */
    int asked;         /* sign-ins and renewals */
    bool refuses;      /* every token */
    bool spent;        /* no refresh token is good */
} Platform;

void platform_begin(Platform *it);
void platform_end(Platform *it);
/* A client of it that keeps nothing; settings are names and values in turn, "<token>" stands for where tokens are given out. */
kz_client *platform_client(const Platform *it, const char *const *settings);

#endif
