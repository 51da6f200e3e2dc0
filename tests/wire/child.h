/* child.h: programs that a test starts end with it, also when it fails: a server that lived on would hold its output open, and whoever
 * reads that would wait for it. */
#ifndef TEST_WIRE_CHILD_H
#define TEST_WIRE_CHILD_H

#include <gio/gio.h>
#include <signal.h>
#include <sys/prctl.h>

static inline void child_dies_with_us(gpointer user)
{
    (void)user;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* A launcher whose children do so. */
static inline GSubprocessLauncher *child_launcher(GSubprocessFlags flags)
{
    GSubprocessLauncher *launcher = g_subprocess_launcher_new(flags);
    g_subprocess_launcher_set_child_setup(launcher, child_dies_with_us, NULL, NULL);
    return launcher;
}

#endif
