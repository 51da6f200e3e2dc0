/* loader.h: loads shared objects. loader.c is the only file that knows libltdl. */
#ifndef KZI_LOADER_H
#define KZI_LOADER_H

#include <kamiwaza/plugin.h>

/* The descriptor that the file at `real` exports, checked (`name` as in the file name; kind 0: any).
 * Never unloaded. Call with kz_plugins_lock() held. Errors: PLUGIN, PLUGIN_INCOMPATIBLE, NO_MEMORY. */
const kz_plugin_descriptor *kzi_loader_open(const char *real, const char *name, uint64_t kind, kz_error **error);

/* In a child after fork(), whose parent held the lock while it forked: makes it anew. */
void kzi_loader_forked(void);

#endif
