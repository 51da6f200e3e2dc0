/* temporary.c: see temporary.h. */
#include "temporary.h"

#include "fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

/* In memory where there is such a place: what is tested writes through to the disk. */
static char in_memory[] = "/dev/shm/kz-fuzz-XXXXXX", on_disk[] = "/tmp/kz-fuzz-XXXXXX", *folder;

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_all(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
    if (!folder) {
        folder = mkdtemp(in_memory);
        folder = folder ? folder : mkdtemp(on_disk);
        HOLDS(folder);
        atexit(remove_all);
    }
    return folder;
}

void fuzz_write(const char *path, const void *data, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    HOLDS(fd >= 0 && write(fd, data, length) == (ssize_t)length);
    close(fd);
}
