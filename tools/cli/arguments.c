/* arguments.c: from the words of the command line to the JSON object that kz_call_by_name() takes. Which arguments
 * there are, and of which type, is read from the operation's table; whether values are allowed is left to the core. */
#include "cli.h"

#include <errno.h>
#include <kamiwaza/auth-plugin.h>
#include <stdlib.h>
#include <string.h>

static void add_item(arguments *all, const kz_field *field, const kz_field *list)
{
    const char *name = field->c_name && field->place == KZ_IN_HEADER ? field->c_name : field->name;
    g_autofree char *plain = text_kebab(name);
    all->items[all->n++] = (argument){ field, list, g_strdup(g_strdelimit(plain, ".", '-')),
        g_ptr_array_new_with_free_func(g_free) };
}

arguments *arguments_new(const kz_operation *operation)
{
    arguments *all = g_new0(arguments, 1);
    const kz_schema *params = operation->params;
    all->operation = operation;
    all->items = g_new0(argument, params->n_fields + 1);
    for (uint32_t i = 0; i < params->n_fields; i++) {
        const kz_field *field = &params->fields[i], *next = i + 1 < params->n_fields ? field + 1 : NULL;
        if (field->flags & (KZ_FIELD_READ_ONLY | KZ_FIELD_ALTERNATIVE))
            continue;
        add_item(all, field, next && next->flags & KZ_FIELD_ALTERNATIVE && next->container == KZ_LIST ? next : NULL);
    }
    if (operation->body_name && !arguments_find(all, operation->body_name)) {
        all->body = (kz_field){ .name = operation->body_name,
            .type = KZ_TYPE_JSON,
            .place = KZ_IN_BODY_WHOLE,
            .summary = "the members of the body together" };
        add_item(all, &all->body, NULL);
    }
    return all;
}

void arguments_free(arguments *all)
{
    for (size_t i = 0; i < all->n; i++) {
        g_free(all->items[i].option);
        g_ptr_array_unref(all->items[i].values);
    }
    g_free(all->items);
    g_free(all);
}

/* One operation has a friendlier word for one of its arguments: where a download to this machine goes. */
static const char *friendly(const arguments *all, const char *option)
{
    return !strcmp(all->operation->name, "download") && !strcmp(option, "to") ? "path" : option;
}

argument *arguments_find(const arguments *all, const char *option)
{
    g_autofree char *plain = text_plain(friendly(all, option));
    for (size_t i = 0; i < all->n; i++) {
        g_autofree char *own = text_plain(all->items[i].option);
        if (!strcmp(own, plain))
            return &all->items[i];
    }
    for (size_t i = 0; i < all->n; i++) {
        const kz_field *field = all->items[i].field;
        for (size_t j = 0; field->aliases && field->aliases[j]; j++) {
            g_autofree char *alias = text_plain(field->aliases[j]);
            if (!strcmp(alias, plain))
                return &all->items[i];
        }
    }
    return NULL;
}

bool arguments_is_flag(const argument *item)
{
    return item->field->type == KZ_TYPE_BOOL && item->field->container == KZ_ONE;
}

static bool refuse(const argument *item, const char *text, const char *wanted, kz_error **error)
{
    return kz_error_set(error, KZ_ERROR_ARGUMENT, item->field->name, "--%s takes %s, not \"%s\".", item->option, wanted, text);
}

static char *json_text(const argument *item, const char *text, kz_error **error)
{
    if (!g_utf8_validate(text, -1, NULL)) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, item->field->name, "--%s takes text in UTF-8.", item->option);
        return NULL;
    }
    GString *json = g_string_new(NULL);
    text_json(json, text);
    return g_string_free(json, FALSE);
}

static char *json_number(const argument *item, const char *text, bool whole, kz_error **error)
{
    char *end;
    errno = 0;
    if (whole) {
        int64_t value = g_ascii_strtoll(text, &end, 10);
        if (end != text && !*end && !errno)
            return g_strdup_printf("%" G_GINT64_FORMAT, value);
        refuse(item, text, "a whole number", error);
        return NULL;
    }
    double value = g_ascii_strtod(text, &end);
    char shortest[G_ASCII_DTOSTR_BUF_SIZE];
    if (end != text && !*end && value - value == 0)
        return g_strdup(g_ascii_dtostr(shortest, sizeof shortest, value));
    refuse(item, text, "a number", error);
    return NULL;
}

static char *json_truth(const argument *item, const char *text, kz_error **error)
{
    static const char *const yes[] = { "true", "yes", "on", "1", NULL }, *const no[] = { "false", "no", "off", "0", NULL };
    if (g_strv_contains(yes, text))
        return g_strdup("true");
    if (g_strv_contains(no, text))
        return g_strdup("false");
    refuse(item, text, "true or false", error);
    return NULL;
}

static char *json_any(const argument *item, const char *text, kz_error **error)
{
    g_autofree char *what = g_strconcat("--", item->option, NULL);
    size_t length;
    g_autofree char *json = source_read(what, text, &length, error);
    if (!json || !failure_check_json(what, json, length, error))
        return NULL;
    return g_steal_pointer(&json);
}

static char *json_upload(const argument *item, const char *text, kz_error **error)
{
    g_autofree char *path = json_text(item, text, error);
    return path ? g_strdup_printf("{\"$file\":{\"path\":%s}}", path) : NULL;
}

/* A secret need not stand among the words, where others see it: - asks for it, or reads a line; @FILE is where it stands. */
static char *json_secret(const argument *item, const char *text, kz_error **error)
{
    enum { LONGEST = 65536 };
    if (strcmp(text, "-") != 0 && *text != '@')
        return json_text(item, text, error);
    g_autofree char *what = g_strdelimit(g_strdup(item->option), "-", ' '), *read = NULL, *json = NULL;
    size_t length = LONGEST;
    if (*text == '@') {
        read = source_read(what, text, &length, error);
        if (read)
            read[strcspn(read, "\r\n")] = 0;
    } else if (!terminal_ask(what, true, read = g_malloc0(LONGEST), LONGEST, error)) {
        return NULL;
    }
    json = read ? json_text(item, read, error) : NULL;
    if (read)
        kz_wipe(read, length);
    return g_steal_pointer(&json);
}

static char *json_one(const argument *item, const kz_field *field, const char *text, kz_error **error)
{
    switch (field->type) {
    case KZ_TYPE_STRING: return field->flags & KZ_FIELD_SECRET ? json_secret(item, text, error) : json_text(item, text, error);
    case KZ_TYPE_INT: return json_number(item, text, true, error);
    case KZ_TYPE_NUMBER: return json_number(item, text, false, error);
    case KZ_TYPE_BOOL: return json_truth(item, text, error);
    case KZ_TYPE_UPLOAD: return json_upload(item, text, error);
    default: return json_any(item, text, error);
    }
}

/* `name=value` of a map as `"name":value`. */
static char *json_entry(const argument *item, const char *text, kz_error **error)
{
    const char *equals = strchr(text, '=');
    if (!equals) {
        refuse(item, text, "NAME=VALUE or a JSON object", error);
        return NULL;
    }
    g_autofree char *name = g_strndup(text, (gsize)(equals - text));
    g_autofree char *key = json_text(item, name, error);
    g_autofree char *value = key ? json_one(item, item->field, equals + 1, error) : NULL;
    return value ? g_strdup_printf("%s:%s", key, value) : NULL;
}

/* Several at once as the JSON itself: --files '["a", "b"]'. Gives what stands between the brackets. */
static char *inside(const char *text, char open, char close)
{
    g_autofree char *copy = g_strstrip(g_strdup(text));
    size_t length = strlen(copy);
    kz_error *broken = NULL;
    bool whole = length > 1 && copy[0] == open && copy[length - 1] == close && kz_json_check((kz_json){ copy, length }, &broken);
    kz_error_clear(&broken);
    return whole ? g_strstrip(g_strndup(copy + 1, length - 2)) : NULL;
}

bool arguments_add(argument *item, const char *text, kz_error **error)
{
    const kz_field *field = item->field;
    char *json = NULL;
    if (field->container == KZ_LIST)
        json = inside(text, '[', ']');
    else if (field->container == KZ_MAP)
        json = inside(text, '{', '}');
    if (!json)
        json = field->container == KZ_MAP ? json_entry(item, text, error) : json_one(item, field, text, error);
    if (!json)
        return false;
    if (item->values->len && field->container == KZ_ONE && !item->list) {
        g_free(json);
        return kz_error_set(error, KZ_ERROR_ARGUMENT, field->name, "--%s is given twice, and takes one value.", item->option);
    }
    g_ptr_array_add(item->values, json);
    return true;
}

static bool is_open(const argument *item)
{
    return !item->values->len && !(item->field->flags & KZ_FIELD_DEPRECATED);
}

/* Where nothing is required, one word may stand for the identifier: that of the first whose format it has. */
static argument *identifier(const arguments *all, const char *text)
{
    bool is_uuid = g_uuid_string_is_valid(text);
    for (size_t i = 0; i < all->n; i++) {
        argument *item = &all->items[i];
        const kz_field *field = item->field;
        const char *format = field->check ? field->check->format : NULL;
        bool names = g_str_has_suffix(field->name, "id") || g_str_has_suffix(field->name, "name");
        if (names && is_open(item) && field->type == KZ_TYPE_STRING && field->container == KZ_ONE &&
            (!format || strcmp(format, "uuid") || is_uuid))
            return item;
    }
    return NULL;
}

static argument *next_place(const arguments *all, const char *text, const argument *last)
{
    bool any_required = false;
    for (size_t i = 0; i < all->n; i++) {
        argument *item = &all->items[i];
        if (!(item->field->flags & KZ_FIELD_REQUIRED))
            continue;
        any_required = true;
        if (is_open(item))
            return item;
    }
    if (last && last->field->container == KZ_LIST)
        return (argument *)(uintptr_t)last;
    return any_required || last ? NULL : identifier(all, text);
}

bool arguments_place(arguments *all, char *const *items, size_t n, kz_error **error)
{
    argument *item = NULL;
    for (size_t i = 0; i < n; i++) {
        item = next_place(all, items[i], item);
        if (!item)
            return kz_error_set(error, KZ_ERROR_ARGUMENT, NULL, "\"%s\" is one word too many: options begin with --.", items[i]);
        if (!arguments_add(item, items[i], error))
            return false;
    }
    for (size_t i = 0; i < all->n; i++) {
        const argument *lacking = &all->items[i];
        bool in_body = lacking->field->place == KZ_IN_BODY && all->body.name && all->items[all->n - 1].values->len;
        if (lacking->field->flags & KZ_FIELD_REQUIRED && !lacking->values->len && !in_body)
            return kz_error_set(error, KZ_ERROR_ARGUMENT, lacking->field->name, "--%s is required.", lacking->option);
    }
    return true;
}

char *arguments_json(const arguments *all, size_t *length)
{
    GString *json = g_string_new("{");
    for (size_t i = 0; i < all->n; i++) {
        const argument *item = &all->items[i];
        if (!item->values->len)
            continue;
        const char *open = "", *close = "";
        if (item->field->container == KZ_LIST || (item->list && item->values->len > 1))
            open = "[", close = "]";
        else if (item->field->container == KZ_MAP)
            open = "{", close = "}";
        if (json->len > 1)
            g_string_append_c(json, ',');
        text_json(json, item->field->name);
        g_string_append_printf(json, ":%s", open);
        bool any = false;
        for (guint j = 0; j < item->values->len; j++) {
            const char *value = g_ptr_array_index(item->values, j);
            if (*value)
                g_string_append_printf(json, "%s%s", any ? "," : "", value);
            any = any || *value;
        }
        g_string_append(json, close);
    }
    g_string_append_c(json, '}');
    *length = json->len;
    return g_string_free(json, FALSE);
}
