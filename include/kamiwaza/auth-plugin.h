/* auth-plugin.h: everything that the author of an auth provider or a token store needs.
 *
 * A provider knows how to get a credential and how to renew it; the core does the rest: it keeps the credential, puts it on requests
 * (never on another origin, never over plain HTTP to another machine), renews it before it ends and once for all callers when the server
 * refuses it, keeps it in the token store, and wipes it. A provider that signs requests does so in authorise().
 *
 * A plugin is one file, auth-NAME.so, found like all plugins and chosen by the setting auth = "NAME":
 *
 *     static const kz_provider_vtable vtable = { .size = sizeof vtable, .title = "...", .create = create, ... };
 *     KZ_PLUGIN(auth_hmac) = { .abi_major = KZ_ABI_MAJOR, .abi_minor = KZ_ABI_MINOR, .size = sizeof(kz_plugin_descriptor),
 *         .kind = KZ_PLUGIN_AUTH, .name = "auth-hmac", .version = "1.0", .vtable = &vtable };
 *
 * Rules: no function waits, but for create() and destroy() any may be called by several threads at once; what must happen over the
 * network is said by a step. Secrets are in memory that the core wipes, or that the plugin wipes itself (kz_wipe()). Nothing secret in errors. */
#ifndef KAMIWAZA_AUTH_PLUGIN_H
#define KAMIWAZA_AUTH_PLUGIN_H

#include <kamiwaza/sign-in.h>
#include <kamiwaza/plugin.h>

KZ_BEGIN_DECLS

/* The provider's side of one client, as the core hands it to create(). */
typedef struct kz_provider kz_provider;

/* A setting of a provider. Its name is "auth_" and `name`: "auth_issuer" in code and in the profile, KAMIWAZA_AUTH_ISSUER in the
 * environment. One that the provider does not list is refused by name. */
typedef struct kz_provider_setting {
    const char *name;     /* "issuer" */
    const char *fallback; /* or NULL */
    const char *summary;  /* one sentence */
    int64_t secret;       /* 1: its value is never shown */
    const void *reserved[2];
} kz_provider_setting;

/* The value of a setting as text, NULL when it is not given: one of the provider's by its own name ("issuer"), or one of the core
 * ("username", "base_url" ...). Borrowed from the client; the provider's state may keep it. */
KZ_API const char *kz_provider_value(const kz_provider *auth, const char *name);
/* Whether secrets may travel to an address: https, this machine, or any where allow_plain_http is set. The core refuses requests to others
 * by itself; this is for addresses that a person is sent to. Errors: CONFIG; AUTHENTICATION: it is no http(s) URL. */
KZ_API bool kz_provider_may_ask(const kz_provider *auth, const char *url, kz_error **error);
/* What the program gave kz_config_set_auth(), or NULL. */
KZ_API void *kz_provider_user(const kz_provider *auth);
/* Writes a log record of the area "auth". The message must hold no secret. */
KZ_API void kz_provider_log(const kz_provider *auth, kz_log_level level, const char *message);
/* To be called by create(), where what it gets may outlive the process: its credentials are then looked for in the token store first and
 * kept there. `account` tells entries of one base URL and provider apart: a user name, a client identifier; NULL: there is one.
 * Errors: NO_MEMORY. */
KZ_API bool kz_provider_keeps(kz_provider *auth, const char *account, kz_error **error);
/* Overwrites memory in a way that compilers keep. */
KZ_API void kz_wipe(void *memory, size_t length);

/* ---- getting a credential, step by step ---- */

typedef enum kz_provider_reason {
    KZ_PROVIDER_FIRST = 0,   /* there is none */
    KZ_PROVIDER_ENDING = 1,  /* the one in force has ended or is about to */
    KZ_PROVIDER_REFUSED = 2, /* the server answered 401 */
    KZ_PROVIDER_SIGN_IN = 3, /* a person signs in anew: what is kept counts no more */
    KZ_PROVIDER_SIGN_OUT = 4 /* of sign_out() */
} kz_provider_reason;

/* A request that is to run before the provider is asked again. Borrowed until then. */
typedef struct kz_provider_http {
    const char *method; /* "GET", "POST" */
    const char *url;    /* absolute; plain HTTP only to this machine, unless allow_plain_http is set */
    const kz_string_entry *headers;
    uint64_t n_headers;
    const char *body; /* or NULL */
    uint64_t body_length;
    int64_t idempotent; /* 1: may be sent again though it may have been acted on; GET always is */
} kz_provider_http;

/* How it was answered. */
typedef struct kz_provider_answer {
    int64_t status;   /* 0: no request ran, or none was answered */
    const char *type; /* content type, or NULL */
    const char *body; /* NUL-terminated, never NULL when there is a status */
    uint64_t length;
    const kz_error *failure; /* status 0: why (CONNECTION ...); status >= 400: what the core makes of the answer */
} kz_provider_answer;

typedef struct kz_provider_step {
    uint64_t size;
    uint64_t round;        /* how often the provider was asked in this run before */
    int64_t reason;        /* kz_provider_reason */
    const char *challenge; /* REFUSED: the answer's WWW-Authenticate, or NULL */
    kz_json memory;    /* what kz_provider_grant.memory of the last grant said, from the token store too; { NULL, 0 }: nothing */
    const char *token; /* of the credential in force, or NULL */
    const kz_sign_in *person;  /* whom to ask, or NULL: nobody is there */
    kz_provider_answer answer; /* of the request that ran; its texts are borrowed until the function returns */
    void *
        work; /* the provider's own between the rounds of one run; NULL at first; given to release() at its end, however it ends */
    /* With KZ_STEP_REQUEST: */
    kz_provider_http request;
    /* With KZ_STEP_WAIT: seconds until the provider is asked again; in a sign-in also as soon as `fd` can be read, -1: none. */
    double wait;
    int64_t fd;
    void *core;
} kz_provider_step;

/* A credential. All is copied. */
typedef struct kz_provider_grant {
    uint64_t size;
    const char *token;              /* travels as "Authorization: Bearer TOKEN"; NULL: `headers` or authorise() say it all */
    const kz_string_entry *headers; /* further headers of each request, at most eight */
    uint64_t n_headers;
    kz_opt_number lifetime; /* seconds from now; not given: not known */
    kz_json memory;         /* an object with what is needed to renew it, such as a refresh token */
    const char *user;       /* who it is for, or NULL */
    int64_t renewable;      /* 1: acquire() can renew it without a person */
    const void *reserved[4];
} kz_provider_grant;

/* Hands the core a credential; acquire() then returns KZ_STEP_DONE. Errors: ARGUMENT (line breaks, too many headers, a lifetime that is
 * not positive), NO_MEMORY. */
KZ_API bool kz_provider_granted(kz_provider_step *step, const kz_provider_grant *grant, kz_error **error);
/* What is kept to renew the credential is worth nothing any more (the refresh token was refused for good): it is forgotten when the
 * function returns, in the token store too. */
KZ_API void kz_provider_forget(kz_provider_step *step);
/* To be called by acquire() before it fails, where asking again with the next call would do harm or no good: what the settings give was refused,
 * and accounts are locked by that. Calls that need a credential then fail with the same error, and the provider is not asked, for `seconds`
 * (an hour at most); 0: for five minutes, and twice as long after each further refusal. kz_client_sign_in() asks all the same; it and
 * kz_client_sign_out() end the pause, and so does a process that puts another credential into the token store. */
KZ_API void kz_provider_pause(kz_provider_step *step, double seconds);
/* A header of the request's answer by its name in any case, borrowed until the function returns; NULL: none. */
KZ_API const char *kz_provider_answer_header(const kz_provider_step *step, const char *name);

/* The answer of the step's request as a JSON object, borrowed until the function returns; { NULL, 0 } with the slot filled when it is none.
 * `what` begins the messages: "Discovering the provider". Errors: AUTHENTICATION: the server refused (its `error` or `code` is the error's
 * server_code, its description in the message), or the answer is no JSON object. CONNECTION and its kinds: nobody answered, or it did not
 * arrive whole. STATE: no request ran. */
KZ_API kz_json kz_provider_answer_object(const kz_provider_step *step, const char *what, kz_error **error);

/* What a token endpoint answers (RFC 6749, section 5.1). What it did not say is NULL. */
typedef struct kz_provider_tokens {
    const char *access_token; /* never NULL */
    const char *token_type, *refresh_token, *id_token, *scope;
    kz_opt_number lifetime; /* seconds; not given: it did not say */
    const void *reserved[4];
} kz_provider_tokens;

/* Reads the answer of the step's request as one of a token endpoint. `what` begins the messages: "Signing in as ada". Returns a root,
 * which kz_free() wipes; the lifetime is a number or digits in a string, and cut at ten years.
 * Errors: AUTHENTICATION: the endpoint refused (its `error` or `code` is the error's server_code, its description in the message); the
 * answer is no JSON, has no token, or a lifetime that is none. CONNECTION and its kinds: nobody answered, or it did not arrive whole.
 * STATE: no request ran. */
KZ_API kz_provider_tokens *kz_provider_read_tokens(const kz_provider_step *step, const char *what, kz_error **error);

/* "name=value&..." with all but unreserved characters percent-encoded: the body of a form, or a query. A field whose value is NULL is
 * left out. Returns a root, which kz_free() wipes. Errors: NO_MEMORY. */
KZ_API kz_string_value *kz_provider_form(const kz_string_entry *fields, uint64_t n_fields, kz_error **error);

/* ---- requests ---- */

/* A request that is about to be sent, complete but for what authorise() adds. */
typedef struct kz_provider_request {
    uint64_t size;
    const char *method;
    const char *url;  /* as it will travel, query included */
    const void *body; /* in memory; NULL: none, or one that is streamed */
    uint64_t body_length;
    int64_t streamed;  /* 1: the body is read while it is sent, its bytes are not known */
    int64_t attempt;   /* 1, 2 ... of this call */
    const char *token; /* of the credential in force, or NULL */
    void *core;
} kz_provider_request;

/* The value of a header that the request has ("Content-Type"), NULL: none. Borrowed until the function returns. */
KZ_API const char *kz_provider_header(const kz_provider_request *request, const char *name);
/* Adds a header. Errors: ARGUMENT (a name or value that is none), NO_MEMORY. */
KZ_API bool kz_provider_put_header(kz_provider_request *request, const char *name, const char *value, kz_error **error);
/* Adds name=value to the query, percent-encoded; request->url is then the new one. Errors: NO_MEMORY. */
KZ_API bool kz_provider_put_query(kz_provider_request *request, const char *name, const char *value, kz_error **error);

/* ---- the provider ---- */

typedef struct kz_provider_vtable {
    uint64_t size;
    const char *title;   /* "OAuth 2.0 and OpenID Connect" */
    const char *summary; /* one sentence */
    const kz_provider_setting *settings;
    uint64_t n_settings;
    /* The provider of one client; `auth` is valid until destroy(). Checks the settings: CONFIG. Returns what the other functions
     * get as `self`, NULL with the slot filled. Called once, before anything needs a credential. */
    void *(*create)(kz_provider *auth, kz_error **error);
    /* Wipes and frees. May be NULL. */
    void (*destroy)(void *self);
    /* Gets or renews a credential. NULL: there is nothing to get, authorise() signs with what the settings say. The core has one renewal
     * under way at a time, but a person may sign in meanwhile: what runs share is the provider's to guard. The rounds of one run come one
     * after the other, maybe on several threads.
     *   DONE     kz_provider_granted() was called; without it the credential in force stays, and a request that was refused is made anew
     *   FAILED   with the slot filled: AUTHENTICATION, saying which step, what the provider answered, what the person can do; the next call
     *            asks again, unless kz_provider_pause() was called
     *   REQUEST  step->request is to run
     *   WAIT     step->wait */
    kz_step (*acquire)(void *self, kz_provider_step *step, kz_error **error);
    /* Frees step->work. May be NULL when no work is kept. */
    void (*release)(void *work);
    /* Adds headers and query arguments to a request, or signs it; called for each attempt, after all else is known. May be NULL. False
     * with the slot filled ends the call. */
    bool (*authorise)(void *self, kz_provider_request *request, kz_error **error);
    /* Revokes what there is. May be NULL: it is only forgotten. Steps as in acquire(). */
    kz_step (*sign_out)(void *self, kz_provider_step *step, kz_error **error);
} kz_provider_vtable;

/* Makes clients of this configuration sign in by `vtable`, which the program implements itself; static or outliving the clients.
 * `name` is what the token store and errors call it. Errors: ARGUMENT (NULL, a vtable without create()), NO_MEMORY. */
KZ_API bool kz_config_set_auth(
    kz_config *config, const char *name, const kz_provider_vtable *vtable, void *user, kz_error **error);

/* The settings of the provider that this client signs in by, for tools; its plugin is loaded. Borrowed. *n_settings receives their
 * number; NULL and 0 with an empty slot: none, or no way to sign in is configured. Errors: CONFIG, PLUGIN_*. */
KZ_API const kz_provider_setting *kz_client_provider_settings(kz_client *client, size_t *n_settings, kz_error **error);

/* ---- token stores ---- */

/* A store keeps texts by key, for this user of the machine; the core writes and reads the texts, and sees to it that no two processes
 * change one entry at once. The store "file" is built in; others are plugins, store-NAME.so (kind KZ_PLUGIN_STORE), chosen by the setting
 * token_store = "NAME". None of the functions blocks for long: one that must wait returns KZ_STEP_WAIT, with *wait in seconds, and is
 * called again with the same arguments. */
typedef struct kz_store_vtable {
    uint64_t size;
    const char *title;
    const char *summary;
    void *(*create)(kz_provider *auth, kz_error **error);
    void (*destroy)(void *self);
    /* The text of the entry in memory of malloc(), which the core wipes and frees; *text NULL: there is none.
     * Errors: CONFIG (the store cannot be trusted or read), STATE (it is locked and nobody unlocks it), NO_MEMORY. */
    kz_step (*read)(void *self, const char *key, char **text, size_t *length, double *wait, kz_error **error);
    /* Replaces the entry, whole or not at all; `text` NULL removes it. `label` names it for people. */
    kz_step (*write)(
        void *self, const char *key, const char *label, const char *text, size_t length, double *wait, kz_error **error);
} kz_store_vtable;

KZ_END_DECLS
#endif
