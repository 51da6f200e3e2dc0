/* json_edit.h: changes in a JSON text that leave alone what they are not about. */
#ifndef KZI_JSON_EDIT_H
#define KZI_JSON_EDIT_H

#include "buffer.h"

/* Appends `object` with its member `name` replaced by `value`, or added at its end, or removed (value.text NULL). All others stay as they
 * are written, each on a line of its own; `depth`: how many objects this one is in. Valid JSON goes in; not an object: an empty one.
 * False: `name` is no UTF-8. */
bool kzi_json_put_changed(kzi_buffer *out, kz_json object, const char *name, kz_json value, unsigned depth);

#endif
