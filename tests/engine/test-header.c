/* test-header.c: values of answer headers, those that make no sense among them. */
#include "header.h"

#include <glib.h>
#include <string.h>

enum { NOW = 1000000000 }; /* Sun, 09 Sep 2001 01:46:40 GMT */

static int64_t delay(const char *text, int64_t unit)
{
    char *exact = g_strndup(text, strlen(text)); /* the sanitizers see who reads on */
    int64_t ms = kzi_header_delay(exact, strlen(text), unit, NOW);
    g_free(exact);
    return ms;
}

static void test_delay(void)
{
    g_assert_cmpint(delay("0", 1000), ==, 0);
    g_assert_cmpint(delay("120", 1000), ==, 120000);
    g_assert_cmpint(delay("1.5", 1000), ==, 1500);
    g_assert_cmpint(delay("250", 1), ==, 250);
    g_assert_cmpint(delay("Sun, 09 Sep 2001 01:46:50 GMT", 1000), ==, 10000);
    g_assert_cmpint(delay("Sun, 09 Sep 2001 01:46:30 GMT", 1000), ==, 0);
    static const char *const nonsense[] = { "", "-1", "soon", "1 2", "0x10", "1e3", "inf", "nan", "1.", ".5", "1.2.3", "1,5",
        "99999999999", "12:30", "Sun, 99 Sep 2001 01:46:30 GMT", "Fri, 31 Dec 2100 23:59:59 GMT",
        "1000000000000000000000000000000000000000000000000000000000000000000000000" };
    for (size_t i = 0; i < G_N_ELEMENTS(nonsense); i++)
        if (delay(nonsense[i], 1000) != -1)
            g_error("%s is %lld ms", nonsense[i], (long long)delay(nonsense[i], 1000));
}

static int64_t start(const char *text)
{
    return kzi_header_range_start(text, strlen(text));
}

static void test_range(void)
{
    g_assert_cmpint(start("bytes 0-4/5"), ==, 0);
    g_assert_cmpint(start("Bytes 500-999/*"), ==, 500);
    g_assert_cmpint(start("bytes 7-7/8"), ==, 7);
    static const char *const nonsense[] = { "", "bytes", "bytes ", "bytes */10", "bytes -4/5", "bytes 5-4/10", "bytes 5/10",
        "bytes x-y/z", "items 0-4/5", "bytes 9999999999999999999-99999999999999999999/*" };
    for (size_t i = 0; i < G_N_ELEMENTS(nonsense); i++)
        g_assert_cmpint(start(nonsense[i]), ==, -1);
    g_assert_cmpint(kzi_header_range_start("bytes 5-99", 8), ==, -1); /* only what is its own counts */
}

static void test_name(void)
{
    const char *value;
    size_t length;
    const char line[] = "ETag: \t\"v 1\" \r\n";
    g_assert_true(kzi_header_is(line, sizeof line - 1, "etag", &value, &length));
    g_assert_cmpmem(value, length, "\"v 1\"", 5);
    g_assert_true(kzi_header_is("etag:", 5, "etag", &value, &length));
    g_assert_cmpuint(length, ==, 0);
    g_assert_false(kzi_header_is("etag", 4, "etag", &value, &length));
    g_assert_false(kzi_header_is("etags: x", 8, "etag", &value, &length));
    g_assert_false(kzi_header_is("e", 1, "etag", &value, &length));
}

/* A line that holds a NUL is none, nor are what would stand behind it two. */
static void test_nul(void)
{
    static const char line[] = "X-One: 1\0etag: \"forged\"\r\n";
    kzi_buffer head = { 0 };
    g_assert_true(kzi_head_add(&head, line, sizeof line - 1));
    g_assert_true(kzi_head_add(&head, "X-Two: 2\r\n", 10));
    g_assert_null(kzi_head_find(head.data, head.length, "etag"));
    g_assert_null(kzi_head_find(head.data, head.length, "x-one"));
    g_assert_cmpstr(kzi_head_find(head.data, head.length, "x-two"), ==, "2");
    kzi_buffer_free(&head);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/header/a-delay-is-a-number-or-a-date", test_delay);
    g_test_add_func("/header/a-range-has-a-start-or-is-none", test_range);
    g_test_add_func("/header/names-in-any-case-values-without-spaces", test_name);
    g_test_add_func("/header/a-nul-begins-no-other", test_nul);
    return g_test_run();
}
