/* news.c: what only one of the two knows is refused by its name and place, before anything is sent; the rest works. */
#include "fixture.h"

#ifdef APART_NEWER
/* One more thing than the older version knows, in each place that there is. */
static void test_news_in_requests(void)
{
    static const kz_note known = { .text = "a" };
    const kz_note foreign = { .text = "c", .language = "fr" };
    const kz_line dear = { .item = "z", .price = KZ_NUMBER(2) }, noted = { .item = "v", .notes = &foreign, .n_notes = 1 };
    const kz_circle_input red = { .colour = "red" };
    const kz_figure_input coloured = { .circle = &red }, cornered = { .triangle = &(kz_triangle_input){ .n_angles = 0 } };
    const struct {
        kz_apart_order_params params;
        const char *path, *body;
    } cases[] = {
        { { .urgent = KZ_TRUE }, "The call uses", "{\"urgent\":true}" },
        { { .after = &known, .n_after = 1 }, "The call uses", "{\"after\":[{\"text\":\"a\"}]}" },
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

/* Each function is there or not by itself. */
static void test_functions(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ NULL, -1, 0, NULL }, 1);
    int64_t answer = kz_apart_answer(f.apart, &f.error);
    g_assert_cmpint(answer, ==, plugin_is_oldest() ? 0 : 42);
    if (!answer)
        expect_too_old(&f, "lacks the function answer that this program needs");
#ifdef APART_NEWER
    int64_t question = kz_apart_question(f.apart, &f.error);
    g_assert_cmpint(question, ==, plugin_is_newer() ? 54 : 0);
    if (!question)
        expect_too_old(&f, "lacks the function question that this program needs");
    g_assert_cmpint(
        kz_apart_given_up(f.apart, &f.error), ==, 0); /* NULL in the plugin that is newer, beyond the end of the others */
    expect_too_old(&f, "lacks the function given_up that this program needs");
    g_assert_cmpint(kz_apart_both(f.apart, &f.error), ==, 0); /* which has one that is given up in their middle */
    expect_too_old(&f, "lacks the function answer that this program needs");
#endif
    end(&f);
}

/* As programs asked that were built before functions were asked for one by one. */
static void test_all_functions_at_once(void)
{
    Fixture f;
    begin(&f, &(WireAnswer){ NULL, -1, 0, NULL }, 1);
    const kz_apart_functions *functions = kz_service_functions(f.apart, sizeof *functions, &f.error);
    bool has_all = plugin_is_newer() || (!plugin_is_oldest() && !program_is_newer());
    g_assert_true(!functions == !has_all);
    if (has_all)
        g_assert_cmpint(functions->answer(), ==, 42);
    else
        expect_too_old(&f, "lacks functions that this program needs");
    g_assert_null(kz_service_functions(f.apart, sizeof *functions + 64, &f.error)); /* as a still newer program asks */
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
    if (!plugin_is_oldest()) {
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

void add_news(void)
{
#ifdef APART_NEWER
    g_test_add_func("/apart/what-the-plugin-cannot-know-is-refused-by-its-path", test_news_in_requests);
    g_test_add_func("/apart/an-operation-that-the-plugin-lacks-is-refused", test_new_operation);
#endif
    g_test_add_func("/apart/content-that-the-plugin-does-not-give-is-refused", test_content_that_is_not_there);
    g_test_add_func("/apart/functions-that-the-plugin-lacks-are-refused-one-by-one", test_functions);
    g_test_add_func("/apart/tables-that-are-too-short-are-refused-where-all-is-asked-for", test_all_functions_at_once);
    g_test_add_func("/apart/servers-are-found-by-plugins-that-can", test_locating);
}
