/* test-process.c: what a client means to its process after fork(). */
#include "../client.h"
#include "../wire/server.h"

#include <kamiwaza/cluster.h>
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
    int status = 0;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    g_assert_true(asks(client, &error));
    g_assert_cmpuint(wire_connections(server), ==, 2); /* the parent's lives on; the child's new client had its own */
    kz_client_free(client);
    wire_stop(server);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/process/a-child-leaves-its-parents-client-alone", test_fork);
    return g_test_run();
}
