/* test-budget.c: no call outlives its timeout by more than 100 ms, whatever the server, the network or the resolver does: measured on
 * the machine's clock. A busy machine may be late by itself, so what took too long is tried again. */
#include "../client.h"
#include "../kinds/fixture.h"
#include "../wire/resolver.h"
#include "endless.h"
#include "sanitized.h"

#include <arpa/inet.h>
#include <kamiwaza/async.h>
#include <kamiwaza/plugin.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMEOUT_MS = 150, GRACE_MS = SANITIZED ? 1500 : 100, TRIES = 5, UPLOAD = 64 << 20 };

#define FORTY "0123456789012345678901234567890123456789"
#define LONG_HEADER "HTTP/1.1 200 OK\r\nX-One: " FORTY "\r\nX-Two: " FORTY "\r\nX-Three: " FORTY "\r\nX-Four: " FORTY "\r\n"
#define SPACES "                                        "
#define EVENT "data: {\"n\":1}\n\n"
#define BUSY "HTTP/1.1 503 Busy\r\nRetry-After-Ms: 10\r\nContent-Length: 0\r\n\r\n"

static Endless *endless;
static char *content; /* of an upload */
static char *url;     /* of the server at hand */

static bool truth(kz_kinds *kinds, kz_error **error)
{
    kz_bool_value *value = kz_kinds_truth(kinds, NULL, error);
    kz_free(value);
    return value != NULL;
}

static bool all_of(kz_stream *stream, kz_error **error)
{
    while (stream && kz_stream_next(stream, error))
        ;
    kz_stream_close(stream);
    return !*error;
}

static bool events(kz_kinds *kinds, kz_error **error)
{
    return all_of(kz_kinds_events(kinds, NULL, error), error);
}

static bool chunks(kz_kinds *kinds, kz_error **error)
{
    return all_of(kz_kinds_chunks(kinds, NULL, error), error);
}

static bool upload(kz_kinds *kinds, kz_error **error)
{
    return kz_kinds_bare(kinds, &(kz_kinds_bare_params){ .body = &(kz_upload){ .data = content, .length = UPLOAD } }, error);
}

static bool multipart(kz_kinds *kinds, kz_error **error)
{
    kz_kinds_answer *answer = kz_kinds_parts(
        kinds, &(kz_kinds_parts_params){ .file = &(kz_upload){ .data = content, .length = UPLOAD } }, error);
    kz_free(answer);
    return answer != NULL;
}

static bool download(kz_kinds *kinds, kz_error **error)
{
    char *path = g_build_filename(g_get_tmp_dir(), "kz-budget", NULL),
         *part = g_build_filename(g_get_tmp_dir(), ".kz-budget.part", NULL);
    kz_transfer transfer = { .url = url, .path = path, .size = -1 };
    bool done = kz_service_fetch(kinds, &transfer, 1, 1, "download", error);
    kz_error_free(transfer.error);
    unlink(part);
    g_free(path);
    g_free(part);
    return done;
}

typedef struct Case {
    const char *name;
    bool (*ask)(kz_kinds *kinds, kz_error **error);
    WireAnswer answer; /* to all */
    const char *where; /* instead of at http://127.0.0.1: "https://127.0.0.1"; or a path of the endless server */
} Case;

static const Case cases[] = {
    { "a-server-that-says-nothing", truth, { "", -1, WIRE_HANG, NULL }, NULL },
    { "a-stall-in-the-headers", truth, { "HTTP/1.1 200 OK\r\nContent-T", -1, WIRE_HANG, NULL }, NULL },
    { "dripping-headers", truth, { LONG_HEADER, -1, WIRE_DRIP, NULL }, NULL },
    { "a-stall-in-the-body", truth, { HEAD("application/json", "4") "tr", -1, WIRE_HANG, NULL }, NULL },
    { "a-dripping-body", truth, { HEAD("application/json", "164") SPACES SPACES SPACES SPACES "true", -1, WIRE_DRIP, NULL },
        NULL },
    { "a-stall-in-an-upload", upload, { "", -1, WIRE_HANG | WIRE_EARLY, NULL }, NULL },
    { "a-stall-in-a-multipart-upload", multipart, { "", -1, WIRE_HANG | WIRE_EARLY, NULL }, NULL },
    { "a-stall-in-the-tls-handshake", truth, { "", -1, WIRE_HANG, NULL }, "https://127.0.0.1" },
    { "dripping-events", events,
        { UNTIL_CLOSE("text/event-stream") EVENT EVENT EVENT EVENT EVENT EVENT, -1, WIRE_DRIP | WIRE_HANG, NULL }, NULL },
    { "a-dripping-download", download, { LONG_HEADER "\r\n" SPACES, -1, WIRE_DRIP | WIRE_HANG, NULL }, NULL },
    { "a-server-that-is-always-busy", truth, { BUSY, -1, 0, NULL }, NULL },
    { "a-server-that-always-closes", truth, { NULL, -1, 0, NULL }, NULL },
    { "a-flood-of-headers", truth, { NULL, 0, 0, NULL }, "/interim-answers" },
    { "a-flood-of-content", truth, { NULL, 0, 0, NULL }, "/body" },
    { "a-flood-of-bytes", chunks, { NULL, 0, 0, NULL }, "/bytes" },
    { "a-name-that-is-not-found-out", truth, { "", -1, WIRE_HANG, NULL }, "http://hangs.test" },
};

static kz_client *client_new(void)
{
    kz_error *error = NULL;
    kz_client *client = test_client(
        url, SETTINGS("max_retries", "100", "max_header_size", "16MiB", "max_body_size", "1024GiB"), &error);
    g_assert_null(error);
    return client;
}

static bool on_loop(kz_client *client, kz_kinds *kinds, kz_error **error)
{
    kz_loop *loop = kz_loop_new(client, error);
    kz_pending *pending = kz_submit(loop, kinds, &kz_kinds_truth_op, NULL, NULL, NULL, error);
    while (!kz_pending_is_done(pending))
        kz_loop_wait(loop, -1);
    void *result = kz_pending_take(pending, error);
    kz_pending_free(pending);
    kz_loop_free(loop);
    return result != NULL;
}

/* How long one call took, in milliseconds, the end of its client included. */
static gint64 once(const Case *c, bool loop)
{
    kz_error *error = NULL;
    kz_client *client = client_new();
    kz_kinds *kinds = kz_kinds_with_options(
        kz_client_kinds(client, &error), &(kz_call_options){ .timeout = KZ_NUMBER(TIMEOUT_MS / 1000.0) }, &error);
    gint64 started = g_get_monotonic_time();
    bool fine = loop ? on_loop(client, kinds, &error) : c->ask(kinds, &error);
    kz_service_free(kinds);
    kz_client_free(client);
    gint64 took = (g_get_monotonic_time() - started) / 1000;
    g_test_message("%s: %" G_GINT64_FORMAT " ms: %s", loop ? "on a loop" : "blocking", took, error ? error->message : "fine");
    g_assert_false(fine);
    /* What fails again and again fails for the last time when no other attempt would be in time. */
    bool busy = kz_error_is(error, KZ_ERROR_UNAVAILABLE), closed = kz_error_is(error, KZ_ERROR_CONNECTION) && !c->answer.text;
    g_assert_true(busy || closed || kz_error_is(error, KZ_ERROR_TIMEOUT));
    kz_error_free(error);
    return took;
}

static void check(const Case *c)
{
    for (int loop = 0; loop <= (c->ask == truth); loop++) {
        gint64 took = G_MAXINT64;
        for (int i = 0; i < TRIES && took > TIMEOUT_MS + GRACE_MS; i++)
            took = once(c, loop);
        g_assert_cmpint(took, <=, TIMEOUT_MS + GRACE_MS);
    }
}

static void test_case(gconstpointer data)
{
    const Case *c = data;
    bool flood = c->where && *c->where == '/';
    WireServer *server = flood ? NULL : wire_start(&c->answer, 1);
    url = flood    ? g_strconcat(endless_url(endless), c->where, NULL)
        : c->where ? g_strconcat(c->where, strrchr(wire_url(server), ':'), NULL)
                   : g_strdup(wire_url(server));
    check(c);
    if (server)
        wire_stop(server);
    g_free(url);
}

/* The thread that asks for the name goes on by itself, and ends when it is told: the client that wanted to know is long gone. */
static void test_name_is_found_out_late(void)
{
    g_assert_cmpuint(resolver_hanging(), >, 0);
    resolver_release();
    g_assert_cmpuint(resolver_hanging(), ==, 0);
}

/* Connecting has a limit of its own. */
static void check_connect_timeout(void)
{
    gint64 took = G_MAXINT64;
    for (int i = 0; i < TRIES && took > TIMEOUT_MS + GRACE_MS; i++) {
        kz_error *error = NULL;
        kz_client *client = test_client(url, SETTINGS("connect_timeout", "0.15", "max_retries", "0"), &error);
        gint64 started = g_get_monotonic_time();
        g_assert_false(truth(kz_client_kinds(client, &error), &error));
        took = (g_get_monotonic_time() - started) / 1000;
        g_assert_cmpint(error->code, ==, KZ_ERROR_TIMEOUT);
        g_assert_nonnull(strstr(error->message, "No connection in time"));
        kz_error_free(error);
        kz_client_free(client);
    }
    g_assert_cmpint(took, <=, TIMEOUT_MS + GRACE_MS);
}

/* Nobody accepts, and the queue is full: who connects hears nothing at all. */
static void test_no_connection(void)
{
    const Case c = { "", truth, { "", -1, 0, NULL }, NULL };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fillers[8];
    g_assert_cmpint(bind(listener, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(listen(listener, 0), ==, 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    for (gsize i = 0; i < G_N_ELEMENTS(fillers); i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int connected = connect(fillers[i], (struct sockaddr *)&address, size);
        (void)connected;
    }
    url = g_strdup_printf("http://127.0.0.1:%u", ntohs(address.sin_port));
    check(&c);
    check_connect_timeout();
    for (gsize i = 0; i < G_N_ELEMENTS(fillers); i++)
        close(fillers[i]);
    close(listener);
    g_free(url);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    endless = endless_start();
    content = g_malloc0(UPLOAD);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *path = g_strconcat("/budget/", cases[i].name, NULL);
        g_test_add_data_func(path, &cases[i], test_case);
        g_free(path);
    }
    g_test_add_func("/budget/a-name-that-is-found-out-late", test_name_is_found_out_late);
    g_test_add_func("/budget/no-connection", test_no_connection);
    int status = g_test_run();
    endless_stop(endless);
    g_free(content);
    return status;
}
