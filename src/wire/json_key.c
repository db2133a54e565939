/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as JWK (rest-api 3.2): RSA, DSA (a private form of deployed software), Ed25519 (RFC 8037). */
#include "wire/json_reader.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "wire/data.h"

#define ED25519_SIZE     32u
#define KEY_SCRATCH_SIZE 4096u /* encoded public keys of every size in use, with room to spare */

/* Which members hold the integers of struct ansa_key, in its order. */
static const struct jwk_form {
        enum ansa_key_kind kind;
        bool is_private;
        const char *type;
        uint32_t part_count;
        const char *parts[ANSA_KEY_PART_MAX];
} forms[] = {
        { ANSA_KEY_RSA, false, "RSA", 2, { "e", "n" } },
        { ANSA_KEY_RSA, true, "RSA", 2, { "n", "d" } },
        { ANSA_KEY_RSA_CRT, true, "RSA", 8, { "n", "e", "d", "p", "q", "dp", "dq", "qi" } },
        { ANSA_KEY_DSA, false, "DSA", 4, { "q", "p", "g", "y" } },
        { ANSA_KEY_DSA, true, "DSA", 4, { "x", "p", "q", "g" } },
        { ANSA_KEY_ED25519, false, "OKP", 1, { "x" } },
        { ANSA_KEY_ED25519, true, "OKP", 1, { "d" } },
};

static const struct jwk_form *form_of(enum ansa_key_kind kind, bool is_private)
{
        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
                if (forms[i].kind == kind && forms[i].is_private == is_private)
                        return &forms[i];
        }
        return NULL;
}

static void put_members(struct buf *b, const struct jwk_form *form, const struct ansa_key *key)
{
        buf_printf(b, "\"kty\":\"%s\"", form->type);
        if (form->kind == ANSA_KEY_ED25519)
                buf_text(b, ",\"crv\":\"Ed25519\"");
        for (uint32_t i = 0; i < form->part_count; i++) {
                buf_printf(b, ",\"%s\":\"", form->parts[i]);
                text_put_base64(b, key->part[i], TEXT_BASE64URL);
                buf_u8(b, '"');
        }
}

void json_put_key(struct buf *b, const struct ansa_key *key)
{
        const struct jwk_form *form = form_of(key->kind, key->is_private);
        if (form == NULL || form->part_count != key->part_count) {
                buf_fail(b, ANSA_E_UNSUPPORTED);
                return;
        }
        buf_u8(b, '{');
        put_members(b, form, key);
        buf_u8(b, '}');
}

/* What reading the JWK of @key gives: deployed software writes RSA keys with surplus octets. */
static void encode_as_read(const struct ansa_key *key, bool has_surplus, struct buf *b)
{
        key_encode(key, b);
        if (has_surplus)
                buf_u32(b, 0);
}

static bool is_encoding_of(struct ansa_bytes wire, const struct ansa_key *key, bool has_surplus)
{
        uint8_t at[KEY_SCRATCH_SIZE];
        struct buf scratch = buf_over(at, sizeof(at));
        encode_as_read(key, has_surplus, &scratch);
        return scratch.err == ANSA_OK && ansa_bytes_equal(buf_written(&scratch), wire);
}

void json_put_key_data(struct buf *b, struct ansa_bytes wire)
{
        struct ansa_key key;
        const struct jwk_form *form = NULL;
        if (key_decode(wire, &key) == ANSA_OK)
                form = form_of(key.kind, false);
        bool is_rsa = form != NULL && form->kind == ANSA_KEY_RSA;
        bool is_plain = form != NULL && is_encoding_of(wire, &key, false);
        if (!is_plain && !(is_rsa && is_encoding_of(wire, &key, true))) {
                json_put_base64_data(b, wire);
                return;
        }
        buf_text(b, "\"format\":\"key\",\"value\":{");
        put_members(b, form, &key);
        if (is_rsa && is_plain)
                buf_text(b, ",\"legacyByteLength\":false");
        buf_u8(b, '}');
}

static bool has(const json_t *object, const char *member)
{
        return json_object_get(object, member) != NULL;
}

/* The form a JWK has, by its type and its private members. */
static const struct jwk_form *form_of_jwk(struct json_reader *r, const json_t *object)
{
        struct ansa_bytes type = json_read_text(r, object, "kty", LIMIT_BLOCK_SIZE);
        if (r->err != ANSA_OK)
                return NULL;
        if (ansa_bytes_equal(type, ANSA_BYTES_LIT("RSA"))) {
                bool has_crt = has(object, "p") || has(object, "q") || has(object, "dp") ||
                               has(object, "dq") || has(object, "qi");
                return form_of(has_crt ? ANSA_KEY_RSA_CRT : ANSA_KEY_RSA,
                               has_crt || has(object, "d"));
        }
        if (ansa_bytes_equal(type, ANSA_BYTES_LIT("DSA")))
                return form_of(ANSA_KEY_DSA, has(object, "x"));
        if (ansa_bytes_equal(type, ANSA_BYTES_LIT("OKP"))) {
                struct ansa_bytes curve = json_read_text(r, object, "crv", LIMIT_BLOCK_SIZE);
                if (r->err == ANSA_OK && !ansa_bytes_equal(curve, ANSA_BYTES_LIT("Ed25519")))
                        json_reader_fail(r, ANSA_E_UNSUPPORTED, "crv", "\"Ed25519\" expected");
                return form_of(ANSA_KEY_ED25519, has(object, "d"));
        }
        json_reader_fail(r, ANSA_E_UNSUPPORTED, "kty", "\"RSA\", \"DSA\" or \"OKP\" expected");
        return NULL;
}

static struct ansa_bytes read_integer(struct json_reader *r, const json_t *object,
                                      const char *member)
{
        struct ansa_bytes text = json_read_text(r, object, member, LIMIT_BLOCK_SIZE);
        struct ansa_bytes n = json_reader_base64(r, text, member);
        while (n.size > 0 && n.at[0] == 0) {
                n.at++;
                n.size--;
        }
        if (n.size == 0 || n.size > KEY_INTEGER_SIZE_MAX)
                json_reader_fail(r, ANSA_E_MALFORMED, member,
                                 "an integer of 1 to 2048 bytes, not 0, expected");
        return n;
}

static struct ansa_bytes read_octets(struct json_reader *r, const json_t *object,
                                     const char *member)
{
        struct ansa_bytes text = json_read_text(r, object, member, LIMIT_BLOCK_SIZE);
        struct ansa_bytes octets = json_reader_base64(r, text, member);
        if (octets.size != ED25519_SIZE)
                json_reader_fail(r, ANSA_E_MALFORMED, member, "32 bytes expected");
        return octets;
}

void json_read_jwk(struct json_reader *r, const json_t *object, struct ansa_key *key)
{
        *key = (struct ansa_key){ 0 };
        if (!json_reader_want_object(r, object))
                return;
        const struct jwk_form *form = form_of_jwk(r, object);
        if (r->err != ANSA_OK)
                return;
        struct ansa_key k = { form->kind, form->is_private, form->part_count, { { 0 } } };
        for (uint32_t i = 0; i < form->part_count; i++) {
                k.part[i] = form->kind == ANSA_KEY_ED25519
                                    ? read_octets(r, object, form->parts[i])
                                    : read_integer(r, object, form->parts[i]);
        }
        if (r->err == ANSA_OK)
                *key = k;
}

struct ansa_bytes json_read_key_data(struct json_reader *r, const json_t *object)
{
        struct ansa_key key;
        json_read_jwk(r, object, &key);
        if (r->err == ANSA_OK && key.is_private)
                json_reader_fail(r, ANSA_E_MALFORMED, NULL,
                                 "a public key expected; this one is private and must stay so");
        bool is_rsa = key.kind == ANSA_KEY_RSA;
        bool has_surplus = json_read_bool_or(r, object, "legacyByteLength", is_rsa) && is_rsa;
        if (r->err != ANSA_OK)
                return (struct ansa_bytes){ 0 };
        struct buf b = buf_growing(LIMIT_BLOCK_SIZE);
        encode_as_read(&key, has_surplus, &b);
        return json_reader_keep(r, &b);
}
