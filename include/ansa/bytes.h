/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BYTES_H
#define ANSA_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define ANSA_CHECKED __attribute__((warn_unused_result))
#define ANSA_API     __attribute__((visibility("default"))) /* exported by libansa.so */
#else
#define ANSA_CHECKED
#define ANSA_API
#endif

/** Borrowed octets: never owned, never NUL terminated; at may be NULL when size is 0. */
struct ansa_bytes {
        const uint8_t *at;
        size_t size;
};

/** The octets of a string literal, without its NUL. */
#define ANSA_BYTES_LIT(text) ((struct ansa_bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

/** The octets of a NUL terminated string, without its NUL. */
static inline struct ansa_bytes ansa_bytes_text(const char *text)
{
        return (struct ansa_bytes){ (const uint8_t *)text, strlen(text) };
}

/** Same size and same octets. Not in constant time. */
static inline bool ansa_bytes_equal(struct ansa_bytes a, struct ansa_bytes b)
{
        return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

#endif /* ANSA_BYTES_H */
