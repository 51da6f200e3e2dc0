/* trust.h: whether a file may be loaded into the program: nobody but root and the effective user can have written it, nor
 * any folder above it, and it is where its folder says. */
#ifndef KZI_TRUST_H
#define KZI_TRUST_H

#include <kamiwaza/error.h>
#include <limits.h>

/* A file that may be loaded, held so that it can be recognised. */
typedef struct kzi_trusted {
    const char *plugin;  /* its name, borrowed */
    char path[PATH_MAX]; /* without links */
    int fd;
} kzi_trusted;

/* Checks the file of `plugin` in `folder`. A link is followed to another name in the same folder, not out of it.
 * Errors: PLUGIN_UNTRUSTED with what is wrong and the remedy, PLUGIN_NOT_FOUND. */
bool kzi_trust_open(const char *folder, const char *plugin, kzi_trusted *file, kz_error **error);
/* Whether the path still leads to the file that was checked. Errors: PLUGIN_UNTRUSTED. */
bool kzi_trust_holds(const kzi_trusted *file, kz_error **error);
void kzi_trust_close(kzi_trusted *file);

#endif
