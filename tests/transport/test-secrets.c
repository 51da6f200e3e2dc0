/* test-secrets.c: a day of a client at the loudest log level, with secrets of every kind, before a server that gives back what it was
 * sent: no log record, error, result of a failure, or command line holds one of them. */
#include "../wire/server.h"

#include <kamiwaza/cluster.h>
#include <kamiwaza/models.h>
#include <stdio.h>
#include <string.h>

static const char *const secrets[] = { "KEY-4711-api-key", "TOK-4712-bearer", "HUB-4713-token", "PAS-4714-key-password",
    "HEA-4715-of-settings", "HEA-4716-of-a-call", "QUE-4717-of-a-call", "WOR-4718-of-ada" };
enum { API_KEY, TOKEN, HUB, KEY_PASSWORD, HEADER, CALL_HEADER, CALL_QUERY, PASSWORD };

/* All that was seen where no secret may be. */
typedef struct Seen {
    GString *text;
    GMutex lock;
    guint records;
} Seen;

static void take_log(const kz_log_record *record, void *user)
{
    Seen *seen = user;
    g_mutex_lock(&seen->lock);
    seen->records++;
    g_string_append_printf(seen->text, "\nlog %s: %s", record->area, record->message);
    for (size_t i = 0; i < record->n_fields; i++)
        g_string_append_printf(seen->text, " %s=%s", record->fields[i].name, record->fields[i].value);
    g_mutex_unlock(&seen->lock);
}

static void take_error(Seen *seen, kz_error **error)
{
    g_assert_nonnull(*error);
    for (const kz_error *e = *error; e; e = e->cause) {
        const char *const parts[] = { e->message, e->method, e->url, e->path, e->server_code, e->server_param, e->server_type,
            e->request_id };
        for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
            g_string_append_printf(seen->text, "\nerror %s", parts[i] ? parts[i] : "");
        g_string_append_len(seen->text, e->detail.text, (gssize)e->detail.length);
    }
    kz_error_clear(error);
}

static void expect_none(const Seen *seen)
{
    for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++) {
        const char *at = strstr(seen->text->str, secrets[i]);
        if (at)
            g_error("%s was seen: ...%.200s", secrets[i], at - (at - seen->text->str > 100 ? 100 : at - seen->text->str));
    }
}

/* ---- the server: what it was sent comes back in errors of every kind ---- */

static char *serve(const char *request, void *user)
{
    static gint turn;
    static const char *const status[] = { "401 Unauthorized", "403 Forbidden", "404 Not Found", "422 Unprocessable Entity",
        "500 Internal Server Error", "200 OK" };
    (void)user;
    g_autofree char *told = g_strescape(request, NULL), *line = g_strndup(request, strcspn(request, "\r"));
    int n = g_atomic_int_add(&turn, 1) % (int)G_N_ELEMENTS(status);
    g_autofree char *body = g_strdup_printf(
        "{\"error\":{\"message\":\"you sent %s\",\"code\":\"%s\",\"type\":\"t\"}}", told, line);
    return g_strdup_printf("HTTP/1.1 %s\r\nContent-Type: application/json\r\nX-Request-Id: 7\r\nContent-Length: %d\r\n\r\n%s",
        status[n], (int)strlen(body), body);
}

static kz_client *client_of(Seen *seen, const char *url, int credential)
{
    kz_error *error = NULL;
    g_autofree char *header = g_strconcat("X-Extra: ", secrets[HEADER], NULL);
    kz_config *config = kz_config_new(&error);
    kz_config_set_isolated(config, true, &error);
    kz_config_set_log(config, take_log, seen, KZ_LOG_TRACE, &error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    kz_config_set(config, "base_url", url, &error);
    kz_config_set(config, "hub_url", url, &error);
    kz_config_set(config, "max_retries", "0", &error);
    kz_config_set(config, "token_store", "none", &error);
    kz_config_set(config, "hub_token", secrets[HUB], &error);
    kz_config_set(config, "client_key_password", secrets[KEY_PASSWORD], &error);
    kz_config_set(config, "headers", header, &error);
    if (credential == PASSWORD) {
        kz_config_set(config, "username", "ada", &error);
        kz_config_set(config, "password", secrets[PASSWORD], &error);
    } else {
        kz_config_set(config, credential == TOKEN ? "token" : "api_key", secrets[credential], &error);
    }
    kz_client *client = kz_client_new(config, &error);
    kz_config_free(config);
    g_assert_null(error);
    return client;
}

/* Typed calls, calls by name, asynchronous ones; each ends in one of the server's moods. */
static void live(Seen *seen, kz_client *client)
{
    kz_error *error = NULL;
    const kz_string_entry header = { "X-Secret", secrets[CALL_HEADER] }, query = { "secret", secrets[CALL_QUERY] };
    const kz_call_options options = { .headers = &header, .n_headers = 1, .query = &query, .n_query = 1 };
    kz_cluster *cluster = kz_client_cluster(client, &error), *with = kz_with_options(cluster, &options, &error);
    g_assert_null(error);
    for (int i = 0; i < 12; i++) {
        kz_client_sign_in(client, NULL, &error); /* calls by themselves send a refused password once */
        if (error)
            take_error(seen, &error);
        kz_free(kz_cluster_get_hostname(i % 2 ? with : cluster, NULL, &error));
        if (error)
            take_error(seen, &error);
        kz_answer answer = { 0 };
        kz_call_by_name(client, "models.list", KZ_JSON("{}"), &options, &answer, &error);
        kz_free(answer.result);
        if (error)
            take_error(seen, &error);
        kz_loop *loop = kz_loop_new(client, &error);
        kz_pending *pending = kz_submit(loop, with, &kz_cluster_get_hostname_op, NULL, NULL, NULL, &error);
        while (kz_loop_wait(loop, -1))
            ;
        kz_free(kz_pending_take(pending, &error));
        if (error)
            take_error(seen, &error);
        kz_pending_free(pending);
        kz_loop_free(loop);
    }
    kz_service_free(with);
}

static void test_day(gconstpointer data)
{
    Seen seen = { .text = g_string_new(NULL) };
    g_mutex_init(&seen.lock);
    WireServer *server = wire_start_function(serve, NULL);
    kz_client *client = client_of(&seen, wire_url(server), GPOINTER_TO_INT(data));
    live(&seen, client);
    guint sent = wire_count(server);
    bool arrived = false; /* the server was sent what the test looks for */
    for (guint i = 0; i < sent; i++)
        arrived |= strstr(wire_request(server, i), secrets[GPOINTER_TO_INT(data)]) != NULL;
    g_assert_true(arrived);
    wire_stop(server);
    live(&seen, client); /* nobody answers any more */
    kz_client_free(client);
    char *arguments = NULL;
    gsize length = 0;
    g_assert_true(g_file_get_contents("/proc/self/cmdline", &arguments, &length, NULL));
    for (gsize i = 0; i < length; i++)
        g_string_append_c(seen.text, arguments[i] ? arguments[i] : ' ');
    g_free(arguments);
    g_assert_cmpuint(seen.records, >, 20);
    expect_none(&seen);
    g_string_free(seen.text, TRUE);
    g_mutex_clear(&seen.lock);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/secrets/a-day-with-an-api-key", GINT_TO_POINTER(API_KEY), test_day);
    g_test_add_data_func("/secrets/a-day-with-a-token", GINT_TO_POINTER(TOKEN), test_day);
    g_test_add_data_func("/secrets/a-day-with-a-password", GINT_TO_POINTER(PASSWORD), test_day);
    return g_test_run();
}
