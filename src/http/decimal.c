/* SPDX-License-Identifier: Apache-2.0 */
#include "http/decimal.h"

static bool is_digit(struct ansa_bytes text, size_t i)
{
        return i < text.size && text.at[i] >= '0' && text.at[i] <= '9';
}

int64_t decimal_parse(struct ansa_bytes text, int64_t otherwise)
{
        while (text.size > 0 && (text.at[text.size - 1] == ' ' || text.at[text.size - 1] == '\t'))
                text.size--;
        size_t i = 0;
        while (i < text.size && (text.at[i] == ' ' || text.at[i] == '\t'))
                i++;
        bool is_negative = i < text.size && text.at[i] == '-';
        if (i < text.size && (text.at[i] == '-' || text.at[i] == '+'))
                i++;
        int64_t number = 0;
        size_t digits = 0;
        for (; is_digit(text, i); i++, digits++) {
                number = number * 10 + (text.at[i] - '0') * (int64_t)DECIMAL_ONE;
                if (number > DECIMAL_MAX)
                        number = DECIMAL_MAX;
        }
        if (i < text.size && text.at[i] == '.') {
                i++;
                for (int64_t unit = DECIMAL_ONE / 10; is_digit(text, i); i++, digits++) {
                        if (number < DECIMAL_MAX)
                                number += (text.at[i] - '0') * unit;
                        unit /= 10;
                }
        }
        if (i < text.size || digits == 0)
                return otherwise;
        return is_negative ? -number : number;
}

void decimal_put(int64_t number, struct buf *b)
{
        if (number < 0) {
                buf_u8(b, '-');
                number = -number;
        }
        buf_decimal(b, (uint64_t)(number / DECIMAL_ONE));
        int64_t fraction = number % DECIMAL_ONE;
        if (fraction > 0)
                buf_u8(b, '.');
        for (int64_t unit = DECIMAL_ONE / 10; fraction > 0; unit /= 10) {
                buf_u8(b, (uint8_t)('0' + fraction / unit));
                fraction %= unit;
        }
}
