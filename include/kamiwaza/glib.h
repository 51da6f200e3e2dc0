/* glib.h: the library in programs with a GLib main loop: a loop of calls as a GSource, calls as GTask-style functions, GCancellable,
 * GError. A library of its own: pkg-config kamiwaza-glib. No threads; everything runs in the main context that the source is
 * attached to, which is also where calls are started. */
#ifndef KAMIWAZA_GLIB_H
#define KAMIWAZA_GLIB_H

#include <gio/gio.h>
#include <kamiwaza/kamiwaza.h>

KZ_BEGIN_DECLS

/* ---- the loop ---- */

/* A source that drives `loop` in the main context that it is attached to (g_source_attach()). The loop is borrowed: destroy the source
 * before kz_loop_free(). To be released with g_source_unref(). NULL gives NULL. */
KZ_API GSource *kz_glib_source_new(kz_loop *loop);

/* ---- errors ---- */

/* The domain of errors of the library; `code` is a kz_error_code, the message that of the kz_error. A call that was cancelled is
 * G_IO_ERROR_CANCELLED of G_IO_ERROR instead, as everywhere in GLib. */
#define KZ_GLIB_ERROR kz_glib_error_quark()
KZ_API GQuark kz_glib_error_quark(void);

/* `error` as a GError, a copy, to be released with g_error_free(). NULL gives NULL. */
KZ_API GError *kz_glib_error_new(const kz_error *error);

/* The error of the library that a GError of the domain KZ_GLIB_ERROR came from, with all it knows; borrowed from it. NULL for errors
 * of other domains and without memory. */
KZ_API const kz_error *kz_glib_error_details(const GError *error);

/* ---- calls ---- */

/* Starts an operation on `loop` (see kz_submit()): `op` is what headers of services define beside each typed function, such as
 * kz_models_list_op; `params` is borrowed until this returns. `callback` is called in the main context that was the thread's default
 * when this was called, also when the call cannot be started, and calls kz_glib_call_finish(). `cancellable` may be NULL. */
KZ_API void kz_glib_call_async(kz_loop *loop, void *service, const kz_op_ref *op, const void *params, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data);

/* The result of a call, to be released with kz_free(); of operations without content a pointer that is not NULL and is not
 * released. NULL with `error` set. */
KZ_API gpointer kz_glib_call_finish(GAsyncResult *result, GError **error);

/* Opens a stream on `loop` (see kz_submit_stream()). `item` is called with each item as it comes, borrowed until it returns (kz_keep()
 * makes it last), and says whether the stream goes on; after KZ_PAUSE, kz_pending_resume() with the same pending call lets it.
 * `callback` as above, once, after the last item, also when `item` returned KZ_STOP. */
KZ_API void kz_glib_stream_async(kz_loop *loop, void *service, const kz_op_ref *op, const void *params, kz_item_fn item,
    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/* How a stream ended: TRUE, or FALSE with `error` set; the items before an error were delivered. */
KZ_API gboolean kz_glib_stream_finish(GAsyncResult *result, GError **error);

KZ_END_DECLS
#endif
