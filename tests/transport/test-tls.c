/* test-tls.c: real TLS: certificates that are good, unknown, for another host, expired; our own certificate; HTTP/2 with a real
 * server. The certificates are made when the test runs. */
#include "../client.h"
#include "../wire/child.h"
#include "certificates.h"
#include "tls-server.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <kamiwaza/async.h>
#include <kamiwaza/cluster.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sys/socket.h>

#define KEY "sk-tls-secret"

static void count_warning(const kz_log_record *record, void *user)
{
    g_assert_null(strstr(record->message, KEY));
    if (record->level == KZ_LOG_WARNING && strstr(record->message, "TLS"))
        ++*(int *)user;
}

/* Asks once; `settings` are names and values in turn, values of files being names in the folder. */
static bool ask(const char *url, const char *const *settings, int *warnings, kz_error **error)
{
    int none = 0;
    kz_config *config = test_config(url, SETTINGS("api_key", KEY, "max_retries", "1"), error);
    kz_config_set_log(config, count_warning, warnings ? warnings : &none, KZ_LOG_TRACE, error);
    for (; settings && *settings; settings += 2) {
        char *path = g_strrstr(settings[1], ".") ? certificates_path(settings[1]) : g_strdup(settings[1]);
        kz_config_set(config, settings[0], strcmp(settings[0], "http_version") ? path : settings[1], error);
        g_free(path);
    }
    kz_client *client = kz_client_new(config, error);
    kz_json_value *name = kz_cluster_get_hostname(kz_client_cluster(client, error), NULL, error);
    bool fine = name != NULL;
    kz_free(name);
    kz_client_free(client);
    kz_config_free(config);
    return fine;
}

static void expect(kz_error **error, int code, const char *text)
{
    g_assert_nonnull(*error);
    if (!kz_error_is(*error, code) || !strstr((*error)->message, text) || strstr((*error)->message, KEY))
        g_error("%s: %s", kz_error_class((*error)->code), (*error)->message);
    kz_error_clear(error);
}

static void test_certificates(void)
{
    static const struct {
        const char *certificate, *key, *settings[5];
        const char *problem; /* what is wrong with it, NULL: nothing */
        int warnings;
    } cases[] = {
        { "good.pem", "good.key", { "ca_file", "ca.pem" }, NULL, 0 },
        { "good.pem", "good.key", { NULL }, "unable to get local issuer certificate", 0 },
        { "selfsigned.pem", "selfsigned.key", { "ca_file", "ca.pem" }, "self-signed certificate", 0 },
        { "other.pem", "other.key", { "ca_file", "ca.pem" }, "no alternative certificate subject name matches target host name",
            0 },
        { "expired.pem", "good.key", { "ca_file", "ca.pem" }, "certificate has expired", 0 },
        { "expired.pem", "good.key", { "verify_tls", "false" }, NULL, 1 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TlsServer server;
        kz_error *error = NULL;
        int warnings = 0;
        tls_server_start(&server, cases[i].certificate, cases[i].key, FALSE);
        bool fine = ask(server.url, cases[i].settings, &warnings, &error);
        g_test_message("%zu: %s", i, error ? error->message : "fine");
        g_assert_cmpint(fine, ==, !cases[i].problem);
        g_assert_cmpint(server.served, ==, fine); /* nothing was sent to a server that is not who it says */
        g_assert_cmpint(warnings, ==, cases[i].warnings);
        if (!fine) {
            g_assert_nonnull(strstr(error->message, cases[i].problem));
            g_assert_cmpint(error->attempts, ==, 1); /* another one would meet the same certificate */
            expect(&error, KZ_ERROR_TLS, "localhost");
        }
        tls_server_stop(&server);
    }
}

static void test_own_certificate(void)
{
    static const struct {
        const char *settings[9];
        const char *problem; /* NULL: none */
    } cases[] = {
        { { "ca_file", "ca.pem", "client_cert", "client.pem", "client_key", "client.key" }, NULL },
        { { "ca_file", "ca.pem", "client_cert", "client.pem", "client_key", "locked.key", "client_key_password", "word" }, NULL },
        { { "ca_file", "ca.pem", "client_cert", "client.pem", "client_key", "locked.key", "client_key_password", "wrong" },
            "client_key_password" },
        { { "ca_file", "ca.pem", "client_cert", "selfsigned.pem", "client_key", "selfsigned.key" },
            "does not accept the certificate" },
        { { "ca_file", "ca.pem" }, "wants a certificate" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        TlsServer server;
        kz_error *error = NULL;
        const char *settings[10] = { NULL };
        memcpy(settings, cases[i].settings, sizeof cases[i].settings);
        tls_server_start(&server, "good.pem", "good.key", TRUE);
        g_assert_cmpint(ask(server.url, settings, NULL, &error), ==, !cases[i].problem);
        if (cases[i].problem) {
            g_test_message("%zu: %s: %s", i, kz_error_class(error->code), error->message);
            g_assert_null(strstr(error->message, "wrong"));
            expect(&error, KZ_ERROR_TLS, cases[i].problem);
        }
        tls_server_stop(&server);
    }
}

static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
    (void)number;
    pipes++;
}

/* TLS libraries write without asking for no signal: when a call is sent to a server that has gone, and when a connection is closed
 * whose server has gone meanwhile. The program hears of neither. */
static void test_sigpipe(void)
{
    TlsServer server;
    kz_error *error = NULL;
    char *ca = certificates_path("ca.pem"), *name = g_strnfill(4 << 20, 'n');
    const struct sigaction ours = { .sa_handler = on_pipe };
    struct sigaction before;
    tls_server_start(&server, "good.pem", "good.key", FALSE);
    server.rude = TRUE;
    sigaction(SIGPIPE, &ours, &before);
    for (int i = 0; i < 20; i++) {
        kz_config *config = kz_config_new(&error);
        kz_config_set_isolated(config, true, &error);
        kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
        kz_config_set(config, "base_url", server.url, &error);
        kz_config_set(config, "ca_file", ca, &error);
        kz_config_set(config, "max_retries", "0", &error);
        kz_client *client = kz_client_new(config, &error);
        kz_cluster *cluster = kz_client_cluster(client, &error);
        if (i % 2)
            kz_free(kz_cluster_create_location(cluster, &(kz_cluster_create_location_params){ .name = name }, &error));
        else
            kz_free(kz_cluster_get_hostname(cluster, NULL, &error));
        g_assert_true(!error || kz_error_is(error, KZ_ERROR_CONNECTION));
        kz_error_clear(&error);
        kz_client_free(client);
        kz_config_free(config);
    }
    g_assert_cmpint(pipes, ==, 0);
    sigaction(SIGPIPE, &before, NULL);
    tls_server_stop(&server);
    g_free(ca);
    g_free(name);
}

/* A secure connection is not left by a server's word. */
static void test_no_redirect_to_plain_http(void)
{
    TlsServer server;
    kz_error *error = NULL;
    tls_server_start(&server, "good.pem", "good.key", FALSE);
    server.moved = "http://localhost:1/";
    g_assert_false(ask(server.url, (const char *const[]){ "ca_file", "ca.pem", NULL }, NULL, &error));
    expect(&error, KZ_ERROR_API, "from a secure connection");
    g_assert_cmpint(server.served, ==, 1);
    tls_server_stop(&server);
}

static bool ask_on(kz_client *client, kz_loop *loop, kz_error **error)
{
    kz_cluster *cluster = kz_client_cluster(client, error);
    kz_pending *pending = loop ? kz_submit(loop, cluster, &kz_cluster_get_hostname_op, NULL, NULL, NULL, error) : NULL;
    while (pending && !kz_pending_is_done(pending))
        kz_loop_wait(loop, -1);
    kz_json_value *name = pending ? kz_pending_take(pending, error) : kz_cluster_get_hostname(cluster, NULL, error);
    bool fine = name != NULL;
    kz_pending_free(pending);
    kz_free(name);
    return fine;
}

/* A child that frees what it inherited says no goodbye on the connections of its parent. */
static void test_fork(void)
{
    for (int on_loop = 0; on_loop <= 1; on_loop++) {
        TlsServer server;
        kz_error *error = NULL;
        char *ca = certificates_path("ca.pem");
        tls_server_start(&server, "good.pem", "good.key", FALSE);
        kz_client *client = test_client(server.url, SETTINGS("ca_file", ca, "http_version", "1.1"), &error);
        kz_loop *loop = on_loop ? kz_loop_new(client, &error) : NULL;
        g_assert_true(ask_on(client, loop, &error));
        pid_t child = fork();
        if (!child) {
            kz_loop_free(loop);
            kz_client_free(client);
            _exit(0);
        }
        int status = 1;
        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_cmpint(status, ==, 0);
        g_assert_true(ask_on(client, loop, &error));
        g_assert_cmpint(g_atomic_int_get(&server.accepted), ==, 1);
        kz_loop_free(loop);
        kz_client_free(client);
        tls_server_stop(&server);
        g_free(ca);
    }
}

static void test_no_tls_there(void)
{
    kz_error *error = NULL;
    GSocketService *plain = g_threaded_socket_service_new(1); /* accepts and closes */
    guint16 port = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(plain), NULL, NULL);
    g_socket_service_start(plain);
    char *url = g_strdup_printf("https://localhost:%u", port);
    g_assert_false(ask(url, NULL, NULL, &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_CONNECTION));
    kz_error_free(error);
    g_free(url);
    g_socket_service_stop(plain);
    g_object_unref(plain);
}

static void test_http2(void)
{
    char *program = g_find_program_in_path("nghttpd");
    if (!program) {
        g_test_skip("nghttpd (package nghttp2-server) is not installed");
        return;
    }
    char *root = certificates_path("www"), *below = g_build_filename(root, "cluster", NULL),
         *file = g_build_filename(below, "get_hostname", NULL);
    char *key = certificates_path("good.key"), *certificate = certificates_path("good.pem");
    g_mkdir_with_parents(below, 0700);
    g_file_set_contents(file, "{\"hostname\":\"h\"}", -1, NULL);
    GSocketListener *probe = g_socket_listener_new(); /* finds a port that is free */
    guint16 port = g_socket_listener_add_any_inet_port(probe, NULL, NULL);
    g_socket_listener_close(probe);
    g_object_unref(probe);
    char *number = g_strdup_printf("%u", port), *url = g_strdup_printf("https://localhost:%u", port);
    GSubprocessLauncher *launcher = child_launcher(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    GSubprocess *server = g_subprocess_launcher_spawn(launcher, NULL, program, "-v", "-d", root, number, key, certificate, NULL);
    g_object_unref(launcher);
    GDataInputStream *log = g_data_input_stream_new(g_subprocess_get_stdout_pipe(server));
    char *line = g_data_input_stream_read_line(log, NULL, NULL, NULL); /* it listens */
    const char *const settings[] = { "ca_file", "ca.pem", NULL };
    kz_error *error = NULL;
    bool fine = ask(url, settings, NULL, &error);
    if (error)
        g_test_message("%s", error->message);
    g_assert_true(fine);
    const char *const only_one[] = { "ca_file", "ca.pem", "http_version", "1.1", NULL };
    g_assert_false(ask(url, only_one, NULL, &error)); /* this server speaks HTTP/2 alone */
    kz_error_clear(&error);
    g_subprocess_force_exit(server);
    g_subprocess_wait(server, NULL, NULL);
    g_object_unref(log);
    g_object_unref(server);
    char *words[] = { line, number, url, root, below, file, key, certificate, program };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        g_free(words[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    certificates_make();
    g_test_add_func("/tls/no-redirect-leads-to-plain-http", test_no_redirect_to_plain_http);
    g_test_add_func("/tls/certificates-are-checked", test_certificates);
    g_test_add_func("/tls/our-own-certificate", test_own_certificate);
    g_test_add_func("/tls/sigpipe-stays-away", test_sigpipe);
    g_test_add_func("/tls/a-child-says-no-goodbye", test_fork);
    g_test_add_func("/tls/a-server-without-it", test_no_tls_there);
    g_test_add_func("/tls/http-2-where-offered", test_http2);
    int status = g_test_run();
    certificates_remove();
    return status;
}
