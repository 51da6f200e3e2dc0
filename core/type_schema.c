/* type_schema.c: types of a service by their C names, for answers that a model is to give in the form of one: the JSON schema of a type,
 * and JSON read as it. The tables of the service are all that is needed. */
#include "engine.h"
#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 16 };

/* The schema named `name` among those that `from` leads to. */
static const kz_schema *find_below(const kz_schema *from, const char *name, int depth)
{
    if (!from || depth > DEEPEST)
        return NULL;
    if (!strcmp(from->name, name))
        return from;
    const kz_schema *found = NULL;
    for (uint32_t i = 0; i < from->n_fields && !found; i++)
        found = find_below(from->fields[i].schema, name, depth + 1);
    return found;
}

static const kz_schema *find(const kz_service *service, const char *name, kz_error **error)
{
    const kz_schema *found = NULL;
    if (kzi_stuck(error))
        return NULL;
    if (!service || !name) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, service ? "type" : "service", "A type was asked for without a %s.",
            service ? "name" : "service");
        return NULL;
    }
    const kz_service_vtable *vtable = service->instance->vtable;
    for (int depth = DEEPEST; depth >= 0 && !found; depth -= DEEPEST / 2) /* the near ones first */
        for (uint64_t i = 0; i < vtable->n_operations && !found; i++) {
            found = find_below(vtable->operations[i].result, name, depth);
            found = found ? found : find_below(vtable->operations[i].params, name, depth);
        }
    if (!found)
        kz_error_set(error, KZ_ERROR_ARGUMENT, "type", "The service %s has no type %s that its operations lead to.",
            service->instance->name, name);
    return found;
}

typedef struct writer {
    kzi_buffer out;
    const char *too_deep; /* the type in which a type holds itself */
} writer;

static void put_object(writer *w, const kz_schema *schema, int depth);

static void put_values(writer *w, const kz_check *check)
{
    kzi_buffer_puts(&w->out, ",\"enum\":[");
    for (size_t i = 0; check->values[i]; i++) {
        kzi_buffer_puts(&w->out, i ? "," : "");
        kzi_json_put_string(&w->out, check->values[i], strlen(check->values[i]));
    }
    kzi_buffer_puts(&w->out, "]");
}

/* One value, whatever holds it. */
static void put_value(writer *w, const kz_field *field, int depth)
{
    static const char *const names[] = { [KZ_TYPE_STRING] = "string",
        [KZ_TYPE_INT] = "integer",
        [KZ_TYPE_NUMBER] = "number",
        [KZ_TYPE_BOOL] = "boolean",
        [KZ_TYPE_UPLOAD] = "string",
        [KZ_TYPE_FLOAT] = "number" };
    const kz_check *check = field->check;
    if (field->type == KZ_TYPE_OBJECT) {
        put_object(w, field->schema, depth + 1);
    } else if (field->type == KZ_TYPE_JSON) {
        kzi_buffer_puts(&w->out, "{}");
    } else {
        kzi_buffer_printf(&w->out, "{\"type\":\"%s\"", names[field->type]);
        if (check && check->values && field->type == KZ_TYPE_STRING)
            put_values(w, check);
        kzi_buffer_puts(&w->out, "}");
    }
}

static void put_field(writer *w, const kz_field *field, int depth)
{
    if (field->container == KZ_LIST)
        kzi_buffer_puts(&w->out, "{\"type\":\"array\",\"items\":");
    else if (field->container == KZ_MAP)
        kzi_buffer_puts(&w->out, "{\"type\":\"object\",\"additionalProperties\":");
    put_value(w, field, depth);
    kzi_buffer_puts(&w->out, field->container == KZ_ONE ? "" : "}");
}

/* All members are required and no others allowed: what servers ask of a schema that is kept to strictly. */
static void put_object(writer *w, const kz_schema *schema, int depth)
{
    const char *between = "";
    if (depth > DEEPEST) {
        w->too_deep = schema->name;
        return;
    }
    kzi_buffer_puts(&w->out, "{\"type\":\"object\",\"properties\":{");
    for (uint32_t i = 0; i < schema->n_fields && !w->too_deep; i++) {
        const kz_field *field = &schema->fields[i];
        if (field->flags & KZ_FIELD_ALTERNATIVE)
            continue;
        kzi_buffer_puts(&w->out, between);
        kzi_json_put_string(&w->out, field->name, strlen(field->name));
        kzi_buffer_puts(&w->out, ":");
        put_field(w, field, depth);
        between = ",";
    }
    kzi_buffer_puts(&w->out, "},\"required\":[");
    between = "";
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        if (schema->fields[i].flags & KZ_FIELD_ALTERNATIVE)
            continue;
        kzi_buffer_puts(&w->out, between);
        kzi_json_put_string(&w->out, schema->fields[i].name, strlen(schema->fields[i].name));
        between = ",";
    }
    kzi_buffer_puts(&w->out, "],\"additionalProperties\":false}");
}

kz_json_value *kz_type_schema(void *service, const char *type, kz_error **error)
{
    const kz_schema *schema = find(service, type, error);
    if (!schema)
        return NULL;
    writer w = { 0 };
    put_object(&w, schema, 0);
    kz_json_value *value = NULL;
    size_t length;
    char *text = kzi_buffer_take(&w.out, &length);
    if (w.too_deep)
        kz_error_set(error, KZ_ERROR_ARGUMENT, "type", "%s holds itself in %s: it has no schema that ends.", type, w.too_deep);
    else if (!text || !(value = kz_result_new(&kz_schema_json_value, sizeof *value, error)) ||
        !kzi_scope_adopt(kzi_header_of(value)->scope, text, length)) {
        kz_error_no_memory(error);
        kz_free(value);
        value = NULL;
    } else {
        value->value = (kz_json){ text, length };
        kz_result_set_json(value, value->value);
        return value;
    }
    free(text);
    return value;
}

void *kz_type_read(void *service, const kz_interface *interface, const char *type, uint64_t size, kz_json json, kz_error **error)
{
    const kz_schema *schema = find(service, type, error);
    if (schema && schema->request) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, "type", "%s is a type of requests: JSON is read as types of results.", type);
        return NULL;
    }
    void *result = schema ? kz_result_read(schema, size > schema->size ? size : schema->size, json, error) : NULL;
    return kz_result_for(result, interface, size, error);
}
