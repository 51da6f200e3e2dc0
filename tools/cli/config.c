/* config.c: `kamiwaza config [NAME]`: what each setting is and where its value came from. Secrets are masked by the
 * core: this file never sees them. */
#include "cli.h"

#include <kamiwaza/auth-plugin.h>

#include <string.h>

static json_object *row_of(kz_client *client, const char *name, const char *env)
{
    const char *source = NULL, *value = kz_client_setting(client, name, &source);
    json_object *row = json_object_new_object();
    json_object_object_add(row, "name", json_object_new_string(name));
    json_object_object_add(row, "value", value ? json_object_new_string(value) : NULL);
    json_object_object_add(row, "source", json_object_new_string(value && source ? source : "not set"));
    json_object_object_add(row, "env", json_object_new_string(env));
    return row;
}

/* Settings must be shown where the way to sign in is wrong; then its own are not among them. */
static const kz_provider_setting *provider_settings(kz_client *client, size_t *n)
{
    kz_error *ignored = NULL;
    const kz_provider_setting *settings = kz_client_provider_settings(client, n, &ignored);
    kz_error_clear(&ignored);
    return settings;
}

static bool show_all(cli *app, kz_client *client, kz_error **error)
{
    size_t n, n_own;
    const kz_setting *settings = kz_settings(&n);
    const kz_provider_setting *own = provider_settings(client, &n_own);
    json_object *rows = json_object_new_array();
    for (size_t i = 0; i < n; i++)
        json_object_array_add(rows, row_of(client, settings[i].name, settings[i].env));
    for (size_t i = 0; i < n_own; i++) {
        g_autofree char *name = g_strconcat("auth_", own[i].name, NULL), *upper = g_ascii_strup(name, -1);
        g_autofree char *env = g_strconcat("KAMIWAZA_", upper, NULL);
        json_object_array_add(rows, row_of(client, name, env));
    }
    return answer_write_tree(app, rows, error);
}

static bool show_one(cli *app, kz_client *client, const char *name, kz_error **error)
{
    size_t n, n_own;
    const kz_setting *settings = kz_settings(&n);
    const kz_provider_setting *own = provider_settings(client, &n_own);
    g_autofree char *plain = text_plain(name);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *found = NULL;
    for (size_t i = 0; i < n; i++) {
        g_ptr_array_add(names, g_strdup(settings[i].name));
        if (!strcmp(settings[i].name, plain) || !strcmp(settings[i].env, name))
            found = settings[i].name;
    }
    for (size_t i = 0; i < n_own; i++) {
        g_ptr_array_add(names, g_strconcat("auth_", own[i].name, NULL));
        if (!strcmp(names->pdata[n + i], plain))
            found = names->pdata[n + i];
    }
    if (found) {
        const char *value = kz_client_setting(client, found, NULL);
        return answer_write_tree(app, value ? json_object_new_string(value) : NULL, error);
    }
    g_ptr_array_add(names, NULL);
    const char *nearest = text_nearest(name, (const char *const *)names->pdata);
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
