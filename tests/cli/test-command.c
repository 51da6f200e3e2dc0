/* test-command.c: what the command does by itself: help from the tables, settings with masked secrets, plugins,
 * completion, the log, the emulator's start. */
#include "runner.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static void test_help_lists_commands_and_services(void)
{
    g_auto(outcome) done = run("--help", NULL);
    assert_status(&done, 0);
    static const char *const parts[] = { "call SERVICE.METHOD", "plugins", "config", "emulator", "completion", "probe",
        "--base-url", "Exit status", "130", NULL };
    for (gsize i = 0; parts[i]; i++)
        assert_holds(done.out, parts[i]);
    g_auto(outcome) none = run(NULL, NULL);
    assert_status(&none, 2);
    g_auto(outcome) unknown = run("--halp", NULL);
    assert_status(&unknown, 2);
}

static void test_help_of_a_service_lists_operations(void)
{
    g_auto(outcome) done = run("probe", "--help", NULL);
    assert_status(&done, 0);
    assert_holds(done.out, "parts select");
    assert_holds(done.out, "List the things.");
    g_auto(outcome) group = run("probe", "parts", "--help", NULL);
    assert_status(&group, 0);
    assert_holds(group.out, "parts select");
    assert_lacks(group.out, "List the things.");
    g_auto(outcome) spoken = run("help", "probe", NULL);
    g_assert_cmpstr(spoken.out, ==, done.out);
}

static void test_help_of_an_operation_explains_arguments(void)
{
    g_auto(outcome) done = run("probe", "list", "--help", NULL);
    assert_status(&done, 0);
    static const char *const parts[] = { "Usage: kamiwaza probe list", "--[no-]load-files", "--kind TEXT", "round, square",
        "--tag TEXT ...", "--limit N", "At least 1. At most 100.", "probe.list_things", "Answers: a list", "--all", NULL };
    for (gsize i = 0; parts[i]; i++)
        assert_holds(done.out, parts[i]);
    g_auto(outcome) required = run("probe", "get", "--help", NULL);
    assert_holds(required.out, "kamiwaza probe get THING_ID");
    assert_holds(required.out, "--thing-id UUID");
}

static void test_version_is_told(void)
{
    g_auto(outcome) done = run("--version", NULL);
    assert_status(&done, 0);
    g_assert_true(g_regex_match_simple("^kamiwaza [0-9]+\\.[0-9]+\\.[0-9]+\n$", done.out, 0, 0));
}

static void test_config_tells_values_and_sources(void)
{
    runner_set("KAMIWAZA_BASE_URL", "https://example.test/api");
    g_auto(outcome) done = run("config", "--timeout", "7", NULL);
    assert_status(&done, 0);
    assert_holds(done.out, "\"name\":\"base_url\",\"value\":\"https://example.test/api\",\"source\":\"KAMIWAZA_BASE_URL\"");
    assert_holds(done.out, "\"name\":\"timeout\",\"value\":\"7\",\"source\":\"code\"");
    g_auto(outcome) one = run("config", "base-url", NULL);
    g_assert_cmpstr(one.out, ==, "https://example.test/api\n");
    g_auto(outcome) wrong = run("config", "base_ulr", NULL);
    assert_status(&wrong, 2);
    assert_holds(wrong.err, "did you mean \"base_url\"?");
    runner_set("KAMIWAZA_BASE_URL", NULL);
}

static void test_config_masks_secrets(void)
{
    g_auto(outcome) done = run("config", NULL);
    assert_status(&done, 0);
    assert_holds(done.out, "\"name\":\"api_key\",\"value\":\"***\"");
    assert_lacks(done.out, "the-secret-key");
    g_auto(outcome) one = run("config", "api_key", NULL);
    g_assert_cmpstr(one.out, ==, "***\n");
}

static void test_config_help_is_the_table_of_settings(void)
{
    g_auto(outcome) done = run("config", "--help", NULL);
    assert_status(&done, 0);
    assert_holds(done.out, "KAMIWAZA_TIMEOUT");
    assert_holds(done.out, "max_retries");
    assert_holds(done.out, "Secret.");
}

static void test_bad_setting_says_where_it_came_from(void)
{
    runner_set("KAMIWAZA_TIMEOUT", "soon");
    g_auto(outcome) done = run("config", NULL);
    runner_set("KAMIWAZA_TIMEOUT", NULL);
    assert_status(&done, 3);
    assert_holds(done.err, "KAMIWAZA_TIMEOUT");
    assert_holds(done.err, "soon");
}

static void test_plugins_are_listed_and_checked(void)
{
    g_autofree char *folder = g_build_filename(runner_home(), "plugins", NULL);
    g_autofree char *bad = g_build_filename(folder, "broken.so", NULL);
    g_assert_cmpint(g_mkdir(folder, 0755), ==, 0);
    g_assert_true(g_file_set_contents(bad, "no plugin", -1, NULL));
    g_autofree char *path = g_strdup_printf("%s:%s", folder, g_getenv("KAMIWAZA_TEST_PLUGINS"));
    runner_set("KAMIWAZA_PLUGIN_PATH", path);
    g_auto(outcome) listed = run("plugins", NULL);
    g_auto(outcome) checked = run("plugins", "--check", NULL);
    runner_set("KAMIWAZA_PLUGIN_PATH", g_getenv("KAMIWAZA_TEST_PLUGINS"));
    assert_status(&listed, 0);
    assert_holds(listed.out, "\"name\":\"probe\"");
    assert_holds(listed.out, "\"name\":\"broken\"");
    assert_lacks(listed.out, "problem");
    assert_status(&checked, 3);
    assert_holds(checked.out, "\"problem\":");
}

/* What loading does is said of the plugin that does it; the list goes on. */
static void test_plugins_that_crash_are_listed(void)
{
    static const struct {
        const char *wrong, *part;
    } cases[] = {
        { "nothing", "{\"name\":\"hostile\",\"version\":\"1\",\"path\":" },
        { "chatters", "{\"name\":\"hostile\",\"version\":\"1\",\"path\":" },
        { "crashes", "\"problem\":\"Loading the plugin ended the process by signal 6 (Aborted)" },
        { "ends", "\"problem\":\"Loading the plugin ended the process with status 7" },
        { "member_beyond", "has the schema thing whose member size does not lie in the struct by itself" },
    };
    g_autofree char *folder = g_build_filename(runner_home(), "hostile", NULL), *bytes = NULL;
    g_autofree char *copy = g_build_filename(folder, "hostile.so", NULL);
    g_autofree char *path = g_strdup_printf("%s:%s", folder, g_getenv("KAMIWAZA_TEST_PLUGINS"));
    gsize length;
    g_assert_cmpint(g_mkdir(folder, 0755), ==, 0);
    g_assert_true(g_file_get_contents(g_getenv("KAMIWAZA_TEST_HOSTILE"), &bytes, &length, NULL));
    g_assert_true(g_file_set_contents(copy, bytes, (gssize)length, NULL));
    g_assert_cmpint(chmod(copy, 0644), ==, 0);
    runner_set("KAMIWAZA_PLUGIN_PATH", path);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        runner_set("KZ_TEST_WRONG", cases[i].wrong);
        g_auto(outcome) done = run("plugins", "--check", NULL);
        assert_status(&done, i < 2 ? 0 : 3);
        assert_holds(done.out, cases[i].part);
        assert_holds(done.out, "\"name\":\"probe\",\"version\":");
    }
    runner_set("KZ_TEST_WRONG", "hangs");
    g_auto(outcome) hung = run("__plugin", "hostile", "1", NULL); /* the process that opens it does not wait for ever */
    g_assert_cmpint(hung.status, ==, -1);
    runner_set("KZ_TEST_WRONG", NULL);
    runner_set("KAMIWAZA_PLUGIN_PATH", g_getenv("KAMIWAZA_TEST_PLUGINS"));
}

static void test_completion_scripts_are_printed(void)
{
    static const char *const shells[] = { "bash", "zsh", "fish" };
    for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
        g_auto(outcome) done = run("completion", shells[i], NULL);
        assert_status(&done, 0);
        assert_holds(done.out, "kamiwaza __complete");
    }
    g_auto(outcome) wrong = run("completion", "tcsh", NULL);
    assert_status(&wrong, 2);
    assert_holds(wrong.err, "bash, zsh or fish");
}

static void test_completion_knows_the_tables(void)
{
    g_auto(outcome) first = run("__complete", "prob", NULL);
    g_assert_cmpstr(first.out, ==, "probe\tservice\n");
    g_auto(outcome) operation = run("__complete", "probe", "li", NULL);
    g_assert_cmpstr(operation.out, ==, "list\tList the things.\n");
    g_auto(outcome) group = run("__complete", "probe", "parts", "", NULL);
    g_assert_cmpstr(group.out, ==, "select\tSelect a part.\n");
    g_auto(outcome) option = run("__complete", "probe", "list", "--lo", NULL);
    g_assert_cmpstr(option.out, ==, "--load-files\tWith their files.\n");
    g_auto(outcome) value = run("__complete", "probe", "list", "--kind", "s", NULL);
    g_assert_cmpstr(value.out, ==, "square\t\n");
    g_auto(outcome) call = run("__complete", "call", "probe.g", NULL);
    g_assert_cmpstr(call.out, ==, "probe.get\tGet a thing.\n");
    g_auto(outcome) unknown = run("__complete", "nowhere", "x", NULL);
    assert_status(&unknown, 0);
    g_assert_cmpstr(unknown.out, ==, "");
}

static void test_bash_completes_with_the_script(void)
{
    if (!g_file_test("/bin/bash", G_FILE_TEST_IS_EXECUTABLE)) {
        g_test_skip("there is no bash");
        return;
    }
    g_autofree char *command = g_path_get_dirname(g_getenv("KAMIWAZA_TEST_COMMAND"));
    g_autofree char *script = g_strdup_printf(
        "PATH='%s':$PATH KAMIWAZA_PLUGIN_PATH='%s' bash -c '"
        "source <(kamiwaza completion bash); COMP_WORDS=(kamiwaza probe li); COMP_CWORD=2; _kamiwaza; echo \"${COMPREPLY[@]}\"'",
        command, g_getenv("KAMIWAZA_TEST_PLUGINS"));
    const char *argv[] = { "/bin/bash", "-c", script, NULL };
    g_autofree char *out = NULL;
    g_assert_true(g_spawn_sync(NULL, (char **)(guintptr)argv, NULL, 0, NULL, NULL, &out, NULL, NULL, NULL));
    g_assert_cmpstr(out, ==, "list\n");
}

static void test_log_goes_to_standard_error(void)
{
    static const route routes[] = { { "GET", "/api/things", 200, NULL, "[]", 0, NULL } };
    server *it = server_start(routes, 1);
    runner_set("KAMIWAZA_BASE_URL", server_url(it));
    g_auto(outcome) silent = run("probe", "list", NULL);
    g_assert_cmpstr(silent.err, ==, "");
    runner_set("KAMIWAZA_LOG", "debug");
    g_auto(outcome) loud = run("probe", "list", NULL);
    runner_set("KAMIWAZA_LOG", NULL);
    runner_set("KAMIWAZA_BASE_URL", NULL);
    assert_holds(loud.err, "debug http ");
    assert_holds(loud.err, "=");
    assert_lacks(loud.err, "the-secret-key");
    server_stop(it);
}

static void test_emulator_gets_its_words(void)
{
    g_autofree char *path = g_build_filename(runner_home(), "emulator", NULL);
    g_assert_true(g_file_set_contents(path, "#!/bin/sh\necho \"emulating $*\"\n", -1, NULL));
    g_assert_cmpint(chmod(path, 0755), ==, 0);
    runner_set("KAMIWAZA_EMULATOR", path);
    g_auto(outcome) done = run("emulator", "--port", "0", NULL);
    g_assert_cmpstr(done.out, ==, "emulating --port 0\n");
    runner_set("KAMIWAZA_EMULATOR", "/nowhere/emulator");
    g_auto(outcome) lacking = run("emulator", NULL);
    runner_set("KAMIWAZA_EMULATOR", NULL);
    assert_status(&lacking, 3);
    assert_holds(lacking.err, "/nowhere/emulator");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/help/lists-commands-and-services", test_help_lists_commands_and_services);
    g_test_add_func("/cli/help/of-a-service-lists-operations", test_help_of_a_service_lists_operations);
    g_test_add_func("/cli/help/of-an-operation-explains-arguments", test_help_of_an_operation_explains_arguments);
    g_test_add_func("/cli/version-is-told", test_version_is_told);
    g_test_add_func("/cli/config/tells-values-and-sources", test_config_tells_values_and_sources);
    g_test_add_func("/cli/config/masks-secrets", test_config_masks_secrets);
    g_test_add_func("/cli/config/help-is-the-table-of-settings", test_config_help_is_the_table_of_settings);
    g_test_add_func("/cli/config/bad-setting-says-where-it-came-from", test_bad_setting_says_where_it_came_from);
    g_test_add_func("/cli/plugins/are-listed-and-checked", test_plugins_are_listed_and_checked);
    g_test_add_func("/cli/plugins/that-crash-are-listed", test_plugins_that_crash_are_listed);
    g_test_add_func("/cli/completion/scripts-are-printed", test_completion_scripts_are_printed);
    g_test_add_func("/cli/completion/knows-the-tables", test_completion_knows_the_tables);
    g_test_add_func("/cli/completion/bash-completes-with-the-script", test_bash_completes_with_the_script);
    g_test_add_func("/cli/log-goes-to-standard-error", test_log_goes_to_standard_error);
    g_test_add_func("/cli/emulator-gets-its-words", test_emulator_gets_its_words);
    return runner_main();
}
