/* text.h: texts and arrays that grow, for what arrives in pieces. */
#ifndef KZP_OPENAI_TEXT_H
#define KZP_OPENAI_TEXT_H

#include <kamiwaza/plugin.h>
#include <stdlib.h>
#include <string.h>

typedef struct text {
    char *data; /* NUL-terminated, or NULL: nothing came, not even an empty piece */
    size_t length, size;
} text;

/* False: no memory; the text is as before. */
static inline bool text_add(text *t, const char *more, size_t length)
{
    if (t->size - t->length <= length) {
        size_t size = (t->size + length) * 2 + 64;
        char *data = size > length ? realloc(t->data, size) : NULL;
        if (!data)
            return false;
        t->data = data;
        t->size = size;
    }
    memcpy(t->data + t->length, more, length);
    t->length += length;
    t->data[t->length] = 0;
    return true;
}

/* A string of a result, with whatever bytes it holds; NULL adds nothing. */
static inline bool text_add_string(text *t, const char *string)
{
    return !string || text_add(t, string, kz_string_length(string));
}

static inline bool text_puts(text *t, const char *words)
{
    return text_add(t, words, strlen(words));
}

/* Takes the place of what was there; NULL leaves it. */
static inline bool text_set_string(text *t, const char *string)
{
    if (string)
        t->length = 0;
    return text_add_string(t, string);
}

/* As a string of `root`; NULL where nothing came. */
static inline const char *text_string(const text *t, void *root, kz_error **error)
{
    return t->data ? kz_result_string(root, t->data, t->length, error) : NULL;
}

static inline void text_free(text *t)
{
    free(t->data);
    *t = (text){ 0 };
}

/* The place of number `index` in an array of `most` things of `size` bytes, which grows by zeros; NULL with the slot filled. */
static inline void *piece_at(
    void **array, size_t *count, size_t size, int64_t most, int64_t index, const char *what, kz_error **error)
{
    if (index < 0 || index >= most) {
        kz_error_set(
            error, KZ_ERROR_DECODE, what, "The stream has a %s number %lld, which no server can mean.", what, (long long)index);
        return NULL;
    }
    if ((size_t)index >= *count) {
        char *more = realloc(*array, ((size_t)index + 1) * size);
        if (!more) {
            kz_error_no_memory(error);
            return NULL;
        }
        memset(more + *count * size, 0, ((size_t)index + 1 - *count) * size);
        *array = more;
        *count = (size_t)index + 1;
    }
    return (char *)*array + (size_t)index * size;
}

#endif
