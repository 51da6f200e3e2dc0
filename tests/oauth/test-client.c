/* test-client.c: what a token endpoint may answer, and how a program proves itself to it: by a secret in the header or the form, by assertions that it
 * signs. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <jose/b64.h>
#include <jose/jws.h>
#include <jose/openssl.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <string.h>

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
        begin(&f);
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
    begin(&f);
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
    begin(&f);
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
    begin(&f);
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
        g_autofree char *path = write_private_key(cases[i].key, cases[i].password);
        begin(&f);
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
        keep_secret(&f, assertion);
        g_unlink(path);
        EVP_PKEY_free(cases[i].key);
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
    return g_test_run();
}
