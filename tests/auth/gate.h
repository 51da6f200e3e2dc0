/* gate.h: a server whose calls need a token, the provider "turnstile" that gets one from it, and a client between them. */
#ifndef TEST_AUTH_GATE_H
#define TEST_AUTH_GATE_H

#include "../wire/server.h"

#include <kamiwaza/auth-plugin.h>
#include <kamiwaza/kinds.h>
#include <string.h>

/* What the server knows; under `lock` where threads meet. */
typedef struct Gate {
    WireServer *server;
    GMutex lock;
    GCond changed;
    int epoch;         /* tokens of another one are refused */
    int tokens;        /* given out */
    int asked;         /* for tokens */
    int refused;       /* calls answered with 401 */
    int crowd;         /* a call is refused only when so many are there to be refused */
    bool holds;        /* token requests wait until it is false */
    bool broken;       /* token requests are answered with 400 */
    bool stubborn;     /* no token is good */
    int flaky;         /* so many calls are answered with 503 first */
    const char *moved; /* calls are redirected there */
    int lifetime;      /* seconds that tokens say they live, 0: they do not say */
} Gate;

typedef struct Visit {
    Gate gate;
    kz_client *client;
    kz_kinds *kinds;
    kz_error *error;
} Visit;

extern const kz_provider_vtable turnstile;

/* A client that signs in through `vtable` (NULL: by the settings alone); `settings`: names and values in turn, NULL at the end, or NULL. */
void visit_begin(Visit *v, const kz_provider_vtable *vtable, const char *const *settings);
/* Another client, of these settings, before the same server. */
void visit_again(Visit *v, const kz_provider_vtable *vtable, const char *const *settings);
void visit_end(Visit *v);
void expect(Visit *v, int code, const char *text);
void fine(const Visit *v);
/* Makes a call and whether it went well. */
bool call(Visit *v, kz_error **error);
/* Waits until so many requests were seen. */
void wait_requests(Visit *v, guint n);
void set_epoch(Visit *v, int epoch);
void release_tokens(Visit *v, bool holds);

#endif
