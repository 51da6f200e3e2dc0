/* json.h: pieces of JSON at the edges of the library: from and to json-c trees, and members of a piece by name.
 * The path of a call never goes through json-c; this is for programs that want to walk what has no type of its own. */
#ifndef KAMIWAZA_JSON_H
#define KAMIWAZA_JSON_H

#include <kamiwaza/error.h>

struct json_object;

KZ_BEGIN_DECLS

/* Parses a piece into a new json-c tree; the caller owns it (json_object_put). JSON null is NULL with an empty slot.
 * Errors: DECODE (not JSON; line and column are named), NO_MEMORY. */
KZ_API struct json_object *kz_json_tree(kz_json json, kz_error **error);

/* The text of a tree as a piece. `*root` receives what kz_free() releases. Errors: NO_MEMORY. */
KZ_API kz_json kz_json_from_tree(struct json_object *tree, void **root, kz_error **error);

/* Whether the text is one strict JSON document (RFC 8259, UTF-8), nested no deeper than 128. Errors: DECODE. */
KZ_API bool kz_json_check(kz_json json, kz_error **error);

/* The member `name` of a piece that is an object, as text within it; { NULL, 0 } when it is none or lacks it. The first
 * of several members of one name counts. The piece must be valid JSON. */
KZ_API kz_json kz_json_member(kz_json json, const char *name);

KZ_END_DECLS
#endif
