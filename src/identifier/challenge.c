/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/challenge.h"

#include "base/assert.h"
#include "base/lock.h"
#include "identifier/sessions.h"

#include <stdlib.h>

#define BUCKET_COUNT_MAX 65536u

struct entry {
        struct entry *chain; /* next in its bucket, newest first */
        struct entry *older;
        struct entry *newer;
        struct challenge challenge;
};

struct challenges {
        struct env *env;
        struct lock lock;
        uint32_t count_max;
        uint64_t size_max;
        uint32_t count;
        uint64_t size;
        struct entry *oldest; /* about in order of expiry: all live equally long */
        struct entry *newest;
        uint32_t bucket_count; /* a power of two */
        struct entry *buckets[];
};

enum ansa_err challenges_new(struct env *env, uint32_t count_max, uint64_t size_max,
                             struct challenges **challenges)
{
        uint32_t bucket_count = 64;
        while (bucket_count < count_max && bucket_count < BUCKET_COUNT_MAX)
                bucket_count *= 2;
        struct challenges *c = calloc(1, sizeof(*c) + bucket_count * sizeof(c->buckets[0]));
        *challenges = c;
        if (c == NULL)
                return ANSA_E_NO_MEMORY;
        lock_init(&c->lock);
        c->env = env;
        c->count_max = count_max;
        c->size_max = size_max;
        c->bucket_count = bucket_count;
        return ANSA_OK;
}

static struct entry **bucket(struct challenges *c, uint32_t id)
{
        return &c->buckets[(id >> 1) % c->bucket_count]; /* the lowest bit is always the same */
}

static void unlink_entry(struct challenges *c, struct entry *e)
{
        struct entry **at = bucket(c, e->challenge.id);
        while (*at != e)
                at = &(*at)->chain;
        *at = e->chain;
        *(e->older != NULL ? &e->older->newer : &c->oldest) = e->newer;
        *(e->newer != NULL ? &e->newer->older : &c->newest) = e->older;
        ansa_assert(c->count > 0 && c->size >= e->challenge.message.size);
        c->count--;
        c->size -= e->challenge.message.size;
}

static void link_entry(struct challenges *c, struct entry *e)
{
        struct entry **at = bucket(c, e->challenge.id);
        e->chain = *at;
        *at = e;
        e->newer = NULL;
        e->older = c->newest;
        *(c->newest != NULL ? &c->newest->newer : &c->oldest) = e;
        c->newest = e;
        c->count++;
        c->size += e->challenge.message.size;
}

/* free() takes no pointer to const, and bytes are borrowed nearly everywhere. */
static void free_message(struct ansa_bytes message)
{
        union {
                const uint8_t *borrowed;
                uint8_t *owned;
        } at = { .borrowed = message.at };
        free(at.owned);
}

static void drop(struct challenges *c, struct entry *e)
{
        unlink_entry(c, e);
        free_message(e->challenge.message);
        free(e);
}

static void expire(struct challenges *c, uint64_t now_ms)
{
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): drop takes the oldest off the list */
        while (c->oldest != NULL && c->oldest->challenge.expires_ms <= now_ms)
                drop(c, c->oldest);
}

void challenges_free(struct challenges *c)
{
        if (c == NULL)
                return;
        while (c->oldest != NULL)
                drop(c, c->oldest);
        lock_fini(&c->lock);
        free(c);
}

void challenges_set_max(struct challenges *c, uint32_t count_max)
{
        lock_take(&c->lock);
        c->count_max = count_max;
        lock_give(&c->lock);
}

static struct entry *find(struct challenges *c, uint32_t id)
{
        struct entry *e = *bucket(c, id);
        while (e != NULL && e->challenge.id != id)
                e = e->chain;
        return e;
}

static uint32_t choose_id(struct challenges *c)
{
        for (;;) {
                uint32_t id;
                c->env->random(c->env, (uint8_t *)&id, sizeof(id));
                id = (id & SESSION_ID_MASK) | CHALLENGE_ID_BIT;
                if (find(c, id) == NULL)
                        return id;
        }
}

/* Room for one more in its session. */
static void limit_session(struct challenges *c, uint32_t id)
{
        uint32_t count = 0;
        struct entry *last = NULL; /* the chain has the newest first */
        for (struct entry *e = *bucket(c, id); e != NULL; e = e->chain) {
                if (e->challenge.id == id) {
                        count++;
                        last = e;
                }
        }
        if (count >= CHALLENGES_IN_SESSION)
                drop(c, last);
}

enum ansa_err challenges_add(struct challenges *c, struct ansa_bytes message,
                             struct challenge *challenge)
{
        enum ansa_err err = ANSA_OK;
        struct entry *e = calloc(1, sizeof(*e));
        uint8_t *copy = malloc(message.size > 0 ? message.size : 1);
        if (e == NULL || copy == NULL) {
                free(e);
                free(copy);
                return ANSA_E_NO_MEMORY;
        }
        if (message.size > 0)
                memcpy(copy, message.at, message.size);
        c->env->random(c->env, challenge->nonce, sizeof(challenge->nonce));
        uint64_t now_ms = c->env->steady_ms(c->env);
        lock_take(&c->lock);
        if (c->count >= c->count_max || message.size > c->size_max - c->size)
                expire(c, now_ms);
        if (challenge->id != 0)
                limit_session(c, challenge->id);
        if (c->count >= c->count_max || message.size > c->size_max - c->size) {
                err = ANSA_E_BUSY;
        } else {
                if (challenge->id == 0)
                        challenge->id = choose_id(c);
                challenge->message = (struct ansa_bytes){ copy, message.size };
                e->challenge = *challenge;
                link_entry(c, e);
        }
        lock_give(&c->lock);
        if (err != ANSA_OK) {
                free(copy);
                free(e);
        }
        return err;
}

void challenges_give_back(struct challenges *c, const struct challenge *challenge)
{
        struct entry *e = calloc(1, sizeof(*e));
        if (e == NULL) {
                free_message(challenge->message);
                return;
        }
        e->challenge = *challenge;
        lock_take(&c->lock);
        link_entry(c, e); /* it was within the limits a moment ago */
        lock_give(&c->lock);
}

enum ansa_err challenges_take(struct challenges *c, uint32_t id, uint64_t now_ms,
                              struct challenge *challenge)
{
        *challenge = (struct challenge){ 0 };
        lock_take(&c->lock);
        struct entry *e = find(c, id);
        if (e != NULL)
                unlink_entry(c, e);
        lock_give(&c->lock);
        if (e == NULL)
                return ANSA_E_NOT_FOUND;
        bool is_expired = e->challenge.expires_ms <= now_ms;
        if (is_expired)
                free_message(e->challenge.message);
        else
                *challenge = e->challenge;
        free(e);
        return is_expired ? ANSA_E_NOT_FOUND : ANSA_OK;
}

bool challenges_have(struct challenges *c, uint32_t id, uint64_t now_ms)
{
        lock_take(&c->lock);
        const struct entry *e = find(c, id);
        bool have = e != NULL && e->challenge.expires_ms > now_ms;
        lock_give(&c->lock);
        return have;
}

void challenges_expire(struct challenges *c, uint64_t now_ms)
{
        lock_take(&c->lock);
        expire(c, now_ms);
        lock_give(&c->lock);
}

uint64_t challenges_count(struct challenges *c)
{
        lock_take(&c->lock);
        uint64_t count = c->count;
        lock_give(&c->lock);
        return count;
}
