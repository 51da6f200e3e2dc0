/* clock.c: see clock.h. Linked with --wrap for the functions below; for the thread that makes the calls. */
#include "clock.h"

#include <curl/curl.h>
#include <unistd.h>

enum { KEPT = 32, MOST_FDS = 24, FOR_EVER = 1000000 /* waits */ };

gint64 __real_kzi_now_ms(void);
void __real_kzi_random(guint64 *numbers, gsize n);
CURLMcode __real_curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned n, int timeout, int *ready);
CURLMcode __real_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode __real_curl_multi_remove_handle(CURLM *multi, CURL *easy);
gint64 __wrap_kzi_now_ms(void);
void __wrap_kzi_random(guint64 *numbers, gsize n);
CURLMcode __wrap_curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned n, int timeout, int *ready);
CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode __wrap_curl_multi_remove_handle(CURLM *multi, CURL *easy);

static _Thread_local gboolean is_virtual, has_chance;
static _Thread_local gint64 now, waits[KEPT];
static _Thread_local guint n_waits, n_running;
static _Thread_local guint64 chance;
static int stalled = -1;
static _Thread_local void (*in_a_wait)(void *user);
static _Thread_local void *in_a_wait_user;

void clock_virtual(gboolean on)
{
    now = __real_kzi_now_ms();
    is_virtual = on;
    n_waits = 0;
}

gint64 clock_now(void)
{
    return is_virtual ? now : __real_kzi_now_ms();
}

void clock_pass(gint64 milliseconds)
{
    now += milliseconds;
}

void clock_chance(guint64 number)
{
    has_chance = TRUE;
    chance = number;
}

void clock_stalled_by(int fd)
{
    stalled = fd;
}

void clock_in_a_wait(void (*does)(void *user), void *user)
{
    in_a_wait = does;
    in_a_wait_user = user;
}

guint clock_waits(gint64 *milliseconds, guint room)
{
    for (guint i = 0; i < MIN(room, MIN(n_waits, KEPT)); i++)
        milliseconds[i] = waits[i];
    return n_waits;
}

gint64 __wrap_kzi_now_ms(void)
{
    return clock_now();
}

void __wrap_kzi_random(guint64 *numbers, gsize n)
{
    if (!has_chance)
        __real_kzi_random(numbers, n);
    for (gsize i = 0; has_chance && i < n; i++)
        numbers[i] = chance;
}

CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    n_running++;
    return __real_curl_multi_add_handle(multi, easy);
}

CURLMcode __wrap_curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
    n_running--;
    return __real_curl_multi_remove_handle(multi, easy);
}

static void pass(int timeout)
{
    g_assert_cmpint(timeout, >=, 0);
    g_assert_cmpuint(n_waits, <, FOR_EVER); /* of no time each */
    if (n_waits < KEPT)
        waits[n_waits] = timeout;
    n_waits++;
    now += timeout;
}

/* True when nothing comes because somebody holds it back. */
static gboolean nothing_comes(CURLM *multi, struct curl_waitfd fds[], unsigned n, int *ready)
{
    struct curl_waitfd all[MOST_FDS];
    g_assert_cmpuint(n, <, MOST_FDS);
    for (unsigned i = 0; i < n; i++)
        all[i] = fds[i];
    all[n] = (struct curl_waitfd){ .fd = stalled, .events = CURL_WAIT_POLLIN };
    __real_curl_multi_poll(multi, all, stalled < 0 ? n : n + 1, 60000, ready);
    if (stalled < 0 || !all[n].revents)
        return FALSE;
    guint64 one;
    __real_curl_multi_poll(multi, fds, n, 0, ready); /* what came before it was held back */
    return !*ready && read(stalled, &one, sizeof one) == sizeof one;
}

/* Nothing runs: only what the core watches beside can end the wait. */
static gboolean nobody_calls(CURLM *multi, struct curl_waitfd fds[], unsigned n, int *ready)
{
    if (in_a_wait)
        in_a_wait(in_a_wait_user);
    __real_curl_multi_poll(multi, fds, n, 0, ready);
    return !*ready;
}

CURLMcode __wrap_curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned n, int timeout, int *ready)
{
    int none;
    if (!is_virtual)
        return __real_curl_multi_poll(multi, fds, n, timeout, ready);
    if ((n_running ? nothing_comes : nobody_calls)(multi, fds, n, ready ? ready : &none))
        pass(timeout);
    return CURLM_OK;
}
