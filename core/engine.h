/* engine.h: the parts of the core that carry a call: client, service handles, the call itself, the pipeline of
 * policies, and the loop that drives calls over a curl_multi handle. Shared by the files of the core only. */
#ifndef KZI_ENGINE_H
#define KZI_ENGINE_H

#include "buffer.h"
#include "config.h"
#include "error_private.h"
#include "schema_json.h"
#include "scope.h"
#include <curl/curl.h>
#include <kamiwaza/async.h>
#include <kamiwaza/plugin.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* ---- cancel tokens (cancel.c) ---- */

struct kz_cancel {
    atomic_bool set;
    int fd;      /* an eventfd that becomes readable */
    pid_t owner; /* a child after fork() wakes nobody by it */
};

/* ---- options of calls, copied and counted (policy_options.c) ---- */

typedef struct kzi_options {
    atomic_int refs;
    int64_t timeout;     /* milliseconds, -1: not given */
    int64_t max_retries; /* -1: not given */
    kzi_scope *scope;    /* owns what follows */
    const kz_string_entry *headers;
    size_t n_headers;
    const kz_string_entry *query;
    size_t n_query;
    kz_json body;
    kz_cancel *cancel;
    kz_progress_fn progress;
    void *progress_user;
    const char *base_url, *target;
} kzi_options;

/* Options of `base` (or NULL) with `more` on top; NULL with the slot filled. */
kzi_options *kzi_options_new(const kzi_options *base, const kz_call_options *more, kz_error **error);
kzi_options *kzi_options_ref(kzi_options *options);
void kzi_options_unref(kzi_options *options);

/* ---- services (service.c) ---- */

/* What one run of a flow shares with the calls in it. */
typedef struct kzi_run {
    int64_t deadline;  /* monotonic milliseconds, 0: none */
    const char *phase; /* of the last progress report */
    int64_t phase_started, last_report, phase_first_done;
} kzi_run;

typedef enum { KZI_CREATING, KZI_READY } kzi_instance_status;

/* One service in one client. */
typedef struct kzi_instance kzi_instance;

struct kz_service {
    kzi_instance *instance;
    kzi_options *options;  /* or NULL */
    kzi_run *run;          /* in a flow, else NULL */
    kz_service *next_peer; /* handles made for a flow, freed with it */
    bool borrowed;         /* belongs to its instance or a flow */
};

struct kzi_instance {
    kz_client *client;
    char *name;
    const kz_plugin_descriptor *descriptor;
    const kz_service_vtable *vtable;
    void *state;
    kzi_instance_status status;
    pthread_t creator;
    kzi_instance *awaits; /* while it is created: whose creation its creator waits for */
    kz_service handle;    /* what kz_client_service() returns */
    kzi_instance *next;
    kzi_instance *extensions; /* those named "name.*", chained by next_extension */
    kzi_instance *next_extension;
    bool extensions_known;
};

void kzi_services_destroy(kz_client *client);
/* The operation that a reference of a program means, in its service or an extension of it. */
const kz_operation *kzi_find_operation(kz_service *service, const char *name, uint64_t hint, kzi_instance **owner);
/* The first operation of the instance that `name` names, by name or alias; NULL: none. */
const kz_operation *kzi_operation_named(const kzi_instance *instance, const char *name);
/* Makes sure that the extensions of a service are loaded. */
bool kzi_load_extensions(kzi_instance *instance, kz_error **error);
/* A handle for one flow: like `service`, with `run`. */
void kzi_flow_handle(kz_service *handle, kz_service *service, kzi_instance *instance, kzi_run *run);
void kzi_flow_handle_end(kz_service *handle);

/* ---- client (client.c) ---- */

typedef struct kzi_loop kzi_loop;

struct kz_client {
    atomic_int users;    /* references of the program */
    atomic_int refs;     /* one for all users, one for each call, stream and loop */
    atomic_bool closing; /* no users are left: what is pending ends */
    pthread_mutex_t loops_lock;
    kz_loop *loops;      /* those that the program drives */
    unsigned generation; /* of the process: a child after fork() has another */
    kzi_config *config;
    const kzi_settings *settings;
    kz_log_fn log;
    void *log_user;
    kz_log_level log_level;
    CURLSH *share;
    pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];
    pthread_mutex_t lock; /* services */
    pthread_cond_t ready;
    kzi_instance *services;
    pthread_mutex_t pool_lock;
    kzi_loop *pool; /* idle loops, last in first out */
    kzi_loop *busy; /* those that some thread has */
    size_t n_pool;
    bool base_is_loopback;
    struct kz_provider *auth; /* auth.h */
    uint64_t key_seed[2];     /* of idempotency keys (policy_retry.c) */
    atomic_uint_fast64_t n_keys;
};

/* References of the core itself, which keep the memory but not the client open. */
kz_client *kzi_client_hold(kz_client *client);
void kzi_client_drop(kz_client *client);
/* Tells the loops that the program drives that the client is closing (reactor.c). */
void kzi_loops_wake(kz_client *client);
/* Tells the threads that wait for a call (loop.c). */
void kzi_pool_wake(kz_client *client);
void kzi_pool_free(kz_client *client);
/* The variables by which libcurl learns of a proxy where the setting names none; NULL at the end. */
extern const char *const kzi_proxy_variables[];
/* Whether KZ_WIPE was asked for: what libcurl frees is wiped, and nothing is used whose memory is not. */
bool kzi_wipes(void);
/* False with STATE filled in when the process is a child after fork(). */
bool kzi_client_usable(const kz_client *client, kz_error **error);
void kzi_client_log(const kz_client *client, kz_log_level level, const char *area, const char *message,
    const kz_log_field *fields, size_t n_fields);
static inline bool kzi_logs(const kz_client *client, kz_log_level level)
{
    return client->log && level <= client->log_level;
}

/* A plugin for this client (service.c); its log says when it was loaded just now. Errors as of kzi_registry_load(). */
const kz_plugin_descriptor *kzi_client_load(const kz_client *client, const char *name, kz_plugin_kind kind, kz_error **error);

/* Milliseconds that do not jump (clock.c); those of kzi_boot_ms() go on while the machine sleeps. */
int64_t kzi_now_ms(void);
int64_t kzi_boot_ms(void);
/* Chance for spacing and for keys that need not be secret. */
void kzi_random(uint64_t *numbers, size_t n);

enum { KZI_CREDENTIAL_LINES = 9 };

/* ---- the call ---- */

typedef enum kzi_step {
    KZI_NEXT,    /* go on with the next policy */
    KZI_PENDING, /* the transport runs */
    KZI_WAIT,    /* until call->wake_at, then the same hook again */
    KZI_AGAIN,   /* send once more, from this policy on */
    KZI_END,     /* the call has ended: result or error */
} kzi_step;

typedef struct kzi_call kzi_call;

/* What a call has to do with the renewal under way (auth_renew.c). */
typedef enum { KZI_AUTH_NONE, KZI_AUTH_LEADER, KZI_AUTH_WAITER, KZI_AUTH_TOLD } kzi_auth_role;

/* One policy of the pipeline: a hook on the way out, one on the way back; either may be NULL. None of them blocks. */
typedef struct kzi_policy {
    const char *name;
    kzi_step (*send)(kzi_call *call);
    kzi_step (*answer)(kzi_call *call);
} kzi_policy;

extern const kzi_policy kzi_policy_options, kzi_policy_locate, kzi_policy_redirect, kzi_policy_authenticate, kzi_policy_retry,
    kzi_policy_sign, kzi_policy_log, kzi_policy_transport;

/* Where the bytes of a good answer go. */
typedef struct kzi_sink {
    /* The status and headers of a good answer are known. False with the call's error filled: refuse it. */
    bool (*begin)(void *user, kzi_call *call);
    /* Bytes: KZI_SINK_OK, _PAUSE (not taken, later again) or _FAIL with the call's error filled. */
    int (*bytes)(void *user, kzi_call *call, const char *data, size_t length);
    void *user;
} kzi_sink;
enum { KZI_SINK_OK, KZI_SINK_PAUSE, KZI_SINK_FAIL };

struct kzi_call {
    kz_client *client;
    kzi_options *options;
    const kz_operation *op; /* NULL: a transfer */
    const kz_interface *caller;
    uint64_t result_size;
    bool idempotent;

    /* the request */
    const char *method;
    kzi_buffer url;
    kzi_buffer body;
    kz_body body_kind;
    const void *params; /* multipart bodies are made from it at each attempt */
    kzi_scope *copied;  /* or NULL: owns params */
    kzi_json_options json;
    struct curl_slist *headers; /* of the operation; credentials are added by a policy */
    bool headers_complete;
    struct kzi_grant *grant; /* whose lines are chained before headers, or NULL (grant.c) */
    struct curl_slist credentials[KZI_CREDENTIAL_LINES];
    unsigned n_credentials;
    struct curl_slist *signature, *signature_end; /* of one attempt, chained before those (policy_sign.c) */
    size_t url_length;                            /* without what the signature added to the query, 0: nothing */
    FILE *body_file;                              /* of a body that is a file by itself */
    curl_mime *mime;
    bool accepts_stream;
    bool once;      /* an upload that cannot be read again */
    bool resumable; /* the sink goes on where it was: a begun answer may be asked for again */
    bool began;     /* the sink has begun */
    bool foreign;   /* redirected to another origin: no credentials */
    bool guarded;   /* redirected by a server outside: it must not lead inside (address.c) */
    bool guards_address;
    bool no_auth;
    bool raw;                       /* transfers: no decoding of the content */
    bool credential_only;           /* ends when its credential is there: nothing is sent */
    bool detached;                  /* belongs to its loop, which frees it when it has ended */
    bool renewed;                   /* it had its one renewal after a 401 */
    bool auth_involved, auth_waits; /* in a renewal; for it */
    kzi_auth_role auth_role;        /* this and what follows under auth->lock */
    kzi_call *auth_next;
    kz_error *auth_error;
    uint64_t auth_seen; /* failed renewals, when it took its credential */
    int64_t largest;    /* answer, 0: the setting says */
    unsigned redirects;
    bool (*attempt)(kzi_call *call); /* transfers: makes the headers of the attempt at hand */
    char idempotency_key[24];

    /* the answer */
    CURL *easy;
    bool unusual; /* more was set on the handle than the next call would undo (easy.c) */
    CURLcode code;
    char curl_error[CURL_ERROR_SIZE];
    long status;
    size_t header_bytes;
    int64_t uploaded;                             /* of its body */
    kzi_buffer head;                              /* its headers (header.h) */
    const char *content_type, *request_id, *etag; /* among them */
    int64_t retry_after;                          /* milliseconds, -1: not said */
    int64_t range_start;                          /* of a partial answer, -1: none */
    int should_retry;                             /* x-should-retry: 1, 0, -1 not said */
    kzi_buffer answer;                            /* in memory: decoded later, or the body of an error */
    kzi_sink sink;                                /* bytes NULL: in memory */
    unsigned sends;                               /* pre-request callbacks within this attempt */
    bool headers_done;
    bool paused;
    bool sent;        /* the request may have reached the server */
    bool kept_out;    /* it was led inside */
    bool opened;      /* a socket, in this attempt: the connection is not one that was there */
    bool stale;       /* the connection that was there had something to say: nothing was sent, another one is due */
    int socket_error; /* why there is no socket, or 0 */
    int64_t length;   /* of the body as the headers have it, -1: not said */

    /* control */
    int attempts;
    int position;   /* in the pipeline */
    bool returning; /* on the way back */
    bool running;   /* in the loop's multi handle */
    bool ended;
    bool aborted_resend;
    int64_t wake_at;   /* while waiting, else 0 */
    int64_t deadline;  /* 0: none */
    int64_t idle;      /* limit, 0: none */
    int64_t active_at; /* of the last byte */
    int64_t started_at;
    kzi_loop *loop;
    kzi_call *next, *previous;
    struct kzi_locate *locate; /* how its server is found, or NULL: it is known */
    struct kzi_host *host;     /* whose limit it counts in */
    kzi_call *queue_next;
    bool queued;        /* waits for its turn with that host */
    bool cancelled;     /* by itself, not through a token */
    atomic_bool nudged; /* another thread has news for it */
    kz_error *error;
    void *result;
    void *user;
    void (*notify)(kzi_call *call); /* it has ended, or its sink took bytes; NULL: nobody asks */
    void *notify_user;
};

/* Prepares a call from an operation and its checked arguments (request.c). */
bool kzi_call_prepare(kzi_call *call, kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref,
    const void *params, kz_error **error);
/* Makes the call independent of the program's arguments: bodies are encoded, those with uploads get a copy (request.c). */
bool kzi_call_keep_params(kzi_call *call, kz_error **error);
/* Gives back everything but result and error, which are the caller's. */
void kzi_call_clear(kzi_call *call);
/* Runs the pipeline until the call waits, runs or has ended (call.c). */
void kzi_call_advance(kzi_call *call);
/* Ends the call with an error now; what runs is taken out of the loop. */
void kzi_call_fail(kzi_call *call, kz_error **error);
/* The transport has ended with `code`: the way back begins. */
void kzi_call_answered(kzi_call *call, CURLcode code);
/* Turns what the transport saw into the call's error or leaves it without (answer.c). */
void kzi_answer_classify(kzi_call *call);
/* The error of an answer with status >= 400, from its body (answer_error.c). */
void kzi_answer_api_error(kzi_call *call);
/* Whether a good answer, or an item of a stream, is the report of an error: it has a member `error` that its schema lacks, an object
 * with a message; `alone`: and nothing that its schema knows. */
bool kzi_answer_is_error(const void *item, bool alone);
/* Fills the slot with what such an answer says (answer_error.c). */
void kzi_answer_said_error(const kzi_call *call, kz_json json, kz_error **error);
/* Decodes a good answer held in memory into call->result (answer.c). */
void kzi_answer_decode(kzi_call *call);
/* The URL of a call fit for people: no user, password, query or fragment. `out` is NUL-terminated and cut if need be. */
void kzi_public_url(const char *url, char *out, size_t size);
/* Begins with http:// or https://; NULL does not. */
bool kzi_is_http_url(const char *url);
/* scheme://host:port are the same. */
bool kzi_same_origin(const char *a, const char *b);
bool kzi_is_loopback(const char *url);
/* Whether the host of a URL is an address inside (address.c), or named as this machine. */
bool kzi_url_is_inside(const char *url);
bool kzi_host_is_inside(const char *host);
bool kzi_address_is_inside(const struct sockaddr *address);
/* Fills *error with `code`, a message and what is known of the call. */
bool kzi_call_error(const kzi_call *call, kz_error **error, kz_error_code code, const char *format, ...) KZ_PRINTF(4, 5);

/* A path that begins with /../ lies beside the folder that the URL names, which then loses its last part. Returns the rest of the
 * path (request.c). */
const char *kzi_leave_folder(kzi_buffer *url, const char *path);
/* Percent-encodes all but unreserved characters (pairs.c). */
void kzi_percent_encode(kzi_buffer *out, const char *text, size_t length);
/* Takes the credentials off a call. */
void kzi_call_drop_credentials(kzi_call *call);
/* Makes the headers of the attempt whole, but for credentials (transport.c). False: no memory. */
bool kzi_call_complete_headers(kzi_call *call);
/* multipart bodies (multipart.c) */
/* The content type of an upload that is the whole body (multipart.c). */
const char *kzi_upload_type(const kzi_call *call);
/* Sets up an upload as the whole body (multipart.c). */
bool kzi_upload_body(kzi_call *call, kz_error **error);
bool kzi_multipart_build(kzi_call *call, kz_error **error);
bool kzi_multipart_is_once(const kz_schema *schema, const void *params, uint64_t size);
/* The text of a field of one value: strings as they are, numbers, booleans as true/false, others as JSON. False: not given. */
bool kzi_field_text(kzi_buffer *out, const kz_field *field, const void *params, uint64_t size);
/* The same, and of a list its items with commas between them, as paths, headers and cookies have them. */
bool kzi_joined_text(kzi_buffer *out, const kz_field *field, const void *params, uint64_t size);
/* What the arguments have in `extra`, which goes over their members; { NULL, 0 }: nothing. */
kz_json kzi_extra(const kz_schema *schema, const void *params);
/* The field's place in a struct of `size` bytes, NULL where the program's struct is older than the field. */
const void *kzi_field_at(const void *params, uint64_t size, const kz_field *field, size_t *count);

/* ---- the loop (loop.c) ---- */

/* A loop for the calling thread, which keeps the client until it is given back. */
kzi_loop *kzi_loop_acquire(kz_client *client, kz_error **error);
void kzi_loop_release(kzi_loop *loop);
void kzi_loop_free(kzi_loop *loop);
/* Puts a prepared call into the loop and starts it. */
void kzi_loop_add(kzi_loop *loop, kzi_call *call);
/* Takes a call out, whatever it does. */
void kzi_loop_remove(kzi_loop *loop, kzi_call *call);
/* One turn: what is ready is done; with nothing ready, waits until something is, at most `limit` milliseconds (-1: any). */
void kzi_loop_turn(kzi_loop *loop, int64_t limit);
/* Turns until the call has ended. */
void kzi_loop_run(kzi_loop *loop, kzi_call *call);
/* Makes its loop look at the call soon; from any thread, while the call is in its loop. */
void kzi_call_nudge(kzi_call *call);
/* Moves an idle loop on that has a detached request; when another thread has the loop, that one does (loop.c). */
void kzi_loop_pump(kz_client *client, kzi_loop *loop);
/* Gives the call an easy handle that is set up for its client, or makes the one it has ready for another attempt (easy.c). False: no
 * memory. */
bool kzi_easy_take(kzi_call *call);
/* Takes it back; the transfer must have been stopped. */
void kzi_easy_give_back(kzi_call *call);
/* An option with a text, which libcurl copies: a request must not go out without one that it was to have. False: no memory. */
bool kzi_easy_set_text(CURL *easy, CURLoption option, const char *text);
bool kzi_loop_start(kzi_loop *loop, kzi_call *call);
void kzi_loop_stop(kzi_loop *loop, kzi_call *call);

/* What a reference of a program means here; NULL with the slot filled (execute.c). */
const kz_operation *kzi_operation_of(kz_service *service, const kz_op_ref *ref, kzi_instance **owner, kz_error **error);
/* The arguments of a flow as its plugin knows them: the program's own where the layouts are the same, else a copy, to be freed
 * with *copy (execute.c). NULL: no memory. */
const void *kzi_flow_params(const kz_operation *op, const kz_op_ref *ref, const void *params, kzi_scope **copy, kz_error **error);
/* Executes any operation: flow or request (execute.c). */
void *kzi_execute(
    kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref, const void *params, kz_error **error);
/* Opens a stream of an operation (stream.c). */
kz_stream *kzi_open_stream(
    kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref, const void *params, kz_error **error);
/* Waits `ms`, or until the token is set or `deadline` passed: false with the slot filled (wait.c). */
bool kzi_sleep(kz_client *client, kz_cancel *cancel, int64_t ms, int64_t deadline, kz_error **error);
/* Reports to the program, rate and time left worked out; false with the slot filled when it says no (wait.c). */
bool kzi_report(kzi_options *options, kzi_run *run, const char *phase, const char *item, const char *unit, int64_t done,
    int64_t total, kz_error **error);

#endif
