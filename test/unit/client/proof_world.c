/* SPDX-License-Identifier: Apache-2.0 */
#include "../support.h"
#include "proof_world.h"

#include "base/text.h"
#include "crypto/commitment.h"
#include "crypto/dictionary_build.h"
#include "crypto/hasher.h"
#include "crypto/key.h"
#include "crypto/merkle_build.h"
#include "wire/bundle.h"
#include "wire/checkpoint.h"
#include "wire/entry.h"

#include <stdio.h>

#define KEYS       (2u + WORLD_WITNESSES) /* the log's, witnesses', nobody's */
#define NOBODY     (1u + WORLD_WITNESSES)
#define OTHERS_MAX 4096u

static const struct hasher *const h = &crypto_hasher;

static const char *const names[] = { WORLD_ORIGIN, "w0.example", "w1.example", "w2.example",
                                     WORLD_ORIGIN };

static struct crypto_key *key_at(unsigned i, struct note_key *note)
{
        static struct crypto_key *keys[KEYS];
        uint8_t public_part[ED25519_KEY_SIZE];
        struct arena arena;
        struct ansa_key parts;
        arena_init(&arena, 65536);
        if (keys[i] == NULL) {
                uint8_t seed[32];
                memset(seed, (int)i + 1, sizeof(seed));
                const struct ansa_key secret = { .kind = ANSA_KEY_ED25519,
                                                 .is_private = true,
                                                 .part_count = 1,
                                                 .part = { { seed, sizeof(seed) } } };
                assert_int_equal(crypto_key_new(&secret, &keys[i]), ANSA_OK);
        }
        assert_int_equal(crypto_key_parts(keys[i], false, &arena, &parts), ANSA_OK);
        assert_int_equal(parts.part[0].size, sizeof(public_part));
        memcpy(public_part, parts.part[0].at, sizeof(public_part));
        arena_fini(&arena);
        bool is_log = i == 0 || i == NOBODY;
        assert_int_equal(note_key_make(h, ansa_bytes_text(names[i]),
                                       is_log ? NOTE_ED25519 : NOTE_COSIGNATURE, public_part, note),
                         ANSA_OK);
        return keys[i];
}

void world_put_policy(struct buf *b)
{
        for (unsigned i = 0; i <= WORLD_WITNESSES; i++) {
                struct note_key key;
                (void)key_at(i, &key);
                buf_text(b, i == 0 ? "log " : "witness ");
                if (i > 0)
                        buf_printf(b, "w%u ", i - 1);
                note_key_encode(&key, b);
                buf_u8(b, '\n');
        }
}

static void sign(unsigned i, const struct ansa_bytes *parts, size_t count, uint8_t at[64])
{
        struct note_key key;
        size_t size = 0;
        assert_int_equal(
                crypto_sign(key_at(i, &key), ALGORITHM_SHA256, parts, count, at, 64, &size),
                ANSA_OK);
        assert_int_equal(size, 64);
}

static struct note put_note(const struct checkpoint *c, const struct world_bundle *what,
                            struct buf *b)
{
        uint8_t text_at[256];
        uint8_t other_at[256];
        uint8_t signature[64];
        struct note_key key;
        struct note note;
        struct buf text = buf_over(text_at, sizeof(text_at));
        checkpoint_encode(c, &text);
        struct ansa_bytes signed_text = buf_written(&text);
        note_put_text(signed_text, b);
        unsigned log = what->lie == WORLD_OTHER_KEY ? NOBODY : 0;
        log = what->lie == WORLD_WITNESS_AS_LOG ? 1 : log;
        sign(log, &signed_text, 1, signature);
        (void)key_at(log, &key);
        note_put_signature(key.name, key.id, (struct ansa_bytes){ signature, 64 }, b);
        struct buf other = buf_over(other_at, sizeof(other_at));
        struct checkpoint of_other = *c;
        of_other.root.at[0] ^= what->lie == WORLD_COSIGNED_OTHER ? 1 : 0;
        checkpoint_encode(&of_other, &other);
        for (unsigned i = 0; i < WORLD_WITNESSES; i++) {
                uint8_t head[NOTE_COSIGNED_HEAD_MAX];
                const struct ansa_bytes parts[] = { note_cosigned_head(what->witness_time_s, head),
                                                    buf_written(&other) };
                if ((what->witnesses >> i & 1) == 0)
                        continue;
                sign(1 + i, parts, 2, signature);
                (void)key_at(1 + i, &key);
                note_put_cosignature(&key, what->witness_time_s, signature, b);
        }
        assert_int_equal(note_decode(buf_written(b), &note), ANSA_OK);
        return note;
}

/* ---- Records ------------------------------------------------------------------------------- */

#define VALUES_MAX 64u

struct record {
        uint8_t room[VALUES_MAX * 64];
        struct ansa_bytes values[VALUES_MAX];
        struct salt salts[VALUES_MAX];
        struct hash256 leaves[VALUES_MAX];
        struct hash256 commitment;
};

static void make_record(const struct world_bundle *what, const char *name, struct record *r)
{
        struct salt salt;
        struct hash256 of_name;
        struct hash256 root;
        size_t used = 0;
        hasher_one(h, (const uint8_t *)name, strlen(name), &of_name);
        memcpy(salt.at, of_name.at, SALT_SIZE);
        for (uint32_t i = 0; i < what->values; i++) {
                char data[16];
                size_t size = 0;
                int length = snprintf(data, sizeof(data), "value %u", i);
                const struct ansa_value v = {
                        .index = i + 1,
                        .timestamp_s = 1700000000u,
                        .ttl_s = 86400,
                        .permissions = i < what->public_values ? 0x0e : 0x0c,
                        .type = ANSA_BYTES_LIT("URL"),
                        .data = { (const uint8_t *)data, (size_t)length },
                };
                assert_int_equal(
                        ansa_value_encode(&v, r->room + used, sizeof(r->room) - used, &size),
                        ANSA_OK);
                r->values[i] = (struct ansa_bytes){ r->room + used, size };
                used += size;
                commitment_salt(h, &salt, i, &r->salts[i]);
                commitment_value(h, &r->salts[i], r->values[i], &r->leaves[i]);
        }
        merkle_root(h, r->leaves, what->values, &root);
        commitment_record(h, what->values, what->public_values, &root, &r->commitment);
}

/* Position, salt and value number @i of those that are shown, as the lie has it. */
static void put_value(const struct world_bundle *what, const struct record *r, uint32_t i,
                      const uint32_t *shown, uint32_t count, struct buf *b)
{
        uint32_t position = shown[i];
        uint32_t salt = position;
        uint32_t value = position;
        uint32_t other = i < 2 && count > 1 ? shown[1 - i] : position;
        if (what->lie == WORLD_SALTS_SWAPPED)
                salt = other;
        if (what->lie == WORLD_VALUES_SWAPPED)
                salt = value = other;
        if (what->lie == WORLD_POSITION_WRONG && i + 1 == count)
                position--;
        opening_put_value(position, r->salts[salt].at, r->values[value], b);
}

static void put_opening(const struct world_bundle *what, const struct record *r, struct buf *b)
{
        uint32_t shown[VALUES_MAX];
        uint32_t count = 0;
        for (uint32_t i = 0; i < what->values; i++) {
                if ((what->shown >> i & 1) != 0)
                        shown[count++] = i;
        }
        uint32_t values = what->values - (what->lie == WORLD_VALUE_CUT ? 1 : 0);
        uint32_t public_values = what->public_values - (what->lie == WORLD_PUBLIC_HIDDEN ? 1 : 0);
        opening_put_head(values, public_values, count, b);
        for (uint32_t i = 0; i < count; i++)
                put_value(what, r, i, shown, count, b);
        uint32_t from = 0;
        for (uint32_t i = 0; i <= count; i++) {
                uint32_t next = i < count ? shown[i] : values;
                while (from < next) {
                        struct hash256 part;
                        uint32_t leaves = opening_part(from, next, values);
                        merkle_root(h, r->leaves + from, leaves, &part);
                        buf_bytes(b, (struct ansa_bytes){ part.at, HASH_SIZE });
                        from += leaves;
                }
                from = next + 1;
        }
}

/* ---- Dictionary ---------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
        return memcmp(a, b, HASH_SIZE);
}

#define OTHER_NAME "20.500/OTHER"

static void put_path(const struct world_bundle *what, const struct record *r, struct buf *b,
                     struct hash256 *root)
{
        static struct dictionary_leaf leaves[OTHERS_MAX + 2];
        static struct dictionary_trail t;
        struct hash256 key;
        size_t count = 0;
        size_t at;
        const char *looked_up = what->lie == WORLD_OTHERS_PATH ? OTHER_NAME : what->name;
        dictionary_key_record(h, ansa_bytes_text(what->name), &key);
        bool is_there = !what->is_absent || what->lie == WORLD_ABSENT_THOUGH_IT_IS;
        if (is_there)
                leaves[count++] = (struct dictionary_leaf){ key, r->commitment };
        for (uint32_t i = 0; i < what->others; i++) {
                struct dictionary_leaf *leaf = &leaves[count++];
                char name[32];
                int size = snprintf(name, sizeof(name), OTHER_NAME "%u", i);
                size_t used =
                        i == 0 ? sizeof(OTHER_NAME) - 1 : (size_t)size; /* one has no number */
                dictionary_key_record(h, (struct ansa_bytes){ (const uint8_t *)name, used },
                                      &leaf->key);
                leaf->commitment = r->commitment;
        }
        qsort(leaves, count, sizeof(leaves[0]), by_key);
        assert_int_equal(dictionary_root(h, leaves, count, root), ANSA_OK);
        dictionary_key_record(h, ansa_bytes_text(looked_up), &key);
        t.count = 0;
        assert_int_equal(dictionary_bucket_walk(h, leaves, count, &key, &t, &at), ANSA_OK);
        if (what->lie == WORLD_ABSENT_THOUGH_IT_IS) { /* end at a neighbour's leaf */
                t.end = DICTIONARY_OTHER;
                t.other = leaves[at == 0 ? 1 : at - 1];
        }
        dictionary_trail_encode(&t, b);
}

/* ---- All together -------------------------------------------------------------------------- */

static void root_of(const struct world_bundle *what, const struct hash256 *state_root,
                    const struct hash256 *inclusion, struct hash256 *root)
{
        const struct entry state = { .action = ENTRY_STATE,
                                     .number = what->number,
                                     .time_s = what->time_s,
                                     .commitment = *state_root };
        uint8_t octets[ENTRY_SIZE];
        struct hash256 leaf;
        entry_encode(&state, octets);
        merkle_leaf(h, (struct ansa_bytes){ octets, sizeof(octets) }, &leaf);
        assert_int_equal(merkle_inclusion_root(h, &leaf, what->number, what->number + 1, inclusion,
                                               bundle_inclusion_count(what->number), root),
                         ANSA_OK);
}

void world_make(const struct world_bundle *what, struct buf *b)
{
        struct record *r = calloc(1, sizeof(*r));
        struct hash256 state_root;
        struct hash256 inclusion[64];
        uint8_t note_at[1024];
        struct buf note_octets = buf_over(note_at, sizeof(note_at));
        struct checkpoint c = { .origin = ANSA_BYTES_LIT(WORLD_ORIGIN), .size = what->number + 1 };
        const char *name = what->lie == WORLD_OTHER_NAME ? OTHER_NAME : what->name;
        assert_non_null(r);
        make_record(what, what->lie == WORLD_OTHERS_OPENING ? OTHER_NAME : what->name, r);
        bundle_put_front(!what->is_absent, ansa_bytes_text(name), b);
        if (!what->is_absent)
                put_opening(what, r, b);
        /* What the log has told is always the truth. */
        make_record(what, what->name, r);
        put_path(what, r, b, &state_root);
        if (what->lie == WORLD_OTHER_STATE)
                state_root.at[5] ^= 1;
        for (unsigned i = 0; i < 64; i++)
                memset(inclusion[i].at, (int)(i + 0x80), HASH_SIZE);
        root_of(what, &state_root, inclusion, &c.root);
        struct note note = put_note(&c, what, &note_octets);
        uint64_t time_s = what->time_s + (what->lie == WORLD_OTHER_TIME ? 1 : 0);
        size_t before = b->size;
        bundle_put_back(time_s, what->number, inclusion, &note, b);
        if (what->lie == WORLD_OTHER_NUMBER) /* in its last octet; so it has as many hashes */
                b->at[before + 15] = (uint8_t)(b->at[before + 15] << 1);
        assert_int_equal(b->err, ANSA_OK);
        free(r);
}

void world_make_text(const struct world_bundle *what, struct buf *b)
{
        struct buf binary = buf_growing(65536);
        struct bundle bundle;
        struct world_bundle honest = *what;
        struct hash256 state_root;
        struct hash256 root;
        struct record *r = calloc(1, sizeof(*r));
        uint8_t path[DICTIONARY_PATH_SIZE_MAX];
        struct buf path_buf = buf_over(path, sizeof(path));
        assert_non_null(r);
        honest.lie = WORLD_HONEST;
        make_record(&honest, what->name, r);
        put_path(&honest, r, &path_buf, &state_root);
        world_make(what, &binary);
        assert_int_equal(bundle_decode(buf_written(&binary), &bundle), ANSA_OK);
        root_of(&honest, &state_root, bundle.inclusion, &root);
        bundle_put_text(&bundle, &root, b);
        assert_int_equal(b->err, ANSA_OK);
        buf_fini(&binary);
        free(r);
}
