/* wish.c: reads a chat request: checks it as servers do, one error at a time with the parameter that it is about, and tells what
 * is wished for. */
#include "model.h"

#include <string.h>

json_object *member(json_object *object, const char *name)
{
    json_object *value = NULL;
    return json_object_is_type(object, json_type_object) && json_object_object_get_ex(object, name, &value) ? value : NULL;
}

char *content_text(json_object *content)
{
    GString *text = g_string_new(NULL);
    if (json_object_is_type(content, json_type_string))
        g_string_append(text, json_object_get_string(content));
    for (size_t i = 0; json_object_is_type(content, json_type_array) && i < json_object_array_length(content); i++) {
        json_object *part = json_object_array_get_idx(content, i);
        const char *piece = json_object_is_type(part, json_type_object) ? text_of(part, "text") : NULL;
        g_string_append(text, piece ? piece : "");
    }
    return g_string_free(text, FALSE);
}

gboolean check_numbers(Call *call, enum MHD_Result *result)
{
    static const struct {
        const char *name;
        gboolean whole;
        double low, high;
    } numbers[] = {
        { "temperature", FALSE, 0, 2 },
        { "top_p", FALSE, 0, 1 },
        { "frequency_penalty", FALSE, -2, 2 },
        { "presence_penalty", FALSE, -2, 2 },
        { "n", TRUE, 1, 128 },
        { "best_of", TRUE, 1, 128 },
        { "max_tokens", TRUE, 1, G_MAXINT },
        { "max_completion_tokens", TRUE, 1, G_MAXINT },
        { "max_output_tokens", TRUE, 1, G_MAXINT },
        { "top_logprobs", TRUE, 0, 20 },
        { "dimensions", TRUE, 1, 4096 },
        { "seed", TRUE, (double)G_MININT64, (double)G_MAXINT64 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        json_object *value = member(call->body, numbers[i].name);
        gboolean fits = json_object_is_type(value, json_type_int) ||
            (!numbers[i].whole && json_object_is_type(value, json_type_double));
        double number = fits ? json_object_get_double(value) : 0;
        if (!value || (fits && number >= numbers[i].low && number <= numbers[i].high))
            continue;
        *result = send_error(call, 400, numbers[i].name, NULL, "\"%s\" has to be %s from %g to %g.", numbers[i].name,
            numbers[i].whole ? "a whole number" : "a number", numbers[i].low, numbers[i].high);
        return FALSE;
    }
    return TRUE;
}

static gboolean is_role(const char *role)
{
    static const char *const roles[] = { "system", "developer", "user", "assistant", "tool", "function", NULL };
    return role && g_strv_contains(roles, role);
}

gboolean check_messages(Call *call, enum MHD_Result *result)
{
    json_object *messages = member(call->body, "messages");
    if (!json_object_is_type(messages, json_type_array) || !json_object_array_length(messages)) {
        *result = send_error(call, 400, "messages", NULL, "\"messages\" has to be a list of at least one message.");
        return FALSE;
    }
    for (size_t i = 0; i < json_object_array_length(messages); i++) {
        json_object *message = json_object_array_get_idx(messages, i);
        const char *role = json_object_is_type(message, json_type_object) ? text_of(message, "role") : NULL;
        const char *wrong = !is_role(role)                                  ? "role"
            : !member(message, "content") && strcmp(role, "assistant") != 0 ? "content"
            : !strcmp(role, "tool") && !text_of(message, "tool_call_id")    ? "tool_call_id"
                                                                            : NULL;
        if (wrong) {
            char *param = g_strdup_printf("messages[%zu].%s", i, wrong);
            *result = send_error(call, 400, param, NULL, "The message %zu has no \"%s\" that could be understood.", i, wrong);
            g_free(param);
            return FALSE;
        }
    }
    return TRUE;
}

static gint64 count_prompt(json_object *messages, json_object *tools)
{
    gint64 count = 2; /* what marks the beginning of the answer */
    for (size_t i = 0; i < json_object_array_length(messages); i++) {
        json_object *message = json_object_array_get_idx(messages, i), *calls = member(message, "tool_calls");
        char *text = content_text(member(message, "content"));
        count += 3 + count_tokens(text) + (calls ? count_tokens(json_object_get_string(calls)) : 0);
        g_free(text);
    }
    return count + (tools ? count_tokens(json_object_get_string(tools)) : 0);
}

/* What the answer begins with: after tools have answered, their results. */
static char *opening(json_object *messages)
{
    GString *text = g_string_new(NULL);
    size_t n = json_object_array_length(messages), first = n;
    while (first && !g_strcmp0(text_of(json_object_array_get_idx(messages, first - 1), "role"), "tool"))
        first--;
    for (; first < n; first++) {
        char *content = content_text(member(json_object_array_get_idx(messages, first), "content"));
        g_string_append_printf(text, "%sThe tool answered: %s.", text->len ? " " : "", content);
        g_free(content);
    }
    return text->len ? g_string_free(text, FALSE) : (g_string_free(text, TRUE), NULL);
}

static char *last_question(json_object *messages)
{
    json_object *last = json_object_array_get_idx(messages, json_object_array_length(messages) - 1);
    return g_strcmp0(text_of(last, "role"), "user") ? g_strdup("") : content_text(member(last, "content"));
}

static void wish_form(json_object *body, const char *question, Wish *wish)
{
    json_object *format = member(body, "response_format");
    const char *kind = json_object_is_type(format, json_type_object) ? text_of(format, "type") : NULL;
    wish->any_json = !g_strcmp0(kind, "json_object");
    if (!g_strcmp0(kind, "json_schema"))
        wish->schema = member(member(format, "json_schema"), "schema");
    if (json_object_is_type(member(body, "guided_json"), json_type_object))
        wish->schema = member(body, "guided_json");
    json_object *choices = member(body, "guided_choice");
    if (json_object_is_type(choices, json_type_array) && json_object_array_length(choices))
        wish->choices = choices;
    wish->refuses = wish->schema && strstr(question, "refuse");
}

gboolean wish_of_chat(Call *call, json_object *messages, Wish *wish, enum MHD_Result *result)
{
    json_object *body = call->body, *most = member(body, "max_completion_tokens"), *tools = member(body, "tools");
    char *question = last_question(messages);
    *wish = (Wish){ .seed = seed_of(call->emulator->seed, json_object_get_string(messages)), .stop = member(body, "stop") };
    wish->seed += (guint64)int_of(body, "seed") * G_GUINT64_CONSTANT(0xd1342543de82ef95);
    wish->max_tokens = most ? json_object_get_int64(most) : int_of(body, "max_tokens");
    wish->endless = bool_of(body, "ignore_eos");
    const char *effort = text_of(body, "reasoning_effort");
    wish->reasoning = (effort && strcmp(effort, "none") != 0) || bool_of(member(body, "chat_template_kwargs"), "enable_thinking");
    wish->prompt_tokens = count_prompt(messages, tools);
    wish->opening = opening(messages);
    wish_form(body, question, wish);
    gboolean fine = wish->prompt_tokens < CONTEXT_TOKENS;
    if (!fine)
        *result = send_error(call, 400, "messages", "context_length_exceeded",
            "The model holds %d tokens, these messages are %" G_GINT64_FORMAT ".", CONTEXT_TOKENS, wish->prompt_tokens);
    else
        fine = wished_calls(call, question, &wish->calls, result);
    g_free(question);
    if (!fine)
        wish_clear(wish);
    return fine;
}
