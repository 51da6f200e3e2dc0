/* test-calls.c: whole calls with the n-th allocation failing, for every n until a run needs no more. Each run ends well or with
 * NO_MEMORY, nothing leaks (the sanitizers look), and the same client makes the same call right after. The allocations are
 * those of the library and of the plugins.
 *
 * With KAMIWAZA_TEST_LIBCURL set those that libcurl makes on the calling thread fail as well. Then any error will do: libcurl
 * 7.88 reports some of its failures as those of the network, and where one hits the copy of a URL's query it sends the
 * request without it. What is held to is that nothing crashes or leaks and that the next call works. On a loop of the program
 * it may lose a transfer without a word, which then ends by its idle time: too long for a test of every allocation; and where its
 * table of names finds no memory it divides by the size of it, which is zero. */
#include "works.h"

static bool libcurl_too;

/* Before anything else has loaded the plugin: what was loaded once stays. */
static void test_load(void)
{
    for (int n = 0;; n++) {
        kz_error *error = NULL;
        kz_config *config = kz_config_new(NULL);
        kz_config_set_isolated(config, true, NULL);
        kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), NULL);
        kz_client *client = kz_client_new(config, NULL);
        failing_begin(n);
        kz_service *service = kz_client_service(client, "trial", &error);
        bool reached = failing_end();
        g_assert_true(reached || service);
        if (!service)
            g_assert_cmpint(error->code, ==, KZ_ERROR_NO_MEMORY);
        g_assert_true(!service == (error != NULL));
        kz_error_clear(&error);
        if (!reached) {
            g_assert_cmpint(n, >, 3);
            kz_client_free(client);
            kz_config_free(config);
            return;
        }
        kz_client_free(client);
        kz_config_free(config);
    }
}

static void fail_each(gconstpointer data)
{
    Fixture f;
    works_begin(&f);
    failing_each(((const NamedWork *)data)->work, &f, libcurl_too);
    works_end(&f);
}

int main(int argc, char **argv)
{
    libcurl_too = g_getenv("KAMIWAZA_TEST_LIBCURL") != NULL;
    if (libcurl_too) /* hands libcurl this program's allocator */
        kz_global_init(KZ_WIPE, NULL);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory/calls/a-loading-of-a-plugin", test_load);
    for (gsize i = 0; i < n_works; i++) {
        char *path = g_strconcat("/memory/calls/", works[i].name, NULL);
        if (!libcurl_too || !(works[i].on_a_loop || works[i].by_name))
            g_test_add_data_func(path, &works[i], fail_each);
        g_free(path);
    }
    return g_test_run();
}
