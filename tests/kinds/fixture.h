/* fixture.h: a client of the service "kinds" before a scripted server. */
#ifndef TEST_KINDS_FIXTURE_H
#define TEST_KINDS_FIXTURE_H

#include "../wire/server.h"

#include <kamiwaza/kinds.h>
#include <string.h>

#define HEAD(type, length) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nContent-Length: " length "\r\n\r\n"
#define CHUNKED(type) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nTransfer-Encoding: chunked\r\n\r\n"
#define UNTIL_CLOSE(type) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n"
#define TRUE_ANSWER HEAD("application/json", "4") "true"
#define BAD "HTTP/1.1 500 What\r\nContent-Length: 0\r\n\r\n"
#define ANSWER HEAD("application/json", "10") "{\"id\":\"a\"}"

typedef struct Fixture {
    WireServer *server;
    kz_client *client;
    kz_kinds *kinds;
    kz_error *error;
} Fixture;

/* A client of a server that runs. `settings`: names and values in turn, NULL at the end; or NULL. */
void join(Fixture *f, WireServer *server, const char *const *settings);
void begin(Fixture *f, const WireAnswer *script, gsize n, const char *const *settings);
void end(Fixture *f);
/* Begins with one answer for all requests. */
void begin_with(Fixture *f, const WireAnswer *answer);
/* The error is of this kind and its message holds the text; it is cleared. */
void expect_error(Fixture *f, int code, const char *text);
/* No error has come; otherwise the test ends with it. */
void no_error(const Fixture *f);
/* An answer whose body is `text`, compressed, with `cut` bytes missing at its end, sent byte by byte; its text is to be freed. */
WireAnswer compressed(const char *type, const char *text, gsize length, gsize cut);
/* Asks for a truth, on a connection of its own or one that is there: 1, 0, or -1 with the slot filled. */
int ask_for_truth(Fixture *f);
/* The body of request `i`. */
const char *body_of(Fixture *f, guint i);

#endif
