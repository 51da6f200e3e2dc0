/* place.c: see place.h. Everything is done relative to the folder that was opened and looked at, so nobody can put another in its place
 * between the check and the use. */
#include "place.h"

#include "buffer.h"
#include "file.h"
#include "profile.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const kzi_place_kind kzi_place_tokens = { .subject = "The token store",
    .advice = " Name another file with KAMIWAZA_TOKEN_PATH, or keep no tokens with KAMIWAZA_TOKEN_STORE=none.",
    .others = S_IRWXG | S_IRWXO,
    .remedy = "Run chmod 600 on it, and sign out and in again, for they may have read it." };
const kzi_place_kind kzi_place_profiles = { .subject = "The profile file",
    .advice = " Name another folder with XDG_CONFIG_HOME.",
    .others = S_IWGRP | S_IWOTH,
    .remedy = "Run chmod 600 on it, and see whether all in it is yours." };

bool kzi_place_failed(const kzi_place_kind *kind, const char *done, const char *path, int code, kz_error **error)
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
    default: advice = kind->advice; break;
    }
    return kz_error_set(error, passing ? KZ_ERROR_STATE : KZ_ERROR_CONFIG, path, "%s cannot be %s (%s): %s.%s", kind->subject,
        done, path, strerrordesc_np(code), advice);
}

static bool refuse(const kzi_place_kind *kind, const char *path, const char *why, const char *remedy, kz_error **error)
{
    return kz_error_set(error, KZ_ERROR_CONFIG, path, "%s is not used: %s %s. %s", kind->subject, path, why, remedy);
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
            kzi_place_failed(&kzi_place_tokens, "found", path, errno, error);
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
        return kzi_place_failed(place->kind, "found", path, *name ? ENAMETOOLONG : EISDIR, error);
    if (realpath(path, place->path))
        return true;
    if (errno != ENOENT)
        return kzi_place_failed(place->kind, "found", path, errno, error);
    if (readlink(path, link, sizeof link) >= 0)
        return refuse(place->kind, path, "is a link to a file that is not there", "Remove it.", error);
    memcpy(folder, path, above);
    folder[above > 1 ? above - 1 : above] = 0;
    if (make && !make_folders(folder))
        return kzi_place_failed(place->kind, "made", folder, errno, error);
    if (!realpath(folder, place->path)) {
        *missing = errno == ENOENT && !make;
        return *missing || kzi_place_failed(place->kind, "found", folder, errno, error);
    }
    size_t length = strlen(place->path);
    if (length + 1 + strlen(name) >= sizeof place->path)
        return kzi_place_failed(place->kind, "found", path, ENAMETOOLONG, error);
    place->path[length] = '/';
    strcpy(place->path + length + (length > 1), name);
    return true;
}

static bool check_folder(const kzi_place *place, const struct stat *facts, kz_error **error)
{
    if (facts->st_uid != geteuid() && facts->st_uid != 0)
        return refuse(place->kind, place->path, "belongs to another user", "It must be yours.", error);
    if (facts->st_mode & (S_IWGRP | S_IWOTH))
        return refuse(place->kind, place->path, "can be written by others", "Run chmod go-w on it.", error);
    return true;
}

bool kzi_place_open(kzi_place *place, const kzi_place_kind *kind, const char *path, bool make, kz_error **error)
{
    struct stat facts;
    bool missing;
    place->kind = kind;
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
    fine = fine ? check_folder(place, &facts, error) : kzi_place_failed(place->kind, "opened", place->path, errno, error);
    *end = first ? first : '/';
    return fine;
}

void kzi_place_close(kzi_place *place)
{
    if (place->folder >= 0)
        close(place->folder);
    place->folder = -1;
}

static bool check_file(const kzi_place *place, const char *path, int fd, kz_error **error)
{
    struct stat facts;
    if (fstat(fd, &facts))
        return kzi_place_failed(place->kind, "looked at", path, errno, error);
    if (!S_ISREG(facts.st_mode))
        return refuse(place->kind, path, "is no regular file", "Remove it.", error);
    if (facts.st_uid != geteuid())
        return refuse(place->kind, path, "belongs to another user", "It must be yours.", error);
    if (facts.st_mode & place->kind->others)
        return refuse(place->kind, path, "can be read or written by others", place->kind->remedy, error);
    return true;
}

int kzi_place_file(const kzi_place *place, const char *name, int flags, kz_error **error)
{
    char path[PATH_MAX];
    int folder = (int)(place->name - place->path);
    if (snprintf(path, sizeof path, "%.*s%s", folder, place->path, name) >= (int)sizeof path) {
        kzi_place_failed(place->kind, "opened", place->path, ENAMETOOLONG, error);
        return -1;
    }
    /* Without O_NONBLOCK a FIFO would hold us up. */
    int fd = openat(place->folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == ENOENT && !(flags & O_CREAT))
        return -1;
    if (fd < 0 && errno == ELOOP)
        refuse(place->kind, path, "has become a link", "Remove it.", error);
    else if (fd < 0)
        kzi_place_failed(place->kind, "opened", path, errno, error);
    else if (check_file(place, path, fd, error))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Some file systems cannot make a folder's entries last (EINVAL); theirs are as good as they get. */
static bool make_lasting(int folder)
{
    return !fsync(folder) || errno == EINVAL;
}

bool kzi_place_replace(const kzi_place *place, kz_json text, kz_error **error)
{
    char name[NAME_MAX + 1];
    if (snprintf(name, sizeof name, "%s.new", place->name) >= (int)sizeof name)
        return kzi_place_failed(place->kind, "written", place->path, ENAMETOOLONG, error);
    if (unlinkat(place->folder, name, 0) && errno != ENOENT)
        return kzi_place_failed(place->kind, "written", place->path, errno, error);
    int fd = kzi_place_file(place, name, O_WRONLY | O_CREAT | O_EXCL, error);
    if (fd < 0)
        return false;
    bool written = kzi_file_write(fd, text.text, text.length) && !fsync(fd);
    int code = written ? 0 : errno;
    if (close(fd) && !code)
        code = errno;
    if (!code && renameat(place->folder, name, place->folder, place->name))
        code = errno;
    if (code)
        unlinkat(place->folder, name, 0);
    else if (!make_lasting(place->folder))
        code = errno;
    return !code || kzi_place_failed(place->kind, "written", place->path, code, error);
}
