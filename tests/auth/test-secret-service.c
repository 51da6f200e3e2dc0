/* test-secret-service.c: the token store in the desktop's keyring, against a real one on a bus of the test's own: entries are kept, nobody
 * is held up, and a keyring that is locked, restarted or not there is an error that says so. */
#include "keyring-session.h"

#include <dlfcn.h>
#include <kamiwaza/auth-plugin.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The plugin's clock, which the test can put ahead. */
static gint64 ahead;
__attribute__((visibility("default"))) gint64 g_get_monotonic_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return ahead + (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

typedef struct Fixture {
    KeyringSession session;
    const kz_store_vtable *table;
    void *store;
    bool skipped;
} Fixture;

static const kz_store_vtable *load(void)
{
    char *path = g_build_filename(g_getenv("KAMIWAZA_TEST_PLUGINS"), "store-secret-service.so", NULL);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        g_error("%s", dlerror());
    const kz_plugin_descriptor *descriptor = dlsym(object, "kz_plugin");
    g_assert_cmpuint(descriptor->kind, ==, KZ_PLUGIN_STORE);
    g_free(path);
    return descriptor->vtable;
}

static void set_up(Fixture *f, gconstpointer with_keyring)
{
    kz_error *error = NULL;
    *f = (Fixture){ .table = load(), .skipped = keyring_session_missing() != NULL };
    if (f->skipped)
        return;
    keyring_session_begin(&f->session);
    if (with_keyring)
        keyring_session_start(&f->session);
    f->store = f->table->create(NULL, &error);
    g_assert_null(error);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    if (f->skipped)
        return;
    f->table->destroy(f->store);
    keyring_session_end(&f->session);
    ahead = 0;
}

static bool skips(const Fixture *f)
{
    if (f->skipped)
        g_test_skip("dbus-daemon or gnome-keyring-daemon is not installed");
    return f->skipped;
}

/* No call may hold up its thread: waiting is the caller's. */
static void pause_for(gint64 began, double wait)
{
    g_assert_cmpint(g_get_monotonic_time() - began, <, 2 * G_USEC_PER_SEC);
    g_assert_cmpfloat(wait, >, 0);
    g_assert_cmpfloat(wait, <=, 0.2);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_usleep((gulong)(wait * 1e6)); /* as long as the store says */
}

static bool write_entry(Fixture *f, const char *key, const char *text, kz_error **error)
{
    for (;;) {
        double wait = 0;
        gint64 began = g_get_monotonic_time();
        kz_step step = f->table->write(f->store, key, "a label", text, text ? strlen(text) : 0, &wait, error);
        if (step != KZ_STEP_WAIT)
            return step == KZ_STEP_DONE;
        pause_for(began, wait);
    }
}

static kz_step read_once(Fixture *f, const char *key, char **text, kz_error **error)
{
    double wait = 0;
    size_t length = 0;
    gint64 began = g_get_monotonic_time();
    *text = NULL;
    kz_step step = f->table->read(f->store, key, text, &length, &wait, error);
    if (step == KZ_STEP_WAIT)
        pause_for(began, wait);
    g_assert_true(!*text || strlen(*text) == length);
    return step;
}

static void expect(Fixture *f, const char *key, const char *expected)
{
    kz_error *error = NULL;
    char *text;
    kz_step step;
    do
        step = read_once(f, key, &text, &error);
    while (step == KZ_STEP_WAIT);
    g_assert_cmpstr(error ? error->message : NULL, ==, NULL);
    g_assert_cmpint(step, ==, KZ_STEP_DONE);
    g_assert_cmpstr(text, ==, expected);
    free(text);
}

static void put(Fixture *f, const char *key, const char *text)
{
    kz_error *error = NULL;
    bool done = write_entry(f, key, text, &error);
    g_assert_cmpstr(error ? error->message : NULL, ==, NULL);
    g_assert_true(done);
}

/* Reading, writing and removing fail with this error. */
static void expect_refusal(Fixture *f, kz_error_code code, const char *part)
{
    for (int how = 0; how < 3; how++) {
        kz_error *error = NULL;
        char *text = NULL;
        kz_step step = KZ_STEP_WAIT;
        if (how)
            step = write_entry(f, "key", how == 1 ? "new" : NULL, &error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
        while (!how && step == KZ_STEP_WAIT)
            step = read_once(f, "key", &text, &error);
        g_assert_null(text);
        g_assert_cmpint(step, ==, KZ_STEP_FAILED);
        g_test_message("%s", error->message);
        if (error->code != code || !strstr(error->message, part) || !strstr(error->message, "token_store"))
            g_error("%d: %s: %s", how, kz_error_class(error->code), error->message);
        kz_error_free(error);
    }
}

static void test_keeps(Fixture *f, gconstpointer data)
{
    (void)data;
    if (skips(f))
        return;
    expect(f, "https://host/api oauth me", NULL);
    put(f, "https://host/api oauth me", "{\"token\":\"\xc3\xa9\"}");
    put(f, "another", "second");
    expect(f, "https://host/api oauth me", "{\"token\":\"\xc3\xa9\"}");
    put(f, "another", "third");
    expect(f, "another", "third");
    put(f, "another", NULL);
    expect(f, "another", NULL);
    put(f, "another", NULL);
    expect(f, "https://host/api oauth me", "{\"token\":\"\xc3\xa9\"}");
}

/* An item that people find in their keyring by its label, and other programs by its attributes. */
static void test_attributes(Fixture *f, gconstpointer data)
{
    (void)data;
    if (skips(f))
        return;
    put(f, "key", "text");
    GVariantBuilder attributes;
    g_variant_builder_init(&attributes, G_VARIANT_TYPE("a{ss}"));
    g_variant_builder_add(&attributes, "{ss}", "application", "kamiwaza");
    g_variant_builder_add(&attributes, "{ss}", "key", "key");
    GError *error = NULL;
    GVariant *found = g_dbus_connection_call_sync(f->session.connection, "org.freedesktop.secrets", "/org/freedesktop/secrets",
        "org.freedesktop.Secret.Service", "SearchItems", g_variant_new("(a{ss})", &attributes), G_VARIANT_TYPE("(aoao)"),
        G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
    g_assert_no_error(error);
    char **unlocked, **locked;
    g_variant_get(found, "(^ao^ao)", &unlocked, &locked);
    g_assert_cmpuint(g_strv_length(unlocked), ==, 1);
    g_assert_cmpuint(g_strv_length(locked), ==, 0);
    GVariant *label = g_dbus_connection_call_sync(f->session.connection, "org.freedesktop.secrets", unlocked[0],
        "org.freedesktop.DBus.Properties", "Get", g_variant_new("(ss)", "org.freedesktop.Secret.Item", "Label"),
        G_VARIANT_TYPE("(v)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
    g_assert_no_error(error);
    char *text = g_variant_print(label, FALSE);
    g_assert_cmpstr(text, ==, "(<'a label'>,)");
    g_free(text);
    g_variant_unref(label);
    g_variant_unref(found);
    g_strfreev(unlocked);
    g_strfreev(locked);
}

/* While the keyring does not answer, the caller is only told to come again. */
static void test_slow(Fixture *f, gconstpointer data)
{
    (void)data;
    if (skips(f))
        return;
    kz_error *error = NULL;
    char *text;
    put(f, "key", "text");
    keyring_session_stop(&f->session);
    for (int i = 0; i < 10; i++)
        g_assert_cmpint(read_once(f, "key", &text, &error), ==, KZ_STEP_WAIT);
    g_subprocess_send_signal(f->session.keyring, SIGCONT);
    expect(f, "key", "text");
}

static void test_locked(Fixture *f, gconstpointer data)
{
    (void)data;
    if (skips(f))
        return;
    put(f, "key", "text");
    keyring_session_lock(&f->session);
    expect_refusal(f, KZ_ERROR_STATE, "is locked"); /* there is nobody who could be asked */
    keyring_session_kill(&f->session);
    keyring_session_start(&f->session); /* with its password */
    expect(f, "key", "text");
}

/* Somebody is asked for the password, and never answers. Nobody is asked twice at once, and a client that goes away does not wait. The last
 * test, since GLib's connection to this bus lives as long as the prompt. */
static void test_prompt_is_bounded(Fixture *f, gconstpointer data)
{
    (void)data;
    if (skips(f))
        return;
    kz_error *error = NULL;
    char *text;
    put(f, "key", "text");
    keyring_session_hang_prompts(&f->session);
    keyring_session_lock(&f->session);
    for (int i = 0; i < 20; i++)
        g_assert_cmpint(read_once(f, "key", &text, &error), ==, KZ_STEP_WAIT);
    ahead += 61 * G_USEC_PER_SEC;
    g_assert_cmpint(read_once(f, "key", &text, &error), ==, KZ_STEP_FAILED);
    g_assert_cmpint(error->code, ==, KZ_ERROR_STATE);
    g_assert_nonnull(strstr(error->message, "nobody unlocked it"));
    kz_error_free(error);
    expect_refusal(f, KZ_ERROR_STATE, "nobody unlocked it");
    gint64 began = g_get_monotonic_time();
    f->table->destroy(f->store);
    g_assert_cmpint(g_get_monotonic_time() - began, <, 3 * G_USEC_PER_SEC);
    error = NULL;
    f->store = f->table->create(NULL, &error);
    g_assert_null(error);
}

static void test_restarted(Fixture *f, gconstpointer data)
{
    (void)data;
    if (skips(f))
        return;
    put(f, "key", "text");
    keyring_session_kill(&f->session);
    expect_refusal(f, KZ_ERROR_CONFIG, "There is no keyring");
    keyring_session_start(&f->session);
    expect(f, "key", "text");
}

static void test_no_service(Fixture *f, gconstpointer data)
{
    (void)data;
    if (skips(f))
        return;
    expect_refusal(f, KZ_ERROR_CONFIG, "There is no keyring (org.freedesktop.secrets) on the session bus");
}

static void test_no_bus(Fixture *f, gconstpointer data)
{
    (void)data;
    kz_error *error = NULL;
    if (skips(f))
        return;
    f->table->destroy(f->store);
    char *address = g_strdup(g_getenv("DBUS_SESSION_BUS_ADDRESS"));
    g_setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/no/such/bus", TRUE);
    f->store = f->table->create(NULL, &error);
    expect_refusal(f, KZ_ERROR_CONFIG, "cannot be reached");
    g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
    g_unsetenv("XDG_RUNTIME_DIR");
    expect_refusal(f, KZ_ERROR_CONFIG, "There is no session bus");
    g_setenv("DBUS_SESSION_BUS_ADDRESS", address, TRUE); /* it is asked anew */
    keyring_session_start(&f->session);
    put(f, "key", "text");
    expect(f, "key", "text");
    g_free(address);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, keyring, function) \
    g_test_add("/secret-service/" path, Fixture, GINT_TO_POINTER(keyring), set_up, function, tear_down)
    TEST("keeps-entries-apart", 1, test_keeps);
    TEST("items-have-attributes-and-a-label", 1, test_attributes);
    TEST("a-slow-keyring-holds-nobody-up", 1, test_slow);
    TEST("a-locked-keyring-is-an-error", 1, test_locked);
    TEST("a-restarted-keyring-is-found-again", 1, test_restarted);
    TEST("no-keyring-says-what-to-do", 0, test_no_service);
    TEST("no-bus-says-what-to-do", 0, test_no_bus);
    TEST("a-prompt-is-bounded", 1, test_prompt_is_bounded);
    return g_test_run();
}
