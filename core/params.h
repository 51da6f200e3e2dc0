/* params.h: copies of arguments. */
#ifndef KZI_PARAMS_H
#define KZI_PARAMS_H

#include "schema_json.h"
#include "scope.h"

/* A deep copy of a program's request struct in `scope`, laid out as the plugin knows it: members that the plugin does not know
 * are left out, those that the program does not know are zero. Content to upload and results in `from` are not copied: they
 * stay the program's. NULL: no memory. */
void *kzi_params_copy(kzi_scope *scope, const kz_schema *schema, const void *params, const kzi_json_options *options);
/* The same into memory that is there, zeroed; false: no memory. */
bool kzi_params_fill(kzi_scope *scope, const kz_schema *schema, const void *params, const kzi_json_options *options, void *copy);

#endif
