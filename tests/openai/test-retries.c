/* test-retries.c: which answers are asked for again, and when: by status, by what the server says of it, for answers and streams. */
#include "fixture.h"

#include <stdlib.h>

static const struct {
    const char *status, *headers;
    int sends; /* of two */
} cases[] = {
    { "408 Slow", "", 2 },
    { "409 Conflict", "", 2 },
    { "429 Busy", "", 2 },
    { "500 Broken", "", 2 },
    { "502 Gateway", "", 2 },
    { "503 Loading", "", 2 },
    { "504 Gateway", "", 2 },
    { "400 Wrong", "", 1 },
    { "403 Forbidden", "", 1 },
    { "404 Missing", "", 1 },
    { "422 Wrong", "", 1 },
    { "501 Never", "", 1 },
    { "400 Wrong", "x-should-retry: true\r\n", 2 },
    { "429 Busy", "x-should-retry: false\r\n", 1 },
    { "500 Broken", "X-Should-Retry: FALSE\r\n", 1 },
    { "503 Loading", "x-should-retry: perhaps\r\n", 2 },
    /* Longer than the call may take: told at once. */
    { "429 Busy", "Retry-After: 100000\r\n", 1 },
    { "429 Busy", "retry-after-ms: 100000000\r\n", 1 },
    /* Milliseconds are the finer word, whatever comes first. */
    { "429 Busy", "Retry-After: 100000\r\nretry-after-ms: 2\r\n", 2 },
    { "429 Busy", "retry-after-ms: 2\r\nRetry-After: 100000\r\n", 2 },
};

static char *refusal(gsize i)
{
    bool says_when = strcasestr(cases[i].headers, "retry-after") != NULL;
    return g_strdup_printf("HTTP/1.1 %s\r\n%s%sx-request-id: r1\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
                           "{\"error\":{\"message\":\"no\",\"code\":\"c\"}}",
        cases[i].status, cases[i].headers, says_when ? "" : "retry-after-ms: 1\r\n");
}

static void test_answers(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        char *text = refusal(i);
        const WireAnswer script[] = { { text, -1, WIRE_CLOSE }, { JSON "{\"choices\":[]}", -1, WIRE_CLOSE } };
        begin(&f, script, 2);
        kz_chat_completion *reply = kz_openai_chat_completions_create(f.openai, &hello, &f.error);
        if ((int)wire_count(f.server) != cases[i].sends)
            g_error("%s %s: sent %u times", cases[i].status, cases[i].headers, wire_count(f.server));
        g_assert_true((cases[i].sends == 2) == (reply != NULL));
        if (!reply) {
            g_assert_cmpstr(f.error->request_id, ==, "r1");
            g_assert_cmpint(f.error->attempts, ==, 1);
            g_assert_cmpint(f.error->status, ==, atoi(cases[i].status));
            expect_error(&f, KZ_ERROR_API, "no");
        }
        kz_free(reply);
        end(&f);
        g_free(text);
    }
}

static void test_streams(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        char *text = refusal(i);
        const WireAnswer script[] = { { text, -1, WIRE_CLOSE },
            { EVENTS "data: {\"id\":\"a\"}\n\ndata: [DONE]\n\n", -1, WIRE_CLOSE } };
        begin(&f, script, 2);
        kz_stream *stream = kz_openai_chat_completions_create_stream(f.openai, &hello, &f.error);
        g_assert_true((cases[i].sends == 2) == (stream != NULL));
        if (stream)
            g_assert_nonnull(kz_stream_next(stream, &f.error));
        else
            expect_error(&f, KZ_ERROR_API, "no");
        kz_stream_close(stream);
        g_assert_cmpint((int)wire_count(f.server), ==, cases[i].sends);
        end(&f);
        g_free(text);
    }
}

/* A stream that has begun is not begun anew: what came would come twice. */
static void test_begun(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
                                    "chunked\r\n\r\n11\r\ndata: {\"id\":\"a\"}\n\n",
                                      -1, WIRE_CLOSE },
        { EVENTS "data: {\"id\":\"b\"}\n\n", -1, WIRE_CLOSE } };
    begin(&f, script, 2);
    kz_stream *stream = kz_openai_chat_completions_create_stream(f.openai, &hello, &f.error);
    while (kz_stream_next(stream, &f.error))
        ;
    expect_error(&f, KZ_ERROR_CONNECTION, NULL);
    g_assert_cmpuint(wire_count(f.server), ==, 1);
    kz_stream_close(stream);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/retries/answers", test_answers);
    g_test_add_func("/retries/streams", test_streams);
    g_test_add_func("/retries/a-stream-that-has-begun-is-not-begun-anew", test_begun);
    return g_test_run();
}
