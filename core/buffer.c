/* buffer.c: see buffer.h. Grows by doubling; one byte beyond the length always holds a NUL. */
#include "buffer.h"

#include "scope.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *kzi_buffer_reserve(kzi_buffer *buffer, size_t more)
{
    if (buffer->failed)
        return NULL;
    if (more < buffer->capacity - buffer->length)
        return buffer->data + buffer->length;
    size_t wanted = buffer->capacity ? buffer->capacity : 64;
    while (wanted - buffer->length <= more) {
        if (wanted > SIZE_MAX / 2) {
            buffer->failed = true;
            return NULL;
        }
        wanted *= 2;
    }
    char *grown = malloc(wanted);
    if (!grown) {
        buffer->failed = true;
        return NULL;
    }
    if (buffer->length)
        memcpy(grown, buffer->data, buffer->length);
    grown[buffer->length] = 0;
    kzi_wipe_free(buffer->data, buffer->length); /* what was there may be secret */
    buffer->data = grown;
    buffer->capacity = wanted;
    return buffer->data + buffer->length;
}

void kzi_buffer_append(kzi_buffer *buffer, const void *data, size_t length)
{
    char *to = kzi_buffer_reserve(buffer, length);
    if (!to)
        return;
    if (length)
        memcpy(to, data, length);
    buffer->length += length;
    buffer->data[buffer->length] = 0;
}

void kzi_buffer_puts(kzi_buffer *buffer, const char *text)
{
    kzi_buffer_append(buffer, text, strlen(text));
}

void kzi_buffer_putc(kzi_buffer *buffer, char c)
{
    kzi_buffer_append(buffer, &c, 1);
}

void kzi_buffer_printf(kzi_buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *to = length < 0 ? NULL : kzi_buffer_reserve(buffer, (size_t)length + 1);
    if (to) {
        vsnprintf(to, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    } else {
        buffer->failed = true;
    }
    va_end(again);
}

void kzi_buffer_clear(kzi_buffer *buffer)
{
    kzi_wipe(buffer->data, buffer->length);
    buffer->length = 0;
    if (buffer->data)
        buffer->data[0] = 0;
}

void kzi_buffer_free(kzi_buffer *buffer)
{
    kzi_wipe_free(buffer->data, buffer->length);
    *buffer = (kzi_buffer){ 0 };
}

char *kzi_buffer_take(kzi_buffer *buffer, size_t *length)
{
    if (!kzi_buffer_reserve(buffer, 0)) {
        kzi_buffer_free(buffer);
        return NULL;
    }
    char *data = buffer->data;
    data[buffer->length] = 0;
    if (length)
        *length = buffer->length;
    *buffer = (kzi_buffer){ 0 };
    return data;
}
