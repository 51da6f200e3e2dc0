/* test-sign-in.c: clients that sign in by themselves, with a password, at the emulator, and stay signed in whatever ends. */
#include "emulator.h"

#include <kamiwaza/auth.h>
#include <kamiwaza/models.h>
#include <string.h>

/* Ann, who signs in by name and password; what she got is kept nowhere. */
static kz_client *client_of_ann(EmulatorFixture *f, const char *password)
{
    return emulator_client_set(f->url,
        (const char *const[]){ "username", "ann", "password", password, "token_store", "none", "max_retries", "0", NULL },
        &f->error);
}

static void is_ann(EmulatorFixture *f, kz_client *client)
{
    kz_user_info *info = kz_auth_get_current_user(kz_client_auth(client, &f->error), NULL, &f->error);
    if (f->error)
        g_error("%s", f->error->message);
    g_assert_cmpstr(info->username, ==, "ann");
    kz_free(info);
}

/* An administrator ends all sessions: the refresh token is refused as well, and the password gives the next session. */
static void test_ended_session(void)
{
    static const char *const options[] = { "--require-auth", "--user", "ann:secret", NULL };
    EmulatorFixture f;
    emulator_begin(&f, options);
    kz_client *ann = client_of_ann(&f, "secret");
    is_ann(&f, ann);
    kz_user_info *info = kz_auth_get_current_user(kz_client_auth(ann, &f.error), NULL, &f.error);
    kz_client *admin = emulator_client_set(
        f.url, (const char *const[]){ "username", "admin", "password", "kamiwaza", "token_store", "none", NULL }, &f.error);
    const kz_auth_purge_sessions_params purge = { .tenant_id = "__default__", .subject_id = info->sub };
    kz_purged_sessions *purged = kz_auth_purge_sessions(kz_client_auth(admin, &f.error), &purge, &f.error);
    g_assert_null(f.error);
    g_assert_cmpint(purged->revoked.value, ==, 1);
    is_ann(&f, ann);
    kz_free(purged);
    kz_free(info);
    kz_client_free(admin);
    kz_client_free(ann);
    emulator_end(&f);
}

/* Tokens of one second are renewed before each call, each time with the refresh token that came last. */
static void test_short_tokens(void)
{
    static const char *const options[] = { "--require-auth", "--user", "ann:secret", "--token-lifetime", "1", NULL };
    EmulatorFixture f;
    emulator_begin(&f, options);
    kz_client *ann = client_of_ann(&f, "secret");
    for (int i = 0; i < 4; i++)
        is_ann(&f, ann);
    kz_client_free(ann);
    emulator_end(&f);
}

/* The emulator refuses a good token once: it is renewed, once, and the call made again. */
static void test_refused_on_demand(void)
{
    static const char *const options[] = { "--require-auth", "--user", "ann:secret", "--fault",
        "status=401,count=1,path=/api/auth/users/me", NULL };
    EmulatorFixture f;
    emulator_begin(&f, options);
    kz_client *ann = client_of_ann(&f, "secret");
    kz_credential *before = kz_client_credential(ann, &f.error);
    is_ann(&f, ann);
    kz_credential *after = kz_client_credential(ann, &f.error);
    is_ann(&f, ann);
    kz_credential *later = kz_client_credential(ann, &f.error);
    g_assert_cmpstr(before->token, !=, after->token);
    g_assert_cmpstr(later->token, ==, after->token);
    kz_free(before);
    kz_free(after);
    kz_free(later);
    kz_client_free(ann);
    emulator_end(&f);
}

static void test_wrong_password(void)
{
    static const char *const options[] = { "--require-auth", "--user", "ann:secret", NULL };
    EmulatorFixture f;
    emulator_begin(&f, options);
    kz_client *ann = client_of_ann(&f, "another-word");
    g_assert_null(kz_models_list(kz_client_models(ann, &f.error), NULL, &f.error));
    g_assert_true(kz_error_is(f.error, KZ_ERROR_AUTHENTICATION));
    g_assert_nonnull(strstr(f.error->message, "Invalid user credentials"));
    g_assert_null(strstr(f.error->message, "another-word"));
    kz_error_clear(&f.error);
    kz_client_free(ann);
    emulator_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sign-in/a-session-that-ended-is-followed-by-another", test_ended_session);
    g_test_add_func("/sign-in/tokens-of-a-second-do-for-many-calls", test_short_tokens);
    g_test_add_func("/sign-in/a-token-refused-on-demand-is-renewed", test_refused_on_demand);
    g_test_add_func("/sign-in/a-wrong-password-is-told", test_wrong_password);
    return g_test_run();
}
