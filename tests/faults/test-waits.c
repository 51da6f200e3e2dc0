/* test-waits.c: whoever waits is told in time: a flow that sleeps, calls with cancel tokens, streams that their reader paused, calls of
 * which libcurl has lost sight. On a clock that the test winds. */
#include "../client.h"
#include "../kinds/fixture.h"
#include "clock.h"
#include "engine.h"

#define EVENT(n) "data: {\"n\":" #n "}\n\n"

/* ---- a flow that looks again and again ---- */

typedef struct Flow {
    Fixture f;
    kz_client *held; /* as by the run of a flow */
    kzi_run run;
    kz_service service;
    int looks;
    bool frees; /* its client, while it looks */
} Flow;

static void begin_flow(Flow *flow)
{
    static const WireAnswer not_yet = { TRUE_ANSWER, -1, 0, NULL };
    *flow = (Flow){ .looks = 0 };
    begin_with(&flow->f, &not_yet);
    flow->held = kzi_client_hold(flow->f.client);
    kz_service *kinds = (kz_service *)(void *)flow->f.kinds;
    kzi_flow_handle(&flow->service, kinds, kinds->instance, &flow->run);
    clock_virtual(TRUE);
}

static void end_flow(Flow *flow)
{
    clock_virtual(FALSE);
    kzi_flow_handle_end(&flow->service);
    kzi_client_drop(flow->held);
    end(&flow->f);
}

static int look(void *user, void *result, kz_error **error)
{
    Flow *flow = user;
    (void)result, (void)error;
    flow->looks++;
    if (flow->frees)
        g_clear_pointer(&flow->f.client, kz_client_free);
    return 0;
}

static void wait_in_vain(Flow *flow)
{
    const kz_wait wait = { .op = &kz_kinds_truth_op, .interval = 10, .check = look, .user = flow };
    g_assert_null(kz_service_wait(&flow->service, &wait, &flow->f.error));
}

static void test_flow_out_of_time(void)
{
    Flow flow;
    begin_flow(&flow);
    gint64 started = clock_now();
    flow.run.deadline = started + 25000;
    wait_in_vain(&flow);
    expect_error(&flow.f, KZ_ERROR_TIMEOUT, NULL);
    g_assert_cmpint(clock_now() - started, ==, 25000);
    g_assert_cmpint(flow.looks, ==, 3);
    end_flow(&flow);
}

static void test_flow_without_a_client(void)
{
    Flow flow;
    begin_flow(&flow);
    gint64 started = clock_now();
    flow.frees = true;
    wait_in_vain(&flow);
    expect_error(&flow.f, KZ_ERROR_CANCELLED, NULL);
    g_assert_cmpint(clock_now() - started, ==, 0);
    g_assert_cmpint(flow.looks, ==, 1);
    end_flow(&flow);
}

/* ---- calls, each with a token of its own ---- */

enum { WATCHED = 16 /* tokens of a loop */, GLANCE = 100 /* milliseconds, for those beyond */, MOST_CALLS = 20 };

typedef struct Tokens {
    kz_cancel *tokens[MOST_CALLS];
    gsize n, cancelled;
    gint64 at;     /* when the last one was cancelled */
    gint64 latest; /* that a wait went on after that */
} Tokens;

static void note_wait(Tokens *t)
{
    if (t->cancelled)
        t->latest = MAX(t->latest, clock_now() - t->at);
}

static void cancel_next(void *user)
{
    Tokens *t = user;
    note_wait(t);
    g_assert_cmpuint(t->cancelled, <, t->n);
    t->at = clock_now();
    kz_cancel_now(t->tokens[t->cancelled++]);
}

/* All have been told to come again in ten minutes; cancelled one by one, each of them within a wait for the others. */
static gint64 cancel_each_of(gsize n)
{
    Fixture f;
    Tokens t = { .n = n };
    kz_call_item items[MOST_CALLS] = { 0 };
    const WireAnswer busy = { "HTTP/1.1 503 Busy\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n", -1, 0, NULL };
    begin(&f, &busy, 1, SETTINGS("retry_budget", "3600", "timeout", "0", "max_retries", "1"));
    for (gsize i = 0; i < n; i++) {
        t.tokens[i] = kz_cancel_new(&f.error);
        items[i].service = kz_kinds_with_options(f.kinds, &(kz_call_options){ .cancel = t.tokens[i] }, &f.error);
        items[i].op = &kz_kinds_truth_op;
    }
    no_error(&f);
    clock_virtual(TRUE);
    clock_in_a_wait(cancel_next, &t);
    g_assert_false(kz_call_all(items, n, n));
    clock_in_a_wait(NULL, NULL);
    note_wait(&t);
    clock_virtual(FALSE);
    g_assert_cmpuint(t.cancelled, ==, n);
    for (gsize i = 0; i < n; i++) {
        f.error = items[i].error;
        expect_error(&f, KZ_ERROR_CANCELLED, NULL);
        kz_service_free(items[i].service);
        kz_cancel_free(t.tokens[i]);
    }
    end(&f);
    return t.latest;
}

static void test_tokens_end_waits(void)
{
    g_assert_cmpint(cancel_each_of(1), ==, 0);
    g_assert_cmpint(cancel_each_of(WATCHED - 1), ==, 0);
}

static void test_more_tokens_than_are_watched(void)
{
    g_assert_cmpint(cancel_each_of(MOST_CALLS), <=, GLANCE);
}

/* ---- streams that their reader paused ---- */

typedef struct Reader {
    int last;
    bool ended;
    kz_error *error;
} Reader;

static kz_flow_control take(kz_pending *pending, void *item, void *user)
{
    Reader *reader = user;
    (void)pending;
    reader->last = (int)((kz_item *)item)->n.value;
    return reader->last == 2 ? KZ_PAUSE : KZ_GO_ON;
}

static void done(kz_pending *pending, void *user)
{
    Reader *reader = user;
    kz_pending_take(pending, &reader->error);
    reader->ended = true;
}

/* Takes in what there is and may be kept. */
static void settle(kz_loop *loop)
{
    for (int i = 0; i < 100; i++)
        kz_loop_dispatch(loop);
}

/* A server that is held back is not silent. It has more to say than comes at a time. */
static void test_paused(void)
{
    enum { MUCH = 4 * 1024 * 1024 };
    GString *text = g_string_new(UNTIL_CLOSE("text/event-stream") EVENT(1) EVENT(2));
    while (text->len < MUCH)
        g_string_append(text, EVENT(3));
    g_string_append(text, EVENT(4));
    for (int looks_meanwhile = 0; looks_meanwhile <= 1; looks_meanwhile++) {
        Fixture f;
        Reader reader = { 0 };
        begin(&f, &(WireAnswer){ text->str, (gssize)text->len, WIRE_CLOSE, NULL }, 1,
            SETTINGS("idle_timeout", "30", "timeout", "0", "max_retries", "0"));
        kz_loop *loop = kz_loop_new(f.client, &f.error);
        clock_virtual(TRUE);
        kz_pending *pending = kz_submit_stream(loop, f.kinds, &kz_kinds_events_op, NULL, take, done, &reader, &f.error);
        while (reader.last < 2)
            kz_loop_wait(loop, -1);
        wire_wait_full(f.server);
        settle(loop);
        clock_pass(600000);
        if (looks_meanwhile)
            settle(loop);
        g_assert_false(reader.ended);
        g_assert_cmpint(reader.last, ==, 2);
        kz_pending_resume(pending);
        while (!reader.ended)
            kz_loop_wait(loop, -1);
        test_no_error(reader.error);
        g_assert_cmpint(reader.last, ==, 4);
        kz_pending_free(pending);
        kz_loop_free(loop);
        clock_virtual(FALSE);
        end(&f);
    }
    g_string_free(text, TRUE);
}

/* ---- libcurl without memory ---- */

CURLMcode __real_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int flags, int *running);
CURLMcode __wrap_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int flags, int *running);
static bool starved;

CURLMcode __wrap_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int flags, int *running)
{
    return starved ? CURLM_OUT_OF_MEMORY : __real_curl_multi_socket_action(multi, fd, flags, running);
}

/* What it had no memory to go on with it may have forgotten: the calls end, rather than wait for what does not come. */
static void test_starved(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ HEAD("application/json", "4") WIRE_MARK "true", -1, WIRE_HOLD, NULL });
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    kz_pending *pending[2];
    for (int i = 0; i < 2; i++)
        pending[i] = kz_submit(loop, f.kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &f.error);
    while (wire_count(f.server) < 2)
        kz_loop_wait(loop, 0);
    wire_release(f.server);
    starved = true;
    kz_loop_wait(loop, -1);
    starved = false;
    while (kz_loop_wait(loop, -1))
        ;
    for (int i = 0; i < 2; i++) {
        g_assert_null(kz_pending_take(pending[i], &f.error));
        expect_error(&f, KZ_ERROR_NO_MEMORY, NULL);
        kz_pending_free(pending[i]);
    }
    kz_loop_free(loop);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/waits/a-flow-ends-with-its-time", test_flow_out_of_time);
    g_test_add_func("/waits/a-flow-ends-with-its-client", test_flow_without_a_client);
    g_test_add_func("/waits/a-token-ends-its-call-at-once", test_tokens_end_waits);
    g_test_add_func("/waits/more-tokens-than-are-watched-end-theirs-soon", test_more_tokens_than_are_watched);
    g_test_add_func("/waits/a-stream-that-is-paused-is-not-idle", test_paused);
    g_test_add_func("/waits/what-libcurl-has-no-memory-for-ends", test_starved);
    return g_test_run();
}
