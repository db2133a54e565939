/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/budget.h"

#include "base/assert.h"

#define POOL_SECONDS 4u /* the pool of all graces holds its refill of so many seconds */

static uint64_t hash_network(const struct hash_key *key, uint64_t network)
{
        uint8_t octets[sizeof(network)];
        memcpy(octets, &network, sizeof(octets));
        return hash_bytes(key, (struct ansa_bytes){ octets, sizeof(octets) });
}

void proven_init(struct proven *p, const struct hash_key *key)
{
        p->key = *key;
        for (size_t i = 0; i < PROVEN_SLOTS; i++)
                atomic_init(&p->slot[i], 0);
}

/* Two neighbouring slots may hold a network; a tag of 0 would be an empty slot. */
static uint32_t tag_of(uint64_t hash)
{
        return (uint32_t)(hash >> 32) | 1u;
}

void proven_add(struct proven *p, uint64_t network, uint32_t until_s)
{
        uint64_t hash = hash_network(&p->key, network);
        uint32_t tag = tag_of(hash);
        size_t first = hash & (PROVEN_SLOTS - 1);
        size_t other = first ^ 1u;
        uint64_t a = atomic_load_explicit(&p->slot[first], memory_order_relaxed);
        uint64_t b = atomic_load_explicit(&p->slot[other], memory_order_relaxed);
        size_t at = first;
        /* its own slot, else the one that ends sooner; a race loses one entry, no harm */
        if (a >> 32 != tag && (b >> 32 == tag || (uint32_t)b < (uint32_t)a))
                at = other;
        uint64_t entry = (uint64_t)tag << 32 | until_s;
        atomic_store_explicit(&p->slot[at], entry, memory_order_relaxed);
}

bool proven_has(const struct proven *p, uint64_t network, uint32_t now_s)
{
        uint64_t hash = hash_network(&p->key, network);
        uint32_t tag = tag_of(hash);
        size_t first = hash & (PROVEN_SLOTS - 1);
        for (size_t i = 0; i < 2; i++) {
                uint64_t e = atomic_load_explicit(&p->slot[first ^ i], memory_order_relaxed);
                if (e >> 32 == tag && (uint32_t)e > now_s)
                        return true;
        }
        return false;
}

void budget_configure(struct budget *b, const struct budget_settings *settings, uint32_t share)
{
        ansa_assert(share > 0);
        b->settings = *settings; /* a burst is one answer or a few: no use in dividing it */
        b->settings.refill_s /= share;
        b->settings.all_refill_s /= share;
}

void budget_init(struct budget *b, const struct budget_settings *settings, uint32_t share,
                 const struct hash_key *key, struct proven *proven, uint64_t now_ms)
{
        memset(b, 0, sizeof(*b));
        budget_configure(b, settings, share);
        b->key = *key;
        b->proven = proven;
        b->pool = (uint64_t)b->settings.all_refill_s * POOL_SECONDS;
        b->pool_ms = now_ms;
        for (size_t t = 0; t < 2; t++) {
                for (size_t i = 0; i < BUDGET_BUCKETS; i++) {
                        b->bucket[t][i].grace = b->settings.burst;
                        b->bucket[t][i].refilled_ms = (uint32_t)now_ms;
                }
        }
}

static uint32_t add_up_to(uint32_t a, uint64_t more, uint64_t most)
{
        uint64_t sum = a + more;
        if (sum > most)
                sum = most;
        return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

static void refill_pool(struct budget *b, uint64_t now_ms)
{
        uint64_t most = (uint64_t)b->settings.all_refill_s * POOL_SECONDS;
        uint64_t gone_ms = now_ms > b->pool_ms ? now_ms - b->pool_ms : 0;
        if (gone_ms > POOL_SECONDS * 1000u)
                gone_ms = POOL_SECONDS * 1000u;
        uint64_t more = gone_ms * b->settings.all_refill_s / 1000;
        if (more == 0 && gone_ms < POOL_SECONDS * 1000u)
                return; /* keep the fraction for later */
        b->pool = b->pool + more > most ? most : b->pool + more;
        b->pool_ms = now_ms;
}

static void refill(struct budget_bucket *k, uint64_t burst, uint64_t refill_s, uint64_t now_ms)
{
        uint32_t gone_ms = (uint32_t)now_ms - k->refilled_ms; /* wraps after 49 days: harmless */
        uint64_t more = gone_ms * refill_s / 1000;
        if (more > 0) {
                k->grace = add_up_to(k->grace, more, burst);
                k->refilled_ms = (uint32_t)now_ms;
        }
}

bool budget_spend(struct budget *b, uint64_t network, uint32_t in, uint32_t out, uint64_t now_ms)
{
        uint64_t hash = hash_network(&b->key, network);
        struct budget_bucket *k = &b->bucket[0][hash & (BUDGET_BUCKETS - 1)];
        struct budget_bucket *other = &b->bucket[1][(hash >> 32) & (BUDGET_BUCKETS - 1)];
        uint64_t had = (uint64_t)k->earned + k->grace;
        if ((uint64_t)other->earned + other->grace > had)
                k = other;

        bool is_proven =
                b->proven != NULL && proven_has(b->proven, network, (uint32_t)(now_ms / 1000));
        uint64_t factor = is_proven ? b->settings.proven_factor : 1;
        refill(k, b->settings.burst * factor, b->settings.refill_s * factor, now_ms);
        k->earned = add_up_to(k->earned, in - in / 8, b->settings.burst);

        if (out <= k->earned) {
                k->earned -= out;
                return true;
        }
        uint32_t lack = out - k->earned;
        if (lack > k->grace)
                return false;
        if (!is_proven) {
                refill_pool(b, now_ms);
                if (lack > b->pool)
                        return false;
                b->pool -= lack;
        }
        k->earned = 0;
        k->grace -= lack;
        return true;
}
