/* json_scan.c: see json_scan.h. */
#include "json_scan.h"

#include "schema_json.h"

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

/* The length of the UTF-8 sequence at `s`, 0 when it is none: no overlong forms, no surrogates, nothing above U+10FFFF. */
static size_t sequence(const unsigned char *s, size_t left)
{
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        return left >= 2 && (s[1] & 0xc0) == 0x80 ? 2 : 0;
    if ((s[0] & 0xf0) == 0xe0) {
        if (left < 3 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80)
            return 0;
        return (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ? 0 : 3;
    }
    if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        if (left < 4 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80 || (s[3] & 0xc0) != 0x80)
            return 0;
        return (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f) ? 0 : 4;
    }
    return 0;
}

bool kzi_utf8_valid(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t n = (unsigned char)text[i] < 0x80 ? 1 : sequence((const unsigned char *)text + i, length - i);
        if (!n)
            return false;
        i += n;
    }
    return true;
}

static int hex4(const char *s, const char *end)
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

/* An escape at scan->at, behind the backslash. */
static bool escape(kzi_scan *scan)
{
    char c = scan->at < scan->end ? *scan->at++ : 0;
    if (c && strchr("\"\\/bfnrt", c))
        return true;
    if (c != 'u')
        return fail(scan, "an escape that JSON does not have");
    int unit = hex4(scan->at, scan->end);
    if (unit < 0)
        return fail(scan, "an escape \\u without four hexadecimal digits");
    scan->at += 4;
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    int low = scan->end - scan->at >= 6 && scan->at[0] == '\\' && scan->at[1] == 'u' ? hex4(scan->at + 2, scan->end) : -1;
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
            size_t n = sequence((const unsigned char *)scan->at, (size_t)(scan->end - scan->at));
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

void kzi_members_begin(kzi_members *members, kz_json object)
{
    const char *text = object.text ? object.text : "";
    *members = (kzi_members){ .first = true,
        .scan = { .start = text, .at = text, .end = text + object.length, .max_depth = UINT32_MAX } };
    if (!object.text || !kzi_scan_take(&members->scan, '{', "no object"))
        members->scan.at = members->scan.end;
}

bool kzi_members_next(kzi_members *members, kzi_span *name, kz_json *value)
{
    kzi_scan *scan = &members->scan;
    if (!scan->at || kzi_scan_peek(scan) == '}' || scan->at == scan->end)
        return false;
    if (!members->first && !kzi_scan_take(scan, ',', "no comma"))
        return false;
    members->first = false;
    return kzi_scan_string(scan, name) && kzi_scan_take(scan, ':', "no colon") &&
        kzi_scan_value(scan, &value->text, &value->length);
}

void kzi_items_begin(kzi_items *items, kz_json list)
{
    const char *text = list.text ? list.text : "";
    *items = (kzi_items){ .first = true,
        .scan = { .start = text, .at = text, .end = text + list.length, .max_depth = UINT32_MAX } };
    if (!list.text || !kzi_scan_take(&items->scan, '[', "no list"))
        items->scan.at = items->scan.end;
}

bool kzi_items_next(kzi_items *items, kz_json *value)
{
    kzi_scan *scan = &items->scan;
    if (kzi_scan_peek(scan) == ']' || scan->at == scan->end)
        return false;
    if (!items->first && !kzi_scan_take(scan, ',', "no comma"))
        return false;
    items->first = false;
    return kzi_scan_value(scan, &value->text, &value->length);
}

static size_t put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
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
    unsigned unit = (unsigned)hex4(*at, end);
    *at += 4;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + ((unsigned)hex4(*at + 2, end) - 0xdc00);
        *at += 6;
    }
    return put_utf8(out, unit);
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
        size_t n = (unsigned char)*at < 0x80 ? 0 : sequence((const unsigned char *)at, (size_t)(end - at));
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
