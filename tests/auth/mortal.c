/* mortal.c: see mortal.h. */
#include "mortal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DIED = 77 };

static int countdown = -1; /* negative: immortal */
static bool dies_after;
static int failure;      /* an errno: the call fails instead */
static const char *only; /* the calls that count, NULL: all */

static const char *due; /* the call that `event` comes before, once */
static void (*event)(void *user);
static void *event_user;

/* Whether the call at hand is the last one. */
static bool begin(const char *name)
{
    if (due && !strcmp(name, due)) {
        due = NULL;
        event(event_user);
    }
    bool last = countdown >= 0 && (!only || !strcmp(name, only)) && countdown-- == 0;
    if (last && !failure && !dies_after)
        _exit(DIED);
    return last;
}

static long end(bool last, long result)
{
    if (last && !failure)
        _exit(DIED);
    if (last)
        errno = failure;
    return last ? -1 : result;
}

void mortal_fail(const char *name, int n, int code)
{
    only = name;
    countdown = n;
    failure = code;
}

bool mortal_fail_end(void)
{
    bool reached = countdown < 0;
    countdown = -1;
    failure = 0;
    only = NULL;
    return reached;
}

void mortal_before(const char *name, void (*what)(void *user), void *user)
{
    due = name;
    event = what;
    event_user = user;
}

/* Whether the call is not to happen at all. */
#define FAILS(last) ((last) && failure)

#define MORTAL(type, name, parameters, arguments)                 \
    type __real_##name parameters;                                \
    type __wrap_##name parameters;                                \
    type __wrap_##name parameters                                 \
    {                                                             \
        bool last = begin(#name);                                 \
        type result = FAILS(last) ? -1 : __real_##name arguments; \
        return (type)end(last, (long)result);                     \
    }

MORTAL(int, mkdir, (const char *path, mode_t mode), (path, mode))
MORTAL(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
MORTAL(int, fsync, (int fd), (fd))
MORTAL(int, renameat, (int from, const char *old, int to, const char *new), (from, old, to, new))
MORTAL(int, unlinkat, (int folder, const char *name, int flags), (folder, name, flags))

/* A descriptor whose close() fails is closed all the same, as on Linux. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    bool last = begin("close");
    return (int)end(last, __real_close(fd));
}

/* The C library's, under the names that files of any size give them. */
int __real_openat64(int folder, const char *path, int flags, ...);
int __wrap_openat64(int folder, const char *path, int flags, ...);
int __wrap_openat64(int folder, const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    bool last = begin("openat");
    return (int)end(last, FAILS(last) ? -1 : __real_openat64(folder, path, flags, mode));
}

int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...)
{
    va_list more;
    va_start(more, command);
    void *argument = va_arg(more, void *);
    va_end(more);
    bool last = begin("fcntl");
    return (int)end(last, FAILS(last) ? -1 : __real_fcntl64(fd, command, argument));
}

bool mortal_child(void (*work)(void *user), void *user, int n, bool after)
{
    int status = 0;
    pid_t child = fork();
    if (!child) {
        dies_after = after;
        countdown = n;
        work(user);
        _exit(0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == DIED);
    return WEXITSTATUS(status) == DIED;
}
