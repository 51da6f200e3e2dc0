/* test-pressure.c: streams that are larger than what anybody should hold: a reader that stops stops the server, one that goes ends it,
 * lines of many MiB pass, compression changes none of it. */
#include "fixture.h"

#include <kamiwaza/async.h>
#include <malloc.h>

#define EVENT(n) "data: {\"n\":" #n "}\n\n"
#define HEAD_OF_EVENTS UNTIL_CLOSE("text/event-stream")

enum { MIB = 1024 * 1024, TOTAL = 64 * MIB, MOST_HELD = 8 * MIB };

/* Two events, then comments and events up to TOTAL bytes, and a last event. */
static GString *flood(const char *head)
{
    GString *text = g_string_sized_new(TOTAL + 65536);
    char *comment = g_strnfill(32 * 1024, 'c');
    g_string_append(text, head);
    g_string_append(text, EVENT(1) EVENT(2));
    while (text->len < TOTAL)
        g_string_append_printf(text, ":%s\n" EVENT(3), comment);
    g_string_append(text, EVENT(4));
    g_free(comment);
    return text;
}

static gssize memory_in_use(void)
{
    struct mallinfo2 all = mallinfo2();
    return (gssize)(all.uordblks + all.hblkhd);
}

/* The number of the last item. */
static int read_to_the_end(kz_stream *stream, kz_error **error)
{
    int last = 0;
    for (const kz_item *item; (item = kz_stream_next(stream, error));)
        last = (int)item->n.value;
    return last;
}

static void test_pulled(void)
{
    Fixture f;
    GString *text = flood(HEAD_OF_EVENTS);
    const char *const settings[] = { "idle_timeout", "1", NULL };
    const WireAnswer script = { text->str, (gssize)text->len, WIRE_CLOSE };
    begin(&f, &script, 1, settings);
    gssize before = memory_in_use();
    kz_stream *stream = kz_kinds_events(f.kinds, NULL, &f.error);
    g_assert_nonnull(kz_stream_next(stream, &f.error));
    wire_wait_full(f.server);
    g_assert_cmpuint(wire_sent(f.server), <, text->len / 2);
    g_assert_cmpint(memory_in_use() - before, <, MOST_HELD);
    g_assert_cmpint(read_to_the_end(stream, &f.error), ==, 4);
    g_assert_cmpint(memory_in_use() - before, <, MOST_HELD);
    kz_stream_close(stream);
    end(&f);
    g_string_free(text, TRUE);
}

typedef struct Reader {
    int last, code;
    bool ended;
} Reader;

static kz_flow_control take(kz_pending *pending, void *item, void *user)
{
    (void)pending;
    ((Reader *)user)->last = (int)((kz_item *)item)->n.value;
    return ((Reader *)user)->last == 2 ? KZ_PAUSE : KZ_GO_ON;
}

static void done(kz_pending *pending, void *user)
{
    kz_error *error = NULL;
    Reader *reader = user;
    kz_pending_take(pending, &error);
    reader->code = error ? (int)error->code : 0;
    reader->ended = true;
    kz_error_free(error);
}

/* Paused, a stream delivers nothing and what is held of it stays bounded; resumed, nothing is missing. */
static void paused(const WireAnswer *answer, gsize length, bool stops_the_server)
{
    Fixture f;
    Reader reader = { 0 };
    const char *const settings[] = { "idle_timeout", "1", NULL };
    begin(&f, answer, 1, settings);
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    gssize before = memory_in_use();
    kz_pending *pending = kz_submit_stream(loop, f.kinds, &kz_kinds_events_op, NULL, take, done, &reader, &f.error);
    while (reader.last < 2)
        kz_loop_wait(loop, -1);
    if (stops_the_server)
        wire_wait_full(f.server);
    for (int i = 0; i < 100; i++)
        kz_loop_wait(loop, 0);
    g_assert_cmpint(reader.last, ==, 2);
    g_assert_false(reader.ended);
    g_assert_cmpint(memory_in_use() - before, <, MOST_HELD);
    if (stops_the_server)
        g_assert_cmpuint(wire_sent(f.server), <, length / 2);
    kz_pending_resume(pending);
    while (!reader.ended)
        kz_loop_wait(loop, -1);
    g_assert_cmpint(reader.code, ==, 0);
    g_assert_cmpint(reader.last, ==, 4);
    kz_pending_free(pending);
    kz_loop_free(loop);
    end(&f);
}

static void test_paused(void)
{
    GString *text = flood(HEAD_OF_EVENTS);
    paused(&(WireAnswer){ text->str, (gssize)text->len, WIRE_CLOSE }, text->len, true);
    g_string_free(text, TRUE);
}

/* What is small on the wire and large in memory is not held whole either. */
static void test_paused_and_compressed(void)
{
    GString *text = flood("");
    WireAnswer answer = compressed("text/event-stream", text->str, text->len, 0);
    answer.flags = WIRE_CLOSE;
    g_assert_cmpint(answer.length, <, TOTAL / 100);
    paused(&answer, text->len, false);
    g_free((char *)answer.text);
    g_string_free(text, TRUE);
}

static void test_compressed(void)
{
    static const char text[] = EVENT(1) "data: {\"n\":2,\"text\":\"\xc3\xa9\"}\n\n" EVENT(4);
    WireAnswer whole = compressed("text/event-stream", text, sizeof text - 1, 0);
    for (gsize cut = 0; cut < 30; cut++) {
        Fixture f;
        WireAnswer answer = whole;
        const char *const settings[] = { "max_retries", "0", NULL };
        answer.length -= (gssize)cut;
        answer.flags = WIRE_BYTES | WIRE_CLOSE;
        begin(&f, &answer, 1, settings);
        kz_stream *stream = kz_kinds_events(f.kinds, NULL, &f.error);
        int last = read_to_the_end(stream, &f.error);
        if (cut)
            expect_error(&f, KZ_ERROR_CONNECTION, NULL);
        else
            g_assert_cmpint(last, ==, 4);
        no_error(&f);
        kz_stream_close(stream);
        end(&f);
    }
    g_free((char *)whole.text);
}

/* Closed early, the rest of gigabytes is not waited for: the server finds its client gone. */
static void test_closed_early(void)
{
    Fixture f;
    GString *text = flood(HEAD_OF_EVENTS);
    const WireAnswer script[] = { { text->str, (gssize)text->len, WIRE_CLOSE }, { HEAD("application/json", "4") "true", -1, 0 } };
    begin(&f, script, 2, NULL);
    kz_stream *stream = kz_kinds_events(f.kinds, NULL, &f.error);
    g_assert_nonnull(kz_stream_next(stream, &f.error));
    kz_stream_close(stream);
    for (int i = 0; i < 3; i++)
        kz_free(kz_kinds_truth(f.kinds, NULL, &f.error));
    no_error(&f);
    g_assert_cmpuint(wire_connections(f.server), ==, 2); /* that of the stream is of no more use, the other is kept */
    WireServer *server = f.server;
    g_assert_cmpuint(wire_sent(server), <, text->len / 2);
    end(&f);
    g_string_free(text, TRUE);
}

static void test_long_lines(void)
{
    enum { LENGTH = 9 * MIB };
    GString *text = g_string_new(HEAD_OF_EVENTS "data: {\"n\":1,\"text\":\"");
    char *filler = g_strnfill(LENGTH, 'x');
    g_string_append(text, filler);
    g_string_append(text, "\"}\n\n" EVENT(4));
    for (int bounded = 0; bounded < 2; bounded++) {
        Fixture f;
        const WireAnswer script = { text->str, (gssize)text->len, WIRE_CLOSE };
        const char *const settings[] = { "max_line_size", bounded ? "8MiB" : "10MiB", NULL };
        begin(&f, &script, 1, settings);
        kz_stream *stream = kz_kinds_events(f.kinds, NULL, &f.error);
        const kz_item *item = kz_stream_next(stream, &f.error);
        if (bounded) {
            expect_error(&f, KZ_ERROR_DECODE, "max_line_size");
        } else {
            no_error(&f);
            g_assert_cmpuint(strlen(item->text), ==, LENGTH);
            g_assert_cmpint(read_to_the_end(stream, &f.error), ==, 4);
        }
        kz_stream_close(stream);
        end(&f);
    }
    g_free(filler);
    g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pressure/a-reader-that-stops-stops-the-server", test_pulled);
    g_test_add_func("/pressure/a-stream-that-is-paused-stops-the-server", test_paused);
    g_test_add_func("/pressure/compressed-it-is-not-held-whole-either", test_paused_and_compressed);
    g_test_add_func("/pressure/compressed-streams-whole-and-cut", test_compressed);
    g_test_add_func("/pressure/closed-early-nothing-is-drained", test_closed_early);
    g_test_add_func("/pressure/lines-of-many-mib", test_long_lines);
    return g_test_run();
}
