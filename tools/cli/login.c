/* login.c: `kamiwaza login` and `kamiwaza logout`. A sign-in that went well is written into the profile, but for what is secret: that is
 * in the token store. The next command then needs no options. */
#include "cli.h"

#include <kamiwaza/auth-plugin.h>
#include <stdio.h>
#include <string.h>

enum { DEVICE = 1, NO_BROWSER = 2, WITH_TOKEN = 4 };
static const char *const login_flags[] = { "device", "no-browser", "with-token", NULL };

/* Whether something of a person's own choice says so, rather than a default. */
static const char *given(kz_client *client, const char *name)
{
    const char *source = NULL, *value = kz_client_setting(client, name, &source);
    return value && g_strcmp0(source, "default") != 0 ? value : NULL;
}

static bool set(cli *app, const char *name, const char *value, kz_error **error)
{
    app->changed = true;
    return kz_config_set(app->config, name, value, error);
}

/* The way to sign in: what the settings say, else what they suffice for, else the platform's own. */
static bool choose_way(cli *app, unsigned flags, kz_error **error)
{
    kz_client *client = session_client(app, error);
    if (!client)
        return false;
    if (flags & WITH_TOKEN)
        return set(app, "auth", "bearer", error);
    if (given(client, "auth"))
        return true;
    bool oauth = given(client, "auth_issuer") || given(client, "auth_token_endpoint");
    if (!oauth && flags & (DEVICE | NO_BROWSER))
        return kz_error_set(error, KZ_ERROR_ARGUMENT, "auth",
            "Signing in with a browser or a device needs a provider; name it: --set auth=oauth --set auth_issuer=URL");
    return set(app, "auth", oauth ? "oauth" : "password", error);
}

/* The token store tells users apart, so the name must be known before the provider is made. */
static bool choose_user(cli *app, const char *user, kz_error **error)
{
    char name[512];
    if (user)
        return set(app, "username", user, error);
    kz_client *client = session_client(app, error);
    if (!client || g_strcmp0(kz_client_setting(client, "auth", NULL), "password") != 0 || given(client, "username"))
        return client != NULL;
    if (!terminal_ask("username", false, name, sizeof name, error))
        return false;
    return *name ? set(app, "username", name, error)
                 : kz_error_set(error, KZ_ERROR_ARGUMENT, "username", "A username is needed; nothing was entered.");
}

static bool sign_in(cli *app, unsigned flags, kz_error **error)
{
    kz_client *client = session_client(app, error);
    kz_sign_in_way way = flags & DEVICE ? KZ_SIGN_IN_DEVICE : flags & WITH_TOKEN ? KZ_SIGN_IN_SECRET : KZ_SIGN_IN_ANY;
    const kz_sign_in how = person_at_terminal(app, way, !(flags & NO_BROWSER));
    return client && kz_client_sign_in(client, &how, error);
}

/* ---- the profile ---- */

static bool is_listed(const kz_provider_setting *settings, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(settings[i].name, name))
            return true;
    return false;
}

/* Settings of another provider, of an earlier sign-in, would be refused. */
static bool drop_others(
    kz_config_profiles *profiles, const char *name, const kz_provider_setting *settings, size_t n, kz_error **error)
{
    kz_json profile = kz_json_member(kz_json_member(kz_config_profiles_json(profiles), "profiles"), name);
    json_object *tree = kz_json_tree(profile, error);
    if (!tree)
        return false;
    bool fine = true;
    json_object_object_foreach(tree, member, value)
    {
        (void)value;
        bool other = g_str_has_prefix(member, "auth_") && !is_listed(settings, n, member + strlen("auth_"));
        fine = fine && (!other || kz_config_profiles_set(profiles, name, member, NULL, error));
    }
    json_object_put(tree);
    return fine;
}

/* What the next command is to know. */
static bool keep_settings(cli *app, kz_config_profiles *profiles, const char *name, kz_error **error)
{
    static const char *const kept[] = { "base_url", "auth", "username", "credential_command", "token_store", "token_path",
        "ca_file", "client_cert", "client_key", "verify_tls", "allow_plain_http", NULL };
    size_t n;
    const kz_provider_setting *settings = kz_client_provider_settings(app->client, &n, error);
    bool fine = !*error && kz_config_profiles_set(profiles, name, NULL, NULL, error) &&
        drop_others(profiles, name, settings, n, error);
    for (size_t i = 0; fine && kept[i]; i++)
        if (given(app->client, kept[i]))
            fine = kz_config_profiles_set(profiles, name, kept[i], given(app->client, kept[i]), error);
    for (size_t i = 0; fine && i < n; i++) {
        g_autofree char *full = g_strconcat("auth_", settings[i].name, NULL);
        const char *value = settings[i].secret ? NULL : given(app->client, full);
        if (value && strcmp(value, "***") != 0)
            fine = kz_config_profiles_set(profiles, name, full, value, error);
    }
    return fine;
}

static bool save(cli *app, const char *name, kz_error **error)
{
    kz_config_profiles *profiles = kz_config_profiles_read(error);
    bool fine = profiles && keep_settings(app, profiles, name, error);
    /* The first profile is the one that counts, whatever it is called. */
    if (fine && !profiles_has(profiles, kz_config_profiles_chosen(profiles)))
        fine = kz_config_profiles_choose(profiles, name, error);
    fine = fine && kz_config_profiles_save(profiles, error);
    kz_config_profiles_free(profiles);
    return fine;
}

static bool tell(cli *app, const char *profile, kz_error **error)
{
    kz_credential *credential = kz_client_credential(app->client, error);
    if (!credential)
        return false;
    g_autofree char *user = credential->user ? text_shown(credential->user) : NULL;
    if (app->json) {
        json_object *tree = whoami_tree(app, credential);
        json_object_object_add(tree, "profile", json_object_new_string(profile));
        kz_free(credential);
        return answer_write_tree(app, tree, error);
    }
    if (!app->quiet)
        fprintf(stderr, "Signed in%s%s to %s (%s, profile \"%s\").\n", user ? " as " : "", user ? user : "",
            kz_client_setting(app->client, "base_url", NULL), credential->provider, profile);
    kz_free(credential);
    return true;
}

int login_run(cli *app, words *line, kz_error **error)
{
    unsigned flags = 0;
    const char *user = NULL;
    if (options_take(line, "user", &user, error) < 0)
        return CLI_FAILED;
    g_auto(GStrv) plain = options_read_all(app, line, "login", 0, login_flags, &flags, error);
    if (!plain)
        return CLI_FAILED;
    if (app->help) {
        g_autofree char *text = help_command(commands_find("login"));
        return output_text(app, text, error) ? CLI_OK : CLI_FAILED;
    }
    kz_config_profiles *profiles = kz_config_profiles_read(error);
    if (!profiles)
        return CLI_FAILED;
    g_autofree char *profile = g_strdup(profiles_current(app, profiles));
    kz_config_profiles_free(profiles);
    bool fine = kz_config_set_profile_optional(app->config, true, error) && choose_way(app, flags, error) &&
        choose_user(app, user, error) && sign_in(app, flags, error) && save(app, profile, error);
    return fine && tell(app, profile, error) ? CLI_OK : CLI_FAILED;
}

/* A credential that is a setting is beyond signing out. */
static const char *remaining(kz_client *client)
{
    const char *way = given(client, "auth");
    if (given(client, "token") && (!way || !strcmp(way, "bearer")))
        return "token";
    return given(client, "api_key") && (!way || !strcmp(way, "api-key")) ? "api_key" : NULL;
}

int logout_run(cli *app, words *line, kz_error **error)
{
    g_auto(GStrv) plain = options_read_all(app, line, "logout", 0, NULL, NULL, error);
    if (!plain)
        return CLI_FAILED;
    if (app->help) {
        g_autofree char *text = help_command(commands_find("logout"));
        return output_text(app, text, error) ? CLI_OK : CLI_FAILED;
    }
    kz_client *client = session_client(app, error);
    if (!client || !kz_client_sign_out(client, error))
        return CLI_FAILED;
    const char *name = remaining(client), *source = NULL;
    if (name)
        kz_client_setting(client, name, &source);
    if (name && !app->quiet)
        fprintf(stderr, "The %s of %s still counts; take it away there.\n", name, source);
    else if (!app->quiet)
        fprintf(stderr, "Signed out of %s.\n", kz_client_setting(client, "base_url", NULL));
    return CLI_OK;
}
