/* SPDX-License-Identifier: Apache-2.0 */
/* Stores from before there were ledgers; the site and the settings in the ledger. */
#include "world.h"

#include "crypto/hasher.h"
#include "identifier/told.h"
#include "identifier/upgrade.h"
#include "ledger/ledger.h"

#define RECORDS 23000u /* more than two transactions take */

static size_t calls_left;

static enum ansa_err decide(void *context, const char *call)
{
        (void)context;
        (void)call;
        if (calls_left == 0)
                return ANSA_E_IO;
        calls_left--;
        return ANSA_OK;
}

static void fill(struct store *s, unsigned records)
{
        struct store_txn *txn;
        struct arena arena;
        arena_init(&arena, 1u << 20);
        assert_int_equal(store_begin(s, STORE_WRITE, &txn), ANSA_OK);
        for (unsigned i = 0; i < records; i++) {
                char key[32];
                uint8_t wire[128];
                struct ansa_bytes stored;
                const struct ansa_value value = { .index = 1,
                                                  .timestamp_s = 1,
                                                  .permissions = ANSA_PERM_PUBLIC_READ,
                                                  .type = ANSA_BYTES_LIT("URL"),
                                                  .data = ansa_bytes_text(key) };
                size_t size;
                (void)snprintf(key, sizeof(key), "35.TEST/%u", i);
                assert_int_equal(ansa_value_encode(&value, wire, sizeof(wire), &size), ANSA_OK);
                arena_reset(&arena);
                assert_int_equal(record_encode(ansa_bytes_text(key), ansa_bytes_text(key),
                                               (struct ansa_values){ { wire, size }, 1 }, NULL,
                                               &arena, &stored),
                                 ANSA_OK);
                assert_int_equal(store_put(txn, STORE_RECORDS, ansa_bytes_text(key), stored),
                                 ANSA_OK);
        }
        assert_int_equal(store_put(txn, STORE_PREFIXES, ANSA_BYTES_LIT("0.NA/35.TEST"),
                                   ANSA_BYTES_LIT("\0\0\0\0\0\0\0\5")),
                         ANSA_OK);
        assert_int_equal(store_commit(txn), ANSA_OK);
        arena_fini(&arena);
}

/* Everything is told, by @entries entries besides those that end transactions. */
static void check(struct store *s, uint64_t entries)
{
        struct store_txn *txn;
        struct told_result told;
        struct ledger_head head;
        uint64_t changes = 0;
        assert_int_equal(store_begin(s, STORE_READ, &txn), ANSA_OK);
        assert_int_equal(told_check(txn, &crypto_hasher, false, &told), ANSA_OK);
        assert_string_equal(told_text(told.problem), told_text(TOLD_WELL));
        assert_int_equal(told.looked_at, entries);
        assert_int_equal(ledger_head_read(txn, &head), ANSA_OK);
        for (uint64_t i = 0; i < ledger_head_size(&head); i++) {
                struct entry e;
                assert_int_equal(ledger_entry(txn, i, &e), ANSA_OK);
                changes += e.action != ENTRY_STATE;
                assert_true(e.action == ENTRY_STATE || e.origin == ORIGIN_UPGRADE);
        }
        assert_int_equal(changes, entries);
        store_abort(txn);
}

static void tells_of_everything_once(void **state)
{
        (void)state;
        struct world w;
        struct store *inner;
        struct store *s = NULL;
        assert_int_equal(store_memory_open(&inner), ANSA_OK);
        assert_int_equal(store_faulty_open(inner, decide, NULL, &s), ANSA_OK);
        calls_left = SIZE_MAX;
        world_init(&w, s);
        fill(s, RECORDS);
        /* Cut off again and again, in the middle of transactions, too. */
        unsigned cuts = 0;
        for (size_t calls = 1000;; calls += 60001, cuts++) {
                calls_left = calls;
                enum ansa_err err = identifier_upgrade(s, &w.env, false, NULL);
                calls_left = SIZE_MAX;
                if (err == ANSA_OK)
                        break;
                assert_int_equal(err, ANSA_E_IO);
        }
        assert_true(cuts >= 2);
        check(s, RECORDS + 1);
        assert_int_equal(identifier_upgrade(s, &w.env, false, NULL), ANSA_OK); /* nothing to do */
        check(s, RECORDS + 1);
        world_fini(&w);
}

static void damaged_records_stop_it(void **state)
{
        (void)state;
        struct world w;
        struct store *s;
        struct store_txn *txn;
        assert_int_equal(store_memory_open(&s), ANSA_OK);
        world_init(&w, s);
        fill(s, 3);
        assert_int_equal(store_begin(s, STORE_WRITE, &txn), ANSA_OK);
        assert_int_equal(store_put(txn, STORE_RECORDS, ANSA_BYTES_LIT("35.TEST/X"),
                                   ANSA_BYTES_LIT("no record")),
                         ANSA_OK);
        assert_int_equal(store_commit(txn), ANSA_OK);
        assert_int_equal(identifier_upgrade(s, &w.env, false, NULL), ANSA_E_CORRUPT);
        world_fini(&w);
}

static uint64_t size_of(struct store *s)
{
        struct store_txn *txn;
        struct ledger_head head;
        assert_int_equal(store_begin(s, STORE_READ, &txn), ANSA_OK);
        enum ansa_err err = ledger_head_read(txn, &head);
        store_abort(txn);
        return err == ANSA_OK ? ledger_head_size(&head) : 0;
}

static void settings_are_told_when_they_change(void **state)
{
        (void)state;
        struct world w;
        struct store *s;
        const struct ansa_ref admin = { ANSA_BYTES_LIT("35.TEST/bob"), 300 };
        assert_int_equal(store_memory_open(&s), ANSA_OK);
        world_init(&w, s);
        assert_int_equal(identifier_announce(&w.service), ANSA_OK);
        uint64_t size = size_of(s);
        assert_int_equal(size, 2); /* settings, state: this world has no site */
        assert_int_equal(identifier_announce(&w.service), ANSA_OK);
        assert_int_equal(size_of(s), size);
        w.settings.config.server_admins = &admin;
        w.settings.config.server_admin_count = 1;
        assert_int_equal(identifier_announce(&w.service), ANSA_OK);
        assert_int_equal(size_of(s), size + 2);

        struct store_txn *txn;
        struct entry e;
        struct ansa_bytes payload;
        bool withheld;
        static const char want[] = "allow_old_crypto 0\ncase_sensitive 0\nrequire_sessions 0\n"
                                   "server_admin_full_access 0\nserver_admin 300:35.TEST/bob\n";
        assert_int_equal(store_begin(s, STORE_READ, &txn), ANSA_OK);
        assert_int_equal(ledger_entry(txn, size, &e), ANSA_OK);
        assert_int_equal(e.action, ENTRY_SETTINGS);
        assert_int_equal(ledger_payload(txn, &e.payload, &payload, &withheld), ANSA_OK);
        assert_false(withheld);
        assert_int_equal(payload.size, 5 + sizeof(want) - 1); /* kind, block */
        assert_memory_equal(payload.at + 5, want, sizeof(want) - 1);
        store_abort(txn);
        world_fini(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tells_of_everything_once),
                cmocka_unit_test(damaged_records_stop_it),
                cmocka_unit_test(settings_are_told_when_they_change),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
