/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "base/assert.h"
#include "crypto/hasher.h"
#include "identifier/record.h"
#include "identifier/told.h"

/* The stores, octet by octet, against the model. */

static bool same_record(const struct model_record *r, struct ansa_values stored)
{
        struct ansa_value value;
        size_t found = 0;
        if (stored.count != r->count)
                return false;
        while (ansa_values_next(&stored, &value) == ANSA_OK) {
                for (size_t i = 0; i < r->count; i++)
                        found += model_same_value(&r->values[i], &value) &&
                                 r->values[i].timestamp_s == value.timestamp_s;
        }
        return found == r->count && stored.wire.size == 0;
}

/* All that is public is in front, and nothing else. */
static bool is_parted(const struct record *r)
{
        struct ansa_values all = r->all;
        struct ansa_value value;
        for (uint32_t i = 0; ansa_values_next(&all, &value) == ANSA_OK; i++) {
                bool is_public = (value.permissions & ANSA_PERM_PUBLIC_READ) != 0;
                if (is_public != (i < r->public_only.count))
                        return false;
        }
        return true;
}

static bool complain(struct server *s, bool fails, const char *what, struct ansa_bytes key)
{
        if (fails)
                world_fail(s->world, "the store of server %u: \"%.*s\" %s", s->number,
                           (int)key.size, (const char *)key.at, what);
        return false;
}

static size_t count_of(const struct model *m, uint32_t server, size_t *homed)
{
        size_t count = 0;
        *homed = 0;
        for (size_t i = 0; i < m->record_count; i++)
                count += m->records[i].server == server;
        for (size_t i = 0; i < m->homed_count; i++)
                *homed += m->homed[i].server == server;
        return count;
}

static bool audit_records(struct server *s, struct store_txn *txn, const struct model *m,
                          bool fails)
{
        struct ansa_bytes key;
        struct ansa_bytes stored;
        size_t homed;
        size_t missing = count_of(m, s->number, &homed);
        struct ansa_bytes from = { 0 };
        while (store_seek(txn, STORE_RECORDS, from, from.size > 0, &key, &stored) == ANSA_OK) {
                struct record record;
                const struct model_record *r = model_find_const(m, s->number, key);
                from = key;
                if (r == NULL)
                        return complain(s, fails, "is there and should not be", key);
                if (record_decode(key, stored, &record) != ANSA_OK || !is_parted(&record))
                        return complain(s, fails, "is damaged", key);
                if (!same_record(r, record.all))
                        return complain(s, fails, "has other values than it should", key);
                missing--;
        }
        return missing == 0 || complain(s, fails, "is the last, some others are lost", from);
}

static bool audit_homed(struct server *s, struct store_txn *txn, const struct model *m, bool fails)
{
        struct ansa_bytes key;
        struct ansa_bytes since;
        size_t missing;
        (void)count_of(m, s->number, &missing);
        struct ansa_bytes from = { 0 };
        while (store_seek(txn, STORE_PREFIXES, from, from.size > 0, &key, &since) == ANSA_OK) {
                bool found = false;
                for (size_t i = 0; i < m->homed_count; i++)
                        found = found || (m->homed[i].server == s->number &&
                                          ansa_bytes_equal(m->homed[i].key, key));
                from = key;
                if (!found)
                        return complain(s, fails, "is homed and should not be", key);
                missing--;
        }
        return missing == 0 || complain(s, fails, "is the last homed, others are lost", from);
}

/* Nothing went around the ledger: the dictionary says of everything what the store says. */
static bool audit_ledger(struct server *s, struct store_txn *txn, bool fails)
{
        struct told_result told;
        ansa_assert(told_check(txn, &crypto_hasher, s->config.case_sensitive, &told) == ANSA_OK);
        const struct ansa_bytes key = { told.key, told.key_size };
        return told.problem == TOLD_WELL || complain(s, fails, told_text(told.problem), key);
}

bool audit_store(struct server *s, const struct model *m, bool fails)
{
        struct store_txn *txn;
        s->world->tally.audits++;
        ansa_assert(store_begin(s->memory, STORE_READ, &txn) == ANSA_OK);
        bool is_same = audit_records(s, txn, m, fails) && audit_homed(s, txn, m, fails) &&
                       audit_ledger(s, txn, fails);
        store_abort(txn);
        return is_same;
}

bool audit_find_minted(struct server *s, const struct model *m, struct effect *e)
{
        struct store_txn *txn;
        struct ansa_bytes key;
        struct ansa_bytes stored;
        struct ansa_bytes from = { 0 };
        bool found = false;
        ansa_assert(store_begin(s->memory, STORE_READ, &txn) == ANSA_OK);
        while (!found &&
               store_seek(txn, STORE_RECORDS, from, from.size > 0, &key, &stored) == ANSA_OK) {
                struct record r;
                from = key;
                found = key.size == e->name.size + MINT_SIZE &&
                        model_find_const(m, s->number, key) == NULL &&
                        record_decode(key, stored, &r) == ANSA_OK &&
                        memcmp(r.name.at, e->name.at, e->name.size) == 0;
                if (found)
                        e->name = world_keep(s->world, r.name);
        }
        store_abort(txn);
        return found;
}

void audit_tables(struct world *w)
{
        for (uint32_t i = 0; i < SERVERS; i++) {
                const struct server *s = &w->server[i];
                struct identifier_counts counts;
                identifier_count(s->service, &counts);
                if (counts.sessions_open > s->config.sessions_max ||
                    counts.challenges_open > s->config.challenges_max)
                        world_fail(w, "server %u: %llu sessions of %u, %llu challenges of %u", i,
                                   (unsigned long long)counts.sessions_open, s->config.sessions_max,
                                   (unsigned long long)counts.challenges_open,
                                   s->config.challenges_max);
        }
}
