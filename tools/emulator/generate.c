/* generate.c: from a wish to the tokens that fulfil it: reasoning, then a refusal, calls of tools, a document or sentences; cut
 * where a stop text begins or the allowance ends. */
#include "model.h"

#include <string.h>

static void add_sentences(GArray *tokens, Part part, const Wish *wish, guint64 *seed)
{
    /* One more than there is room for: so the end is known to be a cut. */
    gint64 room = (wish->max_tokens ? wish->max_tokens : CONTEXT_TOKENS - wish->prompt_tokens) + 1;
    guint64 sentences = part == PART_REASONING ? 1 : 2 + draw(seed) % 3;
    gboolean first = tokens->len == 0 || g_array_index(tokens, Token, tokens->len - 1).part != part;
    int before, state = markov_start();
    while (room-- > 0 && (sentences || (wish->endless && part == PART_TEXT))) {
        before = state;
        const char *text = markov_next(&state, seed);
        tokens_push(tokens, first ? text + 1 : text, part, before);
        first = FALSE;
        sentences -= sentences && markov_ends(state);
    }
}

static void add_document(GArray *tokens, const Wish *wish, guint64 *seed)
{
    json_object *document;
    if (wish->schema) {
        document = json_of_schema(wish->schema, seed);
    } else {
        char *sentence = markov_sentence(seed);
        document = json_object_new_object();
        put_text(document, "answer", sentence);
        json_object_object_add(document, "certain", json_object_new_boolean(draw(seed) % 2));
        g_free(sentence);
    }
    char *text = json_text(document);
    tokens_add(tokens, text, PART_TEXT, 0);
    g_free(text);
    json_object_put(document);
}

static void add_calls(GArray *tokens, const Wish *wish, guint64 *seed)
{
    for (size_t i = 0; i < json_object_array_length(wish->calls); i++) {
        json_object *parameters = member(json_object_array_get_idx(wish->calls, i), "parameters");
        json_object *arguments = parameters ? json_of_schema(parameters, seed) : json_object_new_object();
        char *text = json_text(arguments);
        tokens_add(tokens, text, PART_CALL, (int)i);
        g_free(text);
        json_object_put(arguments);
    }
}

/* Where the earliest of the stop texts begins, NULL: none occurs. */
static const char *find_stop(const char *text, json_object *stop)
{
    const char *first = NULL;
    size_t n = json_object_is_type(stop, json_type_array) ? json_object_array_length(stop) : stop != NULL;
    for (size_t i = 0; i < n; i++) {
        json_object *one = json_object_is_type(stop, json_type_array) ? json_object_array_get_idx(stop, i) : stop;
        const char *word = json_object_get_string(one), *found = word && *word ? strstr(text, word) : NULL;
        if (found && (!first || found < first))
            first = found;
    }
    return first;
}

/* Cuts the text, not the reasoning before it, at a stop text; TRUE: there was one. */
static gboolean cut_at_stop(GArray *tokens, json_object *stop)
{
    char *text = tokens_text(tokens, PART_TEXT, 0);
    const char *found = find_stop(text, stop);
    size_t left = found ? (size_t)(found - text) : 0;
    g_free(text);
    if (!found)
        return FALSE;
    for (guint i = 0; i < tokens->len; i++) {
        Token *token = &g_array_index(tokens, Token, i);
        size_t length = strlen(token->text);
        if (token->part != PART_TEXT)
            continue;
        if (length <= left) {
            left -= length;
            continue;
        }
        token->text[left] = 0;
        g_array_set_size(tokens, left ? i + 1 : i);
        return TRUE;
    }
    return TRUE;
}

Choice *generate(const Wish *wish, guint64 nth)
{
    Choice *choice = g_new0(Choice, 1);
    guint64 seed = wish->seed + nth * G_GUINT64_CONSTANT(0x632be59bd9b4e019);
    choice->finish = "stop";
    choice->tokens = tokens_new();
    if (wish->reasoning)
        add_sentences(choice->tokens, PART_REASONING, wish, &seed);
    if (wish->refuses) {
        tokens_add(choice->tokens, "I cannot help with that.", PART_REFUSAL, 0);
    } else if (wish->calls) {
        choice->finish = "tool_calls";
        add_calls(choice->tokens, wish, &seed);
    } else if (wish->choices) {
        json_object *chosen = json_object_array_get_idx(wish->choices, draw(&seed) % json_object_array_length(wish->choices));
        tokens_add(choice->tokens, json_object_get_string(chosen), PART_TEXT, 0);
    } else if (wish->schema || wish->any_json) {
        add_document(choice->tokens, wish, &seed);
    } else {
        tokens_add(choice->tokens, wish->opening, PART_TEXT, 0);
        add_sentences(choice->tokens, PART_TEXT, wish, &seed);
    }
    gint64 room = CONTEXT_TOKENS - wish->prompt_tokens, most = wish->max_tokens ? MIN(wish->max_tokens, room) : room;
    if (choice->tokens->len > most) {
        g_array_set_size(choice->tokens, (guint)most);
        choice->finish = "length";
    }
    if (wish->stop && cut_at_stop(choice->tokens, wish->stop))
        choice->finish = "stop";
    return choice;
}

void choice_free(Choice *choice)
{
    g_array_unref(choice->tokens);
    g_free(choice);
}

void wish_clear(Wish *wish)
{
    json_object_put(wish->calls);
    g_free(wish->opening);
}
