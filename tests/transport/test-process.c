/* test-process.c: what a client means to its process after fork(). */
#include "../client.h"
#include "../wire/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <kamiwaza/async.h>
#include <kamiwaza/cluster.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"hostname\":\"h\"}"

static kz_client *client_of(const char *url)
{
    kz_error *error = NULL;
    kz_client *client = test_client(url, NULL, &error);
    g_assert_null(error);
    return client;
}

static bool asks(kz_client *client, kz_error **error)
{
    kz_json_value *name = kz_cluster_get_hostname(kz_client_cluster(client, error), NULL, error);
    kz_free(name);
    return name != NULL;
}

/* What the child sees, as its exit status. */
static int in_child(kz_client *inherited, kz_cluster *cluster, const char *url)
{
    kz_error *error = NULL;
    if (kz_cluster_get_hostname(cluster, NULL, &error) || !kz_error_is(error, KZ_ERROR_STATE) || !strstr(error->message, "fork"))
        return 1;
    kz_error_clear(&error);
    if (kz_loop_new(inherited, &error) || !kz_error_is(error, KZ_ERROR_STATE))
        return 2;
    kz_error_clear(&error);
    kz_client_free(inherited);
    kz_client *own = client_of(url);
    if (!asks(own, &error))
        return 3;
    kz_client_free(own);
    return 0;
}

static int status_of(pid_t child)
{
    int status = 1;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    return status;
}

static void test_fork(void)
{
    const WireAnswer script = { OK, -1, 0 };
    WireServer *server = wire_start(&script, 1);
    kz_client *client = client_of(wire_url(server));
    kz_error *error = NULL;
    g_assert_true(asks(client, &error));
    kz_cluster *cluster = kz_client_cluster(client, &error);
    pid_t child = fork();
    if (!child)
        _exit(in_child(client, cluster, wire_url(server)));
    g_assert_cmpint(status_of(child), ==, 0);
    g_assert_true(asks(client, &error));
    g_assert_cmpuint(wire_connections(server), ==, 2); /* the parent's lives on; the child's new client had its own */
    kz_client_free(client);
    wire_stop(server);
}

/* A child has the descriptors that wake its parent's loops: what it gives up with its copy of the client wakes none of them. */
static void test_child_wakes_nobody(void)
{
    kz_error *error = NULL;
    kz_client *client = client_of("http://127.0.0.1"); /* which is not asked */
    kz_loop *loop = kz_loop_new(client, &error);
    g_assert_null(error);
    struct pollfd fd = { .fd = kz_loop_fd(loop), .events = POLLIN };
    g_assert_cmpint(poll(&fd, 1, 0), ==, 0);
    pid_t child = fork();
    if (!child) {
        kz_client_free(client);
        _exit(0);
    }
    g_assert_cmpint(status_of(child), ==, 0);
    g_assert_cmpint(poll(&fd, 1, 0), ==, 0);
    kz_client_free(client); /* as its own process does */
    g_assert_cmpint(poll(&fd, 1, 0), ==, 1);
    kz_loop_free(loop);
}

/* What a child cancels is its own; the parent's token still wakes the parent. */
static void test_child_cancels_nothing(void)
{
    const WireAnswer held = { WIRE_MARK OK, -1, WIRE_HOLD };
    WireServer *server = wire_start(&held, 1);
    kz_error *error = NULL;
    kz_client *client = client_of(wire_url(server));
    kz_loop *loop = kz_loop_new(client, &error);
    kz_cancel *token = kz_cancel_new(&error);
    kz_cluster *cluster = kz_cluster_with_options(
        kz_client_cluster(client, &error), &(kz_call_options){ .cancel = token }, &error);
    kz_pending *pending = kz_submit(loop, cluster, &kz_cluster_get_hostname_op, NULL, NULL, NULL, &error);
    g_assert_null(error);
    while (!wire_count(server))
        kz_loop_wait(loop, 1);
    pid_t child = fork();
    if (!child) {
        kz_cancel_now(token);
        _exit(!kz_cancel_is_set(token));
    }
    g_assert_cmpint(status_of(child), ==, 0);
    struct pollfd fd = { .fd = kz_loop_fd(loop), .events = POLLIN };
    while (poll(&fd, 1, 0))
        kz_loop_dispatch(loop);
    kz_cancel_now(token);
    g_assert_cmpint(poll(&fd, 1, 0), ==, 1);
    while (kz_loop_wait(loop, -1))
        ;
    g_assert_null(kz_pending_take(pending, &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_CANCELLED));
    kz_error_free(error);
    kz_pending_free(pending);
    kz_service_free(cluster);
    kz_cancel_free(token);
    kz_loop_free(loop);
    kz_client_free(client);
    wire_stop(server);
}

/* The sockets stay among what the parent watches. */
static void test_child_leaves_the_loop_alone(void)
{
    const WireAnswer held = { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n" WIRE_MARK
                              "{\"hostname\":\"h\"}",
        -1, WIRE_HOLD };
    WireServer *server = wire_start(&held, 1);
    kz_error *error = NULL;
    kz_client *client = client_of(wire_url(server));
    kz_loop *loop = kz_loop_new(client, &error);
    kz_pending *pending = kz_submit(
        loop, kz_client_cluster(client, &error), &kz_cluster_get_hostname_op, NULL, NULL, NULL, &error);
    g_assert_null(error);
    while (!wire_count(server))
        kz_loop_wait(loop, 1);
    pid_t child = fork();
    if (!child) {
        kz_loop_free(loop);
        _exit(0);
    }
    g_assert_cmpint(status_of(child), ==, 0);
    struct pollfd fd = { .fd = kz_loop_fd(loop), .events = POLLIN };
    while (poll(&fd, 1, 0))
        kz_loop_dispatch(loop);
    wire_release(server);
    wire_wait(server, 1);
    g_assert_cmpint(poll(&fd, 1, 0), ==, 1);
    while (kz_loop_wait(loop, -1))
        ;
    void *name = kz_pending_take(pending, &error);
    g_assert_null(error);
    g_assert_nonnull(name);
    kz_free(name);
    kz_pending_free(pending);
    kz_loop_free(loop);
    kz_client_free(client);
    wire_stop(server);
}

/* What libcurl has allocated by then would not be wiped. */
static void test_wiping_comes_first(void)
{
    kz_error *error = NULL;
    g_assert_true(kz_global_init(0, &error));
    g_assert_false(kz_global_init(KZ_WIPE, &error));
    g_assert_cmpint(error->code, ==, KZ_ERROR_STATE);
    kz_error_free(error);
}

/* Another thread is loading: a child would find it half done, for ever. */
typedef struct Forking {
    gint about, done;
} Forking;

static gpointer fork_once(gpointer data)
{
    Forking *f = data;
    int status = 1;
    g_atomic_int_set(&f->about, 1);
    pid_t child = fork();
    if (!child)
        _exit(0);
    g_atomic_int_set(&f->done, 1);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    return NULL;
}

static void test_fork_waits_for_loading(void)
{
    enum { A_WHILE = 20000 };
    Forking f = { 0 };
    kz_error *error = NULL;
    g_assert_true(kz_global_init(0, &error));
    kz_plugins_lock();
    GThread *thread = g_thread_new("forker", fork_once, &f);
    while (!g_atomic_int_get(&f.about))
        g_thread_yield();
    for (int i = 0; i < A_WHILE && !g_atomic_int_get(&f.done); i++)
        g_thread_yield();
    g_assert_false(g_atomic_int_get(&f.done));
    kz_plugins_unlock();
    g_thread_join(thread);
}

/* Whether the descriptor is another's: the server's end of a connection, by its port; or of a pair by which libcurl wakes itself. */
static bool is_anothers(int fd, const char *url)
{
    struct sockaddr_in address = { 0 };
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size))
        return false;
    return address.sin_family == AF_UNIX ||
        (address.sin_family == AF_INET && ntohs(address.sin_port) == atoi(strrchr(url, ':') + 1));
}

/* Programs that this one runs get nothing of a client: its connections, loops and tokens. */
static void test_nothing_is_inherited(void)
{
    enum { MOST = 1024 };
    const WireAnswer script = { OK, -1, 0 };
    bool there[MOST];
    int looked = 0;
    WireServer *server = wire_start(&script, 1);
    for (int fd = 0; fd < MOST; fd++)
        there[fd] = fcntl(fd, F_GETFD) >= 0;
    kz_error *error = NULL;
    kz_client *client = client_of(wire_url(server));
    kz_cancel *token = kz_cancel_new(&error);
    kz_loop *loop = kz_loop_new(client, &error);
    kz_pending *pending = kz_submit(
        loop, kz_client_cluster(client, &error), &kz_cluster_get_hostname_op, NULL, NULL, NULL, &error);
    while (kz_loop_wait(loop, -1))
        ;
    g_assert_true(asks(client, &error)); /* a connection of either kind stays */
    for (int fd = 0; fd < MOST; fd++) {
        int flags = there[fd] || is_anothers(fd, wire_url(server)) ? -1 : fcntl(fd, F_GETFD);
        looked += flags >= 0;
        g_assert_true(flags < 0 || flags & FD_CLOEXEC);
    }
    g_assert_cmpint(looked, >=, 2 + 3 + 1);
    kz_free(kz_pending_take(pending, &error));
    kz_pending_free(pending);
    kz_loop_free(loop);
    kz_cancel_free(token);
    kz_client_free(client);
    wire_stop(server);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/process/a-child-leaves-its-parents-client-alone", test_fork);
    g_test_add_func("/process/a-child-wakes-nobody", test_child_wakes_nobody);
    g_test_add_func("/process/a-child-cancels-nothing-of-its-parent", test_child_cancels_nothing);
    g_test_add_func("/process/a-child-leaves-its-parents-loop-alone", test_child_leaves_the_loop_alone);
    g_test_add_func("/process/programs-that-are-run-inherit-nothing", test_nothing_is_inherited);
    g_test_add_func("/process/wiping-comes-first", test_wiping_comes_first);
    g_test_add_func("/process/fork-waits-for-loading", test_fork_waits_for_loading);
    return g_test_run();
}
