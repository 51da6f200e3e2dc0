/* test-config.c: where settings come from, what they may be, and what is said when they are wrong. */
#include "config.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static char *home;

static void write_profile(const char *text, int mode)
{
    char *folder = g_build_filename(home, "kamiwaza", NULL), *path = g_build_filename(folder, "config.json", NULL);
    g_mkdir_with_parents(folder, 0700);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_chmod(path, mode);
    g_free(folder);
    g_free(path);
}

static void expect(const kz_config *code, const char *name, const char *value, const char *source)
{
    kz_error *error = NULL;
    const char *from;
    kzi_config *config = kzi_config_resolve(code, &error);
    if (!config)
        g_error("%s", error->message);
    g_assert_cmpstr(kzi_config_value(config, name, false, &from), ==, value);
    g_assert_true(!source || (from && strstr(from, source)));
    kzi_config_free(config);
}

static void refuse(const char *path, const char *part)
{
    kz_error *error = NULL;
    g_assert_null(kzi_config_resolve(NULL, &error));
    g_assert_cmpint(error->code, ==, KZ_ERROR_CONFIG);
    if (path)
        g_assert_cmpstr(error->path, ==, path);
    if (!strstr(error->message, part))
        g_error("\"%s\" is not in: %s", part, error->message);
    kz_error_free(error);
}

static void test_precedence(void)
{
    kz_error *error = NULL;
    expect(NULL, "timeout", "30", "default");
    write_profile("{\"profiles\":{\"default\":{\"timeout\":10},\"work\":{\"timeout\":11}}}", 0644);
    expect(NULL, "timeout", "10", "config.json");
    g_setenv("KAMIWAZA_PROFILE", "work", TRUE);
    expect(NULL, "timeout", "11", "config.json");
    g_setenv("KAMIWAZA_TIMEOUT", "12", TRUE);
    expect(NULL, "timeout", "12", "KAMIWAZA_TIMEOUT");
    kz_config *config = kz_config_new(&error);
    g_assert_true(kz_config_set(config, "timeout", "13", &error));
    expect(config, "timeout", "13", "code");
    kz_config_set(config, "timeout", NULL, &error);
    kz_config_set_isolated(config, true, &error);
    expect(config, "timeout", "30", "default");
    kz_config_free(config);
    g_unsetenv("KAMIWAZA_TIMEOUT");
    g_unsetenv("KAMIWAZA_PROFILE");
}

static void test_aliases(void)
{
    write_profile("{}", 0644);
    g_setenv("KAMIWAZA_BASE_URI", "https://h/api/", TRUE);
    expect(NULL, "base_url", "https://h/api", "KAMIWAZA_BASE_URI");
    g_unsetenv("KAMIWAZA_BASE_URI");
    static const char *const words[] = { "false", "0", "no" };
    for (size_t i = 0; i < 3; i++) {
        kz_error *error = NULL;
        g_setenv("KAMIWAZA_VERIFY_SSL", words[i], TRUE);
        kzi_config *config = kzi_config_resolve(NULL, &error);
        g_assert_cmpint(kzi_config_settings(config)->verify_tls, ==, 0);
        kzi_config_free(config);
    }
    g_unsetenv("KAMIWAZA_VERIFY_SSL");
}

static void test_units(void)
{
    static const struct {
        const char *name, *value;
        gint64 wanted;
        size_t offset;
    } cases[] = {
        { "timeout", "1.5", 1500, offsetof(kzi_settings, timeout) },
        { "timeout", "500ms", 500, offsetof(kzi_settings, timeout) },
        { "timeout", "2m", 120000, offsetof(kzi_settings, timeout) },
        { "max_body_size", "4KiB", 4096, offsetof(kzi_settings, max_body_size) },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        kz_error *error = NULL;
        kz_config *code = kz_config_new(&error);
        g_assert_true(kz_config_set(code, cases[i].name, cases[i].value, &error));
        kzi_config *config = kzi_config_resolve(code, &error);
        g_assert_cmpint(
            *(const gint64 *)(const void *)((const char *)kzi_config_settings(config) + cases[i].offset), ==, cases[i].wanted);
        kzi_config_free(config);
        kz_config_free(code);
    }
}

static void test_bad_values(void)
{
    static const char *const cases[][2] = { { "timeout", "-1" }, { "timeout", "soon" }, { "timeout", "1e9" },
        { "max_retries", "1.5" }, { "max_retries", "101" }, { "verify_tls", "maybe" }, { "base_url", "host/api" },
        { "base_url", "ftp://host" }, { "base_url", "https://" }, { "base_url", "https://u:p@host" },
        { "base_url", "https://host?x=1" }, { "base_url", "https://host:99999" }, { "http_version", "3" },
        { "headers", "no header" }, { "user_agent", "a\nb" } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        kz_error *error = NULL;
        kz_config *config = kz_config_new(&error);
        if (kz_config_set(config, cases[i][0], cases[i][1], &error))
            g_error("accepted: %s = %s", cases[i][0], cases[i][1]);
        g_assert_cmpint(error->code, ==, KZ_ERROR_CONFIG);
        g_assert_cmpstr(error->path, ==, cases[i][0]);
        g_assert_nonnull(strstr(error->message, "allowed"));
        g_assert_nonnull(strstr(error->message, "code"));
        kz_error_free(error);
        kz_config_free(config);
    }
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    g_assert_false(kz_config_set(config, "timout", "1", &error));
    g_assert_nonnull(strstr(error->message, "Did you mean timeout?"));
    kz_error_free(error);
    kz_config_free(config);
}

static void test_bad_profiles(void)
{
    write_profile("{\"profiles\": {\n  \"default\": {\"timeout\": 1,}\n}}", 0644);
    refuse(NULL, "line 2");
    write_profile("{\"profiles\":{\"default\":{\"timout\":1}}}", 0644);
    refuse("timout", "Did you mean timeout?");
    write_profile("{\"profiles\":{\"default\":{\"timeout\":{}}}}", 0644);
    refuse("timeout", "wrong type");
    write_profile("{\"profile\":\"gone\",\"profiles\":{}}", 0644);
    refuse("gone", "no profile \"gone\"");
    write_profile("{\"timeout\":1}", 0644);
    refuse("timeout", "at its top");
    write_profile("{\"profiles\":{\"default\":{\"api_key\":\"sk-secret\"}}}", 0644);
    refuse("api_key", "chmod 600");
    write_profile("{\"profiles\":{\"default\":{\"api_key\":\"sk-secret\"}}}", 0600);
    expect(NULL, "api_key", "sk-secret", "config.json");
    write_profile("{}", 0644);
}

/* For a program that makes the profile: it need not be there, but what is there counts, and must be right. */
static void test_optional_profile(void)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    kz_config_set_profile_optional(config, true, &error);
    kz_config_set(config, "profile", "gone", &error);
    g_assert_null(error);
    write_profile("{\"profiles\":{\"default\":{\"timeout\":10}}}", 0644);
    expect(config, "timeout", "30", "default");
    write_profile("{\"profiles\":{\"gone\":{\"timeout\":11}}}", 0644);
    expect(config, "timeout", "11", "config.json");
    write_profile("{\"profiles\":{\"gone\":{\"timout\":11}}}", 0644);
    g_assert_null(kzi_config_resolve(config, &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_CONFIG));
    kz_error_clear(&error);
    write_profile("{\"profile\":\"gone\"}", 0644);
    kz_config_set(config, "profile", NULL, &error);
    expect(config, "timeout", "30", "default");
    kz_config_set_profile_optional(config, false, &error);
    kz_config_set(config, "profile", "gone", &error);
    g_assert_null(kzi_config_resolve(config, &error));
    g_assert_nonnull(strstr(error->message, "no profile \"gone\""));
    kz_error_clear(&error);
    g_assert_false(kz_config_set_profile_optional(NULL, true, &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_ARGUMENT));
    kz_error_free(error);
    kz_config_free(config);
    write_profile("{}", 0644);
}

static void test_secrets(void)
{
    kz_error *error = NULL;
    g_setenv("KAMIWAZA_API_KEY", "sk-secret", TRUE);
    kzi_config *config = kzi_config_resolve(NULL, &error);
    g_assert_cmpstr(kzi_config_value(config, "api_key", true, NULL), ==, "***");
    kzi_config_free(config);
    g_setenv("KAMIWAZA_API_KEY", "sk-\nsecret", TRUE);
    g_assert_null(kzi_config_resolve(NULL, &error));
    g_assert_null(strstr(error->message, "secret\""));
    g_assert_null(strstr(error->message, "sk-"));
    kz_error_free(error);
    g_unsetenv("KAMIWAZA_API_KEY");
}

static void test_url_secrets(void)
{
    static const char *const urls[] = { "https://bob:hunter2@host", "https://host/?token=hunter2", "https://host#hunter2" };
    static const char *const names[] = { "base_url", "hub_url", "openai_base_url" };
    for (size_t i = 0; i < G_N_ELEMENTS(urls) * G_N_ELEMENTS(names); i++) {
        kz_error *error = NULL;
        kz_config *config = kz_config_new(&error);
        g_assert_false(kz_config_set(config, names[i / 3], urls[i % 3], &error));
        g_assert_null(strstr(error->message, "hunter2"));
        kz_error_free(error);
        kz_config_free(config);
    }
}

static void test_short_times(void)
{
    kz_error *error = NULL;
    kz_config *code = kz_config_new(&error);
    g_assert_true(kz_config_set(code, "timeout", "0.0001", &error));
    kzi_config *config = kzi_config_resolve(code, &error);
    g_assert_cmpint(kzi_config_settings(config)->timeout, ==, 1);
    kzi_config_free(config);
    kz_config_free(code);
}

static void test_odd_profiles(void)
{
    char *deep = g_strnfill(40, '['), *end = g_strnfill(40, ']');
    char *text = g_strconcat("{\"profiles\":{\"default\":{\"user_agent\":", deep, end, "}}}", NULL);
    write_profile(text, 0644);
    refuse(NULL, "deeper");
    g_free(text);
    g_free(deep);
    g_free(end);
    write_profile("{\"profiles\":{\"default\":{\"user_agent\":\"a\\u0000b\"}}}", 0644);
    refuse("user_agent", "NUL");
    write_profile("null", 0644);
    refuse(NULL, "must be an object");
    char *path = g_build_filename(home, "kamiwaza", "config.json", NULL);
    g_remove(path);
    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    refuse(path, "no regular file");
    g_remove(path);
    g_free(path);
    write_profile("{}", 0644);
}

static void test_table(void)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    g_assert_cmpuint(n, >, 25);
    for (size_t i = 0; i < n; i++) {
        g_assert_true(settings[i].name && settings[i].env && settings[i].type && settings[i].allowed && settings[i].summary);
        char *env = g_strconcat("KAMIWAZA_", settings[i].name, NULL), *upper = g_ascii_strup(env, -1);
        g_assert_cmpstr(settings[i].env, ==, upper);
        g_free(env);
        g_free(upper);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    home = g_dir_make_tmp("kz-config-XXXXXX", NULL);
    g_setenv("XDG_CONFIG_HOME", home, TRUE);
    g_test_add_func("/config/code-over-environment-over-profile-over-default", test_precedence);
    g_test_add_func("/config/names-of-the-reference-client", test_aliases);
    g_test_add_func("/config/units", test_units);
    g_test_add_func("/config/bad-values-name-setting-source-and-what-is-allowed", test_bad_values);
    g_test_add_func("/config/bad-profiles-name-place-and-remedy", test_bad_profiles);
    g_test_add_func("/config/a-profile-that-is-to-be-made", test_optional_profile);
    g_test_add_func("/config/secrets-are-masked", test_secrets);
    g_test_add_func("/config/refused-urls-show-no-secret", test_url_secrets);
    g_test_add_func("/config/a-very-short-time-is-not-no-limit", test_short_times);
    g_test_add_func("/config/profiles-that-are-no-plain-json-file-are-refused", test_odd_profiles);
    g_test_add_func("/config/the-table-is-complete", test_table);
    int status = g_test_run();
    char *file = g_build_filename(home, "kamiwaza", "config.json", NULL), *folder = g_build_filename(home, "kamiwaza", NULL);
    g_remove(file);
    g_rmdir(folder);
    g_rmdir(home);
    g_free(file);
    g_free(folder);
    g_free(home);
    return status;
}
