/* answer.c: an answer that fits a schema, for operations that have no state of their own: the same for the same seed. */
#include "emulator.h"

#include <string.h>

enum { DEEPEST = 6 };

static guint64 next(guint64 *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static json_object *text(const kz_field *field, guint64 *seed)
{
    const kz_check *check = field->check;
    if (check && check->values)
        return json_object_new_string(check->values[0]);
    const char *format = check && check->format ? check->format : "";
    char *made;
    if (!strcmp(format, "uuid"))
        made = g_strdup_printf("%08x-0000-4000-8000-%012x", (guint)next(seed), (guint)next(seed));
    else if (!strcmp(format, "date-time"))
        made = g_strdup("2026-03-04T05:06:07Z");
    else if (!strcmp(format, "date"))
        made = g_strdup("2026-03-04");
    else if (!strcmp(format, "email"))
        made = g_strdup("someone@host.example");
    else if (!strcmp(format, "uri"))
        made = g_strdup("https://host.example/");
    else
        made = g_strdup_printf("%s-%u", field->name, (guint)(next(seed) % 100));
    json_object *value = json_object_new_string(made);
    g_free(made);
    return value;
}

static json_object *one(const kz_field *field, guint64 *seed, int depth)
{
    double low = field->check && field->check->flags & KZ_HAS_MINIMUM ? field->check->minimum : 0;
    switch (field->type) {
    case KZ_TYPE_STRING: return text(field, seed);
    case KZ_TYPE_INT: return json_object_new_int64((gint64)low + (gint64)(next(seed) % 10));
    case KZ_TYPE_NUMBER: return json_object_new_double(low + 0.5);
    case KZ_TYPE_BOOL: return json_object_new_boolean(next(seed) % 2);
    case KZ_TYPE_OBJECT: return sample(field->schema, next(seed), depth + 1);
    default: return json_object_new_object();
    }
}

json_object *sample(const kz_schema *schema, guint64 seed, int depth)
{
    if (schema->shape == KZ_SHAPE_VALUE)
        return one(&schema->fields[0], &seed, depth);
    if (schema->shape == KZ_SHAPE_LIST) {
        json_object *list = json_object_new_array();
        for (int i = 0; i < 2 && depth < DEEPEST; i++)
            json_object_array_add(list, one(&schema->fields[0], &seed, depth));
        return list;
    }
    if (schema->shape == KZ_SHAPE_UNION && schema->n_fields > 1) {
        json_object *inner = sample(schema->fields[1].schema, seed, depth + 1);
        put_text(inner, schema->tag, schema->fields[1].name);
        return inner;
    }
    json_object *object = json_object_new_object();
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const kz_field *field = &schema->fields[i];
        gboolean required = field->flags & KZ_FIELD_REQUIRED;
        if (field->flags & KZ_FIELD_ALTERNATIVE || (depth >= DEEPEST / 2 && !required) || depth >= DEEPEST)
            continue;
        json_object *value = field->container == KZ_LIST ? json_object_new_array()
            : field->container == KZ_MAP                 ? json_object_new_object()
                                                         : one(field, &seed, depth);
        if (field->container == KZ_LIST)
            json_object_array_add(value, one(field, &seed, depth));
        json_object_object_add(object, field->name, value);
    }
    return object;
}
