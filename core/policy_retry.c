/* policy_retry.c: when a request is sent again, and when not. Connection errors, 408, 409, 429 and 5xx are worth another
 * attempt, after an exponential backoff with full jitter or the time the server asks for. A request that is not idempotent
 * goes out again only where it surely was not acted on: it never left, or the server turned it away with 429. One whose content
 * can be read once only goes out once. */
#include "engine.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_DELAY = 500, LONGEST_DELAY = 8000 };

static bool worth_it(const kzi_call *call)
{
    bool safe = call->idempotent || !call->sent;
    if ((call->began && !call->resumable) || (call->once && call->sent))
        return false;
    if (call->should_retry >= 0)
        return call->should_retry && (safe || call->status == 429);
    if (!call->status || call->code)
        return safe && kz_error_is(call->error, KZ_ERROR_CONNECTION) && !kz_error_is(call->error, KZ_ERROR_TLS);
    if (call->status == 429)
        return true;
    return safe && (call->status == 408 || call->status == 409 || (call->status >= 500 && call->status != 501));
}

static int64_t delay_of(const kzi_call *call)
{
    if (call->retry_after >= 0)
        return call->retry_after;
    int64_t ceiling = call->attempts > 5 ? LONGEST_DELAY : (int64_t)FIRST_DELAY << (call->attempts - 1);
    if (ceiling > LONGEST_DELAY)
        ceiling = LONGEST_DELAY;
    uint64_t number;
    kzi_random(&number, 1);
    return (int64_t)(number % (uint64_t)(ceiling + 1));
}

/* Whether there is time for another attempt after `delay`. */
static bool in_time(const kzi_call *call, int64_t now, int64_t delay)
{
    const kzi_settings *settings = call->client->settings;
    int64_t budget = settings->retry_budget ? settings->retry_budget
                                            : settings->timeout; /* streams have no deadline of their own */
    return (!call->deadline || now + delay < call->deadline) && (!budget || now + delay - call->started_at < budget);
}

static void log_retry(const kzi_call *call, int64_t delay)
{
    if (!kzi_logs(call->client, KZ_LOG_INFO))
        return;
    char attempt[24], wait[24], status[24];
    snprintf(attempt, sizeof attempt, "%d", call->attempts);
    snprintf(wait, sizeof wait, "%lld", (long long)delay);
    snprintf(status, sizeof status, "%ld", call->status);
    const kz_log_field fields[] = { { "attempt", attempt }, { "status", status }, { "wait_ms", wait },
        { "why", kz_error_class(call->error->code) } };
    kzi_client_log(call->client, KZ_LOG_INFO, "retry", "the request is sent again", fields, 4);
}

/* 64 bits in eleven letters: libcurl writes a request's headers byte by byte, so short ones cost less. */
static char *put_letters(char *at, uint64_t bits)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int i = 0; i < 11; i++, bits >>= 6)
        *at++ = letters[bits & 63];
    return at;
}

static kzi_step send_retry(kzi_call *call)
{
    if (!call->op || !(call->op->flags & KZ_OP_RETRY_ALWAYS) || call->idempotency_key[0])
        return KZI_NEXT;
    const uint64_t *seed = call->client->key_seed;
    uint64_t number = seed[1] + atomic_fetch_add_explicit(&call->client->n_keys, 1, memory_order_relaxed);
    *put_letters(put_letters(call->idempotency_key, seed[0]), number) = 0;
    return KZI_NEXT;
}

static kzi_step answer_retry(kzi_call *call)
{
    if (call->wake_at) { /* the wait is over */
        call->wake_at = 0;
        kz_error_clear(&call->error);
        return KZI_AGAIN;
    }
    if (call->stale) { /* nothing was sent: this was no attempt */
        call->attempts--;
        kz_error_clear(&call->error);
        return KZI_AGAIN;
    }
    const kzi_options *options = call->options;
    int64_t retries = options && options->max_retries >= 0 ? options->max_retries : call->client->settings->max_retries;
    if (!call->error || call->attempts > retries || !worth_it(call))
        return KZI_NEXT;
    int64_t now = kzi_now_ms(), delay = delay_of(call);
    if (!in_time(call, now, delay))
        return KZI_NEXT;
    log_retry(call, delay);
    call->wake_at = now + delay;
    return KZI_WAIT;
}

const kzi_policy kzi_policy_retry = { .name = "retry", .send = send_retry, .answer = answer_retry };
