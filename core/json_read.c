/* json_read.c: JSON text to structs, by the schema tables: one pass, one scope. The next member is looked for where the
 * declaration has it next, then by binary search. Items of lists gather on a small stack that becomes an array of the scope
 * when their number is known. Reading arguments (call-by-name) differs in little: see json_arguments.c. */
#include "json_read.h"

#include "floats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool kzi_read_fail(kzi_reader *r, const kzi_frame *frame, const char *format_what, const char *due)
{
    char path[256];
    size_t line, column;
    if (r->failed)
        return false;
    r->failed = true;
    kzi_frame_text(frame, path, sizeof path);
    bool arguments = r->options->arguments;
    kzi_scan_position(&r->scan, &line, &column);
    kz_error_set(r->error, arguments ? KZ_ERROR_ARGUMENT : KZ_ERROR_DECODE, path, "%s%s: %s%s%s (line %zu, column %zu).",
        arguments ? "The argument " : "The answer does not fit its schema at ", path, format_what, due ? " where one needs " : "",
        due ? due : "", line, column);
    return false;
}

bool kzi_read_no_memory(kzi_reader *r)
{
    r->failed = true;
    return kzi_scope_is_full(r->scope)
        ? kz_error_set(r->error, KZ_ERROR_DECODE, NULL,
              "The answer takes more memory than max_result_size allows once it is read; raise the setting if it is meant to.")
        : kz_error_no_memory(r->error);
}

/* The scanner met what is no JSON. */
static bool broken(kzi_reader *r, const kzi_frame *frame)
{
    return kzi_read_fail(r, frame, r->scan.problem ? r->scan.problem : "no JSON", NULL);
}

static const char *kind_at(char c)
{
    switch (c) {
    case '{': return "an object";
    case '[': return "a list";
    case '"': return "a string";
    case 't':
    case 'f': return "a boolean";
    case 'n': return "null";
    case 0: return "its end";
    default: return (c >= '0' && c <= '9') || c == '-' ? "a number" : "something that is no JSON";
    }
}

static bool wrong_kind(kzi_reader *r, const kzi_frame *frame, const char *due)
{
    return kzi_read_fail(r, frame, kind_at(kzi_scan_peek(&r->scan)), due);
}

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

static bool read_string(kzi_reader *r, const char **out, const kzi_frame *frame)
{
    kzi_span span;
    if (kzi_scan_peek(&r->scan) != '"')
        return wrong_kind(r, frame, "a string");
    if (!kzi_scan_string(&r->scan, &span))
        return broken(r, frame);
    if (!span.escaped) {
        *out = kzi_scope_string(r->scope, span.text, span.length);
        return *out || kzi_read_no_memory(r);
    }
    char *text = kzi_scope_string_begin(r->scope, span.length);
    if (!text)
        return kzi_read_no_memory(r);
    size_t length = kzi_span_text(&span, text);
    kzi_scope_string_end(r->scope, text, length);
    *out = text;
    return !r->options->arguments || !memchr(text, 0, length) || kzi_read_fail(r, frame, "NUL", "text that is an argument");
}

static bool read_int(kzi_reader *r, int64_t *out, const kzi_frame *frame)
{
    const char *text;
    size_t length;
    bool whole;
    char c = kzi_scan_peek(&r->scan);
    if (c != '-' && !(c >= '0' && c <= '9'))
        return wrong_kind(r, frame, "an integer");
    if (!kzi_scan_number(&r->scan, &text, &length, &whole))
        return broken(r, frame);
    return kzi_parse_int(text, length, whole, out) || kzi_read_fail(r, frame, "a number", "an integer of 64 bits");
}

static bool read_number(kzi_reader *r, double *out, const kzi_frame *frame)
{
    char c = kzi_scan_peek(&r->scan);
    if (c != '-' && !(c >= '0' && c <= '9'))
        return wrong_kind(r, frame, "a number");
    return kzi_scan_double(&r->scan, out) ||
        (r->scan.problem ? broken(r, frame) : kzi_read_fail(r, frame, "a number", "one that a double can hold"));
}

static bool read_bool(kzi_reader *r, bool *out, const kzi_frame *frame)
{
    char c = kzi_scan_peek(&r->scan);
    if (c != 't' && c != 'f')
        return wrong_kind(r, frame, "true or false");
    *out = c == 't';
    return kzi_scan_literal(&r->scan, *out ? "true" : "false") || broken(r, frame);
}

static bool read_json(kzi_reader *r, kz_json *out, const kzi_frame *frame)
{
    return kzi_scan_value(&r->scan, &out->text, &out->length) || broken(r, frame);
}

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
        return broken(r, frame);
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

static bool push_number(kzi_reader *r, const kz_field *field, const kzi_frame *frame)
{
    double number = 0;
    uint64_t bits;
    if (!read_number(r, &number, frame))
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
        return (kzi_scan_literal(&r->scan, "null") || broken(r, frame)) && push(r, 0);
    switch (field->type) {
    case KZ_TYPE_STRING: return read_string(r, &string, frame) && push(r, (uint64_t)(uintptr_t)string);
    case KZ_TYPE_INT: return read_int(r, (int64_t *)&bits, frame) && push(r, bits);
    case KZ_TYPE_NUMBER:
    case KZ_TYPE_FLOAT: return push_number(r, field, frame);
    case KZ_TYPE_BOOL: return read_bool(r, &truth, frame) && push(r, truth);
    case KZ_TYPE_JSON: return read_json(r, &json, frame) && push(r, (uint64_t)(uintptr_t)json.text) && push(r, json.length);
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

static bool store_array(kzi_reader *r, const kz_field *field, char *object, size_t base)
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
        return broken(r, frame);
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

static bool read_list(kzi_reader *r, const kz_field *field, char *object, const kzi_frame *frame)
{
    size_t base = r->n_stack;
    kzi_frame item = { .up = frame };
    bool numbers = field->type == KZ_TYPE_NUMBER || field->type == KZ_TYPE_FLOAT;
    if (field->type == KZ_TYPE_FLOAT && kzi_scan_peek(&r->scan) == '"')
        return read_floats(r, field, object, frame);
    if (kzi_scan_peek(&r->scan) != '[')
        return wrong_kind(r, frame, "a list");
    r->scan.at++;
    if (!kzi_scan_enter(&r->scan))
        return broken(r, frame);
    if (kzi_scan_peek(&r->scan) == ']') {
        r->scan.at++;
    } else {
        for (char c = ','; c == ','; item.index++) {
            if (!(numbers ? push_number(r, field, &item) : push_item(r, field, &item)))
                return false;
            c = kzi_scan_peek(&r->scan);
            if (c != ',' && c != ']')
                return kzi_read_fail(r, frame, kind_at(c), "',' or ']'");
            r->scan.at++;
        }
    }
    r->scan.depth--;
    return store_array(r, field, object, base);
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
static bool read_map(kzi_reader *r, const kz_field *field, char *object, const kzi_frame *frame)
{
    size_t base = r->n_stack, per = field->type == KZ_TYPE_STRING ? 2 : 3;
    kzi_members members;
    kzi_span name;
    kz_json map, value;
    if (kzi_scan_peek(&r->scan) != '{')
        return wrong_kind(r, frame, "an object");
    if (!read_json(r, &map, frame))
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
        if (*value.text != 'n' && !read_string(r, &text, &here))
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

static bool read_one(kzi_reader *r, const kz_field *field, void *at, const kzi_frame *frame)
{
    kz_opt_int *integer = at;
    bool truth;
    switch (field->type) {
    case KZ_TYPE_STRING: return read_string(r, at, frame);
    case KZ_TYPE_INT: integer->state = KZ_SET; return read_int(r, &integer->value, frame);
    case KZ_TYPE_NUMBER: integer->state = KZ_SET; return read_number(r, &((kz_opt_number *)at)->value, frame);
    case KZ_TYPE_BOOL:
        if (!read_bool(r, &truth, frame))
            return false;
        *integer = (kz_opt_int){ truth, KZ_SET };
        return true;
    case KZ_TYPE_JSON: return read_json(r, at, frame);
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
        return read_list(r, field, object, frame);
    if (field->container == KZ_MAP)
        return read_map(r, field, object, frame);
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

static bool read_member(
    kzi_reader *r, const kz_schema *schema, char *object, uint32_t *expected, const kzi_frame *frame, kzi_buffer *extra)
{
    kzi_span name;
    if (!kzi_scan_string(&r->scan, &name) || !kzi_scan_take(&r->scan, ':', "something else where ':' was due"))
        return broken(r, frame);
    kzi_frame here = { .up = frame, .name = name.text, .length = name.length };
    while (*expected < schema->n_fields && schema->fields[*expected].flags & KZ_FIELD_ALTERNATIVE)
        ++*expected;
    const kz_field *field = kzi_find_field(schema, &name, expected);
    if (r->options->arguments)
        return kzi_read_argument(r, schema, field, object, &name, &here, extra);
    if (field)
        return kzi_read_field(r, schema, field, object, &here);
    kz_json ignored;
    return read_json(r, &ignored, &here);
}

/* The members of an object, behind its bracket. */
bool kzi_read_members(kzi_reader *r, const kz_schema *schema, char *object, const kzi_frame *frame)
{
    uint32_t expected = 0;
    kzi_buffer extra = { 0 };
    bool fine = true;
    if (!kzi_scan_enter(&r->scan))
        return broken(r, frame);
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
                fine = kzi_read_fail(r, frame, kind_at(c), "',' or '}'");
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
    if (!read_json(r, &whole, frame))
        return false;
    kzi_scan after = r->scan;
    kz_json tag = kz_json_member(whole, schema->tag);
    const kz_field *tag_field = &schema->fields[0];
    if (!tag.text || *tag.text != '"')
        return keep_unknown(r, schema, object, whole); /* a kind that says nothing of itself: its JSON remains */
    kzi_frame here = { .up = frame, .name = schema->tag, .length = strlen(schema->tag) };
    const char *kind = NULL;
    r->scan.at = tag.text;
    if (!read_string(r, &kind, &here))
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
        return read_list(r, items, object, frame);
    if (c != '{' && c != 'n')
        return wrong_kind(r, frame, "a list");
    if (c == 'n') {
        if (!kzi_scan_literal(&r->scan, "null"))
            return broken(r, frame);
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
    return store_array(r, items, object, r->n_stack);
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
        fine = wrong_kind(r, frame, "an object");
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
