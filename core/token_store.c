/* token_store.c: see token_store.h. */
#include "token_store.h"

kzi_token_store *kzi_token_store_new(kz_provider *auth, kz_error **error)
{
    (void)auth, (void)error;
    return NULL;
}

void kzi_token_store_free(kzi_token_store *store)
{
    (void)store;
}

kz_step kzi_token_store_read(kzi_token_store *store, const char *key, char **text, size_t *length, double *wait, kz_error **error)
{
    (void)store, (void)key, (void)text, (void)length, (void)wait, (void)error;
    return KZ_STEP_DONE;
}

kz_step kzi_token_store_write(
    kzi_token_store *store, const char *key, const char *label, const char *text, size_t length, double *wait, kz_error **error)
{
    (void)store, (void)key, (void)label, (void)text, (void)length, (void)wait, (void)error;
    return KZ_STEP_DONE;
}

kz_step kzi_token_store_lock(kzi_token_store *store, const char *key, int *held, double *wait, kz_error **error)
{
    (void)store, (void)key, (void)held, (void)wait, (void)error;
    return KZ_STEP_DONE;
}

void kzi_token_store_unlock(int *held)
{
    (void)held;
}
