/* answer_error.c: the error of an answer whose status says that something is wrong: its class from the status, its message
 * and details from the JSON that platforms and model servers send (detail, error, message), with secrets of ours masked in
 * case a server echoes them. */
#include "auth.h"
#include "mask.h"
#include "json_scan.h"
#include "schema_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static kz_error_code class_of(long status)
{
    switch (status) {
    case 400:
    case 422: return KZ_ERROR_VALIDATION;
    case 401: return KZ_ERROR_AUTHENTICATION;
    case 403: return KZ_ERROR_PERMISSION;
    case 404: return KZ_ERROR_NOT_FOUND;
    case 409: return KZ_ERROR_CONFLICT;
    case 429: return KZ_ERROR_RATE_LIMIT;
    case 501:
    case 503: return KZ_ERROR_UNAVAILABLE;
    default: return status >= 500 ? KZ_ERROR_SERVER : KZ_ERROR_API;
    }
}

/* A JSON string as text, or any other value as it stands; empty for null and nothing. */
static void as_text(kz_json json, char *out, size_t size)
{
    out[0] = 0;
    if (!json.text || (json.length == 4 && !memcmp(json.text, "null", 4)))
        return;
    kzi_scan scan = { .start = json.text, .at = json.text, .end = json.text + json.length, .max_depth = 1 };
    kzi_span span;
    if (json.text[0] != '"')
        span = (kzi_span){ .text = json.text, .length = json.length };
    else if (!kzi_scan_string(&scan, &span))
        return;
    kzi_span_cut(&span, out, size);
}

static kz_json first_item(kz_json list)
{
    size_t at = 1;
    while (at < list.length && strchr(" \t\r\n", list.text[at]))
        at++;
    if (at >= list.length || list.text[at] == ']')
        return (kz_json){ 0 };
    return (kz_json){ list.text + at, kzi_json_skip(list.text + at, list.length - at) };
}

/* FastAPI's list of what is wrong: the first one, "body.name: Field required". */
static void validation_text(kz_json list, char *out, size_t size)
{
    kz_json first = first_item(list), place = kz_json_member(first, "loc");
    char where[256] = "", what[512];
    as_text(kz_json_member(first, "msg"), what, sizeof what);
    size_t used = 0;
    for (size_t i = 0; place.text && i < place.length && used + 1 < sizeof where; i++)
        if (!strchr("[]\" ", place.text[i]))
            where[used++] = place.text[i] == ',' ? '.' : place.text[i];
    where[used] = 0;
    snprintf(out, size, "%s%s%s", where, *where && *what ? ": " : "", what);
}

/* What an authorisation server says (RFC 6749, section 5.2): a code in `error`, words in `error_description`. */
static bool is_oauth_code(const char *text)
{
    return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz_")];
}

static void message_of(kz_json whole, kz_json detail, kz_json problem, char *out, size_t size)
{
    out[0] = 0;
    if (detail.text && detail.text[0] == '[')
        validation_text(detail, out, size);
    else if (detail.text && detail.text[0] == '{')
        as_text(kz_json_member(detail, "message"), out, size);
    else
        as_text(detail, out, size);
    if (!*out && problem.text && problem.text[0] == '"') {
        char words[512];
        as_text(kz_json_member(whole, "error_description"), words, sizeof words);
        as_text(problem, out, size);
        if (*words && strlen(out) + strlen(words) + 3 <= size)
            strcat(strcat(out, *out ? ": " : ""), words);
    }
    if (!*out && problem.text)
        as_text(problem.text[0] == '{' ? kz_json_member(problem, "message") : problem, out, size);
    if (!*out)
        as_text(kz_json_member(whole, "message"), out, size);
    if (!*out && detail.text && detail.text[0] == '{')
        as_text(detail, out, size);
}

/* What may help against a 401, by what the credentials came from. */
static const char *credential_advice(const kzi_call *call)
{
    const char *provider = call->client->auth ? call->client->auth->name : NULL;
    if (call->detached || call->no_auth) /* the provider's own request: it knows better; and one that carries none */
        return "";
    if (!provider || !strcmp(provider, "api-key") || !strcmp(provider, "bearer"))
        return " Check the API key or token (KAMIWAZA_API_KEY, KAMIWAZA_TOKEN).";
    return !strcmp(provider, "command") ? " Check what the credential command prints." : " Sign in again: kamiwaza login.";
}

static const char *advice(const kzi_call *call, kz_error_code code)
{
    switch (code) {
    case KZ_ERROR_AUTHENTICATION: return credential_advice(call);
    case KZ_ERROR_PERMISSION: return " These credentials may not do this.";
    case KZ_ERROR_RATE_LIMIT: return " Wait before the next request.";
    default: return "";
    }
}

static bool is_object(kz_json json)
{
    return json.text && json.length && json.text[0] == '{';
}

static kz_json member(kz_json object, kz_json fallback, const char *name)
{
    kz_json found = is_object(object) ? kz_json_member(object, name) : (kz_json){ 0 };
    return found.text || !is_object(fallback) ? found : kz_json_member(fallback, name);
}

/* Without spaces before it; nothing where it is no valid JSON object. */
static kz_json sound_object(kz_json whole)
{
    size_t line, column;
    const char *problem;
    while (whole.length && strchr(" \t\r\n", whole.text[0]))
        whole.text++, whole.length--;
    bool sound = whole.length && kzi_json_valid(whole.text, whole.length, KZI_MAX_DEPTH, &line, &column, &problem);
    return sound && is_object(whole) ? whole : (kz_json){ 0 };
}

/* Fills *slot with what an answer says of itself. `class` 0: the code of the error says it, else API. */
static void fill(const kzi_call *call, kz_json whole, kz_error_code class, const char *intro, kz_error **slot)
{
    kz_json detail = whole.text ? kz_json_member(whole, "detail") : whole;
    kz_json error = whole.text ? kz_json_member(whole, "error") : whole;
    char said[768] = "", message[1024], url[512], code[128], param[128], type[128], request_id[128];
    if (whole.text)
        message_of(whole, detail, error, said, sizeof said);
    as_text(member(error, whole, "code"), code, sizeof code);
    if (!*code && error.text && *error.text == '"') {
        as_text(error, code, sizeof code);
        if (!is_oauth_code(code))
            *code = 0;
    }
    as_text(member(error, whole, "param"), param, sizeof param);
    as_text(member(error, whole, "type"), type, sizeof type);
    as_text(whole.text ? kz_json_member(whole, "request_id") : whole, request_id, sizeof request_id);
    if (!class) {
        long status = strtol(code, NULL, 10);
        class = status >= 400 && status < 600 ? class_of(status) : strstr(type, "server") ? KZ_ERROR_SERVER : KZ_ERROR_API;
    }
    snprintf(message, sizeof message, "%s%s%s%s%s", intro, *said ? ": " : "", said,
        *said && strchr(".!?", said[strlen(said) - 1]) ? "" : ".", advice(call, class));
    kzi_public_url(call->url.data, url, sizeof url);
    kz_error facts = { .code = class,
        .message = message,
        .status = call->status,
        .method = call->method,
        .url = url,
        .server_code = *code ? code : NULL,
        .server_param = *param ? param : NULL,
        .server_type = *type ? type : NULL,
        .request_id = call->request_id ? call->request_id
            : *request_id              ? request_id
                                       : NULL,
        .detail = detail.text ? detail
            : error.text      ? error
                              : whole,
        .attempts = call->attempts,
        .retry_after_ms = call->retry_after > 0 ? call->retry_after : 0 };
    kzi_error_fill(slot, &facts);
}

void kzi_answer_api_error(kzi_call *call)
{
    char intro[64];
    kzi_mask_secrets(call, &call->answer);
    snprintf(intro, sizeof intro, "The server answered %ld", call->status);
    fill(call, sound_object((kz_json){ call->answer.data, call->answer.length }), class_of(call->status), intro, &call->error);
}

bool kzi_answer_is_error(const void *item, bool alone)
{
    const kz_schema *schema = kzi_header_of(item)->schema;
    kz_json json = kz_json_of(item);
    static const char name[] = "\"error\"";
    if (!json.text || !memmem(json.text, json.length, name, sizeof name - 1) || schema->shape != KZ_SHAPE_OBJECT)
        return false;
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (!strcmp(schema->fields[i].name, "error") || (alone && kzi_field_is_given(&schema->fields[i], item, schema->size)))
            return false;
    kz_json error = kz_json_member(json, "error");
    return error.length > 2 && *error.text == '{' && kz_json_member(error, "message").text;
}

void kzi_answer_said_error(const kzi_call *call, kz_json json, kz_error **error)
{
    kzi_buffer copy = { 0 };
    kzi_buffer_append(&copy, json.text, json.length);
    if (copy.failed) {
        kz_error_no_memory(error);
        return;
    }
    kzi_mask_secrets(call, &copy);
    fill(call, sound_object((kz_json){ copy.data, copy.length }), 0, "The server sent an error in place of an answer", error);
    kzi_buffer_free(&copy);
}
