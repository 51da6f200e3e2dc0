/* loop.h: what a loop is made of: the calls that share one curl_multi handle. loop.c has what every loop does, loop_turn.c
 * drives one by waiting (blocking calls, pulled streams), reactor.c by the program's own loop (asynchronous calls). */
#ifndef KZI_LOOP_H
#define KZI_LOOP_H

#include "engine.h"

typedef struct kzi_host kzi_host;
typedef struct kzi_socket kzi_socket;

enum { KZI_SPARE_EASIES = 8 };

struct kzi_loop {
    kz_client *client;
    CURLM *multi;
    CURL *spares[KZI_SPARE_EASIES]; /* easy handles set up for the next calls (easy.c) */
    unsigned n_spares;
    kzi_call *calls;
    int64_t n_running;       /* of them: those that libcurl has */
    int64_t next_due;        /* of the calls' own times, 0: none; early, never late */
    bool changed;            /* something happened in this turn */
    bool shared;             /* driven by the program */
    struct kz_loop *reactor; /* then: its other half */
    kzi_buffer spare_input;  /* memory for what comes of one stream, passed around among those of a shared loop */
    kzi_host *hosts;         /* with the setting max_host_calls */
    kzi_socket *sockets;     /* that are open (sockets.c) */
    size_t n_sockets, room_sockets;
    kzi_loop *next;
};

kzi_loop *kzi_loop_new(kz_client *client);
/* What time and tokens bring about for all calls; returns when something next will, in milliseconds from now, or -1. */
int64_t kzi_loop_check_times(kzi_loop *loop);
/* The call has times of its own, or others than before. */
void kzi_loop_note_due(kzi_loop *loop, const kzi_call *call);
/* Hands out what libcurl has finished. */
void kzi_loop_read_messages(kzi_loop *loop);

/* Whether the call may start now; otherwise it waits for its turn with its host (hosts.c). */
bool kzi_host_enter(kzi_loop *loop, kzi_call *call);
/* The call runs no more, or waits no more. Returns the call whose turn it is, or NULL. */
kzi_call *kzi_host_leave(kzi_loop *loop, kzi_call *call);
void kzi_hosts_free(kzi_loop *loop);

#endif
