/* token_store.h: where tokens of a sign-in outlive the process: one entry for each base URL, provider and user. The texts are auth.c's;
 * a store only keeps them. An entry is locked while it is renewed, so that two processes never spend the same refresh token. None of
 * these functions blocks: KZ_STEP_WAIT says after how many seconds to ask again, with the same arguments. */
#ifndef KZI_TOKEN_STORE_H
#define KZI_TOKEN_STORE_H

#include <kamiwaza/auth-plugin.h>

typedef struct kzi_token_store kzi_token_store;

/* The store that the setting token_store names. NULL with an empty slot: "none". Errors: CONFIG, PLUGIN_*, NO_MEMORY. */
kzi_token_store *kzi_token_store_new(kz_provider *auth, kz_error **error);
void kzi_token_store_free(kzi_token_store *store);

/* Whether a plugin's table has all that a store needs. */
bool kzi_store_vtable_is_whole(const kz_store_vtable *vtable);

/* The functions of kz_store_vtable. */
kz_step kzi_token_store_read(
    kzi_token_store *store, const char *key, char **text, size_t *length, double *wait, kz_error **error);
kz_step kzi_token_store_write(
    kzi_token_store *store, const char *key, const char *label, const char *text, size_t length, double *wait, kz_error **error);

/* Locks an entry against other processes and other clients of this one; WAIT while somebody else has it. *held (-1 before) is for
 * kzi_token_store_unlock(), which sets it to -1 again. */
kz_step kzi_token_store_lock(kzi_token_store *store, const char *key, int *held, double *wait, kz_error **error);
void kzi_token_store_unlock(int *held);

#endif
