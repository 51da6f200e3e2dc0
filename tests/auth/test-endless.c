/* test-endless.c: providers that come to no end, and requests of theirs that nobody drives any more: calls end all the same. */
#include "../client.h"
#include "../faults/clock.h"
#include "gate.h"

#include <kamiwaza/async.h>

static kz_step go_on(void *self, kz_provider_step *step, kz_error **error)
{
    (void)self, (void)step, (void)error;
    return KZ_STEP_WAIT; /* for no time at all */
}

static void test_provider_without_an_end(void)
{
    Visit v;
    kz_provider_vtable endless = turnstile;
    endless.acquire = go_on;
    visit_begin(&v, &endless, SETTINGS("timeout", "0"));
    clock_virtual(TRUE);
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_PLUGIN, "did not say why");
    clock_virtual(FALSE);
    visit_end(&v);
}

/* A call on a loop has the provider ask, and is given up; so is its loop. */
static gpointer ask_and_leave(gpointer data)
{
    Visit *v = data;
    kz_loop *loop = kz_loop_new(v->client, &v->error);
    kz_pending *pending = kz_submit(loop, v->kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &v->error);
    while (!wire_count(v->gate.server))
        kz_loop_wait(loop, 0.01);
    kz_pending_cancel(pending);
    while (!kz_pending_is_done(pending))
        kz_loop_wait(loop, 0.01);
    kz_pending_free(pending);
    return loop;
}

/* The answer is on a loop that is not driven: it is given up once its time has passed, and the provider asks again. */
static void test_answer_that_nobody_waits_for(void)
{
    Visit v;
    visit_begin(&v, &turnstile, SETTINGS("timeout", "30"));
    release_tokens(&v, true);
    kz_loop *loop = g_thread_join(g_thread_new("leaver", ask_and_leave, &v));
    release_tokens(&v, false);
    clock_virtual(TRUE);
    clock_pass(32000);
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_CONNECTION, "was not waited for in time");
    g_assert_true(call(&v, &v.error));
    g_assert_cmpint(v.gate.asked, ==, 2);
    clock_virtual(FALSE);
    kz_loop_free(loop);
    visit_end(&v);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/endless/a-provider-that-goes-on-and-on", test_provider_without_an_end);
    g_test_add_func("/endless/an-answer-that-nobody-waits-for", test_answer_that_nobody_waits_for);
    return g_test_run();
}
