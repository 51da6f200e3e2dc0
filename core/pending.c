/* pending.c: asynchronous calls: started on a loop that the program drives, their items and ends handed to callbacks after
 * libcurl has done its part, so that a callback may start, cancel and free calls as it likes. */
#include "reactor.h"
#include "stream.h"

#include <stdlib.h>

struct kz_pending {
    kz_loop *loop;
    kz_pending *next, *previous; /* of the loop, while it has not ended */
    kz_pending *next_ready;
    kz_stream *stream; /* or NULL: a plain call */
    kzi_run run;
    kz_done_fn done;
    kz_item_fn item;
    void *user;
    atomic_bool cancelled;
    bool ready;  /* in the loop's list */
    bool paused; /* by the program */
    bool busy;   /* in a callback */
    bool doomed; /* freed in its own callback */
    bool ended, taken;
    bool has_content; /* the result is to be freed */
    void *result;
    kz_error *error;
    kzi_call call[]; /* one for a plain call; a stream has its own */
};

static kzi_call *call_of(kz_pending *pending)
{
    return pending->stream ? kzi_stream_call(pending->stream) : pending->call;
}

static void make_ready(kz_pending *pending)
{
    kz_loop *loop = pending->loop;
    if (pending->ready || pending->ended)
        return;
    pending->ready = true;
    pending->next_ready = NULL;
    *(loop->ready ? &loop->ready_last->next_ready : &loop->ready) = pending;
    loop->ready_last = pending;
}

static void notify(kzi_call *call)
{
    make_ready(call->notify_user);
}

static void enlist(kz_pending *pending)
{
    kz_loop *loop = pending->loop;
    pending->next = loop->pendings;
    if (pending->next)
        pending->next->previous = pending;
    loop->pendings = pending;
    loop->n_pendings++;
}

static void leave_ready(kz_pending *pending)
{
    kz_loop *loop = pending->loop;
    kz_pending **link = &loop->ready, *before = NULL;
    if (!pending->ready)
        return;
    while (*link != pending) {
        before = *link;
        link = &before->next_ready;
    }
    *link = pending->next_ready;
    if (loop->ready_last == pending)
        loop->ready_last = before;
    pending->ready = false;
}

/* The call is over: gives back what it held, keeps how it ended. */
static void conclude(kz_pending *pending)
{
    kz_loop *loop = pending->loop;
    kzi_call *call = call_of(pending);
    kzi_reactor_unwatch(loop, call->options ? call->options->cancel : NULL);
    if (pending->stream) {
        kz_stream_close(pending->stream);
        pending->stream = NULL;
        pending->result = pending->error ? NULL : pending;
    } else {
        kzi_loop_remove(loop->inner, call);
        pending->result = call->result;
        kz_error_move(&pending->error, &call->error);
        kzi_call_clear(call);
    }
    if (pending->previous)
        pending->previous->next = pending->next;
    else
        loop->pendings = pending->next;
    if (pending->next)
        pending->next->previous = pending->previous;
    loop->n_pendings--;
    leave_ready(pending);
    pending->ended = true;
}

static void destroy(kz_pending *pending)
{
    if (pending->has_content && !pending->taken)
        kz_free(pending->result);
    kz_error_free(pending->error);
    kzi_reactor_unref(pending->loop);
    free(pending);
}

static void end(kz_pending *pending)
{
    conclude(pending);
    if (pending->done) {
        pending->busy = true;
        pending->done(pending, pending->user);
        pending->busy = false;
    }
    if (pending->doomed)
        destroy(pending);
}

static void hold(kz_pending *pending, bool held)
{
    pending->paused = held;
    kzi_stream_hold(pending->stream, held);
}

/* One item to the program; false: no more now. */
static bool hand_out(kz_pending *pending, void *item)
{
    pending->busy = true;
    kz_flow_control control = pending->item(pending, item, pending->user);
    pending->busy = false;
    if (pending->doomed) {
        conclude(pending);
        destroy(pending);
        return false;
    }
    if (control == KZ_STOP)
        end(pending);
    else if (control == KZ_PAUSE)
        hold(pending, true);
    return control == KZ_GO_ON;
}

static void deliver_items(kz_pending *pending)
{
    void *item;
    if (call_of(pending)->ended && kz_error_is(call_of(pending)->error, KZ_ERROR_CANCELLED)) {
        kz_error_move(&pending->error, &call_of(pending)->error); /* what came before is not waited for */
        end(pending);
        return;
    }
    while (!pending->paused) {
        switch (kzi_stream_take(pending->stream, &item, &pending->error)) {
        case KZI_TAKEN_LATER: kzi_stream_unpause(pending->stream); return;
        case KZI_TAKEN_END: end(pending); return;
        case KZI_TAKEN_ITEM:
            if (!hand_out(pending, item))
                return;
        }
    }
}

void kzi_pending_deliver(kz_loop *loop)
{
    kz_pending *last = loop->ready_last;
    while (loop->ready) {
        kz_pending *pending = loop->ready;
        bool final = pending == last;
        loop->ready = pending->next_ready;
        if (!loop->ready)
            loop->ready_last = NULL;
        pending->ready = false;
        if (pending->stream)
            deliver_items(pending);
        else if (pending->call->ended)
            end(pending);
        if (final)
            return; /* what became ready meanwhile comes in the next round */
    }
}

void kzi_pending_collect_cancelled(kz_loop *loop, bool all)
{
    for (kz_pending *pending = loop->pendings; pending; pending = pending->next)
        if (all || atomic_load(&pending->cancelled))
            call_of(pending)->cancelled = true;
}

/* The operation that may be started on the loop, or NULL with the reason. */
static const kz_operation *find(
    kz_loop *loop, kz_service *service, const kz_op_ref *ref, bool streams, kzi_instance **owner, kz_error **error)
{
    if (!loop || !service || !ref) {
        kz_error_set(error, KZ_ERROR_ARGUMENT,
            !loop          ? "loop"
                : !service ? "service"
                           : "op",
            "A call was to be started without %s.",
            !loop          ? "a loop"
                : !service ? "a service"
                           : "an operation");
        return NULL;
    }
    if (!loop->inner || loop->client != service->instance->client) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "loop", "The loop %s.", loop->inner ? "belongs to another client" : "was freed");
        return NULL;
    }
    if (atomic_load(&loop->client->closing)) {
        kz_error_set(error, KZ_ERROR_STATE, "client", "The client was freed; nothing can be started any more.");
        return NULL;
    }
    const kz_operation *op = kzi_operation_of(service, ref, owner, error);
    if (op && op->flow) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, op->name,
            "%s.%s is written in blocking style and cannot be started on a loop; call it from a thread of its own.",
            (*owner)->name, op->name);
        return NULL;
    }
    if (op && streams != (op->answer >= KZ_ANSWER_EVENTS)) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, op->name, "%s.%s %s; start it with %s().", (*owner)->name, op->name,
            streams ? "answers at once" : "answers with a stream", streams ? "kz_submit" : "kz_submit_stream");
        return NULL;
    }
    return op;
}

static bool start(kz_pending *pending, kz_service *service, const kz_operation *op, kzi_instance *owner, const kz_op_ref *ref,
    const void *params, kz_error **error)
{
    kzi_loop *inner = pending->loop->inner;
    if (pending->item) {
        pending->stream = kzi_stream_start(inner, service, owner, op, ref, params, notify, pending, error);
        return pending->stream != NULL;
    }
    kzi_call *call = pending->call;
    if (!kzi_call_prepare(call, service, owner, op, ref, params, error)) {
        kzi_call_clear(call);
        return false;
    }
    call->user = &pending->run;
    call->notify = notify;
    call->notify_user = pending;
    if (!kzi_call_keep_params(call, error)) {
        kzi_call_clear(call);
        return false;
    }
    kzi_loop_add(inner, call);
    return true;
}

static kz_pending *submit(kz_loop *loop, void *service, const kz_op_ref *ref, const void *params, kz_item_fn item,
    kz_done_fn done, void *user, kz_error **error)
{
    kzi_instance *owner;
    kz_service *self = service;
    const kz_operation *op = kzi_stuck(error) ? NULL : find(loop, self, ref, item != NULL, &owner, error);
    if (!op)
        return NULL;
    kzi_json_options options = { .caller = ref->interface, .root_size = ref->params_size };
    if (!kzi_client_usable(loop->client, error) || !kzi_params_check(op->params, params, &options, error))
        return NULL;
    kz_cancel *token = self->options ? self->options->cancel : NULL;
    kz_pending *pending = calloc(1, sizeof *pending + (item ? 0 : sizeof *pending->call));
    if (!pending || !kzi_reactor_watch(loop, token)) {
        free(pending);
        kz_error_no_memory(error);
        return NULL;
    }
    pending->loop = loop;
    pending->done = done;
    pending->item = item;
    pending->user = user;
    pending->has_content = !item && op->answer != KZ_ANSWER_NOTHING;
    if (!start(pending, self, op, owner, ref, params, error)) {
        kzi_reactor_unwatch(loop, token);
        free(pending);
        return NULL;
    }
    atomic_fetch_add(&loop->refs, 1);
    enlist(pending);
    if (kz_cancel_is_set(token))
        loop->inner->next_due = 1;
    kzi_reactor_kick(loop);
    return pending;
}

kz_pending *kz_submit(
    kz_loop *loop, void *service, const kz_op_ref *op, const void *params, kz_done_fn done, void *user, kz_error **error)
{
    return submit(loop, service, op, params, NULL, done, user, error);
}

kz_pending *kz_submit_stream(kz_loop *loop, void *service, const kz_op_ref *op, const void *params, kz_item_fn item,
    kz_done_fn done, void *user, kz_error **error)
{
    if (!item && !kzi_stuck(error)) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "item", "A stream was to be started without a function for its items.");
        return NULL;
    }
    return submit(loop, service, op, params, item, done, user, error);
}

void kz_pending_resume(kz_pending *pending)
{
    if (!pending || pending->ended || !pending->paused)
        return;
    hold(pending, false);
    make_ready(pending);
    kzi_reactor_kick(pending->loop);
}

bool kz_pending_is_done(const kz_pending *pending)
{
    return pending && pending->ended;
}

void *kz_pending_take(kz_pending *pending, kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    if (!pending || !pending->ended || pending->taken) {
        kz_error_set(error, pending ? KZ_ERROR_STATE : KZ_ERROR_ARGUMENT, "pending", "%s",
            !pending             ? "The end of a call was asked for without a call."
                : pending->ended ? "The result of this call was taken already."
                                 : "This call has not ended.");
        return NULL;
    }
    pending->taken = true;
    kz_error_move(error, &pending->error);
    return pending->result;
}

void kz_pending_cancel(kz_pending *pending)
{
    if (!pending)
        return;
    atomic_store(&pending->cancelled, true);
    kzi_reactor_wake(pending->loop);
}

void kz_pending_free(kz_pending *pending)
{
    if (!pending || (pending->loop->client && !kzi_client_usable(pending->loop->client, NULL)))
        return; /* a child must not end what its parent waits for */
    if (pending->busy) {
        pending->doomed = true;
        return;
    }
    if (!pending->ended)
        conclude(pending);
    destroy(pending);
}
