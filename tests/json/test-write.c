/* test-write.c: structs to JSON: what is given, over what `from` has, under what `extra` says; and the checks before. */
#include "things.h"

#include <glib.h>
#include <math.h>
#include <string.h>

static char *written(const order *o, kz_error **error)
{
    kzi_buffer out = { 0 };
    char *text = NULL;
    if (kzi_params_check(&order_schema, o, NULL, error) && kzi_json_write(&out, &order_schema, o, KZ_IN_BODY, NULL, error))
        text = g_strndup(out.data, out.length);
    kzi_buffer_free(&out);
    return text;
}

static void expect(const order *o, const char *wanted)
{
    kz_error *error = NULL;
    char *text = written(o, &error);
    g_assert_null(error);
    g_assert_cmpstr(text, ==, wanted);
    g_free(text);
}

static void refused(const order *o, const char *path, kz_error_code code)
{
    kz_error *error = NULL;
    g_assert_null(written(o, &error));
    g_assert_cmpint(error->code, ==, code);
    g_assert_cmpstr(error->path, ==, path);
    kz_error_free(error);
}

static void test_given(void)
{
    expect(&(order){ .name = "a\"\\\n\x01\xc3\xa9" }, "{\"name\":\"a\\\"\\\\\\n\\u0001\xc3\xa9\"}");
    expect(&(order){ .name = "", .size = KZ_INT(5), .ratio = KZ_NUMBER(0.2), .good = KZ_FALSE },
        "{\"name\":\"\",\"size\":5,\"ratio\":0.2,\"good\":false}");
    expect(&(order){ .name = KZ_NULL_STRING, .size = KZ_NULL }, "{\"name\":null,\"size\":null}");
    expect(&(order){ .name = "x", .parts = (order[]){ { .name = "p" }, { .name = "q" } }, .n_parts = 2 },
        "{\"name\":\"x\",\"parts\":[{\"name\":\"p\"},{\"name\":\"q\"}]}");
    expect(&(order){ .name = "x", .parts = (order[]){ { .name = "p" } }, .n_parts = 0 }, "{\"name\":\"x\",\"parts\":[]}");
}

static void test_extra(void)
{
    expect(&(order){ .name = "x", .size = KZ_INT(1), .extra = KZ_JSON("{\"size\":2,\"top_k\":40}") },
        "{\"name\":\"x\",\"size\":2,\"top_k\":40}");
    expect(&(order){ .extra = KZ_JSON("{\"name\":\"from extra\"}") }, "{\"name\":\"from extra\"}");
    refused(&(order){ .name = "x", .extra = KZ_JSON("{broken") }, "extra", KZ_ERROR_ARGUMENT);
    refused(&(order){ .name = "x", .extra = KZ_JSON("[1]") }, "extra", KZ_ERROR_ARGUMENT);
}

static void test_from(void)
{
    static const char text[] = "{\"name\":\"old\",\"size\":9,\"ratio\":1.5,\"words\":[\"theirs\"],\"later\":true}";
    kzi_scope *scope = kzi_scope_new(64);
    thing *base = kzi_json_read(&thing_schema, scope, text, sizeof text - 1, NULL, NULL);
    expect(&(order){ .from = base, .size = KZ_INT(10) }, "{\"size\":10,\"name\":\"old\",\"ratio\":1.5,\"later\":true}");
    kz_free(base);
}

static void test_checks(void)
{
    refused(&(order){ 0 }, "name", KZ_ERROR_ARGUMENT);
    refused(NULL, "name", KZ_ERROR_ARGUMENT);
    refused(&(order){ .name = "x", .size = KZ_INT(0) }, "size", KZ_ERROR_ARGUMENT);
    refused(&(order){ .name = "x", .size = KZ_INT(101) }, "size", KZ_ERROR_ARGUMENT);
    refused(&(order){ .name = "x", .ratio = KZ_NUMBER(NAN) }, "ratio", KZ_ERROR_ARGUMENT);
    refused(&(order){ .name = "\xff" }, "name", KZ_ERROR_ARGUMENT);
    refused(&(order){ .name = "x", .parts = (order[]){ { .name = "p" }, { .size = KZ_INT(1) } }, .n_parts = 2 }, "parts[1].name",
        KZ_ERROR_ARGUMENT);
    refused(&(order){ .name = "x", .n_parts = 2 }, "parts", KZ_ERROR_ARGUMENT);
}

/* A program with a newer header: its struct has a member that this table does not know. */
typedef struct newer_order {
    order known;
    kz_opt_int later;
} newer_order;

static void test_newer_program(void)
{
    const kzi_json_options options = { .root_size = sizeof(newer_order) };
    newer_order o = { .known = { .name = "x" } };
    kz_error *error = NULL;
    g_assert_true(kzi_params_check(&order_schema, &o, &options, &error));
    o.later = KZ_INT(1);
    g_assert_false(kzi_params_check(&order_schema, &o, &options, &error));
    g_assert_cmpint(error->code, ==, KZ_ERROR_PLUGIN_INCOMPATIBLE);
    kz_error_free(error);
}

static void test_changed_result(void)
{
    static const char text[] = "{\"name\":\"old\",\"parts\":[{\"name\":\"p\",\"later\":1}],\"later\":true}";
    kzi_scope *scope = kzi_scope_new(64);
    thing *t = kzi_json_read(&thing_schema, scope, text, sizeof text - 1, NULL, NULL);
    t->name = kz_result_string(t, "new", SIZE_MAX, NULL);
    kz_result_changed(t);
    g_assert_true(kzi_result_finish(t, NULL));
    kz_json json = kz_json_of(t);
    g_assert_cmpmem(
        json.text, json.length, "{\"name\":\"new\",\"parts\":[{\"name\":\"p\",\"later\":1}],\"later\":true}", json.length);
    g_assert_cmpuint(json.length, ==, strlen("{\"name\":\"new\",\"parts\":[{\"name\":\"p\",\"later\":1}],\"later\":true}"));
    kz_free(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/write/only-what-is-given", test_given);
    g_test_add_func("/json/write/extra-wins-and-is-checked", test_extra);
    g_test_add_func("/json/write/from-is-the-base", test_from);
    g_test_add_func("/json/write/bad-arguments-are-named", test_checks);
    g_test_add_func("/json/write/a-newer-program-asks-for-nothing-unknown", test_newer_program);
    g_test_add_func("/json/write/changed-results-keep-unknown-members", test_changed_result);
    return g_test_run();
}
