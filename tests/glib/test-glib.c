/* test-glib.c: the library in a GLib main loop: calls, streams, errors, cancelling, other contexts, loops that go away. */
#include "../openai/fixture.h"

#include <kamiwaza/glib.h>

#define REPLY JSON "{\"choices\":[{\"message\":{\"content\":\"Hi\"}}]}"
#define PIECE(text) "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"

typedef struct Glib {
    Fixture f;
    GMainContext *context;
    kz_loop *loop;
    GSource *source;
    GCancellable *cancellable;
    GString *text;
    GError *error;
    int ends;
    kz_pending *paused;
    kz_flow_control control;
} Glib;

static void glib_begin(Glib *g, const WireAnswer *answer, GMainContext *context)
{
    *g = (Glib){ .context = context, .text = g_string_new(NULL), .cancellable = g_cancellable_new() };
    begin(&g->f, answer, 1);
    g->loop = kz_loop_new(g->f.client, &g->f.error);
    g->source = kz_glib_source_new(g->loop);
    g_source_attach(g->source, context);
}

static void glib_end(Glib *g)
{
    g_source_destroy(g->source);
    g_source_unref(g->source);
    kz_loop_free(g->loop);
    g_object_unref(g->cancellable);
    g_string_free(g->text, TRUE);
    end(&g->f);
}

static void run_until(Glib *g, int ends)
{
    while (g->ends < ends)
        g_main_context_iteration(g->context, TRUE);
}

static void call_ended(GObject *object, GAsyncResult *result, gpointer data)
{
    Glib *g = data;
    g_assert_null(object);
    g->ends++;
    g_clear_error(&g->error);
    kz_chat_completion *reply = kz_glib_call_finish(result, &g->error);
    if (reply)
        g_string_append(g->text, reply->choices[0]->message->content);
    g_assert_true(!reply == !!g->error);
    kz_free(reply);
}

static void ask(Glib *g)
{
    kz_glib_call_async(g->loop, g->f.openai, &kz_openai_chat_completions_create_op, &hello, g->cancellable, call_ended, g);
}

static void test_call(void)
{
    Glib g;
    glib_begin(&g, &(WireAnswer){ REPLY, -1, WIRE_CLOSE | WIRE_BYTES }, NULL);
    for (int i = 0; i < 20; i++)
        ask(&g);
    g_assert_cmpint(g.ends, ==, 0);
    run_until(&g, 20);
    g_assert_no_error(g.error);
    g_assert_cmpuint(g.text->len, ==, 40);
    glib_end(&g);
}

static void test_error(void)
{
    Glib g;
    glib_begin(&g,
        &(WireAnswer){ "HTTP/1.1 404 No\r\nContent-Type: application/json\r\nConnection: "
                       "close\r\n\r\n{\"error\":{\"message\":\"no model\",\"code\":\"c\"}}",
            -1, WIRE_CLOSE },
        NULL);
    ask(&g);
    run_until(&g, 1);
    g_assert_error(g.error, KZ_GLIB_ERROR, KZ_ERROR_NOT_FOUND);
    GError *copy = g_error_copy(g.error);
    g_clear_error(&g.error);
    g_assert_nonnull(strstr(copy->message, "no model"));
    g_assert_cmpstr(kz_glib_error_details(copy)->server_code, ==, "c");
    g_assert_cmpint(kz_glib_error_details(copy)->status, ==, 404);
    g_error_free(copy);
    /* What cannot be started ends in the callback too, and not before the function returns. */
    kz_glib_call_async(g.loop, g.f.openai, &kz_openai_chat_completions_create_op, NULL, NULL, call_ended, &g);
    g_assert_cmpint(g.ends, ==, 1);
    run_until(&g, 2);
    g_assert_error(g.error, KZ_GLIB_ERROR, KZ_ERROR_ARGUMENT);
    g_clear_error(&g.error);
    g_assert_null(kz_glib_error_new(NULL));
    g_assert_null(kz_glib_source_new(NULL));
    GError *other = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "x");
    g_assert_null(kz_glib_error_details(other));
    g_error_free(other);
    glib_end(&g);
}

static void test_cancel(void)
{
    Glib g;
    glib_begin(&g, &(WireAnswer){ JSON "{", -1, WIRE_HANG }, NULL);
    ask(&g);
    while (!wire_count(g.f.server))
        g_main_context_iteration(NULL, FALSE);
    g_cancellable_cancel(g.cancellable); /* during */
    run_until(&g, 1);
    g_assert_error(g.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    ask(&g); /* before */
    run_until(&g, 2);
    g_assert_error(g.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&g.error);
    glib_end(&g);
}

static void test_cancel_afterwards(void)
{
    Glib g;
    glib_begin(&g, &(WireAnswer){ REPLY, -1, WIRE_CLOSE }, NULL);
    ask(&g);
    run_until(&g, 1);
    g_cancellable_cancel(g.cancellable);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert_cmpint(g.ends, ==, 1);
    g_assert_no_error(g.error);
    glib_end(&g);
}

static gpointer cancel_there(gpointer cancellable)
{
    g_cancellable_cancel(cancellable);
    return NULL;
}

static void test_cancel_from_a_thread(void)
{
    for (int i = 0; i < 50; i++) {
        Glib g;
        glib_begin(&g, &(WireAnswer){ REPLY, -1, WIRE_CLOSE }, NULL);
        ask(&g);
        GThread *thread = g_thread_new("cancel", cancel_there, g.cancellable);
        run_until(&g, 1);
        g_thread_join(thread);
        g_assert_true(!g.error || g_error_matches(g.error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
        g_clear_error(&g.error);
        glib_end(&g);
    }
}

static kz_flow_control take(kz_pending *pending, void *item, void *user)
{
    Glib *g = user;
    const kz_chat_completion_chunk *chunk = item;
    g_string_append(g->text, chunk->choices[0]->delta->content);
    g->paused = pending;
    return g->control;
}

static void stream_ended(GObject *object, GAsyncResult *result, gpointer data)
{
    Glib *g = data;
    g_assert_null(object);
    g->ends++;
    g_assert_true(kz_glib_stream_finish(result, &g->error) == !g->error);
}

static void open_stream(Glib *g)
{
    kz_glib_stream_async(
        g->loop, g->f.openai, &kz_openai_chat_completions_create_stream_op, &hello, take, g->cancellable, stream_ended, g);
}

static void test_stream(void)
{
    Glib g;
    glib_begin(&g, &(WireAnswer){ EVENTS PIECE("a") PIECE("b") PIECE("c"), -1, WIRE_CLOSE }, NULL);
    open_stream(&g);
    run_until(&g, 1);
    g_assert_no_error(g.error);
    g_assert_cmpstr(g.text->str, ==, "abc");
    g_string_truncate(g.text, 0);
    g.control = KZ_STOP;
    open_stream(&g);
    run_until(&g, 2);
    g_assert_no_error(g.error);
    g_assert_cmpstr(g.text->str, ==, "a");
    glib_end(&g);
}

static void test_stream_pauses(void)
{
    Glib g;
    glib_begin(&g,
        &(WireAnswer){
            EVENTS PIECE("a") PIECE("b") "data: {\"error\":{\"message\":\"broke\",\"code\":500}}\n\n", -1, WIRE_CLOSE },
        NULL);
    g.control = KZ_PAUSE;
    open_stream(&g);
    for (gsize pieces = 1; pieces <= 2; pieces++) {
        while (g.text->len < pieces)
            g_main_context_iteration(NULL, TRUE);
        while (g_main_context_iteration(NULL, FALSE))
            ;
        g_assert_cmpuint(g.text->len, ==, pieces); /* nothing comes while it is paused */
        kz_pending_resume(g.paused);
    }
    run_until(&g, 1);
    g_assert_error(g.error, KZ_GLIB_ERROR, KZ_ERROR_SERVER);
    g_clear_error(&g.error);
    glib_end(&g);
}

/* A context of the thread's own, while nobody drives the default one. */
static void test_context(void)
{
    Glib g;
    GMainContext *context = g_main_context_new();
    g_main_context_push_thread_default(context);
    glib_begin(&g, &(WireAnswer){ REPLY, -1, WIRE_CLOSE }, context);
    ask(&g);
    run_until(&g, 1);
    g_assert_cmpstr(g.text->str, ==, "Hi");
    glib_end(&g);
    g_main_context_pop_thread_default(context);
    g_main_context_unref(context);
}

/* The client and the loop are freed while calls are pending: they end as cancelled. */
static void test_goes_away(void)
{
    for (int loop_first = 0; loop_first < 2; loop_first++) {
        Glib g;
        glib_begin(&g, &(WireAnswer){ JSON "{", -1, WIRE_HANG }, NULL);
        ask(&g);
        open_stream(&g);
        while (wire_count(g.f.server) < 2)
            g_main_context_iteration(NULL, FALSE);
        if (loop_first) {
            g_source_destroy(g.source);
            kz_loop_free(g.loop);
            g.loop = NULL;
        } else {
            kz_client_free(g.f.client);
            g.f.client = NULL;
        }
        while (g.ends < 2) {
            g_main_context_iteration(NULL, TRUE);
            if (g.error)
                g_assert_error(g.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
            g_clear_error(&g.error);
        }
        glib_end(&g);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/glib/calls-end-in-the-main-loop", test_call);
    g_test_add_func("/glib/errors-keep-what-they-know", test_error);
    g_test_add_func("/glib/a-cancellable-cancels", test_cancel);
    g_test_add_func("/glib/cancelling-afterwards-changes-nothing", test_cancel_afterwards);
    g_test_add_func("/glib/any-thread-cancels", test_cancel_from_a_thread);
    g_test_add_func("/glib/items-come-as-they-come", test_stream);
    g_test_add_func("/glib/a-stream-pauses", test_stream_pauses);
    g_test_add_func("/glib/any-context", test_context);
    g_test_add_func("/glib/what-is-pending-ends-with-its-loop", test_goes_away);
    return g_test_run();
}
