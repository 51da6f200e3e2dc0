/* decimal.c: decimal digits to the nearest double without a slow division, by the method of Eisel and Lemire ("Number Parsing at a
 * Gigabyte per Second", 2021): the digits as an integer, times a power of five of 128 bits, gives all bits that decide. It covers
 * what texts usually hold, up to 19 digits and powers of ten from -64 to 64; number.c does the rest. */
#include "decimal_powers.h"
#include "json_scan.h"

#include <string.h>

typedef struct product {
    uint64_t high, low;
} product;

static product multiply(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    wide whole = (wide)a * b;
    return (product){ (uint64_t)(whole >> 64), (uint64_t)whole };
#else
    uint64_t a1 = a >> 32, a0 = a & UINT32_MAX, b1 = b >> 32, b0 = b & UINT32_MAX;
    uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), cross = a0 * b1 + (middle & UINT32_MAX);
    return (product){ a1 * b1 + (middle >> 32) + (cross >> 32), cross << 32 | (low & UINT32_MAX) };
#endif
}

/* The upper 128 bits of `digits` (highest bit set) times 5^power: as exact as it takes to know 55 of them. */
static product times_power_of_five(uint64_t digits, int64_t power)
{
    const uint64_t *five = kzi_powers_of_five[power - KZI_LOWEST_POWER];
    product first = multiply(digits, five[0]);
    if ((first.high & 0x1ff) == 0x1ff) { /* what is left out could carry into the bits that count */
        product second = multiply(digits, five[1]);
        first.low += second.high;
        first.high += second.high > first.low;
    }
    return first;
}

bool kzi_decimal_to_double(uint64_t digits, int64_t power, double *value)
{
    uint64_t bits = 0;
    if (digits && (power < KZI_LOWEST_POWER || power > KZI_HIGHEST_POWER))
        return false;
    if (digits) {
        int zeros = __builtin_clzll(digits);
        product p = times_power_of_five(digits << zeros, power);
        int upper = (int)(p.high >> 63), shift = upper + 9;
        uint64_t mantissa = p.high >> shift;                                     /* 53 bits and one to round by */
        int64_t exponent = ((power * 217706) >> 16) + 63 + upper - zeros + 1023; /* 217706 / 65536: log2(10) */
        bool halfway = p.low <= 1 && power >= -4 && power <= 23 && (mantissa & 3) == 1 && mantissa << shift == p.high;
        mantissa = (mantissa + (mantissa & 1 & !halfway)) >> 1; /* a half goes to the even neighbour */
        if (mantissa >> 53) {
            mantissa >>= 1;
            exponent++;
        }
        bits = (mantissa & 0xfffffffffffffu) | (uint64_t)exponent << 52;
    }
    memcpy(value, &bits, sizeof *value);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Eight digits at once: are they, and what is their number? The first one is the lowest byte. */
static bool eight_digits(const char *at, uint64_t *sum)
{
    uint64_t word;
    memcpy(&word, at, 8);
    if (((word & 0xf0f0f0f0f0f0f0f0u) | ((word + 0x0606060606060606u) & 0xf0f0f0f0f0f0f0f0u) >> 4) != 0x3333333333333333u)
        return false;
    word -= 0x3030303030303030u;
    word = word * 10 + (word >> 8); /* pairs, then fours, then all */
    word = ((word & 0x000000ff000000ffu) * 0x000f424000000064u + ((word >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u) >>
        32;
    *sum = *sum * 100000000 + word;
    return true;
}
#else
static bool eight_digits(const char *at, uint64_t *sum)
{
    (void)at, (void)sum;
    return false;
}
#endif

static const char *take_digits(const char *at, const char *end, uint64_t *sum)
{
    while (end - at >= 8 && eight_digits(at, sum))
        at += 8;
    for (; at < end && is_digit(*at); at++)
        *sum = *sum * 10 + (uint64_t)(*at - '0');
    return at;
}

/* How many of the digits count: those from the first on that is not zero. */
static int64_t significant(const char *first, const char *end, int64_t n)
{
    while (first < end && (*first == '0' || *first == '.')) {
        n -= *first == '0';
        first++;
    }
    return n;
}

static const char *take_exponent(const char *at, const char *end, int64_t *power)
{
    bool negative = at + 1 < end && at[1] == '-';
    const char *first = at + 1 + (negative || (at + 1 < end && at[1] == '+'));
    uint64_t sum = 0;
    at = take_digits(first, end, &sum);
    if (at == first || at - first > 4)
        return NULL;
    *power += negative ? -(int64_t)sum : (int64_t)sum;
    return at;
}

const char *kzi_decimal_read(const char *text, const char *end, double *value)
{
    const char *first = text + (text < end && *text == '-');
    uint64_t digits = 0;
    int64_t power = 0;
    const char *at = take_digits(first, end, &digits);
    int64_t n = at - first;
    if (!n || (*first == '0' && n > 1))
        return NULL;
    if (at < end && *at == '.') {
        const char *fraction = at + 1;
        at = take_digits(fraction, end, &digits);
        if (at == fraction)
            return NULL;
        power = fraction - at;
        n -= power;
    }
    if (n > 19 && significant(first, at, n) > 19)
        return NULL;
    if (at < end && (*at == 'e' || *at == 'E') && !(at = take_exponent(at, end, &power)))
        return NULL;
    if (!kzi_decimal_to_double(digits, power, value))
        return NULL;
    if (first != text)
        *value = -*value;
    return at;
}
