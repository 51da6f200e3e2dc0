/* test-operation.c: `kamiwaza SERVICE OPERATION`: words become arguments, answers become tables, lines or JSON,
 * progress is shown, SIGINT cancels. */
#include "runner.h"

#include <signal.h>
#include <string.h>

#define ID "11111111-1111-4111-8111-111111111111"

#define THINGS                                                                                                       \
    "[{\"created\":\"2026\",\"id\":\"1\",\"name\":\"one\",\"size\":1572864,\"status\":\"READY\",\"parts\":[\"p\"]}," \
    "{\"created\":\"2025\",\"id\":\"22\",\"name\":\"a \\u001b[31mred one\",\"size\":3,\"status\":null}]"

static const route routes[] = {
    { "GET", "/api/things", 200, NULL, THINGS, 0, "[{\"id\":\"3\",\"name\":\"three\"}]" },
    { "GET", "/api/things/" ID, 200, NULL, "{\"id\":\"1\",\"name\":\"one\",\"size\":2048,\n\"parts\":[\"p\",\"q\"]}", 0, NULL },
    { "POST", "/api/things", 200, NULL, "{\"id\":\"2\",\"name\":\"two\"}", 0, NULL },
    { "GET", "/api/content", 200, "application/octet-stream", "a\0b", 3, NULL },
    { "POST", "/api/unlock", 204, NULL, "", 0, NULL },
    { "DELETE", "/api/things/" ID, 204, NULL, "", 0, NULL },
    { "GET", "/api/parts/select", 200, NULL, "\"left\"", 0, NULL },
};

static server *start(void)
{
    server *it = server_start(routes, G_N_ELEMENTS(routes));
    runner_set("KAMIWAZA_BASE_URL", server_url(it));
    return it;
}

static void expect_request(server *it, const char *request)
{
    g_auto(GStrv) asked = server_requests(it);
    guint n = g_strv_length(asked);
    g_assert_cmpuint(n, >, 0);
    g_assert_cmpstr(asked[n - 1], ==, request);
}

static void test_options_become_arguments(void)
{
    server *it = start();
    g_auto(outcome) done = run("probe", "list", "--load-files", "--kind", "round", "--tag=a", "--tag", "b", "--limit", "5", NULL);
    assert_status(&done, 0);
    expect_request(it, "GET /api/things?load_files=true&kind=round&tag=a&tag=b&limit=5\n");
    g_auto(outcome) off = run("probe", "list-things", "--no-load-files", "--tag", "[\"x\", \"y\"]", NULL);
    assert_status(&off, 0);
    expect_request(it, "GET /api/things?load_files=false&tag=x&tag=y\n");
    server_stop(it);
}

static void test_body_members_are_options(void)
{
    server *it = start();
    g_auto(outcome) done = run("probe", "make", "two \"2\"", "--weight", "0.5", "--count=-3", "--tags", "a", "--labels", "k=v",
        "--settings", "{\"deep\": [1]}", "--hidden=false", NULL);
    assert_status(&done, 0);
    expect_request(it,
        "POST /api/things\n{\"name\":\"two \\\"2\\\"\",\"weight\":0.5,\"count\":-3,\"tags\":[\"a\"],"
        "\"labels\":{\"k\":\"v\"},\"settings\":{\"deep\": [1]},\"hidden\":false}");
    g_auto(outcome) together = run("probe", "make", "--thing", "{\"name\": \"whole\"}", NULL);
    assert_status(&together, 0);
    expect_request(it, "POST /api/things\n{\"name\":\"whole\"}");
    server_stop(it);
}

static void test_secrets_need_not_be_among_the_words(void)
{
    server *it = start();
    g_autofree char *path = g_build_filename(runner_home(), "secret", NULL), *word = g_strconcat("@", path, NULL);
    g_assert_true(g_file_set_contents(path, "from a \"file\"\nand more\n", -1, NULL));
    g_auto(outcome) both = run_with_input("first line\nsecond\n", "probe", "unlock", "--word", "-", "--pin", "-", NULL);
    assert_status(&both, 0);
    expect_request(it, "POST /api/unlock\n{\"word\":\"first line\",\"pin\":\"second\"}");
    g_auto(outcome) file = run("probe", "unlock", word, "--pin", "1-@", NULL);
    assert_status(&file, 0);
    expect_request(it, "POST /api/unlock\n{\"word\":\"from a \\\"file\\\"\",\"pin\":\"1-@\"}");
    g_auto(outcome) none = run("probe", "unlock", "@/nowhere", NULL);
    assert_status(&none, 2);
    assert_holds(none.err, "word: ");
    server_stop(it);
}

static void test_required_arguments_need_no_name(void)
{
    server *it = start();
    g_auto(outcome) done = run("probe", "get", ID, NULL);
    assert_status(&done, 0);
    g_auto(outcome) lacking = run("probe", "get", NULL);
    assert_status(&lacking, 2);
    assert_holds(lacking.err, "--thing-id is required");
    g_auto(outcome) many = run("probe", "get", ID, "more", NULL);
    assert_status(&many, 2);
    assert_holds(many.err, "one word too many");
    server_stop(it);
}

static void test_identifier_goes_where_it_fits(void)
{
    server *it = start();
    g_auto(outcome) uuid = run("probe", "parts", "select", ID, NULL);
    assert_status(&uuid, 0);
    g_assert_cmpstr(uuid.out, ==, "left\n");
    expect_request(it, "GET /api/parts/select?thing_id=" ID "\n");
    g_auto(outcome) name = run("probe", "parts.select", "Owner/Name", NULL);
    assert_status(&name, 0);
    expect_request(it, "GET /api/parts/select?repo_id=Owner%2FName\n");
    server_stop(it);
}

static void test_wrong_values_name_the_option(void)
{
    static const char *const cases[][4] = {
        { "--limit", "few", "limit", "whole number" },
        { "--limit", "101", "limit", "100" },
        { "--load-files=maybe", NULL, "load-files", "true or false" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(outcome) done = run("probe", "list", cases[i][0], cases[i][1], NULL);
        assert_status(&done, 2);
        assert_holds(done.err, cases[i][2]);
        assert_holds(done.err, cases[i][3]);
    }
    g_auto(outcome) json = run("probe", "make", "n", "--settings", "{\"a\": nope}", NULL);
    assert_status(&json, 2);
    assert_holds(json.err, "--settings");
    assert_holds(json.err, "line 1");
    g_auto(outcome) twice = run("probe", "list", "--limit", "1", "--limit", "2", NULL);
    assert_status(&twice, 2);
    assert_holds(twice.err, "given twice");
}

static void test_unknown_words_tell_the_nearest(void)
{
    g_auto(outcome) option = run("probe", "list", "--load-file", NULL);
    assert_status(&option, 2);
    assert_holds(option.err, "did you mean --load-files?");
    g_auto(outcome) operation = run("probe", "lst", NULL);
    assert_status(&operation, 2);
    assert_holds(operation.err, "did you mean \"list\"?");
    g_auto(outcome) service = run("prob", "list", NULL);
    assert_status(&service, 2);
    assert_holds(service.err, "did you mean \"probe\"?");
    g_auto(outcome) group = run("probe", "parts", NULL);
    assert_status(&group, 2);
    assert_holds(group.err, "needs a further word");
}

static void test_programs_get_a_line_for_each_item(void)
{
    server *it = start();
    g_auto(outcome) list = run("probe", "list", NULL);
    g_auto(GStrv) lines = g_strsplit(list.out, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 3);
    assert_holds(lines[0], "\"size\":1572864");
    g_auto(outcome) one = run("probe", "get", ID, NULL);
    g_assert_cmpstr(one.out, ==, "{\"id\":\"1\",\"name\":\"one\",\"size\":2048, \"parts\":[\"p\",\"q\"]}\n");
    g_auto(outcome) json = run("probe", "get", ID, "--json", NULL);
    g_assert_cmpstr(json.out, ==, "{\"id\":\"1\",\"name\":\"one\",\"size\":2048,\n\"parts\":[\"p\",\"q\"]}\n");
    server_stop(it);
}

static void test_people_get_a_table(void)
{
    server *it = start();
    g_auto(outcome) done = run_on_terminal(80, "probe", "list", NULL);
    assert_status(&done, 0);
    g_auto(GStrv) lines = g_strsplit(done.out, "\r\n", -1);
    g_assert_cmpstr(lines[0], ==, "NAME            ID  STATUS     SIZE  CREATED");
    g_assert_cmpstr(lines[1], ==, "one             1   READY   1.5 MiB  2026");
    g_assert_cmpstr(lines[2], ==, "a  [31mred one  22                3  2025");
    g_auto(outcome) narrow = run_on_terminal(24, "probe", "list", NULL);
    assert_holds(narrow.out, "NAME");
    server_stop(it);
}

static void test_people_get_names_and_values(void)
{
    server *it = start();
    g_auto(outcome) done = run_on_terminal(80, "probe", "get", ID, NULL);
    assert_status(&done, 0);
    g_assert_cmpstr(done.out, ==, "id:    1\r\nname:  one\r\nsize:  2.0 KiB\r\nparts: p, q\r\n");
    server_stop(it);
}

static void test_no_color_is_honoured(void)
{
    server *it = start();
    g_auto(outcome) plain = run_on_terminal(80, "probe", "get", ID, NULL);
    assert_lacks(plain.out, "\033[1m");
    runner_set("NO_COLOR", NULL);
    g_auto(outcome) bold = run_on_terminal(80, "probe", "get", ID, NULL);
    runner_set("NO_COLOR", "1");
    assert_holds(bold.out, "\033[1mname:\033[0m");
    server_stop(it);
}

static void test_binary_stays_off_a_terminal(void)
{
    server *it = start();
    g_auto(outcome) done = run_on_terminal(80, "probe", "content", NULL);
    assert_status(&done, 2);
    assert_holds(done.out, "--output FILE");
    g_auto(outcome) piped = run("probe", "content", NULL);
    g_assert_cmpmem(piped.out, piped.out_length, "a\0b", 3);
    server_stop(it);
}

static void test_all_asks_for_every_page(void)
{
    server *it = start();
    g_auto(outcome) done = run("probe", "list", "--all", NULL);
    assert_status(&done, 0);
    g_auto(GStrv) lines = g_strsplit(done.out, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 4);
    expect_request(it, "GET /api/things?skip=2&limit=2\n");
    server_stop(it);
}

static void test_errors_are_sentences(void)
{
    server *it = start();
    g_auto(outcome) done = run("probe", "remove", "22222222-2222-4222-8222-222222222222", NULL);
    assert_status(&done, 1);
    g_assert_true(g_str_has_prefix(done.err, "kamiwaza: "));
    assert_holds(done.err, "answered 404");
    g_auto(outcome) json = run("probe", "remove", "22222222-2222-4222-8222-222222222222", "--json", NULL);
    g_assert_true(g_str_has_prefix(json.err, "{\"error\":{\"class\":\"not_found\""));
    server_stop(it);
}

static void test_global_options_may_follow(void)
{
    server *it = start();
    runner_set("KAMIWAZA_BASE_URL", NULL);
    g_auto(outcome) done = run("probe", "get", ID, "--base-url", server_url(it), "--timeout", "5", NULL);
    assert_status(&done, 0);
    g_auto(outcome) before = run("--base-url", server_url(it), "probe", "get", ID, NULL);
    assert_status(&before, 0);
    server_stop(it);
}

static void test_progress_is_lines_for_programs(void)
{
    g_auto(outcome) done = run("probe", "climb", "20", NULL);
    assert_status(&done, 0);
    g_assert_cmpstr(done.out, ==, "{\"steps\":20}\n");
    assert_holds(done.err, "climb the hill");
    assert_holds(done.err, "100 %");
    assert_lacks(done.err, "\r");
    g_auto(outcome) quiet = run("probe", "climb", "20", "--quiet", NULL);
    g_assert_cmpstr(quiet.err, ==, "");
}

static void test_progress_is_a_bar_for_people(void)
{
    g_auto(outcome) done = run_on_terminal(80, "probe", "climb", "20", NULL);
    assert_status(&done, 0);
    assert_holds(done.out, "climb the hill [");
    assert_holds(done.out, "\033[K");
    g_assert_true(g_str_has_suffix(done.out, "steps: 20\r\n"));
}

static void test_signal_cancels(void)
{
    g_auto(outcome) done = run_and_signal(SIGINT, "probe", "climb", "1", "--forever", NULL);
    assert_status(&done, 130);
    assert_holds(done.err, "ancelled");
    g_auto(outcome) ended = run_and_signal(SIGTERM, "probe", "climb", "1", "--forever", NULL);
    assert_status(&ended, 130);
}

static void test_time_limit_ends_a_wait(void)
{
    g_auto(outcome) done = run("probe", "climb", "1", "--forever", "--timeout", "0.2", NULL);
    assert_status(&done, 4);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/operation/options-become-arguments", test_options_become_arguments);
    g_test_add_func("/cli/operation/body-members-are-options", test_body_members_are_options);
    g_test_add_func("/cli/operation/secrets-need-not-be-among-the-words", test_secrets_need_not_be_among_the_words);
    g_test_add_func("/cli/operation/required-arguments-need-no-name", test_required_arguments_need_no_name);
    g_test_add_func("/cli/operation/identifier-goes-where-it-fits", test_identifier_goes_where_it_fits);
    g_test_add_func("/cli/operation/wrong-values-name-the-option", test_wrong_values_name_the_option);
    g_test_add_func("/cli/operation/unknown-words-tell-the-nearest", test_unknown_words_tell_the_nearest);
    g_test_add_func("/cli/operation/programs-get-a-line-for-each-item", test_programs_get_a_line_for_each_item);
    g_test_add_func("/cli/operation/people-get-a-table", test_people_get_a_table);
    g_test_add_func("/cli/operation/people-get-names-and-values", test_people_get_names_and_values);
    g_test_add_func("/cli/operation/no-color-is-honoured", test_no_color_is_honoured);
    g_test_add_func("/cli/operation/binary-stays-off-a-terminal", test_binary_stays_off_a_terminal);
    g_test_add_func("/cli/operation/all-asks-for-every-page", test_all_asks_for_every_page);
    g_test_add_func("/cli/operation/errors-are-sentences", test_errors_are_sentences);
    g_test_add_func("/cli/operation/global-options-may-follow", test_global_options_may_follow);
    g_test_add_func("/cli/operation/progress-is-lines-for-programs", test_progress_is_lines_for_programs);
    g_test_add_func("/cli/operation/progress-is-a-bar-for-people", test_progress_is_a_bar_for_people);
    g_test_add_func("/cli/operation/signal-cancels", test_signal_cancels);
    g_test_add_func("/cli/operation/time-limit-ends-a-wait", test_time_limit_ends_a_wait);
    return runner_main();
}
