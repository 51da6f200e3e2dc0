/* test-params.c: a flow sees the params in its own layout, however deep, when the program was built with an older or a newer
 * header: here three layouts of the same structs by hand, and a flow that writes down all it sees. */
#include "engine.h"

#include <glib.h>
#include <string.h>

/* The plugin's. */
typedef struct label {
    kz_json extra;
    const void *from;
    const char *text;
    kz_opt_int weight;
} label;
typedef struct step step;
struct step {
    kz_json extra;
    const void *from;
    const char *name;
    const step *steps;
    size_t n_steps;
    const char *const *words;
    size_t n_words;
    const label *label;
    kz_opt_int size;
};

/* A program's that was built before `weight`, `label` and `size`. */
typedef struct old_step old_step;
struct old_step {
    kz_json extra;
    const void *from;
    const char *name;
    const old_step *steps;
    size_t n_steps;
    const char *const *words;
    size_t n_words;
};

/* A program's that was built with more members than the plugin has. */
typedef struct new_label {
    label known;
    kz_opt_int colour;
    const char *font;
} new_label;
typedef struct new_step new_step;
struct new_step {
    kz_json extra;
    const void *from;
    const char *name;
    const new_step *steps;
    size_t n_steps;
    const char *const *words;
    size_t n_words;
    const new_label *label;
    kz_opt_int size;
    kz_opt_int speed;
    const label *other;
};

enum { PLUGIN_LAYOUT = 7, OLD_LAYOUT = 5, NEW_LAYOUT = 9 };

extern const kz_schema step_schema;
static const kz_field label_fields[] = {
    { .name = "text", .offset = offsetof(label, text), .type = KZ_TYPE_STRING },
    { .name = "weight", .offset = offsetof(label, weight), .type = KZ_TYPE_INT },
};
static const uint16_t label_order[] = { 0, 1 };
static const kz_schema label_schema = { .name = "label",
    .layout = PLUGIN_LAYOUT,
    .size = sizeof(label),
    .n_fields = 2,
    .request = 1,
    .from_offset = offsetof(label, from),
    .fields = label_fields,
    .by_name = label_order };
static const kz_field step_fields[] = {
    { .name = "name", .offset = offsetof(step, name), .type = KZ_TYPE_STRING },
    { .name = "steps",
        .offset = offsetof(step, steps),
        .count_offset = offsetof(step, n_steps),
        .type = KZ_TYPE_OBJECT,
        .container = KZ_LIST,
        .schema = &step_schema },
    { .name = "words",
        .offset = offsetof(step, words),
        .count_offset = offsetof(step, n_words),
        .type = KZ_TYPE_STRING,
        .container = KZ_LIST },
    { .name = "label", .offset = offsetof(step, label), .type = KZ_TYPE_OBJECT, .schema = &label_schema },
    { .name = "size", .offset = offsetof(step, size), .type = KZ_TYPE_INT },
};
static const uint16_t step_order[] = { 3, 0, 4, 1, 2 };
const kz_schema step_schema = { .name = "step",
    .layout = PLUGIN_LAYOUT,
    .size = sizeof(step),
    .n_fields = 5,
    .request = 1,
    .from_offset = offsetof(step, from),
    .fields = step_fields,
    .by_name = step_order };

static void describe(GString *out, const step *s)
{
    g_string_append(out, s->name ? s->name : "-");
    if (s->extra.text)
        g_string_append_printf(out, "+%.*s", (int)s->extra.length, s->extra.text);
    if (s->size.state)
        g_string_append_printf(out, "#%d", (int)s->size.value);
    if (s->label)
        g_string_append_printf(out, "<%s %d>", s->label->text, (int)s->label->weight.value);
    for (size_t i = 0; i < s->n_words; i++)
        g_string_append_printf(out, " %s", s->words[i]);
    for (size_t i = 0; s->steps && i < s->n_steps; i++) {
        g_string_append(out, i ? ", " : "(");
        describe(out, &s->steps[i]);
    }
    if (s->steps)
        g_string_append(out, s->n_steps ? ")" : "()");
}

static void *write_down(kz_service *service, const void *params, kz_error **error)
{
    (void)service;
    GString *text = g_string_new(NULL);
    describe(text, params);
    kz_string_value *value = kz_result_new(&kz_schema_string_value, sizeof *value, error);
    if (value)
        value->value = kz_result_string(value, text->str, text->len, error);
    g_string_free(text, TRUE);
    return value;
}

/* The same as a stream of one item. */
static void *once(void *user, kz_error **error)
{
    (void)error;
    void **item = user, *result = *item;
    *item = NULL;
    return result;
}

static void *stream_down(kz_service *service, const void *params, kz_error **error)
{
    static const kz_stream_source source = { .next = once };
    static void *item;
    item = write_down(service, params, error);
    return kz_stream_new(service, &source, &item, error);
}

static const kz_operation operations[] = {
    { .name = "tell", .params = &step_schema, .result = &kz_schema_string_value, .answer = KZ_ANSWER_JSON, .flow = write_down },
    { .name = "stream",
        .params = &step_schema,
        .result = &kz_schema_string_value,
        .answer = KZ_ANSWER_EVENTS,
        .flow = stream_down },
};
static const kz_service_vtable vtable = {
    .size = sizeof vtable, .layout = PLUGIN_LAYOUT, .operations = operations, .n_operations = 2
};
static const kz_plugin_descriptor descriptor = { .name = "by-hand", .version = "1", .vtable = &vtable };

static const kz_struct_size plugin_sizes[] = { { "label", sizeof(label) }, { "step", sizeof(step) } };
static const kz_struct_size old_sizes[] = { { "step", sizeof(old_step) } };
static const kz_struct_size new_sizes[] = { { "label", sizeof(new_label) }, { "step", sizeof(new_step) } };
static const kz_interface plugin_interface = { "by-hand", PLUGIN_LAYOUT, plugin_sizes, 2 };
static const kz_interface old_interface = { "by-hand", OLD_LAYOUT, old_sizes, 1 };
static const kz_interface new_interface = { "by-hand", NEW_LAYOUT, new_sizes, 2 };

static kzi_instance instance = { .name = (char *)"by-hand", .descriptor = &descriptor, .vtable = &vtable, .status = KZI_READY };
static kz_service service = { .instance = &instance, .borrowed = true };

/* What the flow saw, both ways; the caller frees it. */
static char *seen(const kz_interface *interface, uint64_t size, const void *params)
{
    kz_error *error = NULL;
    const kz_op_ref tell = { interface, "tell", 0, size, sizeof(kz_string_value) };
    const kz_op_ref flow = { interface, "stream", 1, size, sizeof(kz_string_value) };
    kz_string_value *value = kz_call(&service, &tell, params, &error);
    g_assert_null(error);
    char *text = g_strdup(value->value);
    kz_free(value);
    kz_stream *stream = kz_call_stream(&service, &flow, params, &error);
    value = kz_stream_next(stream, &error);
    g_assert_null(error);
    g_assert_cmpstr(value->value, ==, text);
    kz_stream_close(stream);
    return text;
}

static void expect(const kz_interface *interface, uint64_t size, const void *params, const char *wanted)
{
    char *text = seen(interface, size, params);
    g_assert_cmpstr(text, ==, wanted);
    g_free(text);
}

static const char *const words[] = { "x", "y" };

static void test_same(void)
{
    const label l = { .text = "red", .weight = KZ_INT(3) };
    const step s = { .name = "a", .steps = (step[]){ { .name = "b", .label = &l }, { .name = "c" } }, .n_steps = 2 };
    expect(&plugin_interface, sizeof s, &s, "a(b<red 3>, c)");
    expect(&plugin_interface, sizeof s, NULL, "-");
}

static void test_older(void)
{
    /* Behind each array stands what must not be taken for members that this program does not know. */
    const old_step inner[] = { { .name = "c", .words = words, .n_words = 2 }, { .name = "d" }, { .name = "poison" } };
    const old_step middle[] = { { .name = "b", .steps = inner, .n_steps = 2, .extra = KZ_JSON("{\"k\":1}") },
        { .name = "e", .steps = inner, .n_steps = 0 }, { .name = "poison", .steps = inner, .n_steps = 9 } };
    const old_step s = { .name = "a", .steps = middle, .n_steps = 2 };
    expect(&old_interface, sizeof s, &s, "a(b+{\"k\":1}(c x y, d), e())");
    expect(&old_interface, sizeof s, NULL, "-");
}

static void test_newer(void)
{
    const new_label l = { .known = { .text = "blue", .weight = KZ_INT(5) } };
    const new_step inner[] = { { .name = "c", .label = &l }, { .name = "d", .size = KZ_INT(4), .words = words, .n_words = 1 } };
    const new_step middle[] = { { .name = "b", .steps = inner, .n_steps = 2 }, { .name = "e", .size = KZ_INT(6) } };
    const new_step s = { .name = "a", .steps = middle, .n_steps = 2, .label = &l };
    expect(&new_interface, sizeof s, &s, "a<blue 5>(b(c<blue 5>, d#4 x), e#6)");
}

/* Only the nested struct has another size. */
static void test_only_inner(void)
{
    static const kz_struct_size sizes[] = { { "label", sizeof(new_label) }, { "step", sizeof(step) } };
    static const kz_interface interface = { "by-hand", NEW_LAYOUT, sizes, 2 };
    const new_label l = { .known = { .text = "green" } };
    const step s = { .name = "a", .label = &l.known };
    expect(&interface, sizeof s, &s, "a<green 0>");
}

static void test_unknown(void)
{
    const new_label l = { .known = { .text = "blue" }, .font = "serif" };
    const new_step s = { .name = "a", .steps = (new_step[]){ { .name = "b" }, { .name = "c", .label = &l } }, .n_steps = 2 };
    const kz_op_ref tell = { &new_interface, "tell", 0, sizeof s, sizeof(kz_string_value) };
    kz_error *error = NULL;
    g_assert_null(kz_call(&service, &tell, &s, &error));
    g_assert_cmpint(error->code, ==, KZ_ERROR_PLUGIN_INCOMPATIBLE);
    g_assert_cmpstr(error->path, ==, "steps[1].label");
    kz_error_free(error);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kz_config *config = kz_config_new(NULL);
    kz_config_set_isolated(config, true, NULL);
    instance.client = kz_client_new(config, NULL);
    kz_config_free(config);
    g_test_add_func("/params/equal-layouts-pass-as-they-are", test_same);
    g_test_add_func("/params/a-flow-sees-an-older-programs-params-whole", test_older);
    g_test_add_func("/params/a-flow-sees-a-newer-programs-params-whole", test_newer);
    g_test_add_func("/params/a-nested-struct-alone-may-differ", test_only_inner);
    g_test_add_func("/params/what-a-plugin-cannot-know-is-refused-by-its-path", test_unknown);
    int status = g_test_run();
    kz_client_free(instance.client);
    return status;
}
