/* test-command.c: the command at its loudest: signing in and out, calls, conversations, and servers that repeat what they were sent. What it
 * prints, what it keeps beside the tokens, and its arguments hold no secret; `kamiwaza token` prints one because that is what it is for. */
#include "../cli/runner.h"
#include "stage.h"

#include <string.h>

/* ---- what the command is told ---- */

static void set_secret(const char *variable, Secret which)
{
    char plain[SECRET_SIZE];
    secret_plain(which, plain);
    runner_set(variable, plain);
}

static void set_url(const char *url, const char *path)
{
    g_autofree char *whole = g_strconcat(url, path, NULL), *openai = g_strconcat(url, "/v1", NULL);
    runner_set("KAMIWAZA_BASE_URL", whole);
    runner_set("KAMIWAZA_OPENAI_BASE_URL", openai);
}

/* A line of standard input. */
static char *line_of(Secret which)
{
    char plain[SECRET_SIZE];
    secret_plain(which, plain);
    return g_strconcat(plain, "\n", NULL);
}

/* ---- what it says ---- */

static guint said;

static void see(Stage *stage, outcome it)
{
    seen_text(&stage->seen, "output", it.out, (gssize)it.out_length);
    seen_text(&stage->seen, "errors", it.err, -1);
    said += strlen(it.err) > 0;
    outcome_clear(&it);
}

static void see_good(Stage *stage, outcome it)
{
    assert_status(&it, 0);
    see(stage, it);
}

static void begin(Stage *stage)
{
    stage_begin(stage);
    runner_set("XDG_STATE_HOME", runner_home());
    runner_set("KAMIWAZA_LOG", "trace");
    runner_set("KAMIWAZA_API_KEY", NULL);
    set_url(wire_url(stage->relay.server), "/api");
    said = 0;
}

static void end(Stage *stage)
{
    g_autofree char *profiles = runner_text("config.json");
    seen_text(&stage->seen, "profiles", profiles, -1);
    g_assert_cmpuint(said, >, 3);
    stage_end(stage);
}

/* ---- tests ---- */

static void ask_all(Stage *stage)
{
    see(stage, run("models", "list", NULL));
    see(stage, run("call", "models.list", "{\"load_files\": true}", NULL));
    see(stage, run("call", "auth.get_current_user", NULL));
    see(stage, run("whoami", NULL));
    see(stage, run("config", NULL));
    see(stage, run("config", "--json", NULL));
    see(stage, run("profiles", "show", NULL));
    see(stage, run_with_input("Hello", "chat", "--model", "tiny", NULL));
}

/* A proxy of the environment, which repeats what it is sent. */
static void ask_proxy(Stage *stage)
{
    char plain[SECRET_SIZE];
    secret_plain(PROXY_PASSWORD, plain);
    g_autofree char *escaped = g_uri_escape_string(plain, NULL, FALSE);
    g_autofree char *proxy = g_strdup_printf("http://ada:%s@%s", escaped, wire_url(stage->parrot) + strlen("http://"));
    runner_set("http_proxy", proxy);
    runner_set("KAMIWAZA_ALLOW_PLAIN_HTTP", "true");
    set_url("http://platform.example", "/api");
    for (int i = 0; i < 6; i++)
        see(stage, run("models", "list", NULL));
    runner_set("http_proxy", NULL);
    runner_set("KAMIWAZA_ALLOW_PLAIN_HTTP", NULL);
    const char *last = wire_request(stage->parrot, wire_count(stage->parrot) - 1);
    g_assert_true(secret_is_in(PROXY_PASSWORD, last, strlen(last)));
}

static void test_environment(void)
{
    Stage stage;
    begin(&stage);
    set_secret("KAMIWAZA_API_KEY", API_KEY);
    set_secret("KAMIWAZA_HUB_TOKEN", HUB_TOKEN);
    set_secret("KAMIWAZA_CLIENT_KEY_PASSWORD", KEY_PASSWORD);
    see_good(&stage, run("models", "list", NULL));
    ask_all(&stage);
    set_url(wire_url(stage.parrot), "");
    for (int i = 0; i < 6; i++)
        ask_all(&stage);
    ask_proxy(&stage);
    runner_set("KAMIWAZA_API_KEY", NULL);
    runner_set("KAMIWAZA_HUB_TOKEN", NULL);
    runner_set("KAMIWAZA_CLIENT_KEY_PASSWORD", NULL);
    end(&stage);
}

static void test_login(void)
{
    Stage stage;
    begin(&stage);
    g_autofree char *password = line_of(PASSWORD), *wrong = line_of(TYPED_TOKEN);
    see_good(&stage, run_with_input(password, "login", "--user", "ada", NULL));
    ask_all(&stage);
    outcome token = run("token", NULL);
    assert_status(&token, 0);
    g_autofree char *noted = stage_path("noted");
    SecretHit hit;
    secrets_learn_noted(noted);
    g_assert_true(secrets_next(token.out, token.out_length, 0, &hit)); /* the relay has seen it being given out */
    seen_text(&stage.seen, "errors", token.err, -1);
    outcome_clear(&token);
    see_good(&stage, run("logout", NULL));
    see(&stage, run_with_input(wrong, "login", "--user", "ada", NULL));
    set_url(wire_url(stage.parrot), "");
    see(&stage, run_with_input(password, "login", "--user", "ada", NULL));
    see_good(&stage, run_with_input(wrong, "login", "--with-token", NULL));
    ask_all(&stage);
    see(&stage, run("logout", NULL));
    end(&stage);
}

static void test_client(void)
{
    Stage stage;
    begin(&stage);
    g_autofree char *issuer = g_strndup(stage.url, strlen(stage.url) - strlen("/api"));
    g_autofree char *realm = g_strconcat(issuer, "/realms/kamiwaza", NULL),
                    *token = g_strconcat(wire_url(stage.relay.server), "/realms/kamiwaza/token", NULL);
    runner_set("KAMIWAZA_AUTH", "oauth");
    runner_set("KAMIWAZA_AUTH_ISSUER", realm);
    runner_set("KAMIWAZA_AUTH_TOKEN_ENDPOINT", token);
    runner_set("KAMIWAZA_AUTH_CLIENT_ID", "robot");
    set_secret("KAMIWAZA_AUTH_CLIENT_SECRET", CLIENT_SECRET);
    see_good(&stage, run("models", "list", NULL));
    ask_all(&stage);
    runner_set("KAMIWAZA_AUTH_TOKEN_ENDPOINT", wire_url(stage.parrot));
    see(&stage, run("login", NULL));
    end(&stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secrets/command/of-the-environment", test_environment);
    g_test_add_func("/secrets/command/signing-in-and-out", test_login);
    g_test_add_func("/secrets/command/as-a-program-by-oauth", test_client);
    return runner_main();
}
