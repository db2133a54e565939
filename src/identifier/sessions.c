/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/sessions.h"

#include "base/assert.h"
#include "base/lock.h"
#include "crypto/digest.h"
#include "identifier/shares.h"

#include <stdlib.h>

#define BUCKET_COUNT_MAX 65536u

/* The highest counters seen, ascending, and the highest of those that were forgotten. */
struct window {
        uint32_t forgotten;
        uint32_t count;
        uint32_t seen[SESSION_COUNTER_COUNT];
};

struct entry {
        struct share_link link; /* first: a link is its entry; in order of last use */
        struct entry *chain;
        struct session session; /* identity owned */
        uint64_t used_ms;
        struct window window;
};

struct sessions {
        struct env *env;
        struct lock lock;
        uint32_t count_max;
        uint32_t count;
        struct shares unproven; /* these make room for new ones */
        struct shares proven;
        uint32_t bucket_count; /* a power of two */
        struct entry *buckets[];
};

enum ansa_err sessions_new(struct env *env, uint32_t count_max, struct sessions **sessions)
{
        uint32_t bucket_count = 64;
        while (bucket_count < count_max && bucket_count < BUCKET_COUNT_MAX)
                bucket_count *= 2;
        struct sessions *s = calloc(1, sizeof(*s) + bucket_count * sizeof(s->buckets[0]));
        *sessions = s;
        if (s == NULL)
                return ANSA_E_NO_MEMORY;
        lock_init(&s->lock);
        s->env = env;
        s->count_max = count_max;
        s->bucket_count = bucket_count;
        shares_init(&s->unproven, env);
        shares_init(&s->proven, env);
        return ANSA_OK;
}

static struct shares *shares_of(struct sessions *s, const struct entry *e)
{
        return e->session.is_authentic ? &s->proven : &s->unproven;
}

static struct entry *oldest_of(const struct share *list)
{
        return (struct entry *)list->oldest; /* its link is first in it */
}

static struct entry **bucket(struct sessions *s, uint32_t id)
{
        return &s->buckets[(id >> 1) % s->bucket_count];
}

static struct entry *find(struct sessions *s, uint32_t id)
{
        struct entry *e = *bucket(s, id);
        while (e != NULL && e->session.id != id)
                e = e->chain;
        return e;
}

static void free_entry(struct entry *e)
{
        union {
                const uint8_t *borrowed;
                uint8_t *owned;
        } name = { .borrowed = e->session.identity.name.at };
        free(name.owned);
        wipe(&e->session.key, sizeof(e->session.key));
        free(e);
}

static void drop(struct sessions *s, struct entry *e)
{
        struct entry **at = bucket(s, e->session.id);
        while (*at != e)
                at = &(*at)->chain;
        *at = e->chain;
        shares_remove(shares_of(s, e), &e->link);
        ansa_assert(s->count > 0);
        s->count--;
        free_entry(e);
}

static void drop_all(struct sessions *s, const struct shares *shares)
{
        for (uint32_t i = 0; i <= SHARES_LISTS; i++) {
                while (shares->list[i].oldest != NULL)
                        drop(s, oldest_of(&shares->list[i]));
        }
}

void sessions_free(struct sessions *s)
{
        if (s == NULL)
                return;
        drop_all(s, &s->unproven);
        drop_all(s, &s->proven);
        ansa_assert(s->count == 0);
        lock_fini(&s->lock);
        free(s);
}

void sessions_set_max(struct sessions *s, uint32_t count_max)
{
        lock_take(&s->lock);
        s->count_max = count_max;
        lock_give(&s->lock);
}

static bool is_expired(const struct entry *e, uint64_t now_ms)
{
        return now_ms - e->used_ms >= e->session.idle_ms_max;
}

static uint32_t choose_id(struct sessions *s)
{
        for (;;) {
                uint32_t id;
                s->env->random(s->env, (uint8_t *)&id, sizeof(id));
                id &= SESSION_ID_MASK;
                if (id != 0 && find(s, id) == NULL)
                        return id;
        }
}

/* The list that makes room for a newcomer: what came in datagrams first, what is proven last. */
static const struct share *choose_victim(const struct sessions *s, uint64_t origin)
{
        const struct share *largest = shares_datagrams(&s->unproven);
        if (largest->count > 0)
                return largest;
        largest = shares_largest(&s->unproven, origin, false);
        if (largest != NULL || origin_is_datagrams(origin))
                return largest;
        largest = shares_largest(&s->proven, origin, false);
        if (largest != NULL && largest->count > shares_count(&s->proven, origin) + 1)
                return largest;
        return NULL;
}

static bool make_room(struct sessions *s, uint64_t origin)
{
        if (s->count < s->count_max)
                return true;
        const struct share *victim = choose_victim(s, origin);
        if (victim != NULL)
                drop(s, oldest_of(victim));
        return s->count < s->count_max;
}

enum ansa_err sessions_add(struct sessions *s, struct session *session, uint64_t now_ms)
{
        struct entry *e = calloc(1, sizeof(*e));
        size_t size = session->identity.name.size;
        uint8_t *name = malloc(size > 0 ? size : 1);
        if (e == NULL || name == NULL) {
                free(e);
                free(name);
                return ANSA_E_NO_MEMORY;
        }
        if (size > 0)
                memcpy(name, session->identity.name.at, size);
        e->session = *session;
        e->session.identity.name.at = name;
        e->used_ms = now_ms;
        lock_take(&s->lock);
        bool has_room = make_room(s, session->origin);
        if (has_room) {
                e->session.id = choose_id(s);
                session->id = e->session.id;
                struct entry **at = bucket(s, e->session.id);
                e->chain = *at;
                *at = e;
                shares_add(shares_of(s, e), session->origin, 0, &e->link);
                s->count++;
        }
        lock_give(&s->lock);
        if (!has_room)
                free_entry(e);
        return has_room ? ANSA_OK : ANSA_E_BUSY;
}

enum ansa_err sessions_find(struct sessions *s, uint32_t id, uint64_t now_ms, struct arena *arena,
                            struct session *copy)
{
        *copy = (struct session){ 0 };
        enum ansa_err err = ANSA_E_NOT_FOUND;
        lock_take(&s->lock);
        struct entry *e = find(s, id);
        if (e != NULL && is_expired(e, now_ms)) {
                drop(s, e);
                e = NULL;
        }
        if (e != NULL) {
                *copy = e->session;
                err = arena_copy(arena, e->session.identity.name, &copy->identity.name);
        }
        lock_give(&s->lock);
        if (err != ANSA_OK)
                *copy = (struct session){ 0 };
        return err;
}

void sessions_touch(struct sessions *s, uint32_t id, uint64_t now_ms)
{
        lock_take(&s->lock);
        struct entry *e = find(s, id);
        if (e != NULL) {
                e->used_ms = now_ms;
                shares_renew(shares_of(s, e), &e->link);
        }
        lock_give(&s->lock);
}

static enum ansa_err window_claim(struct window *w, uint32_t counter)
{
        if (counter <= w->forgotten)
                return ANSA_E_EXISTS;
        uint32_t at = w->count; /* new counters are mostly the highest */
        while (at > 0 && w->seen[at - 1] > counter)
                at--;
        if (at > 0 && w->seen[at - 1] == counter)
                return ANSA_E_EXISTS;
        if (w->count == SESSION_COUNTER_COUNT) {
                if (at == 0) { /* lower than all that are remembered: it would be forgotten */
                        w->forgotten = counter;
                        return ANSA_OK;
                }
                w->forgotten = w->seen[0];
                memmove(&w->seen[0], &w->seen[1], (at - 1) * sizeof(w->seen[0]));
                w->seen[at - 1] = counter;
                return ANSA_OK;
        }
        memmove(&w->seen[at + 1], &w->seen[at], (w->count - at) * sizeof(w->seen[0]));
        w->seen[at] = counter;
        w->count++;
        return ANSA_OK;
}

enum ansa_err sessions_claim(struct sessions *s, uint32_t id, uint32_t counter)
{
        lock_take(&s->lock);
        struct entry *e = find(s, id);
        enum ansa_err err = e != NULL ? window_claim(&e->window, counter) : ANSA_E_NOT_FOUND;
        lock_give(&s->lock);
        return err;
}

void sessions_prove(struct sessions *s, uint32_t id, uint32_t index)
{
        lock_take(&s->lock);
        struct entry *e = find(s, id);
        if (e != NULL) {
                shares_remove(shares_of(s, e), &e->link);
                e->session.is_authentic = true;
                e->session.identity.index = index;
                shares_add(&s->proven, e->session.origin, 0, &e->link);
        }
        lock_give(&s->lock);
}

enum ansa_err sessions_set_key(struct sessions *s, uint32_t id, const struct session_key *key)
{
        enum ansa_err err = ANSA_E_NOT_FOUND;
        lock_take(&s->lock);
        struct entry *e = find(s, id);
        if (e != NULL)
                err = e->session.has_key ? ANSA_E_EXISTS : ANSA_OK;
        if (err == ANSA_OK) {
                e->session.key = *key;
                e->session.has_key = true;
        }
        lock_give(&s->lock);
        return err;
}

void sessions_remove(struct sessions *s, uint32_t id)
{
        lock_take(&s->lock);
        struct entry *e = find(s, id);
        if (e != NULL)
                drop(s, e);
        lock_give(&s->lock);
}

static void expire_list(struct sessions *s, const struct share *list, uint64_t now_ms)
{
        struct entry *e = oldest_of(list);
        while (e != NULL) {
                struct entry *newer = (struct entry *)e->link.newer;
                if (is_expired(e, now_ms))
                        drop(s, e);
                e = newer;
        }
}

void sessions_expire(struct sessions *s, uint64_t now_ms)
{
        lock_take(&s->lock);
        for (uint32_t i = 0; i <= SHARES_LISTS; i++) {
                expire_list(s, &s->unproven.list[i], now_ms);
                expire_list(s, &s->proven.list[i], now_ms);
        }
        lock_give(&s->lock);
}

uint64_t sessions_count(struct sessions *s)
{
        lock_take(&s->lock);
        uint64_t count = s->count;
        lock_give(&s->lock);
        return count;
}
