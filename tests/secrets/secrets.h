/* secrets.h: the secrets of a test run, and looking for them. Each is held in a form that is none of those it is looked for in, so that it is
 * not found in the test itself. It is looked for as it is and in the disguises in which it travels or is written, and in pieces: memory
 * that was freed has lost the beginning of what was there, and a piece of a secret in a message is one too. */
#ifndef TEST_SECRETS_H
#define TEST_SECRETS_H

#include <glib.h>

/* Those that a test chooses; others are learnt as they are given out. */
typedef enum Secret {
    API_KEY,
    BEARER,
    PASSWORD,
    HUB_TOKEN,
    CLIENT_SECRET,
    KEY_PASSWORD,
    PROXY_PASSWORD,
    OF_HEADERS, /* in the setting `headers` */
    CALL_HEADER,
    CALL_QUERY,
    COMMAND_TOKEN, /* what a credential command prints */
    TYPED_TOKEN,   /* given at a sign-in */
    GIVEN_TOKEN,   /* given out by a server of the test */
    PLANTED,       /* for the tests of the search itself */
    N_SECRETS
} Secret;

enum {
    SECRET_LENGTH = 40,
    SECRET_SIZE = SECRET_LENGTH + 1,
    PIECE = 8 /* bytes; any part of a secret, or of its disguise, that is twice as long is found */
};

/* The secret in plain, NUL-terminated; whoever asks wipes it. Those that may be have characters that are written otherwise in addresses, forms
 * and JSON. */
void secret_plain(Secret which, char out[SECRET_SIZE]);
/* Takes one down that was given out during the run. Too short ones count for nothing; of a signed token what says who and the signature are
 * secret, its header is not. */
void secrets_learn(const char *name, const char *text, gsize length);
/* The same by way of a file, for another process: what is in it is masked. */
void secrets_note(const char *file, const char *name, const char *text, gsize length);
void secrets_learn_noted(const char *file);
/* How many are known of that name: "code", "refresh_token"... */
guint secrets_known(const char *name);

typedef struct SecretHit {
    const char *name, *disguise;
    gsize at; /* where the piece begins */
} SecretHit;
/* The next piece of a secret at or behind `from`; FALSE: there is none. */
gboolean secrets_next(const void *data, gsize length, gsize from, SecretHit *hit);
/* Whether a hit's name is that of this one. */
gboolean secret_is(Secret which, const char *name);
/* Whether there is a piece of this one. */
gboolean secret_is_in(Secret which, const void *data, gsize length);
/* Whether there is none. Those that are there are told on standard error: which, as what, and what stands around it. */
gboolean secrets_are_not_in(const char *where, const void *data, gsize length);

#endif
