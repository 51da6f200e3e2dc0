/* completions.c: POST /completions: texts that go on after a prompt, plain or streamed. */
#include "model.h"

#include <string.h>

enum { USUAL_TOKENS = 16 };

typedef struct Completion {
    Call *call;
    json_object *prompts; /* a list, or a text */
    GPtrArray *choices;   /* of Choice, those of each prompt together */
    gint64 n, prompt_tokens, created, top;
    char *id;
} Completion;

static size_t count_prompts(const Completion *c)
{
    return json_object_is_type(c->prompts, json_type_array) ? json_object_array_length(c->prompts) : 1;
}

static const char *prompt(const Completion *c, size_t i)
{
    json_object *one = json_object_is_type(c->prompts, json_type_array) ? json_object_array_get_idx(c->prompts, i) : c->prompts;
    return one ? json_object_get_string(one) : "";
}

static json_object *envelope(const Completion *c)
{
    json_object *answer = json_object_new_object();
    put_text(answer, "id", c->id);
    put_text(answer, "object", "text_completion");
    json_object_object_add(answer, "created", json_object_new_int64(c->created));
    put_text(answer, "model", c->call->model);
    return answer;
}

static json_object *usage(const Completion *c)
{
    json_object *usage = json_object_new_object();
    gint64 count = 0;
    for (guint i = 0; i < c->choices->len; i++)
        count += ((Choice *)c->choices->pdata[i])->tokens->len;
    json_object_object_add(usage, "prompt_tokens", json_object_new_int64(c->prompt_tokens));
    json_object_object_add(usage, "completion_tokens", json_object_new_int64(count));
    json_object_object_add(usage, "total_tokens", json_object_new_int64(c->prompt_tokens + count));
    return usage;
}

static json_object *choice_of(const Completion *c, guint nth, const char *text, const Token *tokens, size_t n, gboolean first,
    gint64 *offset, const char *finish)
{
    json_object *one = json_object_new_object();
    put_text(one, "text", text);
    json_object_object_add(one, "index", json_object_new_int64(nth));
    json_object_object_add(one, "logprobs", c->top >= 0 && n ? completion_logprobs(tokens, n, first, c->top, offset) : NULL);
    put_text(one, "finish_reason", finish);
    return one;
}

static json_object *whole(const Completion *c, guint nth)
{
    const Choice *choice = c->choices->pdata[nth];
    char *text = tokens_text(choice->tokens, PART_TEXT, 0);
    char *shown = g_strconcat(bool_of(c->call->body, "echo") ? prompt(c, nth / (guint)c->n) : "", text, NULL);
    const Token *tokens = choice->tokens->len ? &g_array_index(choice->tokens, Token, 0) : NULL;
    gint64 offset = 0;
    json_object *one = choice_of(c, nth, shown, tokens, choice->tokens->len, TRUE, &offset, choice->finish);
    g_free(shown);
    g_free(text);
    return one;
}

static enum MHD_Result send_plain(const Completion *c)
{
    json_object *answer = envelope(c), *list = json_object_new_array();
    guint longest = 0;
    for (guint i = 0; i < c->choices->len; i++) {
        json_object_array_add(list, whole(c, i));
        longest = MAX(longest, ((Choice *)c->choices->pdata[i])->tokens->len);
    }
    json_object_object_add(answer, "choices", list);
    json_object_object_add(answer, "usage", usage(c));
    take_time(c->call->emulator, g_get_monotonic_time(), longest);
    return send_json(c->call, 200, answer);
}

static void add_chunk(const Completion *c, Events *events, json_object *choice, int tokens)
{
    json_object *chunk = envelope(c), *list = json_object_new_array();
    json_object_array_add(list, choice);
    json_object_object_add(chunk, "choices", list);
    events_add(events, NULL, chunk, tokens);
}

static void add_choice(const Completion *c, Events *events, guint nth)
{
    const Choice *choice = c->choices->pdata[nth];
    gint64 offset = 0;
    if (bool_of(c->call->body, "echo"))
        add_chunk(c, events, choice_of(c, nth, prompt(c, nth / (guint)c->n), NULL, 0, FALSE, &offset, NULL), 0);
    for (guint i = 0; i < choice->tokens->len; i++) {
        const Token *token = &g_array_index(choice->tokens, Token, i);
        add_chunk(c, events, choice_of(c, nth, token->text, token, 1, !i, &offset, NULL), 1);
    }
    add_chunk(c, events, choice_of(c, nth, "", NULL, 0, FALSE, &offset, choice->finish), 0);
}

static enum MHD_Result send_stream(const Completion *c)
{
    Events *events = events_new();
    for (guint i = 0; i < c->choices->len; i++)
        add_choice(c, events, i);
    if (bool_of(member(c->call->body, "stream_options"), "include_usage")) {
        json_object *last = envelope(c);
        json_object_object_add(last, "choices", json_object_new_array());
        json_object_object_add(last, "usage", usage(c));
        events_add(events, NULL, last, 0);
    }
    events_done(events);
    return send_events(c->call, events);
}

static void generate_all(Completion *c)
{
    json_object *body = c->call->body;
    for (size_t i = 0; i < count_prompts(c); i++) {
        Wish wish = { .seed = seed_of(c->call->emulator->seed, prompt(c, i)), .stop = member(body, "stop") };
        wish.seed += (guint64)int_of(body, "seed") * G_GUINT64_CONSTANT(0xd1342543de82ef95);
        wish.max_tokens = member(body, "max_tokens") ? int_of(body, "max_tokens") : USUAL_TOKENS;
        wish.prompt_tokens = count_tokens(prompt(c, i));
        wish.endless = bool_of(body, "ignore_eos");
        c->prompt_tokens += wish.prompt_tokens;
        for (gint64 nth = 0; nth < c->n; nth++)
            g_ptr_array_add(c->choices, generate(&wish, (guint64)nth));
    }
}

enum MHD_Result completions(Call *call)
{
    static gint count;
    enum MHD_Result result;
    Completion c = { .call = call, .prompts = member(call->body, "prompt"), .n = 1, .top = -1 };
    if (!json_object_is_type(c.prompts, json_type_string) &&
        !(json_object_is_type(c.prompts, json_type_array) && json_object_array_length(c.prompts)))
        return send_error(call, 400, "prompt", NULL, "\"prompt\" has to be a text or a list of texts.");
    if (!check_numbers(call, &result))
        return result;
    if (member(call->body, "n"))
        c.n = int_of(call->body, "n");
    if (member(call->body, "logprobs"))
        c.top = CLAMP(int_of(call->body, "logprobs"), 0, 5);
    c.id = g_strdup_printf("cmpl-%08x", (guint)g_atomic_int_add(&count, 1));
    c.created = g_get_real_time() / G_USEC_PER_SEC;
    c.choices = g_ptr_array_new_with_free_func((GDestroyNotify)choice_free);
    generate_all(&c);
    result = bool_of(call->body, "stream") ? send_stream(&c) : send_plain(&c);
    g_ptr_array_unref(c.choices);
    g_free(c.id);
    return result;
}
