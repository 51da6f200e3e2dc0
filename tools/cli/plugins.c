/* plugins.c: `kamiwaza plugins [--check]`: which plugins there are and where; with --check each is opened, and what keeps it from
 * being used is said. Opening runs what the plugin has for constructors, so each is opened by a process of its own, `kamiwaza __plugin
 * NAME`: one that crashes, ends the process or does not come to an end is then a line of the list too. */
#include "cli.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS "10"

static void add(json_object *row, const char *name, const char *value)
{
    if (value)
        json_object_object_add(row, name, json_object_new_string(value));
}

static json_object *row_of(const kz_plugin_info *info)
{
    json_object *row = json_object_new_object();
    add(row, "name", info->name);
    add(row, "version", info->version);
    add(row, "path", info->path ? info->path : "(built in)");
    add(row, "problem", info->problem);
    return row;
}

/* ---- the process that opens one plugin ---- */

/* Only the answer goes to standard output, whatever constructors write there. */
static int set_output_aside(void)
{
    int out = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (out >= 0 && null >= 0)
        dup2(null, STDOUT_FILENO);
    if (null >= 0)
        close(null);
    return out;
}

int plugin_run(cli *app, words *line, kz_error **error)
{
    if (line->n - line->at != 2) {
        kz_error_set(error, KZ_ERROR_ARGUMENT, NULL, "__plugin takes the name of a plugin and seconds.");
        return CLI_FAILED;
    }
    const char *name = line->items[line->at], *seconds = line->items[line->at + 1];
    line->at = line->n;
    kz_client *client = session_client(app, error);
    if (!client)
        return CLI_FAILED;
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    int out = set_output_aside();
    alarm((unsigned)strtoul(seconds, NULL, 10));
    kz_plugin_list *list = kz_client_plugin(client, name, error);
    alarm(0);
    if (!list)
        return CLI_FAILED;
    dup2(out, STDOUT_FILENO);
    close(out);
    json_object *row = row_of(&list->items[0]);
    kz_free(list);
    g_autofree char *text = g_strconcat(json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN), "\n", NULL);
    json_object_put(row);
    return output_text(app, text, error) ? CLI_OK : CLI_FAILED;
}

/* ---- the process that asks ---- */

static json_object *ended_badly(const kz_plugin_info *info, int status)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    g_autofree char *problem = number == SIGALRM
        ? g_strdup("The plugin was not loaded within " SECONDS " seconds: one of its constructors does not end.")
        : number ? g_strdup_printf("Loading the plugin ended the process by signal %d (%s): one of its constructors crashes.",
                       number, strsignal(number))
                 : g_strdup_printf("Loading the plugin ended the process with status %d: one of its constructors ends it.",
                       WEXITSTATUS(status));
    kz_plugin_info said = *info;
    said.problem = problem;
    return row_of(&said);
}

static json_object *look(kz_client *client, const kz_plugin_info *info, kz_error **error)
{
    g_autofree char *folders = g_strconcat("plugin_path=", kz_client_setting(client, "plugin_path", NULL), NULL);
    const char *argv[] = { "/proc/self/exe", "--set", folders, "__plugin", info->name, SECONDS, NULL };
    g_autofree char *out = NULL, *said = NULL;
    g_autoptr(GError) failure = NULL;
    int status = 0;
    if (!g_spawn_sync(NULL, (char **)(guintptr)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &said, &status, &failure)) {
        kz_error_set(error, KZ_ERROR_STATE, info->name, "The plugin %s cannot be looked at: %s", info->name, failure->message);
        return NULL;
    }
    json_object *row = WIFEXITED(status) && !WEXITSTATUS(status) ? json_tokener_parse(out) : NULL;
    return row ? row : ended_badly(info, status);
}

int plugins_run(cli *app, words *line, kz_error **error)
{
    static const char *const flags[] = { "check", NULL };
    unsigned check = 0;
    g_auto(GStrv) plain = options_read_all(app, line, "plugins", 0, flags, &check, error);
    if (!plain)
        return CLI_FAILED;
    if (app->help) {
        g_autofree char *text = help_command(commands_find("plugins"));
        return output_text(app, text, error) ? CLI_OK : CLI_FAILED;
    }
    kz_client *client = session_client(app, error);
    kz_plugin_list *list = client ? kz_client_plugins(client, false, error) : NULL;
    if (!list)
        return CLI_FAILED;
    json_object *rows = json_object_new_array();
    bool sound = true;
    for (size_t i = 0; i < list->n_items; i++) {
        json_object *row = check ? look(client, &list->items[i], error) : row_of(&list->items[i]);
        if (!row)
            break;
        json_object_array_add(rows, row);
        sound = sound && !json_object_object_get_ex(row, "problem", NULL);
    }
    kz_free(list);
    if (*error) {
        json_object_put(rows);
        return CLI_FAILED;
    }
    if (!answer_write_tree(app, rows, error))
        return CLI_FAILED;
    return sound ? CLI_OK : CLI_SETUP;
}
