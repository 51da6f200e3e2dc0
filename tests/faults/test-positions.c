/* test-positions.c: whole exchanges of every kind with a scripted server, broken after every byte. The long test looks at all positions,
 * the short one at every few. */
#include "../kinds/fixture.h"
#include "positions.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <kamiwaza/async.h>
#include <kamiwaza/plugin.h>
#include <unistd.h>

#define BODY "{\"id\":\"a\",\"size\":7,\"list\":[{\"id\":\"b\"}]}"
#define JSON HEAD("application/json", "39") BODY
#define EVENT(n) "{\"n\":" #n "}\n\n"
#define FILE_TEXT "the content of a file, which is short"

/* No test outlives its machine: nothing has to reach the disk. */
__attribute__((visibility("default"))) int fsync(int fd)
{
    (void)fd;
    return 0;
}

static kz_kinds *kinds(Trial *t, kz_error **error)
{
    return kz_kinds_with_options(kz_client_kinds(t->client, error), &t->options, error);
}

static bool is_whole(kz_kinds_answer *answer)
{
    g_assert_true(!answer || (!strcmp(answer->id, "a") && answer->size.value == 7 && answer->n_list == 1));
    kz_free(answer);
    return answer != NULL;
}

static bool get(Trial *t, kz_error **error)
{
    kz_kinds *k = kinds(t, error);
    kz_answer_list *list = kz_kinds_list(k, NULL, error);
    g_assert_true(!list || (list->n_items == 2 && !strcmp(list->items[1]->id, "b")));
    kz_free(list);
    kz_service_free(k);
    return list != NULL;
}

static bool post(Trial *t, kz_error **error)
{
    kz_kinds *k = kinds(t, error);
    bool done = is_whole(kz_kinds_body(k, &(kz_kinds_body_params){ .name = "n", .note = "a note" }, error));
    kz_service_free(k);
    return done;
}

static bool keyed_post(Trial *t, kz_error **error)
{
    kz_kinds *k = kinds(t, error);
    bool done = is_whole(kz_kinds_always(k, &(kz_kinds_always_params){ .name = "n" }, error));
    kz_service_free(k);
    return done;
}

static bool put(Trial *t, kz_error **error)
{
    kz_kinds *k = kinds(t, error);
    bool done = kz_kinds_bare(k, &(kz_kinds_bare_params){ .body = &(kz_upload){ .data = "content", .length = 7 } }, error);
    kz_service_free(k);
    return done;
}

static bool multipart(Trial *t, kz_error **error)
{
    kz_kinds *k = kinds(t, error);
    const char *const labels[] = { "x", "y" };
    bool done = is_whole(kz_kinds_parts(k,
        &(kz_kinds_parts_params){
            .file = &(kz_upload){ .data = "content", .length = 7 }, .purpose = "p", .labels = labels, .n_labels = 2 },
        error));
    kz_service_free(k);
    return done;
}

/* The items 1 to 3, and nothing less without an error. */
static bool take_items(kz_stream *stream, kz_error **error)
{
    int n = 0;
    for (const kz_item *item; stream && (item = kz_stream_next(stream, error));)
        g_assert_cmpint(item->n.value, ==, ++n);
    kz_stream_close(stream);
    g_assert_true(*error || n == 3);
    return !*error;
}

static bool events(Trial *t, kz_error **error)
{
    kz_kinds *k = kinds(t, error);
    bool done = take_items(kz_kinds_events(k, NULL, error), error);
    kz_service_free(k);
    return done;
}

static bool lines(Trial *t, kz_error **error)
{
    kz_kinds *k = kinds(t, error);
    bool done = take_items(kz_kinds_lines(k, NULL, error), error);
    kz_service_free(k);
    return done;
}

static bool download(Trial *t, kz_error **error)
{
    kz_kinds *k = kinds(t, error);
    char *folder = g_dir_make_tmp("kz-faults-XXXXXX", NULL), *path = g_build_filename(folder, "file", NULL), *content = NULL;
    char *url = g_strconcat(t->url, "/content", NULL);
    kz_transfer transfer = { .url = url, .path = path, .size = -1 };
    bool done = kz_service_fetch(k, &transfer, 1, 1, "download", error);
    g_assert_true(done == g_file_get_contents(path, &content, NULL, NULL)); /* under its name whole, or not at all */
    g_assert_true(!done || !strcmp(content, FILE_TEXT));
    static const char *const names[] = { "file", ".file.part", ".file.part.tag" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        char *one = g_build_filename(folder, names[i], NULL);
        g_unlink(one);
        g_free(one);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    kz_error_free(transfer.error);
    kz_service_free(k);
    g_free(content);
    g_free(folder);
    g_free(path);
    g_free(url);
    return done;
}

static bool asynchronous(Trial *t, kz_error **error)
{
    kz_kinds *k = kinds(t, error);
    kz_loop *loop = kz_loop_new(t->client, error);
    kz_pending *pending = kz_submit(loop, k, &kz_kinds_list_op, NULL, NULL, NULL, error);
    while (!kz_pending_is_done(pending))
        kz_loop_wait(loop, -1);
    kz_answer_list *list = kz_pending_take(pending, error);
    g_assert_true(!list || list->n_items == 2);
    kz_free(list);
    kz_pending_free(pending);
    kz_loop_free(loop);
    kz_service_free(k);
    return list != NULL;
}

static kz_flow_control count(kz_pending *pending, void *item, void *user)
{
    (void)pending;
    g_assert_cmpint(((kz_item *)item)->n.value, ==, ++*(int *)user);
    return KZ_GO_ON;
}

static bool asynchronous_stream(Trial *t, kz_error **error)
{
    int n = 0;
    kz_kinds *k = kinds(t, error);
    kz_loop *loop = kz_loop_new(t->client, error);
    kz_pending *pending = kz_submit_stream(loop, k, &kz_kinds_events_op, NULL, count, NULL, &n, error);
    while (!kz_pending_is_done(pending))
        kz_loop_wait(loop, -1);
    bool done = kz_pending_take(pending, error) != NULL;
    g_assert_true(!done || n == 3);
    kz_pending_free(pending);
    kz_loop_free(loop);
    kz_service_free(k);
    return done;
}

/* The second of two calls, on the connection of the first. */
static bool warm(Trial *t, kz_error **error, TrialRun second)
{
    kz_kinds *k = kz_client_kinds(t->client, error);
    kz_bool_value *first = kz_kinds_truth(k, NULL, error);
    g_assert_nonnull(first);
    kz_free(first);
    positions_arm(t);
    return second(t, error);
}

static bool warm_get(Trial *t, kz_error **error)
{
    return warm(t, error, get);
}

static bool warm_post(Trial *t, kz_error **error)
{
    return warm(t, error, post);
}

static const WireAnswer script[] = {
    { JSON, -1, 0, "POST /" },
    { "HTTP/1.1 204 Done\r\n\r\n", -1, 0, "PUT /bare" },
    { HEAD("application/json", "25") "[{\"id\":\"a\"}, {\"id\":\"b\"} ]", -1, 0, "GET /list" },
    { CHUNKED("text/event-stream") "c\r\ndata: {\"n\":1\r\n16\r\n}\n\nevent: x\ndata: {\"n\"\r\n11\r\n:2}\n\ndata: {\"n\":3\r\n"
                                   "3\r\n}\n\n\r\n10\r\ndata: [DONE]\n\n\n\n\r\n0\r\n\r\n",
        -1, 0, "GET /events" },
    { CHUNKED("application/x-ndjson") "a\r\n{\"n\":1}\n{\"\r\ne\r\nn\":2}\n{\"n\":3}\n\r\n0\r\n\r\n", -1, 0, "GET /lines" },
    { "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 37\r\n\r\n" FILE_TEXT, -1, 0, "GET /content" },
    { HEAD("application/json", "4") "true", -1, 0, "GET /truth" },
    { "HTTP/1.1 500 What\r\nContent-Length: 0\r\n\r\n", -1, 0, "?" },
};

static const Exchange exchanges[] = {
    { "a-get", get, "", .stride = 5 },
    { "a-post", post, "", .once = true, .stride = 7 },
    { "a-post-with-a-key", keyed_post, "", .stride = 11 },
    { "a-put-of-bytes", put, "", .stride = 11 },
    { "multipart", multipart, "", .once = true, .stride = 23 },
    { "events", events, "", .begins = true, .stride = 5 },
    { "lines", lines, "", .begins = true, .stride = 7 },
    { "a-download", download, "", .stride = 7 },
    { "an-asynchronous-get", asynchronous, "", .on_a_loop = true, .stride = 11 },
    { "events-on-a-loop", asynchronous_stream, "", .begins = true, .on_a_loop = true, .stride = 11 },
    { "a-get-on-a-warm-connection", warm_get, "", .warms_up = true, .stride = 7 },
    { "a-post-on-a-warm-connection", warm_post, "", .once = true, .warms_up = true, .stride = 7 },
};

/* Counts how often the server was asked in each run: at most once, or as often as it may be, and surely where there was a result. */
static void check_requests(const Exchange *exchange, WireServer *server, GByteArray *outcomes)
{
    guint reached = 0, *times = g_new0(guint, outcomes->len);
    for (guint i = 0; i < wire_count(server); i++) {
        const char *id = strstr(wire_request(server, i), "X-Request-Id: ");
        guint run = id ? (guint)g_ascii_strtoull(id + strlen("X-Request-Id: "), NULL, 10) : 0;
        if (!run)
            continue; /* the first of two calls, or a transfer */
        g_assert_cmpuint(run, <=, outcomes->len);
        reached += !times[run - 1];
        g_assert_cmpuint(++times[run - 1], <=, exchange->once ? 1 : 3);
    }
    for (guint i = 0; reached && i < outcomes->len; i++)
        g_assert_true(times[i] || !outcomes->data[i]);
    g_test_message("%u runs reached the server", reached);
    g_byte_array_unref(outcomes);
    g_free(times);
}

static GByteArray *run_through(const Exchange *exchange, WireServer *server)
{
    return positions_run(exchange, (guint16)g_ascii_strtoull(strrchr(wire_url(server), ':') + 1, NULL, 10), NULL);
}

static void test_exchange(gconstpointer data)
{
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    check_requests(data, server, run_through(data, server));
    wire_stop(server);
}

/* The same with an answer that is compressed, whole and in chunks. */
static GString *gzipped(const char *text)
{
    GString *out = g_string_sized_new(256);
    gsize read, written;
    GConverter *gzip = G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9));
    g_assert_cmpint(g_converter_convert(gzip, text, strlen(text), out->str, 255, G_CONVERTER_INPUT_AT_END, &read, &written, NULL),
        ==, G_CONVERTER_FINISHED);
    g_object_unref(gzip);
    return g_string_set_size(out, written);
}

static void test_compressed(gconstpointer chunked)
{
    GString *body = gzipped("[{\"id\":\"a\"}, {\"id\":\"b\"} ]"), *answer = g_string_new("HTTP/1.1 200 OK\r\n");
    g_string_append(answer, "Content-Type: application/json\r\nContent-Encoding: gzip\r\n");
    if (chunked)
        g_string_append_printf(answer, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", body->len);
    else
        g_string_append_printf(answer, "Content-Length: %zu\r\n\r\n", body->len);
    g_string_append_len(answer, body->str, (gssize)body->len);
    if (chunked)
        g_string_append(answer, "\r\n0\r\n\r\n");
    const WireAnswer one = { answer->str, (gssize)answer->len, 0, NULL };
    const Exchange exchange = { chunked ? "compressed in chunks" : "compressed", get, "", .stride = 7 };
    WireServer *server = wire_start(&one, 1);
    check_requests(&exchange, server, run_through(&exchange, server));
    wire_stop(server);
    g_string_free(body, TRUE);
    g_string_free(answer, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(exchanges); i++) {
        char *path = g_strconcat("/positions/", exchanges[i].name, NULL);
        g_test_add_data_func(path, &exchanges[i], test_exchange);
        g_free(path);
    }
    g_test_add_data_func("/positions/a-compressed-answer", NULL, test_compressed);
    g_test_add_data_func("/positions/a-compressed-answer-in-chunks", "chunked", test_compressed);
    return g_test_run();
}
