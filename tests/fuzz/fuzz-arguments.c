/* fuzz-arguments.c: arguments of a call by name, as JSON: read into request structs that have a field of every kind, checked, and
 * written as the body of a request. What passes the check is written, and what is written is JSON. */
#include "fuzz.h"
#include "kinds.h"
#include "requests.h"

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
    if (fuzz_check(&asked_schema, params)) {
        bool written = kzi_json_write(&out, &asked_schema, params, KZ_IN_BODY, NULL, &error);
        HOLDS(written || has_uploads(params)); /* those have no JSON */
        if (written)
            fuzz_is_json(out.data, out.length);
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
    kzi_scope *scope = kzi_scope_new(1);
    HOLDS(scope);
    const asked *params = fuzz_arguments(&asked_schema, scope, (kz_json){ (const char *)data + 1, size - 1 }, &options);
    if (params)
        send(params);
    kzi_scope_free(scope);
    return 0;
}
