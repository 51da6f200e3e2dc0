/* test-error.c: the tree of errors, slots that stick, causes. */
#include "error_private.h"

#include <glib.h>
#include <string.h>

static void test_tree(void)
{
    kz_error error = { .code = KZ_ERROR_UNAVAILABLE };
    g_assert_true(kz_error_is(&error, KZ_ERROR_UNAVAILABLE));
    g_assert_true(kz_error_is(&error, KZ_ERROR_SERVER));
    g_assert_true(kz_error_is(&error, KZ_ERROR_API));
    g_assert_true(kz_error_is(&error, KZ_ERROR));
    g_assert_false(kz_error_is(&error, KZ_ERROR_CONNECTION));
    error.code = KZ_ERROR_PERMISSION;
    g_assert_true(kz_error_is(&error, KZ_ERROR_AUTHENTICATION));
    error.code = KZ_ERROR_TLS;
    g_assert_true(kz_error_is(&error, KZ_ERROR_CONNECTION));
    error.code = 999;
    g_assert_false(kz_error_is(&error, KZ_ERROR));
    g_assert_false(kz_error_is(NULL, KZ_ERROR));
    g_assert_cmpstr(kz_error_class(KZ_ERROR_NOT_API), ==, "not_api");
    g_assert_cmpstr(kz_error_class(-1), ==, "error");
}

static void test_first_stays(void)
{
    kz_error *error = NULL;
    g_assert_false(kz_error_set(&error, KZ_ERROR_CONFIG, "timeout", "first %d", 1));
    kz_error_set(&error, KZ_ERROR_STATE, NULL, "second");
    kz_error_no_memory(&error);
    g_assert_cmpstr(error->message, ==, "first 1");
    g_assert_cmpstr(error->path, ==, "timeout");
    kz_error_clear(&error);
    g_assert_null(error);
    kz_error_clear(&error);
    kz_error_set(NULL, KZ_ERROR_STATE, NULL, "nowhere");
}

static void test_long(void)
{
    kz_error *error = NULL;
    char *text = g_strnfill(5000, 'x');
    kz_error_set(&error, KZ_ERROR_STATE, NULL, "%s", text);
    g_assert_cmpstr(error->message, ==, text);
    kz_error_free(error);
    g_free(text);
}

/* Messages hold what servers say, and end up on terminals. */
static void test_control_characters(void)
{
    static const char *const messages[][2] = { { "\x1b]0;title\x07\x1b[31mred", "?]0;title??[31mred" },
        { "\x01\r\x08\x1f", "????" }, { "\x7f", "?" },
        { "\xc2\x9b"
          "31m\xc2\x80\xc2\x9f",
            "??31m????" },
        { "\xff\xc2\x9b\xc3\xa9", "?????" }, { "two\n\tlines, caf\xc3\xa9,\xc2\xa0\xc2\xbf\xe2\x82\xac", NULL } };
    for (gsize i = 0; i < G_N_ELEMENTS(messages); i++) {
        kz_error *error = NULL;
        kz_error_set(&error, KZ_ERROR_STATE, NULL, "%s", messages[i][0]);
        g_assert_cmpstr(error->message, ==, messages[i][messages[i][1] ? 1 : 0]);
        kz_error_free(error);
    }
}

static void test_cause(void)
{
    kz_error *error = NULL, *cause = NULL;
    kz_error_set(&cause, KZ_ERROR_CONNECTION, NULL, "below");
    kz_error_wrap(&error, &cause, KZ_ERROR_STATE, NULL, "above");
    g_assert_null(cause);
    g_assert_cmpstr(error->cause->message, ==, "below");
    kz_error_set(&cause, KZ_ERROR_CONNECTION, NULL, "lost");
    kz_error_wrap(&error, &cause, KZ_ERROR_STATE, NULL, "ignored"); /* a filled slot: the cause is freed */
    g_assert_null(cause);
    kz_error_free(error);
}

static void test_facts(void)
{
    kz_error *error = NULL;
    kz_error facts = { .code = KZ_ERROR_API, .message = "m", .url = "u", .detail = KZ_JSON("{}"), .status = 418 };
    kzi_error_fill(&error, &facts);
    g_assert_true(error->message != facts.message && error->detail.text != facts.detail.text);
    g_assert_cmpstr(error->url, ==, "u");
    g_assert_cmpint(error->status, ==, 418);
    kz_error_free(error);
}

static void test_no_memory(void)
{
    kz_error *error = NULL;
    kz_error_no_memory(&error);
    g_assert_true(kz_error_is(error, KZ_ERROR_NO_MEMORY));
    kz_error_free(error);
    kz_error_free(error); /* it is nobody's */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/classes-form-a-tree", test_tree);
    g_test_add_func("/error/the-first-one-stays", test_first_stays);
    g_test_add_func("/error/long-messages-are-whole", test_long);
    g_test_add_func("/error/messages-hold-no-control-characters", test_control_characters);
    g_test_add_func("/error/a-cause-is-kept-or-freed", test_cause);
    g_test_add_func("/error/facts-are-copied", test_facts);
    g_test_add_func("/error/no-memory-needs-none", test_no_memory);
    return g_test_run();
}
