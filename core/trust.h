/* trust.h: whether a file may be loaded into the program: nobody but root and the effective user can have written it, nor
 * any folder above it. */
#ifndef KZI_TRUST_H
#define KZI_TRUST_H

#include <kamiwaza/error.h>

/* Checks the file that `path` finally leads to; `real` (PATH_MAX bytes) receives its name without links.
 * Errors: PLUGIN_UNTRUSTED with what is wrong and the remedy, PLUGIN_NOT_FOUND. */
bool kzi_trust_check(const char *path, char *real, kz_error **error);

#endif
