/* trust.c: see trust.h. A folder that is sticky, such as /tmp, may be open to all: nobody can replace there what is not his.
 * Access by a group or others counts as theirs; access control lists widen the group bits, so they are covered.
 *
 * What is checked is what is loaded, though the loader wants a name. The way from / to the file is walked by descriptors: each step is
 * opened in the folder that was checked before it, without following links, and looked at through its descriptor. So no step can be
 * another one than the one that was checked, whatever others do meanwhile. Once a folder belongs to us or to root and no one else may
 * write it, nobody else can change what its names mean; hence the whole path, taken once more by the loader, leads to the same file. Who
 * could still change it - root, the user himself, say while installing a newer version - is caught by comparing device and inode before and
 * after loading. The file is not loaded as /proc/self/fd/N: it would then have that name in debuggers and in messages, and $ORIGIN in it
 * would mean nothing. A file that its owner rewrites in place is not told apart; owners are trusted. */
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 8 };

static bool is_ours(uid_t owner)
{
    return owner == 0 || owner == geteuid();
}

static bool refuse(const kzi_trusted *file, const char *path, const char *why, const char *remedy, kz_error **error)
{
    return kz_error_set(error, KZ_ERROR_PLUGIN_UNTRUSTED, file->plugin, "The plugin %s is not loaded: %s %s. %s", file->plugin,
        path, why, remedy);
}

static bool unreachable(const kzi_trusted *file, const char *path, kz_error **error)
{
    kz_error_code code = errno == ENOENT || errno == ENOTDIR ? KZ_ERROR_PLUGIN_NOT_FOUND : KZ_ERROR_PLUGIN_UNTRUSTED;
    return kz_error_set(
        error, code, file->plugin, "The plugin %s cannot be reached at %s: %s.", file->plugin, path, strerrordesc_np(errno));
}

/* Whose it is and who may write it. */
static bool check_rights(const kzi_trusted *file, const struct stat *facts, const char *path, kz_error **error)
{
    if (!is_ours(facts->st_uid))
        return refuse(file, path, "belongs to another user", "It must belong to root or to you.", error);
    bool open = facts->st_mode & (S_IWGRP | S_IWOTH);
    bool safe = S_ISDIR(facts->st_mode) && facts->st_mode & S_ISVTX;
    return !open || safe || refuse(file, path, "can be written by others", "Take that right away: chmod go-w.", error);
}

/* Goes from the folder `fd`, which is closed, to the one named `name` in it. Returns its descriptor, or -1 with the slot filled. */
static int step(const kzi_trusted *file, int fd, const char *name, const char *path, kz_error **error)
{
    struct stat facts;
    int next = openat(fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    bool fine = false;
    if (next < 0 || fstat(next, &facts))
        unreachable(file, path, error);
    else if (!S_ISDIR(facts.st_mode))
        refuse(file, path, "is no folder any more", "Try again.", error);
    else
        fine = check_rights(file, &facts, path, error);
    if (fd >= 0)
        close(fd);
    if (!fine && next >= 0)
        close(next);
    return fine ? next : -1;
}

/* Walks to a folder whose path has no links. Returns its descriptor, or -1 with the slot filled. */
static int walk(const kzi_trusted *file, char *path, kz_error **error)
{
    int fd = step(file, -1, "/", "/", error);
    for (char *name = path + 1, *end; fd >= 0 && *name; name = end) {
        char next = *(end = name + strcspn(name, "/"));
        *end = 0;
        fd = step(file, fd, name, path, error);
        *end = next;
        end += next != 0;
    }
    return fd;
}

/* A link at file->path: `name` becomes what it leads to, which must be in the same folder. */
static bool follow(const kzi_trusted *file, int folder, const struct stat *facts, char name[NAME_MAX + 1], kz_error **error)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(folder, name, target, sizeof target - 1);
    if (n < 0)
        return unreachable(file, file->path, error);
    target[n] = 0;
    if (!is_ours(facts->st_uid))
        return refuse(file, file->path, "is a link of another user", "It must belong to root or to you.", error);
    if (strchr(target, '/') || !strcmp(target, ".") || !strcmp(target, "..") || n > NAME_MAX)
        return kz_error_set(error, KZ_ERROR_PLUGIN_UNTRUSTED, file->plugin,
            "The plugin %s is not loaded: %s is a link that leads out of its folder, to %s. Put the file itself there, or name "
            "its "
            "own folder in plugin_path.",
            file->plugin, file->path, target);
    strcpy(name, target);
    return true;
}

/* Opens the file itself, through links within the folder. */
static bool open_file(kzi_trusted *file, int folder, const char *folder_path, kz_error **error)
{
    char name[NAME_MAX + 1];
    struct stat facts;
    snprintf(name, sizeof name, "%s.so", file->plugin);
    for (int links = 0; links <= MOST_LINKS; links++) {
        if (snprintf(file->path, sizeof file->path, "%s/%s", folder_path, name) >= (int)sizeof file->path)
            return refuse(file, folder_path, "is too long a path", "Move the folder.", error);
        file->fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (file->fd < 0 || fstat(file->fd, &facts))
            return unreachable(file, file->path, error);
        if (S_ISREG(facts.st_mode))
            return check_rights(file, &facts, file->path, error);
        if (!S_ISLNK(facts.st_mode))
            return refuse(file, file->path, "is no regular file", "Install the plugin anew.", error);
        kzi_trust_close(file);
        if (!follow(file, folder, &facts, name, error))
            return false;
    }
    return refuse(file, file->path, "is a link that leads to more links than are followed", "Put the file itself there.", error);
}

bool kzi_trust_open(const char *folder, const char *plugin, kzi_trusted *file, kz_error **error)
{
    char real[PATH_MAX];
    file->plugin = plugin;
    file->fd = -1;
    if (!realpath(folder, real))
        return unreachable(file, folder, error);
    int fd = walk(file, real, error);
    if (fd < 0)
        return false;
    bool fine = open_file(file, fd, real, error);
    close(fd);
    if (!fine)
        kzi_trust_close(file);
    return fine;
}

bool kzi_trust_holds(const kzi_trusted *file, kz_error **error)
{
    struct stat then, now;
    if (!fstat(file->fd, &then) && !lstat(file->path, &now) && then.st_dev == now.st_dev && then.st_ino == now.st_ino)
        return true;
    return refuse(file, file->path, "was replaced while it was being loaded", "Try again.", error);
}

void kzi_trust_close(kzi_trusted *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}
