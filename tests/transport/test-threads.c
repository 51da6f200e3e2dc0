/* test-threads.c: one client in many threads, calls of every kind at once; clients that are freed and processes that fork meanwhile;
 * signals and libraries that belong to the program. The thread sanitizer looks on. */
#include "../faults/sanitized.h"
#include "../services/emulator.h"
#include "../wire/server.h"

#include <curl/curl.h>
#include <errno.h>
#include <kamiwaza/async.h>
#include <kamiwaza/cluster.h>
#include <kamiwaza/models.h>
#include <kamiwaza/openai.h>
#include <kamiwaza/serving.h>
#include <ltdl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"hostname\":\"h\"}"

enum { THREADS = 64, TIMES = 3 };

static const kz_chat_message message = { .role = "user", .content = "Hello" };
static const kz_chat_completion_params hello = {
    .model = "tiny", .messages = &message, .n_messages = 1, .max_tokens = { 8, KZ_SET }
};

static kz_client *client_of(const char *url, const char *models)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    kz_config_set(config, "base_url", url, &error);
    kz_config_set(config, "max_connections", "64", &error);
    if (models)
        kz_config_set(config, "openai_base_url", models, &error);
    kz_client *client = kz_client_new(config, &error);
    kz_config_free(config);
    if (error)
        g_error("%s", error->message);
    return client;
}

static void no_error(kz_error *error)
{
    if (error)
        g_error("%s: %s", kz_error_class(error->code), error->message);
}

/* ---- sixty-four threads, every service, every way to call ---- */

typedef struct Crowd {
    kz_client *client;
    pthread_barrier_t start;
} Crowd;

typedef struct Member {
    Crowd *crowd;
    int number;
    pthread_t thread;
    void *services[4]; /* as this thread got them */
} Member;

static void call_each(Member *m, kz_error **error)
{
    kz_free(kz_models_list(m->services[0], NULL, error));
    kz_free(kz_serving_list_deployments(m->services[1], NULL, error));
    kz_free(kz_cluster_get_hostname(m->services[2], NULL, error));
    kz_free(kz_openai_chat_completions_create(m->services[3], &hello, error));
}

static void stream(Member *m, kz_error **error)
{
    int n = 0;
    kz_stream *chunks = kz_openai_chat_completions_create_stream(m->services[3], &hello, error);
    while (chunks && kz_stream_next(chunks, error))
        n++;
    kz_stream_close(chunks);
    g_assert_cmpint(n, >, 1);
}

static kz_flow_control count(kz_pending *pending, void *item, void *user)
{
    (void)pending, (void)item;
    ++*(int *)user;
    return KZ_GO_ON;
}

static void finish(kz_pending *pending, bool content, kz_error **error)
{
    void *result = kz_pending_take(pending, error);
    if (content)
        kz_free(result);
    kz_pending_free(pending);
}

static void on_a_loop(Member *m, kz_error **error)
{
    int n = 0;
    kz_loop *loop = kz_loop_new(m->crowd->client, error);
    kz_pending *list = kz_submit(loop, m->services[0], &kz_models_list_op, NULL, NULL, NULL, error);
    kz_pending *name = kz_submit(loop, m->services[2], &kz_cluster_get_hostname_op, NULL, NULL, NULL, error);
    kz_pending *chunks = kz_submit_stream(
        loop, m->services[3], &kz_openai_chat_completions_create_stream_op, &hello, count, NULL, &n, error);
    while (kz_loop_wait(loop, -1))
        ;
    finish(list, true, error);
    finish(name, true, error);
    finish(chunks, false, error);
    g_assert_cmpint(n, >, 1);
    kz_loop_free(loop);
}

static void *run_member(void *data)
{
    Member *m = data;
    kz_error *error = NULL;
    pthread_barrier_wait(&m->crowd->start);
    m->services[0] = kz_client_models(m->crowd->client, &error);
    m->services[1] = kz_client_serving(m->crowd->client, &error);
    m->services[2] = kz_client_cluster(m->crowd->client, &error);
    m->services[3] = kz_client_openai(m->crowd->client, &error);
    no_error(error);
    for (int i = 0; i < TIMES; i++) {
        if (m->number % 3 == 0)
            call_each(m, &error);
        else if (m->number % 3 == 1)
            stream(m, &error);
        else
            on_a_loop(m, &error);
        no_error(error);
    }
    return NULL;
}

static void test_crowd(void)
{
    char *url;
    GSubprocess *emulator = emulator_start((const char *const[]){ "--model", "tiny", NULL }, &url);
    char *models = g_strdup_printf("%.*s/v1", (int)(strlen(url) - 4), url);
    Crowd crowd = { .client = client_of(url, models) };
    Member *members = g_new0(Member, THREADS);
    pthread_barrier_init(&crowd.start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        members[i] = (Member){ .crowd = &crowd, .number = i };
        g_assert_cmpint(pthread_create(&members[i].thread, NULL, run_member, &members[i]), ==, 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(members[i].thread, NULL);
    for (int i = 0; i < THREADS; i++) /* each service was made once */
        g_assert_cmpmem(members[i].services, sizeof members[i].services, members[0].services, sizeof members[0].services);
    pthread_barrier_destroy(&crowd.start);
    kz_client_free(crowd.client);
    emulator_stop(emulator);
    g_free(members);
    g_free(models);
    g_free(url);
}

/* ---- a client that is freed while its calls run ---- */

typedef struct Caller {
    kz_client *client;
    kz_cancel *token;
    pthread_t thread;
    void (*call)(struct Caller *c, kz_error **error);
    int code; /* of the error that it ended with */
} Caller;

static void ask_name(Caller *c, kz_error **error)
{
    kz_cluster *cluster = kz_client_cluster(c->client, error);
    if (c->token)
        cluster = kz_cluster_with_options(cluster, &(kz_call_options){ .cancel = c->token }, error);
    kz_free(kz_cluster_get_hostname(cluster, NULL, error));
    if (c->token)
        kz_service_free(cluster);
}

static void read_stream(Caller *c, kz_error **error)
{
    kz_openai *openai = kz_client_openai(c->client, error), *with = openai;
    if (c->token)
        with = kz_openai_with_options(openai, &(kz_call_options){ .cancel = c->token }, error);
    kz_stream *chunks = kz_openai_chat_completions_create_stream(with, &hello, error);
    while (chunks && kz_stream_next(chunks, error))
        ;
    kz_stream_close(chunks);
    if (c->token)
        kz_service_free(with);
}

/* A flow that looks again and again, and sleeps in between. */
static void wait_for_download(Caller *c, kz_error **error)
{
    const kz_models_wait_for_download_params params = { .repo_id = "org/one", .polling_interval = KZ_NUMBER(1000) };
    kz_models *models = kz_client_models(c->client, error), *with = models;
    if (c->token)
        with = kz_models_with_options(models, &(kz_call_options){ .cancel = c->token }, error);
    kz_free(kz_models_wait_for_download(with, &params, error));
    if (c->token)
        kz_service_free(with);
}

static void *run_caller(void *data)
{
    Caller *c = data;
    kz_error *error = NULL;
    c->call(c, &error);
    if (error)
        g_test_message("%s: %s", kz_error_class(error->code), error->message);
    c->code = error ? (int)error->code : 0;
    kz_error_free(error);
    return NULL;
}

/* Starts the call, waits until the server has been asked, does `meanwhile`, and sees the call end as cancelled. */
static void end_meanwhile(void (*call)(Caller *, kz_error **), const WireAnswer *answer, bool by_token)
{
    WireServer *server = wire_start(answer, 1);
    kz_error *error = NULL;
    Caller c = { .client = client_of(wire_url(server), wire_url(server)), .call = call };
    c.token = by_token ? kz_cancel_new(&error) : NULL;
    g_assert_cmpint(pthread_create(&c.thread, NULL, run_caller, &c), ==, 0);
    while (!wire_count(server) || !wire_is_idle(server))
        g_thread_yield();
    if (by_token)
        kz_cancel_now(c.token);
    else
        kz_client_free(c.client);
    pthread_join(c.thread, NULL);
    g_assert_cmpint(c.code, ==, KZ_ERROR_CANCELLED);
    if (by_token)
        kz_client_free(c.client);
    kz_cancel_free(c.token);
    wire_stop(server);
}

static void test_ended_meanwhile(void)
{
    const WireAnswer silence = { "HTTP/1.1 200 OK\r\n", -1, WIRE_HANG, NULL };
    const WireAnswer begun = { "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {\"choices\":[]}\n\n", -1,
        WIRE_HANG, NULL };
    const WireAnswer on_its_way = { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 66\r\n\r\n"
                                    "[{\"name\":\"f\",\"is_downloading\":true,\"download_elapsed\":\"00:00:01\"}]",
        -1, 0, NULL };
    for (int by_token = 0; by_token <= 1; by_token++) {
        end_meanwhile(ask_name, &silence, by_token);
        end_meanwhile(read_stream, &silence, by_token);
        end_meanwhile(read_stream, &begun, by_token);
        end_meanwhile(wait_for_download, &on_its_way, by_token);
    }
}

/* ---- fork() while other threads are anywhere ---- */

typedef struct Busy {
    const char *url;
    gint stop;
    pthread_t thread;
} Busy;

static void *make_clients(void *data)
{
    Busy *b = data;
    while (!__atomic_load_n(&b->stop, __ATOMIC_ACQUIRE)) {
        kz_error *error = NULL;
        kz_client *client = client_of(b->url, NULL);
        kz_free(kz_cluster_get_hostname(kz_client_cluster(client, &error), NULL, &error));
        kz_client_free(client);
        no_error(error);
    }
    return NULL;
}

/* In the child: the parent's client is refused, one of its own works. */
static int in_child(kz_client *inherited, const char *url)
{
    kz_error *error = NULL;
    alarm(20); /* a lock that nobody holds any more would be waited for */
    if (kz_client_cluster(inherited, &error) || !kz_error_is(error, KZ_ERROR_STATE))
        return 1;
    kz_error_clear(&error);
    kz_client_free(inherited);
    kz_client *own = client_of(url, NULL);
    kz_json_value *name = kz_cluster_get_hostname(kz_client_cluster(own, &error), NULL, &error);
    if (!name)
        return 2;
    kz_free(name);
    kz_client_free(own);
    return 0;
}

static void test_forks(void)
{
    if (SANITIZED) {
        g_test_skip("a sanitizer's own locks are not freed in a child");
        return;
    }
    const WireAnswer answer = { OK, -1, 0, NULL };
    WireServer *server = wire_start(&answer, 1);
    kz_client *client = client_of(wire_url(server), NULL);
    Busy busy[4] = { 0 };
    for (gsize i = 0; i < G_N_ELEMENTS(busy); i++) {
        busy[i].url = wire_url(server);
        g_assert_cmpint(pthread_create(&busy[i].thread, NULL, make_clients, &busy[i]), ==, 0);
    }
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (!child)
            _exit(in_child(client, wire_url(server)));
        int status = 0;
        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(busy); i++) {
        __atomic_store_n(&busy[i].stop, 1, __ATOMIC_RELEASE);
        pthread_join(busy[i].thread, NULL);
    }
    kz_client_free(client);
    wire_stop(server);
}

/* ---- the program's own: signals, libcurl, libltdl ---- */

static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
    (void)number;
    pipes++;
}

/* The server closes while much is being sent to it. */
static void test_sigpipe(void)
{
    const WireAnswer closed = { NULL, 0, WIRE_EARLY | WIRE_CLOSE, NULL };
    WireServer *server = wire_start(&closed, 1);
    kz_client *client = client_of(wire_url(server), NULL);
    char *name = g_strnfill(8 << 20, 'n');
    const struct sigaction ours = { .sa_handler = on_pipe };
    struct sigaction before, after;
    sigset_t mask, mask_after;
    sigaction(SIGPIPE, &ours, &before);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    for (int i = 0; i < 10; i++) {
        kz_error *error = NULL;
        kz_free(kz_cluster_create_location(
            kz_client_cluster(client, &error), &(kz_cluster_create_location_params){ .name = name }, &error));
        g_assert_true(kz_error_is(error, KZ_ERROR_CONNECTION));
        kz_error_free(error);
    }
    kz_client_free(client);
    g_assert_cmpint(pipes, ==, 0);
    sigaction(SIGPIPE, &before, &after);
    g_assert_true(after.sa_handler == on_pipe);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
    g_assert_true(sigismember(&mask_after, SIGUSR1) && !sigismember(&mask_after, SIGPIPE));
    sigemptyset(&mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    wire_stop(server);
    g_free(name);
}

static size_t drop(char *data, size_t size, size_t n, void *user)
{
    (void)data, (void)user;
    return size * n;
}

static void *use_libcurl(void *data)
{
    Busy *b = data;
    while (!__atomic_load_n(&b->stop, __ATOMIC_ACQUIRE)) {
        CURL *easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, b->url);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        g_assert_cmpint(curl_easy_perform(easy), ==, CURLE_OK);
        curl_easy_cleanup(easy);
    }
    return NULL;
}

static void *use_libltdl(void *data)
{
    Busy *b = data;
    while (!__atomic_load_n(&b->stop, __ATOMIC_ACQUIRE)) {
        kz_plugins_lock();
        g_assert_cmpint(lt_dlinit(), ==, 0);
        lt_dlhandle handle = lt_dlopen("libc.so.6");
        g_assert_nonnull(handle);
        g_assert_nonnull(lt_dlsym(handle, "getpid"));
        lt_dlclose(handle);
        lt_dlexit();
        kz_plugins_unlock();
    }
    return NULL;
}

static void test_libraries_of_the_program(void)
{
    const WireAnswer answer = { OK, -1, 0, NULL };
    WireServer *server = wire_start(&answer, 1);
    kz_error *error = NULL;
    g_assert_true(kz_global_init(0, &error)); /* before the program's own threads use libcurl */
    Busy busy[3] = { 0 };
    void *(*const works[])(void *) = { use_libcurl, use_libltdl, make_clients };
    for (gsize i = 0; i < G_N_ELEMENTS(busy); i++) {
        busy[i].url = wire_url(server);
        g_assert_cmpint(pthread_create(&busy[i].thread, NULL, works[i], &busy[i]), ==, 0);
    }
    for (int i = 0; i < 100; i++) {
        kz_client *client = client_of(wire_url(server), NULL);
        kz_free(kz_cluster_get_hostname(kz_client_cluster(client, &error), NULL, &error));
        kz_client_models(client, &error);
        kz_client_serving(client, &error);
        kz_client_free(client);
        no_error(error);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(busy); i++) {
        __atomic_store_n(&busy[i].stop, 1, __ATOMIC_RELEASE);
        pthread_join(busy[i].thread, NULL);
    }
    wire_stop(server);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/threads/the-program-uses-libcurl-and-libltdl-too", test_libraries_of_the_program);
    g_test_add_func("/threads/sixty-four-with-every-service-and-way-to-call", test_crowd);
    g_test_add_func("/threads/a-token-or-the-end-of-the-client-ends-calls-of-others", test_ended_meanwhile);
    g_test_add_func("/threads/children-are-free-of-the-locks-of-their-parent", test_forks);
    g_test_add_func("/threads/sigpipe-stays-away", test_sigpipe);
    return g_test_run();
}
