/* test-events.c: server-sent events and lines, cut at every position. */
#include "events.h"

#include <glib.h>
#include <string.h>

/* All items of `text`, each as "name|data", fed in two pieces split at `split` and then byte by byte within them if asked. */
static GPtrArray *items_of(const char *text, size_t length, size_t split, gboolean bytes, gboolean lines)
{
    kzi_events events = { .lines = lines, .limit = 1 << 20, .retry = -1 };
    GPtrArray *items = g_ptr_array_new_with_free_func(g_free);
    size_t at = 0;
    while (at < length) {
        size_t end = bytes ? at + 1 : at < split ? split : length, used = 0;
        kzi_events_status status = kzi_events_feed(&events, text + at, end - at, &used);
        g_assert_cmpint(status, !=, KZI_EVENTS_NO_MEMORY);
        g_assert_cmpint(status, !=, KZI_EVENTS_TOO_LARGE);
        at += used;
        if (status == KZI_EVENTS_ITEM)
            g_ptr_array_add(items,
                g_strdup_printf("%s|%s", events.name.length ? events.name.data : "", events.data.length ? events.data.data : ""));
    }
    if (kzi_events_end(&events) == KZI_EVENTS_ITEM)
        g_ptr_array_add(items, g_strdup_printf("|%s", events.data.data));
    kzi_events_free(&events);
    return items;
}

static void expect_everywhere(const char *text, size_t length, gboolean lines, const char *const *wanted)
{
    for (size_t split = 0; split <= length + 1; split++) {
        GPtrArray *items = items_of(text, length, split > length ? 0 : split, split > length, lines);
        g_assert_cmpuint(items->len, ==, g_strv_length((char **)wanted));
        for (guint i = 0; i < items->len; i++)
            g_assert_cmpstr(items->pdata[i], ==, wanted[i]);
        g_ptr_array_unref(items);
    }
}

static void test_line_ends(void)
{
    const char *const wanted[] = { "|a", "|b", "|c", "|d\ne", NULL };
    static const char text[] = "data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\r\ndata: e\n\n";
    expect_everywhere(text, sizeof text - 1, FALSE, wanted);
}

static void test_fields(void)
{
    const char *const wanted[] = { "delta|x", "| two spaces", "|", NULL };
    static const char text[] = "\xef\xbb\xbf: a comment\nevent: delta\nid: 7\nretry: 250\ndata:x\n\nevent: lost\n\n"
                               "data:  two spaces\nunknown: y\n\ndata\n\ndata: never finished\n";
    expect_everywhere(text, sizeof text - 1, FALSE, wanted);
}

static void test_utf8(void)
{
    const char *const wanted[] = { "|\xc3\xa9\xf0\x9f\x98\x80", NULL };
    static const char text[] = "data: \xc3\xa9\xf0\x9f\x98\x80\n\n";
    expect_everywhere(text, sizeof text - 1, FALSE, wanted);
}

static void test_lines(void)
{
    const char *const wanted[] = { "|{\"a\":1}", "|2", "|3", NULL };
    static const char text[] = "{\"a\":1}\n\n \r\n2\r3";
    expect_everywhere(text, sizeof text - 1, TRUE, wanted);
}

static void test_limit(void)
{
    kzi_events events = { .limit = 100 };
    char block[256];
    size_t used;
    memset(block, 'x', sizeof block);
    memcpy(block, "data:", 5);
    g_assert_cmpint(kzi_events_feed(&events, block, sizeof block, &used), ==, KZI_EVENTS_TOO_LARGE);
    kzi_events_free(&events);

    kzi_events many = { .limit = 100 };
    kzi_events_status status = KZI_EVENTS_MORE;
    for (int i = 0; i < 50 && status == KZI_EVENTS_MORE; i++)
        status = kzi_events_feed(&many, "data: 12345678\n", 15, &used);
    g_assert_cmpint(status, ==, KZI_EVENTS_TOO_LARGE);
    kzi_events_free(&many);
}

static void test_id_and_retry(void)
{
    kzi_events events = { .limit = 1000, .retry = -1 };
    size_t used;
    static const char text[] = "id: 42\nretry: 1500\nretry: no\ndata: x\n\n";
    g_assert_cmpint(kzi_events_feed(&events, text, sizeof text - 1, &used), ==, KZI_EVENTS_ITEM);
    g_assert_cmpstr(events.id.data, ==, "42");
    g_assert_cmpint(events.retry, ==, 1500);
    kzi_events_free(&events);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/events/every-line-end-at-every-split", test_line_ends);
    g_test_add_func("/events/fields-comments-and-byte-order-mark", test_fields);
    g_test_add_func("/events/utf8-split-anywhere", test_utf8);
    g_test_add_func("/events/json-lines-with-a-last-one-unfinished", test_lines);
    g_test_add_func("/events/a-line-or-event-over-the-limit-is-refused", test_limit);
    g_test_add_func("/events/id-and-retry-are-kept", test_id_and_retry);
    return g_test_run();
}
