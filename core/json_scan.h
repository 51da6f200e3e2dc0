/* json_scan.h: strict scanning of JSON text (RFC 8259, UTF-8): where values end and what strings and numbers are. The ground
 * that reading by schema, checks and member look-up stand on. Allocates nothing. */
#ifndef KZI_JSON_SCAN_H
#define KZI_JSON_SCAN_H

#include <kamiwaza/base.h>

typedef struct kzi_scan {
    const char *start, *at, *end;
    unsigned depth, max_depth;
    const char *problem; /* what is wrong at `at`, once something is */
} kzi_scan;

/* A string as it stands in the text, without its quotes. */
typedef struct kzi_span {
    const char *text;
    size_t length;
    bool escaped; /* holds backslashes */
} kzi_span;

static inline void kzi_scan_space(kzi_scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
}

/* The next byte that is no space, or 0 at the end. */
static inline char kzi_scan_peek(kzi_scan *scan)
{
    if (scan->at < scan->end && (unsigned char)*scan->at > ' ') /* texts seldom hold spaces where they may */
        return *scan->at;
    kzi_scan_space(scan);
    return scan->at < scan->end ? *scan->at : 0;
}

/* Takes the byte `c` after spaces; false with `problem` otherwise. */
bool kzi_scan_take(kzi_scan *scan, char c, const char *problem);
bool kzi_scan_string(kzi_scan *scan, kzi_span *span);
/* Any value; *length receives that of its text, which starts at *text. */
bool kzi_scan_value(kzi_scan *scan, const char **text, size_t *length);
/* A number's text; *whole: it has neither fraction nor exponent. */
bool kzi_scan_number(kzi_scan *scan, const char **text, size_t *length, bool *whole);
/* A number as the nearest double; false with no problem set: it is a number, but beyond what a double can hold. */
bool kzi_scan_double(kzi_scan *scan, double *value);
bool kzi_scan_literal(kzi_scan *scan, const char *word);
/* Enters an object or array (after its bracket); false beyond the depth. */
bool kzi_scan_enter(kzi_scan *scan);
/* Line and column, from 1. */
void kzi_scan_position(const kzi_scan *scan, size_t *line, size_t *column);

/* json_members.c: the members of an object, one after the other. */
typedef struct kzi_members {
    kzi_scan scan;
    bool first;
} kzi_members;
void kzi_members_begin(kzi_members *members, kz_json object);
bool kzi_members_next(kzi_members *members, kzi_span *name, kz_json *value);

/* The items of a list, one after the other. */
typedef struct kzi_items {
    kzi_scan scan;
    bool first;
} kzi_items;
void kzi_items_begin(kzi_items *items, kz_json list);
bool kzi_items_next(kzi_items *items, kz_json *value);

/* json_span.c */
/* Whether a name in the text is `wanted`, escapes resolved. */
bool kzi_span_is(const kzi_span *span, const char *wanted);
/* The text of a string with its escapes resolved, into `out` of at least span->length bytes; returns its length. */
size_t kzi_span_text(const kzi_span *span, char *out);
/* As much of it as `out` of `size` bytes holds with a NUL behind; no character is cut in two. */
void kzi_span_cut(const kzi_span *span, char *out, size_t size);

/* The four hexadecimal digits of an escape; -1: they are none. */
int kzi_json_hex4(const char *s, const char *end);

/* decimal.c */
/* `digits` times ten to `power` as the nearest double; false: not among what can be told fast. */
bool kzi_decimal_to_double(uint64_t digits, int64_t power, double *value);
/* Reads a number of JSON (strictly) from `text` on and returns its end, or NULL: it is none, or not among what can be read fast. */
const char *kzi_decimal_read(const char *text, const char *end, double *value);
/* number.c */
bool kzi_parse_int(const char *text, size_t length, bool whole, int64_t *value);
bool kzi_parse_double(const char *text, size_t length, double *value);

#endif
