/* test-refusals.c: what was refused is not sent again with every call: passwords, secrets of clients, refresh tokens, and commands that fail.
 * The clock of the pauses is the test's. */
#include "platform.h"
#include "token-folder.h"

#include <glib/gstdio.h>
#include <string.h>

/* ---- the clock ---- */

int64_t __real_kzi_boot_ms(void);
int64_t __wrap_kzi_boot_ms(void);
static gint64 passed; /* milliseconds more than the machine's clock says */

int64_t __wrap_kzi_boot_ms(void)
{
    return __real_kzi_boot_ms() + passed;
}

static void begin(Platform *it)
{
    passed = 0;
    platform_begin(it);
}

#define CLIENT(it, ...) platform_client(it, (const char *const[]){ __VA_ARGS__, NULL })
#define ADA "username", "ada", "password", "wrong"
#define APP "auth", "oauth", "auth_token_endpoint", "<token>", "auth_client_id", "app", "auth_client_secret", "hush"

/* Whether the client has a credential for a call; else the error is about signing in and says that. */
static bool is_signed_in(kz_client *client, const char *says)
{
    kz_error *error = NULL;
    kz_credential *credential = kz_client_credential(client, &error);
    bool fine = credential != NULL;
    kz_free(credential);
    if (error && (!says || !kz_error_is(error, KZ_ERROR_AUTHENTICATION) || !strstr(error->message, says)))
        g_error("%s: %s", kz_error_class(error->code), error->message);
    kz_error_free(error);
    return fine;
}

static bool list(kz_client *client, kz_error **error)
{
    kz_answer answer = { 0 };
    bool fine = kz_call_by_name(client, "models.list", (kz_json){ 0 }, NULL, &answer, error);
    kz_free(answer.result);
    return fine;
}

#define WRONG "Signing in as ada: The server answered 401: Wrong password."

/* ---- passwords ---- */

static void test_a_wrong_password_is_sent_once(void)
{
    Platform it;
    begin(&it);
    kz_client *client = CLIENT(&it, ADA);
    for (int i = 0; i < 5; i++) {
        kz_error *error = NULL;
        g_assert_false(list(client, &error));
        g_assert_cmpint(error->status, ==, 401); /* the same error, whole */
        g_assert_nonnull(error->detail.text);
        g_assert_nonnull(strstr(error->message, WRONG));
        kz_error_free(error);
    }
    g_assert_cmpuint(wire_count(it.server), ==, 1);
    kz_client_free(client);
    platform_end(&it);
}

static void test_pauses_grow_to_an_hour(void)
{
    static const int minutes[] = { 5, 10, 20, 40, 60, 60 };
    Platform it;
    begin(&it);
    kz_client *client = CLIENT(&it, ADA);
    g_assert_false(is_signed_in(client, WRONG));
    for (int i = 0; i < (int)G_N_ELEMENTS(minutes); i++) {
        passed += minutes[i] * 60000 - 30000;
        g_assert_false(is_signed_in(client, WRONG));
        g_assert_cmpint(it.asked, ==, i + 1);
        passed += 30000;
        g_assert_false(is_signed_in(client, WRONG));
        g_assert_cmpint(it.asked, ==, i + 2);
    }
    it.password = "wrong"; /* it was set anew */
    passed += 3600000;
    g_assert_true(is_signed_in(client, NULL));
    kz_client_free(client);
    platform_end(&it);
}

static void test_signing_in_ends_the_pause(void)
{
    Platform it;
    kz_error *error = NULL;
    begin(&it);
    kz_client *client = CLIENT(&it, ADA);
    g_assert_false(is_signed_in(client, WRONG));
    g_assert_false(kz_client_sign_in(client, NULL, &error));
    kz_error_clear(&error);
    g_assert_cmpint(it.asked, ==, 2);
    g_assert_false(is_signed_in(client, WRONG));
    g_assert_cmpint(it.asked, ==, 2);
    it.password = "wrong";
    g_assert_true(kz_client_sign_in(client, NULL, &error));
    g_assert_true(list(client, &error));
    it.password = "right";
    g_assert_true(kz_client_sign_out(client, &error));
    g_assert_false(is_signed_in(client, WRONG));
    g_assert_true(kz_client_sign_out(client, &error));
    it.password = "wrong";
    g_assert_true(is_signed_in(client, NULL));
    kz_client_free(client);
    platform_end(&it);
}

/* A sign-in that is refused does not keep what there is from being renewed. */
static void test_what_there_is_is_renewed_all_the_same(void)
{
    Platform it;
    kz_error *error = NULL;
    begin(&it);
    it.grant = "{\"access_token\": \"t1\", \"refresh_token\": \"r1\"}";
    kz_client *client = CLIENT(&it, "username", "ada", "password", "right");
    g_assert_true(list(client, &error));
    it.password = "changed";
    g_assert_false(kz_client_sign_in(client, NULL, &error));
    kz_error_clear(&error);
    it.status = "200 OK";
    it.body = "{\"access_token\": \"t2\"}";
    it.refuses = true;
    g_assert_false(list(client, &error));
    kz_error_clear(&error);
    g_assert_nonnull(strstr(wire_request(it.server, wire_count(it.server) - 2), "POST /auth/refresh?refresh_token=r1 "));
    g_assert_nonnull(strstr(wire_request(it.server, wire_count(it.server) - 1), "Bearer t2"));
    kz_client_free(client);
    platform_end(&it);
}

static gpointer enter(gpointer client)
{
    return GINT_TO_POINTER(is_signed_in(client, WRONG));
}

static void test_many_threads_send_it_once(void)
{
    enum { THREADS = 64 };
    GThread *threads[THREADS];
    Platform it;
    begin(&it);
    kz_client *client = CLIENT(&it, ADA);
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("guest", enter, client);
    for (int i = 0; i < THREADS; i++)
        g_assert_null(g_thread_join(threads[i]));
    g_assert_cmpint(it.asked, ==, 1);
    kz_client_free(client);
    platform_end(&it);
}

static void test_passing_failures_are_tried_again(void)
{
    static const char *const statuses[] = { "500 Oh", "502 Bad Gateway", "503 Service Unavailable", "429 Too Many Requests",
        "408 Timeout", "404 Not Found", "302 Found", "200 OK", "" };
    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
        Platform it;
        kz_error *error = NULL;
        begin(&it);
        it.status = statuses[i];
        it.body = "<html>";
        kz_client *client = CLIENT(&it, ADA);
        for (int j = 1; j < 3; j++) {
            g_assert_null(kz_client_credential(client, &error));
            kz_error_clear(&error);
            g_assert_cmpint(it.asked, ==, j);
        }
        it.status = NULL;
        it.password = "wrong";
        g_assert_true(is_signed_in(client, NULL));
        kz_client_free(client);
        platform_end(&it);
    }
}

static void test_every_kind_of_refusal(void)
{
    static const char *const statuses[] = { "400 Bad Request", "401 Unauthorized", "403 Forbidden", "422 Unprocessable",
        "423 Locked" };
    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
        Platform it;
        begin(&it);
        it.status = statuses[i];
        it.body = "";
        kz_client *client = CLIENT(&it, ADA);
        for (int j = 0; j < 3; j++)
            g_assert_false(is_signed_in(client, "Signing in as ada"));
        g_assert_cmpint(it.asked, ==, 1);
        kz_client_free(client);
        platform_end(&it);
    }
}

/* ---- tokens that are kept ---- */

static bool ask(void *user, const char *what, bool secret, char *answer, size_t size, kz_error **error)
{
    (void)what, (void)secret, (void)error;
    g_strlcpy(answer, user, size);
    return true;
}

static bool types(kz_client *client, const char *password)
{
    kz_error *error = NULL;
    const kz_sign_in how = { .size = sizeof how, .ask = ask, .user = (void *)(guintptr)password };
    bool fine = kz_client_sign_in(client, &how, &error);
    kz_error_free(error);
    return fine;
}

static void test_a_typed_password_may_be_wrong(void)
{
    Platform it;
    begin(&it);
    kz_client *client = CLIENT(&it, "auth", "password", "username", "ada");
    g_assert_false(types(client, "wrong"));
    g_assert_false(is_signed_in(client, "ada is not signed in; run: kamiwaza login"));
    g_assert_true(types(client, "right"));
    g_assert_true(is_signed_in(client, NULL));
    kz_client_free(client);
    platform_end(&it);
}

static void test_a_refused_refresh_token_is_not_sent_again(void)
{
    Platform it;
    begin(&it);
    it.grant = "{\"access_token\": \"t1\", \"refresh_token\": \"r1\"}";
    kz_client *client = CLIENT(&it, "auth", "password", "username", "ada");
    g_assert_true(types(client, "right"));
    it.refuses = true;
    it.status = "401 Unauthorized";
    it.body = "{\"detail\": \"Session over\"}";
    for (int i = 0; i < 4; i++) {
        kz_error *error = NULL;
        passed += i == 3 ? 7200000 : 0; /* not even after the longest pause */
        g_assert_false(list(client, &error));
        g_assert_true(kz_error_is(error, KZ_ERROR_AUTHENTICATION));
        g_assert_nonnull(
            strstr(error->message, i < 3 ? "The session has ended: ada is not signed in any more" : "ada is not signed in"));
        kz_error_free(error);
    }
    g_assert_cmpint(it.asked, ==, 2);
    it.status = NULL;
    it.refuses = false;
    g_assert_true(types(client, "right"));
    g_assert_true(is_signed_in(client, NULL));
    kz_client_free(client);
    platform_end(&it);
}

static void test_a_refused_refresh_token_leaves_the_store(void)
{
    Platform it;
    TokenFolder f;
    begin(&it);
    token_folder_begin(&f);
    it.grant = "{\"access_token\": \"t1\", \"refresh_token\": \"refresh-of-ada\"}";
    for (int i = 0; i < 2; i++) { /* the second is another process */
        kz_error *error = NULL;
        kz_client *client = CLIENT(&it, "auth", "password", "username", "ada", "token_store", "file", "token_path", f.path);
        g_assert_true(i || types(client, "right"));
        it.refuses = true;
        it.status = "401 Unauthorized";
        it.body = "{\"detail\": \"Session over\"}";
        g_assert_false(list(client, &error));
        g_assert_nonnull(strstr(error->message, i ? "ada is not signed in; run" : "The session has ended"));
        kz_error_free(error);
        g_assert_cmpint(it.asked, ==, 2);
        g_autofree char *kept = token_bytes(f.path);
        g_assert_null(strstr(kept, "refresh-of-ada"));
        kz_client_free(client);
    }
    token_folder_end(&f);
    platform_end(&it);
}

/* A gateway that speaks for a platform which is away is not the platform. */
static void test_a_page_does_not_cost_the_refresh_token(void)
{
    static const char *const statuses[] = { "401 Unauthorized", "403 Forbidden", "404 Not Found", "503 Away" };
    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
        Platform it;
        kz_error *error = NULL;
        begin(&it);
        it.grant = "{\"access_token\": \"t1\", \"refresh_token\": \"r1\"}";
        kz_client *client = CLIENT(&it, "auth", "password", "username", "ada");
        g_assert_true(types(client, "right"));
        it.refuses = true;
        it.status = statuses[i];
        it.body = "<html>no platform here</html>";
        g_assert_false(list(client, &error));
        kz_error_clear(&error);
        it.status = "200 OK";
        it.body = "{\"access_token\": \"t2\"}";
        g_assert_false(list(client, &error));
        kz_error_clear(&error);
        g_assert_nonnull(strstr(wire_request(it.server, wire_count(it.server) - 2), "POST /auth/refresh?refresh_token=r1 "));
        g_assert_nonnull(strstr(wire_request(it.server, wire_count(it.server) - 1), "Bearer t2"));
        kz_client_free(client);
        platform_end(&it);
    }
}

static void test_another_process_ends_the_pause(void)
{
    Platform it;
    begin(&it);
    TokenFolder f;
    token_folder_begin(&f);
    kz_client *client = CLIENT(&it, ADA, "token_store", "file", "token_path", f.path);
    kz_client *other = CLIENT(&it, "auth", "password", "username", "ada", "token_store", "file", "token_path", f.path);
    g_assert_false(is_signed_in(client, WRONG));
    g_assert_true(types(other, "right"));
    g_assert_true(is_signed_in(client, NULL));
    g_assert_cmpint(it.asked, ==, 2);
    kz_client_free(client);
    kz_client_free(other);
    token_folder_end(&f);
    platform_end(&it);
}

/* What the store has is of no use, and stays of no use. */
static void test_an_ended_token_in_the_store_ends_no_pause(void)
{
    Platform it;
    begin(&it);
    TokenFolder f;
    token_folder_begin(&f);
    kz_client *other = CLIENT(&it, "auth", "password", "username", "ada", "token_store", "file", "token_path", f.path);
    it.grant = "{\"access_token\": \"t1\", \"expires_in\": 0.001}";
    g_assert_true(types(other, "right"));
    kz_client *client = CLIENT(&it, ADA, "token_store", "file", "token_path", f.path);
    for (int i = 0; i < 3; i++)
        g_assert_false(is_signed_in(client, WRONG));
    g_assert_cmpint(it.asked, ==, 2);
    kz_client_free(client);
    kz_client_free(other);
    token_folder_end(&f);
    platform_end(&it);
}

/* ---- clients of OAuth ---- */

static void test_a_refused_client_is_not_sent_again(void)
{
    static const struct {
        const char *status, *body;
        int asked; /* by three calls */
    } cases[] = { { "401 Unauthorized", "{\"error\":\"invalid_client\"}", 1 },
        { "400 Bad Request", "{\"error\":\"invalid_client\"}", 1 },
        { "400 Bad Request", "{\"error\":\"unauthorized_client\"}", 1 },
        { "400 Bad Request", "{\"error\":\"invalid_grant\"}", 1 }, { "401 Unauthorized", "", 1 },
        { "503 Away", "{\"error\":\"temporarily_unavailable\"}", 3 }, { "500 Oh", "<html>", 3 },
        { "429 Too Many Requests", "{\"error\":\"slow_down\"}", 3 }, { "404 Not Found", "<html>", 3 } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Platform it;
        begin(&it);
        it.status = cases[i].status;
        it.body = cases[i].body;
        kz_client *client = CLIENT(&it, APP);
        for (int j = 0; j < 3; j++)
            g_assert_false(is_signed_in(client, "Signing in as the program itself"));
        g_assert_cmpint(it.asked, ==, cases[i].asked);
        it.status = "200 OK";
        it.body = "{\"access_token\":\"t1\",\"token_type\":\"Bearer\"}";
        passed += 300000;
        g_assert_true(is_signed_in(client, NULL));
        kz_client_free(client);
        platform_end(&it);
    }
}

/* It signs in as itself then; that this fails for a while is no refusal. */
static void test_a_refused_refresh_token_of_a_program(void)
{
    Platform it;
    kz_error *error = NULL;
    begin(&it);
    it.status = "200 OK";
    it.body = "{\"access_token\":\"t1\",\"token_type\":\"Bearer\",\"refresh_token\":\"r1\"}";
    kz_client *client = CLIENT(&it, APP);
    g_assert_true(list(client, &error));
    it.refuses = it.spent = true;
    it.status = "503 Away";
    for (int i = 0; i < 3; i++) {
        g_assert_false(list(client, &error));
        kz_error_clear(&error);
        g_assert_cmpint(it.asked, ==, 3 + i); /* the refresh token once */
    }
    kz_client_free(client);
    platform_end(&it);
}

/* ---- commands ---- */

static void test_a_failing_command_is_not_run_with_every_call(void)
{
    Platform it;
    kz_error *error = NULL;
    begin(&it);
    g_autofree char *folder = g_dir_make_tmp("kamiwaza-refusals-XXXXXX", NULL), *runs = g_build_filename(folder, "runs", NULL);
    g_autofree char *good = g_build_filename(folder, "good", NULL), *program = g_build_filename(folder, "print", NULL);
    g_autofree char *script = g_strdup_printf("#!/bin/sh\necho run >> %s\n[ -e %s ] && echo token\n", runs, good), *text = NULL;
    g_assert_true(g_file_set_contents_full(program, script, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0700, NULL));
    kz_client *client = CLIENT(&it, "credential_command", program);
    for (int i = 0; i < 3; i++)
        g_assert_false(is_signed_in(client, "ended with the status 1"));
    passed += 5000;
    g_assert_false(is_signed_in(client, "ended with the status 1"));
    g_assert_true(g_file_set_contents(good, "", 0, NULL));
    g_assert_false(is_signed_in(client, "ended with the status 1"));
    g_assert_true(g_file_get_contents(runs, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "run\nrun\n");
    g_assert_true(kz_client_sign_in(client, NULL, &error));
    g_assert_true(is_signed_in(client, NULL));
    kz_client_free(client);
    g_remove(runs);
    g_remove(good);
    g_remove(program);
    g_rmdir(folder);
    platform_end(&it);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/refusals/a-wrong-password-is-sent-once", test_a_wrong_password_is_sent_once);
    g_test_add_func("/refusals/pauses-grow-to-an-hour", test_pauses_grow_to_an_hour);
    g_test_add_func("/refusals/signing-in-or-out-ends-the-pause", test_signing_in_ends_the_pause);
    g_test_add_func("/refusals/what-there-is-is-renewed-all-the-same", test_what_there_is_is_renewed_all_the_same);
    g_test_add_func("/refusals/many-threads-send-it-once", test_many_threads_send_it_once);
    g_test_add_func("/refusals/passing-failures-are-tried-again", test_passing_failures_are_tried_again);
    g_test_add_func("/refusals/of-every-kind", test_every_kind_of_refusal);
    g_test_add_func("/refusals/a-typed-password-may-be-wrong", test_a_typed_password_may_be_wrong);
    g_test_add_func("/refusals/a-refused-refresh-token-is-not-sent-again", test_a_refused_refresh_token_is_not_sent_again);
    g_test_add_func("/refusals/a-refused-refresh-token-leaves-the-store", test_a_refused_refresh_token_leaves_the_store);
    g_test_add_func("/refusals/a-page-does-not-cost-the-refresh-token", test_a_page_does_not_cost_the_refresh_token);
    g_test_add_func("/refusals/another-process-ends-the-pause", test_another_process_ends_the_pause);
    g_test_add_func("/refusals/an-ended-token-in-the-store-ends-no-pause", test_an_ended_token_in_the_store_ends_no_pause);
    g_test_add_func("/refusals/a-refused-client-is-not-sent-again", test_a_refused_client_is_not_sent_again);
    g_test_add_func("/refusals/a-refused-refresh-token-of-a-program", test_a_refused_refresh_token_of_a_program);
    g_test_add_func("/refusals/a-failing-command-is-not-run-with-every-call", test_a_failing_command_is_not_run_with_every_call);
    return g_test_run();
}
