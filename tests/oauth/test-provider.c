/* test-provider.c: signing in at a real OpenID provider (oidc-provider), as a program, by a browser that is scripted, and by another device;
 * renewing, rotation, reuse, giving back; what was issued is asked of the provider itself. Over plain HTTP on this machine and over TLS with an
 * authority of our own. */
#include "../transport/certificates.h"
#include "fixture.h"
#include "pages.h"
#include "real.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <jose/jwk.h>
#include <jose/openssl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#define SECRET "p@ss:w%rd &+/=~"

/* ---- the provider ---- */

static char *authority;    /* of the provider's certificate, or NULL */
static char *key_paths[2]; /* of the clients that sign */

static json_t *client_key(const char *algorithm, const char *id, char **path)
{
    json_t *key = json_pack("{s:s}", "alg", algorithm);
    g_assert_true(jose_jwk_gen(NULL, key));
    EVP_PKEY *whole = jose_openssl_jwk_to_EVP_PKEY(NULL, key);
    FILE *file = fdopen(g_file_open_tmp("kz-key-XXXXXX", path, NULL), "w");
    g_assert_true(PEM_write_PrivateKey(file, whole, NULL, NULL, 0, NULL, NULL));
    fclose(file);
    EVP_PKEY_free(whole);
    g_assert_true(jose_jwk_pub(NULL, key));
    json_object_del(key, "key_ops");
    json_object_set_new(key, "kid", json_string(id));
    return key;
}

/* ---- a browser ---- */

static void browse_well(Fixture *f, const char *url)
{
    Page page;
    (void)f;
    page_open(&page, authority);
    page_visit(&page, url, NULL);
    page_sign_in(&page);
    g_assert_true(page_holds(&page, "You may close this window"));
    page_close(&page);
}

static void browse_and_decline(Fixture *f, const char *url)
{
    Page page;
    (void)f;
    page_open(&page, authority);
    page_visit(&page, url, NULL);
    g_autofree char *cancel = page_find(&page, "href=\"([^\"]*/abort)\"");
    page_visit(&page, cancel, NULL);
    g_assert_true(page_holds(&page, "You may close this window"));
    page_close(&page);
}

static void enter_code(Fixture *f, const char *url)
{
    Page page;
    (void)url;
    page_open(&page, authority);
    page_visit(&page, f->shown_whole, NULL);
    page_submit(&page, ""); /* the code */
    page_submit(&page, ""); /* the confirmation */
    page_sign_in(&page);
    if (!page_holds(&page, "Success"))
        g_error("%s", page.text->str);
    page_close(&page);
}

static void enter_code_and_abort(Fixture *f, const char *url)
{
    Page page;
    (void)url;
    page_open(&page, authority);
    page_visit(&page, f->shown_whole, NULL);
    page_submit(&page, "");
    page_submit(&page, "abort=yes");
    page_close(&page);
}

static const char *text_of(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static char *token_of(Fixture *f)
{
    kz_credential *credential = credential_of(f);
    if (!credential)
        return NULL;
    char *token = g_strdup(credential->token);
    g_ptr_array_add(f->secrets, g_strdup(token));
    kz_free(credential);
    return token;
}

/* ---- as a program ---- */

static void expect_issued(Fixture *f, const char *client, const char *audience)
{
    g_assert_true(signs_in(f));
    g_autofree char *token = token_of(f);
    json_t *facts = real_introspect(token);
    g_assert_true(json_is_true(json_object_get(facts, "active")));
    g_assert_cmpstr(text_of(facts, "client_id"), ==, client);
    g_assert_cmpstr(text_of(facts, "scope"), ==, "api:read");
    g_assert_cmpstr(text_of(facts, "aud"), ==, audience);
    json_decref(facts);
}

#define AT_PROVIDER "auth_issuer", real_issuer(), authority ? "ca_file" : "verify_tls", authority ? authority : "true"

static void test_client_credentials(void)
{
    const struct {
        const char *client, *setting, *value, *more[2];
    } cases[] = { { "machine", "auth_client_secret", SECRET, { "auth_client_auth", "client_secret_basic" } },
        { "machine", "auth_client_secret", SECRET, { "auth_resource", "https://api.example/x" } },
        { "poster", "auth_client_secret", "posted & secret", { "auth_client_auth", "client_secret_post" } },
        { "signer-rsa", "auth_private_key", key_paths[0], { "auth_key_id", "rsa" } },
        { "signer-ec", "auth_private_key", key_paths[1], { "auth_key_id", "ec" } } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin(&f);
        g_ptr_array_add(f.secrets, g_strdup(SECRET));
        OPEN(&f, AT_PROVIDER, "auth_scope", "api:read", "auth_client_id", cases[i].client, cases[i].setting, cases[i].value,
            cases[i].more[0], cases[i].more[1]);
        expect_issued(&f, cases[i].client, i == 1 ? cases[i].more[1] : NULL);
        end(&f);
    }
}

static void test_refusals(void)
{
    const struct {
        const char *setting, *value, *code, *says;
    } cases[] = { { "auth_client_secret", "not this", "invalid_client", "auth_client_secret" },
        { "auth_scope", "openid", "invalid_scope", "auth_scope" },
        { "auth_resource", "no-uri", "invalid_target", "auth_resource" } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin(&f);
        OPEN(&f, AT_PROVIDER, "auth_client_id", "machine", "auth_client_secret", SECRET, cases[i].setting, cases[i].value);
        g_assert_false(signs_in(&f));
        g_assert_cmpstr(f.error->server_code, ==, cases[i].code);
        EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Signing in as the program itself", cases[i].says);
        end(&f);
    }
}

/* ---- as a person ---- */

#define APP AT_PROVIDER, "auth_client_id", "app"

/* A platform that turns the first token of each call away. */
static void add_platform(Fixture *f, int calls)
{
    for (int i = 0; i < calls; i++) {
        add_json(f, "401 Unauthorized", "{}");
        add_json(f, "200 OK", "[]");
    }
}

static void sign_in_by_browser(gboolean as_installed)
{
    Fixture f;
    begin(&f);
    f.as_installed = as_installed;
    f.browser = browse_well;
    OPEN(&f, APP);
    g_assert_true(signs_in(&f));
    kz_credential *credential = credential_of(&f);
    g_assert_cmpstr(credential->user, ==, "ada");
    g_assert_true(credential->renewable.value);
    kz_free(credential);
    g_autofree char *token = token_of(&f);
    json_t *facts = real_introspect(token);
    g_assert_cmpstr(text_of(facts, "sub"), ==, "ada");
    g_assert_cmpstr(text_of(facts, "scope"), ==, "openid offline_access");
    json_decref(facts);
    end(&f);
}

static void test_browser(void)
{
    sign_in_by_browser(FALSE);
}

static void test_installed(void)
{
    sign_in_by_browser(TRUE);
}

static void test_declined(void)
{
    Fixture f;
    begin(&f);
    f.browser = browse_and_decline;
    OPEN(&f, APP);
    g_assert_false(signs_in(&f));
    g_assert_cmpstr(f.error->server_code, ==, "access_denied");
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Signing in by a browser", "access_denied", "allow it");
    end(&f);
}

static void test_device(void)
{
    Fixture f;
    begin(&f);
    f.person.way = KZ_SIGN_IN_DEVICE;
    f.person.browse = NULL;
    f.browser = enter_code;
    f.polls = TRUE; /* the provider is polled until the person is done */
    OPEN(&f, APP);
    g_assert_true(signs_in(&f));
    g_assert_nonnull(f.shown_code);
    g_autofree char *token = token_of(&f);
    json_t *facts = real_introspect(token);
    g_assert_cmpstr(text_of(facts, "sub"), ==, "ada");
    json_decref(facts);
    end(&f);
    begin(&f);
    f.person.way = KZ_SIGN_IN_DEVICE;
    f.browser = enter_code_and_abort;
    f.polls = TRUE;
    OPEN(&f, APP);
    g_assert_false(signs_in(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Signing in by another device", "access_denied");
    end(&f);
}

/* Each renewal brings a new refresh token. Who uses an old one, be it a thief, ends all that came of the sign-in. */
static void test_rotation_and_reuse(void)
{
    Fixture f;
    begin(&f);
    f.browser = browse_well;
    add_platform(&f, 4);
    OPEN(&f, APP);
    g_assert_true(signs_in(&f));
    g_autofree char *first = token_of(&f);
    g_assert_true(calls(&f)); /* refused, renewed, made again */
    g_autofree char *second = token_of(&f), *stolen = g_strdup(f.memory);
    g_assert_cmpstr(first, !=, second);
    g_assert_true(real_is_active(second));
    g_assert_true(calls(&f));
    g_autofree char *third = token_of(&f);
    g_assert_true(real_is_active(third));
    g_assert_cmpstr(stolen, !=, f.memory);
    json_t *memory = json_loads(stolen, 0, NULL);
    g_autofree char *form = g_strdup_printf(
        "grant_type=refresh_token&client_id=app&refresh_token=%s", text_of(memory, "refresh_token"));
    g_ptr_array_add(f.secrets, g_strdup(text_of(memory, "refresh_token")));
    json_t *refused = real_ask("/token", NULL, form);
    g_assert_cmpstr(text_of(refused, "error"), ==, "invalid_grant");
    json_decref(refused);
    json_decref(memory);
    g_assert_false(real_is_active(third));
    g_assert_false(calls(&f));
    g_assert_cmpstr(f.error->server_code, ==, "invalid_grant");
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Renewing the sign-in", "used elsewhere; sign in again");
    end(&f);
}

static void test_signed_out(void)
{
    Fixture f;
    begin(&f);
    f.browser = browse_well;
    OPEN(&f, APP);
    g_assert_true(signs_in(&f));
    g_autofree char *token = token_of(&f);
    g_assert_true(real_is_active(token));
    g_assert_true(kz_client_sign_out(f.client, &f.error));
    g_assert_false(real_is_active(token));
    json_t *memory = json_loads(f.memory, 0, NULL);
    g_assert_false(real_is_active(text_of(memory, "refresh_token")));
    json_decref(memory);
    g_assert_null(token_of(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Nobody is signed in");
    end(&f);
}

/* ---- over TLS ---- */

static void test_unknown_authority(void)
{
    Fixture f;
    begin(&f);
    OPEN(&f, "auth_issuer", real_issuer(), "auth_client_id", "machine", "auth_client_secret", SECRET);
    g_assert_false(signs_in(&f));
    EXPECT(&f, KZ_ERROR_TLS, "localhost", "ca_file");
    end(&f);
}

static int run(int argc, char **argv, bool secure)
{
    g_test_init(&argc, &argv, NULL);
    json_t *keys = json_pack("[o,o]", client_key("RS256", "rsa", &key_paths[0]), client_key("ES256", "ec", &key_paths[1]));
    json_t *settings = json_pack("{s:o}", "clientKeys", keys);
    certificates_make();
    if (secure) {
        g_autofree char *key = certificates_path("good.key"), *certificate = certificates_path("good.pem");
        authority = certificates_path("ca.pem");
        json_object_set_new(settings, "key", json_string(key));
        json_object_set_new(settings, "cert", json_string(certificate));
    }
    real_start(settings, authority);
    g_test_add_func("/provider/as-a-program-in-every-way", test_client_credentials);
    g_test_add_func("/provider/refusals-say-which-setting", test_refusals);
    g_test_add_func("/provider/a-person-by-a-browser", test_browser);
    g_test_add_func("/provider/by-the-plugin-as-programs-load-it", test_installed);
    g_test_add_func("/provider/a-person-who-declines", test_declined);
    g_test_add_func("/provider/a-person-by-another-device", test_device);
    g_test_add_func("/provider/refresh-tokens-rotate-and-reuse-ends-the-sign-in", test_rotation_and_reuse);
    g_test_add_func("/provider/signing-out-ends-the-tokens", test_signed_out);
    if (secure)
        g_test_add_func("/provider/an-unknown-authority-is-a-tls-error", test_unknown_authority);
    int status = g_test_run();
    real_stop();
    certificates_remove();
    for (int i = 0; i < 2; i++) {
        g_unlink(key_paths[i]);
        g_free(key_paths[i]);
    }
    g_free(authority);
    return status;
}

int main(int argc, char **argv)
{
    return run(argc, argv, g_getenv("KAMIWAZA_TEST_TLS") != NULL);
}
