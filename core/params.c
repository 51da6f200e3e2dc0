/* params.c: deep copies of a program's arguments, for flows when the program's structs have another layout than the plugin's,
 * and for asynchronous uploads, whose request is made from them again at each attempt. */
#include "params.h"

#include <string.h>

typedef struct copier {
    kzi_scope *scope;
    const kzi_json_options *options;
} copier;

static bool copy_object(const copier *c, const kz_schema *schema, const char *from, uint64_t size, char *to);

static bool copy_string(const copier *c, const char **text)
{
    if (*text && *text != kz_null_string)
        return (*text = kzi_scope_string(c->scope, *text, strlen(*text))) != NULL;
    return true;
}

static bool copy_json(const copier *c, kz_json *json)
{
    if (json->text)
        return (json->text = kzi_scope_string(c->scope, json->text, json->length)) != NULL;
    return true;
}

/* `count` structs of a request, in one piece: the program's stride becomes the plugin's. */
static bool copy_objects(const copier *c, const kz_schema *schema, const char **objects, size_t count)
{
    uint64_t stride = kzi_struct_size(schema, c->options);
    if (!*objects)
        return true;
    char *copies = kzi_scope_alloc(c->scope, (count ? count : 1) * schema->size);
    for (size_t i = 0; copies && i < count; i++)
        if (!copy_object(c, schema, *objects + i * stride, stride, copies + i * schema->size))
            return false;
    *objects = copies;
    return copies != NULL;
}

static size_t item_size(const kz_field *field)
{
    if (field->container == KZ_MAP)
        return field->type == KZ_TYPE_STRING ? sizeof(kz_string_entry) : sizeof(kz_json_entry);
    switch (field->type) {
    case KZ_TYPE_INT: return sizeof(int64_t);
    case KZ_TYPE_NUMBER: return sizeof(double);
    case KZ_TYPE_FLOAT: return sizeof(float);
    case KZ_TYPE_BOOL: return sizeof(bool);
    case KZ_TYPE_JSON: return sizeof(kz_json);
    case KZ_TYPE_UPLOAD: return sizeof(kz_upload);
    default: return sizeof(const char *);
    }
}

static bool copy_item(const copier *c, const kz_field *field, void *item)
{
    kz_upload *upload = item;
    kz_string_entry *pair = item;
    kz_json_entry *entry = item;
    if (field->container == KZ_MAP && field->type == KZ_TYPE_STRING)
        return copy_string(c, &pair->key) && copy_string(c, &pair->value);
    if (field->container == KZ_MAP)
        return copy_string(c, &entry->key) && copy_json(c, &entry->value);
    if (field->type == KZ_TYPE_STRING)
        return copy_string(c, item);
    if (field->type == KZ_TYPE_JSON)
        return copy_json(c, item);
    if (field->type == KZ_TYPE_UPLOAD)
        return copy_string(c, &upload->path) && copy_string(c, &upload->filename) && copy_string(c, &upload->type);
    return true;
}

static bool copy_items(const copier *c, const kz_field *field, const char **items, size_t count)
{
    size_t size = item_size(field);
    if (!*items)
        return true;
    char *copies = kzi_scope_alloc(c->scope, (count ? count : 1) * size);
    if (!copies)
        return false;
    memcpy(copies, *items, count * size);
    for (size_t i = 0; i < count; i++)
        if (!copy_item(c, field, copies + i * size))
            return false;
    *items = copies;
    return true;
}

static bool copy_field(const copier *c, const kz_field *field, char *to)
{
    void *at = to + field->offset;
    size_t count = 1;
    if (field->container != KZ_ONE)
        memcpy(&count, to + field->count_offset, sizeof count);
    if (field->type == KZ_TYPE_OBJECT && field->container != KZ_MAP)
        return copy_objects(c, field->schema, at, count);
    if (field->container != KZ_ONE || field->type == KZ_TYPE_UPLOAD)
        return copy_items(c, field, at, count);
    return field->type == KZ_TYPE_STRING ? copy_string(c, at) : field->type != KZ_TYPE_JSON || copy_json(c, at);
}

static bool copy_object(const copier *c, const kz_schema *schema, const char *from, uint64_t size, char *to)
{
    memcpy(to, from, size < schema->size ? size : schema->size);
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (!copy_field(c, &schema->fields[i], to))
            return false;
    return !schema->request || copy_json(c, (void *)(to + schema->extra_offset));
}

bool kzi_params_fill(kzi_scope *scope, const kz_schema *schema, const void *params, const kzi_json_options *options, void *copy)
{
    copier c = { scope, options };
    uint64_t size = options && options->root_size ? options->root_size : kzi_struct_size(schema, options);
    return !params || copy_object(&c, schema, params, size, copy);
}

void *kzi_params_copy(kzi_scope *scope, const kz_schema *schema, const void *params, const kzi_json_options *options)
{
    char *copy = kzi_scope_alloc(scope, schema->size);
    return copy && kzi_params_fill(scope, schema, params, options, copy) ? copy : NULL;
}
