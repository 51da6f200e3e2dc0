/* test-scan.c: what is JSON and what is not, numbers there and back, the nearest name. */
#include "json_scan.h"
#include "schema_json.h"

#include <glib.h>
#include <math.h>
#include <string.h>

static bool valid(const char *text, size_t length, size_t *line, size_t *column)
{
    const char *problem;
    return kzi_json_valid(text, length, 0, line, column, &problem);
}

static void test_valid(void)
{
    static const char *const cases[] = { "0", "-0", "1e5", "1E-5", "-1.5e+10", "\"\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"",
        "\"\xf0\x9f\x98\x80\"", "[]", "[1,2]", " [ ] ", "{}", "{\"a\":{\"b\":[null,true,false]}}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\t\r\n 1 ", "{\"a\":1,\"a\":2}", "\"\xed\x9f\xbf\"", "\"\x7f\"",
        "123456789012345678901234567890" };
    size_t line, column;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        if (!valid(cases[i], strlen(cases[i]), &line, &column))
            g_error("refused: %s", cases[i]);
}

static void test_invalid(void)
{
    static const char *const cases[] = { "", " ", "nul", "nulll", "True", "01", "-", "1.", ".5", "1e", "+1", "0x1", "NaN",
        "Infinity", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"", "\"\t\"", "\"\xff\"",
        "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "[", "[1", "[1,", "[1,]", "[,]", "{",
        "{\"a\"", "{\"a\":", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1 2]", "1 2", "[]]", "//", "/**/1", "{\"a\":1 \"b\":2}",
        "[\"\\\"]" };
    size_t line, column;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        if (valid(cases[i], strlen(cases[i]), &line, &column))
            g_error("accepted: %s", cases[i]);
    g_assert_false(valid("1\0", 2, &line, &column));
}

static void test_problems(void)
{
    static const char *const cases[][2] = { { "\"a\tb\"", "a control character within a string" },
        { "\"more than eight\x1f\"", "a control character within a string" }, { "\"\xff\"", "a byte that is not UTF-8" },
        { "\"\\ud83d\"", "half of a surrogate pair" }, { "\"", "a string without its end" },
        { "[1,01]", "a number that starts with 0" }, { "1e", "a number without digits in its exponent" } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        size_t line, column;
        const char *problem;
        g_assert_false(kzi_json_valid(cases[i][0], strlen(cases[i][0]), 0, &line, &column, &problem));
        g_assert_cmpstr(problem, ==, cases[i][1]);
    }
}

static void test_every_prefix(void)
{
    static const char text[] = "{\"a\":[1,-2.5e3,\"x\\u00e9\\n\xc3\xa9\"],\"b\":{\"c\":null,\"d\":true}}";
    size_t line, column;
    g_assert_true(valid(text, sizeof text - 1, &line, &column));
    for (size_t length = 0; length < sizeof text - 1; length++)
        g_assert_false(valid(text, length, &line, &column));
}

static void test_depth(void)
{
    char text[300];
    size_t line, column;
    const char *problem;
    memset(text, '[', 128);
    memset(text + 128, ']', 128);
    g_assert_true(kzi_json_valid(text, 256, 0, &line, &column, &problem));
    memset(text, '[', 129);
    memset(text + 129, ']', 129);
    g_assert_false(kzi_json_valid(text, 258, 0, &line, &column, &problem));
    g_assert_nonnull(strstr(problem, "max_json_depth"));
}

static void test_position(void)
{
    size_t line = 0, column = 0;
    g_assert_false(valid("{\n  \"a\": 1,\n  b: 2\n}", 20, &line, &column));
    g_assert_cmpuint(line, ==, 3);
    g_assert_cmpuint(column, ==, 3);
}

static void test_integers(void)
{
    int64_t value;
    g_assert_true(kzi_parse_int("9223372036854775807", 19, true, &value));
    g_assert_cmpint(value, ==, INT64_MAX);
    g_assert_true(kzi_parse_int("-9223372036854775808", 20, true, &value));
    g_assert_cmpint(value, ==, INT64_MIN);
    g_assert_false(kzi_parse_int("9223372036854775808", 19, true, &value));
    g_assert_false(kzi_parse_int("-9223372036854775809", 20, true, &value));
    g_assert_false(kzi_parse_int("99999999999999999999", 20, true, &value));
    g_assert_true(kzi_parse_int("1e3", 3, false, &value));
    g_assert_cmpint(value, ==, 1000);
    g_assert_false(kzi_parse_int("1.5", 3, false, &value));
    g_assert_true(kzi_parse_int("9223372036854775807.0", 21, false, &value));
    g_assert_cmpint(value, ==, INT64_MAX);
    g_assert_true(kzi_parse_int("-9.223372036854775808e18", 24, false, &value));
    g_assert_cmpint(value, ==, INT64_MIN);
    g_assert_true(kzi_parse_int("9007199254740993.0", 18, false, &value));
    g_assert_cmpint(value, ==, 9007199254740993);
    g_assert_true(kzi_parse_int("-0.0e99999999999999999999", 25, false, &value));
    g_assert_cmpint(value, ==, 0);
    g_assert_false(kzi_parse_int("9223372036854775808.0", 21, false, &value));
    g_assert_false(kzi_parse_int("1.00000000000000000001", 22, false, &value));
    g_assert_false(kzi_parse_int("1e-400", 6, false, &value));
    g_assert_false(kzi_parse_int("1e19", 4, false, &value));
}

static void test_doubles(void)
{
    static const char *const shortest[][2] = { { "0.1", "0.1" }, { "0.30000000000000004", "0.30000000000000004" },
        { "5e-324", "5e-324" }, { "1.7976931348623157e308", "1.7976931348623157e308" }, { "100", "100" }, { "-2.5", "-2.5" },
        { "123456789", "123456789" }, { "5.684341886080802e-14", "5.684341886080802e-14" }, { "1e15", "1000000000000000" },
        { "1e16", "1e16" }, { "1e-6", "0.000001" }, { "1e-7", "1e-7" }, { "-0", "-0" }, { "-0.0e5", "-0" },
        { "9007199254740993", "9007199254740992" } };
    char text[32];
    double value;
    for (size_t i = 0; i < G_N_ELEMENTS(shortest); i++) {
        g_assert_true(kzi_parse_double(shortest[i][0], strlen(shortest[i][0]), &value));
        g_assert_true(kzi_format_double(value, text));
        g_assert_cmpstr(text, ==, shortest[i][1]);
    }
    GRand *random = g_rand_new_with_seed(7);
    for (int i = 0; i < 20000; i++) {
        union {
            double number;
            guint32 words[2];
        } bits = { .words = { g_rand_int(random), g_rand_int(random) } };
        if (!isfinite(bits.number))
            continue;
        g_assert_true(kzi_format_double(bits.number, text));
        g_assert_true(kzi_parse_double(text, strlen(text), &value));
        g_assert_cmpmem(&value, sizeof value, &bits.number, sizeof value);
    }
    g_rand_free(random);
    g_assert_false(kzi_format_double(NAN, text));
    g_assert_false(kzi_format_double(INFINITY, text));
    g_assert_false(kzi_parse_double("1e999", 5, &value));
}

static void is_as_strtod_says(const char *text)
{
    double value, wanted = g_ascii_strtod(text, NULL);
    g_assert_true(kzi_parse_double(text, strlen(text), &value));
    if (memcmp(&value, &wanted, sizeof value) != 0)
        g_error("%s is %.17g rather than %.17g", text, wanted, value);
}

/* Digits at random, those that lie exactly between two doubles, and their neighbours. */
static void test_rounding(void)
{
    GRand *random = g_rand_new_with_seed(11);
    char text[64];
    for (int i = 0; i < 200000; i++) {
        guint64 digits = (guint64)g_rand_int(random) << 32 | g_rand_int(random);
        digits >>= g_rand_int_range(random, 0, 64);
        g_snprintf(text, sizeof text, "%s%" G_GUINT64_FORMAT "e%d", i % 2 ? "-" : "", digits, g_rand_int_range(random, -70, 71));
        is_as_strtod_says(text);
        g_snprintf(text, sizeof text, "%d.%019" G_GUINT64_FORMAT, i % 3, digits % 10000000000000000000u);
        is_as_strtod_says(text);
    }
    for (int i = 0; i < 20000; i++) {
        guint64 odd = ((guint64)1 << 53 | ((guint64)g_rand_int(random) << 21 | g_rand_int(random) >> 11)) << 1 | 1;
        guint64 half = (odd >> g_rand_int_range(random, 0, 2)) << g_rand_int_range(random, 0, 9);
        for (int step = -1; step <= 1; step++) {
            g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT "%s", half + (guint64)step, i % 2 ? "" : ".0");
            is_as_strtod_says(text);
            g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT "e-%d", half + (guint64)step, i % 30);
            is_as_strtod_says(text);
        }
    }
    g_rand_free(random);
}

static void test_nearest(void)
{
    const char *const names[] = { "list_models", "get_model", "delete_model" };
    g_assert_cmpstr(kzi_nearest("list_model", names, 3), ==, "list_models");
    g_assert_cmpstr(kzi_nearest("get_modle", names, 3), ==, "get_model");
    g_assert_null(kzi_nearest("x", names, 3));
    g_assert_null(kzi_nearest("something else entirely", names, 3));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/what-is-valid-is-accepted", test_valid);
    g_test_add_func("/json/what-is-not-is-refused", test_invalid);
    g_test_add_func("/json/a-fault-is-named", test_problems);
    g_test_add_func("/json/every-cut-document-is-refused", test_every_prefix);
    g_test_add_func("/json/depth-has-a-limit", test_depth);
    g_test_add_func("/json/a-fault-has-its-line-and-column", test_position);
    g_test_add_func("/json/integers-are-exact", test_integers);
    g_test_add_func("/json/doubles-round-trip-by-the-shortest-text", test_doubles);
    g_test_add_func("/json/decimals-are-rounded-to-the-nearest-double", test_rounding);
    g_test_add_func("/json/the-nearest-name", test_nearest);
    return g_test_run();
}
