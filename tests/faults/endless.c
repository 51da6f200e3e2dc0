/* endless.c: see endless.h. */
#include "endless.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define UNTIL_CLOSE OK "Connection: close\r\n\r\n"
enum { DEPTH = 100000, ITEMS = 10 * 1000 * 1000, BOMB = 64 << 20 };

typedef struct Stage {
    const char *name;
    const char *head; /* once */
    const char *body; /* again and again */
    gsize times;      /* 0: without end */
    const char *tail;
} Stage;

static const Stage stages[] = {
    { "small", OK "Content-Length: 4\r\nConnection: close\r\n\r\ntrue", "", 1, "" },
    { "headers", OK, "X-Header: and another one that says nothing\r\n", 0, "" },
    { "header-line", OK "X-Header: ", "and so on ", 0, "" },
    { "interim-answers", "", "HTTP/1.1 103 Early\r\nX-Header: something\r\n\r\n", 0, "" },
    { "trailers", OK "Transfer-Encoding: chunked\r\n\r\n4\r\ntrue\r\n0\r\n", "X-Trailer: something\r\n", 0, "" },
    { "body", UNTIL_CLOSE "\"", "and so on ", 0, "" },
    { "document", UNTIL_CLOSE "\"", "and so on ", 0, "" },
    { "error-body", "HTTP/1.1 500 What\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"detail\":\"",
        "and so on ", 0, "" },
    { "line", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: ", "and so on ", 0, "" },
    { "bytes", "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n", "and so on ", 0, "" },
    { "deep", UNTIL_CLOSE "[{\"id\":\"a\",\"any\":", "[", DEPTH, "" },
    { "deep-unknown", UNTIL_CLOSE "[{\"id\":\"a\",\"later\":", "{\"a\":", DEPTH, "" },
    { "deep-error", "HTTP/1.1 500 What\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"detail\":", "[", DEPTH,
        "" },
    { "objects", UNTIL_CLOSE "[{}", ",{}", ITEMS - 1, "]" },
    { "strings", UNTIL_CLOSE "[\"\"", ",\"\"", ITEMS - 1, "]" },
};

/* 256 MiB of spaces, as brotli packs them. */
/* clang-format off */
static const unsigned char brotli[] = {
    0xcf, 0xff, 0xff, 0x7f, 0x00, 0x24, 0x40, 0xe2, 0xb1, 0x40, 0x72, 0xef, 0xff, 0xf9, 0xff, 0xff, 0x0f, 0x80, 0x04, 0x40, 0x1c, 0x16, 0x80, 0xee,
    0xfd, 0x3f, 0xff, 0xff, 0xff, 0x01, 0x90, 0x00, 0x88, 0xc3, 0x02, 0xd0, 0xbd, 0xff, 0xe7, 0xff, 0xff, 0x3f, 0x00, 0x12, 0x00, 0x71, 0x58, 0x00,
    0xba, 0xf7, 0xff, 0xfc, 0xff, 0xff, 0x07, 0x40, 0x02, 0x20, 0x0e, 0x0b, 0x40, 0xf7, 0xfe, 0x9f, 0xff, 0xff, 0xff, 0x00, 0x48, 0x00, 0xc4, 0x61,
    0x01, 0xe8, 0xde, 0xff, 0xf3, 0xff, 0xff, 0x1f, 0x00, 0x09, 0x80, 0x38, 0x2c, 0x00, 0xdd, 0xfb, 0x7f, 0xfe, 0xff, 0xff, 0x03, 0x20, 0x01, 0x10,
    0x87, 0x05, 0xa0, 0x7b, 0xff, 0xcf, 0xff, 0xff, 0x7f, 0x00, 0x24, 0x00, 0xe2, 0xb0, 0x00, 0x74, 0xef, 0xff, 0xf9, 0xff, 0xff, 0x0f, 0x80, 0x04,
    0x40, 0x1c, 0x16, 0x80, 0xee, 0xfd, 0x3f, 0xff, 0xff, 0xff, 0x01, 0x90, 0x00, 0x88, 0xc3, 0x02, 0xd0, 0xbd, 0xff, 0xe7, 0xff, 0xff, 0x3f, 0x00,
    0x12, 0x00, 0x71, 0x58, 0x00, 0xba, 0xf7, 0xff, 0xfc, 0xff, 0xff, 0x07, 0x40, 0x02, 0x20, 0x0e, 0x0b, 0x40, 0xf7, 0xfe, 0x9f, 0xff, 0xff, 0xff,
    0x00, 0x48, 0x00, 0xc4, 0x61, 0x01, 0xe8, 0xde, 0xff, 0xf3, 0xff, 0xff, 0x1f, 0x00, 0x09, 0x80, 0x38, 0x2c, 0x00, 0xdd, 0xfb, 0xff, 0xfc, 0xff,
    0xff, 0x07, 0x20, 0x01, 0x10, 0x87, 0x05, 0xa0, 0x7b, 0xff, 0x0f,
};
/* clang-format on */

struct Endless {
    GSocketListener *listener;
    GCancellable *stop;
    GThread *thread;
    char *url;
    GString *gzip, *zstd;
};

static GString *pack_gzip(void)
{
    char *spaces = g_strnfill(1 << 20, ' '), out[65536];
    GString *packed = g_string_new(NULL);
    GConverter *gzip = G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9));
    gsize read, written;
    for (gsize at = 0; at < BOMB;) {
        gsize from = at % (1 << 20);
        g_converter_convert(gzip, spaces + from, (1 << 20) - from, out, sizeof out, 0, &read, &written, NULL);
        g_string_append_len(packed, out, (gssize)written);
        at += read;
    }
    while (g_converter_convert(gzip, "", 0, out, sizeof out, G_CONVERTER_INPUT_AT_END, &read, &written, NULL) ==
        G_CONVERTER_CONVERTED)
        g_string_append_len(packed, out, (gssize)written);
    g_string_append_len(packed, out, (gssize)written);
    g_object_unref(gzip);
    g_free(spaces);
    return packed;
}

/* A frame of RLE blocks (RFC 8878): four bytes are 128 KiB of one byte. */
static GString *pack_zstd(void)
{
    enum { BLOCK = 128 << 10, RLE = 1 };
    GString *packed = g_string_new(NULL);
    g_string_append_len(packed, "\x28\xb5\x2f\xfd\0\x38", 6); /* magic, no size, a window of 128 KiB */
    for (gsize at = 0; at < BOMB; at += BLOCK) {
        guint32 header = (BLOCK << 3) | RLE << 1 | (at + BLOCK == BOMB);
        const char block[] = { (char)header, (char)(header >> 8), (char)(header >> 16), ' ' };
        g_string_append_len(packed, block, sizeof block);
    }
    return packed;
}

static gboolean put(GOutputStream *out, const void *data, gsize length)
{
    return g_output_stream_write_all(out, data, length, NULL, NULL, NULL);
}

static void send_packed(GOutputStream *out, const char *type, const char *encoding, const void *data, gsize length)
{
    char *head = g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Encoding: %s\r\nContent-Length: "
                                 "%zu\r\nConnection: close\r\n\r\n",
        type, encoding, length);
    if (put(out, head, strlen(head)))
        put(out, data, length);
    g_free(head);
}

static void send_stage(GOutputStream *out, const Stage *stage)
{
    enum { MANY = 4096 };
    GString *block = g_string_new(NULL);
    for (int i = 0; i < MANY; i++)
        g_string_append(block, stage->body);
    gboolean fine = put(out, stage->head, strlen(stage->head));
    for (gsize left = stage->times; fine && (left || !stage->times);) {
        gsize n = stage->times ? MIN(left, MANY) : MANY;
        fine = put(out, block->str, n * strlen(stage->body));
        left -= stage->times ? n : 0;
    }
    if (fine)
        put(out, stage->tail, strlen(stage->tail));
    g_string_free(block, TRUE);
}

static void serve(const Endless *server, GSocketConnection *connection)
{
    char request[8192], name[32] = "";
    gsize length = 0;
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    for (gssize n = 1; n > 0 && length < sizeof request - 1;) {
        n = g_input_stream_read(in, request + length, sizeof request - 1 - length, NULL, NULL);
        length += n > 0 ? (gsize)n : 0;
        request[length] = 0;
        if (strstr(request, "\r\n\r\n"))
            break;
    }
    sscanf(request, "GET /%31[a-z-]", name);
    for (gsize i = 0; i < G_N_ELEMENTS(stages); i++)
        if (!strcmp(stages[i].name, name))
            send_stage(out, &stages[i]);
    if (!strcmp(name, "gzip"))
        send_packed(out, "application/json", name, server->gzip->str, server->gzip->len);
    if (!strcmp(name, "gzip-events"))
        send_packed(out, "text/event-stream", "gzip", server->gzip->str, server->gzip->len);
    if (!strcmp(name, "zstd"))
        send_packed(out, "application/json", name, server->zstd->str, server->zstd->len);
    if (!strcmp(name, "br"))
        send_packed(out, "application/json", name, brotli, sizeof brotli);
}

static gpointer accept_all(gpointer data)
{
    Endless *server = data;
    for (GSocketConnection *connection; (connection = g_socket_listener_accept(server->listener, NULL, server->stop, NULL));) {
        serve(server, connection);
        g_object_unref(connection);
    }
    return NULL;
}

Endless *endless_start(void)
{
    Endless *server = g_new0(Endless, 1);
    server->gzip = pack_gzip();
    server->zstd = pack_zstd();
    server->listener = g_socket_listener_new();
    server->stop = g_cancellable_new();
    server->url = g_strdup_printf("http://127.0.0.1:%u", g_socket_listener_add_any_inet_port(server->listener, NULL, NULL));
    server->thread = g_thread_new("endless", accept_all, server);
    return server;
}

const char *endless_url(const Endless *server)
{
    return server->url;
}

void endless_stop(Endless *server)
{
    g_cancellable_cancel(server->stop);
    g_thread_join(server->thread);
    g_object_unref(server->stop);
    g_object_unref(server->listener);
    g_string_free(server->gzip, TRUE);
    g_string_free(server->zstd, TRUE);
    g_free(server->url);
    g_free(server);
}
