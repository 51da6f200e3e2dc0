/* test-sign-in.c: signing in by a password, a command, and a token that a person types; what the token store keeps, and where. */
#include "core.h"
#include "stage.h"

#include <glib/gstdio.h>
#include <kamiwaza/auth.h>
#include <kamiwaza/cluster.h>
#include <string.h>

/* ---- scenes ---- */

static kz_config *config_of(Scene *s, const char *where, const char *path)
{
    g_autofree char *url = scene_url(where, path);
    return scene_config(s, url);
}

static void keep_tokens(Scene *s, kz_config *config)
{
    g_autofree char *tokens = stage_path("tokens.json");
    kz_config_set(config, "token_store", "file", &s->error);
    kz_config_set(config, "token_path", tokens, &s->error);
}

static kz_config *password_config(Scene *s, const char *where, const char *path)
{
    kz_config *config = config_of(s, where, path);
    kz_config_set(config, "username", "ada", &s->error);
    scene_secret(s, config, "password", "", PASSWORD, "");
    return config;
}

/* Asks who it is, `with` one more header. */
static void ask(Scene *s, kz_client *client, const kz_string_entry *with)
{
    const kz_call_options options = { .headers = with, .n_headers = with != NULL };
    kz_auth *auth = kz_client_auth(client, &s->error), *handle = kz_with_options(auth, &options, &s->error);
    void *result = kz_auth_get_current_user(handle, NULL, &s->error);
    seen_result(&s->seen, result);
    kz_free(result);
    kz_service_free(handle);
}

/* The platform refuses a token that is good, once: it is renewed by the refresh token. */
static void test_password(void)
{
    static const kz_string_entry refused = { "X-Emulator-Fault", "status=401,count=1" };
    Scene s;
    scene_begin(&s);
    kz_config *config = password_config(&s, STAGE_RELAY, "/api");
    keep_tokens(&s, config);
    kz_client *client = scene_client(&s, config);
    ask(&s, client, NULL);
    ask(&s, client, &refused);
    kz_free(kz_client_credential(client, &s.error));
    scene_holds(PASSWORD);
    kz_client_free(client);
    config = password_config(&s, STAGE_RELAY, "/api");
    keep_tokens(&s, config);
    client = scene_client(&s, config); /* goes on with what is kept */
    ask(&s, client, NULL);
    kz_client_free(client);
    scene_end(&s);
    g_assert_cmpuint(secrets_known("refresh_token"), >, 0);
    g_assert_cmpuint(secrets_known("access_token"), >, 1);
    g_assert_cmpuint(secrets_known("Cookie"), >, 0);
}

static bool type_in(void *user, const char *what, bool secret, char *answer, size_t size, kz_error **error)
{
    (void)error;
    g_assert_cmpuint(size, >=, SECRET_SIZE);
    if (secret)
        secret_plain(GPOINTER_TO_UINT(user), answer);
    else
        g_strlcpy(answer, "ada", size);
    g_assert_cmpint(secret, ==, strcmp(what, "username") != 0);
    return true;
}

static void sign_in(Scene *s, kz_client *client, Secret typed)
{
    const kz_sign_in person = { .size = sizeof person, .ask = type_in, .user = GUINT_TO_POINTER(typed) };
    kz_client_sign_in(client, &person, &s->error);
}

static void test_typed(void)
{
    Scene s;
    scene_begin(&s);
    kz_config *config = config_of(&s, STAGE_RELAY, "/api");
    kz_config_set(config, "auth", "password", &s.error);
    keep_tokens(&s, config);
    kz_client *client = scene_client(&s, config);
    sign_in(&s, client, PASSWORD);
    ask(&s, client, NULL);
    scene_good(&s);
    sign_in(&s, client, TYPED_TOKEN); /* the password is another */
    g_assert_nonnull(s.error);
    scene_error(&s);
    g_assert_true(kz_client_sign_out(client, &s.error));
    kz_client_free(client);
    config = config_of(&s, STAGE_PARROT, "");
    kz_config_set(config, "auth", "bearer", &s.error);
    keep_tokens(&s, config);
    client = scene_client(&s, config);
    sign_in(&s, client, TYPED_TOKEN);
    scene_good(&s);
    ask(&s, client, NULL);
    scene_error(&s);
    scene_holds(TYPED_TOKEN);
    kz_client_free(client);
    scene_end(&s);
}

/* The parrot repeats the form in each of its errors, of a password that is set and of one that is typed. */
static void test_password_refused(void)
{
    enum { MOODS = 6 };
    Scene s;
    scene_begin(&s);
    for (int i = 0; i < 2 * MOODS; i++) {
        kz_config *config = i < MOODS ? password_config(&s, STAGE_PARROT, "") : config_of(&s, STAGE_PARROT, "");
        kz_config_set(config, "auth", "password", &s.error);
        kz_client *client = scene_client(&s, config);
        if (i < MOODS)
            ask(&s, client, NULL);
        else
            sign_in(&s, client, PASSWORD);
        g_assert_nonnull(s.error);
        scene_error(&s);
        kz_client_free(client);
    }
    scene_end(&s);
}

static void run_command(Scene *s, const char *how, gboolean granted)
{
    g_autofree char *script = stage_path("give-token"), *line = g_strdup_printf("%s %s", script, how);
    kz_config *config = config_of(s, STAGE_PARROT, "");
    kz_config_set(config, "credential_command", line, &s->error);
    kz_client *client = scene_client(s, config);
    kz_credential *credential = kz_client_credential(client, &s->error);
    g_assert_cmpint(credential != NULL, ==, granted);
    kz_free(credential);
    for (int i = 0; i < 6; i++) {
        kz_json_value *name = kz_cluster_get_hostname(kz_client_cluster(client, &s->error), NULL, &s->error);
        kz_free(name);
        scene_error(s);
    }
    kz_client_free(client);
}

static void test_command(void)
{
    g_autofree char *spied = stage_path("spied");
    Scene s;
    scene_begin(&s);
    run_command(&s, "text", TRUE);
    run_command(&s, "json", TRUE);
    run_command(&s, "words", FALSE);
    run_command(&s, "broken", FALSE);
    run_command(&s, "number", FALSE);
    run_command(&s, "fail", FALSE);
    seen_file(&s.seen, spied); /* the command lines while it ran */
    g_assert_nonnull(strstr(s.seen.text->str, "give-token"));
    scene_end(&s);
}

/* ---- stages ---- */

/* Prints the token, well or badly, and says it on standard error too. */
static void write_command(void)
{
    char plain[SECRET_SIZE];
    g_autofree char *path = stage_path("give-token"), *spied = stage_path("spied");
    secret_plain(COMMAND_TOKEN, plain);
    g_autofree char *text = g_strdup_printf("#!/bin/sh\n"
                                            "cat /proc/$$/cmdline /proc/$PPID/cmdline >>%s\n"
                                            "echo 'about to say %s' >&2\n"
                                            "case $1 in\n"
                                            "text) echo '%s' ;;\n"
                                            "json) echo '{\"access_token\": \"%s\", \"expires_in\": 600}' ;;\n"
                                            "words) echo 'the token is %s' ;;\n"
                                            "broken) echo '{\"access_token\": \"%s\", oh}' ;;\n"
                                            "number) echo '{\"token\": \"%s\", \"expires_at\": \"%s\"}' ;;\n"
                                            "fail) echo '%s'; exit 3 ;;\n"
                                            "esac\n",
        spied, plain, plain, plain, plain, plain, plain, plain, plain);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(g_chmod(path, 0700), ==, 0);
}

/* The parrot was sent it, so that there was something to repeat. */
static gboolean arrived(Stage *stage, Secret which)
{
    gboolean found = FALSE;
    for (guint i = 0; i < wire_count(stage->parrot); i++) {
        const char *request = wire_request(stage->parrot, i);
        found |= secret_is_in(which, request, strlen(request));
    }
    return found;
}

/* Of all files in the folder only that of the tokens holds any. */
static void look_at_files(Stage *stage, gboolean kept)
{
    g_autofree char *tokens = stage_path("tokens.json"), *noted = stage_path("noted"), *text = NULL;
    SecretHit hit;
    gsize length = 0;
    secrets_learn_noted(noted);
    g_assert_cmpint(g_file_get_contents(tokens, &text, &length, NULL), ==, kept);
    g_assert_cmpint(kept && secrets_next(text, length, 0, &hit), ==, kept);
    GDir *folder = g_dir_open(g_getenv(STAGE_FOLDER), 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder));) {
        g_autofree char *path = stage_path(name);
        if (strcmp(name, "tokens.json") != 0 && strcmp(name, "give-token") != 0)
            seen_file(&stage->seen, path);
    }
    g_dir_close(folder);
}

typedef struct Play {
    const char *name, *scene;
    void (*run)(void);
    int arrives; /* what the parrot must have seen, or -1 */
    gboolean keeps;
} Play;

static const Play plays[] = {
    { "/secrets/a-password", "/secrets/password/subprocess", test_password, -1, TRUE },
    { "/secrets/what-a-person-types", "/secrets/typed/subprocess", test_typed, TYPED_TOKEN, TRUE },
    { "/secrets/a-password-that-is-refused", "/secrets/refused/subprocess", test_password_refused, PASSWORD, FALSE },
    { "/secrets/a-command-that-prints-a-token", "/secrets/command/subprocess", test_command, COMMAND_TOKEN, FALSE },
};

static void test_play(gconstpointer data)
{
    const Play *play = data;
    Stage stage;
    stage_begin(&stage);
    write_command();
    stage_play(&stage, play->scene);
    g_assert_true(play->arrives < 0 || arrived(&stage, (Secret)play->arrives));
    look_at_files(&stage, play->keeps);
    stage_end(&stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(plays); i++) {
        g_test_add_func(plays[i].scene, plays[i].run);
        g_test_add_data_func(plays[i].name, &plays[i], test_play);
    }
    return g_test_run();
}
