/* json_span.c: what a string of JSON text stands for, its escapes resolved. */
#include "json_scan.h"
#include "schema_json.h"
#include "utf8.h"

#include <string.h>

int kzi_json_hex4(const char *s, const char *end)
{
    int value = 0;
    if (end - s < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = s[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* The character at *at, which moves on, as UTF-8 into `out` of 4 bytes: a byte of the text or what an escape stands for. */
static size_t character(const char **at, const char *end, char *out)
{
    static const char from[] = "bfnrt", into[] = "\b\f\n\r\t";
    const char *text = *at;
    if (*text != '\\') {
        *at += 1;
        out[0] = *text;
        return 1;
    }
    *at += 2;
    if (text[1] != 'u') {
        const char *known = strchr(from, text[1]);
        out[0] = known ? into[known - from] : text[1];
        return 1;
    }
    unsigned unit = (unsigned)kzi_json_hex4(*at, end);
    *at += 4;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + ((unsigned)kzi_json_hex4(*at + 2, end) - 0xdc00);
        *at += 6;
    }
    return kzi_utf8_put(out, unit);
}

size_t kzi_span_text(const kzi_span *span, char *out)
{
    const char *at = span->text, *end = span->text + span->length;
    char *to = out;
    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((slash ? slash : end) - at);
        memmove(to, at, plain);
        to += plain;
        at += plain;
        if (slash)
            to += character(&at, end, to);
    }
    return (size_t)(to - out);
}

void kzi_span_cut(const kzi_span *span, char *out, size_t size)
{
    const char *at = span->text, *end = span->text + span->length;
    char *to = out, *last = out + size - 1;
    while (at < end) {
        char piece[4];
        const char *from = piece, *before = at;
        size_t n = (unsigned char)*at < 0x80 ? 0 : kzi_utf8_length((const unsigned char *)at, (size_t)(end - at));
        if (!n && span->escaped) {
            n = character(&at, end, piece);
        } else {
            n = n ? n : 1;
            from = before;
            at += n;
        }
        if (n > (size_t)(last - to))
            break;
        memcpy(to, from, n);
        to += n;
    }
    *to = 0;
}

bool kzi_span_is(const kzi_span *span, const char *wanted)
{
    size_t length = strlen(wanted);
    if (!span->escaped)
        return span->length == length && !memcmp(span->text, wanted, length);
    const char *at = span->text, *end = span->text + span->length;
    char piece[4];
    while (at < end) {
        size_t n = character(&at, end, piece);
        if (n > length || memcmp(piece, wanted, n) != 0)
            return false;
        wanted += n;
        length -= n;
    }
    return !length;
}

int64_t kzi_json_unescape(const char *text, size_t length, char *out)
{
    kzi_scan scan = { .start = text, .at = text, .end = text + length, .max_depth = 1 };
    kzi_span span;
    return kzi_scan_string(&scan, &span) ? (int64_t)kzi_span_text(&span, out) : -1;
}
