/* buffer.h: text that grows. A failed allocation is remembered, so that a writer checks once, at its end. */
#ifndef KZI_BUFFER_H
#define KZI_BUFFER_H

#include <kamiwaza/base.h>

typedef struct kzi_buffer {
    char *data; /* NUL-terminated when length > 0 */
    size_t length;
    size_t capacity;
    bool failed; /* an allocation failed: data is incomplete */
} kzi_buffer;

/* Room for `more` bytes behind the end; the caller writes them and adds to length. NULL: failed. */
char *kzi_buffer_reserve(kzi_buffer *buffer, size_t more);
void kzi_buffer_append(kzi_buffer *buffer, const void *data, size_t length);
void kzi_buffer_puts(kzi_buffer *buffer, const char *text);
void kzi_buffer_putc(kzi_buffer *buffer, char c);
void kzi_buffer_printf(kzi_buffer *buffer, const char *format, ...) KZ_PRINTF(2, 3);
/* Empties and wipes, keeps the memory. */
void kzi_buffer_clear(kzi_buffer *buffer);
/* Wipes and frees; the buffer is empty afterwards. */
void kzi_buffer_free(kzi_buffer *buffer);
/* Hands the memory (malloc) to the caller, NUL-terminated; NULL when failed. The buffer is empty afterwards. */
char *kzi_buffer_take(kzi_buffer *buffer, size_t *length);

#endif
