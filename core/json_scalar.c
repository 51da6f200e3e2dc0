/* json_scalar.c: single values out of JSON text, and how reading fails: with the place, what stands there and what was due. */
#include "json_read.h"

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
bool kzi_read_broken(kzi_reader *r, const kzi_frame *frame)
{
    return kzi_read_fail(r, frame, r->scan.problem ? r->scan.problem : "no JSON", NULL);
}

const char *kzi_kind_at(char c)
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

bool kzi_read_wrong_kind(kzi_reader *r, const kzi_frame *frame, const char *due)
{
    return kzi_read_fail(r, frame, kzi_kind_at(kzi_scan_peek(&r->scan)), due);
}

bool kzi_read_string(kzi_reader *r, const char **out, const kzi_frame *frame)
{
    kzi_span span;
    if (kzi_scan_peek(&r->scan) != '"')
        return kzi_read_wrong_kind(r, frame, "a string");
    if (!kzi_scan_string(&r->scan, &span))
        return kzi_read_broken(r, frame);
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

bool kzi_read_int(kzi_reader *r, int64_t *out, const kzi_frame *frame)
{
    const char *text;
    size_t length;
    bool whole;
    char c = kzi_scan_peek(&r->scan);
    if (c != '-' && !(c >= '0' && c <= '9'))
        return kzi_read_wrong_kind(r, frame, "an integer");
    if (!kzi_scan_number(&r->scan, &text, &length, &whole))
        return kzi_read_broken(r, frame);
    return kzi_parse_int(text, length, whole, out) || kzi_read_fail(r, frame, "a number", "an integer of 64 bits");
}

bool kzi_read_number(kzi_reader *r, double *out, const kzi_frame *frame)
{
    char c = kzi_scan_peek(&r->scan);
    if (c != '-' && !(c >= '0' && c <= '9'))
        return kzi_read_wrong_kind(r, frame, "a number");
    return kzi_scan_double(&r->scan, out) ||
        (r->scan.problem ? kzi_read_broken(r, frame) : kzi_read_fail(r, frame, "a number", "one that a double can hold"));
}

bool kzi_read_bool(kzi_reader *r, bool *out, const kzi_frame *frame)
{
    char c = kzi_scan_peek(&r->scan);
    if (c != 't' && c != 'f')
        return kzi_read_wrong_kind(r, frame, "true or false");
    *out = c == 't';
    return kzi_scan_literal(&r->scan, *out ? "true" : "false") || kzi_read_broken(r, frame);
}

bool kzi_read_json(kzi_reader *r, kz_json *out, const kzi_frame *frame)
{
    return kzi_scan_value(&r->scan, &out->text, &out->length) || kzi_read_broken(r, frame);
}
