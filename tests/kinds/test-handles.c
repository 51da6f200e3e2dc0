/* test-handles.c: libcurl's handles serve call after call; what a call sent is the same whatever came before it on the same handle. */
#include "fixture.h"

static void get(Fixture *f)
{
    kz_free(kz_kinds_truth(f->kinds, NULL, &f->error));
}

static void get_with_arguments(Fixture *f)
{
    kz_free(kz_kinds_places(
        f->kinds, &(kz_kinds_places_params){ .id = "a", .rest = KZ_INT(7), .x_trace = "t", .session = "s" }, &f->error));
}

static void post_json(Fixture *f)
{
    kz_free(kz_kinds_body(f->kinds, &(kz_kinds_body_params){ .name = "n" }, &f->error));
}

static void post_nothing(Fixture *f)
{
    kz_free(kz_kinds_always(f->kinds, NULL, &f->error));
}

/* Answered by a redirect, so that a GET follows within the same call. */
static void post_form(Fixture *f)
{
    kz_free(kz_kinds_form(f->kinds, &(kz_kinds_form_params){ .name = "n" }, &f->error));
}

static void post_parts(Fixture *f)
{
    kz_free(kz_kinds_parts(f->kinds, &(kz_kinds_parts_params){ .file = &(kz_upload){ .data = "file", .length = 4 } }, &f->error));
}

/* Likewise. */
static void put_bytes(Fixture *f)
{
    kz_kinds_bare(f->kinds, &(kz_kinds_bare_params){ .body = &(kz_upload){ .data = "mem", .length = 3 } }, &f->error);
}

static void stream(Fixture *f)
{
    kz_stream *events = kz_kinds_events(f->kinds, NULL, &f->error);
    while (events && kz_stream_next(events, &f->error))
        ;
    kz_stream_close(events);
}

static void (*const calls[])(
    Fixture *) = { get, get_with_arguments, post_json, post_nothing, post_form, post_parts, put_bytes, stream };

static char *serve(const char *request, void *user)
{
    (void)user;
    if (g_str_has_prefix(request, "POST /form") || g_str_has_prefix(request, "PUT /bare"))
        return g_strdup("HTTP/1.1 303 See Other\r\nLocation: /number\r\nContent-Length: 0\r\n\r\n");
    return g_strdup(ANSWER);
}

/* What was sent from request `from` on, without what is another one each time: boundaries and idempotency keys. */
static char *sent(WireServer *server, guint from)
{
    GString *all = g_string_new(NULL);
    for (guint i = from; i < wire_count(server); i++)
        g_string_append(all, wire_request(server, i));
    GRegex *chance = g_regex_new("-{24}[0-9a-f]+|(?<=Idempotency-Key: )[\\w-]{22}", 0, 0, NULL);
    char *text = g_regex_replace_literal(chance, all->str, (gssize)all->len, 0, "*", 0, NULL);
    g_regex_unref(chance);
    g_string_free(all, TRUE);
    return text;
}

static void test_what_came_before_leaves_nothing(void)
{
    WireServer *server = wire_start_function(serve, NULL);
    for (gsize second = 0; second < G_N_ELEMENTS(calls); second++) {
        Fixture alone, f;
        join(&alone, server, NULL);
        guint from = wire_count(server);
        calls[second](&alone);
        kz_error_clear(&alone.error); /* how the answer is liked is not looked at */
        char *expected = sent(server, from);
        g_assert_cmpuint(wire_count(server), >, from);
        for (gsize first = 0; first < G_N_ELEMENTS(calls); first++) {
            join(&f, server, NULL);
            calls[first](&f);
            kz_error_clear(&f.error);
            from = wire_count(server);
            calls[second](&f);
            kz_error_clear(&f.error);
            char *text = sent(server, from);
            g_assert_cmpstr(text, ==, expected);
            g_free(text);
            kz_client_free(f.client);
        }
        g_free(expected);
        kz_client_free(alone.client);
    }
    wire_stop(server);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/handles/what-came-before-leaves-nothing", test_what_came_before_leaves_nothing);
    return g_test_run();
}
