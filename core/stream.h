/* stream.h: what a stream is inside, and what asynchronous calls need of it: opening one on a loop that the program drives, and taking
 * items without waiting. */
#ifndef KZI_STREAM_H
#define KZI_STREAM_H

#include "engine.h"
#include "events.h"
#include "pages.h"

#include <kamiwaza/plugin.h>

struct kz_stream {
    kz_client *client;
    const kz_operation *op;
    const kz_interface *caller;
    uint64_t item_size;
    kzi_run run;

    /* a request */
    kzi_call call;
    kzi_loop *loop;
    bool shared;      /* the loop is the program's */
    bool held;        /* the program takes no items for now */
    kzi_buffer input; /* come, not yet cut into items */
    size_t at;
    kzi_events events;
    kzi_scope *scope; /* of the item handed out */
    bool single;      /* the server answers one JSON document instead */
    bool over;        /* the server has said so; only the end of its answer is to come */
    bool done;

    /* a plugin's, or pages */
    kz_stream_source source;
    void *user;
    void *item;
    kz_service *handle; /* the flow's, kept for as long as the stream */
    kzi_pages *pages;
};

typedef enum kzi_taken { KZI_TAKEN_ITEM, KZI_TAKEN_LATER, KZI_TAKEN_END } kzi_taken;

/* An empty stream that keeps the client; NULL with the slot filled. `op` NULL: a plugin's own. */
kz_stream *kzi_stream_new(kz_client *client, const kz_operation *op, kz_error **error);
void kzi_stream_free(kz_stream *stream);
/* Sends the request and waits until its answer has begun. */
bool kzi_stream_open_request(
    kz_stream *stream, kz_service *service, kzi_instance *owner, const kz_op_ref *ref, const void *params, kz_error **error);
/* The next item among what has come, valid until the next call with this stream. END: the stream is over, well or with the slot
 * filled. Only for streams of a request. */
kzi_taken kzi_stream_take(kz_stream *stream, void **item, kz_error **error);
/* Starts a stream on `loop` and returns at once; `notify` is told of its call. NULL with the slot filled. */
kz_stream *kzi_stream_start(kzi_loop *loop, kz_service *service, kzi_instance *owner, const kz_operation *op,
    const kz_op_ref *ref, const void *params, void (*notify)(kzi_call *call), void *notify_user, kz_error **error);
kzi_call *kzi_stream_call(kz_stream *stream);
/* The program takes no items for now, or does again: little is kept for it meanwhile, the server is held back. */
void kzi_stream_hold(kz_stream *stream, bool held);
/* Lets a transfer that was held back go on, once there is room. */
void kzi_stream_unpause(kz_stream *stream);

#endif
