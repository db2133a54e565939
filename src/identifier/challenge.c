/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/challenge.h"

#include "base/assert.h"
#include "base/lock.h"
#include "identifier/sessions.h"
#include "identifier/shares.h"

#include <stdlib.h>

#define BUCKET_COUNT_MAX 65536u

struct entry {
        struct share_link link; /* first: a link is its entry */
        struct entry *chain;    /* next in its bucket, newest first */
        struct challenge challenge;
};

struct challenges {
        struct env *env;
        struct lock lock;
        uint32_t count_max;
        uint64_t size_max;
        uint32_t count;
        uint64_t size;
        struct shares shares;  /* each list about in order of expiry: all live equally long */
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
        shares_init(&c->shares, env);
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
        shares_remove(&c->shares, &e->link);
        ansa_assert(c->count > 0 && c->size >= e->challenge.message.size);
        c->count--;
        c->size -= e->challenge.message.size;
}

static void link_entry(struct challenges *c, struct entry *e)
{
        struct entry **at = bucket(c, e->challenge.id);
        e->chain = *at;
        *at = e;
        shares_add(&c->shares, e->challenge.origin, e->challenge.message.size, &e->link);
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

static struct entry *oldest_of(const struct share *list)
{
        return (struct entry *)list->oldest; /* its link is first in it */
}

static void expire(struct challenges *c, uint64_t now_ms)
{
        for (uint32_t i = 0; i <= SHARES_LISTS; i++) {
                const struct share *list = &c->shares.list[i];
                while (list->oldest != NULL && oldest_of(list)->challenge.expires_ms <= now_ms)
                        drop(c, oldest_of(list));
        }
}

/* Room for one with @size octets; false when there can be none. */
static bool make_room(struct challenges *c, uint64_t origin, size_t size)
{
        for (;;) {
                bool is_full = c->count >= c->count_max;
                if (!is_full && size <= c->size_max - c->size)
                        return true;
                const struct share *largest = shares_largest(&c->shares, origin, !is_full);
                if (largest == NULL)
                        return false;
                drop(c, oldest_of(largest));
        }
}

void challenges_free(struct challenges *c)
{
        if (c == NULL)
                return;
        expire(c, UINT64_MAX);
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
        lock_take(&c->lock);
        if (challenge->id != 0)
                limit_session(c, challenge->id);
        if (!make_room(c, challenge->origin, message.size)) {
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
