/* events.h: cuts a stream of bytes into server-sent events (by the WHATWG rules) or lines. It only looks at bytes; what they
 * mean is the stream's business. */
#ifndef KZI_EVENTS_H
#define KZI_EVENTS_H

#include "buffer.h"

typedef struct kzi_events {
    bool lines;        /* JSON lines: each line that is not empty is an item */
    size_t limit;      /* of one line or one event's data */
    kzi_buffer line;   /* what has come of the current line */
    kzi_buffer data;   /* of the current event */
    kzi_buffer name;   /* its `event` field */
    kzi_buffer id;     /* the last `id` */
    int64_t retry;     /* the last `retry`, -1: none */
    bool skip_newline; /* the last byte was CR: a LF next belongs to it */
    bool bom_checked;
    bool has_data;
    bool delivered; /* the item in `data` was handed out */
} kzi_events;

typedef enum kzi_events_status { KZI_EVENTS_MORE, KZI_EVENTS_ITEM, KZI_EVENTS_TOO_LARGE, KZI_EVENTS_NO_MEMORY } kzi_events_status;

/* Takes bytes from *data on, up to and including the end of the next item: `*used` says how many. ITEM: `data` (and name)
 * hold it until the next call. */
kzi_events_status kzi_events_feed(kzi_events *events, const char *data, size_t length, size_t *used);
/* The stream has ended: a last line without a line break counts where items are lines; an unfinished event does not. */
kzi_events_status kzi_events_end(kzi_events *events);
void kzi_events_free(kzi_events *events);

#endif
