/* registry.h: finds, checks and loads plugins. The only file pair that knows libltdl is registry.h and loader.c. */
#ifndef KZI_REGISTRY_H
#define KZI_REGISTRY_H

#include <kamiwaza/plugin.h>
#include "config.h"

/* The descriptor of plugin `name` of `kind`, loaded the first time; never unloaded. Thread-safe: parallel calls load once, and
 * *loaded_from receives the file ("built in") in the one that did, else NULL; `loaded_from` may be NULL.
 * Errors: ARGUMENT (a name that is none), PLUGIN_NOT_FOUND, _INCOMPATIBLE, _UNTRUSTED, PLUGIN, NO_MEMORY. */
const kz_plugin_descriptor *kzi_registry_load(
    const kzi_settings *settings, const char *name, kz_plugin_kind kind, const char **loaded_from, kz_error **error);

/* Names of the extensions ("models.acme") of a service in the search path and among the built-in ones, in search order, sorted within a folder;
 * NULL-terminated, one malloc() block for all. NULL: no memory. */
char **kzi_registry_extensions(const kzi_settings *settings, const char *service, kz_error **error);

/* As kz_client_plugins(); with `only` as kz_client_plugin(). */
kz_plugin_list *kzi_registry_list(const kzi_settings *settings, const char *only, bool check, kz_error **error);

#endif
