/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "base/assert.h"

enum ansa_err text_u64(struct ansa_bytes text, uint64_t max, uint64_t *number)
{
        *number = 0;
        if (text.size == 0)
                return ANSA_E_MALFORMED;
        uint64_t n = 0;
        for (size_t i = 0; i < text.size; i++) {
                uint8_t c = text.at[i];
                if (c < '0' || c > '9')
                        return ANSA_E_MALFORMED;
                if (__builtin_mul_overflow(n, (uint64_t)10, &n) ||
                    __builtin_add_overflow(n, (uint64_t)(c - '0'), &n))
                        return ANSA_E_LIMIT;
        }
        if (n > max)
                return ANSA_E_LIMIT;
        *number = n;
        return ANSA_OK;
}

enum ansa_err text_decimal(struct ansa_bytes text, uint64_t max, uint64_t *number)
{
        *number = 0;
        if (text.size > 1 && text.at[0] == '0')
                return ANSA_E_MALFORMED;
        return text_u64(text, max, number);
}

struct ansa_bytes text_trim(struct ansa_bytes text)
{
        while (text.size > 0 && text.at[0] <= ' ')
                text = (struct ansa_bytes){ text.at + 1, text.size - 1 };
        while (text.size > 0 && text.at[text.size - 1] <= ' ')
                text.size--;
        return text;
}

bool text_equal_fold(struct ansa_bytes a, struct ansa_bytes b)
{
        if (a.size != b.size)
                return false;
        for (size_t i = 0; i < a.size; i++) {
                if (text_upper(a.at[i]) != text_upper(b.at[i]))
                        return false;
        }
        return true;
}

/* Octets of the UTF-8 sequence at the front of @p, 0 when malformed (RFC 3629 s.4). */
static size_t utf8_sequence(const uint8_t *p, size_t left)
{
        if (p[0] < 0x80)
                return 1;
        size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
        if (p[0] < 0xc2 || p[0] > 0xf4 || left < n)
                return 0;
        for (size_t i = 1; i < n; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
        }
        bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
        bool outside = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f);
        return overlong || outside ? 0 : n;
}

/* All of the eight octets at @p are ASCII. */
static bool is_ascii(const uint8_t *p)
{
        uint64_t octets;
        memcpy(&octets, p, sizeof(octets));
        return (octets & UINT64_C(0x8080808080808080)) == 0;
}

bool text_is_utf8(struct ansa_bytes bytes)
{
        for (size_t i = 0; i < bytes.size;) {
                if (bytes.size - i >= 8 && is_ascii(bytes.at + i)) {
                        i += 8;
                        continue;
                }
                size_t n = utf8_sequence(bytes.at + i, bytes.size - i);
                if (n == 0)
                        return false;
                i += n;
        }
        return true;
}

size_t text_utf8_size(struct ansa_bytes bytes)
{
        return bytes.size > 0 ? utf8_sequence(bytes.at, bytes.size) : 0;
}

void text_put_hex(struct buf *b, struct ansa_bytes bytes)
{
        static const char digits[] = "0123456789abcdef";
        for (size_t i = 0; i < bytes.size; i++) {
                buf_u8(b, (uint8_t)digits[bytes.at[i] >> 4]);
                buf_u8(b, (uint8_t)digits[bytes.at[i] & 15]);
        }
}

static int hex_digit(uint8_t c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        c = text_upper(c);
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Nothing of a malformed text stays behind. */
static enum ansa_err malformed(struct buf *b, size_t size_before)
{
        if (b->err == ANSA_OK)
                b->size = size_before;
        return ANSA_E_MALFORMED;
}

enum ansa_err text_hex(struct ansa_bytes text, struct buf *b)
{
        size_t before = b->size;
        if (text.size % 2 != 0)
                return ANSA_E_MALFORMED;
        for (size_t i = 0; i < text.size; i += 2) {
                int high = hex_digit(text.at[i]);
                int low = hex_digit(text.at[i + 1]);
                if (high < 0 || low < 0)
                        return malformed(b, before);
                buf_u8(b, (uint8_t)(high << 4 | low));
        }
        return b->err;
}

void text_put_base64(struct buf *b, struct ansa_bytes bytes, enum text_base64 alphabet)
{
        static const char plain[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        static const char url[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        const char *digits = alphabet == TEXT_BASE64URL ? url : plain;
        for (size_t i = 0; i < bytes.size; i += 3) {
                size_t n = bytes.size - i < 3 ? bytes.size - i : 3;
                uint32_t group = (uint32_t)bytes.at[i] << 16;
                if (n > 1)
                        group |= (uint32_t)bytes.at[i + 1] << 8;
                if (n > 2)
                        group |= bytes.at[i + 2];
                for (size_t d = 0; d < 4; d++) {
                        if (d <= n)
                                buf_u8(b, (uint8_t)digits[group >> (18 - 6 * d) & 63]);
                        else if (alphabet == TEXT_BASE64)
                                buf_u8(b, '=');
                }
        }
}

static int base64_digit(uint8_t c)
{
        if (c >= 'A' && c <= 'Z')
                return c - 'A';
        if (c >= 'a' && c <= 'z')
                return c - 'a' + 26;
        if (c >= '0' && c <= '9')
                return c - '0' + 52;
        if (c == '+' || c == '-')
                return 62;
        return c == '/' || c == '_' ? 63 : -1;
}

enum ansa_err text_base64(struct ansa_bytes text, struct buf *b)
{
        size_t before = b->size;
        size_t padded = text.size;
        for (int pad = 0; pad < 2 && text.size > 0 && text.at[text.size - 1] == '='; pad++)
                text.size--;
        bool is_padded = text.size != padded;
        if (text.size % 4 == 1 || (is_padded && padded % 4 != 0))
                return ANSA_E_MALFORMED;
        uint32_t group = 0;
        for (size_t i = 0; i < text.size; i++) {
                int digit = base64_digit(text.at[i]);
                if (digit < 0)
                        return malformed(b, before);
                group = group << 6 | (uint32_t)digit;
                if (i % 4 != 0)
                        buf_u8(b, (uint8_t)(group >> (6 - 2 * (i % 4))));
        }
        return b->err;
}

enum ansa_err text_base64_exact(struct ansa_bytes text, struct buf *b)
{
        if (text.size % 4 != 0)
                return ANSA_E_MALFORMED;
        size_t padding = 0;
        for (size_t i = 0; i < text.size; i++) {
                padding += text.at[i] == '=';
                if (text.at[i] == '-' || text.at[i] == '_')
                        return ANSA_E_MALFORMED;
        }
        /* Digits of which 4 or 2 bits are no part of the octets. */
        if (padding > 0 && padding <= 2) {
                int last = base64_digit(text.at[text.size - 1 - padding]);
                if (last < 0 || (last & (padding == 2 ? 15 : 3)) != 0)
                        return ANSA_E_MALFORMED;
        }
        return text_base64(text, b);
}
