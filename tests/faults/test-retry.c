/* test-retry.c: what is sent again, how often and after how long, on a clock that the test winds. */
#include "../client.h"
#include "../kinds/fixture.h"
#include "clock.h"

#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
#define AFTER(value) "HTTP/1.1 503 Busy\r\nRetry-After: " value "\r\nContent-Length: 0\r\n\r\n"
#define AFTER_MS(value) "HTTP/1.1 503 Busy\r\nRetry-After-Ms: " value "\r\nContent-Length: 0\r\n\r\n"

typedef struct Rule {
    const char *answer; /* to every attempt, NULL: the connection is closed */
    const char *settings[9];
    guint64 chance;
    gint64 waits[9]; /* between the attempts; none of zero is noticed. -1 at the end */
    int attempts;    /* 0: one more than waits */
} Rule;

static const Rule rules[] = {
    /* Chance says how much of the backoff is waited for. */
    { BUSY, { "max_retries", "3" }, 0, { -1 }, 4 },
    { BUSY, { "max_retries", "3" }, 499, { 499, 499, 499, -1 } },
    { BUSY, { "max_retries", "0" }, 499, { -1 } },
    { NULL, { "max_retries", "2" }, 250, { 250, 250, -1 } },
    /* The server says when. */
    { AFTER("3"), { "max_retries", "2" }, 499, { 3000, 3000, -1 } },
    { AFTER("0"), { "max_retries", "2" }, 499, { -1 }, 3 },
    { AFTER_MS("120"), { "max_retries", "2" }, 499, { 120, 120, -1 } },
    { AFTER("Thu, 01 Jan 1998 00:00:00 GMT"), { "max_retries", "1" }, 499, { -1 }, 2 },
    { AFTER("soon"), { "max_retries", "1" }, 499, { 499, -1 } },
    /* What does not fit into the time of the call or the budget of its retries is not waited for. */
    { AFTER("20"), { "max_retries", "5", "timeout", "50" }, 0, { 20000, 20000, -1 } },
    { AFTER("31"), { "max_retries", "5", "timeout", "30" }, 0, { -1 } },
    { AFTER("2"), { "max_retries", "9", "timeout", "30", "retry_budget", "5" }, 0, { 2000, 2000, -1 } },
    { "HTTP/1.1 503 Busy\r\nX-Should-Retry: false\r\nContent-Length: 0\r\n\r\n", { "max_retries", "5" }, 0, { -1 } },
    { "HTTP/1.1 400 Bad\r\nX-Should-Retry: true\r\nContent-Length: 0\r\n\r\n", { "max_retries", "2" }, 7, { 7, 7, -1 } },
};

static void check(const Rule *rule, gsize number)
{
    Fixture f;
    gint64 waits[16];
    const WireAnswer script = { rule->answer, -1, rule->answer ? 0 : WIRE_CLOSE, NULL };
    begin(&f, &script, 1, rule->settings);
    clock_virtual(TRUE);
    clock_chance(rule->chance);
    g_assert_null(kz_kinds_truth(f.kinds, NULL, &f.error));
    guint n = clock_waits(waits, G_N_ELEMENTS(waits)), due = 0;
    while (rule->waits[due] >= 0)
        due++;
    g_test_message("rule %zu: %u waits", number, n);
    g_assert_cmpuint(n, ==, due);
    for (guint i = 0; i < n; i++)
        g_assert_cmpint(waits[i], ==, rule->waits[i]);
    guint attempts = rule->attempts ? (guint)rule->attempts : n + 1;
    g_assert_cmpint(f.error->attempts, ==, (int)attempts);
    g_assert_cmpuint(wire_count(f.server), ==, attempts);
    kz_error_clear(&f.error);
    clock_virtual(FALSE);
    end(&f);
}

static void test_rules(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        check(&rules[i], i);
}

/* Nor into a time that the call itself was given: the server's own words come at once, not the end of that time. */
static void test_time_of_the_call(void)
{
    Fixture f;
    gint64 waits[4];
    const WireAnswer script = { AFTER("6"), -1, 0, NULL };
    begin_with(&f, &script);
    clock_virtual(TRUE);
    kz_kinds *soon = kz_kinds_with_options(f.kinds, &(kz_call_options){ .timeout = KZ_NUMBER(5) }, &f.error);
    g_assert_null(kz_kinds_truth(soon, NULL, &f.error));
    g_assert_cmpuint(clock_waits(waits, 4), ==, 0);
    expect_error(&f, KZ_ERROR_UNAVAILABLE, NULL);
    kz_service_free(soon);
    clock_virtual(FALSE);
    end(&f);
}

/* The longest that chance may make each wait. */
static void test_backoff(void)
{
    static const gint64 ceilings[] = { 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000 },
                        numbers[] = { 500, 1000, 2000, 4000, 8000, 8500 };
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        Rule rule = { BUSY, { "max_retries", "8", "timeout", "0" }, (guint64)numbers[i], { -1 } };
        /* A number is taken as it is by waits that may be so long, and folded by those that may not: the last one by all. */
        for (gsize j = 0; j < G_N_ELEMENTS(ceilings); j++)
            rule.waits[j] = numbers[i] % (ceilings[j] + 1);
        rule.waits[G_N_ELEMENTS(ceilings)] = -1;
        check(&rule, i);
    }
}

/* A request that changes something goes out once, unless the server turned it away or the operation has a key for it. */
static void test_what_is_not_idempotent(void)
{
    static const struct {
        const char *answer;
        bool keyed;
        guint sent;
    } cases[] = { { BUSY, false, 1 }, { NULL, false, 1 }, { "HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n", false, 1 },
        { "HTTP/1.1 429 Many\r\nContent-Length: 0\r\n\r\n", false, 4 },
        { "HTTP/1.1 503 Busy\r\nX-Should-Retry: true\r\nContent-Length: 0\r\n\r\n", false, 1 }, { BUSY, true, 4 },
        { NULL, true, 4 } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        const WireAnswer script = { cases[i].answer, -1, cases[i].answer ? 0 : WIRE_CLOSE, NULL };
        begin_with(&f, &script);
        clock_virtual(TRUE);
        clock_chance(1);
        if (cases[i].keyed)
            g_assert_null(kz_kinds_always(f.kinds, &(kz_kinds_always_params){ .name = "n" }, &f.error));
        else
            g_assert_null(kz_kinds_body(f.kinds, &(kz_kinds_body_params){ .name = "n" }, &f.error));
        g_test_message("case %zu", i);
        g_assert_cmpuint(wire_count(f.server), ==, cases[i].sent);
        for (guint j = 1; cases[i].keyed && j < cases[i].sent; j++) {
            const char *first = strstr(wire_request(f.server, 0), "Idempotency-Key: ");
            char *key = g_strndup(first, strcspn(first, "\r"));
            g_assert_nonnull(strstr(wire_request(f.server, j), key));
            g_free(key);
        }
        kz_error_clear(&f.error);
        clock_virtual(FALSE);
        end(&f);
    }
}

/* A passing trouble costs the time it takes and nothing else. */
static void test_recovery(void)
{
    Fixture f;
    gint64 waits[8];
    const WireAnswer script[] = { { "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", -1,
                                      WIRE_CLOSE, NULL },
        { NULL, 0, WIRE_CLOSE, NULL }, { BUSY, -1, 0, NULL }, { TRUE_ANSWER, -1, 0, NULL } };
    begin(&f, script, 4, NULL);
    clock_virtual(TRUE);
    clock_chance(333);
    gint64 started = clock_now();
    kz_bool_value *truth = kz_kinds_truth(f.kinds, NULL, &f.error);
    g_assert_true(truth && truth->value.value);
    kz_free(truth);
    g_assert_cmpuint(clock_waits(waits, 8), ==, 3);
    g_assert_cmpint(waits[0], ==, 7000);
    g_assert_cmpint(clock_now() - started, ==, 7000 + 333 + 333);
    clock_virtual(FALSE);
    end(&f);
}

/* ---- silence ---- */

/* Content that takes twenty seconds for each piece. */
static int64_t read_slowly(void *user, void *buffer, size_t size)
{
    int *left = user;
    if (!*left || !size)
        return 0;
    --*left;
    clock_pass(20000);
    memset(buffer, 'x', 1);
    return 1;
}

/* A server that listens is not silent. */
static void test_slow_upload(void)
{
    Fixture f;
    int left = 9;
    begin(&f, &(WireAnswer){ "HTTP/1.1 204 Fine\r\n\r\n", -1, 0, NULL }, 1,
        SETTINGS("idle_timeout", "30", "timeout", "0", "max_retries", "0"));
    clock_virtual(TRUE);
    gint64 started = clock_now();
    bool sent = kz_kinds_bare(
        f.kinds, &(kz_kinds_bare_params){ .body = &(kz_upload){ .read = read_slowly, .user = &left, .length = 9 } }, &f.error);
    no_error(&f);
    g_assert_true(sent);
    g_assert_cmpint(clock_now() - started, >=, 9 * 20000);
    clock_virtual(FALSE);
    end(&f);
}

/* Nor is one whose stream nobody reads for a while. */
static void test_slow_reader(void)
{
    Fixture f;
    const WireAnswer script = { CHUNKED("text/event-stream") "f\r\ndata: {\"n\":1}\n\n\r\n" WIRE_MARK
                                                             "f\r\ndata: {\"n\":2}\n\n\r\n0\r\n\r\n",
        -1, WIRE_HOLD, NULL };
    begin(&f, &script, 1, SETTINGS("idle_timeout", "30", "max_retries", "0"));
    clock_virtual(TRUE);
    kz_stream *stream = kz_kinds_events(f.kinds, NULL, &f.error);
    g_assert_nonnull(kz_stream_next(stream, &f.error));
    clock_pass(600000);
    wire_release(f.server);
    wire_wait(f.server, 1);
    g_assert_nonnull(kz_stream_next(stream, &f.error));
    no_error(&f);
    g_assert_null(kz_stream_next(stream, &f.error));
    no_error(&f);
    kz_stream_close(stream);
    clock_virtual(FALSE);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/retry/the-backoff-doubles-up-to-eight-seconds", test_backoff);
    g_test_add_func("/retry/number-and-spacing", test_rules);
    g_test_add_func("/retry/nothing-is-waited-for-in-vain", test_time_of_the_call);
    g_test_add_func("/retry/what-changes-something-is-sent-once", test_what_is_not_idempotent);
    g_test_add_func("/retry/passing-troubles-pass", test_recovery);
    g_test_add_func("/silence/a-slow-upload-is-none", test_slow_upload);
    g_test_add_func("/silence/a-slow-reader-makes-none", test_slow_reader);
    return g_test_run();
}
