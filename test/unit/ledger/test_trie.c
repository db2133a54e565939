/* SPDX-License-Identifier: Apache-2.0 */
/* The dictionary in the store against one made anew from all its leaves. */
#include "../support.h"

#include "crypto/dictionary_build.h"
#include "crypto/hasher.h"
#include "ledger/trie.h"
#include "ledger/trie_row.h"
#include "store/engines.h"

#define LEAVES_MAX 4096u

static const struct hasher *const h = &crypto_hasher;

/* What must be there, sorted. */
static struct dictionary_leaf model[LEAVES_MAX];
static size_t model_count;

static int by_key(const void *a, const void *b)
{
        return memcmp(a, b, HASH_SIZE);
}

static void random_hash(struct rng *r, struct hash256 *hash)
{
        for (size_t i = 0; i < HASH_SIZE; i++)
                hash->at[i] = (uint8_t)rng_next(r);
}

static size_t position(const struct hash256 *key, bool *found)
{
        size_t at = 0;
        while (at < model_count && memcmp(model[at].key.at, key->at, HASH_SIZE) < 0)
                at++;
        *found = at < model_count && hash256_equal(&model[at].key, key);
        return at;
}

static void model_set(const struct dictionary_leaf *leaf)
{
        bool found;
        size_t at = position(&leaf->key, &found);
        bool is_removal = hash256_is_zero(&leaf->commitment);
        if (found && is_removal) {
                memmove(&model[at], &model[at + 1], (model_count - at - 1) * sizeof(model[0]));
                model_count--;
        } else if (found) {
                model[at] = *leaf;
        } else if (!is_removal) {
                assert_true(model_count < LEAVES_MAX);
                memmove(&model[at + 1], &model[at], (model_count - at) * sizeof(model[0]));
                model[at] = *leaf;
                model_count++;
        }
}

/* Keys that exist, keys with a long beginning in common with one, and new ones. */
static void random_change(struct rng *r, unsigned removals, struct dictionary_leaf *leaf)
{
        random_hash(r, &leaf->key);
        random_hash(r, &leaf->commitment);
        uint32_t kind = rng_below(r, 8);
        if (model_count > 0 && kind < 3)
                leaf->key = model[rng_below(r, (uint32_t)model_count)].key;
        if (model_count > 0 && kind == 1)
                leaf->key.at[rng_below(r, HASH_SIZE)] ^= (uint8_t)(1u << rng_below(r, 8));
        if (rng_below(r, 100) < removals)
                leaf->commitment = (struct hash256){ { 0 } };
}

static size_t random_changes(struct rng *r, size_t count, unsigned removals,
                             struct dictionary_leaf *changes)
{
        size_t n = 0;
        for (size_t i = 0; i < count; i++)
                random_change(r, removals, &changes[i]);
        qsort(changes, count, sizeof(changes[0]), by_key);
        for (size_t i = 0; i < count; i++) {
                if (i == 0 || by_key(&changes[i - 1], &changes[i]) != 0)
                        changes[n++] = changes[i];
        }
        for (size_t i = 0; i < n; i++)
                model_set(&changes[i]);
        return n;
}

static size_t remove_all(struct dictionary_leaf *changes)
{
        size_t n = model_count;
        for (size_t i = 0; i < n; i++)
                changes[i] = (struct dictionary_leaf){ .key = model[i].key };
        model_count = 0;
        return n;
}

static void check_key(struct store_txn *txn, const struct hash256 *root, const struct hash256 *key)
{
        uint8_t at[DICTIONARY_PATH_SIZE_MAX];
        struct buf path = buf_over(at, sizeof(at));
        struct hash256 commitment;
        bool found;
        size_t i = position(key, &found);
        assert_err("find", trie_find(txn, key, &commitment), found ? ANSA_OK : ANSA_E_NOT_FOUND);
        if (found)
                assert_true(hash256_equal(&commitment, &model[i].commitment));
        assert_err("path", trie_path(txn, h, key, &path), ANSA_OK);
        assert_err("proof",
                   dictionary_verify(h, root, key, found ? &model[i].commitment : NULL,
                                     buf_written(&path)),
                   ANSA_OK);
        assert_err("the opposite",
                   dictionary_verify(h, root, key, found ? NULL : &commitment, buf_written(&path)),
                   ANSA_E_MALFORMED);
}

static void is_the_dictionary_of_its_leaves(void **state)
{
        (void)state;
        static struct dictionary_leaf changes[LEAVES_MAX];
        for (uint64_t seed = 1; seed <= 12; seed++) {
                struct rng r = { seed };
                struct store *s;
                struct hash256 root = { { 0 } };
                model_count = 0;
                assert_err("open", store_memory_open(&s), ANSA_OK);
                for (unsigned round = 0; round < 40; round++) {
                        struct store_txn *txn;
                        struct hash256 want;
                        /* Grows first, is emptied at last. */
                        unsigned removals = round < 20 ? 10 : 60;
                        size_t most = round % 7 == 0 ? 400 : 12;
                        size_t n = round < 39
                                           ? random_changes(&r, 1 + rng_below(&r, (uint32_t)most),
                                                            removals, changes)
                                           : remove_all(changes);
                        assert_err("begin", store_begin(s, STORE_WRITE, &txn), ANSA_OK);
                        assert_err("update", trie_update(txn, h, changes, n, &root), ANSA_OK);
                        assert_err("commit", store_commit(txn), ANSA_OK);
                        assert_err("root", dictionary_root(h, model, model_count, &want), ANSA_OK);
                        if (!hash256_equal(&root, &want))
                                fail_msg("seed %llu, round %u: another root",
                                         (unsigned long long)seed, round);
                        assert_err("begin", store_begin(s, STORE_READ, &txn), ANSA_OK);
                        for (unsigned i = 0; i < 20; i++) {
                                struct dictionary_leaf some;
                                random_change(&r, 0, &some);
                                check_key(txn, &root, &some.key);
                        }
                        store_abort(txn);
                }
                struct store_txn *txn;
                struct store_stat stat;
                assert_err("begin", store_begin(s, STORE_READ, &txn), ANSA_OK);
                assert_err("stat", store_stat(txn, &stat), ANSA_OK);
                assert_int_equal(stat.entries[STORE_DICTIONARY], 0); /* nothing is left of it */
                store_abort(txn);
                store_close(s);
        }
}

/* Rows that no version ever wrote: told, and never read past their end. */
static void spoilt_rows_are_told(void **state)
{
        (void)state;
        static const struct row_case {
                const char *name;
                size_t size;
                uint8_t kind;
        } cases[] = {
                { "no octets", 0, 0 },
                { "page too short", 512, TRIE_PAGE },
                { "page too long", 514, TRIE_PAGE },
                { "half a leaf", 33, TRIE_BUCKET },
                { "too many leaves", 1 + 64 * (TRIE_BUCKET_MAX + 1), TRIE_BUCKET },
                { "unknown kind", 65, 2 },
        };
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                static uint8_t octets[1 + 64 * (TRIE_BUCKET_MAX + 1)];
                const struct hash256 key = { { 1 } };
                struct dictionary_leaf change = { key, { { 2 } } };
                uint8_t at[DICTIONARY_PATH_SIZE_MAX];
                struct buf path = buf_over(at, sizeof(at));
                struct hash256 hash;
                struct store *s;
                struct store_txn *txn;
                octets[0] = cases[i].kind;
                assert_err("open", store_memory_open(&s), ANSA_OK);
                assert_err("begin", store_begin(s, STORE_WRITE, &txn), ANSA_OK);
                assert_err("put",
                           store_put(txn, STORE_DICTIONARY, ANSA_BYTES_LIT("\0"),
                                     (struct ansa_bytes){ octets, cases[i].size }),
                           ANSA_OK);
                assert_err(cases[i].name, trie_find(txn, &key, &hash), ANSA_E_CORRUPT);
                assert_err(cases[i].name, trie_path(txn, h, &key, &path), ANSA_E_CORRUPT);
                assert_err(cases[i].name, trie_update(txn, h, &change, 1, &hash), ANSA_E_CORRUPT);
                store_abort(txn);
                store_close(s);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(is_the_dictionary_of_its_leaves),
                cmocka_unit_test(spoilt_rows_are_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
