/* test-limits.c: servers that send without an end, deeper or larger than anything: an error names the limit and its setting, and the
 * memory of a process that asked is bounded by it, measured there. */
#include "endless.h"
#include "sanitized.h"

#include <kamiwaza/kinds.h>
#include <stdio.h>
#include <string.h>

#define MIB (1024 * 1024)

typedef struct Case {
    const char *name; /* of what the server sends: endless.h */
    const char *setting, *value;
    const char *named; /* in the error's message */
    int code;          /* of the error */
    gint64 room;       /* MiB that the process may grow by */
    bool (*ask)(kz_kinds *kinds, kz_error **error);
} Case;

static bool ask_truth(kz_kinds *kinds, kz_error **error)
{
    kz_bool_value *value = kz_kinds_truth(kinds, NULL, error);
    kz_free(value);
    return value != NULL;
}

static bool ask_list(kz_kinds *kinds, kz_error **error)
{
    kz_answer_list *list = kz_kinds_list(kinds, NULL, error);
    kz_free(list);
    return list != NULL;
}

static bool ask_words(kz_kinds *kinds, kz_error **error)
{
    kz_string_list *list = kz_kinds_words(kinds, NULL, error);
    kz_free(list);
    return list != NULL;
}

static bool ask_events(kz_kinds *kinds, kz_error **error)
{
    kz_stream *stream = kz_kinds_events(kinds, NULL, error);
    while (stream && kz_stream_next(stream, error))
        ;
    kz_stream_close(stream);
    return !*error;
}

/* Reads bytes as they come, which has no limit of its own: 64 MiB of them. */
static bool ask_chunks(kz_kinds *kinds, kz_error **error)
{
    gsize sum = 0;
    kz_stream *stream = kz_kinds_chunks(kinds, NULL, error);
    for (const kz_bytes *chunk; sum < 64 * MIB && stream && (chunk = kz_stream_next(stream, error));)
        sum += chunk->length;
    kz_stream_close(stream);
    return !*error;
}

static const Case cases[] = {
    { "headers", NULL, NULL, "max_header_size", KZ_ERROR_CONNECTION, 2, ask_truth },
    { "header-line", NULL, NULL, "max_header_size", KZ_ERROR_CONNECTION, 2, ask_truth },
    { "interim-answers", NULL, NULL, "max_header_size", KZ_ERROR_CONNECTION, 2, ask_truth },
    { "trailers", NULL, NULL, "max_header_size", KZ_ERROR_CONNECTION, 2, ask_truth },
    { "body", "max_body_size", "8MiB", "max_body_size", KZ_ERROR_CONNECTION, 2 * 8 + 2, ask_truth },
    { "error-body", "max_body_size", "8MiB", "max_body_size", KZ_ERROR_CONNECTION, 2 * 8 + 2, ask_truth },
    { "line", "max_line_size", "4MiB", "max_line_size", KZ_ERROR_DECODE, 2 * 4 + 4, ask_events },
    { "document", "max_body_size", "8MiB", "max_body_size", KZ_ERROR_CONNECTION, 2 * 8 + 2, ask_events },
    { "bytes", NULL, NULL, NULL, 0, 4, ask_chunks },
    { "gzip", "max_body_size", "8MiB", "max_body_size", KZ_ERROR_CONNECTION, 2 * 8 + 2, ask_truth },
    { "br", "max_body_size", "8MiB", "max_body_size", KZ_ERROR_CONNECTION, 2 * 8 + 20, ask_truth }, /* its window is 16 MiB */
    { "zstd", "max_body_size", "8MiB", "max_body_size", KZ_ERROR_CONNECTION, 2 * 8 + 2, ask_truth },
    { "gzip-events", "max_line_size", "4MiB", "max_line_size", KZ_ERROR_DECODE, 64 + 8,
        ask_events }, /* libcurl holds back up to 64 */
    { "deep", NULL, NULL, "max_json_depth", KZ_ERROR_DECODE, 2, ask_list },
    { "deep-unknown", NULL, NULL, "max_json_depth", KZ_ERROR_DECODE, 2, ask_list },
    { "deep-error", NULL, NULL, "500", KZ_ERROR_SERVER, 2, ask_list },
    { "objects", "max_result_size", "32MiB", "max_result_size", KZ_ERROR_DECODE, 32 + 2 * 32, ask_list },
    { "strings", "max_result_size", "32MiB", "max_result_size", KZ_ERROR_DECODE, 32 + 2 * 32, ask_words },
};

static gint64 status_of_process(const char *name)
{
    char line[256];
    long long value = -1;
    FILE *file = fopen("/proc/self/status", "re");
    while (value < 0 && fgets(line, sizeof line, file))
        if (g_str_has_prefix(line, name))
            sscanf(line + strlen(name), ": %lld", &value);
    fclose(file);
    return value; /* KiB */
}

/* The measured process: asks once for something small, then for what has no end. */
static void test_process(gconstpointer data)
{
    const Case *c = data;
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    char *base = g_strconcat(g_getenv("KAMIWAZA_TEST_URL"), "/", c->name, NULL),
         *small = g_strconcat(g_getenv("KAMIWAZA_TEST_URL"), "/small", NULL);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    kz_config_set(config, "base_url", base, &error);
    kz_config_set(config, "max_retries", "0", &error);
    if (c->setting)
        kz_config_set(config, c->setting, c->value, &error);
    kz_client *client = kz_client_new(config, &error);
    kz_kinds *kinds = kz_client_kinds(client, &error);
    kz_kinds *first = kz_kinds_with_options(kinds, &(kz_call_options){ .base_url = small }, &error);
    g_assert_true(ask_truth(first, &error));
    gint64 before = status_of_process("VmHWM");
    bool fine = c->ask(kinds, &error);
    gint64 grown = status_of_process("VmHWM") - before;
    fprintf(stderr, "%s: %s; %lld KiB more\n", c->name, error ? error->message : "fine", (long long)grown);
    g_assert_cmpint(fine, ==, !c->code);
    if (c->code)
        g_assert_true(kz_error_is(error, c->code) && strstr(error->message, c->named));
    g_assert_cmpint(grown, <=, c->room * 1024 * (SANITIZED ? 3 : 1));
    kz_error_free(error);
    kz_service_free(first);
    kz_client_free(client);
    kz_config_free(config);
    g_free(base);
    g_free(small);
}

static void test_case(gconstpointer data)
{
    const Case *c = data;
    char *path = g_strconcat("/limits/", c->name, "/subprocess", NULL);
    g_test_trap_subprocess(path, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
    g_test_trap_assert_passed();
    g_free(path);
}

int main(int argc, char **argv)
{
    /* Freed memory is given back and not written to, so that the process measures what it uses. */
    g_unsetenv("MALLOC_PERTURB_");
    const char *options = g_getenv("ASAN_OPTIONS");
    char *all = g_strconcat(options ? options : "", options ? ":" : "", "quarantine_size_mb=0", NULL);
    g_setenv("ASAN_OPTIONS", all, TRUE);
    g_free(all);
    g_test_init(&argc, &argv, NULL);
    Endless *server = g_test_subprocess() ? NULL : endless_start();
    if (server)
        g_setenv("KAMIWAZA_TEST_URL", endless_url(server), TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *path = g_strconcat("/limits/", cases[i].name, NULL), *inner = g_strconcat(path, "/subprocess", NULL);
        g_test_add_data_func(path, &cases[i], test_case);
        g_test_add_data_func(inner, &cases[i], test_process);
        g_free(path);
        g_free(inner);
    }
    int status = g_test_run();
    if (server)
        endless_stop(server);
    return status;
}
