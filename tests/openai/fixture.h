/* fixture.h: the service openai before a scripted server that answers the OpenAI interface under /v1. */
#ifndef TEST_OPENAI_FIXTURE_H
#define TEST_OPENAI_FIXTURE_H

#include "../wire/server.h"

#include <kamiwaza/openai.h>
#include <string.h>

#define HEAD(type, length) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nContent-Length: " length "\r\n\r\n"
#define EVENTS "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
#define JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"

typedef struct Fixture {
    WireServer *server;
    kz_client *client;
    kz_openai *openai, *base; /* base: a handle of our own, or NULL */
    kz_error *error;
} Fixture;

void begin(Fixture *f, const WireAnswer *script, gsize n);
/* A client of models at `base`, which the `server` of the fixture is the proxy of; NULL: nobody listens there. */
void begin_proxied(Fixture *f, const char *base, const WireAnswer *answer);
/* A client of the platform at `base_url`, which knows no address of models. */
void begin_platform(Fixture *f, const char *base_url);
void end(Fixture *f);
void expect_error(Fixture *f, int code, const char *text);
/* The body of request `i`. */
const char *body_of(Fixture *f, guint i);
/* The request holds the text, or does not. */
void asked(Fixture *f, guint i, const char *text);
void not_asked(Fixture *f, guint i, const char *text);

/* Arguments of a call that asks "Hello". */
extern const kz_chat_completion_params hello;

#endif
