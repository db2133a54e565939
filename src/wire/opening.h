/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_OPENING_H
#define ANSA_WIRE_OPENING_H

#include "ansa/value.h"
#include "base/buf.h"
#include "base/hasher.h"
#include "wire/cursor.h"

/**
 * @file
 * Openings (docs/ledger.md, section 5): what of a record is shown, and hashes of the rest of its
 * tree of values. The form only; nothing is hashed here. Without memory of its own.
 */
#define OPENING_VALUES_MAX ANSA_VALUE_COUNT_MAX
#define OPENING_SALT_SIZE  16u

/** Borrowed. */
struct opening {
        uint32_t count;           /* values of the record */
        uint32_t public_count;    /* the first of them, which everybody may read */
        uint32_t shown_count;     /* values that are here */
        struct ansa_bytes shown;  /* for opening_next */
        struct ansa_bytes hashes; /* of the parts of the tree in which nothing is shown */
};

struct opening_value {
        uint32_t position;      /* from 0 */
        const uint8_t *salt;    /* OPENING_SALT_SIZE octets */
        struct ansa_bytes wire; /* the value as it was hashed */
        struct ansa_value value;
};

/**
 * Take an opening off @c, up to the last hash that it needs: how many there are follows from the
 * rest. Positions rise, and each value is as public as its position says. The cursor fails with
 * ANSA_E_TRUNCATED, ANSA_E_MALFORMED, ANSA_E_LIMIT.
 */
void opening_decode(struct cursor *c, struct opening *o);

/** Takes the next value off *shown, which began as o->shown; false at the end. */
bool opening_next(struct ansa_bytes *shown, struct opening_value *value);

/**
 * Leaves in the part of the tree of @count values that begins at @from and has nothing shown in
 * it, when the next value that is shown is at @next (@count: none is): the largest subtree there
 * is. @from < @next <= @count. What follows part after part is the whole of that gap.
 */
uint32_t opening_part(uint32_t from, uint32_t next, uint32_t count);

/* Writing: the head, each value that is shown by rising position, then 32 octets a part. */
void opening_put_head(uint32_t count, uint32_t public_count, uint32_t shown_count, struct buf *b);
void opening_put_value(uint32_t position, const uint8_t salt[OPENING_SALT_SIZE],
                       struct ansa_bytes wire, struct buf *b);

#endif
