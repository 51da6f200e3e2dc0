/* error.h: what went wrong, and with which. Every function that can fail takes a `kz_error **error` as its last argument.
 * A slot that is already filled makes the call do nothing and fail (errors stick), so a chain of calls needs one
 * check at its end. NULL as the slot is allowed: the failure then shows only in the result. */
#ifndef KAMIWAZA_ERROR_H
#define KAMIWAZA_ERROR_H

#include <kamiwaza/base.h>

KZ_BEGIN_DECLS

/* The classes of errors, a tree: the comment names the parent where it is not KZ_ERROR. Values never change. */
typedef enum kz_error_code {
    KZ_ERROR = 1,                      /* any error */
    KZ_ERROR_API = 2,                  /* the server answered with an error status */
    KZ_ERROR_AUTHENTICATION = 3,       /* API: 401, or signing in failed */
    KZ_ERROR_PERMISSION = 4,           /* AUTHENTICATION: 403 */
    KZ_ERROR_NOT_FOUND = 5,            /* API: 404 */
    KZ_ERROR_VALIDATION = 6,           /* API: 400, 422 */
    KZ_ERROR_CONFLICT = 7,             /* API: 409 */
    KZ_ERROR_RATE_LIMIT = 8,           /* API: 429 */
    KZ_ERROR_SERVER = 9,               /* API: 5xx */
    KZ_ERROR_UNAVAILABLE = 10,         /* SERVER: 501, 503 */
    KZ_ERROR_NOT_API = 11,             /* API: a page where JSON was due; the base URL probably lacks /api */
    KZ_ERROR_CONNECTION = 12,          /* no answer: refused, unresolved, cut off */
    KZ_ERROR_TIMEOUT = 13,             /* CONNECTION: a time limit passed */
    KZ_ERROR_TLS = 14,                 /* CONNECTION: certificate or handshake */
    KZ_ERROR_DECODE = 15,              /* the answer does not fit its schema; `path` says where */
    KZ_ERROR_ARGUMENT = 16,            /* refused before sending; `path` names the argument */
    KZ_ERROR_STATE = 17,               /* what was waited for failed, or the call does not fit the moment */
    KZ_ERROR_CONFIG = 18,              /* a setting or the profile is wrong */
    KZ_ERROR_PLUGIN = 19,              /* a plugin could not be used */
    KZ_ERROR_PLUGIN_NOT_FOUND = 20,    /* PLUGIN */
    KZ_ERROR_PLUGIN_INCOMPATIBLE = 21, /* PLUGIN */
    KZ_ERROR_PLUGIN_UNTRUSTED = 22,    /* PLUGIN */
    KZ_ERROR_CANCELLED = 23,           /* the program cancelled the call */
    KZ_ERROR_NO_MEMORY = 24            /* memory ran out; the error itself needs none */
} kz_error_code;

/* An error. All strings are borrowed from it; what is not known is NULL or 0. None holds a secret. */
typedef struct kz_error {
    int64_t code;                 /* a kz_error_code */
    const char *message;          /* one or more sentences for people: what, which, what to do; never NULL */
    int64_t status;               /* HTTP status, 0 without an answer */
    const char *method;           /* HTTP verb of the request */
    const char *url;              /* its URL without user, password, query values that are secret */
    const char *path;             /* the argument, setting or JSON path concerned */
    const char *server_code;      /* the server's own code, as text */
    const char *server_param;     /* ... the parameter it complains about */
    const char *server_type;      /* ... its type of error */
    const char *request_id;       /* the server's name for the request */
    kz_json detail;               /* the server's `detail` or `error` member, or the whole JSON answer */
    int64_t attempts;             /* how often the request was sent */
    int64_t retry_after_ms;       /* what the server asked to wait, 0 when it did not say */
    const struct kz_error *cause; /* what led to it, or NULL */
} kz_error;

/* Whether `error` is of class `code` or of a class below it: kz_error_is(error, KZ_ERROR_API). NULL is of no class. */
KZ_API bool kz_error_is(const kz_error *error, kz_error_code code);

/* The name of a class in lower case, as in "not_found". Static. Unknown codes give "error". */
KZ_API const char *kz_error_class(int64_t code);

/* A copy with all that the error knows, its causes too; to be released with kz_error_free(). NULL gives NULL; without memory it is
 * the NO_MEMORY error. */
KZ_API kz_error *kz_error_copy(const kz_error *error);

/* Frees an error; NULL is ignored. */
KZ_API void kz_error_free(kz_error *error);

/* Frees the error in the slot and empties it; NULL and an empty slot are ignored. */
KZ_API void kz_error_clear(kz_error **error);

/* Fills an empty slot with an error of class `code` and a printf message. `path` may be NULL. A filled slot or NULL is
 * left alone. Always returns false. Without memory the slot gets the NO_MEMORY error. For programs and plugins. */
KZ_API bool kz_error_set(kz_error **error, kz_error_code code, const char *path, const char *format, ...) KZ_PRINTF(4, 5);

/* Fills an empty slot as kz_error_set() and keeps *cause behind it, which is taken over and emptied. Returns false. */
KZ_API bool kz_error_wrap(kz_error **error, kz_error **cause, kz_error_code code, const char *path, const char *format, ...)
    KZ_PRINTF(5, 6);

/* Fills an empty slot with NO_MEMORY; needs no memory. Returns false. */
KZ_API bool kz_error_no_memory(kz_error **error);

/* Moves *from into an empty *to; if *to is filled or NULL, frees *from. *from is empty afterwards. Returns false. */
KZ_API bool kz_error_move(kz_error **to, kz_error **from);

KZ_END_DECLS
#endif
