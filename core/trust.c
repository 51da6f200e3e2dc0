/* trust.c: see trust.h. A folder that is sticky, such as /tmp, may be open to all: nobody can replace there what is not his.
 * Access by a group or others counts as theirs; access control lists widen the group bits, so they are covered. */
#include "trust.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_ours(uid_t owner)
{
    return owner == 0 || owner == geteuid();
}

static bool refuse(const char *path, const char *why, const char *remedy, kz_error **error)
{
    return kz_error_set(error, KZ_ERROR_PLUGIN_UNTRUSTED, path, "The plugin is not loaded: %s %s. %s", path, why, remedy);
}

static bool check_one(const char *path, bool folder, kz_error **error)
{
    struct stat facts;
    if (lstat(path, &facts))
        return refuse(path, "cannot be looked at", "Check its permissions.", error);
    if (!folder && !S_ISREG(facts.st_mode))
        return refuse(path, "is no regular file", "Install the plugin anew.", error);
    if (!is_ours(facts.st_uid))
        return refuse(path, "belongs to another user", "It must belong to root or to you.", error);
    bool open = facts.st_mode & (S_IWGRP | S_IWOTH);
    bool safe = folder && facts.st_mode & S_ISVTX;
    return !open || safe || refuse(path, "can be written by others", "Take that right away: chmod go-w.", error);
}

bool kzi_trust_check(const char *path, char *real, kz_error **error)
{
    if (!realpath(path, real)) {
        kz_error_code code = errno == ENOENT || errno == ENOTDIR ? KZ_ERROR_PLUGIN_NOT_FOUND : KZ_ERROR_PLUGIN_UNTRUSTED;
        return kz_error_set(error, code, path, "The plugin %s cannot be reached: %s.", path, strerrordesc_np(errno));
    }
    char above[PATH_MAX];
    if (!check_one(real, false, error))
        return false;
    strcpy(above, real);
    for (char *slash; (slash = strrchr(above, '/')) != NULL;) {
        slash[slash == above] = 0;
        if (!check_one(above, true, error))
            return false;
        if (slash == above)
            break;
    }
    return true;
}
