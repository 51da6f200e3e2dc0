/* token_store.c: see token_store.h. The store "file" is token_file.c, others are plugins. Locks are the core's for all of them: beside the
 * file of tokens, or for a plugin in the folder for state. What a plugin says is not taken on trust. */
#include "token_store.h"

#include "auth.h"
#include "registry.h"
#include "token_file.h"
#include "token_lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kzi_token_store {
    const kz_store_vtable *vtable;
    void *self;
    char *locks;       /* the locks lie beside this file */
    atomic_uint tries; /* of a lock */
    const char *name;  /* of the plugin, or NULL: it is the file */
};

static void *file_create(kz_provider *auth, kz_error **error)
{
    return kzi_token_file_new(auth->client->settings->token_path, error);
}

static void file_destroy(void *self)
{
    kzi_token_file_free(self);
}

static const kz_store_vtable file_vtable = {
    .size = sizeof file_vtable,
    .title = "A file",
    .summary = "Keeps tokens in a file that only this user may read.",
    .create = file_create,
    .destroy = file_destroy,
    .read = kzi_token_file_read,
    .write = kzi_token_file_write,
};

bool kzi_store_vtable_is_whole(const kz_store_vtable *vtable)
{
    return vtable->size >= sizeof *vtable && vtable->size <= 65536 && vtable->create && vtable->read && vtable->write;
}

static bool choose(kzi_token_store *store, const kz_client *client, kz_error **error)
{
    const kzi_settings *settings = client->settings;
    char name[128];
    store->vtable = &file_vtable;
    if (!strcmp(settings->token_store, "file"))
        return true;
    if (snprintf(name, sizeof name, "store-%s", settings->token_store) >= (int)sizeof name)
        return kz_error_set(error, KZ_ERROR_CONFIG, "token_store", "The name of the token store is too long.");
    const kz_plugin_descriptor *plugin = kzi_client_load(client, name, KZ_PLUGIN_STORE, error);
    if (!plugin)
        return false;
    store->vtable = plugin->vtable;
    store->name = plugin->name;
    return true;
}

static void create(kzi_token_store *store, kz_provider *auth, kz_error **failure)
{
    store->self = store->vtable->create(auth, failure);
    if (*failure)
        return;
    if (!store->self)
        kz_error_set(
            failure, KZ_ERROR_PLUGIN, store->name, "The token store %s failed to start and did not say why.", store->name);
    else if (store->name)
        store->locks = kzi_place_default(store->name, failure);
    else if (!(store->locks = strdup(kzi_token_file_path(store->self))))
        kz_error_no_memory(failure);
}

kzi_token_store *kzi_token_store_new(kz_provider *auth, kz_error **error)
{
    kz_error *failure = NULL;
    if (!strcmp(auth->client->settings->token_store, "none"))
        return NULL;
    kzi_token_store *store = calloc(1, sizeof *store);
    if (!store) {
        kz_error_no_memory(error);
        return NULL;
    }
    if (choose(store, auth->client, &failure))
        create(store, auth, &failure);
    if (!failure)
        return store;
    kzi_token_store_free(store);
    kz_error_move(error, &failure);
    return NULL;
}

void kzi_token_store_free(kzi_token_store *store)
{
    if (!store)
        return;
    if (store->self && store->vtable->destroy)
        store->vtable->destroy(store->self);
    free(store->locks);
    free(store);
}

/* What a store's function said, made to fit: a wait has a time, a failure a reason, and nothing else is known here. */
static kz_step said(const kzi_token_store *store, kz_step step, double *wait, kz_error **failure, kz_error **error)
{
    if (step == KZ_STEP_WAIT && !*failure) {
        if (!(*wait >= 0.001))
            *wait = 0.01;
        return KZ_STEP_WAIT;
    }
    if (step == KZ_STEP_DONE && !*failure)
        return KZ_STEP_DONE;
    if (!*failure)
        kz_error_set(failure, KZ_ERROR_PLUGIN, store->name, "The token store %s failed and did not say why.", store->name);
    kz_error_move(error, failure);
    return KZ_STEP_FAILED;
}

kz_step kzi_token_store_read(kzi_token_store *store, const char *key, char **text, size_t *length, double *wait, kz_error **error)
{
    kz_error *failure = NULL;
    *text = NULL;
    *length = 0;
    kz_step step = store->vtable->read(store->self, key, text, length, wait, &failure);
    step = said(store, step, wait, &failure, error);
    if (step != KZ_STEP_DONE) {
        kzi_wipe_free(*text, *text ? *length : 0);
        *text = NULL;
    }
    return step;
}

kz_step kzi_token_store_write(
    kzi_token_store *store, const char *key, const char *label, const char *text, size_t length, double *wait, kz_error **error)
{
    kz_error *failure = NULL;
    kz_step step = store->vtable->write(store->self, key, label, text, length, wait, &failure);
    return said(store, step, wait, &failure, error);
}

/* Where there is no file of tokens and none can be made, there is none to share: a program on a disk that it may not write needs no lock,
 * and hears that its tokens are not kept when they should be. */
kz_step kzi_token_store_lock(kzi_token_store *store, const char *key, int *held, double *wait, kz_error **error)
{
    kz_error *failure = NULL;
    kzi_place place;
    kz_step step = KZ_STEP_FAILED;
    if (kzi_place_open(&place, &kzi_place_tokens, store->locks, true, &failure))
        step = kzi_token_lock(&place, key, &store->tries, held, wait, &failure);
    kzi_place_close(&place);
    if (step != KZ_STEP_FAILED)
        return step;
    if (!store->name && !kz_error_is(failure, KZ_ERROR_NO_MEMORY) && !kzi_token_file_exists(store->self)) {
        kz_error_free(failure);
        return KZ_STEP_DONE;
    }
    kz_error_move(error, &failure);
    return KZ_STEP_FAILED;
}

void kzi_token_store_unlock(int *held)
{
    kzi_token_unlock(held);
}
