/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/crowd.h"

#include "base/assert.h"

void crowd_init(struct crowd *c, const struct hash_key *key)
{
        c->key = *key;
        atomic_init(&c->all, 0);
        atomic_init(&c->most, 0);
        for (size_t row = 0; row < 2; row++) {
                for (size_t i = 0; i < CROWD_CELLS; i++)
                        atomic_init(&c->cell[row][i], 0);
        }
}

static void cells_of(const struct crowd *c, uint64_t network, size_t at[2])
{
        uint8_t octets[sizeof(network)];
        memcpy(octets, &network, sizeof(octets));
        uint64_t hash = hash_bytes(&c->key, (struct ansa_bytes){ octets, sizeof(octets) });
        at[0] = hash & (CROWD_CELLS - 1);
        at[1] = (hash >> 32) & (CROWD_CELLS - 1);
}

uint32_t crowd_join(struct crowd *c, uint64_t network)
{
        size_t at[2];
        cells_of(c, network, at);
        uint32_t a = atomic_fetch_add_explicit(&c->cell[0][at[0]], 1, memory_order_relaxed) + 1;
        uint32_t b = atomic_fetch_add_explicit(&c->cell[1][at[1]], 1, memory_order_relaxed) + 1;
        uint32_t all = atomic_fetch_add_explicit(&c->all, 1, memory_order_relaxed) + 1;
        uint32_t most = atomic_load_explicit(&c->most, memory_order_relaxed);
        while (all > most &&
               !atomic_compare_exchange_weak_explicit(&c->most, &most, all, memory_order_relaxed,
                                                      memory_order_relaxed))
                continue;
        return a < b ? a : b;
}

void crowd_leave(struct crowd *c, uint64_t network)
{
        size_t at[2];
        cells_of(c, network, at);
        for (size_t row = 0; row < 2; row++) {
                uint32_t had =
                        atomic_fetch_sub_explicit(&c->cell[row][at[row]], 1, memory_order_relaxed);
                ansa_assert(had > 0);
        }
        ansa_assert(atomic_fetch_sub_explicit(&c->all, 1, memory_order_relaxed) > 0);
}

uint32_t crowd_count(const struct crowd *c, uint64_t network)
{
        size_t at[2];
        cells_of(c, network, at);
        uint32_t a = atomic_load_explicit(&c->cell[0][at[0]], memory_order_relaxed);
        uint32_t b = atomic_load_explicit(&c->cell[1][at[1]], memory_order_relaxed);
        return a < b ? a : b;
}

uint32_t crowd_peak(struct crowd *c)
{
        return atomic_exchange_explicit(&c->most, atomic_load(&c->all), memory_order_relaxed);
}

bool crowd_has_ebbed(struct crowd_ebb *e, uint32_t all, uint32_t peak)
{
        bool goes_on = all < e->last || all < peak / 2;
        e->last = all;
        if (peak > e->most)
                e->most = peak;
        if (e->most < CROWD_EBB_MIN || all > e->most / 2 || goes_on)
                return false;
        e->most = all;
        return true;
}
