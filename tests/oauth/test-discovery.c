/* test-discovery.c: which settings are refused, and the endpoints that follow from them: found in all the places where providers say them, by the issuer
 * exactly. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <openssl/ec.h>
#include <string.h>

/* ---- settings ---- */

static void test_settings(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    g_autofree char *locked = write_private_key(key, "word");
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
        begin(&f);
        keep_secret(&f, "wrong-word");
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
        begin(&f);
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
    begin(&f);
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
    begin(&f);
    OPEN(&f, BY_ISSUER, "<>");
    g_assert_false(signs_in(&f));
    EXPECT(&f, KZ_ERROR_CONNECTION, "127.0.0.1");
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oauth/wrong-settings-are-named", test_settings);
    g_test_add_func("/oauth/discovery-in-all-places-and-the-issuer-exactly", test_discovery);
    g_test_add_func("/oauth/discovered-once", test_discovered_once);
    g_test_add_func("/oauth/connection-errors-stay-what-they-are", test_nobody_there);
    return g_test_run();
}
