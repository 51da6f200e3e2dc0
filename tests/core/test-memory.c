/* test-memory.c: the n-th allocation of the library fails, for every n until none does: each time the work ends well or with
 * NO_MEMORY, nothing leaks (the sanitizers look), and the next run works. */
#include "../json/things.h"
#include "config.h"
#include "engine.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* The linker leads the library's allocations here. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static int countdown = -1; /* negative: none fails */

static bool fails(void)
{
    return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

/* Runs `work` until no allocation is left to fail; it returns whether it succeeded, with the slot empty then. */
static void fail_each(bool (*work)(kz_error **error))
{
    for (int n = 0;; n++) {
        kz_error *error = NULL;
        g_assert_cmpint(n, <, 5000);
        countdown = n;
        bool done = work(&error);
        bool all = countdown >= 0;
        countdown = -1;
        g_assert_true(done == !error);
        if (error && error->code != KZ_ERROR_NO_MEMORY)
            g_error("allocation %d: %s", n, error->message);
        kz_error_free(error);
        if (all) {
            g_assert_true(done);
            return;
        }
    }
}

static bool read_json(kz_error **error)
{
    static const char text[] =
        "{\"name\":\"x\\n\",\"parts\":[{\"words\":[\"a\",\"b\"]},{\"labels\":{\"k\":\"v\"}}],\"any\":[1],\"later\":1}";
    kzi_scope *scope = kzi_scope_new(1);
    if (!scope)
        return kz_error_no_memory(error);
    thing *t = kzi_json_read(&thing_schema, scope, text, sizeof text - 1, NULL, error);
    if (!t) {
        kzi_scope_free(scope);
        return false;
    }
    kz_result_changed(t);
    bool done = kzi_result_finish(t, error);
    kz_free(kz_keep(t));
    kz_free(t);
    return done;
}

static bool long_list(kz_error **error)
{
    char text[2048] = "{\"numbers\":[0";
    for (int i = 0; i < 300; i++)
        strcat(text, ",12345");
    strcat(text, "]}");
    kzi_scope *scope = kzi_scope_new(1);
    thing *t = scope ? kzi_json_read(&thing_schema, scope, text, strlen(text), NULL, error) : NULL;
    if (!scope)
        kz_error_no_memory(error);
    kzi_scope_free(scope);
    return t != NULL;
}

static bool write_json(kz_error **error)
{
    const order o = { .name = "a\n\"",
        .ratio = KZ_NUMBER(0.25),
        .parts = (order[]){ { .name = "p" } },
        .n_parts = 1,
        .extra = KZ_JSON("{\"k\":[1,2]}") };
    kzi_buffer out = { 0 };
    bool done = kzi_params_check(&order_schema, &o, NULL, error) &&
        kzi_json_write(&out, &order_schema, &o, KZ_IN_BODY, NULL, error);
    kzi_buffer_free(&out);
    return done;
}

static bool make_client(kz_error **error)
{
    kz_config *config = kz_config_new(error);
    bool done = config && kz_config_set(config, "base_url", "https://host/api", error) &&
        kz_config_set(config, "headers", "A: b\nC: d", error) && kz_config_set(config, "plugin_path", "/a:/b", error) &&
        kz_config_set_isolated(config, true, error);
    kz_client *client = done ? kz_client_new(config, error) : NULL;
    kz_client_free(client);
    kz_config_free(config);
    return client != NULL;
}

static bool make_options(kz_error **error)
{
    const kz_string_entry entries[] = { { "A", "b" }, { "C", NULL } };
    const kz_call_options wanted = {
        .headers = entries, .n_headers = 2, .query = entries, .n_query = 2, .body = KZ_JSON("{\"x\":1}")
    };
    kzi_options *options = kzi_options_new(NULL, &wanted, error);
    kzi_options_unref(options);
    return options != NULL;
}

static bool make_errors(kz_error **error)
{
    kz_error *made = NULL, *cause = NULL;
    kz_error_set(&cause, KZ_ERROR_CONNECTION, "x", "%0600d", 1);
    kz_error_wrap(&made, &cause, KZ_ERROR_STATE, NULL, "%s", "above");
    bool done = made->code == KZ_ERROR_STATE && made->cause->code == KZ_ERROR_CONNECTION;
    kz_error_free(made);
    if (!done)
        kz_error_no_memory(error);
    return done;
}

#define TEST(name)                \
    static void test_##name(void) \
    {                             \
        fail_each(name);          \
    }
TEST(read_json)
TEST(long_list)
TEST(write_json)
TEST(make_client)
TEST(make_options)
TEST(make_errors)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kz_client_free(kz_client_new(NULL, NULL)); /* what is prepared once is not counted */
    g_test_add_func("/memory/reading-json-survives-every-failure", test_read_json);
    g_test_add_func("/memory/long-lists-survive-every-failure", test_long_list);
    g_test_add_func("/memory/writing-json-survives-every-failure", test_write_json);
    g_test_add_func("/memory/making-a-client-survives-every-failure", test_make_client);
    g_test_add_func("/memory/call-options-survive-every-failure", test_make_options);
    g_test_add_func("/memory/errors-survive-every-failure", test_make_errors);
    return g_test_run();
}
