/* SPDX-License-Identifier: Apache-2.0 */
/* The Merkle dictionary against its definition by recursion; every spoilt proof refused. */
#include "../support.h"
#include "crypto/dictionary_build.h"
#include "crypto/hasher.h"
#include "hex.h"

static const struct hasher *const h = &crypto_hasher;

#define LEAVES_MAX 640u

static struct dictionary_leaf leaves[LEAVES_MAX];
static size_t leaf_count;

static int by_key(const void *a, const void *b)
{
        return memcmp(a, b, HASH_SIZE);
}

static void random_hash(struct rng *r, struct hash256 *hash)
{
        for (size_t i = 0; i < HASH_SIZE; i++)
                hash->at[i] = (uint8_t)rng_next(r);
}

static void flip(struct hash256 *hash, unsigned bit)
{
        hash->at[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
}

/* Up to @count leaves; of 8 keys, about @related begin like one before, up to a random bit. */
static void grow(struct rng *r, size_t count, unsigned related)
{
        leaf_count = 0;
        for (size_t i = 0; i < count; i++) {
                struct dictionary_leaf *leaf = &leaves[i];
                random_hash(r, &leaf->key);
                random_hash(r, &leaf->commitment);
                if (i > 0 && rng_below(r, 8) < related) {
                        unsigned fork = rng_below(r, 4) == 0 ? 255 : rng_below(r, 256);
                        struct hash256 other = leaves[rng_below(r, (uint32_t)i)].key;
                        for (unsigned bit = 0; bit < fork; bit++) {
                                if (dictionary_bit(&leaf->key, bit) != dictionary_bit(&other, bit))
                                        flip(&leaf->key, bit);
                        }
                }
        }
        qsort(leaves, count, sizeof(leaves[0]), by_key);
        for (size_t i = 0; i < count; i++) {
                if (i == 0 || by_key(&leaves[i - 1], &leaves[i]) != 0)
                        leaves[leaf_count++] = leaves[i];
        }
}

/* The definition: one leaf is itself, a bit in which all agree makes no node. */
static struct hash256 naive_root(size_t low, size_t high, unsigned depth)
{
        struct hash256 hash = { { 0 } };
        if (high - low == 1)
                dictionary_leaf_hash(h, &leaves[low], &hash);
        if (high - low <= 1)
                return hash;
        size_t middle = low;
        while (middle < high && !dictionary_bit(&leaves[middle].key, depth))
                middle++;
        if (middle == low || middle == high)
                return naive_root(low, high, depth + 1);
        struct hash256 left = naive_root(low, middle, depth + 1);
        struct hash256 right = naive_root(middle, high, depth + 1);
        dictionary_node(h, depth, &left, &right, &hash);
        return hash;
}

/* The search, likewise. */
static void naive_path(size_t low, size_t high, unsigned depth, const struct hash256 *key,
                       struct dictionary_trail *t)
{
        t->end = DICTIONARY_EMPTY;
        if (high - low == 1) {
                t->end = DICTIONARY_OTHER;
                t->other = leaves[low];
                if (by_key(&leaves[low], key) == 0)
                        t->end = DICTIONARY_OWN;
        }
        if (high - low <= 1)
                return;
        size_t middle = low;
        while (middle < high && !dictionary_bit(&leaves[middle].key, depth))
                middle++;
        bool right = dictionary_bit(key, depth);
        if (middle != low && middle != high) {
                assert_true(t->count < DICTIONARY_STEPS_MAX);
                t->step[t->count].depth = (uint8_t)depth;
                t->step[t->count++].sibling = right ? naive_root(low, middle, depth + 1)
                                                    : naive_root(middle, high, depth + 1);
                naive_path(right ? middle : low, right ? high : middle, depth + 1, key, t);
                return;
        }
        naive_path(low, high, depth + 1, key, t);
}

/* Pages of 16 down to buckets of at most @bucket_max, made anew from the leaves each time. */
static struct hash256 page_root(size_t low, size_t high, unsigned depth, size_t bucket_max,
                                struct hash256 children[16], size_t begins[17])
{
        struct hash256 hash;
        begins[0] = low;
        for (unsigned slot = 0; slot < 16; slot++) {
                size_t end = begins[slot];
                while (end < high && dictionary_page_slot(&leaves[end].key, depth) == slot)
                        end++;
                begins[slot + 1] = end;
                size_t count = end - begins[slot];
                if (count <= bucket_max || depth == 252) {
                        assert_int_equal(
                                dictionary_root(h, leaves + begins[slot], count, &children[slot]),
                                ANSA_OK);
                } else {
                        struct hash256 below[16];
                        size_t parts[17];
                        children[slot] =
                                page_root(begins[slot], end, depth + 4, bucket_max, below, parts);
                }
        }
        assert_int_equal(begins[16], high);
        dictionary_page_hash(h, depth, children, &hash);
        return hash;
}

static void page_path(const struct hash256 *key, size_t bucket_max, struct dictionary_trail *t)
{
        size_t low = 0;
        size_t high = leaf_count;
        size_t at = 0;
        for (unsigned depth = 0; high - low > bucket_max && depth < 256; depth += 4) {
                struct hash256 children[16];
                size_t begins[17];
                unsigned slot = 16;
                (void)page_root(low, high, depth, bucket_max, children, begins);
                assert_int_equal(dictionary_page_walk(h, depth, children, key, t, &slot), ANSA_OK);
                assert_true(slot < 16 && !hash256_is_zero(&children[slot]));
                low = begins[slot];
                high = begins[slot + 1];
        }
        assert_int_equal(dictionary_bucket_walk(h, leaves + low, high - low, key, t, &at), ANSA_OK);
        assert_int_equal(at<high - low, high> low);
}

static struct ansa_bytes encode(const struct dictionary_trail *t, uint8_t *room)
{
        struct buf b = buf_over(room, DICTIONARY_PATH_SIZE_MAX);
        dictionary_trail_encode(t, &b);
        assert_int_equal(b.err, ANSA_OK);
        return buf_written(&b);
}

/* The answer about @key is proven, the contrary is not; the octets, for more tests. */
static struct ansa_bytes prove(const struct hash256 *root, const struct hash256 *key,
                               const struct hash256 *commitment, size_t bucket_max, uint8_t *room)
{
        static struct dictionary_trail made;
        static struct dictionary_trail want;
        uint8_t want_room[DICTIONARY_PATH_SIZE_MAX];
        made.count = 0;
        want.count = 0;
        naive_path(0, leaf_count, 0, key, &want);
        page_path(key, bucket_max, &made);
        struct ansa_bytes path = encode(&made, room);
        assert_bytes("path", path, encode(&want, want_room));
        assert_int_equal(dictionary_verify(h, root, key, commitment, path), ANSA_OK);
        struct hash256 wrong = commitment != NULL ? *commitment : *key;
        flip(&wrong, 77);
        assert_int_not_equal(dictionary_verify(h, root, key, &wrong, path), ANSA_OK);
        if (commitment != NULL)
                assert_int_equal(dictionary_verify(h, root, key, NULL, path), ANSA_E_MALFORMED);
        return path;
}

static void all_answers(void **state)
{
        (void)state;
        struct rng r = { 11 };
        uint8_t room[DICTIONARY_PATH_SIZE_MAX];
        for (size_t count = 0; count <= 600; count += count < 24 ? 1 : 64) {
                for (unsigned related = 0; related <= 7; related += 7) {
                        grow(&r, count, related);
                        struct hash256 root;
                        struct hash256 want = naive_root(0, leaf_count, 0);
                        assert_int_equal(dictionary_root(h, leaves, leaf_count, &root), ANSA_OK);
                        assert_memory_equal(&root, &want, HASH_SIZE);
                        size_t bucket_max = 1 + rng_below(&r, 32);
                        struct hash256 children[16];
                        size_t begins[17];
                        root = page_root(0, leaf_count, 0, bucket_max, children, begins);
                        assert_memory_equal(&root, &want, HASH_SIZE);
                        for (size_t i = 0; i < leaf_count; i += count < 40 ? 1 : 9) {
                                struct hash256 key = leaves[i].key;
                                (void)prove(&root, &key, &leaves[i].commitment, bucket_max, room);
                                flip(&key, i % 3 == 0 ? 255 : rng_below(&r, 256));
                                if (bsearch(&key, leaves, leaf_count, sizeof(leaves[0]), by_key) ==
                                    NULL)
                                        (void)prove(&root, &key, NULL, bucket_max, room);
                        }
                        for (unsigned i = 0; i < 20; i++) {
                                struct hash256 key;
                                random_hash(&r, &key);
                                (void)prove(&root, &key, NULL, bucket_max, room);
                        }
                }
        }
}

/* One that is cut, longer, or differs in any bit proves nothing, neither of two things. */
static void spoil(const struct hash256 *root, const struct hash256 *key,
                  const struct hash256 *commitment, struct ansa_bytes path)
{
        uint8_t copy[DICTIONARY_PATH_SIZE_MAX + 1];
        memcpy(copy, path.at, path.size);
        for (size_t bit = 0; bit < 8 * path.size; bit++) {
                copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
                struct ansa_bytes other = { copy, path.size };
                assert_int_not_equal(dictionary_verify(h, root, key, commitment, other), ANSA_OK);
                assert_int_not_equal(
                        dictionary_verify(h, root, key, commitment == NULL ? key : NULL, other),
                        ANSA_OK);
                copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t cut = 0; cut < path.size; cut++) {
                uint8_t *heap = heap_copy(path, cut);
                struct dictionary_path p;
                assert_int_equal(dictionary_path_decode((struct ansa_bytes){ heap, cut }, &p),
                                 ANSA_E_TRUNCATED);
                assert_int_equal(p.count, 0);
                free(heap);
        }
        copy[path.size] = 0;
        assert_int_equal(dictionary_verify(h, root, key, commitment,
                                           (struct ansa_bytes){ copy, path.size + 1 }),
                         ANSA_E_TRAILING);
        for (unsigned bit = 0; bit < 256; bit++) {
                struct hash256 other = *root;
                flip(&other, bit);
                assert_int_equal(dictionary_verify(h, &other, key, commitment, path),
                                 ANSA_E_UNAUTHENTIC);
                if (commitment == NULL)
                        continue;
                other = *key;
                flip(&other, bit);
                assert_int_equal(dictionary_verify(h, root, &other, commitment, path),
                                 ANSA_E_UNAUTHENTIC);
                other = *commitment;
                flip(&other, bit);
                assert_int_equal(dictionary_verify(h, root, key, &other, path), ANSA_E_UNAUTHENTIC);
        }
}

static void spoilt_paths(void **state)
{
        (void)state;
        struct rng r = { 12 };
        uint8_t room[DICTIONARY_PATH_SIZE_MAX];
        for (size_t count = 0; count <= 20; count += count < 4 ? 1 : 4) {
                grow(&r, count, 4);
                struct hash256 root;
                assert_int_equal(dictionary_root(h, leaves, leaf_count, &root), ANSA_OK);
                for (size_t i = 0; i < leaf_count && i < 4; i++) {
                        struct ansa_bytes path =
                                prove(&root, &leaves[i].key, &leaves[i].commitment, 4, room);
                        spoil(&root, &leaves[i].key, &leaves[i].commitment, path);
                }
                struct hash256 key;
                random_hash(&r, &key);
                spoil(&root, &key, NULL, prove(&root, &key, NULL, 4, room));
        }
}

/* Absence of a key that is there cannot be shown by the path of any other key. */
static void no_second_answer(void **state)
{
        (void)state;
        struct rng r = { 13 };
        uint8_t room[DICTIONARY_PATH_SIZE_MAX];
        grow(&r, 60, 4);
        struct hash256 root;
        assert_int_equal(dictionary_root(h, leaves, leaf_count, &root), ANSA_OK);
        for (unsigned i = 0; i < 300; i++) {
                struct hash256 key;
                random_hash(&r, &key);
                if (i % 2 == 0) {
                        key = leaves[rng_below(&r, (uint32_t)leaf_count)].key;
                        flip(&key, rng_below(&r, 256));
                }
                if (bsearch(&key, leaves, leaf_count, sizeof(leaves[0]), by_key) != NULL)
                        continue;
                struct ansa_bytes path = prove(&root, &key, NULL, 4, room);
                for (size_t k = 0; k < leaf_count; k++)
                        assert_int_not_equal(
                                dictionary_verify(h, &root, &leaves[k].key, NULL, path), ANSA_OK);
        }
}

static struct hash256 key_of(const char *first_octets)
{
        struct hash256 key = { { 0 } };
        struct ansa_bytes octets = hex(first_octets);
        memcpy(key.at, octets.at, octets.size);
        return key;
}

/* Made with another tool: SHA-256 over octets put together by hand. */
static void known_octets(void **state)
{
        (void)state;
        struct hash256 root;
        uint8_t room[DICTIONARY_PATH_SIZE_MAX];
        leaves[0] = (struct dictionary_leaf){ key_of("00"), key_of("aa") };
        leaves[1] = (struct dictionary_leaf){ key_of("20"), key_of("bb") };
        leaves[2] = (struct dictionary_leaf){ key_of("21"), key_of("cc") };
        static const char *const roots[] = {
                "0000000000000000000000000000000000000000000000000000000000000000",
                "7182562123191a9e0bec71f97a2e49cb654f98382fe2bd8348a7c9c77e9c9827",
                "054e38ab17ee8ab4a5c588b81c42d305ef7eb8c162b6cbbee27f09df88a0c333",
                "c6d4e3984aabcb4345ca18cda6012403f17e50dee28b53eceff02a7bdfe7a791",
        };
        for (size_t i = 0; i < COUNT_OF(roots); i++) {
                assert_int_equal(dictionary_root(h, leaves, i, &root), ANSA_OK);
                assert_bytes("root", (struct ansa_bytes){ root.at, HASH_SIZE }, hex(roots[i]));
        }
        leaf_count = 3;
        struct hash256 key = leaves[1].key;
        assert_bytes("present", prove(&root, &key, &leaves[1].commitment, 4, room),
                     hex("02027182562123191a9e0bec71f97a2e49cb654f98382fe2bd8348a7c9c77e9c"
                         "9827075657957d3c953b2636d35ab0d2f5b755a3fe62189348a85061d886e0b1"
                         "72cd6000"));
        key = key_of("e1"); /* bit 2 is 1, bit 7 is 1: ends at 21 */
        assert_bytes("absent", prove(&root, &key, NULL, 4, room),
                     hex("02027182562123191a9e0bec71f97a2e49cb654f98382fe2bd8348a7c9c77e9c"
                         "9827071bfe7a56dbc2e45e644974a318422a31b9fcbfaada7383fcfb7c2efb18"
                         "8d2cc90221000000000000000000000000000000000000000000000000000000"
                         "00000000cc000000000000000000000000000000000000000000000000000000"
                         "00000000"));
        leaf_count = 0;
        root = (struct hash256){ { 0 } };
        assert_bytes("empty", prove(&root, &key, NULL, 4, room), hex("0001"));
}

static void refused_forms(void **state)
{
        (void)state;
        static const struct {
                const char *name, *path;
                enum ansa_err want;
        } rows[] = {
#define S32 "1111111111111111111111111111111111111111111111111111111111111111"
#define Z32 "0000000000000000000000000000000000000000000000000000000000000000"
                { "own leaf", "0000", ANSA_OK },
                { "empty", "0001", ANSA_OK },
                { "another leaf", "0002" S32 Z32, ANSA_OK },
                { "two steps", "02 00" S32 "ff" S32 "00", ANSA_OK },
                { "nothing", "", ANSA_E_TRUNCATED },
                { "no end", "00", ANSA_E_TRUNCATED },
                { "unknown end", "0003", ANSA_E_MALFORMED },
                { "unknown end, long", "0003" S32 S32, ANSA_E_MALFORMED },
                { "empty after a step", "01 00" S32 "01", ANSA_E_MALFORMED },
                { "depths equal", "02 07" S32 "07" S32 "00", ANSA_E_MALFORMED },
                { "depths descend", "02 07" S32 "06" S32 "00", ANSA_E_MALFORMED },
                { "sibling zero", "01 00" Z32 "00", ANSA_E_MALFORMED },
                { "own leaf and more", "0000 00", ANSA_E_TRAILING },
                { "empty and more", "0001 00", ANSA_E_TRAILING },
                { "another leaf and more", "0002" S32 S32 "00", ANSA_E_TRAILING },
                { "another leaf, short", "0002" S32 "11", ANSA_E_TRUNCATED },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct sample s = sample_hex(rows[i].path);
                uint8_t *copy = heap_copy(sample_bytes(&s), s.size);
                struct dictionary_path p;
                assert_err(rows[i].name,
                           dictionary_path_decode((struct ansa_bytes){ copy, s.size }, &p),
                           rows[i].want);
                free(copy);
        }
        /* The other leaf must be another, and one to which the search leads. */
        struct hash256 key = key_of("80");
        struct hash256 root;
        struct dictionary_path p = { .end = DICTIONARY_OTHER, .other = { key, key } };
        assert_int_equal(dictionary_path_root(h, &key, NULL, &p, &root), ANSA_E_MALFORMED);
        struct sample step = sample_hex("01" S32);
        p.steps = step.at;
        p.count = 1;
        p.other.key = key_of("c0"); /* forks at depth 1, the step's */
        assert_int_equal(dictionary_path_root(h, &key, NULL, &p, &root), ANSA_E_MALFORMED);
        p.other.key = key_of("a0");
        assert_int_equal(dictionary_path_root(h, &key, NULL, &p, &root), ANSA_OK);
        assert_int_equal(dictionary_path_root(h, &key, &key, &p, &root), ANSA_E_MALFORMED);
}

/* Keys that fork from the first one at every bit: the deepest trie there is. */
static void deepest(void **state)
{
        (void)state;
        struct rng r = { 14 };
        uint8_t room[DICTIONARY_PATH_SIZE_MAX];
        struct hash256 base;
        random_hash(&r, &base);
        for (unsigned forks = 255; forks <= 256; forks++) {
                leaf_count = 0;
                for (unsigned i = 0; i <= forks; i++) {
                        leaves[i] = (struct dictionary_leaf){ base, base };
                        if (i > 0)
                                flip(&leaves[i].key, i - 1);
                        leaf_count++;
                }
                qsort(leaves, leaf_count, sizeof(leaves[0]), by_key);
                struct hash256 root;
                struct hash256 want = naive_root(0, leaf_count, 0);
                assert_int_equal(dictionary_root(h, leaves, leaf_count, &root), ANSA_OK);
                assert_memory_equal(&root, &want, HASH_SIZE);
                if (forks == 255) {
                        assert_int_equal(prove(&root, &base, &base, 300, room).size, 2 + 255 * 33);
                        (void)prove(&root, &base, &base, 8, room);
                        continue;
                }
                struct dictionary_trail t = { .count = 0 };
                size_t at = 0;
                assert_int_equal(dictionary_bucket_walk(h, leaves, leaf_count, &base, &t, &at),
                                 ANSA_E_LIMIT);
                assert_int_equal(at, leaf_count);
        }
}

static void rebuilt_from_subtrees(void **state)
{
        (void)state;
        struct rng r = { 15 };
        for (unsigned round = 0; round < 60; round++) {
                grow(&r, rng_below(&r, 200), 3);
                struct dictionary_rebuild b;
                memset(&b, 0, sizeof(b));
                for (size_t low = 0; low < leaf_count;) {
                        unsigned bits = rng_below(&r, 12); /* all leaves that begin so */
                        size_t high = low + 1;
                        while (high < leaf_count &&
                               dictionary_fork(&leaves[low].key, &leaves[high].key) >= bits)
                                high++;
                        if (low > 0 &&
                            dictionary_fork(&leaves[low - 1].key, &leaves[low].key) >= bits)
                                high = low + 1; /* some of them have been taken: not a subtree */
                        struct hash256 hash = naive_root(low, high, 0);
                        size_t any = low + rng_below(&r, (uint32_t)(high - low));
                        assert_int_equal(dictionary_rebuild_add(h, &b, &leaves[any].key, &hash),
                                         ANSA_OK);
                        low = high;
                }
                struct hash256 root;
                struct hash256 want = naive_root(0, leaf_count, 0);
                dictionary_rebuild_end(h, &b, &root);
                assert_memory_equal(&root, &want, HASH_SIZE);
        }
}

static void wrong_order(void **state)
{
        (void)state;
        struct rng r = { 16 };
        struct hash256 root;
        struct dictionary_trail t = { .count = 0 };
        size_t at = 0;
        grow(&r, 30, 4);
        for (size_t i = 1; i < leaf_count; i++) {
                struct dictionary_leaf kept = leaves[i];
                leaves[i] = leaves[i - 1];
                assert_int_equal(dictionary_root(h, leaves, leaf_count, &root), ANSA_E_ARGUMENT);
                assert_true(hash256_is_zero(&root));
                assert_int_equal(dictionary_bucket_walk(h, leaves, leaf_count, &kept.key, &t, &at),
                                 ANSA_E_ARGUMENT);
                leaves[i - 1] = kept;
                assert_int_equal(dictionary_root(h, leaves, leaf_count, &root), ANSA_E_ARGUMENT);
                leaves[i - 1] = leaves[i];
                leaves[i] = kept;
        }
        assert_int_equal(dictionary_root(h, leaves, leaf_count, &root), ANSA_OK);
}

/* What a damaged store can hold. */
static void damaged_pages(void **state)
{
        (void)state;
        struct rng r = { 17 };
        struct hash256 children[16];
        struct dictionary_trail t = { .count = 0 };
        unsigned slot = 0;
        size_t at = 0;
        memset(children, 0, sizeof(children));
        grow(&r, 40, 0);
        assert_int_equal(dictionary_page_walk(h, 8, children, &leaves[0].key, &t, &slot),
                         ANSA_E_NOT_FOUND);
        for (unsigned i = 0; i < 16; i++)
                random_hash(&r, &children[i]);
        assert_int_equal(dictionary_page_walk(h, 8, children, &leaves[0].key, &t, &slot), ANSA_OK);
        assert_int_equal(t.count, 4);
        assert_int_equal(dictionary_page_walk(h, 8, children, &leaves[0].key, &t, &slot),
                         ANSA_E_CORRUPT);
        assert_int_equal(
                dictionary_bucket_walk(h, leaves, leaf_count, &leaves[0].key, &t, &at),
                ANSA_E_CORRUPT); /* leaves of the whole dictionary below a page of depth 8 */
        assert_int_equal(dictionary_bucket_walk(h, leaves, 0, &leaves[0].key, &t, &at),
                         ANSA_E_CORRUPT);
        assert_int_equal(t.count, 4);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(known_octets),          cmocka_unit_test(all_answers),
                cmocka_unit_test(spoilt_paths),          cmocka_unit_test(no_second_answer),
                cmocka_unit_test(refused_forms),         cmocka_unit_test(deepest),
                cmocka_unit_test(rebuilt_from_subtrees), cmocka_unit_test(wrong_order),
                cmocka_unit_test(damaged_pages),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
