/* help.c: --help, made from the tables: the command, a service, an operation, the settings. Nothing of it is written
 * twice. */
#include "cli.h"

#include <string.h>

enum { NAMES = 28, WIDTH = 100 };

/* `  name   text`, the text broken between words and aligned. */
static void entry(GString *to, const char *name, const char *text)
{
    g_string_append_printf(to, "  %-*s", NAMES, name);
    if (strlen(name) >= NAMES)
        g_string_append_printf(to, "\n  %-*s", NAMES, "");
    g_auto(GStrv) parts = g_strsplit_set(text ? text : "", " \n", -1);
    size_t column = NAMES + 2;
    for (char **part = parts; *part; part++) {
        if (!**part)
            continue;
        if (column > NAMES + 2 && column + strlen(*part) > WIDTH) {
            g_string_append_printf(to, "\n  %-*s", NAMES, "");
            column = NAMES + 2;
        } else if (part != parts && column > NAMES + 2) {
            g_string_append_c(to, ' ');
        }
        g_string_append(to, *part);
        column += strlen(*part) + 1;
    }
    while (to->len && to->str[to->len - 1] == ' ')
        g_string_truncate(to, to->len - 1);
    g_string_append_c(to, '\n');
}

/* Text of a description, broken between words. */
static void add_paragraph(GString *to, const char *text)
{
    if (!text)
        return;
    g_auto(GStrv) parts = g_strsplit_set(text, " \n", -1);
    size_t column = 0;
    g_string_append_c(to, '\n');
    for (char **part = parts; *part; part++) {
        if (!**part)
            continue;
        if (column && column + 1 + strlen(*part) > WIDTH) {
            g_string_append_c(to, '\n');
            column = 0;
        }
        g_string_append_printf(to, "%s%s", column ? " " : "", *part);
        column += strlen(*part) + (column ? 1 : 0);
    }
    g_string_append_c(to, '\n');
}

static void add_globals(GString *to)
{
    size_t n;
    const global_option *options = options_table(&n);
    g_string_append(to, "\nOptions everywhere:\n");
    for (size_t i = 0; i < n; i++) {
        g_autofree char *letter = options[i].letter ? g_strdup_printf("-%c, ", options[i].letter) : g_strdup("");
        g_autofree char *name = g_strdup_printf(
            "%s--%s%s%s", letter, options[i].name, options[i].value ? " " : "", options[i].value ? options[i].value : "");
        entry(to, name, options[i].summary);
    }
}

static void add_services(GString *to, kz_client *client)
{
    kz_error *ignored = NULL;
    g_auto(GStrv) services = client ? lookup_services(client, &ignored) : NULL;
    kz_error_clear(&ignored);
    if (!services || !services[0])
        return;
    g_string_append(to, "\nServices (kamiwaza SERVICE --help lists the operations of one):\n");
    for (char **name = services; *name; name++) {
        const kz_service_vtable *table = kz_client_table(client, *name, &ignored);
        entry(to, *name,
            table && table->summary ? table->summary
                : ignored           ? "(cannot be used; see: kamiwaza plugins --check)"
                                    : "");
        kz_error_clear(&ignored);
    }
}

char *help_main(kz_client *client)
{
    GString *to = g_string_new("Usage: kamiwaza [OPTIONS] COMMAND\n"
                               "       kamiwaza [OPTIONS] SERVICE OPERATION [ARGUMENTS] [OPTIONS]\n\nCommands:\n");
    size_t n;
    const command *commands = commands_table(&n);
    for (size_t i = 0; i < n; i++)
        entry(to, commands[i].usage, commands[i].summary);
    add_services(to, client);
    add_globals(to);
    g_string_append(to, "\nExit status:\n");
    entry(to, "0", "done");
    entry(to, "1", "the server answered with an error, or the call failed otherwise");
    entry(to, "2", "the words or arguments are wrong; nothing was sent");
    entry(to, "3", "a setting, the profile or a plugin is wrong");
    entry(to, "4", "no answer: not reached, TLS, out of time");
    entry(to, "5", "not signed in, or not allowed");
    entry(to, "130", "cancelled by SIGINT or SIGTERM");
    return g_string_free(to, FALSE);
}

char *help_command(const command *it)
{
    GString *to = g_string_new(NULL);
    g_string_append_printf(to, "Usage: kamiwaza %s\n\n%c%s.\n", it->usage, g_ascii_toupper(it->summary[0]), it->summary + 1);
    if (it->details)
        g_string_append_printf(to, "\n%s", it->details);
    add_globals(to);
    return g_string_free(to, FALSE);
}

static char *spoken(const char *name)
{
    char *text = text_kebab(name);
    return g_strdelimit(text, ".", ' ');
}

char *help_service(kz_client *client, const char *service, const char *prefix, kz_error **error)
{
    const kz_service_vtable *table = kz_client_table(client, service, error);
    if (!table)
        return NULL;
    g_autoptr(GString) to = g_string_new(NULL);
    g_string_append_printf(to, "Usage: kamiwaza %s OPERATION [ARGUMENTS] [OPTIONS]\n", service);
    if (table->summary)
        g_string_append_printf(to, "\n%s\n", table->summary);
    g_string_append_printf(to, "\nOperations (kamiwaza %s OPERATION --help explains one):\n", service);
    g_autofree char *group = prefix ? text_kebab(prefix) : NULL;
    const kz_operation *operation;
    bool any = false;
    for (size_t i = 0; (operation = kz_client_operation_at(client, service, i, error)); i++) {
        g_autofree char *name = spoken(operation->name);
        if (group && !(g_str_has_prefix(name, group) && name[strlen(group)] == ' '))
            continue;
        entry(to, name, operation->summary);
        any = true;
    }
    if (!any && group)
        lookup_refuse(client, service, (char *const *)&prefix, 1, error);
    return *error ? NULL : g_string_free(g_steal_pointer(&to), FALSE);
}

static const char *type_of(const kz_field *field)
{
    switch (field->type) {
    case KZ_TYPE_STRING: return field->check && field->check->format && !strcmp(field->check->format, "uuid") ? "UUID" : "TEXT";
    case KZ_TYPE_INT: return "N";
    case KZ_TYPE_NUMBER: return "NUMBER";
    case KZ_TYPE_BOOL: return "BOOL";
    case KZ_TYPE_UPLOAD: return "FILE";
    default: return "JSON";
    }
}

/* What an argument takes: "TEXT", "NAME=VALUE"; several: with dots behind. */
static char *takes(const argument *item)
{
    bool many = item->field->container == KZ_LIST || item->list;
    if (item->field->container == KZ_MAP)
        return g_strdup("NAME=VALUE ...");
    return g_strdup_printf("%s%s", type_of(item->field), many ? " ..." : "");
}

static void add_limits(GString *to, const kz_field *field)
{
    const kz_check *check = field->check;
    if (check && check->values) {
        g_autofree char *values = g_strjoinv(", ", (char **)(uintptr_t)check->values);
        g_string_append_printf(to, " One of: %s%s.", values, check->flags & KZ_OPEN_ENUM ? ", or another" : "");
    }
    if (check && check->flags & KZ_HAS_MINIMUM)
        g_string_append_printf(to, " %s %g.", check->flags & KZ_EXCLUSIVE_MINIMUM ? "Above" : "At least", check->minimum);
    if (check && check->flags & KZ_HAS_MAXIMUM)
        g_string_append_printf(to, " %s %g.", check->flags & KZ_EXCLUSIVE_MAXIMUM ? "Below" : "At most", check->maximum);
    if (field->flags & KZ_FIELD_SECRET)
        g_string_append(to, " With - it is asked for, with @FILE read.");
    if (field->fallback)
        g_string_append_printf(to, " Default: %s.", field->fallback);
    if (field->flags & KZ_FIELD_DEPRECATED)
        g_string_append(to, " Deprecated.");
}

static void add_argument(GString *to, const argument *item, bool to_path)
{
    const kz_field *field = item->field;
    g_autofree char *value = takes(item);
    g_autofree char *name = arguments_is_flag(item) ? g_strdup_printf("--[no-]%s", item->option)
                                                    : g_strdup_printf("--%s%s %s", to_path ? "to, --" : "", item->option, value);
    g_autoptr(GString) text = g_string_new(field->summary ? field->summary : "");
    if (text->len && text->str[text->len - 1] != '.')
        g_string_append_c(text, '.');
    if (field->flags & KZ_FIELD_REQUIRED)
        g_string_append(text, " Required.");
    add_limits(text, field);
    if (field->aliases && field->aliases[0]) {
        g_autofree char *aliases = g_strjoinv(", ", (char **)(uintptr_t)field->aliases);
        g_string_append_printf(text, " Also: %s.", aliases);
    }
    entry(to, name, text->str);
}

char *help_usage(const char *service, const kz_operation *operation)
{
    g_autofree char *name = spoken(operation->name);
    GString *to = g_string_new(NULL);
    g_string_append_printf(to, "kamiwaza %s %s", service, name);
    arguments *all = arguments_new(operation);
    for (size_t i = 0; i < all->n; i++) {
        if (!(all->items[i].field->flags & KZ_FIELD_REQUIRED))
            continue;
        g_autofree char *upper = g_ascii_strup(all->items[i].option, -1);
        g_string_append_printf(
            to, " %s%s", g_strdelimit(upper, "-", '_'), all->items[i].field->container == KZ_LIST ? "..." : "");
    }
    arguments_free(all);
    g_string_append(to, " [OPTIONS]");
    return g_string_free(to, FALSE);
}

static void add_answer(GString *to, const kz_operation *operation)
{
    static const char *const kinds[] = { [KZ_ANSWER_NOTHING] = "nothing",
        [KZ_ANSWER_JSON] = "one result",
        [KZ_ANSWER_TEXT] = "text",
        [KZ_ANSWER_BYTES] = "binary content",
        [KZ_ANSWER_EVENTS] = "a stream of items",
        [KZ_ANSWER_LINES] = "a stream of items",
        [KZ_ANSWER_CHUNKS] = "a stream of bytes" };
    const char *kind = operation->answer < G_N_ELEMENTS(kinds) ? kinds[operation->answer] : "a result";
    if (operation->answer == KZ_ANSWER_JSON && operation->result && operation->result->shape == KZ_SHAPE_LIST)
        kind = "a list";
    g_string_append_printf(to, "\nAnswers: %s", kind);
    if (operation->result && operation->result->title)
        g_string_append_printf(to, " (%s)", operation->result->title);
    g_string_append(to, ".\n");
}

char *help_operation(const char *service, const kz_operation *operation)
{
    g_autofree char *usage = help_usage(service, operation);
    GString *to = g_string_new(NULL);
    g_string_append_printf(to, "Usage: %s\n", usage);
    if (operation->summary)
        g_string_append_printf(to, "\n%s\n", operation->summary);
    add_paragraph(to, operation->description);
    arguments *all = arguments_new(operation);
    if (all->n)
        g_string_append(to, "\nArguments (required ones may be given in this order without their names):\n");
    for (size_t i = 0; i < all->n; i++)
        add_argument(to, &all->items[i], arguments_find(all, "to") == &all->items[i]);
    if (operation->paging)
        entry(to, "--all", "Ask for every page.");
    arguments_free(all);
    add_answer(to, operation);
    g_string_append_printf(to, "By name: kamiwaza call %s.%s", service, operation->name);
    for (size_t i = 0; operation->aliases && operation->aliases[i]; i++)
        g_string_append_printf(to, "%s%s.%s", i ? ", " : "; also ", service, operation->aliases[i]);
    g_string_append_c(to, '\n');
    add_globals(to);
    return g_string_free(to, FALSE);
}

char *help_settings(void)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    GString *to = g_string_new("Settings (from --set, else the environment, else the profile, else the default):\n");
    for (size_t i = 0; i < n; i++) {
        const kz_setting *it = &settings[i];
        g_autoptr(GString) text = g_string_new(it->summary);
        g_string_append_printf(text, " %s: %s", it->env, it->type);
        if (it->unit)
            g_string_append_printf(text, " in %s", it->unit);
        if (it->allowed)
            g_string_append_printf(text, ", %s", it->allowed);
        g_string_append_printf(text, "; default: %s.", it->fallback ? it->fallback : "none");
        if (it->aliases && it->aliases[0]) {
            g_autofree char *aliases = g_strjoinv(", ", (char **)(uintptr_t)it->aliases);
            g_string_append_printf(text, " Also: %s.", aliases);
        }
        if (it->secret)
            g_string_append(text, " Secret.");
        entry(to, it->name, text->str);
    }
    return g_string_free(to, FALSE);
}
