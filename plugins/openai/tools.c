/* tools.c: runs the functions that a model calls, until it calls no more. The conversation grows by each reply and what the
 * functions returned; replies are sent back as they came. */
#include "functions.h"
#include "text.h"

#include <stdio.h>

enum { USUAL_TURNS = 10 };

typedef struct conversation {
    kz_chat_message *messages;
    size_t n_messages, room;
    kz_chat_completion **replies; /* kept: their messages are sent again */
    size_t n_replies;
    char **outcomes;
    size_t n_outcomes;
} conversation;

static void conversation_free(conversation *c, const kz_chat_completion *but)
{
    for (size_t i = 0; i < c->n_replies; i++)
        if (c->replies[i] != but)
            kz_free(c->replies[i]);
    for (size_t i = 0; i < c->n_outcomes; i++)
        free(c->outcomes[i]);
    free(c->replies);
    free(c->outcomes);
    free(c->messages);
}

static kz_chat_message *add_message(conversation *c, kz_error **error)
{
    if (c->n_messages == c->room) {
        size_t room = c->room * 2 + 8;
        kz_chat_message *more = realloc(c->messages, room * sizeof *more);
        if (!more) {
            kz_error_no_memory(error);
            return NULL;
        }
        c->messages = more;
        c->room = room;
    }
    kz_chat_message *message = &c->messages[c->n_messages++];
    *message = (kz_chat_message){ 0 };
    return message;
}

/* Keeps a pointer for as long as the conversation; false: no memory, and it is still the caller's. */
static bool keep(void *list, size_t *count, void *pointer)
{
    void **more = realloc(*(void ***)list, (*count + 1) * sizeof *more);
    if (!more)
        return false;
    *(void ***)list = more;
    more[(*count)++] = pointer;
    return true;
}

static const kz_chat_tool_function *function_of(const kz_chat_tool_loop *loop, const char *name)
{
    for (size_t i = 0; name && i < loop->n_functions; i++)
        if (!strcmp(loop->functions[i].name, name))
            return &loop->functions[i];
    return NULL;
}

/* What the function returned; NULL with the slot filled. Arguments that are none at all are an empty object. */
static char *run(const kz_chat_tool_loop *loop, const kz_chat_tool_call *call, kz_error **error)
{
    const kz_chat_function_call *function = call->function;
    const kz_chat_tool_function *known = function_of(loop, function ? function->name : NULL);
    kz_json arguments = KZ_JSON("{}");
    if (!known) {
        kz_error_set(error, KZ_ERROR_STATE, "tool_calls", "There is no function %s.",
            function && function->name ? function->name : "of that kind");
        return NULL;
    }
    if (function->arguments && *function->arguments)
        arguments = (kz_json){ function->arguments, kz_string_length(function->arguments) };
    kz_error *problem = NULL;
    if (!kz_json_check(arguments, &problem)) {
        kz_error_set(error, KZ_ERROR_DECODE, "tool_calls", "The arguments of %s are no JSON: %s", known->name, problem->message);
        kz_error_free(problem);
        return NULL;
    }
    char *outcome = known->run(known->user, arguments, error);
    if (!outcome && error && !*error)
        kz_error_set(error, KZ_ERROR_STATE, known->name, "%s failed and did not say why.", known->name);
    return outcome;
}

/* What the model is told of a failure; NULL: no memory. */
static char *told(const kz_error *failure)
{
    size_t size = strlen(failure->message) + 16;
    char *words = malloc(size);
    if (words)
        snprintf(words, size, "Error: %s", failure->message);
    return words;
}

static bool answer_call(conversation *c, const kz_chat_tool_loop *loop, const kz_chat_tool_call *call, kz_error **error)
{
    kz_error *failure = NULL;
    char *outcome = run(loop, call, &failure);
    if (failure &&
        (loop->errors_end.value || kz_error_is(failure, KZ_ERROR_CANCELLED) || kz_error_is(failure, KZ_ERROR_NO_MEMORY))) {
        free(outcome);
        return kz_error_move(error, &failure);
    }
    if (failure) {
        free(outcome);
        outcome = told(failure);
        kz_error_free(failure);
    }
    if (!outcome || !keep(&c->outcomes, &c->n_outcomes, outcome)) {
        free(outcome);
        return kz_error_no_memory(error);
    }
    kz_chat_message *message = add_message(c, error);
    if (!message)
        return false;
    message->role = "tool";
    message->tool_call_id = call->id;
    message->content = outcome;
    return true;
}

static bool answer_calls(conversation *c, const kz_chat_tool_loop *loop, const kz_chat_reply_message *reply, kz_error **error)
{
    kz_chat_message *message = add_message(c, error);
    if (!message)
        return false;
    message->from = reply;
    message->role = "assistant";
    for (size_t i = 0; i < reply->n_tool_calls; i++)
        if (reply->tool_calls[i] && !answer_call(c, loop, reply->tool_calls[i], error))
            return false;
    return true;
}

/* The tools of the program and the functions; NULL with the slot filled. */
static kz_chat_tool *all_tools(const kz_chat_completion_params *params, const kz_chat_tool_loop *loop, kz_error **error)
{
    size_t count = params->n_tools + loop->n_functions;
    kz_chat_tool *tools = calloc(count + 1, sizeof *tools + sizeof(kz_chat_function));
    if (!tools) {
        kz_error_no_memory(error);
        return NULL;
    }
    kz_chat_function *functions = (kz_chat_function *)(void *)(tools + count + 1);
    if (params->n_tools)
        memcpy(tools, params->tools, params->n_tools * sizeof *tools);
    for (size_t i = 0; i < loop->n_functions; i++) {
        const kz_chat_tool_function *from = &loop->functions[i];
        functions[i] = (kz_chat_function){ .name = from->name, .description = from->description, .parameters = from->parameters };
        tools[params->n_tools + i] = (kz_chat_tool){ .type = "function", .function = &functions[i] };
    }
    return tools;
}

static bool is_sound(const kz_chat_tool_loop *loop, kz_error **error)
{
    if (!loop || !loop->n_functions || !loop->functions)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "functions", "A loop of tools needs at least one function.");
    for (size_t i = 0; i < loop->n_functions; i++)
        if (!loop->functions[i].name || !loop->functions[i].run)
            return kz_error_set(error, KZ_ERROR_ARGUMENT, "functions", "Function %zu of the loop has no %s.", i + 1,
                loop->functions[i].name ? "run" : "name");
    return loop->max_turns.state != KZ_SET || loop->max_turns.value > 0 ||
        kz_error_set(error, KZ_ERROR_ARGUMENT, "max_turns", "max_turns is 1 or more.");
}

/* Asks until the model calls no more functions. */
static kz_chat_completion *ask(
    kz_openai *openai, kz_chat_completion_params *params, const kz_chat_tool_loop *loop, conversation *c, kz_error **error)
{
    int64_t turns = loop->max_turns.state == KZ_SET ? loop->max_turns.value : USUAL_TURNS;
    for (int64_t turn = 0; turn < turns; turn++) {
        params->messages = c->messages;
        params->n_messages = c->n_messages;
        kz_chat_completion *reply = kz_openai_chat_completions_create(openai, params, error);
        if (!reply)
            return NULL;
        if (!keep(&c->replies, &c->n_replies, reply)) {
            kz_free(reply);
            kz_error_no_memory(error);
            return NULL;
        }
        if (loop->turn && !loop->turn(loop->user, reply)) {
            kz_error_set(error, KZ_ERROR_CANCELLED, "turn", "The program ended the conversation.");
            return NULL;
        }
        const kz_chat_choice *first = reply->n_choices ? reply->choices[0] : NULL;
        if (!first || !first->message || !first->message->n_tool_calls)
            return reply;
        if (!answer_calls(c, loop, first->message, error))
            return NULL;
    }
    kz_error_set(error, KZ_ERROR_STATE, "max_turns", "The model still calls functions after %lld turns.", (long long)turns);
    return NULL;
}

void *kzp_chat_run_tools(
    kz_openai *openai, const kz_op_ref *op, const void *arguments, const kz_chat_tool_loop *loop, kz_error **error)
{
    kz_error *failure = NULL;
    conversation c = { 0 };
    if ((error && *error) || !is_sound(loop, error))
        return NULL;
    kz_chat_completion_params *params = kz_params_copy(openai, op, arguments, &failure);
    kz_chat_tool *tools = params ? all_tools(params, loop, &failure) : NULL;
    kz_chat_completion *reply = NULL;
    if (tools) {
        for (size_t i = 0; i < params->n_messages && !failure; i++) {
            kz_chat_message *message = add_message(&c, &failure);
            if (message)
                *message = params->messages[i];
        }
        params->tools = tools;
        params->n_tools += loop->n_functions;
        if (!failure)
            reply = ask(openai, params, loop, &c, &failure);
    }
    conversation_free(&c, reply);
    free(tools);
    kz_free(params);
    kz_error_move(error, &failure);
    return kz_result_for(reply, op->interface, op->result_size, error);
}
