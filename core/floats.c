/* floats.c: lists of 32-bit numbers, the form in which vectors come: as a JSON array of numbers, or as their bytes in base64,
 * which is a quarter of the text and no parsing. Called by json_list.c and json_write.c for fields of the type FLOAT. */
#include "floats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_DIGIT = 64 };

static unsigned digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26U;
    if (c >= '0' && c <= '9')
        return c - '0' + 52U;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : NO_DIGIT;
}

static void fill_digits(unsigned char digits[256])
{
    for (unsigned c = 0; c < 256; c++)
        digits[c] = (unsigned char)digit((unsigned char)c);
}

static void from_little_endian(unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++, bytes += 4) {
        uint32_t word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
        memcpy(bytes, &word, sizeof word);
    }
}

size_t kzi_floats_room(size_t length)
{
    return length / 4 * 3 + 4;
}

bool kzi_floats_decode(const char *text, size_t length, float *floats, size_t *count)
{
    unsigned char digits[256], *to = (unsigned char *)floats;
    const unsigned char *from = (const unsigned char *)text;
    unsigned wrong = 0, rest;
    while (length && text[length - 1] == '=')
        length--;
    fill_digits(digits);
    size_t whole = length / 4;
    for (size_t i = 0; i < whole; i++, from += 4, to += 3) {
        unsigned a = digits[from[0]], b = digits[from[1]], c = digits[from[2]], d = digits[from[3]];
        wrong |= a | b | c | d;
        uint32_t word = a << 18 | b << 12 | c << 6 | d;
        to[0] = (unsigned char)(word >> 16);
        to[1] = (unsigned char)(word >> 8);
        to[2] = (unsigned char)word;
    }
    rest = length % 4;
    if (rest) {
        unsigned a = digits[from[0]], b = rest > 1 ? digits[from[1]] : (unsigned)NO_DIGIT, c = rest > 2 ? digits[from[2]] : 0;
        wrong |= a | b | c;
        *to++ = (unsigned char)(a << 2 | b >> 4);
        if (rest > 2)
            *to++ = (unsigned char)(b << 4 | c >> 2);
    }
    size_t bytes = (size_t)(to - (unsigned char *)floats);
    *count = bytes / 4;
    if (wrong & NO_DIGIT || bytes % 4)
        return false;
    from_little_endian((unsigned char *)floats, *count);
    return true;
}

bool kzi_put_float(kzi_buffer *out, float value)
{
    char text[32];
    int length = 0;
    if (!isfinite(value))
        return false;
    for (int digits = 6; digits < 10; digits++) { /* the shortest that reads back as the same */
        length = snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    for (char *c = text; *c; c++)
        if (!strchr("+-.0123456789e", *c)) /* the decimal point of the program's locale */
            *c = '.';
    kzi_buffer_append(out, text, (size_t)length);
    return true;
}
