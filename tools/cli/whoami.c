/* whoami.c: `kamiwaza whoami`: who the credential in force is for, by the platform's own word where its service is installed, and where
 * it comes from; `kamiwaza token`: the credential itself, for scripts. */
#include "cli.h"

#include <string.h>
#include <time.h>

static void add_text(json_object *tree, const char *name, const char *value)
{
    if (value)
        json_object_object_add(tree, name, json_object_new_string(value));
}

static void add_end(json_object *tree, const kz_credential *credential)
{
    char text[64];
    time_t end = (time_t)credential->expires_at.value;
    struct tm moment;
    if (credential->expires_at.state == KZ_SET && gmtime_r(&end, &moment) &&
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &moment))
        add_text(tree, "expires_at", text);
}

json_object *whoami_tree(const cli *app, const kz_credential *credential)
{
    json_object *tree = json_object_new_object();
    add_text(tree, "base_url", kz_client_setting(app->client, "base_url", NULL));
    add_text(tree, "profile", kz_client_setting(app->client, "profile", NULL));
    add_text(tree, "user", credential->user);
    add_text(tree, "provider", credential->provider);
    add_text(tree, "source", credential->source);
    add_text(tree, "token", credential->token ? "***" : NULL);
    add_end(tree, credential);
    if (credential->renewable.state == KZ_SET)
        json_object_object_add(tree, "renewable", json_object_new_boolean(credential->renewable.value != 0));
    return tree;
}

static kz_credential *credential_of(cli *app, kz_error **error)
{
    kz_client *client = session_client(app, error);
    kz_credential *credential = client ? kz_client_credential(client, error) : NULL;
    if (client && !credential)
        kz_error_set(error, KZ_ERROR_AUTHENTICATION, NULL,
            "Nobody is signed in to %s; run: kamiwaza login, or set KAMIWAZA_API_KEY.",
            kz_client_setting(client, "base_url", NULL));
    return credential;
}

/* What the platform says of the user; nothing where the service for that is not installed. */
static bool ask_platform(cli *app, json_object *tree, kz_error **error)
{
    kz_answer answer = { 0 };
    kz_error *failure = NULL;
    if (kz_call_by_name(app->client, "auth.get_current_user", (kz_json){ 0 }, &app->call, &answer, &failure)) {
        json_object *user = answer.result ? kz_json_tree(kz_json_of(answer.result), &failure) : NULL;
        if (user)
            json_object_object_add(tree, "platform", user);
        kz_free(answer.result);
    } else if (kz_error_is(failure, KZ_ERROR_PLUGIN_NOT_FOUND)) {
        kz_error_clear(&failure);
    }
    return !failure || kz_error_move(error, &failure);
}

static char **read_words(cli *app, words *line, const char *name, kz_error **error)
{
    g_auto(GStrv) plain = options_read_all(app, line, name, 0, NULL, NULL, error);
    if (!plain || !app->help)
        return g_steal_pointer(&plain);
    g_autofree char *text = help_command(commands_find(name));
    output_text(app, text, error);
    return g_steal_pointer(&plain);
}

int whoami_run(cli *app, words *line, kz_error **error)
{
    g_auto(GStrv) plain = read_words(app, line, "whoami", error);
    if (!plain || app->help)
        return plain && !*error ? CLI_OK : CLI_FAILED;
    kz_credential *credential = credential_of(app, error);
    if (!credential)
        return CLI_FAILED;
    json_object *tree = whoami_tree(app, credential);
    kz_free(credential);
    /* Where the platform does not say, what is known here is shown all the same: it tells why. */
    kz_error *failure = NULL;
    ask_platform(app, tree, &failure);
    bool fine = answer_write_tree(app, tree, error) && !failure;
    kz_error_move(error, &failure);
    return fine ? CLI_OK : CLI_FAILED;
}

int token_run(cli *app, words *line, kz_error **error)
{
    g_auto(GStrv) plain = read_words(app, line, "token", error);
    if (!plain || app->help)
        return plain && !*error ? CLI_OK : CLI_FAILED;
    kz_credential *credential = credential_of(app, error);
    if (!credential)
        return CLI_FAILED;
    bool fine = false;
    if (!credential->token) {
        kz_error_set(error, KZ_ERROR_STATE, NULL,
            "The way to sign in \"%s\" signs requests and has no token that could be printed.", credential->provider);
    } else if (app->json) {
        json_object *tree = json_object_new_object();
        add_text(tree, "token", credential->token);
        add_end(tree, credential);
        fine = answer_write_tree(app, tree, error);
    } else {
        g_autofree char *text = g_strconcat(credential->token, "\n", NULL);
        fine = output_text(app, text, error);
    }
    kz_free(credential);
    return fine ? CLI_OK : CLI_FAILED;
}
