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

/* A profile that is asked for and is not there is taken as an empty one, rather than refused: for a program that is about to make it. */
KZ_API bool kz_config_set_profile_optional(kz_config *config, bool optional, kz_error **error);

/* Frees; NULL is ignored. Clients made from it keep what they took. */
KZ_API void kz_config_free(kz_config *config);

/* ---- the profile file, for tools that change it ---- */

/* The file as it was read, and what is to become of it. */
typedef struct kz_config_profiles kz_config_profiles;

/* Reads the profile file; one that is not there has no profiles. Owned by the caller. NULL with the slot filled: CONFIG (there is no
 * place for one; it cannot be read; it is damaged), NO_MEMORY. */
KZ_API kz_config_profiles *kz_config_profiles_read(kz_error **error);
/* Its path. Borrowed. */
KZ_API const char *kz_config_profiles_path(const kz_config_profiles *profiles);
/* The profile that counts where none is asked for, whether there is such a profile or not. Borrowed until the next change. */
KZ_API const char *kz_config_profiles_chosen(const kz_config_profiles *profiles);
/* {"profile": CHOSEN, "profiles": {NAME: {SETTING: VALUE}}}, secrets masked. Borrowed until the next change. */
KZ_API kz_json kz_config_profiles_json(const kz_config_profiles *profiles);
/* Sets a setting of a profile, which is made if it is not there; `value` NULL removes the setting, `name` NULL only makes the profile.
 * Errors: CONFIG (no such setting, a value that is not allowed), ARGUMENT (a name that is none), NO_MEMORY. */
KZ_API bool kz_config_profiles_set(
    kz_config_profiles *profiles, const char *profile, const char *name, const char *value, kz_error **error);
/* Makes a profile the one that counts, or removes one. Errors: CONFIG (there is no such profile), ARGUMENT, NO_MEMORY. */
KZ_API bool kz_config_profiles_choose(kz_config_profiles *profiles, const char *profile, kz_error **error);
KZ_API bool kz_config_profiles_remove(kz_config_profiles *profiles, const char *profile, kz_error **error);
/* Writes the file, whole or not at all, for its owner alone; what was not changed stays as it was written. Errors: CONFIG (others may
 * write the file or its folder), STATE (another program has changed it since it was read; the disk is full), NO_MEMORY. */
KZ_API bool kz_config_profiles_save(kz_config_profiles *profiles, kz_error **error);
/* Frees; NULL is ignored. */
KZ_API void kz_config_profiles_free(kz_config_profiles *profiles);

KZ_END_DECLS
#endif
