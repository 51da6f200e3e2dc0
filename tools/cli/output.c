/* output.c: where results go: standard output, or the file of --output. A whole result appears under its name only when
 * everything was written; a stream is written as it comes. Writing that fails is an error, never silence. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    FILE *file;
    char *path;      /* what --output named, links resolved; NULL: standard output */
    char *temporary; /* what is renamed at the end, or NULL */
};

static void output_free(output *out)
{
    g_free(out->path);
    g_free(out->temporary);
    g_free(out);
}

static bool failed(const output *out, int code, kz_error **error)
{
    return kz_error_set(
        error, KZ_ERROR_STATE, NULL, "%s could not be written: %s", out->path ? out->path : "Standard output", g_strerror(code));
}

/* A file beside the target, so that the rename stays within one file system; it gets the rights that a new file has. */
static FILE *open_temporary(output *out)
{
    out->temporary = g_strdup_printf("%s.XXXXXX", out->path);
    int fd = mkstemp(out->temporary);
    if (fd < 0) {
        int code = errno;
        g_clear_pointer(&out->temporary, g_free);
        errno = code;
        return NULL;
    }
    struct stat old;
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, stat(out->path, &old) ? 0666 & ~mask : old.st_mode & 07777) == 0)
        return fdopen(fd, "w");
    close(fd);
    return NULL;
}

output *output_open(const cli *app, bool whole, kz_error **error)
{
    output *out = g_new0(output, 1);
    out->file = stdout;
    if (!app->output || !strcmp(app->output, "-"))
        return out;
    char *real = realpath(app->output, NULL);
    out->path = g_strdup(real ? real : app->output);
    free(real);
    struct stat info;
    bool device = !stat(out->path, &info) && !S_ISREG(info.st_mode);
    out->file = whole && !device ? open_temporary(out) : fopen(out->path, "w");
    if (out->file)
        return out;
    int code = errno;
    kz_error_set(error, KZ_ERROR_ARGUMENT, "output", "%s cannot be written: %s", out->path, g_strerror(code));
    output_free(out);
    return NULL;
}

bool output_write(output *out, const void *data, size_t length, kz_error **error)
{
    if (fwrite(data, 1, length, out->file) == length)
        return true;
    return failed(out, errno, error);
}

bool output_flush(output *out, kz_error **error)
{
    return fflush(out->file) == 0 || failed(out, errno, error);
}

bool output_close(output *out, bool keep, kz_error **error)
{
    bool fine = fflush(out->file) == 0;
    int code = errno;
    if (out->path && fclose(out->file) && fine) {
        fine = false;
        code = errno;
    }
    if (out->temporary && (!fine || !keep)) {
        unlink(out->temporary);
    } else if (out->temporary && rename(out->temporary, out->path)) {
        fine = false;
        code = errno;
        unlink(out->temporary);
    }
    if (!fine)
        failed(out, code, error);
    output_free(out);
    return fine;
}

bool output_is_terminal(const output *out)
{
    return isatty(fileno(out->file));
}

bool output_text(const cli *app, const char *text, kz_error **error)
{
    output *out = output_open(app, true, error);
    if (!out)
        return false;
    bool fine = output_write(out, text, strlen(text), error);
    return output_close(out, fine, error) && fine;
}
