/* config.h: settings. A value comes from code, else from KAMIWAZA_* in the environment, else from the profile file
 * ($XDG_CONFIG_HOME/kamiwaza/config.json), else from the built-in default. The table of settings (kz_settings()) says
 * which there are; the command's `kamiwaza config --help` and the manual are views of it. */
#ifndef KAMIWAZA_CONFIG_H
#define KAMIWAZA_CONFIG_H

#include <kamiwaza/error.h>
#include <kamiwaza/log.h>

KZ_BEGIN_DECLS

typedef struct kz_config kz_config;

/* A setting as the table describes it. All strings are static. */
typedef struct kz_setting {
    const char *name;           /* "timeout" */
    const char *env;            /* "KAMIWAZA_TIMEOUT" */
    const char *const *aliases; /* further variables, NULL-terminated, or NULL */
    const char *type;           /* "string", "url", "path", "integer", "duration", "boolean", "list", "choice" */
    const char *unit;           /* "seconds", "bytes", or NULL */
    const char *allowed;        /* the range or choices, for people */
    const char *fallback;       /* the default as text, or NULL */
    const char *summary;        /* what it means, one sentence */
    int64_t secret;             /* 1: its value is never shown */
} kz_setting;

/* The table; *n_settings receives its length. Static. */
KZ_API const kz_setting *kz_settings(size_t *n_settings);

/* An empty configuration: nothing set in code. Owned by the caller. NULL: NO_MEMORY. */
KZ_API kz_config *kz_config_new(kz_error **error);

/* Sets one setting from text, as the environment would ("timeout", "30"; lists: separated by ':' for paths, by newline
 * for headers). Copied. NULL as the value removes it. Errors: CONFIG (no such setting, with the nearest name; a value
 * that is not allowed), NO_MEMORY, ARGUMENT (NULL). */
KZ_API bool kz_config_set(kz_config *config, const char *name, const char *value, kz_error **error);

/* Where log records go, and the loudest level wanted; NULL: nowhere. */
KZ_API bool kz_config_set_log(kz_config *config, kz_log_fn log, void *user, kz_log_level level, kz_error **error);

/* Ignores the environment and the profile: only code and defaults count. */
KZ_API bool kz_config_set_isolated(kz_config *config, bool isolated, kz_error **error);

/* Frees; NULL is ignored. Clients made from it keep what they took. */
KZ_API void kz_config_free(kz_config *config);

KZ_END_DECLS
#endif
