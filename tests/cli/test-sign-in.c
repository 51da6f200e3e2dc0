/* test-sign-in.c: `kamiwaza login` by a browser and by another device, at a terminal where somebody sits: at the emulator's OpenID provider. What is picked, what is kept, how it fails, and that giving up leaves nothing behind. */
#include "../services/emulator.h"
#include "../wire/server.h"
#include "sign-in.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REALM "/realms/kamiwaza"
static char *url, *issuer; /* of the platform; "auth_issuer=..." */
#define OAUTH "--base-url", url, "--set", "auth=oauth", "--set", issuer, "--set", "auth_client_id=app"

/* ---- the other device ---- */

static gboolean open_page(const char *shown, const char *more)
{
    g_autofree char *code = part_of(shown, "The code is\\s+(\\S+)\\s");
    if (!code)
        return FALSE;
    g_autofree char *what = g_strdup_printf("GET " REALM "/device?user_code=%s%s", code, more);
    g_autofree char *page = emulator_ask(url, what, NULL, NULL);
    g_assert_true(g_str_has_prefix(page, "HTTP/1.1 200 "));
    return TRUE;
}

static gboolean approve(const char *shown)
{
    return open_page(shown, "");
}

static gboolean deny(const char *shown)
{
    return open_page(shown, "&deny=true");
}

static gboolean let_it_end(const char *shown)
{
    return open_page(shown, "&expire=true");
}

static const turn approving[] = { { "The code is", NULL, approve }, { NULL } };

/* ---- what is kept, and given back ---- */

static gboolean is_let_in(const char *token)
{
    g_autofree char *line = g_strdup_printf("Authorization: Bearer %s\r\n", token);
    g_autofree char *answer = emulator_ask(url, "GET " REALM "/userinfo", line, NULL);
    return g_str_has_prefix(answer, "HTTP/1.1 200 ");
}

static gboolean renews(const char *refresh)
{
    g_autofree char *form = g_strconcat("grant_type=refresh_token&client_id=app&refresh_token=", refresh, NULL);
    g_autofree char *answer = emulator_ask(
        url, "POST " REALM "/token", "Content-Type: application/x-www-form-urlencoded\r\n", form);
    return g_str_has_prefix(answer, "HTTP/1.1 200 ");
}

/* Signed in as the first user: the commands after this one know it, and show no secret; after signing out nothing is good any more. */
static void expect_signed_in(const outcome *login)
{
    assert_status(login, 0);
    assert_holds(login->out, "Signed in as admin to http://127.0.0.1");
    assert_holds(login->out, "(oauth, profile \"default\")");
    g_auto(outcome) token = run("token", NULL);
    assert_status(&token, 0);
    g_strchomp(token.out);
    g_autofree char *refresh = refresh_token(), *profiles = runner_text("config.json");
    g_auto(outcome) who = run("whoami", NULL);
    assert_status(&who, 0);
    assert_holds(who.out, "\"user\":\"admin\",\"provider\":\"oauth\",\"source\":\"token store\",\"token\":\"***\"");
    assert_holds(who.out, "\"platform\":{");
    assert_holds(profiles, "\"auth\": \"oauth\"");
    assert_holds(profiles, "\"auth_client_id\": \"app\"");
    const char *const texts[] = { login->out, who.out, who.err, token.err, profiles };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        assert_lacks(texts[i], token.out);
        assert_lacks(texts[i], refresh);
    }
    g_assert_true(is_let_in(token.out));
    g_auto(outcome) logout = run("logout", NULL);
    assert_status(&logout, 0);
    g_assert_false(is_let_in(token.out));
    g_assert_false(renews(refresh));
    g_autofree char *tokens = runner_text("tokens.json");
    assert_lacks(tokens, refresh);
    g_auto(outcome) nobody = run("whoami", NULL);
    assert_status(&nobody, 5);
    assert_holds(nobody.err, "Nobody is signed in at http://127.0.0.1");
}

/* ---- what is picked ---- */

static void test_browser(void)
{
    sign_in_begin();
    set_browser(NULL);
    gboolean shows = FALSE;
    g_auto(outcome) login = run_in_talk(silence, &shows, "login", OAUTH, NULL);
    g_autofree char *page = browsed();
    assert_holds(login.out, "Sign in in the browser that was opened");
    assert_holds(page, "a session of its own\n200\n");
    assert_holds(page, "You may close this window");
    g_assert_true(shows);
    expect_signed_in(&login);
}

static void test_browser_of_the_desktop(void)
{
    sign_in_begin();
    g_autofree char *folder = g_build_filename(runner_home(), "bin", NULL), *opener = g_build_filename(folder, "xdg-open", NULL);
    g_autofree char *path = g_strdup_printf("%s:%s", folder, g_getenv("PATH"));
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    g_assert_cmpint(symlink(g_getenv("KAMIWAZA_TEST_BROWSER"), opener), ==, 0);
    runner_set("PATH", path);
    runner_set("DISPLAY", ":7");
    gboolean shows = FALSE;
    g_auto(outcome) login = run_in_talk(silence, &shows, "login", OAUTH, NULL);
    g_autofree char *page = browsed();
    runner_set("PATH", g_getenv("PATH"));
    assert_holds(page, "You may close this window");
    expect_signed_in(&login);
}

static void test_device_where_there_is_no_display(void)
{
    sign_in_begin();
    gboolean shows = FALSE;
    g_auto(outcome) login = run_in_talk(approving, &shows, "login", OAUTH, NULL);
    assert_holds(login.out, "open this page on any device and enter the code");
    assert_holds(login.out, REALM "/device\r\n");
    assert_holds(login.out, "There are 10 minutes for it.");
    g_assert_true(shows);
    expect_signed_in(&login);
}

static void test_device_where_it_is_wanted(void)
{
    static const char *const flags[] = { "--device", "--no-browser" };
    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
        sign_in_begin();
        set_browser("look");
        gboolean shows = FALSE;
        g_auto(outcome) login = run_in_talk(approving, &shows, "login", flags[i], OAUTH, NULL);
        assert_lacks(login.out, "browser that was opened");
        expect_signed_in(&login);
    }
}

static gboolean follow(const char *shown)
{
    g_autofree char *address = part_of(shown, "\\s(http://\\S+/auth\\?\\S+)\\s"), *said = said_path();
    if (!address)
        return FALSE;
    char *argv[] = { (char *)(guintptr)g_getenv("KAMIWAZA_TEST_BROWSER"), address, NULL };
    g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "KZ_BROWSE_SAID", said, TRUE);
    g_assert_true(g_spawn_async(NULL, argv, environment, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL));
    return TRUE;
}

static void test_address_is_shown(void)
{
    static const turn following[] = { { "open this address in a browser on this machine", NULL, follow }, { NULL } };
    sign_in_begin();
    set_browser("look");
    gboolean shows = FALSE;
    g_auto(outcome)
        login = run_in_talk(following, &shows, "login", "--no-browser", OAUTH, "--set", "auth_grant=authorization_code", NULL);
    g_autofree char *page = browsed();
    assert_holds(page, "You may close this window");
    expect_signed_in(&login);
}

/* A platform by itself takes passwords, whatever browsers there are. */
static void test_password_where_there_is_nothing_else(void)
{
    static const turn talk[] = { { "Username: ", "ann\n" }, { "Password: ", "hush-word\n" }, { NULL } };
    sign_in_begin();
    set_browser("look");
    gboolean shows = FALSE;
    g_auto(outcome) login = run_in_talk(talk, &shows, "login", "--base-url", url, NULL);
    assert_status(&login, 0);
    assert_holds(login.out, "Signed in as ann to http://127.0.0.1");
    assert_holds(login.out, "(password, profile \"default\")");
    assert_lacks(login.out, "hush-word");
    g_assert_true(shows);
}

static void test_token_at_a_terminal(void)
{
    static const turn talk[] = { { "Token: ", "hush-token\n" }, { NULL } };
    sign_in_begin();
    set_browser("look");
    gboolean shows = FALSE;
    g_auto(outcome) login = run_in_talk(talk, &shows, "login", "--with-token", "--base-url", url, NULL);
    assert_status(&login, 0);
    assert_holds(login.out, "(bearer, profile \"default\")");
    assert_lacks(login.out, "hush");
    g_assert_true(shows);
    g_auto(outcome) token = run("token", NULL);
    g_assert_cmpstr(token.out, ==, "hush-token\n");
}

static void test_profiles_side_by_side(void)
{
    sign_in_begin();
    set_browser(NULL);
    gboolean shows = FALSE;
    g_auto(outcome) first = run_in_talk(silence, &shows, "--profile", "work", "login", OAUTH, NULL);
    g_free(browsed());
    assert_status(&first, 0);
    assert_holds(first.out, "(oauth, profile \"work\")");
    g_auto(outcome)
        second = run_with_input("hush-word\n", "--profile", "home", "login", "--base-url", url, "--user", "ann", NULL);
    assert_status(&second, 0);
    g_auto(outcome) work = run("--profile", "work", "whoami", NULL);
    assert_holds(work.out, "\"profile\":\"work\",\"user\":\"admin\",\"provider\":\"oauth\"");
    g_auto(outcome) home = run("--profile", "home", "whoami", NULL);
    assert_holds(home.out, "\"profile\":\"home\",\"user\":\"ann\",\"provider\":\"password\"");
    g_auto(outcome) logout = run("--profile", "work", "logout", NULL);
    assert_status(&logout, 0);
    g_auto(outcome) gone = run("--profile", "work", "whoami", NULL);
    assert_status(&gone, 5);
    g_auto(outcome) stays = run("--profile", "home", "whoami", NULL);
    assert_status(&stays, 0);
}

/* ---- giving up ---- */

static void expect_nothing_left(const outcome *login, int status, gboolean shows)
{
    assert_status(login, status);
    g_assert_true(shows);
    assert_lacks(login->out, "hush");
    static const char *const files[] = { "config.json", "tokens.json" };
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = runner_path(files[i]), *text = runner_text(files[i]);
        if (g_file_test(path, G_FILE_TEST_EXISTS))
            g_error("%s: %s", path, text);
    }
}

static void test_interrupted(void)
{
    static const struct {
        turn talk[2];
        const char *browser; /* NULL: none */
        const char *words[4];
    } cases[] = {
        { { { "Username: ", "a\003" } }, NULL, { NULL } },
        { { { "Password: ", "hush\003" } }, NULL, { "--user", "ann" } },
        { { { "Token: ", "hush\003" } }, NULL, { "--with-token" } },
        { { { "browser that was opened", "\003" } }, "look", { "--set", "auth=oauth", "--set", "auth_client_id=app" } },
        { { { "The code is", "\003" } }, NULL, { "--set", "auth=oauth", "--set", "auth_client_id=app" } },
    };
    for (gsize i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
        const char *const *words = cases[i / 2].words;
        gboolean shows = FALSE, oauth = words[2] != NULL;
        sign_in_begin();
        if (cases[i / 2].browser)
            set_browser(cases[i / 2].browser);
        g_auto(outcome) login = run_in_talk(cases[i / 2].talk, &shows, "--profile", i % 2 ? "new" : "default", "login",
            "--base-url", url, "--set", oauth ? issuer : "timeout=60", words[0], words[1], words[2], words[3], NULL);
        if (cases[i / 2].browser)
            g_free(browsed());
        expect_nothing_left(&login, 130, shows);
    }
}

/* ---- failing ---- */

static void expect_failure(const turn *talk, const char *browser, const char *step, const char *says, const char *page_says)
{
    sign_in_begin();
    if (browser)
        set_browser(browser);
    gboolean shows = FALSE;
    g_auto(outcome) login = run_in_talk(talk, &shows, "login", OAUTH, NULL);
    g_autofree char *page = browser ? browsed() : NULL;
    expect_nothing_left(&login, 5, shows);
    assert_holds(login.out, step);
    assert_holds(login.out, says);
    if (page)
        assert_holds(page, page_says);
}

static void test_device_is_refused(void)
{
    static const turn denying[] = { { "The code is", NULL, deny }, { NULL } };
    static const turn ending[] = { { "The code is", NULL, let_it_end }, { NULL } };
    expect_failure(denying, NULL, "Signing in by another device", "access_denied", NULL);
    expect_failure(ending, NULL, "Signing in by another device", "enter the code in time", NULL);
}

static void test_redirects_are_refused(void)
{
    expect_failure(silence, "forge", "Signing in by a browser", "its state is wrong", "answer to another sign-in");
    expect_failure(silence, "decline", "Signing in by a browser", "access_denied: Not today", "You may close this window");
    expect_failure(silence, "first", "Exchanging the code", "invalid_grant", "You may close this window");
}

static void test_no_provider(void)
{
    static const struct {
        const char *at, *says;
        int status;
    } cases[] = { { "x", "Discovering the provider", 5 }, { "?x", "auth_issuer", 3 } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        sign_in_begin();
        g_autofree char *other = g_strconcat(issuer, cases[i].at, NULL);
        gboolean shows = FALSE;
        g_auto(outcome) login = run_in_talk(silence, &shows, "login", OAUTH, "--set", other, NULL);
        expect_nothing_left(&login, cases[i].status, shows);
        assert_holds(login.out, cases[i].says);
    }
}

/* A provider that gives tokens once the browser has sent a second redirect. */
static char *wait_for_second(const char *request, void *user)
{
    const char *own = *(const char *const *)user, *body = "{\"access_token\": \"hush-1\", \"token_type\": \"Bearer\"}";
    g_autofree char *document = g_strdup_printf(
        "{\"issuer\": \"%s\", \"token_endpoint\": \"%s/token\", \"authorization_endpoint\": \"%s/auth\"}", own, own, own);
    if (g_str_has_prefix(request, "GET /.well-known/"))
        body = document;
    else
        g_free(browsed());
    return g_strdup_printf(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
}

static void test_second_redirect(void)
{
    const char *own = NULL;
    sign_in_begin();
    WireServer *provider = wire_start_function(wait_for_second, &own);
    own = wire_url(provider);
    set_browser("twice");
    g_autofree char *at = g_strconcat("auth_issuer=", own, NULL);
    gboolean shows = FALSE;
    g_auto(outcome) login = run_in_talk(
        silence, &shows, "login", "--base-url", url, "--set", "auth=oauth", "--set", at, "--set", "auth_client_id=app", NULL);
    g_autofree char *page = browsed();
    assert_status(&login, 0);
    assert_holds(page, "HTTP/1.1 400 ");
    assert_holds(page, "answered already");
    g_assert_cmpuint(wire_count(provider), ==, 2);
    assert_holds(wire_request(provider, 1), "&code=first&");
    wire_stop(provider);
}

int main(int argc, char **argv)
{
    static const char *const options[] = { "--require-auth", "--user", "ann:hush-word", NULL };
    g_test_init(&argc, &argv, NULL);
    GSubprocess *emulator = emulator_start(options, &url);
    issuer = g_strdup_printf("auth_issuer=%.*s" REALM, (int)(strlen(url) - strlen("/api")), url);
    g_test_add_func("/sign-in/a-browser-where-one-can-be-opened", test_browser);
    g_test_add_func("/sign-in/the-browser-of-the-desktop", test_browser_of_the_desktop);
    g_test_add_func("/sign-in/another-device-where-there-is-no-display", test_device_where_there_is_no_display);
    g_test_add_func("/sign-in/another-device-where-it-is-wanted", test_device_where_it_is_wanted);
    g_test_add_func("/sign-in/an-address-to-open-oneself", test_address_is_shown);
    g_test_add_func("/sign-in/a-password-where-there-is-nothing-else", test_password_where_there_is_nothing_else);
    g_test_add_func("/sign-in/a-token-at-a-terminal", test_token_at_a_terminal);
    g_test_add_func("/sign-in/profiles-side-by-side", test_profiles_side_by_side);
    g_test_add_func("/sign-in/interrupted-at-each-question-leaves-nothing", test_interrupted);
    g_test_add_func("/sign-in/refused-or-ended-at-the-other-device", test_device_is_refused);
    g_test_add_func("/sign-in/redirects-that-are-refused", test_redirects_are_refused);
    g_test_add_func("/sign-in/a-second-redirect-is-turned-away", test_second_redirect);
    g_test_add_func("/sign-in/a-provider-that-is-not-there", test_no_provider);
    int status = runner_main();
    emulator_stop(emulator);
    g_free(url);
    g_free(issuer);
    return status;
}
