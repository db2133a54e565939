/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include "base/limits.h"
#include "crypto/answer.h"
#include "identifier/mac.h"
#include "wire/credential.h"
#include "wire/data.h"

#include <stdlib.h>

#define OK(call) assert_int_equal(call, ANSA_OK)

static void put_credential(const struct ask *ask, const struct envelope *e, uint32_t counter,
                           struct ansa_bytes covered, struct buf *b)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        struct ansa_bytes key = { ask->talk->key.at, ask->talk->key.size };
        OK(session_mac(e, counter, key, covered, mac, &size));
        if (ask->wrong_mac)
                mac[0] ^= 1;
        struct credential c = { .counter = counter,
                                .type = ANSA_BYTES_LIT("HS_MAC"),
                                .algorithm = session_mac_name(e),
                                .signature = { mac, size } };
        credential_encode(&c, b);
}

void ask_encode(struct harness *h, const struct ask *ask, struct buf *b)
{
        h->request_id = ask->request_id != 0 ? ask->request_id : h->request_id + 1;
        struct envelope e = { .major = ask->major != 0 ? ask->major : 2,
                              .minor = ask->major != 0 ? ask->minor : 11,
                              .suggested_major = ask->suggested_major,
                              .suggested_minor = ask->suggested_minor,
                              .session_id = ask->talk != NULL ? ask->talk->id : ask->session_id,
                              .request_id = h->request_id };
        struct header header = { .op = ask->op,
                                 .response = ask->response,
                                 .flags = ask->flags,
                                 .site_serial = SITE_SERIAL_UNKNOWN,
                                 .recursion = ask->recursion,
                                 .expires_s = START_S };
        uint8_t room[512];
        struct buf credential = buf_over(room, sizeof(room));
        size_t start = b->size;
        struct message_mark mark = message_begin(b, &e, &header);
        buf_bytes(b, ask->body);
        message_end_body(b, mark);
        struct ansa_bytes covered = message_signed_part(b, mark);
        if (ask->talk != NULL && !ask->without_mac) {
                uint32_t counter = ask->counter != 0 ? ask->counter : ++ask->talk->counter;
                put_credential(ask, &e, counter, covered, &credential);
        }
        message_end(b, mark, buf_written(&credential));
        OK(b->err);
        if (!ask->encrypted)
                return;
        struct buf plain = buf_growing(LIMIT_MESSAGE_SIZE);
        buf_bytes(&plain, (struct ansa_bytes){ b->at + start + ENVELOPE_SIZE,
                                               b->size - start - ENVELOPE_SIZE });
        b->size = start;
        e.flags = ENVELOPE_ENCRYPTED;
        envelope_encode(&e, b);
        static const uint8_t iv[16] = "0123456789abcde";
        OK(session_encrypt(&ask->talk->key, envelope_version(&e) >= VERSION(2, 4), iv,
                           buf_written(&plain), b));
        buf_patch_u32(b, start + 16, (uint32_t)(b->size - start - ENVELOPE_SIZE));
        buf_fini(&plain);
        OK(b->err);
}

/* Take the reply apart; ciphertext is replaced by plaintext in the harness's buffer. */
static struct told take_apart(struct harness *h, const struct talk *talk)
{
        struct told t = { 0 };
        struct envelope e;
        OK(envelope_decode(buf_written(&h->reply), &e));
        assert_int_equal(e.message_size, h->reply.size - ENVELOPE_SIZE);
        assert_int_equal(e.suggested_major, 2);
        assert_int_equal(e.suggested_minor, 11);
        t.version = envelope_version(&e);
        t.was_encrypted = (e.flags & ENVELOPE_ENCRYPTED) != 0;
        if (t.was_encrypted) {
                assert_non_null(talk);
                struct buf plain = buf_growing(LIMIT_MESSAGE_SIZE);
                OK(session_decrypt(&talk->key, t.version >= VERSION(2, 4),
                                   (struct ansa_bytes){ h->reply.at + ENVELOPE_SIZE,
                                                        h->reply.size - ENVELOPE_SIZE },
                                   &plain));
                h->reply.size = ENVELOPE_SIZE;
                buf_bytes(&h->reply, buf_written(&plain));
                buf_fini(&plain);
        }
        struct ansa_bytes after = { h->reply.at + ENVELOPE_SIZE, h->reply.size - ENVELOPE_SIZE };
        OK(message_decode(&e, after, &t.m));
        t.code = t.m.header.response;
        assert_int_not_equal(t.code, RC_REQUEST);
        t.body = t.m.body;
        if ((t.m.header.flags & FLAG_REQUEST_DIGEST) != 0 && t.code != RC_CHALLENGE)
                OK(request_digest_decode(&t.body, &t.digest));
        return t;
}

struct told send_octets(struct harness *h, struct ansa_bytes octets, const struct talk *talk)
{
        /* A copy of just that size, so that a look past its end is seen. */
        uint8_t *copy = malloc(octets.size > 0 ? octets.size : 1);
        assert_non_null(copy);
        if (octets.size > 0)
                memcpy(copy, octets.at, octets.size);
        octets.at = copy;
        struct write_job *job = NULL;
        struct identifier_more *more = h->has_more ? &h->more : NULL;
        buf_reset(&h->reply);
        h->was_slow = false;
        h->was_written = false;
        if (h->carry != NULL) {
                h->carry(h, octets);
                free(copy);
                return take_apart(h, talk);
        }
        enum identifier_outcome outcome =
                identifier_serve(h->hasty, &h->peer, octets, &h->reply, more, &job);
        if (outcome == IDENTIFIER_SLOW) {
                assert_int_equal(h->reply.size, 0);
                h->was_slow = true;
                outcome = identifier_serve(h->slow, &h->peer, octets, &h->reply, more, &job);
        }
        assert_int_not_equal(outcome, IDENTIFIER_SLOW);
        free(copy);
        assert_true((outcome == IDENTIFIER_WRITE) == (job != NULL));
        if (outcome == IDENTIFIER_WRITE) {
                assert_true(identifier_job_size(job) > octets.size);
                h->was_written = true;
                identifier_commit(h->writer, &job, 1);
                identifier_job_reply(identifier_job_is_slow(job) ? h->slow : h->hasty, job, 0,
                                     &h->reply);
                identifier_job_free(job);
        }
        if (outcome == IDENTIFIER_DROP) {
                assert_int_equal(h->reply.size, 0);
                return (struct told){ .dropped = true };
        }
        return take_apart(h, talk);
}

struct told send(struct harness *h, const struct ask *ask)
{
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE);
        ask_encode(h, ask, &b);
        struct told t = send_octets(h, buf_written(&b), ask->talk);
        buf_fini(&b);
        if (!t.dropped)
                assert_int_equal(t.m.envelope.request_id, h->request_id);
        return t;
}

static uint8_t body_room[8192];

struct ansa_bytes resolve_body(const char *name, uint32_t index, const char *type)
{
        struct buf b = buf_over(body_room, sizeof(body_room));
        buf_block(&b, ansa_bytes_text(name));
        buf_u32(&b, index != 0);
        if (index != 0)
                buf_u32(&b, index);
        buf_u32(&b, type != NULL);
        if (type != NULL)
                buf_block(&b, ansa_bytes_text(type));
        return buf_written(&b);
}

struct ansa_bytes name_body(const char *name)
{
        struct buf b = buf_over(body_room, sizeof(body_room));
        name_body_encode(ansa_bytes_text(name), &b);
        return buf_written(&b);
}

struct ansa_bytes record_body_of(const char *name, uint32_t index, const char *type,
                                 const char *data)
{
        uint8_t room[1024];
        uint32_t count = 0;
        struct buf values = buf_over(room, sizeof(room));
        harness_put_value(&values, index, type, ansa_bytes_text(data), 0x0e, &count);
        struct record_body body = { ansa_bytes_text(name), { buf_written(&values), count } };
        struct buf b = buf_over(body_room, sizeof(body_room));
        record_body_encode(&body, &b);
        return buf_written(&b);
}

struct told resolve(struct harness *h, const char *name, uint32_t flags)
{
        struct ask ask = { .op = OP_RESOLVE, .flags = flags, .body = resolve_body(name, 0, NULL) };
        return send(h, &ask);
}

uint32_t value_count(const struct told *told)
{
        struct record_body body;
        assert_int_equal(told->code, RC_SUCCESS);
        OK(record_body_decode(told->body, &body));
        return body.values.count;
}

bool has_value(const struct told *told, uint32_t index)
{
        struct record_body body;
        struct ansa_value v;
        OK(record_body_decode(told->body, &body));
        while (ansa_values_next(&body.values, &v) == ANSA_OK) {
                if (v.index == index)
                        return true;
        }
        return false;
}

static void put_public_answer(struct harness *h, const struct answer_ask *how,
                              const struct challenge_body *c, struct buf *b)
{
        const struct crypto_key *key = how->with == WITH_RSA       ? h->rsa
                                       : how->with == WITH_DSA     ? h->dsa
                                       : how->with == WITH_ED25519 ? h->ed
                                                                   : h->other;
        const char *name = how->algorithm != NULL ? how->algorithm : "SHA-256";
        enum digest_algorithm a = ALGORITHM_SHA256;
        if (how->with != WITH_ED25519)
                OK(digest_from_name(ansa_bytes_text(name), &a));
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size;
        struct ansa_bytes parts[] = { c->nonce, c->digest.digest };
        OK(crypto_sign(key, a, parts, 2, signature, sizeof(signature), &size));
        if (how->with == WITH_WRONG)
                signature[size / 2] ^= 1;
        struct public_answer answer = { ansa_bytes_text(name), { signature, size } };
        public_answer_encode(&answer, b);
}

static void put_secret_answer(const struct answer_ask *how, const struct challenge_body *c,
                              struct buf *b)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        struct secret_answer s = { .code = how->mac_code,
                                   .salt = ANSA_BYTES_LIT("0123456789abcdef"),
                                   .iterations = how->iterations != 0 ? how->iterations : 10000,
                                   .key_bits = 160 };
        struct mac_parameters p = { s.code, s.salt, s.iterations, s.key_bits };
        struct answer_input input = { c->nonce, c->digest.digest };
        enum ansa_err err = answer_mac(&p, ansa_bytes_text(how->secret), &input, mac, &size);
        if (err != ANSA_OK) /* refused to us as to the server: send any */
                size = 20;
        s.mac = (struct ansa_bytes){ mac, size };
        secret_answer_encode(&s, b);
}

struct told answer(struct harness *h, const struct told *challenge, const struct answer_ask *how)
{
        assert_int_equal(challenge->code, RC_CHALLENGE);
        struct challenge_body c;
        bool has_digest = (challenge->m.header.flags & FLAG_REQUEST_DIGEST) != 0;
        OK(challenge_body_decode(challenge->body, challenge->version, has_digest, &c));
        uint8_t answer_room[1024];
        uint8_t room[2048];
        struct buf octets = buf_over(answer_room, sizeof(answer_room));
        struct buf body = buf_over(room, sizeof(room));
        bool is_secret = how->with == WITH_SECRET;
        if (is_secret)
                put_secret_answer(how, &c, &octets);
        else
                put_public_answer(h, how, &c, &octets);
        const char *type = how->type != NULL ? how->type : is_secret ? "HS_SECKEY" : "HS_PUBKEY";
        struct answer_request request = {
                .auth_type = ansa_bytes_text(type),
                .key = { ansa_bytes_text(how->key_name), how->key_index },
                .answer = buf_written(&octets),
        };
        answer_request_encode(&request, &body);
        struct ask ask = how->ask;
        ask.op = OP_ANSWER;
        ask.body = buf_written(&body);
        ask.session_id = challenge->m.envelope.session_id;
        return send(h, &ask);
}

struct told ask_as_admin(struct harness *h, const struct ask *ask)
{
        struct told t = send(h, ask);
        struct answer_ask how = { .with = WITH_RSA,
                                  .key_name = "0.NA/35.TEST",
                                  .key_index = 300,
                                  .ask = { .talk = ask->talk } };
        return answer(h, &t, &how);
}

struct told open_dh(struct harness *h, const char *identity, uint32_t index, struct talk *talk)
{
        struct dh_exchange *dh;
        struct arena arena;
        struct ansa_key own;
        arena_init(&arena, 65536);
        OK(dh_new_group2(&dh));
        OK(dh_public(dh, &arena, &own));
        uint8_t key_room[1024];
        uint8_t room[2048];
        struct buf key = buf_over(key_room, sizeof(key_room));
        struct buf body = buf_over(room, sizeof(room));
        key_encode(&own, &key);
        struct session_request request = { .mode = SESSION_DH,
                                           .identity = { ansa_bytes_text(identity), index },
                                           .public_key = buf_written(&key) };
        session_request_encode(&request, &body);
        struct ask ask = { .op = OP_SESSION_SETUP,
                           .flags = FLAG_CERTIFY | FLAG_REQUEST_DIGEST,
                           .body = buf_written(&body) };
        struct told t = send(h, &ask);
        *talk = (struct talk){ .id = t.m.envelope.session_id };
        if (t.code == RC_SUCCESS) {
                struct session_response response;
                struct ansa_key peer;
                OK(session_response_decode(t.body, &response));
                assert_int_equal(response.mode, SESSION_DH);
                assert_true(response.data.size > 4 && response.data.at[3] == SESSION_AES);
                response.data.at += 4;
                response.data.size -= 4;
                OK(key_decode(response.data, &peer));
                OK(dh_agree(dh, &peer, CIPHER_AES128, &talk->key));
        }
        dh_free(dh);
        arena_fini(&arena);
        return t;
}
