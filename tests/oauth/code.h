/* code.h: what the tests of signing in by a browser share: a provider that signs ID tokens with keys made when the test runs, some of them
 * wrong in one way or another, and the browser that comes back from it. */
#ifndef TEST_OAUTH_CODE_H
#define TEST_OAUTH_CODE_H

#include "fixture.h"

#include <jansson.h>

/* What the provider says of itself, and the settings that lead to it. */
#define DOCUMENT                                                                                                           \
    "{\"issuer\":\"<>\",\"token_endpoint\":\"<>/token\",\"authorization_endpoint\":\"<>/authorize?tenant=1\","             \
    "\"jwks_uri\":\"<>/keys\",\"scopes_supported\":[\"openid\",\"offline_access\"],\"code_challenge_methods_supported\":[" \
    "\"plain\",\"S256\"],\"authorization_response_iss_parameter_supported\":true}"
#define SETTINGS "auth_client_id", "app", "auth_issuer", "<>"
#define CODE "code-0123456789"

extern json_t *first_key, *second_key, *rsa_key;
void code_begin(void);
void code_end(void);
/* The public part of a key as a set. */
char *key_set(json_t *key);

/* ---- ID tokens ---- */

enum {
    BROKEN_SIGNATURE = 1,
    NO_SIGNATURE = 2,
    BY_PUBLIC_KEY = 4,
    CRITICAL = 8,
    OTHER_KEY = 16,
    UNKNOWN_KEY = 32,
    BY_RSA = 64,
    CUT = 128
};

typedef struct Trial {
    const char *claims; /* put over the usual ones; null: left out */
    int flags;
    const char *algorithm; /* of RSA keys */
    const char *user;      /* NULL: an error that says: */
    const char *says;
} Trial;

/* The usual claims with `over` (JSON, or NULL) put over them. */
json_t *claims_of(Fixture *f, const char *over);
char *sign(const char *payload, const char *algorithm, const char *id, json_t *key, bool critical);

/* ---- the browser ---- */

extern const Trial usual;
extern const Trial *current; /* what sign_in_well() has the provider give */
extern guint token_answer;   /* which of the answers is the token's */

void begin_browser(Fixture *f, Browser browser);
/* The provider's answer to the code: tokens as the trial says. */
void put_tokens(Fixture *f, const Trial *trial);
/* The port that waits for the browser. */
guint16 listener_of(const char *url);
/* The query of a redirect that is right, and the whole request for a query. To be freed. */
char *good_query(Fixture *f);
char *redirect_of(Fixture *f, const char *query);
void come_back(Fixture *f, const char *query);
/* What is in the address must not be in a log. */
void keep_secrets(Fixture *f);
void sign_in_well(Fixture *f, const char *url);

#endif
