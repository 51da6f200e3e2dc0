/* json_edit.c: see json_edit.h. */
#include "json_edit.h"

#include "json_scan.h"
#include "schema_json.h"

#include <string.h>

static void begin_line(kzi_buffer *out, unsigned depth)
{
    kzi_buffer_putc(out, '\n');
    for (unsigned i = 0; i < depth; i++)
        kzi_buffer_puts(out, "    ");
}

static void begin_member(kzi_buffer *out, bool *first, unsigned depth)
{
    if (!*first)
        kzi_buffer_putc(out, ',');
    *first = false;
    begin_line(out, depth + 1);
}

bool kzi_json_put_changed(kzi_buffer *out, kz_json object, const char *name, kz_json value, unsigned depth)
{
    kzi_members members;
    kzi_span found;
    kz_json there;
    bool first = true, placed = !value.text, fine = true;
    kzi_buffer_putc(out, '{');
    kzi_members_begin(&members, object);
    while (kzi_members_next(&members, &found, &there)) {
        bool named = kzi_span_is(&found, name);
        if (named && placed)
            continue;
        begin_member(out, &first, depth);
        kzi_buffer_append(out, found.text - 1, found.length + 2);
        kzi_buffer_puts(out, ": ");
        kzi_buffer_append(out, named ? value.text : there.text, named ? value.length : there.length);
        placed |= named;
    }
    if (!placed) {
        begin_member(out, &first, depth);
        fine = kzi_json_put_string(out, name, strlen(name));
        kzi_buffer_puts(out, ": ");
        kzi_buffer_append(out, value.text, value.length);
    }
    if (!first)
        begin_line(out, depth);
    kzi_buffer_putc(out, '}');
    return fine;
}
