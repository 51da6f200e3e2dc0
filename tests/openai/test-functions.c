/* test-functions.c: whole answers from streams, functions that a model calls, replies that are JSON. */
#include "fixture.h"

#include <stdlib.h>

#define CHUNK(choices) \
    "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"tiny\",\"choices\":[" choices "]}\n\n"

#define USAGE(tokens) "data: {\"id\":\"c\",\"choices\":[],\"usage\":{" tokens "}}\n\n"
#define CALL_PIECE(piece) "{\"index\":1,\"delta\":{\"tool_calls\":[{" piece "}]}}"

/* Two choices, interleaved; text, refusal, reasoning, calls of tools in pieces; usage midway and at the end. */
/* clang-format off */
static const char pieces[] = EVENTS
    CHUNK("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null}}")
    CHUNK("{\"index\":1,\"delta\":{\"role\":\"assistant\",\"content\":\"B\"}}")
    CHUNK("{\"index\":0,\"delta\":{\"reasoning_content\":\"so\"}}")
    CHUNK("{\"index\":0,\"delta\":{\"content\":\"Hel\"},\"logprobs\":{\"content\":[{\"token\":\"Hel\",\"logprob\":-1}]}}")
    USAGE("\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8")
    CHUNK("{\"index\":0,\"delta\":{\"content\":\"lo\\u0000\"},\"logprobs\":{\"content\":[{\"token\":\"lo\",\"logprob\":-2}]}}")
    CHUNK(CALL_PIECE("\"index\":0,\"id\":\"t0\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}"))
    CHUNK(CALL_PIECE("\"index\":1,\"id\":\"t1\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}"))
    CHUNK(CALL_PIECE("\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\"\"}"))
    CHUNK(CALL_PIECE("\"index\":0,\"function\":{\"arguments\":\":1\"}"))
    CHUNK("{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}")
    CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}")
    USAGE("\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7")
    "data: [DONE]\n\n";
/* clang-format on */

static kz_chat_completion *accumulate(Fixture *f)
{
    kz_stream *stream = kz_openai_chat_completions_create_stream(f->openai, &hello, &f->error);
    kz_chat_accumulator *all = kz_chat_accumulator_new(f->openai, &f->error);
    for (const kz_chat_completion_chunk *chunk; (chunk = kz_stream_next(stream, &f->error));)
        kz_chat_accumulator_add(all, chunk, &f->error);
    kz_stream_close(stream);
    g_assert_cmpuint(strlen(kz_chat_accumulator_text(all, 0)), ==, 5);
    g_assert_cmpstr(kz_chat_accumulator_text(all, 9), ==, "");
    kz_chat_completion *answer = kz_chat_accumulator_result(all, &f->error);
    kz_chat_accumulator_free(all);
    return answer;
}

static void test_accumulator(void)
{
    for (int flags = WIRE_CLOSE; flags <= (WIRE_CLOSE | WIRE_BYTES); flags += WIRE_BYTES) {
        Fixture f;
        begin(&f, &(WireAnswer){ pieces, -1, flags }, 1);
        kz_chat_completion *answer = accumulate(&f);
        g_assert_null(f.error);
        g_assert_cmpstr(answer->id, ==, "c");
        g_assert_cmpint(answer->created.value, ==, 5);
        g_assert_cmpint(answer->usage->prompt_tokens.value, ==, 3); /* once, though each choice reports it */
        g_assert_cmpint(answer->usage->completion_tokens.value, ==, 9);
        g_assert_cmpuint(answer->n_choices, ==, 2);
        const kz_chat_choice *first = answer->choices[0], *second = answer->choices[1];
        g_assert_cmpstr(first->message->content, ==, "Hello");
        g_assert_cmpuint(kz_string_length(first->message->content), ==, 6); /* and the NUL */
        g_assert_cmpstr(first->message->reasoning_content, ==, "so");
        g_assert_cmpstr(first->finish_reason, ==, "stop");
        g_assert_cmpuint(first->logprobs->n_content, ==, 2);
        g_assert_cmpstr(first->logprobs->content[1]->token, ==, "lo");
        g_assert_cmpstr(second->message->content, ==, "B");
        g_assert_cmpuint(second->message->n_tool_calls, ==, 2);
        g_assert_cmpstr(second->message->tool_calls[0]->function->arguments, ==, "{\"a\":1"); /* cut by the limit */
        g_assert_cmpstr(second->message->tool_calls[1]->function->name, ==, "g");
        g_assert_cmpstr(second->finish_reason, ==, "length");
        /* The whole answer has JSON of its own, and may go back. */
        kz_json text = kz_json_of(answer);
        g_assert_true(kz_json_check(text, &f.error));
        char *json = g_strndup(text.text, text.length);
        g_assert_nonnull(strstr(json, "\"total_tokens\":12"));
        g_assert_nonnull(strstr(json, "{\"token\":\"lo\",\"logprob\":-2}"));
        g_free(json);
        const kz_chat_message back = { .from = second->message };
        kz_free(kz_openai_chat_completions_create(
            f.openai, &(kz_chat_completion_params){ .model = "m", .messages = &back, .n_messages = 1 }, NULL));
        asked(&f, 1, "\"tool_calls\":[{\"id\":\"t0\"");
        kz_free(answer);
        end(&f);
    }
}

/* One report for all, or one that grows, is the last one's word. */
static void test_usage(void)
{
    static const char *const all[] = {
        CHUNK("{\"index\":0,\"delta\":{}}") CHUNK("{\"index\":1,\"delta\":{}}")
            USAGE("\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7,\"x\":1"),
        CHUNK("{\"index\":0,\"delta\":{}}") USAGE("\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4")
            USAGE("\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7"),
        ("data: {\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":{\"completion_tokens\":1,\"total_tokens\":4}}\n\n"
         "data: {\"choices\":[{\"index\":1,\"delta\":{}}],\"usage\":{\"completion_tokens\":4,\"total_tokens\":7}}\n\n"),
    };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        Fixture f;
        char *text = g_strconcat(EVENTS, all[i], "data: [DONE]\n\n", NULL);
        begin(&f, &(WireAnswer){ text, -1, WIRE_CLOSE }, 1);
        kz_stream *stream = kz_openai_chat_completions_create_stream(f.openai, &hello, &f.error);
        kz_chat_accumulator *sum = kz_chat_accumulator_new(f.openai, &f.error);
        for (const kz_chat_completion_chunk *chunk; (chunk = kz_stream_next(stream, &f.error));)
            kz_chat_accumulator_add(sum, chunk, &f.error);
        kz_chat_completion *answer = kz_chat_accumulator_result(sum, &f.error);
        g_assert_cmpint(answer->usage->completion_tokens.value, ==, 4);
        g_assert_cmpint(answer->usage->total_tokens.value, ==, 7);
        kz_free(answer);
        kz_chat_accumulator_free(sum);
        kz_stream_close(stream);
        end(&f);
        g_free(text);
    }
}

/* Numbers that no server means end in an error and not in memory that runs out. */
static void test_absurd_index(void)
{
    static const char *const bad[] = { "{\"index\":1000000000,\"delta\":{}}", "{\"index\":-1,\"delta\":{}}",
        "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":99999999}]}}", "{\"index\":1024,\"delta\":{}}",
        "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1024}]}}" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        Fixture f;
        char *text = g_strdup_printf(EVENTS "data: {\"choices\":[%s]}\n\n", bad[i]);
        begin(&f, &(WireAnswer){ text, -1, WIRE_CLOSE }, 1);
        kz_stream *stream = kz_openai_chat_completions_create_stream(f.openai, &hello, &f.error);
        kz_chat_accumulator *all = kz_chat_accumulator_new(f.openai, &f.error);
        g_assert_false(kz_chat_accumulator_add(all, kz_stream_next(stream, &f.error), &f.error));
        expect_error(&f, KZ_ERROR_DECODE, "no server");
        kz_chat_accumulator_free(all);
        kz_stream_close(stream);
        end(&f);
        g_free(text);
    }
}

#define EVENT(json) "event: x\ndata: " json "\n\n"
#define BEGUN                                                                                                                   \
    EVENT("{\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"status\":\"in_progress\",\"output\":[]}}")               \
    EVENT("{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"m\",\"role\":"   \
          "\"assistant\",\"content\":[]}}")                                                                                     \
    EVENT("{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"He\"}")                  \
    EVENT("{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"llo\"}")                 \
    EVENT("{\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"type\":\"function_call\",\"call_id\":\"x\"," \
          "\"name\":\"f\",\"arguments\":\"\"}}")                                                                                \
    EVENT("{\"type\":\"response.function_call_arguments.delta\",\"output_index\":1,\"delta\":\"{\\\"a\\\"\"}")

static kz_openai_response *accumulate_response(Fixture *f, const char *text)
{
    begin(f, &(WireAnswer){ text, -1, WIRE_CLOSE }, 1);
    kz_stream *stream = kz_openai_responses_create_stream(
        f->openai, &(kz_response_params){ .model = "m", .input = "hi" }, &f->error);
    kz_openai_response_accumulator *all = kz_openai_response_accumulator_new(f->openai, &f->error);
    for (const kz_openai_response_stream_event *event; (event = kz_stream_next(stream, &f->error));)
        kz_openai_response_accumulator_add(all, event, &f->error);
    kz_stream_close(stream);
    kz_openai_response *response = kz_openai_response_accumulator_result(all, &f->error);
    kz_openai_response_accumulator_free(all);
    return response;
}

static char *without_spaces(kz_json json)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < json.length; i++)
        if (json.text[i] != ' ')
            g_string_append_c(text, json.text[i]);
    return g_string_free(text, FALSE);
}

/* Of a stream that is cut all that came is there, of whatever kind. */
static void test_cut_response(void)
{
    static const struct {
        const char *item, *events, *holds;
    } all[] = {
        { "\"reasoning\",\"id\":\"i\",\"summary\":[]",
            EVENT("{\"type\":\"response.reasoning_summary_text.delta\",\"output_index\":0,\"summary_index\":1,\"delta\":\"b\"}")
                EVENT(
                    "{\"type\":\"response.reasoning_summary_text.delta\",\"output_index\":0,\"summary_index\":0,\"delta\":\"a\"}")
                    EVENT("{\"type\":\"response.reasoning_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"so\"}"),
            "\"summary\":[{\"type\":\"summary_text\",\"text\":\"a\"},{\"type\":\"summary_text\",\"text\":\"b\"}],"
            "\"content\":[{\"type\":\"reasoning_text\",\"text\":\"so\"}]" },
        { "\"message\",\"role\":\"assistant\",\"content\":[]",
            EVENT("{\"type\":\"response.refusal.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"I may\"}")
                EVENT("{\"type\":\"response.refusal.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\" not\"}"),
            "\"content\":[{\"type\":\"refusal\",\"refusal\":\"I may not\"}]" },
        { "\"custom_tool_call\",\"input\":\"\"",
            EVENT("{\"type\":\"response.custom_tool_call_input.delta\",\"output_index\":0,\"delta\":\"in\"}"),
            "\"input\":\"in\"" },
        { "\"mcp_call\",\"arguments\":\"\"",
            EVENT("{\"type\":\"response.mcp_call_arguments.delta\",\"output_index\":0,\"delta\":\"{}\"}"),
            "\"arguments\":\"{}\"" },
        { "\"code_interpreter_call\",\"code\":null",
            EVENT("{\"type\":\"response.code_interpreter_call_code.delta\",\"output_index\":0,\"delta\":\"1+1\"}"),
            "\"code\":\"1+1\"" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        Fixture f;
        char *text = g_strdup_printf(EVENTS
            "data: {\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}\n\n"
            "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":%s}}\n\n%s",
            all[i].item, all[i].events);
        kz_openai_response *response = accumulate_response(&f, text);
        g_assert_null(f.error);
        kz_json json = kz_json_of(response);
        char *whole = without_spaces(json), *wanted = without_spaces((kz_json){ all[i].holds, strlen(all[i].holds) });
        if (!strstr(whole, wanted))
            g_error("%s lacks %s", whole, wanted);
        g_free(whole);
        g_free(wanted);
        kz_free(response);
        end(&f);
        g_free(text);
    }
}

static void test_responses(void)
{
    Fixture f;
    kz_openai_response *cut = accumulate_response(&f, EVENTS BEGUN);
    g_assert_cmpuint(cut->n_output, ==, 2);
    g_assert_cmpstr(cut->output[0]->message->content[0]->output_text->text, ==, "Hello");
    g_assert_cmpstr(cut->output[1]->function_call->arguments, ==, "{\"a\"");
    kz_free(cut);
    end(&f);
    kz_openai_response *whole = accumulate_response(&f,
        EVENTS BEGUN EVENT("{\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\",\"output\":[{"
                           "\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Whole\"}]}]}}"));
    g_assert_cmpstr(whole->status, ==, "completed");
    g_assert_cmpuint(whole->n_output, ==, 1);
    g_assert_cmpstr(whole->output[0]->message->content[0]->output_text->text, ==, "Whole");
    kz_free(whole);
    end(&f);
    g_assert_null(accumulate_response(&f, EVENTS "data: [DONE]\n\n"));
    expect_error(&f, KZ_ERROR_STATE, "No event");
    end(&f);
}

/* ---- functions that a model calls ---- */

#define CALLS(list)                                                                                              \
    JSON "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" list \
         "]},\"finish_reason\":\"tool_calls\"}]}"
#define CALL(id, name, arguments) \
    "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"arguments\":\"" arguments "\"}}"
#define SAYS(text)                                                                                                               \
    JSON "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" text "\"},\"finish_reason\":\"stop\"}]" \
         "}"

static char *weather(void *user, kz_json arguments, kz_error **error)
{
    int *count = user;
    kz_json place = kz_json_member(arguments, "place");
    if (!place.text) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "place", "Which place?");
        return NULL;
    }
    ++*count;
    return g_strdup_printf("Sun in %.*s", (int)place.length - 2, place.text + 1);
}

static bool count_turns(void *user, const kz_chat_completion *reply)
{
    g_assert_nonnull(reply);
    return --*(int *)user >= 0;
}

static kz_chat_completion *run_tools(Fixture *f, const WireAnswer *script, gsize n, kz_chat_tool_loop loop)
{
    static int count;
    const kz_chat_tool_function function = { .name = "weather",
        .description = "The weather",
        .parameters = KZ_JSON("{\"type\":\"object\"}"),
        .run = weather,
        .user = &count };
    begin(f, script, n);
    loop.functions = &function;
    loop.n_functions = 1;
    return kz_openai_chat_run_tools(f->openai, &hello, &loop, &f->error);
}

static void test_tools(void)
{
    Fixture f;
    const WireAnswer script[] = { { CALLS(CALL("1", "weather", "{\\\"place\\\":\\\"Oslo\\\"}") "," CALL(
                                        "2", "weather", "{}") "," CALL("3", "guess", "{}") "," CALL("4", "weather", "{\\\"pl")),
                                      -1, WIRE_CLOSE },
        { SAYS("Sunny."), -1, WIRE_CLOSE } };
    kz_chat_completion *reply = run_tools(&f, script, 2, (kz_chat_tool_loop){ 0 });
    g_assert_null(f.error);
    g_assert_cmpstr(reply->choices[0]->message->content, ==, "Sunny.");
    kz_free(reply);
    asked(&f, 0,
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"description\":\"The "
        "weather\",\"parameters\":{\"type\":\"object\"}}}]");
    asked(&f, 1, "{\"role\":\"tool\",\"content\":\"Sun in Oslo\",\"tool_call_id\":\"1\"}");
    asked(&f, 1, "{\"role\":\"tool\",\"content\":\"Error: Which place?\",\"tool_call_id\":\"2\"}");
    asked(&f, 1, "Error: There is no function guess.");
    asked(&f, 1, "Error: The arguments of weather are no JSON");
    asked(&f, 1, "\"tool_calls\":[{\"id\":\"1\"");
    end(&f);
}

static void test_tools_end(void)
{
    Fixture f;
    const WireAnswer again = { CALLS(CALL("1", "weather", "{\\\"place\\\":\\\"Oslo\\\"}")), -1, WIRE_CLOSE };
    const WireAnswer wrong = { CALLS(CALL("1", "weather", "{}")), -1, WIRE_CLOSE };
    g_assert_null(run_tools(&f, &again, 1, (kz_chat_tool_loop){ .max_turns = KZ_INT(3) }));
    expect_error(&f, KZ_ERROR_STATE, "after 3 turns");
    g_assert_cmpuint(wire_count(f.server), ==, 3);
    end(&f);
    g_assert_null(run_tools(&f, &wrong, 1, (kz_chat_tool_loop){ .errors_end = KZ_TRUE }));
    expect_error(&f, KZ_ERROR_ARGUMENT, "Which place?");
    end(&f);
    int left = 1;
    g_assert_null(run_tools(&f, &again, 1, (kz_chat_tool_loop){ .turn = count_turns, .user = &left }));
    expect_error(&f, KZ_ERROR_CANCELLED, NULL);
    g_assert_cmpuint(wire_count(f.server), ==, 2);
    g_assert_null(kz_openai_chat_run_tools(f.openai, &hello, &(kz_chat_tool_loop){ 0 }, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "at least one");
    end(&f);
}

static void test_json(void)
{
    static const struct {
        const char *message;
        int code;
        const char *path;
    } all[] = {
        { "\"message\":{\"content\":\"{\\\"a\\\":1}\"},\"finish_reason\":\"stop\"", 0, NULL },
        { "\"message\":{\"content\":null,\"refusal\":\"I may not.\"}", KZ_ERROR_STATE, "refusal" },
        { "\"message\":{\"content\":\"{\\\"a\"},\"finish_reason\":\"length\"", KZ_ERROR_STATE, "length" },
        { "\"message\":{\"content\":\"Sure!\"}", KZ_ERROR_DECODE, NULL },
        { "\"message\":{\"content\":null}", KZ_ERROR_DECODE, NULL },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        Fixture f;
        char *text = g_strdup_printf(JSON "{\"choices\":[{%s}]}", all[i].message);
        begin(&f, &(WireAnswer){ text, -1, WIRE_CLOSE }, 1);
        kz_chat_completion *reply = kz_openai_chat_completions_create(f.openai, &hello, &f.error);
        kz_json json;
        g_assert_true(kz_openai_chat_json(f.openai, reply, &json, &f.error) == !all[i].code);
        if (!all[i].code)
            g_assert_cmpmem(json.text, json.length, "{\"a\":1}", 7);
        else {
            if (all[i].path)
                g_assert_cmpstr(f.error->path, ==, all[i].path);
            expect_error(&f, all[i].code, NULL);
        }
        kz_free(reply);
        end(&f);
        g_free(text);
    }
}

/* A type of some service as the form of an answer, and the answer read as it. */
static void test_types(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ JSON "{}", -1, WIRE_CLOSE }, 1);
    kz_json_value *schema = kz_type_schema(f.openai, "kz_completion_usage", &f.error);
    g_assert_null(f.error);
    g_assert_true(kz_json_check(schema->value, &f.error));
    char *text = g_strndup(schema->value.text, schema->value.length);
    g_assert_nonnull(strstr(text, "\"prompt_tokens\":{\"type\":\"integer\"}"));
    g_assert_nonnull(strstr(text, "\"additionalProperties\":false"));
    g_free(text);
    kz_free(schema);
    kz_completion_usage *usage = kz_type_read(
        f.openai, &kz_openai_chat_interface, "kz_completion_usage", sizeof *usage, KZ_JSON("{\"prompt_tokens\":3}"), &f.error);
    g_assert_cmpint(usage->prompt_tokens.value, ==, 3);
    kz_free(usage);
    g_assert_null(kz_type_read(f.openai, &kz_openai_chat_interface, "kz_completion_usage", sizeof *usage,
        KZ_JSON("{\"prompt_tokens\":\"x\"}"), &f.error));
    expect_error(&f, KZ_ERROR_DECODE, "prompt_tokens");
    g_assert_null(kz_type_schema(f.openai, "kz_nothing", &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "kz_nothing");
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/functions/pieces-become-one-answer", test_accumulator);
    g_test_add_func("/functions/usage-is-counted-once", test_usage);
    g_test_add_func("/functions/absurd-places-are-refused", test_absurd_index);
    g_test_add_func("/functions/events-become-one-response", test_responses);
    g_test_add_func("/functions/what-came-of-a-cut-response-is-there", test_cut_response);
    g_test_add_func("/functions/the-model-calls-functions", test_tools);
    g_test_add_func("/functions/a-loop-of-tools-ends", test_tools_end);
    g_test_add_func("/functions/json-or-why-not", test_json);
    g_test_add_func("/functions/types-are-forms-of-answers", test_types);
    return g_test_run();
}
