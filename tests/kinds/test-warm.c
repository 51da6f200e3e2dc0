/* test-warm.c: connections that are kept for the next call: of streams whose server says that it is done, and of many calls that end on one
 * loop. */
#include "fixture.h"

#include <kamiwaza/async.h>

#define DONE CHUNKED("text/event-stream") "f\r\ndata: {\"n\":1}\n\n\r\ne\r\ndata: [DONE]\n\n\r\n"

enum { AT_ONCE = 12 };

/* The number of items of a stream, pulled or on a loop. */
static int items_pulled(Fixture *f)
{
    int n = 0;
    kz_stream *stream = kz_kinds_events(f->kinds, NULL, &f->error);
    while (kz_stream_next(stream, &f->error))
        n++;
    kz_stream_close(stream);
    return n;
}

static kz_flow_control count(kz_pending *pending, void *item, void *user)
{
    (void)pending, (void)item;
    ++*(int *)user;
    return KZ_GO_ON;
}

static int items_on(kz_loop *loop, Fixture *f)
{
    int n = 0;
    kz_pending *pending = kz_submit_stream(loop, f->kinds, &kz_kinds_events_op, NULL, count, NULL, &n, &f->error);
    while (!kz_pending_is_done(pending))
        kz_loop_wait(loop, -1);
    kz_pending_take(pending, &f->error);
    kz_pending_free(pending);
    return n;
}

/* The end of the answer comes after the word that there is no more; the connection serves the next call. */
static void test_streams_that_are_done(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ DONE "0\r\n\r\n", -1, WIRE_DRIP, NULL });
    for (int i = 0; i < 2; i++)
        g_assert_cmpint(items_pulled(&f), ==, 1);
    no_error(&f);
    g_assert_cmpuint(wire_connections(f.server), ==, 1);
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    for (int i = 0; i < 2; i++)
        g_assert_cmpint(items_on(loop, &f), ==, 1);
    no_error(&f);
    g_assert_cmpuint(wire_connections(f.server), ==, 2);
    kz_loop_free(loop);
    end(&f);
}

/* A server that leaves it at that word is not waited for as for one that falls silent, and the stream has ended well all the same. */
static void test_answers_without_an_end(void)
{
    const char *const settings[] = { "idle_timeout", "10", NULL };
    for (int broken = 0; broken <= 1; broken++) {
        Fixture f;
        begin(&f, &(WireAnswer){ DONE, -1, broken ? WIRE_CLOSE : WIRE_HANG, NULL }, 1, settings);
        gint64 began = g_get_monotonic_time();
        g_assert_cmpint(items_pulled(&f), ==, 1);
        no_error(&f);
        kz_loop *loop = kz_loop_new(f.client, &f.error);
        g_assert_cmpint(items_on(loop, &f), ==, 1);
        no_error(&f);
        kz_loop_free(loop);
        g_assert_cmpint(g_get_monotonic_time() - began, <, 10 * G_USEC_PER_SEC);
        end(&f);
    }
}

static void test_many_calls_of_a_loop(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ HEAD("application/json", "4") "true", -1, 0, NULL });
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    for (int i = 0; i < 3; i++) {
        kz_pending *calls[AT_ONCE];
        for (int k = 0; k < AT_ONCE; k++)
            calls[k] = kz_submit(loop, f.kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &f.error);
        while (kz_loop_wait(loop, -1))
            ;
        for (int k = 0; k < AT_ONCE; k++) {
            kz_free(kz_pending_take(calls[k], &f.error));
            kz_pending_free(calls[k]);
        }
        no_error(&f);
        g_assert_cmpuint(wire_connections(f.server), ==, AT_ONCE);
    }
    kz_loop_free(loop);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/warm/streams-that-are-done-leave-their-connection", test_streams_that_are_done);
    g_test_add_func("/warm/an-end-that-does-not-come-is-not-waited-for", test_answers_without_an_end);
    g_test_add_func("/warm/a-loop-keeps-the-connections-of-many-calls", test_many_calls_of_a_loop);
    return g_test_run();
}
