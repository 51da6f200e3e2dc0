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
    OPEN(&f, BY_DEVICE, FOR_THOSE);
    g_assert_true(signs_in(&f) && calls(&f) && calls(&f));
    g_assert_cmpstr(
        body_of(wire_request(f.server, 3)), ==, "grant_type=refresh_token&refresh_token=refresh-1" THOSE "&client_id=app");
    g_assert_nonnull(strstr(wire_request(f.server, 4), "Bearer access-2"));
    g_assert_cmpstr(
        body_of(wire_request(f.server, 6)), ==, "grant_type=refresh_token&refresh_token=refresh-2" THOSE "&client_id=app");
    g_assert_false(calls(&f));
    g_assert_cmpstr(
        body_of(wire_request(f.server, 9)), ==, "grant_type=refresh_token&refresh_token=refresh-2" THOSE "&client_id=app");
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

/* A program with a secret, at which a person has signed in: when that ends it does not go on as itself in silence. */
static void test_person_does_not_become_the_program(void)
{
    Fixture f;
    begin(&f);
    add_json(&f, "200 OK", DEVICE "}");
    add_json(&f, "200 OK", TOKENS(",\"refresh_token\":\"refresh-1\""));
    add_json(&f, "401 Unauthorized", "{}");
    add_json(&f, "400 Bad Request", "{\"error\":\"invalid_grant\"}");
    add_json(&f, "200 OK", TOKENS(""));
    OPEN(&f, ALONE, "auth_device_endpoint", "<>/device_authorization");
    f.person.way = KZ_SIGN_IN_DEVICE;
    g_assert_true(signs_in(&f));
    g_assert_false(calls(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Renewing the sign-in", "sign in again");
    g_assert_cmpuint(wire_count(f.server), ==, 4);
    end(&f);
}

/* What comes in place of tokens, and is told. The connection ends after it. */
static const struct {
    const char *status, *body;
    kz_error_code code;
    const char *says;
} bad_answers[] = {
    { "503 Service Unavailable", "{\"error\":\"temporarily_unavailable\"}", KZ_ERROR_AUTHENTICATION, "try again later" },
    { "500 Oh", "<html>", KZ_ERROR_AUTHENTICATION, "500" },
    { "404 Not Found", "<html>", KZ_ERROR_AUTHENTICATION, "404" },
    { "400 Bad Request", "{\"error\":\"invalid_request\"}", KZ_ERROR_AUTHENTICATION, "invalid_request" },
    { "200 OK", "<html>", KZ_ERROR_AUTHENTICATION, "HTML" },
    { "200 OK", "", KZ_ERROR_AUTHENTICATION, "empty" },
    { "200 OK", "{\"access_token\":\"" TOKEN, KZ_ERROR_AUTHENTICATION, "breaks off" },
    { "200 OK", "{\"token_type\":\"Bearer\"}", KZ_ERROR_AUTHENTICATION, "no \"access_token\"" },
    { "200 OK", TOKENS(",\"expires_in\":-1"), KZ_ERROR_AUTHENTICATION, "expires_in" },
    { "200 OK", TOKENS(",\"expires_in\":\"soon\""), KZ_ERROR_AUTHENTICATION, "expires_in" },
    { "200 OK", "{\"access_token\":\"a b\",\"token_type\":\"Bearer\"}", KZ_ERROR_AUTHENTICATION, "spaces" },
    { "200 OK", "{\"access_token\":\"" TOKEN "\",\"token_type\":\"mac\"}", KZ_ERROR_AUTHENTICATION, "Bearer" },
    { "200 OK\r\nContent-Length: 1000", TOKENS(""), KZ_ERROR_CONNECTION, "did not arrive whole" }, /* cut on its way */
    { NULL, NULL, KZ_ERROR_CONNECTION, "" },
};

static void add_bad(Fixture *f, gsize i)
{
    g_autofree char *whole = g_strdup_printf("HTTP/1.1 %s\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n%s",
        bad_answers[i].status, bad_answers[i].body);
    add_text(f, whole);
    f->answers[f->n_answers - 1].flags = WIRE_CLOSE;
    if (!bad_answers[i].status)
        f->answers[f->n_answers - 1].text = NULL;
    g_test_message("%s", whole);
}

static void expect_bad(Fixture *f, gsize i, const char *step)
{
    bool connection = bad_answers[i].code == KZ_ERROR_CONNECTION;
    EXPECT(f, bad_answers[i].code, connection ? "" : step, bad_answers[i].says);
}

/* Neither the token nor what renews it: the next call goes with the one, the next renewal with the other. */
static void test_bad_renewals_lose_nothing(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bad_answers); i++) {
        Fixture f;
        begin(&f);
        add_json(&f, "200 OK", DEVICE "}");
        add_json(&f, "200 OK", TOKENS(",\"refresh_token\":\"refresh-1\""));
        add_json(&f, "401 Unauthorized", "{}");
        add_bad(&f, i);
        add_json(&f, "200 OK", "[]");
        add_json(&f, "401 Unauthorized", "{}");
        add_json(&f, "200 OK", "{\"access_token\":\"access-2\",\"token_type\":\"Bearer\"}");
        add_json(&f, "200 OK", "[]");
        OPEN(&f, BY_DEVICE);
        g_assert_true(signs_in(&f));
        g_assert_false(calls(&f));
        expect_bad(&f, i, "Renewing the sign-in");
        g_assert_true(calls(&f) && calls(&f));
        g_assert_nonnull(strstr(wire_request(f.server, 4), "Bearer " TOKEN));
        g_assert_nonnull(strstr(wire_request(f.server, 6), "refresh_token=refresh-1"));
        g_assert_nonnull(strstr(wire_request(f.server, 7), "Bearer access-2"));
        end(&f);
    }
}

static void test_bad_sign_ins_lose_nothing(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bad_answers); i++) {
        if (!bad_answers[i].status) /* such a poll is made again */
            continue;
        Fixture f;
        begin(&f);
        add_json(&f, "200 OK", DEVICE "}");
        add_json(&f, "200 OK", TOKENS(",\"refresh_token\":\"refresh-1\""));
        add_json(&f, "200 OK", DEVICE "}");
        for (int polls = 0; polls < (bad_answers[i].code == KZ_ERROR_CONNECTION ? 6 : 1); polls++)
            add_bad(&f, i);
        add_json(&f, "200 OK", "[]");
        OPEN(&f, BY_DEVICE);
        g_assert_true(signs_in(&f));
        g_assert_false(signs_in(&f));
        expect_bad(&f, i, "Signing in by another device");
        g_assert_true(calls(&f));
        g_assert_nonnull(strstr(wire_request(f.server, wire_count(f.server) - 1), "Bearer " TOKEN));
        end(&f);
    }
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
    g_test_add_func("/oauth/a-person-does-not-become-the-program", test_person_does_not_become_the_program);
    g_test_add_func("/oauth/a-renewal-that-fails-loses-nothing", test_bad_renewals_lose_nothing);
    g_test_add_func("/oauth/a-sign-in-that-fails-loses-nothing", test_bad_sign_ins_lose_nothing);
    g_test_add_func("/oauth/signing-out-gives-the-tokens-back", test_revocation);
    g_test_add_func("/oauth/nobody-signed-in-says-what-to-do", test_nobody_signed_in);
    return g_test_run();
}
