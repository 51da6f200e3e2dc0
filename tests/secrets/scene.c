/* scene.c: the side of the client: see stage.h. Nothing of the test itself leaves a secret behind. */
#include "../client.h"
#include "core.h"
#include "stage.h"

#include <string.h>
#include <unistd.h>

void scene_begin(Scene *scene)
{
    *scene = (Scene){ 0 };
    seen_begin(&scene->seen);
    g_assert_true(kz_global_init(KZ_WIPE, &scene->error));
}

char *scene_told(const char *name)
{
    g_autofree char *path = stage_path(name);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

char *scene_url(const char *where, const char *path)
{
    g_autofree char *url = scene_told(where);
    return g_strconcat(url, path, NULL);
}

kz_config *scene_config(Scene *scene, const char *base_url)
{
    const char *const *settings = SETTINGS("max_retries", "0", "token_store", "none", "use_https", "false");
    kz_config *config = test_config(base_url, settings, &scene->error);
    kz_config_set_log(config, seen_log, &scene->seen, KZ_LOG_TRACE, &scene->error);
    return config;
}

void scene_secret(Scene *scene, kz_config *config, const char *setting, const char *before, Secret which, const char *behind)
{
    char text[512], plain[SECRET_SIZE];
    secret_plain(which, plain);
    g_snprintf(text, sizeof text, "%s%s%s", before, plain, behind);
    kz_config_set(config, setting, text, &scene->error);
    explicit_bzero(plain, sizeof plain);
    explicit_bzero(text, sizeof text);
}

kz_client *scene_client(Scene *scene, kz_config *config)
{
    kz_client *client = kz_client_new(config, &scene->error);
    kz_config_free(config);
    scene_good(scene);
    return client;
}

void scene_error(Scene *scene)
{
    seen_error(&scene->seen, &scene->error);
}

void scene_good(const Scene *scene)
{
    if (scene->error)
        g_error("%s: %s", kz_error_class(scene->error->code), scene->error->message);
}

void scene_holds(Secret which)
{
    g_assert_true(core_holds(which));
}

void scene_end(Scene *scene)
{
    g_autofree char *noted = stage_path("noted");
    scene_good(scene);
    secrets_learn_noted(noted);
    seen_command_lines(&scene->seen, getpid());
    g_assert_cmpuint(scene->seen.records, >, 0);
    g_printerr("# %u log records, %u errors, %u results\n", scene->seen.records, scene->seen.errors, scene->seen.results);
    gboolean silent = seen_end(&scene->seen), clean = core_is_clean();
    g_assert_true(silent && clean);
}
