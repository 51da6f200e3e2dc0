/* test-calls.c: what travels and what comes back: chat, vectors, pages, forms, what engines add. */
#include "fixture.h"

#define REPLY                                                                                                                    \
    JSON "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\",\"reasoning_content\":" \
         "\"hm\"},\"finish_reason\":\"stop\"}],\"timings\":{\"predicted_n\":2},\"x\":1}"

static void test_chat(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ REPLY, -1, WIRE_CLOSE }, 1);
    kz_chat_completion *reply = kz_openai_chat_completions_create(f.openai, &hello, &f.error);
    g_assert_cmpstr(reply->choices[0]->message->content, ==, "Hi");
    g_assert_cmpstr(reply->choices[0]->message->reasoning_content, ==, "hm");
    g_assert_cmpint(reply->timings->predicted_n.value, ==, 2);
    kz_json extra = kz_json_member(kz_json_of(reply), "x");
    g_assert_true(extra.length == 1 && *extra.text == '1');
    g_assert_cmpstr(body_of(&f, 0), ==, "{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}");
    asked(&f, 0, "POST /v1/chat/completions HTTP");
    asked(&f, 0, "Idempotency-Key: ");
    asked(&f, 0, "Authorization: Bearer secret-key\r\n");
    g_assert_null(strcasestr(wire_request(f.server, 0), "X-API-Key")); /* not the platform: its own form is not known there */
    /* What was answered goes back with the next question, as it came. */
    const kz_chat_message more[] = { { .from = reply->choices[0]->message }, { .role = "user", .content = "And?" } };
    kz_free(kz_openai_chat_completions_create(
        f.openai, &(kz_chat_completion_params){ .model = "tiny", .messages = more, .n_messages = 2 }, &f.error));
    asked(&f, 1, "{\"role\":\"assistant\",\"content\":\"Hi\",\"reasoning_content\":\"hm\"},{\"role\":\"user\"");
    kz_free(reply);
    end(&f);
}

/* The program of the design, as it is printed there. */
static void test_printed_program(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ REPLY, -1, WIRE_CLOSE }, 1);
    kz_openai *openai = f.openai;
    kz_error *error = NULL;
    /* clang-format off */
    kz_chat_completion *reply = kz_openai_chat_completions_create(openai,
        &(kz_chat_completion_params){
            .model = "gpt-3.5-turbo",
            .messages = (kz_chat_message[]){ { .role = "user", .content = "Hello" } },   /* or { .from = reply->choices[0]->message } */
            .n_messages = 1,
            .temperature = KZ_NUMBER(0.2),
        }, &error);
    /* clang-format on */
    g_assert_null(error);
    g_assert_cmpstr(reply->choices[0]->message->content, ==, "Hi");
    kz_free(reply);
    end(&f);
}

/* Servers that close a connection that they promised to keep: nobody notices. */
static void test_broken_promises(void)
{
    Fixture f;
    const char answer[] = HEAD("application/json", "14") "{\"choices\":[]}";
    const char stream[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "a\r\ndata: {}\n\n\r\n0\r\n\r\n";
    const WireAnswer script[] = { { stream, -1, WIRE_CLOSE }, { answer, -1, WIRE_CLOSE } };
    begin(&f, script, 2);
    for (int i = 0; i < 10; i++) {
        kz_stream *s = i ? NULL : kz_openai_chat_completions_create_stream(f.openai, &hello, &f.error);
        while (s && kz_stream_next(s, &f.error))
            ;
        kz_stream_close(s);
        g_assert_null(f.error);
        kz_chat_completion *reply = kz_openai_chat_completions_create(f.openai, &hello, &f.error);
        g_assert_null(f.error);
        g_assert_nonnull(reply);
        kz_free(reply);
    }
    end(&f);
}

static void test_headers(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 500 No\r\nX-Request-Id: first\r\nretry-after-ms: 1\r\nContent-Length: 0\r\n\r\n",
                                      -1, 0 },
        { "HTTP/1.1 200 OK\r\nX-RateLimit-Remaining-Requests: 59 \r\nx-request-id: req-1\r\nContent-Type: application/json\r\n"
          "Content-Length: 16\r\nEmpty:\r\n\r\n{\"choices\":[{}]}",
            -1, WIRE_BYTES },
        { "HTTP/1.1 200 OK\r\nx-request-id: req-2\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: {}\n\n",
            -1, WIRE_CLOSE } };
    begin(&f, script, 3);
    kz_chat_completion *reply = kz_openai_chat_completions_create(f.openai, &hello, &f.error);
    g_assert_cmpstr(kz_result_header(reply, "x-ratelimit-remaining-requests"), ==, "59");
    g_assert_cmpstr(kz_result_header(reply->choices[0], "X-Request-ID"), ==, "req-1");
    g_assert_cmpstr(kz_result_header(reply, "empty"), ==, "");
    g_assert_null(kz_result_header(reply, "retry-after-ms")); /* of the attempt before */
    g_assert_null(kz_result_header(NULL, "x"));
    kz_stream *stream = kz_openai_chat_completions_create_stream(f.openai, &hello, &f.error);
    g_assert_nonnull(kz_stream_next(stream, &f.error));
    g_assert_cmpstr(kz_stream_header(stream, "x-request-id"), ==, "req-2");
    kz_stream_close(stream);
    kz_free(reply);
    end(&f);
}

static void test_arguments(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ REPLY, -1, WIRE_CLOSE }, 1);
    kz_chat_completion_params params = hello;
    params.stream = KZ_TRUE; /* the function decides, not this */
    params.temperature = KZ_NUMBER(0.2);
    params.top_k = KZ_INT(40);
    params.stop_list = (const char *const[]){ "a", "b" };
    params.n_stop_list = 2;
    params.tool_choice = "auto";
    params.extra = KZ_JSON("{\"new_member\":[1]}");
    kz_free(kz_openai_chat_completions_create(f.openai, &params, &f.error));
    not_asked(&f, 0, "stream");
    asked(&f, 0, "\"temperature\":0.2");
    asked(&f, 0, "\"stop\":[\"a\",\"b\"]");
    asked(&f, 0, "\"tool_choice\":\"auto\"");
    asked(&f, 0, "\"top_k\":40");
    asked(&f, 0, "\"new_member\":[1]");
    params.tool_choice = NULL;
    params.tool_choice_object = &(
        kz_chat_tool_choice){ .type = "function", .function = &(kz_chat_tool_choice_function){ .name = "f" } };
    kz_free(kz_openai_chat_completions_create(f.openai, &params, &f.error));
    asked(&f, 1, "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}");
    params.model = NULL;
    g_assert_null(kz_openai_chat_completions_create(f.openai, &params, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "model");
    end(&f);
}

static void test_stream_by_name(void)
{
    Fixture f;
    kz_answer answer;
    begin(&f,
        &(WireAnswer){ EVENTS "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n", -1, WIRE_CLOSE }, 1);
    kz_call_by_name(f.client, "openai.chat.completions.create",
        KZ_JSON("{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true}"), NULL, &answer,
        &f.error);
    g_assert_nonnull(answer.stream);
    const kz_chat_completion_chunk *chunk = kz_stream_next(answer.stream, &f.error);
    g_assert_cmpstr(chunk->choices[0]->delta->content, ==, "Hi");
    g_assert_null(kz_stream_next(answer.stream, &f.error));
    kz_stream_close(answer.stream);
    asked(&f, 0, "\"stream\":true");
    end(&f);
}

static void test_stream_without_arguments_of_its_own(void)
{
    Fixture f;
    const WireAnswer script[] = { { EVENTS "data: {\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}\n\n", -1,
        WIRE_CLOSE } };
    begin(&f, script, 1);
    kz_stream *stream = kz_openai_responses_retrieve_stream(
        f.openai, &(kz_openai_responses_retrieve_params){ .response_id = "r/1" }, &f.error);
    const kz_openai_response_stream_event *event = kz_stream_next(stream, &f.error);
    g_assert_cmpstr(event->type, ==, "response.created");
    g_assert_cmpstr(event->response->id, ==, "r");
    kz_stream_close(stream);
    asked(&f, 0, "GET /v1/responses/r%2F1?stream=true HTTP");
    end(&f);
}

static void vectors(const char *embedding, const char *problem)
{
    Fixture f;
    char *text = g_strdup_printf(JSON "{\"data\":[{\"index\":0,\"embedding\":%s}]}", embedding);
    begin(&f, &(WireAnswer){ text, -1, WIRE_CLOSE }, 1);
    kz_embeddings *all = kz_openai_embeddings_create(
        f.openai, &(kz_embeddings_params){ .model = "e", .input = "text" }, &f.error);
    asked(&f, 0, "\"encoding_format\":\"base64\"");
    if (problem) {
        expect_error(&f, KZ_ERROR_DECODE, problem);
    } else {
        const float expected[] = { 0.5f, -1.25f, 3, 0 };
        g_assert_cmpuint(all->data[0]->n_embedding, ==, 4);
        g_assert_true(!memcmp(all->data[0]->embedding, expected, sizeof expected));
    }
    kz_free(all);
    end(&f);
    g_free(text);
}

static void test_vectors(void)
{
    vectors("\"AAAAPwAAoL8AAEBAAAAAAA==\"", NULL);
    vectors("\"AAAAPwAAoL8AAEBAAAAAAA\"", NULL);
    vectors("\"AAAAPwAAoL8AAEB\\u0041AAAAAA==\"", NULL);
    vectors("[0.5, -1.25, 3, 0]", NULL);
    vectors("\"AAAAPwAA\"", "data[0].embedding");
    vectors("\"AAAAPwAAoL8AAEBAAAAA!A==\"", "data[0].embedding");
    vectors("[0.5, \"x\"]", "data[0].embedding[1]");
    vectors("{}", "data[0].embedding");
}

static void test_pages(void)
{
    Fixture f;
    const WireAnswer script[] = {
        { JSON "{\"object\":\"list\",\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"has_more\":true,\"last_id\":\"b\"}", -1,
            WIRE_CLOSE },
        { JSON "{\"object\":\"list\",\"data\":[{\"id\":\"c\"}],\"has_more\":true}", -1, WIRE_CLOSE },
        { JSON "{\"object\":\"list\",\"data\":[{\"id\":\"d\"}],\"has_more\":false}", -1, WIRE_CLOSE },
    };
    begin(&f, script, 3);
    GString *ids = g_string_new(NULL);
    kz_stream *files = kz_openai_files_list_each(
        f.openai, &(kz_openai_files_list_params){ .purpose = "batch", .limit = KZ_INT(2) }, &f.error);
    for (const kz_openai_open_ai_file *file; (file = kz_stream_next(files, &f.error));)
        g_string_append(ids, file->id);
    kz_stream_close(files);
    g_assert_cmpstr(ids->str, ==, "abcd");
    g_string_free(ids, TRUE);
    g_assert_cmpuint(wire_count(f.server), ==, 3);
    asked(&f, 0, "GET /v1/files?purpose=batch&limit=2 HTTP");
    asked(&f, 1, "after=b");
    asked(&f, 2, "after=c");
    end(&f);
}

/* A server that says "more" and sends the same page for ever. */
static void test_pages_that_repeat(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ JSON "{\"data\":[{\"id\":\"a\"}],\"has_more\":true}", -1, WIRE_CLOSE }, 1);
    kz_stream *files = kz_openai_files_list_each(f.openai, NULL, &f.error);
    guint count = 0;
    while (kz_stream_next(files, &f.error))
        count++;
    kz_stream_close(files);
    g_assert_cmpuint(count, ==, 2);
    end(&f);
}

static void test_forms(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ JSON "{\"id\":\"f\",\"text\":\"said\"}", -1, WIRE_CLOSE }, 1);
    kz_answer answer;
    kz_call_by_name(f.client, "openai.files.create",
        KZ_JSON("{\"purpose\":\"batch\",\"file\":{\"$bytes\":\"eA==\"},\"expires_after\":{\"anchor\":\"created_at\",\"seconds\":"
                "3600}}"),
        NULL, &answer, &f.error);
    kz_free(answer.result);
    asked(&f, 0, "name=\"expires_after[anchor]\"\r\n\r\ncreated_at\r\n");
    asked(&f, 0, "name=\"expires_after[seconds]\"\r\n\r\n3600\r\n");
    const char *const what[] = { "word", "segment" };
    kz_free(kz_openai_audio_transcriptions_create(f.openai,
        &(kz_openai_audio_transcriptions_create_params){ .model = "w",
            .file = &(kz_upload){ .data = "RIFF", .length = 4, .filename = "a.wav", .type = "audio/wav" },
            .timestamp_granularities = what,
            .n_timestamp_granularities = 2 },
        &f.error));
    asked(&f, 1, "name=\"timestamp_granularities[]\"\r\n\r\nword\r\n");
    asked(&f, 1, "name=\"timestamp_granularities[]\"\r\n\r\nsegment\r\n");
    asked(&f, 1, "name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF");
    not_asked(&f, 1, "stream");
    end(&f);
}

/* One key serves all attempts; calls have different ones. */
static void test_idempotency_key(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 503 Loading\r\nretry-after-ms: 1\r\nContent-Length: 0\r\n\r\n", -1, 0 },
        { REPLY, -1, WIRE_CLOSE } };
    begin(&f, script, 2);
    for (int i = 0; i < 2; i++)
        kz_free(kz_openai_chat_completions_create(f.openai, &hello, &f.error));
    char *keys[3];
    for (guint i = 0; i < 3; i++)
        keys[i] = g_strndup(strstr(wire_request(f.server, i), "Idempotency-Key: ") + 17, 35);
    g_assert_cmpstr(keys[0], ==, keys[1]);
    g_assert_cmpstr(keys[1], !=, keys[2]);
    for (guint i = 0; i < 3; i++)
        g_free(keys[i]);
    end(&f);
}

/* Beside /v1, as engines have it. */
static void test_tokenize(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ JSON "{\"count\":2,\"tokens\":[7,9]}", -1, WIRE_CLOSE }, 1);
    kz_openai_tokenize_response *tokens = kz_openai_tokenize(f.openai, &(kz_openai_tokenize_params){ .prompt = "a b" }, &f.error);
    g_assert_cmpint(tokens->tokens[1], ==, 9);
    kz_free(tokens);
    asked(&f, 0, "POST /tokenize HTTP");
    end(&f);
}

static void test_errors_of_engines(void)
{
    static const struct {
        const char *answer, *message, *code;
        int kind;
    } all[] = {
        { "{\"object\":\"error\",\"message\":\"The model `x` does not "
          "exist.\",\"type\":\"NotFoundError\",\"param\":null,\"code\":404}",
            "The model `x` does not exist.", "404", KZ_ERROR_NOT_FOUND },
        { "{\"error\":{\"message\":\"no\",\"type\":\"t\",\"code\":7}}", "no", "7", KZ_ERROR_NOT_FOUND },
        { "{\"error\":\"model not loaded\"}", "model not loaded", NULL, KZ_ERROR_NOT_FOUND },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        Fixture f;
        char *text = g_strconcat(
            "HTTP/1.1 404 No\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n", all[i].answer, NULL);
        begin(&f, &(WireAnswer){ text, -1, WIRE_CLOSE }, 1);
        g_assert_null(kz_openai_chat_completions_create(f.openai, &hello, &f.error));
        g_assert_cmpstr(f.error->server_code, ==, all[i].code);
        expect_error(&f, all[i].kind, all[i].message);
        end(&f);
        g_free(text);
    }
}

static bool note(const kz_progress *p, void *user)
{
    g_string_append_printf(user, "%s %d/%d ", p->item, (int)p->done, (int)p->total);
    return true;
}

static void test_poll(void)
{
    Fixture f;
    const WireAnswer script[] = {
        { JSON "{\"id\":\"b\",\"status\":\"in_progress\",\"request_counts\":{\"total\":4,\"completed\":1}}", -1, WIRE_CLOSE },
        { JSON "{\"id\":\"b\",\"status\":\"completed\",\"request_counts\":{\"total\":4,\"completed\":4}}", -1, WIRE_CLOSE },
        { JSON "{\"id\":\"b\",\"status\":\"failed\",\"errors\":{\"data\":[{\"message\":\"no money\"}]}}", -1, WIRE_CLOSE },
        { JSON "{\"id\":\"file-1\"}", -1, WIRE_CLOSE },
        { JSON "{\"id\":\"file-1\",\"status\":\"in_progress\"}", -1, WIRE_CLOSE },
        { JSON "{\"id\":\"file-1\",\"status\":\"in_progress\"}", -1, WIRE_CLOSE },
        { JSON "{\"id\":\"file-1\",\"status\":\"completed\"}", -1, WIRE_CLOSE },
    };
    begin(&f, script, 7);
    GString *seen = g_string_new(NULL);
    kz_openai *watched = kz_openai_with_options(
        f.openai, &(kz_call_options){ .progress = note, .progress_user = seen }, &f.error);
    const kz_openai_batches_poll_params params = { .batch_id = "b", .poll_interval = KZ_NUMBER(0.01) };
    kz_openai_batch *batch = kz_openai_batches_poll(watched, &params, &f.error);
    g_assert_cmpstr(batch->status, ==, "completed");
    kz_free(batch);
    g_assert_nonnull(strstr(seen->str, "completed 4/4"));
    g_string_free(seen, TRUE);
    kz_service_free(watched);
    g_assert_null(kz_openai_batches_poll(f.openai, &params, &f.error));
    expect_error(&f, KZ_ERROR_STATE, "The batch b ended as failed: no money.");
    kz_openai_vector_store_file_object *file = kz_openai_vector_stores_files_upload_and_poll(f.openai,
        &(kz_openai_vector_stores_files_upload_and_poll_params){
            .vector_store_id = "v", .file = &(kz_upload){ .data = "x", .length = 1 }, .poll_interval = KZ_NUMBER(0.01) },
        &f.error);
    g_assert_cmpstr(file->status, ==, "completed");
    kz_free(file);
    asked(&f, 3, "POST /v1/files HTTP");
    asked(&f, 4, "POST /v1/vector_stores/v/files HTTP");
    asked(&f, 6, "GET /v1/vector_stores/v/files/file-1 HTTP");
    end(&f);
}

/* Errors where an answer was due: the items before stay delivered. */
static void test_errors_in_good_answers(void)
{
    static const struct {
        const char *last, *said, *code;
        int kind;
    } all[] = {
        { "data: {\"error\":{\"message\":\"out of memory\",\"type\":\"server_error\",\"code\":\"oom\"}}\n\n", "out of memory",
            "oom", KZ_ERROR_SERVER },
        { "data: {\"error\":{\"message\":\"slow down\",\"code\":429}}\n\n", "slow down", "429", KZ_ERROR_RATE_LIMIT },
        { "event: error\ndata: {\"message\":\"gone\"}\n\n", "gone", NULL, KZ_ERROR_API },
        { "event: error\ndata: the backend fell over\n\n", "in place of an answer", NULL, KZ_ERROR_API },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        Fixture f;
        char *text = g_strconcat(
            EVENTS "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n", all[i].last, "data: [DONE]\n\n", NULL);
        begin(&f, &(WireAnswer){ text, -1, WIRE_CLOSE }, 1);
        kz_stream *stream = kz_openai_chat_completions_create_stream(f.openai, &hello, &f.error);
        const kz_chat_completion_chunk *chunk = kz_stream_next(stream, &f.error);
        g_assert_cmpstr(chunk->choices[0]->delta->content, ==, "Hel");
        g_assert_null(kz_stream_next(stream, &f.error));
        g_assert_cmpint(f.error->status, ==, 200);
        g_assert_cmpstr(f.error->server_code, ==, all[i].code);
        expect_error(&f, all[i].kind, all[i].said);
        g_assert_null(kz_stream_next(stream, &f.error));
        kz_stream_close(stream);
        end(&f);
        g_free(text);
    }
    Fixture f;
    begin(&f, &(WireAnswer){ JSON "{\"error\":{\"message\":\"no such model\",\"code\":404}}", -1, WIRE_CLOSE }, 1);
    g_assert_null(kz_openai_chat_completions_create(f.openai, &hello, &f.error));
    expect_error(&f, KZ_ERROR_NOT_FOUND, "no such model");
    kz_stream *stream = kz_openai_chat_completions_create_stream(f.openai, &hello, &f.error);
    g_assert_null(kz_stream_next(stream, &f.error));
    expect_error(&f, KZ_ERROR_NOT_FOUND, "no such model");
    kz_stream_close(stream);
    end(&f);
    /* An event of responses whose type is "error" is an item like the others. */
    begin(&f, &(WireAnswer){ EVENTS "event: error\ndata: {\"type\":\"error\",\"message\":\"m\"}\n\n", -1, WIRE_CLOSE }, 1);
    stream = kz_openai_responses_create_stream(f.openai, &(kz_response_params){ .model = "m", .input = "i" }, &f.error);
    const kz_openai_response_stream_event *event = kz_stream_next(stream, &f.error);
    g_assert_cmpstr(event->type, ==, "error");
    g_assert_cmpstr(event->message, ==, "m");
    kz_stream_close(stream);
    end(&f);
}

static void test_proxy(void)
{
    Fixture f;
    begin_proxied(&f, "http://127.0.0.1:9/v1", &(WireAnswer){ REPLY, -1, WIRE_CLOSE });
    kz_chat_completion *reply = kz_openai_chat_completions_create(f.openai, &hello, &f.error);
    g_assert_null(f.error);
    kz_free(reply);
    asked(&f, 0, "POST http://127.0.0.1:9/v1/chat/completions HTTP");
    asked(&f, 0, "Proxy-Authorization: Basic ");
    end(&f);
    /* Through a tunnel the proxy sees no credentials but its own. */
    begin_proxied(&f, "https://127.0.0.1:9/v1",
        &(WireAnswer){ "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", -1, WIRE_CLOSE });
    g_assert_null(kz_openai_chat_completions_create(f.openai, &hello, &f.error));
    asked(&f, 0, "CONNECT 127.0.0.1:9 HTTP");
    not_asked(&f, 0, "secret-key");
    g_assert_null(strstr(f.error->message, "secret"));
    expect_error(&f, KZ_ERROR_CONNECTION, "403");
    end(&f);
    begin_proxied(&f, "http://127.0.0.1:9/v1", NULL);
    g_assert_null(kz_openai_chat_completions_create(f.openai, &hello, &f.error));
    g_assert_null(strstr(f.error->message, "secret"));
    expect_error(&f, KZ_ERROR_CONNECTION, "No connection");
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/openai/a-chat-is-asked-and-goes-on-from-its-reply", test_chat);
    g_test_add_func("/openai/arguments-travel-by-their-names", test_arguments);
    g_test_add_func("/openai/stream-true-by-name-streams", test_stream_by_name);
    g_test_add_func("/openai/a-stream-of-something-that-is-there", test_stream_without_arguments_of_its_own);
    g_test_add_func("/openai/vectors-come-as-base64-or-numbers", test_vectors);
    g_test_add_func("/openai/pages-follow-the-cursor", test_pages);
    g_test_add_func("/openai/pages-that-repeat-have-an-end", test_pages_that_repeat);
    g_test_add_func("/openai/forms-have-brackets", test_forms);
    g_test_add_func("/openai/one-idempotency-key-serves-all-attempts", test_idempotency_key);
    g_test_add_func("/openai/tokenize-lies-beside-v1", test_tokenize);
    g_test_add_func("/openai/errors-of-engines-are-understood", test_errors_of_engines);
    g_test_add_func("/openai/what-takes-its-time-is-waited-for", test_poll);
    g_test_add_func("/openai/errors-in-good-answers-are-errors", test_errors_in_good_answers);
    g_test_add_func("/openai/headers-are-reachable-from-results", test_headers);
    g_test_add_func("/openai/the-printed-program-runs", test_printed_program);
    g_test_add_func("/openai/broken-promises-of-servers-go-unnoticed", test_broken_promises);
    g_test_add_func("/openai/a-proxy-is-gone-through", test_proxy);
    return g_test_run();
}
