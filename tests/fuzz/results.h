/* results.h: what holds of reading any text as any schema of results. */
#ifndef TEST_FUZZ_RESULTS_H
#define TEST_FUZZ_RESULTS_H

#include "schema_json.h"

/* Reads `text`: what is read is JSON, and written anew it is read again; what is refused is said with place and message. Returns
 * whether it was read. */
bool fuzz_result(const kz_schema *schema, kz_json text, const kzi_json_options *options);

#endif
