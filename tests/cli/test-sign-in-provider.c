/* test-sign-in-provider.c: `kamiwaza login` by a browser and by another device at a real OpenID provider (oidc-provider), which is asked what
 * became of the tokens. */
#include "../oauth/pages.h"
#include "../oauth/real.h"
#include "../wire/server.h"
#include "sign-in.h"

#include <string.h>

static char *url, *issuer; /* of the platform; "auth_issuer=..." */
#define OAUTH "--base-url", url, "--set", "auth=oauth", "--set", issuer, "--set", "auth_client_id=app"

static gboolean enter_code(const char *shown)
{
    Page page;
    g_autofree char *code = part_of(shown, "The code is\\s+(\\S+)\\s"), *address = part_of(shown, "\\s(http://\\S+/device)\\s");
    if (!code || !address)
        return FALSE;
    g_autofree char *form = g_strconcat("user_code=", code, NULL);
    page_open(&page, NULL);
    page_visit(&page, address, NULL);
    page_submit(&page, form);
    page_submit(&page, ""); /* the confirmation */
    page_sign_in(&page);
    g_assert_true(page_holds(&page, "Success"));
    page_close(&page);
    return TRUE;
}

static void expect_signed_in_as_ada(const outcome *login)
{
    assert_status(login, 0);
    assert_holds(login->out, "Signed in as ada to http://127.0.0.1");
    g_auto(outcome) token = run("token", NULL);
    assert_status(&token, 0);
    g_strchomp(token.out);
    g_autofree char *refresh = refresh_token();
    g_assert_true(real_is_active(token.out) && real_is_active(refresh));
    g_auto(outcome) who = run("whoami", NULL);
    assert_status(&who, 0);
    assert_holds(who.out, "\"user\":\"ada\",\"provider\":\"oauth\",\"source\":\"token store\"");
    g_auto(outcome) logout = run("logout", NULL);
    assert_status(&logout, 0);
    g_assert_false(real_is_active(token.out) || real_is_active(refresh));
}

static void test_real_provider(void)
{
    static const turn entering[] = { { "The code is", NULL, enter_code }, { NULL } };
    for (int device = 0; device < 2; device++) {
        sign_in_begin();
        if (!device)
            set_browser(NULL);
        gboolean shows = FALSE;
        g_auto(outcome) login = run_in_talk(device ? entering : silence, &shows, "login", OAUTH, NULL);
        g_autofree char *page = device ? NULL : browsed();
        g_assert_true(device || strstr(page, "You may close this window"));
        g_assert_true(shows);
        expect_signed_in_as_ada(&login);
    }
}

int main(int argc, char **argv)
{
    static const WireAnswer me = {
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n{\"username\": \"ada\", \"sub\": \"7\"}",
        -1
    };
    g_test_init(&argc, &argv, NULL);
    WireServer *platform = wire_start(&me, 1);
    real_start(json_object(), NULL);
    url = g_strconcat(wire_url(platform), "/api", NULL);
    issuer = g_strconcat("auth_issuer=", real_issuer(), NULL);
    g_test_add_func("/sign-in/by-browser-and-device-at-a-real-provider", test_real_provider);
    int status = runner_main();
    real_stop();
    wire_stop(platform);
    g_free(url);
    g_free(issuer);
    return status;
}
