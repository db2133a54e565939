/* SPDX-License-Identifier: Apache-2.0 */
#include "selftest.h"

#include "base/assert.h"
#include "identifier/apply.h"
#include "identifier/cache.h"
#include "identifier/record.h"
#include "identifier/service.h"
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

/* A check that cannot fail is worth nothing: here each has to. */

#define STEPS_MAX  2000u
#define WORLDS_MAX 30u /* not every world comes across everything */

/* Behind the server's back: @value NULL deletes. */
static void overwrite(struct server *s, struct ansa_bytes key, const struct ansa_bytes *value)
{
        struct store_txn *txn;
        ansa_assert(store_begin(s->memory, STORE_WRITE, &txn) == ANSA_OK);
        enum ansa_err err = value != NULL ? store_put(txn, STORE_RECORDS, key, *value)
                                          : store_del(txn, STORE_RECORDS, key);
        ansa_assert(err == ANSA_OK && store_commit(txn) == ANSA_OK);
}

static void flip_bit(struct world *w)
{
        struct server *s = &w->server[0];
        struct store_txn *txn;
        struct ansa_bytes stored;
        ansa_assert(store_begin(s->memory, STORE_READ, &txn) == ANSA_OK);
        ansa_assert(store_get(txn, STORE_RECORDS, ANSA_BYTES_LIT("35.A/MALLORY"), &stored) ==
                    ANSA_OK);
        uint8_t *at = world_alloc(w, stored.size);
        memcpy(at, stored.at, stored.size);
        at[stored.size - 8] ^= 1;
        store_abort(txn);
        struct ansa_bytes changed = { at, stored.size };
        overwrite(s, ANSA_BYTES_LIT("35.A/MALLORY"), &changed);
}

static void lose_record(struct world *w)
{
        overwrite(&w->server[0], ANSA_BYTES_LIT("35.A/MALLORY"), NULL);
}

static void add_record(struct world *w)
{
        struct ansa_bytes nothing = ANSA_BYTES_LIT("\0\0\0\0\0\0\0\0\0");
        overwrite(&w->server[1], ANSA_BYTES_LIT("35.B/NEW"), &nothing);
}

static void reconfigure(struct server *s, const struct identifier_config *config)
{
        ansa_assert(identifier_reconfigure(s->service, config) == ANSA_OK);
}

static void obey_strangers(struct world *w)
{
        struct server *s = &w->server[0];
        static struct ansa_ref admins[3];
        struct identifier_config config = s->config;
        for (size_t i = 0; i < config.server_admin_count; i++)
                admins[i] = config.server_admins[i];
        admins[config.server_admin_count++] = w->person[5].who; /* mallory, of all people */
        config.server_admin_full_access = true;
        config.server_admins = admins;
        reconfigure(s, &config);
}

/* Some record that server 0 remembers beside its store. */
static struct model_record *find_cached(struct world *w)
{
        const struct server *s = &w->server[0];
        uint8_t room[8192];
        for (size_t i = 0; i < w->model.record_count && s->service->cache != NULL; i++) {
                struct model_record *r = &w->model.records[i];
                uint64_t hash = cache_hash(s->service->cache, r->key);
                size_t size;
                if (r->server == 0 && cache_get(s->service->cache, hash, r->key, room, sizeof(room),
                                                &size) == ANSA_OK)
                        return r;
        }
        return NULL;
}

/* A record of the first server and its values, which the model has too, a second later. */
static struct ansa_values touch(struct world *w, struct model_record *r, struct buf *b)
{
        struct ansa_value *values = world_alloc(w, r->count * sizeof(*values));
        for (size_t i = 0; i < r->count; i++) {
                values[i] = r->values[i];
                values[i].timestamp_s++;
                size_t size = ansa_value_size(&values[i]);
                uint8_t *at = buf_take(b, size);
                ansa_assert(ansa_value_encode(&values[i], at, size, &size) == ANSA_OK);
        }
        r->values = values;
        return (struct ansa_values){ buf_written(b), (uint32_t)r->count };
}

/* A write that the cache is not told of. */
static void leave_stale(struct world *w)
{
        struct model_record *r = find_cached(w);
        struct buf b = buf_growing(1u << 16);
        struct apply apply;
        if (r == NULL)
                return;
        const struct bulk_change change = { BULK_PUT, r->key, touch(w, r, &b) };
        ansa_assert(apply_begin(w->server[0].memory, w->server[0].service->env,
                                w->server[0].config.case_sensitive, &apply) == ANSA_OK &&
                    apply_change(&apply, &change, &w->scratch) == ANSA_OK &&
                    apply_commit(&apply) == ANSA_OK);
        buf_fini(&b);
}

/* The operator edits the database by hand, and thinks of everything but the ledger. */
static void go_around_ledger(struct world *w)
{
        struct model_record *r = find_cached(w);
        struct buf b = buf_growing(1u << 16);
        struct ansa_bytes stored;
        if (r == NULL)
                return;
        ansa_assert(record_encode(r->key, r->key, touch(w, r, &b), NULL, &w->scratch, &stored) ==
                    ANSA_OK);
        buf_fini(&b);
        overwrite(&w->server[0], r->key, &stored);
}

/* As if all that was asked for had been done already. */
static void spend_all(struct world *w)
{
        for (size_t i = 0; i < w->token_count; i++)
                w->tokens[i].is_spent = true;
}

static void forget_case(struct world *w)
{
        struct identifier_config config = w->server[0].config;
        config.case_sensitive = !config.case_sensitive;
        reconfigure(&w->server[0], &config);
}

static void hurry(struct world *w)
{
        struct identifier_config config = w->server[0].config;
        config.challenge_s = 0;
        reconfigure(&w->server[0], &config);
}

static void hoard(struct world *w)
{
        struct identifier_config config = w->server[0].config;
        config.challenges_max = 1000;
        w->server[0].config.challenges_max = 1;
        reconfigure(&w->server[0], &config);
}

static void refuse_lists(struct world *w)
{
        struct identifier_config config = w->server[0].config;
        config.allow_list = !config.allow_list;
        reconfigure(&w->server[0], &config);
}

/* The model forgets an acknowledged write: as if the server had made one that nobody saw. */
static void forget_write(struct world *w)
{
        w->model.record_count--;
}

static const struct {
        const char *name;
        void (*damage)(struct world *w);
        const char *sign; /* in what the failure says */
        bool repeats;     /* before every step */
} damages[] = {
        { "a bit of a record flips", flip_bit, "the store of server 0", false },
        { "a record is lost", lose_record, "the store of server 0", false },
        { "a record appears", add_record, "the store of server 1", false },
        { "a write is forgotten", forget_write, "the store of server", false },
        { "a stranger is obeyed", obey_strangers, "would carry out", false },
        { "a change is made twice", spend_all, "or not again", true },
        { "the cache is stale", leave_stale, "or they differ", false },
        { "a record is changed around the ledger", go_around_ledger,
          "was not put through the ledger", false },
        { "case is treated the other way", forget_case, "expected", false },
        { "lists are treated the other way", refuse_lists, "list", false },
        { "challenges expire at once", hurry, "came \"challenge unknown or expired\"", false },
        { "too many challenges are kept", hoard, "2 challenges of 1", false },
};

static bool is_found(uint64_t seed, size_t which)
{
        struct world *w = calloc(1, sizeof(*w));
        ansa_assert(w != NULL);
        world_open(w, seed, &(struct world_options){ .trace = false });
        while (w->step < 100 && !world_failed(w))
                world_step(w);
        ansa_assert(!world_failed(w));
        w->habits.death = 0; /* a restart would undo some */
        w->is_left_alone = true;
        damages[which].damage(w);
        while (w->step < STEPS_MAX && !world_failed(w)) {
                world_step(w);
                if (damages[which].repeats)
                        damages[which].damage(w);
        }
        bool found = world_failed(w) && strstr(w->failure, damages[which].sign) != NULL;
        if (found)
                printf("found: %s: seed %llu, step %llu: %s\n", damages[which].name,
                       (unsigned long long)seed, (unsigned long long)w->step, w->failure);
        world_close(w);
        free(w);
        return found;
}

static uint64_t trail(uint64_t seed)
{
        struct world *w = calloc(1, sizeof(*w));
        ansa_assert(w != NULL);
        world_open(w, seed, &(struct world_options){ .trace = false });
        while (w->step < 300 && !world_failed(w))
                world_step(w);
        uint64_t end = w->trail;
        world_close(w);
        free(w);
        return end;
}

bool selftest_run(void)
{
        bool is_good = true;
        for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
                uint64_t seed = 1;
                while (seed <= WORLDS_MAX && !is_found(seed, i))
                        seed++;
                if (seed > WORLDS_MAX)
                        printf("NOT FOUND: %s\n", damages[i].name);
                is_good = is_good && seed <= WORLDS_MAX;
        }
        bool is_same = trail(7) == trail(7) && trail(7) != trail(8);
        printf("%s: the same seed, the same run\n", is_same ? "yes" : "NO");
        return is_good && is_same;
}
