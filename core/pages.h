/* pages.h: a list that is asked for page by page, as an iterator over all its items. Used by streams. */
#ifndef KZI_PAGES_H
#define KZI_PAGES_H

#include "engine.h"

typedef struct kzi_pages kzi_pages;

kzi_pages *kzi_pages_new(
    kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref, const void *params, kz_error **error);
/* The next item, valid until the one after it; NULL at the end or with the slot filled. */
void *kzi_pages_next(kzi_pages *pages, kz_error **error);
void kzi_pages_free(kzi_pages *pages);

#endif
