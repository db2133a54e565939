/* SPDX-License-Identifier: Apache-2.0 */
#include "vault.h"

#include "base/assert.h"
#include "base/limits.h"
#include "crypto/answer.h"
#include "crypto/key.h"
#include "wire/cursor.h"
#include "wire/data.h"

#include <poll.h>

#define NONCE "0123456789abcdef"

static void respond(struct fake_exchange *x, uint32_t rc, uint32_t op, struct ansa_bytes body)
{
        struct vault *v = x->fake->context;
        bool keyed = v->id != 0;
        uint32_t kept = x->request.header.flags & FLAG_KEEP_OPEN;
        fake_respond_as(x, &(struct fake_response){
                                   .rc = rc,
                                   .op = op,
                                   .flags = v->keep_open ? kept : 0,
                                   .serial = 1,
                                   .session_id = v->id,
                                   .body = body,
                                   .mac_with = keyed && !v->bare ? &v->key : NULL,
                                   .encrypt = keyed && !v->bare &&
                                              (x->request.header.flags & FLAG_ENCRYPT) != 0 });
}

static void respond_setup(struct fake_exchange *x, uint16_t mode, struct ansa_bytes data)
{
        struct vault *v = x->fake->context;
        struct buf b = buf_growing(65536);
        session_response_encode(&(struct session_response){ mode, data }, &b);
        fake_respond_as(x, &(struct fake_response){ .rc = RC_SUCCESS,
                                                    .flags = v->keep_open ? FLAG_KEEP_OPEN : 0,
                                                    .serial = 1,
                                                    .session_id = v->id,
                                                    .body = buf_written(&b),
                                                    .sign_with = v->site_key,
                                                    .with_digest = true });
        buf_fini(&b);
}

static void agree(struct fake_exchange *x, const struct session_request *s)
{
        struct vault *v = x->fake->context;
        struct ansa_key peer;
        struct ansa_key own;
        struct dh_exchange *dh;
        struct arena arena;
        struct buf data = buf_growing(65536);
        arena_init(&arena, 65536);
        ansa_assert(key_decode(s->public_key, &peer) == ANSA_OK);
        ansa_assert(dh_new(&peer, 2048, &dh) == ANSA_OK);
        ansa_assert(dh_public(dh, &arena, &own) == ANSA_OK);
        ansa_assert(dh_agree(dh, &peer, CIPHER_AES128, &v->key) == ANSA_OK);
        buf_u32(&data, CIPHER_AES128);
        key_encode(&own, &data);
        respond_setup(x, SESSION_DH, buf_written(&data));
        dh_free(dh);
        arena_fini(&arena);
        buf_fini(&data);
}

static void send_key(struct fake_exchange *x, const struct session_request *s)
{
        struct vault *v = x->fake->context;
        static const uint8_t random[32] = "0123456789abcdef0123456789abcde";
        uint8_t plain[36];
        uint8_t cipher[512];
        size_t size;
        struct ansa_key parts;
        struct crypto_key *key = NULL;
        struct buf p = buf_over(plain, sizeof(plain));
        session_key_from_random(&v->key, CIPHER_AES128, random);
        buf_u32(&p, CIPHER_AES128);
        buf_bytes(&p, (struct ansa_bytes){ v->key.at, v->key.size });
        const struct crypto_key *to = v->client_key;
        if (s->mode == SESSION_CLIENT_KEY) {
                ansa_assert(key_decode(s->public_key, &parts) == ANSA_OK);
                ansa_assert(crypto_key_new(&parts, &key) == ANSA_OK);
                to = key;
        } else {
                ansa_assert(s->key.index == 301);
        }
        ansa_assert(crypto_rsa_encrypt(to, buf_written(&p), cipher, sizeof(cipher), &size) ==
                    ANSA_OK);
        respond_setup(x, s->mode, (struct ansa_bytes){ cipher, size });
        crypto_key_free(key);
}

static void send_own_key(struct fake_exchange *x)
{
        struct vault *v = x->fake->context;
        struct ansa_key parts;
        struct arena arena;
        struct buf b = buf_growing(65536);
        arena_init(&arena, 65536);
        ansa_assert(crypto_key_parts(v->site_key, false, &arena, &parts) == ANSA_OK);
        key_encode(&parts, &b);
        respond_setup(x, SESSION_SERVER_KEY, buf_written(&b));
        arena_fini(&arena);
        buf_fini(&b);
}

static void set_up(struct fake_exchange *x)
{
        struct vault *v = x->fake->context;
        struct session_request s;
        ansa_assert(session_request_decode(x->request.body, &s) == ANSA_OK);
        ansa_assert((x->request.header.flags & FLAG_CERTIFY) != 0);
        v->setups++;
        v->mode = s.mode;
        v->is_authenticated = false;
        v->last_counter = 0;
        if (v->refuse_setup != 0) {
                v->id = 0;
                respond(x, v->refuse_setup, 0, ANSA_BYTES_LIT("\0\0\0\0"));
                return;
        }
        v->id = 0x1000 + v->setups;
        if (s.mode == SESSION_DH)
                agree(x, &s);
        else if (s.mode == SESSION_SERVER_KEY)
                send_own_key(x);
        else
                send_key(x, &s);
}

/* Op 402: our key under the server's. */
static void exchange(struct fake_exchange *x)
{
        struct vault *v = x->fake->context;
        struct ansa_bytes cipher;
        uint8_t plain[512];
        size_t size;
        ansa_assert(name_body_decode(x->request.body, &cipher) == ANSA_OK);
        ansa_assert(crypto_rsa_decrypt(v->site_key, cipher, plain, sizeof(plain), &size) ==
                    ANSA_OK);
        struct cursor c = cursor_over((struct ansa_bytes){ plain, size });
        ansa_assert(cursor_u32(&c) == CIPHER_AES128);
        struct ansa_bytes key = cursor_rest(&c);
        ansa_assert(key.size == 32);
        fake_respond_as(x, &(struct fake_response){ .rc = RC_SUCCESS,
                                                    .flags = v->keep_open ? FLAG_KEEP_OPEN : 0,
                                                    .serial = 1,
                                                    .session_id = v->id });
        memcpy(v->key.at, key.at, key.size);
        v->key.size = key.size;
        v->key.cipher = CIPHER_AES128;
}

static void check_mac(struct fake_exchange *x)
{
        struct vault *v = x->fake->context;
        struct credential c;
        uint8_t mac[DIGEST_SIZE_MAX];
        uint8_t prefix[CREDENTIAL_PREFIX_MAX];
        ansa_assert(credential_decode(x->request.credential, &c) == ANSA_OK);
        size_t n = credential_prefix(&x->request.envelope, c.counter, CREDENTIAL_MAC, prefix);
        struct ansa_bytes parts[] = { { prefix, n }, x->request.header_and_body };
        struct ansa_bytes key = { v->key.at, v->key.size };
        ansa_assert(hmac_parts(ALGORITHM_SHA256, key, parts, 2, mac) == ANSA_OK);
        ansa_assert(ansa_bytes_equal(c.signature, (struct ansa_bytes){ mac, 32 }));
        ansa_assert(c.counter > v->last_counter);
        v->last_counter = c.counter;
}

static void take_answer(struct fake_exchange *x)
{
        struct vault *v = x->fake->context;
        struct answer_request a;
        struct secret_answer s;
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        struct answer_input input = { ANSA_BYTES_LIT(NONCE), { v->digest, 32 } };
        ansa_assert(answer_request_decode(x->request.body, &a) == ANSA_OK);
        ansa_assert(secret_answer_decode(a.answer, &s) == ANSA_OK);
        struct mac_parameters p = { s.code, s.salt, s.iterations, s.key_bits };
        ansa_assert(answer_mac(&p, ANSA_BYTES_LIT("secret"), &input, mac, &size) == ANSA_OK);
        v->is_authenticated = ansa_bytes_equal(s.mac, (struct ansa_bytes){ mac, size });
        respond(x, v->is_authenticated ? RC_SUCCESS : RC_AUTHENTICATION, v->op,
                v->is_authenticated ? (struct ansa_bytes){ 0 } : ANSA_BYTES_LIT("\0\0\0\0"));
}

static void challenge(struct fake_exchange *x)
{
        struct vault *v = x->fake->context;
        struct ansa_bytes covered = x->request.header_and_body;
        struct buf b = buf_growing(4096);
        v->challenges++;
        v->op = x->request.header.op;
        ansa_assert(digest_parts(ALGORITHM_SHA256, &covered, 1, v->digest) == ANSA_OK);
        buf_block(&b, ANSA_BYTES_LIT(NONCE));
        fake_respond_as(x, &(struct fake_response){
                                   .rc = RC_CHALLENGE,
                                   .flags = v->keep_open ? FLAG_KEEP_OPEN : 0,
                                   .serial = 1,
                                   .session_id = v->id,
                                   .body = buf_written(&b),
                                   .with_digest = true,
                                   .mac_with = &v->key,
                                   .encrypt = (x->request.header.flags & FLAG_ENCRYPT) != 0 });
        buf_fini(&b);
}

static void decrypt(struct fake_exchange *x)
{
        struct vault *v = x->fake->context;
        struct ansa_bytes after = { x->raw.at + ENVELOPE_SIZE, x->raw.size - ENVELOPE_SIZE };
        buf_reset(&v->plain);
        ansa_assert(session_decrypt(&v->key, true, after, &v->plain) == ANSA_OK);
        struct envelope e = x->request.envelope;
        ansa_assert(message_decode(&e, buf_written(&v->plain), &x->request) == ANSA_OK);
        v->encrypted++;
}

static void forget(struct fake_exchange *x)
{
        struct vault *v = x->fake->context;
        v->id = 0;
        respond(x, RC_SESSION_UNKNOWN, 0, ANSA_BYTES_LIT("\0\0\0\0"));
}

static void terminate(struct fake_exchange *x)
{
        struct vault *v = x->fake->context;
        v->terminated++;
        respond(x, RC_SUCCESS, 0, (struct ansa_bytes){ 0 });
        v->id = 0;
}

void vault_serve(struct fake_exchange *x)
{
        struct vault *v = x->fake->context;
        if ((x->request.envelope.flags & ENVELOPE_ENCRYPTED) != 0)
                decrypt(x);
        if (x->request.header.op == OP_SESSION_SETUP) {
                set_up(x);
                return;
        }
        if (x->request.header.op == OP_SESSION_EXCHANGE) {
                exchange(x);
                return;
        }
        v->requests++;
        if (v->slow)
                (void)poll(NULL, 0, 3);
        ansa_assert(x->request.envelope.session_id == v->id);
        check_mac(x);
        if (v->forget_always || (v->forget_at != 0 && v->requests == v->forget_at))
                forget(x);
        else if (x->request.header.op == OP_SESSION_TERMINATE)
                terminate(x);
        else if (x->request.header.op == OP_ANSWER)
                take_answer(x);
        else if (!v->is_authenticated)
                challenge(x);
        else
                respond(x, RC_SUCCESS, 0, (struct ansa_bytes){ 0 });
}
