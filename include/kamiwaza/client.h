/* client.h: the client: one configuration, one authenticator, one pool of connections, one instance of each service. */
#ifndef KAMIWAZA_CLIENT_H
#define KAMIWAZA_CLIENT_H

#include <kamiwaza/config.h>
#include <kamiwaza/progress.h>

KZ_BEGIN_DECLS

typedef struct kz_client kz_client;
typedef struct kz_service kz_service;
typedef struct kz_cancel kz_cancel;

/* For kz_global_init(). KZ_WIPE: what libcurl frees is wiped too, and the stack of the thread that frees a client. Libraries that do not wipe
 * what was sent and received are not used then: answers are compressed with gzip at most, and connections speak HTTP/1.1 unless http_version
 * says 2. Call it before anything else uses libcurl. What the TLS library itself leaves in memory is not reached. */
enum { KZ_WIPE = 1 };

/* Optional: prepares libcurl, once, with `flags`. Without it the first client does so with none. Thread-safe.
 * Errors: STATE (libcurl was prepared before and KZ_WIPE is asked for), NO_MEMORY. */
KZ_API bool kz_global_init(unsigned flags, kz_error **error);

/* Makes a client. `config` NULL: settings from KAMIWAZA_* and the profile. The configuration is copied. Nothing is sent.
 * Returns a client with one reference. Errors: CONFIG, NO_MEMORY. */
KZ_API kz_client *kz_client_new(const kz_config *config, kz_error **error);

/* Adds a reference and returns the client. NULL gives NULL. */
KZ_API kz_client *kz_client_ref(kz_client *client);

/* Drops a reference; the last one ends what is pending as cancelled, closes the connections and destroys the services. Calls of
 * other threads that are under way end as cancelled too, with nothing to wait for here; none may begin any more. Results live
 * on. NULL is ignored. */
KZ_API void kz_client_free(kz_client *client);

/* The value of a setting in this client as text and, through *source unless NULL, where it came from ("code", the
 * variable's name, the profile's path, "default"). Secrets read "***". NULL when not set. Borrowed from the client. */
KZ_API const char *kz_client_setting(const kz_client *client, const char *name, const char **source);

/* Options of calls, all optional. */
typedef struct kz_call_options {
    kz_opt_number timeout; /* seconds for a whole call, retries included; 0: none */
    kz_opt_int max_retries;
    const kz_string_entry *headers; /* added to each request; an empty value removes one */
    size_t n_headers;
    const kz_string_entry *query; /* added to the query */
    size_t n_query;
    kz_json body;      /* an object, merged into a JSON body */
    kz_cancel *cancel; /* a token that ends the calls; must outlive the handle */
    kz_progress_fn progress;
    void *progress_user;
    const char *base_url; /* where the calls go instead of where they would: the program answers for sending credentials there */
    /* Which server is meant, of services that find theirs themselves. The service openai: "deployment_id=ID", "repo_id=ORG/NAME" or
     * "model=NAME", in place of the model that each call asks for. */
    const char *target;
    const void *reserved[4];
} kz_call_options;

/* A handle of the service `name`, shared by all callers; its plugin is loaded the first time. Borrowed from the client.
 * Typed: kz_client_models(client, &error) and so on. Errors: PLUGIN_*, ARGUMENT, STATE (a cycle of creations), NO_MEMORY. */
KZ_API kz_service *kz_client_service(kz_client *client, const char *name, kz_error **error);

/* A handle of the same service with other options, which add to those `service` has. Copied. Release with
 * kz_service_free(). Errors: ARGUMENT, NO_MEMORY. */
KZ_API void *kz_service_with_options(const void *service, const kz_call_options *options, kz_error **error);
#define kz_with_options(service, options, error) ((__typeof__(service))kz_service_with_options((service), (options), (error)))

/* The table of functions that the plugin of a service has for programs beside its operations: a struct that begins with its size.
 * It has those between the bytes `begin` and `end`, of which the first is named `name`; nothing behind `end` may be looked at, since
 * an older plugin has a shorter table. Borrowed; valid for as long as the process runs. NULL with the slot filled:
 * PLUGIN_INCOMPATIBLE (the installed plugin lacks the function, which the message names), ARGUMENT. */
KZ_API const void *kz_service_function(const void *service, const char *name, uint64_t begin, uint64_t end, kz_error **error);
/* For headers of services, which wrap each function: the table with the members from `first` to `last` of the struct `type`, for
 * functions that are only of use together; and with one of them. */
#define KZ_PLUGIN_FUNCTIONS(type, service, first, last, error) \
    ((const type *)kz_service_function(                        \
        (service), #first, offsetof(type, first), offsetof(type, last) + sizeof(((const type *)NULL)->last), (error)))
#define KZ_PLUGIN_FUNCTION(type, service, name, error) KZ_PLUGIN_FUNCTIONS(type, service, name, name, error)

/* All of a table at once, at least `size` bytes of it, whichever functions are called. As kz_service_function(), but which one is
 * lacking is not said. */
KZ_API const void *kz_service_functions(const void *service, uint64_t size, kz_error **error);

/* Releases a handle of kz_service_with_options(); NULL and handles that are borrowed are ignored. */
KZ_API void kz_service_free(void *service);

/* The client of a handle, borrowed. */
KZ_API kz_client *kz_service_client(const void *service);

/* A cancel token: makes the calls that carry it end with CANCELLED. It is its process's: a child after fork() makes its own. Release with
 * kz_cancel_free(). NULL with the slot filled: STATE (no file descriptor is left), NO_MEMORY. */
KZ_API kz_cancel *kz_cancel_new(kz_error **error);
/* Cancels, from any thread or a signal handler; again: no effect. In a child after fork() it ends nothing of the parent's. NULL is
 * ignored. */
KZ_API void kz_cancel_now(kz_cancel *cancel);
/* Whether it was; NULL never is. */
KZ_API bool kz_cancel_is_set(const kz_cancel *cancel);
/* Frees; the calls that carry it must have ended. NULL is ignored. */
KZ_API void kz_cancel_free(kz_cancel *cancel);

/* What is known of a plugin from its file name alone. */
typedef struct kz_plugin_info {
    const char *name;    /* "models", "models.acme", "auth-oauth" */
    const char *path;    /* its file, or NULL when built in */
    const char *version; /* once opened, else NULL */
    const char *problem; /* after a check: why it cannot be used, else NULL */
} kz_plugin_info;
typedef struct kz_plugin_list {
    const kz_plugin_info *items;
    size_t n_items;
} kz_plugin_list;

/* Lists the plugins that this client would find, first found first, opening none; with `check` each is opened and what
 * is wrong is said. Opening runs the plugin's constructors: one that crashes ends the program, which a library cannot prevent; the command
 * `kamiwaza plugins --check` therefore opens each in a process of its own. A root: kz_free(). Errors: NO_MEMORY. */
KZ_API kz_plugin_list *kz_client_plugins(kz_client *client, bool check, kz_error **error);

/* The same for one plugin, which is opened and checked: a list of one. Errors: PLUGIN_NOT_FOUND, ARGUMENT, NO_MEMORY. */
KZ_API kz_plugin_list *kz_client_plugin(kz_client *client, const char *name, kz_error **error);

/* Guards libltdl for programs that use it themselves: hold it around their own calls. Recursive. */
KZ_API void kz_plugins_lock(void);
KZ_API void kz_plugins_unlock(void);

KZ_END_DECLS
#endif
