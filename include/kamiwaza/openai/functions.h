/* openai/functions.h: what the service openai has beside its operations: whole answers from streams, functions that a model calls,
 * answers that are JSON. The functions are in the plugin; nothing is linked. */
#ifndef KAMIWAZA_OPENAI_FUNCTIONS_H
#define KAMIWAZA_OPENAI_FUNCTIONS_H

#include <kamiwaza/openai/chat.h>
#include <kamiwaza/openai/responses.h>

KZ_BEGIN_DECLS

struct kz_openai_functions;

/* ---- the whole of a streamed answer ---- */

/* Puts the pieces of a streamed chat completion together. One thread at a time. */
typedef struct kz_chat_accumulator {
    const struct kz_openai_functions *functions;
} kz_chat_accumulator;

/* The same for the events of a streamed response. */
typedef struct kz_openai_response_accumulator {
    const struct kz_openai_functions *functions;
} kz_openai_response_accumulator;

/* ---- functions that a model calls ---- */

/* One function of the program. The struct does not grow; zero the reserved members. */
typedef struct kz_chat_tool_function {
    const char *name;        /* as the model calls it */
    const char *description; /* what it does, for the model; or NULL */
    kz_json parameters;      /* a JSON schema of its arguments, an object; without text: it takes none */
    /* Called with the arguments, which are JSON (checked, but not against the schema). Returns what the model is told, allocated
     * with malloc() and freed by the caller; or NULL with the slot filled. */
    char *(*run)(void *user, kz_json arguments, kz_error **error);
    void *user;
    const void *reserved[2];
} kz_chat_tool_function;

/* How the functions are run. The struct does not grow; zero means the default. */
typedef struct kz_chat_tool_loop {
    const kz_chat_tool_function *functions;
    size_t n_functions;
    kz_opt_int max_turns; /* how often the model is asked at the most; default 10 */
    /* KZ_TRUE: a function that fails ends the loop with its error. Otherwise the model is told the message and may try again. */
    kz_opt_bool errors_end;
    /* Sees each reply, the last one too; false ends the loop as cancelled. Or NULL. */
    bool (*turn)(void *user, const kz_chat_completion *reply);
    void *user;
    const void *reserved[4];
} kz_chat_tool_loop;

/* The functions as the plugin has them; use the ones below, which also say whether the plugin is there and has them. */
typedef struct kz_openai_functions {
    uint64_t size;
    kz_chat_accumulator *(*chat_accumulator_new)(kz_openai *openai, const kz_interface *interface, kz_error **error);
    bool (*chat_accumulator_add)(kz_chat_accumulator *all, const kz_chat_completion_chunk *chunk, kz_error **error);
    const char *(*chat_accumulator_text)(const kz_chat_accumulator *all, int64_t choice);
    void *(*chat_accumulator_result)(const kz_chat_accumulator *all, uint64_t size, kz_error **error);
    void (*chat_accumulator_free)(kz_chat_accumulator *all);
    kz_openai_response_accumulator *(*response_accumulator_new)(
        kz_openai *openai, const kz_interface *interface, kz_error **error);
    bool (*response_accumulator_add)(
        kz_openai_response_accumulator *all, const kz_openai_response_stream_event *event, kz_error **error);
    void *(*response_accumulator_result)(const kz_openai_response_accumulator *all, uint64_t size, kz_error **error);
    void (*response_accumulator_free)(kz_openai_response_accumulator *all);
    void *(*chat_run_tools)(
        kz_openai *openai, const kz_op_ref *op, const void *params, const kz_chat_tool_loop *loop, kz_error **error);
    bool (*chat_json)(const kz_chat_completion *reply, kz_json *json, kz_error **error);
} kz_openai_functions;

/* An accumulator without pieces, to be released with kz_chat_accumulator_free(); or NULL with the slot filled. It may outlive the
 * client. Errors: PLUGIN_INCOMPATIBLE, NO_MEMORY. */
static inline kz_chat_accumulator *kz_chat_accumulator_new(kz_openai *openai, kz_error **error)
{
    const kz_openai_functions *functions = KZ_PLUGIN_FUNCTIONS(
        kz_openai_functions, openai, chat_accumulator_new, chat_accumulator_free, error);
    return functions ? functions->chat_accumulator_new(openai, &kz_openai_chat_interface, error) : NULL;
}

/* Adds a piece, which need not live on. NULL pieces (the end of a stream) are ignored. Returns false with the slot filled. Errors:
 * ARGUMENT (no accumulator), DECODE (a choice or call number that no server means), NO_MEMORY. */
static inline bool kz_chat_accumulator_add(kz_chat_accumulator *all, const kz_chat_completion_chunk *chunk, kz_error **error)
{
    if (!all)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "accumulator", "A piece was added to no accumulator.");
    return all->functions->chat_accumulator_add(all, chunk, error);
}

/* The text of a choice so far, "" where none came; borrowed until the next piece is added. */
static inline const char *kz_chat_accumulator_text(const kz_chat_accumulator *all, int64_t choice)
{
    return all ? all->functions->chat_accumulator_text(all, choice) : "";
}

/* What came so far as a whole answer, to be released with kz_free(); or NULL with the slot filled. More may be added afterwards.
 * Errors: ARGUMENT, NO_MEMORY. */
static inline kz_chat_completion *kz_chat_accumulator_result(const kz_chat_accumulator *all, kz_error **error)
{
    if (!all) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "accumulator", "An answer was asked for of no accumulator.");
        return NULL;
    }
    return (kz_chat_completion *)all->functions->chat_accumulator_result(all, sizeof(kz_chat_completion), error);
}

/* NULL is ignored. */
static inline void kz_chat_accumulator_free(kz_chat_accumulator *all)
{
    if (all)
        all->functions->chat_accumulator_free(all);
}

/* As kz_chat_accumulator_new(), for the events of kz_openai_responses_create_stream(). */
static inline kz_openai_response_accumulator *kz_openai_response_accumulator_new(kz_openai *openai, kz_error **error)
{
    const kz_openai_functions *functions = KZ_PLUGIN_FUNCTIONS(
        kz_openai_functions, openai, response_accumulator_new, response_accumulator_free, error);
    return functions ? functions->response_accumulator_new(openai, &kz_openai_responses_interface, error) : NULL;
}

/* As kz_chat_accumulator_add(). */
static inline bool kz_openai_response_accumulator_add(
    kz_openai_response_accumulator *all, const kz_openai_response_stream_event *event, kz_error **error)
{
    if (!all)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "accumulator", "An event was added to no accumulator.");
    return all->functions->response_accumulator_add(all, event, error);
}

/* The response as far as it came: what its last event holds, with the items and texts that came meanwhile where the stream was cut.
 * To be released with kz_free(); NULL with the slot filled. Errors: ARGUMENT, STATE (no event came), NO_MEMORY. */
static inline kz_openai_response *kz_openai_response_accumulator_result(
    const kz_openai_response_accumulator *all, kz_error **error)
{
    if (!all) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "accumulator", "A response was asked for of no accumulator.");
        return NULL;
    }
    return (kz_openai_response *)all->functions->response_accumulator_result(all, sizeof(kz_openai_response), error);
}

/* NULL is ignored. */
static inline void kz_openai_response_accumulator_free(kz_openai_response_accumulator *all)
{
    if (all)
        all->functions->response_accumulator_free(all);
}

/* POST /chat/completions, until the model calls no more functions: each reply that calls some has them run and is answered with
 * what they returned. `params` as of kz_openai_chat_completions_create(), borrowed; the functions are added to its tools. A function
 * that the model makes up, and arguments that are no JSON, are told to the model like a failure. Returns the last reply, to be
 * released with kz_free(); or NULL with the slot filled. Errors: those of the operation; STATE where the model still calls functions
 * after `max_turns`; CANCELLED by `turn`; the functions' own with `errors_end`. Blocks. */
static inline kz_chat_completion *kz_openai_chat_run_tools(
    kz_openai *openai, const kz_chat_completion_params *params, const kz_chat_tool_loop *loop, kz_error **error)
{
    const kz_openai_functions *functions = KZ_PLUGIN_FUNCTION(kz_openai_functions, openai, chat_run_tools, error);
    return functions
        ? (kz_chat_completion *)functions->chat_run_tools(openai, &kz_openai_chat_completions_create_op, params, loop, error)
        : NULL;
}

/* The JSON of a reply that was asked for in JSON (response_format): the text of its first choice, checked, borrowed from `reply`.
 * Returns false with the slot filled: STATE with the path "refusal" where the model refused (the message is the model's), "length"
 * or "content_filter" where the text was cut; DECODE where it is no JSON; ARGUMENT. */
static inline bool kz_openai_chat_json(kz_openai *openai, const kz_chat_completion *reply, kz_json *json, kz_error **error)
{
    const kz_openai_functions *functions = KZ_PLUGIN_FUNCTION(kz_openai_functions, openai, chat_json, error);
    return functions && functions->chat_json(reply, json, error);
}

KZ_END_DECLS
#endif
