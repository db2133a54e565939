/* SPDX-License-Identifier: Apache-2.0 */
#include "http/web_sessions.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/text.h"
#include "crypto/digest.h"

#include <stdlib.h>

#define BUCKETS  4096u /* of the hash table */
#define NETWORKS 512u  /* lists by source network */

struct entry {
        struct entry *chain; /* in its bucket */
        struct entry *older; /* in the list of its network */
        struct entry *newer;
        uint32_t network;
        uint64_t expires_ms;
        struct web_session session; /* owns identity.name */
};

struct network {
        struct entry *oldest;
        struct entry *newest;
        uint32_t count;
};

/* Those of one kind, proven or not. */
struct crowd {
        struct network network[NETWORKS];
        uint32_t count;
};

struct web_sessions {
        struct env *env;
        struct lock lock;
        struct hash_key key;
        struct entry *bucket[BUCKETS];
        struct crowd crowd[2]; /* by is_proven */
};

enum ansa_err web_sessions_new(struct env *env, struct web_sessions **sessions)
{
        struct web_sessions *s = calloc(1, sizeof(*s));
        *sessions = s;
        if (s == NULL)
                return ANSA_E_NO_MEMORY;
        s->env = env;
        lock_init(&s->lock);
        env->random(env, (uint8_t *)&s->key, sizeof(s->key));
        return ANSA_OK;
}

static struct entry **place_of(struct web_sessions *s, struct ansa_bytes id)
{
        struct entry **at = &s->bucket[hash_bytes(&s->key, id) % BUCKETS];
        while (*at != NULL && !constant_time_equal(ansa_bytes_text((*at)->session.id), id))
                at = &(*at)->chain;
        return at;
}

static void link_in(struct web_sessions *s, struct entry *e)
{
        struct crowd *crowd = &s->crowd[e->session.is_proven];
        struct network *n = &crowd->network[e->network];
        e->newer = NULL;
        e->older = n->newest;
        *(n->newest != NULL ? &n->newest->newer : &n->oldest) = e;
        n->newest = e;
        n->count++;
        crowd->count++;
}

static void link_out(struct web_sessions *s, struct entry *e)
{
        struct crowd *crowd = &s->crowd[e->session.is_proven];
        struct network *n = &crowd->network[e->network];
        ansa_assert(n->count > 0 && crowd->count > 0);
        *(e->older != NULL ? &e->older->newer : &n->oldest) = e->newer;
        *(e->newer != NULL ? &e->newer->older : &n->newest) = e->older;
        n->count--;
        crowd->count--;
}

static void free_name(struct ansa_ref *ref)
{
        union {
                const uint8_t *borrowed;
                uint8_t *owned;
        } at = { .borrowed = ref->name.at };
        free(at.owned);
        *ref = (struct ansa_ref){ 0 };
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser does not follow the union */
}

static bool copy_ref(const struct ansa_ref *ref, struct ansa_ref *copy)
{
        uint8_t *at = malloc(ref->name.size + 1);
        *copy = (struct ansa_ref){ { at, ref->name.size }, ref->index };
        if (at == NULL)
                return false;
        if (ref->name.size > 0)
                memcpy(at, ref->name.at, ref->name.size);
        return true;
}

static void drop(struct web_sessions *s, struct entry *e)
{
        struct entry **at = place_of(s, ansa_bytes_text(e->session.id));
        ansa_assert(*at == e);
        *at = e->chain;
        link_out(s, e);
        free_name(&e->session.identity);
        wipe(&e->session, sizeof(e->session));
        free(e);
}

void web_sessions_free(struct web_sessions *s)
{
        if (s == NULL)
                return;
        for (size_t i = 0; i < BUCKETS; i++) {
                while (s->bucket[i] != NULL)
                        drop(s, s->bucket[i]);
        }
        lock_fini(&s->lock);
        free(s);
}

/* One more will come: the oldest of the largest network goes when there are too many. */
static void make_room(struct web_sessions *s, bool is_proven)
{
        struct crowd *crowd = &s->crowd[is_proven];
        if (crowd->count < WEB_SESSIONS_MAX)
                return;
        struct network *largest = &crowd->network[0];
        for (size_t i = 1; i < NETWORKS; i++) {
                if (crowd->network[i].count > largest->count)
                        largest = &crowd->network[i];
        }
        drop(s, largest->oldest);
}

static void renew(struct web_sessions *s, struct entry *e)
{
        uint64_t life = e->session.is_proven ? WEB_SESSION_LIFE_MS : WEB_SESSION_WAIT_MS;
        e->expires_ms = s->env->steady_ms(s->env) + life;
        link_out(s, e);
        link_in(s, e);
}

/* The entry, when it is there and has not expired. */
static struct entry *find(struct web_sessions *s, struct ansa_bytes id)
{
        if (id.size != WEB_SESSION_ID_SIZE)
                return NULL;
        struct entry *e = *place_of(s, id);
        if (e != NULL && e->expires_ms <= s->env->steady_ms(s->env)) {
                drop(s, e);
                e = NULL;
        }
        return e;
}

/* /24 of IPv4, /56 of IPv6. */
static uint32_t network_of(struct web_sessions *s, const struct peer *peer)
{
        static const uint8_t ipv4[12] = { [10] = 0xff, [11] = 0xff };
        bool is_ipv4 = memcmp(peer->address, ipv4, sizeof(ipv4)) == 0;
        struct ansa_bytes network = { peer->address, is_ipv4 ? 15 : 7 };
        return (uint32_t)(hash_bytes(&s->key, network) % NETWORKS);
}

static void choose_id(struct web_sessions *s, struct web_session *session)
{
        uint8_t octets[WEB_SESSION_ID_SIZE / 2];
        struct buf b = buf_over((uint8_t *)session->id, WEB_SESSION_ID_SIZE);
        s->env->random(s->env, octets, sizeof(octets));
        text_put_hex(&b, (struct ansa_bytes){ octets, sizeof(octets) });
        ansa_assert(b.err == ANSA_OK);
        session->id[WEB_SESSION_ID_SIZE] = 0;
}

enum ansa_err web_sessions_add(struct web_sessions *s, const struct peer *peer,
                               const struct ansa_ref *identity, struct web_session *session)
{
        *session = (struct web_session){ 0 };
        struct entry *e = calloc(1, sizeof(*e));
        if (e == NULL || (identity != NULL && !copy_ref(identity, &e->session.identity))) {
                free(e);
                return ANSA_E_NO_MEMORY;
        }
        e->session.is_proven = identity != NULL;
        e->network = network_of(s, peer);
        choose_id(s, &e->session);
        s->env->random(s->env, e->session.nonce, sizeof(e->session.nonce));
        *session = e->session;
        if (identity != NULL)
                session->identity = *identity;
        lock_take(&s->lock);
        make_room(s, e->session.is_proven);
        struct entry **at = place_of(s, ansa_bytes_text(e->session.id));
        ansa_assert(*at == NULL);
        *at = e;
        link_in(s, e);
        renew(s, e);
        lock_give(&s->lock);
        return ANSA_OK;
}

enum ansa_err web_sessions_find(struct web_sessions *s, struct ansa_bytes id, struct arena *arena,
                                struct web_session *session)
{
        *session = (struct web_session){ 0 };
        enum ansa_err err = ANSA_E_NOT_FOUND;
        lock_take(&s->lock);
        struct entry *e = find(s, id);
        if (e != NULL) {
                renew(s, e);
                *session = e->session;
                err = arena_copy(arena, e->session.identity.name, &session->identity.name);
        }
        lock_give(&s->lock);
        if (err != ANSA_OK)
                *session = (struct web_session){ 0 };
        return err;
}

enum ansa_err web_sessions_take_nonce(struct web_sessions *s, struct ansa_bytes id,
                                      uint8_t nonce[WEB_SESSION_NONCE_SIZE])
{
        memset(nonce, 0, WEB_SESSION_NONCE_SIZE);
        lock_take(&s->lock);
        struct entry *e = find(s, id);
        if (e != NULL) {
                memcpy(nonce, e->session.nonce, WEB_SESSION_NONCE_SIZE);
                s->env->random(s->env, e->session.nonce, sizeof(e->session.nonce));
        }
        lock_give(&s->lock);
        return e != NULL ? ANSA_OK : ANSA_E_NOT_FOUND;
}

enum ansa_err web_sessions_prove(struct web_sessions *s, struct ansa_bytes id,
                                 const struct ansa_ref *identity)
{
        struct ansa_ref copy;
        if (!copy_ref(identity, &copy))
                return ANSA_E_NO_MEMORY;
        lock_take(&s->lock);
        struct entry *e = find(s, id);
        if (e != NULL) {
                if (!e->session.is_proven)
                        make_room(s, true);
                link_out(s, e);
                free_name(&e->session.identity);
                e->session.identity = copy;
                e->session.is_proven = true;
                link_in(s, e);
                renew(s, e);
        }
        lock_give(&s->lock);
        if (e == NULL)
                free_name(&copy);
        return e != NULL ? ANSA_OK : ANSA_E_NOT_FOUND;
}

bool web_sessions_end(struct web_sessions *s, struct ansa_bytes id)
{
        lock_take(&s->lock);
        struct entry *e = find(s, id);
        if (e != NULL)
                drop(s, e);
        lock_give(&s->lock);
        return e != NULL;
}

static void expire_crowd(struct web_sessions *s, struct crowd *crowd, uint64_t now)
{
        for (size_t i = 0; i < NETWORKS; i++) {
                struct network *n = &crowd->network[i];
                while (n->oldest != NULL && n->oldest->expires_ms <= now)
                        drop(s, n->oldest); /* oldest use first */
        }
}

void web_sessions_expire(struct web_sessions *s)
{
        uint64_t now = s->env->steady_ms(s->env);
        lock_take(&s->lock);
        expire_crowd(s, &s->crowd[false], now);
        expire_crowd(s, &s->crowd[true], now);
        lock_give(&s->lock);
}

void web_sessions_count(struct web_sessions *s, uint64_t *proven, uint64_t *waiting)
{
        lock_take(&s->lock);
        *waiting = s->crowd[false].count;
        *proven = s->crowd[true].count;
        lock_give(&s->lock);
}
