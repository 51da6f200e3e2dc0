/* place.c: see place.h. Everything is done relative to the folder that was opened and looked at, so nobody can put another in its place
 * between the check and the use. */
#include "place.h"

#include "buffer.h"
#include "profile.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool kzi_place_failed(const char *done, const char *path, int code, kz_error **error)
{
    const char *advice = "";
    bool passing = false;
    switch (code) {
    case ENOMEM: return kz_error_no_memory(error);
    case ENOSPC:
    case EDQUOT:
        advice = " Free some space; what was there is kept.";
        passing = true;
        break;
    case EIO:
    case EMFILE:
    case ENFILE:
    case EINTR: passing = true; break;
    default: advice = " Name another file with KAMIWAZA_TOKEN_PATH, or keep no tokens with KAMIWAZA_TOKEN_STORE=none."; break;
    }
    return kz_error_set(error, passing ? KZ_ERROR_STATE : KZ_ERROR_CONFIG, path, "The token store cannot be %s (%s): %s.%s", done,
        path, strerrordesc_np(code), advice);
}

static bool refuse(const char *path, const char *why, const char *remedy, kz_error **error)
{
    return kz_error_set(error, KZ_ERROR_CONFIG, path, "The token store is not used: %s %s. %s", path, why, remedy);
}

static void put_home(kzi_buffer *path)
{
    char room[4096];
    struct passwd entry, *found = NULL;
    if (!getpwuid_r(geteuid(), &entry, room, sizeof room, &found) && found && found->pw_dir && *found->pw_dir == '/')
        kzi_buffer_puts(path, found->pw_dir);
}

char *kzi_place_default(const char *name, kz_error **error)
{
    bool trusted = kzi_environment_is_trusted();
    const char *folder = trusted ? getenv("XDG_STATE_HOME") : NULL, *home = trusted ? getenv("HOME") : NULL;
    kzi_buffer path = { 0 };
    if (folder && *folder == '/') {
        kzi_buffer_puts(&path, folder);
    } else {
        if (home && *home == '/')
            kzi_buffer_puts(&path, home);
        else
            put_home(&path);
        if (!path.length && !path.failed) {
            kz_error_set(error, KZ_ERROR_CONFIG, "token_path",
                "There is no place for tokens: neither XDG_STATE_HOME nor HOME is set. Name a file with KAMIWAZA_TOKEN_PATH, or "
                "keep "
                "no tokens with KAMIWAZA_TOKEN_STORE=none.");
            return NULL;
        }
        kzi_buffer_puts(&path, "/.local/state");
    }
    kzi_buffer_puts(&path, "/kamiwaza/");
    kzi_buffer_puts(&path, name);
    char *made = kzi_buffer_take(&path, NULL);
    if (!made)
        kz_error_no_memory(error);
    return made;
}

char *kzi_place_absolute(const char *path, kz_error **error)
{
    char folder[PATH_MAX];
    kzi_buffer whole = { 0 };
    if (*path != '/') {
        if (!getcwd(folder, sizeof folder)) {
            kzi_place_failed("found", path, errno, error);
            return NULL;
        }
        kzi_buffer_puts(&whole, folder);
        kzi_buffer_putc(&whole, '/');
    }
    kzi_buffer_puts(&whole, path);
    char *made = kzi_buffer_take(&whole, NULL);
    if (!made)
        kz_error_no_memory(error);
    return made;
}

/* Makes the folder and those above it that are missing. */
static bool make_folders(char *path)
{
    for (char *at = path + 1;; at++) {
        char c = *at;
        if (c && c != '/')
            continue;
        *at = 0;
        bool fine = !mkdir(path, S_IRWXU) || errno == EEXIST;
        *at = c;
        if (!fine || !c)
            return fine;
    }
}

/* place->path without links. `path` need not be there, but a link must lead to something: it would be replaced otherwise. */
static bool resolve(kzi_place *place, const char *path, bool make, bool *missing, kz_error **error)
{
    char folder[PATH_MAX], link[2];
    const char *name = strrchr(path, '/') + 1;
    size_t above = (size_t)(name - path);
    *missing = false;
    if (!*name || above + strlen(name) >= sizeof folder)
        return kzi_place_failed("found", path, *name ? ENAMETOOLONG : EISDIR, error);
    if (realpath(path, place->path))
        return true;
    if (errno != ENOENT)
        return kzi_place_failed("found", path, errno, error);
    if (readlink(path, link, sizeof link) >= 0)
        return refuse(path, "is a link to a file that is not there", "Remove it.", error);
    memcpy(folder, path, above);
    folder[above > 1 ? above - 1 : above] = 0;
    if (make && !make_folders(folder))
        return kzi_place_failed("made", folder, errno, error);
    if (!realpath(folder, place->path)) {
        *missing = errno == ENOENT && !make;
        return *missing || kzi_place_failed("found", folder, errno, error);
    }
    size_t length = strlen(place->path);
    if (length + 1 + strlen(name) >= sizeof place->path)
        return kzi_place_failed("found", path, ENAMETOOLONG, error);
    place->path[length] = '/';
    strcpy(place->path + length + (length > 1), name);
    return true;
}

static bool check_folder(const char *path, const struct stat *facts, kz_error **error)
{
    if (facts->st_uid != geteuid() && facts->st_uid != 0)
        return refuse(path, "belongs to another user", "It must be yours.", error);
    if (facts->st_mode & (S_IWGRP | S_IWOTH))
        return refuse(path, "can be written by others", "Run chmod go-w on it.", error);
    return true;
}

bool kzi_place_open(kzi_place *place, const char *path, bool make, kz_error **error)
{
    struct stat facts;
    bool missing;
    place->folder = -1;
    if (!resolve(place, path, make, &missing, error) || missing)
        return missing;
    char *slash = strrchr(place->path, '/');
    place->name = slash + 1;
    char first = slash == place->path ? *place->name : 0; /* the file is in the root */
    char *end = slash == place->path ? slash + 1 : slash;
    *end = 0;
    place->folder = open(place->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool fine = place->folder >= 0 && !fstat(place->folder, &facts);
    fine = fine ? check_folder(place->path, &facts, error) : kzi_place_failed("opened", place->path, errno, error);
    *end = first ? first : '/';
    return fine;
}

void kzi_place_close(kzi_place *place)
{
    if (place->folder >= 0)
        close(place->folder);
    place->folder = -1;
}

static bool check_file(const char *path, int fd, kz_error **error)
{
    struct stat facts;
    if (fstat(fd, &facts))
        return kzi_place_failed("looked at", path, errno, error);
    if (!S_ISREG(facts.st_mode))
        return refuse(path, "is no regular file", "Remove it.", error);
    if (facts.st_uid != geteuid())
        return refuse(path, "belongs to another user", "It must be yours.", error);
    if (facts.st_mode & (S_IRWXG | S_IRWXO))
        return refuse(path, "can be read or written by others",
            "Run chmod 600 on it, and sign out and in again, for they may have read it.", error);
    return true;
}

int kzi_place_file(const kzi_place *place, const char *name, int flags, kz_error **error)
{
    char path[PATH_MAX];
    int folder = (int)(place->name - place->path);
    if (snprintf(path, sizeof path, "%.*s%s", folder, place->path, name) >= (int)sizeof path) {
        kzi_place_failed("opened", place->path, ENAMETOOLONG, error);
        return -1;
    }
    /* Without O_NONBLOCK a FIFO would hold us up. */
    int fd = openat(place->folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == ENOENT && !(flags & O_CREAT))
        return -1;
    if (fd < 0 && errno == ELOOP)
        refuse(path, "has become a link", "Remove it.", error);
    else if (fd < 0)
        kzi_place_failed("opened", path, errno, error);
    else if (check_file(path, fd, error))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}
