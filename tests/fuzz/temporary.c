/* temporary.c: see temporary.h. */
#include "temporary.h"

#include "fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

static char folder[] = "/tmp/kz-fuzz-XXXXXX";

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
    static bool made;
    if (!made) {
        HOLDS(mkdtemp(folder));
        atexit(remove_all);
        made = true;
    }
    return folder;
}

void fuzz_write(const char *path, const void *data, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    HOLDS(fd >= 0 && write(fd, data, length) == (ssize_t)length);
    close(fd);
}
