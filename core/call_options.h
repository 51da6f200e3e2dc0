/* call_options.h: the options of a call among its arguments by name. */
#ifndef KZI_CALL_OPTIONS_H
#define KZI_CALL_OPTIONS_H

#include "engine.h"

/* `handle` itself where the arguments hold no options; else one of its own with them, to be freed; NULL with the slot filled. */
kz_service *kzi_call_options(kz_service *handle, const kz_operation *op, kz_json args, kz_error **error);

#endif
