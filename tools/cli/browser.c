/* browser.c: opens an address in a browser: the programs that $BROWSER names, else xdg-open. The address is the program's argument, and
 * so in the list of processes: one that holds a secret is not opened. */
#include "cli.h"

#include <string.h>
#include <unistd.h>

static bool is_safe(const char *url)
{
    static const char *const secrets[] = { "token=", "secret=", "password=", "code_verifier=", "assertion=", NULL };
    const char *rest = g_str_has_prefix(url, "https://") ? url + 8 : g_str_has_prefix(url, "http://") ? url + 7 : NULL;
    if (!rest || memchr(rest, '@', strcspn(rest, "/?#")))
        return false;
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("\"'`\\<>", *c))
            return false;
    for (const char *const *secret = secrets; *secret; secret++)
        if (strstr(rest, *secret))
            return false;
    return true;
}

/* The words of one program of $BROWSER, with the address for %s, else behind them. */
static char **words_of(const char *line, const char *url)
{
    g_auto(GStrv) parts = NULL;
    if (!g_shell_parse_argv(line, NULL, &parts, NULL))
        return NULL;
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    bool given = false;
    for (char **part = parts; *part; part++) {
        g_autoptr(GString) text = g_string_new(*part);
        given |= g_string_replace(text, "%s", url, 0) > 0;
        g_ptr_array_add(argv, g_strdup(text->str));
    }
    if (!given)
        g_ptr_array_add(argv, g_strdup(url));
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&argv), FALSE);
}

/* Signals of the command's terminal are none for the browser, which may outlive it. */
static void leave_terminal(void *unused)
{
    (void)unused;
    setsid();
}

static bool start(const char *line, const char *url)
{
    g_auto(GStrv) argv = words_of(line, url);
    return argv &&
        g_spawn_async(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
            leave_terminal, NULL, NULL, NULL);
}

bool browser_is_there(void)
{
    const char *named = g_getenv("BROWSER"), *display = g_getenv("DISPLAY"), *wayland = g_getenv("WAYLAND_DISPLAY");
    if (named && *named)
        return true;
    bool desktop = (display && *display) || (wayland && *wayland);
    g_autofree char *opener = desktop && !g_getenv("SSH_CONNECTION") ? g_find_program_in_path("xdg-open") : NULL;
    return opener != NULL;
}

bool browser_open(const char *url)
{
    const char *named = g_getenv("BROWSER");
    if (!is_safe(url))
        return false;
    if (!named || !*named)
        return start("xdg-open", url);
    g_auto(GStrv) lines = g_strsplit(named, ":", -1);
    for (char **line = lines; *line; line++)
        if (**line && start(*line, url))
            return true;
    return false;
}
