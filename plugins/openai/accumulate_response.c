/* accumulate_response.c: the events of a streamed response as one response. The last event of a stream that came to its end holds
 * it whole; of one that was cut, the items that were done and the texts of those that were not are put into what is known of it. */
#include "functions.h"
#include "text.h"

#include <json-c/json.h>

enum { MOST = 4096 }; /* items, parts of one item */

/* Where the texts of events belong: to a member of the item by itself, or to a part in a list of it. */
typedef struct kind {
    const char *event;
    const char *member;    /* of the item */
    const char *type;      /* of the part, or NULL: the member is the text */
    const char *part_text; /* the part's member */
    bool summary;          /* counted by summary_index */
} kind;

static const kind kinds[] = {
    { "response.output_text.delta", "content", "output_text", "text", false },
    { "response.refusal.delta", "content", "refusal", "refusal", false },
    { "response.reasoning_text.delta", "content", "reasoning_text", "text", false },
    { "response.reasoning_summary_text.delta", "summary", "summary_text", "text", true },
    { "response.function_call_arguments.delta", "arguments", NULL, NULL, false },
    { "response.mcp_call_arguments.delta", "arguments", NULL, NULL, false },
    { "response.custom_tool_call_input.delta", "input", NULL, NULL, false },
    { "response.code_interpreter_call_code.delta", "code", NULL, NULL, false },
};

typedef struct piece {
    text words;
    const kind *kind;
} piece;

typedef struct item {
    text json; /* as it began, or as it is when it is done */
    bool done;
    piece alone; /* of a member that is a text */
    piece *pieces, *summaries;
    size_t n_pieces, n_summaries;
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

/* The place that an event names; the first where it names none. */
static int64_t at(kz_opt_int number)
{
    return number.state == KZ_SET ? number.value : 0;
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

static const kind *kind_of(const kz_openai_response_stream_event *event)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (is(event, kinds[i].event))
            return &kinds[i];
    return NULL;
}

/* Text that is new, of an item that is not done. */
static bool add_words(accumulator *all, const kind *its, const kz_openai_response_stream_event *event, kz_error **error)
{
    item *i = piece_at((void **)&all->items, &all->n_items, sizeof *i, MOST, at(event->output_index), "item", error);
    piece *p = !i    ? NULL
        : !its->type ? &i->alone
        : its->summary
        ? piece_at((void **)&i->summaries, &i->n_summaries, sizeof *p, MOST, at(event->summary_index), "summary", error)
        : piece_at((void **)&i->pieces, &i->n_pieces, sizeof *p, MOST, at(event->content_index), "part", error);
    if (!p)
        return false;
    p->kind = its;
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
    const kind *words = kind_of(event);
    if (words)
        return add_words(all, words, event, error);
    bool done = is(event, "response.output_item.done");
    if (!done && !is(event, "response.output_item.added"))
        return true;
    item *i = piece_at((void **)&all->items, &all->n_items, sizeof *i, MOST, at(event->output_index), "item", error);
    if (!i)
        return false;
    i->done = done;
    return set_json(&i->json, kz_json_member(kz_json_of(event), "item"), error);
}

/* ---- the response ---- */

static json_object *words_of(const piece *p)
{
    return json_object_new_string_len(p->words.data ? p->words.data : "", (int)p->words.length);
}

/* Takes over `value`; false: no memory, perhaps already for it. */
static bool put(json_object *object, const char *name, json_object *value)
{
    if (object && value && !json_object_object_add(object, name, value))
        return true;
    json_object_put(value);
    return false;
}

static bool put_part(json_object *list, const piece *p)
{
    json_object *part = json_object_new_object();
    if (put(part, "type", json_object_new_string(p->kind->type)) && put(part, p->kind->part_text, words_of(p)) &&
        !json_object_array_add(list, part))
        return true;
    json_object_put(part);
    return false;
}

/* The pieces as parts of the item; those that no event told of are left out. False: no memory. */
static bool put_parts(json_object *tree, const piece *pieces, size_t count)
{
    json_object *list = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!pieces[i].kind)
            continue;
        if (!list && !put(tree, pieces[i].kind->member, list = json_object_new_array()))
            return false;
        if (!put_part(list, &pieces[i]))
            return false;
    }
    return true;
}

/* An item that was begun, with what came of it. */
static json_object *tree_of(const item *i, kz_error **error)
{
    json_object *tree = i->json.data ? kz_json_tree((kz_json){ i->json.data, i->json.length }, error) : NULL;
    if (!tree || i->done || !json_object_is_type(tree, json_type_object))
        return tree;
    bool fine = (!i->alone.kind || put(tree, i->alone.kind->member, words_of(&i->alone))) &&
        put_parts(tree, i->pieces, i->n_pieces) && put_parts(tree, i->summaries, i->n_summaries);
    if (!fine)
        kz_error_no_memory(error);
    return tree;
}

/* The response as it was last told of, with the items that came; *root owns its text. */
static kz_json put_together(const accumulator *all, void **root, kz_error **error)
{
    kz_json made = { 0 };
    json_object *tree = kz_json_tree((kz_json){ all->response.data, all->response.length }, error);
    json_object *output = tree ? json_object_new_array() : NULL;
    bool fine = tree && put(tree, "output", output);
    for (size_t i = 0; fine && i < all->n_items && !*error; i++) {
        json_object *one = tree_of(&all->items[i], error);
        fine = !one || !json_object_array_add(output, one);
        if (!fine)
            json_object_put(one);
    }
    if (fine && !*error)
        made = kz_json_from_tree(tree, root, error);
    else if (!*error)
        kz_error_no_memory(error);
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

static void pieces_free(piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_free(&pieces[i].words);
    free(pieces);
}

void kzp_response_accumulator_free(kz_openai_response_accumulator *base)
{
    accumulator *all = (accumulator *)base;
    for (size_t i = 0; i < all->n_items; i++) {
        pieces_free(all->items[i].pieces, all->items[i].n_pieces);
        pieces_free(all->items[i].summaries, all->items[i].n_summaries);
        text_free(&all->items[i].json);
        text_free(&all->items[i].alone.words);
    }
    free(all->items);
    text_free(&all->response);
    free(all);
}
