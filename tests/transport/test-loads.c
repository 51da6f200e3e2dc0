/* test-loads.c: sixty-four threads, each with a client of its own, that ask for every service at once while nothing is loaded yet: each plugin
 * is loaded once for all of them, and each client makes each service once. */
#include "../client.h"
#include "fixture.h"
#include "loads.h"

#include <kamiwaza/kamiwaza.h>

enum { THREADS = 64 };

static const char *const services[] = { "models", "serving", "cluster", "auth", "authz", "openai" };

typedef struct Start {
    pthread_barrier_t gate;
    Loads loads;
} Start;

static void *make_services(void *data)
{
    Start *start = data;
    kz_error *error = NULL;
    kz_config *config = test_config("http://127.0.0.1:9", NULL, &error);
    kz_config_set_log(config, loads_note, &start->loads, KZ_LOG_DEBUG, &error);
    kz_client *client = kz_client_new(config, &error);
    kz_config_free(config);
    pthread_barrier_wait(&start->gate);
    for (gsize i = 0; i < G_N_ELEMENTS(services); i++) {
        kz_service *service = kz_client_service(client, services[i], &error);
        no_error(error);
        g_assert_true(kz_client_service(client, services[i], &error) == service);
    }
    kz_client_free(client);
    return NULL;
}

static void test_first_loads(void)
{
    static Start start = { .loads = LOADS };
    pthread_t threads[THREADS];
    pthread_barrier_init(&start.gate, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        g_assert_cmpint(pthread_create(&threads[i], NULL, make_services, &start), ==, 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start.gate);
    loads_check(&start.loads, THREADS, G_N_ELEMENTS(services), 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loads/sixty-four-clients-load-each-plugin-once", test_first_loads);
    return g_test_run();
}
