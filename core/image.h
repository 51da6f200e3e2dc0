/* image.h: which memory belongs to the program's files: its executable and its shared objects as they are mapped. Lets descriptor.c
 * look at what a plugin points to before the core reads it. */
#ifndef KZI_IMAGE_H
#define KZI_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct kzi_segment {
    uintptr_t start, end;
} kzi_segment;

typedef struct kzi_image {
    kzi_segment *segments; /* sorted */
    size_t n, room;
    const kzi_segment *last; /* where the last thing was found: the next is likely near */
} kzi_image;

/* Takes down what is mapped now; false: no memory. */
bool kzi_image_take(kzi_image *image);
void kzi_image_free(kzi_image *image);

/* Whether `size` bytes at `memory` can be read, all in one segment of one file. */
bool kzi_image_holds(kzi_image *image, const void *memory, uint64_t size);
/* Whether `text` is NUL-terminated within its segment. NULL: no. */
bool kzi_image_has_text(kzi_image *image, const char *text);

#endif
