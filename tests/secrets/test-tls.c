/* test-tls.c: over TLS, with a client's key that needs a password, over HTTP/2, and through a proxy with a password. */
#include "../transport/certificates.h"
#include "../transport/tls-server.h"
#include "../wire/child.h"
#include "aside.h"
#include "core.h"
#include "keys.h"
#include "stage.h"

#include <glib/gstdio.h>
#include <kamiwaza/cluster.h>
#include <string.h>

#define SECURE "secure" /* the address of a TLS server that wants a certificate */
#define SHARED "shared" /* of one that speaks HTTP/2, or "" */

/* ---- scenes ---- */

static kz_config *config_of(Scene *s, const char *base_url)
{
    g_autofree char *authority = stage_path("ca.pem");
    kz_config *config = scene_config(s, base_url);
    kz_config_set(config, "ca_file", authority, &s->error);
    scene_secret(s, config, "api_key", "", API_KEY, "");
    return config;
}

static void ask(Scene *s, kz_client *client)
{
    kz_json_value *name = kz_cluster_get_hostname(kz_client_cluster(client, &s->error), NULL, &s->error);
    seen_result(&s->seen, name);
    kz_free(name);
}

static void with_key(Scene *s, Secret password)
{
    g_autofree char *url = scene_told(SECURE), *certificate = stage_path("client.pem"), *key = stage_path("locked.key");
    kz_config *config = config_of(s, url);
    kz_config_set(config, "client_cert", certificate, &s->error);
    kz_config_set(config, "client_key", key, &s->error);
    scene_secret(s, config, "client_key_password", "", password, "");
    kz_client *client = scene_client(s, config);
    ask(s, client);
    scene_holds(password);
    kz_client_free(client);
}

static void test_key(void)
{
    Scene s;
    scene_begin(&s);
    with_key(&s, KEY_PASSWORD);
    scene_good(&s);
    with_key(&s, PLANTED); /* another than that of the key */
    g_assert_true(kz_error_is(s.error, KZ_ERROR_TLS));
    scene_error(&s);
    scene_end(&s);
}

/* The library that speaks HTTP/2 wipes nothing: it is left alone, so that a server which speaks nothing else cannot be asked. */
static void test_shared(void)
{
    g_autofree char *url = scene_told(SHARED);
    Scene s;
    scene_begin(&s);
    kz_client *client = scene_client(&s, config_of(&s, url));
    ask(&s, client);
    g_assert_nonnull(s.error);
    scene_error(&s);
    kz_client_free(client);
    scene_end(&s);
}

static void set_proxy(Scene *s, kz_config *config, const char *proxy)
{
    char plain[SECRET_SIZE], url[4 * SECRET_SIZE], *at = url;
    secret_plain(PROXY_PASSWORD, plain);
    at += g_snprintf(url, sizeof url, "http://ada:");
    for (const char *c = plain; *c; c++)
        at += g_snprintf(at, 4, g_ascii_isalnum(*c) ? "%c" : "%%%02X", *c);
    g_snprintf(at, sizeof url - (gsize)(at - url), "@%s", proxy);
    kz_config_set(config, "proxy", url, &s->error);
    explicit_bzero(plain, sizeof plain);
    explicit_bzero(url, sizeof url);
}

/* A proxy that repeats what it is sent, and one that is not there. */
static void test_proxy(void)
{
    enum { MOODS = 6 };
    static const char *const targets[] = { "http://platform.example/api", "https://platform.example/api" };
    g_autofree char *parrot = scene_told(STAGE_PARROT);
    Scene s;
    scene_begin(&s);
    for (int i = 0; i < 4; i++) {
        kz_config *config = config_of(&s, targets[i % 2]);
        kz_config_set(config, "allow_plain_http", "true", &s.error);
        set_proxy(&s, config, i < 2 ? parrot + strlen("http://") : "127.0.0.1:9");
        kz_client *client = scene_client(&s, config);
        for (int j = 0; j < MOODS; j++) {
            kz_json_value *name = kz_cluster_get_hostname(kz_client_cluster(client, &s.error), NULL, &s.error);
            kz_free(name);
            scene_error(&s);
        }
        scene_holds(PROXY_PASSWORD);
        kz_client_free(client);
    }
    g_assert_cmpuint(s.seen.errors, >=, 3 * MOODS);
    kz_config *config = config_of(&s, targets[0]);
    set_proxy(&s, config, "no host:at all");
    kz_client *client = kz_client_new(config, &s.error);
    kz_config_free(config);
    if (client)
        ask(&s, client);
    scene_error(&s);
    kz_client_free(client);
    scene_end(&s);
}

/* ---- stages ---- */

static void copy_certificates(void)
{
    static const char *const names[] = { "ca.pem", "client.pem" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *from = certificates_path(names[i]), *to = stage_path(names[i]), *text = NULL;
        g_assert_true(g_file_get_contents(from, &text, NULL, NULL) && g_file_set_contents(to, text, -1, NULL));
    }
    g_autofree char *key = certificates_path("client.key"), *locked = stage_path("locked.key");
    key_lock(key, locked);
}

/* A server that speaks HTTP/2, or NULL: it is not installed. */
static GSubprocess *start_shared(void)
{
    g_autofree char *program = g_find_program_in_path("nghttpd"), *root = stage_path("www"),
                    *below = g_build_filename(root, "cluster", NULL), *file = g_build_filename(below, "get_hostname", NULL),
                    *key = certificates_path("good.key"), *certificate = certificates_path("good.pem");
    if (!program)
        return NULL;
    g_autoptr(GSocketListener) probe = g_socket_listener_new(); /* finds a port that is free */
    guint16 port = g_socket_listener_add_any_inet_port(probe, NULL, NULL);
    g_socket_listener_close(probe);
    g_autofree char *number = g_strdup_printf("%u", port), *url = g_strdup_printf("https://localhost:%u", port);
    g_autoptr(GSubprocessLauncher) launcher = child_launcher(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_mkdir_with_parents(below, 0700);
    g_assert_true(g_file_set_contents(file, "{\"hostname\":\"h\"}", -1, NULL));
    GSubprocess *server = g_subprocess_launcher_spawn(launcher, NULL, program, "-v", "-d", root, number, key, certificate, NULL);
    g_autoptr(GDataInputStream) log = g_data_input_stream_new(g_subprocess_get_stdout_pipe(server));
    g_filter_input_stream_set_close_base_stream(G_FILTER_INPUT_STREAM(log), FALSE);
    g_free(g_data_input_stream_read_line(log, NULL, NULL, NULL)); /* it listens */
    stage_tell(SHARED, url);
    return server;
}

static void test_http2(void)
{
    Stage stage;
    stage_begin(&stage);
    copy_certificates();
    GSubprocess *server = start_shared();
    if (server) {
        stage_play(&stage, "/secrets/shared/subprocess");
        g_subprocess_force_exit(server);
        g_subprocess_wait(server, NULL, NULL);
        g_object_unref(server);
    } else {
        g_test_skip("nghttpd (package nghttp2-server) is not installed");
    }
    stage_end(&stage);
}

static void test_play(gconstpointer scene)
{
    Stage stage;
    TlsServer server;
    stage_begin(&stage);
    copy_certificates();
    tls_server_start(&server, "good.pem", "good.key", TRUE);
    stage_tell(SECURE, server.url);
    stage_play(&stage, scene);
    tls_server_stop(&server);
    stage_end(&stage);
}

int main(int argc, char **argv)
{
    aside_begin();
    g_test_init(&argc, &argv, NULL);
    certificates_make();
    g_test_add_func("/secrets/key/subprocess", test_key);
    g_test_add_func("/secrets/shared/subprocess", test_shared);
    g_test_add_func("/secrets/proxy/subprocess", test_proxy);
    g_test_add_data_func("/secrets/a-key-that-needs-a-password", "/secrets/key/subprocess", test_play);
    g_test_add_data_func("/secrets/a-proxy-that-needs-a-password", "/secrets/proxy/subprocess", test_play);
    g_test_add_func("/secrets/a-server-that-speaks-http2-alone", test_http2);
    int status = g_test_run();
    certificates_remove();
    return status;
}
