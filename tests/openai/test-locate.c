/* test-locate.c: calls find the deployment that answers: by its model, its identifier, its repository; remember it; and find it anew
 * when it is gone. */
#include "fixture.h"

#include <kamiwaza/async.h>

#define REPLY JSON "{\"choices\":[{\"message\":{\"content\":\"Hi\"}}]}"
#define DEPLOYMENT(id, name, model, status) \
    "{\"id\":\"" id "\",\"m_name\":\"" name "\",\"m_id\":\"" model "\",\"status\":\"" status "\",\"lb_port\":%s}"

/* A platform whose deployments listen on the port of a server of models. */
typedef struct Platform {
    Fixture f;
    WireServer *platform;
    WireAnswer script[2];
    char *deployments;
} Platform;

static void set_port(Platform *p, WireServer *models)
{
    const char *port = strrchr(wire_url(models), ':') + 1;
    g_free(p->deployments);
    p->deployments = g_strdup_printf(JSON "[" DEPLOYMENT("d0", "tiny", "m0", "STOPPED") "," DEPLOYMENT(
                                         "d1", "tiny", "m1", "DEPLOYED") "," DEPLOYMENT("d2", "big", "m2", "DEPLOYED") "]",
        "1", port, port);
    p->script[0].text = p->deployments;
}

static void platform_begin(Platform *p, WireServer *models)
{
    *p = (Platform){ .script = { { "", -1, WIRE_CLOSE, "GET /serving/deployments" },
                         { JSON "[{\"id\":\"m9\",\"repo_modelId\":\"x/y\"},{\"id\":\"m2\",\"repo_modelId\":\"org/big\"}]", -1,
                             WIRE_CLOSE, "GET /models/" } } };
    set_port(p, models);
    p->platform = wire_start(p->script, 2);
    begin_platform(&p->f, wire_url(p->platform));
}

static void platform_end(Platform *p)
{
    end(&p->f);
    wire_stop(p->platform);
    g_free(p->deployments);
}

static WireServer *models_start(void)
{
    static const WireAnswer answer = { REPLY, -1, WIRE_CLOSE };
    return wire_start(&answer, 1);
}

static void ask(Platform *p, kz_openai *openai)
{
    kz_chat_completion *reply = kz_openai_chat_completions_create(openai, &hello, &p->f.error);
    if (p->f.error)
        g_error("%s", p->f.error->message);
    g_assert_cmpstr(reply->choices[0]->message->content, ==, "Hi");
    kz_free(reply);
}

static void test_model(void)
{
    WireServer *models = models_start();
    Platform p;
    platform_begin(&p, models);
    for (int i = 0; i < 3; i++)
        ask(&p, p.f.openai);
    g_assert_cmpuint(wire_count(p.platform), ==, 1);
    g_assert_cmpuint(wire_count(models), ==, 3);
    g_assert_nonnull(strstr(wire_request(models, 0), "POST /v1/chat/completions HTTP"));
    g_assert_nonnull(strstr(wire_request(models, 0), "Authorization: Bearer secret-key"));
    platform_end(&p);
    wire_stop(models);
}

static void test_target(void)
{
    static const char *const targets[] = { "deployment_id=d2", "repo_id=org/big", "model=big", "model=d2" };
    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++) {
        WireServer *models = models_start();
        Platform p;
        platform_begin(&p, models);
        kz_openai *openai = kz_openai_with_options(p.f.openai, &(kz_call_options){ .target = targets[i] }, &p.f.error);
        ask(&p, openai);
        g_assert_cmpuint(wire_count(models), ==, 1);
        kz_service_free(openai);
        platform_end(&p);
        wire_stop(models);
    }
}

static void test_base_url(void)
{
    WireServer *models = models_start();
    Platform p;
    platform_begin(&p, models);
    char *url = g_strconcat(wire_url(models), "/elsewhere/v1/", NULL);
    kz_openai *openai = kz_openai_with_options(p.f.openai, &(kz_call_options){ .base_url = url }, &p.f.error);
    ask(&p, openai);
    g_assert_nonnull(strstr(wire_request(models, 0), "POST /elsewhere/v1/chat/completions HTTP"));
    g_assert_cmpuint(wire_count(p.platform), ==, 0);
    kz_service_free(openai);
    g_free(url);
    platform_end(&p);
    wire_stop(models);
}

static void test_unknown(void)
{
    WireServer *models = models_start();
    Platform p;
    platform_begin(&p, models);
    static const struct {
        const char *target, *said;
        int code;
    } all[] = { { "model=none", "Active: tiny, big", KZ_ERROR_NOT_FOUND }, { "repo_id=no/such", "no/such", KZ_ERROR_NOT_FOUND },
        { "colour=red", "none of deployment_id", KZ_ERROR_ARGUMENT }, { "deployment_id=d0", "d0", KZ_ERROR_NOT_FOUND } };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        kz_openai *openai = kz_openai_with_options(p.f.openai, &(kz_call_options){ .target = all[i].target }, &p.f.error);
        g_assert_null(kz_openai_chat_completions_create(openai, &hello, &p.f.error));
        expect_error(&p.f, all[i].code, all[i].said);
        kz_service_free(openai);
    }
    /* A call that names no model, where several answer. */
    g_assert_null(kz_openai_files_list(p.f.openai, NULL, &p.f.error));
    expect_error(&p.f, KZ_ERROR_ARGUMENT, "Several deployments");
    g_assert_cmpuint(wire_count(models), ==, 0);
    platform_end(&p);
    wire_stop(models);
}

/* What was remembered is gone: nobody listens there, or the platform's proxy says 404. */
static void test_gone(void)
{
    static const WireAnswer missing = { "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", -1,
        WIRE_CLOSE };
    for (int proxied = 0; proxied < 2; proxied++) {
        WireAnswer script = { REPLY, -1, WIRE_CLOSE };
        WireServer *models = wire_start(&script, 1), *moved = models_start();
        Platform p;
        platform_begin(&p, models);
        ask(&p, p.f.openai);
        set_port(&p, moved);
        if (proxied)
            script = missing;
        else
            wire_stop(models);
        ask(&p, p.f.openai);
        g_assert_cmpuint(wire_count(moved), ==, 1);
        g_assert_cmpuint(wire_count(p.platform), ==, 2);
        ask(&p, p.f.openai);
        g_assert_cmpuint(wire_count(p.platform), ==, 2);
        platform_end(&p);
        if (proxied)
            wire_stop(models);
        wire_stop(moved);
    }
}

/* A fault that stands is told as it came, once. */
static void test_not_gone(void)
{
    WireAnswer script = { REPLY, -1, WIRE_CLOSE };
    WireServer *models = wire_start(&script, 1);
    Platform p;
    platform_begin(&p, models);
    ask(&p, p.f.openai);
    script.text = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nConnection: "
                  "close\r\n\r\n{\"error\":{\"message\":\"no such adapter\"}}";
    g_assert_null(kz_openai_chat_completions_create(p.f.openai, &hello, &p.f.error));
    expect_error(&p.f, KZ_ERROR_NOT_FOUND, "no such adapter");
    g_assert_cmpuint(wire_count(models), ==, 2);
    platform_end(&p);
    wire_stop(models);
}

static void test_platform_fails(void)
{
    WireServer *models = models_start();
    Platform p;
    platform_begin(&p, models);
    p.script[0].text =
        "HTTP/1.1 401 No\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"detail\":\"who are you\"}";
    g_assert_null(kz_openai_chat_completions_create(p.f.openai, &hello, &p.f.error));
    expect_error(&p.f, KZ_ERROR_AUTHENTICATION, "who are you");
    p.script[0].text = NULL;
    g_assert_null(kz_openai_chat_completions_create(p.f.openai, &hello, &p.f.error));
    expect_error(&p.f, KZ_ERROR_CONNECTION, NULL);
    platform_end(&p);
    wire_stop(models);
}

static void done(kz_pending *pending, void *user)
{
    (void)pending;
    ++*(int *)user;
}

static kz_flow_control take(kz_pending *pending, void *item, void *user)
{
    const kz_chat_completion_chunk *chunk = item;
    (void)pending;
    g_string_append(user, chunk->choices[0]->delta->content);
    return KZ_GO_ON;
}

/* Nothing blocks: the loop runs the platform's request and the model's. */
static void test_asynchronous(void)
{
    WireAnswer script = { REPLY, -1, WIRE_CLOSE };
    WireServer *models = wire_start(&script, 1);
    Platform p;
    platform_begin(&p, models);
    kz_loop *loop = kz_loop_new(p.f.client, &p.f.error);
    int count = 0;
    kz_pending *calls[4];
    for (int i = 0; i < 4; i++)
        calls[i] = kz_submit(loop, p.f.openai, &kz_openai_chat_completions_create_op, &hello, done, &count, &p.f.error);
    kz_pending_free(calls[3]); /* while its first request runs */
    while (kz_loop_wait(loop, 10))
        ;
    g_assert_cmpint(count, ==, 3);
    for (int i = 0; i < 3; i++) {
        kz_chat_completion *reply = kz_pending_take(calls[i], &p.f.error);
        g_assert_null(p.f.error);
        g_assert_cmpstr(reply->choices[0]->message->content, ==, "Hi");
        kz_free(reply);
        kz_pending_free(calls[i]);
    }
    script.text = EVENTS
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n";
    GString *text = g_string_new(NULL);
    kz_pending *stream = kz_submit_stream(
        loop, p.f.openai, &kz_openai_chat_completions_create_stream_op, &hello, take, NULL, text, &p.f.error);
    kz_loop_free(loop); /* ends it, whatever it waits for */
    g_assert_null(kz_pending_take(stream, &p.f.error));
    expect_error(&p.f, KZ_ERROR_CANCELLED, NULL);
    kz_pending_free(stream);
    g_string_free(text, TRUE);
    kz_stream *pulled = kz_openai_chat_completions_create_stream(p.f.openai, &hello, &p.f.error);
    const kz_chat_completion_chunk *chunk = kz_stream_next(pulled, &p.f.error);
    g_assert_cmpstr(chunk->choices[0]->delta->content, ==, "a");
    kz_stream_close(pulled);
    platform_end(&p);
    wire_stop(models);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/locate/by-the-model-and-remembered", test_model);
    g_test_add_func("/locate/by-deployment-repository-model", test_target);
    g_test_add_func("/locate/an-address-of-the-call-wins", test_base_url);
    g_test_add_func("/locate/what-does-not-answer-is-named", test_unknown);
    g_test_add_func("/locate/what-is-gone-is-found-anew", test_gone);
    g_test_add_func("/locate/what-is-not-gone-is-told", test_not_gone);
    g_test_add_func("/locate/a-fault-of-the-platform-is-told", test_platform_fails);
    g_test_add_func("/locate/nothing-blocks", test_asynchronous);
    return g_test_run();
}
