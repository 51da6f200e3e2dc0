/* documents.h: random JSON documents from a seed: either any at all, or such as fit a schema, in every spelling that JSON allows:
 * escapes, all of Unicode, whitespace, numbers by other texts, members twice, members that no schema knows. */
#ifndef TEST_DOCUMENTS_H
#define TEST_DOCUMENTS_H

#include "schema_json.h"

#include <glib.h>

typedef struct Documents {
    GRand *random;
    GString *out;
    unsigned depth; /* how deep to nest at most */
    gboolean plain; /* what a request can hold: no NUL in strings, no null where that means "not given", integers as such */
    gboolean once;  /* no member twice */
} Documents;

/* Appends any value. */
void documents_value(Documents *d, unsigned depth);
/* Appends an object (or what the schema's shape asks for) that the schema can read. */
void documents_object(Documents *d, const kz_schema *schema, unsigned depth);

#endif
