/* json_schema.c: a document that satisfies a JSON schema: constants, enumerations, types, bounds, required members, lists of the
 * right length, choices, references within the schema. Patterns are not followed. */
#include "model.h"

#include <math.h>
#include <string.h>

enum { DEEPEST = 12, SHALLOW = 4 }; /* below SHALLOW only what has to be there, so that a recursive schema ends */

typedef struct Maker {
    json_object *root;
    guint64 *seed;
} Maker;

static json_object *make(const Maker *maker, json_object *schema, int depth);

/* "#/$defs/name" */
static json_object *referred(const Maker *maker, const char *reference)
{
    json_object *found = NULL;
    if (!strcmp(reference, "#"))
        return maker->root;
    return *reference == '#' && !json_pointer_get(maker->root, reference + 1, &found) ? found : NULL;
}

static gint64 bound(json_object *schema, const char *name, gint64 otherwise)
{
    json_object *value = member(schema, name);
    return value ? json_object_get_int64(value) : otherwise;
}

/* The range of a number: bounds that exclude themselves move by `step`. */
static void range(json_object *schema, double step, double *low, double *high)
{
    json_object *least = member(schema, "minimum"), *above = member(schema, "exclusiveMinimum");
    json_object *most = member(schema, "maximum"), *below = member(schema, "exclusiveMaximum");
    gboolean has_low = least || json_object_is_type(above, json_type_int) || json_object_is_type(above, json_type_double);
    gboolean has_high = most || json_object_is_type(below, json_type_int) || json_object_is_type(below, json_type_double);
    *low = least ? json_object_get_double(least) : -HUGE_VAL;
    *high = most ? json_object_get_double(most) : HUGE_VAL;
    if (json_object_is_type(above, json_type_boolean))
        *low += json_object_get_boolean(above) ? step : 0;
    else if (above)
        *low = MAX(*low, json_object_get_double(above) + step);
    if (json_object_is_type(below, json_type_boolean))
        *high -= json_object_get_boolean(below) ? step : 0;
    else if (below)
        *high = MIN(*high, json_object_get_double(below) - step);
    if (!has_low)
        *low = has_high ? MIN(0, *high - 100) : 0;
    if (!has_high)
        *high = *low + 100;
}

static json_object *make_integer(const Maker *maker, json_object *schema)
{
    double low, high;
    gint64 step = MAX(bound(schema, "multipleOf", 1), 1);
    range(schema, 1, &low, &high);
    double first = ceil(low / (double)step), last = floor(high / (double)step);
    double n = last >= first ? MIN(last - first + 1, 1e6) : 1;
    return json_object_new_int64(((gint64)first + (gint64)(draw(maker->seed) % (guint64)n)) * step);
}

static json_object *make_number(const Maker *maker, json_object *schema)
{
    double low, high;
    json_object *multiple = member(schema, "multipleOf");
    range(schema, 1.0 / 1024, &low, &high);
    if (multiple && json_object_get_double(multiple) > 0) {
        double step = json_object_get_double(multiple), first = ceil(low / step), n = MAX(floor(high / step) - first + 1, 1);
        return json_object_new_double((first + (double)(draw(maker->seed) % (guint64)MIN(n, 1e6))) * step);
    }
    return json_object_new_double(low + (high - low) * (double)(draw(maker->seed) % 1025) / 1024);
}

static char *formatted(const Maker *maker, const char *format)
{
    guint a = (guint)draw(maker->seed), b = (guint)draw(maker->seed);
    if (!strcmp(format, "uuid"))
        return g_strdup_printf("%08x-%04x-4000-8000-%012x", a, b & 0xffff, b);
    if (!strcmp(format, "date-time"))
        return g_strdup_printf("2026-%02u-%02uT%02u:%02u:00Z", a % 12 + 1, b % 28 + 1, a % 24, b % 60);
    if (!strcmp(format, "date"))
        return g_strdup_printf("2026-%02u-%02u", a % 12 + 1, b % 28 + 1);
    if (!strcmp(format, "time"))
        return g_strdup_printf("%02u:%02u:00Z", a % 24, b % 60);
    if (!strcmp(format, "email"))
        return g_strdup_printf("someone%u@host.example", a % 1000);
    if (!strcmp(format, "uri") || !strcmp(format, "url"))
        return g_strdup_printf("https://host.example/%u", a % 1000);
    if (!strcmp(format, "ipv4"))
        return g_strdup_printf("192.0.2.%u", a % 255);
    return NULL;
}

static json_object *make_text(const Maker *maker, json_object *schema)
{
    const char *format = text_of(schema, "format");
    char *made = format ? formatted(maker, format) : NULL;
    gint64 least = bound(schema, "minLength", 0), most = bound(schema, "maxLength", G_MAXINT);
    if (!made) {
        GString *text = g_string_new(NULL);
        int state = markov_start();
        for (gint64 words = 1 + (gint64)(draw(maker->seed) % 3); words > 0 || (gint64)text->len < least; words--)
            g_string_append(text, markov_next(&state, maker->seed));
        g_string_erase(text, 0, 1);
        while ((gint64)text->len < least)
            g_string_append_c(text, '.');
        if ((gint64)text->len > most)
            g_string_truncate(text, (gsize)MAX(most, 0));
        made = g_string_free(text, FALSE);
    }
    json_object *value = json_object_new_string(made);
    g_free(made);
    return value;
}

static json_object *make_list(const Maker *maker, json_object *schema, int depth)
{
    json_object *list = json_object_new_array(), *items = member(schema, "items"), *prefix = member(schema, "prefixItems");
    gint64 least = bound(schema, "minItems", 0), most = bound(schema, "maxItems", MAX(least, depth < SHALLOW ? 3 : 0));
    gint64 n = MAX(least, MIN(most, depth < SHALLOW ? 1 + (gint64)(draw(maker->seed) % 3) : 0));
    gint64 fixed = json_object_is_type(prefix, json_type_array) ? (gint64)json_object_array_length(prefix) : 0;
    gboolean unique = bool_of(schema, "uniqueItems");
    n = items ? n : MIN(n, MAX(fixed, least));
    for (gint64 i = 0, tries = 0; i < MIN(n, 1000); i++) {
        json_object *item = make(maker, i < fixed ? json_object_array_get_idx(prefix, (size_t)i) : items, depth + 1);
        gboolean known = FALSE;
        for (size_t j = 0; unique && j < json_object_array_length(list); j++)
            known = known || json_object_equal(json_object_array_get_idx(list, j), item);
        if (known && ++tries < 1000) {
            json_object_put(item);
            i--;
        } else if (known) {
            json_object_put(item);
            break;
        } else {
            json_object_array_add(list, item);
        }
    }
    return list;
}

static gboolean is_required(json_object *schema, const char *name)
{
    json_object *required = member(schema, "required");
    for (size_t i = 0; json_object_is_type(required, json_type_array) && i < json_object_array_length(required); i++)
        if (!g_strcmp0(json_object_get_string(json_object_array_get_idx(required, i)), name))
            return TRUE;
    return FALSE;
}

static json_object *make_object(const Maker *maker, json_object *schema, int depth)
{
    json_object *object = json_object_new_object(), *members = member(schema, "properties");
    if (json_object_is_type(members, json_type_object)) {
        json_object_object_foreach(members, name, inner)
        {
            if (depth < SHALLOW || is_required(schema, name))
                json_object_object_add(object, name, make(maker, inner, depth + 1));
        }
    }
    json_object *others = member(schema, "additionalProperties");
    gint64 n = bound(schema, "minProperties", json_object_is_type(others, json_type_object) && !members && depth < SHALLOW);
    for (int i = 1; json_object_object_length(object) < n && i <= 1000; i++) {
        char *name = g_strdup_printf("key_%d", i);
        json_object_object_add(object, name,
            json_object_is_type(others, json_type_object) ? make(maker, others, depth + 1) : json_object_new_int(i));
        g_free(name);
    }
    return object;
}

/* The schema with the members of all its parts. */
static json_object *merged(const Maker *maker, json_object *schema, json_object *parts)
{
    json_object *all = json_object_new_object(), *members = json_object_new_object(), *required = json_object_new_array();
    for (size_t i = 0; i <= json_object_array_length(parts); i++) {
        json_object *part = i ? json_object_array_get_idx(parts, i - 1) : schema, *list;
        const char *reference = text_of(part, "$ref");
        part = reference ? referred(maker, reference) : part;
        merge(all, part);
        merge(members, member(part, "properties"));
        list = member(part, "required");
        for (size_t j = 0; list && j < json_object_array_length(list); j++)
            json_object_array_add(required, json_object_get(json_object_array_get_idx(list, j)));
    }
    json_object_object_del(all, "allOf");
    json_object_object_del(all, "$ref");
    if (json_object_object_length(members))
        json_object_object_add(all, "properties", json_object_get(members));
    json_object_object_add(all, "required", required);
    json_object_put(members);
    return all;
}

static const char *type_of(json_object *schema)
{
    json_object *type = member(schema, "type");
    for (size_t i = 0; json_object_is_type(type, json_type_array) && i < json_object_array_length(type); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(type, i));
        if (g_strcmp0(name, "null") != 0)
            return name;
    }
    return json_object_is_type(type, json_type_string)           ? json_object_get_string(type)
        : json_object_is_type(type, json_type_array)             ? "null"
        : member(schema, "properties")                           ? "object"
        : member(schema, "items")                                ? "array"
        : member(schema, "minimum") || member(schema, "maximum") ? "number"
                                                                 : "string";
}

/* One of some choices; of schemas rather the first that is not null, once it is deep the last. */
static json_object *one_of(const Maker *maker, json_object *choices, int depth)
{
    size_t n = json_object_array_length(choices), at = depth < SHALLOW ? draw(maker->seed) % n : n - 1;
    json_object *chosen = json_object_array_get_idx(choices, at);
    return !g_strcmp0(text_of(chosen, "type"), "null") && depth < SHALLOW ? json_object_array_get_idx(choices, (at + 1) % n)
                                                                          : chosen;
}

static json_object *make(const Maker *maker, json_object *schema, int depth)
{
    const char *reference = text_of(schema, "$ref");
    json_object *values = NULL;
    if (depth > DEEPEST || !json_object_is_type(schema, json_type_object))
        return NULL;
    if (reference)
        return make(maker, referred(maker, reference), depth + 1);
    if (json_object_object_get_ex(schema, "const", &values)) {
        json_object *copy = NULL;
        json_object_deep_copy(values, &copy, NULL);
        return copy;
    }
    if (json_object_is_type(values = member(schema, "enum"), json_type_array) && json_object_array_length(values))
        return json_object_get(json_object_array_get_idx(values, draw(maker->seed) % json_object_array_length(values)));
    if (json_object_is_type(values = member(schema, "allOf"), json_type_array)) {
        json_object *all = merged(maker, schema, values), *made = make(maker, all, depth + 1);
        json_object_put(all);
        return made;
    }
    values = member(schema, "anyOf") ? member(schema, "anyOf") : member(schema, "oneOf");
    if (json_object_is_type(values, json_type_array) && json_object_array_length(values))
        return make(maker, one_of(maker, values, depth), depth + 1);
    const char *type = type_of(schema);
    return !strcmp(type, "object") ? make_object(maker, schema, depth)
        : !strcmp(type, "array")   ? make_list(maker, schema, depth)
        : !strcmp(type, "integer") ? make_integer(maker, schema)
        : !strcmp(type, "number")  ? make_number(maker, schema)
        : !strcmp(type, "boolean") ? json_object_new_boolean(draw(maker->seed) % 2)
        : !strcmp(type, "null")    ? NULL
                                   : make_text(maker, schema);
}

json_object *json_of_schema(json_object *schema, guint64 *seed)
{
    return make(&(Maker){ .root = schema, .seed = seed }, schema, 0);
}

char *json_text(json_object *json)
{
    return g_strdup(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}
