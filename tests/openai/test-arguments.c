/* test-arguments.c: arguments in all their forms: tokens in place of texts, files alone or several, kinds of tools that no header
 * knows, lists in queries and pages, what the reference client calls extra_...; and answers that are text. */
#include "fixture.h"

#define OBJECT JSON "{}"

static void begin_any(Fixture *f)
{
    static const WireAnswer any = { OBJECT, -1, WIRE_CLOSE };
    begin(f, &any, 1);
}

static void by_name(Fixture *f, const char *name, const char *args)
{
    kz_answer answer;
    kz_call_by_name(f->client, name, (kz_json){ args, strlen(args) }, NULL, &answer, &f->error);
    if (answer.stream)
        kz_stream_close(answer.stream);
    kz_free(answer.result);
}

static void test_forms_of_input(void)
{
    Fixture f;
    begin_any(&f);
    kz_free(kz_openai_embeddings_create(f.openai,
        &(kz_embeddings_params){ .model = "e", .input_numbers = (const int64_t[]){ 1, 2 }, .n_input_numbers = 2 }, &f.error));
    asked(&f, 0, "\"input\":[1,2]");
    kz_free(kz_openai_embeddings_create(f.openai,
        &(kz_embeddings_params){
            .model = "e", .input_lists = (const kz_json[]){ KZ_JSON("[1,2]"), KZ_JSON("[3]") }, .n_input_lists = 2 },
        &f.error));
    asked(&f, 1, "\"input\":[[1,2],[3]]");
    kz_free(kz_openai_moderations_create(f.openai,
        &(kz_openai_moderations_create_params){
            .input_objects = (const kz_openai_moderation_part[]){ { .type = "text", .text = "x" } }, .n_input_objects = 1 },
        &f.error));
    asked(&f, 2, "\"input\":[{\"type\":\"text\",\"text\":\"x\"}]");
    g_assert_null(kz_openai_embeddings_create(f.openai,
        &(kz_embeddings_params){ .model = "e", .input = "x", .input_numbers = (const int64_t[]){ 1 }, .n_input_numbers = 1 },
        &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "two ways");
    g_assert_null(kz_openai_embeddings_create(f.openai, &(kz_embeddings_params){ .model = "e" }, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "input is required");
    end(&f);
}

/* By name the JSON says which form it is. */
static void test_forms_by_name(void)
{
    static const char *const inputs[] = { "\"x\"", "\"\"", "[]", "[\"x\",\"y\"]", "[1,2]", "[[1,2],[3]]" };
    for (gsize i = 0; i < G_N_ELEMENTS(inputs); i++) {
        Fixture f;
        begin_any(&f);
        char *args = g_strdup_printf("{\"model\":\"e\",\"input\":%s}", inputs[i]);
        char *sent = g_strdup_printf("\"input\":%s,", inputs[i]);
        by_name(&f, "openai.embeddings.create", args);
        asked(&f, 0, sent);
        g_free(args);
        end(&f);
        g_free(sent);
    }
    Fixture f;
    begin_any(&f);
    by_name(&f, "openai.embeddings.create", "{\"model\":\"e\",\"input\":[\"x\",5]}");
    expect_error(&f, KZ_ERROR_ARGUMENT, "input[1]");
    by_name(&f, "openai.embeddings.create", "{\"model\":\"e\",\"input\":[1,\"x\"]}");
    expect_error(&f, KZ_ERROR_ARGUMENT, "input[1]");
    g_assert_cmpuint(wire_count(f.server), ==, 0);
    end(&f);
}

static void test_one_file_or_several(void)
{
    Fixture f;
    begin_any(&f);
    const kz_upload files[] = { { .data = "x", .length = 1 }, { .data = "y", .length = 1 } };
    kz_openai_images_edit_params params = { .prompt = "p", .image = files };
    kz_free(kz_openai_images_edit(f.openai, &params, &f.error));
    asked(&f, 0, "name=\"image\"; filename=\"upload\"");
    params = (kz_openai_images_edit_params){ .prompt = "p", .image_list = files, .n_image_list = 1 };
    kz_free(kz_openai_images_edit(f.openai, &params, &f.error));
    asked(&f, 1, "name=\"image[]\"");
    by_name(&f, "openai.images.edit", "{\"prompt\":\"p\",\"image\":{\"$bytes\":\"eA==\"}}");
    asked(&f, 2, "name=\"image\"; filename=\"upload\"");
    by_name(&f, "openai.images.edit", "{\"prompt\":\"p\",\"image\":[{\"$bytes\":\"eA==\"},{\"$bytes\":\"eQ==\"}]}");
    asked(&f, 3, "name=\"image[]\"");
    /* A file or an object that names one. */
    by_name(&f, "openai.videos.edit", "{\"prompt\":\"p\",\"video\":{\"id\":\"v1\"}}");
    asked(&f, 4, "name=\"video[id]\"\r\n\r\nv1\r\n");
    by_name(&f, "openai.videos.edit", "{\"prompt\":\"p\",\"video\":{\"$bytes\":\"eA==\"}}");
    asked(&f, 5, "name=\"video\"; filename=\"upload\"");
    end(&f);
}

/* A tool of a kind that is newer than the header, and one that has two names. */
static void test_kinds_of_tools(void)
{
    Fixture f;
    begin_any(&f);
    const kz_openai_tool_input tools[] = { { .web_search = &(kz_openai_web_search_tool_input){ .search_context_size = "low" } },
        { .extra = KZ_JSON("{\"type\":\"newer\",\"x\":[1]}") } };
    kz_response_params params = { .model = "m", .input = "i", .tools = tools, .n_tools = 2 };
    kz_free(kz_openai_responses_create(f.openai, &params, &f.error));
    asked(&f, 0, "\"tools\":[{\"type\":\"web_search\",\"search_context_size\":\"low\"},{\"type\":\"newer\",\"x\":[1]}]");
    by_name(&f, "openai.responses.create",
        "{\"model\":\"m\",\"input\":\"i\",\"tools\":[{\"type\":\"web_search_2025_08_26\"},{\"type\":\"newer\",\"x\":[1]}]}");
    asked(&f, 1, "\"tools\":[{\"type\":\"web_search_2025_08_26\"},{\"type\":\"newer\",\"x\":[1]}]");
    const kz_openai_tool_input both = { .web_search = tools[0].web_search, .extra = tools[1].extra };
    params.tools = &both;
    params.n_tools = 1;
    g_assert_null(kz_openai_responses_create(f.openai, &params, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "tools[0]");
    const kz_openai_tool_input none = { 0 };
    params.tools = &none;
    g_assert_null(kz_openai_responses_create(f.openai, &params, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "needs one of its kinds");
    end(&f);
}

/* What the API lets be an object in one kind of item and text in another. */
static void test_items_of_input(void)
{
    static const char items[] =
        "[{\"type\":\"tool_search_call\",\"arguments\":{\"k\":[1]}},{\"type\":\"computer_call_output\","
        "\"call_id\":\"c\",\"output\":{\"type\":\"computer_screenshot\"}},{\"type\":\"shell_call_output\","
        "\"output\":[{\"stdout\":\"o\",\"outcome\":{\"type\":\"timeout\"}}]}]";
    Fixture f;
    begin_any(&f);
    char *args = g_strdup_printf("{\"model\":\"m\",\"input\":%s}", items);
    by_name(&f, "openai.responses.create", args);
    asked(&f, 0, "\"arguments\":{\"k\":[1]}");
    asked(&f, 0, "\"output\":{\"type\":\"computer_screenshot\"}");
    asked(&f, 0, "\"output\":[{\"stdout\":\"o\",\"outcome\":{\"type\":\"timeout\"}}]");
    end(&f);
    g_free(args);
}

static void test_queries(void)
{
    Fixture f;
    begin_any(&f);
    const char *const include[] = { "a", "b c" };
    kz_free(kz_openai_responses_retrieve(
        f.openai, &(kz_openai_responses_retrieve_params){ .response_id = "r", .include = include, .n_include = 2 }, &f.error));
    asked(&f, 0, "GET /v1/responses/r?include%5B%5D=a&include%5B%5D=b%20c HTTP");
    by_name(&f, "openai.beta.threads.runs.steps.list", "{\"thread_id\":\"t\",\"run_id\":\"r\",\"include\":[\"a\"]}");
    asked(&f, 1, "steps?include%5B%5D=a HTTP");
    /* Given as false it is said, too. */
    by_name(&f, "openai.responses.retrieve", "{\"response_id\":\"r\",\"stream\":false}");
    asked(&f, 2, "GET /v1/responses/r?stream=false HTTP");
    by_name(&f, "openai.chat.completions.create", "{\"model\":\"m\",\"messages\":[],\"stream\":false}");
    asked(&f, 3, "\"stream\":false");
    end(&f);
}

/* Their addresses have a query, and what to try is a header. */
static void test_responses_on_trial(void)
{
    Fixture f;
    begin_any(&f);
    const char *const betas[] = { "a=v1", "b" };
    kz_free(kz_openai_beta_responses_create(f.openai,
        &(kz_openai_beta_responses_create_params){ .betas = betas,
            .n_betas = 2,
            .model = "m",
            .input = KZ_JSON("[{\"type\":\"new\"}]"),
            .multi_agent = KZ_JSON("{\"k\":1}") },
        &f.error));
    asked(&f, 0, "POST /v1/responses?beta=true HTTP");
    asked(&f, 0, "\r\nopenai-beta: a=v1,b\r\n");
    asked(&f, 0, "\"input\":[{\"type\":\"new\"}]");
    asked(&f, 0, "\"multi_agent\":{\"k\":1}");
    by_name(&f, "openai.beta.responses.retrieve", "{\"response_id\":\"r\",\"include\":[\"a\"],\"betas\":[\"c\"]}");
    asked(&f, 1, "GET /v1/responses/r?beta=true&include%5B%5D=a HTTP");
    asked(&f, 1, "\r\nopenai-beta: c\r\n");
    by_name(&f, "openai.beta.responses.create", "{\"model\":\"m\",\"input\":\"x\",\"stream\":true}");
    asked(&f, 2, "\"stream\":true");
    by_name(&f, "openai.beta.responses.input_items.list", "{\"response_id\":\"r\",\"limit\":2}");
    asked(&f, 3, "GET /v1/responses/r/input_items?beta=true&limit=2 HTTP");
    by_name(&f, "openai.beta.responses.cancel", "{\"response_id\":\"r\"}");
    asked(&f, 4, "POST /v1/responses/r/cancel?beta=true HTTP");
    by_name(&f, "openai.beta.responses.delete", "{\"response_id\":\"r\"}");
    asked(&f, 5, "DELETE /v1/responses/r?beta=true HTTP");
    by_name(&f, "openai.beta.responses.input_tokens.count", "{\"input\":\"x\"}");
    asked(&f, 6, "POST /v1/responses/input_tokens?beta=true HTTP");
    by_name(&f, "openai.beta.responses.compact", "{\"model\":\"m\"}");
    asked(&f, 7, "POST /v1/responses/compact?beta=true HTTP");
    end(&f);
}

/* Every page is asked for with the same arguments, which are the program's again once the stream is open. */
static void test_pages_with_lists(void)
{
    Fixture f;
    const WireAnswer script[] = { { JSON "{\"data\":[{\"id\":\"a\"}],\"has_more\":true}", -1, WIRE_CLOSE },
        { JSON "{\"data\":[{\"id\":\"b\"}],\"has_more\":false}", -1, WIRE_CLOSE } };
    begin(&f, script, 2);
    char name[] = "logprobs", key[] = "k";
    const char *include[] = { name };
    kz_stream *items = kz_openai_conversations_items_list_each(f.openai,
        &(kz_openai_conversations_items_list_params){ .conversation_id = "c", .include = include, .n_include = 1 }, &f.error);
    memset(name, 'x', 8);
    include[0] = NULL;
    int count = 0;
    while (kz_stream_next(items, &f.error))
        count++;
    kz_stream_close(items);
    g_assert_cmpint(count, ==, 2);
    asked(&f, 0, "items?include%5B%5D=logprobs HTTP");
    asked(&f, 1, "include%5B%5D=logprobs");
    asked(&f, 1, "after=a");
    kz_string_entry pair = { key, "v" };
    kz_stream *all = kz_openai_chat_completions_list_each(
        f.openai, &(kz_openai_chat_completions_list_params){ .metadata = &pair, .n_metadata = 1 }, &f.error);
    *key = 'x';
    while (kz_stream_next(all, &f.error))
        ;
    kz_stream_close(all);
    asked(&f, 2, "/chat/completions?metadata%5Bk%5D=v");
    end(&f);
}

static void test_extra_arguments(void)
{
    Fixture f;
    begin_any(&f);
    by_name(&f, "openai.chat.completions.create",
        "{\"model\":\"m\",\"messages\":[],\"extra_headers\":{\"X-A\":\"b\",\"X-N\":null},\"timeout\":30,"
        "\"extra_query\":{\"q\":1,\"l\":[\"a\",true],\"o\":{\"k\":\"v w\"},\"n\":null},\"extra_body\":{\"foo\":{\"x\":null}}}");
    asked(&f, 0, "POST /v1/chat/completions?q=1&l%5B%5D=a&l%5B%5D=true&o%5Bk%5D=v%20w HTTP");
    asked(&f, 0, "X-A: b\r\n");
    not_asked(&f, 0, "X-N");
    g_assert_cmpstr(body_of(&f, 0), ==, "{\"model\":\"m\",\"messages\":[],\"foo\":{\"x\":null}}");
    by_name(&f, "openai.models.retrieve",
        "{\"model\":\"m\",\"timeout\":null,\"extra_headers\":null,\"extra_query\":null,\"extra_body\":null}");
    asked(&f, 1, "GET /v1/models/m HTTP");
    by_name(&f, "openai.models.retrieve", "{\"model\":\"m\",\"extra_query\":\"q=1\"}");
    expect_error(&f, KZ_ERROR_ARGUMENT, "extra_query is an object");
    by_name(&f, "openai.models.retrieve", "{\"model\":\"m\",\"timeout\":\"soon\"}");
    expect_error(&f, KZ_ERROR_ARGUMENT, "number of seconds");
    by_name(&f, "openai.models.retrieve", "{\"model\":\"m\",\"extra_headers\":{\"A b\":\"c\"}}");
    expect_error(&f, KZ_ERROR_ARGUMENT, "Header 1");
    g_assert_cmpuint(wire_count(f.server), ==, 2);
    end(&f);
    /* An operation that has an argument of that name keeps it. */
    begin(&f, &(WireAnswer){ JSON "{\"id\":\"b\",\"status\":\"in_progress\"}", -1, WIRE_CLOSE }, 1);
    by_name(&f, "openai.batches.poll", "{\"batch_id\":\"b\",\"poll_interval\":0.01,\"timeout\":0.05}");
    expect_error(&f, KZ_ERROR_TIMEOUT, "the batch b");
    end(&f);
}

static void test_timeout_by_name(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ HEAD("application/json", "4") "t", -1, WIRE_HANG }, 1);
    by_name(&f, "openai.models.retrieve", "{\"model\":\"m\",\"timeout\":0.05}");
    expect_error(&f, KZ_ERROR_TIMEOUT, "within 50 ms");
    end(&f);
}

/* Members that the header lacks travel in forms as well. */
static void test_forms_take_extra(void)
{
    Fixture f;
    begin_any(&f);
    kz_openai *more = kz_openai_with_options(
        f.openai, &(kz_call_options){ .body = KZ_JSON("{\"beam\":{\"size\":5},\"off\":null}") }, &f.error);
    kz_free(kz_openai_audio_translations_create(more,
        &(kz_openai_audio_translations_create_params){ .model = "w",
            .file = &(kz_upload){ .data = "x", .length = 1 },
            .extra = KZ_JSON("{\"vad_filter\":true,\"model\":\"other\"}") },
        &f.error));
    asked(&f, 0, "name=\"vad_filter\"\r\n\r\ntrue\r\n");
    asked(&f, 0, "name=\"beam[size]\"\r\n\r\n5\r\n");
    asked(&f, 0, "name=\"model\"\r\n\r\nother\r\n");
    not_asked(&f, 0, "\r\n\r\nw\r\n");
    not_asked(&f, 0, "\"off\"");
    kz_service_free(more);
    end(&f);
}

static void test_null_for_an_object(void)
{
    Fixture f;
    begin_any(&f);
    by_name(&f, "openai.chat.completions.update", "{\"completion_id\":\"c\",\"metadata\":null}");
    g_assert_cmpstr(body_of(&f, 0), ==, "{\"metadata\":null}");
    by_name(&f, "openai.chat.completions.update", "{\"completion_id\":\"c\"}");
    expect_error(&f, KZ_ERROR_ARGUMENT, "metadata is required");
    end(&f);
}

/* Asked for as text, subtitles and the like, an answer is no JSON. */
static void test_answers_of_text(void)
{
    static const struct {
        const char *type, *body, *text, *json;
    } all[] = {
        { "text/plain; charset=utf-8", "Gr\xc3\xbc\xc3\x9f\n", "Gr\xc3\xbc\xc3\x9f\n", "\"Gr\xc3\xbc\xc3\x9f\\n\"" },
        { "text/plain", "<i>she</i> said", "<i>she</i> said", "\"<i>she</i> said\"" },
        { "text/plain", "{laughs}", "{laughs}", "\"{laughs}\"" },
        { "text/plain", "{\"text\":\"said\"}", "said", "{\"text\":\"said\"}" },
        { "application/json", "1\n00:00 --> 00:01\nhi\n", "1\n00:00 --> 00:01\nhi\n", "\"1\\n00:00 --> 00:01\\nhi\\n\"" },
        { "application/json", "{\"text\":\"said\"}", "said", "{\"text\":\"said\"}" },
        { "text/plain", "", "", "\"\"" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        Fixture f;
        char *answer = g_strdup_printf(
            "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nConnection: close\r\n\r\n%s", all[i].type, all[i].body);
        begin(&f, &(WireAnswer){ answer, -1, WIRE_CLOSE }, 1);
        const kz_openai_audio_transcriptions_create_params params = {
            .model = "w", .file = &(kz_upload){ .data = "x", .length = 1 }, .response_format = "text"
        };
        kz_openai_create_transcription_response_verbose_json *said = kz_openai_audio_transcriptions_create(
            f.openai, &params, &f.error);
        g_assert_null(f.error);
        g_assert_cmpstr(said->text, ==, all[i].text);
        kz_json json = kz_json_of(said);
        g_assert_cmpmem(json.text, json.length, all[i].json, strlen(all[i].json));
        kz_free(said);
        end(&f);
        g_free(answer);
    }
    Fixture f;
    begin(&f, &(WireAnswer){ JSON "{\"text\":", -1, WIRE_CLOSE }, 1);
    by_name(&f, "openai.audio.transcriptions.create", "{\"model\":\"w\",\"file\":{\"$bytes\":\"eA==\"}}");
    expect_error(&f, KZ_ERROR_DECODE, NULL);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arguments/texts-tokens-and-parts", test_forms_of_input);
    g_test_add_func("/arguments/by-name-the-json-tells-the-form", test_forms_by_name);
    g_test_add_func("/arguments/one-file-or-several", test_one_file_or_several);
    g_test_add_func("/arguments/tools-of-kinds-that-are-newer", test_kinds_of_tools);
    g_test_add_func("/arguments/items-of-every-kind", test_items_of_input);
    g_test_add_func("/arguments/lists-in-queries-have-brackets", test_queries);
    g_test_add_func("/arguments/responses-on-trial", test_responses_on_trial);
    g_test_add_func("/arguments/pages-keep-lists-and-maps", test_pages_with_lists);
    g_test_add_func("/arguments/extra-headers-query-body-and-timeout", test_extra_arguments);
    g_test_add_func("/arguments/a-timeout-ends-the-call", test_timeout_by_name);
    g_test_add_func("/arguments/forms-take-extra-members", test_forms_take_extra);
    g_test_add_func("/arguments/null-for-an-object-is-sent", test_null_for_an_object);
    g_test_add_func("/arguments/answers-of-text", test_answers_of_text);
    return g_test_run();
}
