/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as they go out. */
#include "client/message.h"

#include "base/assert.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "wire/cursor.h"

#define LIFETIME_S      43200u /* what deployed clients write */
#define CREDENTIAL_MAX  128u   /* octets of an HS_MAC credential */
#define REQUEST_ID_MASK 0x7fffffffu

void sent_init(struct sent *s)
{
        *s = (struct sent){ .covered = buf_growing(LIMIT_MESSAGE_SIZE),
                            .challenged = buf_growing(LIMIT_MESSAGE_SIZE) };
}

void sent_fini(struct sent *s)
{
        buf_fini(&s->covered);
        buf_fini(&s->challenged);
        sent_init(s);
}

static uint32_t new_request_id(struct env *env)
{
        uint8_t r[4] = { 0 };
        uint32_t id = 0;
        while (id == 0) {
                env->random(env, r, sizeof(r));
                id = load_u32(r) & REQUEST_ID_MASK;
        }
        return id;
}

/* The MAC of a session: HMAC-SHA256 from 2.7, SHA1 forms before (irp-wire 7.1 to 7.3). */
static enum ansa_err put_mac(const struct envelope *e, const struct secrets *s,
                             struct ansa_bytes covered, struct buf *credential)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        uint16_t version = envelope_version(e);
        struct ansa_bytes key = { s->key.at, s->key.size };
        struct credential c = { .counter = s->counter, .type = ANSA_BYTES_LIT("HS_MAC") };
        enum ansa_err err;
        if (version >= VERSION(2, 7)) {
                uint8_t prefix[CREDENTIAL_PREFIX_MAX];
                size_t n = credential_prefix(e, s->counter, CREDENTIAL_MAC, prefix);
                struct ansa_bytes parts[] = { { prefix, n }, covered };
                c.algorithm = ANSA_BYTES_LIT("HMAC-SHA256");
                c.signature = (struct ansa_bytes){ mac, digest_size(ALGORITHM_SHA256) };
                err = hmac_parts(ALGORITHM_SHA256, key, parts, 2, mac);
        } else {
                struct buf input = buf_growing(2 * LIMIT_MESSAGE_SIZE);
                if (version >= VERSION(2, 5)) {
                        credential_mac_input_old(e, s->counter, key, covered, &input);
                } else {
                        buf_bytes(&input, key);
                        buf_bytes(&input, covered);
                        buf_bytes(&input, key);
                }
                struct ansa_bytes all = buf_written(&input);
                c.algorithm =
                        version >= VERSION(2, 6) ? ANSA_BYTES_LIT("SHA1") : ANSA_BYTES_LIT("\002");
                c.signature = (struct ansa_bytes){ mac, digest_size(ALGORITHM_SHA1) };
                err = input.err != ANSA_OK ? input.err : digest_parts(ALGORITHM_SHA1, &all, 1, mac);
                buf_fini(&input);
        }
        if (err == ANSA_OK)
                credential_encode(&c, credential);
        wipe(mac, sizeof(mac));
        return err != ANSA_OK ? err : credential->err;
}

/* Replace what follows the envelope in @out by its encryption. */
static enum ansa_err encrypt(const struct envelope *e, const struct secrets *s, struct env *env,
                             struct buf *out)
{
        uint8_t iv[16];
        struct buf cipher = buf_growing(LIMIT_MESSAGE_SIZE + 64);
        env->random(env, iv, sizeof(iv));
        struct ansa_bytes plain = { out->at + ENVELOPE_SIZE, out->size - ENVELOPE_SIZE };
        bool has_iv = envelope_version(e) >= VERSION(2, 4);
        enum ansa_err err = session_encrypt(&s->key, has_iv, iv, plain, &cipher);
        if (err == ANSA_OK) {
                struct envelope changed = *e;
                changed.message_size = (uint32_t)cipher.size;
                buf_reset(out);
                envelope_encode(&changed, out);
                buf_bytes(out, buf_written(&cipher));
                err = out->err;
        }
        buf_fini(&cipher);
        return err;
}

enum ansa_err request_write(const struct ask *ask, const struct peer *peer, struct secrets *secrets,
                            uint32_t session_id, struct env *env, struct buf *out,
                            struct sent *sent)
{
        bool encrypted = secrets != NULL && (secrets->encrypt_all || ask->has_secrets ||
                                             (ask->flags & FLAG_ENCRYPT) != 0);
        struct header h = { .op = ask->op,
                            .flags = ask->flags | (encrypted ? FLAG_ENCRYPT : 0),
                            .site_serial = peer->serial,
                            .recursion = ask->recursion,
                            .expires_s = env->wall_s(env) + LIFETIME_S };
        struct envelope e = { .major = (uint8_t)(peer->version >> 8),
                              .minor = (uint8_t)peer->version,
                              .suggested_major = (uint8_t)(VERSION_OWN >> 8),
                              .suggested_minor = (uint8_t)VERSION_OWN,
                              .flags = encrypted ? ENVELOPE_ENCRYPTED : 0,
                              .session_id = secrets != NULL ? secrets->id : session_id,
                              .request_id = new_request_id(env) };
        uint8_t room[CREDENTIAL_MAX];
        struct buf credential = buf_over(room, sizeof(room));
        enum ansa_err err = ANSA_OK;
        buf_reset(out);
        struct message_mark mark = message_begin(out, &e, &h);
        buf_bytes(out, ask->body);
        message_end_body(out, mark);
        if (out->err != ANSA_OK)
                return out->err;
        struct ansa_bytes covered = message_signed_part(out, mark);
        if (ask->op == OP_ANSWER && sent->op != OP_ANSWER) {
                struct buf challenged = sent->challenged;
                sent->challenged = sent->covered;
                sent->covered = challenged;
        }
        sent->op = ask->op;
        sent->flags = h.flags;
        sent->request_id = e.request_id;
        sent->session_id = e.session_id;
        sent->peer_key = peer->key;
        buf_reset(&sent->covered);
        buf_bytes(&sent->covered, covered);
        if (secrets != NULL) {
                secrets->counter++;
                err = put_mac(&e, secrets, covered, &credential);
        }
        message_end(out, mark, buf_written(&credential));
        if (err == ANSA_OK)
                err = out->err != ANSA_OK ? out->err : sent->covered.err;
        if (err == ANSA_OK && out->size > ENVELOPE_SIZE + LIMIT_MESSAGE_SIZE)
                err = ANSA_E_LIMIT;
        if (err == ANSA_OK && encrypted)
                err = encrypt(&e, secrets, env, out);
        return err;
}
