/* stream.h: what asynchronous calls need of streams: opening one on a loop that the program drives, and taking items without
 * waiting. */
#ifndef KZI_STREAM_H
#define KZI_STREAM_H

#include "engine.h"

typedef enum kzi_taken { KZI_TAKEN_ITEM, KZI_TAKEN_LATER, KZI_TAKEN_END } kzi_taken;

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
