/* request.c: from an operation's table row and its arguments to a request: path, query, headers, cookies and body. The
 * arguments were checked by the schema before. */
#include "header.h"
#include "locate.h"
#include "pairs.h"
#include "params.h"
#include "schema_json.h"

#include <stdlib.h>
#include <string.h>

static const kz_field *path_field(const kz_schema *schema, const char *name, size_t length)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        if (field->place == KZ_IN_PATH && strlen(field->name) == length && !memcmp(field->name, name, length))
            return field;
    }
    return NULL;
}

const char *kzi_leave_folder(kzi_buffer *url, const char *path)
{
    while (!strncmp(path, "/../", 4)) {
        const char *scheme = url->data ? strstr(url->data, "://") : NULL;
        size_t first = scheme ? (size_t)(scheme - url->data) + 3 : 0, end = url->length;
        while (end > first && url->data[end - 1] == '/')
            end--;
        while (end > first && url->data[end - 1] != '/')
            end--;
        if (end > first)
            url->data[url->length = end - 1] = 0;
        path += 3;
    }
    return path;
}

static bool put_path(kzi_call *call, const kz_operation *op, uint64_t size, kz_error **error)
{
    for (const char *at = call->url.length ? kzi_leave_folder(&call->url, op->path) : op->path; *at;) {
        const char *open = strchr(at, '{'), *close = open ? strchr(open, '}') : NULL;
        if (!close) {
            kzi_buffer_puts(&call->url, at);
            break;
        }
        kzi_buffer_append(&call->url, at, (size_t)(open - at));
        const kz_field *field = path_field(op->params, open + 1, (size_t)(close - open - 1));
        kzi_buffer text = { 0 };
        bool given = field && kzi_joined_text(&text, field, call->params, size) && text.length;
        bool dots = given && (!strcmp(text.data, ".") || !strcmp(text.data, ".."));
        if (given && !dots)
            kzi_percent_encode(&call->url, text.data, text.length);
        bool failed = text.failed;
        kzi_buffer_free(&text);
        if (failed)
            return kz_error_no_memory(error);
        if (!given || dots)
            return kz_error_set(error, KZ_ERROR_ARGUMENT, field ? field->name : op->path,
                "%s: the argument %s is part of the path and must be %s.", op->name, field ? field->name : "of its path",
                dots ? "neither \".\" nor \"..\"" : "given and not empty");
        at = close + 1;
    }
    return true;
}

static bool put_header(kzi_call *call, const char *name, const char *value, kz_error **error)
{
    if (strpbrk(value, "\r\n"))
        return kz_error_set(error, KZ_ERROR_ARGUMENT, name, "The value of the header %s must not contain line breaks.", name);
    return kzi_header_put(&call->headers, name, value) || kz_error_no_memory(error);
}

/* Query and header arguments, and all cookies as one header. */
static bool put_arguments(kzi_call *call, const kz_operation *op, uint64_t size, kz_error **error)
{
    kzi_buffer cookies = { 0 }, text = { 0 };
    char query = strchr(op->path, '?') ? '&' : '?', cookie = 0;
    bool fine = true;
    for (uint32_t i = 0; fine && i < op->params->n_fields; i++) {
        const kz_field *field = &op->params->fields[i];
        kzi_buffer_clear(&text);
        if (field->place == KZ_IN_QUERY)
            kzi_put_pairs(&call->url, &query, op, field, call->params, size);
        else if (field->place == KZ_IN_HEADER && kzi_joined_text(&text, field, call->params, size))
            fine = put_header(call, field->name, text.data ? text.data : "", error);
        else if (field->place == KZ_IN_COOKIE && kzi_joined_text(&text, field, call->params, size)) {
            if (cookie)
                kzi_buffer_puts(&cookies, "; ");
            kzi_put_pair(&cookies, 0, field->name, &text);
            cookie = 1;
        }
    }
    if (fine && cookies.length)
        fine = put_header(call, "Cookie", cookies.data, error);
    bool failed = cookies.failed || text.failed || call->url.failed;
    kzi_buffer_free(&cookies);
    kzi_buffer_free(&text);
    return fine && (!failed || kz_error_no_memory(error));
}

static const kz_field *whole_body(const kz_schema *schema)
{
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (schema->fields[i].place == KZ_IN_BODY_WHOLE)
            return &schema->fields[i];
    return NULL;
}

/* Members of the call options' body go over those of the operation's. */
static void merge_body(kzi_call *call, kz_json more)
{
    size_t end = call->body.length;
    while (end && call->body.data[end - 1] != '}')
        end--;
    size_t open = 0;
    while (open < more.length && more.text[open] != '{')
        open++;
    if (!end || open == more.length)
        return;
    size_t inner = open + 1;
    while (inner < more.length && strchr(" \t\r\n", more.text[inner]))
        inner++;
    if (more.text[inner] == '}')
        return;
    bool empty = end >= 2 && call->body.data[end - 2] == '{';
    call->body.length = end - 1;
    if (!empty)
        kzi_buffer_putc(&call->body, ',');
    kzi_buffer_append(&call->body, more.text + inner, more.length - inner);
}

static bool put_body(kzi_call *call, const kz_operation *op, uint64_t size, kz_error **error)
{
    const kz_field *whole = whole_body(op->params);
    switch (call->body_kind) {
    case KZ_BODY_JSON:
        if (!kzi_json_write(&call->body, op->params, call->params, whole ? KZ_IN_BODY_WHOLE : KZ_IN_BODY, &call->json, error))
            return false;
        if (call->options && call->options->body.text)
            merge_body(call, call->options->body);
        return call->body.failed
            ? kz_error_no_memory(error)
            : put_header(call, "Content-Type", op->content_type ? op->content_type : "application/json", error);
    case KZ_BODY_FORM:
        kzi_put_form(call, op, size);
        return call->body.failed ? kz_error_no_memory(error)
                                 : put_header(call, "Content-Type", "application/x-www-form-urlencoded", error);
    case KZ_BODY_MULTIPART: call->once = kzi_multipart_is_once(op->params, call->params, size); return true;
    case KZ_BODY_BYTES:
        call->once = kzi_multipart_is_once(op->params, call->params, size);
        return put_header(call, "Content-Type", kzi_upload_type(call), error);
    default: return true;
    }
}

static bool is_idempotent(const kz_operation *op)
{
    return (op->flags & (KZ_OP_RETRY_ALWAYS | KZ_OP_IDEMPOTENT)) || !strcmp(op->method, "GET") || !strcmp(op->method, "HEAD") ||
        !strcmp(op->method, "PUT") || !strcmp(op->method, "DELETE") || !strcmp(op->method, "OPTIONS");
}

static bool put_base(kzi_call *call, kzi_instance *owner, const kz_operation *op, uint64_t size, kz_error **error)
{
    const char *base = call->options && call->options->base_url ? call->options->base_url : NULL;
    if (base) {
        size_t length = strlen(base);
        while (length && base[length - 1] == '/')
            length--;
        kzi_buffer_append(&call->url, base, length);
        return true;
    }
    base = call->client->settings->base_url;
    if (op->base_setting) {
        base = kzi_config_value(call->client->config, op->base_setting, false, NULL);
        if ((!base || (call->options && call->options->target)) && kzi_locates(owner))
            return kzi_locate_prepare(call, owner, size, error);
        if (!base)
            return kz_error_set(error, KZ_ERROR_CONFIG, op->base_setting,
                "%s needs the setting %s: set it in code or in the environment.", op->name, op->base_setting);
    }
    kzi_buffer_puts(&call->url, base);
    return true;
}

/* The arguments with the one that tells a stream from a plain answer as this operation has it. */
static bool set_stream(kzi_call *call, const kz_operation *op, uint64_t size, const void *params, kz_error **error)
{
    const kz_field *field = NULL;
    for (uint32_t i = 0; i < op->params->n_fields && !field; i++)
        if (!strcmp(op->params->fields[i].name, op->stream))
            field = &op->params->fields[i];
    if (!field || field->offset + sizeof(kz_opt_bool) > size)
        return true;
    bool streams = op->answer == KZ_ANSWER_EVENTS;
    kz_opt_bool given = { 0 };
    if (params)
        memcpy(&given, (const char *)params + field->offset, sizeof given);
    if (!streams && !(given.state == KZ_SET && given.value))
        return true;
    call->copied = kzi_scope_new(size + 64);
    char *copy = call->copied ? kzi_scope_alloc(call->copied, size) : NULL;
    if (!copy)
        return kz_error_no_memory(error);
    if (params)
        memcpy(copy, params, size);
    else
        memset(copy, 0, size);
    given = streams ? KZ_TRUE : (kz_opt_bool){ 0 };
    memcpy(copy + field->offset, &given, sizeof given);
    call->params = copy;
    return true;
}

bool kzi_call_prepare(kzi_call *call, kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref,
    const void *params, kz_error **error)
{
    kz_client *client = owner->client;
    uint64_t size = ref ? ref->params_size : op->params->size;
    call->client = kzi_client_hold(client);
    call->options = kzi_options_ref(service->options);
    call->op = op;
    call->caller = ref ? ref->interface : NULL;
    call->result_size = ref ? ref->result_size : 0;
    call->params = params;
    call->json = (kzi_json_options){
        .caller = call->caller, .root_size = size, .max_depth = (unsigned)client->settings->max_json_depth
    };
    call->method = op->method;
    call->body_kind = params || op->body != KZ_BODY_JSON ? (kz_body)op->body : KZ_BODY_NONE;
    call->idempotent = is_idempotent(op);
    call->no_auth = op->flags & KZ_OP_NO_AUTH;
    call->accepts_stream = op->answer == KZ_ANSWER_EVENTS;
    call->retry_after = call->should_retry = -1;
    call->started_at = call->active_at = kzi_now_ms();
    if (service->run)
        call->deadline = service->run->deadline;
    if (op->stream && !set_stream(call, op, size, params, error))
        return false;
    return put_base(call, owner, op, size, error) && put_path(call, op, size, error) && put_arguments(call, op, size, error) &&
        put_body(call, op, size, error) && (!call->url.failed || kz_error_no_memory(error));
}

bool kzi_call_keep_params(kzi_call *call, kz_error **error)
{
    const void *params = call->params;
    kzi_scope *before = call->copied;
    call->params = NULL;
    call->copied = NULL;
    if (!params || call->body_kind < KZ_BODY_MULTIPART) {
        kzi_scope_free(before);
        return true;
    }
    call->copied = kzi_scope_new(256);
    call->params = call->copied ? kzi_params_copy(call->copied, call->op->params, params, &call->json) : NULL;
    call->json = (kzi_json_options){ .root_size = call->op->params->size,
        .max_depth = call->json.max_depth }; /* the copy has the plugin's layout */
    kzi_scope_free(before);
    return call->params || kz_error_no_memory(error);
}
