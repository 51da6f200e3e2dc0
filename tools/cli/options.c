/* options.c: the options that every command takes, in one table that the parser, --help and completion share. Those
 * that stand for a setting go into the configuration as text, so that the core checks them as it checks all settings.
 */
#include "cli.h"

#include <string.h>

static const global_option table[] = {
    { "base-url", 0, "URL", "base_url", "where the platform answers, such as https://host/api" },
    { "profile", 0, "NAME", "profile", "the profile to take settings from" },
    { "timeout", 0, "SECONDS", "timeout", "the longest that the whole command may take; 0: no limit" },
    { "set", 0, "NAME=VALUE", NULL, "any setting; see: kamiwaza config --help" },
    { "json", 0, NULL, NULL, "print JSON as it came, on a terminal too; errors as JSON" },
    { "output", 'o', "FILE", NULL, "write the result to FILE instead of standard output" },
    { "quiet", 'q', NULL, NULL, "no progress, no notices" },
    { "verbose", 'v', NULL, NULL, "say on standard error what is done; as KAMIWAZA_LOG=debug" },
    { "help", 'h', NULL, NULL, "help on the command, the service or the operation" },
    { "version", 'V', NULL, NULL, "the version" },
};

const global_option *options_table(size_t *n)
{
    *n = G_N_ELEMENTS(table);
    return table;
}

static const global_option *find(const char *word, const char **value)
{
    *value = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        size_t length = strlen(table[i].name);
        if (word[0] == '-' && table[i].letter && word[1] == table[i].letter && !word[2])
            return &table[i];
        if (!g_str_has_prefix(word, "--") || strncmp(word + 2, table[i].name, length))
            continue;
        const char *rest = word + 2 + length;
        if (*rest == '=')
            *value = rest + 1;
        if (!*rest || *rest == '=')
            return &table[i];
    }
    return NULL;
}

static bool set_pair(cli *app, const char *pair, kz_error **error)
{
    const char *equals = strchr(pair, '=');
    if (!equals)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "set", "--set takes NAME=VALUE, not \"%s\".", pair);
    g_autofree char *name = g_strndup(pair, (gsize)(equals - pair));
    if (g_str_has_suffix(name, "password")) {
        g_autofree char *upper = g_ascii_strup(name, -1);
        return kz_error_set(error, KZ_ERROR_ARGUMENT, name,
            "A password is no argument, for others on this machine can see those; use KAMIWAZA_%s, or kamiwaza login.", upper);
    }
    return kz_config_set(app->config, name, equals + 1, error);
}

static bool apply(cli *app, const global_option *option, const char *value, kz_error **error)
{
    app->changed = true;
    switch (option->name[0]) {
    case 'j': app->json = app->machine = true; return true;
    case 'q': app->quiet = true; return true;
    case 'h': app->help = true; return true;
    case 'p': app->profile = value; break;
    case 'o': app->output = value; return true;
    case 'v':
        if (option->letter == 'V')
            app->version = true;
        else
            app->verbose = true;
        return true;
    default: break;
    }
    if (!option->setting)
        return set_pair(app, value, error);
    if (!kz_config_set(app->config, option->setting, value, error))
        return false;
    if (!strcmp(option->name, "timeout")) {
        /* As an option of the call it bounds waits and streams too, which the setting alone does not. */
        char *end;
        double seconds = g_ascii_strtod(value, &end);
        if (end != value && !*end && seconds > 0)
            app->call.timeout = KZ_NUMBER(seconds);
    }
    return true;
}

int options_read(cli *app, words *line, kz_error **error)
{
    const char *word = line->items[line->at], *value;
    const global_option *option = find(word, &value);
    if (!option)
        return 0;
    if (!option->value && value) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, option->name, "--%s takes no value.", option->name);
        return -1;
    }
    line->at++;
    if (option->value && !value) {
        if (line->at == line->n) {
            kz_error_set(error, KZ_ERROR_ARGUMENT, option->name, "--%s needs a value: %s.", option->name, option->value);
            return -1;
        }
        value = line->items[line->at++];
    }
    return apply(app, option, value, error) ? 1 : -1;
}

static void refuse(const char *of, const char *word, const char *const *flags, kz_error **error)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        g_ptr_array_add(known, (gpointer)(uintptr_t)table[i].name);
    for (; flags && *flags; flags++)
        g_ptr_array_add(known, (gpointer)(uintptr_t)*flags);
    g_ptr_array_add(known, NULL);
    const char *nearest = text_nearest(word + strspn(word, "-"), (const char *const *)known->pdata);
    if (nearest)
        kz_error_set(error, KZ_ERROR_ARGUMENT, word, "kamiwaza %s has no option %s; did you mean --%s?", of, word, nearest);
    else
        kz_error_set(error, KZ_ERROR_ARGUMENT, word, "kamiwaza %s has no option %s; see: kamiwaza %s --help", of, word, of);
}

char **options_read_all(
    cli *app, words *line, const char *of, size_t most, const char *const *flags, unsigned *given, kz_error **error)
{
    g_autoptr(GPtrArray) plain = g_ptr_array_new_with_free_func(g_free);
    bool only_words = false;
    while (line->at < line->n) {
        const char *word = line->items[line->at];
        bool option = !only_words && word[0] == '-' && word[1];
        if (option && !strcmp(word, "--")) {
            only_words = true;
            line->at++;
            continue;
        }
        if (option) {
            int read = 0;
            for (unsigned i = 0; !read && flags && flags[i]; i++)
                if (!strncmp(word, "--", 2) && !strcmp(word + 2, flags[i])) {
                    *given |= 1u << i;
                    line->at++;
                    read = 1;
                }
            if (!read)
                read = options_read(app, line, error);
            if (!read)
                refuse(of, word, flags, error);
            if (read <= 0)
                return NULL;
            continue;
        }
        if (plain->len == most && !app->help) {
            kz_error_set(error, KZ_ERROR_ARGUMENT, NULL, "\"%s\" is one word too many; see: kamiwaza %s --help", word, of);
            return NULL;
        }
        g_ptr_array_add(plain, g_strdup(word));
        line->at++;
    }
    g_ptr_array_add(plain, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&plain), FALSE);
}

int options_take(words *line, const char *name, const char **value, kz_error **error)
{
    size_t length = strlen(name);
    for (size_t i = line->at; i < line->n && strcmp(line->items[i], "--") != 0; i++) {
        char *word = line->items[i];
        if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, length) != 0 || (word[2 + length] && word[2 + length] != '='))
            continue;
        size_t used = word[2 + length] ? 1 : 2;
        if (i + used > line->n) {
            kz_error_set(error, KZ_ERROR_ARGUMENT, name, "--%s needs a value.", name);
            return -1;
        }
        *value = used == 1 ? word + 3 + length : line->items[i + 1];
        memmove(&line->items[i], &line->items[i + used], (line->n - i - used) * sizeof *line->items);
        line->n -= used;
        return 1;
    }
    return 0;
}
