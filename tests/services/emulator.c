/* emulator.c: see emulator.h. */
#include "emulator.h"

#include "../client.h"
#include "../wire/child.h"
#include "../wire/http.h"

#include <string.h>

GSubprocess *emulator_start(const char *const *options, char **url)
{
    return emulator_start_logging(options, NULL, url);
}

GSubprocess *emulator_start_logging(const char *const *options, const char *log, char **url)
{
    GPtrArray *words = g_ptr_array_new();
    GSubprocessLauncher *launcher = child_launcher(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_ptr_array_add(words, (gpointer)g_getenv("KAMIWAZA_TEST_EMULATOR"));
    g_ptr_array_add(words, "--deploy-time");
    g_ptr_array_add(words, "60");
    for (; options && *options; options++)
        g_ptr_array_add(words, (gpointer)*options);
    g_ptr_array_add(words, NULL);
    g_subprocess_launcher_setenv(launcher, "KAMIWAZA_PLUGIN_PATH", g_getenv("KAMIWAZA_TEST_PLUGINS"), TRUE);
    /* The thread sanitizer does not see the locks of the libraries that the emulator is made of; it is not what is tested. */
    g_subprocess_launcher_setenv(launcher, "TSAN_OPTIONS", "report_bugs=0", TRUE);
    if (log)
        g_subprocess_launcher_set_stderr_file_path(launcher, log);
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
    return emulator_client_set(url, NULL, error);
}

kz_client *emulator_client_with(const char *url, const char *setting, const char *value, kz_error **error)
{
    return emulator_client_set(url, (const char *const[]){ setting, value, NULL }, error);
}

kz_config *emulator_config(const char *url, const char *const *settings, kz_error **error)
{
    kz_config *config = test_config(url, settings, error);
    char *hub = g_strdup_printf("%.*s/hub", (int)(strlen(url) - 4), url);
    kz_config_set(config, "hub_url", hub, error);
    g_free(hub);
    return config;
}

kz_client *emulator_client_set(const char *url, const char *const *settings, kz_error **error)
{
    kz_config *config = emulator_config(url, settings, error);
    kz_client *client = kz_client_new(config, error);
    kz_config_free(config);
    return client;
}

char *emulator_ask(const char *url, const char *what, const char *lines, const char *body)
{
    char *text = g_strdup_printf("%s HTTP/1.1\r\nHost: emulator\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n%s", what,
        body ? strlen(body) : 0, lines ? lines : "", body ? body : "");
    char *answer = exchange(port_of(url), text);
    g_free(text);
    return answer;
}

gint64 emulator_count(const char *url, const char *name)
{
    char *answer = emulator_ask(url, "GET /emulator/counts", NULL, NULL), *quoted = g_strdup_printf("\"%s\":", name);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200"));
    const char *found = strstr(answer, quoted);
    gint64 n = found ? g_ascii_strtoll(found + strlen(quoted), NULL, 10) : 0;
    g_free(answer);
    g_free(quoted);
    return n;
}

void emulator_begin(EmulatorFixture *f, const char *const *options)
{
    *f = (EmulatorFixture){ 0 };
    f->emulator = emulator_start(options, &f->url);
    f->client = emulator_client(f->url, &f->error);
    g_assert_null(f->error);
}

void emulator_end(EmulatorFixture *f)
{
    if (f->error)
        g_error("%s", f->error->message);
    kz_client_free(f->client);
    emulator_stop(f->emulator);
    g_free(f->url);
}
