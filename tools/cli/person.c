/* person.c: how the person at the terminal is reached while signing in: what is shown goes to standard error, what is asked comes from
 * the terminal or standard input. */
#include "cli.h"

#include <stdio.h>

static bool show(void *user, const kz_sign_in_notice *notice, kz_error **error)
{
    (void)user, (void)error;
    g_autofree char *text = text_shown(notice->text ? notice->text : "To sign in, open this address.");
    g_autofree char *url = text_shown(notice->url ? notice->url : "");
    g_autofree char *code = text_shown(notice->code ? notice->code : "");
    progress_clear();
    fprintf(stderr, "%s\n", text);
    if (*url)
        fprintf(stderr, "\n    %s\n", url);
    if (*code)
        fprintf(stderr, "\nThe code is\n\n    %s\n", code);
    if (notice->lifetime > 0)
        fprintf(stderr, "\nThere are %.0f minutes for it.\n", notice->lifetime < 60 ? 1 : notice->lifetime / 60);
    return true;
}

static bool browse(void *user, const char *url)
{
    (void)user;
    return browser_open(url);
}

static bool ask(void *user, const char *what, bool secret, char *answer, size_t size, kz_error **error)
{
    (void)user;
    return terminal_ask(what, secret, answer, size, error);
}

kz_sign_in person_at_terminal(const cli *app, kz_sign_in_way way, bool opens)
{
    return (kz_sign_in){ .size = sizeof(kz_sign_in),
        .way = way,
        .show = show,
        .browse = opens && browser_is_there() ? browse : NULL,
        .ask = ask,
        .cancel = app->cancel,
        .timeout = app->call.timeout };
}
