/* number.c: numbers of JSON: integers exactly, doubles to the nearest and back by the shortest text, whatever the locale. */
#include "json_scan.h"
#include "schema_json.h"

#include <locale.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t c_locale;

static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", NULL);
}

/* Up to 15 digits and a small power of ten: both are exact as doubles, so one operation rounds right. */
static bool parse_short(const char *text, size_t length, double *value)
{
    static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    int64_t mantissa = 0;
    int n_digits = 0, after_point = 0;
    bool negative = *text == '-', point = false;
    for (size_t i = negative; i < length; i++) {
        if (text[i] == '.') {
            point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9' || ++n_digits > 15)
            return false;
        mantissa = mantissa * 10 + (text[i] - '0');
        after_point += point;
    }
    *value = (double)mantissa / powers[after_point];
    if (negative)
        *value = -*value;
    return true;
}

bool kzi_parse_double(const char *text, size_t length, double *value)
{
    if (parse_short(text, length, value))
        return true;
    char copy[512], *heap = NULL, *end;
    if (length >= sizeof copy && !(heap = malloc(length + 1)))
        return false;
    char *plain = heap ? heap : copy;
    memcpy(plain, text, length);
    plain[length] = 0;
    pthread_once(&once, make_locale);
    *value = c_locale ? strtod_l(plain, &end, c_locale) : strtod(plain, &end);
    bool fine = *end == 0 && isfinite(*value);
    free(heap);
    return fine;
}

bool kzi_parse_int(const char *text, size_t length, bool whole, int64_t *value)
{
    if (!whole) { /* 1.0 and 1e3 are integers all the same */
        double number;
        if (!kzi_parse_double(text, length, &number) || number != floor(number) || fabs(number) > 9007199254740992.0)
            return false;
        *value = (int64_t)number;
        return true;
    }
    bool negative = *text == '-';
    uint64_t limit = (uint64_t)INT64_MAX + negative, sum = 0;
    for (size_t i = negative; i < length; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (sum > (limit - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

/* 1e+07 becomes 1e7. */
static void shorten_exponent(char *text)
{
    char *to = strchr(text, 'e');
    if (!to)
        return;
    const char *from = ++to;
    if (*from == '-')
        to++;
    from++;
    while (*from == '0' && from[1])
        from++;
    memmove(to, from, strlen(from) + 1);
}

bool kzi_format_double(double value, char out[32])
{
    if (!isfinite(value))
        return false;
    /* 15 digits always survive, and %g drops zeros; numbers below the normal range have fewer. */
    for (int precision = fabs(value) < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
        double back;
        int length = snprintf(out, 32, "%.*g", precision, value);
        for (int i = 0; i < length; i++)
            if (!strchr("0123456789+-e", out[i]))
                out[i] = '.'; /* the locale's decimal sign */
        if (kzi_parse_double(out, (size_t)length, &back) && back == value)
            break;
    }
    shorten_exponent(out);
    return true;
}
