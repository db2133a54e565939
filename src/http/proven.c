/* SPDX-License-Identifier: Apache-2.0 */
#include "http/proven.h"

#include "base/buf.h"
#include "base/lock.h"
#include "wire/cursor.h"

#include <stdlib.h>

struct entry {
        struct proven_mark mark;
        uint64_t expires_ms;
        uint8_t *name;
        size_t name_size;
        uint32_t index;
};

struct proven {
        struct env *env;
        uint8_t key[DIGEST_SIZE_MAX];
        struct lock lock;
        struct entry entry[PROVEN_MAX]; /* each mark has one place */
};

enum ansa_err proven_new(struct env *env, struct proven **proven)
{
        struct proven *p = calloc(1, sizeof(*p));
        *proven = p;
        if (p == NULL)
                return ANSA_E_NO_MEMORY;
        p->env = env;
        env->random(env, p->key, sizeof(p->key));
        lock_init(&p->lock);
        return ANSA_OK;
}

void proven_free(struct proven *p)
{
        if (p == NULL)
                return;
        for (size_t i = 0; i < PROVEN_MAX; i++)
                free(p->entry[i].name);
        lock_fini(&p->lock);
        wipe(p->key, sizeof(p->key));
        free(p);
}

enum ansa_err proven_mark_of(const struct proven *p, const char *kind, struct ansa_bytes who,
                             struct ansa_bytes secret, struct proven_mark *mark)
{
        uint8_t size[4];
        store_u32(size, (uint32_t)who.size); /* so that no two pairs look alike */
        struct ansa_bytes parts[] = { ansa_bytes_text(kind), { size, sizeof(size) }, who, secret };
        return hmac_parts(ALGORITHM_SHA256, (struct ansa_bytes){ p->key, sizeof(p->key) }, parts, 4,
                          mark->at);
}

static struct entry *place_of(struct proven *p, const struct proven_mark *mark)
{
        return &p->entry[load_u32(mark->at) % PROVEN_MAX];
}

enum ansa_err proven_find(struct proven *p, const struct proven_mark *mark, struct arena *arena,
                          struct ansa_ref *identity)
{
        *identity = (struct ansa_ref){ 0 };
        enum ansa_err err = ANSA_E_NOT_FOUND;
        uint64_t now = p->env->steady_ms(p->env);
        lock_take(&p->lock);
        const struct entry *e = place_of(p, mark);
        if (now < e->expires_ms && memcmp(&e->mark, mark, sizeof(*mark)) == 0) {
                struct ansa_bytes name = { e->name, e->name_size };
                err = arena_copy(arena, name, &identity->name);
                identity->index = e->index;
        }
        lock_give(&p->lock);
        return err;
}

void proven_remember(struct proven *p, const struct proven_mark *mark,
                     const struct ansa_ref *identity)
{
        uint8_t *name = malloc(identity->name.size + 1);
        if (name == NULL)
                return;
        if (identity->name.size > 0)
                memcpy(name, identity->name.at, identity->name.size);
        lock_take(&p->lock);
        struct entry *e = place_of(p, mark);
        uint8_t *old = e->name;
        *e = (struct entry){ .mark = *mark,
                             .expires_ms = p->env->steady_ms(p->env) + PROVEN_LIFE_MS,
                             .name = name,
                             .name_size = identity->name.size,
                             .index = identity->index };
        lock_give(&p->lock);
        free(old);
}
