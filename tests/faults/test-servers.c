/* test-servers.c: servers that do not keep to the protocol: early, twice, with something behind, of the wrong length, in another
 * charset; and those that send their clients elsewhere. */
#include "../kinds/fixture.h"
#include "../wire/remove.h"

#include <arpa/inet.h>
#include <kamiwaza/plugin.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#define TRUE_ANSWER HEAD("application/json", "4") "true"
#define BAD "HTTP/1.1 500 What\r\nContent-Length: 0\r\n\r\n"
#define JSON_OF(length) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n"

static const char *const once[] = { "max_retries", "0", NULL };

/* Asks for a truth, on a connection of its own or one that is there: 1, 0, or -1 with the slot filled. */
static int truth(Fixture *f)
{
    kz_bool_value *value = kz_kinds_truth(f->kinds, NULL, &f->error);
    int result = value ? value->value.value : -1;
    kz_free(value);
    return result;
}

/* ---- lengths, charsets ---- */

static void test_lengths(void)
{
    static const struct {
        const char *answer;
        int flags, truth; /* -1: an error of this class */
        int code;
        const char *text;
    } cases[] = {
        { JSON_OF("4") "\r\ntrue", 0, 1, 0, NULL },
        { JSON_OF("40") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "whole" },                 /* longer than what comes */
        { JSON_OF("3") "\r\ntrue", 0, -1, KZ_ERROR_DECODE, NULL },                                  /* shorter */
        { JSON_OF("999999999999999999") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "whole" }, /* than any memory */
        { JSON_OF("-4") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "Content-Length" },
        { JSON_OF("4, 4") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "Content-Length" },
        { JSON_OF("4x") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "Content-Length" },
        { JSON_OF("") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "Content-Length" },
        { JSON_OF("99999999999999999999") "\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, "Content-Length" },
        { JSON_OF("4") "Content-Length: 5\r\n\r\ntrue ", 0, -1, KZ_ERROR_CONNECTION, "two Content-Lengths" },
        { JSON_OF("4") "content-length:4\r\n\r\ntrue", 0, 1, 0, NULL }, /* said twice, the same */
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\ntrue", WIRE_CLOSE, 1, 0, NULL },
        { JSON_OF("7") "\r\ntrue xx", 0, -1, KZ_ERROR_DECODE, "the end" },
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nx\r\ntrue\r\n", WIRE_CLOSE, -1,
            KZ_ERROR_CONNECTION, NULL },
        { "HTTP/9.9 200 OK\r\n\r\ntrue", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, NULL },
        { "220 mail.example.org ESMTP\r\n", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, NULL },
        { "HTTP/1.1 099 What\r\n\r\n", WIRE_CLOSE, -1, KZ_ERROR_CONNECTION, NULL },
        { "HTTP/1.1 204 No\r\n\r\n", 0, 0, 0, NULL }, /* a value that is not given */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        const WireAnswer script = { cases[i].answer, -1, cases[i].flags, NULL };
        begin(&f, &script, 1, once);
        int answer = truth(&f);
        g_test_message("case %zu: %s", i, f.error ? f.error->message : "fine");
        g_assert_cmpint(answer, ==, cases[i].truth);
        if (f.error)
            expect_error(&f, cases[i].code, cases[i].text);
        end(&f);
    }
}

/* JSON and texts are UTF-8, whatever a server calls them. */
static void test_charsets(void)
{
    static const char utf16[] = JSON_OF("8") "\r\nt\0r\0u\0e\0";
    const WireAnswer script[] = {
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=iso-8859-1\r\nContent-Length: 8\r\n\r\n[\"caf\xe9\"]", -1,
            0, "GET /words" },
        { "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=latin1\r\nContent-Length: 4\r\n\r\ncaf\xe9", -1, 0,
            "GET /places" },
        { utf16, sizeof utf16 - 1, 0, "GET /truth" },
        { BAD, -1, 0, "?" },
    };
    Fixture f;
    begin(&f, script, G_N_ELEMENTS(script), once);
    g_assert_null(kz_kinds_words(f.kinds, NULL, &f.error));
    expect_error(&f, KZ_ERROR_DECODE, "UTF-8");
    g_assert_null(kz_kinds_places(f.kinds, &(kz_kinds_places_params){ .id = "i", .rest = KZ_INT(1) }, &f.error));
    expect_error(&f, KZ_ERROR_DECODE, "UTF-8");
    g_assert_cmpint(truth(&f), ==, -1);
    expect_error(&f, KZ_ERROR_DECODE, NULL);
    end(&f);
}

/* ---- more than one answer ---- */

/* What a server sends behind its answer is not taken for the answer to the next question: neither with it nor after it. */
static void test_an_answer_too_many(void)
{
    static const char *const answers[][2] = { { TRUE_ANSWER, HEAD("application/json", "5") "false" }, { TRUE_ANSWER, "garbage" },
        { TRUE_ANSWER, "\r\n" HEAD("application/json", "5") "false" },
        { CHUNKED("application/json") "4\r\ntrue\r\n0\r\n\r\n", HEAD("application/json", "5") "false" } };
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++)
        for (int later = 0; later <= 1; later++) {
            Fixture f;
            char *both = g_strconcat(answers[i][0], later ? WIRE_MARK : "", answers[i][1], NULL);
            const WireAnswer script[] = { { both, -1, WIRE_HOLD, NULL }, { TRUE_ANSWER, -1, 0, NULL } };
            begin(&f, script, 2, once);
            g_assert_cmpint(truth(&f), ==, 1);
            wire_release(f.server);
            wire_wait(f.server, 1); /* all of it has been sent */
            int second = truth(&f);
            if (second != 1)
                g_error("case %zu, %d: %d: %s", i, later, second, f.error ? f.error->message : "a stale answer");
            g_assert_cmpuint(wire_count(f.server), ==, 2);
            if (later)
                g_assert_cmpuint(wire_connections(f.server), ==, 2);
            end(&f);
            g_free(both);
        }
}

static void test_an_answer_too_many_behind_none(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 204 No\r\n\r\n" WIRE_MARK HEAD("application/json", "5") "false", -1, WIRE_HOLD,
                                      NULL },
        { TRUE_ANSWER, -1, 0, NULL } };
    begin(&f, script, 2, once);
    g_assert_true(kz_kinds_bare(f.kinds, &(kz_kinds_bare_params){ .body = &(kz_upload){ .data = "x", .length = 1 } }, &f.error));
    wire_release(f.server);
    wire_wait(f.server, 1);
    g_assert_cmpint(truth(&f), ==, 1);
    end(&f);
}

/* The server has said no before it read all of what was sent, and closes or goes on reading. */
static void test_early(void)
{
    char *content = g_strnfill(4 << 20, 'c');
    const kz_kinds_bare_params params = { .body = &(kz_upload){ .data = content, .length = 4 << 20 } };
    for (int flags = WIRE_EARLY; flags <= (WIRE_EARLY | WIRE_CLOSE); flags += WIRE_CLOSE) {
        Fixture f;
        const WireAnswer script = { "HTTP/1.1 413 Large\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n"
                                    "{\"detail\":\"large\"}",
            -1, flags, NULL };
        begin(&f, &script, 1, once);
        g_assert_false(kz_kinds_bare(f.kinds, &params, &f.error));
        g_test_message("%d: %s", flags, f.error->message);
        if (flags & WIRE_CLOSE && kz_error_is(f.error, KZ_ERROR_CONNECTION))
            kz_error_clear(&f.error); /* a reset overtook the answer */
        else
            expect_error(&f, KZ_ERROR_API, "large");
        end(&f);
    }
    g_free(content);
}

/* ---- downloads that are cut ---- */

#define PIECE(status, more) "HTTP/1.1 " status "\r\nContent-Length: 5\r\n" more "\r\n"
#define FIRST(tag) "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" tag "\r\n01234"
#define WHOLE "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcdefghij"

/* A file is of one version: it goes on only where the server says, by a strong tag, that it has the same one. */
static void test_versions(void)
{
    static const struct {
        const char *first, *second, *content;
        guint requests;
        bool asks_for_rest;
    } cases[] = {
        { FIRST("ETag: \"1\"\r\n"), PIECE("206 Part", "Content-Range: bytes 5-9/10\r\nETag: \"1\"\r\n") "56789", "0123456789", 2,
            true },
        { FIRST(""), WHOLE, "abcdefghij", 2, false },
        { FIRST("ETag: W/\"1\"\r\n"), WHOLE, "abcdefghij", 2, false },
        { FIRST("ETag: \"1\"\r\n"), WHOLE, "abcdefghij", 2, true },
        { FIRST("ETag: \"1\"\r\n"), PIECE("206 Part", "Content-Range: bytes 5-9/10\r\nETag: \"2\"\r\n") "fghij", "abcdefghij", 3,
            true },
        { FIRST("ETag: \"1\"\r\n"), PIECE("206 Part", "Content-Range: bytes 4-8/10\r\nETag: \"1\"\r\n") "45678", NULL, 0, true },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        g_autofree char *folder = g_dir_make_tmp("kz-versions-XXXXXX", NULL), *path = g_build_filename(folder, "file", NULL),
                        *text = NULL;
        const WireAnswer script[] = { { cases[i].first, -1, WIRE_CLOSE, NULL }, { cases[i].second, -1, WIRE_CLOSE, NULL },
            { cases[i].content ? WHOLE : cases[i].second, -1, WIRE_CLOSE, NULL } };
        begin(&f, script, 3, (const char *const[]){ "max_retries", "2", NULL });
        g_autofree char *url = g_strconcat(wire_url(f.server), "/file", NULL);
        kz_transfer transfer = { .url = url, .path = path, .size = 10 };
        bool fine = kz_service_fetch(f.kinds, &transfer, 1, 1, "download", &f.error);
        g_test_message("case %zu: %s", i, f.error ? f.error->message : "fine");
        g_assert_cmpint(fine, ==, cases[i].content != NULL);
        g_assert_cmpint(strstr(wire_request(f.server, 1), "Range: bytes=5-") != NULL, ==, cases[i].asks_for_rest);
        g_assert_cmpint(strstr(wire_request(f.server, 1), "If-Range: \"1\"") != NULL, ==, cases[i].asks_for_rest);
        if (fine) {
            g_assert_cmpuint(wire_count(f.server), ==, cases[i].requests);
            g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
            g_assert_cmpstr(text, ==, cases[i].content);
        } else {
            expect_error(&f, KZ_ERROR_CONNECTION, "another part of the file");
            g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
        }
        kz_error_free(transfer.error);
        remove_all(folder);
        end(&f);
    }
}

#define REFUSED "HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n"

/* What is not the file that was announced does not get its name; what was kept of it and is refused is asked for anew, once. */
static void test_other_files(void)
{
    static const struct {
        const char *answers[3];
        int code; /* of the error, or 0 */
        const char *text;
        guint requests;
    } cases[] = {
        { { "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nabcdefghijkl" }, KZ_ERROR_DECODE, "has 12 bytes on the server, not 10",
            1 },
        { { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde" }, KZ_ERROR_DECODE, "has 5 bytes on the server, not 10", 1 },
        { { UNTIL_CLOSE("x/y") "abcdefghijkl" }, KZ_ERROR_DECODE, "more than the 10 bytes", 1 },
        { { UNTIL_CLOSE("x/y") "abcde" }, KZ_ERROR_CONNECTION, "after 5 of 10 bytes", 1 },
        { { FIRST("ETag: \"1\"\r\n"), REFUSED, WHOLE }, 0, NULL, 3 },
        { { FIRST("ETag: \"1\"\r\n"), REFUSED, REFUSED }, KZ_ERROR_API, "416", 3 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        WireAnswer script[3];
        g_autofree char *folder = g_dir_make_tmp("kz-files-XXXXXX", NULL), *path = g_build_filename(folder, "file", NULL);
        for (gsize j = 0; j < 3; j++)
            script[j] = (WireAnswer){ cases[i].answers[j] ? cases[i].answers[j] : cases[i].answers[0], -1, WIRE_CLOSE, NULL };
        begin(&f, script, 3, (const char *const[]){ "max_retries", "1", NULL });
        g_autofree char *url = g_strconcat(wire_url(f.server), "/file", NULL);
        kz_transfer transfer = { .url = url, .path = path, .size = 10 };
        bool fine = kz_service_fetch(f.kinds, &transfer, 1, 1, "download", &f.error);
        g_test_message("case %zu: %s", i, f.error ? f.error->message : "fine");
        g_assert_cmpint(fine, ==, !cases[i].code);
        g_assert_cmpint(g_file_test(path, G_FILE_TEST_EXISTS), ==, fine);
        g_assert_cmpuint(wire_count(f.server), ==, cases[i].requests);
        if (!fine)
            expect_error(&f, cases[i].code, cases[i].text);
        kz_error_free(transfer.error);
        remove_all(folder);
        end(&f);
    }
}

/* Headers of a download are for the server that it is asked of. */
static void test_headers_of_a_download(void)
{
    static const kz_string_entry own[] = { { "Authorization", "Bearer own-secret" }, { "X-Own", "own-secret" } };
    g_autofree char *folder = g_dir_make_tmp("kz-headers-XXXXXX", NULL), *path = g_build_filename(folder, "file", NULL);
    WireServer *other = wire_start(&(WireAnswer){ WHOLE, -1, 0, NULL }, 1);
    g_autofree char *away = g_strdup_printf("HTTP/1.1 302 Found\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n", wire_url(other));
    const WireAnswer script[] = { { "HTTP/1.1 302 Found\r\nLocation: /near\r\nContent-Length: 0\r\n\r\n", -1, 0, NULL },
        { away, -1, 0, NULL } };
    Fixture f;
    begin(&f, script, 2, once);
    g_autofree char *url = g_strconcat(wire_url(f.server), "/file", NULL);
    kz_transfer transfer = { .url = url, .path = path, .size = 10, .headers = own, .n_headers = 2 };
    g_assert_true(kz_service_fetch(f.kinds, &transfer, 1, 1, "download", &f.error));
    for (guint i = 0; i < 2; i++) {
        g_assert_nonnull(strstr(wire_request(f.server, i), "Bearer own-secret"));
        g_assert_nonnull(strstr(wire_request(f.server, i), "X-Own: own-secret"));
    }
    g_assert_null(strstr(wire_request(other, 0), "secret"));
    remove_all(folder);
    end(&f);
    wire_stop(other);
}

/* ---- elsewhere ---- */

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
    const char *settings[16] = { "max_retries", "0", "api_key", "sk-secret", "allow_plain_http", "true", "base_url", NULL };
    char *answer = g_strdup_printf("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", location);
    const WireAnswer script = { answer, -1, 0, NULL };
    kz_error *error = NULL;
    f->server = wire_start_at("0.0.0.0", &script, 1);
    char *base = reached_by(f->server, base_host);
    kz_config *config = kz_config_new(&error);
    kz_config_set_isolated(config, true, &error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &error);
    settings[7] = base;
    for (gsize i = 0; settings[i]; i += 2)
        kz_config_set(config, settings[i], settings[i + 1], &error);
    for (; more && *more; more += 2)
        kz_config_set(config, more[0], more[1], &error);
    f->client = kz_client_new(config, &error);
    f->kinds = kz_client_kinds(f->client, &error);
    g_assert_null(error);
    f->error = NULL;
    int result = truth(f);
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
    kz_config *config = kz_config_new(&f.error);
    kz_config_set_isolated(config, true, &f.error);
    kz_config_set(config, "plugin_path", g_getenv("KAMIWAZA_TEST_PLUGINS"), &f.error);
    kz_config_set(config, "base_url", inside, &f.error);
    f.client = kz_client_new(config, &f.error);
    f.kinds = kz_client_kinds(f.client, &f.error);
    g_assert_cmpint(truth(&f), ==, 1); /* the connection to inside stays */
    kz_kinds *own = f.kinds;
    f.kinds = kz_kinds_with_options(own, &(kz_call_options){ .base_url = outside_away }, &f.error);
    g_assert_cmpint(truth(&f), ==, -1);
    expect_error(&f, KZ_ERROR_API, "private network");
    g_assert_cmpuint(wire_count(server), ==, 2);
    kz_service_free(f.kinds);
    kz_client_free(f.client);
    kz_config_free(config);
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
    g_assert_cmpint(truth(&f), ==, 1);
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
    g_test_add_func("/servers/wrong-lengths-and-charsets", test_lengths);
    g_test_add_func("/servers/other-charsets", test_charsets);
    g_test_add_func("/servers/an-answer-too-many", test_an_answer_too_many);
    g_test_add_func("/servers/an-answer-too-many-behind-none", test_an_answer_too_many_behind_none);
    g_test_add_func("/servers/an-answer-before-the-request-is-sent", test_early);
    g_test_add_func("/servers/a-file-is-of-one-version", test_versions);
    g_test_add_func("/servers/another-file-does-not-get-its-name", test_other_files);
    g_test_add_func("/servers/headers-of-a-download-stay", test_headers_of_a_download);
    g_test_add_func("/servers/redirects-do-not-lead-inside", test_redirects_inside);
    g_test_add_func("/servers/nor-over-a-warm-connection", test_no_redirect_over_a_warm_connection);
    g_test_add_func("/servers/nor-through-a-proxy", test_redirects_through_a_proxy);
    g_test_add_func("/servers/nor-past-one", test_redirects_past_a_proxy);
    g_test_add_func("/servers/redirects-of-what-is-sent", test_redirects_of_what_is_sent);
    g_test_add_func("/servers/headers-of-the-program-stay", test_headers_of_the_program_stay);
    g_test_add_func("/servers/redirects-to-what-is-no-server", test_redirects_to_what_is_no_server);
    return g_test_run();
}
