/* error_private.h: how the core fills what an error carries beyond its message. */
#ifndef KZI_ERROR_PRIVATE_H
#define KZI_ERROR_PRIVATE_H

#include <kamiwaza/error.h>

/* The slot's error with everything in `facts` copied into it (strings and detail; NULL members skipped; the code and message
 * too). For an empty slot; a filled one or NULL is left alone. Returns false. */
bool kzi_error_fill(kz_error **error, const kz_error *facts);

/* Whether the slot is filled already (errors stick). */
static inline bool kzi_stuck(kz_error **error)
{
    return error && *error;
}

#endif
