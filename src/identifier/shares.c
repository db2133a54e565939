/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/shares.h"

#include "base/assert.h"

#define ORIGIN_DATAGRAMS 0u
#define ORIGIN_IPV4      (1ull << 56)
#define ORIGIN_IPV6      (2ull << 56)

uint64_t origin_of_peer(const struct peer *peer)
{
        static const uint8_t ipv4[12] = { [10] = 0xff, [11] = 0xff };
        const uint8_t *at = peer->address;
        if (peer->transport == PEER_UDP)
                return ORIGIN_DATAGRAMS;
        bool is_ipv4 = memcmp(at, ipv4, sizeof(ipv4)) == 0;
        size_t from = is_ipv4 ? sizeof(ipv4) : 0;
        size_t size = is_ipv4 ? 3 : 7;
        uint64_t origin = 0;
        for (size_t i = 0; i < size; i++)
                origin = origin << 8 | at[from + i];
        return origin | (is_ipv4 ? ORIGIN_IPV4 : ORIGIN_IPV6);
}

void shares_init(struct shares *s, struct env *env)
{
        *s = (struct shares){ 0 };
        env->random(env, (uint8_t *)&s->key, sizeof(s->key));
}

static uint32_t list_of(const struct shares *s, uint64_t origin)
{
        uint8_t octets[sizeof(origin)];
        if (origin == ORIGIN_DATAGRAMS)
                return SHARES_LISTS;
        memcpy(octets, &origin, sizeof(octets));
        return (uint32_t)(hash_bytes(&s->key, (struct ansa_bytes){ octets, sizeof(octets) }) %
                          SHARES_LISTS);
}

static void append(struct shares *s, struct share_link *link)
{
        struct share *list = &s->list[link->list];
        link->newer = NULL;
        link->older = list->newest;
        *(list->newest != NULL ? &list->newest->newer : &list->oldest) = link;
        list->newest = link;
        list->count++;
        list->weight += link->weight;
}

void shares_add(struct shares *s, uint64_t origin, uint64_t weight, struct share_link *link)
{
        *link = (struct share_link){ .list = list_of(s, origin), .weight = weight };
        append(s, link);
}

void shares_remove(struct shares *s, struct share_link *link)
{
        struct share *list = &s->list[link->list];
        ansa_assert(list->count > 0 && list->weight >= link->weight);
        *(link->older != NULL ? &link->older->newer : &list->oldest) = link->newer;
        *(link->newer != NULL ? &link->newer->older : &list->newest) = link->older;
        list->count--;
        list->weight -= link->weight;
}

void shares_renew(struct shares *s, struct share_link *link)
{
        shares_remove(s, link);
        append(s, link);
}

uint32_t shares_count(const struct shares *s, uint64_t origin)
{
        return s->list[list_of(s, origin)].count;
}

bool origin_is_datagrams(uint64_t origin)
{
        return origin == ORIGIN_DATAGRAMS;
}

const struct share *shares_datagrams(const struct shares *s)
{
        return &s->list[SHARES_LISTS];
}

const struct share *shares_largest(const struct shares *s, uint64_t origin, bool by_weight)
{
        const struct share *largest = shares_datagrams(s);
        for (uint32_t i = 0; i < SHARES_LISTS && !origin_is_datagrams(origin); i++) {
                const struct share *list = &s->list[i];
                if (by_weight ? list->weight > largest->weight : list->count > largest->count)
                        largest = list;
        }
        return largest->count > 0 ? largest : NULL;
}
