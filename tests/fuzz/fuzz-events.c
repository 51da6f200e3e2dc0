/* fuzz-events.c: the parser of server-sent events and of lines. The first byte says how: which of the two, the limit of a line,
 * and how the stream is cut into pieces. However it is cut, the same items come out. */
#include "events.h"
#include "fuzz.h"

#include <string.h>

typedef struct outcome {
    kzi_buffer items; /* all of them, one behind the other, with their names and ids */
    kzi_events_status last;
    int64_t retry;
} outcome;

static void take(outcome *o, const kzi_events *events)
{
    HOLDS(events->data.length <= events->limit);
    kzi_buffer_printf(&o->items, "\n[%zu %zu %zu]", events->name.length, events->id.length, events->data.length);
    kzi_buffer_append(&o->items, events->name.data, events->name.length);
    kzi_buffer_append(&o->items, events->id.data, events->id.length);
    kzi_buffer_append(&o->items, events->data.data, events->data.length);
}

static outcome run(const uint8_t *data, size_t size, bool lines, size_t limit, size_t piece)
{
    kzi_events events = { .lines = lines, .limit = limit, .retry = -1 };
    outcome o = { .last = KZI_EVENTS_MORE };
    for (size_t at = 0; at < size && o.last <= KZI_EVENTS_ITEM;) {
        size_t n = piece < size - at ? piece : size - at, used = 0;
        o.last = kzi_events_feed(&events, (const char *)data + at, n, &used);
        HOLDS(used <= n && (used || o.last > KZI_EVENTS_ITEM));
        HOLDS(o.last != KZI_EVENTS_MORE || used == n);
        at += used;
        if (o.last == KZI_EVENTS_ITEM)
            take(&o, &events);
    }
    if (o.last <= KZI_EVENTS_ITEM && (o.last = kzi_events_end(&events)) == KZI_EVENTS_ITEM)
        take(&o, &events);
    o.retry = events.retry;
    kzi_events_free(&events);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    bool lines = data[0] & 1;
    size_t limit = data[0] & 2 ? 16 : 65536, piece = 1 + (data[0] >> 2);
    outcome whole = run(data + 1, size - 1, lines, limit, SIZE_MAX), cut = run(data + 1, size - 1, lines, limit, piece);
    HOLDS(whole.last == cut.last && whole.retry == cut.retry);
    HOLDS(whole.items.length == cut.items.length);
    HOLDS(!whole.items.length || !memcmp(whole.items.data, cut.items.data, whole.items.length));
    kzi_buffer_free(&whole.items);
    kzi_buffer_free(&cut.items);
    return 0;
}
