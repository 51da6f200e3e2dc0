/* chat.c: POST /chat/completions: the tokens of each choice as one message, or as deltas that amount to it. */
#include "model.h"

#include <string.h>

typedef struct Chat {
    Call *call;
    Wish wish;
    GPtrArray *choices;
    char *id;
    gint64 created, top;
    gboolean logprobs;
    gboolean usage_each; /* each chunk has a usage, null but for the last */
} Chat;

static json_object *envelope(const Chat *chat, const char *kind)
{
    json_object *answer = json_object_new_object();
    put_text(answer, "id", chat->id);
    put_text(answer, "object", kind);
    json_object_object_add(answer, "created", json_object_new_int64(chat->created));
    put_text(answer, "model", chat->call->model);
    put_text(answer, "system_fingerprint", "fp_emulator");
    return answer;
}

static json_object *usage(const Chat *chat)
{
    json_object *usage = json_object_new_object(), *details = json_object_new_object();
    gint64 count = 0, reasoning = 0;
    for (guint i = 0; i < chat->choices->len; i++) {
        const GArray *tokens = ((Choice *)chat->choices->pdata[i])->tokens;
        count += tokens->len;
        for (guint j = 0; j < tokens->len; j++)
            reasoning += g_array_index(tokens, Token, j).part == PART_REASONING;
    }
    json_object_object_add(usage, "prompt_tokens", json_object_new_int64(chat->wish.prompt_tokens));
    json_object_object_add(usage, "completion_tokens", json_object_new_int64(count));
    json_object_object_add(usage, "total_tokens", json_object_new_int64(chat->wish.prompt_tokens + count));
    json_object_object_add(details, "reasoning_tokens", json_object_new_int64(reasoning));
    json_object_object_add(usage, "completion_tokens_details", details);
    return usage;
}

/* A call as a message has it; the arguments are an empty text where they follow. */
static json_object *tool_call(const Chat *chat, const Choice *choice, guint nth, int i, gboolean whole)
{
    json_object *call = json_object_new_object(), *function = json_object_new_object();
    char *id = g_strdup_printf("call_%08x%02x%02x", (guint)(chat->wish.seed >> 16), nth & 0xff, (guint)i & 0xff);
    char *arguments = whole ? tokens_text(choice->tokens, PART_CALL, i) : g_strdup("");
    put_text(call, "id", id);
    put_text(call, "type", "function");
    put_text(function, "name", text_of(json_object_array_get_idx(chat->wish.calls, (size_t)i), "name"));
    put_text(function, "arguments", arguments);
    json_object_object_add(call, "function", function);
    g_free(arguments);
    g_free(id);
    return call;
}

static gboolean has_part(const Choice *choice, Part part, int call)
{
    for (guint i = 0; i < choice->tokens->len; i++)
        if (g_array_index(choice->tokens, Token, i).part == part && g_array_index(choice->tokens, Token, i).call == call)
            return TRUE;
    return FALSE;
}

static void put_part(json_object *message, const char *name, const Choice *choice, Part part, gboolean always)
{
    char *text = always || has_part(choice, part, 0) ? tokens_text(choice->tokens, part, 0) : NULL;
    put_text(message, name, text);
    g_free(text);
}

static json_object *message_of(const Chat *chat, const Choice *choice, guint nth)
{
    json_object *message = json_object_new_object();
    put_text(message, "role", "assistant");
    put_part(message, "content", choice, PART_TEXT, !chat->wish.calls && !chat->wish.refuses);
    put_part(message, "refusal", choice, PART_REFUSAL, FALSE);
    if (chat->wish.reasoning)
        put_part(message, "reasoning_content", choice, PART_REASONING, TRUE);
    if (has_part(choice, PART_CALL, 0)) {
        json_object *calls = json_object_new_array();
        for (int i = 0; has_part(choice, PART_CALL, i); i++)
            json_object_array_add(calls, tool_call(chat, choice, nth, i, TRUE));
        json_object_object_add(message, "tool_calls", calls);
    }
    return message;
}

static enum MHD_Result send_plain(Chat *chat)
{
    json_object *answer = envelope(chat, "chat.completion"), *list = json_object_new_array();
    guint longest = 0;
    for (guint i = 0; i < chat->choices->len; i++) {
        const Choice *choice = chat->choices->pdata[i];
        json_object *one = json_object_new_object();
        const Token *tokens = choice->tokens->len ? &g_array_index(choice->tokens, Token, 0) : NULL;
        longest = MAX(longest, choice->tokens->len);
        json_object_object_add(one, "index", json_object_new_int64(i));
        json_object_object_add(one, "message", message_of(chat, choice, i));
        json_object_object_add(
            one, "logprobs", chat->logprobs ? chat_logprobs(tokens, choice->tokens->len, TRUE, chat->top) : NULL);
        put_text(one, "finish_reason", choice->finish);
        json_object_array_add(list, one);
    }
    json_object_object_add(answer, "choices", list);
    json_object_object_add(answer, "usage", usage(chat));
    take_time(chat->call->emulator, g_get_monotonic_time(), longest);
    return send_json(chat->call, 200, answer);
}

static void add_chunk(
    const Chat *chat, Events *events, guint nth, json_object *delta, json_object *logprobs, const char *finish, int tokens)
{
    json_object *chunk = envelope(chat, "chat.completion.chunk"), *list = json_object_new_array(),
                *one = json_object_new_object();
    json_object_object_add(one, "index", json_object_new_int64(nth));
    json_object_object_add(one, "delta", delta);
    json_object_object_add(one, "logprobs", logprobs);
    put_text(one, "finish_reason", finish);
    json_object_array_add(list, one);
    json_object_object_add(chunk, "choices", list);
    if (chat->usage_each)
        json_object_object_add(chunk, "usage", NULL);
    events_add(events, NULL, chunk, tokens);
}

static void add_call_delta(const Chat *chat, Events *events, guint nth, int i, json_object *call, int tokens)
{
    json_object *delta = json_object_new_object(), *calls = json_object_new_array();
    json_object_object_add(call, "index", json_object_new_int(i));
    json_object_array_add(calls, call);
    json_object_object_add(delta, "tool_calls", calls);
    add_chunk(chat, events, nth, delta, NULL, NULL, tokens);
}

/* Choices share the time that a token takes: only the first is counted. */
static void add_token(const Chat *chat, Events *events, guint nth, guint at)
{
    const Choice *choice = chat->choices->pdata[nth];
    const Token *token = &g_array_index(choice->tokens, Token, at);
    gboolean first = !at || token[-1].part != token->part || token[-1].call != token->call;
    if (token->part == PART_CALL) {
        json_object *call = json_object_new_object(), *function = json_object_new_object();
        if (first)
            add_call_delta(chat, events, nth, token->call, tool_call(chat, choice, nth, token->call, FALSE), 0);
        put_text(function, "arguments", token->text);
        json_object_object_add(call, "function", function);
        add_call_delta(chat, events, nth, token->call, call, nth == 0);
        return;
    }
    json_object *delta = json_object_new_object();
    put_text(delta,
        token->part == PART_TEXT          ? "content"
            : token->part == PART_REFUSAL ? "refusal"
                                          : "reasoning_content",
        token->text);
    gboolean likely = chat->logprobs && token->part == PART_TEXT;
    add_chunk(chat, events, nth, delta, likely ? chat_logprobs(token, 1, first, chat->top) : NULL, NULL, nth == 0);
}

static enum MHD_Result send_stream(Chat *chat, gboolean with_usage)
{
    Events *events = events_new();
    guint left = chat->choices->len;
    chat->usage_each = with_usage;
    for (guint i = 0; i < chat->choices->len; i++) {
        json_object *delta = json_object_new_object();
        put_text(delta, "role", "assistant");
        put_text(delta, "content", chat->wish.calls || chat->wish.refuses ? NULL : "");
        add_chunk(chat, events, i, delta, NULL, NULL, 0);
    }
    for (guint at = 0; left; at++)
        for (guint i = 0; i < chat->choices->len; i++) {
            const Choice *choice = chat->choices->pdata[i];
            if (at < choice->tokens->len)
                add_token(chat, events, i, at);
            if (at + 1 == MAX(choice->tokens->len, 1)) {
                add_chunk(chat, events, i, json_object_new_object(), NULL, choice->finish, 0);
                left--;
            }
        }
    if (with_usage) {
        json_object *last = envelope(chat, "chat.completion.chunk");
        json_object_object_add(last, "choices", json_object_new_array());
        json_object_object_add(last, "usage", usage(chat));
        events_add(events, NULL, last, 0);
    }
    events_done(events);
    return send_events(chat->call, events);
}

enum MHD_Result chat_completions(Call *call)
{
    static gint count;
    enum MHD_Result result;
    json_object *body = call->body;
    Chat chat = { .call = call, .logprobs = bool_of(body, "logprobs"), .top = int_of(body, "top_logprobs") };
    if (!check_messages(call, &result) || !check_numbers(call, &result))
        return result;
    if (member(body, "top_logprobs") && !chat.logprobs)
        return send_error(call, 400, "top_logprobs", NULL, "\"top_logprobs\" needs \"logprobs\" to be true.");
    if (!wish_of_chat(call, member(body, "messages"), &chat.wish, &result))
        return result;
    chat.id = g_strdup_printf("chatcmpl-%08x%08x", (guint)chat.wish.seed, (guint)g_atomic_int_add(&count, 1));
    chat.created = g_get_real_time() / G_USEC_PER_SEC;
    chat.choices = g_ptr_array_new_with_free_func((GDestroyNotify)choice_free);
    for (gint64 i = 0, n = member(body, "n") ? int_of(body, "n") : 1; i < n; i++)
        g_ptr_array_add(chat.choices, generate(&chat.wish, (guint64)i));
    result = bool_of(body, "stream") ? send_stream(&chat, bool_of(member(body, "stream_options"), "include_usage"))
                                     : send_plain(&chat);
    g_ptr_array_unref(chat.choices);
    wish_clear(&chat.wish);
    g_free(chat.id);
    return result;
}
