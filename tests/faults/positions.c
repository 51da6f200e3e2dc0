/* positions.c: see positions.h. Times are those of a virtual clock (clock.h), so a connection that is held costs no time. */
#include "positions.h"

#include "../client.h"
#include "clock.h"

#include <string.h>

enum { IDLE = 5000 };
#define LOOP_IDLE "10ms"

static struct {
    ProxyFault fault;
    ProxyWay way;
    guint64 position;
} due;
static guint n_runs;

void positions_arm(Trial *trial)
{
    proxy_arm(trial->proxy, due.fault, due.way, due.position);
    trial->armed = TRUE;
}

static kz_client *client_new(const Exchange *exchange, const char *url, const char *const *settings, kz_error **error)
{
    char *base = g_strconcat(url, exchange->path, NULL);
    kz_config *config = test_config(base, SETTINGS("hub_url", url), error);
    kz_config_set(config, "idle_timeout", exchange->on_a_loop && due.fault == PROXY_HOLDS ? LOOP_IDLE : "5", error);
    for (; settings && *settings; settings += 2)
        kz_config_set(config, settings[0], settings[1], error);
    kz_client *client = kz_client_new(config, error);
    kz_config_free(config);
    g_free(base);
    return client;
}

static void complain(const Exchange *exchange, int retries, const kz_error *error, const char *what)
{
    static const char *const faults[] = { "none", "cut", "reset", "hold" };
    g_error("%s, %s after %" G_GUINT64_FORMAT " bytes %s, %d retries: %s (%s)", exchange->name, faults[due.fault], due.position,
        due.way ? "down" : "up", retries, what, error ? error->message : "no error");
}

/* Whether an error like this may come of the fault. */
static bool fits(const kz_error *error)
{
    bool late = kz_error_is(error, KZ_ERROR_TIMEOUT);
    return kz_error_is(error, KZ_ERROR_CONNECTION) && late == (due.fault == PROXY_HOLDS) && *error->message;
}

static bool run_once(const Exchange *exchange, Proxy *proxy, const char *const *settings, int retries)
{
    kz_error *error = NULL;
    char number[16];
    const kz_string_entry header = { "X-Request-Id", number };
    Trial trial = { .proxy = proxy, .url = g_strdup_printf("http://127.0.0.1:%u", proxy_port(proxy)) };
    g_snprintf(number, sizeof number, "%06u", ++n_runs); /* of one length: positions stay what they are */
    trial.options = (kz_call_options){ .headers = &header, .n_headers = 1, .max_retries = KZ_INT(retries) };
    trial.client = client_new(exchange, trial.url, settings, &error);
    g_assert_null(error);
    if (!exchange->warms_up)
        positions_arm(&trial);
    clock_virtual(!exchange->on_a_loop);
    gint64 started = clock_now();
    bool fine = exchange->run(&trial, &error);
    gint64 took = clock_now() - started;
    clock_virtual(FALSE);
    if (fine == (error != NULL))
        complain(exchange, retries, error, "neither done nor an error, or both");
    bool hurried = exchange->on_a_loop && due.fault == PROXY_HOLDS; /* by LOOP_IDLE, which a busy machine may take by itself */
    if (!fine && !hurried && (!trial.armed || !proxy_has_struck(proxy)))
        complain(exchange, retries, error, "failed by itself");
    if (!fine && !fits(error))
        complain(exchange, retries, error, kz_error_class(error->code));
    if (!exchange->on_a_loop && took > IDLE * (retries + 1))
        complain(exchange, retries, error, "took too long");
    if (!fine && retries && !exchange->once && !exchange->begins && !hurried)
        complain(exchange, retries, error, "did not recover");
    kz_error_free(error);
    kz_client_free(trial.client);
    proxy_wait_quiet(proxy);
    g_free(trial.url);
    return fine;
}

/* One more run, and what became of it. */
static void run(const Exchange *exchange, Proxy *proxy, const char *const *settings, int retries, GByteArray *outcomes)
{
    const guint8 fine = run_once(exchange, proxy, settings, retries);
    g_byte_array_append(outcomes, &fine, 1);
}

GByteArray *positions_run(const Exchange *exchange, guint16 upstream, const char *const *settings)
{
    Proxy *proxy = proxy_start(upstream);
    GByteArray *outcomes = g_byte_array_new();
    guint survived = 0, positions = 0;
    gsize stride = !exchange->stride || g_getenv("KAMIWAZA_TEST_LONG") ? 1 : exchange->stride;
    clock_stalled_by(proxy_stall_fd(proxy));
    clock_chance(0);
    n_runs = 0;
    due.fault = PROXY_PASSES;
    run(exchange, proxy, settings, 0, outcomes);
    g_assert_true(outcomes->data[0]);
    const guint64 lengths[] = { proxy_count(proxy, PROXY_UP), proxy_count(proxy, PROXY_DOWN) };
    g_assert_cmpuint(MIN(lengths[0], lengths[1]), >, 0);
    for (due.way = PROXY_UP; due.way <= PROXY_DOWN; due.way++)
        for (due.position = 0; due.position <= lengths[due.way]; due.position += stride, positions++)
            for (due.fault = PROXY_CUTS; due.fault < PROXY_FAULTS; due.fault++)
                for (int retries = 0; retries <= 2; retries += 2)
                    run(exchange, proxy, settings, retries, outcomes);
    for (guint i = 1; i < outcomes->len; i++)
        survived += outcomes->data[i];
    g_test_message("%s: %u of %" G_GUINT64_FORMAT " positions, %u runs, %u with a result", exchange->name, positions,
        lengths[0] + lengths[1] + 2, n_runs, survived);
    clock_stalled_by(-1);
    proxy_stop(proxy);
    return outcomes;
}
