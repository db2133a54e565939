/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of RFC 6962: known roots and proofs, and all sizes up to 300 against the RFC's recursion. */
#include "../support.h"
#include "crypto/hasher.h"
#include "crypto/merkle_build.h"
#include "hex.h"
#include "merkle_oracle.h"

static const struct hasher *const h = &crypto_hasher;

/* The eight entries that implementations of RFC 6962 test with, and the roots of their beginnings. */
static const struct {
        const char *entry, *root;
} known[] = {
        { "", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
        { "00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
        { "10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
        { "2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
        { "3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
        { "40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
        { "5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
        { "606162636465666768696a6b6c6d6e6f",
          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
};

static const struct {
        const char *name;
        bool is_consistency;
        uint64_t first, size; /* index or old size, size */
        const char *hashes[4];
} known_proofs[] = {
        { "inclusion of 0 in 1", false, 0, 1, { NULL } },
        { "inclusion of 0 in 8",
          false,
          0,
          8,
          { "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4" } },
        { "inclusion of 5 in 8",
          false,
          5,
          8,
          { "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" } },
        { "inclusion of 2 in 3",
          false,
          2,
          3,
          { "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" } },
        { "consistency of 1 and 1", true, 1, 1, { NULL } },
        { "consistency of 1 and 8",
          true,
          1,
          8,
          { "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4" } },
        { "consistency of 6 and 8",
          true,
          6,
          8,
          { "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" } },
        { "consistency of 2 and 5",
          true,
          2,
          5,
          { "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b" } },
};

static struct hash256 hash_of(const char *text)
{
        struct hash256 hash;
        struct ansa_bytes bytes = hex(text);
        assert_int_equal(bytes.size, HASH_SIZE);
        memcpy(hash.at, bytes.at, HASH_SIZE);
        return hash;
}

static void assert_hash(const char *name, const struct hash256 *got, const struct hash256 *want)
{
        assert_bytes(name, (struct ansa_bytes){ got->at, HASH_SIZE },
                     (struct ansa_bytes){ want->at, HASH_SIZE });
}

/* All nodes of a tree, as a sink gets them. */
struct nodes {
        struct merkle_sink sink;     /* first */
        struct merkle_source source; /* after it */
        struct hash256 at[10][ORACLE_SIZE_MAX];
        uint64_t count[10];
        unsigned asked;
        unsigned fails_at; /* 0: never */
        uint64_t size;     /* nodes beyond it must not be asked for */
};

static enum ansa_err keep(struct merkle_sink *s, unsigned level, uint64_t index,
                          const struct hash256 *hash)
{
        struct nodes *n = (struct nodes *)(void *)s;
        if (n->fails_at != 0 && ++n->asked == n->fails_at)
                return ANSA_E_IO;
        assert_true(level < COUNT_OF(n->at) && index == n->count[level]); /* once, in order */
        n->at[level][index] = *hash;
        n->count[level]++;
        return ANSA_OK;
}

static enum ansa_err get(struct merkle_source *s, unsigned level, uint64_t index,
                         struct hash256 *hash)
{
        struct nodes *n = (struct nodes *)(void *)((char *)s - offsetof(struct nodes, source));
        if (++n->asked == n->fails_at)
                return ANSA_E_IO;
        assert_true(level < COUNT_OF(n->at) && (index + 1) << level <= n->size);
        *hash = n->at[level][index];
        return ANSA_OK;
}

static void begin(struct nodes *n)
{
        memset(n, 0, sizeof(*n));
        n->sink.node = keep;
        n->source.node = get;
}

static void known_roots(void **state)
{
        (void)state;
        struct nodes *n = malloc(sizeof(*n));
        assert_non_null(n);
        begin(n);
        struct merkle_frontier f = { 0 };
        struct hash256 leaves[COUNT_OF(known)];
        struct hash256 root;
        merkle_frontier_root(h, &f, &root);
        struct hash256 want =
                hash_of("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_hash("empty", &root, &want);
        merkle_root(h, NULL, 0, &root);
        assert_hash("empty", &root, &want);
        for (size_t i = 0; i < COUNT_OF(known); i++) {
                merkle_leaf(h, hex(known[i].entry), &leaves[i]);
                assert_int_equal(merkle_append(h, &f, &leaves[i], &n->sink), ANSA_OK);
                want = hash_of(known[i].root);
                merkle_frontier_root(h, &f, &root);
                assert_hash("frontier", &root, &want);
                merkle_root(h, leaves, i + 1, &root);
                assert_hash("root", &root, &want);
        }
        for (size_t i = 0; i < COUNT_OF(known_proofs); i++) {
                struct hash256 proof[MERKLE_PROOF_MAX];
                size_t count = 0;
                size_t want_count = 0;
                n->size = known_proofs[i].size;
                if (known_proofs[i].is_consistency)
                        assert_int_equal(
                                merkle_prove_consistency(h, &n->source, known_proofs[i].first,
                                                         known_proofs[i].size, proof, &count),
                                ANSA_OK);
                else
                        assert_int_equal(
                                merkle_prove_inclusion(h, &n->source, known_proofs[i].first,
                                                       known_proofs[i].size, proof, &count),
                                ANSA_OK);
                for (; known_proofs[i].hashes[want_count] != NULL; want_count++) {
                        want = hash_of(known_proofs[i].hashes[want_count]);
                        assert_hash(known_proofs[i].name, &proof[want_count], &want);
                }
                assert_int_equal(count, want_count);
        }
        free(n);
}

/* A tree of 300 leaves, from which proofs for all smaller ones can be made. */
static struct nodes *tree_of_all(void)
{
        struct nodes *n = malloc(sizeof(*n));
        assert_non_null(n);
        begin(n);
        struct merkle_frontier f = { 0 };
        for (size_t i = 0; i < ORACLE_SIZE_MAX; i++) {
                struct hash256 leaf = oracle_leaf(i);
                struct hash256 root;
                assert_int_equal(merkle_append(h, &f, &leaf, &n->sink), ANSA_OK);
                struct hash256 want = oracle_root(0, i + 1);
                merkle_frontier_root(h, &f, &root);
                assert_hash("root", &root, &want);
                merkle_root(h, n->at[0], i + 1, &root);
                assert_hash("root of leaves", &root, &want);
        }
        for (unsigned k = 0; k < COUNT_OF(n->at); k++)
                assert_int_equal(n->count[k], ORACLE_SIZE_MAX >> k);
        return n;
}

/* Whatever is changed about a good proof, it is refused. */
static void spoil_inclusion(const struct nodes *n, uint64_t index, uint64_t size,
                            struct hash256 *proof, size_t count)
{
        struct hash256 root = oracle_root(0, size);
        const struct hash256 *leaf = &n->at[0][index];
        for (size_t bit = 0; bit < count * 256; bit++) {
                proof[bit / 256].at[bit / 8 % 32] ^= (uint8_t)(1u << bit % 8);
                assert_int_equal(merkle_verify_inclusion(h, leaf, index, size, &root, proof, count),
                                 ANSA_E_UNAUTHENTIC);
                proof[bit / 256].at[bit / 8 % 32] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t other = 0; other < COUNT_OF(n->at[0]) && other < size; other++) {
                if (other == index)
                        continue;
                assert_int_not_equal(
                        merkle_verify_inclusion(h, leaf, other, size, &root, proof, count),
                        ANSA_OK);
                assert_int_equal(merkle_verify_inclusion(h, &n->at[0][other], index, size, &root,
                                                         proof, count),
                                 ANSA_E_UNAUTHENTIC);
        }
        assert_int_equal(merkle_verify_inclusion(h, leaf, index, size, &root, proof, count + 1),
                         ANSA_E_MALFORMED);
        if (count > 0)
                assert_int_equal(
                        merkle_verify_inclusion(h, leaf, index, size, &root, proof, count - 1),
                        ANSA_E_MALFORMED);
}

static void inclusion(void **state)
{
        (void)state;
        struct nodes *n = tree_of_all();
        struct hash256 proof[MERKLE_PROOF_MAX];
        size_t count = 0;
        for (n->size = 1; n->size <= ORACLE_SIZE_MAX; n->size++) {
                struct hash256 root = oracle_root(0, n->size);
                for (uint64_t i = 0; i < n->size; i++) {
                        struct oracle_proof want = { .count = 0 };
                        oracle_path(i, 0, n->size, &want);
                        assert_int_equal(
                                merkle_prove_inclusion(h, &n->source, i, n->size, proof, &count),
                                ANSA_OK);
                        assert_int_equal(count, want.count);
                        assert_int_equal(count, merkle_inclusion_count(i, n->size));
                        assert_memory_equal(proof, want.at, count * HASH_SIZE);
                        assert_int_equal(merkle_verify_inclusion(h, &n->at[0][i], i, n->size, &root,
                                                                 proof, count),
                                         ANSA_OK);
                        if (n->size <= 17)
                                spoil_inclusion(n, i, n->size, proof, count);
                }
                assert_int_equal(
                        merkle_prove_inclusion(h, &n->source, n->size, n->size, proof, &count),
                        ANSA_E_ARGUMENT);
                assert_int_equal(
                        merkle_verify_inclusion(h, &n->at[0][0], n->size, n->size, &root, proof, 0),
                        ANSA_E_MALFORMED);
        }
        free(n);
}

static void spoil_consistency(uint64_t old_size, uint64_t new_size, struct hash256 *proof,
                              size_t count)
{
        struct hash256 was = oracle_root(0, old_size);
        struct hash256 is = oracle_root(0, new_size);
        for (size_t bit = 0; bit < count * 256; bit++) {
                proof[bit / 256].at[bit / 8 % 32] ^= (uint8_t)(1u << bit % 8);
                assert_int_equal(
                        merkle_verify_consistency(h, old_size, new_size, &was, &is, proof, count),
                        ANSA_E_UNAUTHENTIC);
                proof[bit / 256].at[bit / 8 % 32] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t bit = 0; bit < 256; bit++) {
                struct hash256 other = was;
                other.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
                assert_int_equal(
                        merkle_verify_consistency(h, old_size, new_size, &other, &is, proof, count),
                        ANSA_E_UNAUTHENTIC);
                other = is;
                other.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
                assert_int_equal(merkle_verify_consistency(h, old_size, new_size, &was, &other,
                                                           proof, count),
                                 ANSA_E_UNAUTHENTIC);
        }
        assert_int_equal(
                merkle_verify_consistency(h, old_size, new_size, &was, &is, proof, count + 1),
                ANSA_E_MALFORMED);
        if (count > 0)
                assert_int_equal(merkle_verify_consistency(h, old_size, new_size, &was, &is, proof,
                                                           count - 1),
                                 ANSA_E_MALFORMED);
        assert_int_equal(merkle_verify_consistency(h, new_size + 1, new_size, &is, &is, proof, 0),
                         ANSA_E_MALFORMED);
}

static void consistency(void **state)
{
        (void)state;
        struct nodes *n = tree_of_all();
        struct hash256 proof[MERKLE_PROOF_MAX];
        size_t count = 0;
        for (uint64_t new_size = 1; new_size <= 100; new_size++) {
                n->size = new_size;
                for (uint64_t old_size = 1; old_size <= new_size; old_size++) {
                        struct oracle_proof want = { .count = 0 };
                        struct hash256 was = oracle_root(0, old_size);
                        struct hash256 is = oracle_root(0, new_size);
                        oracle_subproof(old_size, 0, new_size, true, &want);
                        assert_int_equal(merkle_prove_consistency(h, &n->source, old_size, new_size,
                                                                  proof, &count),
                                         ANSA_OK);
                        assert_int_equal(count, want.count);
                        assert_int_equal(count, merkle_consistency_count(old_size, new_size));
                        assert_memory_equal(proof, want.at, count * HASH_SIZE);
                        assert_int_equal(merkle_verify_consistency(h, old_size, new_size, &was, &is,
                                                                   proof, count),
                                         ANSA_OK);
                        if (new_size <= 17)
                                spoil_consistency(old_size, new_size, proof, count);
                }
                assert_int_equal(merkle_prove_consistency(h, &n->source, new_size + 1, new_size,
                                                          proof, &count),
                                 ANSA_E_ARGUMENT);
        }
        free(n);
}

static void empty_tree(void **state)
{
        (void)state;
        struct nodes *n = tree_of_all();
        struct hash256 proof[MERKLE_PROOF_MAX];
        size_t count = 1;
        struct hash256 empty;
        struct hash256 root = oracle_root(0, 5);
        merkle_empty(h, &empty);
        assert_int_equal(merkle_prove_consistency(h, &n->source, 0, 5, proof, &count), ANSA_OK);
        assert_int_equal(count, 0);
        assert_int_equal(merkle_verify_consistency(h, 0, 5, &empty, &root, NULL, 0), ANSA_OK);
        assert_int_equal(merkle_verify_consistency(h, 0, 0, &empty, &empty, NULL, 0), ANSA_OK);
        assert_int_equal(merkle_verify_consistency(h, 0, 5, &root, &root, NULL, 0),
                         ANSA_E_UNAUTHENTIC);
        assert_int_equal(merkle_verify_consistency(h, 0, 0, &empty, &root, NULL, 0),
                         ANSA_E_UNAUTHENTIC);
        assert_int_equal(merkle_verify_consistency(h, 0, 0, &root, &root, NULL, 0),
                         ANSA_E_UNAUTHENTIC);
        assert_int_equal(merkle_verify_consistency(h, 0, 5, &empty, &root, proof, 1),
                         ANSA_E_MALFORMED);
        assert_int_equal(merkle_verify_inclusion(h, &root, 0, 0, &empty, NULL, 0),
                         ANSA_E_MALFORMED);
        free(n);
}

static void errors_of_others(void **state)
{
        (void)state;
        struct nodes *n = tree_of_all();
        struct hash256 proof[MERKLE_PROOF_MAX];
        struct merkle_frontier f;
        size_t count = 0;
        unsigned asks = 0;
        n->size = 299;
        for (unsigned k = 1;; k++) {
                n->asked = 0;
                n->fails_at = k;
                enum ansa_err err =
                        merkle_prove_inclusion(h, &n->source, 200, n->size, proof, &count);
                if (err == ANSA_OK)
                        break;
                asks++;
                assert_int_equal(err, ANSA_E_IO);
                assert_true(count == 0 && hash256_is_zero(&proof[0]));
                n->asked = 0;
                assert_int_equal(merkle_frontier_read(&n->source, 299, &f),
                                 k <= 5 ? ANSA_E_IO : ANSA_OK);
                assert_int_equal(f.size, k <= 5 ? 0 : 299);
        }
        assert_true(asks >= 9);
        n->asked = 0;
        n->fails_at = 1;
        assert_int_equal(merkle_prove_consistency(h, &n->source, 77, 299, proof, &count),
                         ANSA_E_IO);
        assert_int_equal(count, 0);
        /* A sink that fails at the last node: the frontier is as before, and can go on. */
        begin(n);
        memset(&f, 0, sizeof(f));
        for (size_t i = 0; i < 8; i++) {
                struct hash256 leaf = oracle_leaf(i);
                struct merkle_frontier before = f;
                n->asked = 0;
                n->fails_at = i == 7 ? 4 : 0;
                assert_int_equal(merkle_append(h, &f, &leaf, &n->sink),
                                 i == 7 ? ANSA_E_IO : ANSA_OK);
                if (i == 7) {
                        assert_memory_equal(&f, &before, sizeof(f));
                        assert_int_equal(merkle_append(h, &f, &leaf, NULL), ANSA_OK);
                }
        }
        struct hash256 root;
        struct hash256 want = oracle_root(0, 8);
        merkle_frontier_root(h, &f, &root);
        assert_hash("after a failure", &root, &want);
        free(n);
}

static void frontier_form(void **state)
{
        (void)state;
        struct nodes *n = tree_of_all();
        uint8_t room[MERKLE_FRONTIER_SIZE_MAX];
        for (n->size = 0; n->size <= ORACLE_SIZE_MAX; n->size++) {
                struct merkle_frontier f;
                struct merkle_frontier back;
                struct hash256 root;
                assert_int_equal(merkle_frontier_read(&n->source, n->size, &f), ANSA_OK);
                merkle_frontier_root(h, &f, &root);
                struct hash256 want;
                merkle_root(h, n->at[0], n->size, &want);
                assert_hash("read", &root, &want);
                struct buf b = buf_over(room, sizeof(room));
                merkle_frontier_encode(&f, &b);
                struct ansa_bytes all = buf_written(&b);
                assert_int_equal(all.size, 8 + 32 * (size_t)__builtin_popcountll(n->size));
                assert_int_equal(merkle_frontier_decode(all, &back), ANSA_OK);
                assert_memory_equal(&back, &f, sizeof(f));
                for (size_t cut = 0; cut < all.size; cut++) {
                        uint8_t *copy = heap_copy(all, cut);
                        assert_int_equal(
                                merkle_frontier_decode((struct ansa_bytes){ copy, cut }, &back),
                                ANSA_E_TRUNCATED);
                        assert_int_equal(back.size, 0);
                        free(copy);
                }
                if (all.size < sizeof(room))
                        assert_int_equal(merkle_frontier_decode(
                                                 (struct ansa_bytes){ room, all.size + 1 }, &back),
                                         ANSA_E_TRAILING);
        }
        free(n);
}

/* A tree whose leaves are all the same: each level has one hash, so any size can be had. */
struct uniform {
        struct merkle_source source;
        struct hash256 level[MERKLE_LEVELS];
        uint64_t size;
};

static enum ansa_err get_uniform(struct merkle_source *s, unsigned level, uint64_t index,
                                 struct hash256 *hash)
{
        struct uniform *u = (struct uniform *)(void *)s;
        assert_true(level < MERKLE_LEVELS && index < u->size >> level);
        *hash = u->level[level];
        return ANSA_OK;
}

static void large_sizes(void **state)
{
        (void)state;
        static const uint64_t sizes[] = {
                1,
                20852163,
                (UINT64_C(1) << 32) - 1,
                UINT64_C(1) << 32,
                (UINT64_C(1) << 32) + 1,
                INT64_MAX,
                UINT64_C(1) << 63,
                (UINT64_C(1) << 63) + 1,
                UINT64_MAX - 1,
                UINT64_MAX,
        };
        struct uniform u = { .source.node = get_uniform };
        u.level[0] = oracle_leaf(0);
        for (unsigned k = 1; k < MERKLE_LEVELS; k++)
                merkle_node(h, &u.level[k - 1], &u.level[k - 1], &u.level[k]);
        struct merkle_frontier f;
        struct hash256 root[COUNT_OF(sizes)];
        struct hash256 proof[MERKLE_PROOF_MAX];
        size_t count = 0;
        size_t most = 0;
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
                u.size = sizes[i];
                assert_int_equal(merkle_frontier_read(&u.source, sizes[i], &f), ANSA_OK);
                merkle_frontier_root(h, &f, &root[i]);
                for (size_t j = 0; j <= i; j++) {
                        assert_int_equal(merkle_prove_inclusion(h, &u.source, sizes[j] - 1,
                                                                sizes[i], proof, &count),
                                         ANSA_OK);
                        assert_int_equal(merkle_verify_inclusion(h, &u.level[0], sizes[j] - 1,
                                                                 sizes[i], &root[i], proof, count),
                                         ANSA_OK);
                        assert_int_equal(merkle_prove_consistency(h, &u.source, sizes[j], sizes[i],
                                                                  proof, &count),
                                         ANSA_OK);
                        most = count > most ? count : most;
                        assert_int_equal(merkle_verify_consistency(h, sizes[j], sizes[i], &root[j],
                                                                   &root[i], proof, count),
                                         ANSA_OK);
                }
        }
        assert_int_equal(most, MERKLE_PROOF_MAX);
        assert_int_equal(f.size, UINT64_MAX);
        assert_int_equal(merkle_append(h, &f, &u.level[0], NULL), ANSA_E_LIMIT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(known_roots),      cmocka_unit_test(inclusion),
                cmocka_unit_test(consistency),      cmocka_unit_test(empty_tree),
                cmocka_unit_test(errors_of_others), cmocka_unit_test(frontier_form),
                cmocka_unit_test(large_sizes),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
