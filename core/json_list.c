/* json_list.c: lists and maps out of JSON text. Items gather on a small stack that becomes an array of the scope when their number is
 * known. */
#include "json_read.h"

#include "floats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool push(kzi_reader *r, uint64_t value)
{
    if (r->n_stack == r->stack_size) {
        size_t size = r->stack_size * 2;
        uint64_t *grown = kzi_scope_charge(r->scope, size * sizeof *grown) ? malloc(size * sizeof *grown) : NULL;
        if (!grown)
            return kzi_read_no_memory(r);
        memcpy(grown, r->stack, r->n_stack * sizeof *grown);
        if (r->stack != r->first_stack)
            free(r->stack);
        r->stack = grown;
        r->stack_size = size;
    }
    r->stack[r->n_stack++] = value;
    return true;
}

static bool push_number(kzi_reader *r, const kz_field *field, const kzi_frame *frame)
{
    double number = 0;
    uint64_t bits;
    if (!kzi_read_number(r, &number, frame))
        return false;
    if (field->type == KZ_TYPE_FLOAT && !isfinite((float)number))
        return kzi_read_fail(r, frame, "a number beyond 32 bits", "a 32-bit number");
    memcpy(&bits, &number, sizeof bits);
    return push(r, bits);
}

/* One item of a list or map onto the stack. */
static bool push_item(kzi_reader *r, const kz_field *field, const kzi_frame *frame)
{
    uint64_t bits = 0;
    const char *string = NULL;
    bool truth = false;
    kz_json json;
    bool null = kzi_scan_peek(&r->scan) == 'n' && field->type != KZ_TYPE_JSON;
    if (null && (field->type == KZ_TYPE_OBJECT || field->type == KZ_TYPE_STRING))
        return (kzi_scan_literal(&r->scan, "null") || kzi_read_broken(r, frame)) && push(r, 0);
    switch (field->type) {
    case KZ_TYPE_STRING: return kzi_read_string(r, &string, frame) && push(r, (uint64_t)(uintptr_t)string);
    case KZ_TYPE_INT: return kzi_read_int(r, (int64_t *)&bits, frame) && push(r, bits);
    case KZ_TYPE_NUMBER:
    case KZ_TYPE_FLOAT: return push_number(r, field, frame);
    case KZ_TYPE_BOOL: return kzi_read_bool(r, &truth, frame) && push(r, truth);
    case KZ_TYPE_JSON: return kzi_read_json(r, &json, frame) && push(r, (uint64_t)(uintptr_t)json.text) && push(r, json.length);
    case KZ_TYPE_UPLOAD: {
        kz_upload *upload = kzi_scope_alloc(r->scope, sizeof *upload);
        if (!upload)
            return kzi_read_no_memory(r);
        return kzi_read_upload(r, upload, frame) && push(r, (uint64_t)(uintptr_t)upload);
    }
    default: {
        void *object = kzi_read_object(r, field->schema, frame);
        return object && push(r, (uint64_t)(uintptr_t)object);
    }
    }
}

/* How far apart the items of an array lie whose items are more or less than the words on the stack; 0: they are those words. */
static size_t stride_of(kzi_reader *r, const kz_field *field)
{
    return field->type == KZ_TYPE_BOOL                            ? sizeof(bool)
        : field->type == KZ_TYPE_FLOAT                            ? sizeof(float)
        : field->type == KZ_TYPE_UPLOAD                           ? sizeof(kz_upload)
        : field->type == KZ_TYPE_OBJECT && field->schema->request ? kzi_struct_size(field->schema, r->options)
                                                                  : 0;
}

/* The array that the items on the stack from `base` become. */
static bool make_array(kzi_reader *r, const kz_field *field, size_t base, void **array, size_t *count)
{
    size_t words = r->n_stack - base, stride = stride_of(r, field);
    const uint64_t *items = r->stack + base;
    *count = field->type == KZ_TYPE_JSON ? words / 2 : words;
    char *to = kzi_scope_alloc(
        r->scope, (stride ? words * stride : words * sizeof *items) + 8); /* never NULL: an empty list is one */
    if (!to)
        return kzi_read_no_memory(r);
    if (!stride)
        memcpy(to, items, words * sizeof *items);
    for (size_t i = 0; stride && i < words; i++) {
        double number;
        if (field->type == KZ_TYPE_BOOL)
            ((bool *)to)[i] = items[i];
        else if (field->type == KZ_TYPE_FLOAT)
            ((float *)(void *)to)[i] = (float)*(double *)memcpy(&number, &items[i], sizeof number);
        else if (items[i])
            memcpy(to + i * stride, (const void *)(uintptr_t)items[i], stride);
    }
    r->n_stack = base;
    *array = to;
    return true;
}

bool kzi_read_store_array(kzi_reader *r, const kz_field *field, char *object, size_t base)
{
    void *array = NULL;
    size_t count = 0;
    if (!make_array(r, field, base, &array, &count))
        return false;
    memcpy(object + field->offset, &array, sizeof array);
    memcpy(object + field->count_offset, &count, sizeof count);
    return true;
}

/* Numbers as base64. */
static bool read_floats(kzi_reader *r, const kz_field *field, char *object, const kzi_frame *frame)
{
    kzi_span span;
    if (!kzi_scan_string(&r->scan, &span))
        return kzi_read_broken(r, frame);
    const char *text = span.text;
    size_t length = span.length, count;
    if (span.escaped) { /* some encoders escape every slash */
        char *plain = kzi_scope_string_begin(r->scope, span.length);
        if (!plain)
            return kzi_read_no_memory(r);
        length = kzi_span_text(&span, plain);
        kzi_scope_string_end(r->scope, plain, length);
        text = plain;
    }
    float *floats = kzi_scope_alloc(r->scope, kzi_floats_room(length));
    if (!floats)
        return kzi_read_no_memory(r);
    if (!kzi_floats_decode(text, length, floats, &count))
        return kzi_read_fail(r, frame, "a string", "numbers, or 32-bit numbers in base64");
    for (size_t i = 0; i < count; i++)
        if (!isfinite(floats[i])) /* JSON has no such number, so the list could not be written */
            return kzi_read_fail(r, frame, "NaN or an infinity", "finite numbers");
    memcpy(object + field->offset, &floats, sizeof floats);
    memcpy(object + field->count_offset, &count, sizeof count);
    r->recoded = true;
    return true;
}

bool kzi_read_list(kzi_reader *r, const kz_field *field, char *object, const kzi_frame *frame)
{
    size_t base = r->n_stack;
    kzi_frame item = { .up = frame };
    bool numbers = field->type == KZ_TYPE_NUMBER || field->type == KZ_TYPE_FLOAT;
    if (field->type == KZ_TYPE_FLOAT && kzi_scan_peek(&r->scan) == '"')
        return read_floats(r, field, object, frame);
    if (kzi_scan_peek(&r->scan) != '[')
        return kzi_read_wrong_kind(r, frame, "a list");
    r->scan.at++;
    if (!kzi_scan_enter(&r->scan))
        return kzi_read_broken(r, frame);
    if (kzi_scan_peek(&r->scan) == ']') {
        r->scan.at++;
    } else {
        for (char c = ','; c == ','; item.index++) {
            if (!(numbers ? push_number(r, field, &item) : push_item(r, field, &item)))
                return false;
            c = kzi_scan_peek(&r->scan);
            if (c != ',' && c != ']')
                return kzi_read_fail(r, frame, kzi_kind_at(c), "',' or ']'");
            r->scan.at++;
        }
    }
    r->scan.depth--;
    return kzi_read_store_array(r, field, object, base);
}

static bool span_to_string(kzi_reader *r, const kzi_span *span, const char **out)
{
    char *text = kzi_scope_string_begin(r->scope, span->length);
    if (!text)
        return kzi_read_no_memory(r);
    kzi_scope_string_end(r->scope, text, kzi_span_text(span, text));
    *out = text;
    return true;
}

/* Entries are a key and a value each: { key, string } or { key, text, length }. */
bool kzi_read_map(kzi_reader *r, const kz_field *field, char *object, const kzi_frame *frame)
{
    size_t base = r->n_stack, per = field->type == KZ_TYPE_STRING ? 2 : 3;
    kzi_members members;
    kzi_span name;
    kz_json map, value;
    if (kzi_scan_peek(&r->scan) != '{')
        return kzi_read_wrong_kind(r, frame, "an object");
    if (!kzi_read_json(r, &map, frame))
        return false;
    kzi_members_begin(&members, map);
    while (kzi_members_next(&members, &name, &value)) {
        const char *key = NULL;
        kzi_frame here = { .up = frame, .name = name.text, .length = name.length };
        if (!span_to_string(r, &name, &key) || !push(r, (uint64_t)(uintptr_t)key))
            return false;
        if (per == 3) {
            if (!push(r, (uint64_t)(uintptr_t)value.text) || !push(r, value.length))
                return false;
            continue;
        }
        kzi_scan after = r->scan;
        r->scan.at = value.text;
        const char *text = NULL;
        if (*value.text != 'n' && !kzi_read_string(r, &text, &here))
            return false;
        r->scan.at = after.at;
        if (!push(r, (uint64_t)(uintptr_t)text))
            return false;
    }
    size_t count = (r->n_stack - base) / per;
    uint64_t *entries = kzi_scope_alloc(r->scope, (count * per + 1) * sizeof *entries);
    if (!entries)
        return kzi_read_no_memory(r);
    memcpy(entries, r->stack + base, count * per * sizeof *entries);
    r->n_stack = base;
    memcpy(object + field->offset, &entries, sizeof entries);
    memcpy(object + field->count_offset, &count, sizeof count);
    return true;
}
