/* error.c: errors of the library as GError, which keeps all that they know. */
#include <kamiwaza/glib.h>

typedef struct KzGlibErrorPrivate {
    kz_error *details;
} KzGlibErrorPrivate;

static void kz_glib_error_private_init(KzGlibErrorPrivate *self)
{
    self->details = NULL;
}

static void kz_glib_error_private_copy(const KzGlibErrorPrivate *from, KzGlibErrorPrivate *to)
{
    to->details = kz_error_copy(from->details);
}

static void kz_glib_error_private_clear(KzGlibErrorPrivate *self)
{
    kz_error_free(self->details);
}

G_DEFINE_EXTENDED_ERROR(KzGlibError, kz_glib_error)

GError *kz_glib_error_new(const kz_error *error)
{
    if (!error)
        return NULL;
    if (kz_error_is(error, KZ_ERROR_CANCELLED))
        return g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, error->message);
    GError *made = g_error_new_literal(KZ_GLIB_ERROR, (gint)error->code, error->message);
    kz_glib_error_get_private(made)->details = kz_error_copy(error);
    return made;
}

const kz_error *kz_glib_error_details(const GError *error)
{
    return error && error->domain == KZ_GLIB_ERROR ? kz_glib_error_get_private(error)->details : NULL;
}
