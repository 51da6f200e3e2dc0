/* schema_json.h: JSON text to structs and back, by the schema tables. One pass, one scope, strict. */
#ifndef KZI_SCHEMA_JSON_H
#define KZI_SCHEMA_JSON_H

#include "buffer.h"
#include "scope.h"

enum { KZI_MAX_DEPTH = 128 };

/* How to read or write: for whom the structs are, and how deep JSON may nest. */
typedef struct kzi_json_options {
    const kz_interface *caller; /* sizes as the program knows them, or NULL: the plugin's own */
    uint64_t root_size;         /* size of the root struct as the caller knows it, 0: the schema's */
    unsigned max_depth;         /* 0: KZI_MAX_DEPTH */
    bool arguments;             /* reading: call-by-name. Aliases count, unknown members of the root are ARGUMENT errors that
                                   name the nearest, errors are ARGUMENT, unknown members below go to `extra`;
                                   {"$bytes": B64} and {"$file": ...} fill uploads */
    const char *body_name;      /* arguments: a member of this name that is an object is read as members of the root */
} kzi_json_options;

/* The size of a struct that both sides can live with: the caller's for requests, the larger one for results. */
uint64_t kzi_struct_size(const kz_schema *schema, const kzi_json_options *options);

/* Whether a member of a struct of `size` bytes says something: a value or an explicit null. */
bool kzi_field_is_given(const kz_field *field, const char *object, uint64_t size);
/* What a required member that has only one possible value is filled in with when it is not given, or NULL. */
const char *kzi_constant(const kz_field *field);

/* Reads `text` as `schema` into `scope`: returns the object, its header's text pointing into `text` (which must live as
 * long as the scope). Errors: DECODE (or ARGUMENT) with the JSON path in `path`, e.g. "items[3].size"; NO_MEMORY. */
void *kzi_json_read(const kz_schema *schema, kzi_scope *scope, const char *text, size_t length, const kzi_json_options *options,
    kz_error **error);

/* Writes the members of a struct that are given, as one JSON object (LIST, VALUE, UNION: as their shape says), after
 * checking them. Only fields whose place is `place` are written (schemas below the root: all). `extra` is merged, `from` is
 * the base. For a result struct: objects with text are copied, changed ones written with their unknown members kept.
 * Errors: ARGUMENT with the path, PLUGIN_INCOMPATIBLE (bytes that the plugin does not know and are not zero), NO_MEMORY. */
bool kzi_json_write(kzi_buffer *out, const kz_schema *schema, const void *object, kz_place place, const kzi_json_options *options,
    kz_error **error);

/* Checks one params struct without writing: required, ranges, patterns, formats, unknown bytes. The fields of every place. */
bool kzi_params_check(const kz_schema *schema, const void *params, const kzi_json_options *options, kz_error **error);

/* Strict check of a text; on failure `*line`, `*column` (from 1) and `*problem` (static) say where and what. */
bool kzi_json_valid(const char *text, size_t length, unsigned max_depth, size_t *line, size_t *column, const char **problem);

/* Length of the JSON value at `text` (which is valid JSON). */
size_t kzi_json_skip(const char *text, size_t length);

/* Appends `text` as a JSON string. Invalid UTF-8: false. */
bool kzi_json_put_string(kzi_buffer *out, const char *text, size_t length);
/* The characters of a string, the text of any other value. */
void kzi_json_put_plain(kzi_buffer *out, kz_json value);
/* The fewest digits that read back as the same double, bit by bit; NaN and infinities give false. `out` of at least 32 bytes. */
bool kzi_format_double(double value, char out[32]);

/* Decodes a JSON string literal (with its quotes) into `out` (at least as long); returns its length, or -1. */
int64_t kzi_json_unescape(const char *text, size_t length, char *out);

/* The name in `names` (n of them) nearest to `name` by edit distance, or NULL when none is near. */
const char *kzi_nearest(const char *name, const char *const *names, size_t n);

#endif
