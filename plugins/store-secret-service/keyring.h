/* keyring.h: the desktop's keyring, without waiting: what is asked goes on in keyring_turn(). One thread
 * at a time. */
#ifndef KEYRING_H
#define KEYRING_H

#include <kamiwaza/auth-plugin.h>
#include <libsecret/secret.h>

typedef struct keyring keyring;

/* Something that is asked of the keyring; it belongs to the keyring until it is dropped. */
typedef struct request {
    bool writes; /* else it reads */
    char *key, *label;
    SecretValue *text; /* to be kept (NULL: to be removed), or what was read (NULL: there is none) */
    bool done;
    kz_error *failure;   /* of one that is done, or NULL */
    gint64 began, ended; /* g_get_monotonic_time() */
    unsigned asked;      /* how often the core has asked for it */
    bool running, again, abandoned;
    int refs;
    keyring *ring;
    struct request *next;
} request;

keyring *keyring_new(void);
void keyring_free(keyring *ring);
/* What has been asked and not been dropped. */
request *keyring_requests(const keyring *ring);
/* Asks for something; takes over `text`, which may be NULL. */
request *keyring_ask(keyring *ring, bool writes, const char *key, const char *label, SecretValue *text);
/* Moves all on as far as that goes without waiting, and ends what has taken too long. */
void keyring_turn(keyring *ring);
/* Gives a request up, done or not. */
void keyring_drop(request *asked);

#endif
