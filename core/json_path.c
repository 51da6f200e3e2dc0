/* json_path.c: see json_path.h. */
#include "json_path.h"

#include <stdio.h>
#include <string.h>

static size_t append(const kzi_frame *frame, char *out, size_t size)
{
    if (!frame)
        return 0;
    size_t at = append(frame->up, out, size);
    if (at >= size)
        return at;
    int n = frame->name ? snprintf(out + at, size - at, "%s%.*s", at ? "." : "", (int)frame->length, frame->name)
                        : snprintf(out + at, size - at, "[%zu]", frame->index);
    return at + (n > 0 ? (size_t)n : 0);
}

void kzi_frame_text(const kzi_frame *frame, char *out, size_t size)
{
    out[0] = 0;
    append(frame, out, size);
    if (!out[0])
        snprintf(out, size, "(root)");
}
