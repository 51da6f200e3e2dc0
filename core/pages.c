/* pages.c: see pages.h. Keeps a copy of the arguments, moves the offset on by what came, and stops at a page that is not full
 * or when the total that the server names is reached. */
#include "pages.h"

#include <stdlib.h>
#include <string.h>

struct kzi_pages {
    kz_service service; /* a copy, with its own reference to the options */
    kzi_instance *owner;
    const kz_operation *op;
    const kz_op_ref *ref;
    char *params;
    uint64_t size;
    kzi_scope *strings; /* of the arguments */
    kz_opt_int *offset, *limit;
    void *page;
    void *const *items;
    size_t n_items, at;
    bool last;
};

static kz_opt_int *argument(kzi_pages *pages, const char *name)
{
    const kz_schema *schema = pages->op->params;
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (!strcmp(schema->fields[i].name, name) && schema->fields[i].offset + sizeof(kz_opt_int) <= pages->size)
            return (kz_opt_int *)(void *)(pages->params + schema->fields[i].offset);
    return NULL;
}

/* The program's strings need not outlive the call that opened the stream. */
static bool copy_arguments(kzi_pages *pages, kz_error **error)
{
    const kz_schema *schema = pages->op->params;
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        const char *text;
        size_t count;
        const void *at = kzi_field_at(pages->params, pages->size, field, &count);
        if (!at || (field->type != KZ_TYPE_STRING && field->container == KZ_ONE && field->type <= KZ_TYPE_BOOL))
            continue;
        memcpy(&text, at, sizeof text);
        if (!text || text == kz_null_string)
            continue;
        if (field->type != KZ_TYPE_STRING || field->container != KZ_ONE)
            return kz_error_set(error, KZ_ERROR_ARGUMENT, field->name,
                "%s cannot be given when all pages are read; call the operation page by page.", field->name);
        text = kzi_scope_string(pages->strings, text, strlen(text));
        if (!text)
            return kz_error_no_memory(error);
        memcpy(pages->params + field->offset, &text, sizeof text);
    }
    return true;
}

kzi_pages *kzi_pages_new(
    kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_pages *pages = calloc(1, sizeof *pages);
    uint64_t size = ref ? ref->params_size : op->params->size;
    if (!pages || !(pages->params = calloc(1, size)) || !(pages->strings = kzi_scope_new(256))) {
        kzi_pages_free(pages);
        kz_error_no_memory(error);
        return NULL;
    }
    pages->service = *service;
    pages->service.next_peer = NULL;
    pages->service.options = kzi_options_ref(service->options);
    pages->owner = owner;
    pages->op = op;
    pages->ref = ref;
    pages->size = size;
    if (params)
        memcpy(pages->params, params, size);
    pages->offset = argument(pages, op->paging->offset);
    pages->limit = argument(pages, op->paging->limit);
    if (!pages->offset || !pages->limit)
        kz_error_set(error, KZ_ERROR_PLUGIN_INCOMPATIBLE, op->name, "%s.%s names arguments for its pages that it does not have.",
            owner->name, op->name);
    else if (copy_arguments(pages, error)) {
        if (pages->offset->state != KZ_SET)
            *pages->offset = (kz_opt_int){ 0, KZ_SET };
        if (pages->limit->state != KZ_SET || pages->limit->value < 1)
            *pages->limit = (kz_opt_int){ op->paging->page_size, KZ_SET };
        return pages;
    }
    kzi_pages_free(pages);
    return NULL;
}

static bool fetch_page(kzi_pages *pages, kz_error **error)
{
    kz_free(pages->page);
    pages->page = kzi_execute(&pages->service, pages->owner, pages->op, pages->ref, pages->params, error);
    if (!pages->page)
        return false;
    const kz_schema *schema = pages->op->result;
    memcpy(&pages->items, (char *)pages->page + schema->fields[0].offset, sizeof pages->items);
    memcpy(&pages->n_items, (char *)pages->page + schema->fields[0].count_offset, sizeof pages->n_items);
    pages->at = 0;
    pages->last = (int64_t)pages->n_items < pages->limit->value;
    pages->offset->value += (int64_t)pages->n_items;
    return true;
}

void *kzi_pages_next(kzi_pages *pages, kz_error **error)
{
    while (pages->at == pages->n_items) {
        if (pages->last || !fetch_page(pages, error)) {
            pages->last = true;
            return NULL;
        }
    }
    return pages->items[pages->at++];
}

void kzi_pages_free(kzi_pages *pages)
{
    if (!pages)
        return;
    kz_free(pages->page);
    kzi_options_unref(pages->service.options);
    kzi_scope_free(pages->strings);
    free(pages->params);
    free(pages);
}
