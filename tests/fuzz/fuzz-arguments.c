/* fuzz-arguments.c: arguments of a call by name, as JSON: read into request structs, checked, and written as the body of a request.
 * What passes the check is written, and what is written is JSON. */
#include "fuzz.h"
#include "json_scan.h"
#include "kinds.h"

#include <string.h>

static bool has_uploads(const asked *a)
{
    for (size_t i = 0; i < a->n_inners; i++)
        if (has_uploads(&a->inners[i]))
            return true;
    return a->content || a->contents || (a->inner && has_uploads(a->inner));
}

static void send(const asked *params)
{
    kz_error *error = NULL;
    kzi_buffer out = { 0 };
    size_t line, column;
    const char *problem;
    if (kzi_params_check(&asked_schema, params, NULL, &error)) {
        bool written = kzi_json_write(&out, &asked_schema, params, KZ_IN_BODY, NULL, &error);
        HOLDS(written || has_uploads(params)); /* those have no JSON */
        HOLDS(!written || kzi_json_valid(out.data, out.length, UINT32_MAX, &line, &column, &problem));
    }
    kzi_buffer_free(&out);
    kz_error_free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    kzi_json_options options = { .arguments = true,
        .body_name = data[0] & 1 ? "body"
            : data[0] & 2        ? "inner"
                                 : NULL,
        .max_depth = data[0] & 4 ? 4 : 0 };
    kz_error *error = NULL;
    kzi_scope *scope = kzi_scope_new(1);
    HOLDS(scope);
    asked *params = kzi_json_read(&asked_schema, scope, (const char *)data + 1, size - 1, &options, &error);
    HOLDS(!params == (error != NULL));
    if (error)
        HOLDS(error->code == KZ_ERROR_ARGUMENT && error->path);
    if (params)
        send(params);
    kzi_scope_free(scope);
    kz_error_free(error);
    return 0;
}
