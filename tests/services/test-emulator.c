/* test-emulator.c: the main job against the emulator, through the typed functions; downloads to this machine cut and resumed. */
#include "emulator.h"

#include <glib/gstdio.h>
#include <kamiwaza/cluster.h>
#include <kamiwaza/models.h>
#include <kamiwaza/serving.h>
#include <string.h>

#define REPO "ggml-org/stories15M-GGUF"

typedef struct Fixture {
    GSubprocess *emulator;
    kz_client *client;
    kz_models *models;
    kz_serving *serving;
    kz_error *error;
    char *folder, *url;
} Fixture;

static void begin(Fixture *f, const char *const *options)
{
    *f = (Fixture){ 0 };
    f->emulator = emulator_start(options, &f->url);
    f->client = emulator_client(f->url, &f->error);
    f->models = kz_client_models(f->client, &f->error);
    f->serving = kz_client_serving(f->client, &f->error);
    f->folder = g_dir_make_tmp("kz-models-XXXXXX", NULL);
    g_assert_null(f->error);
}

static void end(Fixture *f)
{
    if (f->error)
        g_error("%s", f->error->message);
    kz_client_free(f->client);
    emulator_stop(f->emulator);
    GDir *dir = g_dir_open(f->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        char *path = g_build_filename(f->folder, name, NULL);
        g_remove(path);
        g_free(path);
    }
    g_dir_close(dir);
    g_rmdir(f->folder);
    g_free(f->folder);
    g_free(f->url);
}

static bool count(const kz_progress *progress, void *user)
{
    g_assert_cmpint(progress->done, <=, 100);
    ++*(int *)user;
    return true;
}

static void test_whole_job(void)
{
    Fixture f;
    int reports = 0;
    begin(&f, NULL);
    kz_model_list *hits = kz_models_search(f.models, &(kz_models_search_params){ .query = "stories" }, &f.error);
    g_assert_cmpuint(hits->n_items, ==, 1);
    g_assert_cmpuint(hits->items[0]->n_m_files, ==, 3);
    g_assert_cmpuint(hits->items[0]->n_available_quantizations, ==, 2);
    kz_free(hits);
    kz_models *watched = kz_models_with_options(
        f.models, &(kz_call_options){ .progress = count, .progress_user = &reports }, &f.error);
    kz_download_summary *done = kz_models_download_and_deploy(
        watched, &(kz_models_download_and_deploy_params){ .repo_id = REPO, .quantization = "q8_0" }, &f.error);
    g_assert_null(f.error);
    g_assert_true(done->all_downloaded.value);
    g_assert_cmpint(reports, >, 0);
    kz_deployment *up = kz_serving_wait(
        f.serving, &(kz_serving_wait_params){ .deployment_id = done->deployment_id, .poll_interval = KZ_NUMBER(0.01) }, &f.error);
    g_assert_cmpstr(up->status, ==, "DEPLOYED");
    kz_active_deployment_list *active = kz_serving_list_active(f.serving, NULL, &f.error);
    g_assert_cmpuint(active->n_items, ==, 1);
    g_assert_true(g_str_has_suffix(active->items[0]->endpoint, "/v1"));
    kz_stream *log = kz_serving_follow_logs(
        f.serving, &(kz_serving_follow_logs_params){ .deployment_id = up->id, .poll_interval = KZ_NUMBER(0.01) }, &f.error);
    int lines = 0;
    kz_string_value *line, *last = NULL;
    while ((line = kz_stream_next(log, &f.error))) {
        kz_free(last);
        last = kz_keep(line);
        lines++;
    }
    g_assert_cmpint(lines, ==, 9);
    g_assert_cmpstr(last->value, ==, "ready to answer");
    kz_free(last);
    kz_stream_close(log);
    kz_bool_value *stopped = kz_serving_stop(f.serving, &(kz_serving_stop_params){ .repo_id = REPO }, &f.error);
    g_assert_true(stopped->value.value);
    kz_free(stopped);
    kz_free(active);
    kz_free(up);
    kz_free(done);
    kz_service_free(watched);
    end(&f);
}

static void test_local_download(void)
{
    Fixture f;
    begin(&f, NULL);
    const kz_models_download_params params = { .repo_id = REPO, .path = f.folder };
    kz_download *first = kz_models_download(f.models, &params, &f.error),
                *second = kz_models_download(f.models, &params, &f.error);
    g_assert_null(f.error);
    g_assert_cmpuint(first->n_files, ==, 3);
    for (size_t i = 0; i < 3; i++) {
        g_assert_true(first->files[i]->fetched.value && first->files[i]->verified.value);
        g_assert_false(second->files[i]->fetched.value); /* nothing is fetched twice */
    }
    kz_free(first);
    kz_free(second);
    end(&f);
}

static void test_cut_download(void)
{
    static const char *const options[] = { "--fault", "cut=5000000,count=2,path=/hub/", NULL };
    Fixture f;
    begin(&f, options);
    const char *const files[] = { "stories15M-q4_0.gguf" };
    kz_download *done = kz_models_download(
        f.models, &(kz_models_download_params){ .repo_id = REPO, .path = f.folder, .files = files, .n_files = 1 }, &f.error);
    g_assert_null(f.error);
    g_assert_true(done->files[0]->verified.value);
    g_assert_cmpint(done->files[0]->size.value, ==, 19077344);
    GDir *dir = g_dir_open(f.folder, 0, NULL);
    g_assert_cmpstr(g_dir_read_name(dir), ==, files[0]);
    g_assert_null(g_dir_read_name(dir)); /* no part is left */
    g_dir_close(dir);
    kz_free(done);
    end(&f);
}

static void test_bad_wishes(void)
{
    Fixture f;
    begin(&f, NULL);
    static const struct {
        kz_models_download_params params;
        const char *path;
    } cases[] = { { { .repo_id = NULL }, "repo_id" }, { { .repo_id = "no/such" }, "repo_id" },
        { { .repo_id = REPO, .quantization = "q4_k_m" }, "quantization" } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        kz_models_download_params params = cases[i].params;
        params.path = f.folder;
        g_assert_null(kz_models_download(f.models, &params, &f.error));
        g_assert_cmpstr(f.error->path, ==, cases[i].path);
        kz_error_clear(&f.error);
    }
    end(&f);
}

static void test_pages_and_checks(void)
{
    Fixture f;
    begin(&f, NULL);
    kz_cluster *cluster = kz_client_cluster(f.client, &f.error);
    for (int i = 0; i < 7; i++)
        kz_free(kz_cluster_create_location(cluster, &(kz_cluster_create_location_params){ .name = "n" }, &f.error));
    kz_stream *all = kz_cluster_list_locations_each(cluster, &(kz_cluster_list_locations_params){ .limit = KZ_INT(3) }, &f.error);
    int n = 0;
    for (kz_location *item; (item = kz_stream_next(all, &f.error)); n++)
        g_assert_cmpstr(item->name, ==, "n");
    g_assert_cmpint(n, ==, 7);
    kz_stream_close(all);
    kz_call_options wrong = { .body = KZ_JSON("{\"name\":5}") };
    kz_cluster *strange = kz_cluster_with_options(cluster, &wrong, &f.error);
    kz_free(kz_cluster_create_location(strange, &(kz_cluster_create_location_params){ .name = "n" }, &f.error));
    g_assert_true(kz_error_is(f.error, KZ_ERROR_VALIDATION));
    g_assert_nonnull(strstr(f.error->message, "body.name"));
    kz_error_clear(&f.error);
    kz_service_free(strange);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/services/search-download-deploy-follow-and-stop", test_whole_job);
    g_test_add_func("/services/files-come-to-this-machine-once", test_local_download);
    g_test_add_func("/services/a-cut-download-goes-on", test_cut_download);
    g_test_add_func("/services/bad-wishes-are-named", test_bad_wishes);
    g_test_add_func("/services/pages-and-the-platforms-complaints", test_pages_and_checks);
    return g_test_run();
}
