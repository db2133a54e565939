/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "base/assert.h"
#include "base/limits.h"
#include "crypto/answer.h"
#include "wire/credential.h"
#include "wire/cursor.h"
#include "wire/data.h"

/*
 * Who there is, with which keys, and how they put messages together. Messages, MACs and
 * answers are made here with the wire and crypto layers only.
 */

/* Of no use to anybody: one RSA key for all tests, since making one is slow and not seeded. */
static const char rsa_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBALt3fLTIQj4Jt3+j\n"
                              "lrW7lNssgafbQT+55NyqsMWJ48mapib8N2WkAn7YZ0pPN6afjMDJR2pBtnxFE0Xg\n"
                              "tg2w+YYIxb6FUBR/pwv81zwoINaPs9jGSu6GUpsvBI3yN50E2xJiSM7zMcuPk6KA\n"
                              "Zygn0kMsHRO/WiB6D4abV3YyltJ1AgMBAAECgYApmBheUDSKaUOCmXxd9DHR820N\n"
                              "HlO63PcPkvvHyJF28M4+xiVQcvRuynsYfL0fRjVHrSEgTVY8+mKNVY9vOD4UgvQl\n"
                              "s4ZmId6Pp4X/szV7rX6G2i5UFhs2ybt9/4FAykTPSSw9bpeq3lPdOoMxx5SDbo+m\n"
                              "pILfTyF4vJq11ceBHQJBAN0ERrWgSuy9FB5Sxp0bzdHxuYe3FTWjqz1v42tsEuNM\n"
                              "D7JbIfZs5b8ht+edZbnJX/2urHq329SU/Fu819Vs5rMCQQDZI79UhIB0Ny0fwGJL\n"
                              "9DSUPb2yt5VHwItmdT7IFswkYe5RblfHvWzG+l2xuj52ugPbDPi4kutekWlpvlCK\n"
                              "GrY3AkAkdKIdL1VsezuoTMsJ+x4V9SM/KYnMETUbqyr9+xOafl9QcgvGE+xJfIxT\n"
                              "Hfk7jeXReFBm5ZDTHcgKcbnAMHhVAkB7lyMxwfEzNKyUY/YO8UJ0FehBLsji/C7b\n"
                              "9GP1kzRCiRMSelGwOJsPbjWiETW4cgv7xBhVRhp9yxpKu64vzSBlAkEArCDJOTgs\n"
                              "tNENbMFiNUbhMrkYIrgYXb+5ZLK93H3KIPzOSH9aEA22ODzMNpDfvuisAFVObwp2\n"
                              "mPZ6ELFX5Uujug==\n"
                              "-----END PRIVATE KEY-----\n";

static const struct {
        const char *nick;
        const char *name;
        uint32_t index;
        enum person_kind kind;
        uint32_t weight;
} everybody[PEOPLE] = {
        { "root", "0.NA/35.A", 300, PERSON_ED25519, 14 },
        { "alice", "35.A/ALICE", 300, PERSON_ED25519, 5 },
        { "bob", "35.A/BOB", 301, PERSON_SECRET, 4 },
        { "carol", "35.B/CAROL", 300, PERSON_RSA, 3 },
        { "dave", "35.B/DAVE", 301, PERSON_SECRET, 3 },
        { "mallory", "35.A/MALLORY", 300, PERSON_ED25519, 3 },
        { "ghost", "35.A/GHOST", 300, PERSON_ED25519, 1 }, /* registered nowhere */
};

static struct ansa_bytes encode_public(struct world *w, const struct crypto_key *key)
{
        struct ansa_key parts;
        uint8_t room[1024];
        struct buf b = buf_over(room, sizeof(room));
        ansa_assert(crypto_key_parts(key, false, &w->scratch, &parts) == ANSA_OK);
        key_encode(&parts, &b);
        ansa_assert(b.err == ANSA_OK);
        return world_keep(w, buf_written(&b));
}

void people_make(struct world *w)
{
        ansa_assert(crypto_key_from_pem(ansa_bytes_text(rsa_pem), (struct ansa_bytes){ 0 },
                                        &w->rsa) == ANSA_OK);
        w->rsa_data = encode_public(w, w->rsa);
        for (size_t i = 0; i < PEOPLE; i++) {
                struct person *p = &w->person[i];
                uint8_t seed[32];
                chance_fill(&w->chance, seed, sizeof(seed));
                p->nick = everybody[i].nick;
                p->who.name = ansa_bytes_text(everybody[i].name);
                p->who.index = everybody[i].index;
                p->kind = everybody[i].kind;
                struct ansa_key parts = { .kind = ANSA_KEY_ED25519,
                                          .is_private = true,
                                          .part_count = 1,
                                          .part = { { seed, sizeof(seed) } } };
                if (p->kind == PERSON_ED25519)
                        ansa_assert(crypto_key_new(&parts, &p->key) == ANSA_OK);
                if (p->kind == PERSON_RSA)
                        p->key = w->rsa;
                p->data = p->kind == PERSON_SECRET
                                  ? world_keep(w, (struct ansa_bytes){ seed, 8 + seed[0] % 24u })
                                  : encode_public(w, p->key);
        }
}

void people_free(struct world *w)
{
        for (size_t i = 0; i < PEOPLE; i++) {
                if (w->person[i].kind == PERSON_ED25519)
                        crypto_key_free(w->person[i].key);
        }
        crypto_key_free(w->rsa);
}

const struct person *people_any(struct world *w)
{
        uint32_t sum = 0;
        for (size_t i = 0; i < PEOPLE; i++)
                sum += everybody[i].weight;
        uint32_t n = chance_below(&w->chance, sum);
        size_t i = 0;
        for (; n >= everybody[i].weight; i++)
                n -= everybody[i].weight;
        return &w->person[i];
}

enum ansa_err people_mac(const struct envelope *e, uint32_t counter, struct ansa_bytes key,
                         struct ansa_bytes covered, uint8_t mac[DIGEST_SIZE_MAX], size_t *size)
{
        uint16_t version = envelope_version(e);
        if (version >= VERSION(2, 7)) {
                uint8_t prefix[CREDENTIAL_PREFIX_MAX];
                size_t prefix_size = credential_prefix(e, counter, CREDENTIAL_MAC, prefix);
                struct ansa_bytes parts[] = { { prefix, prefix_size }, covered };
                *size = digest_size(ALGORITHM_SHA256);
                return hmac_parts(ALGORITHM_SHA256, key, parts, 2, mac);
        }
        *size = digest_size(ALGORITHM_SHA1);
        if (version < VERSION(2, 5)) {
                struct ansa_bytes parts[] = { key, covered, key };
                return digest_parts(ALGORITHM_SHA1, parts, 3, mac);
        }
        struct buf old = buf_growing(2 * (size_t)LIMIT_MESSAGE_SIZE);
        credential_mac_input_old(e, counter, key, covered, &old);
        struct ansa_bytes input = buf_written(&old);
        enum ansa_err err = digest_parts(ALGORITHM_SHA1, &input, 1, mac);
        buf_fini(&old);
        return err;
}

struct ansa_bytes people_mac_name(const struct envelope *e)
{
        uint16_t version = envelope_version(e);
        return version >= VERSION(2, 7)   ? ANSA_BYTES_LIT("HMAC-SHA256")
               : version == VERSION(2, 6) ? ANSA_BYTES_LIT("SHA1")
                                          : ANSA_BYTES_LIT("\2");
}

static struct ansa_bytes make_credential(struct world *w, const struct envelope *e,
                                         const struct link *link, struct ansa_bytes covered)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        struct ansa_bytes key = { link->key.at, link->key.size };
        ansa_assert(people_mac(e, link->counter, key, covered, mac, &size) == ANSA_OK);
        struct credential c = { .counter = link->counter,
                                .type = ANSA_BYTES_LIT("HS_MAC"),
                                .algorithm = people_mac_name(e),
                                .signature = { mac, size } };
        uint8_t room[256];
        struct buf b = buf_over(room, sizeof(room));
        credential_encode(&c, &b);
        return world_keep(w, buf_written(&b));
}

static struct ansa_bytes encrypt(struct world *w, const struct link *link, struct ansa_bytes plain)
{
        struct envelope e;
        ansa_assert(envelope_decode(plain, &e) == ANSA_OK);
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE);
        uint8_t iv[16];
        chance_fill(&w->chance, iv, sizeof(iv));
        e.flags |= ENVELOPE_ENCRYPTED;
        envelope_encode(&e, &b);
        struct ansa_bytes rest = { plain.at + ENVELOPE_SIZE, plain.size - ENVELOPE_SIZE };
        bool has_iv = envelope_version(&e) >= VERSION(2, 4);
        ansa_assert(session_encrypt(&link->key, has_iv, iv, rest, &b) == ANSA_OK);
        buf_patch_u32(&b, ENVELOPE_SIZE - 4, (uint32_t)(b.size - ENVELOPE_SIZE));
        struct ansa_bytes kept = world_keep(w, buf_written(&b));
        buf_fini(&b);
        return kept;
}

struct sent *people_pack(struct world *w, struct call *call, const struct header *h,
                         struct ansa_bytes body, struct link *link, uint32_t session_id,
                         uint32_t request_id)
{
        struct envelope e = {
                .major = (uint8_t)(call->version >> 8),
                .minor = (uint8_t)call->version,
                .suggested_major = (uint8_t)(call->suggested >> 8),
                .suggested_minor = (uint8_t)call->suggested,
                .session_id = link != NULL ? link->id : session_id,
                .request_id = request_id,
        };
        struct buf b = buf_growing(LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE);
        struct message_mark mark = message_begin(&b, &e, h);
        buf_bytes(&b, body);
        message_end_body(&b, mark);
        struct ansa_bytes credential = { 0 };
        if (link != NULL) {
                link->counter++;
                credential = make_credential(w, &e, link, message_signed_part(&b, mark));
        }
        message_end(&b, mark, credential);
        struct sent *sent = world_alloc(w, sizeof(*sent));
        sent->plain = world_keep(w, buf_written(&b));
        buf_fini(&b);
        sent->call = call;
        sent->link = link;
        sent->counter = link != NULL ? link->counter : 0;
        sent->transport = call->transport;
        sent->server = call->server;
        sent->is_opaque = link != NULL && link->is_opaque;
        bool encrypts =
                link != NULL && ((h->flags & FLAG_ENCRYPT) != 0 || chance_in(&w->chance, 3));
        sent->bytes = encrypts ? encrypt(w, link, sent->plain) : sent->plain;
        return sent;
}

static void put_public_answer(const struct person *as, uint16_t version,
                              const struct ansa_bytes parts[2], struct buf *b)
{
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size = 0;
        bool is_new = version >= VERSION(2, 7);
        struct public_answer answer = { .algorithm = ANSA_BYTES_LIT("Ed25519") };
        if (as->kind == PERSON_RSA)
                answer.algorithm = is_new ? ANSA_BYTES_LIT("SHA-256") : ANSA_BYTES_LIT("SHA1");
        ansa_assert(crypto_sign(as->key, is_new ? ALGORITHM_SHA256 : ALGORITHM_SHA1, parts, 2,
                                signature, sizeof(signature), &size) == ANSA_OK);
        answer.signature = (struct ansa_bytes){ signature, size };
        public_answer_encode(&answer, b);
}

/* The forms that clients of @version write. */
static void put_secret_answer(struct world *w, const struct person *as, uint16_t version,
                              const struct answer_input *input, struct buf *b)
{
        static const uint8_t recent[] = { MAC_PBKDF2,    MAC_PBKDF2, MAC_HMAC_SHA256,
                                          MAC_HMAC_SHA1, MAC_SHA256, MAC_SHA1 };
        uint8_t salt[16];
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        chance_fill(&w->chance, salt, sizeof(salt));
        uint8_t any = recent[chance_below(&w->chance, sizeof(recent))];
        struct mac_parameters p = { .code = version >= VERSION(2, 7)   ? any
                                            : version >= VERSION(2, 1) ? MAC_SHA1
                                                                       : MAC_BARE_MD5 };
        if (p.code == MAC_PBKDF2) {
                p.salt = (struct ansa_bytes){ salt, sizeof(salt) };
                p.iterations = 5;
                p.key_bits = 160;
        }
        ansa_assert(answer_mac(&p, as->data, input, mac, &size) == ANSA_OK);
        struct secret_answer answer = { p.code, { mac, size }, p.salt, p.iterations, p.key_bits };
        secret_answer_encode(&answer, b);
}

void people_put_answer(struct world *w, const struct person *key, uint16_t version,
                       struct ansa_bytes nonce, struct ansa_bytes digest, struct buf *b)
{
        const struct ansa_bytes parts[2] = { nonce, digest };
        struct answer_input input = { nonce, digest };
        if (key->kind == PERSON_SECRET)
                put_secret_answer(w, key, version, &input, b);
        else
                put_public_answer(key, version, parts, b);
}

const struct person *people_impostor(struct world *w, const struct person *as)
{
        if (as->kind == PERSON_SECRET)
                return &w->person[as == &w->person[2] ? 4 : 2];
        return &w->person[as == &w->person[6] ? 5 : 6];
}

struct sent *people_answer(struct world *w, const struct person *as, struct dare *dare,
                           struct call *call, bool lies)
{
        const struct person *key = lies ? people_impostor(w, as) : as;
        struct envelope e = { .major = (uint8_t)(call->version >> 8),
                              .minor = (uint8_t)call->version,
                              .suggested_major = (uint8_t)(call->suggested >> 8),
                              .suggested_minor = (uint8_t)call->suggested };
        uint16_t version = envelope_suggested(&e);
        uint8_t room[1024];
        uint8_t body_room[2048];
        struct buf answer = buf_over(room, sizeof(room));
        struct buf body = buf_over(body_room, sizeof(body_room));
        people_put_answer(w, key, version, dare->nonce, dare->digest, &answer);
        struct answer_request request = {
                .auth_type = as->kind == PERSON_SECRET ? ANSA_BYTES_LIT("HS_SECKEY")
                                                       : ANSA_BYTES_LIT("HS_PUBKEY"),
                .key = as->who,
                .answer = buf_written(&answer),
        };
        if (dare->link == NULL && chance_in(&w->chance, 8))
                request.key.index = 0; /* any key of mine */
        answer_request_encode(&request, &body);
        ansa_assert(body.err == ANSA_OK);
        struct header h = { .op = OP_ANSWER,
                            .site_serial = SITE_SERIAL_UNKNOWN,
                            .expires_s = call->serial };
        struct sent *sent =
                people_pack(w, call, &h, buf_written(&body), dare->link, dare->id, ++w->next_id);
        sent->kind = SENT_ANSWER;
        sent->dare = dare;
        sent->who = request.key;
        sent->person = as;
        sent->is_true = !lies;
        if (!lies && (dare->link == NULL || dare->link->person != as))
                w->tokens[w->token_count++] =
                        (struct token){ .call = dare->call, .who = as->who, .dare = dare };
        w->tally.answers++;
        return sent;
}

/* A block with the session key of @link; or something else, which no server can use. */
struct ansa_bytes people_key_block(struct world *w, struct link *link, bool is_nonsense)
{
        uint8_t plain[4 + SESSION_KEY_SIZE_MAX];
        uint8_t cipher[512];
        size_t size = 0;
        struct buf b = buf_over(plain, sizeof(plain));
        uint32_t how = chance_below(&w->chance, 4);
        link->key.cipher = CIPHER_AES128;
        link->key.size = 16 + chance_below(&w->chance, 17);
        chance_fill(&w->chance, link->key.at, link->key.size);
        buf_u32(&b, is_nonsense && how == 0 ? 9 : SESSION_AES);
        buf_bytes(&b, (struct ansa_bytes){ link->key.at,
                                           is_nonsense && how == 1 ? 15 : link->key.size });
        ansa_assert(crypto_rsa_encrypt(w->rsa, buf_written(&b), cipher, sizeof(cipher), &size) ==
                    ANSA_OK);
        if (is_nonsense && how >= 2)
                chance_fill(&w->chance, cipher + 8, how == 2 ? size - 8 : 1);
        if (is_nonsense) /* as if a server had used what was not set */
                memset(link->key.at, 0, sizeof(link->key.at));
        return world_keep(w, (struct ansa_bytes){ cipher, size });
}

/* The key of a session from the server's answer: mode 1, 3 or 4; of mode 2 the server's key. */
bool people_session_key(struct world *w, struct call *call, struct ansa_bytes body,
                        struct link *link)
{
        struct session_response response;
        if (session_response_decode(body, &response) != ANSA_OK)
                return false;
        struct cursor c = cursor_over(response.data);
        struct ansa_key peer;
        if (response.mode == SESSION_SERVER_KEY)
                return ansa_bytes_equal(response.data, w->rsa_data);
        if (response.mode == SESSION_DH) {
                uint32_t algorithm = cursor_u32(&c);
                return algorithm == SESSION_AES && key_decode(cursor_rest(&c), &peer) == ANSA_OK &&
                       dh_agree(call->dh, &peer, CIPHER_AES128, &link->key) == ANSA_OK;
        }
        uint8_t plain[SESSION_KEY_SIZE_MAX];
        size_t size = 0;
        if (crypto_rsa_decrypt(w->rsa, response.data, plain, sizeof(plain), &size) != ANSA_OK)
                return false;
        c = cursor_over((struct ansa_bytes){ plain, size });
        uint32_t algorithm = cursor_u32(&c);
        struct ansa_bytes key = cursor_rest(&c);
        if (c.err != ANSA_OK || algorithm != SESSION_AES || key.size != 32)
                return false;
        memcpy(link->key.at, key.at, key.size);
        link->key.size = key.size;
        link->key.cipher = CIPHER_AES128;
        return true;
}
