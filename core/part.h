/* part.h: a file that is on its way: "<folder>/.<name>.part" until it is whole, with the server's ETag in ".<name>.part.tag" so
 * that a later run knows whether it may go on. Used by fetch.c. */
#ifndef KZI_PART_H
#define KZI_PART_H

#include "engine.h"

typedef struct kzi_part {
    int fd;
    int64_t offset; /* bytes that are there */
    char *path;     /* of the part */
    char *tag_path;
    char *tag; /* the ETag that the part belongs to, NULL: unknown, so it cannot go on */
} kzi_part;
#define KZI_PART_NONE \
    {                 \
        .fd = -1      \
    }

/* Opens or creates the part, locked against other processes. What is there and may go on is shown to transfer->bytes. */
bool kzi_part_open(kzi_part *part, const kz_transfer *transfer, kz_error **error);
/* Empties it; transfer->restart is told. */
bool kzi_part_restart(kzi_part *part, const kz_transfer *transfer, kz_error **error);
/* Keeps the ETag of the version that is coming. */
bool kzi_part_remember(kzi_part *part, const char *etag, kz_error **error);
bool kzi_part_write(kzi_part *part, const kz_transfer *transfer, const char *data, size_t length, kz_error **error);
/* All bytes are here: checks the size, asks transfer->finish, and gives the file its name. A refused file is deleted. */
bool kzi_part_finish(kzi_part *part, const kz_transfer *transfer, kz_error **error);
void kzi_part_close(kzi_part *part);

#endif
