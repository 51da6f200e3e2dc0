/* test-renewing.c: renewing what was granted by refresh tokens that are spent once, giving it back, and what a failure costs: nothing. */
#include "fixture.h"

#include <string.h>

static void test_rotation(void)
{
    Fixture f;
    begin(&f);
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
    g_assert_true(signs_in(&f) && calls(&f) && calls(&f));
    g_assert_cmpstr(body_of(wire_request(f.server, 3)), ==, "grant_type=refresh_token&refresh_token=refresh-1&client_id=app");
    g_assert_nonnull(strstr(wire_request(f.server, 4), "Bearer access-2"));
    g_assert_cmpstr(body_of(wire_request(f.server, 6)), ==, "grant_type=refresh_token&refresh_token=refresh-2&client_id=app");
    g_assert_false(calls(&f));
    g_assert_cmpstr(body_of(wire_request(f.server, 9)), ==, "grant_type=refresh_token&refresh_token=refresh-2&client_id=app");
    g_assert_cmpstr(f.error->server_code, ==, "invalid_grant");
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Renewing the sign-in", "reuse detected", "sign in again");
    g_assert_cmpuint(wire_count(f.server), ==, 10);
    for (guint i = 0; i < 2; i++) { /* the same for whoever comes next, and the refresh token is not sent again */
        g_assert_false(calls(&f));
        EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Renewing the sign-in", "reuse detected", "sign in again");
        g_assert_true(g_str_has_prefix(wire_request(f.server, 10 + i), "GET /models"));
    }
    g_assert_cmpuint(wire_count(f.server), ==, 12);
    end(&f);
}

static void test_failed_renewal_keeps_what_renews(void)
{
    Fixture f;
    begin(&f);
    add_json(&f, "200 OK", DEVICE "}");
    add_json(&f, "200 OK", TOKENS(",\"refresh_token\":\"refresh-1\""));
    add_json(&f, "401 Unauthorized", "{}");
    add_json(&f, "503 Service Unavailable", "{\"error\":\"temporarily_unavailable\"}");
    add_json(&f, "401 Unauthorized", "{}");
    add_json(&f, "200 OK", TOKENS(""));
    add_json(&f, "200 OK", "[]");
    OPEN(&f, BY_DEVICE);
    g_assert_true(signs_in(&f));
    g_assert_false(calls(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "temporarily_unavailable", "try again later");
    g_assert_true(calls(&f));
    g_assert_nonnull(strstr(wire_request(f.server, 5), "refresh_token=refresh-1"));
    end(&f);
}

static void test_failed_sign_in_keeps_what_there_is(void)
{
    Fixture f;
    begin(&f);
    add_json(&f, "200 OK", DEVICE "}");
    add_json(&f, "200 OK", TOKENS(",\"refresh_token\":\"refresh-1\""));
    add_json(&f, "200 OK", DEVICE "}");
    add_json(&f, "400 Bad Request", "{\"error\":\"access_denied\"}");
    add_json(&f, "200 OK", "[]");
    OPEN(&f, BY_DEVICE);
    g_assert_true(signs_in(&f));
    g_assert_false(signs_in(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "access_denied");
    g_assert_true(calls(&f));
    g_assert_nonnull(strstr(wire_request(f.server, 4), "Bearer " TOKEN));
    end(&f);
}

static void test_revocation(void)
{
    Fixture f;
    begin(&f);
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
    begin(&f);
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
    begin(&f);
    OPEN(&f, BY_HAND);
    g_assert_false(calls(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Nobody is signed in", "kamiwaza login");
    g_assert_false(kz_client_sign_in(f.client, NULL, &f.error));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "nobody can be asked");
    f.person.way = KZ_SIGN_IN_SECRET;
    g_assert_false(signs_in(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "nobody types a password");
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/oauth/refresh-tokens-rotate-and-reuse-ends-the-sign-in", test_rotation);
    g_test_add_func("/oauth/a-renewal-that-fails-for-a-while-loses-nothing", test_failed_renewal_keeps_what_renews);
    g_test_add_func("/oauth/a-sign-in-that-fails-loses-nothing", test_failed_sign_in_keeps_what_there_is);
    g_test_add_func("/oauth/signing-out-gives-the-tokens-back", test_revocation);
    g_test_add_func("/oauth/nobody-signed-in-says-what-to-do", test_nobody_signed_in);
    return g_test_run();
}
