/* test-many.c: a thousand streams on one thread, over connections of their own and multiplexed over HTTP/2 by a real server; fair to
 * each, and a stream that floods starves nobody. The server behind is the benchmark's, which sends to all at once. */
#include "../client.h"
#include "../faults/sanitized.h"

#include <gio/gio.h>
#include <kamiwaza/async.h>
#include <kamiwaza/openai.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

enum { ITEMS = 20 };

static const kz_chat_message message = { .role = "user", .content = "Hello" };
static const kz_chat_completion_params hello = { .model = "m", .messages = &message, .n_messages = 1 };

static GSubprocess *behind;
static guint16 behind_port;

/* ---- servers ---- */

static char *read_line_of(GSubprocess *program)
{
    GDataInputStream *out = g_data_input_stream_new(g_subprocess_get_stdout_pipe(program));
    g_filter_input_stream_set_close_base_stream(G_FILTER_INPUT_STREAM(out), FALSE);
    char *line = g_data_input_stream_read_line(out, NULL, NULL, NULL);
    g_object_unref(out);
    return line;
}

static void start_server(void)
{
    GError *problem = NULL;
    behind = g_subprocess_new(
        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDIN_PIPE, &problem, g_getenv("KAMIWAZA_TEST_SERVER"), NULL);
    g_assert_no_error(problem);
    char *line = read_line_of(behind);
    behind_port = (guint16)g_ascii_strtoull(line, NULL, 10);
    g_assert_cmpuint(behind_port, >, 0);
    g_free(line);
}

static void stop_server(void)
{
    g_output_stream_close(g_subprocess_get_stdin_pipe(behind), NULL, NULL);
    g_subprocess_wait(behind, NULL, NULL);
    g_object_unref(behind);
}

typedef struct Fixture {
    kz_client *client;
    kz_openai *openai;
    kz_loop *loop;
    kz_error *error;
} Fixture;

static void begin(Fixture *f, const char *base, const char *ca_file)
{
    f->error = NULL;
    f->client = test_client(
        NULL, SETTINGS("openai_base_url", base, "max_retries", "0", ca_file ? "ca_file" : NULL, ca_file), &f->error);
    f->openai = kz_client_openai(f->client, &f->error);
    f->loop = kz_loop_new(f->client, &f->error);
    if (f->error)
        g_error("%s", f->error->message);
}

static void end(Fixture *f)
{
    if (f->error)
        g_error("%s", f->error->message);
    kz_loop_free(f->loop);
    kz_client_free(f->client);
}

/* ---- many streams ---- */

/* Fair is told by turns, not by time: a turn ends when a stream is served a third time (once for its socket, once for a timer that libcurl
 * had for it), and by then each stream is served that had something waiting when the turn began. The server sends an item to all
 * before it sends the next one, so what one stream got but for the last item waits for all the others, unless the kernel of a busy machine
 * delivers some late. */
enum { OFTEN = 3 };

typedef struct Crowd {
    int count, ended, failed;
    int *items;  /* of each stream */
    int *served; /* how often in this turn */
    int turn, reached, waiting, passed_over;
    int dispatch, last_dispatch;
    const void *last;
    char problem[256];
} Crowd;

typedef struct Member {
    Crowd *crowd;
    int number;
} Member;

static void end_turn(Crowd *c)
{
    for (int i = 0; i < c->count; i++)
        c->passed_over += !c->served[i] && c->items[i] < c->waiting;
    memset(c->served, 0, (gsize)c->count * sizeof *c->served);
    c->turn++;
    c->waiting = c->reached - 1;
}

static kz_flow_control take(kz_pending *pending, void *item, void *user)
{
    Member *m = user;
    Crowd *c = m->crowd;
    (void)pending;
    g_assert_nonnull(((kz_chat_completion_chunk *)item)->id);
    bool goes_on = c->last == m && c->last_dispatch == c->dispatch; /* what came meanwhile is handed out together */
    if (!goes_on && ++c->served[m->number] == OFTEN) {
        end_turn(c);
        c->served[m->number] = 1;
    }
    c->last = m;
    c->last_dispatch = c->dispatch;
    int place = ++c->items[m->number];
    c->reached = MAX(c->reached, place);
    return KZ_GO_ON;
}

static void done(kz_pending *pending, void *user)
{
    Member *m = user;
    kz_error *error = NULL;
    m->crowd->ended++;
    if (!kz_pending_take(pending, &error)) {
        m->crowd->failed++;
        g_strlcpy(m->crowd->problem, error->message, sizeof m->crowd->problem);
    }
    kz_error_free(error);
    kz_pending_free(pending);
}

/* `each_by_itself`: nobody between server and client gives the streams an order of its own. */
static void run_crowd(Fixture *f, int count, bool each_by_itself)
{
    Crowd c = { .count = count, .items = g_new0(int, count), .served = g_new0(int, count), .turn = 1 };
    Member *members = g_new0(Member, count);
    for (int i = 0; i < count; i++) {
        members[i] = (Member){ &c, i };
        kz_submit_stream(
            f->loop, f->openai, &kz_openai_chat_completions_create_stream_op, &hello, take, done, &members[i], &f->error);
    }
    while (kz_loop_wait(f->loop, 30))
        c.dispatch++;
    g_assert_cmpint(c.ended, ==, count);
    if (c.failed)
        g_error("%d of %d failed: %s", c.failed, count, c.problem);
    for (int i = 0; i < count; i++)
        g_assert_cmpint(c.items[i], ==, c.items[0]);
    g_assert_cmpint(c.items[0], >=, ITEMS);
    g_test_message("%d streams, %d turns, %d times a stream was passed over", count, c.turn, c.passed_over);
    if (each_by_itself) {
        if (!SANITIZED) /* slowed down, a stream is served once or twice with all it has */
            g_assert_cmpint(c.turn, >, 2);
        g_assert_cmpint(c.passed_over, <=, count * c.turn / 100);
    }
    g_free(members);
    g_free(c.items);
    g_free(c.served);
}

static void test_thousand(void)
{
    struct rlimit files = { 0 };
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 1200) {
        g_test_skip("fewer than 1,200 files may be open here");
        return;
    }
    Fixture f;
    char *base = g_strdup_printf("http://127.0.0.1:%u/together/1000/%d/20000", behind_port, ITEMS);
    begin(&f, base, NULL);
    run_crowd(&f, 1000, true);
    end(&f);
    g_free(base);
}

/* ---- a stream that floods ---- */

static kz_flow_control count_item(kz_pending *pending, void *item, void *user)
{
    (void)pending, (void)item;
    ++*(gint64 *)user;
    return KZ_GO_ON;
}

static void test_flood(void)
{
    Fixture f;
    char *flood_base = g_strdup_printf("http://127.0.0.1:%u/items/300000", behind_port);
    char *base = g_strdup_printf("http://127.0.0.1:%u/call", behind_port);
    gint64 items = 0;
    begin(&f, flood_base, NULL);
    kz_openai *other = kz_openai_with_options(f.openai, &(kz_call_options){ .base_url = base }, &f.error);
    kz_pending *flood = kz_submit_stream(
        f.loop, f.openai, &kz_openai_chat_completions_create_stream_op, &hello, count_item, NULL, &items, &f.error);
    while (items < 1000)
        kz_loop_wait(f.loop, -1);
    gint64 before = items;
    for (int i = 0; i < 2; i++) {
        kz_pending *call = kz_submit(f.loop, other, &kz_openai_chat_completions_create_op, &hello, NULL, NULL, &f.error);
        while (!kz_pending_is_done(call))
            kz_loop_wait(f.loop, -1);
        kz_chat_completion *reply = kz_pending_take(call, &f.error);
        g_assert_nonnull(reply);
        kz_free(reply);
        kz_pending_free(call);
    }
    g_test_message("2 calls while the flood went on by %" G_GINT64_FORMAT " items", items - before);
    g_assert_false(kz_pending_is_done(flood));
    g_assert_cmpint(items, >, before);
    kz_pending_cancel(flood);
    while (!kz_pending_is_done(flood))
        kz_loop_wait(f.loop, -1);
    kz_pending_free(flood);
    kz_service_free(other);
    end(&f);
    g_free(flood_base);
    g_free(base);
}

/* ---- multiplexed ---- */

static void run_line(const char *line)
{
    char *errors = NULL;
    int status = 1;
    g_assert_true(g_spawn_command_line_sync(line, NULL, &errors, &status, NULL));
    if (status)
        g_error("%s: %s", line, errors);
    g_free(errors);
}

/* The program says that it listens. */
static void wait_until_it_listens(GSubprocess *program)
{
    bool listens = false;
    GDataInputStream *out = g_data_input_stream_new(g_subprocess_get_stderr_pipe(program));
    g_filter_input_stream_set_close_base_stream(G_FILTER_INPUT_STREAM(out), FALSE);
    for (char *line; !listens && (line = g_data_input_stream_read_line(out, NULL, NULL, NULL)); g_free(line))
        listens = strstr(line, "Listening on ") != NULL;
    g_object_unref(out);
    if (!listens)
        g_error("the HTTP/2 server does not listen");
}

static void test_multiplexed(void)
{
    char *program = g_find_program_in_path("nghttpx");
    if (!program) {
        g_test_skip("nghttpx (package nghttp2-proxy) is not installed");
        return;
    }
    char *folder = g_dir_make_tmp("kz-many-XXXXXX", NULL), *log = g_build_filename(folder, "log", NULL);
    char *make = g_strdup_printf(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost -keyout %s/key -out %s/pem",
        folder, folder);
    run_line(make);
    GSocketListener *probe = g_socket_listener_new(); /* finds a port that is free */
    guint16 port = g_socket_listener_add_any_inet_port(probe, NULL, NULL);
    g_socket_listener_close(probe);
    g_object_unref(probe);
    char *front = g_strdup_printf("-f127.0.0.1,%u", port), *back = g_strdup_printf("-b127.0.0.1,%u", behind_port);
    char *logs = g_strdup_printf("--accesslog-file=%s", log), *key = g_strdup_printf("%s/key", folder),
         *pem = g_strdup_printf("%s/pem", folder);
    GSubprocess *proxy = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL, program,
        "--conf=/dev/null", front, back, "--frontend-http2-max-concurrent-streams=1000", "--backend-connections-per-host=1000",
        logs, "--accesslog-format=$alpn $remote_port", key, pem, NULL);
    wait_until_it_listens(proxy);
    Fixture f;
    char *base = g_strdup_printf("https://localhost:%u/together/1000/%d/20000", port, ITEMS), *text = NULL;
    begin(&f, base, pem);
    /* One call first: until a server has said how many streams it takes, libcurl goes by a hundred. */
    char *plain = g_strdup_printf("https://localhost:%u/call", port);
    kz_openai *single = kz_openai_with_options(f.openai, &(kz_call_options){ .base_url = plain }, &f.error);
    kz_pending *first = kz_submit(f.loop, single, &kz_openai_chat_completions_create_op, &hello, NULL, NULL, &f.error);
    while (!kz_pending_is_done(first))
        kz_loop_wait(f.loop, -1);
    kz_free(kz_pending_take(first, &f.error));
    kz_pending_free(first);
    kz_service_free(single);
    g_free(plain);
    run_crowd(&f, 1000, false);
    end(&f);
    g_subprocess_send_signal(proxy, SIGQUIT); /* writes its log and ends */
    g_subprocess_wait(proxy, NULL, NULL);
    g_object_unref(proxy);
    GHashTable *connections = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_assert_true(g_file_get_contents(log, &text, NULL, NULL));
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (g_str_has_prefix(*line, "h2 "))
            g_hash_table_add(connections, g_strdup(*line));
    g_test_message("1,000 streams over %u connections", g_hash_table_size(connections));
    g_assert_cmpuint(g_hash_table_size(connections), >, 0);
    g_assert_cmpuint(g_hash_table_size(connections), <=, 20);
    g_hash_table_unref(connections);
    g_strfreev(lines);
    char *clean = g_strdup_printf("rm -rf %s", folder);
    run_line(clean);
    char *words[] = { program, folder, log, make, front, back, logs, key, pem, base, text, clean };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        g_free(words[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    start_server();
    g_test_add_func("/many/a-thousand-streams-on-one-thread", test_thousand);
    g_test_add_func("/many/a-flood-starves-nobody", test_flood);
    g_test_add_func("/many/a-thousand-streams-over-http-2", test_multiplexed);
    int status = g_test_run();
    stop_server();
    return status;
}
