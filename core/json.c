/* json.c: pieces of JSON for programs: trees of json-c at the edges, members by name, a strict check. */
#include <kamiwaza/json.h>

#include "json_scan.h"
#include "scope.h"
#include "schema_json.h"

#include <json-c/json.h>
#include <string.h>

bool kz_json_check(kz_json json, kz_error **error)
{
    size_t line, column;
    const char *problem;
    if (error && *error)
        return false;
    if (kzi_json_valid(json.text ? json.text : "", json.length, KZI_MAX_DEPTH, &line, &column, &problem))
        return true;
    return kz_error_set(error, KZ_ERROR_DECODE, NULL, "This is not JSON: %s (line %zu, column %zu).", problem, line, column);
}

kz_json kz_json_member(kz_json json, const char *name)
{
    kzi_members members;
    kzi_span found;
    kz_json value;
    while (json.length && strchr(" \t\r\n", *json.text))
        json.text++, json.length--;
    kzi_members_begin(&members, json);
    while (name && kzi_members_next(&members, &found, &value))
        if (kzi_span_is(&found, name))
            return value;
    return (kz_json){ 0 };
}

void kzi_json_put_plain(kzi_buffer *out, kz_json value)
{
    kzi_scan scan = { .start = value.text, .at = value.text, .end = value.text + value.length, .max_depth = 1 };
    kzi_span span;
    char *to = kzi_scan_peek(&scan) == '"' && kzi_scan_string(&scan, &span) ? kzi_buffer_reserve(out, span.length) : NULL;
    if (!to) {
        kzi_buffer_append(out, value.text, value.length);
        return;
    }
    out->length += kzi_span_text(&span, to);
    out->data[out->length] = 0;
}

static bool is_null(kz_json json)
{
    while (json.length && strchr(" \t\r\n", *json.text))
        json.text++, json.length--;
    return json.length >= 4 && !memcmp(json.text, "null", 4);
}

/* The text is checked before, so that what json-c says can only be that memory ran out. */
struct json_object *kz_json_tree(kz_json json, kz_error **error)
{
    if (!kz_json_check(json, error))
        return NULL;
    struct json_tokener *parser = json_tokener_new_ex(KZI_MAX_DEPTH + 1);
    if (!parser) {
        kz_error_no_memory(error);
        return NULL;
    }
    struct json_object *tree = NULL;
    if (json.length <= INT32_MAX - 1) {
        kzi_buffer copy = { 0 }; /* json-c knows the end of a number by the byte behind it */
        kzi_buffer_append(&copy, json.text, json.length);
        if (!copy.failed)
            tree = json_tokener_parse_ex(parser, copy.data, (int)copy.length + 1);
        kzi_buffer_free(&copy);
    }
    bool fine = json_tokener_get_error(parser) == json_tokener_success && (tree || is_null(json));
    json_tokener_free(parser);
    if (!fine)
        kz_error_no_memory(error);
    return tree;
}

kz_json kz_json_from_tree(struct json_object *tree, void **root, kz_error **error)
{
    kz_json none = { 0 };
    if ((error && *error) || !root) {
        if (!root)
            kz_error_set(error, KZ_ERROR_ARGUMENT, "root", "The text of a tree needs a place for what owns it.");
        return none;
    }
    *root = NULL;
    size_t length;
    const char *text = json_object_to_json_string_length(tree, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
    kzi_scope *scope = text ? kzi_scope_new(length + 128) : NULL;
    kz_json_value *value = scope ? kzi_scope_object(scope, &kz_schema_json_value, sizeof *value) : NULL;
    char *copy = value ? kzi_scope_string(scope, text, length) : NULL;
    if (!copy) {
        kzi_scope_free(scope);
        kz_error_no_memory(error);
        return none;
    }
    value->value = (kz_json){ copy, length };
    kzi_header_of(value)->text = copy;
    kzi_header_of(value)->length = length;
    *root = value;
    return value->value;
}
