/* send.c: how answers of models leave: JSON, errors as the OpenAI interface has them, bytes, and streams of events, each event one
 * HTTP chunk at its time. Faults apply to all of them. */
#include "model.h"

#include <stdarg.h>
#include <string.h>

typedef struct Event {
    char *text;
    size_t length;
    gint64 tokens; /* made by the time it is sent */
} Event;

struct Events {
    GArray *list; /* of Event */
    gint64 tokens;
    const Emulator *emulator;
    gint64 start, cut, drip;
    guint at;
    size_t sent, sent_before; /* of this event, of those before */
};

void take_time(const Emulator *emulator, gint64 start, gint64 tokens)
{
    enum { SLICE = 20000 }; /* µs: how long the end of the program has to wait */
    if (!emulator->token_speed)
        return;
    gint64 due = start + tokens * G_USEC_PER_SEC / emulator->token_speed, left;
    while (!g_atomic_int_get(&emulator->ending) && (left = due - g_get_monotonic_time()) > 0)
        g_usleep((gulong)MIN(left, SLICE));
}

static enum MHD_Result queue(Call *call, int status, const char *type, struct MHD_Response *response)
{
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "X-Request-Id", call->request_id);
    if (status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"kamiwaza\"");
    enum MHD_Result result = MHD_queue_response(call->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    call->status = status;
    return result;
}

enum MHD_Result send_bytes(Call *call, const char *type, const char *data, size_t length)
{
    return queue(call, 200, type, response_of_text(data, length, call->fault));
}

enum MHD_Result send_json(Call *call, int status, json_object *answer)
{
    char *text = json_text(answer);
    json_object_put(answer);
    enum MHD_Result result = queue(call, status, "application/json", response_of_text(text, strlen(text), call->fault));
    g_free(text);
    return result;
}

static const char *error_type(int status)
{
    return status == 401 ? "authentication_error"
        : status == 429  ? "rate_limit_error"
        : status == 503  ? "unavailable_error"
        : status >= 500  ? "server_error"
                         : "invalid_request_error";
}

enum MHD_Result send_error(Call *call, int status, const char *param, const char *code, const char *format, ...)
{
    json_object *answer = json_object_new_object(), *error = json_object_new_object();
    va_list values;
    va_start(values, format);
    char *message = g_strdup_vprintf(format, values);
    va_end(values);
    put_text(error, "message", message);
    put_text(error, "type", error_type(status));
    put_text(error, "param", param);
    put_text(error, "code", code);
    json_object_object_add(answer, "error", error);
    g_free(message);
    return send_json(call, status, answer);
}

static void clear_event(gpointer data)
{
    g_free(((Event *)data)->text);
}

Events *events_new(void)
{
    Events *events = g_new0(Events, 1);
    events->list = g_array_new(FALSE, TRUE, sizeof(Event));
    g_array_set_clear_func(events->list, clear_event);
    return events;
}

static void events_free(void *data)
{
    Events *events = data;
    g_array_unref(events->list);
    g_free(events);
}

static void add(Events *events, char *text, int tokens)
{
    events->tokens += tokens;
    Event event = { .text = text, .length = strlen(text), .tokens = events->tokens };
    g_array_append_val(events->list, event);
}

void events_add(Events *events, const char *name, json_object *data, int tokens)
{
    char *text = json_text(data);
    add(events, g_strconcat(name ? "event: " : "", name ? name : "", name ? "\n" : "", "data: ", text, "\n\n", NULL), tokens);
    g_free(text);
    json_object_put(data);
}

void events_done(Events *events)
{
    add(events, g_strdup("data: [DONE]\n\n"), 0);
}

static ssize_t read_event(void *user, uint64_t position, char *buffer, size_t size)
{
    Events *events = user;
    (void)position;
    if (events->at == events->list->len)
        return MHD_CONTENT_READER_END_OF_STREAM;
    const Event *event = &g_array_index(events->list, Event, events->at);
    gint64 before = (gint64)(events->sent_before + events->sent);
    if ((events->cut && before >= events->cut) || g_atomic_int_get(&events->emulator->ending))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!events->sent)
        take_time(events->emulator, events->start, event->tokens);
    size = MIN(size, event->length - events->sent);
    if (events->cut)
        size = MIN(size, (size_t)(events->cut - before));
    if (events->drip) {
        g_usleep((gulong)events->drip * 1000);
        size = 1;
    }
    memcpy(buffer, event->text + events->sent, size);
    events->sent += size;
    if (events->sent == event->length) {
        events->sent_before += event->length;
        events->sent = 0;
        events->at++;
    }
    return (ssize_t)size;
}

enum MHD_Result send_events(Call *call, Events *events)
{
    enum { BLOCK = 16384 }; /* an event larger than this takes more than one chunk */
    if (call->fault->garbage) {
        events_free(events);
        return send_bytes(call, "text/event-stream", "", 0);
    }
    events->emulator = call->emulator;
    events->start = g_get_monotonic_time();
    events->cut = call->fault->cut;
    events->drip = call->fault->drip;
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_event, events, events_free);
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    return queue(call, 200, "text/event-stream", response);
}
