/* image.c: see image.h. The dynamic linker says what it mapped; nothing is guessed and nothing is tried by reading it. */
#include "image.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>

static int add_segments(struct dl_phdr_info *object, size_t size, void *user)
{
    kzi_image *image = user;
    (void)size;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + header->p_vaddr, end = start + header->p_memsz;
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_R) || end <= start)
            continue;
        if (image->n == image->room) {
            size_t room = image->room ? image->room * 2 : 128;
            kzi_segment *more = realloc(image->segments, room * sizeof *more);
            if (!more)
                return 1;
            image->segments = more;
            image->room = room;
        }
        image->segments[image->n++] = (kzi_segment){ start, end };
    }
    return 0;
}

static int by_start(const void *a, const void *b)
{
    uintptr_t first = ((const kzi_segment *)a)->start, second = ((const kzi_segment *)b)->start;
    return first < second ? -1 : first > second;
}

bool kzi_image_take(kzi_image *image)
{
    *image = (kzi_image){ 0 };
    if (dl_iterate_phdr(add_segments, image)) {
        kzi_image_free(image);
        return false;
    }
    if (image->n)
        qsort(image->segments, image->n, sizeof *image->segments, by_start);
    return true;
}

void kzi_image_free(kzi_image *image)
{
    free(image->segments);
    *image = (kzi_image){ 0 };
}

/* The segment that `at` lies in, or NULL. */
static const kzi_segment *segment_of(kzi_image *image, uintptr_t at)
{
    if (image->last && at >= image->last->start && at < image->last->end)
        return image->last;
    size_t low = 0, high = image->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (at >= image->segments[middle].end)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == image->n || at < image->segments[low].start)
        return NULL;
    return image->last = &image->segments[low];
}

bool kzi_image_holds(kzi_image *image, const void *memory, uint64_t size)
{
    uintptr_t at = (uintptr_t)memory;
    const kzi_segment *segment = segment_of(image, at);
    return segment && size <= segment->end - at;
}

bool kzi_image_has_text(kzi_image *image, const char *text)
{
    const kzi_segment *segment = segment_of(image, (uintptr_t)text);
    return segment && memchr(text, 0, segment->end - (uintptr_t)text);
}
