/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/record.h"

#include "base/assert.h"
#include "base/buf.h"
#include "crypto/digest.h"
#include "crypto/merkle_build.h"
#include "wire/cursor.h"
#include "wire/name.h"

#include <assert.h>

#define MARK_SIZE   24u /* salt and number */
#define COUNTS_SIZE 8u  /* u16, u16, u32 after flags and name */

bool record_parts(struct ansa_bytes stored, struct ansa_values *public_only, struct ansa_bytes *all)
{
        struct cursor c = cursor_over(stored);
        uint8_t flags = cursor_u8(&c);
        if ((flags & RECORD_MARKED) != 0)
                (void)cursor_bytes(&c, MARK_SIZE);
        if ((flags & RECORD_NAME_STORED) != 0)
                (void)cursor_bytes(&c, cursor_u16(&c));
        (void)cursor_u16(&c);
        public_only->count = cursor_u16(&c);
        uint32_t size = cursor_u32(&c);
        *all = cursor_rest(&c);
        public_only->wire = (struct ansa_bytes){ all->at, size };
        return c.err == ANSA_OK && size <= all->size;
}

static bool is_public(const struct ansa_value *value)
{
        return (value->permissions & ANSA_PERM_PUBLIC_READ) != 0;
}

/* Every value decodes, they fill @values exactly, and each is as public as its part says. */
static bool part_is_good(struct ansa_values values, bool of_public)
{
        struct ansa_value value;
        while (values.count > 0) {
                if (ansa_values_next(&values, &value) != ANSA_OK || is_public(&value) != of_public)
                        return false;
        }
        return values.wire.size == 0;
}

static void take_mark(struct cursor *c, struct record_mark *mark)
{
        struct ansa_bytes salt = cursor_bytes(c, SALT_SIZE);
        if (salt.size == SALT_SIZE)
                memcpy(mark->salt.at, salt.at, SALT_SIZE);
        mark->number = cursor_u64(c);
}

static enum ansa_err decode(struct ansa_bytes key, struct ansa_bytes stored, struct record *r)
{
        struct cursor c = cursor_over(stored);
        uint8_t flags = cursor_u8(&c);
        if ((flags & ~(RECORD_NAME_STORED | RECORD_MARKED)) != 0)
                return ANSA_E_CORRUPT;
        r->has_mark = (flags & RECORD_MARKED) != 0;
        if (r->has_mark)
                take_mark(&c, &r->mark);
        r->name = key;
        if ((flags & RECORD_NAME_STORED) != 0) {
                r->name = cursor_bytes(&c, cursor_u16(&c));
                if (r->name.size == 0 || r->name.size > ANSA_NAME_SIZE_MAX)
                        return ANSA_E_CORRUPT;
        } else if (key.size > RECORD_KEY_PLAIN_MAX) {
                return ANSA_E_CORRUPT;
        }
        uint16_t all_count = cursor_u16(&c);
        uint16_t public_count = cursor_u16(&c);
        uint32_t public_size = cursor_u32(&c);
        r->all = (struct ansa_values){ cursor_rest(&c), all_count };
        if (cursor_end(&c) != ANSA_OK || all_count > ANSA_VALUE_COUNT_MAX ||
            public_count > all_count || public_size > r->all.wire.size)
                return ANSA_E_CORRUPT;

        r->public_only = (struct ansa_values){ { r->all.wire.at, public_size }, public_count };
        struct ansa_values others = {
                .wire = { r->all.wire.at + public_size, r->all.wire.size - public_size },
                .count = (uint32_t)(all_count - public_count),
        };
        if (!part_is_good(r->public_only, true) || !part_is_good(others, false))
                return ANSA_E_CORRUPT;
        return ANSA_OK;
}

enum ansa_err record_decode(struct ansa_bytes key, struct ansa_bytes stored, struct record *r)
{
        *r = (struct record){ 0 };
        enum ansa_err err = decode(key, stored, r);
        if (err != ANSA_OK)
                *r = (struct record){ 0 };
        return err;
}

/* Append the values of one part; @count and the size in @b tell how much that was. */
static enum ansa_err put_part(struct ansa_values values, bool of_public, struct buf *b,
                              uint16_t *count)
{
        while (values.count > 0) {
                const uint8_t *start = values.wire.at;
                struct ansa_value value;
                enum ansa_err err = ansa_values_next(&values, &value);
                if (err != ANSA_OK)
                        return err;
                if (is_public(&value) != of_public)
                        continue;
                buf_bytes(b, (struct ansa_bytes){ start, (size_t)(values.wire.at - start) });
                (*count)++;
        }
        return values.wire.size == 0 ? ANSA_OK : ANSA_E_TRAILING;
}

static void patch_u16(uint8_t *at, uint16_t v)
{
        at[0] = (uint8_t)(v >> 8);
        at[1] = (uint8_t)v;
}

enum ansa_err record_encode(struct ansa_bytes name, struct ansa_bytes key,
                            struct ansa_values values, const struct record_mark *mark,
                            struct arena *arena, struct ansa_bytes *stored)
{
        *stored = (struct ansa_bytes){ 0 };
        if (name.size == 0 || name.size > ANSA_NAME_SIZE_MAX ||
            values.count > ANSA_VALUE_COUNT_MAX || values.wire.size > STORE_VALUE_SIZE_MAX / 2)
                return ANSA_E_LIMIT;
        bool has_name = key.size > RECORD_KEY_PLAIN_MAX || !ansa_bytes_equal(name, key);
        size_t name_size = has_name ? 2 + name.size : 0;
        size_t mark_size = mark != NULL ? MARK_SIZE : 0;
        size_t size = 1 + mark_size + name_size + COUNTS_SIZE + values.wire.size;
        uint8_t *at = arena_alloc(arena, size);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;

        struct buf b = buf_over(at, size);
        buf_u8(&b,
               (uint8_t)((has_name ? RECORD_NAME_STORED : 0) | (mark != NULL ? RECORD_MARKED : 0)));
        if (mark != NULL) {
                buf_bytes(&b, (struct ansa_bytes){ mark->salt.at, SALT_SIZE });
                buf_u64(&b, mark->number);
        }
        if (has_name) {
                buf_u16(&b, (uint16_t)name.size);
                buf_bytes(&b, name);
        }
        size_t counts_at = b.size;
        buf_u32(&b, 0); /* both counts */
        buf_u32(&b, 0);
        size_t values_at = b.size;
        uint16_t public_count = 0;
        uint16_t other_count = 0;
        enum ansa_err err = put_part(values, true, &b, &public_count);
        if (err != ANSA_OK)
                return err;
        size_t public_size = b.size - values_at;
        err = put_part(values, false, &b, &other_count);
        if (err != ANSA_OK)
                return err;
        patch_u16(at + counts_at, (uint16_t)(public_count + other_count));
        patch_u16(at + counts_at + 2, public_count);
        buf_patch_u32(&b, counts_at + 4, (uint32_t)public_size);
        ansa_assert(b.err == ANSA_OK && b.size == size);
        *stored = buf_written(&b);
        return ANSA_OK;
}

enum ansa_err record_key(struct ansa_bytes name, bool case_sensitive, uint8_t *key, size_t *size)
{
        uint8_t folded[NAME_KEY_SIZE_MAX];
        size_t folded_size = 0;
        *size = 0;
        enum ansa_err err = name_fold(name, case_sensitive, folded, sizeof(folded), &folded_size);
        if (err != ANSA_OK)
                return err;
        if (folded_size <= RECORD_KEY_PLAIN_MAX) {
                memcpy(key, folded, folded_size);
                *size = folded_size;
                return ANSA_OK;
        }
        static_assert(RECORD_KEY_PLAIN_MAX + DIGEST_SIZE_MAX <= STORE_KEY_SIZE_MAX,
                      "a shortened key is a key of the store");
        const struct ansa_bytes whole = { folded, folded_size };
        uint8_t digest[DIGEST_SIZE_MAX];
        err = digest_parts(ALGORITHM_SHA256, &whole, 1, digest);
        if (err != ANSA_OK)
                return err;
        memcpy(key, folded, RECORD_KEY_PLAIN_MAX);
        memcpy(key + RECORD_KEY_PLAIN_MAX, digest, digest_size(ALGORITHM_SHA256));
        *size = RECORD_KEY_PLAIN_MAX + digest_size(ALGORITHM_SHA256);
        return ANSA_OK;
}

enum ansa_err record_archive(struct ansa_bytes key, struct ansa_bytes stored, struct arena *arena,
                             struct ansa_bytes *row)
{
        size_t size = 4 + key.size + stored.size;
        uint8_t *at = arena_alloc(arena, size);
        *row = (struct ansa_bytes){ 0 };
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf b = buf_over(at, size);
        buf_block(&b, key);
        buf_bytes(&b, stored);
        *row = buf_written(&b);
        return b.err;
}

enum ansa_err record_unarchive(struct ansa_bytes row, struct record *r)
{
        struct cursor c = cursor_over(row);
        struct ansa_bytes key = cursor_block(&c, STORE_KEY_SIZE_MAX);
        *r = (struct record){ 0 };
        return c.err != ANSA_OK ? ANSA_E_CORRUPT : record_decode(key, cursor_rest(&c), r);
}

void record_commitment(const struct hasher *h, const struct record *r, const struct salt *salt,
                       struct hash256 *commitment)
{
        struct merkle_frontier f = { 0 };
        struct ansa_values values = r->all;
        struct hash256 hash;
        for (uint32_t i = 0; values.count > 0; i++) {
                const uint8_t *start = values.wire.at;
                struct ansa_value value;
                struct salt own;
                enum ansa_err err = ansa_values_next(&values, &value);
                ansa_assert(err == ANSA_OK); /* they were decoded before */
                commitment_salt(h, salt, i, &own);
                commitment_value(h, &own,
                                 (struct ansa_bytes){ start, (size_t)(values.wire.at - start) },
                                 &hash);
                err = merkle_append(h, &f, &hash, NULL);
                ansa_assert(err == ANSA_OK); /* far fewer than 2^64 */
        }
        merkle_frontier_root(h, &f, &hash);
        commitment_record(h, r->all.count, r->public_only.count, &hash, commitment);
}
