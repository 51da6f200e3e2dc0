/* reactor.h: what pending calls need of the loop that the program drives. */
#ifndef KZI_REACTOR_H
#define KZI_REACTOR_H

#include "loop.h"

/* A cancel token that calls of the loop carry: its file descriptor is watched once. */
typedef struct kzi_token {
    kz_cancel *cancel;
    size_t calls;
    bool watched;
} kzi_token;

struct kz_loop {
    atomic_int refs; /* the program's, and one for each pending call */
    kz_client *client;
    kzi_loop *inner; /* NULL: freed by the program */
    int epoll, timer, wake;
    int64_t curl_due;  /* when libcurl wants to be called, -1: not at all */
    int64_t armed;     /* when the timer goes off, 0: it does not */
    atomic_bool woken; /* by another thread: cancelled calls, or a client that is closing */
    bool dispatching;
    bool starved;         /* libcurl had no memory to go on with */
    int blind;            /* the error number with which a socket could not be watched, or 0 */
    kz_pending *pendings; /* that have not ended */
    size_t n_pendings;
    kz_pending *ready, *ready_last; /* that have something to deliver */
    kzi_token *tokens;
    size_t n_tokens;
    kz_loop *next; /* of the client */
};

/* Wakes the loop from any thread or a signal handler. */
void kzi_reactor_wake(kz_loop *loop);
/* Lets what was just added leave at once, unless the loop is dispatching and will do so itself. */
void kzi_reactor_kick(kz_loop *loop);
bool kzi_reactor_watch(kz_loop *loop, kz_cancel *cancel);
void kzi_reactor_unwatch(kz_loop *loop, kz_cancel *cancel);
void kzi_reactor_unref(kz_loop *loop);

/* pending.c */
/* Hands out what has come for the calls that are ready now. */
void kzi_pending_deliver(kz_loop *loop);
/* Marks as cancelled what another thread cancelled, or all. */
void kzi_pending_collect_cancelled(kz_loop *loop, bool all);

#endif
