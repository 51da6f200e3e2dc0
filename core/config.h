/* config.h (core): the settings of one client, resolved. The table in settings.c says where each comes from; code of the
 * core reads the members below. */
#ifndef KZI_CONFIG_H
#define KZI_CONFIG_H

#include <kamiwaza/config.h>

/* A list setting: `n` strings. */
typedef struct kzi_list {
    char **items;
    size_t n;
} kzi_list;

/* Times are milliseconds, 0 = no limit; sizes bytes. Strings NULL when not set. */
typedef struct kzi_settings {
    char *base_url; /* "https://api.kamiwaza.ai", no trailing slash */
    char *openai_base_url;
    char *hub_url;             /* "https://huggingface.co" */
    char *hub_token;           /* secret */
    char *api_key;             /* secret; aliases KAMIWAZA_API_TOKEN */
    char *token;               /* secret: a bearer token */
    char *username, *password; /* the latter secret */
    char *credential_command;
    char *auth;              /* "api-key", "bearer", "command", the name of an auth plugin, or NULL: by what is set */
    char *token_store;       /* "file", "none", the name of a store plugin */
    char *token_path;        /* or NULL */
    char *api_key_header;    /* "both", "authorization", "x-api-key" */
    int64_t timeout;         /* total for a call, default 30 s */
    int64_t connect_timeout; /* default 10 s */
    int64_t idle_timeout;    /* no byte for so long, default 60 s */
    int64_t max_retries;     /* default 3 */
    int64_t retry_budget;    /* total time that retries may take, default 0: the timeout */
    int64_t verify_tls;      /* default 1 */
    char *ca_file, *client_cert, *client_key;
    char *client_key_password; /* secret */
    char *proxy;               /* secret parts are masked */
    kzi_list headers;          /* "Name: value" each; secret */
    char *user_agent;
    char *http_version;       /* "auto", "1.1", "2" */
    int64_t allow_plain_http; /* credentials over plain http to hosts that are not loopback, default 0 */
    int64_t max_header_size;  /* default 256 KiB */
    int64_t max_body_size;    /* answers decoded in memory, default 256 MiB */
    int64_t max_result_size;  /* memory of a result beside its text, default 512 MiB */
    int64_t max_json_depth;   /* default 128 */
    int64_t max_line_size;    /* one event or line of a stream, default 64 MiB */
    int64_t max_connections;  /* kept warm per client, default 16 */
    int64_t max_host_calls;   /* at once to one host on one loop, 0: any */
    int64_t compressed;       /* ask for compressed answers, default 1 */
    kzi_list plugin_path;     /* folders searched first (set in code, then KAMIWAZA_PLUGIN_PATH) */
    int64_t use_https;        /* scheme of deployment endpoints, KAMIWAZA_USE_HTTPS, default 1 */
    char *profile;            /* the profile in use, NULL: none */
    char *log;                /* "off", "error", ... "trace": used by the command */
} kzi_settings;

typedef struct kzi_config kzi_config;

/* Resolves: code, environment, profile, defaults. `config` may be NULL. Errors: CONFIG, NO_MEMORY. */
kzi_config *kzi_config_resolve(const kz_config *config, kz_error **error);
void kzi_config_free(kzi_config *config);
const kzi_settings *kzi_config_settings(const kzi_config *config);
/* The value as text (secrets masked when `mask`) and where it came from; NULL: not set. Borrowed from the config. */
const char *kzi_config_value(const kzi_config *config, const char *name, bool mask, const char **source);
/* The auth provider that the program brought itself, or NULL. */
const struct kz_provider_vtable *kzi_config_auth(const kzi_config *config, const char **name, void **user);
/* The settings of auth providers (auth_*) that were given, by their short names; NULL past the end. */
const char *kzi_config_auth_setting(const kzi_config *config, size_t index, const char **source);
/* Log settings that code gave. */
void kzi_config_log(const kzi_config *config, kz_log_fn *log, void **user, kz_log_level *level);

#endif
