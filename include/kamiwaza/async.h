/* async.h: calls that do not block: a loop that the program drives from its own (poll, epoll, libuv, GLib), and pending calls
 * that end on it. The library starts no threads: everything happens within kz_loop_dispatch(), on the thread that calls it. */
#ifndef KAMIWAZA_ASYNC_H
#define KAMIWAZA_ASYNC_H

#include <kamiwaza/call.h>

KZ_BEGIN_DECLS

/* A loop belongs to one client and is used by one thread at a time; a client may have several. Connections are its own and
 * are reused by all its calls; over HTTP/2 many share one. */
typedef struct kz_loop kz_loop;

/* Makes a loop. Release with kz_loop_free(), before or after the client. Errors: ARGUMENT, STATE (no file descriptor is left;
 * after fork()), NO_MEMORY. */
KZ_API kz_loop *kz_loop_new(kz_client *client, kz_error **error);

/* The one file descriptor to watch for reading (POLLIN, level-triggered). It becomes readable whenever there is something to
 * do: data came, a time passed, another thread cancelled a call or freed the client. Belongs to the loop: never read from it
 * or close it. NULL gives -1. */
KZ_API int kz_loop_fd(const kz_loop *loop);

/* Does what there is to do and returns without waiting: data is moved, callbacks run. Returns how many calls are pending
 * still. Calls within a callback do nothing. NULL gives 0. */
KZ_API size_t kz_loop_dispatch(kz_loop *loop);

/* For programs without a loop of their own: waits at most `seconds` (negative: without limit) until there is something to do,
 * and does it. Returns how many calls are pending still. */
KZ_API size_t kz_loop_wait(kz_loop *loop, double seconds);

/* Ends what is pending as cancelled, with its callbacks, and frees the loop. Not within a callback. NULL is ignored. */
KZ_API void kz_loop_free(kz_loop *loop);

/* A call that was started. It lives until kz_pending_free(), whether it has ended or not. */
typedef struct kz_pending kz_pending;

/* The call has ended: kz_pending_take() says how. Runs within kz_loop_dispatch() or kz_loop_free(); may start, cancel and free
 * calls, this one too. */
typedef void (*kz_done_fn)(kz_pending *pending, void *user);

/* Starts an operation. Its arguments are checked and encoded before this returns: only the sources of uploads must live until
 * the call has ended. The call's time limit, retries and cancel token are those of the handle `service`. A typed operation is
 * named by its reference: kz_submit(loop, models, &kz_models_list_op, &(kz_models_list_params){ .load_files = KZ_TRUE }, ...).
 *   done  may be NULL, for programs that ask with kz_pending_is_done()
 * Returns the pending call, to be released with kz_pending_free(); NULL with the slot filled when it cannot start. What fails
 * later is told by kz_pending_take(). Errors: ARGUMENT (also for operations in blocking style, which need a thread, and for
 * those that stream), STATE (the client was freed), CONFIG, PLUGIN_*, NO_MEMORY. */
KZ_API kz_pending *kz_submit(
    kz_loop *loop, void *service, const kz_op_ref *op, const void *params, kz_done_fn done, void *user, kz_error **error);

/* What a program wants of a stream after an item. */
typedef enum kz_flow_control {
    KZ_GO_ON = 0,
    KZ_PAUSE, /* no more items until kz_pending_resume(); the server is held back too */
    KZ_STOP   /* the stream ends well here */
} kz_flow_control;

/* An item of a stream, valid until this returns; kz_keep() makes it last. Rules as for kz_done_fn. */
typedef kz_flow_control (*kz_item_fn)(kz_pending *pending, void *item, void *user);

/* Starts an operation that streams; each item is handed to `item`, the end to `done`. Otherwise as kz_submit(). */
KZ_API kz_pending *kz_submit_stream(kz_loop *loop, void *service, const kz_op_ref *op, const void *params, kz_item_fn item,
    kz_done_fn done, void *user, kz_error **error);

/* Lets a paused stream go on. On the loop's thread. NULL is ignored. */
KZ_API void kz_pending_resume(kz_pending *pending);

KZ_API bool kz_pending_is_done(const kz_pending *pending);

/* How the call ended, once: its result (release with kz_free()), or NULL with the slot filled. Operations without content and
 * streams give a pointer that is not NULL and needs no release. Errors: those of the call; STATE when it has not ended or its
 * result was taken; CANCELLED. */
KZ_API void *kz_pending_take(kz_pending *pending, kz_error **error);

/* Cancels: the call ends with CANCELLED at the next dispatch, unless it has ended. From any thread and from signal handlers, as
 * long as the call is not freed meanwhile. NULL is ignored. */
KZ_API void kz_pending_cancel(kz_pending *pending);

/* Releases a call. One that has not ended is ended without a word: no callback runs. On the loop's thread, before or after
 * kz_loop_free(). NULL is ignored. */
KZ_API void kz_pending_free(kz_pending *pending);

/* Pushes the items of an open stream to `item` on this thread until the stream ends or `item` returns KZ_STOP (KZ_PAUSE counts
 * as that too; the stream may be read on). Returns true at a good end, false with the slot filled. `pending` is NULL in the
 * callback. */
KZ_API bool kz_stream_each(kz_stream *stream, kz_item_fn item, void *user, kz_error **error);

KZ_END_DECLS
#endif
