/* emulator.c: see emulator.h. */
#include "emulator.h"

#include <signal.h>
#include <string.h>

GSubprocess *emulator_start(const char *const *options, char **url)
{
    GPtrArray *words = g_ptr_array_new();
    GSubprocessLauncher *launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_ptr_array_add(words, (gpointer)g_getenv("KAMIWAZA_TEST_EMULATOR"));
    g_ptr_array_add(words, "--deploy-time");
    g_ptr_array_add(words, "60");
    for (; options && *options; options++)
        g_ptr_array_add(words, (gpointer)*options);
    g_ptr_array_add(words, NULL);
    g_subprocess_launcher_setenv(launcher, "KAMIWAZA_PLUGIN_PATH", g_getenv("KAMIWAZA_TEST_PLUGINS"), TRUE);
    GSubprocess *emulator = g_subprocess_launcher_spawnv(launcher, (const char *const *)words->pdata, NULL);
    g_object_unref(launcher);
    g_ptr_array_unref(words);
    GDataInputStream *out = g_data_input_stream_new(g_subprocess_get_stdout_pipe(emulator));
    char *line = g_data_input_stream_read_line(out, NULL, NULL, NULL);
    g_assert_true(g_str_has_prefix(line, "listening on "));
    *url = g_strdup(line + 13);
    g_free(line);
    g_object_unref(out);
    return emulator;
}

void emulator_stop(GSubprocess *emulator)
{
    g_subprocess_send_signal(emulator, SIGTERM);
    g_assert_true(g_subprocess_wait_check(emulator, NULL, NULL));
    g_object_unref(emulator);
}

kz_client *emulator_client(const char *url, kz_error **error)
{
    kz_config *config = kz_config_new(error);
    char *hub = g_strdup_printf("%.*s/hub", (int)(strlen(url) - 4), url);
    kz_config_set_isolated(config, true, error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), error);
    kz_config_set(config, "base_url", url, error);
    kz_config_set(config, "hub_url", hub, error);
    kz_client *client = kz_client_new(config, error);
    kz_config_free(config);
    g_free(hub);
    return client;
}
