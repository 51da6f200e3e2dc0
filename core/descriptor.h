/* descriptor.h: whether what a plugin says of itself can be used: checked once, when it is loaded, before anything else of it is
 * read or called. Used by loader.c and registry.c. */
#ifndef KZI_DESCRIPTOR_H
#define KZI_DESCRIPTOR_H

#include "image.h"

#include <kamiwaza/plugin.h>

/* All of a descriptor: its ABI, size, name and kind, and the table of its kind with all that hangs on it. `where` is for messages: the
 * file. `kind` 0: any. Errors: PLUGIN_INCOMPATIBLE with what is wrong, NO_MEMORY. */
bool kzi_descriptor_check(
    const kz_plugin_descriptor *descriptor, const char *where, const char *name, uint64_t kind, kz_error **error);
/* Whether a descriptor that was checked is that of `name` and `kind`. */
bool kzi_descriptor_fits(
    const kz_plugin_descriptor *descriptor, const char *where, const char *name, uint64_t kind, kz_error **error);

/* Where a member ends: a struct that is shorter lacks it. The first version of a struct ends at its last member of then. */
#define END_OF(type, member) (offsetof(type, member) + sizeof(((type *)NULL)->member))

/* ---- shared by the files that check ---- */

typedef struct kzi_checker {
    kzi_image image;
    const char *where, *name;
    kz_error **error;
} kzi_checker;

/* Fills the slot: "The plugin NAME (WHERE) ...". Returns false. */
bool kzi_plugin_refuse(const kzi_checker *checker, const char *format, ...) KZ_PRINTF(2, 3);
/* `n` things of `size` bytes each can be read; NULL with n 0 too. */
bool kzi_plugin_holds(kzi_checker *checker, const void *array, uint64_t n, uint64_t size);
/* A text that may be missing: NULL, or NUL-terminated within its file. */
bool kzi_plugin_text(kzi_checker *checker, const char *text);
/* A function that may be missing: NULL, or within a file. */
#define kzi_plugin_code(checker, function) \
    (!(function) || kzi_image_holds(&(checker)->image, (const void *)(uintptr_t)(function), 1))

/* The table of a service (descriptor_service.c); its size was checked. */
bool kzi_service_table_check(kzi_checker *checker, const void *vtable);

#endif
