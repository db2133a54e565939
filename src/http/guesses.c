/* SPDX-License-Identifier: Apache-2.0 */
#include "http/guesses.h"

#include "base/hash.h"
#include "base/lock.h"
#include "base/text.h"

#include <stdatomic.h>
#include <stdlib.h>

#define SETS       2048u /* a power of two */
#define WAYS       8u    /* places in each */
#define NETWORK_V4 15u   /* octets of an address that are its network: /24 */
#define NETWORK_V6 7u    /* /56 */

/* One that has been wrong. */
struct place {
        uint64_t tag;     /* of what is counted here; */
        uint64_t full_ms; /* all its guesses are forgotten then; 0 or past: the place is free */
};

struct guesses {
        struct env *env;
        struct hash_key key;
        struct lock lock; /* of the places */
        struct place place[SETS][WAYS];
        _Atomic uint64_t wrong;
        _Atomic uint64_t refused;
};

enum kind { OF_NETWORK, OF_PAIR, OF_IDENTITY, KIND_COUNT };

static const struct bound {
        uint32_t most;
        uint32_t each_ms;
} bounds[KIND_COUNT] = {
        [OF_NETWORK] = { GUESSES_NETWORK_MAX, GUESSES_NETWORK_MS },
        [OF_PAIR] = { GUESSES_PAIR_MAX, GUESSES_PAIR_MS },
        [OF_IDENTITY] = { GUESSES_IDENTITY_MAX, GUESSES_IDENTITY_MS },
};

enum ansa_err guesses_new(struct env *env, struct guesses **guesses)
{
        struct guesses *g = calloc(1, sizeof(*g));
        *guesses = g;
        if (g == NULL)
                return ANSA_E_NO_MEMORY;
        g->env = env;
        env->random(env, (uint8_t *)&g->key, sizeof(g->key));
        lock_init(&g->lock);
        return ANSA_OK;
}

void guesses_free(struct guesses *g)
{
        if (g == NULL)
                return;
        lock_fini(&g->lock);
        free(g);
}

/* What the three kinds are known by. Of names case makes no difference. */
static void tags_of(const struct guesses *g, const struct peer *peer, struct ansa_bytes identity,
                    uint64_t tag[KIND_COUNT])
{
        static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff };
        uint8_t octets[1 + 16 + ANSA_NAME_SIZE_MAX];
        struct buf b = buf_over(octets, sizeof(octets));
        size_t size = memcmp(peer->address, v4, sizeof(v4)) == 0 ? NETWORK_V4 : NETWORK_V6;
        buf_u8(&b, OF_NETWORK);
        buf_bytes(&b, (struct ansa_bytes){ peer->address, size });
        tag[OF_NETWORK] = hash_bytes(&g->key, buf_written(&b));
        size_t name_at = b.size;
        if (identity.size > ANSA_NAME_SIZE_MAX)
                identity.size = ANSA_NAME_SIZE_MAX;
        buf_bytes(&b, identity);
        for (size_t i = name_at; i < b.size; i++) {
                if (octets[i] >= 'A' && octets[i] <= 'Z')
                        octets[i] = (uint8_t)(octets[i] | 0x20);
        }
        octets[0] = OF_PAIR;
        tag[OF_PAIR] = hash_bytes(&g->key, buf_written(&b));
        octets[name_at - 1] = OF_IDENTITY;
        tag[OF_IDENTITY] = hash_bytes(
                &g->key, (struct ansa_bytes){ octets + name_at - 1, b.size - name_at + 1 });
}

/* Its place, or the one that would be taken for it. */
static struct place *place_of(struct guesses *g, uint64_t tag)
{
        struct place *set = g->place[tag & (SETS - 1)];
        struct place *least = set;
        for (size_t i = 0; i < WAYS; i++) {
                if (set[i].tag == tag)
                        return &set[i];
                if (set[i].full_ms < least->full_ms)
                        least = &set[i];
        }
        return least;
}

/* Until when all guesses of @tag are remembered; @now_ms when there are none. */
static uint64_t remembered_ms(struct guesses *g, uint64_t tag, uint64_t now_ms)
{
        const struct place *p = place_of(g, tag);
        return p->tag == tag && p->full_ms > now_ms ? p->full_ms : now_ms;
}

static uint64_t wait_ms(struct guesses *g, enum kind kind, const uint64_t tag[KIND_COUNT],
                        uint64_t now_ms)
{
        const struct bound *b = &bounds[kind];
        uint64_t last_ms = now_ms + (uint64_t)(b->most - 1) * b->each_ms;
        uint64_t full_ms = remembered_ms(g, tag[kind], now_ms);
        return full_ms > last_ms ? full_ms - last_ms : 0;
}

uint32_t guesses_wait_s(struct guesses *g, enum guess_of of, const struct peer *peer,
                        struct ansa_bytes identity)
{
        uint64_t tag[KIND_COUNT];
        uint64_t now_ms = g->env->steady_ms(g->env);
        tags_of(g, peer, identity, tag);
        lock_take(&g->lock);
        uint64_t network_ms = of == GUESS_OF_PEER ? wait_ms(g, OF_NETWORK, tag, now_ms) : 0;
        uint64_t pair_ms = wait_ms(g, OF_PAIR, tag, now_ms);
        uint64_t identity_ms = wait_ms(g, OF_IDENTITY, tag, now_ms);
        uint64_t clean_ms = remembered_ms(g, tag[OF_PAIR], now_ms) - now_ms;
        lock_give(&g->lock);
        uint64_t longest = network_ms > pair_ms ? network_ms : pair_ms;
        if (identity_ms > clean_ms) /* for those that were not wrong themselves: nothing */
                identity_ms = clean_ms;
        if (identity_ms > longest)
                longest = identity_ms;
        if (longest > 0)
                (void)atomic_fetch_add_explicit(&g->refused, 1, memory_order_relaxed);
        return (uint32_t)((longest + 999) / 1000);
}

static void add(struct guesses *g, enum kind kind, uint64_t tag, uint64_t now_ms)
{
        struct place *p = place_of(g, tag);
        if (p->tag != tag || p->full_ms < now_ms)
                p->full_ms = now_ms;
        p->tag = tag;
        p->full_ms += bounds[kind].each_ms;
}

void guesses_note(struct guesses *g, enum guess_of of, const struct peer *peer,
                  struct ansa_bytes identity, bool is_right)
{
        uint64_t tag[KIND_COUNT];
        uint64_t now_ms = g->env->steady_ms(g->env);
        tags_of(g, peer, identity, tag);
        lock_take(&g->lock);
        if (!is_right) {
                if (of == GUESS_OF_PEER)
                        add(g, OF_NETWORK, tag[OF_NETWORK], now_ms);
                add(g, OF_PAIR, tag[OF_PAIR], now_ms);
                add(g, OF_IDENTITY, tag[OF_IDENTITY], now_ms);
        } else {
                struct place *p = place_of(g, tag[OF_PAIR]);
                if (p->tag == tag[OF_PAIR]) /* who mistypes, and then not, begins anew */
                        *p = (struct place){ 0 };
        }
        lock_give(&g->lock);
        if (!is_right)
                (void)atomic_fetch_add_explicit(&g->wrong, 1, memory_order_relaxed);
}

void guesses_count(const struct guesses *g, uint64_t *wrong, uint64_t *refused)
{
        *wrong = atomic_load_explicit(&g->wrong, memory_order_relaxed);
        *refused = atomic_load_explicit(&g->refused, memory_order_relaxed);
}
