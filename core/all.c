/* all.c: several calls at once on one thread, over one loop, at most so many at a time. What a flow uses to ask for the files
 * of all its hits together. */
#include "engine.h"

#include <stdlib.h>

static void finish(kz_call_item *item, kzi_call *call)
{
    item->result = call->result;
    kz_error_move(&item->error, &call->error);
    kzi_call_clear(call);
}

/* Executes what is no request of its own right away; true when the item has ended. */
static bool start(kz_call_item *item, kzi_call *call, kzi_loop *loop)
{
    kz_service *service = item->service;
    kzi_instance *owner;
    const kz_operation *op = service && item->op ? kzi_operation_of(service, item->op, &owner, &item->error) : NULL;
    if (item->error)
        return true;
    if (!op || op->flow || op->answer >= KZ_ANSWER_EVENTS) {
        item->result = kz_call(item->service, item->op, item->params, &item->error);
        return true;
    }
    kzi_json_options options = { .caller = item->op->interface, .root_size = item->op->params_size };
    *call = (kzi_call){ 0 };
    if (!kzi_client_usable(owner->client, &item->error) || !kzi_params_check(op->params, item->params, &options, &item->error))
        return true;
    if (!kzi_call_prepare(call, service, owner, op, item->op, item->params, &item->error)) {
        kzi_call_clear(call);
        return true;
    }
    kzi_loop_add(loop, call);
    return false;
}

/* Takes out those of the first `n` calls that have ended; returns how many did. */
static size_t collect(kz_call_item *items, kzi_call *calls, size_t n, kzi_loop *loop)
{
    size_t ended = 0;
    for (size_t i = 0; i < n; i++) {
        if (!calls[i].loop || !calls[i].ended)
            continue;
        kzi_loop_remove(loop, &calls[i]);
        finish(&items[i], &calls[i]);
        ended++;
    }
    return ended;
}

static void run(kz_call_item *items, kzi_call *calls, size_t n_items, size_t limit, kzi_loop *loop)
{
    size_t next = 0, active = 0;
    while (next < n_items || active) {
        while (next < n_items && active < limit) {
            active += !start(&items[next], &calls[next], loop);
            /* One is on its way before the next begins, so that the server sees them in order. */
            while (calls[next].loop && !calls[next].ended && !calls[next].sent && !calls[next].wake_at)
                kzi_loop_turn(loop, -1);
            next++;
        }
        size_t ended = collect(items, calls, next, loop);
        active -= ended;
        if (!ended && active) /* with one that has ended there may be nothing left to wait for */
            kzi_loop_turn(loop, -1);
    }
}

bool kz_call_all(kz_call_item *items, size_t n_items, size_t limit)
{
    if (!items || !n_items)
        return true;
    kz_client *client = NULL;
    for (size_t i = 0; i < n_items; i++) {
        items[i].result = NULL;
        items[i].error = NULL;
        if (!client)
            client = kz_service_client(items[i].service);
    }
    kzi_call *calls = calloc(n_items, sizeof *calls);
    kzi_loop *loop = calls && client && kzi_client_usable(client, NULL) ? kzi_loop_acquire(client, NULL) : NULL;
    bool fine = true;
    if (loop)
        run(items, calls, n_items, limit ? limit : 1, loop);
    for (size_t i = 0; i < n_items; i++) {
        if (!loop && client && !kzi_client_usable(client, &items[i].error))
            continue;
        if (!loop && client)
            kz_error_no_memory(&items[i].error);
        else if (!loop)
            kz_error_set(&items[i].error, KZ_ERROR_ARGUMENT, "service", "A call was to be made without a service.");
    }
    for (size_t i = 0; i < n_items; i++)
        fine &= !items[i].error;
    kzi_loop_release(loop);
    free(calls);
    return fine;
}
