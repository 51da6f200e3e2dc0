/* test-program.c: what belongs to the program and stays so: its children, its signals, its own use of libcurl and libltdl, while other threads
 * make clients and load plugins. */
#include "../faults/sanitized.h"
#include "../wire/server.h"
#include "fixture.h"

#include <curl/curl.h>
#include <kamiwaza/cluster.h>
#include <kamiwaza/models.h>
#include <kamiwaza/serving.h>
#include <ltdl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"hostname\":\"h\"}"

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
    g_test_add_func("/threads/children-are-free-of-the-locks-of-their-parent", test_forks);
    g_test_add_func("/threads/sigpipe-stays-away", test_sigpipe);
    return g_test_run();
}
