/* ours.c: the same with libkamiwaza, by its typed functions, as a program would write it. */
#include "measure.h"

#include <kamiwaza/bench.h>
#include <kamiwaza/kamiwaza.h>
#include <string.h>
#include <sys/resource.h>

static kz_client *client_of;
static kz_error *error;

static void check(const char *what)
{
    if (error)
        measure_fail(what, error->message);
}

static kz_bench *begin(const char *url)
{
    kz_config *config = kz_config_new(&error);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "plugin_path", BENCH_PLUGINS, &error);
    kz_config_set(config, "base_url", url, &error);
    kz_config_set(config, "api_key", KEY, &error);
    client_of = kz_client_new(config, &error);
    kz_config_free(config);
    kz_bench *bench = kz_client_bench(client_of, &error);
    check("client");
    return bench;
}

static const kz_chat_message_input messages[] = { { .role = "system", .content = SYSTEM },
    { .role = "user", .content = QUESTION } };

static const kz_bench_chat_completions_stream_params stream_params = {
    .model = MODEL, .messages = messages, .n_messages = 2, .temperature = { 0.2, KZ_SET }, .stream = { 1, KZ_SET }
};

static void use(const char *text)
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

static size_t read_stream(kz_bench *bench, bool timed)
{
    kz_stream *stream = kz_bench_chat_completions_stream(bench, &stream_params, &error);
    const kz_chat_completion_chunk *chunk;
    size_t n = 0;
    while ((chunk = kz_stream_next(stream, &error))) {
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
    kz_bench *bench = begin(url);
    size_t got = 0;
    read_stream(bench, false);
    measure_begin();
    while (got < n)
        got += read_stream(bench, false);
    measure_end(got);
}

static void latency(const char *url, size_t n)
{
    kz_bench *bench = begin(url);
    measure_begin();
    read_stream(bench, true);
    measure_end(n);
}

static void call(kz_bench *bench)
{
    kz_chat_completion *reply = kz_bench_chat_completions_create(bench,
        &(kz_bench_chat_completions_create_params){
            .model = MODEL, .messages = messages, .n_messages = 2, .temperature = KZ_NUMBER(0.2) },
        &error);
    check("call");
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

static void calls(const char *url, size_t n)
{
    kz_bench *bench = begin(url);
    for (int i = 0; i < 100; i++)
        call(bench);
    measure_begin();
    for (size_t i = 0; i < n; i++)
        call(bench);
    measure_end(n);
}

static size_t embed(kz_bench *bench)
{
    size_t numbers = 0;
    kz_embeddings *reply = kz_bench_embeddings_create(bench,
        &(kz_bench_embeddings_create_params){ .model = MODEL, .input = (const char *[]){ EMBEDDED }, .n_input = 1 }, &error);
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
    kz_bench *bench = begin(url);
    measure_begin();
    size_t numbers = embed(bench);
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
    kz_pending_take(pending, &error);
    check("stream");
    kz_pending_free(pending);
    n_running--;
}

static void together(const char *url, size_t n)
{
    kz_bench *bench = begin(url);
    kz_loop *loop = kz_loop_new(client_of, &error);
    check("loop");
    measure_begin();
    for (size_t i = 0; i < n; i++, n_running++)
        kz_submit_stream(loop, bench, &kz_bench_chat_completions_stream_op, &stream_params, take_item, take_end, NULL, &error);
    check("stream");
    while (n_running)
        kz_loop_wait(loop, -1);
    measure_end(n_taken);
    kz_loop_free(loop);
}

int main(int argc, char **argv)
{
    static const abilities ours = { items, calls, embeddings, latency, together };
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int code = measure_main(argc, argv, &ours);
    kz_client_free(client_of);
    return code;
}
