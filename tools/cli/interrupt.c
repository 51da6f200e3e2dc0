/* interrupt.c: SIGINT and SIGTERM cancel what runs, so that the command ends in order: files under their temporary
 * names stay for a later attempt, the terminal is left clean. A second signal ends the command at once. */
#include "cli.h"

#include <signal.h>

static kz_cancel *volatile token;
static volatile sig_atomic_t came;

static void on_signal(int number)
{
    (void)number;
    came = 1;
    kz_cancel_now(token);
}

void interrupt_watch(kz_cancel *cancel)
{
    token = cancel;
    struct sigaction action = { .sa_handler = cancel ? on_signal : SIG_DFL, .sa_flags = cancel ? (int)SA_RESETHAND : 0 };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool interrupt_came(void)
{
    return came;
}
