/* test-by-name.c: operations by their names with arguments as JSON, as the command and bindings call them; pieces of JSON. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <json-c/json.h>
#include <kamiwaza/plugin.h>

static bool call(Fixture *f, const char *name, const char *arguments, kz_answer *answer)
{
    return kz_call_by_name(
        f->client, name, arguments ? (kz_json){ arguments, strlen(arguments) } : (kz_json){ 0 }, NULL, answer, &f->error);
}

static void test_content(void)
{
    Fixture f;
    kz_answer answer;
    begin_with(&f, &(WireAnswer){ ANSWER, -1, 0 });
    char *path = g_build_filename(g_get_tmp_dir(), "kz-by-name.txt", NULL);
    g_assert_true(g_file_set_contents(path, "of a file", -1, NULL));
    char *arguments = g_strdup_printf(
        "{\"file\":{\"$bytes\":\"aGVsbG8=\"},\"others\":[{\"$file\":{\"filename\":\"n.bin\",\"$bytes\":\"_-8\"}},"
        "{\"$file\":{\"path\":\"%s\",\"content_type\":\"text/x\"}}],\"labels\":[\"l\"]}",
        path);
    g_assert_true(call(&f, "kinds.parts", arguments, &answer));
    no_error(&f);
    kz_free(answer.result);
    const char *request = wire_request(f.server, 0);
    g_assert_nonnull(strstr(request, "\r\n\r\nhello\r\n"));
    g_assert_nonnull(strstr(request, "filename=\"n.bin\""));
    g_assert_nonnull(strstr(request, "filename=\"kz-by-name.txt\"\r\nContent-Type: text/x\r\n\r\nof a file\r\n"));
    static const char *const wrong[] = { "{\"file\":5}", "{\"file\":{}}", "{\"file\":{\"$bytes\":5}}",
        "{\"file\":{\"$bytes\":\"a\"}}", "{\"file\":{\"$bytes\":\"a!aa\"}}", "{\"file\":{\"$bytes\":\"aa=a\"}}",
        "{\"file\":{\"$file\":{\"path\":\"a\\u0000b\"}}}", "{\"file\":{\"$bytes\":\"aaa" };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_false(call(&f, "kinds.parts", wrong[i], &answer));
        g_test_message("%s", f.error->message);
        expect_error(&f, KZ_ERROR_ARGUMENT, NULL);
    }
    g_assert_cmpuint(wire_count(f.server), ==, 1);
    g_remove(path);
    g_free(path);
    end(&f);
    g_free(arguments);
}

static void test_wrong_names(void)
{
    static const struct {
        const char *name, *arguments, *says;
    } cases[] = { { "kinds.boby", NULL, "body" }, { "kinds", NULL, "SERVICE.METHOD" }, { "kinds.", NULL, "SERVICE.METHOD" },
        { NULL, NULL, "SERVICE.METHOD" }, { "kinds.body", "{\"nane\":\"x\"}", "name" },
        { "kinds.truth", "{\"quite_something\":1}", "none" }, { "kinds.form", "{\"zzzzzzzzzzzz\":1}", "count" },
        { "kinds.body", "{\"name\":5}", "name" }, { "kinds.body", "{\"name\":\"n\",\"inners\":{}}", "inners" },
        { "kinds.body", "{\"name\":\"n\",\"numbers\":[1,\"x\"]}", "numbers[1]" }, { "kinds.body", "[]", NULL },
        { "kinds.body", "{\"name\":\"n\"", "line 1" },
        { "kinds.body", "{\"name\":\"n\",\"shape\":{\"kind\":\"square\",\"side\":2,\"kind\":\"circle\"}}", "a second value" } };
    Fixture f;
    kz_answer answer;
    begin_with(&f, &(WireAnswer){ ANSWER, -1, 0 });
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_false(call(&f, cases[i].name, cases[i].arguments, &answer));
        g_test_message("%s", f.error->message);
        expect_error(&f, KZ_ERROR_ARGUMENT, cases[i].says);
    }
    g_assert_false(call(&f, "nothing.at_all", NULL, &answer));
    expect_error(&f, KZ_ERROR_PLUGIN_NOT_FOUND, "nothing.so");
    g_assert_false(kz_call_by_name(f.client, "kinds.truth", (kz_json){ 0 }, NULL, NULL, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "place");
    g_assert_cmpuint(wire_count(f.server), ==, 0);
    end(&f);
}

static void test_streams(void)
{
    Fixture f;
    kz_answer answer;
    const WireAnswer script[] = { { UNTIL_CLOSE("text/event-stream") "data: {\"n\":1,\"new\":2}\n\n", -1, WIRE_CLOSE },
        { UNTIL_CLOSE("application/octet-stream") "raw", -1, WIRE_CLOSE },
        { HEAD("application/json", "12") "[{\"id\":\"1\"}]", -1, 0 }, { "HTTP/1.1 204 Fine\r\n\r\n", -1, 0 } };
    begin(&f, script, 4, NULL);
    g_assert_true(call(&f, "kinds.events", NULL, &answer));
    g_assert_null(answer.result);
    kz_json text = kz_json_of(kz_stream_next(answer.stream, &f.error));
    g_assert_cmpmem(text.text, text.length, "{\"n\":1,\"new\":2}", 15);
    kz_stream_close(answer.stream);
    g_assert_true(call(&f, "kinds.chunks", NULL, &answer));
    g_assert_true(answer.is_bytes);
    kz_stream_close(answer.stream);
    g_assert_true(call(&f, "kinds.list_each", "{\"limit\":2}", &answer));
    g_assert_nonnull(kz_stream_next(answer.stream, &f.error));
    g_assert_null(kz_stream_next(answer.stream, &f.error));
    kz_stream_close(answer.stream);
    g_assert_true(call(&f, "kinds.bare", "{\"body\":{\"$bytes\":\"\"}}", &answer));
    g_assert_true(!answer.result && !answer.stream);
    end(&f);
}

static void test_wrong_uses(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ ANSWER, -1, 0 });
    g_assert_null(kz_call(f.kinds, &kz_kinds_events_op, NULL, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "kz_call_stream");
    g_assert_null(kz_call_stream(f.kinds, &kz_kinds_truth_op, NULL, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "no stream");
    g_assert_null(kz_kinds_truth(NULL, NULL, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "without a service");
    g_assert_null(kz_stream_next(NULL, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "stream");
    g_assert_false(kz_stream_each(NULL, NULL, NULL, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "stream");
    g_assert_null(kz_client_service(f.client, NULL, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "name");
    g_assert_null(kz_client_plugins(NULL, false, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "client");
    g_assert_null(kz_client_operation_at(f.client, "kinds", 1000, &f.error));
    no_error(&f);
    kz_free(NULL);
    kz_stream_close(NULL);
    kz_client_free(NULL);
    kz_service_free(NULL);
    kz_cancel_free(NULL);
    kz_cancel_now(NULL);
    kz_loop_free(NULL);
    kz_pending_free(NULL);
    kz_pending_cancel(NULL);
    kz_pending_resume(NULL);
    g_assert_cmpint(kz_loop_fd(NULL), ==, -1);
    g_assert_cmpuint(kz_loop_dispatch(NULL) + kz_loop_wait(NULL, 0), ==, 0);
    g_assert_null(kz_keep(NULL));
    g_assert_cmpuint(wire_count(f.server), ==, 0);
    end(&f);
}

/* An error that is there already lets nothing happen. */
static void test_errors_stick(void)
{
    Fixture f;
    kz_answer answer;
    begin_with(&f, &(WireAnswer){ ANSWER, -1, 0 });
    kz_error_set(&f.error, KZ_ERROR_STATE, NULL, "before");
    g_assert_null(kz_kinds_truth(f.kinds, NULL, &f.error));
    g_assert_null(kz_kinds_events(f.kinds, NULL, &f.error));
    g_assert_false(call(&f, "kinds.truth", NULL, &answer));
    g_assert_null(kz_kinds_with_options(f.kinds, &(kz_call_options){ 0 }, &f.error));
    g_assert_null(kz_loop_new(f.client, &f.error));
    g_assert_null(kz_submit(NULL, f.kinds, &kz_kinds_truth_op, NULL, NULL, NULL, &f.error));
    g_assert_null(kz_pending_take(NULL, &f.error));
    g_assert_null(kz_cancel_new(&f.error));
    g_assert_null(kz_client_plugins(f.client, false, &f.error));
    g_assert_false(kz_global_init(0, &f.error));
    expect_error(&f, KZ_ERROR_STATE, "before");
    g_assert_cmpuint(wire_count(f.server), ==, 0);
    end(&f);
}

static void test_trees(void)
{
    kz_error *error = NULL;
    struct json_object *tree = kz_json_tree(KZ_JSON("{\"a\":[1,\"x\",null]}"), &error),
                       *nothing = kz_json_tree(KZ_JSON("null"), &error);
    g_assert_null(error);
    g_assert_null(nothing);
    void *root = NULL;
    kz_json text = kz_json_from_tree(tree, &root, &error);
    struct json_object *again = kz_json_tree(text, &error);
    g_assert_true(json_object_equal(tree, again));
    kz_free(root);
    json_object_put(tree);
    json_object_put(again);
    g_assert_null(kz_json_tree(KZ_JSON("{\"a\":\n[1,}"), &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_DECODE));
    g_assert_nonnull(strstr(error->message, "line 2"));
    kz_error_clear(&error);
    g_assert_null(kz_json_member(KZ_JSON("[1]"), "a").text);
    g_assert_cmpmem(kz_json_member(KZ_JSON(" {\"b\":1, \"\\u0061\" : [2] }"), "a").text, 3, "[2]", 3);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/by-name/content-to-upload", test_content);
    g_test_add_func("/by-name/what-is-not-known-is-named-with-the-nearest", test_wrong_names);
    g_test_add_func("/by-name/streams-pages-and-nothing", test_streams);
    g_test_add_func("/by-name/wrong-uses-are-told-and-null-is-harmless", test_wrong_uses);
    g_test_add_func("/by-name/errors-stick", test_errors_stick);
    g_test_add_func("/by-name/pieces-of-json", test_trees);
    return g_test_run();
}
