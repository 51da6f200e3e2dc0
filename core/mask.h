/* mask.h: secrets of ours in what a server says, in case it echoes them. */
#ifndef KZI_MASK_H
#define KZI_MASK_H

#include "engine.h"

/* Overwrites with asterisks what the text holds of the call's credentials, of the secret settings, of headers and query values that the
 * program adds, and of what the call itself sends in fields that are known for secrets. */
void kzi_mask_secrets(const kzi_call *call, kzi_buffer *text);

#endif
