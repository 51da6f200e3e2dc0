/* test-streams.c: streams as real servers send them: byte by byte, cut, compressed by nothing but patience, with errors midway. */
#include "fixture.h"

#define EVENT(n) "data: {\"n\":" #n "}\n\n"
#define EVENTS UNTIL_CLOSE("text/event-stream")

/* Reads all numbers of a stream into a text such as "1 2 3". */
static char *numbers(kz_stream *stream, kz_error **error)
{
    GString *text = g_string_new(NULL);
    for (const kz_item *item; (item = kz_stream_next(stream, error));)
        g_string_append_printf(text, text->len ? " %d" : "%d", (int)item->n.value);
    kz_stream_close(stream);
    return g_string_free(text, FALSE);
}

static void test_events(void)
{
    static const char all[] = EVENTS "\xef\xbb\xbf: hello\r\n" EVENT(
        1) "data:{\"n\":\rdata: 2}\r\revent: x\r\nid: 7\r\nretry: 10\r\n"
           "data: {\"n\":3}\r\n\r\n\n\ndata: {\"n\":4,\"text\":\"\xc3\xa9\"}\n\ndata: [DONE]\n\n" EVENT(9);
    for (int flags = WIRE_CLOSE; flags <= (WIRE_CLOSE | WIRE_BYTES); flags += WIRE_BYTES) {
        Fixture f;
        begin_with(&f, &(WireAnswer){ all, -1, flags });
        char *text = numbers(kz_kinds_events(f.kinds, NULL, &f.error), &f.error);
        g_assert_cmpstr(text, ==, "1 2 3 4");
        end(&f);
        g_free(text);
    }
}

static void test_lines_and_chunks(void)
{
    Fixture f;
    const WireAnswer script[] = { { UNTIL_CLOSE("application/x-ndjson") "{\"n\":1}\n\n \r\n{\"n\":2}\r\n{\"n\":3}", -1,
                                      WIRE_CLOSE },
        { CHUNKED("application/octet-stream") "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", -1, WIRE_BYTES } };
    begin(&f, script, 2, NULL);
    char *text = numbers(kz_kinds_lines(f.kinds, NULL, &f.error), &f.error);
    g_assert_cmpstr(text, ==, "1 2 3");
    g_free(text);
    kz_stream *stream = kz_kinds_chunks(f.kinds, NULL, &f.error);
    GString *bytes = g_string_new(NULL);
    for (const kz_bytes *chunk; (chunk = kz_stream_next(stream, &f.error));)
        g_string_append_len(bytes, chunk->data, (gssize)chunk->length);
    kz_stream_close(stream);
    g_assert_cmpstr(bytes->str, ==, "abcde");
    g_string_free(bytes, TRUE);
    end(&f);
}

static void test_single_answer(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ HEAD("application/json", "7") "{\"n\":5}", -1, WIRE_BYTES });
    char *text = numbers(kz_kinds_events(f.kinds, NULL, &f.error), &f.error);
    g_assert_cmpstr(text, ==, "5");
    end(&f);
    g_free(text);
}

/* A connection that breaks, at every byte of the last item, is an error; what came before was delivered. */
static void test_cut(void)
{
    static const char all[] = CHUNKED("text/event-stream") "f\r\n" EVENT(1) "\r\n"
                                                                            "f\r\n" EVENT(2) "\r\n0\r\n\r\n";
    for (gsize length = sizeof all - 25; length < sizeof all - 4; length++) {
        Fixture f;
        const WireAnswer script = { all, (gssize)length, WIRE_CLOSE };
        const char *const settings[] = { "max_retries", "0", NULL };
        begin(&f, &script, 1, settings);
        char *text = numbers(kz_kinds_events(f.kinds, NULL, &f.error), &f.error);
        g_assert_true(g_str_has_prefix(text, "1"));
        g_free(text);
        expect_error(&f, KZ_ERROR_CONNECTION, NULL);
        end(&f);
    }
}

static void test_bad_items(void)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = { { EVENTS EVENT(1) "data: {\"n\":\"x\"}\n\n" EVENT(3), KZ_ERROR_DECODE },
        { EVENTS EVENT(1) "data: nonsense\n\n" EVENT(3), KZ_ERROR_DECODE },
        { EVENTS EVENT(1) "data: {\"text\":\"0123456789012345678901234567890123456789\"}\n\n", KZ_ERROR_DECODE },
        { EVENTS EVENT(1) "data: 0123456789012345678901234567890123456789012345", KZ_ERROR_DECODE } };
    char *filler = g_strnfill(2048, 'x');
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *text = i < 2 ? g_strdup(cases[i].text) : g_strconcat(cases[i].text, i == 2 ? "data: " : "", filler, NULL);
        Fixture f;
        const WireAnswer script = { text, -1, WIRE_CLOSE };
        const char *const settings[] = { "max_line_size", "1KiB", NULL };
        begin(&f, &script, 1, settings);
        kz_stream *stream = kz_kinds_events(f.kinds, NULL, &f.error);
        g_assert_cmpint(((kz_item *)kz_stream_next(stream, &f.error))->n.value, ==, 1);
        gsize more = 0;
        while (kz_stream_next(stream, &f.error))
            more++;
        g_assert_cmpuint(more, ==, i == 2); /* none beside the error */
        expect_error(&f, cases[i].code, NULL);
        g_assert_null(kz_stream_next(stream, &f.error)); /* it has ended */
        no_error(&f);
        kz_stream_close(stream);
        end(&f);
        g_free(text);
    }
    g_free(filler);
}

/* An item has the limits of a result. */
static void test_limits(void)
{
    char *filler = g_strnfill(100000, 'x'), *large = g_strdup_printf(EVENTS EVENT(1) "data: {\"text\":\"%s\"}\n\n", filler);
    const struct {
        const char *text, *setting, *value;
    } cases[] = { { large, "max_result_size", "64KiB" },
        { EVENTS EVENT(1) "data: {\"n\":2,\"later\":[[[[[[[[1]]]]]]]]}\n\n", "max_json_depth", "8" } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        const WireAnswer script = { cases[i].text, -1, WIRE_CLOSE };
        begin(&f, &script, 1, (const char *const[]){ cases[i].setting, cases[i].value, NULL });
        char *text = numbers(kz_kinds_events(f.kinds, NULL, &f.error), &f.error);
        g_assert_cmpstr(text, ==, "1");
        expect_error(&f, KZ_ERROR_DECODE, cases[i].setting);
        end(&f);
        g_free(text);
    }
    g_free(filler);
    g_free(large);
}

static void test_refused(void)
{
    Fixture f;
    const WireAnswer script = {
        "HTTP/1.1 404 No\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"detail\":\"gone\"}", -1, 0
    };
    begin_with(&f, &script);
    g_assert_null(kz_kinds_events(f.kinds, NULL, &f.error));
    expect_error(&f, KZ_ERROR_NOT_FOUND, "gone");
    end(&f);
}

static void test_closed_early(void)
{
    Fixture f;
    const WireAnswer script[] = { { EVENTS EVENT(1), -1, WIRE_HANG }, { HEAD("application/json", "4") "true", -1, 0 } };
    begin(&f, script, 2, NULL);
    kz_stream *stream = kz_kinds_events(f.kinds, NULL, &f.error);
    kz_item *kept = kz_keep(kz_stream_next(stream, &f.error));
    kz_stream_close(stream);
    no_error(&f);
    g_assert_cmpint(kept->n.value, ==, 1);
    kz_free(kept);
    kz_free(kz_kinds_truth(f.kinds, NULL, &f.error)); /* over another connection: the first is still busy */
    end(&f);
}

static gpointer cancel_soon(gpointer token)
{
    kz_cancel_now(token);
    return NULL;
}

static void test_cancelled(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ EVENTS EVENT(1), -1, WIRE_HANG });
    kz_cancel *token = kz_cancel_new(&f.error);
    kz_kinds *kinds = kz_kinds_with_options(f.kinds, &(kz_call_options){ .cancel = token }, &f.error);
    kz_stream *stream = kz_kinds_events(kinds, NULL, &f.error);
    g_assert_nonnull(kz_stream_next(stream, &f.error));
    GThread *thread = g_thread_new("cancel", cancel_soon, token);
    g_assert_null(kz_stream_next(stream, &f.error));
    expect_error(&f, KZ_ERROR_CANCELLED, NULL);
    g_thread_join(thread);
    kz_stream_close(stream);
    kz_service_free(kinds);
    kz_cancel_free(token);
    end(&f);
}

static kz_flow_control take_two(kz_pending *pending, void *item, void *user)
{
    g_assert_null(pending);
    int *sum = user;
    *sum += (int)((kz_item *)item)->n.value;
    return ((kz_item *)item)->n.value == 2 ? KZ_STOP : KZ_GO_ON;
}

static void test_pushed(void)
{
    Fixture f;
    int sum = 0;
    begin_with(&f, &(WireAnswer){ EVENTS EVENT(1) EVENT(2) EVENT(3), -1, WIRE_CLOSE });
    kz_stream *stream = kz_kinds_events(f.kinds, NULL, &f.error);
    g_assert_true(kz_stream_each(stream, take_two, &sum, &f.error));
    g_assert_cmpint(sum, ==, 3);
    g_assert_true(kz_stream_each(stream, take_two, &sum, &f.error)); /* goes on where it was */
    g_assert_cmpint(sum, ==, 6);
    kz_stream_close(stream);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/streams/events-by-the-rules-byte-by-byte", test_events);
    g_test_add_func("/streams/lines-and-chunks", test_lines_and_chunks);
    g_test_add_func("/streams/one-document-is-one-item", test_single_answer);
    g_test_add_func("/streams/a-cut-is-an-error", test_cut);
    g_test_add_func("/streams/bad-items-end-it-with-an-error", test_bad_items);
    g_test_add_func("/streams/items-have-the-limits-of-results", test_limits);
    g_test_add_func("/streams/a-refusal-is-told-at-once", test_refused);
    g_test_add_func("/streams/closed-early", test_closed_early);
    g_test_add_func("/streams/cancelled-from-another-thread", test_cancelled);
    g_test_add_func("/streams/pushed", test_pushed);
    return g_test_run();
}
