/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "../client.h"

#include <gio/gio.h>

void join(Fixture *f, WireServer *server, const char *const *settings)
{
    *f = (Fixture){ .server = server };
    f->client = test_client(wire_url(server), settings, &f->error);
    f->kinds = kz_client_kinds(f->client, &f->error);
    no_error(f);
}

void begin(Fixture *f, const WireAnswer *script, gsize n, const char *const *settings)
{
    join(f, wire_start(script, n), settings);
}

void begin_with(Fixture *f, const WireAnswer *answer)
{
    begin(f, answer, 1, NULL);
}

void no_error(const Fixture *f)
{
    test_no_error(f->error);
}

void end(Fixture *f)
{
    no_error(f);
    kz_client_free(f->client);
    wire_stop(f->server);
}

void expect_error(Fixture *f, int code, const char *text)
{
    test_error(&f->error, code, text);
}

int ask_for_truth(Fixture *f)
{
    kz_bool_value *value = kz_kinds_truth(f->kinds, NULL, &f->error);
    int result = value ? value->value.value : -1;
    kz_free(value);
    return result;
}

const char *body_of(Fixture *f, guint i)
{
    return strstr(wire_request(f->server, i), "\r\n\r\n") + 4;
}

WireAnswer compressed(const char *type, const char *text, gsize length, gsize cut)
{
    GConverter *gzip = G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9));
    char *out = g_malloc(length + 1024);
    gsize read, written;
    g_assert_cmpint(g_converter_convert(gzip, text, length, out, length + 1024, G_CONVERTER_INPUT_AT_END, &read, &written, NULL),
        ==, G_CONVERTER_FINISHED);
    written -= cut;
    GString *answer = g_string_new(NULL);
    g_string_printf(
        answer, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", type, written);
    g_string_append_len(answer, out, (gssize)written);
    g_object_unref(gzip);
    g_free(out);
    gsize total = answer->len;
    return (WireAnswer){ g_string_free(answer, FALSE), (gssize)total, WIRE_BYTES };
}
