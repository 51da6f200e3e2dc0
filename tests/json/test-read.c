/* test-read.c: JSON into structs by a schema, and every way in which a server's answer may not fit. */
#include "things.h"

#include <glib.h>
#include <string.h>

static thing *read_thing(const char *text, kz_error **error)
{
    kzi_scope *scope = kzi_scope_new(64);
    thing *made = kzi_json_read(&thing_schema, scope, text, strlen(text), NULL, error);
    if (!made)
        kzi_scope_free(scope);
    return made;
}

static void test_all_kinds(void)
{
    kz_error *error = NULL;
    thing *t = read_thing(
        "{\"name\":\"x\\u00e9\",\"size\":-7,\"ratio\":2.5,\"good\":true,\"any\":{\"k\":[1]},\"inner\":{\"name\":\"in\"},"
        "\"words\":[\"a\",\"b\"],\"numbers\":[1,9007199254740993],\"parts\":[{\"name\":\"p\"},{\"size\":1}],"
        "\"labels\":{\"k\":\"v\",\"n\":null},\"use\":[\"u\"],\"later\":{\"x\":1}}",
        &error);
    g_assert_null(error);
    g_assert_cmpstr(t->name, ==, "x\xc3\xa9");
    g_assert_cmpint(t->size.value, ==, -7);
    g_assert_cmpfloat(t->ratio.value, ==, 2.5);
    g_assert_true(t->good.state == KZ_SET && t->good.value);
    g_assert_cmpmem(t->any.text, t->any.length, "{\"k\":[1]}", 9);
    g_assert_cmpstr(t->inner->name, ==, "in");
    g_assert_cmpuint(t->n_words, ==, 2);
    g_assert_cmpstr(t->words[1], ==, "b");
    g_assert_cmpint(t->numbers[1], ==, 9007199254740993);
    g_assert_cmpuint(t->n_parts, ==, 2);
    g_assert_cmpstr(t->parts[0]->name, ==, "p");
    g_assert_cmpstr(t->labels[0].key, ==, "k");
    g_assert_null(t->labels[1].value);
    g_assert_null(t->use);
    g_assert_cmpstr(t->use_list[0], ==, "u");
    kz_json part = kz_json_of(t->parts[1]), later = kz_json_member(kz_json_of(t), "later");
    g_assert_cmpmem(part.text, part.length, "{\"size\":1}", 10);
    g_assert_cmpmem(later.text, later.length, "{\"x\":1}", 7);
    kz_free((void *)(uintptr_t)t->inner); /* no root: nothing happens */
    kz_free(t);
}

static void test_absent_and_null(void)
{
    thing *t = read_thing("{\"size\":null,\"name\":null,\"words\":null,\"inner\":null,\"use\":\"one\"}", NULL);
    g_assert_cmpint(t->size.state, ==, KZ_IS_NULL);
    g_assert_cmpint(t->ratio.state, ==, KZ_UNSET);
    g_assert_null(t->name);
    g_assert_cmpuint(t->n_words, ==, 0);
    g_assert_cmpstr(t->use, ==, "one");
    kz_free(t);
}

static void test_nul_in_string(void)
{
    thing *t = read_thing("{\"name\":\"a\\u0000b\"}", NULL);
    g_assert_cmpuint(kz_string_length(t->name), ==, 3);
    g_assert_cmpmem(t->name, 4, "a\0b\0", 4);
    kz_free(t);
}

static void test_wrong_places_are_named(void)
{
    static const char *const cases[][2] = {
        { "{\"size\":\"7\"}", "size" },
        { "{\"size\":1.5}", "size" },
        { "{\"size\":9223372036854775808}", "size" },
        { "{\"good\":1}", "good" },
        { "{\"name\":5}", "name" },
        { "{\"parts\":[{},{\"size\":[]}]}", "parts[1].size" },
        { "{\"words\":[\"a\",1]}", "words[1]" },
        { "{\"inner\":{\"inner\":{\"ratio\":\"x\"}}}", "inner.inner.ratio" },
        { "{\"parts\":{}}", "parts" },
        { "{\"labels\":{\"k\":1}}", "labels.k" },
        { "[]", "(root)" },
        { "{\"name\":\"x\"", "(root)" },
        { "{\"use\":7}", "use" },
        { "{} x", "(root)" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        kz_error *error = NULL;
        g_assert_null(read_thing(cases[i][0], &error));
        g_assert_cmpint(error->code, ==, KZ_ERROR_DECODE);
        g_assert_cmpstr(error->path, ==, cases[i][1]);
        kz_error_free(error);
    }
}

static void test_every_cut(void)
{
    static const char text[] = "{\"name\":\"x\\u00e9\",\"parts\":[{\"numbers\":[1,2]},{\"labels\":{\"k\":\"v\"}}],\"any\":[{}]}";
    for (size_t length = 0; length < sizeof text - 1; length++) {
        kz_error *error = NULL;
        char *cut = g_strndup(text, length);
        g_assert_null(read_thing(cut, &error));
        g_assert_true(kz_error_is(error, KZ_ERROR_DECODE));
        kz_error_free(error);
        g_free(cut);
    }
}

static void test_deep(void)
{
    GString *text = g_string_new(NULL);
    kz_error *error = NULL;
    for (int i = 0; i < 100000; i++)
        g_string_append(text, "{\"inner\":");
    g_assert_null(read_thing(text->str, &error));
    g_assert_nonnull(strstr(error->message, "max_json_depth"));
    kz_error_free(error);
    g_string_free(text, TRUE);
}

static void test_long_lists(void)
{
    GString *text = g_string_new("{\"parts\":[");
    for (int i = 0; i < 5000; i++)
        g_string_append_printf(text, "%s{\"size\":%d,\"words\":[\"w%d\"]}", i ? "," : "", i, i);
    g_string_append(text, "]}");
    thing *t = read_thing(text->str, NULL);
    g_assert_cmpuint(t->n_parts, ==, 5000);
    for (size_t i = 0; i < t->n_parts; i++)
        g_assert_cmpint(t->parts[i]->size.value, ==, (gint64)i);
    g_assert_cmpstr(t->parts[4999]->words[0], ==, "w4999");
    kz_free(t);
    g_string_free(text, TRUE);
}

static void test_kept(void)
{
    thing *t = read_thing("{\"name\":\"x\",\"later\":1}", NULL), *kept = kz_keep(t);
    kz_free(t);
    g_assert_cmpstr(kept->name, ==, "x");
    g_assert_cmpmem(kz_json_of(kept).text, kz_json_of(kept).length, "{\"name\":\"x\",\"later\":1}", 22);
    kz_free(kept);
}

static order *read_order(const char *text, const char *body_name, kz_error **error)
{
    kzi_scope *scope = kzi_scope_new(64);
    const kzi_json_options options = { .arguments = true, .body_name = body_name };
    order *made = kzi_json_read(&order_schema, scope, text, strlen(text), &options, error);
    if (!made)
        kzi_scope_free(scope);
    return made;
}

static void test_arguments(void)
{
    order *o = read_order(
        "{\"title\":\"t\",\"parts\":[{\"name\":\"a\",\"later\":1},{\"name\":\"b\"}],\"content\":{\"$bytes\":\"AGI=\"}}", NULL,
        NULL);
    g_assert_cmpstr(o->name, ==, "t");
    g_assert_cmpuint(o->n_parts, ==, 2);
    g_assert_cmpstr(o->parts[1].name, ==, "b");
    g_assert_cmpmem(o->parts[0].extra.text, o->parts[0].extra.length, "{\"later\":1}", 11);
    g_assert_cmpmem(o->content->data, o->content->length, "\0b", 2);
    kz_free(o);
    o = read_order("{\"body\":{\"name\":\"n\"},\"size\":3}", "body", NULL);
    g_assert_cmpstr(o->name, ==, "n");
    g_assert_cmpint(o->size.value, ==, 3);
    kz_free(o);
}

static void test_unknown_argument(void)
{
    kz_error *error = NULL;
    g_assert_null(read_order("{\"nmae\":\"x\"}", NULL, &error));
    g_assert_cmpint(error->code, ==, KZ_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(error->message, "Did you mean name?"));
    kz_error_free(error);
}

static void test_slot_sticks(void)
{
    kz_error *error = NULL;
    kz_error_set(&error, KZ_ERROR_STATE, NULL, "first");
    g_assert_null(read_thing("{}", &error));
    g_assert_cmpstr(error->message, ==, "first");
    kz_error_free(error);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/read/every-kind-of-member", test_all_kinds);
    g_test_add_func("/json/read/absent-and-null-are-told-apart", test_absent_and_null);
    g_test_add_func("/json/read/nul-within-a-string", test_nul_in_string);
    g_test_add_func("/json/read/what-does-not-fit-is-named-by-its-path", test_wrong_places_are_named);
    g_test_add_func("/json/read/every-cut-answer-is-an-error", test_every_cut);
    g_test_add_func("/json/read/hostile-depth-is-an-error", test_deep);
    g_test_add_func("/json/read/long-lists", test_long_lists);
    g_test_add_func("/json/read/a-kept-item-lives-on", test_kept);
    g_test_add_func("/json/read/arguments-aliases-extra-and-content", test_arguments);
    g_test_add_func("/json/read/an-unknown-argument-tells-the-nearest", test_unknown_argument);
    g_test_add_func("/json/read/errors-stick", test_slot_sticks);
    return g_test_run();
}
