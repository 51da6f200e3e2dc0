/* operation.c: `kamiwaza SERVICE OPERATION [ARGUMENTS] [--options]`, the same for every operation of every service: the
 * words are read against the operation's table, the call is made by name, the answer is shown. */
#include "cli.h"

#include <string.h>
#include <unistd.h>

/* The words of one command line, sorted out. */
typedef struct reading {
    arguments *all;
    GPtrArray *plain;
    bool each; /* --all: every page */
} reading;

static bool is_value(const char *word)
{
    return word[0] != '-' || !word[1] || g_ascii_isdigit(word[1]);
}

static bool unknown_option(const arguments *all, const char *service, const char *word, kz_error **error)
{
    size_t n;
    const global_option *globals = options_table(&n);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < all->n; i++)
        g_ptr_array_add(names, all->items[i].option);
    for (size_t i = 0; i < n; i++)
        g_ptr_array_add(names, (gpointer)(uintptr_t)globals[i].name);
    g_ptr_array_add(names, NULL);
    g_autofree char *name = g_strndup(word, strcspn(word, "="));
    g_autofree char *spoken = text_kebab(all->operation->name);
    g_strdelimit(spoken, ".", ' ');
    const char *nearest = text_nearest(name + strspn(name, "-"), (const char *const *)names->pdata);
    if (nearest)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, name, "kamiwaza %s %s has no option %s; did you mean --%s?", service,
            spoken, name, nearest);
    return kz_error_set(error, KZ_ERROR_ARGUMENT, name, "kamiwaza %s %s has no option %s; see: kamiwaza %s %s --help", service,
        spoken, name, service, spoken);
}

/* An option of the operation: 1 read, 0 it is none, -1 failed. */
static int read_own(reading *read, words *line, kz_error **error)
{
    const char *word = line->items[line->at];
    if (!g_str_has_prefix(word, "--"))
        return 0;
    const char *equals = strchr(word, '=');
    g_autofree char *name = equals ? g_strndup(word + 2, (gsize)(equals - word - 2)) : g_strdup(word + 2);
    argument *item = arguments_find(read->all, name);
    bool off = !item && !equals && g_str_has_prefix(name, "no-");
    if (off)
        item = arguments_find(read->all, name + 3);
    if (!item && read->all->operation->paging && !strcmp(name, "all")) {
        read->each = true;
        line->at++;
        return 1;
    }
    if (!item || (off && !arguments_is_flag(item)))
        return 0;
    line->at++;
    if (arguments_is_flag(item) && !equals)
        return arguments_add(item, off ? "false" : "true", error) ? 1 : -1;
    if (!equals && line->at == line->n) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, item->field->name, "--%s needs a value.", item->option);
        return -1;
    }
    return arguments_add(item, equals ? equals + 1 : line->items[line->at++], error) ? 1 : -1;
}

static bool read_line(cli *app, reading *read, const char *service, words *line, kz_error **error)
{
    bool only_words = false;
    while (line->at < line->n) {
        char *word = line->items[line->at];
        if (!only_words && !strcmp(word, "--")) {
            only_words = true;
            line->at++;
        } else if (only_words || is_value(word)) {
            g_ptr_array_add(read->plain, word);
            line->at++;
        } else {
            int got = read_own(read, line, error);
            if (!got)
                got = options_read(app, line, error);
            if (!got)
                unknown_option(read->all, service, word, error);
            if (got <= 0)
                return false;
        }
    }
    return true;
}

static bool execute(cli *app, const char *service, reading *read, kz_error **error)
{
    kz_client *client = session_client(app, error);
    if (!client || !arguments_place(read->all, (char *const *)read->plain->pdata, read->plain->len, error))
        return false;
    size_t length;
    g_autofree char *json = arguments_json(read->all, &length);
    g_autofree char *name = g_strdup_printf("%s.%s%s", service, read->all->operation->name, read->each ? "_each" : "");
    kz_answer answer = { 0 };
    if (!kz_call_by_name(client, name, (kz_json){ json, length }, &app->call, &answer, error))
        return false;
    bool content = answer.result || answer.stream;
    if (!answer_write(app, &answer, app->json, read->each, error))
        return false;
    progress_clear();
    if (!content && !app->quiet && isatty(STDERR_FILENO))
        g_printerr("done\n");
    return true;
}

static int run(cli *app, const char *service, const kz_operation *operation, words *line, kz_error **error)
{
    reading read = { .all = arguments_new(operation), .plain = g_ptr_array_new() };
    bool fine = read_line(app, &read, service, line, error);
    if (fine && app->help) {
        g_autofree char *text = help_operation(service, operation);
        fine = output_text(app, text, error);
    } else if (fine) {
        fine = execute(app, service, &read, error);
    }
    g_ptr_array_unref(read.plain);
    arguments_free(read.all);
    return fine ? CLI_OK : CLI_FAILED;
}

static int show_service(cli *app, const char *service, const char *prefix, kz_error **error)
{
    g_autofree char *text = help_service(app->client, service, prefix, error);
    return text && output_text(app, text, error) ? CLI_OK : CLI_FAILED;
}

/* A first word that is neither a command nor an installed service: the nearest of both, else what the registry says. */
static bool known_service(cli *app, const char *service, kz_error **error)
{
    kz_error *failure = NULL;
    if (kz_client_table(app->client, service, &failure))
        return true;
    if (!kz_error_is(failure, KZ_ERROR_PLUGIN_NOT_FOUND) && !kz_error_is(failure, KZ_ERROR_ARGUMENT))
        return kz_error_move(error, &failure);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    size_t n;
    const command *commands = commands_table(&n);
    for (size_t i = 0; i < n; i++)
        g_ptr_array_add(names, (gpointer)(uintptr_t)commands[i].name);
    kz_error *ignored = NULL;
    g_auto(GStrv) services = lookup_services(app->client, &ignored);
    kz_error_clear(&ignored);
    for (size_t i = 0; services && services[i]; i++)
        g_ptr_array_add(names, services[i]);
    g_ptr_array_add(names, NULL);
    const char *nearest = text_nearest(service, (const char *const *)names->pdata);
    if (!nearest)
        return kz_error_move(error, &failure);
    kz_error_clear(&failure);
    return kz_error_set(
        error, KZ_ERROR_ARGUMENT, service, "There is no command or service \"%s\"; did you mean \"%s\"?", service, nearest);
}

/* Options before the operation are global ones. Returns how many words follow that are none, SIZE_MAX: failed. */
static size_t read_front(cli *app, const char *service, words *line, kz_error **error)
{
    while (line->at < line->n && line->items[line->at][0] == '-') {
        int got = options_read(app, line, error);
        if (!got)
            kz_error_set(error, KZ_ERROR_ARGUMENT, line->items[line->at], "There is no option %s; see: kamiwaza %s --help",
                line->items[line->at], service);
        if (got <= 0)
            return SIZE_MAX;
    }
    size_t n = 0;
    while (line->at + n < line->n && line->items[line->at + n][0] != '-')
        n++;
    return n;
}

static bool asks_help(const cli *app, const words *line)
{
    bool asks = app->help;
    for (size_t i = line->at; i < line->n; i++)
        asks = asks || !strcmp(line->items[i], "--help") || !strcmp(line->items[i], "-h");
    return asks;
}

int operation_run(cli *app, const char *service, words *line, kz_error **error)
{
    size_t n = read_front(app, service, line, error), used;
    if (n == SIZE_MAX || !session_client(app, error) || !known_service(app, service, error))
        return CLI_FAILED;
    if (!n) {
        if (app->help)
            return show_service(app, service, NULL, error);
        kz_error_set(error, KZ_ERROR_ARGUMENT, NULL, "kamiwaza %s needs an operation; see: kamiwaza %s --help", service, service);
        return CLI_FAILED;
    }
    char **first = line->items + line->at;
    const kz_operation *operation = lookup_operation(app->client, service, first, n, &used, error);
    if (operation) {
        line->at += used;
        return run(app, service, operation, line, error);
    }
    if (!*error && asks_help(app, line) && n == 1)
        return show_service(app, service, first[0], error);
    if (!*error)
        lookup_refuse(app->client, service, first, n, error);
    return CLI_FAILED;
}
