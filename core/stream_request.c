/* stream_request.c: a stream whose bytes come from a request: events, lines, chunks, cut into items as they come. In steady state an item
 * costs no allocation. */
#include "header.h"
#include "json_scan.h"
#include "loop.h"
#include "result.h"
#include "stream.h"

#include <string.h>
#include <strings.h>

/* What may have come and not been taken yet. Pausing makes libcurl allocate for what it must hold back, so a stream whose items are taken
 * as they come is not paused: the limit is more than libcurl reads between two looks at them (twice a hundred times its buffer, see
 * transport.c). Where the program takes nothing for now, little is kept for it. */
enum { HIGH_WATER = 1024 * 1024, LOW_WATER = 64 * 1024 };

/* The answer is here: the request, if the server has all of it, is not needed any more. */
static void drop_request(kzi_call *call)
{
    curl_off_t sent = 0;
    curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    if (sent == (curl_off_t)call->body.length)
        kzi_buffer_free(&call->body);
}

static bool begin(void *user, kzi_call *call)
{
    kz_stream *stream = user;
    if (!call->resumable)
        drop_request(call);
    const char *type = call->content_type ? call->content_type : "";
    if (call->op->answer != KZ_ANSWER_CHUNKS && !strncasecmp(type, "text/html", 9))
        return kzi_call_error(call, &call->error, KZ_ERROR_NOT_API,
            "The server answered with a web page where a stream was due. The base URL probably lacks /api; it is %s.",
            call->client->settings->base_url);
    stream->single = call->op->answer == KZ_ANSWER_EVENTS && !strncasecmp(type, "application/json", 16);
    return true;
}

static int take_bytes(void *user, kzi_call *call, const char *data, size_t length)
{
    kz_stream *stream = user;
    if (stream->shared && !stream->input.data) { /* memory that another stream of the loop is done with */
        stream->input = stream->loop->spare_input;
        stream->loop->spare_input = (kzi_buffer){ 0 };
    }
    if (stream->at) {
        memmove(stream->input.data, stream->input.data + stream->at, stream->input.length - stream->at);
        stream->input.length -= stream->at;
        stream->at = 0;
    }
    if (!stream->single && stream->input.length > (stream->held ? LOW_WATER : HIGH_WATER))
        return KZI_SINK_PAUSE;
    if (stream->single && (int64_t)(stream->input.length + length) > call->client->settings->max_body_size) {
        kzi_call_error(call, &call->error, KZ_ERROR_CONNECTION, "The answer is larger than max_body_size.");
        return KZI_SINK_FAIL;
    }
    kzi_buffer_append(&stream->input, data, length);
    if (!stream->input.failed) {
        if (call->notify)
            call->notify(call);
        return KZI_SINK_OK;
    }
    kz_error_no_memory(&call->error);
    return KZI_SINK_FAIL;
}

/* Everything but the loop. */
static bool prepare_request(
    kz_stream *stream, kz_service *service, kzi_instance *owner, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_call *call = &stream->call;
    stream->caller = ref ? ref->interface : NULL;
    stream->item_size = ref ? ref->result_size : 0;
    stream->events.lines = stream->op->answer == KZ_ANSWER_LINES;
    stream->events.limit = (size_t)stream->client->settings->max_line_size;
    stream->scope = kzi_scope_new(1024);
    if (!stream->scope)
        return kz_error_no_memory(error);
    kzi_scope_limit(stream->scope, (size_t)stream->client->settings->max_result_size);
    if (!kzi_call_prepare(call, service, owner, stream->op, ref, params, error))
        return false;
    call->sink = (kzi_sink){ .begin = begin, .bytes = take_bytes, .user = stream };
    call->user = &stream->run;
    return true;
}

bool kzi_stream_open_request(
    kz_stream *stream, kz_service *service, kzi_instance *owner, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_call *call = &stream->call;
    if (!prepare_request(stream, service, owner, ref, params, error))
        return false;
    stream->loop = kzi_loop_acquire(stream->client, error);
    if (!stream->loop)
        return false;
    kzi_loop_add(stream->loop, call);
    while (!call->ended && !call->began)
        kzi_loop_turn(stream->loop, -1);
    call->params = NULL;                                                      /* the caller's; the request is on its way */
    return call->began || !call->error || kz_error_move(error, &call->error); /* once begun, items come before the error */
}

kz_stream *kzi_stream_start(kzi_loop *loop, kz_service *service, kzi_instance *owner, const kz_operation *op,
    const kz_op_ref *ref, const void *params, void (*notify)(kzi_call *call), void *notify_user, kz_error **error)
{
    kz_stream *stream = kzi_stream_new(owner->client, op, error);
    if (stream && prepare_request(stream, service, owner, ref, params, error)) {
        stream->loop = loop;
        stream->shared = true;
        stream->call.notify = notify;
        stream->call.notify_user = notify_user;
    }
    if (stream && stream->loop && kzi_call_keep_params(&stream->call, error)) {
        kzi_loop_add(loop, &stream->call);
        return stream;
    }
    kzi_stream_free(stream);
    return NULL;
}

kzi_call *kzi_stream_call(kz_stream *stream)
{
    return &stream->call;
}

static void *decode(kz_stream *stream, const char *text, size_t length, kz_error **error)
{
    kzi_json_options options = {
        .caller = stream->caller, .root_size = stream->item_size, .max_depth = (unsigned)stream->client->settings->max_json_depth
    };
    kzi_scope_reset(stream->scope);
    void *item = kzi_json_read(stream->op->result, stream->scope, text, length, &options, error);
    if (item && kzi_answer_is_error(item, false)) {
        kzi_answer_said_error(&stream->call, kz_json_of(item), error);
        item = NULL;
    }
    if (!item)
        stream->done = true;
    return item;
}

/* All that has come, as it came; it stays where it is until the next call. */
static void *take_chunk(kz_stream *stream, kz_error **error)
{
    kzi_scope_reset(stream->scope);
    kz_bytes *bytes = kzi_scope_object(stream->scope, &kz_schema_bytes, sizeof *bytes);
    if (!bytes) {
        kz_error_no_memory(error);
        return NULL;
    }
    bytes->data = stream->input.data + stream->at;
    bytes->length = stream->input.length - stream->at;
    stream->at = stream->input.length;
    return bytes;
}

static bool is_named(const kzi_events *events, const char *name)
{
    return events->name.length == strlen(name) && !memcmp(events->name.data, name, events->name.length);
}

/* Events that name their own type are items, also those whose type is an error. */
static bool has_type_error(const kzi_buffer *data)
{
    kzi_scan scan = { .start = data->data, .at = data->data, .end = data->data + data->length, .max_depth = KZI_MAX_DEPTH };
    kz_json whole;
    if (!data->length || !kzi_scan_value(&scan, &whole.text, &whole.length) || *whole.text != '{')
        return false;
    kz_json type = kz_json_member(whole, "type");
    return type.length == 7 && !memcmp(type.text, "\"error\"", 7);
}

/* The server has nothing more to say. The end of its answer is waited for, since a connection that is left before is of no more use; it
 * follows at once, and a server that does not send it is not waited for long. */
static void hear_out(kz_stream *stream)
{
    enum { LINGER = 1000 };
    kzi_call *call = &stream->call;
    int64_t latest = kzi_now_ms() + LINGER;
    stream->over = true;
    if (!call->deadline || latest < call->deadline)
        call->deadline = latest;
    if (!call->ended)
        kzi_loop_note_due(stream->loop, call);
}

static void *event_item(kz_stream *stream, kz_error **error)
{
    const kzi_buffer *data = &stream->events.data;
    if (!stream->events.lines && data->length == 6 && !memcmp(data->data, "[DONE]", 6)) {
        hear_out(stream);
        return NULL;
    }
    if (is_named(&stream->events, "error") && !has_type_error(data)) {
        kzi_answer_said_error(&stream->call, (kz_json){ data->data ? data->data : "", data->length }, error);
        stream->done = true;
        return NULL;
    }
    return decode(stream, data->data ? data->data : "", data->length, error);
}

static void *broken(kz_stream *stream, kzi_events_status status, kz_error **error)
{
    stream->done = true;
    if (status == KZI_EVENTS_NO_MEMORY)
        kz_error_no_memory(error);
    else
        kzi_call_error(&stream->call, error, KZ_ERROR_DECODE, "An item of the stream is larger than max_line_size (%lld bytes).",
            (long long)stream->client->settings->max_line_size);
    return NULL;
}

/* The next item among the bytes that have come; NULL with nothing said: more are needed, or done is set. */
static void *cut_item(kz_stream *stream, kz_error **error)
{
    if (stream->over) {
        stream->at = stream->input.length;
        return NULL;
    }
    while (stream->at < stream->input.length && !stream->done) {
        if (stream->op->answer == KZ_ANSWER_CHUNKS)
            return take_chunk(stream, error);
        if (stream->single)
            return NULL;
        size_t used;
        kzi_events_status status = kzi_events_feed(
            &stream->events, stream->input.data + stream->at, stream->input.length - stream->at, &used);
        stream->at += used;
        if (status == KZI_EVENTS_ITEM)
            return event_item(stream, error);
        if (status != KZI_EVENTS_MORE)
            return broken(stream, status, error);
    }
    return NULL;
}

static void *last_item(kz_stream *stream, kz_error **error)
{
    stream->done = true;
    if (stream->over) /* however its answer ended */
        return NULL;
    if (stream->call.error) {
        kz_error_move(error, &stream->call.error);
        return NULL;
    }
    if (stream->single && stream->input.length > stream->at)
        return decode(stream, stream->input.data + stream->at, stream->input.length - stream->at, error);
    if (stream->op->answer == KZ_ANSWER_CHUNKS)
        return NULL;
    kzi_events_status status = kzi_events_end(&stream->events);
    if (status == KZI_EVENTS_ITEM)
        return event_item(stream, error);
    return status == KZI_EVENTS_MORE ? NULL : broken(stream, status, error);
}

/* Nothing is left in the memory of what has come: another stream of the loop may have it. */
static void pass_on(kz_stream *stream)
{
    if (!stream->shared || !stream->input.data || stream->at < stream->input.length)
        return;
    kzi_buffer *spare = &stream->loop->spare_input;
    kzi_buffer_free(spare);
    kzi_buffer_clear(&stream->input);
    *spare = stream->input;
    stream->input = (kzi_buffer){ 0 };
    stream->at = 0;
}

kzi_taken kzi_stream_take(kz_stream *stream, void **item, kz_error **error)
{
    kz_error *failure = NULL;
    *item = stream->done ? NULL : cut_item(stream, &failure);
    if (!*item && !failure && !stream->done && stream->call.ended)
        *item = last_item(stream, &failure);
    kz_error_move(error, &failure);
    if (*item)
        return KZI_TAKEN_ITEM;
    pass_on(stream);
    return stream->done ? KZI_TAKEN_END : KZI_TAKEN_LATER;
}

void kzi_stream_hold(kz_stream *stream, bool held)
{
    stream->held = held;
}

void kzi_stream_unpause(kz_stream *stream)
{
    if (!stream->call.paused)
        return;
    stream->call.paused = false;
    curl_easy_pause(stream->call.easy, CURLPAUSE_CONT); /* hands out what it held back: the server is not idle */
}
