/* oauth.h: what the files of the plugin share: the provider of one client, one run of it that gets a credential, and the stages that a
 * run goes through. Each stage ends with a step for the core; the one that is to take the answer is left in run->next. */
#ifndef KZP_OAUTH_H
#define KZP_OAUTH_H

#include "oauth-tables.h"

#include <jansson.h>
#include <kamiwaza/auth-plugin.h>
#include <openssl/evp.h>
#include <pthread.h>

typedef enum oauth_flow { OAUTH_BY_SETTINGS, OAUTH_CODE, OAUTH_DEVICE, OAUTH_CLIENT } oauth_flow;
typedef enum oauth_proof { OAUTH_PROOF_UNSET, OAUTH_BASIC, OAUTH_POST, OAUTH_JWT, OAUTH_NONE } oauth_proof;

/* The provider of one client. The texts are the client's. */
typedef struct oauth {
    kz_provider *core;
    const char *issuer, *client_id, *client_secret, *key_id, *assertion_audience;
    const char *scope, *audience, *resource, *prompt;
    const char *redirect_host, *redirect_path;
    int redirect_port; /* 0: any */
    oauth_flow flow;
    oauth_proof proof;
    EVP_PKEY *key;
    kz_oauth_metadata given; /* the endpoints of the settings */
    pthread_mutex_t lock;    /* what follows */
    const kz_oauth_metadata *found;
    json_t *keys; /* the provider's, or NULL */
} oauth;

typedef struct oauth_run oauth_run;
typedef struct oauth_loopback oauth_loopback;
typedef kz_step oauth_stage(oauth *it, oauth_run *run, kz_provider_step *step, kz_error **error);

enum { OAUTH_RANDOM = 44 }; /* room for 256 random bits as text */

/* One run. What it points to lives in `root`, which is wiped when the run ends. */
struct oauth_run {
    void *root;
    oauth_stage *next;
    const char *what; /* which step is under way, for errors: "Exchanging the code" */
    const kz_oauth_metadata *metadata;
    const kz_oauth_memory *memory; /* what is kept of the last grant, or NULL */
    const kz_provider_tokens *tokens;
    oauth_stage *then;    /* after the metadata is there */
    oauth_stage *refused; /* looks at a refused token request first, or NULL */
    kz_string_entry headers[2];
    bool alone, renews; /* the program itself signs in; a refresh token is spent */
    int candidate;      /* of the discovery's addresses */
    const char *unfound;
    /* the code flow */
    oauth_loopback *loopback;
    char state[OAUTH_RANDOM], nonce[OAUTH_RANDOM], verifier[OAUTH_RANDOM];
    bool has_nonce, redirected;
    /* the device flow */
    const char *device_code;
    double interval, ends_at; /* seconds; of CLOCK_MONOTONIC, 0: not known */
    int unanswered;           /* polls in turn */
    /* the ID token */
    const kz_oauth_claims *claims;
    bool keys_fetched;
    /* signing out */
    int revoked;
};

/* settings.c */
enum { OAUTH_SETTINGS = 21 };
extern const kz_provider_setting oauth_settings[OAUTH_SETTINGS];
bool oauth_read_settings(oauth *it, kz_error **error);

/* discovery.c: makes sure that the endpoints are known, then goes on with `then`. */
kz_step oauth_discover(oauth *it, oauth_run *run, kz_provider_step *step, oauth_stage *then, kz_error **error);

/* client_auth.c: a POST of a form to the provider by a client that says who it is; `next` takes the answer. Fields without a value are
 * left out. */
kz_step oauth_post(oauth *it, oauth_run *run, kz_provider_step *step, const char *url, const kz_string_entry *fields,
    size_t n_fields, bool idempotent, oauth_stage *next, kz_error **error);
/* assertion.c: what a client signs to say who it is (RFC 7523), or NULL. */
const char *oauth_assertion(const oauth *it, oauth_run *run, const char *audience, kz_error **error);

/* oauth.c: whether the program signs in as itself, given what is kept of the last grant. */
bool oauth_is_alone(const oauth *it, const kz_oauth_memory *memory);
/* ... and the scope that a person is asked for, or NULL. */
const char *oauth_scope(const oauth *it, const kz_oauth_metadata *metadata);

/* token.c: asks the token endpoint; what comes back is checked and granted. */
kz_step oauth_get_token(oauth *it, oauth_run *run, kz_provider_step *step, const char *what, const kz_string_entry *fields,
    size_t n_fields, bool idempotent, kz_error **error);
oauth_stage oauth_begin_client, oauth_begin_refresh, oauth_grant;

/* code_flow.c, device.c, revoke.c */
oauth_stage oauth_begin_code, oauth_begin_device, oauth_begin_revoking;

/* id_token.c: checks run->tokens->id_token and goes on with oauth_grant(). */
oauth_stage oauth_check_id_token;

/* jwks.c: whether one of the provider's keys made a signature (RFC 7515). */
typedef enum oauth_verdict { OAUTH_VALID, OAUTH_WRONG, OAUTH_NO_KEY } oauth_verdict;
oauth_verdict oauth_verify(oauth *it, const kz_oauth_jose_header *header, const char *token);
/* Fetches the keys and goes on with `then`. */
kz_step oauth_fetch_keys(oauth *it, oauth_run *run, kz_provider_step *step, oauth_stage *then, kz_error **error);

/* loopback.c: the listener on this machine that the browser is sent back to (RFC 8252). Never waits. */
oauth_loopback *oauth_loopback_open(const oauth *it, const char *state, kz_error **error);
const char *oauth_loopback_uri(const oauth_loopback *loopback);
int oauth_loopback_fd(const oauth_loopback *loopback);
typedef enum oauth_redirect { OAUTH_NOTHING, OAUTH_REDIRECTED, OAUTH_FORGED } oauth_redirect;
/* Serves what has come. REDIRECTED, once: the query of the redirect is in *query, borrowed until the listener is closed. */
oauth_redirect oauth_loopback_turn(oauth_loopback *loopback, const char **query);
void oauth_loopback_close(oauth_loopback *loopback);

/* query.c: the value of a parameter, decoded, as a string of `root`; NULL: not there (or no memory: then the slot is filled). Errors:
 * AUTHENTICATION where it is there twice. */
const char *oauth_query_value(void *root, const char *query, const char *name, kz_error **error);

/* pkce.c */
bool oauth_random(char text[OAUTH_RANDOM], kz_error **error);
bool oauth_challenge(const char *verifier, char text[OAUTH_RANDOM], kz_error **error);

/* text.c */
char *oauth_text(void *root, kz_error **error, const char *format, ...) KZ_PRINTF(3, 4);
/* Base64url without padding, and back with a NUL behind; NULL: it is none, or no memory. */
char *oauth_base64url(void *root, const void *data, size_t length, kz_error **error);
char *oauth_base64url_decode(void *root, const char *text, size_t length, size_t *decoded, kz_error **error);
bool oauth_has(const char *const *list, size_t n, const char *value);
/* Whether a list of words separated by spaces has `word`. */
bool oauth_has_word(const char *words, const char *word);

/* failure.c: ways to fail. */
kz_step oauth_fail(const oauth_run *run, kz_error **error, const char *format, ...) KZ_PRINTF(3, 4);
/* Passes a failure on with what the person can do about it; takes over *problem. */
kz_step oauth_fail_with(kz_error **problem, kz_error **error);
/* The answer to a request as a document of `schema`, living in run->root; NULL with the slot filled. */
const void *oauth_read(
    const oauth_run *run, const kz_provider_step *step, const kz_schema *schema, uint64_t size, kz_error **error);
/* What the provider said by `code` and `description` where it sent the browser back. */
kz_step oauth_fail_by_redirect(const oauth_run *run, const char *code, const char *description, kz_error **error);

#endif
