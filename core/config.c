/* config.c: a program's configuration, and its resolution for a client: code over environment over profile over defaults. What
 * a client holds never changes; each value remembers where it came from. */
#include "config.h"

#include "config_auth.h"
#include "error_private.h"
#include "profile.h"
#include "schema_json.h"
#include "settings.h"

#include <kamiwaza/auth-plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

/* A provider that the program brings itself. */
typedef struct own_auth {
    char *name;
    const kz_provider_vtable *vtable;
    void *user;
} own_auth;

struct kz_config {
    char *values[MOST]; /* by the place in the table; NULL: not set in code */
    kzi_auth_values auth_values;
    own_auth auth;
    kz_log_fn log;
    void *log_user;
    kz_log_level level;
    bool isolated, profile_optional;
};

struct kzi_config {
    kzi_settings settings;
    char *values[MOST];
    char *sources[MOST];
    kzi_auth_values auth_values;
    own_auth auth;
    kz_log_fn log;
    void *log_user;
    kz_log_level level;
};

static void drop(char **place)
{
    if (*place)
        kzi_wipe_free(*place, strlen(*place));
    *place = NULL;
}

kz_config *kz_config_new(kz_error **error)
{
    if (error && *error)
        return NULL;
    kz_config *config = calloc(1, sizeof *config);
    if (!config)
        kz_error_no_memory(error);
    return config;
}

static bool unknown(const char *name, kz_error **error)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    const char *names[MOST];
    for (size_t i = 0; i < n; i++)
        names[i] = settings[i].name;
    const char *near = kzi_nearest(name, names, n);
    return kz_error_set(error, KZ_ERROR_CONFIG, name, "There is no setting %s.%s%s%s", name, near ? " Did you mean " : "",
        near ? near : "", near ? "?" : "");
}

bool kz_config_set(kz_config *config, const char *name, const char *value, kz_error **error)
{
    if (error && *error)
        return false;
    if (!config || !name)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, config ? "name" : "config", "A setting needs a configuration and a name.");
    int index = kzi_setting_index(name);
    if (index < 0 && kzi_auth_value_is_name(name))
        return kzi_auth_value_set(&config->auth_values, name, value, "code", false, error);
    if (index < 0)
        return unknown(name, error);
    if (value && !kzi_setting_parse(NULL, index, value, "code", error))
        return false;
    char *copy = value ? strdup(value) : NULL;
    if (value && !copy)
        return kz_error_no_memory(error);
    drop(&config->values[index]);
    config->values[index] = copy;
    return true;
}

/* Whether there is one to be changed; `what` begins the message. */
static bool is_there(const kz_config *config, const char *what, kz_error **error)
{
    return !kzi_stuck(error) && (config || kz_error_set(error, KZ_ERROR_ARGUMENT, "config", "%s needs a configuration.", what));
}

bool kz_config_set_log(kz_config *config, kz_log_fn log, void *user, kz_log_level level, kz_error **error)
{
    if (!is_there(config, "A log callback", error))
        return false;
    config->log = log;
    config->log_user = user;
    config->level = level;
    return true;
}

bool kz_config_set_isolated(kz_config *config, bool isolated, kz_error **error)
{
    if (!is_there(config, "Isolation", error))
        return false;
    config->isolated = isolated;
    return true;
}

bool kz_config_set_profile_optional(kz_config *config, bool optional, kz_error **error)
{
    if (!is_there(config, "A profile", error))
        return false;
    config->profile_optional = optional;
    return true;
}

bool kz_config_set_auth(kz_config *config, const char *name, const kz_provider_vtable *vtable, void *user, kz_error **error)
{
    if (error && *error)
        return false;
    if (!config || !name || !*name || !vtable || !kzi_auth_vtable_is_whole(vtable))
        return kz_error_set(error, KZ_ERROR_ARGUMENT,
            !config               ? "config"
                : !name || !*name ? "name"
                                  : "vtable",
            "A provider of the program's own needs a configuration, a name, and a vtable with its size and a create().");
    char *copy = strdup(name);
    if (!copy)
        return kz_error_no_memory(error);
    free(config->auth.name);
    config->auth.name = copy;
    config->auth.vtable = vtable;
    config->auth.user = user;
    return true;
}

void kz_config_free(kz_config *config)
{
    if (!config)
        return;
    kzi_auth_values_free(&config->auth_values);
    free(config->auth.name);
    for (size_t i = 0; i < MOST; i++)
        drop(&config->values[i]);
    free(config);
}

/* The value counts unless a stronger source gave one; paths of all sources are searched, stronger first. */
static bool take(kzi_config *config, int index, const char *value, const char *source, kz_error **error)
{
    size_t n;
    bool adds = kzi_setting_rows(&n)[index].kind == KZI_PATHS;
    if (config->values[index] && !adds)
        return true;
    if (!kzi_setting_parse(&config->settings, index, value, source, error))
        return false;
    if (config->values[index])
        return true;
    config->values[index] = strdup(value);
    config->sources[index] = strdup(source);
    return (config->values[index] && config->sources[index]) || kz_error_no_memory(error);
}

static bool take_named(void *user, const char *name, const char *value, const char *source, kz_error **error)
{
    if (kzi_auth_value_is_name(name) && kzi_setting_index(name) < 0)
        return kzi_auth_value_set(&((kzi_config *)user)->auth_values, name, value, source, true, error);
    return take(user, kzi_setting_index(name), value, source, error);
}

static bool take_environment(kzi_config *config, kz_error **error)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    for (size_t i = 0; i < n; i++) {
        const char *name = settings[i].env, *value = getenv(name);
        for (size_t j = 0; (!value || !*value) && settings[i].aliases && settings[i].aliases[j]; j++)
            value = getenv(name = settings[i].aliases[j]);
        if (value && *value && !take(config, (int)i, value, name, error))
            return false;
    }
    return true;
}

/* What the program gave for providers. */
static bool take_auth(kzi_config *config, const kz_config *code, kz_error **error)
{
    char name[96];
    bool fine = true;
    for (size_t i = 0; fine && i < code->auth_values.n; i++) {
        snprintf(name, sizeof name, "auth_%s", code->auth_values.items[i].name);
        fine = kzi_auth_value_set(&config->auth_values, name, code->auth_values.items[i].value, "code", true, error);
    }
    config->auth = code->auth;
    config->auth.name = code->auth.name ? strdup(code->auth.name) : NULL;
    return fine && (!code->auth.name || config->auth.name || kz_error_no_memory(error));
}

static bool take_all(kzi_config *config, const kz_config *code, kz_error **error)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    for (size_t i = 0; i < n && code; i++)
        if (code->values[i] && !take(config, (int)i, code->values[i], "code", error))
            return false;
    if (code && !take_auth(config, code, error))
        return false;
    bool outside = !(code && code->isolated) && kzi_environment_is_trusted();
    const char *asked_by, *profile;
    if (outside && (!take_environment(config, error) || !kzi_auth_values_from_environment(&config->auth_values, error)))
        return false;
    profile = kzi_config_value(config, "profile", false, &asked_by);
    bool needed = !(code && code->profile_optional);
    if (outside && !kzi_profile_read(profile, asked_by, needed, take_named, config, error))
        return false;
    for (size_t i = 0; i < n; i++)
        if (settings[i].fallback && !take(config, (int)i, settings[i].fallback, "default", error))
            return false;
    return true;
}

kzi_config *kzi_config_resolve(const kz_config *code, kz_error **error)
{
    if (error && *error)
        return NULL;
    kzi_config *config = calloc(1, sizeof *config);
    kz_error *failure = NULL;
    if (!config) {
        kz_error_no_memory(error);
        return NULL;
    }
    if (code) {
        config->log = code->log;
        config->log_user = code->log_user;
        config->level = code->level;
    }
    if (take_all(config, code, &failure))
        return config;
    kz_error_move(error, &failure);
    kzi_config_free(config);
    return NULL;
}

void kzi_config_free(kzi_config *config)
{
    if (!config)
        return;
    kzi_settings_free(&config->settings);
    kzi_auth_values_free(&config->auth_values);
    free(config->auth.name);
    for (size_t i = 0; i < MOST; i++) {
        drop(&config->values[i]);
        drop(&config->sources[i]);
    }
    free(config);
}

const kzi_settings *kzi_config_settings(const kzi_config *config)
{
    return &config->settings;
}

const char *kzi_config_value(const kzi_config *config, const char *name, bool mask, const char **source)
{
    size_t n;
    int index = kzi_setting_index(name);
    const kzi_auth_value *own = index < 0 ? kzi_auth_value_find(&config->auth_values, name) : NULL;
    if (own) {
        if (source)
            *source = own->source;
        return mask ? "***" : own->value;
    }
    const char *value = index < 0 ? NULL : config->values[index];
    if (source)
        *source = value ? config->sources[index] : NULL;
    if (value && mask && kz_settings(&n)[index].secret)
        return "***";
    /* URLs as the core uses them: without the slash at the end. */
    if (value && kzi_setting_rows(&n)[index].kind == KZI_URL)
        return *(char *const *)(const void *)((const char *)&config->settings + kzi_setting_rows(&n)[index].offset);
    return value;
}

void kzi_config_log(const kzi_config *config, kz_log_fn *log, void **user, kz_log_level *level)
{
    *log = config->log;
    *user = config->log_user;
    *level = config->level;
}

const struct kz_provider_vtable *kzi_config_auth(const kzi_config *config, const char **name, void **user)
{
    if (config->auth.vtable) {
        *name = config->auth.name;
        *user = config->auth.user;
    }
    return config->auth.vtable;
}

const char *kzi_config_auth_setting(const kzi_config *config, size_t index, const char **source)
{
    if (index >= config->auth_values.n)
        return NULL;
    *source = config->auth_values.items[index].source;
    return config->auth_values.items[index].name;
}
