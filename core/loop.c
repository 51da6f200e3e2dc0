/* loop.c: what every loop does with its calls: takes them in and out, starts and stops their transfers, ends those that are
 * cancelled or out of time. A blocking call borrows a loop from the client's pool, last in first out, so its connections are
 * warm and never shared between running threads. */
#include "loop.h"

#include "auth.h"
#include "locate.h"
#include "reactor.h"

#include <stdlib.h>

kzi_loop *kzi_loop_new(kz_client *client)
{
    kzi_loop *loop = calloc(1, sizeof *loop);
    if (!loop || !(loop->multi = curl_multi_init())) {
        free(loop);
        return NULL;
    }
    enum { STREAMS = 1000 }; /* of one HTTP/2 connection, where the server lets so many be */
    curl_multi_setopt(loop->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS);
    loop->client = client;
    return loop;
}

/* Under the lock of the pool: takes a loop out of one of its two lists. */
static bool leave(kzi_loop **list, const kzi_loop *loop)
{
    while (*list && *list != loop)
        list = &(*list)->next;
    bool found = *list != NULL;
    if (found)
        *list = loop->next;
    return found;
}

/* Under the lock: the calling thread has the loop. */
static void lend(kz_client *client, kzi_loop *loop)
{
    loop->next = client->busy;
    client->busy = loop;
    kzi_client_hold(client);
}

kzi_loop *kzi_loop_acquire(kz_client *client, kz_error **error)
{
    kzi_loop *fresh = NULL;
    for (;;) {
        pthread_mutex_lock(&client->pool_lock);
        kzi_loop *loop = client->pool;
        if (loop) {
            client->pool = loop->next;
            client->n_pool--;
        } else {
            loop = fresh;
        }
        if (loop)
            lend(client, loop);
        pthread_mutex_unlock(&client->pool_lock);
        if (loop && fresh && loop != fresh)
            kzi_loop_free(fresh); /* one was given back meanwhile */
        if (loop)
            return loop;
        if (!(fresh = kzi_loop_new(client))) {
            kz_error_no_memory(error);
            return NULL;
        }
    }
}

void kzi_loop_release(kzi_loop *loop)
{
    if (!loop)
        return;
    kz_client *client = loop->client;
    for (kzi_call *call = loop->calls, *next; call; call = next) {
        next = call->next;
        if (!call->detached)
            kzi_loop_remove(loop, call);
    }
    pthread_mutex_lock(&client->pool_lock);
    leave(&client->busy, loop);
    bool room = loop->calls || (int64_t)client->n_pool < client->settings->max_connections;
    if (room) {
        loop->next = client->pool;
        client->pool = loop;
        client->n_pool++;
    }
    pthread_mutex_unlock(&client->pool_lock);
    if (!room)
        kzi_loop_free(loop);
    kzi_client_drop(client);
}

void kzi_pool_wake(kz_client *client)
{
    pthread_mutex_lock(&client->pool_lock);
    for (kzi_loop *loop = client->busy; loop; loop = loop->next)
        curl_multi_wakeup(loop->multi);
    pthread_mutex_unlock(&client->pool_lock);
}

void kzi_pool_free(kz_client *client)
{
    while (client->pool) {
        kzi_loop *loop = client->pool;
        client->pool = loop->next;
        kzi_loop_free(loop);
    }
}

/* A detached call that nobody drives any more, or that has ended. */
static void end_detached(kzi_loop *loop, kzi_call *call)
{
    if (!call->ended) {
        kz_error *error = NULL;
        kzi_call_error(call, &error, KZ_ERROR_CONNECTION, "The request was given up before it was answered.");
        kzi_call_fail(call, &error);
    }
    kzi_loop_remove(loop, call);
    call->client = NULL; /* which it did not hold: the client may go while it runs */
    kzi_call_clear(call);
    kz_error_free(call->error);
    free(call);
}

void kzi_loop_free(kzi_loop *loop)
{
    if (!loop)
        return;
    while (loop->calls)
        end_detached(loop, loop->calls);
    while (loop->n_spares)
        curl_easy_cleanup(loop->spares[--loop->n_spares]);
    curl_multi_cleanup(loop->multi);
    kzi_hosts_free(loop);
    free(loop->sockets);
    kzi_buffer_free(&loop->spare_input);
    free(loop);
}

/* By itself libcurl keeps four connections for each call that it has, and closes more when one ends: of many calls that end on a loop of
 * the program's, the last would leave four. What the setting allows stays for the next ones. (A loop of the pool serves one at a time.) */
static void keep_warm(kzi_loop *loop, int change)
{
    loop->n_running += change;
    int64_t by_calls = 4 * loop->n_running, least = loop->client->settings->max_connections;
    if (loop->shared)
        curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)(by_calls > least ? by_calls : least));
}

static bool start_now(kzi_loop *loop, kzi_call *call)
{
    if (curl_multi_add_handle(loop->multi, call->easy))
        return kz_error_no_memory(&call->error);
    keep_warm(loop, 1);
    call->running = true;
    loop->changed = true;
    return true;
}

bool kzi_loop_start(kzi_loop *loop, kzi_call *call)
{
    return !kzi_host_enter(loop, call) || start_now(loop, call);
}

void kzi_loop_stop(kzi_loop *loop, kzi_call *call)
{
    if (call->running) {
        keep_warm(loop, -1);
        curl_multi_remove_handle(loop->multi, call->easy);
    }
    call->running = false;
    kzi_call *turn = kzi_host_leave(loop, call);
    if (!turn)
        return;
    turn->active_at = kzi_now_ms();
    if (!start_now(loop, turn)) {
        kz_error *error = NULL;
        kz_error_move(&error, &turn->error);
        kzi_call_fail(turn, &error);
    }
}

/* When the call wants to be looked at next, 0: when something comes. */
static int64_t due_of(const kzi_call *call)
{
    int64_t due = 0;
    const int64_t times[] = { call->deadline, call->wake_at,
        call->running && call->idle && !call->paused ? call->active_at + call->idle : 0 };
    for (size_t i = 0; i < 3 && !call->ended; i++)
        if (times[i] && (!due || times[i] < due))
            due = times[i];
    return due;
}

void kzi_loop_note_due(kzi_loop *loop, const kzi_call *call)
{
    int64_t due = due_of(call);
    if (due && (!loop->next_due || due < loop->next_due))
        loop->next_due = due;
}

void kzi_loop_add(kzi_loop *loop, kzi_call *call)
{
    call->loop = loop;
    call->previous = NULL;
    call->next = loop->calls;
    if (call->next)
        call->next->previous = call;
    loop->calls = call;
    loop->changed = true;
    kzi_call_advance(call);
    kzi_loop_note_due(loop, call);
}

void kzi_loop_remove(kzi_loop *loop, kzi_call *call)
{
    if (call->loop != loop)
        return;
    kzi_auth_leave(call);
    kzi_locate_stop(call);
    if (call->previous)
        call->previous->next = call->next;
    else
        loop->calls = call->next;
    if (call->next)
        call->next->previous = call->previous;
    kzi_loop_stop(loop, call);
    kzi_easy_give_back(call);
    call->loop = NULL;
}

static void end_with(kzi_call *call, kz_error_code code, const char *text, int64_t limit)
{
    kz_error *error = NULL;
    if (code == KZ_ERROR_CANCELLED)
        kzi_call_error(call, &error, code, "The call was cancelled%s%s.", text ? ": " : "", text ? text : "");
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

void kzi_call_nudge(kzi_call *call)
{
    atomic_store(&call->nudged, true);
    if (call->loop->reactor)
        kzi_reactor_wake(call->loop->reactor);
    else
        curl_multi_wakeup(call->loop->multi);
}

/* Takes the loop out of the pool, if it is there. */
static bool claim(kz_client *client, kzi_loop *loop)
{
    pthread_mutex_lock(&client->pool_lock);
    bool found = leave(&client->pool, loop);
    if (found) {
        client->n_pool--;
        lend(client, loop);
    }
    pthread_mutex_unlock(&client->pool_lock);
    return found;
}

void kzi_loop_pump(kz_client *client, kzi_loop *loop)
{
    if (!claim(client, loop))
        return;
    kzi_loop_turn(loop, 0);
    kzi_loop_release(loop);
}

static bool is_idle(const kzi_call *call, int64_t now)
{
    return call->running && call->idle && !call->paused && now - call->active_at >= call->idle;
}

/* Does what is due for one call; false: nothing was. */
static bool check_call(kzi_call *call, int64_t now)
{
    if (call->cancelled || (call->options && kz_cancel_is_set(call->options->cancel)))
        end_with(call, KZ_ERROR_CANCELLED, NULL, 0);
    else if (atomic_load(&call->loop->client->closing) && !call->detached)
        end_with(call, KZ_ERROR_CANCELLED, "its client was freed", 0);
    else if (call->deadline && now >= call->deadline)
        end_with(call, KZ_ERROR_TIMEOUT, "finish its answer", call->deadline - call->started_at);
    else if (is_idle(call, now))
        idle_passed(call);
    else if ((atomic_exchange(&call->nudged, false) && call->auth_waits) || (call->wake_at && now >= call->wake_at))
        kzi_call_advance(call);
    else
        return false;
    return true;
}

int64_t kzi_loop_check_times(kzi_loop *loop)
{
    int64_t now = kzi_now_ms();
    loop->next_due = 0;
    for (kzi_call *call = loop->calls, *next; call; call = next) {
        next = call->next;
        if (call->ended && call->detached) {
            end_detached(loop, call);
            continue;
        }
        if (!call->ended && check_call(call, now))
            loop->changed = true;
        kzi_loop_note_due(loop, call);
    }
    return !loop->next_due ? -1 : loop->next_due > now ? loop->next_due - now : 0;
}

void kzi_loop_read_messages(kzi_loop *loop)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(loop->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        char *private = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        kzi_call *call = (kzi_call *)(void *)private;
        kzi_loop_stop(loop, call);
        loop->changed = true;
        kzi_call_answered(call, code);
        kzi_loop_note_due(loop, call);
    }
}
