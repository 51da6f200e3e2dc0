/* json_check.c: whether arguments satisfy their schema, before anything is sent: what is required is there, numbers are in
 * range, texts have their length, pattern and format, pieces of JSON are JSON, and a newer program's struct asks for
 * nothing that this plugin does not know. The error names the argument and what is allowed. */
#include "json_path.h"
#include "json_scan.h"
#include "moment.h"
#include "schema_json.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

typedef struct checker {
    const kzi_json_options *options;
    kz_error **error;
    const char *told; /* the member of the object to come that its kind tells: its tag */
} checker;

static bool check_object(checker *c, const kz_schema *schema, const char *object, uint64_t size, const kzi_frame *frame);

static bool refuse(checker *c, const kzi_frame *frame, const char *format, ...) KZ_PRINTF(3, 4);

static bool refuse(checker *c, const kzi_frame *frame, const char *format, ...)
{
    char path[256], text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    kzi_frame_text(frame, path, sizeof path);
    return kz_error_set(c->error, KZ_ERROR_ARGUMENT, path, "The argument %s %s.", path, text);
}

static bool is_uuid(const char *text)
{
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return !text[36];
}

static bool is_email(const char *text)
{
    const char *at = strchr(text, '@');
    return at && at != text && at[1] && !strchr(at + 1, '@') && !strpbrk(text, " \t\r\n");
}

static bool is_uri(const char *text)
{
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    return scheme && isalpha((unsigned char)text[0]) && text[scheme] == ':' && !strpbrk(text, " \t\r\n<>\"");
}

static const char *format_problem(const char *format, const char *text)
{
    if (!strcmp(format, "uuid"))
        return is_uuid(text) ? NULL : "a UUID such as 6f1c2d3e-4b5a-4c6d-8e7f-9a0b1c2d3e4f";
    if (!strcmp(format, "date-time"))
        return kzi_moment_read(text, NULL) ? NULL : "a time such as 2026-03-04T05:06:07Z";
    if (!strcmp(format, "date"))
        return kzi_moment_is_date(text) ? NULL : "a date such as 2026-03-04";
    if (!strcmp(format, "email"))
        return is_email(text) ? NULL : "an e-mail address";
    if (!strcmp(format, "uri"))
        return is_uri(text) ? NULL : "a URI such as https://host/path";
    return NULL;
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static bool fits_pattern(const char *pattern, const char *text)
{
    regex_t compiled;
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
        return true; /* a pattern that this system does not understand forbids nothing */
    bool fits = !regexec(&compiled, text, 0, NULL, 0);
    regfree(&compiled);
    return fits;
}

/* A value as errors may show it. */
static const char *shown(const kz_field *field, const char *text)
{
    return field->flags & KZ_FIELD_SECRET ? "***" : text;
}

static bool check_values(checker *c, const kz_field *field, const char *text, const kzi_frame *frame)
{
    const kz_check *check = field->check;
    kzi_buffer list = { 0 };
    if (!check->values || check->flags & KZ_OPEN_ENUM)
        return true;
    for (size_t i = 0; check->values[i]; i++) {
        if (!strcmp(check->values[i], text)) {
            kzi_buffer_free(&list);
            return true;
        }
        kzi_buffer_printf(&list, "%s%s", i ? ", " : "", check->values[i]);
    }
    refuse(c, frame, "is \"%.80s\"; allowed are: %s", shown(field, text), list.data ? list.data : "");
    kzi_buffer_free(&list);
    return false;
}

static bool check_string(checker *c, const kz_field *field, const char *text, const kzi_frame *frame)
{
    const kz_check *check = field->check;
    if (!check)
        return true;
    const char *due = check->format ? format_problem(check->format, text) : NULL;
    if (due)
        return refuse(c, frame, "is \"%.80s\", which is not %s", shown(field, text), due);
    if (check->min_length && characters(text) < check->min_length)
        return refuse(c, frame, "needs at least %llu characters", (unsigned long long)check->min_length);
    if (check->flags & KZ_HAS_MAX_LENGTH && characters(text) > check->max_length)
        return refuse(c, frame, "may have at most %llu characters", (unsigned long long)check->max_length);
    if (check->pattern && !fits_pattern(check->pattern, text))
        return refuse(c, frame, "is \"%.80s\", which does not match %s", shown(field, text), check->pattern);
    return check_values(c, field, text, frame);
}

static bool check_number(checker *c, const kz_check *check, double value, const kzi_frame *frame)
{
    if (!isfinite(value))
        return refuse(c, frame, "is not a finite number");
    if (!check)
        return true;
    if (check->flags & KZ_HAS_MINIMUM &&
        (value < check->minimum || (check->flags & KZ_EXCLUSIVE_MINIMUM && value <= check->minimum)))
        return refuse(c, frame, "is %g; it must be %s %g", value, check->flags & KZ_EXCLUSIVE_MINIMUM ? "above" : "at least",
            check->minimum);
    if (check->flags & KZ_HAS_MAXIMUM &&
        (value > check->maximum || (check->flags & KZ_EXCLUSIVE_MAXIMUM && value >= check->maximum)))
        return refuse(c, frame, "is %g; it must be %s %g", value, check->flags & KZ_EXCLUSIVE_MAXIMUM ? "below" : "at most",
            check->maximum);
    return true;
}

static bool check_json(checker *c, kz_json json, const kzi_frame *frame)
{
    size_t line, column;
    const char *problem;
    if (kzi_json_valid(json.text, json.length, c->options ? c->options->max_depth : 0, &line, &column, &problem))
        return true;
    return refuse(c, frame, "is not JSON: %s (line %zu, column %zu)", problem, line, column);
}

static bool check_item(checker *c, const kz_field *field, const void *array, size_t i, const kzi_frame *frame)
{
    const char *text;
    uint64_t size;
    switch (field->type) {
    case KZ_TYPE_STRING:
        text = ((const char *const *)array)[i];
        return text ? check_string(c, field, text, frame) : refuse(c, frame, "is NULL");
    case KZ_TYPE_INT: return check_number(c, field->check, (double)((const int64_t *)array)[i], frame);
    case KZ_TYPE_NUMBER: return check_number(c, field->check, ((const double *)array)[i], frame);
    case KZ_TYPE_JSON: return check_json(c, ((const kz_json *)array)[i], frame);
    case KZ_TYPE_OBJECT:
        size = kzi_struct_size(field->schema, c->options);
        return check_object(c, field->schema, (const char *)array + i * size, size, frame);
    default: return true;
    }
}

static bool check_list(checker *c, const kz_field *field, const void *array, size_t count, const kzi_frame *frame)
{
    const kz_check *check = field->check;
    kzi_frame item = { .up = frame };
    if (check && count < check->min_items)
        return refuse(c, frame, "needs at least %llu items", (unsigned long long)check->min_items);
    if (check && check->flags & KZ_HAS_MAX_ITEMS && count > check->max_items)
        return refuse(c, frame, "may have at most %llu items", (unsigned long long)check->max_items);
    for (; item.index < count; item.index++)
        if (!check_item(c, field, array, item.index, &item))
            return false;
    return true;
}

static bool check_entries(checker *c, const kz_field *field, const void *array, size_t count, const kzi_frame *frame)
{
    for (size_t i = 0; i < count; i++) {
        const char *key = field->type == KZ_TYPE_STRING ? ((const kz_string_entry *)array)[i].key
                                                        : ((const kz_json_entry *)array)[i].key;
        if (!key)
            return refuse(c, frame, "has an entry without a key");
        kzi_frame here = { .up = frame, .name = key, .length = strlen(key) };
        if (field->type != KZ_TYPE_STRING && !check_json(c, ((const kz_json_entry *)array)[i].value, &here))
            return false;
    }
    return true;
}

/* One field. *given: it says something. */
static bool check_field(checker *c, const kz_field *field, const char *object, const kzi_frame *frame, bool *given)
{
    const char *at = object + field->offset;
    const kz_opt_int *integer = (const void *)at;
    const void *pointer;
    size_t count = 0;
    memcpy(&pointer, at, sizeof pointer);
    *given = pointer != NULL;
    if (field->container != KZ_ONE) {
        memcpy(&count, object + field->count_offset, sizeof count);
        if (count && !pointer)
            return refuse(c, frame, "has %zu items but no list", count);
        if (!pointer)
            return true;
        return field->container == KZ_MAP ? check_entries(c, field, pointer, count, frame)
                                          : check_list(c, field, pointer, count, frame);
    }
    switch (field->type) {
    case KZ_TYPE_STRING: return !pointer || pointer == kz_null_string || check_string(c, field, pointer, frame);
    case KZ_TYPE_JSON: return !pointer || check_json(c, *(const kz_json *)(const void *)at, frame);
    case KZ_TYPE_OBJECT:
        return !pointer || check_object(c, field->schema, pointer, kzi_struct_size(field->schema, c->options), frame);
    case KZ_TYPE_UPLOAD: return true;
    default: break;
    }
    *given = integer->state != KZ_UNSET;
    if (integer->state != KZ_SET || field->type == KZ_TYPE_BOOL)
        return true;
    double value = field->type == KZ_TYPE_INT ? (double)integer->value : ((const kz_opt_number *)(const void *)at)->value;
    return check_number(c, field->check, value, frame);
}

static bool check_tail(checker *c, const kz_schema *schema, const char *object, uint64_t size, const kzi_frame *frame)
{
    char path[256];
    for (uint64_t i = schema->size; i < size; i++) {
        if (!object[i])
            continue;
        kzi_frame_text(frame, path, sizeof path);
        return kz_error_set(c->error, KZ_ERROR_PLUGIN_INCOMPATIBLE, path,
            "%s uses a member of %s that the installed plugin is too old to know; install a newer one.",
            frame ? path : "The call", schema->name);
    }
    return true;
}

static bool check_extra(
    checker *c, const kz_schema *schema, const char *object, const kzi_frame *frame, kz_json *extra, kz_json *base)
{
    const void *from;
    kzi_frame here = { .up = frame, .name = "extra", .length = 5 };
    memcpy(extra, object + schema->extra_offset, sizeof *extra);
    memcpy(&from, object + schema->from_offset, sizeof from);
    *base = kz_json_of(from);
    if (!extra->text)
        return true;
    if (!check_json(c, *extra, &here))
        return false;
    while (extra->length && strchr(" \t\r\n", *extra->text))
        extra->text++, extra->length--;
    return *extra->text == '{' || refuse(c, &here, "is not a JSON object");
}

const char *kzi_constant(const kz_field *field)
{
    if (field->sent)
        return field->sent;
    bool one = field->flags & KZ_FIELD_REQUIRED && field->type == KZ_TYPE_STRING && field->container == KZ_ONE;
    const char *const *values = one && field->check ? field->check->values : NULL;
    return values && values[0] && !values[1] ? values[0] : NULL;
}

/* Exactly one kind is given, and the tag, which need not be, names it; or the whole object as `extra` or `from`. */
static bool check_union(checker *c, const kz_schema *schema, const char *object, uint64_t size, const kzi_frame *frame)
{
    const kz_field *kind = NULL;
    const char *tag = NULL, *branch;
    kz_json extra, base;
    if (!check_extra(c, schema, object, frame, &extra, &base))
        return false;
    memcpy(&tag, object + schema->fields[0].offset, sizeof tag);
    for (uint32_t i = 1; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        if (field->offset + sizeof branch > size)
            break;
        memcpy(&branch, object + field->offset, sizeof branch);
        if (branch && kind)
            return refuse(c, frame, "is one kind or another, not both %s and %s", kind->name, field->name);
        kind = branch ? field : kind;
    }
    if (kind && (extra.text || base.text))
        return refuse(c, frame, "is one kind or another, not both %s and the %s", kind->name, extra.text ? "extra" : "from");
    if (!kind)
        return extra.text || base.text || refuse(c, frame, "needs one of its kinds, such as %s", schema->fields[1].name);
    if (tag && tag != kz_null_string && strcmp(tag, kind->name) != 0)
        return refuse(c, frame, "has the %s \"%.60s\" but gives %s", schema->tag, tag, kind->name);
    memcpy(&branch, object + kind->offset, sizeof branch);
    c->told = schema->tag;
    return check_object(c, kind->schema, branch, kzi_struct_size(kind->schema, c->options), frame);
}

/* Most fields of a large request: nothing is said, nothing needs to be. */
static bool is_silent(const kz_field *field, const char *object, uint64_t size)
{
    size_t count = 0;
    if (field->flags & KZ_FIELD_REQUIRED || kzi_field_is_given(field, object, size))
        return false;
    if (field->container != KZ_ONE && field->offset + sizeof(void *) <= size)
        memcpy(&count, object + field->count_offset, sizeof count);
    return !count;
}

static bool check_object(checker *c, const kz_schema *schema, const char *object, uint64_t size, const kzi_frame *frame)
{
    if (schema->shape == KZ_SHAPE_UNION && schema->request)
        return check_tail(c, schema, object, size, frame) && check_union(c, schema, object, size, frame);
    kz_json extra = { 0 }, base = { 0 };
    const char *told = c->told;
    c->told = NULL;
    if (!check_tail(c, schema, object, size, frame) || (schema->request && !check_extra(c, schema, object, frame, &extra, &base)))
        return false;
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        if (is_silent(field, object, size))
            continue;
        kzi_frame here = { .up = frame, .name = field->name, .length = strlen(field->name) };
        bool given = false;
        if (field->offset + sizeof(void *) <= size && !check_field(c, field, object, &here, &given))
            return false;
        for (uint32_t j = i + 1; j < schema->n_fields && schema->fields[j].flags & KZ_FIELD_ALTERNATIVE; j++) {
            bool other = kzi_field_is_given(&schema->fields[j], object, size);
            if (given && other && !(field->flags & KZ_FIELD_ALTERNATIVE))
                return refuse(c, &here, "is given in two ways; one is enough");
            given |= other;
        }
        if (given || !(field->flags & KZ_FIELD_REQUIRED) || field->flags & (KZ_FIELD_READ_ONLY | KZ_FIELD_ALTERNATIVE) ||
            kzi_constant(field) || (told && !strcmp(field->name, told)) || kz_json_member(extra, field->name).text ||
            kz_json_member(base, field->name).text)
            continue;
        return refuse(c, &here, "is required");
    }
    return true;
}

bool kzi_params_check(const kz_schema *schema, const void *params, const kzi_json_options *options, kz_error **error)
{
    checker c = { .options = options, .error = error };
    if (error && *error)
        return false;
    if (params)
        return check_object(&c, schema, params, options && options->root_size ? options->root_size : schema->size, NULL);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        kzi_frame here = { .name = field->name, .length = strlen(field->name) };
        if (field->flags & KZ_FIELD_REQUIRED && !(field->flags & (KZ_FIELD_READ_ONLY | KZ_FIELD_ALTERNATIVE)))
            return refuse(&c, &here, "is required");
    }
    return true;
}
