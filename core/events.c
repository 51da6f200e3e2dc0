/* events.c: see events.h. Lines end with CR, LF or CRLF, split anywhere; a byte order mark at the start is dropped; comments
 * are skipped; `data` lines of one event are joined by LF. */
#include "events.h"

#include <string.h>

static void start_item(kzi_events *events)
{
    kzi_buffer_clear(&events->data);
    kzi_buffer_clear(&events->name);
    events->has_data = events->delivered = false;
}

static bool is(const char *name, size_t length, const char *text)
{
    return strlen(text) == length && !memcmp(name, text, length);
}

static void take_field(kzi_events *events, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    if (colon == line)
        return;
    size_t name = colon ? (size_t)(colon - line) : length;
    const char *value = colon ? colon + 1 : line + length;
    size_t n = (size_t)(line + length - value);
    if (n && *value == ' ')
        value++, n--;
    if (is(line, name, "data")) {
        if (events->has_data)
            kzi_buffer_putc(&events->data, '\n');
        kzi_buffer_append(&events->data, value, n);
        events->has_data = true;
    } else if (is(line, name, "event")) {
        kzi_buffer_clear(&events->name);
        kzi_buffer_append(&events->name, value, n);
    } else if (is(line, name, "id") && !memchr(value, 0, n)) {
        kzi_buffer_clear(&events->id);
        kzi_buffer_append(&events->id, value, n);
    } else if (is(line, name, "retry")) {
        int64_t retry = 0;
        for (size_t i = 0; i < n && retry >= 0; i++)
            retry = value[i] >= '0' && value[i] <= '9' && retry < 1000000000 ? retry * 10 + value[i] - '0' : -1;
        if (n && retry >= 0)
            events->retry = retry;
    }
}

/* A whole line, without its end: does it complete an item? */
static bool take_line(kzi_events *events, const char *line, size_t length)
{
    if (!events->bom_checked) {
        events->bom_checked = true;
        if (length >= 3 && !memcmp(line, "\xef\xbb\xbf", 3))
            line += 3, length -= 3;
    }
    if (events->lines) {
        size_t blank = 0;
        while (blank < length && (line[blank] == ' ' || line[blank] == '\t'))
            blank++;
        if (blank == length)
            return false;
        kzi_buffer_append(&events->data, line, length);
        return true;
    }
    if (length) {
        take_field(events, line, length);
        return false;
    }
    if (events->has_data)
        return true;
    kzi_buffer_clear(&events->name);
    return false;
}

static size_t line_length(const char *data, size_t length)
{
    const char *lf = memchr(data, '\n', length);
    size_t end = lf ? (size_t)(lf - data) : length;
    const char *cr = memchr(data, '\r', end);
    return cr ? (size_t)(cr - data) : end;
}

static kzi_events_status fault(const kzi_events *events)
{
    bool failed = events->line.failed || events->data.failed || events->name.failed || events->id.failed;
    bool large = events->line.length > events->limit || events->data.length > events->limit;
    return failed ? KZI_EVENTS_NO_MEMORY : large ? KZI_EVENTS_TOO_LARGE : KZI_EVENTS_MORE;
}

kzi_events_status kzi_events_feed(kzi_events *events, const char *data, size_t length, size_t *used)
{
    size_t at = 0;
    if (events->delivered)
        start_item(events);
    while (at < length) {
        if (events->skip_newline && data[at] == '\n')
            at++;
        events->skip_newline = false;
        size_t n = line_length(data + at, length - at);
        if (at + n == length) { /* the line goes on in the next bytes */
            kzi_buffer_append(&events->line, data + at, n);
            *used = length;
            return fault(events);
        }
        bool item;
        if (events->line.length + n > events->limit) { /* as it would have been had it come in pieces */
            *used = at + n + 1;
            return KZI_EVENTS_TOO_LARGE;
        }
        if (events->line.length) {
            kzi_buffer_append(&events->line, data + at, n);
            item = take_line(events, events->line.data ? events->line.data : "", events->line.length);
            kzi_buffer_clear(&events->line);
        } else {
            item = take_line(events, data + at, n);
        }
        events->skip_newline = data[at + n] == '\r';
        at += n + 1;
        kzi_events_status status = fault(events);
        if (item || status != KZI_EVENTS_MORE) {
            *used = at;
            events->delivered = true;
            return status != KZI_EVENTS_MORE ? status : KZI_EVENTS_ITEM;
        }
    }
    *used = at;
    return KZI_EVENTS_MORE;
}

kzi_events_status kzi_events_end(kzi_events *events)
{
    if (!events->lines || !events->line.length)
        return fault(events);
    if (events->delivered)
        start_item(events);
    bool item = take_line(events, events->line.data, events->line.length);
    kzi_buffer_clear(&events->line);
    kzi_events_status status = fault(events);
    return item && status == KZI_EVENTS_MORE ? KZI_EVENTS_ITEM : status;
}

void kzi_events_free(kzi_events *events)
{
    kzi_buffer_free(&events->line);
    kzi_buffer_free(&events->data);
    kzi_buffer_free(&events->name);
    kzi_buffer_free(&events->id);
}
