/* result.h: the JSON of results that flows make. */
#ifndef KZI_RESULT_H
#define KZI_RESULT_H

#include "scope.h"

/* Writes the JSON of an object from its struct unless it has some that still holds; kz_json_of() then gives it. */
bool kzi_result_finish(void *object, kz_error **error);
/* Whether the members were changed after the text was received. */
bool kzi_result_is_changed(const void *object);

#endif
