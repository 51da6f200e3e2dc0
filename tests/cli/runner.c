/* runner.c: runs the built command for the tests, with pipes or on a terminal. See runner.h. */
#include "runner.h"

#include "../wire/remove.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static char **environment;
static char *home;

void runner_set(const char *name, const char *value)
{
    environment = value ? g_environ_setenv(environment, name, value, TRUE) : g_environ_unsetenv(environment, name);
}

const char *runner_home(void)
{
    return home;
}

char *runner_path(const char *name)
{
    return g_build_filename(home, "kamiwaza", name, NULL);
}

char *runner_text(const char *name)
{
    g_autofree char *path = runner_path(name);
    char *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    return text ? text : g_strdup("");
}

static GPtrArray *words_of(const char *first, va_list more)
{
    GPtrArray *argv = g_ptr_array_new();
    g_ptr_array_add(argv, (gpointer)(guintptr)g_getenv("KAMIWAZA_TEST_COMMAND"));
    for (const char *word = first; word; word = va_arg(more, const char *))
        g_ptr_array_add(argv, (gpointer)(guintptr)word);
    g_ptr_array_add(argv, NULL);
    return argv;
}

static G_GNUC_NORETURN void become(GPtrArray *argv)
{
    /* A folder of its own: relative files of a test are not to land among the sources. */
    if (chdir(home))
        _exit(126);
    execve(g_ptr_array_index(argv, 0), (char **)argv->pdata, environment);
    _exit(127);
}

/* Reads both ends until they are closed; sends the signal once when standard error says something. */
static void drain(pid_t child, int out, int err, GString *to_out, GString *to_err, int number)
{
    struct pollfd ends[2] = { { .fd = out, .events = POLLIN }, { .fd = err, .events = POLLIN } };
    GString *texts[2] = { to_out, to_err };
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        if (poll(ends, 2, -1) < 0)
            break;
        for (int i = 0; i < 2; i++) {
            char part[4096];
            if (ends[i].fd < 0 || !ends[i].revents)
                continue;
            ssize_t got = read(ends[i].fd, part, sizeof part);
            if (got <= 0) {
                close(ends[i].fd);
                ends[i].fd = -1;
                continue;
            }
            g_string_append_len(texts[i], part, got);
            if (i == 1 && number) {
                kill(child, number);
                number = 0;
            }
        }
    }
}

static int finish(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        g_assert_cmpint(errno, ==, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static outcome run_piped(const char *input, int number, GPtrArray *argv)
{
    int in[2], out[2], err[2];
    g_assert_true(!pipe(in) && !pipe(out) && !pipe(err));
    pid_t child = fork();
    if (!child) {
        dup2(in[0], 0), dup2(out[1], 1), dup2(err[1], 2);
        for (int i = 0; i < 2; i++)
            close(in[i]), close(out[i]), close(err[i]);
        become(argv);
    }
    close(in[0]), close(out[1]), close(err[1]);
    if (input)
        g_assert_cmpint(write(in[1], input, strlen(input)), ==, (ssize_t)strlen(input));
    close(in[1]);
    GString *to_out = g_string_new(NULL), *to_err = g_string_new(NULL);
    drain(child, out[0], err[0], to_out, to_err, number);
    outcome it = { .status = finish(child), .out_length = to_out->len };
    it.out = g_string_free(to_out, FALSE);
    it.err = g_string_free(to_err, FALSE);
    g_ptr_array_unref(argv);
    return it;
}

outcome run(const char *first, ...)
{
    va_list more;
    va_start(more, first);
    GPtrArray *argv = words_of(first, more);
    va_end(more);
    return run_piped(NULL, 0, argv);
}

outcome run_with_input(const char *input, const char *first, ...)
{
    va_list more;
    va_start(more, first);
    GPtrArray *argv = words_of(first, more);
    va_end(more);
    return run_piped(input, 0, argv);
}

outcome run_and_signal(int number, const char *first, ...)
{
    va_list more;
    va_start(more, first);
    GPtrArray *argv = words_of(first, more);
    va_end(more);
    return run_piped(NULL, number, argv);
}

static pid_t start_on_terminal(int columns, GPtrArray *argv, int *terminal)
{
    struct winsize size = { .ws_col = (unsigned short)columns, .ws_row = 40 };
    pid_t child = forkpty(terminal, NULL, NULL, &size);
    if (!child)
        become(argv);
    return child;
}

/* Takes the turns that what was shown since the last one allows. */
static void take_turns(const turn **talk, const GString *shown, gsize *seen, int terminal)
{
    for (const turn *now = *talk; now->waits_for; now = ++*talk) {
        const char *at = strstr(shown->str + *seen, now->waits_for);
        if (!at || (now->does && !now->does(shown->str)))
            return;
        *seen = (gsize)(at - shown->str) + strlen(now->waits_for);
        if (now->types)
            g_assert_cmpint(write(terminal, now->types, strlen(now->types)), ==, (ssize_t)strlen(now->types));
    }
}

outcome run_in_talk(const turn *talk, gboolean *shows, const char *first, ...)
{
    va_list more;
    va_start(more, first);
    GPtrArray *argv = words_of(first, more);
    va_end(more);
    int terminal;
    char part[4096];
    ssize_t got;
    gsize seen = 0;
    struct termios how;
    pid_t child = start_on_terminal(100, argv, &terminal);
    GString *to_out = g_string_new(NULL);
    while ((got = read(terminal, part, sizeof part)) > 0) {
        g_string_append_len(to_out, part, got);
        take_turns(&talk, to_out, &seen, terminal);
    }
    *shows = !tcgetattr(terminal, &how) && how.c_lflag & ECHO;
    close(terminal);
    outcome it = { .status = finish(child), .out_length = to_out->len, .err = g_strdup("") };
    it.out = g_string_free(to_out, FALSE);
    g_ptr_array_unref(argv);
    return it;
}

outcome run_on_terminal(int columns, const char *first, ...)
{
    va_list more;
    va_start(more, first);
    GPtrArray *argv = words_of(first, more);
    va_end(more);
    int terminal;
    pid_t child = start_on_terminal(columns, argv, &terminal);
    GString *to_out = g_string_new(NULL);
    drain(child, terminal, -1, to_out, NULL, 0);
    outcome it = { .status = finish(child), .out_length = to_out->len, .err = g_strdup("") };
    it.out = g_string_free(to_out, FALSE);
    g_ptr_array_unref(argv);
    return it;
}

void outcome_clear(outcome *it)
{
    g_free(it->out);
    g_free(it->err);
}

void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        g_test_message("\"%s\" is not in:\n%s", part, text);
        g_test_fail();
    }
}

void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part)) {
        g_test_message("\"%s\" is in:\n%s", part, text);
        g_test_fail();
    }
}

void assert_status(const outcome *it, int status)
{
    if (it->status != status)
        g_test_message("output:\n%s\nerrors:\n%s", it->out, it->err);
    g_assert_cmpint(it->status, ==, status);
}

int runner_main(void)
{
    environment = g_get_environ();
    g_auto(GStrv) names = g_listenv();
    for (char **name = names; *name; name++)
        if (g_str_has_prefix(*name, "KAMIWAZA_") || g_str_has_suffix(*name, "_proxy") || g_str_has_suffix(*name, "_PROXY"))
            runner_set(*name, NULL);
    home = g_dir_make_tmp("kamiwaza-cli-XXXXXX", NULL);
    runner_set("HOME", home);
    runner_set("XDG_CONFIG_HOME", home);
    runner_set("KAMIWAZA_PLUGIN_PATH", g_getenv("KAMIWAZA_TEST_PLUGINS"));
    runner_set("KAMIWAZA_MAX_RETRIES", "0");
    runner_set("KAMIWAZA_API_KEY", "the-secret-key");
    runner_set("NO_COLOR", "1");
    runner_set("TERM", "xterm");
    int status = g_test_run();
    remove_all(home);
    g_free(home);
    g_strfreev(environment);
    return status;
}
