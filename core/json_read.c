/* json_read.c: JSON text to structs, by the schema tables: one pass, one scope. The shapes of objects are here; their fields are in
 * json_field.c, lists and maps in json_list.c, single values in json_scalar.c. Reading arguments (call-by-name) differs in little:
 * json_arguments.c. */
#include "json_read.h"

#include <stdlib.h>
#include <string.h>

static bool read_member(
    kzi_reader *r, const kz_schema *schema, char *object, uint32_t *expected, const kzi_frame *frame, kzi_buffer *extra)
{
    kzi_span name;
    if (!kzi_scan_string(&r->scan, &name) || !kzi_scan_take(&r->scan, ':', "something else where ':' was due"))
        return kzi_read_broken(r, frame);
    kzi_frame here = { .up = frame, .name = name.text, .length = name.length };
    while (*expected < schema->n_fields && schema->fields[*expected].flags & KZ_FIELD_ALTERNATIVE)
        ++*expected;
    const kz_field *field = kzi_find_field(schema, &name, expected);
    if (r->options->arguments)
        return kzi_read_argument(r, schema, field, object, &name, &here, extra);
    if (field)
        return kzi_read_field(r, schema, field, object, &here);
    kz_json ignored;
    return kzi_read_json(r, &ignored, &here);
}

/* The members of an object, behind its bracket. */
bool kzi_read_members(kzi_reader *r, const kz_schema *schema, char *object, const kzi_frame *frame)
{
    uint32_t expected = 0;
    kzi_buffer extra = { 0 };
    bool fine = true;
    if (!kzi_scan_enter(&r->scan))
        return kzi_read_broken(r, frame);
    if (kzi_scan_peek(&r->scan) == '}') {
        r->scan.at++;
    } else {
        for (char c = ','; fine && c == ',';) {
            fine = read_member(r, schema, object, &expected, frame, &extra);
            if (!fine)
                break;
            c = kzi_scan_peek(&r->scan);
            if (c == ',' || c == '}')
                r->scan.at++;
            else
                fine = kzi_read_fail(r, frame, kzi_kind_at(c), "',' or '}'");
        }
    }
    r->scan.depth--;
    if (fine && extra.length)
        fine = kzi_read_store_extra(r, schema, object, &extra);
    kzi_buffer_free(&extra);
    return fine;
}

/* Of a tag that is given twice, the first chose the kind and the last was read: they must be the same. */
static bool has_kind(const kz_schema *schema, const char *object, const char *tag, const char *kind)
{
    const char *own = NULL;
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        if (field->type == KZ_TYPE_STRING && field->container == KZ_ONE && !strcmp(field->name, tag))
            memcpy(&own, object + field->offset, sizeof own);
    }
    return !own || own == kz_null_string || !strcmp(own, kind);
}

/* An argument of a kind that the schema does not know travels as it is. */
static bool keep_unknown(const kzi_reader *r, const kz_schema *schema, char *object, kz_json whole)
{
    if (r->options->arguments && schema->request)
        memcpy(object + schema->extra_offset, &whole, sizeof whole);
    return true;
}

static bool read_union(kzi_reader *r, const kz_schema *schema, char *object, const kzi_frame *frame)
{
    kz_json whole;
    kzi_scan before = r->scan;
    if (!kzi_read_json(r, &whole, frame))
        return false;
    kzi_scan after = r->scan;
    kz_json tag = kz_json_member(whole, schema->tag);
    const kz_field *tag_field = &schema->fields[0];
    if (!tag.text || *tag.text != '"')
        return keep_unknown(r, schema, object, whole); /* a kind that says nothing of itself: its JSON remains */
    kzi_frame here = { .up = frame, .name = schema->tag, .length = strlen(schema->tag) };
    const char *kind = NULL;
    r->scan.at = tag.text;
    if (!kzi_read_string(r, &kind, &here))
        return false;
    r->scan = before;
    for (uint32_t i = 1; i < schema->n_fields; i++) {
        if (strcmp(schema->fields[i].name, kind) != 0)
            continue;
        char *inner = kzi_read_object(r, schema->fields[i].schema, frame);
        if (!inner)
            return false;
        memcpy(object + tag_field->offset, &kind, sizeof kind);
        memcpy(object + schema->fields[i].offset, &inner, sizeof inner);
        return has_kind(schema->fields[i].schema, inner, schema->tag, kind) ||
            kzi_read_fail(r, &here, "a second value", "one value that says the kind");
    }
    memcpy(object + tag_field->offset, &kind, sizeof kind);
    r->scan = after;
    return keep_unknown(r, schema, object, whole);
}

/* Lists come bare, as { "items": [...], "total": ... } (or what the schema calls the items), as {} and as null. */
static bool read_list_shape(kzi_reader *r, const kz_schema *schema, char *object, const kzi_frame *frame)
{
    char c = kzi_scan_peek(&r->scan);
    const kz_field *items = &schema->fields[0];
    if (c == '[')
        return kzi_read_list(r, items, object, frame);
    if (c != '{' && c != 'n')
        return kzi_read_wrong_kind(r, frame, "a list");
    if (c == 'n') {
        if (!kzi_scan_literal(&r->scan, "null"))
            return kzi_read_broken(r, frame);
    } else {
        const char *start = r->scan.at++;
        if (!kzi_read_members(r, schema, object, frame))
            return false;
        void *array;
        memcpy(&array, object + items->offset, sizeof array);
        kz_json whole = { start, (size_t)(r->scan.at - start) };
        kzi_members members;
        kzi_span name;
        kz_json value;
        kzi_members_begin(&members, whole);
        if (!array && kzi_members_next(&members, &name, &value) && !kz_json_member(whole, items->name).text)
            return kzi_read_fail(r, frame, "an object without items", "a list");
        if (array)
            return true;
    }
    return kzi_read_store_array(r, items, object, r->n_stack);
}

void *kzi_read_object(kzi_reader *r, const kz_schema *schema, const kzi_frame *frame)
{
    char c = kzi_scan_peek(&r->scan);
    const char *start = r->scan.at;
    uint64_t size = kzi_struct_size(schema, r->options);
    if (!frame && r->options->root_size > size)
        size = r->options->root_size;
    char *object = kzi_scope_object(r->scope, schema, size);
    bool fine, recoded = r->recoded;
    r->recoded = false;
    if (!object) {
        kzi_read_no_memory(r);
        return NULL;
    }
    if (schema->shape == KZ_SHAPE_LIST)
        fine = read_list_shape(r, schema, object, frame);
    else if (schema->shape == KZ_SHAPE_VALUE)
        fine = kzi_read_field(r, schema, &schema->fields[0], object, frame);
    else if (c != '{')
        fine = kzi_read_wrong_kind(r, frame, "an object");
    else if (schema->shape == KZ_SHAPE_UNION)
        fine = read_union(r, schema, object, frame);
    else {
        r->scan.at++;
        fine = kzi_read_members(r, schema, object, frame);
    }
    kzi_header *header = kzi_header_of(object);
    header->text = start;
    header->length = (size_t)(r->scan.at - start);
    if (r->recoded)
        kz_result_changed(object);
    r->recoded |= recoded;
    return fine ? object : NULL;
}

void *kzi_json_read(
    const kz_schema *schema, kzi_scope *scope, const char *text, size_t length, const kzi_json_options *options, kz_error **error)
{
    static const kzi_json_options plain = { 0 };
    uint64_t first[64];
    kz_error *failure = NULL;
    if (!options)
        options = &plain;
    if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
        text += 3, length -= 3;
    kzi_reader r = { .scope = scope,
        .options = options,
        .error = &failure,
        .first_stack = first,
        .stack = first,
        .stack_size = 64,
        .scan = { .start = text,
            .at = text,
            .end = text + length,
            .max_depth = options->max_depth ? options->max_depth : KZI_MAX_DEPTH } };
    kzi_scope_set_caller(scope, options->caller, options->root_size);
    void *object = error && *error ? NULL : kzi_read_object(&r, schema, NULL);
    kzi_scan_space(&r.scan);
    if (object && r.scan.at != r.scan.end) {
        kzi_read_fail(&r, NULL, "something", "the end");
        object = NULL;
    }
    if (r.stack != r.first_stack)
        free(r.stack);
    if (failure)
        kz_error_move(error, &failure);
    return object;
}
