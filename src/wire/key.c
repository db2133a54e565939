/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/data.h"

#include "base/assert.h"
#include "base/limits.h"
#include "wire/cursor.h"

#define ED25519_SIZE 32u
#define SURPLUS_SIZE 4u /* zero octets after an RSA key: a miscount of deployed software */

/* Key types and how many integers follow, irp-wire 6.5 and 6.6. */
static const struct key_type {
        const char *name;
        enum ansa_key_kind kind;
        bool is_private;
        uint32_t part_count;
} key_types[] = {
        { "DSA_PUB_KEY", ANSA_KEY_DSA, false, 4 },
        { "RSA_PUB_KEY", ANSA_KEY_RSA, false, 2 },
        { "DH_PUB_KEY", ANSA_KEY_DH, false, 3 },
        { "ED25519_PUB_KEY", ANSA_KEY_ED25519, false, 1 },
        { "DSA_PRIV_KEY", ANSA_KEY_DSA, true, 4 },
        { "RSA_PRIV_KEY", ANSA_KEY_RSA, true, 2 },
        { "RSA_PRIVCRT_KEY", ANSA_KEY_RSA_CRT, true, 8 },
        { "DH_PRIV_KEY", ANSA_KEY_DH, true, 3 },
        { "ED25519_PRIV_KEY", ANSA_KEY_ED25519, true, 1 },
};
#define KEY_TYPE_COUNT (sizeof(key_types) / sizeof(key_types[0]))

static const struct key_type *type_by_name(struct ansa_bytes name, bool is_private)
{
        for (size_t i = 0; i < KEY_TYPE_COUNT; i++) {
                if (key_types[i].is_private == is_private &&
                    ansa_bytes_equal(name, ansa_bytes_text(key_types[i].name)))
                        return &key_types[i];
        }
        return NULL;
}

static const struct key_type *type_of(const struct ansa_key *key, bool is_private)
{
        for (size_t i = 0; i < KEY_TYPE_COUNT; i++) {
                if (key_types[i].kind == key->kind && key_types[i].is_private == is_private)
                        return &key_types[i];
        }
        return NULL;
}

static struct ansa_bytes without_leading_zeros(struct ansa_bytes integer)
{
        while (integer.size > 0 && integer.at[0] == 0) {
                integer.at++;
                integer.size--;
        }
        return integer;
}

/*
 * A two's complement integer. All of ours are positive: a set top bit without a sign octet
 * is a sender that left it out, not a negative number; and zero is part of no key.
 */
static struct ansa_bytes take_integer(struct cursor *c)
{
        struct ansa_bytes integer = cursor_block(c, KEY_INTEGER_SIZE_MAX + 1);
        struct ansa_bytes stripped = without_leading_zeros(integer);
        if (c->err == ANSA_OK && stripped.size == 0)
                cursor_fail(c, ANSA_E_MALFORMED);
        if (stripped.size > KEY_INTEGER_SIZE_MAX)
                cursor_fail(c, ANSA_E_LIMIT);
        return stripped;
}

static void take_surplus(struct cursor *c)
{
        if (c->err == ANSA_OK && c->left == SURPLUS_SIZE && cursor_u32(c) != 0)
                cursor_fail(c, ANSA_E_TRAILING);
}

static enum ansa_err decode(struct ansa_bytes wire, bool is_private, struct ansa_key *key)
{
        *key = (struct ansa_key){ 0 };
        struct cursor c = cursor_over(wire);
        struct ansa_bytes name = cursor_block(&c, LIMIT_BLOCK_SIZE);
        if (!is_private)
                (void)cursor_u16(&c); /* flags: reserved, never given a meaning */
        if (c.err != ANSA_OK)
                return c.err;
        const struct key_type *type = type_by_name(name, is_private);
        if (type == NULL)
                return ANSA_E_UNSUPPORTED;
        struct ansa_key k = { type->kind, is_private, type->part_count, { { 0 } } };
        if (type->kind == ANSA_KEY_ED25519) {
                k.part[0] = cursor_block(&c, LIMIT_BLOCK_SIZE);
                if (c.err == ANSA_OK && k.part[0].size != ED25519_SIZE)
                        cursor_fail(&c, ANSA_E_MALFORMED);
        } else {
                for (uint32_t i = 0; i < k.part_count; i++)
                        k.part[i] = take_integer(&c);
        }
        if (type->kind == ANSA_KEY_RSA || type->kind == ANSA_KEY_RSA_CRT)
                take_surplus(&c);
        enum ansa_err err = cursor_end(&c);
        if (err == ANSA_OK)
                *key = k;
        return err;
}

static void put_integer(struct ansa_bytes integer, struct buf *b)
{
        integer = without_leading_zeros(integer);
        if (integer.size == 0 || integer.size > KEY_INTEGER_SIZE_MAX) {
                buf_fail(b, ANSA_E_ARGUMENT);
                return;
        }
        bool sign = integer.at[0] >= 0x80;
        buf_u32(b, (uint32_t)(integer.size + sign));
        if (sign)
                buf_u8(b, 0);
        buf_bytes(b, integer);
}

static void encode(const struct ansa_key *key, bool is_private, struct buf *b)
{
        const struct key_type *type = type_of(key, is_private);
        if (type == NULL || key->is_private != is_private || key->part_count != type->part_count) {
                buf_fail(b, ANSA_E_ARGUMENT);
                return;
        }
        buf_block(b, ansa_bytes_text(type->name));
        if (!is_private)
                buf_u16(b, 0);
        if (key->kind == ANSA_KEY_ED25519) {
                if (key->part[0].size != ED25519_SIZE)
                        buf_fail(b, ANSA_E_ARGUMENT);
                buf_block(b, key->part[0]);
                return;
        }
        for (uint32_t i = 0; i < key->part_count; i++)
                put_integer(key->part[i], b);
}

enum ansa_err key_decode(struct ansa_bytes wire, struct ansa_key *key)
{
        return decode(wire, false, key);
}

void key_encode(const struct ansa_key *key, struct buf *b)
{
        encode(key, false, b);
}

enum ansa_err private_key_decode(struct ansa_bytes wire, struct ansa_key *key)
{
        return decode(wire, true, key);
}

void private_key_encode(const struct ansa_key *key, struct buf *b)
{
        encode(key, true, b);
}

bool key_equal(const struct ansa_key *a, const struct ansa_key *b)
{
        if (a->kind != b->kind || a->is_private != b->is_private || a->part_count != b->part_count)
                return false;
        ansa_assert(a->part_count <= ANSA_KEY_PART_MAX);
        for (uint32_t i = 0; i < a->part_count; i++) {
                bool equal = a->kind == ANSA_KEY_ED25519
                                     ? ansa_bytes_equal(a->part[i], b->part[i])
                                     : ansa_bytes_equal(without_leading_zeros(a->part[i]),
                                                        without_leading_zeros(b->part[i]));
                if (!equal)
                        return false;
        }
        return true;
}
