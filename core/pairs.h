/* pairs.h: arguments as the name=value pairs of queries, forms and cookies. */
#ifndef KZI_PAIRS_H
#define KZI_PAIRS_H

#include "engine.h"

/* name=value, both percent-encoded, behind `separator` unless it is 0. */
void kzi_put_pair(kzi_buffer *out, char separator, const char *name, const kzi_buffer *value);
/* The pairs of one field. `*separator` is what stands before the next one. */
void kzi_put_pairs(
    kzi_buffer *out, char *separator, const kz_operation *op, const kz_field *field, const void *params, uint64_t size);
/* The body of a form: the fields and what `extra` has, which goes over them. */
void kzi_put_form(kzi_call *call, const kz_operation *op, uint64_t size);

#endif
