/* fuzz-part.c: what an earlier run left of a file on its way: the ETag beside it, up to the first NUL, and the bytes that came, up to
 * the second; what follows comes now. The first byte says how: the size that is expected, and the ETag of what comes. The file that
 * comes of it is what the transfer was shown, from its start, in order. */
#include "fuzz.h"
#include "part.h"
#include "temporary.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct seen {
    kzi_buffer bytes;
    unsigned restarts;
} seen;

static void take(void *user, const void *data, size_t length)
{
    seen *s = user;
    kzi_buffer_append(&s->bytes, data, length);
}

static void restart(void *user)
{
    seen *s = user;
    kzi_buffer_clear(&s->bytes);
    s->restarts++;
}

typedef struct piece {
    const uint8_t *data;
    size_t length;
} piece;

static piece cut(const uint8_t **data, size_t *size)
{
    const uint8_t *end = memchr(*data, 0, *size);
    piece p = { *data, end ? (size_t)(end - *data) : *size };
    size_t used = p.length + (end != NULL);
    *data += used;
    *size -= used;
    return p;
}

static void check_file(const char *path, const seen *s)
{
    struct stat facts;
    char *content = malloc(s->bytes.length + 1);
    FILE *file = fopen(path, "rb");
    HOLDS(content && file && !fstat(fileno(file), &facts) && (size_t)facts.st_size == s->bytes.length);
    HOLDS(fread(content, 1, s->bytes.length + 1, file) == s->bytes.length);
    HOLDS(!s->bytes.length || !memcmp(content, s->bytes.data, s->bytes.length));
    fclose(file);
    free(content);
    HOLDS(!unlink(path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    char path[4096], part_path[4096], tag_path[4096];
    const char *folder = fuzz_folder();
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(part_path, sizeof part_path, "%s/.file.part", folder);
    snprintf(tag_path, sizeof tag_path, "%s/.file.part.tag", folder);
    uint8_t how = *data++;
    size--;
    piece tag = cut(&data, &size), before = cut(&data, &size), now = { data, size };
    fuzz_write(part_path, before.data, before.length);
    if (how & 1)
        fuzz_write(tag_path, tag.data, tag.length);
    else
        unlink(tag_path);
    seen s = { 0 };
    kz_error *error = NULL;
    kz_transfer transfer = { .path = path, .size = how & 2 ? how >> 3 : -1, .bytes = take, .restart = restart, .user = &s };
    kzi_part part = KZI_PART_NONE;
    HOLDS(kzi_part_open(&part, &transfer, &error) && !error);
    HOLDS(part.offset == (int64_t)s.bytes.length && (part.offset == 0 || (size_t)part.offset == before.length));
    HOLDS(!part.offset || (part.tag && part.tag[0] == '"' && !strpbrk(part.tag, "\r\n")));
    HOLDS(!part.offset || transfer.size < 0 || part.offset <= transfer.size);
    if (how & 4)
        HOLDS(kzi_part_restart(&part, &transfer, &error) && !part.offset && s.restarts);
    HOLDS(kzi_part_remember(&part, "\"tag\"", &error));
    HOLDS(kzi_part_write(&part, &transfer, (const char *)now.data, now.length, &error));
    bool whole = transfer.size < 0 || transfer.size == part.offset;
    HOLDS(kzi_part_finish(&part, &transfer, &error) == whole && !error == whole);
    if (whole)
        check_file(path, &s);
    kzi_part_close(&part);
    kz_error_free(error);
    kzi_buffer_free(&s.bytes);
    return 0;
}
