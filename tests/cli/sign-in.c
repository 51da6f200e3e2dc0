/* sign-in.c: see sign-in.h. */
#include "sign-in.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const turn silence[] = { { NULL } };

char *said_path(void)
{
    return g_build_filename(runner_home(), "said", NULL);
}

/* What the browser tells, for which it has half a minute. */
char *browsed(void)
{
    char text[8192];
    gsize length = 0;
    gssize n;
    g_autofree char *path = said_path();
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    struct pollfd said = { .fd = fd, .events = POLLIN };
    if (poll(&said, 1, 30000) != 1)
        g_error("the browser was not opened, or did not live to tell");
    fcntl(fd, F_SETFL, 0);
    while ((n = read(fd, text + length, sizeof text - 1 - length)) > 0)
        length += (gsize)n;
    close(fd);
    text[length] = 0;
    return g_strdup(text);
}

void set_browser(const char *how)
{
    runner_set("BROWSER", g_getenv("KAMIWAZA_TEST_BROWSER"));
    runner_set("KZ_BROWSE", how);
}

/* Nobody is signed in, there are no profiles, no browser, no display. */
void sign_in_begin(void)
{
    static const char *const unset[] = { "KAMIWAZA_API_KEY", "BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION",
        "KZ_BROWSE" };
    g_autofree char *said = said_path(), *profiles = runner_path("config.json"), *tokens = runner_path("tokens.json");
    for (gsize i = 0; i < G_N_ELEMENTS(unset); i++)
        runner_set(unset[i], NULL);
    runner_set("XDG_STATE_HOME", runner_home());
    runner_set("KZ_BROWSE_SAID", said);
    g_remove(profiles);
    g_remove(tokens);
    if (access(said, F_OK))
        g_assert_cmpint(mkfifo(said, 0600), ==, 0);
}

char *part_of(const char *text, const char *pattern)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    return g_regex_match(regex, text, 0, &match) ? g_match_info_fetch(match, 1) : NULL;
}

char *refresh_token(void)
{
    g_autofree char *tokens = runner_text("tokens.json");
    char *refresh = part_of(tokens, "refresh_token[\\\\\": ]+([A-Za-z0-9._~-]+)");
    g_assert_nonnull(refresh);
    return refresh;
}
