/* test-steps.c: the ways to sign in by OAuth against a provider that answers what the test wrote down: discovery, tokens, how a program proves
 * itself, renewing, giving back, other devices; and every answer that no provider should give. */
#include "fixture.h"

#include <jansson.h>
#include <jose/b64.h>
#include <jose/jws.h>
#include <jose/openssl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <glib/gstdio.h>
#include <string.h>

#define TOKEN "access-0123456789"
#define TOKENS(more) "{\"access_token\":\"" TOKEN "\",\"token_type\":\"Bearer\"" more "}"
#define BY_HAND "auth_token_endpoint", "<>/token", "auth_client_id", "app"
#define ALONE BY_HAND, "auth_client_secret", "s3cret-of-app"

static void secret(Fixture *f, const char *text)
{
    g_ptr_array_add(f->secrets, g_strdup(text));
}

static void begin_with(Fixture *f)
{
    begin(f);
    secret(f, TOKEN);
    secret(f, "s3cret-of-app");
    secret(f, "czNjcmV0"); /* the same in base64 */
}

/* ---- answers of the token endpoint ---- */

static void test_token_answers(void)
{
    static const struct {
        const char *status, *body;
        gint64 lifetime; /* -1: an error, 0: not known */
        const char *says[4];
    } cases[] = {
        { "200 OK", TOKENS(",\"expires_in\":60"), 60, { NULL } },
        { "200 OK", TOKENS(",\"expires_in\":\"60\""), 60, { NULL } },
        { "200 OK", TOKENS(""), 0, { NULL } },
        { "200 OK", TOKENS(",\"expires_in\":null"), 0, { NULL } },
        { "200 OK", TOKENS(",\"expires_in\":99999999999999999999"), 3650 * 24 * 3600, { NULL } },
        { "200 OK", "{\"access_token\":\"" TOKEN "\",\"token_type\":\"bEARER\"}", 0, { NULL } },
        { "200 OK", "{\"access_token\":\"" TOKEN "\"}", 0, { NULL } },
        { "200 OK", TOKENS(",\"expires_in\":-1"), -1, { "expires_in", "clock" } },
        { "200 OK", TOKENS(",\"expires_in\":0"), -1, { "expires_in" } },
        { "200 OK", TOKENS(",\"expires_in\":\"soon\""), -1, { "expires_in", "no number" } },
        { "200 OK", TOKENS(",\"expires_in\":[]"), -1, { "expires_in" } },
        { "200 OK", "{\"access_token\":\"" TOKEN "\",\"token_type\":\"DPoP\"}", -1, { "DPoP", "Bearer" } },
        { "200 OK", "{\"access_token\":\"" TOKEN, -1, { "breaks off" } },
        { "200 OK", "{\"access_token\":\"\"}", -1, { "access_token" } },
        { "200 OK", "{\"access_token\":17}", -1, { "access_token" } },
        { "200 OK", "{\"access_token\":\"a\\r\\nX-Evil: 1\"}", -1, { "line breaks" } },
        { "200 OK", "{}", -1, { "access_token" } },
        { "200 OK", "", -1, { "empty" } },
        { "200 OK", "<html>", -1, { "HTML" } },
        { "200 OK", "[1]", -1, { "JSON" } },
        { "400 Bad Request", "{\"error\":\"invalid_scope\",\"error_description\":\"no such scope\"}", -1,
            { "invalid_scope", "no such scope", "auth_scope" } },
        { "401 Unauthorized", "{\"error\":\"invalid_client\",\"error_description\":\"secret s3cret-of-app is wrong\"}", -1,
            { "invalid_client", "auth_client_secret", "auth_client_auth" } },
        { "400 Bad Request", "{\"error\":\"invalid_request\",\"error_description\":\"a\\u001b[31mb\\u0000c\\u009bd\"}", -1,
            { "invalid_request" } },
        { "503 Service Unavailable", "<h1>Sorry</h1>", -1, { "503" } },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin_with(&f);
        add_json(&f, cases[i].status, cases[i].body);
        OPEN(&f, ALONE);
        g_test_message("%s", cases[i].body);
        bool fine = signs_in(&f);
        g_assert_cmpint(fine, ==, cases[i].lifetime >= 0);
        if (!fine) {
            g_assert_nonnull(strstr(f.error->message, "Signing in as the program itself"));
            expect_error(&f, KZ_ERROR_AUTHENTICATION, cases[i].says);
            end(&f);
            continue;
        }
        kz_credential *credential = credential_of(&f);
        g_assert_cmpstr(credential->token, ==, TOKEN);
        g_assert_cmpint(credential->expires_at.state, ==, cases[i].lifetime ? KZ_SET : KZ_UNSET);
        if (cases[i].lifetime)
            g_assert_cmpint(ABS(credential->expires_at.value - g_get_real_time() / 1000000 - cases[i].lifetime), <, 10);
        g_assert_true(credential->renewable.value);
        kz_free(credential);
        end(&f);
    }
}

static void test_endless_page(void)
{
    Fixture f;
    begin_with(&f);
    g_autofree char *page = g_strnfill(10000000, 'x');
    g_autofree char *whole = g_strdup_printf(
        "HTTP/1.1 500 Oh\r\nContent-Type: text/html\r\nContent-Length: 10000000\r\n\r\n%s", page);
    add_text(&f, whole);
    OPEN(&f, ALONE);
    g_assert_false(signs_in(&f));
    g_assert_nonnull(f.error);
    g_assert_cmpuint(strlen(f.error->message), <, 1000);
    g_test_message("%s: %s", kz_error_class(f.error->code), f.error->message);
    kz_error_clear(&f.error);
    end(&f);
}

/* ---- how a program proves itself ---- */

static void test_basic_is_encoded(void)
{
    Fixture f;
    begin_with(&f);
    add_json(&f, "200 OK", TOKENS(""));
    OPEN(&f, "auth_token_endpoint", "<>/token", "auth_client_id", "a:b", "auth_client_secret", "s p&+%/\xc3\xa9", "auth_scope",
        "one two", "auth_audience", "those", "auth_resource", "https://api.example.org/x?y");
    g_assert_true(signs_in(&f));
    const char *request = wire_request(f.server, 0);
    g_autofree char *plain = g_base64_encode((const guchar *)"a%3Ab:s%20p%26%2B%25%2F%C3%A9", 29);
    g_autofree char *line = g_strdup_printf("\r\nAuthorization: Basic %s\r\n", plain);
    g_assert_nonnull(strstr(request, line));
    g_assert_nonnull(strstr(request, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    g_assert_cmpstr(body_of(request), ==,
        "grant_type=client_credentials&scope=one%20two&audience=those&resource=https%3A%2F%2Fapi.example.org%2Fx%3Fy");
    end(&f);
}

static void test_post(void)
{
    Fixture f;
    begin_with(&f);
    add_json(&f, "200 OK", TOKENS(""));
    OPEN(&f, ALONE, "auth_client_auth", "client_secret_post");
    g_assert_true(signs_in(&f));
    g_assert_cmpstr(
        body_of(wire_request(f.server, 0)), ==, "grant_type=client_credentials&client_id=app&client_secret=s3cret-of-app");
    g_assert_null(strstr(wire_request(f.server, 0), "Authorization"));
    end(&f);
}

static json_t *object_of(const char *part, gsize length)
{
    g_autofree char *text = g_strndup(part, length);
    gsize size = jose_b64_dec_buf(NULL, length, NULL, 0);
    g_autofree char *json = g_malloc0(size + 1);
    g_assert_cmpuint(jose_b64_dec_buf(text, length, json, size), ==, size);
    json_t *object = json_loadb(json, size, 0, NULL);
    g_assert_nonnull(object);
    return object;
}

static const char *member(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void check_assertion(const char *assertion, EVP_PKEY *key, const char *algorithm, const char *audience)
{
    const char *first = strchr(assertion, '.'), *second = strchr(first + 1, '.');
    json_t *head = object_of(assertion, (gsize)(first - assertion)), *body = object_of(first + 1, (gsize)(second - first - 1));
    json_t *jwk = jose_openssl_jwk_from_EVP_PKEY(NULL, key);
    json_t *jws = json_pack("{s:s%,s:s%,s:s}", "protected", assertion, (size_t)(first - assertion), "payload", first + 1,
        (size_t)(second - first - 1), "signature", second + 1);
    double issued = json_number_value(json_object_get(body, "iat")), ends = json_number_value(json_object_get(body, "exp"));
    g_assert_cmpstr(member(head, "alg"), ==, algorithm);
    g_assert_cmpstr(member(head, "kid"), ==, "key-1");
    g_assert_cmpstr(member(body, "iss"), ==, "app");
    g_assert_cmpstr(member(body, "sub"), ==, "app");
    g_assert_cmpstr(member(body, "aud"), ==, audience);
    g_assert_cmpuint(strlen(member(body, "jti")), ==, 43);
    g_assert_cmpfloat(ABS(issued - (double)(g_get_real_time() / 1000000)), <, 10);
    g_assert_cmpfloat(ends - issued, ==, 120);
    if (jwk) /* not of Ed25519, which libjose does not know */
        g_assert_true(jose_jws_ver(NULL, jws, NULL, jwk, false));
    json_decref(jwk);
    json_decref(jws);
    json_decref(head);
    json_decref(body);
}

static char *write_key(EVP_PKEY *key, const char *password)
{
    char *path = NULL;
    int fd = g_file_open_tmp("kz-key-XXXXXX", &path, NULL);
    FILE *file = fdopen(fd, "w");
    g_assert_true(PEM_write_PrivateKey(file, key, password ? EVP_aes_128_cbc() : NULL, (const unsigned char *)password,
        password ? (int)strlen(password) : 0, NULL, NULL));
    fclose(file);
    return path;
}

static void test_signed_assertion(void)
{
    const struct {
        EVP_PKEY *key;
        const char *algorithm, *password;
    } cases[] = { { EVP_RSA_gen(2048), "RS256", NULL }, { EVP_EC_gen("P-256"), "ES256", "word" },
        { EVP_EC_gen("P-384"), "ES384", NULL }, { EVP_EC_gen("P-521"), "ES512", NULL },
        { EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "EdDSA", NULL } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        g_autofree char *path = write_key(cases[i].key, cases[i].password);
        begin_with(&f);
        add_json(&f, "200 OK", TOKENS(""));
        OPEN(&f, BY_HAND, "auth_private_key", path, "auth_key_id", "key-1",
            cases[i].password ? "auth_private_key_password" : "auth_grant",
            cases[i].password ? cases[i].password : "client_credentials");
        g_assert_true(signs_in(&f));
        const char *form = body_of(wire_request(f.server, 0));
        g_autofree char *type = field_of(form, "client_assertion_type"), *assertion = field_of(form, "client_assertion");
        g_autofree char *audience = g_strconcat(wire_url(f.server), "/token", NULL);
        g_assert_cmpstr(type, ==, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        check_assertion(assertion, cases[i].key, cases[i].algorithm, audience);
        secret(&f, assertion);
        g_unlink(path);
        EVP_PKEY_free(cases[i].key);
        end(&f);
    }
}

/* ---- settings ---- */

static void test_settings(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    g_autofree char *locked = write_key(key, "word");
    const struct {
        const char *settings[11];
        const char *path, *says;
    } cases[] = {
        { { "auth_issuer", "https://x.example" }, "auth_client_id", "client_id" },
        { { "auth_client_id", "a" }, "auth_issuer", "auth_token_endpoint" },
        { { "auth_client_id", "a", "auth_issuer", "x.example" }, "auth_issuer", "https://" },
        { { "auth_client_id", "a", "auth_issuer", "https://x.example?a=b" }, "auth_issuer", "without ?" },
        { { "auth_client_id", "a", "auth_issuer", "http://x.example" }, NULL, "plain HTTP" },
        { { "auth_client_id", "a", "auth_token_endpoint", "http://x.example/token" }, NULL, "plain HTTP" },
        { { BY_HAND, "auth_grant", "password" }, "auth_grant", "client_credentials" },
        { { BY_HAND, "auth_client_auth", "tls" }, "auth_client_auth", "private_key_jwt" },
        { { BY_HAND, "auth_client_auth", "client_secret_basic" }, "auth_client_secret", "not set" },
        { { BY_HAND, "auth_client_auth", "private_key_jwt" }, "auth_private_key", "not set" },
        { { BY_HAND, "auth_grant", "client_credentials" }, "auth_grant", "auth_client_secret" },
        { { BY_HAND, "auth_private_key", "/nothing/there" }, "auth_private_key", "No such file" },
        { { BY_HAND, "auth_private_key", "/dev/null" }, "auth_private_key", "PEM" },
        { { BY_HAND, "auth_private_key", locked }, "auth_private_key", "auth_private_key_password" },
        { { BY_HAND, "auth_private_key", locked, "auth_private_key_password", "wrong-word" }, "auth_private_key", "password" },
        { { BY_HAND, "auth_redirect_port", "70000" }, "auth_redirect_port", "65535" },
        { { BY_HAND, "auth_redirect_host", "example.org" }, "auth_redirect_host", "localhost" },
        { { BY_HAND, "auth_redirect_path", "a b" }, "auth_redirect_path", "/callback" },
        { { BY_HAND, "auth_scop", "x" }, "scop", "auth_scope" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        const char *settings[12] = { NULL };
        memcpy(settings, cases[i].settings, sizeof cases[i].settings);
        begin_with(&f);
        secret(&f, "wrong-word");
        open_client(&f, settings);
        g_assert_false(signs_in(&f));
        if (cases[i].path)
            g_assert_cmpstr(f.error->path, ==, cases[i].path);
        EXPECT(&f, KZ_ERROR_CONFIG, cases[i].says);
        end(&f);
    }
    g_unlink(locked);
    EVP_PKEY_free(key);
}

/* ---- discovery ---- */

#define DOCUMENT "{\"issuer\":\"<>\",\"token_endpoint\":\"<>/token\""
#define BY_ISSUER "auth_client_id", "app", "auth_client_secret", "s3cret-of-app", "auth_issuer"

static void test_discovery(void)
{
    static const struct {
        const char *documents[3], *statuses[3];
        const char *issuer;
        const char *asked[3];
        const char *says[2]; /* NULL: found */
    } cases[] = {
        { { DOCUMENT "}" }, { "200 OK" }, "<>", { "GET /.well-known/openid-configuration " }, { NULL } },
        { { "{}", DOCUMENT "}" }, { "404 Not Found", "200 OK" }, "<>",
            { "GET /.well-known/openid-configuration ", "GET /.well-known/oauth-authorization-server " }, { NULL } },
        { { "<html>", "{\"issuer\":\"<>/a/b\",\"token_endpoint\":\"<>/token\"}" }, { "200 OK", "200 OK" }, "<>/a/b",
            { "GET /a/b/.well-known/openid-configuration ", "GET /.well-known/oauth-authorization-server/a/b " }, { NULL } },
        { { "{}", "{}", "{\"issuer\":\"<>/a/\",\"token_endpoint\":\"<>/token\"}" }, { "404 No", "404 No", "200 OK" }, "<>/a/",
            { "GET /a/.well-known/openid-configuration ", "GET /.well-known/oauth-authorization-server/a ",
                "GET /.well-known/openid-configuration/a " },
            { NULL } },
        { { DOCUMENT "}" }, { "200 OK" }, "<>/", { NULL }, { "is of the provider \"http://127.0.0.1:", "auth_issuer" } },
        { { "{\"issuer\":\"https://evil.example\",\"token_endpoint\":\"<>/token\"}" }, { "200 OK" }, "<>", { NULL },
            { "https://evil.example" } },
        { { "{\"token_endpoint\":\"<>/token\"}" }, { "200 OK" }, "<>", { NULL }, { "of the provider \"\"" } },
        { { "{\"issuer\":\"<>\"}" }, { "200 OK" }, "<>", { NULL }, { "no token_endpoint" } },
        { { "{\"issuer\":\"<>\",\"token_endpoint\":\"http://evil.example/token\"}" }, { "200 OK" }, "<>", { NULL },
            { "plain HTTP", "evil.example" } },
        { { DOCUMENT ",\"jwks_uri\":\"file:///etc/passwd\"}" }, { "200 OK" }, "<>", { NULL }, { "no http(s) URL" } },
        { { DOCUMENT ",\"scopes_supported\":7}" }, { "200 OK" }, "<>", { NULL }, { "scopes_supported" } },
        { { DOCUMENT, "{}", "{}" }, { "200 OK", "404 No", "404 No" }, "<>", { NULL }, { "breaks off", "by hand" } },
        { { "<html>", "<html>", "<html>" }, { "200 OK", "200 OK", "200 OK" }, "<>", { NULL }, { "HTML", "auth_issuer" } },
        { { "{}" }, { "500 Oh" }, "<>", { NULL }, { "500" } },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin_with(&f);
        for (gsize j = 0; j < 3 && cases[i].documents[j]; j++)
            add_json(&f, cases[i].statuses[j], cases[i].documents[j]);
        add_json(&f, "200 OK", TOKENS(""));
        OPEN(&f, BY_ISSUER, cases[i].issuer);
        bool fine = signs_in(&f);
        for (guint j = 0; j < 3 && cases[i].asked[j]; j++)
            g_assert_true(g_str_has_prefix(wire_request(f.server, j), cases[i].asked[j]));
        if (f.error) {
            g_assert_nonnull(cases[i].says[0]);
            g_assert_nonnull(strstr(f.error->message, "Discovering the provider"));
            EXPECT(&f, KZ_ERROR_AUTHENTICATION, cases[i].says[0], cases[i].says[1]);
        }
        g_assert_cmpint(fine, ==, !cases[i].says[0]);
        if (fine)
            g_assert_true(g_str_has_prefix(wire_request(f.server, wire_count(f.server) - 1), "POST /token "));
        end(&f);
    }
}

static void test_discovered_once(void)
{
    Fixture f;
    begin_with(&f);
    add_json(&f, "200 OK", DOCUMENT ",\"revocation_endpoint\":\"<>/revoke\"}");
    add_json(&f, "200 OK", TOKENS(""));
    OPEN(&f, BY_ISSUER, "<>");
    g_assert_true(signs_in(&f) && signs_in(&f) && kz_client_sign_out(f.client, &f.error));
    static const char *const asked[] = { "GET /.well-known", "POST /token", "POST /token", "POST /revoke" };
    g_assert_cmpuint(wire_count(f.server), ==, 4);
    for (guint i = 0; i < 4; i++)
        g_assert_true(g_str_has_prefix(wire_request(f.server, i), asked[i]));
    end(&f);
}

static void test_nobody_there(void)
{
    Fixture f;
    begin_with(&f);
    OPEN(&f, BY_ISSUER, "<>");
    g_assert_false(signs_in(&f));
    EXPECT(&f, KZ_ERROR_CONNECTION, "127.0.0.1");
    end(&f);
}

/* ---- renewing and giving back ---- */

static bool call(Fixture *f)
{
    kz_answer answer = { 0 };
    bool fine = kz_call_by_name(f->client, "models.list", (kz_json){ 0 }, NULL, &answer, &f->error);
    kz_free(answer.result);
    return fine;
}

#define DEVICE "{\"device_code\":\"device-code-1\",\"user_code\":\"ABCD-EFGH\",\"verification_uri\":\"<>/device\""
#define BY_DEVICE BY_HAND, "auth_device_endpoint", "<>/device_authorization", "auth_grant", "device_code"
#define PENDING "{\"error\":\"authorization_pending\"}"

static void begin_device(Fixture *f)
{
    begin_with(f);
    secret(f, "device-code-1");
    secret(f, "refresh-1");
    secret(f, "refresh-2");
    f->person.way = KZ_SIGN_IN_ANY;
}

static void test_rotation(void)
{
    Fixture f;
    begin_device(&f);
    add_json(&f, "200 OK", DEVICE ",\"expires_in\":600}");
    add_json(&f, "200 OK", TOKENS(",\"refresh_token\":\"refresh-1\""));
    add_json(&f, "401 Unauthorized", "{}");
    add_json(&f, "200 OK", "{\"access_token\":\"access-2\",\"token_type\":\"Bearer\",\"refresh_token\":\"refresh-2\"}");
    add_json(&f, "200 OK", "[]");
    add_json(&f, "401 Unauthorized", "{}");
    add_json(&f, "200 OK", "{\"access_token\":\"access-3\",\"token_type\":\"Bearer\"}"); /* no new one: the old one stays */
    add_json(&f, "200 OK", "[]");
    add_json(&f, "401 Unauthorized", "{}");
    add_json(&f, "400 Bad Request", "{\"error\":\"invalid_grant\",\"error_description\":\"reuse detected\"}");
    add_json(&f, "401 Unauthorized", "{}");
    OPEN(&f, BY_DEVICE);
    g_assert_true(signs_in(&f) && call(&f) && call(&f));
    g_assert_cmpstr(body_of(wire_request(f.server, 3)), ==, "grant_type=refresh_token&refresh_token=refresh-1&client_id=app");
    g_assert_nonnull(strstr(wire_request(f.server, 4), "Bearer access-2"));
    g_assert_cmpstr(body_of(wire_request(f.server, 6)), ==, "grant_type=refresh_token&refresh_token=refresh-2&client_id=app");
    g_assert_false(call(&f));
    g_assert_cmpstr(body_of(wire_request(f.server, 9)), ==, "grant_type=refresh_token&refresh_token=refresh-2&client_id=app");
    g_assert_cmpstr(f.error->server_code, ==, "invalid_grant");
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Renewing the sign-in", "reuse detected", "sign in again");
    g_assert_cmpuint(wire_count(f.server), ==, 10);
    for (guint i = 0; i < 2; i++) { /* the same for whoever comes next, and the refresh token is not sent again */
        g_assert_false(call(&f));
        EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Renewing the sign-in", "reuse detected", "sign in again");
        g_assert_true(g_str_has_prefix(wire_request(f.server, 10 + i), "GET /models"));
    }
    g_assert_cmpuint(wire_count(f.server), ==, 12);
    end(&f);
}

static void test_failed_renewal_keeps_what_renews(void)
{
    Fixture f;
    begin_device(&f);
    add_json(&f, "200 OK", DEVICE "}");
    add_json(&f, "200 OK", TOKENS(",\"refresh_token\":\"refresh-1\""));
    add_json(&f, "401 Unauthorized", "{}");
    add_json(&f, "503 Service Unavailable", "{\"error\":\"temporarily_unavailable\"}");
    add_json(&f, "401 Unauthorized", "{}");
    add_json(&f, "200 OK", TOKENS(""));
    add_json(&f, "200 OK", "[]");
    OPEN(&f, BY_DEVICE);
    g_assert_true(signs_in(&f));
    g_assert_false(call(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "temporarily_unavailable", "try again later");
    g_assert_true(call(&f));
    g_assert_nonnull(strstr(wire_request(f.server, 5), "refresh_token=refresh-1"));
    end(&f);
}

static void test_failed_sign_in_keeps_what_there_is(void)
{
    Fixture f;
    begin_device(&f);
    add_json(&f, "200 OK", DEVICE "}");
    add_json(&f, "200 OK", TOKENS(",\"refresh_token\":\"refresh-1\""));
    add_json(&f, "200 OK", DEVICE "}");
    add_json(&f, "400 Bad Request", "{\"error\":\"access_denied\"}");
    add_json(&f, "200 OK", "[]");
    OPEN(&f, BY_DEVICE);
    g_assert_true(signs_in(&f));
    g_assert_false(signs_in(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "access_denied");
    g_assert_true(call(&f));
    g_assert_nonnull(strstr(wire_request(f.server, 4), "Bearer " TOKEN));
    end(&f);
}

static void test_revocation(void)
{
    Fixture f;
    begin_device(&f);
    add_json(&f, "200 OK", DEVICE "}");
    add_json(&f, "200 OK", TOKENS(",\"refresh_token\":\"refresh-1\""));
    add_json(&f, "200 OK", "");
    add_json(&f, "400 Bad Request", "{\"error\":\"unsupported_token_type\"}");
    OPEN(&f, BY_DEVICE, "auth_revocation_endpoint", "<>/revoke");
    g_assert_true(signs_in(&f) && kz_client_sign_out(f.client, &f.error));
    g_assert_cmpstr(body_of(wire_request(f.server, 2)), ==, "token=refresh-1&token_type_hint=refresh_token&client_id=app");
    g_assert_cmpstr(body_of(wire_request(f.server, 3)), ==, "token=" TOKEN "&token_type_hint=access_token&client_id=app");
    g_assert_true(kz_client_sign_out(f.client, &f.error)); /* nothing is left to do */
    g_assert_cmpuint(wire_count(f.server), ==, 4);
    end(&f);
    begin_device(&f);
    add_json(&f, "200 OK", DEVICE "}");
    add_json(&f, "200 OK", TOKENS(",\"refresh_token\":\"refresh-1\""));
    add_json(&f, "500 Oh", "<html>");
    OPEN(&f, BY_DEVICE, "auth_revocation_endpoint", "<>/revoke");
    g_assert_true(signs_in(&f));
    g_assert_false(kz_client_sign_out(f.client, &f.error));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Giving the tokens back", "500");
    g_assert_null(credential_of(&f)); /* forgotten all the same */
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Nobody is signed in");
    end(&f);
}

static void test_nobody_signed_in(void)
{
    Fixture f;
    begin_with(&f);
    OPEN(&f, BY_HAND);
    g_assert_false(call(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Nobody is signed in", "kamiwaza login");
    g_assert_false(kz_client_sign_in(f.client, NULL, &f.error));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "nobody can be asked");
    f.person.way = KZ_SIGN_IN_SECRET;
    g_assert_false(signs_in(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "nobody types a password");
    end(&f);
}

/* ---- other devices ---- */

static void test_device(void)
{
    Fixture f;
    begin_device(&f);
    add_json(
        &f, "200 OK", DEVICE ",\"verification_uri_complete\":\"<>/device?code=1\",\"expires_in\":\"600\",\"interval\":\"7\"}");
    add_json(&f, "400 Bad Request", PENDING);
    add_json(&f, "400 Bad Request", "{\"error\":\"slow_down\"}");
    add_json(&f, "400 Bad Request", PENDING);
    add_json(&f, "200 OK", TOKENS(""));
    OPEN(&f, BY_DEVICE, "auth_scope", "openid");
    g_assert_true(signs_in(&f));
    static const double waits[] = { 7, 7, 12, 12 };
    g_assert_cmpuint(f.n_waits, ==, G_N_ELEMENTS(waits));
    for (gsize i = 0; i < G_N_ELEMENTS(waits); i++)
        g_assert_cmpfloat(f.waits[i], ==, waits[i]);
    g_assert_cmpstr(f.shown_code, ==, "ABCD-EFGH");
    g_assert_true(g_str_has_suffix(f.shown_url, "/device") && g_str_has_suffix(f.shown_whole, "/device?code=1"));
    g_assert_cmpfloat(f.shown_lifetime, ==, 600);
    g_assert_cmpstr(body_of(wire_request(f.server, 0)), ==, "scope=openid&client_id=app");
    g_assert_cmpstr(body_of(wire_request(f.server, 4)), ==,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=device-code-1&client_id=app");
    end(&f);
}

static void test_device_answers(void)
{
    static const struct {
        const char *answer, *poll_status, *poll;
        double wait; /* the first */
        const char *says[2];
    } cases[] = {
        { DEVICE "}", "200 OK", TOKENS(""), 5, { NULL } },
        { DEVICE ",\"interval\":0}", "200 OK", TOKENS(""), 0.1, { NULL } },
        { DEVICE ",\"verification_uri_complete\":\"javascript:alert(1)\"}", "200 OK", TOKENS(""), 5, { NULL } },
        { DEVICE ",\"interval\":-3}", NULL, NULL, 0, { "interval" } },
        { DEVICE ",\"interval\":\"soon\"}", NULL, NULL, 0, { "interval" } },
        { DEVICE ",\"expires_in\":0}", NULL, NULL, 0, { "expires_in" } },
        { DEVICE ",\"expires_in\":\"never\"}", NULL, NULL, 0, { "expires_in" } },
        { "{\"user_code\":\"A\",\"verification_uri\":\"<>/d\"}", NULL, NULL, 0, { "device_code" } },
        { "{\"device_code\":\"device-code-1\",\"user_code\":\"A\\u001b[2J\",\"verification_uri\":\"<>/d\"}", NULL, NULL, 0,
            { "user_code" } },
        { "{\"device_code\":\"device-code-1\",\"user_code\":\"A\",\"verification_uri\":\"javascript:x\"}", NULL, NULL, 0,
            { "verification_uri" } },
        { "{\"device_code\":\"device-code-1\",\"user_code\":\"A\",\"verification_uri\":\"http://evil.example/\"}", NULL, NULL, 0,
            { "plain HTTP" } },
        { "<html>", NULL, NULL, 0, { "HTML" } },
        { DEVICE "}", "400 Bad Request", "{\"error\":\"access_denied\"}", 5, { "access_denied", "declined" } },
        { DEVICE "}", "400 Bad Request", "{\"error\":\"expired_token\"}", 5, { "expired_token", "in time" } },
        { DEVICE "}", "200 OK", "<html>", 5, { "HTML" } },
        { DEVICE ",\"expires_in\":0.000001}", "400 Bad Request", PENDING, 5, { "not entered in time" } },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin_device(&f);
        add_json(&f, "200 OK", cases[i].answer);
        if (cases[i].poll)
            add_json(&f, cases[i].poll_status, cases[i].poll);
        OPEN(&f, BY_DEVICE);
        g_test_message("%s", cases[i].answer);
        g_assert_cmpint(signs_in(&f), ==, !cases[i].says[0]);
        g_assert_cmpfloat(f.waits[0], ==, cases[i].wait);
        if (f.error)
            EXPECT(
                &f, cases[i].says[0][0] == 'p' ? KZ_ERROR_CONFIG : KZ_ERROR_AUTHENTICATION, cases[i].says[0], cases[i].says[1]);
        g_assert_true(!f.shown_whole);
        end(&f);
    }
}

/* A poll that is not answered is made again, more slowly, but not for ever. */
static void test_device_unanswered(void)
{
    static const WireAnswer silence = { NULL, -1, 0, NULL };
    for (int forever = 0; forever < 2; forever++) {
        Fixture f;
        begin_device(&f);
        add_json(&f, "200 OK", DEVICE "}");
        for (int i = 0; i < 3; i++)
            f.answers[f.n_answers++] = silence;
        if (!forever)
            add_json(&f, "200 OK", TOKENS(""));
        OPEN(&f, BY_DEVICE);
        g_assert_cmpint(signs_in(&f), ==, !forever);
        static const double waits[] = { 5, 10, 20, 40, 80, 160 };
        g_assert_cmpuint(f.n_waits, ==, forever ? 6 : 4);
        for (guint i = 0; i < f.n_waits; i++)
            g_assert_cmpfloat(f.waits[i], ==, waits[i]);
        if (forever)
            EXPECT(&f, KZ_ERROR_CONNECTION, "did not arrive");
        end(&f);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oauth/token-answers-of-every-kind", test_token_answers);
    g_test_add_func("/oauth/a-page-of-10-MB-is-an-error", test_endless_page);
    g_test_add_func("/oauth/name-and-secret-are-encoded-in-the-header", test_basic_is_encoded);
    g_test_add_func("/oauth/the-secret-in-the-form", test_post);
    g_test_add_func("/oauth/assertions-are-signed-by-any-kind-of-key", test_signed_assertion);
    g_test_add_func("/oauth/wrong-settings-are-named", test_settings);
    g_test_add_func("/oauth/discovery-in-all-places-and-the-issuer-exactly", test_discovery);
    g_test_add_func("/oauth/discovered-once", test_discovered_once);
    g_test_add_func("/oauth/connection-errors-stay-what-they-are", test_nobody_there);
    g_test_add_func("/oauth/refresh-tokens-rotate-and-reuse-ends-the-sign-in", test_rotation);
    g_test_add_func("/oauth/a-renewal-that-fails-for-a-while-loses-nothing", test_failed_renewal_keeps_what_renews);
    g_test_add_func("/oauth/a-sign-in-that-fails-loses-nothing", test_failed_sign_in_keeps_what_there_is);
    g_test_add_func("/oauth/signing-out-gives-the-tokens-back", test_revocation);
    g_test_add_func("/oauth/nobody-signed-in-says-what-to-do", test_nobody_signed_in);
    g_test_add_func("/oauth/device-pending-and-slow-down", test_device);
    g_test_add_func("/oauth/device-answers-of-every-kind", test_device_answers);
    g_test_add_func("/oauth/device-polls-that-nobody-answers", test_device_unanswered);
    return g_test_run();
}
