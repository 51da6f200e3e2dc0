/* config.c: `kamiwaza config [NAME]`: what each setting is and where its value came from. Secrets are masked by the
 * core: this file never sees them. */
#include "cli.h"

#include <string.h>

static json_object *row_of(kz_client *client, const kz_setting *setting)
{
    const char *source = NULL, *value = kz_client_setting(client, setting->name, &source);
    json_object *row = json_object_new_object();
    json_object_object_add(row, "name", json_object_new_string(setting->name));
    json_object_object_add(row, "value", value ? json_object_new_string(value) : NULL);
    json_object_object_add(row, "source", json_object_new_string(value && source ? source : "not set"));
    json_object_object_add(row, "env", json_object_new_string(setting->env));
    return row;
}

static bool show_all(cli *app, kz_client *client, kz_error **error)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    json_object *rows = json_object_new_array();
    for (size_t i = 0; i < n; i++)
        json_object_array_add(rows, row_of(client, &settings[i]));
    return answer_write_tree(app, rows, error);
}

static bool show_one(cli *app, kz_client *client, const char *name, kz_error **error)
{
    size_t n;
    const kz_setting *settings = kz_settings(&n);
    g_autofree char *plain = text_plain(name);
    g_autofree const char **names = g_new0(const char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        names[i] = settings[i].name;
        if (strcmp(settings[i].name, plain) && strcmp(settings[i].env, name))
            continue;
        const char *value = kz_client_setting(client, settings[i].name, NULL);
        return answer_write_tree(app, value ? json_object_new_string(value) : NULL, error);
    }
    const char *nearest = text_nearest(name, names);
    if (nearest)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, name, "There is no setting \"%s\"; did you mean \"%s\"?", name, nearest);
    return kz_error_set(error, KZ_ERROR_ARGUMENT, name, "There is no setting \"%s\"; see: kamiwaza config --help", name);
}

int config_run(cli *app, words *line, kz_error **error)
{
    g_auto(GStrv) plain = options_read_all(app, line, "config", 1, NULL, NULL, error);
    if (!plain)
        return CLI_FAILED;
    if (app->help) {
        g_autofree char *usage = help_command(commands_find("config"));
        g_autofree char *settings = help_settings();
        g_autofree char *text = g_strconcat(usage, "\n", settings, NULL);
        return output_text(app, text, error) ? CLI_OK : CLI_FAILED;
    }
    kz_client *client = session_client(app, error);
    bool fine = client && (plain[0] ? show_one(app, client, plain[0], error) : show_all(app, client, error));
    return fine ? CLI_OK : CLI_FAILED;
}
