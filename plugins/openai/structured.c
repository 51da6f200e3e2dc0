/* structured.c: replies that were asked for as JSON: the JSON, or why there is none. */
#include "functions.h"

#include <string.h>

static bool is(const char *text, const char *word)
{
    return text && !strcmp(text, word);
}

bool kzp_chat_json(const kz_chat_completion *reply, kz_json *json, kz_error **error)
{
    if (error && *error)
        return false;
    if (!json || !reply || !reply->n_choices || !reply->choices[0] || !reply->choices[0]->message)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "reply", "The JSON of a reply was asked for where there is no reply.");
    const kz_chat_choice *choice = reply->choices[0];
    const kz_chat_reply_message *message = choice->message;
    *json = (kz_json){ 0 };
    if (message->refusal && *message->refusal)
        return kz_error_set(error, KZ_ERROR_STATE, "refusal", "The model refuses: %s", message->refusal);
    if (is(choice->finish_reason, "length"))
        return kz_error_set(error, KZ_ERROR_STATE, "length",
            "The reply was cut off at the limit of tokens before its JSON was whole: raise max_completion_tokens.");
    if (is(choice->finish_reason, "content_filter"))
        return kz_error_set(error, KZ_ERROR_STATE, "content_filter", "The server cut the reply off for its content.");
    if (!message->content)
        return kz_error_set(error, KZ_ERROR_DECODE, "choices[0].message.content", "The reply has no text that could be JSON.");
    kz_json text = { message->content, kz_string_length(message->content) };
    if (!kz_json_check(text, error))
        return false;
    *json = text;
    return true;
}
