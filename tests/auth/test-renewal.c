/* test-renewal.c: getting and renewing a credential: once for all callers, whoever leads, and what a failure does. */
#include "gate.h"

enum { THREADS = 64 };

typedef struct Guest {
    Visit *visit;
    kz_error *error;
    bool good;
} Guest;

static gpointer enter(gpointer user)
{
    Guest *guest = user;
    guest->good = call(guest->visit, &guest->error);
    return NULL;
}

/* So many calls at once, each from a thread of its own. */
static void enter_all(Visit *v, Guest *guests)
{
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        guests[i] = (Guest){ .visit = v };
        threads[i] = g_thread_new("guest", enter, &guests[i]);
    }
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
}

static void expect_all_good(const Guest *guests)
{
    for (int i = 0; i < THREADS; i++)
        if (!guests[i].good)
            g_error("%s", guests[i].error->message);
}

static void test_first_calls_get_one_credential(void)
{
    Visit v;
    Guest guests[THREADS];
    visit_begin(&v, &turnstile, NULL);
    enter_all(&v, guests);
    expect_all_good(guests);
    g_assert_cmpint(v.gate.tokens, ==, 1);
    g_assert_cmpint(v.gate.refused, ==, 0);
    visit_end(&v);
}

static void test_64_threads_renew_once(void)
{
    Visit v;
    Guest guests[THREADS];
    visit_begin(&v, &turnstile, NULL);
    g_assert_true(call(&v, &v.error));
    set_epoch(&v, 2);
    v.gate.crowd = THREADS;
    enter_all(&v, guests);
    expect_all_good(guests);
    g_assert_cmpint(v.gate.asked, ==, 2);
    g_assert_cmpint(v.gate.refused, ==, THREADS); /* all of them had the token that ended */
    visit_end(&v);
}

static void test_failed_renewal_fails_each_once(void)
{
    Visit v;
    Guest guests[THREADS];
    visit_begin(&v, &turnstile, NULL);
    g_assert_true(call(&v, &v.error));
    set_epoch(&v, 2);
    v.gate.broken = true;
    v.gate.crowd = THREADS;
    enter_all(&v, guests);
    for (int i = 0; i < THREADS; i++) {
        g_assert_false(guests[i].good);
        v.error = guests[i].error;
        expect(&v, KZ_ERROR_AUTHENTICATION, "The turnstile said invalid_grant.");
    }
    g_assert_cmpint(v.gate.refused, ==, THREADS);
    g_assert_cmpint(v.gate.asked, ==, 2); /* one renewal failed for all of them */
    v.gate.broken = false;
    g_assert_true(call(&v, &v.error)); /* nothing is lost */
    visit_end(&v);
}

/* One call is refused when the renewal for another, whose token was the same, has failed already: it is not asked for once more. */
static void test_failed_renewal_fails_who_is_late(void)
{
    Visit v;
    visit_begin(&v, &turnstile, NULL);
    g_assert_true(call(&v, &v.error));
    set_epoch(&v, 2);
    v.gate.broken = true;
    v.gate.crowd = 2;
    guint before = wire_count(v.gate.server);
    kz_loop *loop = kz_loop_new(v.client, &v.error);
    kz_pending *late = kz_submit(loop, v.kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &v.error);
    fine(&v);
    while (wire_count(v.gate.server) == before)
        kz_loop_wait(loop, 0.01);
    g_assert_false(call(&v, &v.error));
    expect(&v, KZ_ERROR_AUTHENTICATION, "The turnstile said invalid_grant.");
    while (!kz_pending_is_done(late))
        kz_loop_wait(loop, -1);
    g_assert_null(kz_pending_take(late, &v.error));
    expect(&v, KZ_ERROR_AUTHENTICATION, "The turnstile said invalid_grant.");
    g_assert_cmpint(v.gate.refused, ==, 2);
    g_assert_cmpint(v.gate.asked, ==, 2);
    kz_pending_free(late);
    kz_loop_free(loop);
    visit_end(&v);
}

static void test_refused_after_renewal_is_an_error(void)
{
    Visit v;
    visit_begin(&v, &turnstile, NULL);
    v.gate.stubborn = true;
    g_assert_false(call(&v, &v.error));
    g_assert_cmpint(v.error->status, ==, 401);
    expect(&v, KZ_ERROR_AUTHENTICATION, "who are you?");
    g_assert_cmpint(v.gate.tokens, ==, 2);
    g_assert_cmpint(v.gate.refused, ==, 2);
    visit_end(&v);
}

static int64_t read_byte(void *user, void *buffer, size_t size)
{
    int *left = user;
    if (!*left || !size)
        return 0;
    --*left;
    memset(buffer, 'x', 1);
    return 1;
}

/* What was refused with its credential and can be read only once is not sent again, with nothing in it; the next call renews. */
static void test_content_that_is_gone_is_not_sent_again(void)
{
    Visit v;
    int left = 1;
    visit_begin(&v, &turnstile, NULL);
    g_assert_true(call(&v, &v.error));
    set_epoch(&v, 2);
    const kz_upload content = { .read = read_byte, .user = &left, .length = 1 };
    g_assert_false(kz_kinds_bare(v.kinds, &(kz_kinds_bare_params){ .body = &content }, &v.error));
    expect(&v, KZ_ERROR_AUTHENTICATION, "who are you?");
    g_assert_cmpint(v.gate.refused, ==, 1);
    g_assert_cmpint(v.gate.asked, ==, 1);
    g_assert_true(call(&v, &v.error));
    g_assert_cmpint(v.gate.asked, ==, 2);
    visit_end(&v);
}

/* The provider learns why it is asked, and what the server wants. */
static kz_provider_reason reason;
static char *wanted;

static kz_step acquire_curiously(void *self, kz_provider_step *step, kz_error **error)
{
    if (!step->round) {
        reason = (kz_provider_reason)step->reason;
        g_free(wanted);
        wanted = g_strdup(step->challenge);
    }
    return turnstile.acquire(self, step, error);
}

static void test_challenge_is_handed_on(void)
{
    Visit v;
    kz_provider_vtable curious = turnstile;
    curious.acquire = acquire_curiously;
    visit_begin(&v, &curious, NULL);
    g_assert_true(call(&v, &v.error));
    g_assert_cmpint(reason, ==, KZ_PROVIDER_FIRST);
    g_assert_null(wanted);
    set_epoch(&v, 2);
    g_assert_true(call(&v, &v.error));
    g_assert_cmpint(reason, ==, KZ_PROVIDER_REFUSED);
    g_assert_cmpstr(wanted, ==, "Bearer error=\"invalid_token\"");
    g_assert_true(kz_client_sign_in(v.client, NULL, &v.error));
    g_assert_cmpint(reason, ==, KZ_PROVIDER_SIGN_IN);
    g_assert_null(wanted);
    visit_end(&v);
}

static void expect_item(kz_stream *stream, int64_t n, kz_error **error)
{
    const kz_item *item = kz_stream_next(stream, error);
    if (*error)
        g_error("%s", (*error)->message);
    g_assert_cmpint(item->n.value, ==, n);
}

/* The token of a stream is refused by now, and renewed for another call: the stream goes on. One that is refused when it is opened is renewed
 * as any call. */
static void test_a_stream_under_way_is_left_alone(void)
{
    Visit v;
    visit_begin(&v, &turnstile, NULL);
    kz_stream *first = kz_kinds_events(v.kinds, NULL, &v.error);
    expect_item(first, 1, &v.error);
    set_epoch(&v, 2);
    g_assert_true(call(&v, &v.error));
    g_assert_cmpint(v.gate.asked, ==, 2);
    set_epoch(&v, 3);
    kz_stream *second = kz_kinds_events(v.kinds, NULL, &v.error);
    expect_item(second, 1, &v.error);
    g_assert_cmpint(v.gate.asked, ==, 3);
    wire_release(v.gate.server);
    expect_item(first, 2, &v.error);
    expect_item(second, 2, &v.error);
    g_assert_null(kz_stream_next(first, &v.error));
    g_assert_null(kz_stream_next(second, &v.error));
    fine(&v);
    guint opened = 0;
    for (guint i = 0; i < wire_count(v.gate.server); i++)
        opened += g_str_has_prefix(wire_request(v.gate.server, i), "GET /events ");
    g_assert_cmpuint(opened, ==, 3); /* the second was refused once */
    kz_stream_close(first);
    kz_stream_close(second);
    visit_end(&v);
}

/* A token whose life is over is renewed before it is sent, however the wall clock stands. */
static void test_ended_token_is_not_sent(void)
{
    Visit v;
    visit_begin(&v, &turnstile, NULL);
    v.gate.lifetime = 1;
    g_assert_true(call(&v, &v.error));
    v.gate.lifetime = 3600;
    while (v.gate.tokens == 1) /* the first was good for a second */
        g_assert_true(call(&v, &v.error));
    g_assert_cmpint(v.gate.tokens, ==, 2);
    g_assert_cmpint(v.gate.refused, ==, 0);
    visit_end(&v);
}

typedef struct Leader {
    Visit *visit;
    kz_cancel *cancel;
    kz_error *error;
} Leader;

static gpointer lead(gpointer user)
{
    Leader *leader = user;
    kz_kinds *own = kz_with_options(leader->visit->kinds, &(kz_call_options){ .cancel = leader->cancel }, &leader->error);
    kz_free(kz_kinds_truth(own, NULL, &leader->error));
    kz_service_free(own);
    return NULL;
}

/* The call that leads is cancelled while its token request is under way: the others go on with that request. */
static void leave_in_the_midst(Visit *v, Guest *guest, bool waits)
{
    Leader leader = { .visit = v, .cancel = kz_cancel_new(&v->error) };
    GThread *waiter = NULL;
    release_tokens(v, true);
    GThread *first = g_thread_new("leader", lead, &leader);
    wait_requests(v, 1);
    *guest = (Guest){ .visit = v };
    if (waits)
        waiter = g_thread_new("guest", enter, guest);
    kz_cancel_now(leader.cancel);
    g_thread_join(first);
    g_assert_true(kz_error_is(leader.error, KZ_ERROR_CANCELLED));
    kz_error_free(leader.error);
    release_tokens(v, false);
    if (waits)
        g_thread_join(waiter);
    else
        enter(guest);
    kz_cancel_free(leader.cancel);
}

static void test_others_go_on_when_the_leader_leaves(void)
{
    for (int waits = 0; waits < 2; waits++) {
        Visit v;
        Guest guest;
        visit_begin(&v, &turnstile, NULL);
        leave_in_the_midst(&v, &guest, waits);
        if (!guest.good)
            g_error("%s", guest.error->message);
        g_assert_cmpint(v.gate.tokens, ==, 1);
        visit_end(&v);
    }
}

static void count(kz_pending *pending, void *user)
{
    kz_error *error = NULL;
    void *result = kz_pending_take(pending, &error);
    if (error)
        g_error("%s", error->message);
    ++*(int *)user;
    kz_free(result);
    kz_pending_free(pending);
}

/* Calls of two loops and of a thread that blocks meet in one renewal. */
static void test_loops_and_threads_share_a_renewal(void)
{
    enum { EACH = 8 };
    Visit v;
    Guest guest = { .visit = &v };
    int done = 0;
    visit_begin(&v, &turnstile, NULL);
    release_tokens(&v, true);
    GThread *thread = g_thread_new("guest", enter, &guest);
    wait_requests(&v, 1);
    kz_loop *loops[2] = { kz_loop_new(v.client, &v.error), kz_loop_new(v.client, &v.error) };
    for (int i = 0; i < 2 * EACH; i++)
        kz_submit(loops[i % 2], v.kinds, &kz_kinds_truth_op, NULL, count, &done, &v.error);
    fine(&v);
    release_tokens(&v, false);
    while (done < 2 * EACH)
        for (int i = 0; i < 2; i++)
            kz_loop_wait(loops[i], 0.01);
    g_thread_join(thread);
    g_assert_true(guest.good);
    g_assert_cmpint(v.gate.tokens, ==, 1);
    kz_loop_free(loops[0]);
    kz_loop_free(loops[1]);
    visit_end(&v);
}

/* One call of a loop leads; it is cancelled, and the loop goes on with the next. */
static void test_a_loop_goes_on_without_its_leader(void)
{
    Visit v;
    int done = 0;
    visit_begin(&v, &turnstile, NULL);
    release_tokens(&v, true);
    kz_loop *loop = kz_loop_new(v.client, &v.error);
    kz_pending *first = kz_submit(loop, v.kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &v.error);
    kz_submit(loop, v.kinds, &kz_kinds_truth_op, NULL, count, &done, &v.error);
    while (wire_count(v.gate.server) < 1)
        kz_loop_wait(loop, 0.01);
    kz_pending_free(first);
    release_tokens(&v, false);
    while (!done)
        kz_loop_wait(loop, -1);
    g_assert_cmpint(v.gate.tokens, ==, 1);
    kz_loop_free(loop);
    visit_end(&v);
}

/* Nobody waits any more when the client goes. */
static void test_client_goes_while_a_renewal_is_under_way(void)
{
    Visit v;
    visit_begin(&v, &turnstile, NULL);
    release_tokens(&v, true);
    kz_loop *loop = kz_loop_new(v.client, &v.error);
    kz_pending *first = kz_submit(loop, v.kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &v.error);
    while (wire_count(v.gate.server) < 1)
        kz_loop_wait(loop, 0.01);
    kz_client_free(v.client);
    v.client = NULL;
    while (!kz_pending_is_done(first))
        kz_loop_wait(loop, -1);
    g_assert_null(kz_pending_take(first, &v.error));
    expect(&v, KZ_ERROR_CANCELLED, "cancelled");
    kz_pending_free(first);
    kz_loop_free(loop);
    release_tokens(&v, false);
    visit_end(&v);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/renewal/first-calls-get-one-credential", test_first_calls_get_one_credential);
    g_test_add_func("/renewal/64-threads-renew-once", test_64_threads_renew_once);
    g_test_add_func("/renewal/failed-renewal-fails-each-once", test_failed_renewal_fails_each_once);
    g_test_add_func("/renewal/failed-renewal-fails-who-is-late", test_failed_renewal_fails_who_is_late);
    g_test_add_func("/renewal/refused-after-renewal-is-an-error", test_refused_after_renewal_is_an_error);
    g_test_add_func("/renewal/content-that-is-gone-is-not-sent-again", test_content_that_is_gone_is_not_sent_again);
    g_test_add_func("/renewal/the-challenge-is-handed-on", test_challenge_is_handed_on);
    g_test_add_func("/renewal/a-stream-under-way-is-left-alone", test_a_stream_under_way_is_left_alone);
    g_test_add_func("/renewal/ended-token-is-not-sent", test_ended_token_is_not_sent);
    g_test_add_func("/renewal/others-go-on-when-the-leader-leaves", test_others_go_on_when_the_leader_leaves);
    g_test_add_func("/renewal/loops-and-threads-share-a-renewal", test_loops_and_threads_share_a_renewal);
    g_test_add_func("/renewal/a-loop-goes-on-without-its-leader", test_a_loop_goes_on_without_its_leader);
    g_test_add_func("/renewal/client-goes-while-a-renewal-is-under-way", test_client_goes_while_a_renewal_is_under_way);
    int status = g_test_run();
    g_free(wanted);
    return status;
}
