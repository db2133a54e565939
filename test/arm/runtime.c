/* SPDX-License-Identifier: Apache-2.0 */
/* What a compiler and string.h want where there is no C library. Short rather than fast. */
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
        uint8_t *t = to;
        const uint8_t *f = from;
        for (size_t i = 0; i < size; i++)
                t[i] = f[i];
        return to;
}

void *memmove(void *to, const void *from, size_t size)
{
        uint8_t *t = to;
        const uint8_t *f = from;
        if ((uintptr_t)t < (uintptr_t)f)
                return memcpy(to, from, size);
        while (size-- > 0)
                t[size] = f[size];
        return to;
}

void *memset(void *at, int octet, size_t size)
{
        uint8_t *t = at;
        for (size_t i = 0; i < size; i++)
                t[i] = (uint8_t)octet;
        return at;
}

int memcmp(const void *a, const void *b, size_t size)
{
        const uint8_t *x = a;
        const uint8_t *y = b;
        for (size_t i = 0; i < size; i++) {
                if (x[i] != y[i])
                        return x[i] < y[i] ? -1 : 1;
        }
        return 0;
}

void *memchr(const void *at, int octet, size_t size)
{
        const uint8_t *t = at;
        for (size_t i = 0; i < size; i++) {
                if (t[i] == (uint8_t)octet)
                        return (void *)(uintptr_t)(t + i);
        }
        return NULL;
}

size_t strlen(const char *text)
{
        size_t size = 0;
        while (text[size] != '\0')
                size++;
        return size;
}

/* The procedure call standard's own names (the last two arguments change places). */
void __aeabi_memcpy(void *to, const void *from, size_t size);
void __aeabi_memmove(void *to, const void *from, size_t size);
void __aeabi_memset(void *at, size_t size, int octet);
void __aeabi_memclr(void *at, size_t size);

void __aeabi_memcpy(void *to, const void *from, size_t size)
{
        (void)memcpy(to, from, size);
}

void __aeabi_memmove(void *to, const void *from, size_t size)
{
        (void)memmove(to, from, size);
}

void __aeabi_memset(void *at, size_t size, int octet)
{
        (void)memset(at, octet, size);
}

void __aeabi_memclr(void *at, size_t size)
{
        (void)memset(at, 0, size);
}

/* clang-format off */
#define ALIAS(name) __asm__(".global " #name "4\n.thumb_set " #name "4, " #name "\n" \
                            ".global " #name "8\n.thumb_set " #name "8, " #name "\n")
/* clang-format on */
ALIAS(__aeabi_memcpy);
ALIAS(__aeabi_memmove);
ALIAS(__aeabi_memset);
ALIAS(__aeabi_memclr);

/* Division of 64 bits: quotient in r0 and r1, remainder in r2 and r3. */
struct division {
        uint64_t quotient, remainder;
};
void divide(uint64_t n, uint64_t d, struct division *result);

void divide(uint64_t n, uint64_t d, struct division *result)
{
        uint64_t quotient = 0;
        uint64_t remainder = 0;
        for (int bit = 63; bit >= 0; bit--) {
                remainder = remainder << 1 | (n >> bit & 1);
                if (remainder >= d) {
                        remainder -= d;
                        quotient |= (uint64_t)1 << bit;
                }
        }
        result->quotient = quotient;
        result->remainder = remainder;
}

__asm__(".section .text.division\n"
        ".global __aeabi_uldivmod\n.thumb_func\n__aeabi_uldivmod:\n"
        "push {r4, lr}\n sub sp, #24\n add r4, sp, #8\n str r4, [sp]\n"
        "bl divide\n ldrd r0, r1, [sp, #8]\n ldrd r2, r3, [sp, #16]\n"
        "add sp, #24\n pop {r4, pc}\n.text\n");
