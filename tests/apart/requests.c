/* requests.c: what a program says is read in the layout of the program, and no further. */
#include "fixture.h"

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
    run_until(loop, &ended);
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

void add_requests(void)
{
    g_test_add_func("/apart/requests-are-read-in-the-programs-layout", test_requests);
    g_test_add_func("/apart/requests-of-parts-are-too", test_requests_of_parts);
    g_test_add_func("/apart/asynchronous-requests-of-parts-are-copied", test_asynchronous_parts);
    g_test_add_func("/apart/flows-see-requests-in-their-own-layout", test_requests_to_flows);
    g_test_add_func("/apart/calls-by-name-need-no-layout", test_by_name);
}
