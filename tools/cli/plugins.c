/* plugins.c: `kamiwaza plugins [--check]`: which plugins there are and where; with --check each is opened, and what
 * keeps it from being used is said. */
#include "cli.h"

static void add(json_object *row, const char *name, const char *value)
{
    if (value)
        json_object_object_add(row, name, json_object_new_string(value));
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
    kz_plugin_list *list = client ? kz_client_plugins(client, check, error) : NULL;
    if (!list)
        return CLI_FAILED;
    json_object *rows = json_object_new_array();
    bool sound = true;
    for (size_t i = 0; i < list->n_items; i++) {
        const kz_plugin_info *info = &list->items[i];
        json_object *row = json_object_new_object();
        add(row, "name", info->name);
        add(row, "version", info->version);
        add(row, "path", info->path ? info->path : "(built in)");
        add(row, "problem", info->problem);
        json_object_array_add(rows, row);
        sound = sound && !info->problem;
    }
    kz_free(list);
    if (!answer_write_tree(app, rows, error))
        return CLI_FAILED;
    return sound ? CLI_OK : CLI_SETUP;
}
