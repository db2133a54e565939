/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_SHARES_H
#define ANSA_IDENTIFIER_SHARES_H

#include "base/hash.h"
#include "identifier/identifier.h"

/**
 * Who holds how much of a bounded table: its entries in lists by origin, each oldest first. When
 * the table is full the largest list gives up its oldest entry, so that who takes all there is
 * loses to others, and not they to him. Not locked: the table's owner does that.
 */
#define SHARES_LISTS 1024u /* by source network; and one more for all datagrams */

/** Embedded in an entry of the table. */
struct share_link {
        struct share_link *older;
        struct share_link *newer;
        uint32_t list;
        uint64_t weight;
};

struct share {
        struct share_link *oldest;
        struct share_link *newest;
        uint32_t count;
        uint64_t weight;
};

struct shares {
        struct hash_key key; /* so that nobody can choose to share a list with another */
        struct share list[SHARES_LISTS + 1];
};

/**
 * Where a request came from, as far as limits go: the network (/24 of IPv4, /56 of IPv6), and
 * one origin for all datagrams, whose addresses may be forged.
 */
uint64_t origin_of_peer(const struct peer *peer);

void shares_init(struct shares *s, struct env *env);

/** As the newest of @origin. */
void shares_add(struct shares *s, uint64_t origin, uint64_t weight, struct share_link *link);
void shares_remove(struct shares *s, struct share_link *link);

/** As the newest of its list again. */
void shares_renew(struct shares *s, struct share_link *link);

/** How many entries the list of @origin has. */
uint32_t shares_count(const struct shares *s, uint64_t origin);

/**
 * The list with most entries, or with most weight, that is to make room for a newcomer of
 * @origin; where two are alike, that of datagrams. A datagram only replaces others. NULL: none.
 */
const struct share *shares_largest(const struct shares *s, uint64_t origin, bool by_weight);

/** All that came in datagrams; it may be empty. */
const struct share *shares_datagrams(const struct shares *s);
bool origin_is_datagrams(uint64_t origin);

#endif
