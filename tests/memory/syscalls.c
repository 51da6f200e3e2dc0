/* syscalls.c: see syscalls.h. Each function takes the place of the C library's; the real one is looked up behind it. */
#include "syscalls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { SHORT = -1 }; /* in place of an error number: less is moved than was asked for */

static _Thread_local int countdown = -1; /* negative: none fails */
static _Thread_local int failure;
static _Thread_local const char *reached; /* the name of the call that failed */

/* What may happen to a call besides failing. */
enum { NEITHER, INTERRUPTED = 1, PARTLY = 2 /* it moves less than was asked for */ };

/* Whether this call fails now. */
static bool fails(const char *name, int can)
{
    if (countdown < 0 || (failure == SHORT && !(can & PARTLY)) || (failure == EINTR && !(can & INTERRUPTED)) || countdown-- > 0)
        return false;
    reached = name;
    errno = failure == SHORT ? 0 : failure;
    return true;
}

/* The real function, found once for each place. */
#define REAL(result, name, ...)                           \
    static result (*real)(__VA_ARGS__);                   \
    if (!__atomic_load_n(&real, __ATOMIC_ACQUIRE)) {      \
        result (*found)(__VA_ARGS__);                     \
        *(void **)&found = dlsym(RTLD_NEXT, #name);       \
        __atomic_store_n(&real, found, __ATOMIC_RELEASE); \
    }
#define SHOWN __attribute__((visibility("default")))
/* A function that either fails or is the real one. */
#define WHOLE(result, failed, can, name, types, arguments, values) \
    SHOWN result name arguments;                                   \
    SHOWN result name arguments                                    \
    {                                                              \
        REAL(result, name, PLAIN types)                            \
        return fails(#name, can) ? failed : real values;           \
    }
/* One that may also move less. */
#define PARTIAL(name, types, arguments, values, fewer)         \
    SHOWN ssize_t name arguments;                              \
    SHOWN ssize_t name arguments                               \
    {                                                          \
        REAL(ssize_t, name, PLAIN types)                       \
        if (!fails(#name, INTERRUPTED | (n > 1 ? PARTLY : 0))) \
            return real values;                                \
        return failure == SHORT ? real fewer : -1;             \
    }
#define PLAIN(...) __VA_ARGS__

/* clang-format off */
PARTIAL(read, (int, void *, size_t), (int fd, void *data, size_t n), (fd, data, n), (fd, data, n / 2))
PARTIAL(pread, (int, void *, size_t, off_t), (int fd, void *data, size_t n, off_t at), (fd, data, n, at), (fd, data, n / 2, at))
PARTIAL(write, (int, const void *, size_t), (int fd, const void *data, size_t n), (fd, data, n), (fd, data, n / 2))
PARTIAL(send, (int, const void *, size_t, int), (int fd, const void *data, size_t n, int flags), (fd, data, n, flags), (fd, data, n / 2, flags))
PARTIAL(recv, (int, void *, size_t, int), (int fd, void *data, size_t n, int flags), (fd, data, n, flags), (fd, data, n / 2, flags))
WHOLE(int, -1, INTERRUPTED, ftruncate, (int, off_t), (int fd, off_t length), (fd, length))
WHOLE(off_t, -1, NEITHER, lseek, (int, off_t, int), (int fd, off_t at, int from), (fd, at, from))
WHOLE(int, -1, INTERRUPTED, flock, (int, int), (int fd, int what), (fd, what))
WHOLE(int, -1, NEITHER, fstat, (int, struct stat *), (int fd, struct stat *facts), (fd, facts))
WHOLE(int, -1, NEITHER, rename, (const char *, const char *), (const char *from, const char *to), (from, to))
WHOLE(int, -1, NEITHER, socket, (int, int, int), (int domain, int type, int protocol), (domain, type, protocol))
WHOLE(int, -1, NEITHER, socketpair, (int, int, int, int *), (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
WHOLE(int, -1, NEITHER, eventfd, (unsigned, int), (unsigned count, int flags), (count, flags))
WHOLE(int, -1, NEITHER, epoll_create1, (int), (int flags), (flags))
WHOLE(int, -1, NEITHER, timerfd_create, (clockid_t, int), (clockid_t clock, int flags), (clock, flags))
WHOLE(FILE *, NULL, INTERRUPTED, fopen, (const char *, const char *), (const char *path, const char *mode), (path, mode))
WHOLE(int, errno, NEITHER, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *),
    (pthread_t *restrict thread, const pthread_attr_t *restrict attributes, void *(*run)(void *), void *restrict user), (thread, attributes, run, user))
/* clang-format on */

/* No test outlives its machine: nothing has to reach the disk. */
SHOWN int fsync(int fd)
{
    (void)fd;
    return fails("fsync", INTERRUPTED) ? -1 : 0;
}

SHOWN int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
    REAL(int, connect, int, __CONST_SOCKADDR_ARG, socklen_t)
    return fails("connect", INTERRUPTED) ? -1 : real(fd, address, size);
}

SHOWN int epoll_ctl(int set, int what, int fd, struct epoll_event *event)
{
    REAL(int, epoll_ctl, int, int, int, struct epoll_event *)
    return what == EPOLL_CTL_ADD && fails("epoll_ctl", NEITHER) ? -1 : real(set, what, fd, event);
}

SHOWN int open(const char *path, int flags, ...)
{
    REAL(int, open, const char *, int, ...)
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return fails("open", INTERRUPTED) ? -1 : real(path, flags, mode);
}

static void begin(int n)
{
    reached = NULL;
    countdown = n;
}

static bool end(void)
{
    countdown = -1;
    return reached != NULL;
}

static void hold(bool held)
{
    static _Thread_local int before;
    if (held)
        before = countdown;
    countdown = held ? -1 : before;
}

/* What the system refuses is never taken for an answer of the server's. */
static bool allows(const kz_error *error)
{
    static const int no_memory_and_others[] = { KZ_ERROR_NO_MEMORY, KZ_ERROR_STATE, KZ_ERROR_CONFIG, KZ_ERROR_PLUGIN,
        KZ_ERROR_ARGUMENT, KZ_ERROR_CONNECTION };
    g_test_message("%s: %s: %s", reached, kz_error_class(error->code), error->message);
    bool known = false;
    for (gsize i = 0; i < G_N_ELEMENTS(no_memory_and_others); i++)
        known |= kz_error_is(error, no_memory_and_others[i]);
    return known && *error->message && !kz_error_is(error, KZ_ERROR_TIMEOUT);
}

/* Interrupted or short: only what libcurl does by itself may end the call. */
static bool allows_little(const kz_error *error)
{
    static const char *const of_libcurl[] = { "connect", "send", "recv" };
    bool theirs = false;
    for (gsize i = 0; i < G_N_ELEMENTS(of_libcurl); i++)
        theirs |= reached && !g_strcmp0(reached, of_libcurl[i]);
    return allows(error) && theirs;
}

int syscalls_each(FailingWork work, void *user)
{
    static const struct {
        const char *name;
        int number;
    } failures[] = { { "ENOSPC", ENOSPC }, { "EMFILE", EMFILE }, { "EIO", EIO }, { "EINTR", EINTR }, { "short", SHORT } };
    int sum = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
        failure = failures[i].number;
        const FailingFault fault = { failures[i].name, begin, end, failure == EINTR || failure == SHORT ? allows_little : allows,
            hold };
        sum += failing_each_of(&fault, work, user);
    }
    return sum;
}
