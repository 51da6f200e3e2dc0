/* token_file.c: see token_file.h. A write makes the whole file anew under another name and then gives it its own, under a lock, so that
 * a reader finds the old or the new one, whenever the writer or the machine dies, and writers of different entries lose nothing. */
#include "token_file.h"

#include "file.h"
#include "token_entries.h"
#include "token_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct kzi_token_file {
    char *path;
    atomic_uint tries; /* of its lock */
};

kzi_token_file *kzi_token_file_new(const char *path, kz_error **error)
{
    char *whole = path ? kzi_place_absolute(path, error) : kzi_place_default("tokens.json", error);
    kzi_token_file *file = whole ? calloc(1, sizeof *file) : NULL;
    if (whole && !file) {
        free(whole);
        kz_error_no_memory(error);
    }
    if (file)
        file->path = whole;
    return file;
}

void kzi_token_file_free(kzi_token_file *file)
{
    if (!file)
        return;
    free(file->path);
    free(file);
}

const char *kzi_token_file_path(const kzi_token_file *file)
{
    return file->path;
}

bool kzi_token_file_exists(const kzi_token_file *file)
{
    return access(file->path, F_OK) == 0 || errno != ENOENT;
}

/* The file's text, checked; empty when there is none. */
static bool load(const kzi_place *place, kzi_buffer *text, kz_error **error)
{
    kz_error *failure = NULL;
    int fd = kzi_place_file(place, place->name, O_RDONLY, &failure);
    if (fd < 0)
        return !failure || kz_error_move(error, &failure);
    int code = kzi_file_read(fd, KZI_TOKENS_MOST, text);
    close(fd);
    if (code == EFBIG)
        return kz_error_set(error, KZ_ERROR_CONFIG, place->path,
            "The file of tokens %s is larger than 4 MiB. Move it away and sign in again.", place->path);
    if (code)
        return kzi_place_failed(place->kind, "read", place->path, code, error);
    return kzi_tokens_check((kz_json){ text->data, text->length }, place->path, error);
}

kz_step kzi_token_file_read(void *self, const char *key, char **text, size_t *length, double *wait, kz_error **error)
{
    const kzi_token_file *file = self;
    kzi_place place;
    kzi_buffer all = { 0 };
    (void)wait;
    *text = NULL;
    bool fine = kzi_place_open(&place, &kzi_place_tokens, file->path, false, error);
    if (fine && place.folder >= 0)
        fine = load(&place, &all, error) &&
            kzi_tokens_find((kz_json){ all.data, all.length }, key, place.path, text, length, error);
    kzi_buffer_free(&all);
    kzi_place_close(&place);
    return fine ? KZ_STEP_DONE : KZ_STEP_FAILED;
}

static kz_step write_locked(
    const kzi_place *place, const char *key, const char *label, const char *text, size_t length, kz_error **error)
{
    kzi_buffer before = { 0 }, after = { 0 };
    bool fine = load(place, &before, error) &&
        kzi_tokens_replace((kz_json){ before.data, before.length }, key, label, text, length, place->path, &after, error) &&
        (!after.length || kzi_place_replace(place, (kz_json){ after.data, after.length }, error));
    kzi_buffer_free(&before);
    kzi_buffer_free(&after);
    return fine ? KZ_STEP_DONE : KZ_STEP_FAILED;
}

kz_step kzi_token_file_write(
    void *self, const char *key, const char *label, const char *text, size_t length, double *wait, kz_error **error)
{
    kzi_token_file *file = self;
    kzi_place place;
    int held = -1;
    kz_step step = kzi_place_open(&place, &kzi_place_tokens, file->path, text != NULL, error) ? KZ_STEP_DONE : KZ_STEP_FAILED;
    bool nothing = step == KZ_STEP_DONE && place.folder < 0; /* to remove from */
    if (step == KZ_STEP_DONE && !nothing)
        step = kzi_token_lock(&place, NULL, &file->tries, &held, wait, error);
    if (step == KZ_STEP_DONE && !nothing)
        step = write_locked(&place, key, label, text, length, error);
    kzi_token_unlock(&held);
    kzi_place_close(&place);
    return step;
}
