/* server.h: a server on loopback that answers with what the test wrote down, byte for byte, and remembers what it was asked. */
#ifndef TEST_WIRE_SERVER_H
#define TEST_WIRE_SERVER_H

#include <glib.h>

enum {
    WIRE_CLOSE = 1, /* close after this answer */
    WIRE_BYTES = 2, /* a byte at a time */
    WIRE_HANG = 4,  /* never finish it */
    WIRE_EARLY = 8, /* before the body has been read */
    WIRE_DRIP = 16, /* a byte every few milliseconds */
    WIRE_HOLD = 32, /* what follows WIRE_MARK in it only after wire_release() */
};

#define WIRE_MARK "\x1e" /* itself not sent */

typedef struct WireAnswer {
    const char *text; /* the whole answer; NULL: close without a word */
    gssize length;    /* -1: up to its NUL */
    int flags;
    const char *to; /* "GET /path": only for requests that begin so; NULL: for any */
} WireAnswer;

typedef struct WireServer WireServer;

/* Answers requests with the script in turn; the last answer stays. The script is borrowed. Where the last answer is for some
 * requests only, there are no turns: each request gets the first answer that is for it. */
WireServer *wire_start(const WireAnswer *script, gsize n_answers);
/* The same at another address than 127.0.0.1, which its URL names all the same. */
WireServer *wire_start_at(const char *address, const WireAnswer *script, gsize n_answers);

/* Answers each request with what the function gives (g_free), held at WIRE_MARK; NULL: closes without a word. Called by several threads at
 * once. */
typedef char *(*WireFunction)(const char *request, void *user);
WireServer *wire_start_function(WireFunction function, void *user);
const char *wire_url(const WireServer *server);
/* How many requests came, and the text of one (head and body), borrowed until the server is stopped. */
guint wire_count(WireServer *server);
const char *wire_request(WireServer *server, guint i);
/* Waits until `n` requests have come and all answers to what came are sent. */
void wire_wait(WireServer *server, guint n);
/* How many connections came, and how many of them are there still. */
guint wire_connections(WireServer *server);
guint wire_connected(WireServer *server);
/* How many bytes were sent in all. */
gsize wire_sent(WireServer *server);
/* Waits until the client takes no more of what is being sent, or all of it is sent. */
void wire_wait_full(WireServer *server);
/* Lets go of the answers that are held. */
void wire_release(WireServer *server);
void wire_stop(WireServer *server);

#endif
