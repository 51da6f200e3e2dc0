/* pairs.c: arguments as text: single values, the name=value pairs of queries and forms. Percent-encoding leaves only unreserved characters,
 * so any byte survives. */
#include "pairs.h"

#include "json_scan.h"
#include "params.h"
#include "schema_json.h"

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

bool kzi_joined_text(kzi_buffer *out, const kz_field *field, const void *params, uint64_t size)
{
    size_t count = 0;
    if (field->container != KZ_LIST)
        return kzi_field_text(out, field, params, size);
    const void *const *at = kzi_field_at(params, size, field, &count);
    if (!at || !*at)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (i)
            kzi_buffer_putc(out, ',');
        item_text(out, field, *at, i);
    }
    return count > 0;
}

void kzi_put_pair(kzi_buffer *out, char separator, const char *name, const kzi_buffer *value)
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
            kzi_put_pair(out, *separator, name.data, &value);
        *separator = '&';
        out->failed |= name.failed || value.failed;
        kzi_buffer_free(&name);
        kzi_buffer_free(&value);
    }
}

/* name=value pairs of one field, as a query and a form have them. `*separator` is what stands before the next pair. */
void kzi_put_pairs(
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
    if (field->container == KZ_MAP) {
        put_map(out, separator, field, params, size);
    } else if (field->container == KZ_LIST && explode) {
        const void *const *at = kzi_field_at(params, size, field, &count);
        for (size_t i = 0; at && *at && i < count; i++) {
            kzi_buffer_clear(&text);
            item_text(&text, field, *at, i);
            kzi_put_pair(out, *separator, name.data, &text);
            *separator = '&';
        }
    } else if (kzi_joined_text(&text, field, params, size)) {
        kzi_put_pair(out, *separator, name.data, &text);
        *separator = '&';
    }
    out->failed |= text.failed;
    kzi_buffer_free(&text);
    kzi_buffer_free(&name);
}

void kzi_put_form(kzi_call *call, const kz_operation *op, uint64_t size)
{
    kz_json extra = kzi_extra(op->params, call->params), value;
    char separator = 0;
    kzi_members members;
    kzi_span name;
    for (uint32_t i = 0; i < op->params->n_fields; i++)
        if (op->params->fields[i].place == KZ_IN_BODY && !kz_json_member(extra, op->params->fields[i].name).text)
            kzi_put_pairs(&call->body, &separator, op, &op->params->fields[i], call->params, size);
    kzi_members_begin(&members, extra);
    while (kzi_members_next(&members, &name, &value)) {
        if (*value.text == 'n') /* null is none */
            continue;
        kzi_buffer plain_name = { 0 }, text = { 0 };
        kzi_json_put_plain(&plain_name, (kz_json){ name.text - 1, name.length + 2 });
        kzi_json_put_plain(&text, value);
        if (plain_name.data)
            kzi_put_pair(&call->body, separator, plain_name.data, &text);
        separator = '&';
        call->body.failed |= plain_name.failed || text.failed;
        kzi_buffer_free(&plain_name);
        kzi_buffer_free(&text);
    }
}
