/* test-process.c: what a client means to its process: after fork(), and in memory that was freed. */
#include "../client.h"
#include "../wire/server.h"
#include "memory.h"

#include <kamiwaza/cluster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"hostname\":\"h\"}"

static kz_client *client_of(const char *url, const char *key)
{
    kz_error *error = NULL;
    kz_client *client = test_client(url, SETTINGS(key ? "api_key" : NULL, key), &error);
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
    kz_client *own = client_of(url, NULL);
    if (!asks(own, &error))
        return 3;
    kz_client_free(own);
    return 0;
}

static void test_fork(void)
{
    const WireAnswer script = { OK, -1, 0 };
    WireServer *server = wire_start(&script, 1);
    kz_client *client = client_of(wire_url(server), NULL);
    kz_error *error = NULL;
    g_assert_true(asks(client, &error));
    kz_cluster *cluster = kz_client_cluster(client, &error);
    pid_t child = fork();
    if (!child)
        _exit(in_child(client, cluster, wire_url(server)));
    int status = 0;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    g_assert_true(asks(client, &error));
    g_assert_cmpuint(wire_connections(server), ==, 2); /* the parent's lives on; the child's new client had its own */
    kz_client_free(client);
    wire_stop(server);
}

static void test_wiped(void)
{
    unsigned char masked[SECRET];
    const char *url = g_getenv("KAMIWAZA_TEST_URL"); /* of a server in another process */
    kz_error *error = NULL;
    g_assert_true(kz_global_init(KZ_WIPE, &error));
    char *key = malloc(SECRET + 1);
    secret_masked(0, masked);
    secret_plain(0, key);
    kz_client *client = client_of(url, key);
    g_assert_cmpint(times_in_memory(masked), >=, 2); /* the test sees what it looks for */
    g_assert_true(asks(client, &error));
    kz_loop *loop = kz_loop_new(client, &error);
    kz_pending *pending = kz_submit(
        loop, kz_client_cluster(client, &error), &kz_cluster_get_hostname_op, NULL, NULL, NULL, &error);
    while (kz_loop_wait(loop, -1))
        ;
    kz_free(kz_pending_take(pending, &error));
    kz_pending_free(pending);
    kz_loop_free(loop);
    g_assert_null(error);
    kz_client_free(client);
    explicit_bzero(key, SECRET);
    free(key);
    g_assert_cmpint(times_in_memory(masked), ==, 0);
}

/* Answers in a process of its own, so that what it was sent is not in this one's memory. */
static void test_freed_memory_holds_no_key(void)
{
    const WireAnswer script = { OK, -1, 0 };
    int url[2], end[2];
    g_assert_true(!pipe(url) && !pipe(end));
    pid_t child = fork();
    if (!child) {
        close(end[1]);
        WireServer *server = wire_start(&script, 1);
        char byte;
        if (write(url[1], wire_url(server), strlen(wire_url(server)) + 1) < 0 || read(end[0], &byte, 1) < 0)
            _exit(1);
        _exit(0);
    }
    close(end[0]);
    char text[64] = "";
    g_assert_cmpint(read(url[0], text, sizeof text), >, 0);
    g_setenv("KAMIWAZA_TEST_URL", text, TRUE);
    g_test_trap_subprocess("/process/wiped/subprocess", 0, 0);
    g_test_trap_assert_passed();
    close(end[1]);
    waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/process/freed-memory-holds-no-key", test_freed_memory_holds_no_key);
    g_test_add_func("/process/wiped/subprocess", test_wiped);
    g_test_add_func("/process/a-child-leaves-its-parents-client-alone", test_fork);
    return g_test_run();
}
