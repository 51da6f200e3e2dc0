/* part.c: see part.h. Never leaves a file under its final name that is not whole, never follows a link. */
#include "part.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool failed(const char *what, const char *path, kz_error **error)
{
    int code = errno;
    if (code == ENOMEM)
        return kz_error_no_memory(error);
    char text[128];
    if (strerror_r(code, text, sizeof text) != text)
        text[sizeof text - 1] = 0;
    const char *advice = code == ENOSPC || code == EDQUOT ? " Free some space; what came so far is kept." : "";
    return kz_error_set(error, KZ_ERROR_STATE, path, "%s \"%s\": %s.%s", what, path, strerrordesc_np(code), advice);
}

static bool make_names(kzi_part *part, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t folder = (size_t)(name - path), length = strlen(path) + 16;
    part->path = malloc(length);
    part->tag_path = malloc(length);
    if (!part->path || !part->tag_path)
        return false;
    snprintf(part->path, length, "%.*s.%s.part", (int)folder, path, name);
    snprintf(part->tag_path, length, "%.*s.%s.part.tag", (int)folder, path, name);
    return true;
}

/* False: no memory, which must not pass for a part without a tag and have it begun anew. */
static bool read_tag(kzi_part *part)
{
    enum { LONGEST = 510 };
    kzi_buffer text = { 0 };
    int fd = TEMP_FAILURE_RETRY(open(part->tag_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (fd < 0)
        return true;
    int problem = kzi_file_read(fd, LONGEST, &text);
    close(fd);
    bool fits = !problem && text.length > 2 && text.data[0] == '"' && !strpbrk(text.data, "\r\n");
    size_t length;
    part->tag = fits ? kzi_buffer_take(&text, &length) : NULL;
    kzi_buffer_free(&text);
    return problem != ENOMEM && (!fits || part->tag);
}

/* Shows what an earlier run brought; an unreadable rest is as good as none. */
static bool show(kzi_part *part, const kz_transfer *transfer, int64_t length)
{
    char block[65536];
    int64_t at = 0;
    while (at < length) {
        ssize_t n = TEMP_FAILURE_RETRY(pread(part->fd, block, sizeof block, at));
        if (n <= 0)
            return false;
        if (transfer->bytes)
            transfer->bytes(transfer->user, block, (size_t)n);
        at += n;
    }
    part->offset = length;
    return true;
}

bool kzi_part_open(kzi_part *part, const kz_transfer *transfer, kz_error **error)
{
    struct stat facts;
    if (!make_names(part, transfer->path))
        return kz_error_no_memory(error);
    part->fd = TEMP_FAILURE_RETRY(open(part->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (part->fd < 0)
        return failed("Cannot write", part->path, error);
    if (TEMP_FAILURE_RETRY(flock(part->fd, LOCK_EX | LOCK_NB)))
        return errno != EWOULDBLOCK ? failed("Cannot lock", part->path, error)
                                    : kz_error_set(error, KZ_ERROR_STATE, transfer->path,
                                          "\"%s\" is being downloaded by another process.", transfer->path);
    if (fstat(part->fd, &facts))
        return failed("Cannot look at", part->path, error);
    if (!read_tag(part))
        return kz_error_no_memory(error);
    bool fits = part->tag && facts.st_size > 0 && (transfer->size < 0 || facts.st_size <= transfer->size);
    if (fits && show(part, transfer, facts.st_size))
        return lseek(part->fd, 0, SEEK_END) >= 0 || failed("Cannot write", part->path, error);
    return kzi_part_restart(part, transfer, error);
}

bool kzi_part_restart(kzi_part *part, const kz_transfer *transfer, kz_error **error)
{
    part->offset = 0;
    free(part->tag);
    part->tag = NULL;
    unlink(part->tag_path);
    if (transfer->restart)
        transfer->restart(transfer->user);
    return (!TEMP_FAILURE_RETRY(ftruncate(part->fd, 0)) && lseek(part->fd, 0, SEEK_SET) == 0) ||
        failed("Cannot write", part->path, error);
}

bool kzi_part_remember(kzi_part *part, const char *etag, kz_error **error)
{
    if (!etag || *etag != '"' || (part->tag && !strcmp(part->tag, etag)))
        return true; /* a weak tag does not say that the bytes are the same */
    char *copy = strdup(etag);
    if (!copy)
        return kz_error_no_memory(error);
    free(part->tag);
    part->tag = copy;
    int fd = TEMP_FAILURE_RETRY(open(part->tag_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666));
    bool fine = fd >= 0 && kzi_file_write(fd, etag, strlen(etag));
    if (!fine)
        failed("Cannot write", part->tag_path, error);
    if (fd >= 0)
        close(fd);
    return fine;
}

bool kzi_part_write(kzi_part *part, const kz_transfer *transfer, const char *data, size_t length, kz_error **error)
{
    if (!kzi_file_write(part->fd, data, length))
        return failed("Cannot write", part->path, error);
    part->offset += (int64_t)length;
    if (transfer->bytes)
        transfer->bytes(transfer->user, data, length);
    return true;
}

bool kzi_part_finish(kzi_part *part, const kz_transfer *transfer, kz_error **error)
{
    if (transfer->size >= 0 && part->offset != transfer->size)
        return kz_error_set(error, KZ_ERROR_CONNECTION, transfer->path, "The file ended after %lld of %lld bytes.",
            (long long)part->offset, (long long)transfer->size);
    kz_error *refusal = NULL;
    if (transfer->finish && !transfer->finish(transfer->user, &refusal)) {
        unlink(part->path);
        unlink(part->tag_path);
        if (!refusal)
            kz_error_set(&refusal, KZ_ERROR_DECODE, transfer->path, "The file was refused.");
        return kz_error_move(error, &refusal);
    }
    if (TEMP_FAILURE_RETRY(fsync(part->fd)))
        return failed("Cannot write", part->path, error);
    if (rename(part->path, transfer->path))
        return failed("Cannot give its name to", transfer->path, error);
    unlink(part->tag_path);
    return true;
}

void kzi_part_close(kzi_part *part)
{
    if (part->fd >= 0)
        close(part->fd);
    free(part->path);
    free(part->tag_path);
    free(part->tag);
    int64_t offset = part->offset;
    *part = (kzi_part)KZI_PART_NONE;
    part->offset = offset; /* counts in the progress of the batch */
}
