/* test-clock.c: tokens and time: renewed half a minute before their end, by a clock that the person cannot set, and once, whatever that clock or the
 * wall's does. Both clocks are the test's. */
#include "gate.h"
#include "token-folder.h"

#include <time.h>

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
time_t __real_time(time_t *now);
time_t __wrap_time(time_t *now);
static gint64 boot, wall; /* what they are ahead of the machine's: seconds */

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = __real_clock_gettime(clock, now);
    now->tv_sec += clock == CLOCK_BOOTTIME ? boot : clock == CLOCK_REALTIME ? wall : 0;
    return failed;
}

time_t __wrap_time(time_t *now)
{
    time_t moment = __real_time(NULL) + wall;
    if (now)
        *now = moment;
    return moment;
}

enum { DECADE = 10 * 365 * 24 * 3600 };

static void begin(Visit *v, int lifetime)
{
    boot = wall = 0;
    visit_begin(v, &turnstile, NULL);
    v->gate.lifetime = lifetime;
    g_assert_true(call(v, &v->error));
    fine(v);
}

/* So many calls more, and so many requests for tokens by then. */
static void expect_asked(Visit *v, int calls, int asked)
{
    for (int i = 0; i < calls; i++)
        if (!call(v, &v->error))
            fine(v);
    g_assert_cmpint(v->gate.asked, ==, asked);
    g_assert_cmpint(v->gate.refused, ==, 0);
}

static void test_half_a_minute_before_the_end(void)
{
    static const struct {
        int lifetime, ahead; /* seconds */
    } cases[] = { { 3600, 30 }, { 61, 30 }, { 40, 20 }, { 20, 10 } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Visit v;
        begin(&v, cases[i].lifetime);
        gint64 moment = cases[i].lifetime - cases[i].ahead;
        boot = moment - 4; /* and what passes meanwhile */
        expect_asked(&v, 2, 1);
        boot = moment;
        expect_asked(&v, 3, 2);
        visit_end(&v);
    }
}

/* A token that is good for some seconds yet is used when there is no new one, and asked for again after a while only. */
static void test_a_renewal_ahead_of_time_may_fail(void)
{
    Visit v;
    begin(&v, 3600);
    boot = 3600 - 25;
    v.gate.broken = true;
    expect_asked(&v, 3, 2);
    boot += 5;
    expect_asked(&v, 3, 3);
    v.gate.broken = false;
    expect_asked(&v, 3, 3);
    boot += 5;
    expect_asked(&v, 3, 4);
    visit_end(&v);
}

/* Nor does anybody wait for a new one. */
static void test_nobody_waits_for_a_renewal_ahead_of_time(void)
{
    Visit v;
    begin(&v, 3600);
    boot = 3600 - 25;
    release_tokens(&v, true);
    guint before = wire_count(v.gate.server);
    kz_loop *loop = kz_loop_new(v.client, &v.error);
    kz_pending *first = kz_submit(loop, v.kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &v.error);
    fine(&v);
    while (wire_count(v.gate.server) == before)
        kz_loop_wait(loop, 0.01);
    kz_kinds *own = kz_with_options(v.kinds, &(kz_call_options){ .timeout = KZ_NUMBER(10) }, &v.error);
    kz_free(kz_kinds_truth(own, NULL, &v.error)); /* while the first call renews */
    fine(&v);
    kz_service_free(own);
    release_tokens(&v, false);
    while (!kz_pending_is_done(first))
        kz_loop_wait(loop, -1);
    kz_free(kz_pending_take(first, &v.error));
    expect_asked(&v, 1, 2);
    kz_pending_free(first);
    kz_loop_free(loop);
    visit_end(&v);
}

/* Where somebody sets it, or a server of time does. */
static void test_the_clock_on_the_wall_does_not_count(void)
{
    Visit v;
    begin(&v, 3600);
    wall = DECADE;
    expect_asked(&v, 3, 1);
    wall = -DECADE;
    expect_asked(&v, 3, 1);
    visit_end(&v);
}

static void test_a_machine_that_slept_renews_once(void)
{
    Visit v;
    begin(&v, 3600);
    boot = (gint64)24 * 3600;
    expect_asked(&v, 5, 2);
    boot *= 2;
    expect_asked(&v, 5, 3);
    visit_end(&v);
}

/* ---- tokens of another process, whose end is a time on the wall ---- */

static void *create(kz_provider *provider, kz_error **error)
{
    return kz_provider_keeps(provider, NULL, error) ? turnstile.create(provider, error) : NULL;
}

/* Another process has a token for an hour; then the wall's clock jumps, and we come. */
static void come_after_a_jump(Visit *v, const TokenFolder *f, kz_provider_vtable *keeper, gint64 jump)
{
    const char *const settings[] = { "token_store", "file", "token_path", f->path, NULL };
    boot = wall = 0;
    *keeper = turnstile;
    keeper->create = create;
    visit_begin(v, keeper, settings);
    v->gate.lifetime = 3600;
    g_assert_true(call(v, &v->error));
    visit_again(v, keeper, settings);
    wall = jump;
}

static void test_kept_tokens_when_the_clock_jumps(void)
{
    static const struct {
        gint64 jump;
        int asked; /* in all */
    } cases[] = { { 0, 1 }, { 600, 1 }, { -600, 1 }, { -DECADE, 1 }, { 3700, 2 }, { DECADE, 2 } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Visit v;
        TokenFolder f;
        kz_provider_vtable keeper;
        token_folder_begin(&f);
        come_after_a_jump(&v, &f, &keeper, cases[i].jump);
        expect_asked(&v, 3, cases[i].asked);
        wall -= cases[i].jump; /* and back */
        expect_asked(&v, 3, cases[i].asked);
        visit_end(&v);
        token_folder_end(&f);
    }
}

/* The clock was set back, so a token that has ended seems good for ten years: the server's word counts. */
static void test_a_clock_that_is_behind(void)
{
    Visit v;
    TokenFolder f;
    kz_provider_vtable keeper;
    token_folder_begin(&f);
    come_after_a_jump(&v, &f, &keeper, -DECADE);
    set_epoch(&v, 2);
    for (int i = 0; i < 3; i++)
        g_assert_true(call(&v, &v.error));
    g_assert_cmpint(v.gate.refused, ==, 1);
    g_assert_cmpint(v.gate.asked, ==, 2);
    visit_end(&v);
    token_folder_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clock/half-a-minute-before-the-end", test_half_a_minute_before_the_end);
    g_test_add_func("/clock/a-renewal-ahead-of-time-may-fail", test_a_renewal_ahead_of_time_may_fail);
    g_test_add_func("/clock/nobody-waits-for-a-renewal-ahead-of-time", test_nobody_waits_for_a_renewal_ahead_of_time);
    g_test_add_func("/clock/that-on-the-wall-does-not-count", test_the_clock_on_the_wall_does_not_count);
    g_test_add_func("/clock/a-machine-that-slept-renews-once", test_a_machine_that_slept_renews_once);
    g_test_add_func("/clock/kept-tokens-when-it-jumps", test_kept_tokens_when_the_clock_jumps);
    g_test_add_func("/clock/one-that-is-behind", test_a_clock_that_is_behind);
    return g_test_run();
}
