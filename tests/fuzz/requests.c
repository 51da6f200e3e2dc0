/* requests.c: see requests.h. */
#include "requests.h"

#include "fuzz.h"

static void refused(kz_error *error)
{
    HOLDS(error->code == KZ_ERROR_ARGUMENT && error->path && error->message[0]);
    kz_error_free(error);
}

void *fuzz_arguments(const kz_schema *schema, kzi_scope *scope, kz_json text, const kzi_json_options *options)
{
    kz_error *error = NULL;
    void *params = kzi_json_read(schema, scope, text.text, text.length, options, &error);
    HOLDS(!params == (error != NULL));
    if (error)
        refused(error);
    return params;
}

bool fuzz_check(const kz_schema *schema, const void *params)
{
    kz_error *error = NULL;
    bool fine = kzi_params_check(schema, params, NULL, &error);
    HOLDS(fine == !error);
    if (error)
        refused(error);
    return fine;
}

void fuzz_is_json(const char *text, size_t length)
{
    size_t line, column;
    const char *problem;
    bool valid = kzi_json_valid(text ? text : "", length, UINT32_MAX, &line, &column, &problem);
    if (!valid)
        fprintf(stderr, "%.*s: %s\n", (int)length, text ? text : "", problem);
    HOLDS(valid);
}
