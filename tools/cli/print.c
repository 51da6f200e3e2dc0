/* print.c: JSON for people: `name: value` lines for objects, tables for lists of objects, sizes in units. What comes
 * from a server is made fit for a terminal first. Programs get JSON instead (answer.c). */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { WIDEST_NAME = 28, DEEPEST = 8 };

static bool is_size(const char *name)
{
    static const char *const endings[] = { "size", "bytes", "size_in_bytes", NULL };
    g_autofree char *plain = text_plain(name);
    for (size_t i = 0; endings[i]; i++)
        if (g_str_has_suffix(plain, endings[i]))
            return true;
    return g_str_has_prefix(plain, "bytes_");
}

char *print_scalar(const char *name, json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null: return g_strdup("-");
    case json_type_boolean: return g_strdup(json_object_get_boolean(value) ? "yes" : "no");
    case json_type_string: return text_shown(json_object_get_string(value));
    case json_type_int:
        if (name && is_size(name) && json_object_get_int64(value) >= 1024)
            return text_size((double)json_object_get_int64(value));
        break;
    default: break;
    }
    return g_strdup(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

bool print_is_scalar(json_object *value)
{
    return !json_object_is_type(value, json_type_object) && !json_object_is_type(value, json_type_array);
}

static bool is_empty(json_object *value)
{
    return !value || (json_object_is_type(value, json_type_array) && !json_object_array_length(value)) ||
        (json_object_is_type(value, json_type_object) && !json_object_object_length(value)) ||
        (json_object_is_type(value, json_type_string) && !json_object_get_string_len(value));
}

static bool all_scalars(json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (!print_is_scalar(json_object_array_get_idx(list, i)))
            return false;
    return true;
}

static bool all_objects(json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (!json_object_is_type(json_object_array_get_idx(list, i), json_type_object))
            return false;
    return true;
}

static void add_indent(GString *to, int indent)
{
    for (int i = 0; i < indent; i++)
        g_string_append_c(to, ' ');
}

static void print_scalars(GString *to, json_object *list, const char *between)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        g_autofree char *text = print_scalar(NULL, json_object_array_get_idx(list, i));
        g_string_append_printf(to, "%s%s", i ? between : "", text);
    }
}

static int name_width(json_object *object)
{
    size_t widest = 0;
    struct json_object_iter at;
    json_object_object_foreachC(object, at)
    {
        if (!is_empty(at.val))
            widest = MAX(widest, text_columns(at.key));
    }
    return (int)MIN(widest, WIDEST_NAME);
}

static void print_object(GString *to, json_object *object, int indent, int width, bool color)
{
    int names = name_width(object);
    struct json_object_iter at;
    json_object_object_foreachC(object, at)
    {
        const char *name = at.key;
        json_object *value = at.val;
        if (is_empty(value))
            continue;
        g_autofree char *shown = text_shown(name);
        add_indent(to, indent);
        g_string_append_printf(to, color ? "\033[1m%s:\033[0m" : "%s:", shown);
        bool list = json_object_is_type(value, json_type_array);
        if (print_is_scalar(value) || (list && all_scalars(value))) {
            add_indent(to, MAX(names - (int)text_columns(shown), 0) + 1);
            g_autofree char *text = list ? NULL : print_scalar(name, value);
            if (list)
                print_scalars(to, value, ", ");
            else
                g_string_append(to, text);
            g_string_append_c(to, '\n');
        } else {
            g_string_append_c(to, '\n');
            print_value(to, value, indent + 2, width, color);
        }
    }
}

static void print_list(GString *to, json_object *list, int indent, int width, bool color)
{
    size_t n = json_object_array_length(list);
    if (n && all_objects(list)) {
        table_print(to, list, indent, width, color);
        return;
    }
    for (size_t i = 0; i < n; i++)
        print_value(to, json_object_array_get_idx(list, i), indent, width, color);
    if (!n) {
        add_indent(to, indent);
        g_string_append(to, "(none)\n");
    }
}

/* {"items": [...], "total": N, ...}: the list counts, how many there are in all goes below it. */
static json_object *paged(json_object *object)
{
    json_object *items = NULL;
    if (!json_object_object_get_ex(object, "items", &items) || !json_object_is_type(items, json_type_array))
        return NULL;
    struct json_object_iter at;
    json_object_object_foreachC(object, at)
    {
        if (strcmp(at.key, "items") && !print_is_scalar(at.val))
            return NULL;
    }
    return items;
}

void print_value(GString *to, json_object *value, int indent, int width, bool color)
{
    if (indent > 2 * DEEPEST || print_is_scalar(value)) {
        g_autofree char *text = print_scalar(NULL, value);
        add_indent(to, indent);
        g_string_append_printf(to, "%s\n", text);
        return;
    }
    if (json_object_is_type(value, json_type_array)) {
        print_list(to, value, indent, width, color);
        return;
    }
    json_object *items = paged(value), *total;
    if (!items) {
        print_object(to, value, indent, width, color);
        return;
    }
    print_list(to, items, indent, width, color);
    if (json_object_object_get_ex(value, "total", &total) &&
        json_object_get_int64(total) > (int64_t)json_object_array_length(items))
        g_string_append_printf(
            to, "(%zu of %" G_GINT64_FORMAT ")\n", json_object_array_length(items), json_object_get_int64(total));
}
