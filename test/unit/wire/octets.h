/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_OCTETS_H
#define TEST_OCTETS_H

/* Octets of the specification's examples, and exact copies for the sanitizers. */

#include "../support.h"

/* A heap copy of exactly the size, so that a read past the end is seen. bytes_free() it. */
static inline struct ansa_bytes bytes_copy(struct ansa_bytes bytes)
{
        uint8_t *copy = malloc(bytes.size > 0 ? bytes.size : 1);
        if (copy == NULL)
                abort();
        if (bytes.size > 0)
                memcpy(copy, bytes.at, bytes.size);
        return (struct ansa_bytes){ copy, bytes.size };
}

static inline void bytes_free(struct ansa_bytes copy)
{
        free((void *)(uintptr_t)copy.at);
}

static inline int octets_digit(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octets of lower-case hex digits; other characters separate them. On the heap. */
static inline struct ansa_bytes octets_hex(const char *hex)
{
        uint8_t *at = malloc(strlen(hex) / 2 + 1);
        if (at == NULL)
                abort();
        size_t size = 0;
        for (const char *p = hex; *p != '\0'; p++) {
                int high = octets_digit(p[0]);
                if (high < 0)
                        continue;
                int low = octets_digit(p[1]);
                if (low < 0)
                        abort(); /* a digit without its pair: the row is wrong */
                at[size++] = (uint8_t)(high << 4 | low);
                p++;
        }
        struct ansa_bytes exact = bytes_copy((struct ansa_bytes){ at, size });
        free(at);
        return exact;
}

#endif
