/* json_arguments.c: what is special when JSON holds the arguments of a call by name: other names for arguments, a member that
 * holds the body's members together, content to upload, and members that nothing knows. */
#include "json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const kz_field *by_alias(const kz_schema *schema, const kzi_span *name)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        for (size_t j = 0; field->aliases && field->aliases[j]; j++)
            if (kzi_span_is(name, field->aliases[j]))
                return field;
        if (field->c_name && kzi_span_is(name, field->c_name))
            return field;
    }
    return NULL;
}

static bool unknown(kzi_reader *r, const kz_schema *schema, const kzi_span *name)
{
    char text[128], message[256];
    const char **names = calloc(schema->n_fields + 1, sizeof *names);
    size_t n = name->length < sizeof text ? name->length : sizeof text - 1;
    memcpy(text, name->text, n);
    text[n] = 0;
    for (uint32_t i = 0; names && i < schema->n_fields; i++)
        names[i] = schema->fields[i].name;
    const char *near = names ? kzi_nearest(text, names, schema->n_fields) : NULL;
    free(names);
    kzi_buffer known = { 0 };
    for (uint32_t i = 0; !near && i < schema->n_fields; i++)
        if (!(schema->fields[i].flags & KZ_FIELD_ALTERNATIVE))
            kzi_buffer_printf(&known, "%s%s", known.length ? ", " : "", schema->fields[i].name);
    if (near)
        snprintf(message, sizeof message, " Did you mean %s?", near);
    r->failed = true;
    kz_error_set(r->error, KZ_ERROR_ARGUMENT, text, "There is no argument %s.%s%s%s%s", text, near ? message : "",
        near               ? ""
            : known.length ? " Known are: "
                           : " The operation takes none",
        near || !known.data ? "" : known.data, near ? "" : ".");
    kzi_buffer_free(&known);
    return false;
}

/* Whether an argument holds the members of the body together. It may have the name of one of them: then it does when all that
 * it has are members too. */
static bool is_body(kzi_reader *r, const kz_schema *schema, const kzi_span *name, bool is_member)
{
    kzi_scan ahead = r->scan;
    kzi_members members;
    kzi_span inner;
    kz_json whole, value;
    if (!r->options->body_name || !kzi_span_is(name, r->options->body_name))
        return false;
    if (!is_member || kzi_scan_peek(&ahead) != '{' || !kzi_scan_value(&ahead, &whole.text, &whole.length))
        return !is_member;
    size_t n = 0;
    kzi_members_begin(&members, whole);
    while (kzi_members_next(&members, &inner, &value)) {
        uint32_t expected = 0;
        if (!kzi_find_field(schema, &inner, &expected))
            return false;
        n++;
    }
    return n > 0;
}

static bool read_body(kzi_reader *r, const kz_schema *schema, char *object, const kzi_frame *frame)
{
    char c = kzi_scan_peek(&r->scan);
    if (c == 'n')
        return kzi_scan_literal(&r->scan, "null") || kzi_read_fail(r, frame, "something", "an object");
    if (c != '{')
        return kzi_read_fail(r, frame, "something else", "an object");
    kzi_json_options inner = *r->options;
    const kzi_json_options *outer = r->options;
    inner.body_name = NULL;
    r->options = &inner;
    r->scan.at++;
    bool fine = kzi_read_members(r, schema, object, NULL);
    r->options = outer;
    return fine;
}

/* A null that the struct has no place for, since a pointer that is NULL is not given: it travels as a member of `extra`. */
static bool is_null_apart(kzi_reader *r, const kz_schema *schema, const kz_field *field)
{
    bool pointer = field->container != KZ_ONE || field->type >= KZ_TYPE_OBJECT;
    return schema->request && pointer && field->flags & KZ_FIELD_NULLABLE && field->place == KZ_IN_BODY &&
        kzi_scan_peek(&r->scan) == 'n';
}

static bool skip(kzi_reader *r, const kzi_frame *frame)
{
    kz_json ignored = { 0 };
    return kzi_scan_value(&r->scan, &ignored.text, &ignored.length) || kzi_read_fail(r, frame, r->scan.problem, NULL);
}

bool kzi_read_argument(kzi_reader *r, const kz_schema *schema, const kz_field *field, char *object, const kzi_span *name,
    const kzi_frame *frame, kzi_buffer *extra)
{
    bool root = frame && !frame->up;
    if (root && is_body(r, schema, name, field != NULL))
        return read_body(r, schema, object, frame);
    if (!field)
        field = by_alias(schema, name);
    bool null = field && is_null_apart(r, schema, field);
    if (field && !null)
        return kzi_read_field(r, schema, field, object, frame);
    if (root && !field && kzi_is_call_option(name))
        return skip(r, frame);
    if (!null && (root || schema->sealed))
        return unknown(r, schema, name);
    const char *text;
    size_t length;
    if (!kzi_scan_value(&r->scan, &text, &length))
        return kzi_read_fail(r, frame, r->scan.problem, NULL);
    kzi_buffer_puts(extra, extra->length ? ",\"" : "{\"");
    if (field)
        kzi_buffer_puts(extra, field->name);
    else
        kzi_buffer_append(extra, name->text, name->length);
    kzi_buffer_puts(extra, "\":");
    kzi_buffer_append(extra, text, length);
    return !extra->failed || kzi_read_no_memory(r);
}

bool kzi_read_store_extra(kzi_reader *r, const kz_schema *schema, char *object, kzi_buffer *extra)
{
    kzi_buffer_putc(extra, '}');
    char *text = extra->failed || !schema->request ? NULL : kzi_scope_string(r->scope, extra->data, extra->length);
    if (!text)
        return kzi_read_no_memory(r);
    kz_json json = { text, extra->length };
    memcpy(object + schema->extra_offset, &json, sizeof json);
    return true;
}

static int digit64(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Base 64, both alphabets, with or without padding; a slash may be escaped. */
static bool decode64(kzi_reader *r, kz_json json, kz_upload *upload, const kzi_frame *frame)
{
    if (!json.text || *json.text != '"')
        return kzi_read_fail(r, frame, "something else", "base 64 text in $bytes");
    const char *at = json.text + 1, *end = json.text + json.length - 1;
    unsigned char *out = kzi_scope_alloc(r->scope, json.length + 8), *to = out;
    if (!out)
        return kzi_read_no_memory(r);
    unsigned bits = 0, n = 0, padding = 0;
    for (; at < end && *at != '='; at++) {
        if (*at == '\\' && at[1] == '/')
            at++;
        int digit = digit64(*at);
        if (digit < 0)
            return kzi_read_fail(r, frame, "text that is not base 64", NULL);
        bits = bits << 6 | (unsigned)digit;
        if (++n % 4 != 1)
            *to++ = (unsigned char)(bits >> (6 - 2 * ((n - 1) % 4)));
    }
    for (; at < end && *at == '='; at++)
        padding++;
    if (at < end || n % 4 == 1 || (padding && (n + padding) % 4))
        return kzi_read_fail(r, frame, "text that is not base 64", NULL);
    upload->data = out;
    upload->length = (size_t)(to - out);
    return true;
}

static bool text_member(kzi_reader *r, kz_json object, const char *name, const char **out, const kzi_frame *frame)
{
    kz_json value = kz_json_member(object, name);
    *out = NULL;
    if (!value.text || *value.text != '"')
        return true;
    char *text = kzi_scope_string_begin(r->scope, value.length);
    if (!text)
        return kzi_read_no_memory(r);
    size_t length = (size_t)kzi_json_unescape(value.text, value.length, text);
    kzi_scope_string_end(r->scope, text, length);
    *out = text;
    return !memchr(text, 0, length) || kzi_read_fail(r, frame, "NUL", "text that is an argument");
}

bool kzi_read_upload(kzi_reader *r, kz_upload *upload, const kzi_frame *frame)
{
    kz_json whole, bytes, file;
    if (!kzi_scan_value(&r->scan, &whole.text, &whole.length))
        return kzi_read_fail(r, frame, r->scan.problem, NULL);
    bytes = kz_json_member(whole, "$bytes");
    if (bytes.text)
        return decode64(r, bytes, upload, frame);
    file = kz_json_member(whole, "$file");
    if (!file.text)
        return kzi_read_fail(r, frame, "something else", "content: {\"$bytes\": BASE64} or {\"$file\": {\"path\": P}}");
    if (!text_member(r, file, "path", &upload->path, frame) || !text_member(r, file, "filename", &upload->filename, frame) ||
        !text_member(r, file, "content_type", &upload->type, frame))
        return false;
    bytes = kz_json_member(file, "$bytes");
    if (!upload->path && !bytes.text)
        return kzi_read_fail(r, frame, "a $file without path or $bytes", NULL);
    return upload->path || decode64(r, bytes, upload, frame);
}
