/* test-code.c: signing in by a browser: what the listener on loopback takes, and what it turns away. */
#include "code.h"

#include <arpa/inet.h>
#include <jose/b64.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the flow ---- */

static void test_code(void)
{
    Fixture f;
    g_autofree char *keys = key_set(first_key);
    begin_browser(&f, sign_in_well);
    current = &usual;
    add_json(&f, "200 OK", DOCUMENT);
    add_json(&f, "200 OK", "");
    add_json(&f, "200 OK", keys);
    OPEN(&f, SETTINGS, FOR_THOSE);
    g_assert_true(signs_in(&f));
    g_assert_nonnull(
        strstr(f.shown_url, "/authorize?tenant=1&response_type=code&client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%3A"));
    static const char *const parameters[][2] = { { "scope", "openid offline_access" }, { "prompt", "consent" },
        { "audience", "those" }, { "resource", "https://api.example/x" }, { "code_challenge_method", "S256" } };
    for (gsize i = 0; i < G_N_ELEMENTS(parameters); i++) {
        g_autofree char *value = parameter_of(f.shown_url, parameters[i][0]);
        g_assert_cmpstr(value, ==, parameters[i][1]);
    }
    const char *form = body_of(wire_request(f.server, 1));
    g_autofree char *verifier = field_of(form, "code_verifier"), *challenge = parameter_of(f.shown_url, "code_challenge");
    g_autofree char *code = field_of(form, "code"), *redirect = field_of(form, "redirect_uri"),
                    *uri = parameter_of(f.shown_url, "redirect_uri");
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 digest[32];
    gsize length = sizeof digest;
    char text[44] = "";
    g_checksum_update(sum, (const guchar *)verifier, -1);
    g_checksum_get_digest(sum, digest, &length);
    jose_b64_enc_buf(digest, sizeof digest, text, 43);
    g_assert_cmpstr(challenge, ==, text);
    g_assert_cmpuint(strlen(verifier), ==, 43);
    g_assert_cmpstr(code, ==, CODE);
    g_assert_nonnull(strstr(form, THOSE));
    g_assert_cmpstr(redirect, ==, uri);
    g_ptr_array_add(f.secrets, g_strdup(verifier));
    kz_credential *credential = credential_of(&f);
    g_assert_cmpstr(credential->token, ==, "access-1");
    g_assert_cmpstr(credential->user, ==, "ada");
    kz_free(credential);
    const char *page = f.pages->pdata[0];
    g_assert_true(g_str_has_prefix(page, "HTTP/1.1 200 OK\r\n"));
    static const char *const lines[] = { "Cache-Control: no-store\r\n", "Referrer-Policy: no-referrer\r\n", "default-src 'none'",
        "You may close this window" };
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
        g_assert_nonnull(strstr(page, lines[i]));
    g_assert_null(strstr(page, CODE));
    g_autofree char *nothing = exchange(listener_of(f.shown_url), "GET / HTTP/1.1\r\n\r\n");
    g_assert_cmpstr(nothing, ==, ""); /* nobody listens any more */
    end(&f);
}

/* -1: nobody listens. */
static int connected_to(const char *host, guint16 port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(host) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (!connect(fd, (struct sockaddr *)&address, sizeof address))
        return fd;
    close(fd);
    return -1;
}

static int connected(guint16 port)
{
    int fd = connected_to("127.0.0.1", port);
    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static char *rest_of(int fd)
{
    GString *answer = g_string_new(NULL);
    char block[4096];
    for (ssize_t n; (n = recv(fd, block, sizeof block, 0)) > 0;)
        g_string_append_len(answer, block, n);
    close(fd);
    return g_string_free(answer, FALSE);
}

static void say(int fd, const char *text)
{
    g_assert_cmpint(send(fd, text, strlen(text), MSG_NOSIGNAL), ==, (gssize)strlen(text));
}

/* Everything that a browser, or somebody else on this machine, may send before the right answer and after it. */
static void knock(Fixture *f, const char *url)
{
    guint16 port = listener_of(url);
    int idle[10];
    g_autofree char *query = good_query(f), *good = redirect_of(f, query),
                    *host = g_strdup_printf("Host: 127.0.0.1:%u\r\n\r\n", port);
    g_autofree char *many = g_strnfill(20000, 'a');
    keep_secrets(f);
    put_tokens(f, &usual);
    const struct {
        const char *request, *host, *status;
    } cases[] = { { "GET /favicon.ico HTTP/1.1\r\n", host, "404" }, { "GET / HTTP/1.1\r\n", host, "404" },
        { "GET /callback HTTP/1.1\r\n", host, "400" }, { "GET /callback?code=a HTTP/1.1\r\n", host, "400" },
        { "GET /callback?state=a HTTP/1.1\r\n", host, "400" },
        { "POST /callback?code=a&state=b HTTP/1.1\r\nContent-Length: 0\r\n", host, "405" },
        { "GET /callback?code=a&state=b HTTP/1.1\r\n", "Host: evil.example\r\n\r\n", "400" },
        { "GET /callback?code=a&state=b HTTP/1.1\r\n", "\r\n", "400" }, { "GET /callback?code=a&state=b\r\n", host, "400" },
        { "\r\n", "\r\n", "400" }, { "\x16\x03\x01", "\r\n\r\n", "400" }, { "GET /", many, "431" } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *request = g_strconcat(cases[i].request, cases[i].host, NULL), *page = exchange(port, request);
        g_autofree char *begins = g_strdup_printf("HTTP/1.1 %s ", cases[i].status);
        if (!g_str_has_prefix(page, begins) && strcmp(cases[i].status, "431") != 0) /* what is not read may reset it */
            g_error("%s: %s", cases[i].request, page);
    }
    g_assert_cmpint(connected_to("127.0.0.2", port), ==, -1); /* one address of this machine, and no other */
    for (int i = 0; i < 10; i++)                              /* more than it looks after: the oldest give way */
        idle[i] = connected(port);
    int slow = connected(port), second = connected(port);
    for (const char *c = good; *c; c++) {
        const char one[] = { *c, 0 };
        say(slow, one);
    }
    g_autofree char *page = rest_of(slow);
    g_assert_true(g_str_has_prefix(page, "HTTP/1.1 200 OK\r\n"));
    say(second, good);
    open_gate(f);
    g_autofree char *again = rest_of(second);
    g_assert_true(g_str_has_prefix(again, "HTTP/1.1 400 "));
    g_assert_nonnull(strstr(again, "answered already"));
    for (int i = 0; i < 10; i++)
        close(idle[i]);
}

static void test_listener(void)
{
    Fixture f;
    g_autofree char *keys = key_set(first_key);
    begin_browser(&f, knock);
    f.gated = TRUE;
    add_json(&f, "200 OK", DOCUMENT);
    add_json(&f, "200 OK", "");
    add_json(&f, "200 OK", keys);
    OPEN(&f, SETTINGS);
    g_assert_true(signs_in(&f));
    g_assert_cmpuint(wire_count(f.server), ==, 3); /* the code was used once */
    end(&f);
}

/* While one waits for its browser, another signs in: each has a port, a state and a nonce of its own. */
static Fixture *another;

static void sign_in_after_another(Fixture *f, const char *url)
{
    g_assert_true(signs_in(another));
    sign_in_well(f, url);
}

static void test_two_at_once(void)
{
    static const char *const own[] = { "redirect_uri", "state", "nonce", "code_challenge" };
    Fixture fixtures[2];
    g_autofree char *keys = key_set(first_key);
    for (int i = 0; i < 2; i++) {
        begin_browser(&fixtures[i], i ? sign_in_well : sign_in_after_another);
        add_json(&fixtures[i], "200 OK", DOCUMENT);
        add_json(&fixtures[i], "200 OK", "");
        add_json(&fixtures[i], "200 OK", keys);
        OPEN(&fixtures[i], SETTINGS);
    }
    another = &fixtures[1];
    g_assert_true(signs_in(&fixtures[0]));
    for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
        g_autofree char *one = parameter_of(fixtures[0].shown_url, own[i]), *two = parameter_of(fixtures[1].shown_url, own[i]);
        g_assert_cmpstr(one, !=, two);
    }
    end(&fixtures[0]);
    end(&fixtures[1]);
}

/* ---- redirects that are none of ours ---- */

static const char *query_given; /* "@" stands for the state */

static void come_back_otherwise(Fixture *f, const char *url)
{
    g_autofree char *state = parameter_of(url, "state");
    g_auto(GStrv) parts = g_strsplit(query_given, "@", -1);
    g_autofree char *query = g_strjoinv(state, parts);
    keep_secrets(f);
    come_back(f, query);
}

static void test_redirects(void)
{
    static const struct {
        const char *query, *status, *says[3];
    } cases[] = {
        { "code=" CODE "&state=wrong", "400", { "state is wrong", "Sign in again" } },
        { "code=" CODE "&state=@x", "400", { "state is wrong" } },
        { "code=" CODE "&state=0123456789012345678901234567890123456789012", "400", { "state is wrong" } }, /* as long as ours */
        { "code=" CODE "&state=@", "200", { "came back from the provider \"\"" } }, /* iss was announced */
        { "code=" CODE "&state=@&iss=https%3A%2F%2Fevil.example", "200", { "evil.example", "code was not used" } },
        { "error=access_denied&error_description=You+said%20no&state=@&iss=ISS", "200",
            { "access_denied: You said no", "allow it" } },
        { "error=%1b%5b31m&error_description=%ff%fe%0d%0ax&state=@&iss=ISS", "200", { "with an error" } },
        { "error=&state=@&iss=ISS", "200", { "with an error" } },
        { "code=&state=@&iss=ISS", "200", { "without a code" } },
        { "code=a&code=b&state=@&iss=ISS", "200", { "\"code\" twice" } },
        { "code=" CODE "&state=@&state=@&iss=ISS", "200", { "\"state\" twice" } },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin_browser(&f, come_back_otherwise);
        add_json(&f, "200 OK", DOCUMENT);
        OPEN(&f, SETTINGS);
        g_autofree char *issuer = g_uri_escape_string(wire_url(f.server), NULL, FALSE);
        g_auto(GStrv) parts = g_strsplit(cases[i].query, "ISS", -1);
        g_autofree char *query = g_strjoinv(issuer, parts);
        query_given = query;
        g_assert_false(signs_in(&f));
        g_assert_true(g_str_has_prefix((const char *)f.pages->pdata[0] + 9, cases[i].status));
        EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Signing in", cases[i].says[0], cases[i].says[1]);
        g_assert_cmpuint(wire_count(f.server), ==, 1); /* no code went anywhere */
        end(&f);
    }
}

static void test_long_description(void)
{
    Fixture f;
    g_autofree char *words = g_strnfill(9000, 'x');
    g_autofree char *query = g_strconcat("error=server_error&error_description=%C3%A9", words, "&state=@", NULL);
    begin_browser(&f, come_back_otherwise);
    add_json(&f, "200 OK", "{\"issuer\":\"<>\",\"token_endpoint\":\"<>/token\",\"authorization_endpoint\":\"<>/authorize\"}");
    OPEN(&f, SETTINGS);
    query_given = query;
    g_assert_false(signs_in(&f));
    g_assert_cmpstr(f.error->server_code, ==, "server_error");
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "server_error: \xc3\xa9xxx", "try again later");
    end(&f);
}

static void test_providers_that_cannot(void)
{
    static const struct {
        const char *document, *says;
    } cases[] = { { "{\"issuer\":\"<>\",\"token_endpoint\":\"<>/token\"}", "no endpoint for it" },
        { "{\"issuer\":\"<>\",\"token_endpoint\":\"<>/token\",\"authorization_endpoint\":\"<>/"
          "a\",\"code_challenge_methods_supported\":"
          "[\"plain\"]}",
            "S256" } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin_browser(&f, NULL);
        add_json(&f, "200 OK", cases[i].document);
        OPEN(&f, SETTINGS);
        g_assert_false(signs_in(&f));
        EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Signing in by a browser", cases[i].says);
        end(&f);
    }
}

static void test_port_in_use(void)
{
    Fixture f;
    int other = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    g_assert_true(!bind(other, (struct sockaddr *)&address, size) && !listen(other, 1) &&
        !getsockname(other, (struct sockaddr *)&address, &size));
    g_autofree char *port = g_strdup_printf("%u", ntohs(address.sin_port));
    begin_browser(&f, NULL);
    add_json(&f, "200 OK", DOCUMENT);
    OPEN(&f, SETTINGS, "auth_redirect_port", port);
    g_assert_false(signs_in(&f));
    g_assert_cmpstr(f.error->path, ==, "auth_redirect_port");
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, port, "in use");
    end(&f);
    close(other);
}

static void cancel_it(Fixture *f, const char *url)
{
    (void)url;
    kz_cancel_now(f->person.cancel);
}

static void test_cancelled(void)
{
    Fixture f;
    begin_browser(&f, cancel_it);
    f.person.cancel = kz_cancel_new(&f.error);
    add_json(&f, "200 OK", DOCUMENT);
    OPEN(&f, SETTINGS);
    g_assert_false(signs_in(&f));
    EXPECT(&f, KZ_ERROR_CANCELLED, "cancelled");
    kz_cancel_free(f.person.cancel);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    code_begin();
    g_test_add_func("/oauth/a-code-by-a-browser", test_code);
    g_test_add_func("/oauth/the-listener-takes-one-answer-and-turns-all-else-away", test_listener);
    g_test_add_func("/oauth/two-at-once", test_two_at_once);
    g_test_add_func("/oauth/redirects-that-are-none-of-ours", test_redirects);
    g_test_add_func("/oauth/long-descriptions-are-cut", test_long_description);
    g_test_add_func("/oauth/providers-without-a-safe-way-are-refused", test_providers_that_cannot);
    g_test_add_func("/oauth/a-port-that-is-in-use-is-named", test_port_in_use);
    g_test_add_func("/oauth/waiting-for-the-browser-can-be-cancelled", test_cancelled);
    int status = g_test_run();
    code_end();
    return status;
}
