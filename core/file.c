/* file.c: see file.h. */
#include "file.h"

#include <errno.h>
#include <unistd.h>

int kzi_file_read(int fd, size_t most, kzi_buffer *text)
{
    enum { BLOCK = 4096 };
    while (kzi_buffer_reserve(text, BLOCK)) {
        ssize_t n = read(fd, text->data + text->length, BLOCK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? errno : 0;
        text->length += (size_t)n;
        text->data[text->length] = 0;
        if (text->length > most)
            return EFBIG;
    }
    return ENOMEM;
}

bool kzi_file_write(int fd, const char *data, size_t length)
{
    while (length) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            data += n;
            length -= (size_t)n;
        }
    }
    return true;
}
