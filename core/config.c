/* config.c: a program's configuration, and its resolution for a client: code over environment over profile over defaults. What
 * a client holds never changes; each value remembers where it came from. */
#include "config.h"

#include "profile.h"
#include "schema_json.h"
#include "settings.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

struct kz_config {
    char *values[MOST]; /* by the place in the table; NULL: not set in code */
    kz_log_fn log;
    void *log_user;
    kz_log_level level;
    bool isolated;
};

struct kzi_config {
    kzi_settings settings;
    char *values[MOST];
    char *sources[MOST];
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

bool kz_config_set_log(kz_config *config, kz_log_fn log, void *user, kz_log_level level, kz_error **error)
{
    if (error && *error)
        return false;
    if (!config)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "config", "A log callback needs a configuration.");
    config->log = log;
    config->log_user = user;
    config->level = level;
    return true;
}

bool kz_config_set_isolated(kz_config *config, bool isolated, kz_error **error)
{
    if (error && *error)
        return false;
    if (!config)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "config", "Isolation needs a configuration.");
    config->isolated = isolated;
    return true;
}

void kz_config_free(kz_config *config)
{
    if (!config)
        return;
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

static bool take_all(kzi_config *config, const kz_config *code, kz_error **error)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    for (size_t i = 0; i < n && code; i++)
        if (code->values[i] && !take(config, (int)i, code->values[i], "code", error))
            return false;
    bool outside = !(code && code->isolated) && kzi_environment_is_trusted();
    if (outside && (!take_environment(config, error) || !kzi_profile_read(take_named, config, error)))
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
