/* accumulate_response.c: the events of a streamed response as one response. The last event of a stream that came to its end holds
 * it whole; of one that was cut, the items that were done and the texts of those that were not are put into what is known of it. */
#include "functions.h"
#include "text.h"

#include <json-c/json.h>

enum { MOST = 4096 }; /* items, parts of one item */

typedef struct piece {
    text words;
    bool refused;
} piece;

typedef struct item {
    text json; /* as it began, or as it is when it is done */
    bool done;
    text arguments;
    piece *pieces;
    size_t n_pieces;
} item;

typedef struct accumulator {
    kz_openai_response_accumulator base;
    const kz_interface *interface;
    text response;
    bool whole;
    item *items;
    size_t n_items;
} accumulator;

kz_openai_response_accumulator *kzp_response_accumulator_new(kz_openai *openai, const kz_interface *interface, kz_error **error)
{
    (void)openai;
    accumulator *all = calloc(1, sizeof *all);
    if (!all) {
        kz_error_no_memory(error);
        return NULL;
    }
    all->base.functions = &kzp_openai_functions;
    all->interface = interface;
    return &all->base;
}

static void *place(void **array, size_t *count, size_t size, kz_opt_int number, kz_error **error)
{
    int64_t index = number.state == KZ_SET ? number.value : 0;
    if (index < 0 || index >= MOST) {
        kz_error_set(
            error, KZ_ERROR_DECODE, "output_index", "The stream has a place %lld, which no server can mean.", (long long)index);
        return NULL;
    }
    if ((size_t)index >= *count) {
        char *more = realloc(*array, ((size_t)index + 1) * size);
        if (!more) {
            kz_error_no_memory(error);
            return NULL;
        }
        memset(more + *count * size, 0, ((size_t)index + 1 - *count) * size);
        *array = more;
        *count = (size_t)index + 1;
    }
    return (char *)*array + (size_t)index * size;
}

static bool is(const kz_openai_response_stream_event *event, const char *type)
{
    return event->type && !strcmp(event->type, type);
}

static bool set_json(text *t, kz_json json, kz_error **error)
{
    t->length = 0;
    return !json.text || text_add(t, json.text, json.length) || kz_error_no_memory(error);
}

/* Text that is new, of a part of an item that is not done. */
static bool add_words(accumulator *all, const kz_openai_response_stream_event *event, kz_error **error)
{
    item *i = place((void **)&all->items, &all->n_items, sizeof *i, event->output_index, error);
    piece *p = i ? place((void **)&i->pieces, &i->n_pieces, sizeof *p, event->content_index, error) : NULL;
    if (!p)
        return false;
    p->refused = is(event, "response.refusal.delta");
    return text_add_string(&p->words, event->delta) || kz_error_no_memory(error);
}

bool kzp_response_accumulator_add(
    kz_openai_response_accumulator *base, const kz_openai_response_stream_event *event, kz_error **error)
{
    accumulator *all = (accumulator *)base;
    if (error && *error)
        return false;
    if (!event)
        return true;
    if (event->response) {
        all->whole = is(event, "response.completed") || is(event, "response.incomplete") || is(event, "response.failed");
        return set_json(&all->response, kz_json_of(event->response), error);
    }
    if (is(event, "response.output_text.delta") || is(event, "response.refusal.delta"))
        return add_words(all, event, error);
    bool arguments = is(event, "response.function_call_arguments.delta"), done = is(event, "response.output_item.done");
    if (!arguments && !done && !is(event, "response.output_item.added"))
        return true;
    item *i = place((void **)&all->items, &all->n_items, sizeof *i, event->output_index, error);
    if (!i)
        return false;
    if (arguments)
        return text_add_string(&i->arguments, event->delta) || kz_error_no_memory(error);
    i->done = done;
    return set_json(&i->json, kz_json_member(kz_json_of(event), "item"), error);
}

/* ---- the response ---- */

static json_object *part_of(const piece *p)
{
    json_object *part = json_object_new_object();
    json_object *words = json_object_new_string_len(p->words.data ? p->words.data : "", (int)p->words.length);
    json_object_object_add(part, "type", json_object_new_string(p->refused ? "refusal" : "output_text"));
    json_object_object_add(part, p->refused ? "refusal" : "text", words);
    return part;
}

/* An item that was begun, with what came of it. */
static json_object *tree_of(const item *i, kz_error **error)
{
    json_object *tree = i->json.data ? kz_json_tree((kz_json){ i->json.data, i->json.length }, error) : NULL;
    if (!tree || i->done || !json_object_is_type(tree, json_type_object))
        return tree;
    if (i->arguments.data)
        json_object_object_add(tree, "arguments", json_object_new_string_len(i->arguments.data, (int)i->arguments.length));
    if (!i->n_pieces)
        return tree;
    json_object *content = json_object_new_array();
    for (size_t n = 0; content && n < i->n_pieces; n++)
        json_object_array_add(content, part_of(&i->pieces[n]));
    json_object_object_add(tree, "content", content);
    return tree;
}

/* The response as it was last told of, with the items that came; *root owns its text. */
static kz_json put_together(const accumulator *all, void **root, kz_error **error)
{
    kz_json made = { 0 };
    json_object *tree = kz_json_tree((kz_json){ all->response.data, all->response.length }, error);
    json_object *output = tree ? json_object_new_array() : NULL;
    for (size_t i = 0; output && i < all->n_items && !*error; i++) {
        json_object *one = tree_of(&all->items[i], error);
        if (one)
            json_object_array_add(output, one);
    }
    if (output && !*error) {
        json_object_object_add(tree, "output", output);
        made = kz_json_from_tree(tree, root, error);
    } else {
        json_object_put(output);
        kz_error_no_memory(error);
    }
    json_object_put(tree);
    return made;
}

void *kzp_response_accumulator_result(const kz_openai_response_accumulator *base, uint64_t size, kz_error **error)
{
    const accumulator *all = (const accumulator *)base;
    kz_error *failure = NULL;
    void *root = NULL;
    if (error && *error)
        return NULL;
    if (!all->response.data) {
        kz_error_set(error, KZ_ERROR_STATE, "events", "No event of the stream has told of a response.");
        return NULL;
    }
    kz_json json = { all->response.data, all->response.length };
    if (!all->whole && all->n_items)
        json = put_together(all, &root, &failure);
    kz_openai_response *response = failure ? NULL : kz_result_read(&kzt_kz_openai_response, sizeof *response, json, &failure);
    kz_free(root);
    kz_error_move(error, &failure);
    return kz_result_for(response, all->interface, size, error);
}

void kzp_response_accumulator_free(kz_openai_response_accumulator *base)
{
    accumulator *all = (accumulator *)base;
    for (size_t i = 0; i < all->n_items; i++) {
        for (size_t n = 0; n < all->items[i].n_pieces; n++)
            text_free(&all->items[i].pieces[n].words);
        free(all->items[i].pieces);
        text_free(&all->items[i].json);
        text_free(&all->items[i].arguments);
    }
    free(all->items);
    text_free(&all->response);
    free(all);
}
