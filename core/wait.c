/* wait.c: what long steps are made of: sleeping that ends when the call is cancelled or out of time, polling until a
 * condition holds, and progress reports with rate and time left worked out. */
#include "loop.h"

#include <string.h>

enum { GLANCE = 100 /* milliseconds between looks at a token that nothing wakes for */ };

static bool out_of_time(kz_error **error)
{
    return kz_error_set(error, KZ_ERROR_TIMEOUT, NULL, "The time for this call is over (its timeout option).");
}

static bool sleep_on(kzi_loop *loop, kz_cancel *cancel, int64_t until, int64_t deadline, kz_error **error)
{
    for (;;) {
        int64_t now = kzi_now_ms();
        if (kz_cancel_is_set(cancel) || atomic_load(&loop->client->closing))
            return kz_error_set(error, KZ_ERROR_CANCELLED, NULL, "The call was cancelled.");
        if (deadline && now >= deadline)
            return out_of_time(error);
        if (now >= until)
            return true;
        int64_t left = (deadline && deadline < until ? deadline : until) - now;
        struct curl_waitfd fd = { .fd = cancel ? cancel->fd : -1, .events = CURL_WAIT_POLLIN };
        if (loop->calls) /* somebody's, which this thread takes along */
            kzi_loop_turn(loop, left < GLANCE ? left : GLANCE);
        else
            curl_multi_poll(loop->multi, &fd, cancel != NULL, left > 1000000 ? 1000000 : (int)left, NULL);
    }
}

/* On a loop, although nothing is sent: a client that is freed wakes those that have one. */
bool kzi_sleep(kz_client *client, kz_cancel *cancel, int64_t ms, int64_t deadline, kz_error **error)
{
    int64_t until = kzi_now_ms() + ms;
    kzi_loop *loop = kzi_loop_acquire(client, error);
    bool fine = loop && sleep_on(loop, cancel, until, deadline, error);
    kzi_loop_release(loop);
    return fine;
}

bool kz_service_sleep(void *service, double seconds, kz_error **error)
{
    const kz_service *self = service;
    if (kzi_stuck(error))
        return false;
    if (!self || !(seconds >= 0 && seconds < 1e9))
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "seconds", "A wait takes a service and seconds from 0 to 1e9.");
    return kzi_sleep(self->instance->client, self->options ? self->options->cancel : NULL, (int64_t)(seconds * 1000),
        self->run ? self->run->deadline : 0, error);
}

void *kz_service_wait(void *service, const kz_wait *wait, kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    if (!service || !wait || !wait->op || !wait->check || !(wait->interval >= 0)) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "wait", "A wait needs a service, an operation, a check and an interval.");
        return NULL;
    }
    int64_t started = kzi_now_ms(), limit = wait->timeout > 0 ? (int64_t)(wait->timeout * 1000) : 0;
    for (;;) {
        void *result = kz_call(service, wait->op, wait->params, error);
        if (!result)
            return NULL;
        int verdict = wait->check(wait->user, result, error);
        if (verdict > 0)
            return result;
        kz_free(result);
        if (verdict < 0)
            return NULL;
        int64_t left = limit ? started + limit - kzi_now_ms() : INT64_MAX;
        if (left <= 0) {
            kz_error_set(error, KZ_ERROR_TIMEOUT, "timeout", "Waited %.3g s for %s without seeing its end.", wait->timeout,
                wait->what ? wait->what : "the server");
            return NULL;
        }
        double pause = wait->interval * 1000 < (double)left ? wait->interval : (double)left / 1000;
        if (!kz_service_sleep(service, pause, error))
            return NULL;
    }
}

enum { REPORT_SPACING = 100 };

static void start_phase(kzi_run *run, const char *phase, int64_t done, int64_t now)
{
    run->phase = phase;
    run->phase_started = now;
    run->phase_first_done = done;
    run->last_report = 0;
}

bool kzi_report(kzi_options *options, kzi_run *run, const char *phase, const char *item, const char *unit, int64_t done,
    int64_t total, kz_error **error)
{
    if (!options || !options->progress || !run)
        return true;
    int64_t now = kzi_now_ms();
    if (!run->phase || strcmp(run->phase, phase) != 0)
        start_phase(run, phase, done, now);
    bool last = total >= 0 && done >= total;
    if (run->last_report && !last && now - run->last_report < REPORT_SPACING)
        return true;
    run->last_report = now;
    int64_t elapsed = now - run->phase_started;
    double rate = elapsed > 0 ? (double)(done - run->phase_first_done) * 1000 / (double)elapsed : 0;
    kz_progress progress = { .phase = phase,
        .item = item,
        .unit = unit,
        .done = done,
        .total = total,
        .rate = rate > 0 ? rate : 0,
        .remaining_ms = -1,
        .elapsed_ms = elapsed };
    if (rate > 0 && total >= done)
        progress.remaining_ms = (int64_t)((double)(total - done) * 1000 / rate);
    if (options->progress(&progress, options->progress_user))
        return true;
    return kz_error_set(error, KZ_ERROR_CANCELLED, NULL, "The program's progress callback ended the call.");
}

bool kz_service_progress(
    void *service, const char *phase, const char *item, const char *unit, int64_t done, int64_t total, kz_error **error)
{
    kz_service *self = service;
    if (kzi_stuck(error))
        return false;
    if (!self || !phase || !unit)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "phase", "A progress report needs a service, a phase and a unit.");
    if (self->options && kz_cancel_is_set(self->options->cancel))
        return kz_error_set(error, KZ_ERROR_CANCELLED, NULL, "The call was cancelled.");
    if (self->run && self->run->deadline && kzi_now_ms() >= self->run->deadline)
        return out_of_time(error);
    return kzi_report(self->options, self->run, phase, item, unit, done, total, error);
}
