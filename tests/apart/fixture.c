/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "../client.h"

#include <poll.h>

bool program_is_newer(void)
{
#ifdef APART_NEWER
    return true;
#else
    return false;
#endif
}

bool plugin_is_newer(void)
{
    return g_str_equal(g_getenv("APART_PLUGIN"), "newer");
}

bool plugin_is_oldest(void)
{
    return g_str_equal(g_getenv("APART_PLUGIN"), "oldest");
}

void begin(Fixture *f, const WireAnswer *script, gsize n)
{
    *f = (Fixture){ .server = wire_start(script, n) };
    g_autofree char *folder = g_build_filename(g_getenv("APART_PLUGINS"), g_getenv("APART_PLUGIN"), NULL);
    f->client = test_client(wire_url(f->server), SETTINGS("plugin_path", folder), &f->error);
    f->apart = kz_client_apart(f->client, &f->error);
    no_error(f);
}

void no_error(const Fixture *f)
{
    test_no_error(f->error);
}

void end(Fixture *f)
{
    no_error(f);
    kz_client_free(f->client);
    wire_stop(f->server);
}

void expect_too_old(Fixture *f, const char *part)
{
    g_assert_nonnull(f->error);
    if (f->error->code != KZ_ERROR_PLUGIN_INCOMPATIBLE || !strstr(f->error->message, part))
        g_error("%s: %s", kz_error_class(f->error->code), f->error->message);
    kz_error_clear(&f->error);
}

const char *body_of(Fixture *f, guint i)
{
    return strstr(wire_request(f->server, i), "\r\n\r\n") + 4;
}

char *answer_of(const char *type, const char *body)
{
    return g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", type, strlen(body), body);
}

char *said(const kz_thing *thing)
{
    GString *text = g_string_new(thing->name ? thing->name : "-");
    g_string_append_printf(text, " %d", (int)thing->size.value);
    if (thing->inner)
        g_string_append_printf(text, " <%s>", thing->inner->name);
    for (size_t i = 0; i < thing->n_pieces; i++)
        g_string_append_printf(text, " %s", thing->pieces[i]->name);
    if (thing->figure)
        g_string_append_printf(text, " %s", thing->figure->kind);
    if (thing->figure && thing->figure->circle)
        g_string_append_printf(text, " %g", thing->figure->circle->radius.value);
    return g_string_free(text, FALSE);
}

/* The newest members of a thing: all of them known to the plugin, or none. */
static void check_news(const kz_thing *thing, bool told)
{
#ifdef APART_NEWER
    g_assert_cmpint(thing->weight.state, ==, told ? KZ_SET : KZ_UNSET);
    g_assert_cmpuint(thing->n_makers, ==, told ? 1 : 0);
    g_assert_true(!thing->makers == !told);
    g_assert_true(!thing->newest == !told);
    g_assert_cmpint(thing->inner->depth.state, ==, told ? KZ_SET : KZ_UNSET);
    g_assert_true(!thing->inner->words == !told);
    g_assert_cmpint(thing->pieces[0]->depth.state, ==, told ? KZ_SET : KZ_UNSET);
    g_assert_cmpuint(thing->pieces[1]->n_words, ==, told ? 2 : 0);
    g_assert_true(!thing->figure->circle->colour == !told);
    g_assert_null(thing->figure->triangle);
#else
    (void)thing;
    (void)told;
#endif
}

void check_thing(const kz_thing *thing)
{
    g_autofree char *text = said(thing);
    g_assert_cmpstr(text, ==, "n 7 <i> p q circle 2");
    check_news(thing, plugin_is_newer());
    kz_json json = kz_json_of(thing);
    g_assert_cmpuint(json.length, ==, sizeof THING - 1);
    g_assert_cmpmem(json.text, json.length, THING, sizeof THING - 1);
}

void done(kz_pending *pending, void *user)
{
    (void)pending;
    *(bool *)user = true;
}

void run_until(kz_loop *loop, const bool *ended)
{
    while (!*ended) {
        poll(&(struct pollfd){ .fd = kz_loop_fd(loop), .events = POLLIN }, 1, -1);
        kz_loop_dispatch(loop);
    }
}
