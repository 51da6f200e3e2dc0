/* test-words.c: the words of a command line, and times as texts. */
#include "moment.h"
#include "words.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void assert_words(const char *line, const char *const *wanted)
{
    kz_error *error = NULL;
    char **words = kzi_words_split(line, "credential_command", &error);
    g_assert_null(error);
    g_assert_cmpstrv((gchar **)words, (gchar **)(guintptr)wanted);
    kzi_words_free(words);
}
#define ASSERT_WORDS(line, ...) assert_words(line, (const char *const[]){ __VA_ARGS__, NULL })

static void test_words(void)
{
    ASSERT_WORDS("vault", "vault");
    ASSERT_WORDS("  vault \t read\n-field=token  ", "vault", "read", "-field=token");
    ASSERT_WORDS("a b c d", "a", "b", "c", "d");
    ASSERT_WORDS("/opt/my\\ tools/get '' \"\"", "/opt/my tools/get", "", "");
    ASSERT_WORDS("get 'a \"b\" $HOME \\n' \"it's \\\"so\\\" \\$x \\n\"", "get", "a \"b\" $HOME \\n", "it's \"so\" $x \\n");
    ASSERT_WORDS("get a'b'\"c\"d\\;", "get", "abcd;");
    ASSERT_WORDS("get *.txt a~ -x=~", "get", "*.txt", "a~", "-x=~");
}

static void test_lines_that_are_none(void)
{
    static const char *const lines[][2] = { { "", "names no program" }, { " \t", "names no program" },
        { "'' x", "names no program" }, { "get 'open", "single quote" }, { "get \"open", "double quote" },
        { "get \"open\\\"", "double quote" }, { "get \\", "ends with a backslash" }, { "get | head", "only a shell" },
        { "get > secret-file", "only a shell" }, { "get; rm x", "only a shell" }, { "get $HOME", "only a shell" },
        { "get \"$HOME\"", "only a shell" }, { "get `id`", "only a shell" }, { "get \"`id`\"", "only a shell" },
        { "~/bin/get", "only a shell" }, { "get ~root", "only a shell" } };
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        kz_error *error = NULL;
        g_assert_null(kzi_words_split(lines[i][0], "credential_command", &error));
        g_assert_true(kz_error_is(error, KZ_ERROR_CONFIG));
        g_assert_cmpstr(error->path, ==, "credential_command");
        if (!strstr(error->message, lines[i][1]))
            g_error("\"%s\" says: %s", lines[i][0], error->message);
        g_assert_null(strstr(error->message, "secret-file")); /* nothing of the line is shown: it may hold a secret */
        kz_error_free(error);
    }
}

static void assert_moment(const char *text, gint64 wanted)
{
    int64_t seconds = 0;
    g_assert_true(kzi_moment_read(text, &seconds));
    g_assert_cmpint(seconds, ==, wanted);
}

static void test_moments(void)
{
    assert_moment("1970-01-01T00:00:00Z", 0);
    assert_moment("2026-03-04T05:06:07Z", 1772600767);
    assert_moment("2026-03-04t05:06:07.123456z", 1772600767);
    assert_moment("2026-03-04 06:36:07+01:30", 1772600767);
    assert_moment("2026-03-04T00:06:07-05:00", 1772600767);
    assert_moment("2000-02-29T12:00:00Z", 951825600);
    assert_moment("1600-02-29T00:00:00Z", -11670998400);
    assert_moment("9999-12-31T23:59:59Z", 253402300799);
    setenv("TZ", "UTC-2", 1); /* two hours ahead */
    tzset();
    assert_moment("2026-03-04 07:06:07.5", 1772600767);
    static const char *const wrong[] = { "", "tomorrow", "2026-03-04", "2026-3-4T5:6:7Z", "2026-13-04T05:06:07Z",
        "2026-03-04T25:06:07Z", "2026-03-04T05:06:07.Z", "2026-03-04T05:06:07+1", "2026-03-04T05:06:07Zulu" };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_false(kzi_moment_read(wrong[i], NULL));
    g_assert_true(kzi_moment_is_date("2026-03-04"));
    g_assert_false(kzi_moment_is_date("2026-03-04T"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/words/quotes-and-backslashes-are-a-shell's", test_words);
    g_test_add_func("/words/what-only-a-shell-does-is-refused-by-name", test_lines_that_are_none);
    g_test_add_func("/moment/texts-become-seconds", test_moments);
    return g_test_run();
}
