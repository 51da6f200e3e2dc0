/* header.c: see header.h. */
#include "header.h"

#include "json_scan.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool kzi_header_is(const char *line, size_t length, const char *name, const char **value, size_t *value_length)
{
    size_t n = strlen(name);
    if (length <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
        return false;
    const char *from = line + n + 1, *to = line + length;
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r' || to[-1] == '\n'))
        to--;
    *value = from;
    *value_length = (size_t)(to - from);
    return true;
}

/* Digits, with a fraction or without, in any locale. */
static bool is_number(const char *value, size_t length)
{
    size_t points = 0;
    for (size_t i = 0; i < length; i++) {
        if (value[i] == '.' && i && i + 1 < length)
            points++;
        else if (value[i] < '0' || value[i] > '9')
            return false;
    }
    return length && points < 2;
}

int64_t kzi_header_delay(const char *value, size_t length, int64_t unit, time_t now)
{
    char text[64];
    double number;
    bool named = false;
    if (!length || length >= sizeof text)
        return -1;
    if (is_number(value, length))
        return kzi_parse_double(value, length, &number) && number < 1e9 ? (int64_t)(number * (double)unit) : -1;
    memcpy(text, value, length);
    text[length] = 0;
    for (const char *c = text; *c; c++)
        named |= isalpha((unsigned char)*c) != 0; /* a date names its month */
    time_t date = named ? curl_getdate(text, NULL) : -1;
    if (date < 0 || date - now > 1000000000) /* no server is meant to be waited for that long */
        return -1;
    return date > now ? (int64_t)(date - now) * 1000 : 0;
}

/* Digits from *at on, up to 18 of them; -1: none, or more. */
static int64_t digits(const char **at, const char *end)
{
    const char *first = *at;
    int64_t sum = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
        if (*at - first < 18)
            sum = sum * 10 + (**at - '0');
    return *at == first || *at - first > 18 ? -1 : sum;
}

int64_t kzi_header_number(const char *value, size_t length)
{
    const char *at = value, *end = value + length;
    int64_t number = digits(&at, end);
    return at == end ? number : -1;
}

int64_t kzi_header_range_start(const char *value, size_t length)
{
    const char *at = value + 6, *end = value + length;
    if (length < 7 || strncasecmp(value, "bytes ", 6) != 0)
        return -1;
    int64_t first = digits(&at, end);
    if (first < 0 || at == end || *at++ != '-')
        return -1;
    int64_t last = digits(&at, end);
    return last >= first ? first : -1;
}

bool kzi_head_add(kzi_buffer *head, const char *line, size_t length)
{
    enum { USUAL = 250 }; /* and what a buffer keeps behind it: 256 */
    while (length && strchr(" \t\r\n", line[length - 1]))
        length--;
    if (memchr(line, 0, length))
        return true;
    if (!head->length)
        kzi_buffer_reserve(head, length + 1 > USUAL ? length + 1 : USUAL);
    kzi_buffer_append(head, line, length);
    kzi_buffer_putc(head, 0);
    return !head->failed;
}

const char *kzi_head_find(const char *head, size_t length, const char *name)
{
    const char *value;
    size_t n;
    for (size_t at = 0; at < length; at += strlen(head + at) + 1)
        if (kzi_header_is(head + at, strlen(head + at), name, &value, &n))
            return value;
    return NULL;
}

bool kzi_header_is_safe(const char *name, const char *value)
{
    return name && *name && !strpbrk(name, ": \t\r\n") && !(value && strpbrk(value, "\r\n"));
}

bool kzi_header_put(struct curl_slist **list, const char *name, const char *value)
{
    kzi_buffer line = { 0 }; /* wiped when freed: the value may be a secret */
    kzi_buffer_puts(&line, name);
    kzi_buffer_puts(&line, value && *value ? ": " : ":");
    kzi_buffer_puts(&line, value ? value : "");
    struct curl_slist *longer = line.failed ? NULL : curl_slist_append(*list, line.data);
    kzi_buffer_free(&line);
    if (longer)
        *list = longer;
    return longer != NULL;
}

bool kzi_header_put_default(struct curl_slist **list, const char *name, const char *value)
{
    const char *theirs;
    size_t length;
    for (const struct curl_slist *header = *list; header; header = header->next)
        if (kzi_header_is(header->data, strlen(header->data), name, &theirs, &length))
            return true;
    return kzi_header_put(list, name, value);
}
