/* child.c: see child.h. Signals of the program stay as they are: the child alone is waited for, by its id, and one that somebody else
 * has waited for (a handler of SIGCHLD, or none at all where it is ignored) is neither an error nor ever killed. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Whatever the program ignores or blocks, the child begins as from a shell. */
static int set_up(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *files, int output)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int problem = posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF); /* a group of its own: 0 */
    if (!problem)
        problem = posix_spawnattr_setsigmask(attributes, &none);
    if (!problem)
        problem = posix_spawnattr_setsigdefault(attributes, &all);
    if (!problem) /* first, for `output` may be 0 or 2 where the program has closed its own */
        problem = posix_spawn_file_actions_adddup2(files, output, STDOUT_FILENO);
    if (!problem)
        problem = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!problem)
        problem = posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    if (!problem) /* what the program has open without O_CLOEXEC is not the child's */
        problem = posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
#endif
    return problem;
}

static int spawn(pid_t *pid, char *const *words, int output)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    int problem = posix_spawnattr_init(&attributes);
    if (problem)
        return problem;
    problem = posix_spawn_file_actions_init(&files);
    if (!problem) {
        problem = set_up(&attributes, &files, output);
        if (!problem)
            problem = posix_spawnp(pid, words[0], &files, &attributes, words, environ);
        posix_spawn_file_actions_destroy(&files);
    }
    posix_spawnattr_destroy(&attributes);
    return problem;
}

bool kzi_child_start(kzi_child *child, char *const *words, kz_error_code code, kz_error **error)
{
    int ends[2], problem = 0;
    *child = (kzi_child){ .fd = -1 };
    if (pipe2(ends, O_CLOEXEC)) {
        problem = errno;
    } else {
        int flags = fcntl(ends[0], F_GETFL);
        problem = flags < 0 || fcntl(ends[0], F_SETFL, flags | O_NONBLOCK) ? errno : spawn(&child->pid, words, ends[1]);
        close(ends[1]);
        if (problem)
            close(ends[0]);
        else
            child->fd = ends[0];
    }
    if (!problem)
        return true;
    child->pid = 0;
    return problem == ENOMEM
        ? kz_error_no_memory(error)
        : kz_error_set(error, code, words[0], "The program %s cannot be run: %s.", words[0], strerrordesc_np(problem));
}

static void close_output(kzi_child *child)
{
    if (child->fd >= 0)
        close(child->fd);
    child->fd = -1;
}

/* Takes what is there; false: it is more than `most` bytes. */
static bool take(kzi_child *child, size_t most)
{
    enum { AT_ONCE = 4096 };
    while (child->fd >= 0) {
        char *to = kzi_buffer_reserve(&child->output, AT_ONCE);
        ssize_t n = to ? read(child->fd, to, AT_ONCE) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true;
        if (n <= 0) {
            close_output(child);
            return true;
        }
        child->output.length += (size_t)n;
        if (child->output.length > most)
            return false;
    }
    return true;
}

/* Whether it has ended. */
static bool reap(kzi_child *child, int flags)
{
    pid_t got;
    if (!child->pid)
        return true;
    do
        got = waitpid(child->pid, &child->status, flags);
    while (got < 0 && errno == EINTR);
    if (!got)
        return false;
    child->unknown = got < 0;
    child->pid = 0;
    return true;
}

kzi_child_state kzi_child_look(kzi_child *child, size_t most)
{
    bool ended = reap(child, WNOHANG); /* first: what it printed is in the pipe by then, whoever else still holds that open */
    if (!take(child, most))
        return KZI_CHILD_TOO_MUCH;
    return ended || child->output.failed ? KZI_CHILD_ENDED : KZI_CHILD_RUNS;
}

void kzi_child_end(kzi_child *child)
{
    close_output(child);
    if (child->pid && !reap(child, WNOHANG)) {
        kill(-child->pid, SIGKILL);
        kill(child->pid, SIGKILL); /* should it have moved to another group */
        reap(child, 0);            /* it is gone at once */
    }
    kzi_buffer_free(&child->output);
}
