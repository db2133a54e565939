/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/exchange.h"

#include "base/text.h"
#include "wire/body.h"
#include "wire/codes.h"

/* What a server tells of itself: its site record, and its status as values of virtual names. */

#define STATUS_NAME   ANSA_BYTES_LIT("0.SITE/STATUS")
#define DB_NAME       ANSA_BYTES_LIT("0.SITE/DB_STATUS")
#define STATUS_TYPE   ANSA_BYTES_LIT("CNRI.SERVER_STATUS")
#define REPLICA_TYPE  ANSA_BYTES_LIT("CNRI.REPLICATION_STATUS")
#define STATUS_VALUES 3u
#define TEXT_MAX      1024u

enum identifier_outcome site_serve(struct exchange *x)
{
        struct ansa_bytes name;
        if (name_body_decode(x->m.body, &name) != ANSA_OK)
                return exchange_error(x, RC_PROTOCOL, "the request cannot be decoded");
        if (!x->settings->has_site)
                return exchange_error(x, RC_ERROR, "this server has no site record");
        struct outgoing o = { .code = RC_SUCCESS };
        respond_begin(x->worker, &x->to, &o, x->reply);
        buf_bytes(x->reply, x->settings->config.site);
        respond_end(x->worker, &x->to, &o, x->reply);
        return IDENTIFIER_REPLY;
}

bool status_is_name(struct ansa_bytes name)
{
        return text_equal_fold(name, STATUS_NAME) || text_equal_fold(name, DB_NAME);
}

static bool is_status_admin(const struct exchange *x)
{
        const struct identifier_config *config = &x->settings->config;
        for (size_t i = 0; i < config->status_admin_count; i++) {
                if (identity_matches(&x->view, &x->identity, &config->status_admins[i]))
                        return true;
        }
        return false;
}

static uint64_t runtime_ms(const struct exchange *x)
{
        struct identifier *service = x->worker->service;
        return service->env->steady_ms(service->env) - service->started_ms;
}

/* The keys that monitors of deployed servers look for; memory is the store's. */
static void put_server(struct exchange *x, const struct store_stat *stat,
                       const struct identifier_counts *counts, struct buf *b)
{
        uint64_t spare = stat->file_size > stat->used_size ? stat->file_size - stat->used_size : 0;
        buf_printf(b, "freemem=%llu; totalmem=%llu; maxmem=%llu; runtime=%llu; numreqs=%llu",
                   (unsigned long long)spare, (unsigned long long)stat->file_size,
                   (unsigned long long)stat->file_size, (unsigned long long)runtime_ms(x),
                   (unsigned long long)counts->requests);
}

static void put_monitor(const struct store_stat *stat, const struct identifier_counts *counts,
                        struct buf *b)
{
        buf_printf(b,
                   "records=%llu; prefixes=%llu; cache_hits=%llu; cache_misses=%llu; "
                   "sessions=%llu; challenges=%llu",
                   (unsigned long long)stat->entries[STORE_RECORDS],
                   (unsigned long long)stat->entries[STORE_PREFIXES],
                   (unsigned long long)counts->cache_hits, (unsigned long long)counts->cache_misses,
                   (unsigned long long)counts->sessions_open,
                   (unsigned long long)counts->challenges_open);
}

static void put_store(const struct store_stat *stat, struct buf *b)
{
        buf_printf(b, "records=%llu; prefixes=%llu; used=%llu; size=%llu",
                   (unsigned long long)stat->entries[STORE_RECORDS],
                   (unsigned long long)stat->entries[STORE_PREFIXES],
                   (unsigned long long)stat->used_size, (unsigned long long)stat->file_size);
}

static enum ansa_err put_value(const struct exchange *x, uint32_t index, struct ansa_bytes type,
                               struct ansa_bytes data, struct buf *b, struct ansa_values *values)
{
        struct env *env = x->worker->service->env;
        struct ansa_value v = { .index = index,
                                .timestamp_s = env->wall_s(env),
                                .permissions = ANSA_PERM_ADMIN_READ,
                                .type = type,
                                .data = data };
        size_t size = ansa_value_size(&v);
        size_t written = 0;
        uint8_t *at = buf_take(b, size);
        if (at == NULL)
                return b->err;
        enum ansa_err err = ansa_value_encode(&v, at, size, &written);
        values->wire = buf_written(b);
        values->count++;
        return err;
}

static enum identifier_outcome tell(struct exchange *x, struct ansa_bytes name)
{
        struct store_stat stat = { 0 };
        struct identifier_counts counts;
        uint8_t room[STATUS_VALUES * (TEXT_MAX + 128)];
        uint8_t text_room[TEXT_MAX];
        struct buf out = buf_over(room, sizeof(room));
        struct buf text = buf_over(text_room, sizeof(text_room));
        struct ansa_values values = { 0 };
        enum ansa_err err = store_stat(x->view.txn, &stat);
        identifier_count(x->worker->service, &counts);
        bool is_store = text_equal_fold(name, DB_NAME);
        if (is_store)
                put_store(&stat, &text);
        else
                put_server(x, &stat, &counts, &text);
        if (err == ANSA_OK)
                err = put_value(x, 1, STATUS_TYPE, buf_written(&text), &out, &values);
        if (err == ANSA_OK && !is_store) {
                buf_reset(&text);
                put_monitor(&stat, &counts, &text);
                err = put_value(x, 2, STATUS_TYPE, buf_written(&text), &out, &values);
        }
        if (err == ANSA_OK && !is_store) {
                buf_reset(&text);
                uint64_t commits = atomic_load(&x->worker->service->commits);
                buf_printf(&text, "{\"latestTxnId\":%llu,\"replicationStatus\":{}}",
                           (unsigned long long)commits);
                err = put_value(x, 3, REPLICA_TYPE, buf_written(&text), &out, &values);
        }
        if (err != ANSA_OK)
                return exchange_fail(x, err);
        return resolve_answer(x, name, values, true, 0);
}

enum identifier_outcome status_serve(struct exchange *x, struct ansa_bytes name)
{
        if (!x->settings->config.enable_status)
                return exchange_error(x, RC_NOT_FOUND, NULL);
        if ((x->m.header.flags & FLAG_PUBLIC_ONLY) != 0)
                return exchange_error(x, RC_VALUE_NOT_FOUND, NULL);
        if (!x->has_identity)
                return exchange_challenge(x);
        if (!exchange_look(x))
                return IDENTIFIER_REPLY;
        if (is_status_admin(x))
                return tell(x, name);
        uint32_t code = rights_check_server_admin(&x->view, &x->identity);
        if (x->view.needs_slow && exchange_is_hasty(x))
                return IDENTIFIER_SLOW;
        return code == RC_SUCCESS ? tell(x, name) : exchange_error(x, code, NULL);
}
