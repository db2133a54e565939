/* SPDX-License-Identifier: Apache-2.0 */
/* The log in the store against the tree of RFC 6962 over all its entries. */
#include "../support.h"

#include "crypto/hasher.h"
#include "ledger/ledger.h"
#include "ledger/trie.h"
#include "store/engines.h"

#define ENTRIES_MAX 70000u

static const struct hasher *const h = &crypto_hasher;
static struct hash256 leaves[ENTRIES_MAX]; /* of all that was written, as the test expects it */
static uint64_t leaf_count;

static void expect(const struct entry *entry)
{
        uint8_t octets[ENTRY_SIZE];
        assert_true(leaf_count < ENTRIES_MAX);
        entry_encode(entry, octets);
        merkle_leaf(h, (struct ansa_bytes){ octets, sizeof(octets) }, &leaves[leaf_count++]);
}

static struct ledger_change change_of(uint32_t n)
{
        struct ledger_change c = { .action = ENTRY_PUT, .origin = ORIGIN_IMPORT };
        store_u32(c.key.at, (n + 1) * 2654435761u); /* none of zeros */
        store_u32(c.commitment.at, n + 1);
        return c;
}

/* @count changes in one transaction at @now_s, which entries say happened at @time_s. */
static void write_batch(struct store *s, uint32_t *n, unsigned count, uint64_t now_s,
                        uint64_t time_s)
{
        struct store_txn *txn;
        struct ledger_writer *w;
        struct ledger_head head;
        assert_err("begin", store_begin(s, STORE_WRITE, &txn), ANSA_OK);
        assert_err("ledger", ledger_begin(txn, h, now_s, &w), ANSA_OK);
        for (unsigned i = 0; i < count; i++, (*n)++) {
                struct ledger_change c = change_of(*n);
                struct entry e = { .action = c.action,
                                   .origin = c.origin,
                                   .number = leaf_count,
                                   .time_s = time_s,
                                   .key = c.key,
                                   .commitment = c.commitment };
                assert_int_equal(ledger_next(w), leaf_count);
                assert_err("add", ledger_add(w, &c), ANSA_OK);
                expect(&e);
        }
        assert_err("seal", ledger_seal(w), ANSA_OK);
        ledger_end(w);
        assert_err("head", ledger_head_read(txn, &head), ANSA_OK);
        struct entry state = { .action = ENTRY_STATE,
                               .number = leaf_count,
                               .time_s = time_s,
                               .commitment = head.state.commitment };
        expect(&state);
        assert_err("commit", store_commit(txn), ANSA_OK);
}

static void check_head(struct store_txn *txn)
{
        struct ledger_head head;
        struct hash256 root;
        struct hash256 want;
        struct hash256 proof[MERKLE_LEVELS];
        assert_err("head", ledger_head_read(txn, &head), ANSA_OK);
        assert_int_equal(ledger_head_size(&head), leaf_count);
        merkle_root(h, leaves, leaf_count, &want);
        ledger_head_root(h, &head, &root);
        assert_true(hash256_equal(&root, &want));
        size_t count = ledger_head_proof(&head, proof);
        assert_err("inclusion of the state",
                   merkle_verify_inclusion(h, &leaves[leaf_count - 1], leaf_count - 1, leaf_count,
                                           &root, proof, count),
                   ANSA_OK);
}

static void check_proofs(struct store_txn *txn, struct rng *r)
{
        struct ledger_source source = ledger_source_of(txn, h);
        struct hash256 proof[MERKLE_PROOF_MAX];
        struct hash256 root;
        struct hash256 old_root;
        size_t count;
        for (unsigned i = 0; i < 30; i++) {
                uint64_t size = 1 + rng_below(r, (uint32_t)leaf_count);
                uint64_t old = 1 + rng_below(r, (uint32_t)size);
                uint64_t index = rng_below(r, (uint32_t)size);
                merkle_root(h, leaves, size, &root);
                merkle_root(h, leaves, old, &old_root);
                assert_err("prove",
                           merkle_prove_inclusion(h, &source.base, index, size, proof, &count),
                           ANSA_OK);
                assert_err("inclusion",
                           merkle_verify_inclusion(h, &leaves[index], index, size, &root, proof,
                                                   count),
                           ANSA_OK);
                assert_err("prove",
                           merkle_prove_consistency(h, &source.base, old, size, proof, &count),
                           ANSA_OK);
                assert_err("consistency",
                           merkle_verify_consistency(h, old, size, &old_root, &root, proof, count),
                           ANSA_OK);
        }
}

static void check_tiles(struct store_txn *txn)
{
        static uint8_t at[256 * (2 + ENTRY_SIZE)];
        for (uint64_t index = 0; index * 256 < leaf_count; index += 7) {
                uint64_t left = leaf_count - index * 256;
                unsigned width = left < 256 ? (unsigned)left : 256;
                struct buf b = buf_over(at, sizeof(at));
                assert_err("tile", ledger_tile(txn, h, 0, index, width, &b), ANSA_OK);
                assert_bytes("tile", buf_written(&b),
                             (struct ansa_bytes){ leaves[index * 256].at, width * HASH_SIZE });
                b = buf_over(at, sizeof(at));
                assert_err("bundle", ledger_bundle(txn, index, width, &b), ANSA_OK);
                assert_int_equal(b.size, width * (2 + ENTRY_SIZE));
                struct hash256 leaf;
                merkle_leaf(h, (struct ansa_bytes){ at + 2, ENTRY_SIZE }, &leaf);
                assert_true(hash256_equal(&leaf, &leaves[index * 256]));
                b = buf_over(at, sizeof(at));
                if (width < 256)
                        assert_err("over the end", ledger_tile(txn, h, 0, index, width + 1, &b),
                                   ANSA_E_NOT_FOUND);
        }
        for (uint64_t i = 0; i < leaf_count / 256; i++) {
                struct hash256 want;
                struct buf b = buf_over(at, sizeof(at));
                merkle_root(h, &leaves[i * 256], 256, &want);
                assert_err("level 1", ledger_tile(txn, h, 1, i / 256, (unsigned)(i % 256) + 1, &b),
                           ANSA_OK);
                assert_bytes("level 1",
                             (struct ansa_bytes){ at + (i % 256) * HASH_SIZE, HASH_SIZE },
                             (struct ansa_bytes){ want.at, HASH_SIZE });
        }
}

static void is_the_tree_of_its_entries(void **state)
{
        (void)state;
        struct rng r = { 7 };
        struct store *s;
        struct store_txn *txn;
        uint32_t n = 0;
        uint64_t time_s = 1000;
        leaf_count = 0;
        assert_err("open", store_memory_open(&s), ANSA_OK);
        while (leaf_count < 66500) { /* past a full tile of level 1 */
                unsigned count = leaf_count < 700 ? 1 + rng_below(&r, 5) : 500 + rng_below(&r, 900);
                bool goes_back = rng_below(&r, 5) == 0;
                time_s += goes_back ? 0 : rng_below(&r, 3);
                write_batch(s, &n, count, goes_back ? time_s - 20 : time_s, time_s);
                if (leaf_count > 700 && rng_below(&r, 8) != 0)
                        continue;
                assert_err("begin", store_begin(s, STORE_READ, &txn), ANSA_OK);
                check_head(txn);
                store_abort(txn);
        }
        assert_err("begin", store_begin(s, STORE_READ, &txn), ANSA_OK);
        check_head(txn);
        check_proofs(txn, &r);
        check_tiles(txn);
        store_abort(txn);
        store_close(s);
}

/* Of several changes of one key in a transaction all are told, and the last one counts. */
static void the_last_change_of_a_key_counts(void **state)
{
        (void)state;
        struct store *s;
        struct store_txn *txn;
        struct ledger_writer *w;
        struct ledger_head head;
        struct hash256 found;
        struct ledger_change c = change_of(1);
        assert_err("open", store_memory_open(&s), ANSA_OK);
        assert_err("begin", store_begin(s, STORE_WRITE, &txn), ANSA_OK);
        assert_err("ledger", ledger_begin(txn, h, 5, &w), ANSA_OK);
        for (uint8_t i = 1; i <= 9; i++) {
                c.commitment.at[31] = i;
                assert_err("add", ledger_add(w, &c), ANSA_OK);
        }
        c = change_of(2);
        assert_err("add", ledger_add(w, &c), ANSA_OK);
        c.action = ENTRY_DELETE;
        c.commitment = (struct hash256){ { 0 } };
        assert_err("add", ledger_add(w, &c), ANSA_OK);
        assert_err("seal", ledger_seal(w), ANSA_OK);
        ledger_end(w);
        struct hash256 first = change_of(1).key;
        assert_err("find", trie_find(txn, &first, &found), ANSA_OK);
        assert_int_equal(found.at[31], 9);
        assert_err("find", trie_find(txn, &c.key, &found), ANSA_E_NOT_FOUND);
        assert_err("head", ledger_head_read(txn, &head), ANSA_OK);
        assert_int_equal(ledger_head_size(&head), 12);
        assert_err("commit", store_commit(txn), ANSA_OK);
        store_close(s);
}

/* 20 changes of 50 keys, some again, in a transaction that leaves the ledger open. */
static void write_open(struct store *s, uint32_t *n, uint8_t batch)
{
        struct store_txn *txn;
        struct ledger_writer *w;
        struct ledger_head head;
        const uint64_t time_s = 10u + batch;
        assert_err("begin", store_begin(s, STORE_WRITE, &txn), ANSA_OK);
        assert_err("ledger", ledger_begin(txn, h, time_s, &w), ANSA_OK);
        for (unsigned i = 0; i < 20; i++, (*n)++) {
                struct ledger_change c = change_of(*n % 50);
                c.commitment.at[31] = batch;
                struct entry e = { .action = c.action,
                                   .origin = c.origin,
                                   .number = leaf_count,
                                   .time_s = time_s,
                                   .key = c.key,
                                   .commitment = c.commitment };
                assert_err("add", ledger_add(w, &c), ANSA_OK);
                expect(&e);
        }
        assert_err("leave", ledger_leave_open(w), ANSA_OK);
        ledger_end(w);
        assert_err("head", ledger_head_read(txn, &head), ANSA_OK);
        assert_int_equal(ledger_head_size(&head), 4); /* as before */
        assert_err("commit", store_commit(txn), ANSA_OK);
}

static void settle(struct store *s, size_t part)
{
        struct ledger_head head;
        for (bool is_done = false; !is_done;) {
                struct store_txn *txn;
                struct ledger_writer *w;
                bool is_open;
                assert_err("begin", store_begin(s, STORE_WRITE, &txn), ANSA_OK);
                assert_err("ledger", ledger_begin(txn, h, 20, &w), ANSA_OK);
                assert_err("settle", ledger_settle(w, part, &is_done), ANSA_OK);
                assert_err("end", is_done ? ledger_seal(w) : ledger_leave_open(w), ANSA_OK);
                ledger_end(w);
                assert_err("is open", ledger_is_open(txn, &is_open), ANSA_OK);
                assert_int_equal(is_open, !is_done);
                assert_err("head", ledger_head_read(txn, &head), ANSA_OK);
                assert_err("commit", store_commit(txn), ANSA_OK);
        }
        struct entry last = { .action = ENTRY_STATE,
                              .number = leaf_count,
                              .time_s = 20,
                              .commitment = head.state.commitment };
        expect(&last);
}

static void check_settled(struct store_txn *txn)
{
        struct ledger_head head;
        check_head(txn);
        assert_err("head", ledger_head_read(txn, &head), ANSA_OK);
        for (uint32_t i = 0; i < 50; i++) {
                struct hash256 key = change_of(i).key;
                struct hash256 found;
                uint8_t path[DICTIONARY_PATH_SIZE_MAX];
                struct buf b = buf_over(path, sizeof(path));
                assert_err("find", trie_find(txn, &key, &found), ANSA_OK);
                assert_true(found.at[31] >= 3 && found.at[31] <= 5); /* the last that was said */
                assert_err("path", trie_path(txn, h, &key, &b), ANSA_OK);
                assert_err(
                        "proof",
                        dictionary_verify(h, &head.state.commitment, &key, &found, buf_written(&b)),
                        ANSA_OK);
        }
}

/* What comes of it is the same as if each transaction had been sealed, but for the states between. */
static void what_is_left_open_is_settled_later(void **state)
{
        (void)state;
        static const size_t parts[] = { 1, 7, 100, 100000 };
        for (size_t p = 0; p < COUNT_OF(parts); p++) {
                struct store *s;
                struct store_txn *txn;
                uint32_t n = 0;
                leaf_count = 0;
                assert_err("open", store_memory_open(&s), ANSA_OK);
                write_batch(s, &n, 3, 10, 10);
                for (uint8_t batch = 1; batch <= 5; batch++)
                        write_open(s, &n, batch);
                settle(s, parts[p]);
                assert_err("begin", store_begin(s, STORE_READ, &txn), ANSA_OK);
                check_settled(txn);
                store_abort(txn);
                store_close(s);
        }
}

static void a_change_settles_what_is_open(void **state)
{
        (void)state;
        struct store *s;
        struct store_txn *txn;
        struct ledger_writer *w;
        struct ledger_head head;
        struct hash256 found;
        struct ledger_change c = change_of(1000);
        struct ledger_change d = change_of(1001);
        assert_err("open", store_memory_open(&s), ANSA_OK);
        assert_err("begin", store_begin(s, STORE_WRITE, &txn), ANSA_OK);
        assert_err("ledger", ledger_begin(txn, h, 30, &w), ANSA_OK);
        assert_err("add", ledger_add(w, &c), ANSA_OK);
        assert_err("leave", ledger_leave_open(w), ANSA_OK);
        ledger_end(w);
        assert_err("head", ledger_head_read(txn, &head), ANSA_E_NOT_FOUND);
        assert_err("ledger", ledger_begin(txn, h, 31, &w), ANSA_OK);
        assert_err("add", ledger_add(w, &d), ANSA_OK);
        assert_err("seal", ledger_seal(w), ANSA_OK);
        ledger_end(w);
        assert_err("find", trie_find(txn, &c.key, &found), ANSA_OK);
        assert_err("find", trie_find(txn, &d.key, &found), ANSA_OK);
        assert_err("head", ledger_head_read(txn, &head), ANSA_OK);
        assert_int_equal(ledger_head_size(&head), 3);
        store_abort(txn);
        store_close(s);
}

static void nothing_added_leaves_no_state(void **state)
{
        (void)state;
        struct store *s;
        struct store_txn *txn;
        struct ledger_writer *w;
        struct ledger_head head;
        assert_err("open", store_memory_open(&s), ANSA_OK);
        assert_err("begin", store_begin(s, STORE_WRITE, &txn), ANSA_OK);
        assert_err("ledger", ledger_begin(txn, h, 5, &w), ANSA_OK);
        assert_err("seal", ledger_seal(w), ANSA_OK);
        ledger_end(w);
        assert_err("head", ledger_head_read(txn, &head), ANSA_E_NOT_FOUND);
        assert_err("refuse", ledger_refuse(txn), ANSA_OK);
        bool is_kept = true;
        assert_err("kept", ledger_is_kept(txn, &is_kept), ANSA_OK);
        assert_false(is_kept);
        store_abort(txn);
        store_close(s);
}

static void payloads_are_kept_once(void **state)
{
        (void)state;
        struct store *s;
        struct store_txn *txn;
        struct hash256 hash;
        struct hash256 again;
        struct ansa_bytes found;
        bool withheld;
        assert_err("open", store_memory_open(&s), ANSA_OK);
        assert_err("begin", store_begin(s, STORE_WRITE, &txn), ANSA_OK);
        const struct ansa_bytes payload = ANSA_BYTES_LIT("octets");
        assert_err("put", ledger_payload_put(txn, h, payload, true, &hash), ANSA_OK);
        assert_err("put", ledger_payload_put(txn, h, payload, true, &again), ANSA_OK);
        assert_true(hash256_equal(&hash, &again));
        assert_err("get", ledger_payload(txn, &hash, &found, &withheld), ANSA_OK);
        assert_true(withheld);
        assert_bytes("payload", found, payload);
        hash.at[0] ^= 1;
        assert_err("get", ledger_payload(txn, &hash, &found, &withheld), ANSA_E_NOT_FOUND);
        struct store_stat stat;
        assert_err("stat", store_stat(txn, &stat), ANSA_OK);
        assert_int_equal(stat.entries[STORE_PAYLOADS], 1);
        store_abort(txn);
        store_close(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(is_the_tree_of_its_entries),
                cmocka_unit_test(the_last_change_of_a_key_counts),
                cmocka_unit_test(what_is_left_open_is_settled_later),
                cmocka_unit_test(a_change_settles_what_is_open),
                cmocka_unit_test(nothing_added_leaves_no_state),
                cmocka_unit_test(payloads_are_kept_once),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
