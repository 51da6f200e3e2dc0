/* requests.h: what holds of arguments that are given as JSON. */
#ifndef TEST_FUZZ_REQUESTS_H
#define TEST_FUZZ_REQUESTS_H

#include "schema_json.h"

/* Reads arguments as a call by name does; they live in `scope`. NULL: refused, with the argument and the reason, and *error is
 * empty again. */
void *fuzz_arguments(const kz_schema *schema, kzi_scope *scope, kz_json text, const kzi_json_options *options);

/* Whether the arguments pass the check; those that do not are refused with the argument and the reason. */
bool fuzz_check(const kz_schema *schema, const void *params);

/* The text is JSON. */
void fuzz_is_json(const char *text, size_t length);

#endif
