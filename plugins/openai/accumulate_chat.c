/* accumulate_chat.c: the pieces of a streamed chat completion as one answer: texts joined, calls of tools with their arguments
 * assembled, each choice by itself however they are interleaved. Usage and what else counts once is that of the last piece that
 * has it; where a server reports usage for each choice by itself, it is added up. */
#include "functions.h"
#include "text.h"

enum { MOST = 1024 }; /* choices, calls of one choice: beyond what any server means */

typedef struct tool_call {
    text id, type, name, arguments;
    bool begun;
} tool_call;

typedef struct choice {
    bool begun;
    text role, content, refusal, reasoning_content, reasoning, finish_reason, stop_reason;
    text logprobs, refusal_logprobs; /* the items of their lists as JSON, with commas */
    tool_call *calls;
    size_t n_calls;
} choice;

typedef struct accumulator {
    kz_chat_accumulator base;
    const kz_interface *interface;
    text id, model, service_tier, system_fingerprint, usage, timings, moderation;
    kz_opt_int created;
    size_t n_usages;                          /* pieces that hold nothing but usage */
    int64_t prompt_tokens, completion_tokens; /* the most of them, their sum */
    choice *choices;
    size_t n_choices;
} accumulator;

kz_chat_accumulator *kzp_chat_accumulator_new(kz_openai *openai, const kz_interface *interface, kz_error **error)
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

/* The JSON of an object in place of what was there. */
static bool keep_json(text *t, const void *object)
{
    kz_json json = kz_json_of(object);
    if (!json.text)
        return true;
    t->length = 0;
    return text_add(t, json.text, json.length);
}

static bool add_items(text *t, const kz_openai_chat_completion_token_logprob *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kz_json json = kz_json_of(items[i]);
        if (json.text && !((!t->length || text_puts(t, ",")) && text_add(t, json.text, json.length)))
            return false;
    }
    return true;
}

/* A call without a number, as some engines send it whole, follows the last one. */
static bool add_call(choice *c, const kz_chat_tool_call_chunk *piece, kz_error **error)
{
    int64_t index = piece->index.state == KZ_SET ? piece->index.value : (int64_t)c->n_calls - (piece->id ? 0 : 1);
    tool_call *call = piece_at((void **)&c->calls, &c->n_calls, sizeof *call, MOST, index < 0 ? 0 : index, "tool call", error);
    if (!call)
        return false;
    call->begun = true;
    const kz_chat_tool_call_chunk_function *function = piece->function;
    return (text_set_string(&call->id, piece->id) && text_set_string(&call->type, piece->type) &&
               (!function ||
                   (text_add_string(&call->name, function->name) && text_add_string(&call->arguments, function->arguments)))) ||
        kz_error_no_memory(error);
}

static bool add_delta(choice *c, const kz_chat_delta *delta, kz_error **error)
{
    if (!delta)
        return true;
    for (size_t i = 0; i < delta->n_tool_calls; i++)
        if (delta->tool_calls[i] && !add_call(c, delta->tool_calls[i], error))
            return false;
    return (text_set_string(&c->role, delta->role) && text_add_string(&c->content, delta->content) &&
               text_add_string(&c->refusal, delta->refusal) && text_add_string(&c->reasoning_content, delta->reasoning_content) &&
               text_add_string(&c->reasoning, delta->reasoning)) ||
        kz_error_no_memory(error);
}

static bool add_choice(accumulator *all, const kz_chat_chunk_choice *piece, kz_error **error)
{
    int64_t index = piece->index.state == KZ_SET ? piece->index.value : 0;
    choice *c = piece_at((void **)&all->choices, &all->n_choices, sizeof *c, MOST, index, "choice", error);
    if (!c || !add_delta(c, piece->delta, error))
        return false;
    c->begun = true;
    const kz_chat_chunk_choice_logprobs *logprobs = piece->logprobs;
    bool fine = text_set_string(&c->finish_reason, piece->finish_reason);
    if (fine && logprobs)
        fine = add_items(&c->logprobs, logprobs->content, logprobs->n_content) &&
            add_items(&c->refusal_logprobs, logprobs->refusal, logprobs->n_refusal);
    if (fine && piece->stop_reason.text && strncmp(piece->stop_reason.text, "null", 4) != 0) {
        c->stop_reason.length = 0;
        fine = text_add(&c->stop_reason, piece->stop_reason.text, piece->stop_reason.length);
    }
    return fine || kz_error_no_memory(error);
}

static bool add_usage(accumulator *all, const kz_chat_completion_chunk *chunk)
{
    const kz_completion_usage *usage = chunk->usage;
    if (usage && !chunk->n_choices) {
        all->n_usages++;
        all->completion_tokens += usage->completion_tokens.value;
        if (usage->prompt_tokens.value > all->prompt_tokens)
            all->prompt_tokens = usage->prompt_tokens.value;
    }
    return keep_json(&all->usage, usage);
}

bool kzp_chat_accumulator_add(kz_chat_accumulator *base, const kz_chat_completion_chunk *chunk, kz_error **error)
{
    accumulator *all = (accumulator *)base;
    if (error && *error)
        return false;
    if (!chunk)
        return true;
    if (chunk->created.state == KZ_SET)
        all->created = chunk->created;
    if (!text_set_string(&all->id, chunk->id) || !text_set_string(&all->model, chunk->model) ||
        !text_set_string(&all->service_tier, chunk->service_tier) ||
        !text_set_string(&all->system_fingerprint, chunk->system_fingerprint) || !add_usage(all, chunk) ||
        !keep_json(&all->timings, chunk->timings) || !keep_json(&all->moderation, chunk->moderation))
        return kz_error_no_memory(error);
    for (size_t i = 0; i < chunk->n_choices; i++)
        if (chunk->choices[i] && !add_choice(all, chunk->choices[i], error))
            return false;
    return true;
}

const char *kzp_chat_accumulator_text(const kz_chat_accumulator *base, int64_t index)
{
    const accumulator *all = (const accumulator *)base;
    const char *found = index >= 0 && (size_t)index < all->n_choices ? all->choices[index].content.data : NULL;
    return found ? found : "";
}

/* ---- the answer ---- */

/* JSON that was kept, as an object that lives with `root`; NULL where there is none. */
static void *object_of(const text *t, void *root, const kz_schema *schema, uint64_t size, kz_error **error)
{
    void *object = t->data ? kz_result_read(schema, size, (kz_json){ t->data, t->length }, error) : NULL;
    kz_result_adopt(root, object);
    return object;
}

static const kz_chat_choice_logprobs *logprobs_of(const choice *c, void *root, kz_error **error)
{
    text all = { 0 };
    if (!c->logprobs.data && !c->refusal_logprobs.data)
        return NULL;
    bool fine = text_puts(&all, "{\"content\":[") && text_puts(&all, c->logprobs.data ? c->logprobs.data : "") &&
        text_puts(&all, "],\"refusal\":[") && text_puts(&all, c->refusal_logprobs.data ? c->refusal_logprobs.data : "") &&
        text_puts(&all, "]}");
    kz_chat_choice_logprobs *made = fine ? object_of(&all, root, &kzt_kz_chat_choice_logprobs, sizeof *made, error)
                                         : (kz_error_no_memory(error), NULL);
    text_free(&all);
    return made;
}

static const kz_chat_tool_call *call_of(const tool_call *from, void *root, kz_error **error)
{
    kz_chat_tool_call *call = kz_result_object(root, &kzt_kz_chat_tool_call, sizeof *call, error);
    kz_chat_function_call *function = kz_result_object(root, &kzt_kz_chat_function_call, sizeof *function, error);
    if (!call || !function)
        return NULL;
    call->id = text_string(&from->id, root, error);
    call->type = from->type.length ? text_string(&from->type, root, error) : kz_result_string(root, "function", SIZE_MAX, error);
    call->function = function;
    function->name = text_string(&from->name, root, error);
    function->arguments = text_string(&from->arguments, root, error);
    return call;
}

static const kz_chat_reply_message *message_of(const choice *c, void *root, kz_error **error)
{
    kz_chat_reply_message *message = kz_result_object(root, &kzt_kz_chat_reply_message, sizeof *message, error);
    const kz_chat_tool_call **calls = c->n_calls ? kz_result_memory(root, c->n_calls * sizeof *calls, error) : NULL;
    if (!message || (c->n_calls && !calls))
        return NULL;
    message->role = c->role.length ? text_string(&c->role, root, error) : kz_result_string(root, "assistant", SIZE_MAX, error);
    message->content = text_string(&c->content, root, error);
    message->refusal = text_string(&c->refusal, root, error);
    message->reasoning_content = text_string(&c->reasoning_content, root, error);
    message->reasoning = text_string(&c->reasoning, root, error);
    for (size_t i = 0; i < c->n_calls; i++)
        if (c->calls[i].begun && (calls[message->n_tool_calls] = call_of(&c->calls[i], root, error)))
            message->n_tool_calls++;
    message->tool_calls = calls;
    return message;
}

static const kz_chat_choice *choice_of(const choice *c, int64_t index, void *root, kz_error **error)
{
    kz_chat_choice *made = kz_result_object(root, &kzt_kz_chat_choice, sizeof *made, error);
    if (!made)
        return NULL;
    made->index = KZ_INT(index);
    made->finish_reason = text_string(&c->finish_reason, root, error);
    made->message = message_of(c, root, error);
    made->logprobs = logprobs_of(c, root, error);
    if (c->stop_reason.data)
        made->stop_reason = (kz_json){ text_string(&c->stop_reason, root, error), c->stop_reason.length };
    return made;
}

/* The usage of the last piece; of all choices together where as many pieces told of one each. */
static const kz_completion_usage *usage_of(const accumulator *all, void *root, kz_error **error)
{
    size_t begun = 0;
    for (size_t i = 0; i < all->n_choices; i++)
        begun += all->choices[i].begun;
    kz_completion_usage *usage = object_of(&all->usage, root, &kzt_kz_completion_usage, sizeof *usage, error);
    if (usage && begun > 1 && all->n_usages == begun) {
        usage->prompt_tokens = KZ_INT(all->prompt_tokens);
        usage->completion_tokens = KZ_INT(all->completion_tokens);
        usage->total_tokens = KZ_INT(all->prompt_tokens + all->completion_tokens);
        kz_result_changed(usage);
    }
    return usage;
}

void *kzp_chat_accumulator_result(const kz_chat_accumulator *base, uint64_t size, kz_error **error)
{
    const accumulator *all = (const accumulator *)base;
    kz_error *failure = NULL;
    if (error && *error)
        return NULL;
    kz_chat_completion *root = kz_result_new(&kzt_kz_chat_completion, sizeof *root, &failure);
    const kz_chat_choice **choices = root ? kz_result_memory(root, (all->n_choices + 1) * sizeof *choices, &failure) : NULL;
    if (choices) {
        root->id = text_string(&all->id, root, &failure);
        root->object = kz_result_string(root, "chat.completion", SIZE_MAX, &failure);
        root->created = all->created;
        root->model = text_string(&all->model, root, &failure);
        root->service_tier = text_string(&all->service_tier, root, &failure);
        root->system_fingerprint = text_string(&all->system_fingerprint, root, &failure);
        root->usage = usage_of(all, root, &failure);
        root->timings = object_of(&all->timings, root, &kzt_kz_openai_timings, sizeof *root->timings, &failure);
        root->moderation = object_of(
            &all->moderation, root, &kzt_kz_openai_chat_completion_moderation, sizeof *root->moderation, &failure);
        for (size_t i = 0; i < all->n_choices && !failure; i++)
            if (all->choices[i].begun && (choices[root->n_choices] = choice_of(&all->choices[i], (int64_t)i, root, &failure)))
                root->n_choices++;
        root->choices = choices;
    }
    if (!failure)
        return kz_result_for(root, all->interface, size, error);
    kz_free(root);
    kz_error_move(error, &failure);
    return NULL;
}

static void choice_free(choice *c)
{
    text *const texts[] = { &c->role, &c->content, &c->refusal, &c->reasoning_content, &c->reasoning, &c->finish_reason,
        &c->stop_reason, &c->logprobs, &c->refusal_logprobs };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        text_free(texts[i]);
    for (size_t i = 0; i < c->n_calls; i++) {
        text_free(&c->calls[i].id);
        text_free(&c->calls[i].type);
        text_free(&c->calls[i].name);
        text_free(&c->calls[i].arguments);
    }
    free(c->calls);
}

void kzp_chat_accumulator_free(kz_chat_accumulator *base)
{
    accumulator *all = (accumulator *)base;
    text *const texts[] = { &all->id, &all->model, &all->service_tier, &all->system_fingerprint, &all->usage, &all->timings,
        &all->moderation };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        text_free(texts[i]);
    for (size_t i = 0; i < all->n_choices; i++)
        choice_free(&all->choices[i]);
    free(all->choices);
    free(all);
}
