/* test-between.c: what a loop keeps from one call to the next: handles that know nothing of the last call, sockets that are open. Looks
 * into the core, which is linked in. */
#include "fixture.h"
#include "loop.h"

/* The call is its program's again, memory and all: libcurl must not write its next error there. */
static void test_handles_let_go(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ TRUE_ANSWER, -1, 0, NULL });
    kz_service *service = (kz_service *)(void *)f.kinds;
    kzi_instance *owner;
    kzi_call call = { 0 };
    kzi_run run = { 0 };
    const kz_operation *op = kzi_operation_of(service, &kz_kinds_truth_op, &owner, &f.error);
    kzi_call_prepare(&call, service, owner, op, &kz_kinds_truth_op, NULL, &f.error);
    kzi_loop *loop = kzi_loop_acquire(f.client, &f.error);
    no_error(&f);
    call.user = &run;
    kzi_loop_add(loop, &call);
    kzi_loop_run(loop, &call);
    kzi_loop_remove(loop, &call);
    g_assert_nonnull(call.result);
    g_assert_cmpuint(loop->n_spares, ==, 1);
    CURL *spare = loop->spares[0];
    curl_easy_setopt(spare, CURLOPT_URL, NULL);
    g_assert_cmpint(curl_easy_perform(spare), ==, CURLE_URL_MALFORMAT);
    g_assert_cmpstr(call.curl_error, ==, "");
    kz_free(call.result);
    kzi_call_clear(&call);
    kzi_loop_release(loop);
    end(&f);
}

/* A number that the system has given to somebody else is no connection of ours. */
static void test_sockets_are_forgotten(void)
{
    enum { CLOSED = 5 };
    Fixture f;
    WireAnswer script[CLOSED + 1];
    for (int i = 0; i < CLOSED; i++)
        script[i] = (WireAnswer){ UNTIL_CLOSE("application/json") "true", -1, WIRE_CLOSE, NULL };
    script[CLOSED] = (WireAnswer){ TRUE_ANSWER, -1, 0, NULL };
    begin(&f, script, CLOSED + 1, NULL);
    for (int i = 0; i < CLOSED; i++) {
        g_assert_cmpint(ask_for_truth(&f), ==, 1);
        g_assert_cmpuint(f.client->pool->n_sockets, ==, 0);
    }
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(ask_for_truth(&f), ==, 1);
        g_assert_cmpuint(f.client->pool->n_sockets, ==, 1);
    }
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/between/handles-let-go-of-their-call", test_handles_let_go);
    g_test_add_func("/between/closed-sockets-are-forgotten", test_sockets_are_forgotten);
    return g_test_run();
}
