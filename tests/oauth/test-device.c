/* test-device.c: signing in by another device: what is shown, how often the provider is asked, and every answer that it should not give. */
#include "fixture.h"

#include <string.h>

static void test_device(void)
{
    Fixture f;
    begin(&f);
    add_json(
        &f, "200 OK", DEVICE ",\"verification_uri_complete\":\"<>/device?code=1\",\"expires_in\":\"600\",\"interval\":\"7\"}");
    add_json(&f, "400 Bad Request", PENDING);
    add_json(&f, "400 Bad Request", "{\"error\":\"slow_down\"}");
    add_json(&f, "400 Bad Request", PENDING);
    add_json(&f, "200 OK", TOKENS(""));
    OPEN(&f, BY_DEVICE, FOR_THOSE, "auth_scope", "openid");
    g_assert_true(signs_in(&f));
    static const double waits[] = { 7, 7, 12, 12 };
    g_assert_cmpuint(f.n_waits, ==, G_N_ELEMENTS(waits));
    for (gsize i = 0; i < G_N_ELEMENTS(waits); i++)
        g_assert_cmpfloat(f.waits[i], ==, waits[i]);
    g_assert_cmpstr(f.shown_code, ==, "ABCD-EFGH");
    g_assert_true(g_str_has_suffix(f.shown_url, "/device") && g_str_has_suffix(f.shown_whole, "/device?code=1"));
    g_assert_cmpfloat(f.shown_lifetime, ==, 600);
    g_assert_cmpstr(body_of(wire_request(f.server, 0)), ==, "scope=openid" THOSE "&client_id=app");
    g_assert_cmpstr(body_of(wire_request(f.server, 4)), ==,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=device-code-1" THOSE "&client_id=app");
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
        begin(&f);
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
        begin(&f);
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
    g_test_add_func("/oauth/device-pending-and-slow-down", test_device);
    g_test_add_func("/oauth/device-answers-of-every-kind", test_device_answers);
    g_test_add_func("/oauth/device-polls-that-nobody-answers", test_device_unanswered);
    return g_test_run();
}
