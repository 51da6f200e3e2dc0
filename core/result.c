/* result.c: results as programs and flows hold them: roots, their JSON, items kept beyond their stream. */
#include "result.h"

#include "header.h"
#include "schema_json.h"

#include <stdlib.h>
#include <string.h>

/* The top bit of a header's length says that the struct was changed since. */
#define CHANGED ((size_t)1 << (sizeof(size_t) * 8 - 1))

const char kz_null_string[] = "";

const char *kz_version(void)
{
    return KZ_VERSION;
}

void kz_free(void *result)
{
    if (!result || ((uintptr_t)result & 7))
        return;
    kzi_scope *scope = kzi_header_of(result)->scope;
    if (scope && kzi_scope_is_root(scope, result))
        kzi_scope_free(scope);
}

size_t kz_string_length(const char *string)
{
    uint32_t length = 0;
    if (string)
        memcpy(&length, string - 4, sizeof length);
    return length;
}

const char *kz_result_header(const void *result, const char *name)
{
    size_t length = 0;
    const char *head = result && name ? kzi_scope_head(kzi_header_of(result)->scope, &length) : NULL;
    return kzi_head_find(head, length, name);
}

kz_json kz_json_of(const void *object)
{
    if (!object)
        return (kz_json){ 0 };
    const kzi_header *header = kzi_header_of(object);
    return (kz_json){ header->text, header->text ? header->length & ~CHANGED : 0 };
}

bool kzi_result_is_changed(const void *object)
{
    return kzi_header_of(object)->length & CHANGED;
}

void kz_result_changed(void *object)
{
    if (object)
        kzi_header_of(object)->length |= CHANGED;
}

void kz_result_set_json(void *object, kz_json json)
{
    if (!object)
        return;
    kzi_header_of(object)->text = json.text;
    kzi_header_of(object)->length = json.length;
}

/* The bytes of binary content follow the item. */
static void *keep_bytes(const kz_bytes *item)
{
    kzi_scope *scope = kzi_scope_new(item->length + sizeof *item + 64);
    kz_bytes *copy = scope ? kzi_scope_object(scope, &kz_schema_bytes, sizeof *copy) : NULL;
    char *data = copy ? kzi_scope_string(scope, item->data, item->length) : NULL;
    if (!data) {
        kzi_scope_free(scope);
        return NULL;
    }
    *copy = (kz_bytes){ .data = data, .length = item->length };
    if (item->type)
        copy->type = kzi_scope_string(scope, item->type, strlen(item->type));
    return copy;
}

void *kz_keep(const void *item)
{
    if (!item)
        return NULL;
    const kz_schema *schema = kzi_header_of(item)->schema;
    kz_json json = kz_json_of(item);
    if (schema == &kz_schema_bytes)
        return keep_bytes(item);
    if (!json.text)
        return NULL;
    kzi_scope *scope = kzi_scope_new(json.length * 2 + 256);
    char *text = scope ? kzi_scope_string(scope, json.text, json.length) : NULL;
    /* For the same program, which may know more of it than the plugin; at any depth, since it was within the limit when it came. */
    const kzi_scope *home = kzi_header_of(item)->scope;
    uint64_t size;
    kzi_json_options options = { .caller = kzi_scope_caller(home, &size), .max_depth = UINT32_MAX };
    options.root_size = kzi_scope_is_root(home, item) ? size : 0;
    void *copy = text ? kzi_json_read(schema, scope, text, json.length, &options, NULL) : NULL;
    if (!copy)
        kzi_scope_free(scope);
    return copy;
}

void *kz_result_new(const kz_schema *schema, uint64_t size, kz_error **error)
{
    if (error && *error)
        return NULL;
    kzi_scope *scope = kzi_scope_new(size + 256);
    void *root = scope ? kzi_scope_object(scope, schema, size) : NULL;
    if (root)
        return root;
    kzi_scope_free(scope);
    kz_error_no_memory(error);
    return NULL;
}

void *kz_result_object(void *root, const kz_schema *schema, uint64_t size, kz_error **error)
{
    if (error && *error)
        return NULL;
    void *object = kzi_scope_object(kzi_header_of(root)->scope, schema, size);
    if (!object)
        kz_error_no_memory(error);
    return object;
}

void *kz_result_memory(void *root, size_t size, kz_error **error)
{
    if (error && *error)
        return NULL;
    void *memory = kzi_scope_alloc(kzi_header_of(root)->scope, size ? size : 1);
    if (!memory)
        kz_error_no_memory(error);
    return memory;
}

const char *kz_result_string(void *root, const char *text, size_t length, kz_error **error)
{
    if ((error && *error) || !text)
        return NULL;
    char *copy = kzi_scope_string(kzi_header_of(root)->scope, text, length == SIZE_MAX ? strlen(text) : length);
    if (!copy)
        kz_error_no_memory(error);
    return copy;
}

/* JSON as a new root, with a copy of the text behind it. */
static void *read_copy(const kz_schema *schema, kz_json json, const kzi_json_options *options, kz_error **error)
{
    kzi_scope *scope = kzi_scope_new(json.length * 2 + 256);
    char *text = scope ? kzi_scope_string(scope, json.text ? json.text : "", json.length) : NULL;
    void *root = text ? kzi_json_read(schema, scope, text, json.length, options, error) : NULL;
    if (root)
        return root;
    if (!text)
        kz_error_no_memory(error);
    kzi_scope_free(scope);
    return NULL;
}

/* The same object as a program of another version knows it. */
static void *copy_for(void *result, const kz_interface *interface, uint64_t size, kz_error **error)
{
    const kz_schema *schema = kzi_header_of(result)->schema;
    kz_json json = kz_json_of(result);
    kzi_json_options options = { .caller = interface, .root_size = size, .max_depth = UINT32_MAX };
    bool is_nothing = json.length == 4 && !memcmp(json.text, "null", 4) && schema->shape == KZ_SHAPE_OBJECT;
    size_t length;
    const char *head = kzi_scope_head(kzi_header_of(result)->scope, &length);
    void *made = is_nothing ? kz_result_new(schema, size > schema->size ? size : schema->size, error)
                            : read_copy(schema, json, &options, error);
    if (made && is_nothing)
        kz_result_set_json(made, KZ_JSON("null"));
    if (!made || !head || kzi_scope_set_head(kzi_header_of(made)->scope, head, length))
        return made;
    kz_free(made);
    kz_error_no_memory(error);
    return NULL;
}

void *kz_result_for(void *result, const kz_interface *interface, uint64_t size, kz_error **error)
{
    if (!result)
        return NULL;
    const kz_schema *schema = kzi_header_of(result)->schema;
    kz_error *failure = NULL;
    void *made = kzi_result_finish(result, &failure) ? result : NULL;
    if (made && interface && schema->layout &&
        interface->layout != schema->layout) /* the core's own have none: they are frozen */
        made = copy_for(result, interface, size, &failure);
    if (made != result)
        kz_free(result);
    kz_error_move(error, &failure);
    return made;
}

void *kz_result_read(const kz_schema *schema, uint64_t size, kz_json json, kz_error **error)
{
    kzi_json_options options = { .root_size = size };
    return error && *error ? NULL : read_copy(schema, json, &options, error);
}

void kz_result_adopt(void *root, void *other)
{
    if (root && other && root != other)
        kzi_scope_join(kzi_header_of(root)->scope, kzi_header_of(other)->scope);
}

kz_json_value *kz_result_json(const kz_schema *schema, const void *request, kz_error **error)
{
    kzi_buffer out = { 0 };
    size_t length;
    kz_json_value *value = kz_result_new(&kz_schema_json_value, sizeof *value, error);
    if (!value || !kzi_json_write(&out, schema, request, KZ_IN_BODY, NULL, error)) {
        kzi_buffer_free(&out);
        kz_free(value);
        return NULL;
    }
    char *text = kzi_buffer_take(&out, &length);
    if (text && kzi_scope_adopt(kzi_header_of(value)->scope, text, length)) {
        value->value = (kz_json){ text, length };
        kz_result_set_json(value, value->value);
        return value;
    }
    kzi_wipe_free(text, text ? length : 0);
    kz_free(value);
    kz_error_no_memory(error);
    return NULL;
}

bool kzi_result_finish(void *object, kz_error **error)
{
    kzi_header *header = kzi_header_of(object);
    if (header->schema == &kz_schema_bytes || (header->text && !kzi_result_is_changed(object)))
        return true;
    kzi_buffer out = { 0 };
    size_t length;
    if (!kzi_json_write(&out, header->schema, object, KZ_IN_BODY, NULL, error)) {
        kzi_buffer_free(&out);
        return false;
    }
    char *text = kzi_buffer_take(&out, &length);
    if (!text || !kzi_scope_adopt(header->scope, text, length)) {
        kzi_wipe_free(text, text ? length : 0);
        return kz_error_no_memory(error);
    }
    header->text = text;
    header->length = length;
    return true;
}
