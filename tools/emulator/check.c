/* check.c: does a request fit its schema? What does not is told as FastAPI does: a list of places, messages and types. */
#include "emulator.h"

#include <string.h>

typedef struct Place {
    const struct Place *up;
    const char *name;
    gint64 index;
} Place;

static void add_place(json_object *list, const Place *place)
{
    if (!place)
        return;
    add_place(list, place->up);
    json_object_array_add(list, place->name ? json_object_new_string(place->name) : json_object_new_int64(place->index));
}

static void complain(json_object *problems, const Place *place, const char *message, const char *type)
{
    json_object *problem = json_object_new_object(), *where = json_object_new_array();
    add_place(where, place);
    json_object_object_add(problem, "loc", where);
    put_text(problem, "msg", message);
    put_text(problem, "type", type);
    json_object_array_add(problems, problem);
}

static gboolean is_uuid(const char *text)
{
    return g_uuid_string_is_valid(text);
}

static void check_object(json_object *problems, const kz_schema *schema, json_object *object, const Place *place, kz_place which);

static void check_text(json_object *problems, const kz_field *field, json_object *value, const Place *place)
{
    if (field->check && field->check->format && !strcmp(field->check->format, "uuid") && !is_uuid(json_object_get_string(value)))
        complain(problems, place, "Input should be a valid UUID", "uuid_parsing");
}

static void check_one(json_object *problems, const kz_field *field, json_object *value, const Place *place)
{
    json_type type = json_object_get_type(value);
    switch (field->type) {
    case KZ_TYPE_STRING:
        if (type != json_type_string)
            complain(problems, place, "Input should be a valid string", "string_type");
        else
            check_text(problems, field, value, place);
        break;
    case KZ_TYPE_INT:
        if (type != json_type_int)
            complain(problems, place, "Input should be a valid integer", "int_type");
        break;
    case KZ_TYPE_NUMBER:
        if (type != json_type_int && type != json_type_double)
            complain(problems, place, "Input should be a valid number", "float_type");
        break;
    case KZ_TYPE_BOOL:
        if (type != json_type_boolean)
            complain(problems, place, "Input should be a valid boolean", "bool_type");
        break;
    case KZ_TYPE_OBJECT:
        if (type != json_type_object)
            complain(problems, place, "Input should be a valid dictionary", "dict_type");
        else
            check_object(problems, field->schema, value, place, KZ_IN_BODY);
        break;
    default: break;
    }
}

static void check_value(json_object *problems, const kz_field *field, json_object *value, const Place *place)
{
    if (field->container == KZ_ONE) {
        check_one(problems, field, value, place);
    } else if (field->container == KZ_LIST && !json_object_is_type(value, json_type_array)) {
        complain(problems, place, "Input should be a valid list", "list_type");
    } else if (field->container == KZ_LIST) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            check_one(problems, field, json_object_array_get_idx(value, i), &(Place){ .up = place, .index = (gint64)i });
    } else if (!json_object_is_type(value, json_type_object)) {
        complain(problems, place, "Input should be a valid dictionary", "dict_type");
    }
}

static void check_object(json_object *problems, const kz_schema *schema, json_object *object, const Place *place, kz_place which)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        Place here = { .up = place, .name = field->name };
        json_object *value = NULL;
        if (field->place != which || field->flags & KZ_FIELD_ALTERNATIVE)
            continue;
        gboolean given = object && json_object_object_get_ex(object, field->name, &value);
        gboolean choice = i + 1 < schema->n_fields && schema->fields[i + 1].flags & KZ_FIELD_ALTERNATIVE;
        if (!given && field->flags & KZ_FIELD_REQUIRED)
            complain(problems, &here, "Field required", "missing");
        else if (given && value && !choice)
            check_value(problems, field, value, &here);
        else if (given && !value && !(field->flags & KZ_FIELD_NULLABLE) && field->flags & KZ_FIELD_REQUIRED)
            complain(problems, &here, "Input should not be null", "none_forbidden");
    }
}

json_object *check_request(const Request *request)
{
    const kz_operation *op = request->operation;
    json_object *problems = json_object_new_array();
    check_object(problems, op->params, request->args, &(Place){ .name = "path" }, KZ_IN_PATH);
    check_object(problems, op->params, request->args, &(Place){ .name = "query" }, KZ_IN_QUERY);
    if ((op->body == KZ_BODY_JSON || op->body == KZ_BODY_FORM) &&
        (!request->body || json_object_is_type(request->body, json_type_object)))
        check_object(problems, op->params, request->body, &(Place){ .name = "body" }, KZ_IN_BODY);
    if (json_object_array_length(problems))
        return problems;
    json_object_put(problems);
    return NULL;
}
