/* json_write.c: structs to JSON text, by the schema tables. Request structs: what is given, over what `from` has, under what
 * `extra` says. Result structs (of flows): objects that have their text are copied, changed ones written anew with the
 * members that no schema knows kept. Checks are json_check.c's business. */
#include "floats.h"
#include "json_scan.h"
#include "result.h"
#include "schema_json.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

typedef struct writer {
    kzi_buffer *out;
    const kzi_json_options *options;
    kz_error **error;
    const char *tag, *kind; /* of the object to come, where its kind says what its tag is */
} writer;

static bool write_object(writer *w, const kz_schema *schema, const char *object, kz_place place, bool root);

static int by_name(const void *key, const void *entry)
{
    return strcmp(key, ((const kz_struct_size *)entry)->name);
}

uint64_t kzi_struct_size(const kz_schema *schema, const kzi_json_options *options)
{
    const kz_interface *caller = options ? options->caller : NULL;
    if (!caller || caller->layout == schema->layout)
        return schema->size;
    const kz_struct_size *known = bsearch(schema->name, caller->sizes, caller->n_sizes, sizeof *known, by_name);
    if (!known)
        return schema->size;
    return schema->request || known->size > schema->size ? known->size : schema->size;
}

bool kzi_json_put_string(kzi_buffer *out, const char *text, size_t length)
{
    static const char hex[] = "0123456789abcdef";
    kzi_buffer_putc(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        kzi_buffer_append(out, text + from, i - from);
        from = i + 1;
        char escape[7] = { '\\', c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : (char)c };
        if (c < 0x20 && c != '\n' && c != '\t' && c != '\r')
            memcpy(escape + 1, (char[]){ 'u', '0', '0', hex[c >> 4], hex[c & 15], 0 }, 6);
        kzi_buffer_puts(out, escape);
    }
    kzi_buffer_append(out, text + from, length - from);
    kzi_buffer_putc(out, '"');
    return kzi_utf8_valid(text, length);
}

static bool put_string(writer *w, const char *text, size_t length, const kz_field *field)
{
    return kzi_json_put_string(w->out, text, length) ||
        kz_error_set(w->error, KZ_ERROR_ARGUMENT, field->name, "%s is not valid UTF-8.", field->name);
}

static bool put_double(writer *w, double value, const kz_field *field)
{
    char text[32];
    if (!kzi_format_double(value, text))
        return kz_error_set(
            w->error, KZ_ERROR_ARGUMENT, field->name, "%s is not a number that JSON has (NaN or infinite).", field->name);
    kzi_buffer_puts(w->out, text);
    return true;
}

/* Whether the struct says anything for the field; explicit nulls do. */
bool kzi_field_is_given(const kz_field *field, const char *object, uint64_t size)
{
    const char *at = object + field->offset;
    void *pointer;
    if (field->offset + sizeof pointer > size)
        return false;
    memcpy(&pointer, at, sizeof pointer);
    if (field->container == KZ_ONE &&
        (field->type == KZ_TYPE_INT || field->type == KZ_TYPE_NUMBER || field->type == KZ_TYPE_BOOL))
        return ((const kz_opt_int *)(const void *)at)->state != KZ_UNSET;
    return pointer != NULL;
}

/* A result string may hold NUL and then knows its length. */
static size_t length_of(const kz_schema *schema, const char *text)
{
    return schema->request ? strlen(text) : kz_string_length(text);
}

static bool write_scalar_item(writer *w, const kz_schema *schema, const kz_field *field, const void *array, size_t i)
{
    switch (field->type) {
    case KZ_TYPE_STRING: {
        const char *text = ((const char *const *)array)[i];
        if (!text)
            kzi_buffer_puts(w->out, "null");
        return !text || put_string(w, text, length_of(schema, text), field);
    }
    case KZ_TYPE_INT: kzi_buffer_printf(w->out, "%lld", (long long)((const int64_t *)array)[i]); return true;
    case KZ_TYPE_NUMBER: return put_double(w, ((const double *)array)[i], field);
    case KZ_TYPE_BOOL: kzi_buffer_puts(w->out, ((const bool *)array)[i] ? "true" : "false"); return true;
    case KZ_TYPE_FLOAT:
        return kzi_put_float(w->out, ((const float *)array)[i]) ||
            kz_error_set(w->error, KZ_ERROR_ARGUMENT, field->name, "%s holds a number that JSON cannot express.", field->name);
    default: kzi_buffer_append(w->out, ((const kz_json *)array)[i].text, ((const kz_json *)array)[i].length); return true;
    }
}

static bool write_list(writer *w, const kz_schema *schema, const kz_field *field, const void *array, size_t count)
{
    bool fine = true;
    kzi_buffer_putc(w->out, '[');
    for (size_t i = 0; fine && i < count; i++) {
        if (i)
            kzi_buffer_putc(w->out, ',');
        if (field->type != KZ_TYPE_OBJECT) {
            fine = write_scalar_item(w, schema, field, array, i);
            continue;
        }
        const char *object = field->schema->request ? (const char *)array + i * kzi_struct_size(field->schema, w->options)
                                                    : ((const char *const *)array)[i];
        if (object)
            fine = write_object(w, field->schema, object, KZ_IN_BODY, false);
        else
            kzi_buffer_puts(w->out, "null");
    }
    kzi_buffer_putc(w->out, ']');
    return fine;
}

static bool write_map(writer *w, const kz_schema *schema, const kz_field *field, const void *array, size_t count)
{
    kzi_buffer_putc(w->out, '{');
    for (size_t i = 0; i < count; i++) {
        const kz_string_entry *string = (const kz_string_entry *)array + i;
        const kz_json_entry *json = (const kz_json_entry *)array + i;
        const char *key = field->type == KZ_TYPE_STRING ? string->key : json->key;
        if (i)
            kzi_buffer_putc(w->out, ',');
        if (!put_string(w, key ? key : "", key ? length_of(schema, key) : 0, field))
            return false;
        kzi_buffer_putc(w->out, ':');
        if (field->type != KZ_TYPE_STRING)
            kzi_buffer_append(w->out, json->value.text, json->value.length);
        else if (!string->value)
            kzi_buffer_puts(w->out, "null");
        else if (!put_string(w, string->value, length_of(schema, string->value), field))
            return false;
    }
    kzi_buffer_putc(w->out, '}');
    return true;
}

static bool write_value(writer *w, const kz_schema *schema, const kz_field *field, const char *object)
{
    const char *at = object + field->offset;
    const kz_opt_int *integer = (const void *)at;
    const void *pointer;
    size_t count;
    memcpy(&pointer, at, sizeof pointer);
    if (field->type == KZ_TYPE_UPLOAD)
        return kz_error_set(w->error, KZ_ERROR_ARGUMENT, field->name, "%s cannot travel as JSON.", field->name);
    if (field->container != KZ_ONE) {
        memcpy(&count, object + field->count_offset, sizeof count);
        return field->container == KZ_MAP ? write_map(w, schema, field, pointer, count)
                                          : write_list(w, schema, field, pointer, count);
    }
    switch (field->type) {
    case KZ_TYPE_STRING:
        if (pointer != kz_null_string)
            return put_string(w, pointer, length_of(schema, pointer), field);
        kzi_buffer_puts(w->out, "null");
        return true;
    case KZ_TYPE_JSON: kzi_buffer_append(w->out, pointer, ((const kz_json *)(const void *)at)->length); return true;
    case KZ_TYPE_OBJECT: return write_object(w, field->schema, pointer, KZ_IN_BODY, false);
    default: break;
    }
    if (integer->state == KZ_IS_NULL)
        kzi_buffer_puts(w->out, "null");
    else if (field->type == KZ_TYPE_NUMBER)
        return put_double(w, ((const kz_opt_number *)(const void *)at)->value, field);
    else if (field->type == KZ_TYPE_BOOL)
        kzi_buffer_puts(w->out, integer->value ? "true" : "false");
    else
        kzi_buffer_printf(w->out, "%lld", (long long)integer->value);
    return true;
}

static void put_name(writer *w, bool *first, const char *name, size_t length)
{
    kzi_buffer_puts(w->out, *first ? "\"" : ",\"");
    kzi_buffer_append(w->out, name, length);
    kzi_buffer_puts(w->out, "\":");
    *first = false;
}

static void put_member(writer *w, bool *first, const kzi_span *name, kz_json value)
{
    put_name(w, first, name->text, name->length);
    kzi_buffer_append(w->out, value.text, value.length);
}

/* Whether any of the fields that share a name is given. */
static bool name_is_given(const kz_schema *schema, const kz_field *field, const char *object, uint64_t size)
{
    const kz_field *end = schema->fields + schema->n_fields;
    for (const kz_field *f = field; f < end && (f == field || f->flags & KZ_FIELD_ALTERNATIVE); f++)
        if (kzi_field_is_given(f, object, size))
            return true;
    return false;
}

/* What the base has and neither the struct nor `extra` says. `known` is the schema that the base was read by. */
static void write_base(writer *w, bool *first, const kz_schema *schema, const char *object, uint64_t size, kz_json base,
    const kz_schema *known, kz_json extra)
{
    kzi_members members;
    kzi_span name;
    kz_json value;
    kzi_members_begin(&members, base);
    while (kzi_members_next(&members, &name, &value)) {
        uint32_t expected = 0;
        const kz_field *field = NULL, *theirs = NULL;
        for (uint32_t i = 0; i < schema->n_fields && !field; i++)
            if (kzi_span_is(&name, schema->fields[i].name))
                field = &schema->fields[i];
        for (expected = 0; known && expected < known->n_fields && !theirs; expected++)
            if (kzi_span_is(&name, known->fields[expected].name))
                theirs = &known->fields[expected];
        bool skip = field
            ? (field->flags & KZ_FIELD_READ_ONLY) || name_is_given(schema, field, object, size) || (field->place != KZ_IN_BODY)
            : theirs != NULL;
        char text[256];
        if (!skip && extra.text && name.length < sizeof text) {
            text[kzi_span_text(&name, text)] = 0;
            skip = kz_json_member(extra, text).text != NULL;
        }
        if (!skip)
            put_member(w, first, &name, value);
    }
}

static bool write_members(writer *w, const kz_schema *schema, const char *object, uint64_t size, kz_place place)
{
    kz_json extra = { 0 };
    const void *from = NULL;
    bool first = true, fine = true;
    const char *tag = w->tag, *kind = w->kind;
    w->tag = w->kind = NULL;
    if (schema->request) {
        memcpy(&extra, object + schema->extra_offset, sizeof extra);
        memcpy(&from, object + schema->from_offset, sizeof from);
    }
    kzi_buffer_putc(w->out, '{');
    for (uint32_t i = 0; fine && i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        if (field->place != place || (schema->request && field->flags & KZ_FIELD_READ_ONLY))
            continue;
        bool given = kzi_field_is_given(field, object, size);
        const char *constant = !schema->request || from || given ? NULL
            : tag && !strcmp(field->name, tag)                   ? kind
                                                                 : kzi_constant(field);
        if ((!given && !constant) || (extra.text && kz_json_member(extra, field->name).text))
            continue;
        put_name(w, &first, field->name, strlen(field->name));
        if (given)
            fine = write_value(w, schema, field, object);
        else if (field->container == KZ_ONE)
            fine = kzi_json_put_string(w->out, constant, strlen(constant));
        else
            kzi_buffer_puts(w->out, constant);
    }
    if (from)
        write_base(w, &first, schema, object, size, kz_json_of(from), kzi_header_of(from)->schema, extra);
    kzi_members members;
    kzi_span name;
    kz_json value;
    kzi_members_begin(&members, extra);
    while (kzi_members_next(&members, &name, &value))
        put_member(w, &first, &name, value);
    if (!schema->request)
        write_base(w, &first, schema, object, size, kz_json_of(object), schema, (kz_json){ 0 });
    kzi_buffer_putc(w->out, '}');
    return fine;
}

/* What a request of many kinds is where it names none: `extra`, else what `from` came as. */
static kz_json whole_of(const kz_schema *schema, const char *object)
{
    kz_json extra;
    const void *from;
    memcpy(&extra, object + schema->extra_offset, sizeof extra);
    memcpy(&from, object + schema->from_offset, sizeof from);
    return extra.text ? extra : kz_json_of(from);
}

/* A list, a value, a choice; `size` is what the struct has of it. */
static bool write_root_result(writer *w, const kz_schema *schema, const char *object, uint64_t size)
{
    const kz_field *first = &schema->fields[0];
    const void *pointer;
    size_t count;
    kz_json base = { 0 };
    switch (schema->shape) {
    case KZ_SHAPE_LIST:
        memcpy(&pointer, object + first->offset, sizeof pointer);
        memcpy(&count, object + first->count_offset, sizeof count);
        return write_list(w, schema, first, pointer, count);
    case KZ_SHAPE_VALUE:
        if (kzi_field_is_given(first, object, size))
            return write_value(w, schema, first, object);
        kzi_buffer_puts(w->out, "null");
        return true;
    case KZ_SHAPE_UNION:
        for (uint32_t i = 1; i < schema->n_fields; i++)
            if (kzi_field_is_given(&schema->fields[i], object, size)) {
                w->tag = schema->tag;
                w->kind = schema->fields[i].name;
                return write_value(w, schema, &schema->fields[i], object);
            }
        base = schema->request ? whole_of(schema, object) : kz_json_of(object); /* of a kind that the schema does not know */
        kzi_buffer_append(w->out, base.text ? base.text : "null", base.text ? base.length : 4);
        return true;
    default: return write_members(w, schema, object, size, KZ_IN_BODY);
    }
}

static bool write_object(writer *w, const kz_schema *schema, const char *object, kz_place place, bool root)
{
    uint64_t size = kzi_struct_size(schema, w->options);
    if (root && w->options && w->options->root_size)
        size = w->options->root_size;
    if (schema->request && schema->shape != KZ_SHAPE_OBJECT)
        return write_root_result(w, schema, object, size);
    if (schema->request)
        return write_members(w, schema, object, size, place);
    if (root)
        return write_root_result(w, schema, object, schema->size);
    /* An object of a result is finished first, so that it has its text by itself too. */
    if (!kzi_result_finish((void *)(uintptr_t)object, w->error))
        return false;
    kz_json text = kz_json_of(object);
    kzi_buffer_append(w->out, text.text ? text.text : "null", text.text ? text.length : 4);
    return true;
}

bool kzi_json_write(kzi_buffer *out, const kz_schema *schema, const void *object, kz_place place, const kzi_json_options *options,
    kz_error **error)
{
    kz_error *failure = NULL;
    if (error && *error)
        return false;
    writer w = { .out = out, .options = options, .error = &failure };
    bool fine = true;
    const kz_field *whole = NULL;
    for (uint32_t i = 0; place == KZ_IN_BODY_WHOLE && i < schema->n_fields; i++)
        if (schema->fields[i].place == KZ_IN_BODY_WHOLE)
            whole = &schema->fields[i];
    uint64_t size = options && options->root_size ? options->root_size : schema->size;
    if (whole) {
        if (kzi_field_is_given(whole, object, size))
            fine = write_value(&w, schema, whole, object);
        else
            kzi_buffer_puts(out, "null");
    } else {
        fine = write_object(&w, schema, object, place, true);
    }
    if (fine && out->failed)
        fine = kz_error_no_memory(&failure);
    if (fine)
        return true;
    return kz_error_move(error, &failure);
}
