/* test-hub.c: files of the hub to this machine, with its token: from a hub that is well, from one that sends elsewhere for them, and from one
 * that repeats what it was sent. */
#include "core.h"
#include "stage.h"

#include <kamiwaza/models.h>
#include <string.h>
#include <unistd.h>

#define PLATFORM "platform" /* where the hub is one of the test's */
#define REPO "Qwen/Qwen2.5-0.5B-Instruct"
#define HIT "{\"results\":[{\"model\":{\"name\":\"Q\",\"repo_modelId\":\"" REPO "\",\"hub\":\"HubsHf\"}}],\"total_results\":1}"
#define FILES "[{\"name\":\"config.json\",\"size\":2,\"hub\":\"HubsHf\"}]"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s"

/* ---- the scene ---- */

static void download(Scene *s, const char *platform, const char *platform_path, const char *hub, const char *hub_path)
{
    static const char *const names[] = { "config.json" };
    g_autofree char *base = scene_url(platform, platform_path), *hub_url = scene_url(hub, hub_path),
                    *folder = stage_path("files");
    kz_config *config = scene_config(s, base);
    kz_config_set(config, "hub_url", hub_url, &s->error);
    scene_secret(s, config, "api_key", "", API_KEY, "");
    scene_secret(s, config, "hub_token", "", HUB_TOKEN, "");
    kz_client *client = scene_client(s, config);
    const kz_models_download_params params = { .repo_id = REPO, .files = names, .n_files = 1, .path = folder };
    kz_download *done = kz_models_download(kz_client_models(client, &s->error), &params, &s->error);
    scene_holds(HUB_TOKEN);
    seen_result(&s->seen, done);
    kz_free(done);
    kz_client_free(client);
}

static void test_hub(void)
{
    enum { MOODS = 6 };
    Scene s;
    scene_begin(&s);
    download(&s, STAGE_RELAY, "/api", STAGE_EMULATOR, "/hub");
    scene_good(&s);
    download(&s, PLATFORM, "", STAGE_PARROT, "/moved");
    scene_good(&s);
    for (int i = 0; i < MOODS; i++) {
        g_autofree char *there = stage_path("files/config.json");
        unlink(there);
        download(&s, PLATFORM, "", STAGE_PARROT, "");
        scene_error(&s);
    }
    g_assert_cmpuint(s.seen.errors, >=, MOODS - 1);
    scene_end(&s);
}

/* ---- the stage ---- */

static void test_play(void)
{
    g_autofree char *hit = g_strdup_printf(ANSWER, strlen(HIT), HIT), *files = g_strdup_printf(ANSWER, strlen(FILES), FILES);
    const WireAnswer answers[] = { { hit, -1, 0, "POST /models/search" }, { files, -1, 0, "POST " } };
    gboolean arrived = FALSE;
    Stage stage;
    stage_begin(&stage);
    WireServer *platform = wire_start(answers, G_N_ELEMENTS(answers));
    stage_tell(PLATFORM, wire_url(platform));
    stage_play(&stage, "/secrets/hub/subprocess");
    for (guint i = 0; i < wire_count(stage.parrot); i++) {
        const char *request = wire_request(stage.parrot, i);
        arrived |= secret_is_in(HUB_TOKEN, request, strlen(request));
        g_assert_false(secret_is_in(API_KEY, request, strlen(request))); /* the platform's is not the hub's */
    }
    g_assert_true(arrived);
    for (guint i = 0; i < wire_count(platform); i++)
        g_assert_false(secret_is_in(HUB_TOKEN, wire_request(platform, i), strlen(wire_request(platform, i))));
    g_assert_cmpuint(wire_count(stage.elsewhere), ==, 1);
    wire_stop(platform);
    stage_end(&stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secrets/hub/subprocess", test_hub);
    g_test_add_func("/secrets/the-hubs-token", test_play);
    return g_test_run();
}
