/* test-emulated.c: exchanges with the emulator, broken after every byte: the services as programs use them, and downloads that go on
 * where they were. */
#include "../services/emulator.h"
#include "positions.h"

#include <glib/gstdio.h>
#include <kamiwaza/models.h>
#include <kamiwaza/openai.h>
#include <kamiwaza/plugin.h>
#include <string.h>

enum { README = 1187 /* bytes, on the emulated hub */ };

/* No test outlives its machine: nothing has to reach the disk. */
__attribute__((visibility("default"))) int fsync(int fd)
{
    (void)fd;
    return 0;
}

static const kz_chat_message message = { .role = "user", .content = "Hello" };
static const kz_chat_completion_params hello = {
    .model = "tiny", .messages = &message, .n_messages = 1, .max_tokens = { 6, KZ_SET }
};

static bool list(Trial *t, kz_error **error)
{
    kz_models *models = kz_models_with_options(kz_client_models(t->client, error), &t->options, error);
    kz_model_list *all = kz_models_list(models, NULL, error);
    kz_free(all);
    kz_service_free(models);
    return all != NULL;
}

static bool create(Trial *t, kz_error **error)
{
    kz_models *models = kz_models_with_options(kz_client_models(t->client, error), &t->options, error);
    kz_model *model = kz_models_create(models, &(kz_models_create_params){ .repo_modelId = "org/new", .name = "new" }, error);
    g_assert_true(!model || !strcmp(model->name, "new"));
    kz_free(model);
    kz_service_free(models);
    return model != NULL;
}

static kz_openai *openai(Trial *t, kz_error **error)
{
    char *base = g_strconcat(t->url, "/v1", NULL);
    t->options.base_url = base;
    kz_openai *service = kz_openai_with_options(kz_client_openai(t->client, error), &t->options, error);
    g_free(base);
    return service;
}

static bool chat(Trial *t, kz_error **error)
{
    kz_openai *service = openai(t, error);
    kz_chat_completion *reply = kz_openai_chat_completions_create(service, &hello, error);
    g_assert_true(!reply || *reply->choices[0]->message->content);
    kz_free(reply);
    kz_service_free(service);
    return reply != NULL;
}

/* A stream that ends well has said why it ends. */
static bool chat_stream(Trial *t, kz_error **error)
{
    bool finished = false;
    kz_openai *service = openai(t, error);
    kz_stream *stream = kz_openai_chat_completions_create_stream(service, &hello, error);
    for (const kz_chat_completion_chunk *chunk; stream && (chunk = kz_stream_next(stream, error));)
        finished |= chunk->n_choices && chunk->choices[0]->finish_reason;
    kz_stream_close(stream);
    kz_service_free(service);
    g_assert_true(finished || *error);
    return !*error;
}

/* Whole under its name or not there; a second attempt asks for the rest alone. */
static bool download(Trial *t, kz_error **error)
{
    kz_models *models = kz_models_with_options(kz_client_models(t->client, error), &t->options, error);
    char *folder = g_dir_make_tmp("kz-faults-XXXXXX", NULL), *path = g_build_filename(folder, "file", NULL), *content = NULL;
    char *url = g_strconcat(t->url, "/hub/ggml-org/stories15M-GGUF/resolve/main/README.md", NULL);
    static char *whole; /* what came the first time, when nothing was broken */
    gsize length = 0;
    kz_transfer transfer = { .url = url, .path = path, .size = README };
    bool done = kz_service_fetch(models, &transfer, 1, 1, "download", error);
    g_assert_true(done == g_file_get_contents(path, &content, &length, NULL));
    if (done && !whole)
        whole = g_memdup2(content, length);
    g_assert_true(!done || (length == README && !memcmp(content, whole, README)));
    static const char *const names[] = { "file", ".file.part", ".file.part.tag" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        char *one = g_build_filename(folder, names[i], NULL);
        g_unlink(one);
        g_free(one);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    kz_error_free(transfer.error);
    kz_service_free(models);
    g_free(content);
    g_free(folder);
    g_free(path);
    g_free(url);
    return done;
}

static const Exchange exchanges[] = {
    { "a-list-of-models", list, "/api", .stride = 13 },
    { "a-model-created", create, "/api", .once = true, .stride = 23 },
    { "a-chat", chat, "/api", .stride = 23 },
    { "a-streamed-chat", chat_stream, "/api", .begins = true, .stride = 53 },
    { "a-download-that-goes-on", download, "/api", .stride = 37 },
};

static void test_exchange(gconstpointer data)
{
    char *url;
    GSubprocess *emulator = emulator_start((const char *const[]){ "--model", "tiny", NULL }, &url);
    positions_run(data, (guint16)g_ascii_strtoull(strrchr(url, ':') + 1, NULL, 10), NULL);
    emulator_stop(emulator);
    g_free(url);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(exchanges); i++) {
        char *path = g_strconcat("/emulated/", exchanges[i].name, NULL);
        g_test_add_data_func(path, &exchanges[i], test_exchange);
        g_free(path);
    }
    return g_test_run();
}
