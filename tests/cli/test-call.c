/* test-call.c: `kamiwaza call`: JSON in, JSON or bytes out, a failure as one JSON object, an exit status for its class.
 */
#include "runner.h"

#include <json-c/json.h>
#include <string.h>

#define ID "11111111-1111-4111-8111-111111111111"

static const route routes[] = {
    { "GET", "/api/things", 200, NULL, "[ {\"id\": \"1\",\n \"name\": \"one\", \"unknown\": 1.50} ]", 0, NULL },
    { "GET", "/api/things/" ID, 404, NULL, "{\"detail\":\n \"There is no such thing\"}", 0, NULL },
    { "POST", "/api/things", 200, NULL, "{\"id\":\"2\",\"name\":\"two\"}", 0, NULL },
    { "GET", "/api/content", 200, "application/octet-stream", "a\0b", 3, NULL },
    { "GET", "/api/tail", 200, "text/event-stream",
        "data: {\"id\":\"1\",\ndata:  \"name\":\"one\"}\n\ndata: {\"id\":\"2\",\"name\":\"two\"}\n\n", 0, NULL },
    { "DELETE", "/api/things/" ID, 204, NULL, "", 0, NULL },
    { "GET", "/api/parts/select", 401, NULL, "{\"detail\":\"Who are you?\"}", 0, NULL },
};

/* The error object on the last line of standard error; the caller owns it. */
static json_object *error_of(const outcome *it)
{
    g_auto(GStrv) lines = g_strsplit(g_strchomp(it->err), "\n", -1);
    guint n = g_strv_length(lines);
    g_assert_cmpuint(n, >, 0);
    json_object *whole = json_tokener_parse(lines[n - 1]), *error = NULL;
    if (!whole || !json_object_object_get_ex(whole, "error", &error))
        g_test_message("no error object: %s", it->err);
    g_assert_nonnull(error);
    json_object_get(error);
    json_object_put(whole);
    return error;
}

static const char *member(json_object *error, const char *name)
{
    json_object *value = NULL;
    return json_object_object_get_ex(error, name, &value) ? json_object_get_string(value) : NULL;
}

static server *start(void)
{
    server *it = server_start(routes, G_N_ELEMENTS(routes));
    runner_set("KAMIWAZA_BASE_URL", server_url(it));
    return it;
}

static void test_result_is_printed_as_received(void)
{
    server *it = start();
    g_auto(outcome) done = run("call", "probe.list_things", "{\"load_files\": true}", NULL);
    assert_status(&done, 0);
    g_assert_cmpstr(done.out, ==, "[ {\"id\": \"1\",\n \"name\": \"one\", \"unknown\": 1.50} ]\n");
    g_assert_cmpstr(done.err, ==, "");
    g_auto(GStrv) asked = server_requests(it);
    g_assert_cmpstr(asked[0], ==, "GET /api/things?load_files=true\n");
    g_assert_null(asked[1]);
    server_stop(it);
}

static void test_stream_is_one_value_a_line(void)
{
    server *it = start();
    g_auto(outcome) done = run("call", "probe.tail", NULL);
    assert_status(&done, 0);
    g_auto(GStrv) lines = g_strsplit(done.out, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 3);
    for (int i = 0; i < 2; i++) {
        json_object *item = json_tokener_parse(lines[i]);
        g_assert_cmpstr(member(item, "name"), ==, i ? "two" : "one");
        json_object_put(item);
    }
    server_stop(it);
}

static void test_bytes_are_written_as_they_are(void)
{
    server *it = start();
    g_auto(outcome) done = run("call", "probe.content", NULL);
    assert_status(&done, 0);
    g_assert_cmpmem(done.out, done.out_length, "a\0b", 3);
    server_stop(it);
}

static void test_output_names_a_file(void)
{
    server *it = start();
    g_auto(outcome) done = run("call", "probe.content", "--output", "content.bin", NULL);
    assert_status(&done, 0);
    g_assert_cmpstr(done.out, ==, "");
    g_autofree char *path = g_build_filename(runner_home(), "content.bin", NULL), *data = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(path, &data, &length, NULL));
    g_assert_cmpmem(data, length, "a\0b", 3);
    server_stop(it);
}

static void test_failure_leaves_no_output_file(void)
{
    server *it = start();
    g_auto(outcome) done = run("call", "probe.get", "{\"thing_id\":\"" ID "\"}", "-o", "never.json", NULL);
    assert_status(&done, 1);
    g_autofree char *path = g_build_filename(runner_home(), "never.json", NULL);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    server_stop(it);
}

static void test_no_content_prints_nothing(void)
{
    server *it = start();
    g_auto(outcome) done = run("call", "probe.remove", "{\"thing_id\":\"" ID "\"}", NULL);
    assert_status(&done, 0);
    g_assert_cmpstr(done.out, ==, "");
    g_assert_cmpstr(done.err, ==, "");
    server_stop(it);
}

static void test_arguments_come_from_file_and_input(void)
{
    server *it = start();
    g_autofree char *path = g_build_filename(runner_home(), "args.json", NULL);
    g_assert_true(g_file_set_contents(path, "{\"thing\": {\"name\": \"two\"}}", -1, NULL));
    g_auto(outcome) file = run("call", "probe.make", "@args.json", NULL);
    assert_status(&file, 0);
    g_auto(outcome) input = run_with_input("{\"name\": \"three\"}", "call", "probe.make", "-", NULL);
    assert_status(&input, 0);
    g_auto(GStrv) asked = server_requests(it);
    g_assert_cmpstr(asked[0], ==, "POST /api/things\n{\"name\":\"two\"}");
    g_assert_cmpstr(asked[1], ==, "POST /api/things\n{\"name\":\"three\"}");
    server_stop(it);
}

static void test_api_error_tells_what_is_known(void)
{
    server *it = start();
    g_auto(outcome) done = run("call", "probe.get", "{\"thing_id\":\"" ID "\"}", NULL);
    assert_status(&done, 1);
    json_object *error = error_of(&done);
    g_assert_cmpstr(member(error, "class"), ==, "not_found");
    g_assert_cmpstr(member(error, "status"), ==, "404");
    g_assert_cmpstr(member(error, "method"), ==, "GET");
    g_assert_cmpstr(member(error, "request_id"), ==, "request-7");
    g_assert_cmpstr(member(error, "attempts"), ==, "1");
    g_assert_cmpstr(member(error, "detail"), ==, "There is no such thing");
    g_assert_nonnull(member(error, "message"));
    assert_lacks(done.err, "the-secret-key");
    json_object_put(error);
    server_stop(it);
}

static void expect(const outcome *done, int status, const char *class, const char *part)
{
    assert_status(done, status);
    json_object *error = error_of(done);
    g_assert_cmpstr(member(error, "class"), ==, class);
    assert_holds(member(error, "message"), part);
    json_object_put(error);
}

static void test_exit_status_tells_the_class(void)
{
    server *it = start();
    g_auto(outcome) refused = run("call", "probe.parts.select", NULL);
    expect(&refused, 5, "authentication", "");
    server_stop(it);
    g_auto(outcome) down = run("call", "probe.list", NULL);
    expect(&down, 4, "connection", "");
    g_auto(outcome) setting = run("call", "probe.list", "--set", "timeout=soon", NULL);
    expect(&setting, 3, "config", "timeout");
    g_auto(outcome) plugin = run("call", "nowhere.list", NULL);
    expect(&plugin, 3, "plugin", "nowhere");
}

static void test_bad_arguments_send_nothing(void)
{
    server *it = start();
    g_auto(outcome) uuid = run("call", "probe.get", "{\"thing_id\": \"not-a-uuid\"}", NULL);
    expect(&uuid, 2, "argument", "thing_id");
    g_auto(outcome) left_out = run("call", "probe.get", NULL);
    expect(&left_out, 2, "argument", "thing_id");
    g_auto(outcome) list = run("call", "probe.get", "[1]", NULL);
    expect(&list, 2, "argument", "object");
    g_auto(outcome) name = run("call", NULL);
    expect(&name, 2, "argument", "SERVICE.METHOD");
    g_auto(GStrv) asked = server_requests(it);
    g_assert_null(asked[0]);
    server_stop(it);
}

static void test_unknown_names_tell_the_nearest(void)
{
    g_auto(outcome) method = run("call", "probe.lsit", NULL);
    expect(&method, 2, "argument", "list");
    g_auto(outcome) name = run("call", "probe.list", "{\"load_fils\": true}", NULL);
    expect(&name, 2, "argument", "load_files");
}

static void test_broken_json_names_line_and_column(void)
{
    g_auto(outcome) done = run("call", "probe.list", "{\n  \"limit\": }", NULL);
    expect(&done, 2, "argument", "line 2");
    expect(&done, 2, "argument", "column 12");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/call/result-is-printed-as-received", test_result_is_printed_as_received);
    g_test_add_func("/cli/call/stream-is-one-value-a-line", test_stream_is_one_value_a_line);
    g_test_add_func("/cli/call/bytes-are-written-as-they-are", test_bytes_are_written_as_they_are);
    g_test_add_func("/cli/call/output-names-a-file", test_output_names_a_file);
    g_test_add_func("/cli/call/failure-leaves-no-output-file", test_failure_leaves_no_output_file);
    g_test_add_func("/cli/call/no-content-prints-nothing", test_no_content_prints_nothing);
    g_test_add_func("/cli/call/arguments-come-from-file-and-input", test_arguments_come_from_file_and_input);
    g_test_add_func("/cli/call/api-error-tells-what-is-known", test_api_error_tells_what_is_known);
    g_test_add_func("/cli/call/exit-status-tells-the-class", test_exit_status_tells_the_class);
    g_test_add_func("/cli/call/bad-arguments-send-nothing", test_bad_arguments_send_nothing);
    g_test_add_func("/cli/call/unknown-names-tell-the-nearest", test_unknown_names_tell_the_nearest);
    g_test_add_func("/cli/call/broken-json-names-line-and-column", test_broken_json_names_line_and_column);
    return runner_main();
}
