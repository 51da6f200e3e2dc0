/* test-async.c: calls on a loop that the program drives: callbacks, cancelling, many at once, streams that pause, clients that
 * go away. */
#include "fixture.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENT(n) "data: {\"n\":" #n "}\n\n"
#define EVENTS UNTIL_CLOSE("text/event-stream")

/* Drives the loop as a program with a poll loop would. */
static void run(kz_loop *loop)
{
    while (kz_loop_dispatch(loop)) {
        struct pollfd fd = { .fd = kz_loop_fd(loop), .events = POLLIN };
        g_assert_cmpint(poll(&fd, 1, 20000), ==, 1);
    }
}

typedef struct Ends {
    int good, bad, last_code;
} Ends;

static void count_end(kz_pending *pending, void *user)
{
    Ends *ends = user;
    kz_error *error = NULL;
    g_assert_true(kz_pending_is_done(pending));
    void *result = kz_pending_take(pending, &error);
    if (error)
        ends->last_code = error->code;
    *(result ? &ends->good : &ends->bad) += 1;
    if (result && result != pending)
        kz_free(result);
    kz_error_free(error);
    kz_pending_free(pending);
}

static void test_one(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ TRUE_ANSWER, -1, WIRE_BYTES });
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    kz_pending *pending = kz_submit(loop, f.kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &f.error);
    no_error(&f);
    g_assert_null(kz_pending_take(pending, &f.error));
    expect_error(&f, KZ_ERROR_STATE, "not ended");
    while (!kz_pending_is_done(pending))
        kz_loop_wait(loop, -1);
    kz_bool_value *value = kz_pending_take(pending, &f.error);
    no_error(&f);
    g_assert_true(value->value.value);
    kz_free(value);
    g_assert_null(kz_pending_take(pending, &f.error));
    expect_error(&f, KZ_ERROR_STATE, "taken");
    kz_pending_free(pending);
    kz_loop_free(loop);
    end(&f);
}

/* Its arguments are the program's again as soon as it has started. */
static void test_arguments_are_encoded(void)
{
    Fixture f;
    Ends ends = { 0 };
    const WireAnswer script[] = { { "HTTP/1.1 429 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", -1, 0 },
        { ANSWER, -1, 0 } };
    begin(&f, script, 2, NULL);
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    char name[] = "before";
    kz_upload upload = { .data = "content", .length = 7, .filename = name };
    kz_kinds_parts_params params = { .file = &upload, .purpose = name };
    kz_submit(loop, f.kinds, &kz_kinds_parts_op, &params, count_end, &ends, &f.error);
    no_error(&f);
    memset(name, 'x', 6);
    memset(&params, 0xff, sizeof params);
    memset(&upload, 0xff, sizeof upload);
    run(loop);
    g_assert_cmpint(ends.good, ==, 1);
    g_assert_cmpuint(wire_count(f.server), ==, 2); /* the second attempt is made from the copy */
    g_assert_nonnull(strstr(wire_request(f.server, 1), "filename=\"before\""));
    g_assert_nonnull(strstr(wire_request(f.server, 1), "content"));
    kz_loop_free(loop);
    end(&f);
}

static void test_many(void)
{
    Fixture f;
    Ends ends = { 0 };
    const char *const settings[] = { "max_host_calls", "5", NULL };
    begin(&f, &(WireAnswer){ TRUE_ANSWER, -1, 0 }, 1, settings);
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    for (int i = 0; i < 200; i++)
        kz_submit(loop, f.kinds, &kz_kinds_truth_op, NULL, count_end, &ends, &f.error);
    no_error(&f);
    run(loop);
    g_assert_cmpint(ends.good, ==, 200);
    g_assert_cmpuint(wire_connections(f.server), <=, 5);
    kz_loop_free(loop);
    end(&f);
}

static void test_errors(void)
{
    Fixture f;
    Ends ends = { 0 };
    const WireAnswer script[] = { { "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", -1, 0 } };
    begin(&f, script, 1, NULL);
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    kz_submit(loop, f.kinds, &kz_kinds_truth_op, NULL, count_end, &ends, &f.error);
    run(loop);
    g_assert_cmpint(ends.last_code, ==, KZ_ERROR_NOT_FOUND);
    g_assert_null(kz_submit(loop, f.kinds, &kz_kinds_body_op, NULL, count_end, &ends, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "name");
    g_assert_null(kz_submit(loop, f.kinds, &kz_kinds_events_op, NULL, count_end, &ends, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "kz_submit_stream");
    g_assert_null(kz_submit(NULL, f.kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "loop");
    g_assert_null(kz_submit_stream(loop, f.kinds, &kz_kinds_events_op, NULL, NULL, NULL, NULL, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "items");
    g_assert_null(kz_loop_new(NULL, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "client");
    kz_loop_free(loop);
    end(&f);
}

static gpointer cancel_it(gpointer pending)
{
    kz_pending_cancel(pending);
    return NULL;
}

static gpointer cancel_token(gpointer token)
{
    kz_cancel_now(token);
    return NULL;
}

static void test_cancel(void)
{
    Fixture f;
    Ends ends = { 0 };
    begin_with(&f, &(WireAnswer){ HEAD("application/json", "4") "t", -1, WIRE_HANG });
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    kz_pending *pending = kz_submit(loop, f.kinds, &kz_kinds_truth_op, NULL, count_end, &ends, &f.error);
    GThread *thread = g_thread_new("cancel", cancel_it, pending);
    g_thread_join(thread); /* before the dispatch that frees the call */
    run(loop);
    g_assert_cmpint(ends.last_code, ==, KZ_ERROR_CANCELLED);
    kz_cancel *token = kz_cancel_new(&f.error);
    kz_kinds *kinds = kz_kinds_with_options(f.kinds, &(kz_call_options){ .cancel = token }, &f.error);
    for (int i = 0; i < 3; i++)
        kz_submit(loop, kinds, &kz_kinds_truth_op, NULL, count_end, &ends, &f.error);
    thread = g_thread_new("cancel", cancel_token, token);
    run(loop);
    g_thread_join(thread);
    g_assert_cmpint(ends.bad, ==, 4);
    kz_submit(loop, kinds, &kz_kinds_truth_op, NULL, count_end, &ends, &f.error); /* with a token that is set */
    run(loop);
    g_assert_cmpint(ends.bad, ==, 5);
    kz_service_free(kinds);
    kz_cancel_free(token);
    kz_loop_free(loop);
    end(&f);
}

static void test_times(void)
{
    Fixture f;
    Ends ends = { 0 };
    begin_with(&f, &(WireAnswer){ HEAD("application/json", "4") "t", -1, WIRE_HANG });
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    kz_kinds *kinds = kz_kinds_with_options(f.kinds, &(kz_call_options){ .timeout = KZ_NUMBER(0.05) }, &f.error);
    kz_submit(loop, kinds, &kz_kinds_truth_op, NULL, count_end, &ends, &f.error);
    run(loop);
    g_assert_cmpint(ends.last_code, ==, KZ_ERROR_TIMEOUT);
    kz_service_free(kinds);
    kz_loop_free(loop);
    end(&f);
}

typedef struct Reader {
    GString *text;
    Ends ends;
    int pause_at, stop_at, free_at;
} Reader;

static kz_flow_control take(kz_pending *pending, void *item, void *user)
{
    Reader *reader = user;
    int n = (int)((kz_item *)item)->n.value;
    g_string_append_printf(reader->text, "%d", n);
    if (n == reader->free_at)
        kz_pending_free(pending);
    return n == reader->stop_at ? KZ_STOP : n == reader->pause_at ? KZ_PAUSE : KZ_GO_ON;
}

static void end_of_reader(kz_pending *pending, void *user)
{
    count_end(pending, &((Reader *)user)->ends);
}

static void test_stream(void)
{
    static const char all[] = EVENTS EVENT(1) EVENT(2) EVENT(3) "data: [DONE]\n\n";
    for (int flags = WIRE_CLOSE; flags <= (WIRE_CLOSE | WIRE_BYTES); flags += WIRE_BYTES) {
        Fixture f;
        begin_with(&f, &(WireAnswer){ all, -1, flags });
        kz_loop *loop = kz_loop_new(f.client, &f.error);
        Reader plain = { .text = g_string_new(NULL) }, stops = { .text = g_string_new(NULL), .stop_at = 2 },
               frees = { .text = g_string_new(NULL), .free_at = 1 };
        Reader *readers[] = { &plain, &stops, &frees };
        for (gsize i = 0; i < 3; i++)
            kz_submit_stream(loop, f.kinds, &kz_kinds_events_op, NULL, take, end_of_reader, readers[i], &f.error);
        no_error(&f);
        run(loop);
        g_assert_cmpstr(plain.text->str, ==, "123");
        g_assert_cmpstr(stops.text->str, ==, "12");
        g_assert_cmpstr(frees.text->str, ==, "1");
        g_assert_cmpint(plain.ends.good + stops.ends.good, ==, 2);
        g_assert_cmpint(frees.ends.good + frees.ends.bad, ==, 0); /* no word after it was freed */
        for (gsize i = 0; i < 3; i++)
            g_string_free(readers[i]->text, TRUE);
        kz_loop_free(loop);
        end(&f);
    }
}

/* The streams of a loop share memory for what comes: each has its own of it, also one that needs its whole answer at once. */
static void test_halves_side_by_side(void)
{
    Fixture f;
    const WireAnswer script[] = { { HEAD("application/json", "7") "{\"n\":" WIRE_MARK "5}", -1, WIRE_HOLD },
        { HEAD("application/json", "8") "{\"n\"" WIRE_MARK ":67}", -1, WIRE_HOLD },
        { EVENTS EVENT(1) "data: {" WIRE_MARK "\"n\":2}\n\n", -1, WIRE_HOLD | WIRE_CLOSE } };
    static const char *const due[] = { "5", "67", "12" };
    Reader readers[G_N_ELEMENTS(script)] = { 0 };
    gsize first_halves = 0;
    begin(&f, script, G_N_ELEMENTS(script), NULL);
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    for (guint i = 0; i < G_N_ELEMENTS(script); i++) {
        readers[i].text = g_string_new(NULL);
        kz_submit_stream(loop, f.kinds, &kz_kinds_events_op, NULL, take, end_of_reader, &readers[i], &f.error);
        first_halves += strcspn(script[i].text, WIRE_MARK);
        while (wire_sent(f.server) < first_halves)
            kz_loop_dispatch(loop);
    }
    kz_loop_dispatch(loop); /* takes in what is there */
    wire_release(f.server);
    run(loop);
    for (guint i = 0; i < G_N_ELEMENTS(script); i++) {
        g_assert_cmpstr(readers[i].text->str, ==, due[i]);
        g_assert_cmpint(readers[i].ends.good, ==, 1);
        g_string_free(readers[i].text, TRUE);
    }
    kz_loop_free(loop);
    end(&f);
}

/* A paused stream delivers nothing; what it holds of the server's answer stays bounded; resumed, nothing is missing. */
static void test_pause(void)
{
    GString *text = g_string_new(EVENTS EVENT(1) EVENT(2));
    for (int i = 0; i < 100000; i++)
        g_string_append(text, EVENT(3));
    Fixture f;
    begin_with(&f, &(WireAnswer){ text->str, (gssize)text->len, WIRE_CLOSE });
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    Reader reader = { .text = g_string_new(NULL), .pause_at = 2 };
    kz_pending *pending = kz_submit_stream(loop, f.kinds, &kz_kinds_events_op, NULL, take, end_of_reader, &reader, &f.error);
    while (!strstr(reader.text->str, "2"))
        kz_loop_wait(loop, -1);
    for (int i = 0; i < 50; i++)
        kz_loop_wait(loop, 0);
    g_assert_cmpstr(reader.text->str, ==, "12");
    kz_pending_resume(pending);
    run(loop);
    g_assert_cmpuint(reader.text->len, ==, 100002);
    g_assert_cmpint(reader.ends.good, ==, 1);
    g_string_free(reader.text, TRUE);
    kz_loop_free(loop);
    end(&f);
    g_string_free(text, TRUE);
}

static void test_cut_stream(void)
{
    Fixture f;
    const char *const settings[] = { "max_retries", "0", NULL };
    const WireAnswer script = { CHUNKED("text/event-stream") "f\r\n" EVENT(1) "\r\nf\r\ndata:", -1, WIRE_CLOSE };
    begin(&f, &script, 1, settings);
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    Reader reader = { .text = g_string_new(NULL) };
    kz_submit_stream(loop, f.kinds, &kz_kinds_events_op, NULL, take, end_of_reader, &reader, &f.error);
    run(loop);
    g_assert_cmpstr(reader.text->str, ==, "1");
    g_assert_cmpint(reader.ends.last_code, ==, KZ_ERROR_CONNECTION);
    g_string_free(reader.text, TRUE);
    kz_loop_free(loop);
    end(&f);
}

static void test_client_goes_first(void)
{
    Fixture f;
    Ends ends = { 0 };
    begin_with(&f, &(WireAnswer){ HEAD("application/json", "4") "t", -1, WIRE_HANG });
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    for (int i = 0; i < 4; i++)
        kz_submit(loop, f.kinds, &kz_kinds_truth_op, NULL, count_end, &ends, &f.error);
    kz_client_free(f.client);
    f.client = NULL;
    run(loop); /* the descriptor became readable, the calls end */
    g_assert_cmpint(ends.bad, ==, 4);
    g_assert_cmpint(ends.last_code, ==, KZ_ERROR_CANCELLED);
    g_assert_null(kz_submit(loop, f.kinds, &kz_kinds_truth_op, NULL, count_end, &ends, &f.error));
    expect_error(&f, KZ_ERROR_STATE, "freed");
    kz_loop_free(loop);
    end(&f);
}

static void test_loop_goes_first(void)
{
    Fixture f;
    Ends ends = { 0 };
    begin_with(&f, &(WireAnswer){ HEAD("application/json", "4") "t", -1, WIRE_HANG });
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    kz_submit(loop, f.kinds, &kz_kinds_truth_op, NULL, count_end, &ends, &f.error);
    kz_pending *left = kz_submit(loop, f.kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &f.error);
    kz_loop_free(loop);
    g_assert_cmpint(ends.last_code, ==, KZ_ERROR_CANCELLED);
    g_assert_true(kz_pending_is_done(left));
    kz_pending_cancel(left);
    g_assert_null(kz_pending_take(left, &f.error));
    expect_error(&f, KZ_ERROR_CANCELLED, NULL);
    kz_pending_free(left);
    end(&f);
}

typedef struct Chain {
    Fixture *f;
    kz_loop *loop;
    int left;
} Chain;

static void start_next(kz_pending *pending, void *user)
{
    Chain *chain = user;
    kz_free(kz_pending_take(pending, &chain->f->error));
    kz_pending_free(pending);
    if (--chain->left)
        kz_submit(chain->loop, chain->f->kinds, &kz_kinds_truth_op, NULL, start_next, chain, &chain->f->error);
}

static void test_chain(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ TRUE_ANSWER, -1, 0 });
    Chain chain = { &f, kz_loop_new(f.client, &f.error), 50 };
    kz_submit(chain.loop, f.kinds, &kz_kinds_truth_op, NULL, start_next, &chain, &f.error);
    run(chain.loop);
    no_error(&f);
    g_assert_cmpint(chain.left, ==, 0);
    g_assert_cmpuint(wire_connections(f.server), ==, 1);
    kz_loop_free(chain.loop);
    end(&f);
}

/* ---- several calls on one thread, each with a token of its own ---- */

enum { TOGETHER = 20 };

typedef struct Together {
    WireServer *server;
    kz_cancel *tokens[TOGETHER + 1];
} Together;

/* Any of them is noticed: its end lets the last call begin, which then ends with the others. */
static gpointer end_one_then_all(gpointer data)
{
    Together *t = data;
    while (wire_count(t->server) < TOGETHER)
        g_thread_yield();
    kz_cancel_now(t->tokens[0]);
    while (wire_count(t->server) < TOGETHER + 1)
        g_thread_yield();
    for (int i = 1; i <= TOGETHER; i++)
        kz_cancel_now(t->tokens[i]);
    return NULL;
}

static void test_many_tokens(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ "HTTP/1.1 200 OK\r\n", -1, WIRE_HANG });
    Together t = { .server = f.server };
    kz_call_item items[TOGETHER + 1] = { 0 };
    for (int i = 0; i <= TOGETHER; i++) {
        t.tokens[i] = kz_cancel_new(&f.error);
        items[i].service = kz_kinds_with_options(f.kinds, &(kz_call_options){ .cancel = t.tokens[i] }, &f.error);
        items[i].op = &kz_kinds_truth_op;
    }
    no_error(&f);
    GThread *thread = g_thread_new("canceller", end_one_then_all, &t);
    g_assert_false(kz_call_all(items, TOGETHER + 1, TOGETHER));
    g_thread_join(thread);
    for (int i = 0; i <= TOGETHER; i++) {
        g_assert_cmpint(items[i].error->code, ==, KZ_ERROR_CANCELLED);
        kz_error_free(items[i].error);
        kz_service_free(items[i].service);
        kz_cancel_free(t.tokens[i]);
    }
    end(&f);
}

/* ---- fork() ---- */

/* What is under way stays the parent's: a child does not move it on, read it or end it. */
static int in_child(kz_loop *loop, kz_pending *pending, kz_stream *stream)
{
    kz_error *error = NULL;
    for (int i = 0; i < 100; i++)
        if (kz_loop_dispatch(loop) != 1 || kz_pending_is_done(pending))
            return 1;
    if (kz_stream_next(stream, &error) || !kz_error_is(error, KZ_ERROR_STATE))
        return 2;
    kz_error_free(error);
    kz_stream_close(stream);
    kz_pending_free(pending);
    kz_loop_free(loop);
    return 0;
}

static void test_fork(void)
{
    Fixture f;
    const WireAnswer script[] = { { EVENTS EVENT(1) EVENT(2), -1, WIRE_CLOSE },
        { HEAD("application/json", "4") WIRE_MARK "true", -1, WIRE_HOLD } };
    begin(&f, script, 2, NULL);
    kz_stream *stream = kz_kinds_events(f.kinds, NULL, &f.error);
    g_assert_cmpint(((kz_item *)kz_stream_next(stream, &f.error))->n.value, ==, 1);
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    kz_pending *pending = kz_submit(loop, f.kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &f.error);
    while (wire_count(f.server) < 2)
        kz_loop_dispatch(loop);
    wire_release(f.server);
    wire_wait(f.server, 2);
    pid_t child = fork();
    if (!child)
        _exit(in_child(loop, pending, stream));
    int status = 1;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    run(loop);
    kz_bool_value *value = kz_pending_take(pending, &f.error);
    no_error(&f);
    g_assert_true(value->value.value);
    kz_free(value);
    g_assert_cmpint(((kz_item *)kz_stream_next(stream, &f.error))->n.value, ==, 2);
    g_assert_null(kz_stream_next(stream, &f.error));
    kz_stream_close(stream);
    kz_pending_free(pending);
    kz_loop_free(loop);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/async/one-call-byte-by-byte", test_one);
    g_test_add_func("/async/arguments-are-the-programs-again", test_arguments_are_encoded);
    g_test_add_func("/async/many-within-the-limit-of-a-host", test_many);
    g_test_add_func("/async/errors-before-and-after-the-start", test_errors);
    g_test_add_func("/async/cancelled-from-another-thread", test_cancel);
    g_test_add_func("/async/out-of-time", test_times);
    g_test_add_func("/async/streams-push-stop-and-are-freed", test_stream);
    g_test_add_func("/async/halves-of-streams-side-by-side", test_halves_side_by_side);
    g_test_add_func("/async/streams-pause", test_pause);
    g_test_add_func("/async/a-cut-stream-is-an-error", test_cut_stream);
    g_test_add_func("/async/the-client-is-freed-first", test_client_goes_first);
    g_test_add_func("/async/the-loop-is-freed-first", test_loop_goes_first);
    g_test_add_func("/async/callbacks-start-calls", test_chain);
    g_test_add_func("/async/each-of-many-tokens-is-noticed", test_many_tokens);
    g_test_add_func("/async/a-child-leaves-what-is-under-way-alone", test_fork);
    return g_test_run();
}
