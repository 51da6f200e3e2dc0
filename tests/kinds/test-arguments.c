/* test-arguments.c: every kind of argument, as it travels; and those that are refused before anything is sent. */
#include "fixture.h"

static void test_places(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ HEAD("text/plain", "5") "hello", -1, 0 });
    const char *many[] = { "a b", "\xc3\xa9&=" };
    const char *parts[] = { "a=1", "b" };
    const int64_t joined[] = { 1, -2 };
    kz_string_value *text = kz_kinds_places(f.kinds,
        &(kz_kinds_places_params){ .id = "x/?#%\x01\xff",
            .rest = KZ_INT(7),
            .many = many,
            .n_many = 2,
            .joined = joined,
            .n_joined = 2,
            .flag = KZ_FALSE,
            .ratio = KZ_NUMBER(0.1),
            .x_trace = "t 1",
            .x_parts = parts,
            .n_x_parts = 2,
            .session = "s;1",
            .theme = "dark" },
        &f.error);
    no_error(&f);
    g_assert_cmpstr(text->value, ==, "hello");
    kz_free(text);
    const char *request = wire_request(f.server, 0);
    g_assert_true(g_str_has_prefix(request,
        "GET /places/x%2F%3F%23%25%01%FF/7?many=a%20b&many=%C3%A9%26%3D&joined=1%2C-2&flag=false&ratio=0.1 HTTP/1.1\r\n"));
    g_assert_nonnull(strstr(request, "\r\nX-Trace: t 1\r\n"));
    g_assert_nonnull(strstr(request, "\r\nX-Parts: a=1,b\r\n"));
    g_assert_nonnull(strstr(request, "\r\nCookie: session=s%3B1; theme=dark\r\n"));
    end(&f);
}

/* What is said of the content and of the answer: nothing of a content that there is none of, and no question before a large one. */
static void test_headers(void)
{
    Fixture f;
    const WireAnswer answers[] = { { ANSWER, -1, 0, NULL }, { ANSWER, -1, 0, NULL },
        { HEAD("text/plain", "1") "1", -1, 0, NULL } };
    begin(&f, answers, 3, NULL);
    g_autofree char *large = g_strnfill(2 << 20, 'n');
    kz_free(kz_kinds_always(f.kinds, NULL, &f.error));
    kz_free(kz_kinds_always(f.kinds, &(kz_kinds_always_params){ .name = large }, &f.error));
    kz_free(kz_kinds_fixed(f.kinds, &(kz_kinds_fixed_params){ .id = "a" }, &f.error));
    no_error(&f);
    g_assert_nonnull(strstr(wire_request(f.server, 0), "\r\nContent-Length: 0\r\n"));
    g_assert_null(strstr(wire_request(f.server, 0), "\r\nContent-Type:"));
    g_assert_nonnull(strstr(wire_request(f.server, 0), "\r\nAccept: application/json\r\n"));
    g_assert_nonnull(strstr(wire_request(f.server, 1), "\r\nContent-Type: application/json\r\n"));
    g_assert_null(strstr(wire_request(f.server, 1), "\r\nExpect:"));
    g_assert_nonnull(strstr(wire_request(f.server, 2), "\r\nAccept: */*\r\n"));
    end(&f);
}

static void test_query_of_the_path(void)
{
    Fixture f;
    const WireAnswer answers[] = { { HEAD("text/plain", "1") "1", -1, 0 }, { HEAD("text/plain", "1") "2", -1, 0 } };
    begin(&f, answers, 2, NULL);
    kz_free(kz_kinds_fixed(f.kinds, &(kz_kinds_fixed_params){ .id = "a?b" }, &f.error));
    kz_free(kz_kinds_fixed(f.kinds, &(kz_kinds_fixed_params){ .id = "a", .more = "c" }, &f.error));
    no_error(&f);
    g_assert_true(g_str_has_prefix(wire_request(f.server, 0), "GET /fixed/a%3Fb?beta=true HTTP/1.1\r\n"));
    g_assert_true(g_str_has_prefix(wire_request(f.server, 1), "GET /fixed/a?beta=true&more=c HTTP/1.1\r\n"));
    end(&f);
}

static const kz_kinds_body_params whole = { .name = "abc",
    .id = "6f1c2d3e-4b5a-4c6d-8e7f-9a0b1c2d3e4f",
    .when = "2026-01-02T03:04:05Z",
    .kind = "round",
    .count = { 9, KZ_SET },
    .ratio = { 1e300, KZ_SET },
    .on = { 1, KZ_SET },
    .note = kz_null_string,
    .any = { "[1, {\"x\":null}]", 15 },
    .tags = (const char *const[]){ "t", "\"\\\n\xf0\x9f\x98\x80" },
    .n_tags = 2,
    .numbers = (const int64_t[]){ INT64_MIN, INT64_MAX },
    .n_numbers = 2,
    .ratios = (const double[]){ 0.1, -2.5e-7 },
    .n_ratios = 2,
    .truths = (const bool[]){ true, false },
    .n_truths = 2,
    .pieces = (const kz_json[]){ { "1", 1 }, { "\"p\"", 3 } },
    .n_pieces = 2,
    .labels = (const kz_string_entry[]){ { "k", "v" }, { "", "" } },
    .n_labels = 2,
    .extras = (const kz_json_entry[]){ { "e", { "5", 1 } } },
    .n_extras = 1,
    .inner = &(const kz_inner){ .depth = { 1, KZ_SET } },
    .inners = (const kz_inner[]){ { .depth = { 2, KZ_SET }, .label = "l" }, { .depth = { 3, KZ_SET } } },
    .n_inners = 2,
    .shape = &(const kz_shape_input){ .square = &(const kz_square_input){ .side = { 2, KZ_SET } } },
    .notes = (const kz_note[]){ { .role = "user", .text = "u" }, { .role = "tool", .call = "c" } },
    .n_notes = 2,
    .text_list = (const char *const[]){ "p", "q" },
    .n_text_list = 2,
    .extra = { "{\"more\":true}", 13 } };

static const char whole_text[] =
    "{\"name\":\"abc\",\"id\":\"6f1c2d3e-4b5a-4c6d-8e7f-9a0b1c2d3e4f\",\"when\":\"2026-01-02T03:04:05Z\",\"kind\":\"round\","
    "\"count\":9,\"ratio\":1e300,\"on\":true,\"note\":null,\"any\":[1, "
    "{\"x\":null}],\"tags\":[\"t\",\"\\\"\\\\\\n\xf0\x9f\x98\x80\"],"
    "\"numbers\":[-9223372036854775808,9223372036854775807],\"ratios\":[0.1,-2.5e-7],\"truths\":[true,false],\"pieces\":[1,\"p\"]"
    ","
    "\"labels\":{\"k\":\"v\",\"\":\"\"},\"extras\":{\"e\":5},\"inner\":{\"depth\":1},\"inners\":[{\"depth\":2,\"label\":\"l\"},"
    "{\"depth\":3}],\"shape\":{\"kind\":\"square\",\"side\":2},\"notes\":[{\"role\":\"user\",\"text\":\"u\"},{\"role\":\"tool\","
    "\"call\":\"c\"}],\"text\":[\"p\",\"q\"],\"more\":true}";

static void test_body(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ ANSWER, -1, 0 });
    kz_free(kz_kinds_body(f.kinds, &whole, &f.error));
    no_error(&f);
    g_assert_cmpstr(body_of(&f, 0), ==, whole_text);
    kz_free(kz_kinds_body(f.kinds,
        &(kz_kinds_body_params){
            .name = "n", .count = KZ_NULL, .ratio = KZ_NULL, .on = KZ_NULL, .text = "one", .tags = whole.tags },
        &f.error));
    no_error(&f);
    g_assert_cmpstr(
        body_of(&f, 1), ==, "{\"name\":\"n\",\"count\":null,\"ratio\":null,\"on\":null,\"tags\":[],\"text\":\"one\"}");
    end(&f);
}

/* What was sent by name is what was sent by struct. */
static void test_body_by_name(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ ANSWER, -1, 0 });
    kz_answer answer;
    kz_call_by_name(f.client, "kinds.body", (kz_json){ whole_text, sizeof whole_text - 1 }, NULL, &answer, &f.error);
    expect_error(&f, KZ_ERROR_ARGUMENT, "more"); /* call-by-name takes known arguments alone */
    char *known = g_strdup(whole_text);
    strcpy(strstr(known, ",\"more\""), "}");
    g_assert_true(kz_call_by_name(f.client, "kinds.body", (kz_json){ known, strlen(known) }, NULL, &answer, &f.error));
    kz_free(answer.result);
    g_assert_cmpstr(body_of(&f, 0), ==, known);
    end(&f);
    g_free(known);
}

static void test_bad_arguments(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ ANSWER, -1, 0 });
    const char *four[] = { "1", "2", "3", "4" };
    const struct {
        kz_kinds_body_params params;
        const char *text;
    } cases[] = {
        { { .name = NULL, .count = KZ_INT(1) }, "name" },
        { { .name = "" }, "name" },
        { { .name = "UPPER" }, "name" },
        { { .name = "abcdefghi" }, "name" },
        { { .name = "\xff" }, "name" },
        { { .name = "n", .id = "no-uuid" }, "id" },
        { { .name = "n", .when = "yesterday" }, "when" },
        { { .name = "n", .kind = "roundish" }, "round" },
        { { .name = "n", .count = KZ_INT(10) }, "count" },
        { { .name = "n", .count = KZ_INT(0) }, "count" },
        { { .name = "n", .ratio = KZ_NUMBER(0) }, "ratio" },
        { { .name = "n", .ratio = { .value = 1.0 / 0.0, .state = KZ_SET } }, "ratio" },
        { { .name = "n", .tags = four, .n_tags = 4 }, "tags" },
        { { .name = "n", .any = { "{", 1 } }, "any" },
        { { .name = "n", .inner = &(kz_inner){ .label = "l" } }, "depth" },
        { { .name = "n", .inners = (kz_inner[]){ { .depth = KZ_INT(1) }, { .label = "l" } }, .n_inners = 2 }, "inners[1]" },
        { { .name = "n", .shape = &(kz_shape_input){ .circle = NULL } }, "shape" },
        { { .name = "n", .extra = { "[]", 2 } }, "extra" },
        { { .name = "n", .text = "t", .text_list = four, .n_text_list = 1 }, "text" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_null(kz_kinds_body(f.kinds, &cases[i].params, &f.error));
        g_test_message("%zu: %s", i, f.error ? f.error->message : "accepted");
        expect_error(&f, KZ_ERROR_ARGUMENT, cases[i].text);
    }
    g_assert_null(kz_kinds_places(f.kinds, &(kz_kinds_places_params){ .id = "..", .rest = KZ_INT(1) }, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "id");
    g_assert_null(
        kz_kinds_places(f.kinds, &(kz_kinds_places_params){ .id = "a", .rest = KZ_INT(1), .x_trace = "a\r\nB: c" }, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "X-Trace");
    g_assert_cmpuint(wire_count(f.server), ==, 0);
    end(&f);
}

static void test_secrets(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ ANSWER, -1, 0 });
    g_assert_null(kz_kinds_keep(f.kinds, &(kz_kinds_keep_params){ .password = "HUNTER22" }, &f.error));
    g_assert_null(strstr(f.error->message, "HUNTER22"));
    expect_error(&f, KZ_ERROR_ARGUMENT, "password is \"***\", which does not match");
    end(&f);
    /* A server that says what it was sent, as some frameworks do. */
    const char *said =
        "{\"detail\":[{\"loc\":[\"body\",\"password\"],\"msg\":\"bad: a-word\",\"input\":[\"a-word\",\"deep \\\"one\"]}]}";
    char *answer = g_strdup_printf(
        "HTTP/1.1 422 No\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(said), said);
    begin_with(&f, &(WireAnswer){ answer, -1, 0 });
    const kz_account accounts[] = { { .name = "input", .token = "deep \"one" } };
    g_assert_null(
        kz_kinds_keep(f.kinds, &(kz_kinds_keep_params){ .password = "a-word", .accounts = accounts, .n_accounts = 1 }, &f.error));
    char *detail = g_strndup(f.error->detail.text, f.error->detail.length);
    g_assert_cmpstr(
        detail, ==, "[{\"loc\":[\"body\",\"password\"],\"msg\":\"bad: ******\",\"input\":[\"******\",\"**********\"]}]");
    g_free(detail);
    expect_error(&f, KZ_ERROR_VALIDATION, "bad: ******");
    end(&f);
    g_free(answer);
}

static void test_form(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ HEAD("application/json", "2") "42", -1, 0 });
    const char *tags[] = { "a", "b" };
    kz_int_value *n = kz_kinds_form(f.kinds,
        &(kz_kinds_form_params){ .name = "a b&c", .count = KZ_INT(3), .tags = tags, .n_tags = 2, .on = KZ_TRUE }, &f.error);
    no_error(&f);
    g_assert_cmpint(n->value.value, ==, 42);
    kz_free(n);
    /* The last is sent unless the program gives another. */
    g_assert_cmpstr(body_of(&f, 0), ==, "name=a%20b%26c&count=3&tags=a&tags=b&on=true&kind=plain");
    g_assert_nonnull(strstr(wire_request(f.server, 0), "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    end(&f);
}

static void test_options(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ ANSWER, -1, 0 });
    const kz_string_entry headers[] = { { "X-More", "1" }, { "User-Agent", "" } }, query[] = { { "a b", "c&d" } };
    kz_kinds *other = kz_kinds_with_options(f.kinds,
        &(kz_call_options){
            .headers = headers, .n_headers = 2, .query = query, .n_query = 1, .body = KZ_JSON(" { \"top_k\": 4 } ") },
        &f.error);
    kz_free(kz_kinds_body(other, &(kz_kinds_body_params){ .name = "n" }, &f.error));
    no_error(&f);
    g_assert_true(g_str_has_prefix(wire_request(f.server, 0), "POST /body?a%20b=c%26d HTTP/1.1\r\n"));
    g_assert_nonnull(strstr(wire_request(f.server, 0), "\r\nX-More: 1\r\n"));
    g_assert_null(strstr(wire_request(f.server, 0), "\r\nUser-Agent:"));
    g_assert_true(g_str_has_prefix(body_of(&f, 0), "{\"name\":\"n\",\"top_k\": 4 }"));
    kz_service_free(other);
    static const kz_string_entry wrong[] = { { "A: b", "1" }, { "", "1" }, { "A", "1\r\nB: 2" } };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_null(kz_kinds_with_options(f.kinds, &(kz_call_options){ .headers = &wrong[i], .n_headers = 1 }, &f.error));
        expect_error(&f, KZ_ERROR_ARGUMENT, "eader");
    }
    g_assert_null(kz_kinds_with_options(f.kinds, &(kz_call_options){ .timeout = KZ_NUMBER(-1) }, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "timeout");
    g_assert_null(kz_kinds_with_options(f.kinds, &(kz_call_options){ .max_retries = KZ_INT(1000) }, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "retries");
    g_assert_null(kz_kinds_with_options(f.kinds, &(kz_call_options){ .body = KZ_JSON("[1]") }, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "body");
    g_assert_null(
        kz_kinds_with_options(f.kinds, &(kz_call_options){ .query = &(kz_string_entry){ NULL, "x" }, .n_query = 1 }, &f.error));
    expect_error(&f, KZ_ERROR_ARGUMENT, "uery");
    end(&f);
}

/* A program that knows smaller and larger structs than the plugin. */
static void test_other_layouts(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ ANSWER, -1, 0 });
    typedef struct {
        kz_inner inner;
        int64_t newer[2];
    } larger;
    const larger inners[] = { { .inner = { .depth = KZ_INT(1) } }, { .inner = { .depth = KZ_INT(2), .label = "x" } } };
    const kz_struct_size sizes[] = { { "kz_inner", sizeof(larger) }, { "kz_kinds_answer", sizeof(kz_kinds_answer) + 64 },
        { "kz_kinds_body_params", sizeof(kz_kinds_body_params) + 8 } };
    const kz_interface interface = { "kinds", 1, sizes, G_N_ELEMENTS(sizes) };
    struct {
        kz_kinds_body_params params;
        int64_t newer;
    } params = { .params = { .name = "n", .inners = (const void *)inners, .n_inners = 2 } };
    const kz_op_ref op = { &interface, "body", 99, sizeof params, sizeof(kz_kinds_answer) + 64 };
    char *answer = kz_call(f.kinds, &op, &params, &f.error);
    no_error(&f);
    g_assert_cmpstr(body_of(&f, 0), ==, "{\"name\":\"n\",\"inners\":[{\"depth\":1},{\"depth\":2,\"label\":\"x\"}]}");
    for (gsize i = 0; i < 64; i++)
        g_assert_cmpint(answer[sizeof(kz_kinds_answer) + i], ==, 0);
    kz_free(answer);
    params.newer = 1;
    g_assert_null(kz_call(f.kinds, &op, &params, &f.error));
    expect_error(&f, KZ_ERROR_PLUGIN_INCOMPATIBLE, NULL);
    params.newer = 0;
    larger changed[] = { inners[0], inners[1] };
    changed[1].newer[1] = 5;
    params.params.inners = (const void *)changed;
    g_assert_null(kz_call(f.kinds, &op, &params, &f.error));
    expect_error(&f, KZ_ERROR_PLUGIN_INCOMPATIBLE, NULL);
    const kz_struct_size old_sizes[] = { { "kz_kinds_body_params", offsetof(kz_kinds_body_params, when) } };
    const kz_interface old = { "kinds", 2, old_sizes, 1 };
    kz_kinds_body_params older = { .name = "old", .kind = "never read" };
    kz_free(kz_call(f.kinds, &(kz_op_ref){ &old, "body", 0, offsetof(kz_kinds_body_params, when), sizeof(kz_kinds_answer) },
        &older, &f.error));
    no_error(&f);
    g_assert_cmpstr(body_of(&f, 1), ==, "{\"name\":\"old\"}");
    g_assert_null(kz_call(f.kinds, &(kz_op_ref){ &old, "newer_still", 0, 8, 8 }, NULL, &f.error));
    expect_error(&f, KZ_ERROR_PLUGIN_INCOMPATIBLE, "newer_still");
    end(&f);
}

static void test_from(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ HEAD("application/json", "33") "{\"id\":\"a\",\"name\":\"x\",\"unknown\":1}", -1, 0 });
    kz_kinds_answer *read = kz_kinds_body(f.kinds, &(kz_kinds_body_params){ .name = "n" }, &f.error);
    no_error(&f);
    g_assert_nonnull(strstr(kz_json_of(read).text, "unknown"));
    kz_free(read);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arguments/travel-in-path-query-header-and-cookie", test_places);
    g_test_add_func("/arguments/are-announced-as-what-they-are", test_headers);
    g_test_add_func("/arguments/join-the-query-that-the-path-has", test_query_of_the_path);
    g_test_add_func("/arguments/travel-in-a-json-body", test_body);
    g_test_add_func("/arguments/by-name-are-the-same", test_body_by_name);
    g_test_add_func("/arguments/that-are-wrong-are-named-and-nothing-is-sent", test_bad_arguments);
    g_test_add_func("/arguments/that-are-secret-are-in-no-error", test_secrets);
    g_test_add_func("/arguments/travel-in-a-form", test_form);
    g_test_add_func("/arguments/options-add-headers-query-and-body", test_options);
    g_test_add_func("/arguments/programs-with-other-layouts-are-understood", test_other_layouts);
    g_test_add_func("/arguments/unknown-members-of-answers-are-kept", test_from);
    return g_test_run();
}
