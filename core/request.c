/* request.c: from an operation's table row and its arguments to a request: path, query, headers, cookies and body. The
 * arguments were checked by the schema before. Percent-encoding leaves only unreserved characters, so any byte survives. */
#include "engine.h"
#include "header.h"
#include "json_scan.h"
#include "locate.h"
#include "params.h"
#include "schema_json.h"

#include <stdlib.h>
#include <string.h>

void kzi_percent_encode(kzi_buffer *out, const char *text, size_t length)
{
    static const char hex[] = "0123456789ABCDEF";
    char *to = kzi_buffer_reserve(out, length * 3);
    if (!to)
        return;
    char *start = to;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c ? c : ' ')) {
            *to++ = (char)c;
        } else {
            *to++ = '%';
            *to++ = hex[c >> 4];
            *to++ = hex[c & 15];
        }
    }
    out->length += (size_t)(to - start);
    out->data[out->length] = 0;
}

const void *kzi_field_at(const void *params, uint64_t size, const kz_field *field, size_t *count)
{
    *count = 0;
    if (!params || field->offset + sizeof(void *) > size)
        return NULL;
    if (field->container != KZ_ONE) {
        if (field->count_offset + sizeof(size_t) > size)
            return NULL;
        memcpy(count, (const char *)params + field->count_offset, sizeof *count);
    }
    return (const char *)params + field->offset;
}

kz_json kzi_extra(const kz_schema *schema, const void *params)
{
    kz_json extra = { 0 };
    if (params)
        memcpy(&extra, (const char *)params + schema->extra_offset, sizeof extra);
    return extra;
}

static void put_number(kzi_buffer *out, double value)
{
    char text[32];
    if (kzi_format_double(value, text))
        kzi_buffer_puts(out, text);
}

bool kzi_field_text(kzi_buffer *out, const kz_field *field, const void *params, uint64_t size)
{
    size_t count;
    const void *at = kzi_field_at(params, size, field, &count);
    if (!at || field->container != KZ_ONE)
        return false;
    const kz_opt_int *integer = at;
    const kz_json *json = at;
    const char *string;
    switch (field->type) {
    case KZ_TYPE_STRING:
        memcpy(&string, at, sizeof string);
        if (!string)
            string = kzi_constant(field);
        if (!string || string == kz_null_string)
            return false;
        kzi_buffer_puts(out, string);
        return true;
    case KZ_TYPE_INT:
        if (integer->state == KZ_SET)
            kzi_buffer_printf(out, "%lld", (long long)integer->value);
        return integer->state == KZ_SET;
    case KZ_TYPE_BOOL:
        if (integer->state == KZ_SET)
            kzi_buffer_puts(out, integer->value ? "true" : "false");
        return integer->state == KZ_SET;
    case KZ_TYPE_NUMBER:
        if (integer->state == KZ_SET)
            put_number(out, ((const kz_opt_number *)at)->value);
        return integer->state == KZ_SET;
    case KZ_TYPE_JSON:
        if (json->text)
            kzi_buffer_append(out, json->text, json->length);
        return json->text != NULL;
    default: return false;
    }
}

/* Item `i` of a list as text. */
static void item_text(kzi_buffer *out, const kz_field *field, const void *list, size_t i)
{
    switch (field->type) {
    case KZ_TYPE_STRING: {
        const char *text = ((const char *const *)list)[i];
        kzi_buffer_puts(out, text ? text : "");
        break;
    }
    case KZ_TYPE_INT: kzi_buffer_printf(out, "%lld", (long long)((const int64_t *)list)[i]); break;
    case KZ_TYPE_NUMBER: put_number(out, ((const double *)list)[i]); break;
    case KZ_TYPE_BOOL: kzi_buffer_puts(out, ((const bool *)list)[i] ? "true" : "false"); break;
    case KZ_TYPE_JSON: kzi_buffer_append(out, ((const kz_json *)list)[i].text, ((const kz_json *)list)[i].length); break;
    default: break;
    }
}

static void put_pair(kzi_buffer *out, char separator, const char *name, const kzi_buffer *value)
{
    if (separator)
        kzi_buffer_putc(out, separator);
    kzi_percent_encode(out, name, strlen(name));
    kzi_buffer_putc(out, '=');
    kzi_percent_encode(out, value->data ? value->data : "", value->length);
}

/* A map is name[key]=value for each of its entries. */
static void put_map(kzi_buffer *out, char *separator, const kz_field *field, const void *params, uint64_t size)
{
    size_t count;
    const void *const *at = kzi_field_at(params, size, field, &count);
    for (size_t i = 0; at && *at && i < count; i++) {
        const kz_string_entry *string = (const kz_string_entry *)*at + i;
        const kz_json_entry *json = (const kz_json_entry *)*at + i;
        kzi_buffer name = { 0 }, value = { 0 };
        kzi_buffer_printf(&name, "%s[%s]", field->name, field->type == KZ_TYPE_STRING ? string->key : json->key);
        if (field->type == KZ_TYPE_STRING)
            kzi_buffer_puts(&value, string->value ? string->value : "");
        else
            kzi_json_put_plain(&value, json->value);
        if (!name.failed)
            put_pair(out, *separator, name.data, &value);
        *separator = '&';
        out->failed |= name.failed || value.failed;
        kzi_buffer_free(&name);
        kzi_buffer_free(&value);
    }
}

/* name=value pairs of one field, as a query and a form have them. `*separator` is what stands before the next pair. */
static void put_field(
    kzi_buffer *out, char *separator, const kz_operation *op, const kz_field *field, const void *params, uint64_t size)
{
    kzi_buffer text = { 0 }, name = { 0 };
    size_t count, length = strlen(field->name);
    bool brackets = op->flags & KZ_OP_BRACKETS && field->container == KZ_LIST && field->name[length - 1] != ']';
    bool explode = brackets || field->flags & KZ_FIELD_EXPLODE || field->place == KZ_IN_BODY; /* forms repeat the name */
    kzi_buffer_printf(&name, brackets ? "%s[]" : "%s", field->name);
    if (name.failed) {
        out->failed = true;
        return;
    }
    if (field->container == KZ_ONE) {
        if (kzi_field_text(&text, field, params, size)) {
            put_pair(out, *separator, name.data, &text);
            *separator = '&';
        }
    } else if (field->container == KZ_LIST) {
        const void *const *at = kzi_field_at(params, size, field, &count);
        for (size_t i = 0; at && *at && i < count; i++) {
            item_text(&text, field, *at, i);
            bool last = i + 1 == count;
            if (!explode && !last) {
                kzi_buffer_putc(&text, ',');
                continue;
            }
            put_pair(out, *separator, name.data, &text);
            *separator = '&';
            kzi_buffer_clear(&text);
        }
    }
    if (field->container == KZ_MAP)
        put_map(out, separator, field, params, size);
    out->failed |= text.failed;
    kzi_buffer_free(&text);
    kzi_buffer_free(&name);
}

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
        bool given = field && kzi_field_text(&text, field, call->params, size) && text.length;
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
    char query = '?', cookie = 0;
    bool fine = true;
    for (uint32_t i = 0; fine && i < op->params->n_fields; i++) {
        const kz_field *field = &op->params->fields[i];
        kzi_buffer_clear(&text);
        if (field->place == KZ_IN_QUERY)
            put_field(&call->url, &query, op, field, call->params, size);
        else if (field->place == KZ_IN_HEADER && kzi_field_text(&text, field, call->params, size))
            fine = put_header(call, field->name, text.data ? text.data : "", error);
        else if (field->place == KZ_IN_COOKIE && kzi_field_text(&text, field, call->params, size)) {
            if (cookie)
                kzi_buffer_puts(&cookies, "; ");
            put_pair(&cookies, 0, field->name, &text);
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

static void put_form(kzi_call *call, const kz_operation *op, uint64_t size)
{
    kz_json extra = kzi_extra(op->params, call->params), value;
    char separator = 0;
    kzi_members members;
    kzi_span name;
    for (uint32_t i = 0; i < op->params->n_fields; i++)
        if (op->params->fields[i].place == KZ_IN_BODY && !kz_json_member(extra, op->params->fields[i].name).text)
            put_field(&call->body, &separator, op, &op->params->fields[i], call->params, size);
    kzi_members_begin(&members, extra);
    while (kzi_members_next(&members, &name, &value)) {
        if (*value.text == 'n') /* null is none */
            continue;
        kzi_buffer plain_name = { 0 }, text = { 0 };
        kzi_json_put_plain(&plain_name, (kz_json){ name.text - 1, name.length + 2 });
        kzi_json_put_plain(&text, value);
        if (plain_name.data)
            put_pair(&call->body, separator, plain_name.data, &text);
        separator = '&';
        call->body.failed |= plain_name.failed || text.failed;
        kzi_buffer_free(&plain_name);
        kzi_buffer_free(&text);
    }
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
        put_form(call, op, size);
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
