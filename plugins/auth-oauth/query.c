/* query.c: the parameters of a redirect. They come through a browser: anything may stand there. */
#include "oauth.h"

#include <ctype.h>
#include <string.h>

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* Into `text`, which has room for `length` bytes and a NUL. */
static void decode(const char *from, size_t length, char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        bool coded = from[i] == '%' && i + 2 < length && isxdigit((unsigned char)from[i + 1]) &&
            isxdigit((unsigned char)from[i + 2]);
        int byte = coded ? digit(from[i + 1]) << 4 | digit(from[i + 2]) : 0;
        if (byte) { /* a NUL would hide what comes behind it */
            text[n++] = (char)byte;
            i += 2;
        } else {
            text[n++] = from[i] == '+' ? ' ' : from[i];
        }
    }
    text[n] = 0;
}

const char *oauth_query_value(void *root, const char *query, const char *name, kz_error **error)
{
    size_t length = strlen(name);
    char *found = NULL;
    while (*query) {
        size_t n = strcspn(query, "&");
        if (n > length && query[length] == '=' && !strncmp(query, name, length)) {
            if (found) {
                kz_error_set(error, KZ_ERROR_AUTHENTICATION, name,
                    "Signing in: the browser came back with \"%s\" twice, which no provider does; sign in again.", name);
                return NULL;
            }
            found = kz_result_memory(root, n - length, error);
            if (!found)
                return NULL;
            decode(query + length + 1, n - length - 1, found);
        }
        query += n;
        query += *query == '&';
    }
    return found;
}
