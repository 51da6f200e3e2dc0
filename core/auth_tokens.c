/* auth_tokens.c: see auth_tokens.h; and what a token endpoint answered, judged for the providers that ask one. */
#include "auth_tokens.h"

#include "engine.h"
#include "json_scan.h"

#include <stdio.h>
#include <string.h>

static const double longest = 3650.0 * 24 * 3600;

kz_json kzi_token_member(kz_json object, const char *name)
{
    kz_json value = kz_json_member(object, name);
    return value.length == 4 && !memcmp(value.text, "null", 4) ? (kz_json){ 0 } : value;
}

const char *kzi_token_text(kz_json object, const char *name, kzi_scope *scope, const char *whose, kz_error **error)
{
    kz_json value = kzi_token_member(object, name);
    if (!value.text)
        return NULL;
    char *text = *value.text == '"' ? kzi_scope_string_begin(scope, value.length) : NULL;
    if (*value.text != '"' || !text) {
        if (*value.text == '"')
            kz_error_no_memory(error);
        else
            kz_error_set(error, KZ_ERROR_AUTHENTICATION, name, "%s has a \"%s\" that is no string.", whose, name);
        return NULL;
    }
    size_t length = (size_t)kzi_json_unescape(value.text, value.length, text), fine = 0;
    kzi_scope_string_end(scope, text, length);
    while (fine < length && (unsigned char)text[fine] >= ' ' && text[fine] != 0x7f)
        fine++;
    if (fine == length)
        return length ? text : NULL;
    kz_error_set(
        error, KZ_ERROR_AUTHENTICATION, name, "%s has a \"%s\" that holds line breaks or other control characters.", whose, name);
    return NULL;
}

bool kzi_token_number(kz_json value, double *number)
{
    if (value.length > 2 && *value.text == '"') {
        value.text++;
        value.length -= 2;
    }
    kzi_scan scan = { .start = value.text, .at = value.text, .end = value.text + value.length, .max_depth = 1 };
    const char *text;
    size_t length;
    bool whole;
    return value.length && kzi_scan_number(&scan, &text, &length, &whole) && scan.at == scan.end &&
        kzi_parse_double(text, length, number);
}

bool kzi_token_lifetime(double seconds, const char *name, const char *whose, kz_opt_number *lifetime, kz_error **error)
{
    if (!(seconds > 0))
        return kz_error_set(error, KZ_ERROR_AUTHENTICATION, name,
            "%s says by \"%s\" that the token has ended already; check the clocks of both sides.", whose, name);
    *lifetime = KZ_NUMBER(seconds < longest ? seconds : longest);
    return true;
}

/* ---- what a token endpoint answered ---- */

static const kz_schema schema = { .name = "kz_provider_tokens", .title = "tokens", .size = sizeof(kz_provider_tokens) };

static void refuse(const kz_provider_answer *answer, const char *what, const char *problem, kz_error **error)
{
    char message[512];
    snprintf(message, sizeof message, "%s: %s", what, problem);
    kz_error facts = { .code = KZ_ERROR_AUTHENTICATION, .message = message, .status = answer->status };
    if (answer->failure) {
        if (kz_error_is(answer->failure, KZ_ERROR_CONNECTION)) /* it was cut */
            facts.code = answer->failure->code;
        facts.method = answer->failure->method;
        facts.url = answer->failure->url;
        facts.server_code = answer->failure->server_code;
        facts.request_id = answer->failure->request_id;
        facts.detail = answer->failure->detail;
        facts.attempts = answer->failure->attempts;
        facts.retry_after_ms = answer->failure->retry_after_ms;
    }
    kzi_error_fill(error, &facts);
}

kz_json kz_provider_answer_object(const kz_provider_step *step, const char *what, kz_error **error)
{
    kz_json none = { 0 };
    if (kzi_stuck(error))
        return none;
    if (!step || !what) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "step", "Reading an answer takes a step and what it is for.");
        return none;
    }
    const kz_provider_answer *answer = &step->answer;
    kz_json whole = { answer->body, answer->length };
    size_t line, column;
    const char *problem;
    char message[256];
    if (!answer->status) {
        kz_error *failure = kz_error_copy(answer->failure);
        if (failure)
            kz_error_move(error, &failure);
        else
            kz_error_set(error, KZ_ERROR_STATE, NULL, "%s: no request has been answered yet.", what);
        return none;
    }
    if (answer->status >= 300 || answer->failure) {
        refuse(answer, what, answer->failure ? answer->failure->message : "it was refused.", error);
        return none;
    }
    while (whole.length && strchr(" \t\r\n", *whole.text))
        whole.text++, whole.length--;
    if (whole.length && *whole.text == '{' && kzi_json_valid(whole.text, whole.length, KZI_MAX_DEPTH, &line, &column, &problem))
        return whole;
    snprintf(message, sizeof message, "the answer is %s where a JSON object was due; is the address right?",
        !whole.length            ? "empty"
            : *whole.text == '<' ? "a page (HTML)"
            : *whole.text == '{' ? "JSON that breaks off or is damaged"
                                 : "something else");
    refuse(answer, what, message, error);
    return none;
}

kz_provider_tokens *kz_provider_read_tokens(const kz_provider_step *step, const char *what, kz_error **error)
{
    char whose[256];
    double seconds;
    if (kzi_stuck(error))
        return NULL;
    if (!step || !what) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "step", "Reading tokens takes a step and what they are for.");
        return NULL;
    }
    snprintf(whose, sizeof whose, "%s: the answer", what);
    kz_error *problem = NULL;
    kz_json whole = kz_provider_answer_object(step, what, &problem);
    kz_provider_tokens *tokens = whole.text ? kz_result_new(&schema, sizeof *tokens, &problem) : NULL;
    if (tokens) {
        kzi_scope *scope = kzi_header_of(tokens)->scope;
        kz_json lifetime = kzi_token_member(whole, "expires_in");
        tokens->access_token = kzi_token_text(whole, "access_token", scope, whose, &problem);
        tokens->token_type = kzi_token_text(whole, "token_type", scope, whose, &problem);
        tokens->refresh_token = kzi_token_text(whole, "refresh_token", scope, whose, &problem);
        tokens->id_token = kzi_token_text(whole, "id_token", scope, whose, &problem);
        tokens->scope = kzi_token_text(whole, "scope", scope, whose, &problem);
        if (!tokens->access_token)
            kz_error_set(&problem, KZ_ERROR_AUTHENTICATION, "access_token", "%s has no \"access_token\".", whose);
        else if (strchr(tokens->access_token, ' '))
            kz_error_set(
                &problem, KZ_ERROR_AUTHENTICATION, "access_token", "%s has an \"access_token\" that holds spaces.", whose);
        if (lifetime.text && !kzi_token_number(lifetime, &seconds))
            kz_error_set(&problem, KZ_ERROR_AUTHENTICATION, "expires_in", "%s has an \"expires_in\" that is no number.", whose);
        else if (lifetime.text)
            kzi_token_lifetime(seconds, "expires_in", whose, &tokens->lifetime, &problem);
    }
    if (!problem)
        return tokens;
    kz_free(tokens);
    kz_error_move(error, &problem);
    return NULL;
}

/* ---- what it is asked ---- */

kz_string_value *kz_provider_form(const kz_string_entry *fields, uint64_t n_fields, kz_error **error)
{
    kzi_buffer text = { 0 };
    if (kzi_stuck(error))
        return NULL;
    for (uint64_t i = 0; i < n_fields; i++) {
        if (!fields[i].value)
            continue;
        if (text.length)
            kzi_buffer_putc(&text, '&');
        kzi_percent_encode(&text, fields[i].key, strlen(fields[i].key));
        kzi_buffer_putc(&text, '=');
        kzi_percent_encode(&text, fields[i].value, strlen(fields[i].value));
    }
    kz_string_value *form = text.failed ? NULL : kz_result_new(&kz_schema_string_value, sizeof *form, error);
    if (form)
        form->value = kz_result_string(form, text.data ? text.data : "", text.length, error);
    if (form && !form->value) {
        kz_free(form);
        form = NULL;
    }
    if (text.failed)
        kz_error_no_memory(error);
    kzi_buffer_free(&text);
    return form;
}
