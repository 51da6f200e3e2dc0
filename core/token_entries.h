/* token_entries.h: the text of a file of tokens: { "version": 1, "entries": { KEY: { "label": ..., "text": ... } } }. What it holds besides
 * is kept. Touches no file. */
#ifndef KZI_TOKEN_ENTRIES_H
#define KZI_TOKEN_ENTRIES_H

#include "buffer.h"

#include <kamiwaza/error.h>

enum { KZI_TOKENS_MOST = 4 << 20 }; /* bytes of a file */

/* Whether a text is such a file; an empty one is, without entries. `path` is for messages. Errors: CONFIG. */
bool kzi_tokens_check(kz_json file, const char *path, kz_error **error);
/* The text of an entry of a file that was checked, malloc(); *text NULL: there is none. Errors: CONFIG, NO_MEMORY. */
bool kzi_tokens_find(kz_json file, const char *key, const char *path, char **text, size_t *length, kz_error **error);
/* The file with an entry replaced, or removed (`text` NULL), into `out`, which stays empty when that changes nothing.
 * Errors: ARGUMENT (what is no UTF-8), STATE (it would be too large), NO_MEMORY. */
bool kzi_tokens_replace(kz_json file, const char *key, const char *label, const char *text, size_t length, const char *path,
    kzi_buffer *out, kz_error **error);

#endif
