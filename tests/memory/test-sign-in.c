/* test-sign-in.c: signing in with the n-th allocation failing: by a command, by a password and a person, renewal, and the profile file,
 * which is whole each time. See test-calls.c. */
#include "../wire/server.h"
#include "failing.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#define JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"

static const WireAnswer script[] = {
    { JSON "{\"access_token\":\"t\",\"refresh_token\":\"r \\u00e9\",\"expires_in\":600}", -1, WIRE_CLOSE, "POST /auth/token" },
    { JSON "{\"access_token\":\"u\",\"expires_in\":\"600\"}", -1, WIRE_CLOSE, "POST /auth/refresh" },
    { JSON "{}", -1, WIRE_CLOSE, "POST /auth/logout" },
    { "HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", -1, WIRE_CLOSE, "GET" },
};

static kz_config *config_of(const char *name, const char *value, const char *base)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    kz_config_set(config, "token_store", "none", &error);
    kz_config_set(config, "max_retries", "0", &error);
    kz_config_set(config, "base_url", base, &error);
    kz_config_set(config, name, value, &error);
    if (error)
        g_error("%s", error->message);
    return config;
}

static bool has_credential(kz_client *client, kz_error **error)
{
    kz_credential *credential = client ? kz_client_credential(client, error) : NULL;
    kz_free(credential);
    return credential;
}

static bool printed(void *config, kz_error **error)
{
    kz_client *client = kz_client_new(config, error);
    bool fine = has_credential(client, error);
    kz_client_free(client);
    return fine;
}

static void test_command(void)
{
    static const char *const commands[] = { "/bin/echo token",
        "/bin/echo '{\"token\": \"t\", \"expires_at\": \"2999-01-01T00:00:00Z\"}'" };
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        kz_config *config = config_of("credential_command", commands[i], "http://127.0.0.1:1");
        failing_each(printed, config, false);
        kz_config_free(config);
    }
}

static bool ask(void *user, const char *what, bool secret, char *answer, size_t size, kz_error **error)
{
    (void)user, (void)secret, (void)error;
    g_strlcpy(answer, what, size);
    return true;
}

static bool signs_in_and_out(void *config, kz_error **error)
{
    const kz_sign_in how = { .size = sizeof how, .ask = ask };
    kz_client *client = kz_client_new(config, error);
    bool fine = client && kz_client_sign_in(client, &how, error) && has_credential(client, error) &&
        kz_client_sign_out(client, error);
    kz_client_free(client);
    return fine;
}

/* The server refuses the token, and the next one too: what that says is no failed allocation. */
static bool renews(void *config, kz_error **error)
{
    kz_answer answer = { 0 };
    kz_error *refused = NULL;
    kz_client *client = kz_client_new(config, error);
    bool called = client && kz_call_by_name(client, "models.list", (kz_json){ 0 }, NULL, &answer, &refused);
    g_assert_false(called);
    kz_client_free(client);
    bool fine = client && kz_error_is(refused, KZ_ERROR_AUTHENTICATION) && refused->status == 401;
    if (fine)
        kz_error_clear(&refused);
    kz_error_move(error, &refused);
    return fine;
}

static void test_password(void)
{
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    kz_config *config = config_of("auth", "password", wire_url(server));
    failing_each(signs_in_and_out, config, false);
    kz_error *error = NULL;
    kz_config_set(config, "username", "ada", &error);
    kz_config_set(config, "password", "hush-hush", &error);
    failing_each(renews, config, false);
    kz_config_free(config);
    wire_stop(server);
}

static const char before[] = "{\"profiles\": {\"home\": {\"timeout\": 5, \"api_key\": \"k\"}, \"work\": {}}}";

static bool changes(void *path, kz_error **error)
{
    char *text = NULL;
    g_assert_true(g_file_set_contents_full(path, before, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
    kz_config_profiles *profiles = kz_config_profiles_read(error);
    bool fine = profiles && kz_config_profiles_set(profiles, "home", "username", "ada", error) &&
        kz_config_profiles_set(profiles, "home", "timeout", NULL, error) &&
        kz_config_profiles_set(profiles, "new", NULL, NULL, error) && kz_config_profiles_choose(profiles, "home", error) &&
        kz_config_profiles_remove(profiles, "work", error) && kz_config_profiles_save(profiles, error);
    kz_config_profiles_free(profiles);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==,
        fine ? "{\n    \"profiles\": {\n        \"home\": {\n            \"api_key\": \"k\",\n            \"username\": "
               "\"ada\"\n        },\n"
               "        \"new\": {}\n    },\n    \"profile\": \"home\"\n}\n"
             : before);
    g_free(text);
    return fine;
}

static void test_profiles(void)
{
    char *folder = g_dir_make_tmp("kamiwaza-profiles-XXXXXX", NULL), *below = g_build_filename(folder, "kamiwaza", NULL);
    char *path = g_build_filename(below, "config.json", NULL);
    g_assert_cmpint(g_mkdir(below, 0700), ==, 0);
    g_setenv("XDG_CONFIG_HOME", folder, TRUE);
    failing_each(changes, path, false);
    g_remove(path);
    g_rmdir(below);
    g_rmdir(folder);
    g_free(path);
    g_free(below);
    g_free(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory/profiles", test_profiles);
    g_test_add_func("/memory/command", test_command);
    g_test_add_func("/memory/password", test_password);
    return g_test_run();
}
