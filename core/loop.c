/* loop.c: drives calls over one curl_multi handle: starts what waits, ends what is cancelled or out of time, sleeps when there
 * is nothing to do. A blocking call borrows a loop from the client's pool, last in first out, so its connections are
 * warm and never shared between running threads. */
#include "engine.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct kzi_loop {
    kz_client *client;
    CURLM *multi;
    CURL *spare; /* an easy handle kept for the next call */
    kzi_call *calls;
    bool tls;     /* a TLS library may write to a closed socket: SIGPIPE is kept away */
    bool changed; /* something happened in this turn */
    kzi_loop *next;
};

enum { MAX_CANCEL_FDS = 16 };

static kzi_loop *loop_new(kz_client *client)
{
    kzi_loop *loop = calloc(1, sizeof *loop);
    if (!loop || !(loop->multi = curl_multi_init())) {
        free(loop);
        return NULL;
    }
    loop->client = client;
    return loop;
}

kzi_loop *kzi_loop_acquire(kz_client *client, kz_error **error)
{
    pthread_mutex_lock(&client->pool_lock);
    kzi_loop *loop = client->pool;
    if (loop) {
        client->pool = loop->next;
        client->n_pool--;
    }
    pthread_mutex_unlock(&client->pool_lock);
    if (!loop && !(loop = loop_new(client)))
        kz_error_no_memory(error);
    if (loop)
        loop->next = NULL;
    return loop;
}

void kzi_loop_release(kzi_loop *loop)
{
    if (!loop)
        return;
    kz_client *client = loop->client;
    while (loop->calls)
        kzi_loop_remove(loop, loop->calls);
    pthread_mutex_lock(&client->pool_lock);
    bool room = (int64_t)client->n_pool < client->settings->max_connections;
    if (room) {
        loop->next = client->pool;
        client->pool = loop;
        client->n_pool++;
    }
    pthread_mutex_unlock(&client->pool_lock);
    if (!room)
        kzi_loop_free(loop);
}

void kzi_loop_free(kzi_loop *loop)
{
    if (!loop)
        return;
    if (loop->spare)
        curl_easy_cleanup(loop->spare);
    curl_multi_cleanup(loop->multi);
    free(loop);
}

CURL *kzi_loop_easy(kzi_loop *loop)
{
    CURL *easy = loop->spare;
    loop->spare = NULL;
    return easy ? easy : curl_easy_init();
}

void kzi_loop_easy_done(kzi_loop *loop, CURL *easy)
{
    if (!easy)
        return;
    if (loop->spare) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    loop->spare = easy;
}

bool kzi_loop_start(kzi_loop *loop, kzi_call *call)
{
    loop->tls |= !strncasecmp(call->url.data, "https:", 6);
    if (curl_multi_add_handle(loop->multi, call->easy))
        return kz_error_no_memory(&call->error);
    call->running = true;
    loop->changed = true;
    return true;
}

void kzi_loop_stop(kzi_loop *loop, kzi_call *call)
{
    if (call->running)
        curl_multi_remove_handle(loop->multi, call->easy);
    call->running = false;
}

void kzi_loop_add(kzi_loop *loop, kzi_call *call)
{
    call->loop = loop;
    call->next = loop->calls;
    loop->calls = call;
    loop->changed = true;
    kzi_call_advance(call);
}

void kzi_loop_remove(kzi_loop *loop, kzi_call *call)
{
    kzi_call **link = &loop->calls;
    while (*link && *link != call)
        link = &(*link)->next;
    if (!*link)
        return;
    *link = call->next;
    kzi_loop_stop(loop, call);
    kzi_loop_easy_done(loop, call->easy);
    call->easy = NULL;
    call->loop = NULL;
}

static void end_with(kzi_call *call, kz_error_code code, const char *text, int64_t limit)
{
    kz_error *error = NULL;
    if (code == KZ_ERROR_CANCELLED)
        kzi_call_error(call, &error, code, "The call was cancelled.");
    else
        kzi_call_error(call, &error, code, "The server did not %s within %lld ms.", text, (long long)limit);
    kzi_call_fail(call, &error);
}

/* An idle time that passed is a failed attempt, which may be retried; the total ends the call. */
static void idle_passed(kzi_call *call)
{
    kzi_loop_stop(call->loop, call);
    kzi_call_error(call, &call->error, KZ_ERROR_TIMEOUT, "The server sent nothing for %lld ms (setting idle_timeout).",
        (long long)call->idle);
    kzi_call_answered(call, CURLE_OPERATION_TIMEDOUT);
}

static bool is_idle(const kzi_call *call, int64_t now)
{
    return call->running && call->idle && !call->paused && now - call->active_at >= call->idle;
}

/* What time and tokens bring about; returns when something next will, or -1. */
static int64_t check_times(kzi_loop *loop)
{
    int64_t now = kzi_now_ms(), next = -1;
    for (kzi_call *call = loop->calls; call; call = call->next) {
        if (call->ended)
            continue;
        if (call->options && kz_cancel_is_set(call->options->cancel))
            end_with(call, KZ_ERROR_CANCELLED, NULL, 0);
        else if (call->deadline && now >= call->deadline)
            end_with(call, KZ_ERROR_TIMEOUT, "finish its answer", call->deadline - call->started_at);
        else if (is_idle(call, now))
            idle_passed(call);
        else if (call->wake_at && now >= call->wake_at)
            kzi_call_advance(call);
        else {
            int64_t due[] = { call->deadline, call->wake_at,
                call->running && call->idle && !call->paused ? call->active_at + call->idle : 0 };
            for (size_t i = 0; i < 3; i++)
                if (due[i] && (next < 0 || due[i] < next))
                    next = due[i];
            continue;
        }
        loop->changed = true;
    }
    return next < 0 ? -1 : next > now ? next - now : 0;
}

static void read_messages(kzi_loop *loop)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(loop->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        kzi_call *call = NULL;
        for (kzi_call *c = loop->calls; c; c = c->next)
            if (c->easy == easy)
                call = c;
        if (!call) {
            curl_multi_remove_handle(loop->multi, easy);
            continue;
        }
        kzi_loop_stop(loop, call);
        loop->changed = true;
        kzi_call_answered(call, code);
    }
}

/* Blocks SIGPIPE for this thread around what may write to a socket through a TLS library; one that came meanwhile is ours. */
static void perform(kzi_loop *loop)
{
    int running;
    if (!loop->tls) {
        curl_multi_perform(loop->multi, &running);
        return;
    }
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    curl_multi_perform(loop->multi, &running);
    if (!was_pending) {
        const struct timespec now = { 0 };
        while (sigtimedwait(&pipe, NULL, &now) == SIGPIPE)
            ;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static unsigned cancel_fds(const kzi_loop *loop, struct curl_waitfd *fds)
{
    unsigned n = 0;
    for (const kzi_call *call = loop->calls; call; call = call->next) {
        if (call->ended || !call->options || !call->options->cancel)
            continue;
        int fd = call->options->cancel->fd;
        bool known = false;
        for (unsigned i = 0; i < n; i++)
            known |= fds[i].fd == fd;
        if (!known && n < MAX_CANCEL_FDS)
            fds[n++] = (struct curl_waitfd){ .fd = fd, .events = CURL_WAIT_POLLIN };
    }
    return n;
}

void kzi_loop_turn(kzi_loop *loop, int64_t limit)
{
    loop->changed = false;
    int64_t wait = check_times(loop);
    perform(loop);
    read_messages(loop);
    if (loop->changed || !loop->calls)
        return;
    struct curl_waitfd fds[MAX_CANCEL_FDS];
    unsigned n = cancel_fds(loop, fds);
    if (limit >= 0 && (wait < 0 || limit < wait))
        wait = limit;
    if (n == MAX_CANCEL_FDS && (wait < 0 || wait > 100))
        wait = 100; /* more tokens than places: look at them now and then */
    curl_multi_poll(loop->multi, fds, n, wait < 0 || wait > 1000000 ? 1000000 : (int)wait, NULL);
}

void kzi_loop_run(kzi_loop *loop, kzi_call *call)
{
    while (!call->ended)
        kzi_loop_turn(loop, -1);
}
