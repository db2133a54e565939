/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "crypto/hasher.h"
#include "identifier/apply.h"
#include "identifier/service.h"
#include "ledger/trie.h"
#include "wire/payload.h"

/*
 * Not only records decide on what clients are told: the site's own HS_SITE and the settings that
 * give rights are in the ledger, too, from the moment that the service uses them.
 */
#define SETTINGS_SIZE_MAX 262144u

static void put_switch(struct buf *b, const char *name, bool is_on)
{
        buf_text(b, name);
        buf_text(b, is_on ? " 1\n" : " 0\n");
}

/* One line each, in this order; identifiers have no control characters. */
static void put_settings(const struct identifier_config *c, struct buf *b)
{
        put_switch(b, "allow_old_crypto", c->allow_old_crypto);
        put_switch(b, "case_sensitive", c->case_sensitive);
        put_switch(b, "require_sessions", c->require_sessions);
        put_switch(b, "server_admin_full_access", c->server_admin_full_access);
        for (size_t i = 0; i < c->server_admin_count; i++) {
                buf_text(b, "server_admin ");
                buf_decimal(b, c->server_admins[i].index);
                buf_u8(b, ':');
                buf_bytes(b, c->server_admins[i].name);
                buf_u8(b, '\n');
        }
}

struct announcement {
        enum entry_action action;
        struct hash256 key;
        struct hash256 commitment;
        struct ansa_bytes octets;
};

static enum ansa_err is_told(struct store *store, const struct announcement *a, bool *is_so)
{
        struct store_txn *txn;
        struct hash256 told;
        bool is_kept;
        enum ansa_err err = store_begin(store, STORE_READ, &txn);
        if (err != ANSA_OK)
                return err;
        err = ledger_is_kept(txn, &is_kept);
        *is_so = !is_kept;
        if (err == ANSA_OK && is_kept) {
                err = trie_find(txn, &a->key, &told);
                *is_so = err == ANSA_OK && hash256_equal(&told, &a->commitment);
        }
        store_abort(txn);
        return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
}

static enum ansa_err announce(struct identifier *service, bool case_sensitive,
                              const struct announcement *a)
{
        struct apply apply;
        bool is_so;
        enum ansa_err err = is_told(service->store, a, &is_so);
        if (err != ANSA_OK || is_so)
                return err;
        const struct payload payload = { .kind = PAYLOAD_OCTETS, .octets = a->octets };
        struct buf b = buf_growing(a->octets.size + 64);
        payload_encode(&payload, &b);
        err = b.err;
        if (err == ANSA_OK)
                err = apply_begin(service->store, service->env, case_sensitive, &apply);
        if (err == ANSA_OK) {
                apply.origin = ORIGIN_SERVER;
                err = ledger_payload_put(apply.txn, &crypto_hasher, buf_written(&b), false,
                                         &apply.payload);
                if (err == ANSA_OK)
                        err = apply_tell(&apply, a->action, &a->key, &a->commitment);
                if (err == ANSA_OK)
                        err = apply_commit(&apply);
                else
                        apply_abort(&apply);
        }
        buf_fini(&b);
        return err;
}

enum ansa_err identifier_announce(struct identifier *service)
{
        struct shared *held = NULL;
        shared_renew(&service->settings, &held);
        ansa_assert(held != NULL); /* a service has settings from its beginning */
        const struct identifier_config *c = &((const struct settings *)held)->config;
        struct announcement site = { .action = ENTRY_SITE, .octets = c->site };
        struct announcement settings = { .action = ENTRY_SETTINGS };
        struct buf b = buf_growing(SETTINGS_SIZE_MAX);
        enum ansa_err err = ANSA_OK;
        if (c->site.size > 0) {
                dictionary_key_site(&crypto_hasher, &site.key);
                commitment_site(&crypto_hasher, c->site, &site.commitment);
                err = announce(service, c->case_sensitive, &site);
        }
        put_settings(c, &b);
        if (err == ANSA_OK)
                err = b.err;
        if (err == ANSA_OK) {
                settings.octets = buf_written(&b);
                dictionary_key_settings(&crypto_hasher, &settings.key);
                commitment_settings(&crypto_hasher, settings.octets, &settings.commitment);
                err = announce(service, c->case_sensitive, &settings);
        }
        shared_give(held);
        buf_fini(&b);
        return err;
}
