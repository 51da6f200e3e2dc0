/* test-openai.c: the service openai with the n-th allocation failing: finding a deployment, whole answers from streams, the loop of
 * functions, vectors, on a loop of the program. See test-calls.c. */
#include "../wire/server.h"
#include "failing.h"

#include <glib.h>
#include <kamiwaza/openai.h>
#include <kamiwaza/serving.h>
#include <stdlib.h>
#include <string.h>

#define JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define EVENTS "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

static WireAnswer script[] = {
    { NULL, -1, WIRE_CLOSE, "GET /api/serving/deployments" },
    { JSON "[{\"id\":\"m\",\"repo_modelId\":\"org/big\"}]", -1, WIRE_CLOSE, "GET /api/models/" },
    { JSON "{\"data\":[{\"embedding\":\"AAAAPwAAoL8AAEBAAAAA\\u0041A==\"},{\"embedding\":[1,2.5]}]}", -1, WIRE_CLOSE,
        "POST /v1/embeddings" },
    { EVENTS "data: "
             "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"He\"},\"logprobs\":{"
             "\"content\":[{\"token\":\"He\"}]}}]}\n\n"
             "data: "
             "{\"choices\":[{\"index\":1,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":{\"name\":\"f\","
             "\"arguments\":\"{}\"}}]}}]}\n\n"
             "data: "
             "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"llo\"},\"finish_reason\":\"stop\"}],\"usage\":{\"total_"
             "tokens\":3}}\n\ndata: [DONE]\n\n",
        -1, WIRE_CLOSE, "POST /v1/chat/completions" },
    { EVENTS
        "data: "
        "{\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"output\":[{\"type\":\"message\",\"content\":[]}]}}\n\n",
        -1, WIRE_CLOSE, "POST /v1/responses" },
    { JSON "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\",\"type\":"
           "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
           "{\"id\":\"2\",\"type\":\"function\",\"function\":{\"name\":\"none\",\"arguments\":\"{\"}}]}}]}",
        -1, WIRE_CLOSE, "POST /first/chat/completions" },
    { "HTTP/1.1 500 What\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", -1, WIRE_CLOSE, "?" },
};

typedef struct Fixture {
    WireServer *server;
    kz_config *config;
    kz_client *client;
    kz_openai *openai;
    char *deployments;
} Fixture;

static const kz_chat_message message = { .role = "user", .content = "Hello" };
static const kz_chat_completion_params hello = { .model = "big", .messages = &message, .n_messages = 1 };

static void begin(Fixture *f)
{
    kz_error *error = NULL;
    f->server = wire_start(script, G_N_ELEMENTS(script));
    const char *url = wire_url(f->server);
    char *base = g_strconcat(url, "/api", NULL);
    f->deployments = g_strdup_printf(
        JSON "[{\"id\":\"d\",\"m_name\":\"big\",\"m_id\":\"m\",\"status\":\"DEPLOYED\",\"lb_port\":%s}]", strrchr(url, ':') + 1);
    script[0].text = f->deployments;
    f->config = kz_config_new(&error);
    kz_config_set_isolated(f->config, true, &error);
    kz_config_set(f->config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    kz_config_set(f->config, "base_url", base, &error);
    kz_config_set(f->config, "use_https", "false", &error);
    kz_config_set(f->config, "max_retries", "0", &error);
    f->client = kz_client_new(f->config, &error);
    f->openai = kz_client_openai(f->client, &error);
    kz_client_serving(f->client, &error);
    g_free(base);
    if (error)
        g_error("%s", error->message);
}

static void end(Fixture *f)
{
    kz_client_free(f->client);
    kz_config_free(f->config);
    wire_stop(f->server);
    g_free(f->deployments);
}

static bool took(void *result)
{
    kz_free(result);
    return result != NULL;
}

static kz_openai *at(Fixture *f, const char *folder, kz_error **error)
{
    char *url = g_strconcat(wire_url(f->server), folder, NULL);
    kz_openai *openai = kz_openai_with_options(f->openai, &(kz_call_options){ .base_url = url }, error);
    g_free(url);
    return openai;
}

/* A client that remembers no deployment yet; by the model of the call, or by a repository. */
static bool located(Fixture *f, const char *target, kz_error **error)
{
    kz_client *client = kz_client_new(f->config, error);
    kz_openai *openai = client ? kz_client_openai(client, error) : NULL;
    kz_openai *aimed = openai && target ? kz_openai_with_options(openai, &(kz_call_options){ .target = target }, error) : openai;
    kz_embeddings *all = aimed
        ? kz_openai_embeddings_create(aimed, &(kz_embeddings_params){ .model = "big", .input = "text" }, error)
        : NULL;
    g_assert_true(!all || (all->data[0]->n_embedding == 4 && all->data[1]->embedding[1] == 2.5f));
    kz_free(all);
    if (aimed != openai)
        kz_service_free(aimed);
    kz_client_free(client);
    return all != NULL;
}

static bool by_model(void *user, kz_error **error)
{
    return located(user, NULL, error);
}

static bool by_repository(void *user, kz_error **error)
{
    return located(user, "repo_id=org/big", error);
}

static bool on_a_loop(void *user, kz_error **error)
{
    Fixture *f = user;
    kz_client *client = kz_client_new(f->config, error);
    kz_openai *openai = client ? kz_client_openai(client, error) : NULL;
    kz_loop *loop = openai ? kz_loop_new(client, error) : NULL;
    kz_pending *pending = loop ? kz_submit(loop, openai, &kz_openai_embeddings_create_op,
                                     &(kz_embeddings_params){ .model = "big", .input = "text" }, NULL, NULL, error)
                               : NULL;
    while (pending && !kz_pending_is_done(pending))
        kz_loop_wait(loop, -1);
    bool fine = pending && took(kz_pending_take(pending, error));
    kz_pending_free(pending);
    kz_loop_free(loop);
    kz_client_free(client);
    return fine;
}

static bool accumulate(void *user, kz_error **error)
{
    kz_openai *openai = at(user, "/v1", error);
    kz_stream *stream = openai ? kz_openai_chat_completions_create_stream(openai, &hello, error) : NULL;
    kz_chat_accumulator *all = stream ? kz_chat_accumulator_new(openai, error) : NULL;
    for (const kz_chat_completion_chunk *chunk; all && !*error && (chunk = kz_stream_next(stream, error));)
        kz_chat_accumulator_add(all, chunk, error);
    kz_chat_completion *reply = all && !*error ? kz_chat_accumulator_result(all, error) : NULL;
    g_assert_true(!reply ||
        (reply->n_choices == 2 && !strcmp(reply->choices[0]->message->content, "Hello") &&
            reply->choices[1]->message->n_tool_calls == 1 && reply->choices[0]->logprobs->n_content == 1 &&
            strstr(kz_json_of(reply).text, "Hello")));
    kz_chat_accumulator_free(all);
    kz_stream_close(stream);
    kz_service_free(openai);
    return took(reply);
}

static bool accumulate_response(void *user, kz_error **error)
{
    kz_openai *openai = at(user, "/v1", error);
    kz_stream *stream = openai
        ? kz_openai_responses_create_stream(openai, &(kz_response_params){ .model = "m", .input = "i" }, error)
        : NULL;
    kz_openai_response_accumulator *all = stream ? kz_openai_response_accumulator_new(openai, error) : NULL;
    for (const kz_openai_response_stream_event *event; all && !*error && (event = kz_stream_next(stream, error));)
        kz_openai_response_accumulator_add(all, event, error);
    kz_openai_response *response = all && !*error ? kz_openai_response_accumulator_result(all, error) : NULL;
    kz_openai_response_accumulator_free(all);
    kz_stream_close(stream);
    kz_service_free(openai);
    return took(response);
}

static char *answer(void *user, kz_json arguments, kz_error **error)
{
    (void)user, (void)arguments, (void)error;
    return g_strdup("fine");
}

/* The model calls for ever: the second turn is the last. */
static bool functions(void *user, kz_error **error)
{
    const kz_chat_tool_function function = { .name = "f", .run = answer };
    kz_openai *openai = at(user, "/first", error);
    kz_error *failure = NULL;
    kz_chat_completion *reply = openai
        ? kz_openai_chat_run_tools(
              openai, &hello, &(kz_chat_tool_loop){ .functions = &function, .n_functions = 1, .max_turns = KZ_INT(2) }, &failure)
        : NULL;
    kz_service_free(openai);
    g_assert_null(reply);
    if (kz_error_is(failure, KZ_ERROR_STATE)) {
        kz_error_free(failure);
        return true;
    }
    kz_error_move(error, &failure);
    return false;
}

static const struct {
    const char *name;
    FailingWork work;
} works[] = {
    { "/memory/openai/a-deployment-by-its-model", by_model },
    { "/memory/openai/a-deployment-by-its-repository", by_repository },
    { "/memory/openai/a-deployment-on-a-loop", on_a_loop },
    { "/memory/openai/a-whole-answer", accumulate },
    { "/memory/openai/a-whole-response", accumulate_response },
    { "/memory/openai/functions-of-the-program", functions },
};

static void fail_each(gconstpointer data)
{
    Fixture f;
    begin(&f);
    failing_each(*(const FailingWork *)data, &f, false);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(works); i++)
        g_test_add_data_func(works[i].name, &works[i].work, fail_each);
    return g_test_run();
}
