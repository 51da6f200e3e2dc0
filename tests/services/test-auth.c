/* test-auth.c: signing in at the emulator through the service auth: tokens that end, renewal, personal access tokens, sessions and
 * users, and that nothing secret is written down. */
#include "../client.h"
#include "emulator.h"

#include <glib/gstdio.h>
#include <kamiwaza/auth.h>
#include <kamiwaza/models.h>
#include <string.h>

static kz_auth *auth_of(EmulatorFixture *f)
{
    return kz_client_auth(f->client, &f->error);
}

static const char *const guarded[] = { "--require-auth", "--user", "ann:secret word", NULL };

/* The call before failed so; the slot is empty again. */
static void failed(EmulatorFixture *f, int code, const char *says)
{
    if (!f->error || !kz_error_is(f->error, code) || !strstr(f->error->message, says))
        g_error("%s", f->error ? f->error->message : "it went well");
    kz_error_clear(&f->error);
}

static kz_auth_tokens *sign_in(EmulatorFixture *f, const char *name, const char *password)
{
    return kz_auth_login_with_password(
        auth_of(f), &(kz_auth_login_with_password_params){ .username = name, .password = password }, &f->error);
}

static kz_auth_tokens *renew(EmulatorFixture *f, const char *refresh_token)
{
    return kz_auth_refresh_access_token(
        auth_of(f), &(kz_auth_refresh_access_token_params){ .refresh_token = refresh_token }, &f->error);
}

/* A client that carries a token; with it, the service. */
static kz_client *carrying(EmulatorFixture *f, const char *token, kz_auth **auth)
{
    kz_client *client = emulator_client_with(f->url, "token", token, &f->error);
    *auth = kz_client_auth(client, &f->error);
    g_assert_null(f->error);
    return client;
}

/* The name of whom a token stands for; NULL with the slot filled. To be released with g_free(). */
static char *whose(EmulatorFixture *f, const char *setting, const char *secret)
{
    kz_client *client = emulator_client_with(f->url, setting, secret, &f->error);
    kz_user_info *info = kz_auth_get_current_user(kz_client_auth(client, &f->error), NULL, &f->error);
    char *name = info ? g_strdup(info->username) : NULL;
    kz_free(info);
    kz_client_free(client);
    return name;
}

static void is_of(EmulatorFixture *f, const char *setting, const char *secret, const char *name)
{
    char *found = whose(f, setting, secret);
    g_assert_null(f->error);
    g_assert_cmpstr(found, ==, name);
    g_free(found);
}

static void test_sign_in(void)
{
    EmulatorFixture f;
    emulator_begin(&f, guarded);
    g_assert_null(kz_models_list(kz_client_models(f.client, &f.error), NULL, &f.error));
    failed(&f, KZ_ERROR_AUTHENTICATION, "Not authenticated");
    kz_auth_tokens *tokens = sign_in(&f, "ann", "secret word");
    g_assert_null(f.error);
    g_assert_cmpint(tokens->expires_in.value, ==, 3600);
    g_assert_cmpstr(tokens->token_type, ==, "Bearer");
    g_assert_true(tokens->refresh_token && tokens->id_token);
    is_of(&f, "token", tokens->access_token, "ann");
    kz_client *client = emulator_client_with(f.url, "token", tokens->access_token, &f.error);
    kz_model_list *models = kz_models_list(kz_client_models(client, &f.error), NULL, &f.error);
    g_assert_nonnull(models);
    kz_free(models);
    kz_client_free(client);
    g_assert_null(sign_in(&f, "ann", "another"));
    g_assert_null(strstr(f.error->message, "KAMIWAZA_TOKEN")); /* it was none of those */
    failed(&f, KZ_ERROR_AUTHENTICATION, "Invalid user credentials");
    g_assert_null(sign_in(&f, "nobody", "secret word"));
    failed(&f, KZ_ERROR_AUTHENTICATION, "Invalid user credentials");
    kz_free(tokens);
    emulator_end(&f);
}

static void test_ended_tokens(void)
{
    static const char *const options[] = { "--require-auth", "--token-lifetime", "0", NULL };
    EmulatorFixture f;
    emulator_begin(&f, options);
    kz_auth_tokens *tokens = sign_in(&f, "admin", "kamiwaza");
    g_assert_null(f.error);
    g_assert_cmpint(tokens->expires_in.value, ==, 0);
    g_assert_null(whose(&f, "token", tokens->access_token));
    failed(&f, KZ_ERROR_AUTHENTICATION, "Token has expired");
    kz_free(tokens);
    emulator_end(&f);
}

static void test_rotation(void)
{
    EmulatorFixture f;
    emulator_begin(&f, guarded);
    kz_auth_tokens *first = sign_in(&f, "ann", "secret word"), *second = renew(&f, first->refresh_token);
    g_assert_null(f.error);
    g_assert_cmpstr(first->refresh_token, !=, second->refresh_token);
    g_assert_cmpstr(first->access_token, !=, second->access_token);
    is_of(&f, "token", second->access_token, "ann");
    kz_auth_tokens *third = renew(&f, second->refresh_token);
    g_assert_null(f.error);
    g_assert_null(renew(&f, first->refresh_token));
    failed(&f, KZ_ERROR_AUTHENTICATION, "was used before");
    g_assert_null(renew(&f, third->refresh_token)); /* whoever has it: its session is over */
    failed(&f, KZ_ERROR_AUTHENTICATION, "Invalid refresh token");
    g_assert_null(whose(&f, "token", third->access_token));
    failed(&f, KZ_ERROR_AUTHENTICATION, "Invalid token");
    kz_free(first);
    kz_free(second);
    kz_free(third);
    emulator_end(&f);
}

static void test_pats(void)
{
    EmulatorFixture f;
    kz_auth *auth;
    emulator_begin(&f, guarded);
    kz_auth_tokens *tokens = sign_in(&f, "ann", "secret word");
    kz_client *client = carrying(&f, tokens->access_token, &auth);
    kz_created_pat *pat = kz_auth_create_pat(
        auth, &(kz_auth_create_pat_params){ .name = "for scripts", .ttl_seconds = KZ_INT(900), .scope = "openid" }, &f.error);
    g_assert_null(f.error);
    g_assert_cmpstr(pat->pat->name, ==, "for scripts");
    g_assert_cmpint(pat->pat->exp.value, >, 900);
    is_of(&f, "token", pat->token, "ann");
    is_of(&f, "api_key", pat->token, "ann");
    kz_client *keyed = test_client(f.url, SETTINGS("api_key", pat->token, "api_key_header", "x-api-key"), &f.error);
    kz_pats *pats = kz_auth_list_pats(kz_client_auth(keyed, &f.error), NULL, &f.error);
    g_assert_null(f.error);
    g_assert_cmpuint(pats->n_pats, ==, 1);
    g_assert_cmpstr(pats->pats[0]->jti, ==, pat->pat->jti);
    g_assert_null(strstr(kz_json_of(pats).text, pat->token));
    kz_free(kz_auth_revoke_pat(auth, &(kz_auth_revoke_pat_params){ .jti = pat->pat->jti }, &f.error));
    g_assert_null(f.error);
    g_assert_null(whose(&f, "token", pat->token));
    failed(&f, KZ_ERROR_AUTHENTICATION, "Token has been revoked");
    g_assert_null(kz_auth_revoke_pat(auth, &(kz_auth_revoke_pat_params){ .jti = "none" }, &f.error));
    failed(&f, KZ_ERROR_NOT_FOUND, "Token not found");
    kz_free(pats);
    kz_free(pat);
    kz_free(tokens);
    kz_client_free(keyed);
    kz_client_free(client);
    emulator_end(&f);
}

static void test_users(void)
{
    EmulatorFixture f;
    kz_auth *admin, *own;
    const char *const roles[] = { "viewer" };
    emulator_begin(&f, guarded);
    kz_auth_tokens *tokens = sign_in(&f, "admin", "kamiwaza"), *hers = sign_in(&f, "ann", "secret word");
    kz_client *client = carrying(&f, tokens->access_token, &admin), *other = carrying(&f, hers->access_token, &own);
    g_assert_null(kz_auth_list_users(own, NULL, &f.error));
    failed(&f, KZ_ERROR_PERMISSION, "Admin role required");
    kz_user *bob = kz_auth_create_user(admin,
        &(kz_auth_create_user_params){
            .username = "bob", .password = "first", .email = "bob@host.example", .roles = roles, .n_roles = 1 },
        &f.error);
    g_assert_null(f.error);
    g_assert_true(bob->active.value && !bob->is_superuser.value && bob->n_roles == 1);
    g_assert_null(strstr(kz_json_of(bob).text, "x_"));
    g_assert_null(kz_auth_create_user(admin, &(kz_auth_create_user_params){ .username = "bob", .password = "x" }, &f.error));
    failed(&f, KZ_ERROR_CONFLICT, "exists");
    kz_user_list *users = kz_auth_list_users(admin, NULL, &f.error);
    g_assert_cmpuint(users->n_items, ==, 3);
    kz_auth_tokens *his = sign_in(&f, "bob", "first");
    kz_free(kz_auth_reset_user_password(
        admin, &(kz_auth_reset_user_password_params){ .user_id = bob->id, .new_password = "second" }, &f.error));
    g_assert_null(f.error);
    g_assert_null(whose(&f, "token", his->access_token)); /* whoever knew the old password is out */
    failed(&f, KZ_ERROR_AUTHENTICATION, "Invalid token");
    kz_free(his);
    his = sign_in(&f, "bob", "second");
    kz_user *changed = kz_auth_update_user(
        admin, &(kz_auth_update_user_params){ .user_id = bob->id, .active = KZ_FALSE }, &f.error);
    g_assert_null(f.error);
    g_assert_true(!changed->active.value && !strcmp(changed->email, "bob@host.example"));
    g_assert_null(sign_in(&f, "bob", "second"));
    failed(&f, KZ_ERROR_AUTHENTICATION, "Invalid user credentials");
    kz_user *gone = kz_auth_delete_user(admin, &(kz_auth_delete_user_params){ .user_id = bob->id }, &f.error);
    g_assert_true(gone->deleted.value);
    g_assert_null(kz_auth_get_user(admin, &(kz_auth_get_user_params){ .user_id = bob->id }, &f.error));
    failed(&f, KZ_ERROR_NOT_FOUND, "User not found");
    g_assert_null(kz_auth_change_my_password(
        own, &(kz_auth_change_my_password_params){ .current_password = "no", .new_password = "third" }, &f.error));
    failed(&f, KZ_ERROR_VALIDATION, "current password");
    kz_password_change *change = kz_auth_change_my_password(
        own, &(kz_auth_change_my_password_params){ .current_password = "secret word", .new_password = "third" }, &f.error);
    g_assert_true(change->changed.value);
    kz_auth_tokens *again = sign_in(&f, "ann", "third");
    g_assert_nonnull(again);
    void *const results[] = { tokens, hers, bob, users, his, changed, gone, change, again };
    for (size_t i = 0; i < G_N_ELEMENTS(results); i++)
        kz_free(results[i]);
    kz_client_free(client);
    kz_client_free(other);
    emulator_end(&f);
}

static void test_sessions(void)
{
    EmulatorFixture f;
    kz_auth *admin, *own;
    emulator_begin(&f, guarded);
    kz_auth_tokens *tokens = sign_in(&f, "admin", "kamiwaza"), *hers = sign_in(&f, "ann", "secret word"),
                   *more = sign_in(&f, "ann", "secret word");
    kz_client *client = carrying(&f, tokens->access_token, &admin), *other = carrying(&f, hers->access_token, &own);
    kz_user_info *ann = kz_auth_get_current_user(own, NULL, &f.error);
    kz_logout_response *left = kz_auth_logout(own, NULL, &f.error);
    g_assert_null(f.error);
    g_assert_true(left->session_termination_requested.value && g_str_has_prefix(left->front_channel_logout_url, f.url));
    g_assert_null(whose(&f, "token", hers->access_token));
    failed(&f, KZ_ERROR_AUTHENTICATION, "Invalid token");
    is_of(&f, "token", more->access_token, "ann"); /* another session goes on */
    const kz_auth_purge_sessions_params purge = { .tenant_id = "__default__", .subject_id = ann->sub };
    kz_purged_sessions *purged = kz_auth_purge_sessions(admin, &purge, &f.error);
    g_assert_cmpint(purged->revoked.value, ==, 1);
    g_assert_null(renew(&f, more->refresh_token));
    failed(&f, KZ_ERROR_AUTHENTICATION, "Invalid refresh token");
    g_assert_false(kz_auth_delete_session(admin, &(kz_auth_delete_session_params){ .session_id = "none" }, &f.error));
    failed(&f, KZ_ERROR_NOT_FOUND, "Session not found");
    void *const results[] = { tokens, hers, more, ann, left, purged };
    for (size_t i = 0; i < G_N_ELEMENTS(results); i++)
        kz_free(results[i]);
    kz_client_free(client);
    kz_client_free(other);
    emulator_end(&f);
}

static void test_open(void)
{
    EmulatorFixture f;
    emulator_begin(&f, NULL);
    kz_user_info *info = kz_auth_get_current_user(auth_of(&f), NULL, &f.error);
    g_assert_null(f.error);
    g_assert_cmpstr(info->username, ==, "admin"); /* without --require-auth everybody is */
    kz_free(info);
    kz_json_value *minted = kz_auth_mint_dev_token(
        auth_of(&f), &(kz_auth_mint_dev_token_params){ .user_id = "tester", .roles = "user, viewer" }, &f.error);
    g_assert_null(f.error);
    kz_json quoted = kz_json_member(minted->value, "access_token");
    char *token = g_strndup(quoted.text + 1, quoted.length - 2);
    is_of(&f, "token", token, "tester");
    g_free(token);
    kz_free(minted);
    emulator_end(&f);
}

/* Neither the log nor the kept state holds a password or a token. */
static void test_nothing_secret_is_written(void)
{
    char *folder = g_dir_make_tmp("kz-auth-XXXXXX", NULL), *log = g_build_filename(folder, "log", NULL);
    char *state = g_build_filename(folder, "state.json", NULL), *texts[2];
    const char *const options[] = { "--require-auth", "--verbose", "--user", "ann:a-secret-word", "--state", folder, NULL };
    EmulatorFixture f = { 0 };
    kz_auth *auth;
    f.emulator = emulator_start_logging(options, log, &f.url);
    f.client = emulator_client(f.url, &f.error);
    kz_auth_tokens *tokens = sign_in(&f, "ann", "a-secret-word"), *next = renew(&f, tokens->refresh_token);
    kz_client *client = carrying(&f, next->access_token, &auth);
    kz_created_pat *pat = kz_auth_create_pat(auth, NULL, &f.error);
    g_assert_null(f.error);
    const char *const secrets[] = { "a-secret-word", tokens->access_token, tokens->refresh_token, next->access_token,
        next->refresh_token, next->id_token, pat->token };
    emulator_end(&f);
    g_assert_true(g_file_get_contents(log, &texts[0], NULL, NULL) && g_file_get_contents(state, &texts[1], NULL, NULL));
    g_assert_nonnull(strstr(texts[0], "POST /api/auth/refresh 200"));
    g_assert_nonnull(strstr(texts[1], "\"ann\""));
    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++)
        g_assert_true(!strstr(texts[0], secrets[i]) && !strstr(texts[1], secrets[i]));
    g_remove(log);
    g_remove(state);
    g_rmdir(folder);
    kz_client_free(client);
    kz_free(tokens);
    kz_free(next);
    kz_free(pat);
    g_free(texts[0]);
    g_free(texts[1]);
    g_free(folder);
    g_free(log);
    g_free(state);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/auth/a-password-gives-tokens-that-are-let-in", test_sign_in);
    g_test_add_func("/auth/a-token-that-ended-is-refused", test_ended_tokens);
    g_test_add_func("/auth/refresh-tokens-rotate-and-one-used-twice-ends-the-session", test_rotation);
    g_test_add_func("/auth/personal-access-tokens-live-until-they-are-revoked", test_pats);
    g_test_add_func("/auth/users-are-administered", test_users);
    g_test_add_func("/auth/sessions-end", test_sessions);
    g_test_add_func("/auth/without-sign-in-everybody-is-the-first-user", test_open);
    g_test_add_func("/auth/nothing-secret-is-written-down", test_nothing_secret_is_written);
    return g_test_run();
}
