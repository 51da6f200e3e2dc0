/* client.h: the configuration that tests begin with: nothing of the environment or of a profile, the plugins under test. */
#ifndef TEST_CLIENT_H
#define TEST_CLIENT_H

#include <glib.h>
#include <kamiwaza/kamiwaza.h>
#include <string.h>

/* `base_url` NULL: the default. `settings`: names and values in turn, up to a name that is NULL; or NULL. */
static inline kz_config *test_config(const char *base_url, const char *const *settings, kz_error **error)
{
    kz_config *config = kz_config_new(error);
    kz_config_set_isolated(config, true, error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), error);
    if (base_url)
        kz_config_set(config, "base_url", base_url, error);
    for (; settings && *settings; settings += 2)
        kz_config_set(config, settings[0], settings[1], error);
    return config;
}

static inline kz_client *test_client(const char *base_url, const char *const *settings, kz_error **error)
{
    kz_config *config = test_config(base_url, settings, error);
    kz_client *client = kz_client_new(config, error);
    kz_config_free(config);
    return client;
}

/* No error has come; otherwise the test ends with it. */
static inline void test_no_error(const kz_error *error)
{
    if (error)
        g_error("%s: %s", kz_error_class(error->code), error->message);
}

/* An error of this kind has come, whose message holds the text (NULL: any); it is cleared. */
static inline void test_error(kz_error **error, int code, const char *text)
{
    g_assert_nonnull(*error);
    if (!kz_error_is(*error, (kz_error_code)code) || (text && !strstr((*error)->message, text)))
        test_no_error(*error);
    kz_error_clear(error);
}

#define SETTINGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
