/* token_file.h: the token store "file": one file for all entries of this user. */
#ifndef KZI_TOKEN_FILE_H
#define KZI_TOKEN_FILE_H

#include <kamiwaza/auth-plugin.h>

typedef struct kzi_token_file kzi_token_file;

/* `path` NULL: tokens.json in the folder for state. Touches nothing yet. Errors: CONFIG, NO_MEMORY. */
kzi_token_file *kzi_token_file_new(const char *path, kz_error **error);
void kzi_token_file_free(kzi_token_file *file);
const char *kzi_token_file_path(const kzi_token_file *file);

/* As in kz_store_vtable; `self` is a kzi_token_file. */
kz_step kzi_token_file_read(void *self, const char *key, char **text, size_t *length, double *wait, kz_error **error);
kz_step kzi_token_file_write(
    void *self, const char *key, const char *label, const char *text, size_t length, double *wait, kz_error **error);

/* Whether there is a file, so that entries of it may be shared with other processes. */
bool kzi_token_file_exists(const kzi_token_file *file);

#endif
