/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as text (RFC 3339, UTC). */
#include "base/text.h"

#include <time.h>

void text_put_time(struct buf *b, uint32_t seconds)
{
        time_t when = (time_t)seconds;
        struct tm utc;
        char text[32];
        if (gmtime_r(&when, &utc) == NULL ||
            strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
                buf_fail(b, ANSA_E_LIMIT);
        else
                buf_text(b, text);
}

void text_put_http_time(struct buf *b, uint32_t seconds)
{
        /* Not by strftime: the names would be those of a locale. */
        static const char days[] = "SunMonTueWedThuFriSat";
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        time_t when = (time_t)seconds;
        struct tm utc;
        if (gmtime_r(&when, &utc) == NULL)
                buf_fail(b, ANSA_E_LIMIT);
        else
                buf_printf(b, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * utc.tm_wday,
                           utc.tm_mday, months + 3 * utc.tm_mon, utc.tm_year + 1900, utc.tm_hour,
                           utc.tm_min, utc.tm_sec);
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
