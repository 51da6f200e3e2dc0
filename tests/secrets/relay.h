/* relay.h: a server between a client and the emulator that sees what they say, so that every secret that one of them makes up is known to the
 * search: tokens, codes, verifiers, cookies. At each request it also takes down which programs run, with their command lines. */
#ifndef TEST_SECRETS_RELAY_H
#define TEST_SECRETS_RELAY_H

#include "../wire/server.h"
#include "seen.h"

typedef struct Relay {
    WireServer *server;
    guint16 port;     /* of the emulator */
    const char *file; /* what is secret is noted there: secrets_learn_noted() */
    Seen *seen;
} Relay;

/* `url` is the emulator's. */
void relay_begin(Relay *relay, const char *url, const char *file, Seen *seen);
void relay_end(Relay *relay);

/* Notes what is secret in a request or an answer. */
void relay_note(const char *file, const char *text);

#endif
