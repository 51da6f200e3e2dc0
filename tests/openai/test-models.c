/* test-models.c: the service openai and the models of the emulator against each other: what is streamed is what is answered at once,
 * and each promise of an answer holds. The examples and the command talk with them too. */
#include "../client.h"
#include "../services/emulator.h"

#include <json-c/json.h>
#include <kamiwaza/openai.h>
#include <glib/gstdio.h>
#include <math.h>
#include <pty.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static GSubprocess *emulator;
static char *base;
static kz_client *client;
static kz_openai *openai;
static kz_error *error;

static void no_error(void)
{
    if (error)
        g_error("%s: %s", kz_error_class(error->code), error->message);
}

static kz_chat_completion *streamed(const kz_chat_completion_params *params)
{
    kz_chat_accumulator *all = kz_chat_accumulator_new(openai, &error);
    kz_stream *stream = kz_openai_chat_completions_create_stream(openai, params, &error);
    for (const kz_chat_completion_chunk *chunk; (chunk = kz_stream_next(stream, &error));)
        kz_chat_accumulator_add(all, chunk, &error);
    kz_stream_close(stream);
    kz_chat_completion *answer = kz_chat_accumulator_result(all, &error);
    kz_chat_accumulator_free(all);
    no_error();
    return answer;
}

static void same(const kz_chat_completion *a, const kz_chat_completion *b)
{
    g_assert_cmpuint(a->n_choices, ==, b->n_choices);
    for (size_t i = 0; i < a->n_choices; i++) {
        const kz_chat_reply_message *x = a->choices[i]->message, *y = b->choices[i]->message;
        if (x->content && *x->content)
            g_assert_cmpstr(x->content, ==, y->content);
        g_assert_cmpstr(x->refusal, ==, y->refusal);
        g_assert_cmpstr(x->reasoning_content, ==, y->reasoning_content);
        g_assert_cmpstr(a->choices[i]->finish_reason, ==, b->choices[i]->finish_reason);
        g_assert_cmpuint(x->n_tool_calls, ==, y->n_tool_calls);
        for (size_t j = 0; j < x->n_tool_calls; j++) {
            g_assert_cmpstr(x->tool_calls[j]->function->name, ==, y->tool_calls[j]->function->name);
            g_assert_cmpstr(x->tool_calls[j]->function->arguments, ==, y->tool_calls[j]->function->arguments);
        }
    }
    g_assert_cmpint(a->usage->completion_tokens.value, ==, b->usage->completion_tokens.value);
    g_assert_cmpint(a->usage->total_tokens.value, ==, b->usage->total_tokens.value);
}

/* Asks plainly and streamed, compares, and returns the plain answer. */
static kz_chat_completion *ask(kz_chat_completion_params params, const char *question)
{
    const kz_chat_message message = { .role = "user", .content = question };
    params.model = "tiny";
    params.messages = &message;
    params.n_messages = 1;
    kz_chat_completion *plain = kz_openai_chat_completions_create(openai, &params, &error);
    no_error();
    params.stream_options = &(kz_openai_chat_completion_stream_options){ .include_usage = KZ_TRUE };
    kz_chat_completion *pieces = streamed(&params);
    same(plain, pieces);
    kz_free(pieces);
    return plain;
}

static void test_stream_is_answer(void)
{
    kz_chat_completion *first = ask((kz_chat_completion_params){ 0 }, "Hello");
    kz_chat_completion *again = ask((kz_chat_completion_params){ 0 }, "Hello");
    kz_chat_completion *other = ask((kz_chat_completion_params){ .seed = KZ_INT(7) }, "Hello");
    g_assert_cmpuint(strlen(first->choices[0]->message->content), >, 10);
    g_assert_cmpstr(first->choices[0]->message->content, ==, again->choices[0]->message->content);
    g_assert_cmpstr(first->choices[0]->message->content, !=, other->choices[0]->message->content);
    g_assert_cmpstr(first->choices[0]->finish_reason, ==, "stop");
    kz_free(first);
    kz_free(again);
    kz_free(other);
    kz_chat_completion *several = ask(
        (kz_chat_completion_params){ .n = KZ_INT(3), .reasoning_effort = "low", .logprobs = KZ_TRUE, .top_logprobs = KZ_INT(2) },
        "Hi");
    g_assert_cmpuint(several->n_choices, ==, 3);
    g_assert_nonnull(several->choices[2]->message->reasoning_content);
    g_assert_cmpuint(several->choices[0]->logprobs->n_content, >, 3);
    g_assert_cmpfloat(several->choices[0]->logprobs->content[0]->logprob.value, <=, 0);
    kz_free(several);
}

static void test_limits(void)
{
    kz_chat_completion *whole = ask((kz_chat_completion_params){ 0 }, "Long");
    kz_chat_completion *cut = ask((kz_chat_completion_params){ .max_completion_tokens = KZ_INT(5) }, "Long");
    g_assert_cmpstr(cut->choices[0]->finish_reason, ==, "length");
    g_assert_cmpint(cut->usage->completion_tokens.value, ==, 5);
    g_assert_true(g_str_has_prefix(whole->choices[0]->message->content, cut->choices[0]->message->content));
    char *stop = g_strndup(whole->choices[0]->message->content + 8, 4);
    kz_chat_completion *stopped = ask((kz_chat_completion_params){ .stop = stop }, "Long");
    g_assert_null(strstr(stopped->choices[0]->message->content, stop));
    g_assert_cmpstr(stopped->choices[0]->finish_reason, ==, "stop");
    g_free(stop);
    kz_free(whole);
    kz_free(cut);
    kz_free(stopped);
}

static void test_schema(void)
{
    const kz_chat_response_format format = { .type = "json_schema",
        .json_schema = &(kz_chat_response_format_json_schema){ .name = "report",
            .strict = KZ_TRUE,
            .schema = KZ_JSON(
                "{\"type\":\"object\",\"required\":[\"place\",\"days\"],\"properties\":{\"place\":{\"enum\":[\"Oslo\"]},"
                "\"days\":{\"type\":\"array\",\"minItems\":2,\"maxItems\":2,\"items\":{\"type\":\"object\",\"required\":[\"t\"],"
                "\"properties\":{\"t\":{\"type\":\"integer\",\"minimum\":3,\"maximum\":4}}}}}}") } };
    kz_chat_completion *reply = ask((kz_chat_completion_params){ .response_format = &format }, "Report");
    kz_json json;
    g_assert_true(kz_openai_chat_json(openai, reply, &json, &error));
    json_object *tree = kz_json_tree(json, &error), *days = NULL, *t = NULL;
    g_assert_cmpstr(json_object_get_string(json_object_object_get(tree, "place")), ==, "Oslo");
    days = json_object_object_get(tree, "days");
    g_assert_cmpuint(json_object_array_length(days), ==, 2);
    for (size_t i = 0; i < 2; i++) {
        t = json_object_object_get(json_object_array_get_idx(days, i), "t");
        g_assert_true(json_object_is_type(t, json_type_int));
        g_assert_cmpint(json_object_get_int(t), >=, 3);
        g_assert_cmpint(json_object_get_int(t), <=, 4);
    }
    json_object_put(tree);
    kz_free(reply);
    reply = ask((kz_chat_completion_params){ .response_format = &format }, "Please refuse");
    g_assert_false(kz_openai_chat_json(openai, reply, &json, &error));
    g_assert_cmpstr(error->path, ==, "refusal");
    kz_error_clear(&error);
    kz_free(reply);
}

static char *weather(void *user, kz_json arguments, kz_error **slot)
{
    kz_json days = kz_json_member(arguments, "days");
    (void)slot;
    g_assert_true(days.text && g_ascii_isdigit(*days.text));
    ++*(int *)user;
    return g_strdup("rain");
}

static void test_tools(void)
{
    int count = 0;
    const kz_chat_tool_function function = { .name = "get_weather",
        .parameters = KZ_JSON(
            "{\"type\":\"object\",\"required\":[\"days\"],\"properties\":{\"days\":{\"type\":\"integer\",\"minimum\":1}}}"),
        .run = weather,
        .user = &count };
    const kz_chat_message message = { .role = "user", .content = "What does get weather say?" };
    const kz_chat_completion_params params = { .model = "tiny", .messages = &message, .n_messages = 1 };
    kz_chat_completion *reply = kz_openai_chat_run_tools(
        openai, &params, &(kz_chat_tool_loop){ .functions = &function, .n_functions = 1 }, &error);
    no_error();
    g_assert_cmpint(count, ==, 1);
    g_assert_nonnull(strstr(reply->choices[0]->message->content, "rain"));
    kz_free(reply);
    const kz_chat_tool tool = { .type = "function",
        .function = &(kz_chat_function){ .name = "f", .parameters = KZ_JSON("{\"type\":\"object\"}") } };
    reply = ask((kz_chat_completion_params){ .tools = &tool, .n_tools = 1, .tool_choice = "required" }, "Hi");
    g_assert_cmpstr(reply->choices[0]->finish_reason, ==, "tool_calls");
    g_assert_cmpstr(reply->choices[0]->message->tool_calls[0]->function->name, ==, "f");
    kz_free(reply);
}

static void test_vectors(void)
{
    static const char *const texts[] = { "The cat sleeps", "The cat sleeps deeply", "Taxes rise" };
    kz_embeddings_params params = { .model = "tiny", .input_list = texts, .n_input_list = 3, .dimensions = KZ_INT(64) };
    kz_embeddings *packed = kz_openai_embeddings_create(openai, &params, &error);
    params.encoding_format = "float";
    kz_embeddings *plain = kz_openai_embeddings_create(openai, &params, &error);
    no_error();
    double near = 0, far = 0, length = 0;
    for (size_t i = 0; i < 64; i++) {
        const float *a = packed->data[0]->embedding;
        near += (double)a[i] * (double)packed->data[1]->embedding[i];
        far += (double)a[i] * (double)packed->data[2]->embedding[i];
        length += (double)a[i] * (double)a[i];
    }
    for (size_t i = 0; i < 3; i++)
        g_assert_cmpmem(packed->data[i]->embedding, 256, plain->data[i]->embedding, 4 * plain->data[i]->n_embedding);
    g_assert_cmpfloat(fabs(length - 1), <, 1e-5);
    g_assert_cmpfloat(near, >, far + 0.3);
    kz_free(packed);
    kz_free(plain);
}

static void test_responses(void)
{
    const kz_response_params params = { .model = "tiny", .input = "Hello", .instructions = "Be brief" };
    kz_openai_response *plain = kz_openai_responses_create(openai, &params, &error);
    kz_openai_response_accumulator *all = kz_openai_response_accumulator_new(openai, &error);
    kz_stream *stream = kz_openai_responses_create_stream(openai, &params, &error);
    GString *text = g_string_new(NULL);
    for (const kz_openai_response_stream_event *event; (event = kz_stream_next(stream, &error));) {
        if (!strcmp(event->type, "response.output_text.delta"))
            g_string_append(text, event->delta);
        kz_openai_response_accumulator_add(all, event, &error);
    }
    kz_stream_close(stream);
    kz_openai_response *whole = kz_openai_response_accumulator_result(all, &error);
    kz_openai_response_accumulator_free(all);
    no_error();
    g_assert_cmpstr(plain->status, ==, "completed");
    g_assert_cmpstr(plain->output[0]->message->content[0]->output_text->text, ==, text->str);
    g_assert_cmpstr(whole->output[0]->message->content[0]->output_text->text, ==, text->str);
    g_string_free(text, TRUE);
    kz_free(plain);
    kz_free(whole);
}

static void test_completions(void)
{
    const kz_completion_params params = { .model = "tiny", .prompt = "The river", .max_tokens = KZ_INT(9), .echo = KZ_TRUE };
    kz_openai_create_completion_response *plain = kz_openai_completions_create(openai, &params, &error);
    kz_stream *stream = kz_openai_completions_create_stream(openai, &params, &error);
    GString *text = g_string_new(NULL);
    for (const kz_openai_create_completion_response *piece; (piece = kz_stream_next(stream, &error));)
        g_string_append(text, piece->choices[0]->text);
    kz_stream_close(stream);
    no_error();
    g_assert_cmpstr(plain->choices[0]->text, ==, text->str);
    g_assert_true(g_str_has_prefix(text->str, "The river"));
    g_assert_cmpint(plain->usage->completion_tokens.value, ==, 9);
    g_string_free(text, TRUE);
    kz_free(plain);
}

static void test_speech(void)
{
    kz_bytes *wav = kz_openai_audio_speech_create(
        openai, &(kz_openai_audio_speech_create_params){ .model = "tiny", .input = "one two three", .voice = "alloy" }, &error);
    no_error();
    const guchar *data = (const guchar *)wav->data;
    guint32 size, bytes;
    memcpy(&size, data + 4, 4);
    memcpy(&bytes, data + 40, 4);
    g_assert_true(!memcmp(data, "RIFF", 4) && !memcmp(data + 8, "WAVEfmt ", 8) && !memcmp(data + 36, "data", 4));
    g_assert_cmpuint(GUINT32_FROM_LE(size) + 8, ==, wav->length);
    g_assert_cmpuint(GUINT32_FROM_LE(bytes) + 44, ==, wav->length);
    kz_free(wav);
}

static void test_the_rest(void)
{
    kz_openai_model_list *models = kz_openai_models_list(openai, NULL, &error);
    no_error();
    g_assert_cmpstr(models->items[0]->id, ==, "tiny");
    kz_free(models);
    kz_openai_tokenize_response *tokens = kz_openai_tokenize(
        openai, &(kz_openai_tokenize_params){ .model = "tiny", .prompt = "Hello, world" }, &error);
    kz_openai_detokenize_response *back = kz_openai_detokenize(openai,
        &(kz_openai_detokenize_params){ .model = "tiny", .tokens = tokens->tokens, .n_tokens = tokens->n_tokens }, &error);
    no_error();
    g_assert_cmpstr(back->prompt, ==, "Hello, world");
    kz_free(tokens);
    kz_free(back);
    static const char *const documents[] = { "taxes rise", "the cat sleeps" };
    kz_openai_rerank_response *ranks = kz_openai_rerank(
        openai, &(kz_openai_rerank_params){ .query = "a cat sleeps", .documents = documents, .n_documents = 2 }, &error);
    no_error();
    g_assert_cmpint(ranks->results[0]->index.value, ==, 1);
    kz_free(ranks);
    const kz_chat_message message = { .role = "user", .content = "Hi" };
    g_assert_null(kz_openai_chat_completions_create(
        openai, &(kz_chat_completion_params){ .model = "none", .messages = &message, .n_messages = 1 }, &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_NOT_FOUND));
    g_assert_cmpstr(error->server_code, ==, "model_not_found");
    kz_error_clear(&error);
    g_assert_null(kz_openai_chat_completions_create(openai,
        &(kz_chat_completion_params){ .model = "tiny", .messages = &message, .n_messages = 1, .temperature = KZ_NUMBER(9) },
        &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_VALIDATION));
    g_assert_cmpstr(error->server_param, ==, "temperature");
    kz_error_clear(&error);
}

/* What a program prints that is given `input`. */
static char *run(const char *input, const char *const *words)
{
    char *out = NULL;
    GError *problem = NULL;
    GSubprocessLauncher *launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_subprocess_launcher_setenv(launcher, "KAMIWAZA_PLUGIN_PATH", g_getenv("KAMIWAZA_TEST_PLUGINS"), TRUE);
    g_subprocess_launcher_setenv(launcher, "KAMIWAZA_OPENAI_BASE_URL", base, TRUE);
    g_subprocess_launcher_setenv(launcher, "XDG_CONFIG_HOME", "/nonexistent", TRUE);
    GSubprocess *program = g_subprocess_launcher_spawnv(launcher, words, &problem);
    g_assert_no_error(problem);
    g_subprocess_communicate_utf8(program, input, NULL, &out, NULL, &problem);
    g_assert_no_error(problem);
    g_assert_true(g_subprocess_get_successful(program));
    g_object_unref(program);
    g_object_unref(launcher);
    return out;
}

static void test_examples(void)
{
    const kz_chat_message message = { .role = "user", .content = "Hello" };
    kz_chat_completion *reply = kz_openai_chat_completions_create(
        openai, &(kz_chat_completion_params){ .model = "tiny", .messages = &message, .n_messages = 1 }, &error);
    no_error();
    char *expected = g_strconcat(reply->choices[0]->message->content, "\n", NULL);
    char *chat = run("Hello\nAnd then?\n", (const char *const[]){ g_getenv("KAMIWAZA_TEST_CHAT"), "tiny", NULL });
    g_assert_true(g_str_has_prefix(chat, expected));
    g_assert_cmpuint(strlen(chat), >, strlen(expected) + 10); /* the second answer */
    char *tools = run("", (const char *const[]){ g_getenv("KAMIWAZA_TEST_TOOLS"), "tiny", NULL });
    g_assert_nonnull(strstr(tools, "(the model asks for the weather in \""));
    g_assert_nonnull(strstr(tools, "Sunny, 21 degrees."));
    char *vectors = run("", (const char *const[]){ g_getenv("KAMIWAZA_TEST_EMBEDDINGS"), "tiny", NULL });
    g_assert_nonnull(strstr(vectors, "A cat is sleeping."));
    char *once = run("", (const char *const[]){ g_getenv("KAMIWAZA_TEST_COMMAND"), "chat", "--model", "tiny", "Hello", NULL });
    g_assert_cmpstr(once, ==, expected);
    char *piped = run("Hello\n", (const char *const[]){ g_getenv("KAMIWAZA_TEST_COMMAND"), "chat", NULL });
    g_assert_cmpstr(piped, ==, expected);
    if (g_getenv("KAMIWAZA_TEST_UV")) {
        char *uv = run("", (const char *const[]){ g_getenv("KAMIWAZA_TEST_UV"), "tiny", "Hello", "Hello", NULL });
        char *twice = g_strconcat(expected, expected, NULL);
        g_assert_cmpstr(uv, ==, twice);
        g_free(twice);
        g_free(uv);
    }
    if (g_getenv("KAMIWAZA_TEST_GLIB")) {
        char *glib = run("", (const char *const[]){ g_getenv("KAMIWAZA_TEST_GLIB"), "tiny", "Hello", NULL });
        g_assert_cmpstr(glib, ==, expected);
        g_free(glib);
    }
    kz_free(reply);
    g_free(expected);
    g_free(chat);
    g_free(tools);
    g_free(vectors);
    g_free(once);
    g_free(piped);
}

/* Talks with the command on a terminal: waits for a text, then types one, in turn; returns all that was shown. */
static char *converse(const char *url, const char *const *steps)
{
    int terminal, status = 1;
    char piece[1024];
    const struct winsize size = { .ws_col = 100, .ws_row = 40 };
    GString *shown = g_string_new(NULL);
    gsize seen = 0;
    pid_t child = forkpty(&terminal, NULL, NULL, &size);
    if (!child) {
        g_setenv("KAMIWAZA_PLUGIN_PATH", g_getenv("KAMIWAZA_TEST_PLUGINS"), TRUE);
        g_setenv("KAMIWAZA_OPENAI_BASE_URL", url, TRUE);
        g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
        execl(g_getenv("KAMIWAZA_TEST_COMMAND"), "kamiwaza", "chat", "--model", "tiny", NULL);
        _exit(1);
    }
    for (ssize_t n; (n = read(terminal, piece, sizeof piece)) > 0;) {
        g_string_append_len(shown, piece, n);
        for (const char *found; *steps && (found = strstr(shown->str + seen, *steps)); steps += 2) {
            seen = (gsize)(found - shown->str) + strlen(*steps);
            g_assert_cmpint(write(terminal, steps[1], strlen(steps[1])), ==, (ssize_t)strlen(steps[1]));
        }
    }
    close(terminal);
    waitpid(child, &status, 0);
    g_assert_cmpint(status, ==, 0);
    if (*steps)
        g_error("never came: %s\n%s", *steps, shown->str);
    return g_string_free(shown, FALSE);
}

static void test_conversation(void)
{
    if (!g_file_test("/dev/ptmx", G_FILE_TEST_EXISTS)) {
        g_test_skip("there are no terminals here");
        return;
    }
    char *folder = g_dir_make_tmp("kz-chat-XXXXXX", NULL), *file = g_build_filename(folder, "saved.json", NULL), *text = NULL;
    char *save = g_strconcat("/save ", file, "\n", NULL);
    char *shown = converse(base,
        (const char *const[]){ "> ", "/system Be brief\n", "> ", "Hello\n", "> ", "/history\n", "user: Hello", "", "> ",
            "/nonsense\n", "/save FILE", "", "> ", save, "> ", "/quit\n", NULL });
    g_assert_nonnull(strstr(shown, "system: Be brief"));
    g_assert_nonnull(strstr(shown, "assistant: "));
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    json_object *saved = json_tokener_parse(text);
    g_assert_cmpuint(json_object_array_length(saved), ==, 3);
    json_object_put(saved);
    g_remove(file);
    g_rmdir(folder);
    char *words[] = { folder, file, save, shown, text };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        g_free(words[i]);
}

/* Ctrl-C stops the answer and keeps the conversation; at the prompt it ends nothing. */
static void test_interrupted(void)
{
    if (!g_file_test("/dev/ptmx", G_FILE_TEST_EXISTS)) {
        g_test_skip("there are no terminals here");
        return;
    }
    char *url;
    GSubprocess *slow = emulator_start((const char *const[]){ "--model", "tiny", "--token-speed", "10", NULL }, &url);
    char *slow_base = g_strdup_printf("%.*s/v1", (int)(strlen(url) - 4), url);
    char *shown = converse(slow_base,
        (const char *const[]){ "> ", "\003", "> ", "Long\n", "Long\r\n", "", " ", "\003", "(stopped)", "", "> ", "/history\n",
            "assistant: ", "", "> ", "\004", NULL });
    g_free(shown);
    g_free(slow_base);
    g_free(url);
    emulator_stop(slow);
}

int main(int argc, char **argv)
{
    char *url;
    g_test_init(&argc, &argv, NULL);
    emulator = emulator_start((const char *const[]){ "--model", "tiny", NULL }, &url);
    base = g_strdup_printf("%.*s/v1", (int)(strlen(url) - 4), url);
    client = test_client(url, SETTINGS("openai_base_url", base), &error);
    openai = kz_client_openai(client, &error);
    no_error();
    g_test_add_func("/models/what-is-streamed-is-what-is-answered", test_stream_is_answer);
    g_test_add_func("/models/answers-keep-to-their-limits", test_limits);
    g_test_add_func("/models/a-schema-is-kept-to-or-refused", test_schema);
    g_test_add_func("/models/functions-are-called", test_tools);
    g_test_add_func("/models/vectors-mean-something", test_vectors);
    g_test_add_func("/models/responses", test_responses);
    g_test_add_func("/models/completions", test_completions);
    g_test_add_func("/models/speech-is-a-wav-file", test_speech);
    g_test_add_func("/models/models-tokens-ranks-errors", test_the_rest);
    g_test_add_func("/models/examples-and-command", test_examples);
    g_test_add_func("/models/a-conversation-at-a-terminal", test_conversation);
    g_test_add_func("/models/an-answer-is-interrupted", test_interrupted);
    int status = g_test_run();
    kz_client_free(client);
    emulator_stop(emulator);
    g_free(base);
    g_free(url);
    return status;
}
