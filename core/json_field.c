/* json_field.c: the field of a struct that a member of an object is, and the member's value in it. The next member is looked for where
 * the declaration has it next. */
#include "json_read.h"

#include <string.h>

/* Of members of one name the last counts: what an earlier one left in the fields of that name goes. */
static void forget(const kz_schema *schema, const kz_field *field, char *object)
{
    const kz_field *end = schema->fields + schema->n_fields;
    for (const kz_field *f = field; f < end && (f == field || f->flags & KZ_FIELD_ALTERNATIVE); f++) {
        bool pointer = f->container != KZ_ONE || f->type == KZ_TYPE_STRING || f->type >= KZ_TYPE_OBJECT;
        size_t size = pointer ? sizeof(void *) : sizeof(kz_opt_int);
        memset(object + f->offset, 0, size);
        if (f->container != KZ_ONE)
            memset(object + f->count_offset, 0, sizeof(size_t));
    }
}

static bool read_null(kzi_reader *r, const kz_schema *schema, const kz_field *field, char *object, const kzi_frame *frame)
{
    void *at = object + field->offset;
    if (!kzi_scan_literal(&r->scan, "null"))
        return kzi_read_broken(r, frame);
    forget(schema, field, object);
    if (field->container != KZ_ONE)
        return true;
    if (field->type == KZ_TYPE_INT || field->type == KZ_TYPE_NUMBER || field->type == KZ_TYPE_BOOL)
        ((kz_opt_int *)at)->state = KZ_IS_NULL;
    else if (field->type == KZ_TYPE_STRING && r->options->arguments)
        *(const char **)at = kz_null_string;
    else if (field->type == KZ_TYPE_JSON)
        *(kz_json *)at = KZ_JSON("null");
    return true;
}

static bool read_one(kzi_reader *r, const kz_field *field, void *at, const kzi_frame *frame)
{
    kz_opt_int *integer = at;
    bool truth;
    switch (field->type) {
    case KZ_TYPE_STRING: return kzi_read_string(r, at, frame);
    case KZ_TYPE_INT: integer->state = KZ_SET; return kzi_read_int(r, &integer->value, frame);
    case KZ_TYPE_NUMBER: integer->state = KZ_SET; return kzi_read_number(r, &((kz_opt_number *)at)->value, frame);
    case KZ_TYPE_BOOL:
        if (!kzi_read_bool(r, &truth, frame))
            return false;
        *integer = (kz_opt_int){ truth, KZ_SET };
        return true;
    case KZ_TYPE_JSON: return kzi_read_json(r, at, frame);
    case KZ_TYPE_UPLOAD: {
        kz_upload *upload = kzi_scope_alloc(r->scope, sizeof *upload);
        *(const kz_upload **)at = upload;
        return upload ? kzi_read_upload(r, upload, frame) : kzi_read_no_memory(r);
    }
    default: return (*(void **)at = kzi_read_object(r, field->schema, frame)) != NULL;
    }
}

/* Whether a value that begins with `c` is one of this type. `ahead` stands before it. */
static bool begins_as(kz_type type, char c, kzi_scan ahead)
{
    switch (type) {
    case KZ_TYPE_JSON: return true;
    case KZ_TYPE_STRING: return c == '"';
    case KZ_TYPE_BOOL: return c == 't' || c == 'f';
    case KZ_TYPE_OBJECT: return c == '{';
    case KZ_TYPE_UPLOAD:
        ahead.at += c == '{';
        return c == '{' && kzi_scan_peek(&ahead) == '"' && ahead.at + 1 < ahead.end && ahead.at[1] == '$';
    default: return c == '-' || (c >= '0' && c <= '9');
    }
}

/* Among fields of one name the one that takes what comes; of lists the first item tells, or none. */
static const kz_field *alternative(kzi_reader *r, const kz_schema *schema, const kz_field *field)
{
    const kz_field *end = schema->fields + schema->n_fields;
    char c = kzi_scan_peek(&r->scan), item = 0;
    kzi_scan ahead = r->scan;
    if (c == '[') {
        ahead.at++;
        item = kzi_scan_peek(&ahead);
    }
    for (const kz_field *f = field; f < end && (f == field || f->flags & KZ_FIELD_ALTERNATIVE); f++) {
        bool fits = f->container == KZ_LIST ? c == '[' && (item == ']' || begins_as((kz_type)f->type, item, ahead))
            : f->container == KZ_MAP        ? c == '{'
                                            : begins_as((kz_type)f->type, c, ahead);
        if (fits)
            return f;
    }
    for (const kz_field *f = field; f < end && (f == field || f->flags & KZ_FIELD_ALTERNATIVE); f++)
        if (c == '[' && f->container == KZ_LIST)
            return f; /* none takes its items: the error names the first that does not fit */
    return field;
}

bool kzi_read_field(kzi_reader *r, const kz_schema *schema, const kz_field *field, char *object, const kzi_frame *frame)
{
    char c = kzi_scan_peek(&r->scan);
    bool alternatives = field + 1 < schema->fields + schema->n_fields && field[1].flags & KZ_FIELD_ALTERNATIVE;
    if (c == 'n' && !(schema->shape == KZ_SHAPE_VALUE && field->type == KZ_TYPE_JSON))
        return read_null(r, schema, field, object, frame);
    if (alternatives) {
        forget(schema, field, object);
        field = alternative(r, schema, field);
    }
    if (field->container == KZ_LIST)
        return kzi_read_list(r, field, object, frame);
    if (field->container == KZ_MAP)
        return kzi_read_map(r, field, object, frame);
    return read_one(r, field, object + field->offset, frame);
}

static bool name_is(const kz_field *field, const kzi_span *name)
{
    return !strncmp(field->name, name->text, name->length) && !field->name[name->length];
}

/* Round the declaration from where the next member is expected: servers keep near its order, and most objects have few members. */
static const kz_field *find_nearby(const kz_schema *schema, const kzi_span *name, uint32_t expected)
{
    for (uint32_t i = 0, at = expected; i < schema->n_fields; i++, at++) {
        if (at >= schema->n_fields)
            at = 0;
        if (schema->fields[at].name[0] == name->text[0] && name_is(&schema->fields[at], name))
            return &schema->fields[at];
    }
    return NULL;
}

static const kz_field *find_by_halves(const kz_schema *schema, const kzi_span *name)
{
    uint32_t low = 0, high = schema->n_fields;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const kz_field *field = &schema->fields[schema->by_name[middle]];
        int order = strncmp(field->name, name->text, name->length);
        if (!order && field->name[name->length])
            order = 1;
        if (!order)
            return field;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const kz_field *kzi_find_field(const kz_schema *schema, const kzi_span *name, uint32_t *expected)
{
    enum { FEW = 24 };
    char plain[256];
    kzi_span straight = *name;
    if (name->escaped) {
        if (name->length > sizeof plain)
            return NULL;
        straight = (kzi_span){ .text = plain, .length = kzi_span_text(name, plain) };
    }
    if (!straight.length || memchr(straight.text, 0, straight.length))
        return NULL;
    const kz_field *field = schema->n_fields <= FEW ? find_nearby(schema, &straight, *expected)
        : *expected < schema->n_fields && name_is(&schema->fields[*expected], &straight) ? &schema->fields[*expected]
                                                                                         : find_by_halves(schema, &straight);
    if (!field)
        return NULL;
    while (field->flags & KZ_FIELD_ALTERNATIVE) /* of several of one name, the first */
        field--;
    *expected = (uint32_t)(field - schema->fields) + 1;
    return field;
}
