/* json_path.h: where in a document or in arguments one is, as frames on the stack, and as text for messages:
 * "items[3].size". */
#ifndef KZI_JSON_PATH_H
#define KZI_JSON_PATH_H

#include <kamiwaza/base.h>

typedef struct kzi_frame {
    const struct kzi_frame *up;
    const char *name; /* NULL: an index */
    size_t length, index;
} kzi_frame;

/* Writes the path, cut to `size`, with a NUL; the root is "(root)". */
void kzi_frame_text(const kzi_frame *frame, char *out, size_t size);

#endif
