/* test-provider.c: the emulator's OpenID provider, asked as a client would: discovery, every grant, and what is refused. */
#include "emulator.h"

#include <json-c/json.h>
#include <kamiwaza/auth.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#define REALM "/realms/kamiwaza"

static const char *const options[] = { "--require-auth", "--user", "ann:secret", "--client", "robot:key&more", NULL };

/* Posts a form to an endpoint; the answer must have this status. To be released. */
static json_object *post(EmulatorFixture *f, const char *endpoint, const char *lines, const char *form, const char *status)
{
    char *what = g_strconcat("POST " REALM, endpoint, NULL);
    char *all = g_strconcat("Content-Type: application/x-www-form-urlencoded\r\n", lines, NULL);
    char *answer = emulator_ask(f->url, what, all, form), *body = strstr(answer, "\r\n\r\n");
    if (!g_str_has_prefix(answer + strlen("HTTP/1.1 "), status))
        g_error("%s", answer);
    json_object *tree = json_tokener_parse(body);
    g_assert_nonnull(tree);
    g_free(what);
    g_free(all);
    g_free(answer);
    return tree;
}

static const char *text_of(json_object *tree, const char *name)
{
    json_object *value = NULL;
    return json_object_object_get_ex(tree, name, &value) ? json_object_get_string(value) : NULL;
}

static void refused(EmulatorFixture *f, const char *form, const char *status, const char *error)
{
    json_object *answer = post(f, "/token", NULL, form, status);
    g_assert_cmpstr(text_of(answer, "error"), ==, error);
    g_assert_nonnull(text_of(answer, "error_description"));
    json_object_put(answer);
}

/* The platform knows the bearer of the answer's access token by this name. */
static void is_let_in(EmulatorFixture *f, json_object *tokens, const char *name)
{
    kz_error *error = NULL;
    kz_client *client = emulator_client_with(f->url, "token", text_of(tokens, "access_token"), &error);
    kz_user_info *info = kz_auth_get_current_user(kz_client_auth(client, &error), NULL, &error);
    g_assert_null(error);
    g_assert_cmpstr(info->username, ==, name);
    kz_free(info);
    kz_client_free(client);
}

/* Base64url, without padding. To be released with g_free(). */
static guchar *decoded(const char *text, gsize *length)
{
    char *plain = g_strdup_printf("%s%.*s", text, (int)((4 - strlen(text) % 4) % 4), "==");
    g_strdelimit(g_strdelimit(plain, "-", '+'), "_", '/');
    guchar *bytes = g_base64_decode(plain, length);
    g_free(plain);
    return bytes;
}

static json_object *claims_of(const char *token)
{
    char **parts = g_strsplit(token, ".", 3);
    gsize length;
    guchar *bytes = decoded(parts[1], &length);
    char *text = g_strndup((char *)bytes, length);
    json_object *claims = json_tokener_parse(text);
    g_assert_nonnull(claims);
    g_free(text);
    g_free(bytes);
    g_strfreev(parts);
    return claims;
}

/* Whether a token is signed by the only one of these keys. */
static bool is_signed_by(json_object *keys, const char *token)
{
    json_object *list = NULL;
    g_assert_true(json_object_object_get_ex(keys, "keys", &list));
    json_object *key = json_object_array_get_idx(list, 0);
    gsize n_length, e_length, length;
    guchar *n = decoded(text_of(key, "n"), &n_length), *e = decoded(text_of(key, "e"), &e_length);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *modulus = BN_bin2bn(n, (int)n_length, NULL), *exponent = BN_bin2bn(e, (int)e_length, NULL);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *made = NULL;
    g_assert_true(EVP_PKEY_fromdata_init(making) == 1 && EVP_PKEY_fromdata(making, &made, EVP_PKEY_PUBLIC_KEY, params) == 1);
    const char *dot = strrchr(token, '.');
    guchar *signature = decoded(dot + 1, &length);
    EVP_MD_CTX *checking = EVP_MD_CTX_new();
    g_assert_true(EVP_DigestVerifyInit(checking, NULL, EVP_sha256(), NULL, made) == 1);
    bool fine = EVP_DigestVerify(checking, signature, length, (const guchar *)token, (size_t)(dot - token)) == 1;
    EVP_MD_CTX_free(checking);
    EVP_PKEY_free(made);
    EVP_PKEY_CTX_free(making);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(modulus);
    BN_free(exponent);
    g_free(n);
    g_free(e);
    g_free(signature);
    return fine;
}

static void test_discovery(void)
{
    EmulatorFixture f;
    emulator_begin(&f, options);
    char *answer = emulator_ask(f.url, "GET " REALM "/.well-known/openid-configuration", NULL, NULL);
    json_object *found = json_tokener_parse(strstr(answer, "\r\n\r\n"));
    char *issuer = g_strdup_printf("%.*s" REALM, (int)(strlen(f.url) - strlen("/api")), f.url);
    g_assert_cmpstr(text_of(found, "issuer"), ==, issuer);
    g_assert_true(g_str_has_prefix(text_of(found, "token_endpoint"), issuer));
    g_free(answer);
    answer = emulator_ask(f.url, "GET " REALM "/certs", NULL, NULL);
    json_object *keys = json_tokener_parse(strstr(answer, "\r\n\r\n"));
    json_object *tokens = post(
        &f, "/token", NULL, "grant_type=password&client_id=app&username=ann&password=secret&scope=openid", "200");
    g_assert_true(is_signed_by(keys, text_of(tokens, "id_token")) && is_signed_by(keys, text_of(tokens, "access_token")));
    char *forged = g_strdup(text_of(tokens, "id_token"));
    forged[4] = forged[4] == 'a' ? 'b' : 'a';
    g_assert_false(is_signed_by(keys, forged));
    g_free(issuer);
    g_free(answer);
    g_free(forged);
    json_object_put(found);
    json_object_put(keys);
    json_object_put(tokens);
    emulator_end(&f);
}

static void test_password_and_refresh(void)
{
    EmulatorFixture f;
    emulator_begin(&f, options);
    json_object *first = post(
        &f, "/token", NULL, "grant_type=password&client_id=app&username=ann&password=secret&scope=openid", "200");
    is_let_in(&f, first, "ann");
    json_object *claims = claims_of(text_of(first, "id_token"));
    g_assert_cmpstr(text_of(claims, "aud"), ==, "app");
    char *form = g_strconcat("grant_type=refresh_token&client_id=app&refresh_token=", text_of(first, "refresh_token"), NULL);
    char *other = g_strconcat("grant_type=refresh_token&client_id=else&refresh_token=", text_of(first, "refresh_token"), NULL);
    refused(&f, other, "400", "invalid_grant");
    json_object *second = post(&f, "/token", NULL, form, "200");
    is_let_in(&f, second, "ann");
    refused(&f, form, "400", "invalid_grant"); /* used before: the session is over */
    char *next = g_strconcat("grant_type=refresh_token&client_id=app&refresh_token=", text_of(second, "refresh_token"), NULL);
    refused(&f, next, "400", "invalid_grant");
    refused(&f, "grant_type=password&client_id=app&username=ann&password=wrong", "400", "invalid_grant");
    refused(&f, "grant_type=password&username=ann&password=secret", "401", "invalid_client");
    refused(&f, "grant_type=other&client_id=app", "400", "unsupported_grant_type");
    json_object_put(first);
    json_object_put(second);
    json_object_put(claims);
    g_free(form);
    g_free(other);
    g_free(next);
    emulator_end(&f);
}

static void test_clients(void)
{
    EmulatorFixture f;
    emulator_begin(&f, options);
    json_object *posted = post(
        &f, "/token", NULL, "grant_type=client_credentials&client_id=robot&client_secret=key%26more&scope=a+b", "200");
    is_let_in(&f, posted, "service-account-robot");
    g_assert_cmpstr(text_of(posted, "scope"), ==, "a b");
    g_assert_null(text_of(posted, "refresh_token"));
    char *word = g_base64_encode((const guchar *)"robot:key%26more", 16);
    char *line = g_strdup_printf("Authorization: Basic %s\r\n", word);
    json_object *basic = post(&f, "/token", line, "grant_type=client_credentials", "200");
    is_let_in(&f, basic, "service-account-robot");
    refused(&f, "grant_type=client_credentials&client_id=robot&client_secret=no", "401", "invalid_client");
    refused(&f, "grant_type=client_credentials&client_id=stranger&client_secret=no", "401", "invalid_client");
    json_object_put(posted);
    json_object_put(basic);
    g_free(word);
    g_free(line);
    emulator_end(&f);
}

static char *location(EmulatorFixture *f, const char *query)
{
    char *what = g_strconcat("GET " REALM "/auth?", query, NULL), *answer = emulator_ask(f->url, what, NULL, NULL);
    const char *start = strstr(answer, "\r\nLocation: ");
    g_assert_nonnull(start);
    start += strlen("\r\nLocation: ");
    char *place = g_strndup(start, strcspn(start, "\r"));
    g_free(what);
    g_free(answer);
    return place;
}

/* RFC 7636, appendix B: the verifier and its challenge. */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static void test_code(void)
{
    EmulatorFixture f;
    emulator_begin(&f, options);
    const char *query =
        "response_type=code&client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fx&state=s%26t&scope=openid&nonce=n1&"
        "code_challenge=" CHALLENGE "&code_challenge_method=S256&login_hint=ann";
    char *place = location(&f, query);
    g_assert_true(g_str_has_prefix(place, "http://127.0.0.1:1/x?code="));
    g_assert_nonnull(strstr(place, "&state=s%26t&iss="));
    char *code = g_strndup(place + 26, strcspn(place + 26, "&"));
    char *form = g_strconcat(
        "grant_type=authorization_code&client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fx&code_verifier=" VERIFIER
        "&code=",
        code, NULL);
    json_object *tokens = post(&f, "/token", NULL, form, "200"), *claims = claims_of(text_of(tokens, "id_token"));
    is_let_in(&f, tokens, "ann");
    g_assert_cmpstr(text_of(claims, "nonce"), ==, "n1");
    refused(&f, form, "400", "invalid_grant");
    char *again = location(&f, query), *another = g_strndup(again + 26, strcspn(again + 26, "&"));
    char *wrong = g_strconcat(
        "grant_type=authorization_code&client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fx&code_verifier=wrong&code=",
        another, NULL);
    refused(&f, wrong, "400", "invalid_grant");
    char *bare = location(&f, "response_type=code&client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fx&state=s");
    g_assert_nonnull(strstr(bare, "error=invalid_request"));
    char *const texts[] = { place, code, form, again, another, wrong, bare };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    json_object_put(tokens);
    json_object_put(claims);
    emulator_end(&f);
}

static void test_device(void)
{
    EmulatorFixture f;
    emulator_begin(&f, options);
    json_object *begun = post(&f, "/device-authorization", NULL, "client_id=app&scope=openid", "200");
    char *form = g_strconcat("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=app&device_code=",
        text_of(begun, "device_code"), NULL);
    refused(&f, form, "400", "authorization_pending");
    /* Asked again within a second; a machine may be too slow for that now and then. */
    const char *error = "authorization_pending";
    for (int i = 0; i < 100 && !strcmp(error, "authorization_pending"); i++) {
        json_object *answer = post(&f, "/token", NULL, form, "400");
        error = strcmp(text_of(answer, "error"), "slow_down") ? error : "slow_down";
        json_object_put(answer);
    }
    g_assert_cmpstr(error, ==, "slow_down");
    char *what = g_strconcat("GET ", strstr(text_of(begun, "verification_uri_complete"), REALM), NULL);
    char *page = emulator_ask(f.url, what, NULL, NULL);
    g_assert_true(g_str_has_prefix(page, "HTTP/1.1 200 "));
    json_object *tokens = post(&f, "/token", NULL, form, "200");
    is_let_in(&f, tokens, "admin");
    refused(&f, form, "400", "invalid_grant");
    json_object *more = post(&f, "/device-authorization", NULL, "client_id=app", "200");
    char *deny = g_strconcat("GET " REALM "/device?deny=true&user_code=", text_of(more, "user_code"), NULL);
    char *denied = emulator_ask(f.url, deny, NULL, NULL);
    char *second = g_strconcat("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=app&device_code=",
        text_of(more, "device_code"), NULL);
    refused(&f, second, "400", "access_denied");
    char *const texts[] = { form, what, page, deny, denied, second };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    json_object_put(begun);
    json_object_put(tokens);
    json_object_put(more);
    emulator_end(&f);
}

static void test_revocation(void)
{
    EmulatorFixture f;
    kz_error *error = NULL;
    emulator_begin(&f, options);
    json_object *tokens = post(&f, "/token", NULL, "grant_type=password&client_id=app&username=ann&password=secret", "200");
    char *form = g_strconcat("client_id=app&token=", text_of(tokens, "refresh_token"), NULL);
    json_object_put(post(&f, "/revoke", NULL, form, "200"));
    kz_client *client = emulator_client_with(f.url, "token", text_of(tokens, "access_token"), &error);
    g_assert_null(kz_auth_get_current_user(kz_client_auth(client, &error), NULL, &error));
    g_assert_true(kz_error_is(error, KZ_ERROR_AUTHENTICATION));
    kz_error_free(error);
    json_object_put(post(&f, "/revoke", NULL, form, "200")); /* what is not known is as good as revoked */
    kz_client_free(client);
    json_object_put(tokens);
    g_free(form);
    emulator_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/provider/says-what-it-offers", test_discovery);
    g_test_add_func("/provider/passwords-and-refresh-tokens", test_password_and_refresh);
    g_test_add_func("/provider/clients-by-themselves", test_clients);
    g_test_add_func("/provider/a-code-with-its-verifier-once", test_code);
    g_test_add_func("/provider/a-device-waits-for-its-person", test_device);
    g_test_add_func("/provider/what-is-revoked-is-refused", test_revocation);
    return g_test_run();
}
