/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include "base/assert.h"
#include "base/limits.h"
#include "store/engines.h"
#include "wire/data.h"
#include "wire/name.h"

#include <stddef.h>

/* A server on its store: faults, death and restart, its key, and what it fetches elsewhere. */

static struct server *server_of_env(struct env *env)
{
        return (struct server *)(void *)env;
}

static uint32_t wall_s(struct env *env)
{
        return world_wall_s(server_of_env(env)->world);
}

static uint64_t steady_ms(struct env *env)
{
        return server_of_env(env)->world->now_ms;
}

static void fill_random(struct env *env, uint8_t *at, size_t size)
{
        chance_fill(&server_of_env(env)->chance, at, size);
}

/* Before each call of the store. */
static enum ansa_err decide(void *context, const char *call)
{
        struct server *s = context;
        struct fault *f = &s->fault;
        bool writes = strcmp(call, "put") == 0 || strcmp(call, "commit") == 0;
        f->calls++;
        if (f->is_dead)
                return ANSA_E_IO;
        if (f->is_full && writes) {
                f->struck++;
                return ANSA_E_FULL;
        }
        if (f->kind == FAULT_NONE || --f->in_calls > 0)
                return ANSA_OK;
        f->struck++;
        world_note(s->world, "server %u: store call %s %s", s->number, call,
                   f->kind == FAULT_DEATH ? "kills" : "fails");
        f->is_dead = f->kind == FAULT_DEATH;
        f->kind = FAULT_NONE;
        if (f->is_dead || (f->err == ANSA_E_FULL && !writes))
                return ANSA_E_IO;
        return f->err;
}

static enum ansa_err sign(struct signer *signer, uint32_t algorithm, struct ansa_bytes message,
                          uint8_t *signature, size_t room, size_t *size)
{
        struct server *s =
                (struct server *)(void *)((uint8_t *)signer - offsetof(struct server, signer));
        return crypto_sign(s->key, (enum digest_algorithm)algorithm, &message, 1, signature, room,
                           size);
}

static enum ansa_err decrypt(struct signer *signer, struct ansa_bytes cipher, uint8_t *at,
                             size_t room, size_t *size)
{
        struct server *s =
                (struct server *)(void *)((uint8_t *)signer - offsetof(struct server, signer));
        return crypto_rsa_decrypt(s->key, cipher, at, room, size);
}

/* What another server answers to a request of ours; false when nothing came. */
static bool ask(struct server *s, struct ansa_bytes name, uint32_t op, uint32_t flags,
                struct ansa_bytes body, struct reply *reply)
{
        struct world *w = s->world;
        struct sight sight = server_sight(s, &w->model, &w->model);
        struct server *other = &w->server[1 - s->number];
        s->fetches++;
        w->tally.fetches++;
        if (!model_is_homed(&sight, other->number, name))
                return false; /* nobody is responsible, or we ourselves */
        if (other->fault.is_dead ||
            (w->habits.fetch_failure > 0 && chance_in(&w->chance, w->habits.fetch_failure))) {
                s->fetch_failed++;
                return false;
        }
        uint64_t struck = other->fault.struck + other->fetch_failed;
        struct call call = { .version = VERSION_OWN, .suggested = VERSION_OWN };
        struct header h = { .op = op, .flags = flags, .site_serial = SITE_SERIAL_UNKNOWN };
        const struct sent *sent = people_pack(w, &call, &h, body, NULL, 0, ++w->next_id);
        struct buf out = buf_growing(LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE);
        struct peer peer = door_peer(w, PEER_TCP);
        struct write_job *job = NULL;
        enum identifier_outcome outcome =
                identifier_serve(other->guest, &peer, sent->bytes, &out, NULL, &job);
        bool has_come = outcome == IDENTIFIER_REPLY && !other->fault.is_dead &&
                        verdict_decode(w, other, NULL, world_keep(w, buf_written(&out)), reply);
        buf_fini(&out);
        if (other->fault.struck + other->fetch_failed != struck)
                s->fetch_failed++;
        return has_come;
}

static enum ansa_err fetch(struct fetcher *fetcher, const struct fetch_query *query,
                           struct arena *arena, uint32_t *response, struct ansa_values *values)
{
        struct server *s =
                (struct server *)(void *)((uint8_t *)fetcher - offsetof(struct server, fetcher));
        *response = RC_ERROR;
        *values = (struct ansa_values){ 0 };
        struct buf types = buf_growing(LIMIT_MESSAGE_SIZE);
        struct buf indexes = buf_growing(LIMIT_MESSAGE_SIZE);
        struct buf body = buf_growing(LIMIT_MESSAGE_SIZE);
        for (size_t i = 0; i < query->type_count; i++)
                buf_block(&types, query->types[i]);
        for (size_t i = 0; i < query->index_count; i++)
                buf_u32(&indexes, query->indexes[i]);
        struct resolve_request r = {
                .name = query->name,
                .indexes = { buf_written(&indexes), (uint32_t)query->index_count },
                .types = { buf_written(&types), (uint32_t)query->type_count },
        };
        resolve_request_encode(&r, &body);
        uint32_t flags = FLAG_PUBLIC_ONLY | (query->certified ? FLAG_CERTIFY : 0);
        struct reply reply;
        bool has_come = ask(s, query->name, OP_RESOLVE, flags,
                            world_keep(s->world, buf_written(&body)), &reply);
        buf_fini(&types);
        buf_fini(&indexes);
        buf_fini(&body);
        if (!has_come)
                return ANSA_E_NETWORK;
        *response = reply.m.header.response;
        struct record_body record;
        if (*response != RC_SUCCESS)
                return ANSA_OK;
        enum ansa_err err = record_body_decode(reply.body, &record);
        struct ansa_bytes copy;
        if (err == ANSA_OK)
                err = arena_copy(arena, record.values.wire, &copy);
        if (err == ANSA_OK)
                *values = (struct ansa_values){ copy, record.values.count };
        return err;
}

static enum ansa_err verify(struct fetcher *fetcher, const struct ansa_ref *key,
                            struct ansa_bytes nonce, struct ansa_bytes digest,
                            struct ansa_bytes answer, bool *is_valid)
{
        struct server *s =
                (struct server *)(void *)((uint8_t *)fetcher - offsetof(struct server, fetcher));
        struct buf body = buf_growing(LIMIT_MESSAGE_SIZE);
        struct verify_request v = { *key, nonce, digest, answer };
        verify_request_encode(&v, &body);
        struct reply reply;
        *is_valid = false;
        bool has_come = ask(s, key->name, OP_VERIFY, FLAG_CERTIFY | FLAG_REQUEST_DIGEST,
                            world_keep(s->world, buf_written(&body)), &reply);
        buf_fini(&body);
        if (!has_come || reply.m.header.response != RC_SUCCESS)
                return ANSA_E_NETWORK;
        return verify_response_decode(reply.body, is_valid);
}

/* Our HS_SITE: one primary server, with the key that it signs with. */
static struct ansa_bytes make_site(struct server *s)
{
        struct ansa_key parts;
        uint8_t key_room[512];
        uint8_t server_room[1024];
        uint8_t site_room[2048];
        struct buf key = buf_over(key_room, sizeof(key_room));
        struct buf server = buf_over(server_room, sizeof(server_room));
        struct buf site = buf_over(site_room, sizeof(site_room));
        ansa_assert(crypto_key_parts(s->key, false, &s->world->scratch, &parts) == ANSA_OK);
        key_encode(&parts, &key);
        const struct ansa_interface interfaces[] = { { ANSA_INTERFACE_ADMIN | ANSA_INTERFACE_QUERY,
                                                       ANSA_PROTOCOL_TCP, 2641 } };
        struct ansa_server one = { .id = 1, .key = buf_written(&key), .interface_count = 1 };
        struct ansa_server other = { .id = 2 }; /* whose key is of no interest here */
        bool is_shared = s->world->habits.site;
        if (is_shared && s->number == 1)
                site_put_server(&other, interfaces, &server);
        site_put_server(&one, interfaces, &server);
        if (is_shared && s->number == 0)
                site_put_server(&other, interfaces, &server);
        s->config.server_number = is_shared ? s->number : 0;
        struct ansa_site all = {
                .format = 1,
                .protocol_major = 2,
                .protocol_minor = 11,
                .serial = 7,
                .flags = ANSA_SITE_PRIMARY,
                .hash_option = s->world->habits.by_suffix ? ANSA_HASH_SUFFIX : ANSA_HASH_ALL,
                .server_count = is_shared ? 2 : 1,
                .servers = buf_written(&server),
        };
        site_encode(&all, &site);
        ansa_assert(site.err == ANSA_OK && site.size > 0);
        return world_keep(s->world, buf_written(&site));
}

void server_open(struct world *w, uint32_t number)
{
        struct server *s = &w->server[number];
        s->env = (struct env){ wall_s, steady_ms, fill_random };
        s->world = w;
        s->number = number;
        s->chance = chance_split(&w->chance);
        bool has_rsa = (w->habits.rsa_servers >> number & 1) != 0;
        s->signer = (struct signer){ .sign = sign, .decrypt = decrypt };
        s->fetcher = (struct fetcher){ fetch, verify };
        uint8_t seed[32];
        chance_fill(&w->chance, seed, sizeof(seed));
        struct ansa_key parts = { .kind = ANSA_KEY_ED25519,
                                  .is_private = true,
                                  .part_count = 1,
                                  .part = { { seed, sizeof(seed) } } };
        if (has_rsa)
                ansa_assert(crypto_key_parts(w->rsa, true, &w->scratch, &parts) == ANSA_OK);
        ansa_assert(crypto_key_new(&parts, &s->key) == ANSA_OK);
        s->site = make_site(s);
        s->config.site = s->site;
        ansa_assert(store_memory_open(&s->memory) == ANSA_OK);
        ansa_assert(store_faulty_open(s->memory, decide, s, &s->store) == ANSA_OK);
        server_boot(s);
}

void server_boot(struct server *s)
{
        s->fault.is_dead = false;
        s->fault.kind = FAULT_NONE;
        struct identifier_options options = {
                .store = s->store,
                .env = &s->env,
                .signer = &s->signer,
                .fetcher = s->has_fetcher ? &s->fetcher : NULL,
                .config = s->config,
        };
        ansa_assert(identifier_new(&options, &s->service) == ANSA_OK);
        for (size_t i = 0; i < FAST_WORKERS; i++)
                ansa_assert(identifier_worker_new(s->service, false, &s->fast[i]) == ANSA_OK);
        ansa_assert(identifier_worker_new(s->service, true, &s->slow) == ANSA_OK);
        ansa_assert(identifier_worker_new(s->service, true, &s->writer) == ANSA_OK);
        ansa_assert(identifier_worker_new(s->service, true, &s->guest) == ANSA_OK);
}

static void stop(struct server *s)
{
        for (size_t i = 0; i < s->job_count; i++)
                identifier_job_free(s->jobs[i].job);
        s->job_count = 0;
        s->task_count = 0;
        s->before = NULL;
        for (size_t i = 0; i < FAST_WORKERS; i++)
                identifier_worker_free(s->fast[i]);
        identifier_worker_free(s->slow);
        identifier_worker_free(s->writer);
        identifier_worker_free(s->guest);
        identifier_free(s->service);
}

void server_restart(struct server *s)
{
        world_note(s->world, "server %u restarts", s->number);
        s->world->tally.deaths++;
        s->life++;
        stop(s);
        server_boot(s);
}

void server_close(struct server *s)
{
        stop(s);
        store_close(s->store);
        crypto_key_free(s->key);
}

struct sight server_sight(struct server *s, const struct model *own, const struct model *others)
{
        return (struct sight){
                .own = own,
                .others = others,
                .server = s->number,
                .life = s->life,
                .config = &s->config,
                .arena = &s->world->scratch,
                .now_s = world_wall_s(s->world),
                .has_fetcher = s->has_fetcher,
                .shares = s->world->habits.site,
                .by_suffix = s->world->habits.by_suffix,
                .others_fetch = s->world->server[1 - s->number].has_fetcher,
        };
}

void server_bulk(struct server *s, enum bulk_kind kind, const char *name, struct ansa_values values)
{
        struct world *w = s->world;
        struct bulk_change change = { kind, ansa_bytes_text(name), values };
        struct effect *e = arena_alloc(&w->scratch, sizeof(*e));
        ansa_assert(e != NULL);
        e->kind = kind == BULK_HOME ? EFFECT_HOME : EFFECT_PUT;
        e->name = change.name;
        while (ansa_values_next(&values, &e->values[e->count]) == ANSA_OK) {
                if (e->values[e->count].timestamp_s == 0)
                        e->values[e->count].timestamp_s = world_wall_s(w);
                e->count++;
        }
        size_t failed;
        if (s->fault.is_dead)
                return;
        uint64_t struck = s->fault.struck;
        enum ansa_err err = identifier_bulk(s->writer, &change, 1, &failed);
        if (err == ANSA_OK) {
                s->changes++;
                model_apply(&w->model, s->number, e, s->config.case_sensitive, &w->arena);
        } else if (struck == s->fault.struck) {
                world_fail(w, "bulk change of %s on server %u: %s", name, s->number,
                           ansa_err_text(err));
        }
}
