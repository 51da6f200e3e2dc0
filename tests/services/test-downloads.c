/* test-downloads.c: downloads that the platform makes: waited for file by file, whatever it says; and what the hub is sent. */
#include "../client.h"
#include "../wire/server.h"

#include <glib/gstdio.h>
#include <kamiwaza/models.h>
#include <string.h>

#define REPO "Qwen/Qwen3-8B-GGUF"
#define MODEL "11111111-1111-4111-8111-111111111111"
#define HIT                                                                                  \
    "{\"results\":[{\"model\":{\"id\":\"" MODEL "\",\"name\":\"Q\",\"repo_modelId\":\"" REPO \
    "\",\"hub\":\"HubsHf\"}}],\"total_results\":1}"
#define FILES                                                                                                                 \
    "[{\"name\":\"Q-Q6_K-00001-of-00002.gguf\",\"size\":4,\"hub\":\"HubsHf\"},"                                               \
    "{\"name\":\"Q-Q6_K-00002-of-00002.gguf\",\"size\":4,\"hub\":\"HubsHf\"},{\"name\":\"Q-Q4_K_M.gguf\",\"size\":4,\"hub\":" \
    "\"HubsHf\"}]"
#define STARTED "{\"result\":true,\"message\":\"started\",\"files\":[]}"
#define STATUS(id, shard, there, active, percent)                                                                 \
    "{\"id\":\"22222222-2222-4222-8222-22222222222" #id "\",\"m_id\":\"" MODEL "\",\"name\":\"Q-Q6_K-0000" #shard \
    "-of-00002.gguf\",\"download\":" #there ",\"is_downloading\":" #active ",\"download_percentage\":" #percent   \
    ",\"download_elapsed\":\"00:00:01\"}"

typedef struct Fixture {
    WireServer *server;
    kz_client *client;
    kz_models *models;
    kz_error *error;
    WireAnswer script[16];
    guint n;
} Fixture;

/* `texts`: the JSON of the answers in turn, NULL at the end. */
static void begin(Fixture *f, const char *const *texts, const char *const *settings)
{
    *f = (Fixture){ 0 };
    for (; *texts; texts++)
        f->script[f->n++] = (WireAnswer){ g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                                          "Content-Length: %zu\r\n\r\n%s",
                                              strlen(*texts), *texts),
            -1, 0 };
    f->server = wire_start(f->script, f->n);
    f->client = test_client(wire_url(f->server), settings, &f->error);
    f->models = kz_client_models(f->client, &f->error);
    g_assert_null(f->error);
}

static void end(Fixture *f)
{
    kz_error_clear(&f->error);
    kz_client_free(f->client);
    wire_stop(f->server);
    for (guint i = 0; i < f->n; i++)
        g_free((char *)(uintptr_t)f->script[i].text);
}

static guint asked_for(Fixture *f, const char *path)
{
    guint n = 0;
    for (guint i = 0; i < wire_count(f->server); i++)
        n += strstr(wire_request(f->server, i), path) != NULL;
    return n;
}

static bool deploy(Fixture *f)
{
    kz_download_summary *done = kz_models_download_and_deploy(f->models,
        &(kz_models_download_and_deploy_params){ .repo_id = REPO, .quantization = "q6_k", .polling_interval = KZ_NUMBER(0) },
        &f->error);
    kz_free(done);
    return done != NULL;
}

/* The second shard begins only after the first is whole: the wait does not end between them. */
static void test_every_shard(void)
{
    Fixture f;
    const char *const texts[] = { HIT, FILES, STARTED, "[" STATUS(1, 1, true, true, 50) "," STATUS(2, 2, false, false, 0) "]",
        "[" STATUS(1, 1, true, false, 100) "," STATUS(2, 2, false, false, 0) "]",
        "[" STATUS(1, 1, true, false, 100) "," STATUS(2, 2, true, true, 10) "]",
        "[" STATUS(1, 1, true, false, 100) "," STATUS(2, 2, true, false, 100) "]", "[]", NULL };
    begin(&f, texts, NULL);
    g_assert_false(deploy(&f)); /* the platform of this test then knows no model */
    g_assert_true(kz_error_is(f.error, KZ_ERROR_NOT_FOUND));
    g_assert_cmpuint(asked_for(&f, "GET /model_files/download_status/"), ==, 4);
    end(&f);
}

static void test_stopped_short(void)
{
    Fixture f;
    const char *const texts[] = { HIT, FILES, STARTED, "[" STATUS(1, 1, true, false, 100) "," STATUS(2, 2, false, true, 40) "]",
        "[" STATUS(1, 1, true, false, 100) "," STATUS(2, 2, false, false, 40) "]", NULL };
    begin(&f, texts, NULL);
    g_assert_false(deploy(&f));
    g_assert_true(kz_error_is(f.error, KZ_ERROR_STATE));
    g_assert_nonnull(strstr(f.error->message, "Q-Q6_K-00002-of-00002.gguf stopped at 40 %"));
    g_assert_cmpuint(asked_for(&f, "deploy_model"), ==, 0);
    end(&f);
}

static void test_named_files(void)
{
    Fixture f;
    const char *const texts[] = { HIT, FILES,
        "{\"result\":true,\"message\":\"started\",\"files\":[\"22222222-2222-4222-8222-222222222222\"]}",
        "[" STATUS(2, 2, true, false, 100) "]", NULL };
    const char *named[] = { "Q-Q4_K_M.gguf" }, *missing[] = { "nope.gguf" };
    begin(&f, texts, NULL);
    kz_download *done = kz_models_download(
        f.models, &(kz_models_download_params){ .repo_id = REPO, .files = named, .n_files = 1 }, &f.error);
    g_assert_null(f.error);
    g_assert_cmpuint(done->n_files, ==, 1);
    g_assert_nonnull(strstr(wire_request(f.server, 2), "\"files_to_download\":[\"Q-Q4_K_M.gguf\"]"));
    kz_free(done);
    end(&f);
    begin(&f, texts, NULL);
    g_assert_null(
        kz_models_download(f.models, &(kz_models_download_params){ .repo_id = REPO, .files = missing, .n_files = 1 }, &f.error));
    g_assert_true(kz_error_is(f.error, KZ_ERROR_NOT_FOUND));
    g_assert_cmpuint(asked_for(&f, "/models/download/"), ==, 0);
    end(&f);
}

/* A token for the hub goes over TLS, or to this machine; what is sent elsewhere in the clear carries none, for it is not sent. */
static void test_hub_token(void)
{
    Fixture f;
    const char *const texts[] = { HIT, "[{\"name\":\"a.gguf\",\"size\":4,\"hub\":\"HubsHf\"}]", NULL };
    const char *const settings[] = { "hub_url", "http://198.51.100.7", "hub_token", "hub-secret", "max_retries", "0", NULL };
    char *folder = g_dir_make_tmp("kz-hub-XXXXXX", NULL);
    begin(&f, texts, settings);
    g_assert_null(kz_models_download(f.models, &(kz_models_download_params){ .repo_id = REPO, .path = folder }, &f.error));
    g_assert_true(kz_error_is(f.error, KZ_ERROR_CONFIG));
    g_assert_nonnull(strstr(f.error->message, "allow_plain_http"));
    g_assert_null(strstr(f.error->message, "hub-secret"));
    end(&f);
    g_rmdir(folder);
    g_free(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/downloads/every-shard-is-waited-for", test_every_shard);
    g_test_add_func("/downloads/one-that-stops-short-is-an-error-and-nothing-is-deployed", test_stopped_short);
    g_test_add_func("/downloads/the-platform-fetches-the-files-that-were-named", test_named_files);
    g_test_add_func("/downloads/the-hubs-token-stays-off-plain-http", test_hub_token);
    return g_test_run();
}
