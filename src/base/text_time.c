/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as text (RFC 3339, UTC). */
#include "base/text.h"

#include <time.h>

/* A point in time as people say it. */
struct date {
        uint32_t year;
        uint32_t month; /* from 1 */
        uint32_t day;
        uint32_t weekday; /* from Sunday, 0 */
        uint32_t second;  /* of the day */
};

/*
 * Not by gmtime and strftime: this is done for every value that is shown, and those look at
 * locale and time zone each time. Years are counted from March, so that the leap day is the
 * last of its year; 719,468 days lie between 0000-03-01 and 1970-01-01.
 */
static struct date date_of(uint32_t seconds)
{
        uint32_t days = seconds / 86400 + 719468;
        uint32_t era = days / 146097; /* of 400 years */
        uint32_t of_era = days % 146097;
        uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
        uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
        uint32_t from_march = (5 * of_year + 2) / 153;
        uint32_t month = from_march < 10 ? from_march + 3 : from_march - 9;
        return (struct date){ .year = era * 400 + year + (month <= 2),
                              .month = month,
                              .day = of_year - (153 * from_march + 2) / 5 + 1,
                              .weekday = (seconds / 86400 + 4) % 7,
                              .second = seconds % 86400 };
}

static void put_two(uint8_t *at, uint32_t number)
{
        at[0] = (uint8_t)('0' + number / 10);
        at[1] = (uint8_t)('0' + number % 10);
}

static void put_year(uint8_t *at, uint32_t year)
{
        put_two(at, year / 100);
        put_two(at + 2, year % 100);
}

static void put_clock(uint8_t *at, uint32_t second)
{
        put_two(at, second / 3600);
        at[2] = ':';
        put_two(at + 3, second / 60 % 60);
        at[5] = ':';
        put_two(at + 6, second % 60);
}

void text_put_time(struct buf *b, uint32_t seconds)
{
        uint8_t *at = buf_take(b, 20);
        if (at == NULL)
                return;
        struct date d = date_of(seconds);
        put_year(at, d.year);
        at[4] = at[7] = '-';
        put_two(at + 5, d.month);
        put_two(at + 8, d.day);
        at[10] = 'T';
        put_clock(at + 11, d.second);
        at[19] = 'Z';
}

void text_put_http_time(struct buf *b, uint32_t seconds)
{
        static const char days[] = "SunMonTueWedThuFriSat";
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        static const char form[] = "xxx, 00 xxx 0000 00:00:00 GMT";
        uint8_t *at = buf_take(b, sizeof(form) - 1);
        if (at == NULL)
                return;
        struct date d = date_of(seconds);
        memcpy(at, form, sizeof(form) - 1);
        memcpy(at, days + (size_t)3 * d.weekday, 3);
        put_two(at + 5, d.day);
        memcpy(at + 8, months + (size_t)3 * (d.month - 1), 3);
        put_year(at + 12, d.year);
        put_clock(at + 17, d.second);
}

/* Exactly @digits decimal digits at @p, or -1. */
static int fixed_number(const uint8_t *p, int digits)
{
        int n = 0;
        for (int i = 0; i < digits; i++) {
                if (p[i] < '0' || p[i] > '9')
                        return -1;
                n = n * 10 + (p[i] - '0');
        }
        return n;
}

enum ansa_err text_time(struct ansa_bytes text, uint32_t *seconds)
{
        *seconds = 0;
        if (text.size < 20 || text.at[text.size - 1] != 'Z')
                return ANSA_E_MALFORMED;
        const uint8_t *p = text.at;
        if (p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':')
                return ANSA_E_MALFORMED;
        struct tm utc = {
                .tm_year = fixed_number(p, 4) - 1900,
                .tm_mon = fixed_number(p + 5, 2) - 1,
                .tm_mday = fixed_number(p + 8, 2),
                .tm_hour = fixed_number(p + 11, 2),
                .tm_min = fixed_number(p + 14, 2),
                .tm_sec = fixed_number(p + 17, 2),
        };
        bool in_range = utc.tm_year >= 70 && utc.tm_mon >= 0 && utc.tm_mon < 12 &&
                        utc.tm_mday >= 1 && utc.tm_mday <= 31 && utc.tm_hour >= 0 &&
                        utc.tm_hour < 24 && utc.tm_min >= 0 && utc.tm_min < 60 && utc.tm_sec >= 0 &&
                        utc.tm_sec <= 60;
        if (!in_range || (text.size > 20 && p[19] != '.'))
                return ANSA_E_MALFORMED;
        for (size_t i = 20; i + 1 < text.size; i++) {
                if (p[i] < '0' || p[i] > '9')
                        return ANSA_E_MALFORMED;
        }
        int leap = utc.tm_sec == 60; /* a leap second is the first of the next minute */
        utc.tm_sec -= leap;
        int day = utc.tm_mday;
        time_t when = timegm(&utc) + leap;
        if (utc.tm_mday != day) /* the 31st of a shorter month */
                return ANSA_E_MALFORMED;
        if (when < 0 || (uint64_t)when > UINT32_MAX)
                return ANSA_E_LIMIT;
        *seconds = (uint32_t)when;
        return ANSA_OK;
}
