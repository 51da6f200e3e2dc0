/* test-redirects.c: servers that send their clients elsewhere: inside, away, to what is no server, with content to carry along. */
#include "../client.h"
#include "../kinds/fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

static const char *const once[] = { "max_retries", "0", NULL };

/* 127.0.0.2 stands for an address outside. */
bool __real_kzi_address_is_inside(const struct sockaddr *address);
bool __wrap_kzi_address_is_inside(const struct sockaddr *address);
bool __real_kzi_host_is_inside(const char *host);
bool __wrap_kzi_host_is_inside(const char *host);

bool __wrap_kzi_address_is_inside(const struct sockaddr *address)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
    return __real_kzi_address_is_inside(address) && in->sin_addr.s_addr != inet_addr("127.0.0.2");
}

bool __wrap_kzi_host_is_inside(const char *host)
{
    return __real_kzi_host_is_inside(host) && strcmp(host, "127.0.0.2") != 0;
}

/* Where a server is from: its port, reached by another host. */
static char *reached_by(const WireServer *server, const char *host)
{
    return g_strdup_printf("http://%s%s", host, strrchr(wire_url(server), ':'));
}

/* A client of a server that answers with this Location. Returns what came of it: 1, or -1 with the slot filled. */
static int sent_to(Fixture *f, const char *base_host, const char *location, const char *const *more)
{
    char *answer = g_strdup_printf("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", location);
    const WireAnswer script = { answer, -1, 0, NULL };
    kz_error *error = NULL;
    f->server = wire_start_at("0.0.0.0", &script, 1);
    char *base = reached_by(f->server, base_host);
    kz_config *config = test_config(
        base, SETTINGS("max_retries", "0", "api_key", "sk-secret", "allow_plain_http", "true"), &error);
    for (; more && *more; more += 2)
        kz_config_set(config, more[0], more[1], &error);
    f->client = kz_client_new(config, &error);
    f->kinds = kz_client_kinds(f->client, &error);
    g_assert_null(error);
    f->error = NULL;
    int result = ask_for_truth(f);
    if (f->error)
        g_assert_null(strstr(f->error->message, "sk-secret"));
    kz_config_free(config);
    kz_client_free(f->client);
    wire_stop(f->server);
    g_free(base);
    g_free(answer);
    return result;
}

static void test_redirects_inside(void)
{
    const WireAnswer there = { TRUE_ANSWER, -1, 0, NULL };
    WireServer *target = wire_start_at("0.0.0.0", &there, 1);
    static const struct {
        const char *base, *target;
        int truth;
    } cases[] = {
        { "127.0.0.1", "127.0.0.1", 1 }, /* one on this machine may lead to another */
        { "127.0.0.1", "127.0.0.2", 1 }, /* or outside */
        { "127.0.0.2", "127.0.0.2", 1 },
        { "127.0.0.2", "127.0.0.1", -1 },
        { "127.0.0.2", "localhost", -1 },
        { "127.0.0.2", "2130706433", -1 },
        { "127.0.0.2", "0x7f.1", -1 },
        { "127.0.0.2", "[::ffff:127.0.0.1]", -1 },
        { "127.0.0.2", "0.0.0.0", -1 },
        { "127.0.0.2", "inside.test", -1 }, /* a name for an address inside */
        { "127.0.0.2", "user:word@127.0.0.1", -1 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        guint before = wire_connections(target), asked = wire_count(target);
        char *location = reached_by(target, cases[i].target);
        int result = sent_to(&f, cases[i].base, location, NULL);
        g_test_message("%s to %s: %s", cases[i].base, location, f.error ? f.error->message : "followed");
        g_assert_cmpint(result, ==, cases[i].truth);
        if (result < 0)
            expect_error(&f, KZ_ERROR_API, "private network");
        g_assert_cmpuint(wire_connections(target) - before, ==, result > 0); /* not even connected to */
        if (result > 0) {
            g_assert_cmpuint(wire_count(target) - asked, ==, 1);
            g_assert_null(strstr(wire_request(target, asked), "sk-secret"));
        }
        g_free(location);
    }
    wire_stop(target);
}

/* Neither over a connection that the client has there already. */
static void test_no_redirect_over_a_warm_connection(void)
{
    char *away = NULL;
    WireAnswer script[] = { { TRUE_ANSWER, -1, 0, "GET /truth" }, { NULL, -1, 0, "GET /away/truth" }, { BAD, -1, 0, "?" } };
    Fixture f;
    WireServer *server = wire_start_at("0.0.0.0", script, 3);
    char *inside = reached_by(server, "inside.test"), *outside = reached_by(server, "127.0.0.2"),
         *outside_away = g_strconcat(outside, "/away", NULL);
    away = g_strdup_printf("HTTP/1.1 302 Found\r\nLocation: %s/truth\r\nContent-Length: 0\r\n\r\n", inside);
    script[1].text = away;
    f.error = NULL;
    f.client = test_client(inside, NULL, &f.error);
    f.kinds = kz_client_kinds(f.client, &f.error);
    g_assert_cmpint(ask_for_truth(&f), ==, 1); /* the connection to inside stays */
    kz_kinds *own = f.kinds;
    f.kinds = kz_kinds_with_options(own, &(kz_call_options){ .base_url = outside_away }, &f.error);
    g_assert_cmpint(ask_for_truth(&f), ==, -1);
    expect_error(&f, KZ_ERROR_API, "private network");
    g_assert_cmpuint(wire_count(server), ==, 2);
    kz_service_free(f.kinds);
    kz_client_free(f.client);
    wire_stop(server);
    g_free(away);
    g_free(inside);
    g_free(outside);
    g_free(outside_away);
}

/* Through a proxy only what the URL says is known: one that is set, or the environment's for such an address. */
static void test_redirects_through_a_proxy(void)
{
    static const struct {
        const char *base, *location, *variable;
        bool followed;
    } cases[] = { { "http://outside.example.org", "http://10.1.2.3/truth", NULL, false },
        { "http://outside.example.org", "http://169.254.169.254/latest", NULL, false },
        { "http://outside.example.org", "http://127.0.0.1:1/", NULL, false },
        { "http://outside.example.org", "http://localhost./", NULL, false },
        { "http://outside.example.org", "http://other.example.org/truth", NULL, true },
        { "http://10.1.1.1", "http://10.1.2.3/truth", NULL, true },
        { "http://outside.example.org", "http://other.example.org/truth", "http_proxy", true },
        { "http://outside.example.org", "http://other.example.org/truth", "all_proxy", true },
        { "http://outside.example.org", "http://10.1.2.3/truth", "http_proxy", false } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *redirect = g_strdup_printf("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", cases[i].location),
             *first = g_strdup_printf("GET %s/truth", cases[i].base), *second = g_strdup_printf("GET %s", cases[i].location);
        const WireAnswer script[] = { { redirect, -1, 0, first }, { TRUE_ANSWER, -1, 0, second }, { BAD, -1, 0, "?" } };
        WireServer *proxy = wire_start(script, 3);
        const char *const more[] = { "proxy", cases[i].variable ? "" : wire_url(proxy), "base_url", cases[i].base, NULL };
        Fixture f;
        if (cases[i].variable)
            g_setenv(cases[i].variable, wire_url(proxy), TRUE);
        int result = sent_to(&f, "127.0.0.1", "/", more);
        if (cases[i].variable)
            g_unsetenv(cases[i].variable);
        g_test_message("%s to %s: %s", cases[i].base, cases[i].location, f.error ? f.error->message : "followed");
        g_assert_cmpint(result, ==, cases[i].followed ? 1 : -1);
        g_assert_cmpuint(wire_count(proxy), ==, cases[i].followed ? 2 : 1);
        if (f.error)
            expect_error(&f, KZ_ERROR_API, "private network");
        wire_stop(proxy);
        g_free(redirect);
        g_free(first);
        g_free(second);
    }
}

/* A proxy for other addresses than the one that is asked is none. */
static void test_redirects_past_a_proxy(void)
{
    const WireAnswer there = { TRUE_ANSWER, -1, 0, NULL };
    WireServer *target = wire_start_at("0.0.0.0", &there, 1);
    char *location = reached_by(target, "inside.test");
    Fixture f;
    g_setenv("https_proxy", "http://127.0.0.1:1", TRUE);
    g_assert_cmpint(sent_to(&f, "127.0.0.2", location, NULL), ==, -1);
    g_unsetenv("https_proxy");
    expect_error(&f, KZ_ERROR_API, "private network");
    g_assert_cmpuint(wire_connections(target), ==, 0);
    wire_stop(target);
    g_free(location);
}

static int64_t read_nothing(void *user, void *buffer, size_t size)
{
    (void)user, (void)buffer, (void)size;
    return 0;
}

/* What is sent to be acted on stays at its origin, and is sent once more there only where nothing of it changes. */
static void test_redirects_of_what_is_sent(void)
{
    static const kz_upload text = { .data = "content", .length = 7 }, once_only = { .read = read_nothing, .length = -1 };
    static const struct {
        const char *status;
        bool away;
        const kz_upload *body;
        const char *problem; /* NULL: it is followed */
    } cases[] = {
        { "307 There", false, &text, NULL },
        { "308 There", false, &text, NULL },
        { "301 There", false, &text, "change its verb" },
        { "302 There", false, &text, "change its verb" },
        { "303 There", false, &text, "change its verb" },
        { "307 There", false, &once_only, "change its verb" },
        { "307 There", true, &text, "another origin" },
        { "308 There", true, &text, "another origin" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const WireAnswer fine = { "HTTP/1.1 204 Fine\r\n\r\n", -1, 0, NULL };
        WireServer *other = wire_start(&fine, 1);
        char *redirect = g_strdup_printf("HTTP/1.1 %s\r\nLocation: %s/moved\r\nContent-Length: 0\r\n\r\n", cases[i].status,
            cases[i].away ? wire_url(other) : "");
        const WireAnswer script[] = { { redirect, -1, 0, NULL }, fine };
        Fixture f;
        begin(&f, script, 2, once);
        bool followed = kz_kinds_bare(f.kinds, &(kz_kinds_bare_params){ .body = cases[i].body }, &f.error);
        g_test_message("case %zu: %s", i, f.error ? f.error->message : "followed");
        g_assert_cmpint(followed, ==, !cases[i].problem);
        g_assert_cmpuint(wire_count(f.server), ==, followed ? 2 : 1);
        g_assert_cmpuint(wire_connections(other), ==, 0);
        if (followed)
            g_assert_cmpstr(body_of(&f, 1), ==, "content");
        else
            expect_error(&f, KZ_ERROR_API, cases[i].problem);
        end(&f);
        wire_stop(other);
        g_free(redirect);
    }
}

/* What the program adds to its requests is for whom it asks. */
static void test_headers_of_the_program_stay(void)
{
    const kz_string_entry own = { .key = "X-Own", .value = "own-secret" };
    const WireAnswer there = { TRUE_ANSWER, -1, 0, NULL };
    WireServer *other = wire_start(&there, 1);
    char *away = g_strdup_printf("HTTP/1.1 302 Found\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n", wire_url(other));
    const WireAnswer script[] = { { "HTTP/1.1 302 Found\r\nLocation: /near\r\nContent-Length: 0\r\n\r\n", -1, 0, NULL },
        { away, -1, 0, NULL } };
    Fixture f;
    begin(&f, script, 2, (const char *const[]){ "headers", "X-All: all-secret", NULL });
    kz_kinds *kinds = f.kinds;
    f.kinds = kz_kinds_with_options(kinds, &(kz_call_options){ .headers = &own, .n_headers = 1 }, &f.error);
    g_assert_cmpint(ask_for_truth(&f), ==, 1);
    for (guint i = 0; i < 2; i++) {
        g_assert_nonnull(strstr(wire_request(f.server, i), "own-secret"));
        g_assert_nonnull(strstr(wire_request(f.server, i), "all-secret"));
    }
    g_assert_null(strstr(wire_request(other, 0), "secret"));
    g_assert_nonnull(strstr(wire_request(other, 0), "\r\nUser-Agent: ")); /* but it has what every request has */
    kz_service_free(f.kinds);
    end(&f);
    wire_stop(other);
    g_free(away);
}

static void test_redirects_to_what_is_no_server(void)
{
    static const char *const locations[] = { "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/",
        "dict://127.0.0.1/", "javascript:alert(1)", "http://", "http://[", "" };
    for (gsize i = 0; i < G_N_ELEMENTS(locations); i++) {
        Fixture f;
        g_assert_cmpint(sent_to(&f, "127.0.0.1", locations[i], NULL), ==, -1);
        g_test_message("\"%s\": %s: %s", locations[i], kz_error_class(f.error->code), f.error->message);
        expect_error(&f, KZ_ERROR_API, "not followed");
    }
    Fixture f;
    g_assert_cmpint(sent_to(&f, "127.0.0.1", "/again", NULL), ==, -1);
    expect_error(&f, KZ_ERROR_API, "ten of them");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/redirects/redirects-do-not-lead-inside", test_redirects_inside);
    g_test_add_func("/redirects/nor-over-a-warm-connection", test_no_redirect_over_a_warm_connection);
    g_test_add_func("/redirects/nor-through-a-proxy", test_redirects_through_a_proxy);
    g_test_add_func("/redirects/nor-past-one", test_redirects_past_a_proxy);
    g_test_add_func("/redirects/redirects-of-what-is-sent", test_redirects_of_what_is_sent);
    g_test_add_func("/redirects/headers-of-the-program-stay", test_headers_of_the_program_stay);
    g_test_add_func("/redirects/redirects-to-what-is-no-server", test_redirects_to_what_is_no_server);
    return g_test_run();
}
