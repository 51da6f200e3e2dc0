/* test-ended.c: calls of one thread that another one ends, by a token or by freeing the client: while they wait for an answer, within a
 * stream, between the steps of a flow. */
#include "../wire/server.h"
#include "fixture.h"

#include <kamiwaza/cluster.h>
#include <kamiwaza/models.h>
#include <pthread.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"hostname\":\"h\"}"

typedef struct Caller {
    kz_client *client;
    kz_cancel *token;
    pthread_t thread;
    void (*call)(struct Caller *c, kz_error **error);
    int code; /* of the error that it ended with */
} Caller;

static void ask_name(Caller *c, kz_error **error)
{
    kz_cluster *cluster = kz_client_cluster(c->client, error);
    if (c->token)
        cluster = kz_cluster_with_options(cluster, &(kz_call_options){ .cancel = c->token }, error);
    kz_free(kz_cluster_get_hostname(cluster, NULL, error));
    if (c->token)
        kz_service_free(cluster);
}

static void read_stream(Caller *c, kz_error **error)
{
    kz_openai *openai = kz_client_openai(c->client, error), *with = openai;
    if (c->token)
        with = kz_openai_with_options(openai, &(kz_call_options){ .cancel = c->token }, error);
    kz_stream *chunks = kz_openai_chat_completions_create_stream(with, &hello, error);
    while (chunks && kz_stream_next(chunks, error))
        ;
    kz_stream_close(chunks);
    if (c->token)
        kz_service_free(with);
}

/* A flow that looks again and again, and sleeps in between. */
static void wait_for_download(Caller *c, kz_error **error)
{
    const kz_models_wait_for_download_params params = { .repo_id = "org/one", .polling_interval = KZ_NUMBER(1000) };
    kz_models *models = kz_client_models(c->client, error), *with = models;
    if (c->token)
        with = kz_models_with_options(models, &(kz_call_options){ .cancel = c->token }, error);
    kz_free(kz_models_wait_for_download(with, &params, error));
    if (c->token)
        kz_service_free(with);
}

static void *run_caller(void *data)
{
    Caller *c = data;
    kz_error *error = NULL;
    c->call(c, &error);
    if (error)
        g_test_message("%s: %s", kz_error_class(error->code), error->message);
    c->code = error ? (int)error->code : 0;
    kz_error_free(error);
    return NULL;
}

/* Starts the call, waits until the server has been asked, does `meanwhile`, and sees the call end as cancelled. */
static void end_meanwhile(void (*call)(Caller *, kz_error **), const WireAnswer *answer, bool by_token)
{
    const WireAnswer script[] = { { OK, -1, 0, NULL }, *answer };
    WireServer *server = wire_start(script, 2);
    kz_error *error = NULL;
    Caller c = { .client = client_of(wire_url(server), wire_url(server)), .call = call };
    kz_free(kz_cluster_get_hostname(kz_client_cluster(c.client, &error), NULL, &error)); /* no connecting wakes the next call */
    c.token = by_token ? kz_cancel_new(&error) : NULL;
    g_assert_cmpint(pthread_create(&c.thread, NULL, run_caller, &c), ==, 0);
    wire_wait(server, 2);
    if (by_token)
        kz_cancel_now(c.token);
    else
        kz_client_free(c.client);
    pthread_join(c.thread, NULL);
    g_assert_cmpint(c.code, ==, KZ_ERROR_CANCELLED);
    if (by_token)
        kz_client_free(c.client);
    kz_cancel_free(c.token);
    wire_stop(server);
}

static void test_ended_meanwhile(void)
{
    const WireAnswer silence = { "HTTP/1.1 200 OK\r\n", -1, WIRE_HANG, NULL };
    const WireAnswer begun = { "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {\"choices\":[]}\n\n", -1,
        WIRE_HANG, NULL };
    const WireAnswer on_its_way = { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 66\r\n\r\n"
                                    "[{\"name\":\"f\",\"is_downloading\":true,\"download_elapsed\":\"00:00:01\"}]",
        -1, 0, NULL };
    for (int by_token = 0; by_token <= 1; by_token++) {
        end_meanwhile(ask_name, &silence, by_token);
        end_meanwhile(read_stream, &silence, by_token);
        end_meanwhile(read_stream, &begun, by_token);
        end_meanwhile(wait_for_download, &on_its_way, by_token);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/threads/a-token-or-the-end-of-the-client-ends-calls-of-others", test_ended_meanwhile);
    return g_test_run();
}
