/* terminal.c: asking the person at the terminal: a line that is shown, or a secret that is not. Whatever signal comes meanwhile, the
 * terminal shows again what is typed before that signal does its work. Without a terminal a line of standard input is the answer. */
#include "cli.h"

#include <errno.h>
#include <kamiwaza/auth-plugin.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int guarded[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU };
typedef struct sigaction actions[G_N_ELEMENTS(guarded)];
static volatile sig_atomic_t caught[G_N_ELEMENTS(guarded)];

static void on_signal(int number)
{
    for (size_t i = 0; i < G_N_ELEMENTS(guarded); i++)
        if (guarded[i] == number)
            caught[i] = 1;
}

/* From here on they come only while read_line() waits, so that none is missed just before. */
static void guard(actions before, sigset_t *mask)
{
    struct sigaction action = { .sa_handler = on_signal };
    sigset_t held;
    sigemptyset(&action.sa_mask);
    sigemptyset(&held);
    for (size_t i = 0; i < G_N_ELEMENTS(guarded); i++)
        sigaddset(&held, guarded[i]);
    sigprocmask(SIG_BLOCK, &held, mask);
    for (size_t i = 0; i < G_N_ELEMENTS(guarded); i++) {
        caught[i] = 0;
        sigaction(guarded[i], &action, &before[i]);
    }
}

/* Gives the signals back and sends again those that came. True where the command was stopped: it has been continued by now. */
static bool unguard(actions before, const sigset_t *mask)
{
    bool stopped = false;
    for (size_t i = 0; i < G_N_ELEMENTS(guarded); i++)
        sigaction(guarded[i], &before[i], NULL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(guarded); i++)
        if (caught[i]) {
            kill(getpid(), guarded[i]);
            stopped |= guarded[i] >= SIGTSTP && guarded[i] <= SIGTTOU;
        }
    return stopped;
}

static ssize_t read_byte(char *c, const sigset_t *mask)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
    return mask && ppoll(&input, 1, NULL, mask) < 0 ? -1 : read(STDIN_FILENO, c, 1);
}

typedef enum { READ, ENDED, FAILED, TOO_LONG } outcome;

/* A line, byte by byte: what follows it is for the next question. `mask`: the signals that are held only outside of waiting, or NULL. */
static outcome read_line(char *answer, size_t size, const sigset_t *mask)
{
    size_t length = 0;
    char c = 0;
    ssize_t n;
    while ((n = read_byte(&c, mask)) == 1 && c != '\n') {
        if (length + 1 >= size)
            return TOO_LONG;
        answer[length++] = c;
    }
    if (length && answer[length - 1] == '\r')
        length--;
    answer[length] = 0;
    return n < 0 ? FAILED : n || length ? READ : ENDED;
}

static outcome ask_terminal(const char *prompt, bool secret, char *answer, size_t size)
{
    struct termios shown;
    outcome got;
    bool again;
    do {
        actions before;
        sigset_t mask;
        bool hides = secret && !tcgetattr(STDIN_FILENO, &shown);
        guard(before, &mask);
        if (hides) {
            struct termios hidden = shown;
            hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
        }
        fputs(prompt, stderr);
        got = read_line(answer, size, &mask);
        int code = errno;
        if (hides) {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
            fputc('\n', stderr);
        }
        again = unguard(before, &mask) && got == FAILED && code == EINTR;
        errno = code;
    } while (again);
    return got;
}

bool terminal_ask(const char *what, bool secret, char *answer, size_t size, kz_error **error)
{
    g_autofree char *prompt = g_strdup_printf("%c%s: ", g_ascii_toupper(*what), what + 1);
    progress_clear();
    outcome got = isatty(STDIN_FILENO) ? ask_terminal(prompt, secret, answer, size) : read_line(answer, size, NULL);
    int code = errno;
    if (got == READ)
        return true;
    kz_wipe(answer, size);
    if (interrupt_came() || (got == FAILED && code == EINTR))
        return kz_error_set(error, KZ_ERROR_CANCELLED, NULL, "Cancelled.");
    if (got == FAILED)
        return kz_error_set(error, KZ_ERROR_ARGUMENT, what, "The %s cannot be read: %s.", what, g_strerror(code));
    return kz_error_set(error, KZ_ERROR_ARGUMENT, what,
        got == TOO_LONG ? "The %s that was entered is too long." : "Standard input has ended before a %s was entered.", what);
}
