/* SPDX-License-Identifier: Apache-2.0 */
#include "http/namespaces.h"

#include "base/hash.h"
#include "base/lock.h"
#include "base/room.h"
#include "wire/name.h"

#include <stdlib.h>

struct place {
        uint8_t *at; /* the folded name, then the values */
        size_t name_size;
        size_t values_size;
        uint32_t count;
        uint64_t stamp;
        uint64_t until_ms;
};

struct namespaces {
        struct env *env;
        struct hash_key hash_key;
        struct lock lock;
        size_t count;
        struct place places[];
};

enum ansa_err namespaces_new(struct env *env, size_t places, struct namespaces **namespaces)
{
        struct namespaces *n = calloc(1, sizeof(*n) + places * sizeof(n->places[0]));
        *namespaces = n;
        if (n == NULL)
                return ANSA_E_NO_MEMORY;
        n->env = env;
        n->count = places;
        env->random(env, (uint8_t *)&n->hash_key, sizeof(n->hash_key));
        lock_init(&n->lock);
        return ANSA_OK;
}

void namespaces_free(struct namespaces *n)
{
        if (n == NULL)
                return;
        for (size_t i = 0; i < n->count; i++)
                free(n->places[i].at);
        lock_fini(&n->lock);
        free(n);
}

static size_t place_of(const struct namespaces *n, struct ansa_bytes key)
{
        return (size_t)(hash_bytes(&n->hash_key, key) % n->count);
}

static bool fold(struct ansa_bytes name, uint8_t *room, struct ansa_bytes *key)
{
        size_t size = 0;
        if (name_fold(name, false, room, NAME_KEY_SIZE_MAX, &size) != ANSA_OK)
                return false;
        *key = (struct ansa_bytes){ room, size };
        return true;
}

static bool is_good_still(const struct namespaces *n, const struct place *p)
{
        return p->until_ms == UINT64_MAX || n->env->steady_ms(n->env) < p->until_ms;
}

bool namespaces_get(struct namespaces *n, struct ansa_bytes name, uint64_t stamp,
                    struct arena *arena, struct ansa_values *values)
{
        uint8_t room[NAME_KEY_SIZE_MAX] ANSA_ROOM;
        struct ansa_bytes key;
        *values = (struct ansa_values){ 0 };
        if (!fold(name, room, &key))
                return false;
        const struct place *p = &n->places[place_of(n, key)];
        lock_take(&n->lock);
        bool known = p->at != NULL && p->stamp == stamp && is_good_still(n, p) &&
                     ansa_bytes_equal((struct ansa_bytes){ p->at, p->name_size }, key);
        if (known) {
                values->count = p->count;
                known = arena_copy(arena,
                                   (struct ansa_bytes){ p->at + p->name_size, p->values_size },
                                   &values->wire) == ANSA_OK;
        }
        lock_give(&n->lock);
        if (!known)
                *values = (struct ansa_values){ 0 };
        return known;
}

void namespaces_put(struct namespaces *n, struct ansa_bytes name, uint64_t stamp,
                    struct ansa_values values, uint32_t ttl_s)
{
        uint8_t room[NAME_KEY_SIZE_MAX] ANSA_ROOM;
        struct ansa_bytes key;
        if (ttl_s == 0 || values.wire.size > NAMESPACES_SIZE_MAX || !fold(name, room, &key))
                return;
        uint8_t *at = malloc(key.size + values.wire.size);
        if (at == NULL)
                return;
        memcpy(at, key.at, key.size);
        if (values.wire.size > 0)
                memcpy(at + key.size, values.wire.at, values.wire.size);
        uint64_t now_ms = n->env->steady_ms(n->env);
        struct place *p = &n->places[place_of(n, key)];
        lock_take(&n->lock);
        uint8_t *old = p->at;
        p->at = at;
        p->name_size = key.size;
        p->values_size = values.wire.size;
        p->count = values.count;
        p->stamp = stamp;
        p->until_ms = ttl_s == NAMESPACES_TTL_STAMP ? UINT64_MAX : now_ms + (uint64_t)ttl_s * 1000;
        lock_give(&n->lock);
        free(old);
}
