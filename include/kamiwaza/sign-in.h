/* sign-in.h: signing in and out. A client takes its credentials from the way that the setting `auth` names: "api-key", "bearer" and
 * "command" are built in, others are plugins ("password", "oauth": the plugins auth-password, auth-oauth) or the program's own
 * (kz_config_set_auth() in kamiwaza/auth-plugin.h). Most programs need nothing of this file: a call that needs a credential gets one
 * from the settings or the token store, and renews it by itself. What needs a person is begun here. */
#ifndef KAMIWAZA_SIGN_IN_H
#define KAMIWAZA_SIGN_IN_H

#include <kamiwaza/client.h>

KZ_BEGIN_DECLS

/* How a person wants to sign in. */
typedef enum kz_sign_in_way {
    KZ_SIGN_IN_ANY = 0,     /* what the provider offers and the person can be reached by */
    KZ_SIGN_IN_BROWSER = 1, /* a browser on this machine */
    KZ_SIGN_IN_DEVICE = 2,  /* a code that is entered on another device */
    KZ_SIGN_IN_SECRET = 3   /* a password or a token, asked for */
} kz_sign_in_way;

/* What is shown to the person. What is not known is NULL. */
typedef struct kz_sign_in_notice {
    const char *text;          /* one or two sentences, without the address and the code */
    const char *url;           /* to be opened */
    const char *code;          /* to be entered there */
    const char *url_with_code; /* an address that knows the code already, for a QR code or a link */
    double lifetime;           /* seconds that the person has, 0: not known */
} kz_sign_in_notice;

/* How the person is reached. Functions may be NULL: what needs them is then not offered. Each is called on the thread that signs
 * in, and returns false, with the slot filled or not, to end it. */
typedef struct kz_sign_in {
    uint64_t size; /* sizeof(kz_sign_in) */
    int64_t way;   /* kz_sign_in_way */
    /* Shows something. Needed for devices and browsers. */
    bool (*show)(void *user, const kz_sign_in_notice *notice, kz_error **error);
    /* Opens `url` in a browser; false: that was not possible, the person opens it. */
    bool (*browse)(void *user, const char *url);
    /* Asks for a text, `secret` ones without showing them; into `answer`, NUL-terminated, at most `size` bytes with the NUL. The core
     * wipes it. `what` is the name of a setting: "username", "password", "token". */
    bool (*ask)(void *user, const char *what, bool secret, char *answer, size_t size, kz_error **error);
    void *user;
    kz_cancel *cancel;     /* or NULL */
    kz_opt_number timeout; /* seconds for all of it; not given: what the provider allows, ten minutes at most */
    const void *reserved[4];
} kz_sign_in;

/* Signs in, whatever credentials there are, keeps what came in the token store and uses it from now on, in all calls of this client.
 * `how` NULL: nobody can be asked. What was refused before is tried again: calls by themselves do so only after a pause (five minutes, then
 * twice as long each time, an hour at most), and fail with the same error until then. Blocks. POST and GET to the provider of the setting `auth`.
 * Errors: AUTHENTICATION (which step failed, what the provider said, what to do), CONFIG, PLUGIN_*, CONNECTION, TIMEOUT, CANCELLED, STATE. */
KZ_API bool kz_client_sign_in(kz_client *client, const kz_sign_in *how, kz_error **error);

/* Signs out: revokes the credential where the provider can, and forgets it here and in the token store, whether revoking worked or not.
 * True when nothing was left to do too. Blocks. Errors: as kz_client_sign_in(); the credential is forgotten all the same. */
KZ_API bool kz_client_sign_out(kz_client *client, kz_error **error);

/* The name of the way in which this client signs in: what the setting `auth` says, else what the other settings suffice for; its plugin
 * is loaded. Borrowed from the client. NULL with an empty slot: none is configured. Errors: CONFIG, PLUGIN_*. */
KZ_API const char *kz_client_provider_name(kz_client *client, kz_error **error);

/* The credential in force. */
typedef struct kz_credential {
    const char *provider;  /* "api-key", "oauth" ... */
    const char *user;      /* who it is for as the provider says, or NULL */
    const char *token;     /* the secret itself, or NULL when it is no single token */
    const char *source;    /* where it came from: "KAMIWAZA_TOKEN", "token store", "provider" ... */
    kz_opt_int expires_at; /* Unix time in seconds; unset: not known or never */
    kz_opt_bool renewable; /* whether it can be renewed without a person */
} kz_credential;

/* The credential that the next call would carry; one is fetched or renewed where it must be, without asking anybody. It holds a secret:
 * do not print it unasked. Blocks. Returns a root, kz_free() wipes it; NULL with an empty slot: no way to sign in is configured.
 * Errors: as kz_client_sign_in(). */
KZ_API kz_credential *kz_client_credential(kz_client *client, kz_error **error);

KZ_END_DECLS
#endif
