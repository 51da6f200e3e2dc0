/* test-servers.c: servers that do not keep to the protocol: early, twice, with something behind, of the wrong length, in another
 * charset. */
#include "../client.h"
#include "../kinds/fixture.h"

#define JSON_OF(length) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n"

static const char *const once[] = { "max_retries", "0", NULL };

/* ---- lengths, charsets ---- */

static void test_lengths(void)
{
    static const struct {
        const char *answer;
        int flags, truth; /* -1: an error of this class */
        int code;
        const char *text;
    } cases[] = {
        { JSON_OF("4") "\r\ntrue", 0, 1, 0, NULL },
        { JSON_OF("40") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "whole" },                 /* longer than what comes */
        { JSON_OF("3") "\r\ntrue", 0, -1, KZ_ERROR_DECODE, NULL },                                  /* shorter */
        { JSON_OF("999999999999999999") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "whole" }, /* than any memory */
        { JSON_OF("-4") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "Content-Length" },
        { JSON_OF("4, 4") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "Content-Length" },
        { JSON_OF("4x") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "Content-Length" },
        { JSON_OF("") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "Content-Length" },
        { JSON_OF("99999999999999999999") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "Content-Length" },
        { JSON_OF("4") "Content-Length: 5\r\n\r\ntrue ", 0, -1, KZ_ERROR_CONNECTION, "two Content-Lengths" },
        { JSON_OF("4") "content-length:4\r\n\r\ntrue", 0, 1, 0, NULL }, /* said twice, the same */
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\ntrue", WIRE_CLOSE, 1, 0, NULL },
        { JSON_OF("7") "\r\ntrue xx", 0, -1, KZ_ERROR_DECODE, "the end" },
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nx\r\ntrue\r\n", WIRE_CLOSE, -1,
            KZ_ERROR_CONNECTION, NULL },
        { "HTTP/9.9 200 OK\r\n\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, NULL },
        { "220 mail.example.org ESMTP\r\n", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, NULL },
        { "HTTP/1.1 099 What\r\n\r\n", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, NULL },
        { "HTTP/1.1 204 No\r\n\r\n", 0, 0, 0, NULL }, /* a value that is not given */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        const WireAnswer script = { cases[i].answer, -1, cases[i].flags, NULL };
        begin(&f, &script, 1, once);
        int answer = ask_for_truth(&f);
        g_test_message("case %zu: %s", i, f.error ? f.error->message : "fine");
        g_assert_cmpint(answer, ==, cases[i].truth);
        if (f.error)
            expect_error(&f, cases[i].code, cases[i].text);
        end(&f);
    }
}

/* JSON and texts are UTF-8, whatever a server calls them. */
static void test_charsets(void)
{
    static const char utf16[] = JSON_OF("8") "\r\nt\0r\0u\0e\0";
    const WireAnswer script[] = {
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=iso-8859-1\r\nContent-Length: 8\r\n\r\n[\"caf\xe9\"]", -1,
            0, "GET /words" },
        { "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=latin1\r\nContent-Length: 4\r\n\r\ncaf\xe9", -1, 0,
            "GET /places" },
        { utf16, sizeof utf16 - 1, 0, "GET /truth" },
        { BAD, -1, 0, "?" },
    };
    Fixture f;
    begin(&f, script, G_N_ELEMENTS(script), once);
    g_assert_null(kz_kinds_words(f.kinds, NULL, &f.error));
    expect_error(&f, KZ_ERROR_DECODE, "UTF-8");
    g_assert_null(kz_kinds_places(f.kinds, &(kz_kinds_places_params){ .id = "i", .rest = KZ_INT(1) }, &f.error));
    expect_error(&f, KZ_ERROR_DECODE, "UTF-8");
    g_assert_cmpint(ask_for_truth(&f), ==, -1);
    expect_error(&f, KZ_ERROR_DECODE, NULL);
    end(&f);
}

/* What a server says reaches a terminal as words alone, however it writes what is none. */
static void test_escape_sequences(void)
{
    static const char body[] = "{\"error\":{\"message\":\"\\u001b]0;mine\\u0007no\\u007f \\u009b31m\xc2\x9b"
                               "A\",\"code\":\"\\u001bc\",\"type\":\"\\u001bt\",\"param\":\"\\u001bp\"}}";
    g_autofree char *answer = g_strdup_printf(
        "HTTP/1.1 409 No\r\nX-Request-Id: \x1bi\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        sizeof body - 1, body);
    const WireAnswer script = { answer, -1, 0, NULL };
    Fixture f;
    begin(&f, &script, 1, once);
    g_assert_cmpint(ask_for_truth(&f), ==, -1);
    g_assert_cmpstr(f.error->server_code, ==, "?c");
    g_assert_cmpstr(f.error->server_type, ==, "?t");
    g_assert_cmpstr(f.error->server_param, ==, "?p");
    g_assert_cmpstr(f.error->request_id, ==, "?i");
    expect_error(&f, KZ_ERROR_CONFLICT, ": ?]0;mine?no? ??31m??A.");
    end(&f);
}

/* ---- more than one answer ---- */

/* What a server sends behind its answer is not taken for the answer to the next question: neither with it nor after it. */
static void test_an_answer_too_many(void)
{
    static const char *const answers[][2] = { { TRUE_ANSWER, HEAD("application/json", "5") "false" }, { TRUE_ANSWER, "garbage" },
        { TRUE_ANSWER, "\r\n" HEAD("application/json", "5") "false" },
        { CHUNKED("application/json") "4\r\ntrue\r\n0\r\n\r\n", HEAD("application/json", "5") "false" } };
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++)
        for (int later = 0; later <= 1; later++) {
            Fixture f;
            char *both = g_strconcat(answers[i][0], later ? WIRE_MARK : "", answers[i][1], NULL);
            const WireAnswer script[] = { { both, -1, WIRE_HOLD, NULL }, { TRUE_ANSWER, -1, 0, NULL } };
            begin(&f, script, 2, once);
            g_assert_cmpint(ask_for_truth(&f), ==, 1);
            wire_release(f.server);
            wire_wait(f.server, 1); /* all of it has been sent */
            int second = ask_for_truth(&f);
            if (second != 1)
                g_error("case %zu, %d: %d: %s", i, later, second, f.error ? f.error->message : "a stale answer");
            g_assert_cmpuint(wire_count(f.server), ==, 2);
            if (later)
                g_assert_cmpuint(wire_connections(f.server), ==, 2);
            end(&f);
            g_free(both);
        }
}

/* Nor does the connection that is given up for it count: the retries that a call has are for the answers that it gets. */
static void test_a_connection_given_up_is_no_attempt(void)
{
    Fixture f;
    const WireAnswer script[] = { { TRUE_ANSWER WIRE_MARK "garbage", -1, WIRE_HOLD, NULL },
        { "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", -1, 0, NULL }, { BAD, -1, 0, NULL } };
    begin(&f, script, 3, SETTINGS("max_retries", "1"));
    g_assert_cmpint(ask_for_truth(&f), ==, 1);
    wire_release(f.server);
    wire_wait(f.server, 1);
    g_assert_cmpint(ask_for_truth(&f), ==, -1);
    g_assert_cmpint(f.error->attempts, ==, 2);
    expect_error(&f, KZ_ERROR_SERVER, NULL);
    g_assert_cmpuint(wire_count(f.server), ==, 3);
    end(&f);
}

static void test_an_answer_too_many_behind_none(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 204 No\r\n\r\n" WIRE_MARK HEAD("application/json", "5") "false", -1, WIRE_HOLD,
                                      NULL },
        { TRUE_ANSWER, -1, 0, NULL } };
    begin(&f, script, 2, once);
    g_assert_true(kz_kinds_bare(f.kinds, &(kz_kinds_bare_params){ .body = &(kz_upload){ .data = "x", .length = 1 } }, &f.error));
    wire_release(f.server);
    wire_wait(f.server, 1);
    g_assert_cmpint(ask_for_truth(&f), ==, 1);
    end(&f);
}

/* The server has said no before it read all of what was sent, and closes or goes on reading. */
static void test_early(void)
{
    char *content = g_strnfill(4 << 20, 'c');
    const kz_kinds_bare_params params = { .body = &(kz_upload){ .data = content, .length = 4 << 20 } };
    for (int flags = WIRE_EARLY; flags <= (WIRE_EARLY | WIRE_CLOSE); flags += WIRE_CLOSE) {
        Fixture f;
        const WireAnswer script = { "HTTP/1.1 413 Large\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n"
                                    "{\"detail\":\"large\"}",
            -1, flags, NULL };
        begin(&f, &script, 1, once);
        g_assert_false(kz_kinds_bare(f.kinds, &params, &f.error));
        g_test_message("%d: %s", flags, f.error->message);
        if (flags & WIRE_CLOSE && kz_error_is(f.error, KZ_ERROR_CONNECTION))
            kz_error_clear(&f.error); /* a reset overtook the answer */
        else
            expect_error(&f, KZ_ERROR_API, "large");
        end(&f);
    }
    g_free(content);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/servers/wrong-lengths-and-charsets", test_lengths);
    g_test_add_func("/servers/other-charsets", test_charsets);
    g_test_add_func("/servers/no-escape-sequences-in-errors", test_escape_sequences);
    g_test_add_func("/servers/an-answer-too-many", test_an_answer_too_many);
    g_test_add_func("/servers/an-answer-too-many-behind-none", test_an_answer_too_many_behind_none);
    g_test_add_func("/servers/a-connection-given-up-is-no-attempt", test_a_connection_given_up_is_no_attempt);
    g_test_add_func("/servers/an-answer-before-the-request-is-sent", test_early);
    return g_test_run();
}
