/* test-locate.c: calls whose server is found by a plugin: which of them go to another server when the one that was remembered answers no more,
 * and plugins that never come to an end. */
#include "../client.h"
#include "../wire/server.h"

#include <kamiwaza/located.h>

#define TRUE_ANSWER "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\ntrue"
#define STATUS(line) "HTTP/1.1 " line "\r\nContent-Length: 0\r\n\r\n"

typedef struct Fixture {
    WireServer *first, *second;
    kz_client *client;
    kz_located *located;
    kz_error *error;
} Fixture;

/* A handle whose calls go to the first server, and to the second one when nobody answers there. */
static void begin(Fixture *f, const WireAnswer *answer)
{
    static const WireAnswer fine = { TRUE_ANSWER, -1, 0, NULL };
    *f = (Fixture){ .first = wire_start(answer, 1), .second = wire_start(&fine, 1) };
    f->client = test_client(wire_url(f->second), SETTINGS("max_retries", "0"), &f->error);
    g_autofree char *target = g_strdup_printf("%s %s", wire_url(f->first), wire_url(f->second));
    f->located = kz_located_with_options(
        kz_client_located(f->client, &f->error), &(kz_call_options){ .target = target }, &f->error);
    test_no_error(f->error);
}

static void end(Fixture *f)
{
    test_no_error(f->error);
    kz_service_free(f->located);
    kz_client_free(f->client);
    wire_stop(f->first);
    wire_stop(f->second);
}

static void test_another_server(void)
{
    static const char *const gone[] = { STATUS("404 Gone"), STATUS("502 Gone"), STATUS("503 Gone"), NULL };
    for (gsize i = 0; i < G_N_ELEMENTS(gone); i++) {
        Fixture f;
        begin(&f, &(WireAnswer){ gone[i], -1, WIRE_CLOSE, NULL });
        kz_free(kz_located_look(f.located, NULL, &f.error));
        g_assert_cmpuint(wire_count(f.first), ==, 1);
        g_assert_cmpuint(wire_count(f.second), ==, 1);
        end(&f);
    }
}

/* What the first server may have done is not done again by the second. */
static void test_done_once(void)
{
    static const struct {
        const char *answer;
        int code;
    } cases[] = { { STATUS("502 Gone"), KZ_ERROR_SERVER }, { STATUS("503 Gone"), KZ_ERROR_SERVER },
        { NULL, KZ_ERROR_CONNECTION } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin(&f, &(WireAnswer){ cases[i].answer, cases[i].answer ? -1 : 0, WIRE_CLOSE, NULL });
        g_assert_null(kz_located_act(f.located, NULL, &f.error));
        test_error(&f.error, cases[i].code, NULL);
        g_assert_cmpuint(wire_count(f.first), ==, 1);
        g_assert_cmpuint(wire_count(f.second), ==, 0);
        end(&f);
    }
    Fixture f;
    begin(&f, &(WireAnswer){ STATUS("404 Gone"), -1, WIRE_CLOSE, NULL }); /* nobody there knows the operation, so nobody did it */
    kz_free(kz_located_act(f.located, NULL, &f.error));
    g_assert_cmpuint(wire_count(f.second), ==, 1);
    end(&f);
}

/* What is found anew is the server that is gone: its answer stands. */
static void test_same_server_again(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ STATUS("404 Gone"), -1, WIRE_CLOSE, NULL });
    g_autofree char *target = g_strdup_printf("%s %s", wire_url(f.first), wire_url(f.first));
    kz_located *same = kz_located_with_options(f.located, &(kz_call_options){ .target = target }, &f.error);
    g_assert_null(kz_located_look(same, NULL, &f.error));
    test_error(&f.error, KZ_ERROR_NOT_FOUND, NULL);
    g_assert_cmpuint(wire_count(f.first), ==, 1);
    kz_service_free(same);
    end(&f);
}

static void test_no_end(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ TRUE_ANSWER, -1, 0, NULL });
    g_assert_null(kz_located_look(kz_client_located(f.client, &f.error), NULL, &f.error));
    test_error(&f.error, KZ_ERROR_PLUGIN, "located did not say which server answers");
    g_assert_cmpuint(wire_count(f.second), ==, 7);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/locate/a-server-that-is-gone-is-found-anew", test_another_server);
    g_test_add_func("/locate/what-may-have-been-done-is-not-done-again", test_done_once);
    g_test_add_func("/locate/the-same-server-again-ends-it", test_same_server_again);
    g_test_add_func("/locate/a-plugin-without-an-end-is-told", test_no_end);
    return g_test_run();
}
