/* test-answers.c: every kind of answer; what does not fit, is cut, too large or too deep is an error that says where. */
#include "fixture.h"

#include <gio/gio.h>

static void test_object(void)
{
    static const char text[] =
        "{\"id\":\"\\u00e9\\ud83d\\ude00\\u0000x\",\"size\":-5,\"ratio\":1e-3,\"on\":true,\"inner\":{\"id\":\"i\",\"new\":1},"
        "\"list\":[{\"id\":\"1\"},{\"id\":\"2\"}],\"numbers\":[1,2],\"ratios\":[0.5],\"truths\":[true,false],\"any\":{\"a\":[]},"
        "\"many\":[1,\"x\"],\"labels\":{\"k\":\"v\"},\"extras\":{\"e\":7},\"text\":[\"p\",\"q\"]}";
    char *answer = g_strdup_printf(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(text), text);
    Fixture f;
    begin_with(&f, &(WireAnswer){ answer, -1, WIRE_BYTES });
    kz_kinds_answer *a = kz_kinds_body(f.kinds, &(kz_kinds_body_params){ .name = "n" }, &f.error);
    no_error(&f);
    g_assert_cmpuint(kz_string_length(a->id), ==, 8);
    g_assert_cmpmem(a->id, 8, "\xc3\xa9\xf0\x9f\x98\x80\0x", 8);
    g_assert_cmpint(a->size.value, ==, -5);
    g_assert_cmpfloat(a->ratio.value, ==, 1e-3);
    g_assert_true(a->on.value);
    g_assert_cmpstr(a->list[1]->id, ==, "2");
    g_assert_cmpint(a->numbers[1], ==, 2);
    g_assert_cmpfloat(a->ratios[0], ==, 0.5);
    g_assert_true(a->truths[0] && !a->truths[1]);
    g_assert_cmpmem(a->any.text, a->any.length, "{\"a\":[]}", 8);
    g_assert_cmpmem(a->many[1].text, a->many[1].length, "\"x\"", 3);
    g_assert_cmpstr(a->labels[0].value, ==, "v");
    g_assert_cmpmem(a->extras[0].value.text, a->extras[0].value.length, "7", 1);
    g_assert_cmpstr(a->text_list[1], ==, "q");
    g_assert_null(a->text);
    g_assert_cmpmem(kz_json_of(a->inner).text, kz_json_of(a->inner).length, "{\"id\":\"i\",\"new\":1}", 18);
    kz_client_free(f.client); /* results outlive the client */
    f.client = NULL;
    g_assert_cmpstr(a->inner->id, ==, "i");
    kz_free(a);
    end(&f);
    g_free(answer);
}

static void test_small_ones(void)
{
    Fixture f;
    const WireAnswer script[] = { { HEAD("application/json", "4") "true", -1, 0 },
        { HEAD("application/json", "6") "-2.5e1", -1, 0 }, { HEAD("application/json", "9") "[\"a\",\"b\"]", -1, 0 },
        { HEAD("application/json", "57") "[{\"kind\":\"square\",\"side\":2},{\"kind\":\"circle\",\"radius\":1}]", -1, 0 },
        { HEAD("application/json", "42") "{\"items\":[{\"id\":\"x\"}],\"total\":9,\"page\":1 }", -1, 0 },
        { HEAD("image/png; a=b", "4") "\0\1\2\3", sizeof(HEAD("image/png; a=b", "4")) + 3, 0 },
        { HEAD("application/json", "4") "null", -1, 0 } };
    begin(&f, script, G_N_ELEMENTS(script), NULL);
    kz_bool_value *truth = kz_kinds_truth(f.kinds, NULL, &f.error);
    kz_number_value *number = kz_kinds_number(f.kinds, NULL, &f.error);
    kz_string_list *words = kz_kinds_words(f.kinds, NULL, &f.error);
    kz_shape_list *shapes = kz_kinds_shapes(f.kinds, NULL, &f.error);
    kz_answer_list *list = kz_kinds_list(f.kinds, NULL, &f.error);
    kz_bytes *bytes = kz_kinds_bytes(f.kinds, NULL, &f.error);
    kz_number_value *nothing = kz_kinds_number(f.kinds, NULL, &f.error);
    no_error(&f);
    g_assert_true(truth->value.value);
    g_assert_cmpfloat(number->value.value, ==, -25);
    g_assert_cmpstr(words->items[1], ==, "b");
    g_assert_cmpfloat(shapes->items[0]->square->side.value, ==, 2);
    g_assert_null(shapes->items[0]->circle);
    g_assert_cmpstr(shapes->items[1]->kind, ==, "circle");
    g_assert_cmpstr(list->items[0]->id, ==, "x");
    g_assert_cmpint(list->total.value, ==, 9);
    g_assert_cmpmem(bytes->data, bytes->length, "\0\1\2\3", 4);
    g_assert_cmpstr(bytes->type, ==, "image/png; a=b");
    g_assert_cmpint(nothing->value.state, ==, KZ_IS_NULL);
    void *results[] = { truth, number, words, shapes, list, bytes, nothing };
    for (gsize i = 0; i < G_N_ELEMENTS(results); i++)
        kz_free(results[i]);
    end(&f);
}

static char *answer_of(const char *type, const char *text)
{
    return g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", type, strlen(text), text);
}

static void test_wrong_answers(void)
{
    const struct {
        const char *text, *says;
    } cases[] = { { "{\"id\":5}", "id" }, { "{\"id\":\"a\",\"size\":1.5}", "size" },
        { "{\"id\":\"a\",\"size\":9223372036854775808}", "size" },
        { "{\"id\":\"a\",\"list\":[{\"id\":\"b\"},{\"id\":[]}]}", "list[1].id" }, { "{\"id\":\"a\"", "column 10" },
        { "{\"id\":\"a\"}x", "column" }, { "{\"id\":\"\xff\"}", "UTF-8" }, { "{\"id\":\"\\ud800\"}", "" }, { "", "" },
        { "[]", "" }, { "{\"id\":\"a\",\"labels\":[]}", "labels" }, { "{\"id\":\"a\",\"any\":[[[[[[[[[[]]]]]]]]]]}", "deep" },
        { "{\"id\":\"a\",\"text\":5}", "text" } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        char *answer = answer_of("application/json", cases[i].text);
        const WireAnswer script = { answer, -1, 0 };
        const char *const settings[] = { "max_json_depth", "8", NULL };
        begin(&f, &script, 1, settings);
        g_assert_null(kz_kinds_body(f.kinds, &(kz_kinds_body_params){ .name = "n" }, &f.error));
        g_test_message("case %zu: %s", i, f.error->message);
        expect_error(&f, KZ_ERROR_DECODE, cases[i].says);
        end(&f);
        g_free(answer);
    }
}

/* What comes behind the content is not taken for what came before it. */
static void test_trailers(void)
{
    Fixture f;
    begin_with(&f,
        &(WireAnswer){ CHUNKED("application/json") "4\r\ntrue\r\n0\r\nX-Late: late\r\nContent-Type: text/html\r\n\r\n", -1, 0 });
    kz_bool_value *value = kz_kinds_truth(f.kinds, NULL, &f.error);
    no_error(&f);
    g_assert_null(kz_result_header(value, "x-late"));
    g_assert_cmpstr(kz_result_header(value, "content-type"), ==, "application/json");
    kz_free(value);
    end(&f);
}

static void test_web_page(void)
{
    Fixture f;
    begin_with(&f, &(WireAnswer){ HEAD("text/html", "13") "<html></html>", -1, 0 });
    g_assert_null(kz_kinds_truth(f.kinds, NULL, &f.error));
    expect_error(&f, KZ_ERROR_NOT_API, "/api");
    g_assert_null(kz_kinds_events(f.kinds, NULL, &f.error));
    expect_error(&f, KZ_ERROR_NOT_API, "/api");
    end(&f);
}

static void test_too_large(void)
{
    Fixture f;
    char *body = g_strnfill(3000, ' ');
    char *answer = answer_of("application/json", body);
    char *headers = g_strdup_printf("HTTP/1.1 200 OK\r\nX-Long: %s\r\nContent-Length: 4\r\n\r\ntrue", body);
    const char *const settings[] = { "max_body_size", "2KiB", "max_header_size", "2KiB", "max_retries", "0", NULL };
    const WireAnswer script[] = { { answer, -1, 0 }, { headers, -1, 0 } };
    begin(&f, script, 2, settings);
    g_assert_null(kz_kinds_truth(f.kinds, NULL, &f.error));
    expect_error(&f, KZ_ERROR_CONNECTION, "max_body_size");
    g_assert_null(kz_kinds_truth(f.kinds, NULL, &f.error));
    expect_error(&f, KZ_ERROR_CONNECTION, "max_header_size");
    end(&f);
    char *one = g_strnfill(200000, 'w'), *words = g_strdup_printf("[\"%s\"%*s]", one, 400000, ""),
         *list = answer_of("application/json", words);
    begin(&f, &(WireAnswer){ list, -1, 0 }, 1, (const char *const[]){ "max_result_size", "64KiB", NULL });
    g_assert_null(kz_kinds_words(f.kinds, NULL, &f.error)); /* however much room so long an answer would get at first */
    expect_error(&f, KZ_ERROR_DECODE, "max_result_size");
    end(&f);
    g_free(one);
    g_free(words);
    g_free(list);
    for (int more = 0; more <= 1; more++) { /* what is as large as the limit is not larger than it */
        char *text = g_strdup_printf("%*s", 2048 + more, "true"), *whole = answer_of("application/json", text);
        begin(&f, &(WireAnswer){ whole, -1, 0 }, 1, settings);
        kz_bool_value *value = kz_kinds_truth(f.kinds, NULL, &f.error);
        g_assert_cmpint(value != NULL, ==, !more);
        if (more)
            expect_error(&f, KZ_ERROR_CONNECTION, "max_body_size");
        kz_free(value);
        end(&f);
        g_free(text);
        g_free(whole);
    }
    g_free(body);
    g_free(answer);
    g_free(headers);
}

static void test_times(void)
{
    const struct {
        const char *setting, *says;
    } cases[] = { { "idle_timeout", "idle_timeout" }, { "timeout", "within" } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        const char *const settings[] = { cases[i].setting, "0.05", "max_retries", "0", NULL };
        const WireAnswer script = { HEAD("application/json", "4") "tr", -1, WIRE_HANG };
        begin(&f, &script, 1, settings);
        g_assert_null(kz_kinds_truth(f.kinds, NULL, &f.error));
        expect_error(&f, KZ_ERROR_TIMEOUT, cases[i].says);
        end(&f);
    }
}

static void test_one_key_for_all_attempts(void)
{
    Fixture f;
    const WireAnswer script[] = { { "HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", -1, 0 }, { NULL, 0, 0 },
        { ANSWER, -1, 0 } };
    begin(&f, script, 3, NULL);
    kz_free(kz_kinds_always(f.kinds, &(kz_kinds_always_params){ .name = "n" }, &f.error));
    no_error(&f);
    g_assert_cmpuint(wire_count(f.server), ==, 3);
    char *keys[3];
    for (guint i = 0; i < 3; i++) {
        const char *key = strstr(wire_request(f.server, i), "\r\nIdempotency-Key: ");
        g_assert_nonnull(key);
        keys[i] = g_strndup(key, strcspn(key + 2, "\r") + 2);
        g_assert_cmpstr(keys[i], ==, keys[0]);
    }
    for (guint i = 0; i < 3; i++)
        g_free(keys[i]);
    end(&f);
}

static void test_pages(void)
{
    Fixture f;
    const WireAnswer script[] = { { HEAD("application/json", "23") "[{\"id\":\"1\"},{\"id\":\"2\"}]", -1, 0 },
        { HEAD("application/json", "12") "[{\"id\":\"3\"}]", -1, 0 } };
    begin(&f, script, 2, NULL);
    kz_stream *pages = kz_kinds_list_each(f.kinds, NULL, &f.error);
    GString *ids = g_string_new(NULL);
    for (const kz_kinds_answer *item; (item = kz_stream_next(pages, &f.error));)
        g_string_append(ids, item->id);
    kz_stream_close(pages);
    g_assert_cmpstr(ids->str, ==, "123");
    g_string_free(ids, TRUE);
    g_assert_true(g_str_has_prefix(wire_request(f.server, 0), "GET /list?skip=0&limit=2 "));
    g_assert_true(g_str_has_prefix(wire_request(f.server, 1), "GET /list?skip=2&limit=2 "));
    end(&f);
}

static void test_compressed(void)
{
    char *spaces = g_strnfill(100000, ' ');
    memcpy(spaces, "true", 4);
    const WireAnswer script[] = { compressed("application/json", spaces, 2000, 0),
        compressed("application/json", spaces, 2000, 9), compressed("application/json", spaces, 100000, 0) };
    const char *const settings[] = { "max_body_size", "4KiB", "max_retries", "0", NULL };
    Fixture f;
    begin(&f, script, 3, settings);
    kz_free(kz_kinds_truth(f.kinds, NULL, &f.error));
    no_error(&f);
    g_assert_nonnull(strstr(wire_request(f.server, 0), "\r\nAccept-Encoding: "));
    kz_free(kz_kinds_truth(f.kinds, NULL, &f.error)); /* cut within the checksum, or not at all: never something wrong */
    kz_error_clear(&f.error);
    g_assert_null(kz_kinds_truth(f.kinds, NULL, &f.error));
    expect_error(&f, KZ_ERROR_CONNECTION, "max_body_size"); /* it is small on the wire alone */
    end(&f);
    const WireAnswer broken = {
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\ntrue", -1, 0
    };
    begin(&f, &broken, 1, settings);
    g_assert_null(kz_kinds_truth(f.kinds, NULL, &f.error));
    expect_error(&f, KZ_ERROR_CONNECTION, NULL);
    end(&f);
    for (gsize i = 0; i < 3; i++)
        g_free((char *)(uintptr_t)script[i].text);
    g_free(spaces);
}

static void test_wrong_lengths(void)
{
    Fixture f;
    const char *const settings[] = { "max_retries", "0", NULL };
    const WireAnswer script[] = { { HEAD("application/json", "9") "true", -1, WIRE_CLOSE },
        { HEAD("application/json", "4") "true  and more", -1, WIRE_CLOSE },
        { HEAD("application/json", "nonsense") "true", -1, WIRE_CLOSE } };
    begin(&f, script, 3, settings);
    g_assert_null(kz_kinds_truth(f.kinds, NULL, &f.error));
    expect_error(&f, KZ_ERROR_CONNECTION, NULL);
    kz_bool_value *value = kz_kinds_truth(f.kinds, NULL, &f.error); /* what follows a whole answer is not looked at */
    no_error(&f);
    g_assert_true(value->value.value);
    kz_free(value);
    g_assert_null(kz_kinds_truth(f.kinds, NULL, &f.error));
    expect_error(&f, KZ_ERROR_CONNECTION, NULL);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/answers/an-object-with-everything-byte-by-byte", test_object);
    g_test_add_func("/answers/scalars-lists-kinds-and-bytes", test_small_ones);
    g_test_add_func("/answers/that-do-not-fit-name-the-place", test_wrong_answers);
    g_test_add_func("/answers/trailers-are-no-headers", test_trailers);
    g_test_add_func("/answers/a-web-page-is-no-api", test_web_page);
    g_test_add_func("/answers/that-are-too-large-name-the-setting", test_too_large);
    g_test_add_func("/answers/that-do-not-come-in-time", test_times);
    g_test_add_func("/answers/one-idempotency-key-serves-all-attempts", test_one_key_for_all_attempts);
    g_test_add_func("/answers/pages-are-one-list", test_pages);
    g_test_add_func("/answers/compressed-cut-and-bombs", test_compressed);
    g_test_add_func("/answers/with-a-wrong-length", test_wrong_lengths);
    return g_test_run();
}
