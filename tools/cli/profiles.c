/* profiles.c: `kamiwaza profiles`: the named sets of settings of the profile file, and which of them counts. Needs no client, and so works
 * where a profile is wrong. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

static json_object *members_of(const kz_config_profiles *profiles, kz_error **error)
{
    json_object *tree = kz_json_tree(kz_json_member(kz_config_profiles_json(profiles), "profiles"), error);
    return tree || *error ? tree : json_object_new_object();
}

static json_object *row_of(const char *name, json_object *profile, bool current)
{
    static const char *const shown[] = { "base_url", "auth", "username" };
    json_object *row = json_object_new_object(), *value;
    json_object_object_add(row, "name", json_object_new_string(name));
    json_object_object_add(row, "current", json_object_new_boolean(current));
    for (size_t i = 0; i < G_N_ELEMENTS(shown); i++)
        json_object_object_add(row, shown[i],
            json_object_is_type(profile, json_type_object) && json_object_object_get_ex(profile, shown[i], &value)
                ? json_object_get(value)
                : NULL);
    return row;
}

static bool list(cli *app, const kz_config_profiles *profiles, const char *current, kz_error **error)
{
    json_object *all = members_of(profiles, error);
    if (!all)
        return false;
    json_object *rows = json_object_new_array();
    json_object_object_foreach(all, name, profile)
    {
        json_object_array_add(rows, row_of(name, profile, !strcmp(name, current)));
    }
    json_object_put(all);
    return answer_write_tree(app, rows, error);
}

static bool refuse(const kz_config_profiles *profiles, const char *name, kz_error **error)
{
    json_object *all = members_of(profiles, error);
    if (!all)
        return false;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    json_object_object_foreach(all, known, profile)
    {
        (void)profile;
        g_ptr_array_add(names, g_strdup(known));
    }
    json_object_put(all);
    g_ptr_array_add(names, NULL);
    const char *nearest = text_nearest(name, (const char *const *)names->pdata);
    return kz_error_set(error, KZ_ERROR_ARGUMENT, name, "%s has no profile \"%s\"%s%s%s", kz_config_profiles_path(profiles), name,
        nearest ? "; did you mean \"" : ".", nearest ? nearest : "", nearest ? "\"?" : "");
}

static bool show(cli *app, const kz_config_profiles *profiles, const char *name, kz_error **error)
{
    kz_json profile = kz_json_member(kz_json_member(kz_config_profiles_json(profiles), "profiles"), name);
    json_object *tree = kz_json_tree(profile, error);
    return !*error && answer_write_tree(app, tree, error);
}

static bool change(cli *app, kz_config_profiles *profiles, const char *verb, const char *name, kz_error **error)
{
    bool uses = !strcmp(verb, "use");
    bool fine = uses ? kz_config_profiles_choose(profiles, name, error) : kz_config_profiles_remove(profiles, name, error);
    if (!fine || !kz_config_profiles_save(profiles, error))
        return false;
    if (!app->quiet)
        fprintf(stderr, uses ? "The profile \"%s\" counts from now on.\n" : "The profile \"%s\" is removed.\n", name);
    return true;
}

static bool run(cli *app, char **plain, kz_error **error)
{
    const char *verb = plain[0] ? plain[0] : "list", *name = plain[0] ? plain[1] : NULL;
    bool lists = !strcmp(verb, "list"), shows = !strcmp(verb, "show");
    if (!lists && !shows && strcmp(verb, "use") != 0 && strcmp(verb, "remove") != 0)
        return kz_error_set(
            error, KZ_ERROR_ARGUMENT, verb, "kamiwaza profiles takes list, show, use or remove, not \"%s\".", verb);
    if (lists && name)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, name, "kamiwaza profiles list takes no name.");
    if (!lists && !shows && !name)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, NULL, "kamiwaza profiles %s needs the name of a profile.", verb);
    kz_config_profiles *profiles = kz_config_profiles_read(error);
    if (!profiles)
        return false;
    const char *current = profiles_current(app, profiles);
    bool fine = lists || profiles_has(profiles, name ? name : current) || refuse(profiles, name ? name : current, error);
    fine = fine &&
        (lists          ? list(app, profiles, current, error)
                : shows ? show(app, profiles, name ? name : current, error)
                        : change(app, profiles, verb, name, error));
    kz_config_profiles_free(profiles);
    return fine;
}

const char *profiles_current(const cli *app, const kz_config_profiles *profiles)
{
    const char *named = app->profile ? app->profile : g_getenv("KAMIWAZA_PROFILE");
    return named && *named ? named : kz_config_profiles_chosen(profiles);
}

bool profiles_has(const kz_config_profiles *profiles, const char *name)
{
    return kz_json_member(kz_json_member(kz_config_profiles_json(profiles), "profiles"), name).text;
}

int profiles_run(cli *app, words *line, kz_error **error)
{
    g_auto(GStrv) plain = options_read_all(app, line, "profiles", 2, NULL, NULL, error);
    if (!plain)
        return CLI_FAILED;
    if (app->help) {
        g_autofree char *text = help_command(commands_find("profiles"));
        return output_text(app, text, error) ? CLI_OK : CLI_FAILED;
    }
    return run(app, plain, error) ? CLI_OK : CLI_FAILED;
}
