/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/hot.h"

#include "base/limits.h"
#include "identifier/cache.h"
#include "identifier/record.h"
#include "identifier/respond.h"
#include "identifier/view.h"
#include "wire/body.h"
#include "wire/cursor.h"
#include "wire/name.h"

#include <assert.h>
#include <stdlib.h>

#define HINT_MAX        128u   /* messages of a batch that are remembered */
#define HOT_KEY_MAX     168u   /* octets of a folded name; longer ones go the long way */
#define HOT_RECORD_MAX  65536u /* octets of a stored record; same */
#define HOMED_TAG_COUNT 8192u  /* a power of two */

/* Where the record of a name is looked for. */
struct place {
        uint64_t hash; /* of key, for the cache */
        uint64_t tag;  /* of the prefix in key */
        size_t key_size;
        uint8_t key[HOT_KEY_MAX];
};

/* A request that may be answered the short way, taken apart. */
struct hint {
        const uint8_t *message; /* whose it is */
        struct ansa_bytes name;
        uint32_t request_id;
        uint32_t flags;
        uint16_t version;
        uint8_t recursion;
        struct place place;
};

struct hot {
        const struct settings *settings; /* of the batch */
        uint32_t now_s;
        size_t hint_count;
        size_t hint_next; /* doors serve in the order in which they hinted */
        struct hint hints[HINT_MAX];
        /*
         * Keyed 64-bit hashes of prefixes that are homed, each in the one slot that it can be
         * in; all forgotten when service->homes moves on. Nobody without the key can find two
         * prefixes with one hash, and the odds of finding them by chance are negligible.
         */
        uint64_t homes;
        uint64_t homed[HOMED_TAG_COUNT];
        uint8_t record[HOT_RECORD_MAX];
};

enum ansa_err hot_new(struct hot **hot)
{
        *hot = calloc(1, sizeof(**hot));
        return *hot != NULL ? ANSA_OK : ANSA_E_NO_MEMORY;
}

void hot_free(struct hot *hot)
{
        free(hot);
}

/* What is in force now. */
static void renew(struct identifier_worker *worker)
{
        struct hot *hot = worker->hot;
        const struct identifier *service = worker->service;
        worker_take_settings(worker);
        hot->settings = worker_settings(worker);
        uint64_t homes = atomic_load_explicit(&service->homes, memory_order_acquire);
        if (homes != hot->homes) {
                memset(hot->homed, 0, sizeof(hot->homed));
                hot->homes = homes;
        }
}

void hot_begin(struct identifier_worker *worker)
{
        struct hot *hot = worker->hot;
        struct env *env = worker->service->env;
        hot->hint_count = 0;
        hot->hint_next = 0;
        hot->now_s = env->wall_s(env);
        renew(worker);
}

/* Whether a name is homed follows from its prefix, for records of prefixes from all of it. */
static uint64_t homed_tag(const struct identifier *service, struct ansa_bytes key)
{
        const uint8_t *slash = memchr(key.at, '/', key.size);
        struct ansa_bytes prefix = key;
        if (slash != NULL && (size_t)(slash - key.at) != 4)
                prefix.size = (size_t)(slash - key.at);
        else if (slash != NULL && memcmp(key.at, "0.NA", 4) != 0)
                prefix.size = 4;
        uint64_t tag = hash_bytes(&service->hash_key, prefix);
        return tag != 0 ? tag : 1;
}

void hot_learn_homed(struct identifier_worker *worker, struct ansa_bytes key)
{
        if (worker->hot == NULL || key.size == 0)
                return;
        uint64_t tag = homed_tag(worker->service, key);
        worker->hot->homed[tag % HOMED_TAG_COUNT] = tag;
}

static_assert(HOT_KEY_MAX <= RECORD_KEY_PLAIN_MAX, "keys of the short way are folded names");

/* Is it all public values of a record that are asked for, by a request without further wishes? */
static bool is_simple(const struct resolve_request *r, uint32_t flags)
{
        const uint32_t special = FLAG_CERTIFY | FLAG_ENCRYPT | FLAG_REQUEST_DIGEST;
        return (flags & FLAG_PUBLIC_ONLY) != 0 && (flags & special) == 0 && r->indexes.count == 0 &&
               r->types.count == 0;
}

/* False: names like @name take the long way. */
static bool find_place(const struct identifier_worker *worker, struct ansa_bytes name,
                       struct place *p)
{
        const struct settings *settings = worker->hot->settings;
        if (settings->server_count != 1 || name.size == 0 ||
            name.size > HOT_KEY_MAX - sizeof("0.NA/"))
                return false;
        /* As record_key has it, for names that are far from being too long for a key. */
        if (name_fold(name, settings->config.case_sensitive, p->key, sizeof(p->key),
                      &p->key_size) != ANSA_OK)
                return false;
        struct ansa_bytes folded = { p->key, p->key_size };
        p->hash = cache_hash(worker->service->cache, folded);
        p->tag = homed_tag(worker->service, folded);
        return true;
}

/* False when @message is not of the simple kind. */
static bool prepare(const struct identifier_worker *worker, struct ansa_bytes message,
                    struct hint *h)
{
        struct envelope e;
        struct message m;
        struct resolve_request r;
        if (envelope_decode(message, &e) != ANSA_OK || e.flags != 0 || e.session_id != 0 ||
            e.message_size > message.size - ENVELOPE_SIZE)
                return false;
        struct ansa_bytes after = { message.at + ENVELOPE_SIZE, e.message_size };
        if (message_decode(&e, after, &m) != ANSA_OK || m.header.op != OP_RESOLVE ||
            m.header.response != RC_REQUEST)
                return false;
        if (resolve_request_decode(m.body, &r) != ANSA_OK || !is_simple(&r, m.header.flags) ||
            !find_place(worker, r.name, &h->place))
                return false;
        h->message = message.at;
        h->name = r.name;
        h->request_id = e.request_id;
        h->flags = m.header.flags;
        h->recursion = m.header.recursion;
        h->version = respond_version(&e);
        return true;
}

void hot_hint(struct identifier_worker *worker, const struct ansa_bytes *messages, size_t count)
{
        struct hot *hot = worker->hot;
        const struct cache *cache = worker->service->cache;
        hot->hint_count = 0;
        hot->hint_next = 0;
        for (size_t i = 0; i < count && hot->hint_count < HINT_MAX; i++) {
                struct hint *h = &hot->hints[hot->hint_count];
                if (!prepare(worker, messages[i], h))
                        continue;
                cache_prefetch_slot(cache, h->place.hash);
                __builtin_prefetch(&hot->homed[h->place.tag % HOMED_TAG_COUNT]);
                hot->hint_count++;
        }
        for (size_t i = 0; i < hot->hint_count; i++)
                cache_prefetch_octets(cache, hot->hints[i].place.hash);
}

static const struct hint *hinted(struct hot *hot, const uint8_t *message)
{
        for (size_t n = 0; n < hot->hint_count; n++) {
                size_t i = hot->hint_next + n;
                i = i < hot->hint_count ? i : i - hot->hint_count;
                if (hot->hints[i].message == message) {
                        hot->hint_next = i + 1 < hot->hint_count ? i + 1 : 0;
                        return &hot->hints[i];
                }
        }
        return NULL;
}

/* The record at @place, in memory that the next one is read into. False: the long way. */
static bool find(struct identifier_worker *worker, const struct place *place,
                 struct ansa_values *values, struct ansa_bytes *all)
{
        struct hot *hot = worker->hot;
        struct ansa_bytes key = { place->key, place->key_size };
        size_t size = 0;
        if (hot->homed[place->tag % HOMED_TAG_COUNT] != place->tag)
                return false;
        if (cache_get(worker->service->cache, place->hash, key, hot->record, sizeof(hot->record),
                      &size) != ANSA_OK) {
                count_up(&worker->counts.cache_misses);
                return false;
        }
        return record_parts((struct ansa_bytes){ hot->record, size }, values, all) &&
               values->count > 0;
}

static void count_served(struct identifier_worker *worker)
{
        count_up(&worker->counts.requests);
        count_up(&worker->counts.cache_hits);
        respond_count(worker, OP_RESOLVE, RC_SUCCESS);
}

static uint8_t *put_u32(uint8_t *at, uint32_t v)
{
        store_u32(at, v);
        return at + sizeof(v);
}

static uint8_t *put_bytes(uint8_t *at, struct ansa_bytes bytes)
{
        memcpy(at, bytes.at, bytes.size);
        return at + bytes.size;
}

/*
 * The same octets as respond_begin, a resolution body and respond_end write; one piece of
 * memory is taken for all of them. Everything in it but two sizes comes from us.
 */
static bool answer(const struct hot *hot, const struct hint *h, const struct peer *peer,
                   struct ansa_values values, struct buf *reply)
{
        size_t body = 4 + h->name.size + 4 + values.wire.size;
        size_t size = HEADER_SIZE + body + 4;
        if (size > LIMIT_MESSAGE_SIZE)
                return false;
        uint8_t *at = buf_take(reply, ENVELOPE_SIZE + size);
        if (at == NULL)
                return false;
        const struct settings *s = hot->settings;
        struct header request = { .op = OP_RESOLVE, .flags = h->flags };
        uint32_t flags = respond_flags(s, &request, peer->transport);
        uint32_t versions = (uint32_t)h->version << 16 | VERSION_OWN;
        at = put_u32(at, versions);
        at = put_u32(at, 0);
        at = put_u32(at, h->request_id);
        at = put_u32(at, 0);
        at = put_u32(at, (uint32_t)size);
        at = put_u32(at, OP_RESOLVE);
        at = put_u32(at, RC_SUCCESS);
        at = put_u32(at, flags);
        at = put_u32(at, (uint32_t)s->site_serial << 16 | (uint32_t)h->recursion << 8);
        at = put_u32(at, hot->now_s + RESPONSE_LIFE_S);
        at = put_u32(at, (uint32_t)body);
        at = put_u32(at, (uint32_t)h->name.size);
        at = put_bytes(at, h->name);
        at = put_u32(at, values.count);
        at = put_bytes(at, values.wire);
        (void)put_u32(at, 0);
        return true;
}

bool hot_serve(struct identifier_worker *worker, const struct peer *peer, struct ansa_bytes message,
               struct buf *reply)
{
        struct hot *hot = worker->hot;
        struct hint own;
        const struct hint *h = worker->in_batch ? hinted(hot, message.at) : NULL;
        if (h == NULL) {
                if (!worker->in_batch)
                        hot_begin(worker);
                if (!prepare(worker, message, &own))
                        return false;
                h = &own;
        }
        struct ansa_values values;
        struct ansa_bytes all;
        if (!find(worker, &h->place, &values, &all) || !answer(hot, h, peer, values, reply))
                return false;
        count_served(worker);
        return true;
}

bool identifier_resolve_public(struct identifier_worker *worker,
                               const struct resolve_request *request, uint32_t flags,
                               struct ansa_values *values, uint64_t *version)
{
        struct place place;
        struct ansa_bytes all;
        *values = (struct ansa_values){ 0 };
        if (worker->hot == NULL || !is_simple(request, flags))
                return false;
        renew(worker);
        if (!find_place(worker, request->name, &place) || !find(worker, &place, values, &all)) {
                *values = (struct ansa_values){ 0 };
                return false;
        }
        if (version != NULL)
                *version = record_version_of(worker->service, all);
        count_served(worker);
        return true;
}
