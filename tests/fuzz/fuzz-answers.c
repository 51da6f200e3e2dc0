/* fuzz-answers.c: JSON text to results by every schema of the services: the first two bytes choose it, the third how deep JSON may
 * nest and whether the program's struct is larger than the plugin's. */
#include "fuzz.h"
#include "results.h"
#include "services.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    const kz_schema *schema = fuzz_answer_schema((uint16_t)(data[0] << 8 | data[1]));
    kzi_json_options options = { .max_depth = data[2] & 128 ? 4 : 0, .root_size = data[2] & 64 ? schema->size + 64 : 0 };
    fuzz_result(schema, (kz_json){ (const char *)data + 3, size - 3 }, &options);
    return 0;
}
