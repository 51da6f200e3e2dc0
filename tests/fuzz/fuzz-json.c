/* fuzz-json.c: JSON text to results, by a schema that has a field of every kind. The first byte chooses the schema and how deep
 * JSON may nest. */
#include "fuzz.h"
#include "kinds.h"
#include "results.h"

static const kz_schema *const schemas[] = { &kinds_schema, &kinds_list_schema, &kinds_union_schema, &kz_schema_json_value,
    &kz_schema_string_list, &kz_schema_number_value, &kz_schema_int_value, &kz_schema_bool_value };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    const kz_schema *schema = schemas[data[0] % 8];
    kzi_json_options options = { .max_depth = data[0] & 128 ? 4 : 0, .root_size = data[0] & 64 ? schema->size + 64 : 0 };
    fuzz_result(schema, (kz_json){ (const char *)data + 1, size - 1 }, &options);
    return 0;
}
