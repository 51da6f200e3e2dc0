/* moment.c: see moment.h. */
#include "moment.h"

#include <ctype.h>
#include <time.h>

static bool two(const char **at, int low, int high, int *value)
{
    const char *s = *at;
    if (!isdigit((unsigned char)s[0]) || !isdigit((unsigned char)s[1]))
        return false;
    *value = (s[0] - '0') * 10 + s[1] - '0';
    *at += 2;
    return *value >= low && *value <= high;
}

static bool read_date(const char **at, struct tm *out)
{
    int century, year, month;
    if (!two(at, 0, 99, &century) || !two(at, 0, 99, &year) || *(*at)++ != '-' || !two(at, 1, 12, &month) || *(*at)++ != '-' ||
        !two(at, 1, 31, &out->tm_mday))
        return false;
    out->tm_year = century * 100 + year - 1900;
    out->tm_mon = month - 1;
    return true;
}

static bool read_clock(const char **at, struct tm *out)
{
    if (!two(at, 0, 23, &out->tm_hour) || *(*at)++ != ':' || !two(at, 0, 59, &out->tm_min) || *(*at)++ != ':' ||
        !two(at, 0, 60, &out->tm_sec))
        return false;
    if (**at != '.')
        return true;
    ++*at;
    if (!isdigit((unsigned char)**at))
        return false;
    while (isdigit((unsigned char)**at))
        ++*at;
    return true;
}

/* Seconds of a time in UTC, of a calendar without an end; the month is from 0. */
static int64_t in_utc(const struct tm *time)
{
    int64_t year = time->tm_year + 1900 - (time->tm_mon < 2), era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400, month = (time->tm_mon + 10) % 12; /* years begin in March */
    int64_t day = (153 * month + 2) / 5 + time->tm_mday - 1;
    int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day - 719468;
    return ((days * 24 + time->tm_hour) * 60 + time->tm_min) * 60 + time->tm_sec;
}

bool kzi_moment_read(const char *text, int64_t *seconds)
{
    struct tm time = { .tm_isdst = -1 };
    const char *at = text;
    int hours = 0, minutes = 0;
    if (!read_date(&at, &time) || (*at != 'T' && *at != 't' && *at != ' '))
        return false;
    at++;
    if (!read_clock(&at, &time))
        return false;
    bool local = !*at, utc = (*at == 'Z' || *at == 'z') && !at[1];
    int sign = *at == '-' ? -1 : 1;
    if (!local && !utc) {
        if (*at != '+' && *at != '-')
            return false;
        at++;
        if (!two(&at, 0, 23, &hours) || *at++ != ':' || !two(&at, 0, 59, &minutes) || *at)
            return false;
    }
    if (seconds)
        *seconds = local ? (int64_t)mktime(&time) : in_utc(&time) - (int64_t)sign * (hours * 60 + minutes) * 60;
    return true;
}

bool kzi_moment_is_date(const char *text)
{
    struct tm time;
    return read_date(&text, &time) && !*text;
}
