/* results.c: see results.h. */
#include "results.h"

#include "fuzz.h"
#include "json_scan.h"
#include "result.h"

#include <kamiwaza/json.h>
#include <string.h>

static void *read_one(const kz_schema *schema, kz_json text, const kzi_json_options *options, kz_error **error)
{
    kzi_scope *scope = kzi_scope_new(1);
    HOLDS(scope);
    void *object = kzi_json_read(schema, scope, text.text, text.length, options, error);
    if (!object)
        kzi_scope_free(scope);
    return object;
}

static void write_again(const kz_schema *schema, void *object)
{
    kz_error *error = NULL;
    size_t line, column;
    const char *problem;
    void *kept = kz_keep(object);
    HOLDS(kept);
    kz_result_changed(kept);
    HOLDS(kzi_result_finish(kept, &error));
    kz_json text = kz_json_of(kept);
    HOLDS(kzi_json_valid(text.text, text.length, UINT32_MAX, &line, &column, &problem));
    void *again = read_one(schema, text, &(kzi_json_options){ .max_depth = UINT32_MAX }, &error);
    if (!again)
        fprintf(stderr, "%s: %.*s: %s\n", schema->name, (int)text.length, text.text, error->message);
    HOLDS(again);
    kz_free(again);
    kz_free(kept);
}

bool fuzz_result(const kz_schema *schema, kz_json text, const kzi_json_options *options)
{
    kz_error *error = NULL;
    size_t line = 0, column = 0;
    const char *problem = NULL;
    bool bom = text.length >= 3 && !memcmp(text.text, "\xef\xbb\xbf", 3);
    kz_json bare = bom ? (kz_json){ text.text + 3, text.length - 3 } : text;
    bool valid = kzi_json_valid(bare.text, bare.length, options->max_depth, &line, &column, &problem);
    void *object = read_one(schema, text, options, &error);
    HOLDS(!object == (error != NULL));
    HOLDS(valid || !object);
    HOLDS(valid || (problem && line && column));
    if (error)
        HOLDS(error->code == KZ_ERROR_DECODE && error->path && strstr(error->message, "column"));
    if (valid && bare.length)
        HOLDS(kzi_json_skip(bare.text, bare.length));
    if (object)
        write_again(schema, object);
    kz_free(object);
    kz_error_free(error);
    return object;
}
