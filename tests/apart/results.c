/* results.c: what comes back, in every way that it travels, has what both sides know and zeros for the rest. */
#include "fixture.h"

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

static void test_asynchronous(void)
{
    Fixture f;
    g_autofree char *text = answer_of("application/json", THING);
    begin(&f, &(WireAnswer){ text, -1, 0, NULL }, 1);
    bool ended = false;
    kz_loop *loop = kz_loop_new(f.client, &f.error);
    kz_pending *pending = kz_submit(loop, f.apart, &kz_apart_order_op, NULL, done, &ended, &f.error);
    no_error(&f);
    run_until(loop, &ended);
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

void add_results(void)
{
    g_test_add_func("/apart/results-have-what-both-know", test_results);
    g_test_add_func("/apart/items-of-streams-have-what-both-know", test_streams);
    g_test_add_func("/apart/items-of-pages-have-what-both-know", test_pages);
    g_test_add_func("/apart/asynchronous-results-have-what-both-know", test_asynchronous);
    g_test_add_func("/apart/results-of-flows-have-what-both-know", test_results_of_flows);
    g_test_add_func("/apart/streams-of-flows-have-what-both-know", test_streams_of_flows);
}
