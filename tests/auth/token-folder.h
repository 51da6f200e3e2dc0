/* token-folder.h: a folder of its own for a test of the token file, and the store in it. */
#ifndef TEST_TOKEN_FOLDER_H
#define TEST_TOKEN_FOLDER_H

#include "token_file.h"
#include "token_lock.h"

#include <glib.h>

typedef struct TokenFolder {
    char *folder; /* 0700 */
    char *path;   /* of the tokens in it */
    kzi_token_file *file;
} TokenFolder;

void token_folder_begin(TokenFolder *f);
void token_folder_end(TokenFolder *f);

/* Writes an entry (`text` NULL: removes it), waiting for other writers. */
bool token_write(kzi_token_file *file, const char *key, const char *text, kz_error **error);
/* The text of an entry (g_free()), NULL: there is none, or with the slot filled. */
char *token_read(kzi_token_file *file, const char *key, kz_error **error);
/* Asks again until `key` is locked. */
int token_lock(const char *path, const char *key, kz_error **error);

/* All bytes of a file, and the mode of what is there. */
char *token_bytes(const char *path);
void token_put(const char *path, const char *text, gssize length);
guint token_mode(const char *path);

#endif
