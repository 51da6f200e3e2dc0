/* test-login.c: signing in and out with the command: what it asks, what it keeps, what it shows, and that nothing secret is among that. */
#include "../wire/server.h"
#include "runner.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANSWER(status, length, body) \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n" body
#define TOKEN ANSWER("200 OK", "80", "{\"access_token\": \"hush-token\", \"refresh_token\": \"hush-fresh\", \"expires_in\": 600}")
static const WireAnswer good[] = {
    { TOKEN, -1, 0, "POST /api/auth/token" },
    { ANSWER("200 OK", "2", "{}"), -1, 0, "POST /api/auth/logout" },
    { ANSWER("200 OK", "31", "{\"username\": \"ada\", \"sub\": \"7\"}"), -1, 0, "GET /api/auth/users/me" },
    { ANSWER("200 OK", "2", "[]"), -1, 0, "GET /api/things" },
};
static const WireAnswer bad[] = { { ANSWER("401 Unauthorized", "28", "{\"detail\": \"Wrong password\"}"), -1, 0, NULL } };

static void write_profiles(const char *text)
{
    g_autofree char *path = runner_path("config.json"), *folder = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    if (text)
        g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
    else
        g_remove(path);
}

/* Nothing is signed in, there is no profile. */
static char *begin(const WireServer *platform)
{
    g_autofree char *tokens = runner_path("tokens.json");
    runner_set("XDG_STATE_HOME", runner_home());
    runner_set("KAMIWAZA_API_KEY", NULL);
    write_profiles(NULL);
    g_remove(tokens);
    return platform ? g_strconcat(wire_url(platform), "/api", NULL) : NULL;
}

static int mode_of(const char *name)
{
    g_autofree char *path = runner_path(name);
    struct stat facts;
    return stat(path, &facts) ? -1 : (int)(facts.st_mode & 0777);
}

static void assert_no_secret(const outcome *it)
{
    assert_lacks(it->out, "hush");
    assert_lacks(it->err, "hush");
}

/* The number of requests that begin so. */
static guint count_of(WireServer *platform, const char *start)
{
    guint n = 0;
    for (guint i = 0; i < wire_count(platform); i++)
        n += g_str_has_prefix(wire_request(platform, i), start);
    return n;
}

static void test_password(void)
{
    WireServer *platform = wire_start(good, G_N_ELEMENTS(good));
    g_autofree char *url = begin(platform);
    g_auto(outcome) login = run_with_input("hush-word\n", "login", "--base-url", url, "--user", "ada", NULL);
    assert_status(&login, 0);
    assert_no_secret(&login);
    assert_holds(login.err, "Signed in as ada to http://127.0.0.1");
    assert_holds(login.err, "(password, profile \"default\")");
    assert_holds(wire_request(platform, 0), "username=ada&password=hush-word&");
    /* What is kept, and where. */
    g_autofree char *profiles = runner_text("config.json"), *tokens = runner_text("tokens.json");
    assert_lacks(profiles, "hush");
    assert_holds(profiles, "\"username\": \"ada\"");
    assert_holds(profiles, "\"auth\": \"password\"");
    assert_holds(profiles, url);
    assert_holds(tokens, "hush-token");
    assert_lacks(tokens, "hush-word");
    g_assert_cmpint(mode_of("config.json"), ==, 0600);
    g_assert_cmpint(mode_of("tokens.json"), ==, 0600);
    /* The next command needs nothing. */
    g_auto(outcome) list = run("probe", "list", NULL);
    assert_status(&list, 0);
    assert_holds(wire_request(platform, 1), "\r\nAuthorization: Bearer hush-token\r\n");
    g_auto(outcome) who = run("whoami", NULL);
    assert_status(&who, 0);
    assert_no_secret(&who);
    assert_holds(
        who.out, "\"user\":\"ada\",\"provider\":\"password\",\"source\":\"token store\",\"token\":\"***\",\"expires_at\":\"20");
    assert_holds(who.out, "\"platform\":{\"username\":\"ada\",\"sub\":\"7\"");
    g_auto(outcome) token = run("token", NULL);
    assert_status(&token, 0);
    g_assert_cmpstr(token.out, ==, "hush-token\n");
    g_auto(outcome) json = run("token", "--json", NULL);
    assert_holds(json.out, "{\"token\":\"hush-token\",\"expires_at\":\"20");
    g_assert_cmpuint(count_of(platform, "POST /api/auth/token"), ==, 1);
    /* And out. */
    g_auto(outcome) logout = run("logout", NULL);
    assert_status(&logout, 0);
    assert_holds(logout.err, "Signed out of http://127.0.0.1");
    assert_holds(wire_request(platform, wire_count(platform) - 1), "POST /api/auth/logout");
    g_autofree char *after = runner_text("tokens.json");
    assert_lacks(after, "hush");
    g_auto(outcome) nobody = run("whoami", NULL);
    assert_status(&nobody, 5);
    assert_holds(nobody.err, "ada is not signed in; run: kamiwaza login");
    g_auto(outcome) again = run("logout", NULL);
    assert_status(&again, 0);
    wire_stop(platform);
}

static void test_asked_on_standard_input(void)
{
    WireServer *platform = wire_start(good, G_N_ELEMENTS(good));
    g_autofree char *url = begin(platform);
    g_auto(outcome) login = run_with_input("grace\r\nhush word \r\nrest", "login", "--base-url", url, "--json", NULL);
    assert_status(&login, 0);
    assert_no_secret(&login);
    assert_holds(login.out, "\"user\":\"grace\"");
    assert_holds(login.out, "\"profile\":\"default\"");
    assert_holds(wire_request(platform, 0), "username=grace&password=hush%20word%20&");
    g_auto(outcome) empty = run_with_input("", "login", "--base-url", url, NULL);
    assert_status(&empty, 2);
    assert_holds(empty.err, "ended before a password was entered");
    runner_set("KAMIWAZA_PASSWORD", "hush-of-the-environment");
    g_auto(outcome) given = run("login", "--base-url", url, "--user", "ada", NULL);
    runner_set("KAMIWAZA_PASSWORD", NULL);
    assert_status(&given, 0);
    assert_holds(wire_request(platform, wire_count(platform) - 1), "password=hush-of-the-environment&");
    g_autofree char *profiles = runner_text("config.json");
    assert_lacks(profiles, "hush");
    wire_stop(platform);
}

static void test_asked_at_a_terminal(void)
{
    WireServer *platform = wire_start(good, G_N_ELEMENTS(good));
    g_autofree char *url = begin(platform);
    static const turn talk[] = { { "Username: ", "ada\n" }, { "Password: ", "hush-word\n" }, { NULL } };
    gboolean shows = FALSE;
    g_auto(outcome) login = run_in_talk(talk, &shows, "login", "--base-url", url, NULL);
    assert_status(&login, 0);
    assert_no_secret(&login);
    assert_holds(login.out, "Signed in as ada");
    g_assert_true(shows);
    assert_holds(wire_request(platform, 0), "username=ada&password=hush-word&");
    /* Stopped while the password is entered: the terminal shows again what is typed. */
    static const turn given_up[] = { { "Password: ", "hush\003" }, { NULL } };
    shows = FALSE;
    g_auto(outcome) interrupted = run_in_talk(given_up, &shows, "login", "--base-url", url, "--user", "ada", NULL);
    assert_status(&interrupted, 130);
    assert_no_secret(&interrupted);
    g_assert_true(shows);
    g_assert_cmpuint(wire_count(platform), ==, 1);
    wire_stop(platform);
}

static void test_wrong_password_changes_nothing(void)
{
    WireServer *platform = wire_start(good, G_N_ELEMENTS(good));
    g_autofree char *url = begin(platform);
    g_auto(outcome) login = run_with_input("hush-word\n", "login", "--base-url", url, "--user", "ada", NULL);
    assert_status(&login, 0);
    g_autofree char *profiles = runner_text("config.json"), *tokens = runner_text("tokens.json");
    WireServer *other = wire_start(bad, G_N_ELEMENTS(bad));
    g_auto(outcome) refused = run_with_input("hush-word\n", "login", "--base-url", wire_url(other), "--user", "ada", NULL);
    assert_status(&refused, 5);
    assert_no_secret(&refused);
    assert_holds(refused.err, "Signing in as ada: The server answered 401: Wrong password.");
    g_autofree char *profiles_now = runner_text("config.json"), *tokens_now = runner_text("tokens.json");
    g_assert_cmpstr(profiles_now, ==, profiles);
    g_assert_cmpstr(tokens_now, ==, tokens);
    wire_stop(other);
    g_auto(outcome) away = run_with_input("hush-word\n", "login", "--base-url", "http://127.0.0.1:1", "--user", "ada", NULL);
    assert_status(&away, 4);
    assert_no_secret(&away);
    wire_stop(platform);
}

static void test_token_from_standard_input(void)
{
    WireServer *platform = wire_start(good, G_N_ELEMENTS(good));
    g_autofree char *url = begin(platform);
    g_auto(outcome) login = run_with_input("hush-given\n", "login", "--with-token", "--base-url", url, NULL);
    assert_status(&login, 0);
    assert_no_secret(&login);
    g_autofree char *profiles = runner_text("config.json");
    assert_lacks(profiles, "hush");
    assert_holds(profiles, "\"auth\": \"bearer\"");
    g_auto(outcome) list = run("probe", "list", NULL);
    assert_status(&list, 0);
    assert_holds(wire_request(platform, 0), "\r\nAuthorization: Bearer hush-given\r\n");
    g_auto(outcome) token = run("token", NULL);
    g_assert_cmpstr(token.out, ==, "hush-given\n");
    g_auto(outcome) broken = run_with_input("hush given\n", "login", "--with-token", "--base-url", url, NULL);
    assert_status(&broken, 5);
    assert_no_secret(&broken);
    g_auto(outcome) kept = run("token", NULL); /* the good one is still there */
    g_assert_cmpstr(kept.out, ==, "hush-given\n");
    g_auto(outcome) logout = run("logout", NULL);
    assert_status(&logout, 0);
    g_auto(outcome) nobody = run("token", NULL);
    assert_status(&nobody, 3);
    wire_stop(platform);
}

static void test_profiles(void)
{
    WireServer *platform = wire_start(good, G_N_ELEMENTS(good)), *other = wire_start(bad, G_N_ELEMENTS(bad));
    g_autofree char *url = begin(platform);
    static const char before[] = "{\n  \"profiles\": {\n    \"home\":   {\"timeout\": 7.50, \"headers\": [\"X-A: hush\"]},\n"
                                 "    \"work\": {\"api_key\": \"hush-key\", \"base_url\": \"https://work/api\"}\n  }\n}\n";
    write_profiles(before);
    /* A profile that is signed in to for the first time is made; one whose sign-in fails is not. */
    g_auto(outcome)
        failed = run_with_input("hush\n", "--profile", "new", "login", "--base-url", wire_url(other), "--user", "ada", NULL);
    assert_status(&failed, 5);
    g_auto(outcome) none = run("--profile", "new", "config", NULL);
    assert_status(&none, 3);
    assert_holds(none.err, "no profile \"new\"");
    g_auto(outcome) login = run_with_input("hush\n", "--profile", "new", "login", "--base-url", url, "--user", "ada", NULL);
    assert_status(&login, 0);
    g_autofree char *text = runner_text("config.json");
    assert_holds(text, "\"home\": {\"timeout\": 7.50, \"headers\": [\"X-A: hush\"]}"); /* as it was written */
    assert_holds(text, "\"work\": {\"api_key\": \"hush-key\", \"base_url\": \"https://work/api\"}");
    assert_holds(text, "\"profile\": \"new\""); /* the first that counts: there is no \"default\" */
    g_auto(outcome) list = run("profiles", NULL);
    assert_status(&list, 0);
    assert_no_secret(&list);
    assert_holds(
        list.out, "{\"name\":\"work\",\"current\":false,\"base_url\":\"https://work/api\",\"auth\":null,\"username\":null}\n");
    assert_holds(list.out, "{\"name\":\"new\",\"current\":true,");
    g_auto(outcome) show = run("profiles", "show", "work", NULL);
    g_assert_cmpstr(show.out, ==, "{\"api_key\":\"***\",\"base_url\":\"https://work/api\"}\n");
    g_auto(outcome) headers = run("profiles", "show", "home", NULL);
    assert_status(&headers, 0);
    assert_no_secret(&headers);
    g_auto(outcome) current = run("profiles", "show", NULL);
    assert_holds(current.out, "\"username\":\"ada\"");
    g_auto(outcome) use = run("profiles", "use", "work", NULL);
    assert_status(&use, 0);
    g_auto(outcome) base = run("config", "base_url", NULL);
    g_assert_cmpstr(base.out, ==, "https://work/api\n");
    g_auto(outcome) named = run("--profile", "new", "config", "base_url", NULL);
    assert_holds(named.out, url);
    g_auto(outcome) which = run("config", "profile", NULL);
    g_assert_cmpstr(which.out, ==, "work\n");
    g_auto(outcome) wrong = run("profiles", "use", "wrok", NULL);
    assert_status(&wrong, 2);
    assert_holds(wrong.err, "did you mean \"work\"?");
    g_auto(outcome) gone = run("profiles", "remove", "work", NULL);
    assert_status(&gone, 0);
    g_autofree char *after = runner_text("config.json");
    assert_lacks(after, "work");
    g_assert_cmpint(mode_of("config.json"), ==, 0600);
    g_auto(outcome) odd = run("profiles", "rename", "new", NULL);
    assert_status(&odd, 2);
    assert_holds(odd.err, "list, show, use or remove");
    wire_stop(platform);
    wire_stop(other);
}

/* A sign-in of another kind takes the settings of the one before out of the profile, which are none of its own. */
static void test_settings_of_another_provider(void)
{
    WireServer *platform = wire_start(good, G_N_ELEMENTS(good));
    g_autofree char *url = begin(platform);
    write_profiles("{\"profiles\": {\"default\": {\"auth\": \"oauth\", \"auth_issuer\": \"https://old\", \"timeout\": 9}}}");
    g_auto(outcome) login = run_with_input("hush\n", "login", "--base-url", url, "--user", "ada", "--set", "auth=password", NULL);
    assert_status(&login, 0);
    g_autofree char *text = runner_text("config.json");
    assert_holds(text, "\"auth\": \"password\"");
    assert_lacks(text, "auth_issuer");
    g_auto(outcome) wrong = run("whoami", "--set", "auth_issuer=https://new", NULL); /* the program's own are refused, by name */
    assert_status(&wrong, 3);
    assert_holds(wrong.err, "no setting auth_issuer");
    write_profiles("{\"profiles\": {\"default\": {\"auth\": \"password\", \"auth_cookie\": \"none\", \"timeout\": 9}}}");
    g_auto(outcome)
        again = run_with_input("hush\n", "login", "--base-url", url, "--user", "ada", "--set", "auth_scope=all", NULL);
    assert_status(&again, 0);
    assert_holds(wire_request(platform, 1), "&scope=all&");
    g_auto(outcome) config = run("config", NULL);
    assert_holds(config.out, "{\"name\":\"auth_scope\",\"value\":\"all\",\"source\":\"");
    assert_holds(config.out, "\"env\":\"KAMIWAZA_AUTH_SCOPE\"}");
    g_auto(outcome) one = run("config", "auth-cookie", NULL);
    g_assert_cmpstr(one.out, ==, "none\n");
    g_auto(outcome) timeout = run("config", "timeout", NULL);
    g_assert_cmpstr(timeout.out, ==, "9\n");
    wire_stop(platform);
}

static void test_file_of_profiles_is_guarded(void)
{
    WireServer *platform = wire_start(good, G_N_ELEMENTS(good));
    g_autofree char *url = begin(platform), *path = runner_path("config.json"), *folder = g_path_get_dirname(path);
    g_autofree char *real = runner_path("real.json");
    write_profiles("{}");
    g_assert_cmpint(g_rename(path, real), ==, 0);
    g_assert_cmpint(symlink(real, path), ==, 0); /* as tools for such files make it */
    g_auto(outcome) linked = run_with_input("hush\n", "login", "--base-url", url, "--user", "ada", NULL);
    assert_status(&linked, 0);
    g_assert_true(g_file_test(path, G_FILE_TEST_IS_SYMLINK));
    g_autofree char *text = runner_text("real.json");
    assert_holds(text, "\"username\": \"ada\"");
    g_remove(real);
    g_auto(outcome) dangling = run_with_input("hush\n", "login", "--base-url", url, "--user", "ada", NULL);
    assert_status(&dangling, 3);
    assert_holds(dangling.err, "is a link to a file that is not there");
    g_remove(path);
    g_assert_cmpint(g_chmod(folder, 0777), ==, 0);
    g_auto(outcome) open = run_with_input("hush\n", "login", "--base-url", url, "--user", "ada", NULL);
    g_assert_cmpint(g_chmod(folder, 0700), ==, 0);
    assert_status(&open, 3);
    assert_holds(open.err, "can be written by others");
    write_profiles("{\"profiles\": ");
    g_auto(outcome) damaged = run_with_input("hush\n", "login", "--base-url", url, "--user", "ada", NULL);
    assert_status(&damaged, 3);
    assert_holds(damaged.err, "is not JSON");
    g_autofree char *kept = runner_text("config.json");
    g_assert_cmpstr(kept, ==, "{\"profiles\": ");
    write_profiles(NULL);
    wire_stop(platform);
}

static void test_words_that_do_not_fit(void)
{
    g_autofree char *url = begin(NULL);
    g_auto(outcome) device = run("login", "--device", "--base-url", "http://127.0.0.1:1", NULL);
    assert_status(&device, 2);
    assert_holds(device.err, "auth_issuer=URL");
    g_auto(outcome) argument = run("login", "--set", "password=hush", NULL);
    assert_status(&argument, 2);
    assert_no_secret(&argument);
    assert_holds(argument.err, "KAMIWAZA_PASSWORD");
    g_auto(outcome) word = run("login", "ada", NULL);
    assert_status(&word, 2);
    g_auto(outcome) option = run("login", "--devise", NULL);
    assert_status(&option, 2);
    assert_holds(option.err, "did you mean --device?");
    g_auto(outcome) nobody = run("whoami", NULL);
    assert_status(&nobody, 5);
    assert_holds(nobody.err, "Nobody is signed in");
    static const char *const commands[] = { "login", "logout", "whoami", "token", "profiles" };
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_auto(outcome) help = run(commands[i], "--help", NULL);
        assert_status(&help, 0);
        assert_holds(help.out, "Usage: kamiwaza ");
        g_auto(outcome) complete = run("__complete", commands[i], NULL);
        g_assert_true(g_str_has_prefix(complete.out, commands[i]));
    }
    g_auto(outcome) flags = run("__complete", "login", "--w", NULL);
    assert_holds(flags.out, "--with-token\t");
    g_auto(outcome) verbs = run("__complete", "profiles", "", NULL);
    assert_holds(verbs.out, "remove\t");
    (void)url;
}

static void test_credentials_of_other_kinds(void)
{
    WireServer *platform = wire_start(good, G_N_ELEMENTS(good));
    g_autofree char *url = begin(platform), *program = g_build_filename(runner_home(), "print", NULL);
    g_assert_true(g_file_set_contents_full(program,
        "#!/bin/sh\ncat /proc/$PPID/cmdline /proc/$$/cmdline | tr '\\0' ' ' > seen\necho hush-$1\n", -1,
        G_FILE_SET_CONTENTS_CONSISTENT, 0700, NULL));
    g_autofree char *command = g_strconcat(program, " printed", NULL);
    runner_set("KAMIWAZA_BASE_URL", url);
    runner_set("KAMIWAZA_CREDENTIAL_COMMAND", command);
    runner_set("KAMIWAZA_PASSWORD", "hush-of-the-environment");
    g_auto(outcome) token = run("token", NULL);
    runner_set("KAMIWAZA_PASSWORD", NULL);
    g_assert_cmpstr(token.out, ==, "hush-printed\n");
    g_autofree char *seen = g_build_filename(runner_home(), "seen", NULL), *list = NULL; /* what the list of processes shows */
    g_assert_true(g_file_get_contents(seen, &list, NULL, NULL));
    assert_holds(list, " token ");
    assert_holds(list, " printed ");
    assert_lacks(list, "hush");
    g_auto(outcome) who = run("whoami", NULL);
    assert_status(&who, 0);
    assert_no_secret(&who);
    assert_holds(who.out, "\"provider\":\"command\",\"source\":\"provider\"");
    assert_holds(wire_request(platform, 0), "\r\nAuthorization: Bearer hush-printed\r\n");
    runner_set("KAMIWAZA_CREDENTIAL_COMMAND", NULL);
    runner_set("KAMIWAZA_API_KEY", "hush-key");
    g_auto(outcome) key = run("whoami", NULL);
    assert_status(&key, 0);
    assert_no_secret(&key);
    assert_holds(key.out, "\"provider\":\"api-key\",\"source\":\"KAMIWAZA_API_KEY\",\"token\":\"***\"");
    g_auto(outcome) printed = run("token", NULL);
    g_assert_cmpstr(printed.out, ==, "hush-key\n");
    g_auto(outcome) logout = run("logout", NULL);
    assert_status(&logout, 0);
    assert_holds(logout.err, "The api_key of KAMIWAZA_API_KEY still counts");
    /* Where the platform does not take it, what is known here is told with the failure. */
    WireServer *other = wire_start(bad, G_N_ELEMENTS(bad));
    runner_set("KAMIWAZA_BASE_URL", wire_url(other));
    g_auto(outcome) refused = run("whoami", NULL);
    assert_status(&refused, 5);
    assert_holds(refused.out, "\"source\":\"KAMIWAZA_API_KEY\"");
    assert_holds(refused.err, "Check the API key or token");
    runner_set("KAMIWAZA_API_KEY", NULL);
    runner_set("KAMIWAZA_BASE_URL", NULL);
    wire_stop(platform);
    wire_stop(other);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/login/by-password-and-out-again", test_password);
    g_test_add_func("/login/asks-on-standard-input", test_asked_on_standard_input);
    g_test_add_func("/login/asks-at-a-terminal-without-showing", test_asked_at_a_terminal);
    g_test_add_func("/login/a-wrong-password-changes-nothing", test_wrong_password_changes_nothing);
    g_test_add_func("/login/a-token-from-standard-input", test_token_from_standard_input);
    g_test_add_func("/login/profiles", test_profiles);
    g_test_add_func("/login/settings-of-the-provider", test_settings_of_another_provider);
    g_test_add_func("/login/the-file-of-profiles-is-guarded", test_file_of_profiles_is_guarded);
    g_test_add_func("/login/words-that-do-not-fit", test_words_that_do_not_fit);
    g_test_add_func("/login/whoami-tells-every-kind", test_credentials_of_other_kinds);
    return runner_main();
}
