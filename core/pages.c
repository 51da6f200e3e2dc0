/* pages.c: see pages.h. Keeps a copy of the arguments and moves the offset on by what came, until a page is not full; or moves a
 * cursor to the last item that came, until the server says that no more follow or sends none. */
#include "pages.h"

#include "params.h"
#include "schema_json.h"
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
    const char **cursor;
    char *last_id; /* what the cursor points to */
    void *page;
    void *const *items;
    size_t n_items, at;
    bool last;
};

static void *argument(kzi_pages *pages, const char *name)
{
    const kz_schema *schema = pages->op->params;
    for (uint32_t i = 0; name && i < schema->n_fields; i++)
        if (!strcmp(schema->fields[i].name, name) &&
            schema->fields[i].offset + (schema->fields[i].type == KZ_TYPE_STRING ? sizeof(char *) : sizeof(kz_opt_int)) <=
                pages->size)
            return pages->params + schema->fields[i].offset;
    return NULL;
}

kzi_pages *kzi_pages_new(
    kz_service *service, kzi_instance *owner, const kz_operation *op, const kz_op_ref *ref, const void *params, kz_error **error)
{
    kzi_pages *pages = calloc(1, sizeof *pages);
    uint64_t size = ref ? ref->params_size : op->params->size, room = size > op->params->size ? size : op->params->size;
    const kzi_json_options options = { .caller = ref ? ref->interface : NULL, .root_size = size };
    /* The program's arguments need not outlive the call that opened the stream. */
    if (!pages || !(pages->params = calloc(1, room)) || !(pages->strings = kzi_scope_new(256)) ||
        !kzi_params_fill(pages->strings, op->params, params, &options, pages->params)) {
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
    pages->offset = argument(pages, op->paging->offset);
    pages->limit = argument(pages, op->paging->limit);
    pages->cursor = argument(pages, op->paging->cursor);
    if ((!pages->offset && !pages->cursor) || !pages->limit)
        kz_error_set(error, KZ_ERROR_PLUGIN_INCOMPATIBLE, op->name, "%s.%s names arguments for its pages that it does not have.",
            owner->name, op->name);
    else {
        if (pages->offset && pages->offset->state != KZ_SET)
            *pages->offset = (kz_opt_int){ 0, KZ_SET };
        if (pages->offset && (pages->limit->state != KZ_SET || pages->limit->value < 1))
            *pages->limit = (kz_opt_int){ op->paging->page_size, KZ_SET };
        return pages;
    }
    kzi_pages_free(pages);
    return NULL;
}

/* The text of a member of some JSON, to be freed; NULL: it has none. */
static char *member_text(kz_json json, const char *name)
{
    kz_json value = kz_json_member(json, name);
    kzi_buffer text = { 0 };
    size_t length;
    if (!value.text || value.text[0] != '"')
        return NULL;
    kzi_json_put_plain(&text, value);
    return kzi_buffer_take(&text, &length);
}

/* Where the next page begins: after the last item of this one. */
static void move_cursor(kzi_pages *pages)
{
    kz_json page = kz_json_of(pages->page), more = kz_json_member(page, "has_more");
    bool ends = !pages->n_items || (more.length == 5 && !memcmp(more.text, "false", 5));
    char *id = ends ? NULL : member_text(page, "last_id");
    if (!ends && !id)
        id = member_text(kz_json_of(pages->items[pages->n_items - 1]), "id");
    pages->last = !id || (pages->last_id && !strcmp(id, pages->last_id)); /* a server that repeats itself has no end */
    free(pages->last_id);
    *pages->cursor = pages->last_id = id;
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
    if (pages->cursor) {
        move_cursor(pages);
        return true;
    }
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
    free(pages->last_id);
    free(pages->params);
    free(pages);
}
