/* test-emulated.c: exchanges with the emulator, broken after every byte: the services as programs use them, and downloads that go on
 * where they were. What the emulator did is counted by its log and by what there is afterwards. */
#include "../services/emulator.h"
#include "done.h"
#include "positions.h"

#include <glib/gstdio.h>
#include <kamiwaza/cluster.h>
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

/* A model named after the run. */
static bool create(Trial *t, kz_error **error)
{
    char *name = g_strconcat("new-", t->options.headers[0].value, NULL);
    kz_models *models = kz_models_with_options(kz_client_models(t->client, error), &t->options, error);
    kz_model *model = kz_models_create(models, &(kz_models_create_params){ .repo_modelId = "org/new", .name = name }, error);
    g_assert_true(!model || !strcmp(model->name, name));
    kz_free(model);
    kz_service_free(models);
    g_free(name);
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

/* The second of two calls, on the connection of the first. */
static bool warm(Trial *t, kz_error **error, TrialRun second)
{
    kz_json_value *name = kz_cluster_get_hostname(kz_client_cluster(t->client, error), NULL, error);
    g_assert_nonnull(name);
    kz_free(name);
    positions_arm(t);
    return second(t, error);
}

static bool warm_create(Trial *t, kz_error **error)
{
    return warm(t, error, create);
}

static bool warm_chat(Trial *t, kz_error **error)
{
    return warm(t, error, chat);
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

#define CREATES "POST /api/models/ 20"
#define CHATS "POST /v1/chat/completions 200"

typedef struct Emulated {
    Exchange exchange;
    const char *executes; /* the line that the emulator logs when it has done it, or NULL: it may be done again */
    bool leaves_models;
} Emulated;

static const Emulated exchanges[] = {
    { { "a-list-of-models", list, "/api", .stride = 13 }, NULL, false },
    { { "a-model-created", create, "/api", .once = true, .stride = 23 }, CREATES, true },
    { { "a-model-created-on-a-warm-connection", warm_create, "/api", .once = true, .warms_up = true, .stride = 41 }, CREATES,
        true },
    { { "a-chat", chat, "/api", .stride = 23 }, CHATS, false },
    { { "a-chat-on-a-warm-connection", warm_chat, "/api", .warms_up = true, .stride = 61 }, CHATS, false },
    { { "a-streamed-chat", chat_stream, "/api", .begins = true, .stride = 53 }, CHATS, false },
    { { "a-download-that-goes-on", download, "/api", .stride = 37 }, NULL, false },
};

/* ---- what the emulator did ---- */

/* What there is agrees with what was logged: a model for each run that was executed. */
static guint *models_left(const char *url, guint n_runs)
{
    kz_error *error = NULL;
    guint *times = g_new0(guint, n_runs);
    kz_client *client = emulator_client(url, &error);
    kz_model_list *all = kz_models_list(kz_client_models(client, &error), NULL, &error);
    g_assert_null(error);
    for (size_t i = 0; i < all->n_items; i++)
        if (g_str_has_prefix(all->items[i]->name, "new-"))
            times[g_ascii_strtoull(all->items[i]->name + 4, NULL, 10) - 1]++;
    kz_free(all);
    kz_client_free(client);
    return times;
}

static void test_exchange(gconstpointer data)
{
    const Emulated *e = data;
    char *url, *folder = g_dir_make_tmp("kz-emulated-XXXXXX", NULL), *log = g_build_filename(folder, "log", NULL);
    GSubprocess *emulator = emulator_start_logging((const char *const[]){ "--model", "tiny", "--verbose", NULL }, log, &url);
    GByteArray *outcomes = positions_run(&e->exchange, (guint16)g_ascii_strtoull(strrchr(url, ':') + 1, NULL, 10), NULL);
    guint *left = e->leaves_models ? models_left(url, outcomes->len) : NULL;
    emulator_stop(emulator); /* now nothing more is done, and all of it is in the log */
    guint *times = e->executes ? done_times(log, e->executes, outcomes->len) : NULL;
    if (times)
        done_check(times, outcomes);
    for (guint i = 0; left && i < outcomes->len; i++)
        g_assert_true(left[i] <= times[i] && left[i] >= outcomes->data[i]);
    g_byte_array_unref(outcomes);
    g_unlink(log);
    g_rmdir(folder);
    g_free(times);
    g_free(left);
    g_free(folder);
    g_free(log);
    g_free(url);
}

/* The server does what it is asked on a connection that was there, and closes it without a word; libcurl alone would ask again. */
static void test_done_and_closed(void)
{
    static const char *const kinds[] = { "close", "close,count=1" }; /* each time; the first time */
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const kz_string_entry headers[] = { { "X-Request-Id", "000001" }, { "X-Emulator-Fault", kinds[i] } };
        const kz_call_options options = { .headers = headers, .n_headers = 2, .max_retries = KZ_INT(2) };
        char *folder = g_dir_make_tmp("kz-emulated-XXXXXX", NULL), *log = g_build_filename(folder, "log", NULL), *url;
        GSubprocess *emulator = emulator_start_logging((const char *const[]){ "--model", "tiny", "--verbose", NULL }, log, &url);
        kz_error *error = NULL;
        Trial trial = { .client = emulator_client(url, &error), .options = options };
        trial.url = g_strndup(url, strlen(url) - strlen("/api"));
        kz_free(kz_cluster_get_hostname(kz_client_cluster(trial.client, &error), NULL, &error));
        g_assert_null(error);
        g_assert_false(create(&trial, &error));
        g_assert_true(kz_error_is(error, KZ_ERROR_CONNECTION));
        kz_error_clear(&error);
        kz_free(kz_cluster_get_hostname(kz_client_cluster(trial.client, &error), NULL, &error));
        g_assert_true(chat(&trial, &error) == (i == 1));
        kz_error_clear(&error);
        kz_client_free(trial.client);
        emulator_stop(emulator);
        guint *created = done_times(log, CREATES, 1), *chats = done_times(log, CHATS, 1);
        g_assert_cmpuint(*created, ==, 1);
        g_assert_cmpuint(*chats, ==, 1);
        g_unlink(log);
        g_rmdir(folder);
        g_free(trial.url);
        g_free(created);
        g_free(chats);
        g_free(folder);
        g_free(log);
        g_free(url);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/emulated/done-and-closed-on-a-warm-connection", test_done_and_closed);
    for (gsize i = 0; i < G_N_ELEMENTS(exchanges); i++) {
        char *path = g_strconcat("/emulated/", exchanges[i].exchange.name, NULL);
        g_test_add_data_func(path, &exchanges[i], test_exchange);
        g_free(path);
    }
    return g_test_run();
}
