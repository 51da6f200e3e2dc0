/* table.c: a list of objects as an aligned table. Columns are the scalar members that are filled in at least one row;
 * who it is and how it is come first, the rest in the order of the answer for as long as the terminal is wide enough.
 */
#include "cli.h"

#include <string.h>

enum { WIDEST = 48, GAP = 2 };

typedef struct column {
    const char *name;
    size_t width;
    bool right; /* numbers */
    int rank;
} column;

static const char *const first[] = { "name", "repo_modelId", "repo_model_id", "m_name", "model_name", "id", "status", "state",
    "size", NULL };

static int rank_of(const char *name)
{
    for (int i = 0; first[i]; i++)
        if (!g_ascii_strcasecmp(first[i], name))
            return i;
    return G_N_ELEMENTS(first);
}

static bool is_filled(json_object *value)
{
    return value && print_is_scalar(value) &&
        !(json_object_is_type(value, json_type_string) && !json_object_get_string_len(value));
}

static char *cell(const column *it, json_object *row)
{
    json_object *value = NULL;
    json_object_object_get_ex(row, it->name, &value);
    return is_filled(value) ? print_scalar(it->name, value) : g_strdup("");
}

static column *find(GArray *columns, const char *name)
{
    for (guint i = 0; i < columns->len; i++)
        if (!strcmp(g_array_index(columns, column, i).name, name))
            return &g_array_index(columns, column, i);
    column fresh = { .name = name, .right = true, .rank = rank_of(name), .width = text_columns(name) };
    g_array_append_val(columns, fresh);
    return &g_array_index(columns, column, columns->len - 1);
}

static void measure(GArray *columns, json_object *row)
{
    struct json_object_iter at;
    json_object_object_foreachC(row, at)
    {
        const char *name = at.key;
        json_object *value = at.val;
        if (!is_filled(value))
            continue;
        column *it = find(columns, name);
        g_autofree char *text = print_scalar(name, value);
        it->width = MIN(MAX(it->width, text_columns(text)), WIDEST);
        it->right = it->right && (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double));
    }
}

static gint by_rank(gconstpointer a, gconstpointer b)
{
    return ((const column *)a)->rank - ((const column *)b)->rank;
}

/* How many columns fit; the first always does. */
static guint fitting(const GArray *columns, int width)
{
    size_t used = 0;
    guint n = 0;
    while (n < columns->len) {
        used += g_array_index(columns, column, n).width + (n ? GAP : 0);
        if (n && used > (size_t)MAX(width, 0))
            break;
        n++;
    }
    return n;
}

static void pad(GString *to, size_t columns)
{
    while (columns--)
        g_string_append_c(to, ' ');
}

static void put(GString *to, const column *it, const char *text, bool last)
{
    g_autoptr(GString) shown = g_string_new(text);
    if (text_columns(text) > it->width) {
        while (text_columns(shown->str) > it->width - 1)
            g_string_truncate(shown, (gsize)(g_utf8_prev_char(shown->str + shown->len) - shown->str));
        g_string_append(shown, "\342\200\246");
    }
    size_t room = it->width - text_columns(shown->str);
    if (it->right)
        pad(to, room);
    g_string_append(to, shown->str);
    if (!last)
        pad(to, (it->right ? 0 : room) + GAP);
}

static void head(GString *to, const GArray *columns, guint n, int indent, bool color)
{
    pad(to, (size_t)indent);
    if (color)
        g_string_append(to, "\033[1m");
    for (guint i = 0; i < n; i++) {
        const column *it = &g_array_index(columns, column, i);
        g_autofree char *shown = text_shown(it->name);
        g_autofree char *name = g_ascii_strup(shown, -1);
        put(to, it, name, i + 1 == n);
    }
    g_string_append(to, color ? "\033[0m\n" : "\n");
}

void table_print(GString *to, json_object *list, int indent, int width, bool color)
{
    g_autoptr(GArray) columns = g_array_new(FALSE, FALSE, sizeof(column));
    size_t rows = json_object_array_length(list);
    for (size_t i = 0; i < rows; i++)
        measure(columns, json_object_array_get_idx(list, i));
    if (!columns->len) {
        g_string_append_printf(to, "(%zu without plain members; see --json)\n", rows);
        return;
    }
    g_array_sort(columns, by_rank);
    guint n = fitting(columns, width - indent);
    head(to, columns, n, indent, color);
    for (size_t i = 0; i < rows; i++) {
        pad(to, (size_t)indent);
        for (guint j = 0; j < n; j++) {
            const column *it = &g_array_index(columns, column, j);
            g_autofree char *text = cell(it, json_object_array_get_idx(list, i));
            put(to, it, text, j + 1 == n);
        }
        g_string_append_c(to, '\n');
    }
}
