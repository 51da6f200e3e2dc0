/* test-random.c: random documents, read by this library and by json-c, value for value; what is written, read by json-c; doubles by
 * their bits. Each run has seeds of its own; a failure names the one to put into KAMIWAZA_TEST_SEED. */
#include "documents.h"
#include "json_scan.h"
#include "kinds.h"
#include "result.h"

#include <errno.h>
#include <json-c/json.h>
#include <kamiwaza/json.h>
#include <math.h>
#include <string.h>

enum { DOCUMENTS = 2000 };

static guint32 first_seed, seed;
static const char *text_at_hand = "";

#define SAME(condition)                                                                                                       \
    do {                                                                                                                      \
        if (!(condition))                                                                                                     \
            g_error("%s does not hold (line %d) with KAMIWAZA_TEST_SEED=%u for the document\n%s", #condition, __LINE__, seed, \
                text_at_hand);                                                                                                \
    } while (0)

static struct json_object *parse(const char *text, size_t length)
{
    struct json_tokener *parser = json_tokener_new_ex(300);
    struct json_object *tree = json_tokener_parse_ex(parser, text, (int)length + 1);
    SAME(json_tokener_get_error(parser) == json_tokener_success);
    json_tokener_free(parser);
    return tree;
}

static bool is_number(struct json_object *tree)
{
    return json_object_is_type(tree, json_type_int) || json_object_is_type(tree, json_type_double);
}

/* The same value, numbers by what they are worth. */
static bool equal(struct json_object *a, struct json_object *b)
{
    if (is_number(a) && is_number(b)) {
        if (json_object_get_type(a) == json_object_get_type(b))
            return json_object_equal(a, b);
        return json_object_get_double(a) == json_object_get_double(b);
    }
    if (json_object_get_type(a) != json_object_get_type(b))
        return false;
    if (json_object_is_type(a, json_type_array)) {
        size_t n = json_object_array_length(a);
        bool same = n == json_object_array_length(b);
        for (size_t i = 0; same && i < n; i++)
            same = equal(json_object_array_get_idx(a, i), json_object_array_get_idx(b, i));
        return same;
    }
    if (!json_object_is_type(a, json_type_object))
        return json_object_equal(a, b);
    bool same = json_object_object_length(a) == json_object_object_length(b);
    json_object_object_foreach(a, name, value)
    {
        struct json_object *other;
        same = same && json_object_object_get_ex(b, name, &other) && equal(value, other);
    }
    return same;
}

static void same_string(const char *text, struct json_object *value)
{
    SAME(json_object_is_type(value, json_type_string) == (text != NULL));
    if (text) {
        SAME(kz_string_length(text) == (size_t)json_object_get_string_len(value));
        SAME(!memcmp(text, json_object_get_string(value), kz_string_length(text)));
    }
}

static void same_double(double number, struct json_object *value)
{
    double other = json_object_get_double(value);
    SAME(is_number(value) && (!memcmp(&number, &other, sizeof other) || (number == 0 && other == 0)));
}

static void same_whole(int64_t whole, struct json_object *value)
{
    SAME(is_number(value));
    if (json_object_is_type(value, json_type_int))
        SAME(whole == json_object_get_int64(value));
    else
        SAME((double)whole == json_object_get_double(value));
}

static void same_piece(kz_json piece, struct json_object *value)
{
    char *copy = g_strndup(piece.text, piece.length);
    struct json_object *tree = parse(copy, piece.length);
    if (!equal(tree, value))
        g_error("With KAMIWAZA_TEST_SEED=%u another document came out:\n%s\nof\n%s", seed, copy, text_at_hand);
    json_object_put(tree);
    g_free(copy);
}

static void same_object(const kz_schema *schema, const void *object, struct json_object *value);

static void same_item(const kz_field *field, const void *array, size_t i, struct json_object *value)
{
    switch (field->type) {
    case KZ_TYPE_STRING: same_string(((const char *const *)array)[i], value); break;
    case KZ_TYPE_INT: same_whole(((const int64_t *)array)[i], value); break;
    case KZ_TYPE_NUMBER: same_double(((const double *)array)[i], value); break;
    case KZ_TYPE_BOOL: SAME(((const bool *)array)[i] == json_object_get_boolean(value)); break;
    case KZ_TYPE_JSON: same_piece(((const kz_json *)array)[i], value); break;
    default: same_object(field->schema, ((const void *const *)array)[i], value); break;
    }
}

/* Of entries of one key the last counts. */
static void same_map(const kz_field *field, const void *array, size_t count, struct json_object *value)
{
    json_object_object_foreach(value, key, item)
    {
        size_t at = count;
        for (size_t i = 0; i < count; i++) {
            const char *name = field->type == KZ_TYPE_STRING ? ((const kz_string_entry *)array)[i].key
                                                             : ((const kz_json_entry *)array)[i].key;
            if (!strcmp(name, key))
                at = i;
        }
        SAME(at < count);
        if (field->type == KZ_TYPE_STRING)
            same_string(((const kz_string_entry *)array)[at].value, item);
        else
            same_piece(((const kz_json_entry *)array)[at].value, item);
    }
}

/* What a JSON value that is there, null or missing (`present` false) makes of a field. */
static void same_field(const kz_field *field, const char *object, struct json_object *value, bool present)
{
    const char *at = object + field->offset;
    const kz_opt_int *integer = (const void *)at;
    const void *pointer;
    size_t count = 0;
    memcpy(&pointer, at, sizeof pointer);
    if (field->container != KZ_ONE) {
        memcpy(&count, object + field->count_offset, sizeof count);
        SAME((pointer != NULL) == (value != NULL));
        if (value && field->container == KZ_MAP) {
            same_map(field, pointer, count, value);
        } else if (value) {
            SAME(count == json_object_array_length(value));
            for (size_t i = 0; i < count; i++)
                same_item(field, pointer, i, json_object_array_get_idx(value, i));
        }
        return;
    }
    switch (field->type) {
    case KZ_TYPE_STRING: same_string(pointer, value); return;
    case KZ_TYPE_OBJECT: same_object(field->schema, pointer, value); return;
    case KZ_TYPE_JSON:
        SAME((pointer != NULL) == present);
        if (present)
            same_piece(*(const kz_json *)(const void *)at, value);
        return;
    default: break;
    }
    SAME(integer->state == (!present ? KZ_UNSET : !value ? KZ_IS_NULL : KZ_SET));
    if (!value)
        SAME(integer->value == 0);
    else if (field->type == KZ_TYPE_INT)
        same_whole(integer->value, value);
    else if (field->type == KZ_TYPE_NUMBER)
        same_double(((const kz_opt_number *)(const void *)at)->value, value);
    else
        SAME((bool)integer->value == json_object_get_boolean(value));
}

static bool takes(const kz_field *field, struct json_object *value)
{
    json_type type = json_object_get_type(value);
    return type ==
        (field->container == KZ_LIST            ? json_type_array
                : field->type == KZ_TYPE_OBJECT ? json_type_object
                                                : json_type_string);
}

static void same_members(const kz_schema *schema, const void *object, struct json_object *value)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        struct json_object *member = NULL;
        bool present = json_object_object_get_ex(value, field->name, &member);
        bool choice = field->flags & KZ_FIELD_ALTERNATIVE || (i + 1 < schema->n_fields && field[1].flags & KZ_FIELD_ALTERNATIVE);
        if (choice && member && !takes(field, member)) {
            member = NULL;
            present = false;
        }
        same_field(field, object, member, present);
    }
}

static void same_object(const kz_schema *schema, const void *object, struct json_object *value)
{
    SAME((object != NULL) == (value != NULL));
    if (!object)
        return;
    same_piece(kz_json_of(object), value);
    if (schema->shape == KZ_SHAPE_OBJECT) {
        same_members(schema, object, value);
    } else if (schema->shape == KZ_SHAPE_UNION) {
        const char *kind = json_object_get_string(json_object_object_get(value, schema->tag));
        same_string(((const kinds_union *)object)->kind, json_object_object_get(value, schema->tag));
        for (uint32_t i = 1; i < schema->n_fields; i++)
            same_field(&schema->fields[i], object, strcmp(schema->fields[i].name, kind) ? NULL : value, true);
    } else {
        same_field(&schema->fields[0], object, value, true);
    }
}

static void begin(Documents *d, guint i)
{
    seed = first_seed + i;
    *d = (Documents){ .random = g_rand_new_with_seed(seed), .out = g_string_new(NULL), .depth = 5 };
}

static void end(Documents *d)
{
    text_at_hand = "";
    g_string_free(d->out, TRUE);
    g_rand_free(d->random);
}

static void *read_as(const kz_schema *schema, const char *text, size_t length, const kzi_json_options *options)
{
    kz_error *error = NULL;
    kzi_scope *scope = kzi_scope_new(64);
    void *object = kzi_json_read(schema, scope, text, length, options, &error);
    if (error)
        g_error("%s\nKAMIWAZA_TEST_SEED=%u\n%s", error->message, seed, text);
    return object;
}

static void test_read(void)
{
    for (guint i = 0; i < DOCUMENTS; i++) {
        Documents d;
        begin(&d, i);
        documents_object(&d, i % 5 ? &kinds_schema : &kinds_list_schema, 0);
        text_at_hand = d.out->str;
        struct json_object *tree = parse(d.out->str, d.out->len);
        const kz_schema *schema = i % 5 ? &kinds_schema : &kinds_list_schema;
        void *object = read_as(schema, d.out->str, d.out->len, NULL);
        same_object(schema, object, tree);
        kz_free(object);
        json_object_put(tree);
        end(&d);
    }
}

/* A result that was changed is written anew: the same document, unknown members included. */
static void test_rewrite(void)
{
    for (guint i = 0; i < DOCUMENTS; i++) {
        Documents d;
        begin(&d, i);
        documents_object(&d, &kinds_schema, 0);
        text_at_hand = d.out->str;
        struct json_object *tree = parse(d.out->str, d.out->len);
        void *object = read_as(&kinds_schema, d.out->str, d.out->len, NULL);
        kz_result_changed(object);
        SAME(kzi_result_finish(object, NULL));
        same_piece(kz_json_of(object), tree);
        kz_free(object);
        json_object_put(tree);
        end(&d);
    }
}

/* Arguments by name, checked and sent: the same document. */
static void test_request(void)
{
    static const kzi_json_options options = { .arguments = true };
    for (guint i = 0; i < DOCUMENTS; i++) {
        Documents d;
        begin(&d, i);
        d.plain = TRUE;
        documents_object(&d, &asked_schema, 0);
        text_at_hand = d.out->str;
        struct json_object *tree = parse(d.out->str, d.out->len);
        asked *object = read_as(&asked_schema, d.out->str, d.out->len, &options);
        kzi_buffer out = { 0 };
        kz_error *error = NULL;
        SAME(kzi_params_check(&asked_schema, object, NULL, &error));
        SAME(kzi_json_write(&out, &asked_schema, object, KZ_IN_BODY, NULL, &error));
        same_piece((kz_json){ out.data, out.length }, tree);
        kzi_buffer_free(&out);
        kz_free(object);
        json_object_put(tree);
        end(&d);
    }
}

/* Any value at all: the strict check, members by name, trees of json-c and back. */
static void test_any(void)
{
    for (guint i = 0; i < DOCUMENTS; i++) {
        Documents d;
        kz_error *error = NULL;
        void *root;
        begin(&d, i);
        d.once = TRUE;
        documents_value(&d, 0);
        text_at_hand = d.out->str;
        kz_json piece = { d.out->str, d.out->len };
        SAME(kz_json_check(piece, &error));
        struct json_object *tree = parse(d.out->str, d.out->len), *ours = kz_json_tree(piece, &error);
        SAME(!error && json_object_equal(tree, ours));
        if (json_object_is_type(tree, json_type_object)) {
            json_object_object_foreach(tree, name, value) same_piece(kz_json_member(piece, name), value);
            SAME(!kz_json_member(piece, "no such member").text);
        }
        same_piece(kz_json_from_tree(tree, &root, &error), tree);
        kz_free(root);
        json_object_put(ours);
        json_object_put(tree);
        end(&d);
    }
}

/* A document with a byte changed, added or left out: what this library takes, json-c takes too, as the same value; what it
 * refuses has its place within the text. */
static void test_damaged(void)
{
    for (guint i = 0; i < 3 * DOCUMENTS; i++) {
        static const char bytes[] = "{}[]\",:\\u0e.-+tfn \n\x01\xc3\xff";
        Documents d;
        size_t line = 0, column = 0;
        const char *problem = NULL;
        begin(&d, i);
        d.once = TRUE;
        documents_value(&d, i % 4 ? 0 : 5);
        gsize at = g_rand_int(d.random) % d.out->len, how = g_rand_int(d.random) % 3;
        if (how)
            g_string_erase(d.out, (gssize)at, 1);
        if (how < 2)
            g_string_insert_c(d.out, (gssize)at, bytes[g_rand_int(d.random) % (sizeof bytes - 1)]);
        text_at_hand = d.out->str;
        if (!kzi_json_valid(d.out->str, d.out->len, 0, &line, &column, &problem)) {
            SAME(problem && line >= 1 && column >= 1 && line + column <= d.out->len + 2);
        } else {
            struct json_object *tree = parse(d.out->str, d.out->len);
            kz_json_value *value = read_as(&kz_schema_json_value, d.out->str, d.out->len, NULL);
            same_piece(value->value, tree);
            kz_free(value);
            json_object_put(tree);
        }
        end(&d);
    }
}

/* Every code point, as it is and escaped, both ways. */
static void test_unicode(void)
{
    for (guint c = 0; c < 0x110000; c++) {
        char escaped[16], plain[8], out[16];
        if (c >= 0xd800 && c < 0xe000)
            continue;
        size_t n = (size_t)g_unichar_to_utf8(c, plain);
        guint high = 0xd800 + ((c - 0x10000) >> 10), low = 0xdc00 + (c & 0x3ff);
        g_snprintf(escaped, sizeof escaped, c < 0x10000 ? "\"\\u%04x\"" : "\"\\u%04X\\u%04x\"", c < 0x10000 ? c : high, low);
        if (kzi_json_unescape(escaped, strlen(escaped), out) != (int64_t)n || memcmp(out, plain, n) != 0)
            g_error("U+%04X is read as something else from %s", c, escaped);
        kzi_buffer written = { 0 };
        g_assert_true(kzi_json_put_string(&written, plain, n));
        if (kzi_json_unescape(written.data, written.length, out) != (int64_t)n || memcmp(out, plain, n) != 0)
            g_error("U+%04X is written as %s", c, written.data);
        kzi_buffer_free(&written);
    }
}

static bool reads_as(const char *text, double value)
{
    double back;
    return kzi_parse_double(text, strlen(text), &back) && !memcmp(&back, &value, sizeof back);
}

static int count_digits(const char *text)
{
    int n = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (!n && *text == '0'))
            continue;
        zeros = *text == '0' ? zeros + 1 : 0;
        n++;
    }
    return n - zeros;
}

/* None of the numbers of fewer digits around it reads back as the same double. */
static void is_shortest(double value, int n)
{
    char text[64], *exponent;
    if (n < 2)
        return;
    g_snprintf(text, sizeof text, "%.*e", n - 2, value);
    exponent = strchr(text, 'e');
    for (int up = -1; up <= 1; up++) {
        char other[64], digits[32];
        gsize k = 0;
        for (const char *c = text; c < exponent; c++)
            if (g_ascii_isdigit(*c))
                digits[k++] = *c;
        digits[k] = 0;
        gint64 mantissa = g_ascii_strtoll(digits, NULL, 10) + up;
        g_snprintf(
            other, sizeof other, "%s%" G_GINT64_FORMAT "e%d", value < 0 ? "-" : "", mantissa, atoi(exponent + 1) - (int)(k - 1));
        SAME(!reads_as(other, value));
    }
}

static void test_doubles(void)
{
    GRand *random = g_rand_new_with_seed(seed = first_seed);
    for (guint i = 0; i < 40000; i++) {
        guint64 word = (guint64)g_rand_int(random) << 32 | g_rand_int(random);
        double value;
        char text[32];
        if (i % 4 == 1)
            word &= ~G_GUINT64_CONSTANT(0xfffffffffffff);
        if (i % 4 == 2)
            word &= G_GUINT64_CONSTANT(0x800fffffffffffff);
        memcpy(&value, &word, sizeof value);
        if (i % 4 == 3)
            value = (double)(gint64)word / pow(10, i % 17);
        if (!isfinite(value)) {
            SAME(!kzi_format_double(value, text));
            continue;
        }
        SAME(kzi_format_double(value, text));
        text_at_hand = text;
        SAME(strlen(text) < 32 && reads_as(text, value));
        struct json_object *tree = parse(text, strlen(text));
        SAME(json_object_get_double(tree) == value);
        json_object_put(tree);
        is_shortest(value, count_digits(text));
    }
    text_at_hand = "";
    g_rand_free(random);
}

/* Around the edges of 64 bits, with a digit more than they have, and spelled with fractions and exponents. */
static void test_integers(void)
{
    GRand *random = g_rand_new_with_seed(seed = first_seed);
    for (guint i = 0; i < 20000; i++) {
        guint64 size = (i % 2 ? G_GUINT64_CONSTANT(1) << 63 : 0) +
            (guint64)((gint32)g_rand_int(random) >> g_rand_int(random) % 32);
        char *text = g_strdup_printf("%s%" G_GUINT64_FORMAT "%s", i % 5 < 2 ? "-" : "", size, i % 3 || !size ? "" : "7");
        char *spelled = g_strconcat(text, i % 4 < 2 ? ".000" : "0.00e-1", NULL);
        gint64 value = 0;
        text_at_hand = text;
        errno = 0;
        gint64 due = g_ascii_strtoll(text, NULL, 10);
        bool fits = !errno;
        SAME(kzi_parse_int(text, strlen(text), true, &value) == fits);
        SAME(!fits || value == due);
        value = 0;
        SAME(kzi_parse_int(spelled, strlen(spelled), false, &value) == fits);
        SAME(!fits || value == due);
        g_free(spelled);
        g_free(text);
    }
    text_at_hand = "";
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    const char *wanted = g_getenv("KAMIWAZA_TEST_SEED");
    g_test_init(&argc, &argv, NULL);
    first_seed = wanted ? (guint32)g_ascii_strtoull(wanted, NULL, 10) : g_random_int();
    g_test_message("KAMIWAZA_TEST_SEED=%u", first_seed);
    g_test_add_func("/json/random/reads-what-json-c-reads", test_read);
    g_test_add_func("/json/random/changed-results-stay-the-same-document", test_rewrite);
    g_test_add_func("/json/random/requests-are-what-was-asked-for", test_request);
    g_test_add_func("/json/random/any-value-and-its-members", test_any);
    g_test_add_func("/json/random/what-is-taken-is-json", test_damaged);
    g_test_add_func("/json/random/all-of-unicode-both-ways", test_unicode);
    g_test_add_func("/json/random/doubles-keep-their-bits-in-the-fewest-digits", test_doubles);
    g_test_add_func("/json/random/integers-are-exact-or-refused", test_integers);
    return g_test_run();
}
