/* completion.c: `kamiwaza completion SHELL` prints a shell's script; the scripts ask `kamiwaza __complete WORD...` what
 * the last word could become: one candidate a line, behind a tab what it is. Never fails and never talks to a server.
 */
#include "cli.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *shell, *script;
} scripts[] = {
    { "bash",
        "# Completion of kamiwaza for bash.\n"
        "_kamiwaza()\n"
        "{\n"
        "    local line IFS=$'\\n'\n"
        "    COMPREPLY=()\n"
        "    for line in $(kamiwaza __complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null); do\n"
        "        COMPREPLY+=(\"${line%%$'\\t'*}\")\n"
        "    done\n"
        "    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *. ]] && compopt -o nospace\n"
        "}\n"
        "complete -o default -F _kamiwaza kamiwaza\n" },
    { "zsh",
        "#compdef kamiwaza\n"
        "# Completion of kamiwaza for zsh.\n"
        "_kamiwaza() {\n"
        "    local line\n"
        "    local -a found\n"
        "    for line in \"${(@f)$(kamiwaza __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
        "        [[ -n $line ]] && found+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
        "    done\n"
        "    if (( ${#found} )); then _describe kamiwaza found; else _files; fi\n"
        "}\n"
        "if [[ ${funcstack[1]} == _kamiwaza ]]; then _kamiwaza \"$@\"; else compdef _kamiwaza kamiwaza; fi\n" },
    { "fish",
        "# Completion of kamiwaza for fish.\n"
        "function __kamiwaza_complete\n"
        "    set -l words (commandline -opc)\n"
        "    set -l current (commandline -ct)\n"
        "    kamiwaza __complete $words[2..-1] \"$current\" 2>/dev/null\n"
        "end\n"
        "complete -c kamiwaza -f -n 'test (count (__kamiwaza_complete)) -gt 0' -a '(__kamiwaza_complete)'\n" },
};

int completion_run(cli *app, words *line, kz_error **error)
{
    g_auto(GStrv) plain = options_read_all(app, line, "completion", 1, NULL, NULL, error);
    if (!plain)
        return CLI_FAILED;
    if (app->help) {
        g_autofree char *text = help_command(commands_find("completion"));
        return output_text(app, text, error) ? CLI_OK : CLI_FAILED;
    }
    for (size_t i = 0; plain[0] && i < G_N_ELEMENTS(scripts); i++)
        if (!strcmp(scripts[i].shell, plain[0]))
            return output_text(app, scripts[i].script, error) ? CLI_OK : CLI_FAILED;
    kz_error_set(error, KZ_ERROR_ARGUMENT, NULL, "kamiwaza completion takes bash, zsh or fish%s%s%s.", plain[0] ? ", not \"" : "",
        plain[0] ? plain[0] : "", plain[0] ? "\"" : "");
    return CLI_FAILED;
}

/* One candidate, when it begins as the word does. */
static void offer(GString *to, const char *word, const char *candidate, const char *summary)
{
    if (!g_str_has_prefix(candidate, word) || strpbrk(candidate, "\t\n"))
        return;
    g_autofree char *line = text_shown(summary ? summary : "");
    g_string_append_printf(to, "%s\t%s\n", candidate, line);
}

static void offer_globals(GString *to, const char *word)
{
    size_t n;
    const global_option *options = options_table(&n);
    for (size_t i = 0; word[0] == '-' && i < n; i++) {
        g_autofree char *name = g_strconcat("--", options[i].name, NULL);
        offer(to, word, name, options[i].summary);
    }
}

static void offer_first(GString *to, cli *app, const char *word)
{
    size_t n;
    const command *commands = commands_table(&n);
    for (size_t i = 0; i < n; i++)
        offer(to, word, commands[i].name, commands[i].summary);
    kz_error *ignored = NULL;
    g_auto(GStrv) services = lookup_services(app->client, &ignored);
    kz_error_clear(&ignored);
    for (char **name = services; name && *name; name++)
        offer(to, word, *name, "service");
}

/* `models.li` behind `call`. */
static void offer_calls(GString *to, cli *app, const char *word)
{
    kz_error *ignored = NULL;
    g_auto(GStrv) services = lookup_services(app->client, &ignored);
    for (char **name = services; name && *name; name++) {
        g_autofree char *dotted = g_strconcat(*name, ".", NULL);
        if (!g_str_has_prefix(word, dotted)) {
            offer(to, word, dotted, "service");
            continue;
        }
        const kz_operation *operation;
        for (size_t i = 0; (operation = kz_client_operation_at(app->client, *name, i, &ignored)); i++) {
            g_autofree char *full = g_strconcat(dotted, operation->name, NULL);
            offer(to, word, full, operation->summary);
        }
    }
    kz_error_clear(&ignored);
}

static void offer_settings(GString *to, const char *word)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    for (size_t i = 0; i < n; i++)
        offer(to, word, settings[i].name, settings[i].summary);
}

static void offer_profiles(GString *to, const char *word)
{
    kz_error *ignored = NULL;
    kz_config_profiles *profiles = kz_config_profiles_read(&ignored);
    json_object *all = kz_json_tree(kz_json_member(kz_config_profiles_json(profiles), "profiles"), &ignored);
    if (all) {
        json_object_object_foreach(all, name, settings)
        {
            (void)settings;
            offer(to, word, name, "profile");
        }
    }
    json_object_put(all);
    kz_config_profiles_free(profiles);
    kz_error_clear(&ignored);
}

/* The next word of operation names that begin with the words before. */
static void offer_operations(GString *to, cli *app, const char *service, char *const *before, size_t n, const char *word)
{
    g_autoptr(GString) front = g_string_new(NULL);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(front, "%s ", before[i]);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    kz_error *ignored = NULL;
    const kz_operation *operation;
    for (size_t i = 0; (operation = kz_client_operation_at(app->client, service, i, &ignored)); i++) {
        g_autofree char *name = text_kebab(operation->name);
        g_strdelimit(name, ".", ' ');
        if (!g_str_has_prefix(name, front->str))
            continue;
        const char *rest = name + front->len, *space = strchr(rest, ' ');
        char *next = space ? g_strndup(rest, (gsize)(space - rest)) : g_strdup(rest);
        if (g_hash_table_contains(seen, next)) {
            g_free(next);
            continue;
        }
        offer(to, word, next, space ? "" : operation->summary);
        g_hash_table_add(seen, next);
    }
    kz_error_clear(&ignored);
}

static void offer_values(GString *to, const argument *item, const char *word)
{
    const kz_check *check = item->field->check;
    for (size_t i = 0; check && check->values && check->values[i]; i++)
        offer(to, word, check->values[i], "");
}

static void offer_options(GString *to, const kz_operation *operation, const char *before, const char *word)
{
    arguments *all = arguments_new(operation);
    argument *last = g_str_has_prefix(before, "--") ? arguments_find(all, before + 2) : NULL;
    if (last && !arguments_is_flag(last)) {
        offer_values(to, last, word);
        arguments_free(all);
        return;
    }
    for (size_t i = 0; word[0] == '-' && i < all->n; i++) {
        g_autofree char *name = g_strconcat("--", all->items[i].option, NULL);
        offer(to, word, name, all->items[i].field->summary);
    }
    if (operation->paging)
        offer(to, word, "--all", "every page");
    arguments_free(all);
    offer_globals(to, word);
}

static void offer_service(GString *to, cli *app, const char *service, words *line, const char *word)
{
    char **first = line->items + line->at;
    size_t n = 0, used = 0, rest = line->n - line->at;
    while (n < rest && first[n][0] != '-')
        n++;
    kz_error *ignored = NULL;
    const kz_operation *operation = n ? lookup_operation(app->client, service, first, n, &used, &ignored) : NULL;
    kz_error_clear(&ignored);
    if (operation)
        offer_options(to, operation, line->items[line->n - 1], word);
    else if (word[0] == '-')
        offer_globals(to, word);
    if (!operation || (n == rest && word[0] != '-'))
        offer_operations(to, app, service, first, n, word);
}

int complete_run(cli *app, words *line, kz_error **error)
{
    if (line->at == line->n)
        return CLI_OK;
    words before = { line->items, line->n - 1, line->at };
    const char *word = line->items[line->n - 1];
    kz_error *ignored = NULL;
    app->quiet = true;
    while (before.at < before.n && before.items[before.at][0] == '-' && options_read(app, &before, &ignored) > 0)
        continue;
    g_autoptr(GString) to = g_string_new(NULL);
    if (!ignored && session_client(app, &ignored)) {
        const char *first = before.at < before.n ? before.items[before.at++] : NULL;
        bool is_call = first && !strcmp(first, "call"), is_config = first && !strcmp(first, "config");
        const command *named = first ? commands_find(first) : NULL;
        if (!first && word[0] != '-')
            offer_first(to, app, word);
        else if (is_call && before.at == before.n)
            offer_calls(to, app, word);
        else if (is_config && before.at == before.n)
            offer_settings(to, word);
        for (const char *const *at = named ? named->words : NULL; at && *at; at += 2)
            if (**at == '-' || before.at == before.n)
                offer(to, word, at[0], at[1]);
        if (named && named->run == profiles_run && before.at + 1 == before.n)
            offer_profiles(to, word);
        if (!first || named)
            offer_globals(to, word);
        else
            offer_service(to, app, first, &before, word);
    }
    kz_error_clear(&ignored);
    return output_text(app, to->str, error) ? CLI_OK : CLI_FAILED;
}
