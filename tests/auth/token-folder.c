/* token-folder.c: see token-folder.h. */
#include "token-folder.h"

#include "../wire/remove.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void token_folder_begin(TokenFolder *f)
{
    kz_error *error = NULL;
    f->folder = g_dir_make_tmp("kz-tokens-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, "tokens.json", NULL);
    f->file = kzi_token_file_new(f->path, &error);
    g_assert_null(error);
}

void token_folder_end(TokenFolder *f)
{
    kzi_token_file_free(f->file);
    g_chmod(f->folder, 0700);
    remove_all(f->folder);
    g_free(f->folder);
    g_free(f->path);
}

static void pause_for(double wait)
{
    g_assert_cmpfloat(wait, >=, 0.01);
    g_assert_cmpfloat(wait, <=, 0.2);
    g_usleep((gulong)(wait * 1e6)); /* as long as the store says: no event tells that a lock of another process is free */
}

bool token_write(kzi_token_file *file, const char *key, const char *text, kz_error **error)
{
    double wait = 0;
    kz_step step;
    while ((step = kzi_token_file_write(file, key, "a label", text, text ? strlen(text) : 0, &wait, error)) == KZ_STEP_WAIT)
        pause_for(wait);
    return step == KZ_STEP_DONE;
}

char *token_read(kzi_token_file *file, const char *key, kz_error **error)
{
    char *text = NULL, *copy;
    size_t length = 0;
    double wait = 0;
    kz_step step = kzi_token_file_read(file, key, &text, &length, &wait, error);
    g_assert_true(step == KZ_STEP_DONE ? !*error : step == KZ_STEP_FAILED && *error && !text);
    g_assert_true(!text || strlen(text) == length);
    copy = g_strdup(text);
    free(text);
    return copy;
}

int token_lock(const char *path, const char *key, kz_error **error)
{
    kzi_place place;
    atomic_uint tries = 0;
    int held = -1;
    double wait = 0;
    kz_step step = kzi_place_open(&place, &kzi_place_tokens, path, true, error) ? KZ_STEP_WAIT : KZ_STEP_FAILED;
    while (step == KZ_STEP_WAIT && (step = kzi_token_lock(&place, key, &tries, &held, &wait, error)) == KZ_STEP_WAIT)
        pause_for(wait);
    kzi_place_close(&place);
    return held;
}

char *token_bytes(const char *path)
{
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

void token_put(const char *path, const char *text, gssize length)
{
    g_assert_true(g_file_set_contents_full(path, text, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

guint token_mode(const char *path)
{
    struct stat facts;
    g_assert_cmpint(lstat(path, &facts), ==, 0);
    return facts.st_mode & 07777;
}
