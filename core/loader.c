/* loader.c: see loader.h. One recursive lock around libltdl, which is not safe for threads; symbols local; the file is named
 * whole, so that no search path of the loader's counts; what the dynamic linker says is reported. */
#include "loader.h"

#include "config_auth.h"
#include "token_store.h"

#include <dlfcn.h>
#include <ltdl.h>
#include <pthread.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock;
static bool prepared;

static void make_lock(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

void kz_plugins_lock(void)
{
    pthread_once(&once, make_lock);
    pthread_mutex_lock(&lock);
}

void kz_plugins_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

static bool incompatible(const char *where, const char *name, const char *why, kz_error **error)
{
    return kz_error_set(error, KZ_ERROR_PLUGIN_INCOMPATIBLE, name, "The plugin %s (%s) %s.", name, where, why);
}

bool kzi_descriptor_check(const kz_plugin_descriptor *d, const char *where, const char *name, uint64_t kind, kz_error **error)
{
    if (d->abi_major != KZ_ABI_MAJOR)
        return kz_error_set(error, KZ_ERROR_PLUGIN_INCOMPATIBLE, name,
            "The plugin %s (%s) was built for plugin ABI %u.%u; this library has %d.%d. Install the plugin that belongs to it.",
            name, where, d->abi_major, d->abi_minor, KZ_ABI_MAJOR, KZ_ABI_MINOR);
    if (d->size < sizeof *d || d->size > 65536)
        return incompatible(where, name, "has a descriptor of an impossible size", error);
    if (!d->name || strcmp(d->name, name) != 0)
        return incompatible(where, name, "calls itself by another name than its file", error);
    if (d->kind < KZ_PLUGIN_SERVICE || d->kind > KZ_PLUGIN_STORE)
        return incompatible(where, name, "is of a kind that this library does not know", error);
    if (kind && d->kind != kind)
        return incompatible(where, name,
            kind == KZ_PLUGIN_SERVICE    ? "is no service"
                : kind == KZ_PLUGIN_AUTH ? "is no way to sign in"
                                         : "is no token store",
            error);
    if (!d->vtable || !d->version)
        return incompatible(where, name, "has an incomplete descriptor", error);
    if (d->kind == KZ_PLUGIN_SERVICE) {
        const kz_service_vtable *vtable = d->vtable;
        if (vtable->size < offsetof(kz_service_vtable, locate) || vtable->size > 65536 ||
            (!vtable->operations && vtable->n_operations))
            return incompatible(where, name, "has an incomplete table of operations", error);
    }
    if ((d->kind == KZ_PLUGIN_AUTH && !kzi_auth_vtable_is_whole(d->vtable)) ||
        (d->kind == KZ_PLUGIN_STORE && !kzi_store_vtable_is_whole(d->vtable)))
        return incompatible(where, name, "has an incomplete table of functions", error);
    return true;
}

static bool prepare(kz_error **error)
{
    if (!prepared && lt_dlinit())
        return kz_error_set(error, KZ_ERROR_PLUGIN, NULL, "Plugins cannot be loaded: %s.", lt_dlerror());
    prepared = true;
    return true;
}

/* libltdl says "file not found" for whatever goes wrong; the dynamic linker knows better when asked once more. */
static bool cannot_load(const char *real, const char *name, kz_error **error)
{
    void *again = dlopen(real, RTLD_NOW | RTLD_LOCAL);
    const char *why = again ? NULL : dlerror();
    kz_error_set(
        error, KZ_ERROR_PLUGIN, name, "The plugin %s cannot be loaded from %s: %s.", name, real, why ? why : lt_dlerror());
    if (again)
        dlclose(again);
    return false;
}

const kz_plugin_descriptor *kzi_loader_open(const char *real, const char *name, uint64_t kind, kz_error **error)
{
    lt_dladvise advice;
    if (!prepare(error))
        return NULL;
    if (lt_dladvise_init(&advice)) {
        kz_error_no_memory(error);
        return NULL;
    }
    lt_dladvise_local(&advice);
    lt_dlhandle handle = lt_dlopenadvise(real, advice);
    lt_dladvise_destroy(&advice);
    if (!handle) {
        cannot_load(real, name, error);
        return NULL;
    }
    const kz_plugin_descriptor *descriptor = lt_dlsym(handle, "kz_plugin");
    if (!descriptor) {
        kz_error_set(
            error, KZ_ERROR_PLUGIN_INCOMPATIBLE, name, "%s is no plugin of libkamiwaza: it has no symbol kz_plugin.", real);
        return NULL; /* stays loaded: its constructors may have left something behind */
    }
    return kzi_descriptor_check(descriptor, real, name, kind, error) ? descriptor : NULL;
}
