/* test-password.c: signing in by name and password, as the platform has it: the grant, renewal by the refresh token and by the password
 * again, and everything that may be wrong with an answer. */
#include "../wire/server.h"

#include <kamiwaza/kamiwaza.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

static GPtrArray *texts;

/* An answer with its length worked out; freed with the test. */
static WireAnswer answer_of(const char *status, const char *body, const char *to)
{
    char *text = g_strdup_printf("HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", status,
        *body == '<' ? "text/html" : "application/json", strlen(body), body);
    g_ptr_array_add(texts, text);
    return (WireAnswer){ text, -1, 0, to };
}

static kz_client *client_of(const char *base_url, const char *const *more)
{
    kz_error *error = NULL;
    kz_config *config = kz_config_new(&error);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "base_url", base_url, &error);
    kz_config_set(config, "token_store", "none", &error);
    kz_config_set(config, "max_retries", "0", &error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    for (; *more; more += 2)
        kz_config_set(config, more[0], more[1], &error);
    kz_client *client = kz_client_new(config, &error);
    g_assert_null(error);
    kz_config_free(config);
    return client;
}
#define CLIENT(url, ...) client_of(url, (const char *const[]){ __VA_ARGS__, NULL })
#define ADA "username", "ada", "password", "hush-hush&?=%\303\251"

static bool list(kz_client *client, kz_error **error)
{
    kz_answer answer = { 0 };
    bool fine = kz_call_by_name(client, "models.list", (kz_json){ 0 }, NULL, &answer, error);
    kz_free(answer.result);
    return fine;
}

static void assert_list(kz_client *client)
{
    kz_error *error = NULL;
    if (!list(client, &error))
        g_error("%s", error->message);
}

static void assert_asked(WireServer *server, guint i, const char *start, const char *holds)
{
    const char *request = wire_request(server, i);
    if (!g_str_has_prefix(request, start) || (holds && !strstr(request, holds)))
        g_error("request %u is not \"%s ... %s\":\n%s", i, start, holds, request);
}

/* The error is about signing in, says what it should, and shows no secret. */
static void assert_error(kz_error *error, kz_error_code code, const char *says)
{
    g_assert_nonnull(error);
    if (error->code != code || !strstr(error->message, says))
        g_error("%s error: %s", kz_error_class(error->code), error->message);
    for (const kz_error *at = error; at; at = at->cause) {
        g_assert_null(strstr(at->message, "hush"));
        g_autofree char *detail = g_strndup(at->detail.text ? at->detail.text : "", at->detail.length);
        g_assert_null(strstr(detail, "hush"));
        g_assert_true(!at->url || !strstr(at->url, "hush"));
    }
    kz_error_free(error);
}

#define TOKEN(access, refresh, life) \
    "{\"access_token\": \"" access "\", \"refresh_token\": \"" refresh "\", \"expires_in\": " life "}"
#define LIST answer_of("200 OK", "[]", "GET /models")

static void test_signs_in(void)
{
    const WireAnswer script[] = { answer_of("200 OK", TOKEN("t1", "r1", "600"), "POST /auth/token"), LIST };
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    kz_client *client = CLIENT(wire_url(server), ADA);
    assert_list(client);
    assert_list(client);
    g_assert_cmpuint(wire_count(server), ==, 3);
    assert_asked(server, 0, "POST /auth/token HTTP/1.1\r\n",
        "\r\n\r\ngrant_type=password&username=ada&password=hush-hush%26%3F%3D%25%C3%A9&scope=openid%20email%20profile"
        "&client_id=kamiwaza-platform");
    assert_asked(server, 0, "POST", "\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    g_assert_null(strstr(wire_request(server, 0), "\r\nAuthorization:"));
    assert_asked(server, 1, "GET /models", "\r\nAuthorization: Bearer t1\r\n");
    assert_asked(server, 2, "GET /models", "\r\nCookie: access_token=t1\r\n");
    kz_error *error = NULL;
    kz_credential *credential = kz_client_credential(client, &error);
    g_assert_cmpstr(credential->user, ==, "ada");
    g_assert_cmpstr(credential->provider, ==, "password");
    g_assert_cmpint(credential->expires_at.value, >, time(NULL) + 500);
    g_assert_cmpint(credential->renewable.value, ==, 1);
    kz_free(credential);
    kz_client_free(client);
    wire_stop(server);
}

static void test_settings_change_the_grant(void)
{
    const WireAnswer script[] = { answer_of("200 OK", TOKEN("t1", "r1", "600"), "POST /api/auth/token"),
        answer_of("200 OK", "[]", "GET /api/models") };
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    g_autofree char *base = g_strconcat(wire_url(server), "/api/", NULL);
    kz_client *client = CLIENT(base, ADA, "auth_scope", "a b", "auth_client_id", "me", "auth_cookie", "none");
    assert_list(client);
    assert_asked(server, 0, "POST /api/auth/token ", "&scope=a%20b&client_id=me");
    g_assert_null(strstr(wire_request(server, 1), "Cookie:"));
    kz_client_free(client);
    client = CLIENT(base, ADA, "headers", "Cookie: mine=1");
    assert_list(client); /* one Cookie header, the program's */
    assert_asked(server, 3, "GET", "Cookie: mine=1\r\n");
    g_assert_null(strstr(wire_request(server, 3), "access_token"));
    kz_client_free(client);
    wire_stop(server);
}

/* A token that is no value of a cookie travels in its header alone. */
static void test_cookies_are_whole(void)
{
    static const char *const tokens[] = { "a,b", "a;b", "a\\\\b", "a\\\"b", "a\303\244b" };
    for (gsize i = 0; i < G_N_ELEMENTS(tokens); i++) {
        g_autofree char *body = g_strdup_printf("{\"access_token\": \"%s\"}", tokens[i]);
        const WireAnswer script[] = { answer_of("200 OK", body, "POST /auth/token"), LIST };
        WireServer *server = wire_start(script, G_N_ELEMENTS(script));
        kz_client *client = CLIENT(wire_url(server), ADA);
        assert_list(client);
        assert_asked(server, 1, "GET /models", "\r\nAuthorization: Bearer a");
        g_assert_null(strstr(wire_request(server, 1), "Cookie"));
        kz_client_free(client);
        wire_stop(server);
    }
}

/* The token is refused: renewed by the refresh token, and with the one that came then. */
static void test_renews_by_refresh_token(void)
{
    const WireAnswer script[] = { answer_of("200 OK", TOKEN("t1", "r 1&", "600"), NULL),
        answer_of("401 Unauthorized", "{}", NULL), answer_of("200 OK", TOKEN("t2", "r2", "600"), NULL),
        answer_of("200 OK", "[]", NULL), answer_of("401 Unauthorized", "{}", NULL),
        answer_of("200 OK", "{\"access_token\": \"t3\"}", NULL), /* the refresh token stays */
        answer_of("200 OK", "[]", NULL), answer_of("401 Unauthorized", "{}", NULL),
        answer_of("200 OK", "{\"access_token\": \"t4\"}", NULL), answer_of("200 OK", "[]", NULL) };
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    kz_client *client = CLIENT(wire_url(server), ADA);
    for (int i = 0; i < 3; i++)
        assert_list(client);
    assert_asked(server, 2, "POST /auth/refresh?refresh_token=r%201%26 HTTP/1.1\r\n", "\r\nContent-Length: 0\r\n");
    g_assert_null(strstr(wire_request(server, 2), "\r\nAuthorization:"));
    assert_asked(server, 3, "GET /models", "Bearer t2\r\n");
    assert_asked(server, 5, "POST /auth/refresh?refresh_token=r2 ", NULL);
    assert_asked(server, 6, "GET /models", "Bearer t3\r\n");
    assert_asked(server, 8, "POST /auth/refresh?refresh_token=r2 ", NULL);
    assert_asked(server, 9, "GET /models", "Bearer t4\r\n");
    kz_client_free(client);
    wire_stop(server);
}

static void test_renews_before_the_end(void)
{
    const WireAnswer script[] = { answer_of("200 OK", TOKEN("t1", "r1", "0.001"), "POST /auth/token"),
        answer_of("200 OK", TOKEN("t2", "r2", "600"), "POST /auth/refresh"), LIST };
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    kz_client *client = CLIENT(wire_url(server), ADA);
    kz_error *error = NULL;
    g_assert_true(kz_client_sign_in(client, NULL, &error));
    do
        assert_list(client);
    while (!strstr(wire_request(server, wire_count(server) - 1), "Bearer t2"));
    guint refreshed = 0;
    for (guint i = 0; i < wire_count(server); i++)
        refreshed += g_str_has_prefix(wire_request(server, i), "POST /auth/refresh?refresh_token=r1 ");
    g_assert_cmpuint(refreshed, ==, 1);
    kz_client_free(client);
    wire_stop(server);
}

static void test_refused_refresh_token_gives_way_to_the_password(void)
{
    const WireAnswer script[] = { answer_of("200 OK", TOKEN("t1", "r1", "600"), NULL), answer_of("401 Unauthorized", "{}", NULL),
        answer_of("401 Unauthorized", "{\"detail\": \"Token reuse\"}", NULL), answer_of("200 OK", TOKEN("t2", "r2", "600"), NULL),
        answer_of("200 OK", "[]", NULL) };
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    kz_client *client = CLIENT(wire_url(server), ADA);
    assert_list(client);
    assert_asked(server, 2, "POST /auth/refresh", NULL);
    assert_asked(server, 3, "POST /auth/token", "password=hush");
    assert_asked(server, 4, "GET /models", "Bearer t2\r\n");
    kz_client_free(client);
    wire_stop(server);
}

/* A passing failure costs neither the refresh token nor sends the password. */
static void test_failing_platform_changes_nothing(void)
{
    const WireAnswer script[] = { answer_of("200 OK", TOKEN("t1", "r1", "600"), NULL), answer_of("401 Unauthorized", "{}", NULL),
        answer_of("503 Service Unavailable", "{\"detail\": \"Restarting\"}", NULL), answer_of("401 Unauthorized", "{}", NULL),
        answer_of("200 OK", TOKEN("t2", "r2", "600"), NULL), answer_of("200 OK", "[]", NULL) };
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    kz_client *client = CLIENT(wire_url(server), ADA);
    kz_error *error = NULL;
    g_assert_false(list(client, &error));
    g_assert_cmpint(error->status, ==, 503);
    assert_error(error, KZ_ERROR_AUTHENTICATION, "Renewing the session");
    assert_list(client);
    assert_asked(server, 4, "POST /auth/refresh?refresh_token=r1 ", NULL);
    kz_client_free(client);
    wire_stop(server);
}

static void test_wrong_answers(void)
{
    static const struct {
        const char *status, *body, *says;
    } cases[] = {
        { "401 Unauthorized", "{\"detail\": \"Incorrect username or password\"}",
            "Signing in as ada: The server answered 401: Incorrect username or password." },
        { "400 Bad Request", "{\"error\": \"invalid_grant\", \"error_description\": \"Account is locked\"}",
            "invalid_grant: Account is locked" },
        { "401 Unauthorized", "{\"detail\": \"No such password: hush-hush&?=%\303\251\"}", "401: No such password: ****" },
        { "401 Unauthorized", "{\"detail\": \"Got grant_type=password&password=hush-hush%26%3F%3D%25%C3%A9\"}", "****" },
        { "500 Internal Server Error", "<html>hush</html>", "answered 500" },
        { "302 Found", "", "302" },
        { "200 OK", "", "is empty" },
        { "200 OK", "<html>hush</html>", "a page (HTML)" },
        { "200 OK", "[\"hush\"]", "something else" },
        { "200 OK", "{\"access_token\": \"hush", "breaks off" },
        { "200 OK", "{\"token\": \"hush\"}", "no \"access_token\"" },
        { "200 OK", "{\"access_token\": \"\"}", "no \"access_token\"" },
        { "200 OK", "{\"access_token\": null}", "no \"access_token\"" },
        { "200 OK", "{\"access_token\": {\"hush\": 1}}", "no string" },
        { "200 OK", "{\"access_token\": \"hush\\nhush\"}", "line breaks" },
        { "200 OK", "{\"access_token\": \"hu sh\"}", "spaces" },
        { "200 OK", "{\"access_token\": \"hush\", \"refresh_token\": 7}", "no string" },
        { "200 OK", "{\"access_token\": \"hush\", \"expires_in\": -1}", "has ended already" },
        { "200 OK", "{\"access_token\": \"hush\", \"expires_in\": 0}", "has ended already" },
        { "200 OK", "{\"access_token\": \"hush\", \"expires_in\": \"soon\"}", "no number" },
        { "200 OK", "{\"access_token\": \"hush\", \"expires_in\": true}", "no number" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const WireAnswer script[] = { answer_of(cases[i].status, cases[i].body, NULL) };
        WireServer *server = wire_start(script, 1);
        kz_client *client = CLIENT(wire_url(server), ADA);
        kz_error *error = NULL;
        g_assert_false(list(client, &error));
        g_assert_cmpuint(wire_count(server), ==, 1);
        assert_error(error, KZ_ERROR_AUTHENTICATION, cases[i].says);
        kz_client_free(client);
        wire_stop(server);
    }
}

/* The answer to a sign-in is short: more than a MiB is not taken into memory, whether its length is said or not. */
static void test_large_answers(void)
{
    enum { MOST = 1 << 20 };
    static const char *const heads[] = { "Content-Length: %d", "Connection: close" };
    for (gsize i = 0; i < G_N_ELEMENTS(heads); i++)
        for (int beyond = 0; beyond <= 1; beyond++) {
            g_autofree char *head = g_strdup_printf(heads[i], MOST + beyond),
                            *text = g_strdup_printf(
                                "HTTP/1.1 200 OK\r\n%s\r\n\r\n%-*s", head, MOST + beyond, "{\"access_token\": \"t\"}");
            const WireAnswer script[] = { { text, -1, WIRE_CLOSE, "POST /auth/token" }, LIST };
            WireServer *server = wire_start(script, 2);
            kz_client *client = CLIENT(wire_url(server), ADA);
            kz_error *error = NULL;
            g_assert_cmpint(list(client, &error), ==, !beyond);
            if (beyond)
                assert_error(error, KZ_ERROR_CONNECTION, "larger than what is taken of it (1048576 bytes)");
            kz_client_free(client);
            wire_stop(server);
        }
}

static void test_lifetimes(void)
{
    static const struct {
        const char *said;
        double lifetime; /* 0: not known */
    } cases[] = { { "", 0 }, { ", \"expires_in\": null", 0 }, { ", \"expires_in\": \"900\"", 900 },
        { ", \"expires_in\": 900.5", 900 }, { ", \"expires_in\": 99999999999999999999", 3650.0 * 24 * 3600 } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *body = g_strdup_printf("{\"access_token\": \"t\"%s}", cases[i].said);
        const WireAnswer script[] = { answer_of("200 OK", body, NULL) };
        WireServer *server = wire_start(script, 1);
        kz_client *client = CLIENT(wire_url(server), ADA);
        kz_error *error = NULL;
        kz_credential *credential = kz_client_credential(client, &error);
        g_assert_null(error);
        double left = (double)(credential->expires_at.value - (int64_t)time(NULL));
        g_assert_cmpint(credential->expires_at.state, ==, cases[i].lifetime > 0 ? KZ_SET : KZ_UNSET);
        g_assert_true(cases[i].lifetime <= 0 || (left > cases[i].lifetime - 60 && left <= cases[i].lifetime + 1));
        kz_free(credential);
        kz_client_free(client);
        wire_stop(server);
    }
}

/* ---- a person ---- */

typedef struct Person {
    const char *username, *password; /* NULL: gives up */
    guint asked;
} Person;

static bool ask(void *user, const char *what, bool secret, char *answer, size_t size, kz_error **error)
{
    Person *person = user;
    const char *text = !strcmp(what, "username") ? person->username : person->password;
    (void)error;
    g_assert_true(secret == !strcmp(what, "password"));
    person->asked++;
    if (text)
        g_strlcpy(answer, text, size);
    return text != NULL;
}

static void test_person_is_asked(void)
{
    const WireAnswer script[] = { answer_of("200 OK", TOKEN("t1", "r1", "600"), "POST /auth/token"), LIST };
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    Person person = { "grace", "hush", 0 };
    const kz_sign_in how = { .size = sizeof how, .ask = ask, .user = &person };
    kz_client *client = CLIENT(wire_url(server), "auth", "password");
    kz_error *error = NULL;
    g_assert_false(list(client, &error)); /* nobody is asked by a call */
    assert_error(error, KZ_ERROR_AUTHENTICATION, "run: kamiwaza login, or set username and password");
    error = NULL;
    g_assert_cmpuint(wire_count(server), ==, 0);
    g_assert_true(kz_client_sign_in(client, &how, &error));
    g_assert_cmpuint(person.asked, ==, 2);
    assert_asked(server, 0, "POST /auth/token", "username=grace&password=hush&");
    assert_list(client);
    kz_credential *credential = kz_client_credential(client, &error);
    g_assert_cmpstr(credential->user, ==, "grace");
    kz_free(credential);
    kz_client_free(client);
    wire_stop(server);
}

static void test_person_gives_up(void)
{
    const WireAnswer script[] = { answer_of("200 OK", TOKEN("t1", "r1", "600"), NULL) };
    WireServer *server = wire_start(script, 1);
    Person person = { NULL, NULL, 0 };
    kz_sign_in how = { .size = sizeof how, .ask = ask, .user = &person };
    kz_client *client = CLIENT(wire_url(server), "auth", "password", "username", "ada");
    kz_error *error = NULL;
    g_assert_false(kz_client_sign_in(client, &how, &error));
    assert_error(error, KZ_ERROR_AUTHENTICATION, "no password was given");
    error = NULL;
    person.password = "";
    g_assert_false(kz_client_sign_in(client, &how, &error));
    assert_error(error, KZ_ERROR_AUTHENTICATION, "no password was given");
    error = NULL;
    how.way = KZ_SIGN_IN_DEVICE;
    g_assert_false(kz_client_sign_in(client, &how, &error));
    assert_error(error, KZ_ERROR_AUTHENTICATION, "needs no other device");
    error = NULL;
    g_assert_false(kz_client_sign_in(client, NULL, &error));
    assert_error(error, KZ_ERROR_AUTHENTICATION, "ada is not signed in; run: kamiwaza login");
    g_assert_cmpuint(wire_count(server), ==, 0);
    kz_client_free(client);
    wire_stop(server);
}

/* A session that cannot be renewed ends with what to do; a sign-in that fails leaves what there was. */
static void test_session_ends(void)
{
    const WireAnswer script[] = { answer_of("200 OK", TOKEN("t1", "r1", "600"), NULL),
        answer_of("401 Unauthorized", "{\"detail\": \"Wrong\"}", NULL), answer_of("200 OK", "[]", NULL),
        answer_of("401 Unauthorized", "{}", NULL), answer_of("400 Bad Request", "{\"detail\": \"Session over\"}", NULL) };
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    Person person = { "ada", "hush", 0 };
    const kz_sign_in how = { .size = sizeof how, .ask = ask, .user = &person };
    kz_client *client = CLIENT(wire_url(server), "auth", "password", "username", "ada");
    kz_error *error = NULL;
    g_assert_true(kz_client_sign_in(client, &how, &error));
    g_assert_false(kz_client_sign_in(client, &how, &error));
    assert_error(error, KZ_ERROR_AUTHENTICATION, "Wrong");
    assert_list(client);
    assert_asked(server, 2, "GET /models", "Bearer t1\r\n");
    error = NULL;
    g_assert_false(list(client, &error));
    assert_asked(server, 4, "POST /auth/refresh?refresh_token=r1 ", NULL);
    g_assert_nonnull(error->cause);
    g_assert_nonnull(strstr(error->cause->message, "Session over"));
    assert_error(error, KZ_ERROR_AUTHENTICATION, "The session has ended: ada is not signed in any more; run: kamiwaza login");
    kz_client_free(client);
    wire_stop(server);
}

static void test_signs_out(void)
{
    const WireAnswer script[] = { answer_of("200 OK", TOKEN("t1", "r1", "600"), NULL),
        answer_of("200 OK", "{\"message\": \"Bye\"}", NULL), answer_of("200 OK", TOKEN("t2", "r2", "600"), NULL),
        answer_of("500 Internal Server Error", "{}", NULL), answer_of("200 OK", TOKEN("t3", "r3", "600"), NULL) };
    WireServer *server = wire_start(script, G_N_ELEMENTS(script));
    kz_client *client = CLIENT(wire_url(server), ADA);
    kz_error *error = NULL;
    kz_free(kz_client_credential(client, &error));
    g_assert_true(kz_client_sign_out(client, &error));
    assert_asked(server, 1, "POST /auth/logout HTTP/1.1\r\n", "\r\nAuthorization: Bearer t1\r\n");
    assert_asked(server, 1, "POST", "\r\nContent-Type: application/json\r\n");
    assert_asked(server, 1, "POST", "\r\n\r\n{}");
    g_assert_true(kz_client_sign_out(client, &error)); /* nothing left to do */
    g_assert_cmpuint(wire_count(server), ==, 2);
    kz_free(kz_client_credential(client, &error)); /* by the password again, not by what was forgotten */
    assert_asked(server, 2, "POST /auth/token", NULL);
    g_assert_null(error);
    g_assert_false(kz_client_sign_out(client, &error));
    g_assert_cmpint(error->status, ==, 500);
    kz_error_clear(&error);
    kz_free(kz_client_credential(client, &error)); /* forgotten all the same */
    assert_asked(server, 4, "POST /auth/token", NULL);
    kz_client_free(client);
    wire_stop(server);
}

/* ---- where the password goes ---- */

static void test_password_stays_at_home(void)
{
    const WireAnswer there[] = { answer_of("200 OK", TOKEN("t1", "r1", "600"), NULL) };
    WireServer *other = wire_start(there, 1);
    g_autofree char *text = g_strdup_printf(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: %s/auth/token\r\nContent-Length: 0\r\n\r\n", wire_url(other));
    const WireAnswer here[] = { { text, -1, 0, NULL } };
    WireServer *server = wire_start(here, 1);
    kz_client *client = CLIENT(wire_url(server), ADA);
    kz_error *error = NULL;
    g_assert_false(list(client, &error));
    assert_error(error, KZ_ERROR_AUTHENTICATION, "another origin");
    g_assert_cmpuint(wire_count(other), ==, 0);
    kz_client_free(client);
    wire_stop(server);
    wire_stop(other);
    error = NULL;
    client = CLIENT("http://platform.example/api", ADA);
    g_assert_false(list(client, &error));
    assert_error(error, KZ_ERROR_CONFIG, "plain HTTP");
    kz_client_free(client);
}

static void test_password_of_nobody(void)
{
    kz_client *client = CLIENT("http://127.0.0.1:1", "auth", "password", "password", "hush");
    kz_error *error = NULL;
    g_assert_false(list(client, &error));
    assert_error(error, KZ_ERROR_CONFIG, "KAMIWAZA_USERNAME");
    kz_client_free(client);
    error = NULL;
    client = CLIENT("http://127.0.0.1:1", ADA); /* nobody answers there */
    g_assert_false(list(client, &error));
    assert_error(error, KZ_ERROR_CONNECTION, "127.0.0.1");
    kz_client_free(client);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    texts = g_ptr_array_new_with_free_func(g_free);
    g_test_add_func("/password/signs-in-as-the-platform-has-it", test_signs_in);
    g_test_add_func("/password/settings-change-the-grant", test_settings_change_the_grant);
    g_test_add_func("/password/cookies-are-whole-or-none", test_cookies_are_whole);
    g_test_add_func("/password/renews-by-the-refresh-token-and-the-next", test_renews_by_refresh_token);
    g_test_add_func("/password/renews-before-the-end", test_renews_before_the_end);
    g_test_add_func(
        "/password/a-refused-refresh-token-gives-way-to-the-password", test_refused_refresh_token_gives_way_to_the_password);
    g_test_add_func("/password/a-failing-platform-changes-nothing", test_failing_platform_changes_nothing);
    g_test_add_func("/password/wrong-answers-say-what-is-wrong", test_wrong_answers);
    g_test_add_func("/password/answers-beyond-a-mebibyte-are-not-taken", test_large_answers);
    g_test_add_func("/password/lifetimes-in-every-spelling", test_lifetimes);
    g_test_add_func("/password/a-person-is-asked-when-signing-in", test_person_is_asked);
    g_test_add_func("/password/a-person-gives-up", test_person_gives_up);
    g_test_add_func("/password/the-end-of-a-session-says-what-to-do", test_session_ends);
    g_test_add_func("/password/signs-out", test_signs_out);
    g_test_add_func("/password/the-password-stays-at-home", test_password_stays_at_home);
    g_test_add_func("/password/a-password-of-nobody-and-a-platform-that-is-away", test_password_of_nobody);
    int status = g_test_run();
    g_ptr_array_unref(texts);
    return status;
}
