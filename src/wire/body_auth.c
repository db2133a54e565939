/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of authentication: challenge, answer, verification (irp-wire 4.10 to 4.12). */
#include "wire/body.h"

#include "base/assert.h"
#include "wire/body_parts.h"

#define MD5_SIZE    16u
#define SHA1_SIZE   20u
#define SHA256_SIZE 32u

static void read_challenge_2_0(struct cursor *c, struct challenge_body *got)
{
        got->nonce = read_text(c);
        got->digest.code = DIGEST_OLD_MD5;
        got->digest.digest = read_text(c);
        if (c->err == ANSA_OK && got->digest.digest.size != MD5_SIZE)
                cursor_fail(c, ANSA_E_MALFORMED);
}

enum ansa_err challenge_body_decode(struct ansa_bytes body, uint16_t version, bool has_digest,
                                    struct challenge_body *c)
{
        struct challenge_body got = { 0 };
        *c = got;
        bool is_2_0 = version < VERSION(2, 1);
        /* Without the digest nobody could tell what an answer would sign. */
        if (!is_2_0 && !has_digest)
                return ANSA_E_MALFORMED;
        if (!is_2_0) {
                enum ansa_err err = request_digest_decode(&body, &got.digest);
                if (err != ANSA_OK)
                        return err;
        }
        struct cursor cur = cursor_over(body);
        if (is_2_0)
                read_challenge_2_0(&cur, &got);
        else
                got.nonce = read_text(&cur);
        if (cursor_end(&cur) == ANSA_OK)
                *c = got;
        return cur.err;
}

void challenge_body_encode(const struct challenge_body *c, uint16_t version, struct buf *b)
{
        if (version >= VERSION(2, 1)) {
                request_digest_encode(&c->digest, b);
                buf_block(b, c->nonce);
        } else {
                ansa_assert(c->digest.digest.size == MD5_SIZE);
                buf_block(b, c->nonce);
                buf_block(b, c->digest.digest);
        }
}

enum ansa_err answer_request_decode(struct ansa_bytes body, struct answer_request *a)
{
        struct cursor c = cursor_over(body);
        a->auth_type = read_text(&c);
        a->key = read_key_ref(&c);
        a->answer = read_text(&c);
        if (cursor_end(&c) != ANSA_OK)
                *a = (struct answer_request){ 0 };
        return c.err;
}

void answer_request_encode(const struct answer_request *a, struct buf *b)
{
        buf_block(b, a->auth_type);
        write_key_ref(&a->key, b);
        buf_block(b, a->answer);
}

enum ansa_err public_answer_decode(struct ansa_bytes wire, struct public_answer *a)
{
        struct cursor c = cursor_over(wire);
        a->algorithm = read_text(&c);
        a->signature = read_text(&c);
        if (cursor_end(&c) != ANSA_OK)
                *a = (struct public_answer){ 0 };
        return c.err;
}

void public_answer_encode(const struct public_answer *a, struct buf *b)
{
        buf_block(b, a->algorithm);
        buf_block(b, a->signature);
}

/* Octets of the code's MAC, 0 for an unknown code. */
static size_t mac_size(uint8_t code)
{
        switch (code) {
        case MAC_BARE_MD5:
        case MAC_MD5:
        case MAC_HMAC_MD5:
                return MD5_SIZE;
        case MAC_SHA1:
        case MAC_HMAC_SHA1:
        case MAC_PBKDF2:
                return SHA1_SIZE;
        case MAC_SHA256:
        case MAC_HMAC_SHA256:
                return SHA256_SIZE;
        default: /* from the wire */
                return 0;
        }
}

static void read_secret_answer(struct cursor *c, struct secret_answer *a)
{
        a->code = cursor_u8(c);
        if (c->err == ANSA_OK && (a->code == MAC_BARE_MD5 || mac_size(a->code) == 0)) {
                cursor_fail(c, ANSA_E_UNSUPPORTED);
        } else if (a->code == MAC_PBKDF2) {
                a->salt = read_text(c);
                a->iterations = cursor_u32(c);
                a->key_bits = cursor_u32(c);
                a->mac = read_text(c);
                if (c->err == ANSA_OK && a->mac.size != mac_size(MAC_PBKDF2))
                        cursor_fail(c, ANSA_E_MALFORMED);
        } else {
                a->mac = cursor_bytes(c, mac_size(a->code));
        }
}

enum ansa_err secret_answer_decode(struct ansa_bytes wire, struct secret_answer *a)
{
        *a = (struct secret_answer){ 0 };
        if (wire.size == MD5_SIZE) { /* no form with a code has this size */
                a->code = MAC_BARE_MD5;
                a->mac = wire;
                return ANSA_OK;
        }
        struct cursor c = cursor_over(wire);
        read_secret_answer(&c, a);
        if (cursor_end(&c) != ANSA_OK)
                *a = (struct secret_answer){ 0 };
        return c.err;
}

void secret_answer_encode(const struct secret_answer *a, struct buf *b)
{
        ansa_assert(a->mac.size > 0 && a->mac.size == mac_size(a->code));
        if (a->code != MAC_BARE_MD5)
                buf_u8(b, a->code);
        if (a->code == MAC_PBKDF2) {
                buf_block(b, a->salt);
                buf_u32(b, a->iterations);
                buf_u32(b, a->key_bits);
                buf_block(b, a->mac);
        } else {
                buf_bytes(b, a->mac);
        }
}

/* Deployed software sends a length and the digest; RFC 3652 a code and the digest. */
static struct ansa_bytes read_verify_digest(struct cursor *c)
{
        struct ansa_bytes rest = { c->at, c->left };
        struct ansa_bytes digest = { 0 };
        if (c->err == ANSA_OK && c->left > 0 && c->at[0] != 0) {
                struct request_digest coded;
                enum ansa_err err = request_digest_decode(&rest, &coded);
                if (err != ANSA_OK)
                        cursor_fail(c, err);
                (void)cursor_bytes(c, c->left - rest.size);
                return coded.digest;
        }
        digest = cursor_block(c, SHA256_SIZE);
        if (c->err == ANSA_OK && digest.size != MD5_SIZE && digest.size != SHA1_SIZE &&
            digest.size != SHA256_SIZE)
                cursor_fail(c, ANSA_E_MALFORMED);
        return digest;
}

enum ansa_err verify_request_decode(struct ansa_bytes body, struct verify_request *v)
{
        struct cursor c = cursor_over(body);
        v->key = read_key_ref(&c);
        v->nonce = read_text(&c);
        v->digest = read_verify_digest(&c);
        v->answer = read_text(&c);
        if (cursor_end(&c) != ANSA_OK)
                *v = (struct verify_request){ 0 };
        return c.err;
}

void verify_request_encode(const struct verify_request *v, struct buf *b)
{
        write_key_ref(&v->key, b);
        buf_block(b, v->nonce);
        buf_block(b, v->digest);
        buf_block(b, v->answer);
}

enum ansa_err verify_response_decode(struct ansa_bytes body, bool *is_valid)
{
        struct cursor c = cursor_over(body);
        uint8_t bits = cursor_u8(&c);
        *is_valid = cursor_end(&c) == ANSA_OK && (bits & 1) != 0;
        return c.err;
}
