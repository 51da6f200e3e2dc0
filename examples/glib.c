/* glib.c: a program with a GLib main loop that asks a model and shows the answer as it comes, while the loop goes on: a timer ticks,
 * and Ctrl-C cancels. Which server answers comes from KAMIWAZA_*; the arguments are the model and the question.
 *
 *     cc glib.c $(pkg-config --cflags --libs kamiwaza-glib) -o ask && ./ask qwen "Why is the sky blue?" */
#include <glib-unix.h>
#include <kamiwaza/glib.h>
#include <kamiwaza/openai.h>

typedef struct Program {
    GMainLoop *main;
    GCancellable *cancellable;
    int ticks, status;
} Program;

static gboolean tick(gpointer data)
{
    ((Program *)data)->ticks++;
    return G_SOURCE_CONTINUE;
}

static gboolean interrupt(gpointer data)
{
    g_cancellable_cancel(((Program *)data)->cancellable);
    return G_SOURCE_CONTINUE;
}

static kz_flow_control show(kz_pending *pending, void *item, void *user)
{
    const kz_chat_completion_chunk *chunk = item;
    (void)pending, (void)user;
    if (chunk->n_choices && chunk->choices[0]->delta->content)
        g_print("%s", chunk->choices[0]->delta->content);
    return KZ_GO_ON;
}

static void finished(GObject *object, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    Program *self = data;
    (void)object;
    self->status = !kz_glib_stream_finish(result, &error);
    g_print("\n");
    if (error)
        g_printerr("%s\n", error->message);
    g_main_loop_quit(self->main);
}

int main(int argc, char **argv)
{
    kz_error *error = NULL;
    Program self = { g_main_loop_new(NULL, FALSE), g_cancellable_new(), 0, 1 };
    kz_client *client = kz_client_new(NULL, &error);
    kz_openai *openai = kz_client_openai(client, &error);
    kz_loop *loop = kz_loop_new(client, &error);
    if (error) {
        g_printerr("%s\n", error->message);
        return 1;
    }
    GSource *source = kz_glib_source_new(loop);
    g_source_attach(source, NULL);
    g_timeout_add(10, tick, &self);
    g_unix_signal_add(SIGINT, interrupt, &self);
    const kz_chat_message question = { .role = "user", .content = argc > 2 ? argv[2] : "Hello" };
    const kz_chat_completion_params params = { .model = argc > 1 ? argv[1] : "tiny", .messages = &question, .n_messages = 1 };
    kz_glib_stream_async(
        loop, openai, &kz_openai_chat_completions_create_stream_op, &params, show, self.cancellable, finished, &self);
    g_main_loop_run(self.main);
    g_source_destroy(source);
    g_source_unref(source);
    kz_loop_free(loop);
    kz_client_free(client);
    g_object_unref(self.cancellable);
    g_main_loop_unref(self.main);
    return self.status;
}
