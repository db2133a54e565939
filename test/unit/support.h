/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_SUPPORT_H
#define TEST_UNIT_SUPPORT_H

/*
 * For all unit tests: cmocka and what it wants included, octets written in hex, heap copies
 * of an exact size (so that a sanitizer sees a read past the end), a seeded generator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ansa/bytes.h"
#include "ansa/err.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct sample {
        uint8_t at[2048];
        size_t size;
};

static inline struct ansa_bytes sample_bytes(const struct sample *s)
{
        return (struct ansa_bytes){ s->at, s->size };
}

/* Hex digits in pairs; "'" begins and ends plain text; other characters only separate. */
static inline struct sample sample_hex(const char *text)
{
        static const char digits[] = "0123456789abcdef";
        struct sample s = { .size = 0 };
        bool is_text = false;
        for (const char *p = text; *p != '\0'; p++) {
                const char *high = strchr(digits, *p);
                if (s.size == sizeof(s.at))
                        fail_msg("sample too long: %s", text);
                if (*p == '\'') {
                        is_text = !is_text;
                } else if (is_text) {
                        s.at[s.size++] = (uint8_t)*p;
                } else if (high != NULL) {
                        const char *low = strchr(digits, p[1]);
                        if (p[1] == '\0' || low == NULL)
                                fail_msg("half an octet: %s", text);
                        s.at[s.size++] = (uint8_t)((high - digits) << 4 | (low - digits));
                        p++;
                }
        }
        return s;
}

/* To be freed by the caller. */
static inline uint8_t *heap_copy(struct ansa_bytes bytes, size_t size)
{
        uint8_t *copy = malloc(size > 0 ? size : 1);
        assert_non_null(copy);
        assert_true(size <= bytes.size);
        if (size > 0)
                memcpy(copy, bytes.at, size);
        return copy;
}

static inline void assert_bytes(const char *name, struct ansa_bytes got, struct ansa_bytes want)
{
        for (size_t i = 0; i < got.size && i < want.size; i++) {
                if (got.at[i] != want.at[i])
                        fail_msg("%s: octet %zu is %02x, not %02x", name, i, got.at[i], want.at[i]);
        }
        if (got.size != want.size)
                fail_msg("%s: %zu octets, not %zu", name, got.size, want.size);
}

static inline void assert_err(const char *name, enum ansa_err got, enum ansa_err want)
{
        if (got != want)
                fail_msg("%s: \"%s\", not \"%s\"", name, ansa_err_text(got), ansa_err_text(want));
}

/* splitmix64 (Steele, Lea, Flood 2014): every failure repeats with its seed. */
struct rng {
        uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
        uint64_t z = r->state += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

static inline uint32_t rng_below(struct rng *r, uint32_t end)
{
        return (uint32_t)(rng_next(r) % end);
}

/* Random octets, up to @max of them, in @at. */
static inline struct ansa_bytes rng_bytes(struct rng *r, uint8_t *at, uint32_t max)
{
        uint32_t size = rng_below(r, max + 1);
        for (uint32_t i = 0; i < size; i++)
                at[i] = (uint8_t)rng_next(r);
        return (struct ansa_bytes){ at, size };
}

#endif
