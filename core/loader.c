/* loader.c: see loader.h. One recursive lock around libltdl, which is not safe for threads; symbols local; the file is named
 * whole, so that no search path of the loader's counts; what the dynamic linker says is reported. */
#include "loader.h"

#include "descriptor.h"

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

/* A recursive lock belongs to a thread, which has another identity in the child: it cannot be unlocked there. */
void kzi_loader_forked(void)
{
    make_lock();
}

void kz_plugins_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

static bool prepare(kz_error **error)
{
    if (!prepared && lt_dlinit())
        return kz_error_set(error, KZ_ERROR_PLUGIN, NULL, "Plugins cannot be loaded: %s.", lt_dlerror());
    prepared = true;
    return true;
}

/* libltdl says "file not found" for whatever goes wrong; the dynamic linker knows better when asked once more. A function of ours that
 * is missing is one that a newer library has. */
static bool cannot_load(const char *real, const char *name, kz_error **error)
{
    static const char missing[] = "undefined symbol: ";
    void *again = dlopen(real, RTLD_NOW | RTLD_LOCAL);
    const char *why = again ? NULL : dlerror(), *symbol = why ? strstr(why, missing) : NULL;
    if (symbol && !strncmp(symbol += strlen(missing), "kz_", 3))
        kz_error_set(error, KZ_ERROR_PLUGIN_INCOMPATIBLE, name,
            "The plugin %s (%s) needs %.*s(), which this library (%s) does not have: the plugin was built for a newer one. "
            "Install that.",
            name, real, (int)strcspn(symbol, ", "), symbol, kz_version());
    else
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
