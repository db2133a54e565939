/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_CROWD_H
#define ANSA_DOORS_CROWD_H

#include "base/hash.h"

#include <stdatomic.h>

/**
 * How many connections each source network has, in fixed room and without locks: every
 * network counts in two cells, and the smaller one is its number. Where hashes meet the
 * number can be too high, never too low.
 */
#define CROWD_CELLS 8192u /* in each of two rows; a power of two */

struct crowd {
        struct hash_key key;
        _Atomic uint32_t cell[2][CROWD_CELLS];
        _Atomic uint32_t all;
};

void crowd_init(struct crowd *c, const struct hash_key *key);

/** One more; returns the network's number, this one included. */
uint32_t crowd_join(struct crowd *c, uint64_t network);
void crowd_leave(struct crowd *c, uint64_t network);
uint32_t crowd_count(const struct crowd *c, uint64_t network);

#endif
