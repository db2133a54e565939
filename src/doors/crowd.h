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
        _Atomic uint32_t most; /* that all has been since crowd_peak */
};

void crowd_init(struct crowd *c, const struct hash_key *key);

/** One more; returns the network's number, this one included. */
uint32_t crowd_join(struct crowd *c, uint64_t network);
void crowd_leave(struct crowd *c, uint64_t network);
uint32_t crowd_count(const struct crowd *c, uint64_t network);

/** Of all connections over time: has a crowd gone, so that its memory can be given back? */
#define CROWD_EBB_MIN 500u /* smaller ones make no difference */
struct crowd_ebb {
        uint32_t most; /* since the last ebb */
        uint32_t last;
};

/** The most there have been at once since this was asked last. */
uint32_t crowd_peak(struct crowd *c);

/**
 * There are @all now, and there were @peak since this was asked last. True once when fewer than
 * half are left, and no more are going.
 */
bool crowd_has_ebbed(struct crowd_ebb *e, uint32_t all, uint32_t peak);

#endif
