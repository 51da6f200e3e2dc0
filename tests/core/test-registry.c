/* test-registry.c: plugins that are found, loaded once, and refused with a reason. */
#include <dlfcn.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <kamiwaza/plugin.h>
#include <pthread.h>
#include <string.h>

static kz_client *client_of(const char *folder)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "plugin_path", folder, &error);
    kz_client *client = kz_client_new(config, &error);
    kz_config_free(config);
    g_assert_null(error);
    return client;
}

static void refuse(const char *folder, const char *name, kz_error_code code, const char *part)
{
    kz_error *error = NULL;
    kz_client *client = client_of(folder);
    g_assert_null(kz_client_service(client, name, &error));
    if (error->code != code || !strstr(error->message, part))
        g_error("%s: %s", kz_error_class(error->code), error->message);
    kz_error_free(error);
    kz_client_free(client);
}

static const char *plugins(void)
{
    return g_getenv("KAMIWAZA_TEST_PLUGINS");
}

static void test_wrong(void)
{
    refuse(plugins(), "old", KZ_ERROR_PLUGIN_INCOMPATIBLE, "ABI 0.0");
    refuse(plugins(), "liar", KZ_ERROR_PLUGIN_INCOMPATIBLE, "another name");
    refuse(plugins(), "nowhere", KZ_ERROR_PLUGIN_INCOMPATIBLE, "a descriptor that lies outside of its file");
    refuse(plugins(), "none", KZ_ERROR_PLUGIN_INCOMPATIBLE, "no symbol kz_plugin");
    refuse(plugins(), "lost", KZ_ERROR_PLUGIN_INCOMPATIBLE, "needs kz_there_is_no_such_function(), which this library");
    refuse(plugins(), "lonely", KZ_ERROR_PLUGIN, "undefined symbol: there_is_no_such_function_of_anybody");
    refuse(plugins(), "absent", KZ_ERROR_PLUGIN_NOT_FOUND, "libkamiwaza1-plugin-absent");
    refuse("/no/such/folder", "absent", KZ_ERROR_PLUGIN_NOT_FOUND, "/no/such/folder (which is missing)");
    refuse(plugins(), "../good", KZ_ERROR_ARGUMENT, "no name of a plugin");
    refuse(plugins(), "/etc/good", KZ_ERROR_ARGUMENT, "no name of a plugin");
    refuse(plugins(), "..", KZ_ERROR_ARGUMENT, "no name of a plugin");
    refuse(plugins(), "", KZ_ERROR_ARGUMENT, "no name of a plugin");
    refuse(plugins(), "Good", KZ_ERROR_ARGUMENT, "no name of a plugin");
    refuse(plugins(), ".good", KZ_ERROR_ARGUMENT, "no name of a plugin");
    refuse(plugins(), "good.", KZ_ERROR_ARGUMENT, "no name of a plugin");
    refuse(plugins(), "good..more", KZ_ERROR_ARGUMENT, "no name of a plugin");
    refuse(plugins(), "a.b.c", KZ_ERROR_ARGUMENT, "no name of a plugin");
}

static void test_untrusted(void)
{
    char *folder = g_dir_make_tmp("kz-plugins-XXXXXX", NULL), *from = g_build_filename(plugins(), "good.so", NULL),
         *to = g_build_filename(folder, "good.so", NULL), *bytes;
    gsize length;
    g_assert_true(g_file_get_contents(from, &bytes, &length, NULL));
    g_assert_true(g_file_set_contents(to, bytes, (gssize)length, NULL));
    g_chmod(to, 0666);
    refuse(folder, "good", KZ_ERROR_PLUGIN_UNTRUSTED, "chmod go-w");
    g_chmod(to, 0644);
    g_chmod(folder, 0777);
    refuse(folder, "good", KZ_ERROR_PLUGIN_UNTRUSTED, folder);
    g_remove(to);
    g_rmdir(folder);
    g_free(folder);
    g_free(from);
    g_free(to);
    g_free(bytes);
}

static gpointer ask(gpointer client)
{
    kz_error *error = NULL;
    kz_service *service = kz_client_service(client, "good", &error);
    g_assert_null(error);
    return service;
}

static void test_loads_once(void)
{
    kz_client *client = client_of(plugins());
    GThread *threads[32];
    gpointer first = NULL;
    for (int i = 0; i < 32; i++)
        threads[i] = g_thread_new("asker", ask, client);
    for (int i = 0; i < 32; i++) {
        gpointer service = g_thread_join(threads[i]);
        g_assert_true(!first || service == first);
        first = service;
    }
    g_assert_true(kz_service_state(first) == first); /* create() ran with the handle */
    char *path = g_build_filename(plugins(), "good.so", NULL);
    void *object = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    g_assert_nonnull(object);
    const int *times = dlsym(object, "kz_times_created");
    g_assert_cmpint(*times, ==, 1);
    dlclose(object);
    g_free(path);
    kz_client_free(client);
}

static void test_cycle(void)
{
    refuse(plugins(), "good-self", KZ_ERROR_STATE, "The service good-self is asked for while it is being created: a cycle.");
    refuse(plugins(), "good-hen", KZ_ERROR_STATE, "The service good-hen is asked for while it is being created: a cycle.");
    refuse(plugins(), "good-egg", KZ_ERROR_STATE, "The service good-egg is asked for while it is being created: a cycle.");
}

static pthread_barrier_t both;
static int n_met;

static void meet(void)
{
    if (__atomic_add_fetch(&n_met, 1, __ATOMIC_SEQ_CST) <= 2) /* then one of them is tried again */
        pthread_barrier_wait(&both);
}

static gpointer ask_for_egg(gpointer client)
{
    kz_error *error = NULL;
    g_assert_null(kz_client_service(client, "good-egg", &error));
    return error;
}

/* One thread creates the one and another the other, when each asks for what it needs. */
static void test_cycle_of_threads(void)
{
    kz_error *errors[2] = { NULL };
    kz_client *client = client_of(plugins());
    void *objects[2];
    for (int i = 0; i < 2; i++) {
        g_autofree char *path = g_build_filename(plugins(), i ? "good-egg.so" : "good-hen.so", NULL);
        objects[i] = dlopen(path, RTLD_NOW);
        g_assert_nonnull(objects[i]);
        *(void (**)(void))dlsym(objects[i], "kz_before_it_needs") = meet;
    }
    pthread_barrier_init(&both, NULL, 2);
    GThread *other = g_thread_new("egg", ask_for_egg, client);
    g_assert_null(kz_client_service(client, "good-hen", &errors[0]));
    errors[1] = g_thread_join(other);
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(errors[i]->code, ==, KZ_ERROR_STATE);
        g_assert_nonnull(strstr(errors[i]->message, "a cycle"));
        kz_error_free(errors[i]);
        dlclose(objects[i]);
    }
    pthread_barrier_destroy(&both);
    kz_client_free(client);
}

/* In a process of its own, which is ended when it waits for itself. */
static void test_ends(gconstpointer path)
{
    g_test_trap_subprocess(path, 10 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_INHERIT_STDERR);
    g_test_trap_assert_passed();
}

/* A program that holds the lock for its own use of libltdl may go on calling. */
static void test_lock_is_recursive(void)
{
    kz_client *client = client_of(plugins());
    kz_plugins_lock();
    kz_plugins_lock();
    ask(client);
    kz_plugins_unlock();
    kz_plugins_unlock();
    kz_client_free(client);
}

static void test_extension(void)
{
    kz_error *error = NULL;
    kz_service *service = NULL;
    kz_client *client = client_of(plugins());
    const kz_operation *op = kz_client_operation(client, "good.more", &service, &error);
    g_assert_null(error);
    g_assert_cmpstr(op->name, ==, "more");
    g_assert_nonnull(kz_client_operation_at(client, "good", 1, &error));
    g_assert_null(kz_client_operation_at(client, "good", 2, &error));
    g_assert_null(kz_client_operation(client, "good.gte", &service, &error));
    g_assert_nonnull(strstr(error->message, "Did you mean get?"));
    kz_error_free(error);
    kz_client_free(client);
}

static void test_listing(void)
{
    kz_error *error = NULL;
    kz_client *client = client_of(plugins());
    kz_plugin_list *names = kz_client_plugins(client, false, &error);
    for (size_t i = 0; i < names->n_items; i++)
        g_assert_null(dlopen(names->items[i].path, RTLD_NOW | RTLD_NOLOAD));
    kz_plugin_list *checked = kz_client_plugins(client, true, &error);
    g_assert_cmpuint(names->n_items, ==, 11);
    for (size_t i = 0; i < names->n_items; i++) {
        g_assert_null(names->items[i].version);
        gboolean good = g_str_has_prefix(checked->items[i].name, "good");
        g_assert_true(good == !checked->items[i].problem);
        g_assert_cmpstr(checked->items[i].version, ==, good ? "7" : NULL);
    }
    kz_free(names);
    kz_free(checked);
    kz_client_free(client);
}

/* In a process of its own: what other tests load stays loaded. */
static void test_listing_alone(void)
{
    g_test_trap_subprocess("/registry/listing/subprocess", 0, 0);
    g_test_trap_assert_passed();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/listing-opens-nothing", test_listing_alone);
    g_test_add_func("/registry/listing/subprocess", test_listing);
    g_test_add_func("/registry/what-is-wrong-is-refused-with-the-reason", test_wrong);
    g_test_add_func("/registry/what-others-may-write-is-not-loaded", test_untrusted);
    g_test_add_func("/registry/parallel-first-accesses-load-once", test_loads_once);
    g_test_add_data_func("/registry/services-that-need-each-other-are-refused", "/registry/cycle/subprocess", test_ends);
    g_test_add_func("/registry/cycle/subprocess", test_cycle);
    g_test_add_data_func("/registry/and-where-threads-meet", "/registry/threads/subprocess", test_ends);
    g_test_add_func("/registry/threads/subprocess", test_cycle_of_threads);
    g_test_add_data_func("/registry/who-holds-the-lock-may-load", "/registry/lock/subprocess", test_ends);
    g_test_add_func("/registry/lock/subprocess", test_lock_is_recursive);
    g_test_add_func("/registry/extensions-add-operations", test_extension);
    return g_test_run();
}
