/* responses.c: POST /responses: the tokens of a chat as the items of a response, whole or as the events that amount to it. */
#include "model.h"

#include <string.h>

typedef struct Answer {
    Call *call;
    Wish wish;
    Choice *choice;
    char *id, *text;
    gint64 created;
    Events *events;
    gint64 number; /* of the next event */
} Answer;

/* The input as messages of a chat. */
static json_object *messages_of(json_object *body)
{
    json_object *messages = json_object_new_array(), *input = member(body, "input");
    const char *instructions = text_of(body, "instructions");
    if (instructions) {
        json_object *message = json_object_new_object();
        put_text(message, "role", "system");
        put_text(message, "content", instructions);
        json_object_array_add(messages, message);
    }
    for (size_t i = 0; i < (json_object_is_type(input, json_type_array) ? json_object_array_length(input) : 1); i++) {
        json_object *item = json_object_is_type(input, json_type_array) ? json_object_array_get_idx(input, i) : NULL;
        json_object *message = json_object_new_object(), *output = member(item, "output");
        char *text = content_text(item ? member(item, output ? "output" : "content") : input);
        put_text(message, "role", output ? "tool" : item && text_of(item, "role") ? text_of(item, "role") : "user");
        put_text(message, "content", text);
        json_object_array_add(messages, message);
        g_free(text);
    }
    return messages;
}

static json_object *part_of(const char *text)
{
    json_object *part = json_object_new_object();
    put_text(part, "type", "output_text");
    put_text(part, "text", text);
    json_object_object_add(part, "annotations", json_object_new_array());
    return part;
}

static json_object *message_of(const Answer *a, const char *text, const char *status)
{
    json_object *item = json_object_new_object(), *content = json_object_new_array();
    char *id = g_strconcat("msg_", a->id + 5, NULL);
    put_text(item, "type", "message");
    put_text(item, "id", id);
    put_text(item, "role", "assistant");
    put_text(item, "status", status);
    if (text)
        json_object_array_add(content, part_of(text));
    json_object_object_add(item, "content", content);
    g_free(id);
    return item;
}

static json_object *call_of(const Answer *a, int i, const char *arguments, const char *status)
{
    json_object *item = json_object_new_object();
    char *id = g_strdup_printf("call_%s_%d", a->id + 5, i);
    put_text(item, "type", "function_call");
    put_text(item, "id", id);
    put_text(item, "call_id", id);
    put_text(item, "name", text_of(json_object_array_get_idx(a->wish.calls, (size_t)i), "name"));
    put_text(item, "arguments", arguments);
    put_text(item, "status", status);
    g_free(id);
    return item;
}

static json_object *output_of(const Answer *a)
{
    json_object *output = json_object_new_array();
    size_t n = a->wish.calls ? json_object_array_length(a->wish.calls) : 0;
    for (size_t i = 0; i < n; i++) {
        char *arguments = tokens_text(a->choice->tokens, PART_CALL, (int)i);
        json_object_array_add(output, call_of(a, (int)i, arguments, "completed"));
        g_free(arguments);
    }
    if (!n)
        json_object_array_add(output, message_of(a, a->text, "completed"));
    return output;
}

static json_object *response_of(const Answer *a, const char *status)
{
    json_object *response = json_object_new_object(), *usage = json_object_new_object();
    gboolean ended = strcmp(status, "in_progress") != 0;
    put_text(response, "id", a->id);
    put_text(response, "object", "response");
    json_object_object_add(response, "created_at", json_object_new_int64(a->created));
    put_text(response, "model", a->call->model);
    put_text(response, "status", status);
    json_object_object_add(response, "output", ended ? output_of(a) : json_object_new_array());
    if (!strcmp(status, "incomplete")) {
        json_object *why = json_object_new_object();
        put_text(why, "reason", "max_output_tokens");
        json_object_object_add(response, "incomplete_details", why);
    }
    json_object_object_add(usage, "input_tokens", json_object_new_int64(a->wish.prompt_tokens));
    json_object_object_add(usage, "output_tokens", json_object_new_int64(a->choice->tokens->len));
    json_object_object_add(usage, "total_tokens", json_object_new_int64(a->wish.prompt_tokens + a->choice->tokens->len));
    json_object_object_add(response, "usage", ended ? usage : NULL);
    if (!ended)
        json_object_put(usage);
    return response;
}

/* ---- the stream ---- */

static json_object *begin_event(Answer *a, const char *type)
{
    json_object *event = json_object_new_object();
    put_text(event, "type", type);
    json_object_object_add(event, "sequence_number", json_object_new_int64(a->number++));
    return event;
}

static void add_response(Answer *a, const char *type, const char *status)
{
    json_object *event = begin_event(a, type);
    json_object_object_add(event, "response", response_of(a, status));
    events_add(a->events, type, event, 0);
}

static void add_item(Answer *a, const char *type, int index, json_object *item)
{
    json_object *event = begin_event(a, type);
    json_object_object_add(event, "output_index", json_object_new_int(index));
    json_object_object_add(event, "item", item);
    events_add(a->events, type, event, 0);
}

/* An event about the text of an item: what is new of it, or all of it. */
static void add_piece(Answer *a, const char *type, int index, const char *member, const char *text, gboolean part, int tokens)
{
    json_object *event = begin_event(a, type);
    json_object_object_add(event, "output_index", json_object_new_int(index));
    if (!a->wish.calls)
        json_object_object_add(event, "content_index", json_object_new_int(0));
    if (part)
        json_object_object_add(event, member, part_of(text));
    else
        put_text(event, member, text);
    events_add(a->events, type, event, tokens);
}

static void add_tokens(Answer *a, Part part, int call, const char *type)
{
    for (guint i = 0; i < a->choice->tokens->len; i++) {
        const Token *token = &g_array_index(a->choice->tokens, Token, i);
        if (token->part == part && token->call == call)
            add_piece(a, type, call, "delta", token->text, FALSE, 1);
    }
}

static void add_calls(Answer *a)
{
    for (int i = 0; i < (int)json_object_array_length(a->wish.calls); i++) {
        char *arguments = tokens_text(a->choice->tokens, PART_CALL, i);
        add_item(a, "response.output_item.added", i, call_of(a, i, "", "in_progress"));
        add_tokens(a, PART_CALL, i, "response.function_call_arguments.delta");
        add_piece(a, "response.function_call_arguments.done", i, "arguments", arguments, FALSE, 0);
        add_item(a, "response.output_item.done", i, call_of(a, i, arguments, "completed"));
        g_free(arguments);
    }
}

static enum MHD_Result send_stream(Answer *a, const char *status, const char *last)
{
    a->events = events_new();
    add_response(a, "response.created", "in_progress");
    if (a->wish.calls) {
        add_calls(a);
    } else {
        add_item(a, "response.output_item.added", 0, message_of(a, NULL, "in_progress"));
        add_piece(a, "response.content_part.added", 0, "part", "", TRUE, 0);
        add_tokens(a, PART_TEXT, 0, "response.output_text.delta");
        add_piece(a, "response.output_text.done", 0, "text", a->text, FALSE, 0);
        add_piece(a, "response.content_part.done", 0, "part", a->text, TRUE, 0);
        add_item(a, "response.output_item.done", 0, message_of(a, a->text, "completed"));
    }
    add_response(a, last, status);
    return send_events(a->call, a->events);
}

enum MHD_Result create_response(Call *call)
{
    static gint count;
    enum MHD_Result result;
    if (!member(call->body, "input"))
        return send_error(call, 400, "input", NULL, "\"input\" has to be a text or a list of items.");
    if (!check_numbers(call, &result))
        return result;
    Answer a = { .call = call, .created = g_get_real_time() / G_USEC_PER_SEC };
    json_object *messages = messages_of(call->body), *format = member(member(call->body, "text"), "format");
    if (wish_of_chat(call, messages, &a.wish, &result)) {
        a.wish.max_tokens = int_of(call->body, "max_output_tokens");
        if (!g_strcmp0(text_of(format, "type"), "json_schema"))
            a.wish.schema = member(format, "schema");
        a.wish.reasoning = FALSE;
        a.id = g_strdup_printf("resp_%08x%08x", (guint)a.wish.seed, (guint)g_atomic_int_add(&count, 1));
        a.choice = generate(&a.wish, 0);
        a.text = tokens_text(a.choice->tokens, PART_TEXT, 0);
        const char *status = strcmp(a.choice->finish, "length") ? "completed" : "incomplete";
        char *last = g_strconcat("response.", status, NULL);
        if (bool_of(call->body, "stream")) {
            result = send_stream(&a, status, last);
        } else {
            take_time(call->emulator, g_get_monotonic_time(), a.choice->tokens->len);
            result = send_json(call, 200, response_of(&a, status));
        }
        choice_free(a.choice);
        wish_clear(&a.wish);
        g_free(last);
        g_free(a.text);
        g_free(a.id);
    }
    json_object_put(messages);
    return result;
}
