/* lookup.c: from words to an operation: `models auto-selector select` is models' `auto_selector.select`, and
 * `models list-models` its `list`, by its alias. Reads the tables of services and their extensions. */
#include "cli.h"

#include <string.h>

static bool named(const kz_operation *operation, const char *plain)
{
    g_autofree char *name = text_plain(operation->name);
    if (!strcmp(name, plain))
        return true;
    for (size_t i = 0; operation->aliases && operation->aliases[i]; i++) {
        g_autofree char *alias = text_plain(operation->aliases[i]);
        if (!strcmp(alias, plain))
            return true;
    }
    return false;
}

static const kz_operation *find(kz_client *client, const char *service, const char *plain, kz_error **error)
{
    const kz_operation *operation;
    for (size_t i = 0; (operation = kz_client_operation_at(client, service, i, error)); i++)
        if (named(operation, plain))
            return operation;
    return NULL;
}

const kz_operation *lookup_operation(
    kz_client *client, const char *service, char *const *items, size_t n, size_t *used, kz_error **error)
{
    for (*used = MIN(n, 4); *used > 0; (*used)--) {
        g_autoptr(GString) joined = g_string_new(items[0]);
        for (size_t i = 1; i < *used; i++)
            g_string_append_printf(joined, "_%s", items[i]);
        g_autofree char *plain = text_plain(joined->str);
        kz_error *failure = NULL;
        const kz_operation *operation = find(client, service, plain, &failure);
        if (failure)
            kz_error_move(error, &failure);
        if (operation || *error)
            return operation;
    }
    return NULL;
}

static char *spoken(const char *name)
{
    char *text = text_kebab(name);
    return g_strdelimit(text, ".", ' ');
}

void lookup_refuse(kz_client *client, const char *service, char *const *items, size_t n, kz_error **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *first = text_kebab(items[0]);
    bool is_group = false;
    const kz_operation *operation;
    for (size_t i = 0; (operation = kz_client_operation_at(client, service, i, error)); i++) {
        g_ptr_array_add(names, spoken(operation->name));
        g_autofree char *group = g_strconcat(first, " ", NULL);
        is_group = is_group || g_str_has_prefix(g_ptr_array_index(names, names->len - 1), group);
        for (size_t j = 0; operation->aliases && operation->aliases[j]; j++)
            g_ptr_array_add(names, spoken(operation->aliases[j]));
    }
    g_ptr_array_add(names, NULL);
    const char *const *all = (const char *const *)names->pdata;
    g_autofree char *two = n > 1 ? g_strconcat(first, " ", items[1], NULL) : NULL;
    const char *nearest = is_group && two ? text_nearest(two, all) : text_nearest(items[0], all);
    if (is_group && n == 1)
        kz_error_set(error, KZ_ERROR_ARGUMENT, items[0], "\"%s %s\" needs a further word; see: kamiwaza %s %s --help", service,
            items[0], service, items[0]);
    else if (nearest)
        kz_error_set(error, KZ_ERROR_ARGUMENT, items[0], "The service %s has no operation \"%s\"; did you mean \"%s\"?", service,
            is_group && two ? two : items[0], nearest);
    else
        kz_error_set(error, KZ_ERROR_ARGUMENT, items[0], "The service %s has no operation \"%s\"; see: kamiwaza %s --help",
            service, items[0], service);
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **lookup_services(kz_client *client, kz_error **error)
{
    kz_plugin_list *list = kz_client_plugins(client, false, error);
    if (!list)
        return NULL;
    GPtrArray *names = g_ptr_array_new();
    for (size_t i = 0; i < list->n_items; i++) {
        const char *name = list->items[i].name;
        /* An extension belongs to its service, and auth plugins bring no operations. */
        if (!strchr(name, '.') && !g_str_has_prefix(name, "auth-") &&
            !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
            g_ptr_array_add(names, g_strdup(name));
    }
    kz_free(list);
    g_ptr_array_sort(names, by_text);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}
