/* token_lock.c: see token_lock.h. Locks of open file descriptions: unlike those of a process they hold between two clients of one
 * process, and unlike a file that says "locked" they end with whoever holds them. A key is one byte of the file, by its hash; two keys
 * that share one only wait for each other. */
#include "token_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* FNV-1a; never 0, which is the byte of NULL. */
static off_t byte_of(const char *key)
{
    uint64_t hash = 14695981039346656037u;
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 1099511628211u;
    return (off_t)((hash >> 2) | 1);
}

static bool set_lock(int fd, short type, off_t byte)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = type == F_UNLCK ? 0 : 1 };
    int done;
    do
        done = fcntl(fd, F_OFD_SETLK, &lock);
    while (done && errno == EINTR);
    return !done;
}

/* Whoever removed the file that was just locked left a lock that nobody else would meet. */
static bool is_there(int fd)
{
    struct stat facts;
    return !fstat(fd, &facts) && facts.st_nlink > 0;
}

kz_step kzi_token_lock(const kzi_place *place, const char *key, atomic_uint *tries, int *held, double *wait, kz_error **error)
{
    char name[NAME_MAX + 1];
    if (snprintf(name, sizeof name, "%s.lock", place->name) >= (int)sizeof name) {
        kzi_place_failed(place->kind, "locked", place->path, ENAMETOOLONG, error);
        return KZ_STEP_FAILED;
    }
    int fd = kzi_place_file(place, name, O_RDWR | O_CREAT, error);
    if (fd < 0)
        return KZ_STEP_FAILED;
    bool locked = set_lock(fd, F_WRLCK, key ? byte_of(key) : 0);
    int code = errno;
    if (locked && is_there(fd)) {
        atomic_store(tries, 0);
        *held = fd;
        return KZ_STEP_DONE;
    }
    close(fd);
    if (!locked && code != EAGAIN && code != EACCES) {
        kzi_place_failed(place->kind, "locked", place->path, code, error);
        return KZ_STEP_FAILED;
    }
    unsigned n = atomic_fetch_add(tries, 1);
    *wait = n < 5 ? 0.01 * (1 << n) : 0.2;
    return KZ_STEP_WAIT;
}

/* Said, not left to close(): a child that was forked meanwhile has the description too. */
void kzi_token_unlock(int *held)
{
    if (*held < 0)
        return;
    set_lock(*held, F_UNLCK, 0);
    close(*held);
    *held = -1;
}
