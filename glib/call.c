/* call.c: calls and streams as GTasks: their ends come in the main context of the task, GCancellable cancels them. */
#include <kamiwaza/glib.h>

/* One call under way, the data of its task. */
typedef struct Call {
    GTask *task; /* holds itself until the call has ended */
    kz_pending *pending;
    kz_item_fn item;
    gpointer user_data;
    gulong handler;
} Call;

/* What the tasks of each function carry. */
static char call_tag, stream_tag;

static void on_cancelled(GCancellable *cancellable, gpointer pending)
{
    (void)cancellable;
    kz_pending_cancel(pending);
}

static void fail(GTask *task, kz_error *error)
{
    g_task_return_error(task, kz_glib_error_new(error));
    kz_error_free(error);
    g_object_unref(task);
}

/* The call has ended: its task returns. Handlers of the cancellable that run in other threads are waited for. */
static void done(kz_pending *pending, void *user)
{
    Call *call = user;
    GTask *task = call->task;
    kz_error *error = NULL;
    gboolean streams = call->item != NULL;
    void *result = kz_pending_take(pending, &error);
    g_cancellable_disconnect(g_task_get_cancellable(task), call->handler);
    call->handler = 0;
    kz_pending_free(pending);
    if (error)
        fail(task, error);
    else if (streams) {
        g_task_return_boolean(task, TRUE);
        g_object_unref(task);
    } else {
        g_task_return_pointer(task, result, kz_free);
        g_object_unref(task);
    }
}

static kz_flow_control pass(kz_pending *pending, void *item, void *user)
{
    Call *call = user;
    return call->item(pending, item, call->user_data);
}

static void start(kz_loop *loop, void *service, const kz_op_ref *op, const void *params, kz_item_fn item,
    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data, gpointer tag)
{
    kz_error *error = NULL;
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Call *call = g_new0(Call, 1);
    g_task_set_source_tag(task, tag);
    g_task_set_check_cancellable(task, FALSE); /* a call that has ended well has, also when it is cancelled a moment later */
    g_task_set_task_data(task, call, g_free);
    *call = (Call){ .task = task, .item = item, .user_data = user_data };
    call->pending = item ? kz_submit_stream(loop, service, op, params, pass, done, call, &error)
                         : kz_submit(loop, service, op, params, done, call, &error);
    if (!call->pending)
        fail(task, error);
    else if (cancellable)
        call->handler = g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), call->pending, NULL);
}

void kz_glib_call_async(kz_loop *loop, void *service, const kz_op_ref *op, const void *params, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
    start(loop, service, op, params, NULL, cancellable, callback, user_data, &call_tag);
}

gpointer kz_glib_call_finish(GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_async_result_is_tagged(result, &call_tag), NULL);
    return g_task_propagate_pointer(G_TASK(result), error);
}

void kz_glib_stream_async(kz_loop *loop, void *service, const kz_op_ref *op, const void *params, kz_item_fn item,
    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(item != NULL);
    start(loop, service, op, params, item, cancellable, callback, user_data, &stream_tag);
}

gboolean kz_glib_stream_finish(GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_async_result_is_tagged(result, &stream_tag), FALSE);
    return g_task_propagate_boolean(G_TASK(result), error);
}
