/* json_scan.c: see json_scan.h. */
#include "json_scan.h"

#include "schema_json.h"
#include "utf8.h"

#include <string.h>

static bool fail(kzi_scan *scan, const char *problem)
{
    if (!scan->problem)
        scan->problem = problem;
    return false;
}

static bool fail_at(kzi_scan *scan, const char *at, const char *problem)
{
    scan->at = at;
    return fail(scan, problem);
}

bool kzi_scan_take(kzi_scan *scan, char c, const char *problem)
{
    if (kzi_scan_peek(scan) != c || scan->at == scan->end)
        return fail(scan, problem);
    scan->at++;
    return true;
}

/* An escape at scan->at, behind the backslash. */
static bool escape(kzi_scan *scan)
{
    char c = scan->at < scan->end ? *scan->at++ : 0;
    if (c && strchr("\"\\/bfnrt", c))
        return true;
    if (c != 'u')
        return fail(scan, "an escape that JSON does not have");
    int unit = kzi_json_hex4(scan->at, scan->end);
    if (unit < 0)
        return fail(scan, "an escape \\u without four hexadecimal digits");
    scan->at += 4;
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    int low = scan->end - scan->at >= 6 && scan->at[0] == '\\' && scan->at[1] == 'u' ? kzi_json_hex4(scan->at + 2, scan->end)
                                                                                     : -1;
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return fail(scan, "half of a surrogate pair");
    scan->at += 6;
    return true;
}

/* How many bytes lie before the first one whose top bit is set: of what subtraction marks, that one is sure. */
static size_t bytes_before(uint64_t tops)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (size_t)__builtin_ctzll(tops) / 8;
#else
    (void)tops; /* the bytes are looked at one by one */
    return 0;
#endif
}

/* Bytes of a string that need no look: not a quote, a backslash, a control character or beyond ASCII. Eight at a time. */
static const char *skip_plain(const char *at, const char *end)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
        uint64_t stop = ((word - ones * 0x20) | (quote - ones) | (slash - ones) | word) & tops;
        if (stop) {
            at += bytes_before(stop);
            break;
        }
        at += 8;
    }
    while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
        at++;
    return at;
}

bool kzi_scan_string(kzi_scan *scan, kzi_span *span)
{
    if (!kzi_scan_take(scan, '"', "something else where a string was due"))
        return false;
    span->text = scan->at;
    span->escaped = false;
    for (;;) {
        scan->at = skip_plain(scan->at, scan->end);
        if (scan->at == scan->end)
            return fail(scan, "a string without its end");
        unsigned char c = (unsigned char)*scan->at;
        if (c == '"')
            break;
        if (c == '\\') {
            span->escaped = true;
            scan->at++;
            if (!escape(scan))
                return false;
        } else if (c < 0x20) {
            return fail(scan, "a control character within a string");
        } else {
            size_t n = kzi_utf8_length((const unsigned char *)scan->at, (size_t)(scan->end - scan->at));
            if (!n)
                return fail(scan, "a byte that is not UTF-8");
            scan->at += n;
        }
    }
    span->length = (size_t)(scan->at++ - span->text);
    return true;
}

static const char *digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

bool kzi_scan_number(kzi_scan *scan, const char **text, size_t *length, bool *whole)
{
    kzi_scan_space(scan);
    const char *at = scan->at, *end = scan->end;
    *text = at;
    *whole = true;
    if (at < end && *at == '-')
        at++;
    const char *first = at;
    at = digits(at, end);
    if (at == first)
        return fail_at(scan, at, "something that is no JSON value");
    if (*first == '0' && at - first > 1)
        return fail_at(scan, at, "a number that starts with 0");
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        at = digits(at, end);
        *whole = false;
        if (at == fraction)
            return fail_at(scan, at, "a number without digits behind its point");
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        const char *exponent = at;
        at = digits(at, end);
        *whole = false;
        if (at == exponent)
            return fail_at(scan, at, "a number without digits in its exponent");
    }
    *length = (size_t)(at - *text);
    scan->at = at;
    return true;
}

bool kzi_scan_double(kzi_scan *scan, double *value)
{
    const char *text;
    size_t length;
    bool whole;
    kzi_scan_space(scan);
    const char *end = kzi_decimal_read(scan->at, scan->end, value);
    if (!end)
        return kzi_scan_number(scan, &text, &length, &whole) && kzi_parse_double(text, length, value);
    scan->at = end;
    return true;
}

bool kzi_scan_literal(kzi_scan *scan, const char *word)
{
    size_t n = strlen(word);
    kzi_scan_space(scan);
    if ((size_t)(scan->end - scan->at) < n || memcmp(scan->at, word, n) != 0)
        return fail(scan, "something that is no JSON value");
    scan->at += n;
    return true;
}

bool kzi_scan_enter(kzi_scan *scan)
{
    return ++scan->depth <= scan->max_depth || fail(scan, "deeper nesting than max_json_depth allows");
}

static bool scan_object(kzi_scan *scan);

static bool scan_array(kzi_scan *scan)
{
    const char *text;
    size_t length;
    scan->at++;
    if (!kzi_scan_enter(scan))
        return false;
    if (kzi_scan_peek(scan) == ']') {
        scan->at++;
    } else {
        for (;;) {
            if (!kzi_scan_value(scan, &text, &length))
                return false;
            char c = kzi_scan_peek(scan);
            if (c != ',' && c != ']')
                return fail(scan, "something else where ',' or ']' was due");
            scan->at++;
            if (c == ']')
                break;
        }
    }
    scan->depth--;
    return true;
}

static bool scan_object(kzi_scan *scan)
{
    const char *text;
    size_t length;
    kzi_span name;
    scan->at++;
    if (!kzi_scan_enter(scan))
        return false;
    if (kzi_scan_peek(scan) == '}') {
        scan->at++;
    } else {
        for (;;) {
            if (!kzi_scan_string(scan, &name) || !kzi_scan_take(scan, ':', "something else where ':' was due") ||
                !kzi_scan_value(scan, &text, &length))
                return false;
            char c = kzi_scan_peek(scan);
            if (c != ',' && c != '}')
                return fail(scan, "something else where ',' or '}' was due");
            scan->at++;
            if (c == '}')
                break;
        }
    }
    scan->depth--;
    return true;
}

bool kzi_scan_value(kzi_scan *scan, const char **text, size_t *length)
{
    kzi_span span;
    bool whole, fine;
    size_t ignored;
    const char *start;
    char c = kzi_scan_peek(scan);
    *text = scan->at;
    switch (c) {
    case 0: return fail(scan, scan->at == scan->end ? "its end where a value was due" : "something that is no JSON value");
    case '{': fine = scan_object(scan); break;
    case '[': fine = scan_array(scan); break;
    case '"': fine = kzi_scan_string(scan, &span); break;
    case 't': fine = kzi_scan_literal(scan, "true"); break;
    case 'f': fine = kzi_scan_literal(scan, "false"); break;
    case 'n': fine = kzi_scan_literal(scan, "null"); break;
    default: fine = kzi_scan_number(scan, &start, &ignored, &whole); break;
    }
    *length = (size_t)(scan->at - *text);
    return fine;
}

void kzi_scan_position(const kzi_scan *scan, size_t *line, size_t *column)
{
    *line = *column = 1;
    for (const char *c = scan->start; c < scan->at; c++) {
        ++*column;
        if (*c == '\n')
            ++*line, *column = 1;
    }
}

bool kzi_json_valid(const char *text, size_t length, unsigned max_depth, size_t *line, size_t *column, const char **problem)
{
    kzi_scan scan = { .start = text, .at = text, .end = text + length, .max_depth = max_depth ? max_depth : KZI_MAX_DEPTH };
    const char *value;
    size_t n;
    if (kzi_scan_value(&scan, &value, &n)) {
        kzi_scan_space(&scan);
        if (scan.at == scan.end)
            return true;
        scan.problem = "something behind its end";
    }
    kzi_scan_position(&scan, line, column);
    *problem = scan.problem;
    return false;
}

size_t kzi_json_skip(const char *text, size_t length)
{
    kzi_scan scan = { .start = text, .at = text, .end = text + length, .max_depth = UINT32_MAX };
    const char *value;
    size_t n;
    return kzi_scan_value(&scan, &value, &n) ? n : 0;
}
