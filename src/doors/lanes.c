/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/lanes.h"

#include "base/assert.h"
#include "doors/address.h"

#define LANE_DATAGRAMS LANES_NETWORKS

void lanes_init(struct lanes *l, const struct hash_key *key, uint32_t threads, uint32_t count_max,
                uint64_t size_max)
{
        *l = (struct lanes){ .key = *key,
                             .running_max = threads > 1 ? threads - 1 : 1,
                             .count_max = count_max,
                             .size_max = size_max };
        l->last = &l->first;
        for (uint32_t i = 0; i <= LANES_NETWORKS; i++)
                l->lane[i].last = &l->lane[i].first;
        lock_init(&l->lock);
        ansa_assert(pthread_cond_init(&l->changed, NULL) == 0);
}

void lanes_fini(struct lanes *l)
{
        for (uint32_t i = 0; i <= LANES_NETWORKS; i++) {
                while (l->lane[i].first != NULL) {
                        struct task *t = l->lane[i].first;
                        l->lane[i].first = t->next;
                        task_free(t);
                }
        }
        ansa_assert(pthread_cond_destroy(&l->changed) == 0);
        lock_fini(&l->lock);
}

void lanes_limit(struct lanes *l, uint32_t count_max, uint64_t size_max)
{
        lock_take(&l->lock);
        l->count_max = count_max;
        l->size_max = size_max;
        lock_give(&l->lock);
}

static struct lane *lane_of(struct lanes *l, const struct task *t)
{
        if (t->is_udp)
                return &l->lane[LANE_DATAGRAMS];
        uint64_t network = address_network(t->peer.address);
        uint8_t octets[sizeof(network)];
        memcpy(octets, &network, sizeof(octets));
        uint64_t hash = hash_bytes(&l->key, (struct ansa_bytes){ octets, sizeof(octets) });
        return &l->lane[hash % LANES_NETWORKS];
}

static void append(struct lanes *l, struct lane *lane, struct task *t)
{
        if (lane->first == NULL) {
                lane->next = NULL;
                *l->last = lane;
                l->last = &lane->next;
        }
        t->next = NULL;
        *lane->last = t;
        lane->last = &t->next;
        lane->count++;
        lane->size += t->size;
        l->count++;
        l->size += t->size;
        (void)pthread_cond_signal(&l->changed);
}

static bool has_room(const struct lanes *l, const struct lane *lane, const struct task *t)
{
        if (l->closed || l->count >= l->count_max || lane->count >= l->count_max - l->count)
                return false;
        if (l->count == 0)
                return true; /* one that is larger than the bound, alone */
        return l->size < l->size_max && lane->size + t->size <= l->size_max - l->size;
}

bool lanes_put(struct lanes *l, struct task *t)
{
        struct lane *lane = lane_of(l, t);
        lock_take(&l->lock);
        bool fits = has_room(l, lane, t);
        if (fits)
                append(l, lane, t);
        lock_give(&l->lock);
        return fits;
}

void lanes_put_anyway(struct lanes *l, struct task *t)
{
        lock_take(&l->lock);
        append(l, lane_of(l, t), t);
        lock_give(&l->lock);
}

/* Off the round, the first lane that may have one more thread; NULL when there is none. */
static struct lane *take_turn(struct lanes *l)
{
        for (struct lane **at = &l->first; *at != NULL; at = &(*at)->next) {
                struct lane *lane = *at;
                if (lane->running >= l->running_max)
                        continue;
                *at = lane->next;
                if (l->last == &lane->next)
                        l->last = at;
                lane->next = NULL;
                return lane;
        }
        return NULL;
}

struct task *lanes_take(struct lanes *l, uint32_t *lane_number)
{
        struct task *t = NULL;
        struct lane *lane = NULL;
        lock_take(&l->lock);
        while ((lane = take_turn(l)) == NULL && !(l->closed && l->count == 0))
                ansa_assert(pthread_cond_wait(&l->changed, &l->lock.mutex) == 0);
        if (lane != NULL) {
                t = lane->first;
                lane->first = t->next;
                lane->count--;
                lane->size -= t->size;
                lane->running++;
                l->count--;
                l->size -= t->size;
                if (lane->first == NULL) {
                        lane->last = &lane->first;
                } else { /* its next turn comes after those of all others */
                        *l->last = lane;
                        l->last = &lane->next;
                }
                *lane_number = (uint32_t)(lane - l->lane);
                t->next = NULL;
                if (l->closed && l->count == 0)
                        (void)pthread_cond_broadcast(&l->changed);
        }
        lock_give(&l->lock);
        return t;
}

void lanes_done(struct lanes *l, uint32_t lane)
{
        lock_take(&l->lock);
        ansa_assert(lane <= LANES_NETWORKS && l->lane[lane].running > 0);
        l->lane[lane].running--;
        if (l->lane[lane].first != NULL)
                (void)pthread_cond_signal(&l->changed);
        lock_give(&l->lock);
}

void lanes_close(struct lanes *l)
{
        lock_take(&l->lock);
        l->closed = true;
        (void)pthread_cond_broadcast(&l->changed);
        lock_give(&l->lock);
}

void lanes_count(struct lanes *l, uint64_t *count)
{
        lock_take(&l->lock);
        *count = l->count;
        lock_give(&l->lock);
}
