/* ours.c: the same with libkamiwaza, by its typed functions, as a program would write it. */
#include "ours.h"

#include <kamiwaza/openai.h>
#include <pthread.h>
#include <stdlib.h>

kz_client *client_of;
kz_error *slot;

void check(const char *what)
{
    if (slot)
        measure_fail(what, slot->message);
}

kz_config *configure(const char *url)
{
    kz_config *config = kz_config_new(&slot);
    kz_config_set_isolated(config, true, &slot);
    kz_config_set(config, "plugin_path", BENCH_PLUGINS, &slot);
    kz_config_set(config, "base_url", url, &slot);
    kz_config_set(config, "openai_base_url", url, &slot);
    return config;
}

void begin_with(kz_config *config)
{
    client_of = kz_client_new(config, &slot);
    kz_config_free(config);
    check("client");
}

void begin(const char *url)
{
    kz_config *config = configure(url);
    kz_config_set(config, "api_key", KEY, &slot);
    begin_with(config);
}

static kz_openai *begin_openai(const char *url)
{
    if (!client_of)
        begin(url);
    kz_openai *openai = kz_client_openai(client_of, &slot);
    check("openai");
    return openai;
}

static const kz_chat_message messages[] = { { .role = "system", .content = SYSTEM }, { .role = "user", .content = QUESTION } };
static const kz_chat_completion_params params = {
    .model = MODEL, .messages = messages, .n_messages = 2, .temperature = { 0.2, KZ_SET }
};

void use(const char *text)
{
    if (text)
        measure_use(text, kz_string_length(text));
}

static void use_chunk(const kz_chat_completion_chunk *chunk)
{
    use(chunk->id);
    measure_use_number((double)chunk->created.value);
    use(chunk->model);
    if (chunk->n_choices) {
        const kz_chat_chunk_choice *choice = chunk->choices[0];
        measure_use_number((double)choice->index.value);
        use(choice->finish_reason);
        if (choice->delta)
            use(choice->delta->content);
    }
}

static size_t read_stream(kz_openai *openai, bool timed)
{
    kz_stream *stream = kz_openai_chat_completions_create_stream(openai, &params, &slot);
    const kz_chat_completion_chunk *chunk;
    size_t n = 0;
    while ((chunk = kz_stream_next(stream, &slot))) {
        use_chunk(chunk);
        n++;
        if (timed)
            measure_delivered();
    }
    kz_stream_close(stream);
    check("stream");
    return n;
}

static void items(const char *url, size_t n)
{
    kz_openai *openai = begin_openai(url);
    size_t got = 0;
    read_stream(openai, false);
    measure_begin();
    while (got < n)
        got += read_stream(openai, false);
    measure_end(got);
}

static void latency(const char *url, size_t n)
{
    kz_openai *openai = begin_openai(url);
    measure_begin();
    read_stream(openai, true);
    measure_end(n);
}

static void call(kz_openai *openai)
{
    kz_error *failure = NULL;
    kz_chat_completion *reply = kz_openai_chat_completions_create(openai, &params, &failure);
    if (failure)
        measure_fail("call", failure->message);
    use(reply->id);
    measure_use_number((double)reply->created.value);
    use(reply->model);
    if (reply->n_choices) {
        use(reply->choices[0]->finish_reason);
        use(reply->choices[0]->message->role);
        use(reply->choices[0]->message->content);
    }
    measure_use_number((double)reply->usage->prompt_tokens.value);
    measure_use_number((double)reply->usage->completion_tokens.value);
    measure_use_number((double)reply->usage->total_tokens.value);
    kz_free(reply);
}

void calls(const char *url, size_t n)
{
    kz_openai *openai = begin_openai(url);
    for (int i = 0; i < 100; i++)
        call(openai);
    measure_begin();
    for (size_t i = 0; i < n; i++)
        call(openai);
    measure_end(n);
}

static size_t embed(kz_openai *openai)
{
    size_t numbers = 0;
    kz_embeddings *reply = kz_openai_embeddings_create(
        openai, &(kz_embeddings_params){ .model = MODEL, .input = EMBEDDED, .encoding_format = "float" }, &slot);
    check("embeddings");
    for (size_t i = 0; i < reply->n_data; i++) {
        const kz_embedding *row = reply->data[i];
        measure_use_number(row->embedding[row->n_embedding - 1]);
        numbers += row->n_embedding;
    }
    kz_free(reply);
    return numbers;
}

static void embeddings(const char *url, size_t n)
{
    kz_openai *openai = begin_openai(url);
    measure_begin();
    size_t numbers = embed(openai);
    measure_end(numbers);
    if (numbers != n)
        measure_fail("embeddings", "not as many as there should be");
}

static size_t n_taken, n_running;

static kz_flow_control take_item(kz_pending *pending, void *item, void *user)
{
    (void)pending, (void)user;
    use_chunk(item);
    n_taken++;
    return KZ_GO_ON;
}

static void take_end(kz_pending *pending, void *user)
{
    (void)user;
    kz_pending_take(pending, &slot);
    check("stream");
    kz_pending_free(pending);
    n_running--;
}

static void together(const char *url, size_t n)
{
    kz_openai *openai = begin_openai(url);
    kz_loop *loop = kz_loop_new(client_of, &slot);
    check("loop");
    measure_begin();
    for (size_t i = 0; i < n; i++, n_running++)
        kz_submit_stream(loop, openai, &kz_openai_chat_completions_create_stream_op, &params, take_item, take_end, NULL, &slot);
    check("stream");
    while (n_running)
        kz_loop_wait(loop, -1);
    measure_end(n_taken);
    kz_loop_free(loop);
}

/* ---- threads: one client serves them all ---- */

typedef struct worker {
    pthread_t thread;
    kz_openai *openai;
    size_t n;
} worker;

static void *work(void *user)
{
    worker *w = user;
    while (w->n--)
        call(w->openai);
    return NULL;
}

static void threads(const char *url, size_t n)
{
    kz_openai *openai = begin_openai(url);
    worker workers[THREADS];
    call(openai);
    measure_begin();
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){ .openai = openai, .n = n / THREADS };
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
            measure_fail("thread", NULL);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    measure_end(n / THREADS * THREADS);
}

int main(int argc, char **argv)
{
    static const ability abilities[] = { { "items", items }, { "calls", calls }, { "embeddings", embeddings },
        { "latency", latency }, { "together", together }, { "threads", threads }, { "models", models }, { "decode", decode },
        { "start", start }, { "download", download }, { "unsigned", calls_unsigned }, { "headed", calls_headed },
        { "authorised", calls_authorised }, { NULL, NULL } };
    int code = measure_main(argc, argv, abilities);
    kz_client_free(client_of);
    return code;
}
