/* source.c: a loop of calls as a GSource: its descriptor becomes readable whenever there is something to do. */
#include <glib-unix.h>
#include <kamiwaza/glib.h>

typedef struct Source {
    GSource base;
    kz_loop *loop;
} Source;

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    (void)callback, (void)user_data;
    kz_loop_dispatch(((Source *)source)->loop);
    return G_SOURCE_CONTINUE;
}

GSource *kz_glib_source_new(kz_loop *loop)
{
    static GSourceFuncs functions = { .dispatch = dispatch };
    if (!loop)
        return NULL;
    GSource *source = g_source_new(&functions, sizeof(Source));
    ((Source *)source)->loop = loop;
    g_source_add_unix_fd(source, kz_loop_fd(loop), G_IO_IN);
    g_source_set_static_name(source, "kamiwaza");
    return source;
}
