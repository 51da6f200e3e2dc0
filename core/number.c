/* number.c: numbers of JSON: integers exactly, doubles to the nearest and back by the fewest digits, whatever the locale, without
 * memory of the heap. */
#include "json_scan.h"
#include "schema_json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number as 0.DIGITS times a power of ten, no zero at either end. What decides how a double is rounded lies within the first
 * 767 digits, or in whether anything follows. */
typedef struct decimal {
    char digits[800];
    size_t n;
    bool negative, more; /* more: digits were left out that are not all zero */
    int64_t exponent;
} decimal;

enum { KEPT_DIGITS = 780 };

static int64_t parse_exponent(const char *at, const char *end)
{
    int64_t value = 0;
    bool negative = *at == '-';
    for (at += *at == '-' || *at == '+'; at < end; at++)
        if (value < 1000000000000000)
            value = value * 10 + (*at - '0');
    return negative ? -value : value;
}

static void parse_decimal(const char *text, size_t length, decimal *out)
{
    const char *at = text, *end = text + length;
    bool point = false;
    out->n = 0;
    out->exponent = 0;
    out->more = false;
    out->negative = *at == '-';
    for (at += out->negative; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        if (!out->n && *at == '0') {
            out->exponent -= point;
            continue;
        }
        out->exponent += !point;
        if (out->n < KEPT_DIGITS)
            out->digits[out->n++] = *at;
        else
            out->more |= *at != '0';
    }
    if (at < end)
        out->exponent += parse_exponent(at + 1, end);
    while (out->n && !out->more && out->digits[out->n - 1] == '0')
        out->n--;
}

/* Digits and a power of ten, without a point: no locale has its say in that. */
static double to_double(const char *digits, size_t n, int64_t exponent)
{
    char text[KEPT_DIGITS + 40];
    uint64_t sum = 0;
    double value;
    for (size_t i = 0; i < n && n < 20; i++)
        sum = sum * 10 + (uint64_t)(digits[i] - '0');
    if (n < 20 && kzi_decimal_to_double(sum, exponent, &value))
        return value;
    memcpy(text, digits, n);
    snprintf(text + n, sizeof text - n, "e%lld", (long long)exponent);
    return strtod(text, NULL);
}

bool kzi_parse_double(const char *text, size_t length, double *value)
{
    decimal d;
    if (kzi_decimal_read(text, text + length, value) == text + length)
        return true;
    parse_decimal(text, length, &d);
    if (d.n && d.exponent > 310)
        return false;
    double magnitude = 0;
    if (d.n && d.exponent > -400) {
        int64_t exponent = d.exponent - (int64_t)d.n;
        if (d.more) {
            d.digits[d.n++] = '1';
            exponent--;
        }
        magnitude = to_double(d.digits, d.n, exponent);
    }
    *value = d.negative ? -magnitude : magnitude;
    return isfinite(magnitude);
}

/* The digits as an integer, `zeros` more behind them. */
static bool to_int(const char *digits, size_t n, size_t zeros, bool negative, int64_t *value)
{
    uint64_t limit = (uint64_t)INT64_MAX + negative, sum = 0;
    if (!zeros && n < 19) { /* surely within the limit */
        for (size_t i = 0; i < n; i++)
            sum = sum * 10 + (uint64_t)(digits[i] - '0');
        *value = negative ? -(int64_t)sum : (int64_t)sum;
        return true;
    }
    for (size_t i = 0; i < n + zeros; i++) {
        uint64_t digit = i < n ? (uint64_t)(digits[i] - '0') : 0;
        if (sum > (limit - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

bool kzi_parse_int(const char *text, size_t length, bool whole, int64_t *value)
{
    decimal d;
    if (whole)
        return to_int(text + (*text == '-'), length - (*text == '-'), 0, *text == '-', value);
    parse_decimal(text, length, &d); /* 1.0 and 1e3 are integers all the same */
    if (!d.n)
        d.exponent = 0;
    bool integer = !d.more && d.exponent >= (int64_t)d.n && d.exponent <= 19;
    return integer && to_int(d.digits, d.n, (size_t)d.exponent - d.n, d.negative, value);
}

/* The next number up of as many digits. */
static void count_up(char *digits, int n, int *exponent)
{
    int i = n - 1;
    while (i >= 0 && digits[i] == '9')
        digits[i--] = '0';
    if (i >= 0) {
        digits[i]++;
        return;
    }
    digits[0] = '1';
    ++*exponent;
}

/* Nothing but an exponent: by its bits, since frexp() would load a library of 300 KiB for this question. */
static bool is_power_of_two(double magnitude)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    return !(bits << 12);
}

/* The nearest number of `n` digits, d.ddd times ten to *exponent: does it read back as the same double? Below a power of two
 * doubles lie closer together than above it, so there the next number up may do where the nearest does not. */
static bool digits_of(double magnitude, int n, char *digits, int *exponent)
{
    char text[64];
    int found = 0;
    snprintf(text, sizeof text, "%.*e", n - 1, magnitude);
    char *at = text;
    for (; *at && *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits[found++] = *at;
    *exponent = (int)strtol(at + 1, NULL, 10);
    if (to_double(digits, (size_t)n, *exponent - (n - 1)) == magnitude)
        return true;
    if (!is_power_of_two(magnitude))
        return false;
    count_up(digits, n, exponent);
    return to_double(digits, (size_t)n, *exponent - (n - 1)) == magnitude;
}

/* A number with few digits behind its point, as people write them: as an integer and a power of ten, without printf(). */
static bool few_digits(double magnitude, char *digits, int *n, int *exponent)
{
    static const double scale[] = { 1, 10, 100, 1000, 10000 };
    enum { PLACES = sizeof scale / sizeof *scale };
    for (int places = 0; places < PLACES && magnitude < 1e10; places++) {
        uint64_t whole = (uint64_t)(magnitude * scale[places] + 0.5);
        double back;
        if (!whole || !kzi_decimal_to_double(whole, -places, &back) || back != magnitude)
            continue;
        *n = 0;
        for (uint64_t rest = whole; rest; rest /= 10)
            ++*n;
        for (int i = *n; i-- > 0; whole /= 10)
            digits[i] = (char)('0' + whole % 10);
        *exponent = *n - 1 - places;
        return true;
    }
    return false;
}

/* Plain up to 16 digits before the point and 5 zeros behind it. Longer ones have an exponent: there are readers that take what
 * looks like an integer for one of 64 bits. */
static void lay_out(const char *digits, int n, int exponent, char *to)
{
    if (exponent >= 0 && exponent < 16) {
        for (int i = 0; i < n || i <= exponent; i++) {
            if (i == exponent + 1)
                *to++ = '.';
            *to++ = i < n ? digits[i] : '0';
        }
    } else if (exponent < 0 && exponent > -7) {
        to += sprintf(to, "0.%.*s", -exponent - 1, "000000");
        memcpy(to, digits, (size_t)n);
        to += n;
    } else {
        *to++ = digits[0];
        if (n > 1)
            *to++ = '.';
        memcpy(to, digits + 1, (size_t)n - 1);
        to += n - 1;
        to += sprintf(to, "e%d", exponent);
    }
    *to = 0;
}

bool kzi_format_double(double value, char out[32])
{
    char digits[32] = { 0 };
    double magnitude = fabs(value);
    int n = magnitude < DBL_MIN ? 1 : DBL_DIG, exponent = 0; /* two texts of 15 digits are never one normal double */
    if (!isfinite(value))
        return false;
    if (signbit(value))
        *out++ = '-';
    if (magnitude == 0) {
        strcpy(out, "0");
        return true;
    }
    if (!few_digits(magnitude, digits, &n, &exponent))
        while (!digits_of(magnitude, n, digits, &exponent) && n < 17)
            n++;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    lay_out(digits, n, exponent, out);
    return true;
}
