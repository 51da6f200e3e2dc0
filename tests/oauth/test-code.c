/* test-code.c: signing in by a browser: what the listener on loopback takes and what it turns away, and which ID tokens are believed. The
 * provider and the browser are the test's, the tokens are signed when it runs. */
#include "fixture.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DOCUMENT                                                                                                           \
    "{\"issuer\":\"<>\",\"token_endpoint\":\"<>/token\",\"authorization_endpoint\":\"<>/authorize?tenant=1\","             \
    "\"jwks_uri\":\"<>/keys\",\"scopes_supported\":[\"openid\",\"offline_access\"],\"code_challenge_methods_supported\":[" \
    "\"plain\",\"S256\"],\"authorization_response_iss_parameter_supported\":true}"
#define SETTINGS "auth_client_id", "app", "auth_issuer", "<>"
#define CODE "code-0123456789"

static json_t *first_key, *second_key, *rsa_key;

static json_t *make_key(const char *algorithm, const char *id)
{
    json_t *key = json_pack("{s:s,s:s}", "alg", algorithm, "kid", id);
    g_assert_true(jose_jwk_gen(NULL, key));
    return key;
}

/* The public part of a key as a set. */
static char *key_set(json_t *key)
{
    json_t *public = json_deep_copy(key), *set;
    g_assert_true(jose_jwk_pub(NULL, public));
    json_object_del(public, "key_ops");
    set = json_pack("{s:[o]}", "keys", public);
    char *text = json_dumps(set, 0);
    json_decref(set);
    return text;
}

/* ---- ID tokens ---- */

enum {
    BROKEN_SIGNATURE = 1,
    NO_SIGNATURE = 2,
    BY_PUBLIC_KEY = 4,
    CRITICAL = 8,
    OTHER_KEY = 16,
    UNKNOWN_KEY = 32,
    BY_RSA = 64,
    CUT = 128
};

typedef struct Trial {
    const char *claims; /* put over the usual ones; null: left out */
    int flags;
    const char *algorithm; /* of RSA keys */
    const char *user;      /* NULL: an error that says: */
    const char *says;
} Trial;

static json_t *claims_of(Fixture *f, const char *over)
{
    double now = (double)(g_get_real_time() / 1000000);
    g_autofree char *nonce = parameter_of(f->shown_url, "nonce");
    json_t *claims = json_pack("{s:s,s:s,s:s,s:f,s:f,s:s*}", "iss", wire_url(f->server), "sub", "ada", "aud", "app", "exp",
        now + 300, "iat", now, "nonce", nonce);
    json_t *more = json_loads(over ? over : "{}", 0, NULL), *value;
    const char *name;
    g_assert_nonnull(more);
    json_object_foreach(more, name, value)
    {
        if (json_is_null(value))
            json_object_del(claims, name);
        else
            json_object_set(claims, name, value);
    }
    json_decref(more);
    return claims;
}

static char *encoded(const char *text)
{
    gsize size = jose_b64_enc_buf(NULL, strlen(text), NULL, 0);
    char *out = g_malloc0(size + 1);
    jose_b64_enc_buf(text, strlen(text), out, size);
    return out;
}

static char *sign(const char *payload, const char *algorithm, const char *id, json_t *key, bool critical)
{
    g_autofree char *body = encoded(payload);
    json_t *jws = json_pack("{s:s}", "payload", body), *head = json_pack("{s:s,s:s}", "alg", algorithm, "kid", id);
    if (critical)
        json_object_set_new(head, "crit", json_pack("[s]", "b64"));
    json_t *template = json_pack("{s:o}", "protected", head), *bare = json_deep_copy(key);
    json_object_del(bare, "alg");
    g_assert_true(jose_jws_sig(NULL, jws, template, bare));
    char *token = g_strdup_printf("%s.%s.%s", json_string_value(json_object_get(jws, "protected")), body,
        json_string_value(json_object_get(jws, "signature")));
    json_decref(bare);
    json_decref(template);
    json_decref(jws);
    return token;
}

/* The mistake that let tokens be made by anybody: the public key taken for a shared secret. */
static char *sign_by_public_key(const char *payload)
{
    g_autofree char *set = key_set(first_key), *secret = encoded(set);
    json_t *key = json_pack("{s:s,s:s}", "kty", "oct", "k", secret);
    char *token = sign(payload, "HS256", "one", key, false);
    json_decref(key);
    return token;
}

static char *make_token(Fixture *f, const Trial *trial)
{
    json_t *claims = claims_of(f, trial->claims);
    g_autofree char *payload = json_dumps(claims, 0);
    json_decref(claims);
    if (trial->flags & BY_PUBLIC_KEY)
        return sign_by_public_key(payload);
    if (trial->flags & NO_SIGNATURE) {
        g_autofree char *body = encoded(payload), *head = encoded("{\"alg\":\"none\"}");
        return g_strdup_printf("%s.%s.", head, body);
    }
    json_t *key = trial->flags & BY_RSA ? rsa_key : trial->flags & OTHER_KEY ? second_key : first_key;
    char *token = sign(payload, trial->algorithm ? trial->algorithm : "ES256",
        trial->flags & UNKNOWN_KEY                             ? "unheard-of"
            : key == second_key && !(trial->flags & OTHER_KEY) ? "two"
            : key == rsa_key                                   ? "rsa"
                                                               : "one",
        key, trial->flags & CRITICAL);
    if (trial->flags & BROKEN_SIGNATURE)
        strrchr(token, '.')[4] ^= 1;
    if (trial->flags & CUT)
        *strrchr(token, '.') = 0;
    return token;
}

/* ---- the browser ---- */

static const Trial usual = { 0 };
static const Trial *current;
static guint token_answer; /* which of the answers is the token's */

static void put_tokens(Fixture *f, const Trial *trial)
{
    g_autofree char *token = make_token(f, trial);
    g_autofree char *answer = g_strdup_printf(
        "{\"access_token\":\"access-1\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}", token);
    g_ptr_array_add(f->secrets, g_strdup(token));
    set_json(f, token_answer, "200 OK", answer);
}

static char *redirect_of(Fixture *f, const char *query)
{
    g_autofree char *uri = parameter_of(f->shown_url, "redirect_uri");
    return g_strdup_printf(
        "GET /callback?%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nReferer: https://idp.example/\r\n\r\n", query, port_of(uri));
}

static char *good_query(Fixture *f)
{
    g_autofree char *state = parameter_of(f->shown_url, "state");
    g_autofree char *issuer = g_uri_escape_string(wire_url(f->server), NULL, FALSE);
    return g_strdup_printf("code=" CODE "&state=%s&iss=%s", state, issuer);
}

static guint16 listener_of(const char *url)
{
    g_autofree char *uri = parameter_of(url, "redirect_uri");
    return port_of(uri);
}

static void come_back(Fixture *f, const char *query)
{
    g_autofree char *request = redirect_of(f, query);
    g_ptr_array_add(f->pages, exchange(listener_of(f->shown_url), request));
}

static void keep_secrets(Fixture *f)
{
    static const char *const names[] = { "state", "nonce", "code_challenge" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (strstr(f->shown_url, names[i]))
            g_ptr_array_add(f->secrets, parameter_of(f->shown_url, names[i]));
    g_ptr_array_add(f->secrets, g_strdup(CODE));
}

static void sign_in_well(Fixture *f, const char *url)
{
    (void)url;
    g_autofree char *query = good_query(f);
    keep_secrets(f);
    put_tokens(f, current);
    come_back(f, query);
}

static void begin_browser(Fixture *f, Browser browser)
{
    begin(f);
    f->browser = browser;
    token_answer = 1;
    current = &usual;
}

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
    OPEN(&f, SETTINGS, "auth_audience", "those", "auth_resource", "https://api.example");
    g_assert_true(signs_in(&f));
    g_assert_nonnull(
        strstr(f.shown_url, "/authorize?tenant=1&response_type=code&client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%3A"));
    static const char *const parameters[][2] = { { "scope", "openid offline_access" }, { "prompt", "consent" },
        { "audience", "those" }, { "resource", "https://api.example" }, { "code_challenge_method", "S256" } };
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

static int connected(guint16 port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
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
    for (int i = 0; i < 10; i++) /* more than it looks after: the oldest give way */
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

/* ---- ID tokens ---- */

static void try_token(const Trial *trial)
{
    Fixture f;
    g_autofree char *keys = key_set(trial->flags & BY_RSA ? rsa_key : first_key);
    begin_browser(&f, sign_in_well);
    current = trial;
    add_json(&f, "200 OK", DOCUMENT);
    add_json(&f, "200 OK", "");
    add_json(&f, "200 OK", keys);
    OPEN(&f, SETTINGS);
    g_test_message("%s %s", trial->claims, trial->says);
    g_assert_cmpint(signs_in(&f), ==, trial->user != NULL);
    if (trial->user) {
        kz_credential *credential = credential_of(&f);
        g_assert_cmpstr(credential->user, ==, trial->user);
        kz_free(credential);
    } else {
        EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Checking who signed in", trial->says);
        g_assert_null(credential_of(&f));
        EXPECT(&f, KZ_ERROR_AUTHENTICATION, "Nobody is signed in");
    }
    end(&f);
}

static void test_id_tokens(void)
{
    static const Trial trials[] = {
        { NULL, 0, NULL, "ada", NULL },
        { "{\"preferred_username\":\"Ada L.\",\"email\":\"a@b\"}", 0, NULL, "Ada L.", NULL },
        { "{\"email\":\"a@b\"}", 0, NULL, "a@b", NULL },
        { "{\"aud\":[\"app\"]}", 0, NULL, "ada", NULL },
        { "{\"aud\":[\"app\",\"other\"],\"azp\":\"app\"}", 0, NULL, "ada", NULL },
        { NULL, BY_RSA, "RS256", "ada", NULL },
        { NULL, BY_RSA, "PS256", "ada", NULL },
        { "{\"iss\":\"https://evil.example\"}", 0, NULL, NULL, "evil.example" },
        { "{\"iss\":null}", 0, NULL, NULL, "not of http" },
        { "{\"sub\":null}", 0, NULL, NULL, "whose" },
        { "{\"aud\":\"other\"}", 0, NULL, NULL, "another program" },
        { "{\"aud\":null}", 0, NULL, NULL, "another program" },
        { "{\"aud\":[\"app\",\"other\"]}", 0, NULL, NULL, "given to another" },
        { "{\"azp\":\"other\"}", 0, NULL, NULL, "given to another" },
        { "{\"exp\":1000}", 0, NULL, NULL, "ended" },
        { "{\"exp\":null}", 0, NULL, NULL, "ended" },
        { "{\"exp\":\"tomorrow\"}", 0, NULL, NULL, "exp" },
        { "{\"iat\":9999999999}", 0, NULL, NULL, "future" },
        { "{\"nbf\":9999999999}", 0, NULL, NULL, "future" },
        { "{\"nonce\":\"of another\"}", 0, NULL, NULL, "nonce" },
        { "{\"nonce\":null}", 0, NULL, NULL, "nonce" },
        { NULL, BROKEN_SIGNATURE, NULL, NULL, "signature" },
        { NULL, OTHER_KEY, NULL, NULL, "signature" },
        { NULL, UNKNOWN_KEY, NULL, NULL, "no key" },
        { NULL, NO_SIGNATURE, NULL, NULL, "\"none\"" },
        { NULL, BY_PUBLIC_KEY, NULL, NULL, "\"HS256\"" },
        { NULL, CRITICAL, NULL, NULL, "critical" },
        { NULL, CUT, NULL, NULL, "header.claims.signature" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(trials); i++)
        try_token(&trials[i]);
}

static void sign_in_by_second_key(Fixture *f, const char *url)
{
    g_autofree char *query = good_query(f), *token = NULL;
    json_t *claims = claims_of(f, NULL);
    g_autofree char *payload = json_dumps(claims, 0);
    (void)url;
    token = sign(payload, "ES256", "two", second_key, false);
    g_autofree char *answer = g_strdup_printf(
        "{\"access_token\":\"access-2\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}", token);
    json_decref(claims);
    set_json(f, 3, "200 OK", answer);
    come_back(f, query);
}

static void test_keys_change(void)
{
    Fixture f;
    g_autofree char *keys = key_set(first_key), *other_keys = key_set(second_key);
    begin_browser(&f, sign_in_well);
    current = &usual;
    add_json(&f, "200 OK", DOCUMENT);
    add_json(&f, "200 OK", "");
    add_json(&f, "200 OK", keys);
    add_json(&f, "200 OK", "");
    add_json(&f, "200 OK", other_keys);
    OPEN(&f, SETTINGS);
    g_assert_true(signs_in(&f));
    f.browser = sign_in_by_second_key;
    g_assert_true(signs_in(&f));
    static const char *const asked[] = { "GET /.well-known", "POST /token", "GET /keys", "POST /token", "GET /keys" };
    g_assert_cmpuint(wire_count(f.server), ==, 5);
    for (guint i = 0; i < 5; i++)
        g_assert_true(g_str_has_prefix(wire_request(f.server, i), asked[i]));
    end(&f);
}

static void test_no_keys(void)
{
    static const struct {
        const char *status, *answer, *says;
    } cases[] = { { "200 OK", "<html>", "HTML" }, { "200 OK", "{}", "no set of keys" },
        { "200 OK", "{\"keys\":{}}", "no set of keys" }, { "200 OK", "{\"keys\":[]}", "no key" },
        { "200 OK", "{\"keys\":[1,{},{\"kty\":7},{\"kty\":\"EC\",\"kid\":\"one\"}]}", "signature" }, { "500 Oh", "{}", "500" } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin_browser(&f, sign_in_well);
        current = &usual;
        add_json(&f, "200 OK", DOCUMENT);
        add_json(&f, "200 OK", "");
        add_json(&f, cases[i].status, cases[i].answer);
        OPEN(&f, SETTINGS);
        g_assert_false(signs_in(&f));
        EXPECT(&f, KZ_ERROR_AUTHENTICATION, cases[i].says);
        end(&f);
    }
}

static void sign_in_without(Fixture *f, const char *url)
{
    g_autofree char *query = good_query(f);
    (void)url;
    come_back(f, query);
}

static void test_no_id_token(void)
{
    Fixture f;
    begin_browser(&f, sign_in_without);
    add_json(&f, "200 OK", DOCUMENT);
    add_json(&f, "200 OK", "{\"access_token\":\"access-1\",\"token_type\":\"Bearer\"}");
    OPEN(&f, SETTINGS);
    g_assert_false(signs_in(&f));
    EXPECT(&f, KZ_ERROR_AUTHENTICATION, "no ID token", "auth_scope");
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    first_key = make_key("ES256", "one");
    second_key = make_key("ES256", "two");
    rsa_key = make_key("RS256", "rsa");
    json_object_del(rsa_key, "alg");
    json_object_del(rsa_key, "key_ops");
    g_test_add_func("/oauth/a-code-by-a-browser", test_code);
    g_test_add_func("/oauth/the-listener-takes-one-answer-and-turns-all-else-away", test_listener);
    g_test_add_func("/oauth/redirects-that-are-none-of-ours", test_redirects);
    g_test_add_func("/oauth/long-descriptions-are-cut", test_long_description);
    g_test_add_func("/oauth/providers-without-a-safe-way-are-refused", test_providers_that_cannot);
    g_test_add_func("/oauth/a-port-that-is-in-use-is-named", test_port_in_use);
    g_test_add_func("/oauth/waiting-for-the-browser-can-be-cancelled", test_cancelled);
    g_test_add_func("/oauth/which-id-tokens-are-believed", test_id_tokens);
    g_test_add_func("/oauth/changed-keys-are-fetched-once-more", test_keys_change);
    g_test_add_func("/oauth/answers-that-hold-no-keys", test_no_keys);
    g_test_add_func("/oauth/a-missing-id-token-is-an-error", test_no_id_token);
    int status = g_test_run();
    json_decref(first_key);
    json_decref(second_key);
    json_decref(rsa_key);
    return status;
}
