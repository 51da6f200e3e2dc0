/* file.h: whole pieces read from and written to a file, whatever signals come in between. */
#ifndef KZI_FILE_H
#define KZI_FILE_H

#include "buffer.h"

/* Appends all that is left in the file. 0, or what went wrong as an errno: EFBIG when the buffer would hold more than `most` bytes. */
int kzi_file_read(int fd, size_t most, kzi_buffer *text);
/* False with errno set. */
bool kzi_file_write(int fd, const char *data, size_t length);

#endif
