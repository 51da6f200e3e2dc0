/* text.c: texts that live with a run and are wiped with it. Base64url is the signature library's. */
#include "oauth.h"

#include <jose/b64.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *oauth_text(void *root, kz_error **error, const char *format, ...)
{
    va_list arguments;
    if (!format)
        return NULL;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = kz_result_memory(root, (size_t)length + 1, error);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

char *oauth_base64url(void *root, const void *data, size_t length, kz_error **error)
{
    size_t size = jose_b64_enc_buf(NULL, length, NULL, 0);
    char *text = kz_result_memory(root, size + 1, error);
    if (text)
        jose_b64_enc_buf(data, length, text, size);
    return text;
}

char *oauth_base64url_decode(void *root, const char *text, size_t length, size_t *decoded, kz_error **error)
{
    size_t size = jose_b64_dec_buf(NULL, length, NULL, 0);
    char *data = size == SIZE_MAX ? NULL : kz_result_memory(root, size + 1, error);
    if (!data || jose_b64_dec_buf(text, length, data, size) != size)
        return NULL;
    *decoded = size;
    return data;
}

bool oauth_has(const char *const *list, size_t n, const char *value)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] && !strcmp(list[i], value))
            return true;
    return false;
}

bool oauth_has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    while (words && *words) {
        size_t n = strcspn(words, " ");
        if (n == length && !strncmp(words, word, n))
            return true;
        words += n + strspn(words + n, " ");
    }
    return false;
}
