/* stream.c: streams, pulled item by item. Their items come from a request (stream_request.c), from a plugin, or from a list asked for page
 * by page (pages.c). A stream that nobody pulls is not pumped. */
#include "stream.h"
#include "header.h"
#include "loop.h"
#include "pages.h"
#include "result.h"

#include <stdlib.h>

kz_stream *kzi_stream_new(kz_client *client, const kz_operation *op, kz_error **error)
{
    kz_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        kz_error_no_memory(error);
        return NULL;
    }
    stream->client = kzi_client_hold(client);
    stream->op = op;
    stream->events.retry = -1;
    return stream;
}

static kz_stream *open_flow(
    kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_scope *copy = NULL;
    if (!(params = kzi_flow_params(op, ref, params, &copy, error)))
        return NULL;
    kz_service *handle = calloc(1, sizeof *handle);
    kzi_run *run = calloc(1, sizeof *run);
    kz_stream *stream = NULL;
    if (!handle || !run) {
        free(handle);
        free(run);
        kzi_scope_free(copy);
        kz_error_no_memory(error);
        return NULL;
    }
    if (service->options && service->options->timeout > 0)
        run->deadline = kzi_now_ms() + service->options->timeout;
    if (service->run && service->run->deadline && (!run->deadline || service->run->deadline < run->deadline))
        run->deadline = service->run->deadline;
    kz_client *client = kzi_client_hold(owner->client); /* between the flow's calls too; then the stream does */
    kzi_flow_handle(handle, service, owner, run);
    kz_error *failure = NULL;
    stream = op->flow(handle, params, &failure);
    kzi_scope_free(copy);
    if (stream && !failure) {
        stream->handle = handle;
        stream->caller = ref ? ref->interface : NULL;
        stream->item_size = ref ? ref->result_size : 0;
        kzi_client_drop(client);
        return stream;
    }
    kzi_stream_free(stream);
    if (!failure)
        kz_error_set(&failure, KZ_ERROR_STATE, op->name, "%s.%s opened no stream and did not say why.", owner->name, op->name);
    kzi_flow_handle_end(handle);
    free(handle);
    free(run);
    kzi_client_drop(client);
    kz_error_move(error, &failure);
    return NULL;
}

kz_stream *kzi_open_stream(
    kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_json_options options = { .caller = ref ? ref->interface : NULL, .root_size = ref ? ref->params_size : 0 };
    if (!kzi_client_usable(owner->client, error) || !kzi_params_check(op->params, params, &options, error))
        return NULL;
    bool streams = op->answer >= KZ_ANSWER_EVENTS;
    if (!streams && !op->paging) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, op->name, "%s.%s answers at once; it is no stream.", owner->name, op->name);
        return NULL;
    }
    if (streams && op->flow)
        return open_flow(service, owner, op, ref, params, error);
    kz_stream *stream = kzi_stream_new(owner->client, op, error);
    if (!stream)
        return NULL;
    bool fine = streams ? kzi_stream_open_request(stream, service, owner, ref, params, error)
                        : (stream->pages = kzi_pages_new(service, owner, op, ref, params, error)) != NULL;
    if (fine)
        return stream;
    kzi_stream_free(stream);
    return NULL;
}

kz_stream *kz_stream_new(void *service, const kz_stream_source *source, void *user, kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    if (!service || !source || !source->next) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "source", "A stream needs a service and a source of items.");
        return NULL;
    }
    kz_stream *stream = kzi_stream_new(kz_service_client(service), NULL, error);
    if (!stream)
        return NULL;
    stream->source = *source;
    stream->user = user;
    return stream;
}

static void *next_of_request(kz_stream *stream, kz_error **error)
{
    void *item;
    while (kzi_stream_take(stream, &item, error) == KZI_TAKEN_LATER) {
        kzi_stream_unpause(stream);
        kzi_loop_turn(stream->loop, -1);
    }
    return item;
}

static void *next_of_source(kz_stream *stream, kz_error **error)
{
    kz_error *failure = NULL;
    kz_free(stream->item);
    stream->item = stream->done ? NULL : stream->source.next(stream->user, &failure);
    stream->item = kz_result_for(stream->item, stream->caller, stream->item_size, &failure);
    stream->done = !stream->item;
    kz_error_move(error, &failure);
    return stream->item;
}

void *kz_stream_next(kz_stream *stream, kz_error **error)
{
    if (kzi_stuck(error))
        return NULL;
    if (!stream) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "stream", "An item was asked for without a stream.");
        return NULL;
    }
    if (!kzi_client_usable(stream->client, error))
        return NULL;
    return stream->pages ? kzi_pages_next(stream->pages, error)
        : stream->op     ? next_of_request(stream, error)
                         : next_of_source(stream, error);
}

bool kz_stream_each(kz_stream *stream, kz_item_fn item, void *user, kz_error **error)
{
    if (kzi_stuck(error))
        return false;
    if (!stream || !item)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, stream ? "item" : "stream", "Items were to be pushed without a %s.",
            stream ? "function to push them to" : "stream");
    kz_error *failure = NULL;
    void *next;
    while ((next = kz_stream_next(stream, &failure)))
        if (item(NULL, next, user) != KZ_GO_ON)
            break;
    return !failure || kz_error_move(error, &failure);
}

const char *kz_stream_header(const kz_stream *stream, const char *name)
{
    return stream && name ? kzi_head_find(stream->call.head.data, stream->call.head.length, name) : NULL;
}

void kzi_stream_free(kz_stream *stream)
{
    if (!stream)
        return;
    if (stream->source.free)
        stream->source.free(stream->user);
    kz_free(stream->item);
    kzi_pages_free(stream->pages);
    if (stream->handle) {
        kzi_run *run = stream->handle->run;
        kzi_flow_handle_end(stream->handle);
        free(stream->handle);
        free(run);
    }
    if (stream->loop) {
        kzi_loop_remove(stream->loop, &stream->call);
        if (!stream->shared)
            kzi_loop_release(stream->loop);
    }
    kz_error_clear(&stream->call.error);
    kzi_call_clear(&stream->call);
    kzi_events_free(&stream->events);
    kzi_buffer_free(&stream->input);
    kzi_scope_free(stream->scope);
    kzi_client_drop(stream->client);
    free(stream);
}

void kz_stream_close(kz_stream *stream)
{
    if (stream && kzi_client_usable(stream->client, NULL)) /* a child must not end what its parent reads */
        kzi_stream_free(stream);
}
