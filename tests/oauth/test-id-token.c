/* test-id-token.c: which ID tokens are believed, and the keys that they are checked by. */
#include "code.h"

#include <string.h>

static void try_token(const Trial *trial)
{
    Fixture f;
    g_autofree char *keys = key_set(trial->flags & BY_RSA ? rsa_key : first_key);
    begin_browser(&f, sign_in_well);
    current = trial;
    add_json(&f, "200 OK", DOCUMENT);
    add_json(&f, "200 OK", "");
    add_json(&f, "200 OK", keys);
    OPEN(&f, SETTINGS);
    g_test_message("%s %s", trial->claims, trial->says);
    g_assert_cmpint(signs_in(&f), ==, trial->user != NULL);
    if (trial->user) {
        kz_credential *credential = credential_of(&f);
        g_assert_cmpstr(credential->user, ==, trial->user);
        kz_free(credential);
    } else {
        EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Checking who signed in", trial->says);
        g_assert_null(credential_of(&f));
        EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Nobody is signed in");
    }
    end(&f);
}

static void test_id_tokens(void)
{
    static const Trial trials[] = {
        { NULL, 0, NULL, "ada", NULL },
        { "{\"preferred_username\":\"Ada L.\",\"email\":\"a@b\"}", 0, NULL, "Ada L.", NULL },
        { "{\"email\":\"a@b\"}", 0, NULL, "a@b", NULL },
        { "{\"aud\":[\"app\"]}", 0, NULL, "ada", NULL },
        { "{\"aud\":[\"app\",\"other\"],\"azp\":\"app\"}", 0, NULL, "ada", NULL },
        { NULL, BY_RSA, "RS256", "ada", NULL },
        { NULL, BY_RSA, "PS256", "ada", NULL },
        { "{\"iss\":\"https://evil.example\"}", 0, NULL, NULL, "evil.example" },
        { "{\"iss\":null}", 0, NULL, NULL, "not of http" },
        { "{\"sub\":null}", 0, NULL, NULL, "whose" },
        { "{\"aud\":\"other\"}", 0, NULL, NULL, "another program" },
        { "{\"aud\":null}", 0, NULL, NULL, "another program" },
        { "{\"aud\":[\"app\",\"other\"]}", 0, NULL, NULL, "given to another" },
        { "{\"azp\":\"other\"}", 0, NULL, NULL, "given to another" },
        { "{\"exp\":1000}", 0, NULL, NULL, "ended" },
        { "{\"exp\":null}", 0, NULL, NULL, "ended" },
        { "{\"exp\":\"tomorrow\"}", 0, NULL, NULL, "exp" },
        { "{\"iat\":9999999999}", 0, NULL, NULL, "future" },
        { "{\"nbf\":9999999999}", 0, NULL, NULL, "future" },
        { "{\"nonce\":\"of another\"}", 0, NULL, NULL, "nonce" },
        { "{\"nonce\":null}", 0, NULL, NULL, "nonce" },
        { NULL, BROKEN_SIGNATURE, NULL, NULL, "signature" },
        { NULL, OTHER_KEY, NULL, NULL, "signature" },
        { NULL, UNKNOWN_KEY, NULL, NULL, "no key" },
        { NULL, NO_SIGNATURE, NULL, NULL, "\"none\"" },
        { NULL, BY_PUBLIC_KEY, NULL, NULL, "\"HS256\"" },
        { NULL, CRITICAL, NULL, NULL, "critical" },
        { NULL, CUT, NULL, NULL, "header.claims.signature" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(trials); i++)
        try_token(&trials[i]);
}

static void sign_in_by_second_key(Fixture *f, const char *url)
{
    g_autofree char *query = good_query(f), *token = NULL;
    json_t *claims = claims_of(f, NULL);
    g_autofree char *payload = json_dumps(claims, 0);
    (void)url;
    token = sign(payload, "ES256", "two", second_key, false);
    g_autofree char *answer = g_strdup_printf(
        "{\"access_token\":\"access-2\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}", token);
    json_decref(claims);
    set_json(f, 3, "200 OK", answer);
    come_back(f, query);
}

static void test_keys_change(void)
{
    Fixture f;
    g_autofree char *keys = key_set(first_key), *other_keys = key_set(second_key);
    begin_browser(&f, sign_in_well);
    current = &usual;
    add_json(&f, "200 OK", DOCUMENT);
    add_json(&f, "200 OK", "");
    add_json(&f, "200 OK", keys);
    add_json(&f, "200 OK", "");
    add_json(&f, "200 OK", other_keys);
    OPEN(&f, SETTINGS);
    g_assert_true(signs_in(&f));
    f.browser = sign_in_by_second_key;
    g_assert_true(signs_in(&f));
    static const char *const asked[] = { "GET /.well-known", "POST /token", "GET /keys", "POST /token", "GET /keys" };
    g_assert_cmpuint(wire_count(f.server), ==, 5);
    for (guint i = 0; i < 5; i++)
        g_assert_true(g_str_has_prefix(wire_request(f.server, i), asked[i]));
    end(&f);
}

static void test_no_keys(void)
{
    static const struct {
        const char *status, *answer, *says;
    } cases[] = { { "200 OK", "<html>", "HTML" }, { "200 OK", "{}", "no set of keys" },
        { "200 OK", "{\"keys\":{}}", "no set of keys" }, { "200 OK", "{\"keys\":[]}", "no key" },
        { "200 OK", "{\"keys\":[1,{},{\"kty\":7},{\"kty\":\"EC\",\"kid\":\"one\"}]}", "signature" }, { "500 Oh", "{}", "500" } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin_browser(&f, sign_in_well);
        current = &usual;
        add_json(&f, "200 OK", DOCUMENT);
        add_json(&f, "200 OK", "");
        add_json(&f, cases[i].status, cases[i].answer);
        OPEN(&f, SETTINGS);
        g_assert_false(signs_in(&f));
        EXPECT(&f, KZ_ERROR_AUTHENTICATION, cases[i].says);
        end(&f);
    }
}

static void sign_in_without(Fixture *f, const char *url)
{
    g_autofree char *query = good_query(f);
    (void)url;
    come_back(f, query);
}

static void test_no_id_token(void)
{
    Fixture f;
    begin_browser(&f, sign_in_without);
    add_json(&f, "200 OK", DOCUMENT);
    add_json(&f, "200 OK", "{\"access_token\":\"access-1\",\"token_type\":\"Bearer\"}");
    OPEN(&f, SETTINGS);
    g_assert_false(signs_in(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "no ID token", "auth_scope");
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    code_begin();
    g_test_add_func("/oauth/which-id-tokens-are-believed", test_id_tokens);
    g_test_add_func("/oauth/changed-keys-are-fetched-once-more", test_keys_change);
    g_test_add_func("/oauth/answers-that-hold-no-keys", test_no_keys);
    g_test_add_func("/oauth/a-missing-id-token-is-an-error", test_no_id_token);
    int status = g_test_run();
    code_end();
    return status;
}
