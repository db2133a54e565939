/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/md5.h"

#include "base/assert.h"

#define BLOCK_SIZE 64u

/* clang-format off */
/* T[i] = floor(2^32 * |sin(i + 1)|), RFC 1321 s.3.4 */
static const uint32_t sines[64] = {
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
        0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
        0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
        0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
        0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
        0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
        0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
        0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
static const uint8_t shifts[4][4] = {
        { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 },
};
/* clang-format on */

void md5_init(struct md5 *m)
{
        *m = (struct md5){ .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 } };
}

/* The word of the block used in step @i, and the mixing function of its round. */
static uint32_t mix(const uint32_t s[4], unsigned i, unsigned *word)
{
        uint32_t b = s[1];
        uint32_t c = s[2];
        uint32_t d = s[3];
        switch (i / 16) {
        case 0:
                *word = i;
                return (b & c) | (~b & d);
        case 1:
                *word = (5 * i + 1) % 16;
                return (b & d) | (c & ~d);
        case 2:
                *word = (3 * i + 5) % 16;
                return b ^ c ^ d;
        default:
                *word = 7 * i % 16;
                return c ^ (b | ~d);
        }
}

static void compress(uint32_t state[4], const uint8_t block[BLOCK_SIZE])
{
        uint32_t words[16];
        for (unsigned i = 0; i < 16; i++) {
                const uint8_t *p = block + 4 * i;
                words[i] = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                           (uint32_t)p[3] << 24;
        }
        uint32_t s[4] = { state[0], state[1], state[2], state[3] };
        for (unsigned i = 0; i < 64; i++) {
                unsigned word;
                uint32_t sum = mix(s, i, &word) + s[0] + sines[i];
                sum += words[word];
                unsigned shift = shifts[i / 16][i % 4];
                s[0] = s[3];
                s[3] = s[2];
                s[2] = s[1];
                s[1] += sum << shift | sum >> (32 - shift);
        }
        for (unsigned i = 0; i < 4; i++)
                state[i] += s[i];
}

void md5_add(struct md5 *m, struct ansa_bytes bytes)
{
        size_t filled = (size_t)(m->size % BLOCK_SIZE);
        m->size += bytes.size;
        while (bytes.size > 0) {
                size_t n = BLOCK_SIZE - filled;
                if (n > bytes.size)
                        n = bytes.size;
                memcpy(m->block + filled, bytes.at, n);
                bytes.at += n;
                bytes.size -= n;
                filled += n;
                if (filled == BLOCK_SIZE) {
                        compress(m->state, m->block);
                        filled = 0;
                }
        }
        ansa_assert(filled == m->size % BLOCK_SIZE);
}

void md5_end(struct md5 *m, uint8_t digest[MD5_SIZE])
{
        static const uint8_t padding[BLOCK_SIZE] = { 0x80 };
        uint64_t bits = m->size * 8;
        size_t filled = (size_t)(m->size % BLOCK_SIZE);
        size_t gap = filled < 56 ? 56 - filled : 120 - filled;
        md5_add(m, (struct ansa_bytes){ padding, gap });
        uint8_t length[8];
        for (unsigned i = 0; i < 8; i++)
                length[i] = (uint8_t)(bits >> (8 * i));
        md5_add(m, (struct ansa_bytes){ length, sizeof(length) });
        ansa_assert(m->size % BLOCK_SIZE == 0);
        for (unsigned i = 0; i < MD5_SIZE; i++)
                digest[i] = (uint8_t)(m->state[i / 4] >> (8 * (i % 4)));
}
