/* test-apart.c: a program and a plugin of different versions, in every way that structs travel. Compiled with the newer header, with
 * the older one, and with the older one as it was kept; run with each of two plugins. What both know works; what only the program
 * knows is refused by name; nobody reads beyond what the other has (the sanitizers look). */
#include "../wire/server.h"

#include <kamiwaza/apart.h>
#include <kamiwaza/apart/functions.h>
#include <kamiwaza/async.h>
#include <poll.h>
#include <string.h>

#define JSON(length) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n"
#define CLOSES(type) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n"
/* A thing with all that the newer version knows. */
#define THING                                                                                                                  \
    "{\"name\":\"n\",\"size\":7,\"inner\":{\"name\":\"i\",\"depth\":1,\"words\":[\"w\"]},"                                     \
    "\"pieces\":[{\"name\":\"p\",\"depth\":2},{\"name\":\"q\",\"words\":[\"x\",\"y\"]}],"                                      \
    "\"figure\":{\"kind\":\"circle\",\"radius\":2,\"colour\":\"red\"},\"weight\":0.5,\"makers\":[\"m\"],\"newest\":{\"name\":" \
    "\"z\",\"depth\":9}}"

typedef struct Fixture {
    WireServer *server;
    kz_client *client;
    kz_apart *apart;
    kz_error *error;
} Fixture;

static bool plugin_is_newer(void)
{
    return g_str_equal(g_getenv("APART_PLUGIN"), "newer");
}

static bool program_is_newer(void)
{
#ifdef APART_NEWER
    return true;
#else
    return false;
#endif
}

static void begin(Fixture *f, const WireAnswer *script, gsize n)
{
    *f = (Fixture){ .server = wire_start(script, n) };
    g_autofree char *folder = g_build_filename(g_getenv("APART_PLUGINS"), g_getenv("APART_PLUGIN"), NULL);
    kz_config *config = kz_config_new(&f->error);
    kz_config_set_isolated(config, true, &f->error);
    kz_config_set(config, "plugin_path", folder, &f->error);
    kz_config_set(config, "base_url", wire_url(f->server), &f->error);
    f->client = kz_client_new(config, &f->error);
    f->apart = kz_client_apart(f->client, &f->error);
    kz_config_free(config);
    if (f->error)
        g_error("%s", f->error->message);
}

static void no_error(const Fixture *f)
{
    if (f->error)
        g_error("%s: %s", kz_error_class(f->error->code), f->error->message);
}

static void end(Fixture *f)
{
    no_error(f);
    kz_client_free(f->client);
    wire_stop(f->server);
}

/* What the installed plugin is too old for. */
static void expect_too_old(Fixture *f, const char *part)
{
    g_assert_nonnull(f->error);
    if (f->error->code != KZ_ERROR_PLUGIN_INCOMPATIBLE || !strstr(f->error->message, part))
        g_error("%s: %s", kz_error_class(f->error->code), f->error->message);
    kz_error_clear(&f->error);
}

static const char *body_of(Fixture *f, guint i)
{
    return strstr(wire_request(f->server, i), "\r\n\r\n") + 4;
}

/* Every member of a thing that this program knows, with the text of all that it leads to. */
static char *said(const kz_thing *thing)
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

static void check_thing(const kz_thing *thing)
{
    g_autofree char *text = said(thing);
    g_assert_cmpstr(text, ==, "n 7 <i> p q circle 2");
    check_news(thing, plugin_is_newer());
    kz_json json = kz_json_of(thing);
    g_assert_cmpuint(json.length, ==, sizeof THING - 1);
    g_assert_cmpmem(json.text, json.length, THING, sizeof THING - 1);
}

static char *answer_of(const char *type, const char *body)
{
    return g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", type, strlen(body), body);
}

/* ---- results ---- */

static void test_results(void)
{
    Fixture f;
    g_autofree char *text = answer_of("application/json", THING), *list = answer_of("application/json", "[" THING "," THING "]");
    begin(&f, (WireAnswer[]){ { text, -1, 0, NULL }, { list, -1, 0, NULL } }, 2);
    kz_thing *thing = kz_apart_order(f.apart, NULL, &f.error);
    no_error(&f);
    check_thing(thing);
    kz_thing *kept = kz_keep(thing);
    check_thing(kept);
    kz_thing_list *things = kz_apart_list(f.apart, NULL, &f.error);
    no_error(&f);
    g_assert_cmpuint(things->n_items, ==, 2);
    check_thing(things->items[1]);
    kz_thing *item = kz_keep(things->items[0]);
    kz_free(things);
    check_thing(item);
    kz_free(item);
    kz_free(kept);
    kz_free(thing);
    end(&f);
}

static void test_streams(void)
{
    Fixture f;
    static const char events[] = CLOSES("text/event-stream") "data: " THING "\n\ndata: " THING "\n\n";
    begin(&f, &(WireAnswer){ events, -1, WIRE_CLOSE, NULL }, 1);
    kz_stream *stream = kz_apart_events(f.apart, NULL, &f.error);
    kz_thing *kept = NULL;
    for (int i = 0; i < 2; i++) {
        const kz_thing *thing = kz_stream_next(stream, &f.error);
        no_error(&f);
        check_thing(thing);
        kz_free(kept);
        kept = kz_keep(thing);
    }
    g_assert_null(kz_stream_next(stream, &f.error));
    kz_stream_close(stream);
    check_thing(kept);
    kz_free(kept);
    end(&f);
}

static void test_pages(void)
{
    Fixture f;
    g_autofree char *full = answer_of("application/json", "[" THING "," THING "]"),
                    *rest = answer_of("application/json", "[" THING "]");
    begin(&f, (WireAnswer[]){ { full, -1, 0, NULL }, { rest, -1, 0, NULL } }, 2);
    kz_stream *stream = kz_apart_list_each(f.apart, NULL, &f.error);
    int n = 0;
    for (const kz_thing *thing; (thing = kz_stream_next(stream, &f.error)); n++) {
        check_thing(thing);
        kz_thing *kept = kz_keep(thing);
        check_thing(kept);
        kz_free(kept);
    }
    g_assert_cmpint(n, ==, 3);
    g_assert_nonnull(strstr(wire_request(f.server, 1), "skip=2&limit=2"));
    kz_stream_close(stream);
    end(&f);
}

static void done(kz_pending *pending, void *user)
{
    (void)pending;
    *(bool *)user = true;
}

static void test_asynchronous(void)
{
    Fixture f;
    g_autofree char *text = answer_of("application/json", THING);
    begin(&f, &(WireAnswer){ text, -1, 0, NULL }, 1);
    bool ended = false;
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    kz_pending *pending = kz_submit(loop, f.apart, &kz_apart_order_op, NULL, done, &ended, &f.error);
    no_error(&f);
    while (!ended) {
        poll(&(struct pollfd){ .fd = kz_loop_fd(loop), .events = POLLIN }, 1, -1);
        kz_loop_dispatch(loop);
    }
    kz_thing *thing = kz_pending_take(pending, &f.error);
    no_error(&f);
    check_thing(thing);
    kz_free(thing);
    kz_pending_free(pending);
    kz_loop_free(loop);
    end(&f);
}

/* What a plugin makes by hand has its own layout; the program gets its own. */
static void test_results_of_flows(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ NULL, -1, 0, NULL }, 1);
    kz_thing *thing = kz_apart_make(f.apart, &(kz_apart_make_params){ .name = "mine" }, &f.error);
    no_error(&f);
    g_autofree char *text = said(thing);
    g_assert_cmpstr(text, ==, "mine 3 <inner> first second");
#ifdef APART_NEWER
    g_assert_cmpint(thing->weight.state, ==, plugin_is_newer() ? KZ_SET : KZ_UNSET);
    g_assert_true(!thing->newest == !plugin_is_newer());
    g_assert_null(thing->makers);
    g_assert_cmpint(thing->pieces[1]->depth.value, ==, plugin_is_newer() ? 4 : 0);
    g_assert_null(thing->pieces[1]->words);
#endif
    kz_json json = kz_json_of(thing);
    g_assert_nonnull(g_strstr_len(json.text, (gssize)json.length, "\"name\":\"mine\""));
    kz_free(thing);
    thing = kz_apart_nothing(f.apart, NULL, &f.error);
    no_error(&f);
    g_assert_null(thing->name);
    g_assert_null(thing->pieces);
#ifdef APART_NEWER
    g_assert_null(thing->newest);
#endif
    json = kz_json_of(thing);
    g_assert_cmpmem(json.text, json.length, "null", 4);
    kz_free(thing);
    end(&f);
}

static void test_streams_of_flows(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ NULL, -1, 0, NULL }, 1);
    kz_stream *stream = kz_apart_pour(f.apart, NULL, &f.error);
    kz_thing *kept = NULL;
    for (const kz_thing *thing; (thing = kz_stream_next(stream, &f.error));) {
        kz_free(kept);
        kept = kz_keep(thing);
#ifdef APART_NEWER
        g_assert_true(!thing->newest == !plugin_is_newer());
        g_assert_null(thing->pieces[0]->words);
#endif
    }
    no_error(&f);
    kz_stream_close(stream);
    g_autofree char *text = said(kept);
    g_assert_cmpstr(text, ==, "two 3 <inner> first second");
#ifdef APART_NEWER
    g_assert_true(!kept->newest == !plugin_is_newer());
#endif
    kz_free(kept);
    end(&f);
}

/* ---- requests ---- */

/* Behind each array stands what must not be taken for members that the program does not know. */
static const kz_note notes[] = { { .text = "a" }, { .text = "b" }, { .text = "poison" } };
static const kz_line lines[] = { { .item = "x", .count = { 2, KZ_SET }, .notes = notes, .n_notes = 2 }, { .item = "y" },
    { .item = "poison" } };
static const char *const tags[] = { "t", "u" };
static const kz_circle_input circle = { .radius = { 3, KZ_SET } };
static const kz_figure_input figure = { .circle = &circle };
#define ORDER .name = "o", .lines = lines, .n_lines = 2, .note = &notes[1], .tags = tags, .n_tags = 2, .figure = &figure
#define ORDER_JSON                                                                                                             \
    "{\"name\":\"o\",\"lines\":[{\"item\":\"x\",\"count\":2,\"notes\":[{\"text\":\"a\"},{\"text\":\"b\"}]},{\"item\":\"y\"}]," \
    "\"note\":{\"text\":\"b\"},\"figure\":{\"kind\":\"circle\",\"radius\":3},\"tags\":[\"t\",\"u\"]}"

static void test_requests(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ JSON("2") "{}", -1, 0, NULL }, 1);
    kz_free(kz_apart_order(f.apart, &(kz_apart_order_params){ ORDER }, &f.error));
    no_error(&f);
    g_assert_cmpstr(body_of(&f, 0), ==, ORDER_JSON);
    g_assert_true(kz_apart_drop(f.apart, &(kz_apart_drop_params){ .name = "d" }, &f.error));
    g_assert_nonnull(strstr(wire_request(f.server, 1), "DELETE /things?name=d "));
    end(&f);
}

static void test_requests_of_parts(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ JSON("2") "{}", -1, WIRE_CLOSE, NULL }, 1);
    const kz_upload file = { .data = "bytes", .length = 5 };
    kz_free(kz_apart_parts(f.apart,
        &(kz_apart_parts_params){ .file = &file, .lines = lines, .n_lines = 2, .note = notes, .extra = KZ_JSON("{\"k\":1}") },
        &f.error));
    no_error(&f);
    const char *body = body_of(&f, 0);
    g_assert_nonnull(
        strstr(body, "[{\"item\":\"x\",\"count\":2,\"notes\":[{\"text\":\"a\"},{\"text\":\"b\"}]},{\"item\":\"y\"}]"));
    g_assert_nonnull(strstr(body, "{\"text\":\"a\"}"));
    g_assert_nonnull(strstr(body, "name=\"k\"\r\n\r\n1\r\n"));
    end(&f);
}

/* The same with a loop, which copies the arguments: what the program had may be gone when they are sent. */
static void test_asynchronous_parts(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ JSON("2") "{}", -1, WIRE_CLOSE, NULL }, 1);
    const kz_upload file = { .data = "bytes", .length = 5 };
    bool ended = false;
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    char *extra = g_strdup("{\"lines\":[{\"item\":\"of extra\"}]}");
    kz_line *own = g_memdup2(lines, sizeof lines);
    kz_apart_parts_params params = {
        .file = &file, .lines = own, .n_lines = 2, .note = notes, .extra = { extra, strlen(extra) }
    };
    kz_pending *pending = kz_submit(loop, f.apart, &kz_apart_parts_op, &params, done, &ended, &f.error);
    no_error(&f);
    memset(own, 0xff, sizeof lines);
    memset(extra, 0xff, strlen(extra));
    g_free(own);
    g_free(extra);
    while (!ended) {
        poll(&(struct pollfd){ .fd = kz_loop_fd(loop), .events = POLLIN }, 1, -1);
        kz_loop_dispatch(loop);
    }
    kz_free(kz_pending_take(pending, &f.error));
    no_error(&f);
    g_assert_nonnull(strstr(body_of(&f, 0), "[{\"item\":\"of extra\"}]"));
    kz_pending_free(pending);
    kz_loop_free(loop);
    end(&f);
}

static void test_requests_to_flows(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ NULL, -1, 0, NULL }, 1);
    const kz_order orders[] = { { ORDER }, { .name = "p", .lines = lines, .n_lines = 1 }, { .name = "poison" } };
    kz_string_value *value = kz_apart_tell(
        f.apart, &(kz_apart_tell_params){ .order = orders, .orders = orders, .n_orders = 2 }, &f.error);
    no_error(&f);
    g_assert_cmpstr(value->value, ==, "o(x*2'a''b', y)'b' #t #u circle;o(x*2'a''b', y)'b' #t #u circle;p(x*2'a''b');");
    kz_free(value);
    end(&f);
}

static void test_by_name(void)
{
    Fixture f;
    g_autofree char *text = answer_of("application/json", THING);
    begin(&f, &(WireAnswer){ text, -1, 0, NULL }, 1);
    kz_answer answer;
    g_assert_true(
        kz_call_by_name(f.client, "apart.order", (kz_json){ ORDER_JSON, sizeof ORDER_JSON - 1 }, NULL, &answer, &f.error));
    kz_json json = kz_json_of(answer.result);
    g_assert_cmpmem(json.text, json.length, THING, sizeof THING - 1);
    g_assert_cmpstr(body_of(&f, 0), ==, ORDER_JSON);
    kz_free(answer.result);
    /* An argument that only the newer plugin knows is refused by the older one, by name. */
    bool fine = kz_call_by_name(f.client, "apart.order", KZ_JSON("{\"urgent\":true}"), NULL, &answer, &f.error);
    g_assert_true(fine == plugin_is_newer());
    if (fine)
        kz_free(answer.result);
    else
        g_assert_cmpstr(f.error->path, ==, "urgent");
    kz_error_clear(&f.error);
    end(&f);
}

/* ---- what only one of the two knows ---- */

#ifdef APART_NEWER
/* One more thing than the older version knows, in each place that there is. */
static void test_news_in_requests(void)
{
    const kz_note foreign = { .text = "c", .language = "fr" };
    const kz_line dear = { .item = "z", .price = KZ_NUMBER(2) }, noted = { .item = "v", .notes = &foreign, .n_notes = 1 };
    const kz_circle_input red = { .colour = "red" };
    const kz_figure_input coloured = { .circle = &red }, cornered = { .triangle = &(kz_triangle_input){ .n_angles = 0 } };
    const struct {
        kz_apart_order_params params;
        const char *path, *body;
    } cases[] = {
        { { .urgent = KZ_TRUE }, "The call uses", "{\"urgent\":true}" },
        { { .after = notes, .n_after = 1 }, "The call uses", "{\"after\":[{\"text\":\"a\"}]}" },
        { { .note = &foreign }, "note uses", "{\"note\":{\"text\":\"c\",\"language\":\"fr\"}}" },
        { { .lines = &dear, .n_lines = 1 }, "lines[0] uses", "{\"lines\":[{\"item\":\"z\",\"price\":2}]}" },
        { { .lines = &noted, .n_lines = 1 }, "lines[0].notes[0] uses",
            "{\"lines\":[{\"item\":\"v\",\"notes\":[{\"text\":\"c\",\"language\":\"fr\"}]}]}" },
        { { .figure = &coloured }, "figure uses", "{\"figure\":{\"kind\":\"circle\",\"colour\":\"red\"}}" },
        { { .figure = &cornered }, "figure uses", "{\"figure\":{\"kind\":\"triangle\"}}" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        begin(&f, &(WireAnswer){ JSON("2") "{}", -1, 0, NULL }, 1);
        kz_thing *thing = kz_apart_order(f.apart, &cases[i].params, &f.error);
        g_assert_true(!thing == !plugin_is_newer());
        if (thing)
            g_assert_cmpstr(body_of(&f, 0), ==, cases[i].body);
        else
            expect_too_old(&f, cases[i].path);
        g_assert_cmpuint(wire_count(f.server), ==, plugin_is_newer() ? 1 : 0);
        kz_free(thing);
        const kz_order order = { .urgent = cases[i].params.urgent,
            .note = cases[i].params.note,
            .lines = cases[i].params.lines,
            .n_lines = cases[i].params.n_lines,
            .figure = cases[i].params.figure,
            .after = cases[i].params.after,
            .n_after = cases[i].params.n_after };
        kz_string_value *value = kz_apart_tell(f.apart, &(kz_apart_tell_params){ .orders = &order, .n_orders = 1 }, &f.error);
        if (!value)
            expect_too_old(&f, "orders[0]");
        g_assert_true(!value == !plugin_is_newer());
        kz_free(value);
        end(&f);
    }
}

static void test_new_operation(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ JSON("2") "{}", -1, 0, NULL }, 1);
    kz_thing *thing = kz_apart_newest(f.apart, NULL, &f.error);
    if (plugin_is_newer())
        no_error(&f);
    else
        expect_too_old(&f, "has no operation newest: it is older than this program; install a newer one");
    kz_free(thing);
    end(&f);
}
#endif

/* An operation that has no content in the plugin's version and some in the program's. */
static void test_content_that_is_not_there(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ "HTTP/1.1 204 Nothing\r\n\r\n", -1, 0, NULL }, 1);
    const kz_op_ref telling = { &kz_apart_interface, "drop", 2, sizeof(kz_apart_drop_params), sizeof(kz_thing) };
    g_assert_null(kz_call(f.apart, &telling, NULL, &f.error));
    expect_too_old(&f, "drop");
    g_assert_cmpuint(wire_count(f.server), ==, 0);
    end(&f);
}

static void test_functions(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ NULL, -1, 0, NULL }, 1);
    const kz_apart_functions *functions = kz_service_functions(f.apart, sizeof *functions, &f.error);
    if (plugin_is_newer()) {
        no_error(&f);
        g_assert_cmpint(functions->answer(), ==, 42);
    } else {
        expect_too_old(&f, "lacks functions that this program needs");
    }
    g_assert_null(kz_service_functions(f.apart, sizeof *functions + 8, &f.error)); /* as a still newer program asks */
    expect_too_old(&f, "lacks functions that this program needs");
    end(&f);
}

/* A plugin of before that finds no servers leaves it to the setting. */
static void test_locating(void)
{
    Fixture f;
    g_autofree char *text = answer_of("application/json", THING);
    begin(&f, &(WireAnswer){ text, -1, 0, NULL }, 1);
    kz_thing *thing = kz_apart_near(f.apart, &(kz_apart_near_params){ .name = "here" }, &f.error);
    if (plugin_is_newer()) {
        no_error(&f);
        check_thing(thing);
        g_assert_null(kz_apart_near(f.apart, &(kz_apart_near_params){ .name = "nowhere" }, &f.error));
        g_assert_cmpint(f.error->code, ==, KZ_ERROR_NOT_FOUND);
    } else {
        g_assert_null(thing);
        g_assert_cmpint(f.error->code, ==, KZ_ERROR_CONFIG);
        g_assert_nonnull(strstr(f.error->message, "openai_base_url"));
    }
    kz_error_clear(&f.error);
    kz_free(thing);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_message(
        "the program is %s, the plugin %s", program_is_newer() ? "newer" : "older", plugin_is_newer() ? "newer" : "older");
    g_test_add_func("/apart/results-have-what-both-know", test_results);
    g_test_add_func("/apart/items-of-streams-have-what-both-know", test_streams);
    g_test_add_func("/apart/items-of-pages-have-what-both-know", test_pages);
    g_test_add_func("/apart/asynchronous-results-have-what-both-know", test_asynchronous);
    g_test_add_func("/apart/results-of-flows-have-what-both-know", test_results_of_flows);
    g_test_add_func("/apart/streams-of-flows-have-what-both-know", test_streams_of_flows);
    g_test_add_func("/apart/requests-are-read-in-the-programs-layout", test_requests);
    g_test_add_func("/apart/requests-of-parts-are-too", test_requests_of_parts);
    g_test_add_func("/apart/asynchronous-requests-of-parts-are-copied", test_asynchronous_parts);
    g_test_add_func("/apart/flows-see-requests-in-their-own-layout", test_requests_to_flows);
    g_test_add_func("/apart/calls-by-name-need-no-layout", test_by_name);
#ifdef APART_NEWER
    g_test_add_func("/apart/what-the-plugin-cannot-know-is-refused-by-its-path", test_news_in_requests);
    g_test_add_func("/apart/an-operation-that-the-plugin-lacks-is-refused", test_new_operation);
#endif
    g_test_add_func("/apart/content-that-the-plugin-does-not-give-is-refused", test_content_that_is_not_there);
    g_test_add_func("/apart/functions-that-the-plugin-lacks-are-refused", test_functions);
    g_test_add_func("/apart/servers-are-found-by-plugins-that-can", test_locating);
    return g_test_run();
}
