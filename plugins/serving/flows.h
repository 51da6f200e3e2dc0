/* flows.h: what the flows of the service serving share. */
#ifndef KZP_SERVING_FLOWS_H
#define KZP_SERVING_FLOWS_H

#include "serving-tables.h"

#include <string.h>

/* A text argument that is given and not an explicit null. */
static inline bool kzp_has(const char *text)
{
    return text && text != kz_null_string && *text;
}

/* The identifier of the model of a repository, by the service models; lives with `root`. NULL with the slot filled. */
const char *kzp_model_of_repo(kz_service *service, void *root, const char *repo_id, kz_error **error);

#endif
