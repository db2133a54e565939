/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_CURSOR_H
#define ANSA_WIRE_CURSOR_H

#include "ansa/bytes.h"
#include "ansa/err.h"

/**
 * A reader over borrowed octets. The first failure sticks: later reads do
 * nothing and yield zeros, so a decoder reads all its fields and looks at
 * err once. Remaining size is compared before any pointer is moved, and
 * lengths from the wire are never added to, padded or multiplied first.
 */
struct cursor {
        const uint8_t *at;
        size_t left;
        enum ansa_err err;
};

struct cursor cursor_over(struct ansa_bytes bytes);
void cursor_fail(struct cursor *c, enum ansa_err err);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);

/** The next @size octets, borrowed. */
struct ansa_bytes cursor_bytes(struct cursor *c, size_t size);

/** A u32 length and that many octets ("str"), borrowed; ANSA_E_LIMIT above @max. */
struct ansa_bytes cursor_block(struct cursor *c, uint32_t max);

/** All octets that are left. */
struct ansa_bytes cursor_rest(struct cursor *c);

/** Fails with ANSA_E_TRAILING when octets are left; returns err. */
ANSA_CHECKED enum ansa_err cursor_end(struct cursor *c);

#endif
