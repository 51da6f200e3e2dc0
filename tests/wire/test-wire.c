/* test-wire.c: the engine against a server that does what servers do: answers late, cut, byte by byte, wrong, with errors and
 * redirects. */
#include "../client.h"
#include "server.h"

#include <kamiwaza/cluster.h>
#include <pthread.h>
#include <string.h>

#define KEY "sk-do-not-show-me"
#define OK_BODY "{\"hostname\":\"h\"}"
#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n" OK_BODY
#define BUSY(status)   \
    "HTTP/1.1 " status \
    " Busy\r\nRetry-After: 0\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"detail\":\"busy\"}"

typedef struct Fixture {
    WireServer *server;
    kz_client *client;
    kz_cluster *cluster;
    kz_error *error;
    GString *log;
} Fixture;

static void take_log(const kz_log_record *record, void *user)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* which the thread sanitizer understands */
    GString *log = user;
    pthread_mutex_lock(&lock);
    g_string_append_printf(log, "%s %s", record->area, record->message);
    for (size_t i = 0; i < record->n_fields; i++)
        g_string_append_printf(log, " %s=%s", record->fields[i].name, record->fields[i].value);
    g_string_append_c(log, '\n');
    pthread_mutex_unlock(&lock);
}

static void begin(Fixture *f, const WireAnswer *script, gsize n, const char *setting, const char *value)
{
    f->server = wire_start(script, n);
    f->error = NULL;
    f->log = g_string_new(NULL);
    kz_config *config = test_config(wire_url(f->server), SETTINGS("api_key", KEY, setting, value), &f->error);
    kz_config_set_log(config, take_log, f->log, KZ_LOG_TRACE, &f->error);
    f->client = kz_client_new(config, &f->error);
    f->cluster = kz_client_cluster(f->client, &f->error);
    kz_config_free(config);
    if (f->error)
        g_error("%s", f->error->message);
}

static void end(Fixture *f)
{
    g_assert_null(strstr(f->log->str, KEY));
    if (f->error) {
        g_assert_null(strstr(f->error->message, KEY));
        g_assert_true(!f->error->detail.text || !strstr(f->error->detail.text, KEY));
    }
    kz_error_clear(&f->error);
    kz_client_free(f->client);
    wire_stop(f->server);
    g_string_free(f->log, TRUE);
}

static bool reads(Fixture *f)
{
    kz_json_value *value = kz_cluster_get_hostname(f->cluster, NULL, &f->error);
    if (value)
        g_assert_cmpmem(value->value.text, value->value.length, OK_BODY, 16);
    kz_free(value);
    return value != NULL;
}

static bool writes(Fixture *f)
{
    kz_location *made = kz_cluster_create_location(f->cluster, &(kz_cluster_create_location_params){ .name = "n" }, &f->error);
    kz_free(made);
    return made != NULL;
}

static void test_get_is_retried(void)
{
    Fixture f;
    const WireAnswer script[] = { { BUSY("503"), -1, 0 }, { BUSY("429"), -1, 0 }, { OK, -1, 0 } };
    begin(&f, script, 3, NULL, NULL);
    g_assert_true(reads(&f));
    g_assert_cmpuint(wire_count(f.server), ==, 3);
    g_assert_cmpuint(wire_connections(f.server), ==, 1);
    end(&f);
}

static void test_retries_end(void)
{
    Fixture f;
    const WireAnswer script[] = { { BUSY("503"), -1, 0 } };
    begin(&f, script, 1, "max_retries", "2");
    g_assert_false(reads(&f));
    g_assert_cmpuint(wire_count(f.server), ==, 3);
    g_assert_true(kz_error_is(f.error, KZ_ERROR_UNAVAILABLE));
    g_assert_true(kz_error_is(f.error, KZ_ERROR_SERVER) && kz_error_is(f.error, KZ_ERROR_API));
    g_assert_cmpint(f.error->attempts, ==, 3);
    g_assert_cmpint(f.error->status, ==, 503);
    g_assert_nonnull(strstr(f.error->message, "busy"));
    end(&f);
}

static void test_post_is_sent_once(void)
{
    Fixture f;
    const WireAnswer script[] = { { BUSY("503"), -1, 0 }, { OK, -1, 0 } };
    begin(&f, script, 2, NULL, NULL);
    g_assert_false(writes(&f));
    g_assert_cmpuint(wire_count(f.server), ==, 1);
    end(&f);
    const WireAnswer limited[] = { { BUSY("429"), -1, 0 }, { OK, -1, 0 } };
    begin(&f, limited, 2, NULL, NULL);
    g_assert_true(writes(&f)); /* turned away: not acted on */
    g_assert_cmpuint(wire_count(f.server), ==, 2);
    end(&f);
}

/* The server acts on the request and closes a connection that was used before: libcurl alone would send it again. */
static void test_no_silent_resend(void)
{
    Fixture f;
    const WireAnswer script[] = { { OK, -1, 0 }, { NULL, 0, 0 }, { OK, -1, 0 } };
    begin(&f, script, 3, NULL, NULL);
    g_assert_true(reads(&f));
    g_assert_false(writes(&f));
    g_assert_cmpuint(wire_count(f.server), ==, 2);
    g_assert_true(kz_error_is(f.error, KZ_ERROR_CONNECTION));
    kz_error_clear(&f.error);
    end(&f);
    begin(&f, script, 3, NULL, NULL);
    g_assert_true(reads(&f));
    g_assert_true(reads(&f)); /* a GET may be */
    g_assert_cmpuint(wire_count(f.server), ==, 3);
    end(&f);
}

static void test_byte_by_byte(void)
{
    Fixture f;
    const WireAnswer script[] = { { OK, -1, WIRE_BYTES },
        { "HTTP/1.1 103 Early\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
          "chunked\r\n\r\n"
          "5\r\n{\"hos\r\nb\r\ntname\":\"h\"}\r\n0\r\n\r\n",
            -1, WIRE_BYTES } };
    begin(&f, script, 2, NULL, NULL);
    g_assert_true(reads(&f));
    g_assert_true(reads(&f));
    end(&f);
}

static void test_every_cut(void)
{
    for (gssize cut = 1; cut < (gssize)strlen(OK); cut += 3) {
        Fixture f;
        const WireAnswer script[] = { { OK, cut, WIRE_CLOSE } };
        begin(&f, script, 1, "max_retries", "0");
        g_assert_false(reads(&f));
        g_assert_true(kz_error_is(f.error, KZ_ERROR_CONNECTION) || kz_error_is(f.error, KZ_ERROR_DECODE));
        end(&f);
    }
}

static void test_pages_are_no_json(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>", -1,
        0 } };
    begin(&f, script, 1, NULL, NULL);
    g_assert_false(reads(&f));
    g_assert_cmpint(f.error->code, ==, KZ_ERROR_NOT_API);
    g_assert_nonnull(strstr(f.error->message, "/api"));
    end(&f);
}

static void test_misfit_names_its_place(void)
{
    Fixture f;
    const WireAnswer script[] = {
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n[{\"name\":5}]", -1, 0 }
    };
    begin(&f, script, 1, NULL, NULL);
    g_assert_null(kz_cluster_list_locations(f.cluster, NULL, &f.error));
    g_assert_cmpint(f.error->code, ==, KZ_ERROR_DECODE);
    g_assert_nonnull(strstr(f.error->path, "[0].name"));
    end(&f);
}

static void test_echoed_key_is_masked(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 401 No\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
                                    "{\"detail\":\"bad key " KEY "\"}",
        -1, WIRE_CLOSE } };
    begin(&f, script, 1, NULL, NULL);
    g_assert_false(reads(&f));
    g_assert_cmpint(f.error->code, ==, KZ_ERROR_AUTHENTICATION);
    g_assert_nonnull(strstr(f.error->message, "bad key ****"));
    end(&f);
}

static void test_redirects(void)
{
    Fixture f, other;
    const WireAnswer there[] = { { OK, -1, 0 } };
    begin(&other, there, 1, NULL, NULL);
    char *away = g_strdup_printf(
        "HTTP/1.1 302 Found\r\nLocation: %s/elsewhere\r\nContent-Length: 0\r\n\r\n", wire_url(other.server));
    const WireAnswer script[] = { { "HTTP/1.1 307 Moved\r\nLocation: /moved\r\nContent-Length: 0\r\n\r\n", -1, 0 },
        { away, -1, 0 } };
    begin(&f, script, 2, NULL, NULL);
    g_assert_true(reads(&f));
    g_assert_nonnull(strstr(wire_request(f.server, 1), "GET /moved "));
    g_assert_nonnull(strstr(wire_request(f.server, 1), "Authorization: Bearer " KEY)); /* the same origin */
    g_assert_null(strstr(wire_request(other.server, 0), KEY));
    g_assert_null(strcasestr(wire_request(other.server, 0), "x-api-key"));
    end(&f);
    end(&other);
    const WireAnswer loop[] = { { "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n", -1, 0 } };
    begin(&f, loop, 1, NULL, NULL);
    g_assert_false(reads(&f));
    g_assert_true(kz_error_is(f.error, KZ_ERROR_API));
    g_assert_cmpuint(wire_count(f.server), ==, 11); /* ten of them are followed */
    end(&f);
    const WireAnswer file[] = { { "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", -1, 0 } };
    begin(&f, file, 1, NULL, NULL);
    g_assert_false(reads(&f));
    end(&f);
    g_free(away);
}

static void test_plain_http(void)
{
    kz_error *error = NULL;
    kz_client *client = test_client("http://host.invalid/api", SETTINGS("api_key", KEY), &error);
    kz_free(kz_cluster_get_hostname(kz_client_cluster(client, &error), NULL, &error));
    g_assert_cmpint(error->code, ==, KZ_ERROR_CONFIG);
    g_assert_nonnull(strstr(error->message, "allow_plain_http"));
    kz_error_free(error);
    kz_client_free(client);
}

static void test_limits(void)
{
    Fixture f;
    GString *many = g_string_new("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 200; i++)
        g_string_append_printf(many, "X-%d: %s\r\n", i, "0123456789012345678901234567890123456789");
    const WireAnswer headers[] = { { many->str, -1, WIRE_CLOSE } };
    begin(&f, headers, 1, "max_header_size", "2KiB");
    g_assert_false(reads(&f));
    g_assert_nonnull(strstr(f.error->message, "max_header_size"));
    end(&f);
    g_string_free(many, TRUE);
    GString *large = g_string_new("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n");
    for (int i = 0; i < 9000; i++)
        g_string_append_c(large, ' ');
    const WireAnswer body[] = { { large->str, -1, 0 } };
    begin(&f, body, 1, "max_body_size", "4KiB");
    g_assert_false(reads(&f));
    g_assert_nonnull(strstr(f.error->message, "max_body_size"));
    end(&f);
    g_string_free(large, TRUE);
}

static void test_silence(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{", -1,
        WIRE_HANG } };
    begin(&f, script, 1, "timeout", "0.2");
    gint64 started = g_get_monotonic_time();
    g_assert_false(reads(&f));
    g_assert_cmpint(f.error->code, ==, KZ_ERROR_TIMEOUT);
    g_assert_cmpint(g_get_monotonic_time() - started, <, 2000000);
    end(&f);
    begin(&f, script, 1, "idle_timeout", "0.2");
    kz_cluster *once = kz_cluster_with_options(f.cluster, &(kz_call_options){ .max_retries = KZ_INT(0) }, &f.error);
    g_assert_null(kz_cluster_get_hostname(once, NULL, &f.error));
    g_assert_nonnull(strstr(f.error->message, "idle_timeout"));
    kz_service_free(once);
    end(&f);
}

static gpointer cancel_when_asked(gpointer data)
{
    gpointer *both = data;
    wire_wait(both[0], 1);
    kz_cancel_now(both[1]);
    return NULL;
}

static void test_cancel(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 200 OK\r\n", -1, WIRE_HANG } };
    begin(&f, script, 1, NULL, NULL);
    kz_cancel *token = kz_cancel_new(&f.error);
    gpointer both[] = { f.server, token };
    GThread *thread = g_thread_new("canceller", cancel_when_asked, both);
    kz_cluster *handle = kz_cluster_with_options(f.cluster, &(kz_call_options){ .cancel = token }, &f.error);
    g_assert_null(kz_cluster_get_hostname(handle, NULL, &f.error));
    g_assert_cmpint(f.error->code, ==, KZ_ERROR_CANCELLED);
    g_thread_join(thread);
    kz_service_free(handle);
    kz_cancel_free(token);
    end(&f);
}

static gpointer call_often(gpointer data)
{
    Fixture *f = data;
    for (int i = 0; i < 10; i++) {
        kz_error *error = NULL;
        kz_json_value *value = kz_cluster_get_hostname(kz_client_cluster(f->client, &error), NULL, &error);
        if (!value)
            g_error("%s", error->message);
        kz_free(value);
    }
    return NULL;
}

static void test_threads(void)
{
    Fixture f;
    const WireAnswer script[] = { { OK, -1, 0 } };
    begin(&f, script, 1, "max_connections", "64");
    GThread *threads[64];
    for (int i = 0; i < 64; i++)
        threads[i] = g_thread_new("caller", call_often, &f);
    for (int i = 0; i < 64; i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(wire_count(f.server), ==, 640);
    g_assert_cmpuint(wire_connections(f.server), <=, 64);
    kz_json_value *last = kz_cluster_get_hostname(f.cluster, NULL, &f.error);
    kz_client *client = f.client;
    f.client = NULL;
    kz_client_free(client);
    g_assert_cmpmem(last->value.text, last->value.length, OK_BODY, 16); /* results outlive their client */
    kz_free(last);
    g_string_truncate(f.log, 0);
    end(&f);
}

/* Answers when all that are to be under way at once are. */
enum { AT_ONCE = 8 };

static char *answer_together(const char *request, void *user)
{
    pthread_barrier_t *all = user;
    (void)request;
    pthread_barrier_wait(all);
    return g_strdup(OK);
}

static gpointer call_once(gpointer data)
{
    kz_error *error = NULL;
    kz_free(kz_cluster_get_hostname(data, NULL, &error));
    g_assert_null(error);
    return NULL;
}

static void test_connections_kept(void)
{
    pthread_barrier_t all;
    GThread *threads[AT_ONCE];
    kz_error *error = NULL;
    pthread_barrier_init(&all, NULL, AT_ONCE);
    WireServer *server = wire_start_function(answer_together, &all);
    kz_client *client = test_client(wire_url(server), SETTINGS("max_connections", "3"), &error);
    kz_cluster *cluster = kz_client_cluster(client, &error);
    for (int i = 0; i < AT_ONCE; i++)
        threads[i] = g_thread_new("caller", call_once, cluster);
    for (int i = 0; i < AT_ONCE; i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(wire_connections(server), ==, AT_ONCE);
    while (wire_connected(server) > 3) /* the others are closed when their calls have ended */
        g_thread_yield();
    g_assert_cmpuint(wire_connected(server), ==, 3);
    kz_client_free(client);
    wire_stop(server);
    pthread_barrier_destroy(&all);
    g_assert_null(error);
}

static void test_arguments_travel_whole(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", -1, 0 } };
    begin(&f, script, 1, NULL, NULL);
    kz_free(kz_cluster_get_node(f.cluster, &(kz_cluster_get_node_params){ .node_id = "a/b?c#d%e \xc3\xa9" }, &f.error));
    g_assert_nonnull(strstr(wire_request(f.server, 0), "GET /cluster/node/a%2Fb%3Fc%23d%25e%20%C3%A9 HTTP"));
    kz_free(kz_cluster_get_node(f.cluster, &(kz_cluster_get_node_params){ .node_id = ".." }, &f.error));
    g_assert_cmpint(f.error->code, ==, KZ_ERROR_ARGUMENT);
    kz_error_clear(&f.error);
    kz_free(kz_cluster_get_location(f.cluster, &(kz_cluster_get_location_params){ .location_id = "no uuid" }, &f.error));
    g_assert_cmpint(f.error->code, ==, KZ_ERROR_ARGUMENT);
    g_assert_cmpstr(f.error->path, ==, "location_id");
    g_assert_cmpuint(wire_count(f.server), ==, 1);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wire/a-get-is-retried-on-one-connection", test_get_is_retried);
    g_test_add_func("/wire/retries-end-with-the-servers-words", test_retries_end);
    g_test_add_func("/wire/a-post-that-may-have-been-acted-on-is-sent-once", test_post_is_sent_once);
    g_test_add_func("/wire/libcurls-silent-resend-is-prevented", test_no_silent_resend);
    g_test_add_func("/wire/byte-by-byte-chunked-and-early-hints", test_byte_by_byte);
    g_test_add_func("/wire/every-cut-is-an-error", test_every_cut);
    g_test_add_func("/wire/a-web-page-is-no-api", test_pages_are_no_json);
    g_test_add_func("/wire/what-does-not-fit-names-its-place", test_misfit_names_its_place);
    g_test_add_func("/wire/an-echoed-key-is-masked", test_echoed_key_is_masked);
    g_test_add_func("/wire/redirects-leave-credentials-behind", test_redirects);
    g_test_add_func("/wire/no-credentials-over-plain-http-to-others", test_plain_http);
    g_test_add_func("/wire/limits-of-headers-and-body", test_limits);
    g_test_add_func("/wire/silence-ends-in-time", test_silence);
    g_test_add_func("/wire/another-thread-cancels", test_cancel);
    g_test_add_func("/wire/sixty-four-threads-share-one-client", test_threads);
    g_test_add_func("/wire/so-many-connections-are-kept-and-no-more", test_connections_kept);
    g_test_add_func("/wire/arguments-travel-whole-or-not-at-all", test_arguments_travel_whole);
    return g_test_run();
}
