/* fixture.h: what the tests of versions share: a server, a client of it, and the service by the plugin at hand. The tests are compiled
 * three times, as programs of different age, and each program is run with each of the plugins (see meson.build). */
#ifndef TEST_APART_FIXTURE_H
#define TEST_APART_FIXTURE_H

#include "../wire/server.h"

#include <kamiwaza/apart.h>
#include <kamiwaza/apart/functions.h>
#include <kamiwaza/async.h>
#include <string.h>

#define JSON(length) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n"
#define CLOSES(type) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n"
/* A thing with all that the newer version knows. */
#define THING                                                                                                                  \
    "{\"name\":\"n\",\"size\":7,\"inner\":{\"name\":\"i\",\"depth\":1,\"words\":[\"w\"]},"                                     \
    "\"pieces\":[{\"name\":\"p\",\"depth\":2},{\"name\":\"q\",\"words\":[\"x\",\"y\"]}],"                                      \
    "\"figure\":{\"kind\":\"circle\",\"radius\":2,\"colour\":\"red\"},\"weight\":0.5,\"makers\":[\"m\"],\"newest\":{\"name\":" \
    "\"z\",\"depth\":9}}"

typedef struct Fixture {
    WireServer *server;
    kz_client *client;
    kz_apart *apart;
    kz_error *error;
} Fixture;

void begin(Fixture *f, const WireAnswer *script, gsize n);
void no_error(const Fixture *f);
void end(Fixture *f);

bool program_is_newer(void);
bool plugin_is_newer(void);
/* The oldest plugin is of a time when there were no functions for programs, and no way to find a server. */
bool plugin_is_oldest(void);

/* What the installed plugin is too old for: the slot says so, with these words, and is cleared. */
void expect_too_old(Fixture *f, const char *part);

/* The body of request number `i`, borrowed. */
const char *body_of(Fixture *f, guint i);
/* A whole answer (g_free()). */
char *answer_of(const char *type, const char *body);
/* The text of a thing: every member that each version knows, with all that it leads to (g_free()). */
char *said(const kz_thing *thing);
/* THING, as far as both sides know it. */
void check_thing(const kz_thing *thing);

/* For kz_submit(): sets the bool. And runs the loop until it is set. */
void done(kz_pending *pending, void *user);
void run_until(kz_loop *loop, const bool *ended);

void add_results(void);
void add_requests(void);
void add_news(void);

#endif
