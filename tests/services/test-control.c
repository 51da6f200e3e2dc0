/* test-control.c: what the emulator tells those who test with it: which operations it executed, over how many connections; and what it
 * does for them: tokens that end, work that is done and not answered. */
#include "emulator.h"

#include <kamiwaza/cluster.h>
#include <kamiwaza/models.h>
#include <string.h>

static void test_counts(void)
{
    EmulatorFixture f;
    emulator_begin(&f, NULL);
    g_assert_cmpint(emulator_count(f.url, "connections"), ==, 0); /* who asks is not counted */
    kz_models *models = kz_client_models(f.client, &f.error);
    for (int i = 0; i < 3; i++)
        kz_free(kz_models_list(models, NULL, &f.error));
    kz_free(kz_cluster_get_hostname(kz_client_cluster(f.client, &f.error), NULL, &f.error));
    g_assert_null(kz_models_get(models, &(kz_models_get_params){ .model_id = "00000000-0000-4000-8000-000000000000" }, &f.error));
    g_assert_true(kz_error_is(f.error, KZ_ERROR_NOT_FOUND));
    kz_error_clear(&f.error);
    g_assert_cmpint(emulator_count(f.url, "connections"), ==, 1);
    g_assert_cmpint(emulator_count(f.url, "models.list"), ==, 3);
    g_assert_cmpint(emulator_count(f.url, "cluster.get_hostname"), ==, 1);
    g_assert_cmpint(emulator_count(f.url, "models.get"), ==, 0);
    kz_client *other = emulator_client(f.url, &f.error);
    kz_free(kz_models_list(kz_client_models(other, &f.error), NULL, &f.error));
    g_assert_cmpint(emulator_count(f.url, "connections"), ==, 2);
    kz_client_free(other);
    emulator_end(&f);
}

/* What the emulator is asked of itself goes well whatever is to go wrong with the others. */
static void test_without_faults(void)
{
    static const char *const options[] = { "--require-auth", "--fault", "status=503", NULL };
    EmulatorFixture f;
    emulator_begin(&f, options);
    g_assert_cmpint(emulator_count(f.url, "models.list"), ==, 0);
    char *answer = emulator_ask(f.url, "GET /emulator/other", NULL, NULL);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 404"));
    g_assert_nonnull(strstr(answer, "GET /emulator/counts and POST /emulator/end-tokens"));
    g_free(answer);
    emulator_end(&f);
}

static void test_tokens_end(void)
{
    static const char *const options[] = { "--require-auth", "--user", "ann:secret", NULL };
    EmulatorFixture f;
    emulator_begin(&f, options);
    char *answer = emulator_ask(f.url, "POST /api/auth/token", "Content-Type: application/x-www-form-urlencoded\r\n",
        "grant_type=password&username=ann&password=secret");
    const char *token = strstr(answer, "\"access_token\":\"") + strlen("\"access_token\":\"");
    char *header = g_strdup_printf("Authorization: Bearer %.*s\r\n", (int)strcspn(token, "\""), token);
    for (int ended = 0; ended <= 1; ended++) {
        char *list = emulator_ask(f.url, "GET /api/models/", header, NULL);
        g_assert_true(g_str_has_prefix(list, ended ? "HTTP/1.1 401" : "HTTP/1.1 200"));
        g_assert_true(!strstr(list, "Token has expired") == !ended);
        char *said = emulator_ask(f.url, "POST /emulator/end-tokens", NULL, NULL);
        g_assert_nonnull(strstr(said, ended ? "{\"ended\":0}" : "{\"ended\":1}"));
        g_free(said);
        g_free(list);
    }
    g_free(header);
    g_free(answer);
    emulator_end(&f);
}

static void test_done_and_closed(void)
{
    EmulatorFixture f;
    emulator_begin(&f, NULL);
    char *answer = emulator_ask(
        f.url, "POST /api/models/", "Content-Type: application/json\r\nX-Emulator-Fault: close\r\n", "{\"name\":\"m\"}");
    g_assert_cmpstr(answer, ==, "");
    g_assert_cmpint(emulator_count(f.url, "models.create"), ==, 1);
    g_free(answer);
    emulator_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/control/operations-and-connections-are-counted", test_counts);
    g_test_add_func("/control/asked-of-itself-it-has-no-faults", test_without_faults);
    g_test_add_func("/control/tokens-end-on-demand", test_tokens_end);
    g_test_add_func("/control/work-is-done-and-not-answered", test_done_and_closed);
    return g_test_run();
}
