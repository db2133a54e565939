/* SPDX-License-Identifier: Apache-2.0 */
/* How a session comes about (irp-wire 4.14, irp-service 6). */
#include "base/limits.h"
#include "client/channel.h"
#include "crypto/key.h"
#include "wire/cursor.h"
#include "wire/data.h"

#define KEY_ARENA_MAX  16384u
#define DH_BITS_MIN    1024u /* the server's group is ours; this guards against nonsense */
#define RSA_BITS_MIN   1024u
#define NEW_KEY_SIZE   32u
#define CIPHERTEXT_MAX 1024u

void session_forget(struct channel *c)
{
        wipe(&c->secrets, sizeof(c->secrets));
        c->secrets = (struct secrets){ .encrypt_all = c->options.encrypt_all };
        c->has_exchange_due = false;
        c->is_authenticated = false;
        dh_free(c->dh);
        c->dh = NULL;
}

static uint16_t wire_mode(enum ansa_session_mode mode)
{
        switch (mode) {
        case ANSA_SESSION_PLAIN:
                return SESSION_NONE;
        case ANSA_SESSION_DH:
                return SESSION_DH;
        case ANSA_SESSION_CLIENT_KEY:
                return SESSION_CLIENT_KEY;
        case ANSA_SESSION_SERVER_KEY:
                return SESSION_SERVER_KEY;
        case ANSA_SESSION_HANDLE_KEY:
                return SESSION_HANDLE_KEY;
        }
        return SESSION_NONE;
}

static enum ansa_err own_public_key(struct channel *c, struct arena *arena, struct ansa_key *key)
{
        if (c->options.mode != ANSA_SESSION_DH)
                return crypto_key_parts(c->options.rsa_key, false, arena, key);
        enum ansa_err err = ANSA_OK;
        if (c->dh == NULL)
                err = dh_new(NULL, DH_BITS_MIN, &c->dh);
        return err == ANSA_OK ? dh_public(c->dh, arena, key) : err;
}

static enum ansa_err put_setup(struct channel *c, struct buf *body)
{
        struct arena arena;
        struct ansa_key key;
        enum ansa_err err = ANSA_OK;
        struct buf encoded = buf_growing(KEY_ARENA_MAX);
        struct session_request r = { .timeout_s = c->options.session_timeout_s };
        arena_init(&arena, KEY_ARENA_MAX);
        if (c->options.identity != NULL)
                r.identity = *c->options.identity;
        r.mode = wire_mode(c->options.mode);
        if (r.mode == SESSION_HANDLE_KEY)
                r.key = *c->options.rsa_ref;
        if (r.mode == SESSION_DH || r.mode == SESSION_CLIENT_KEY) {
                err = own_public_key(c, &arena, &key);
                if (err == ANSA_OK) {
                        key_encode(&key, &encoded);
                        err = encoded.err;
                }
                r.public_key = buf_written(&encoded);
        }
        if (err == ANSA_OK) {
                session_request_encode(&r, body);
                err = body->err;
        }
        buf_fini(&encoded);
        arena_fini(&arena);
        return err;
}

/* The server waits for the key that we made, under its own public key (mode 2). */
static enum ansa_err put_exchange(struct channel *c, struct buf *body)
{
        uint8_t room[CIPHERTEXT_MAX];
        uint8_t plain[4 + SESSION_KEY_SIZE_MAX];
        struct ansa_key parts;
        struct crypto_key *key = NULL;
        size_t size = 0;
        struct buf p = buf_over(plain, sizeof(plain));
        buf_u32(&p, c->secrets.key.cipher);
        buf_bytes(&p, (struct ansa_bytes){ c->secrets.key.at, c->secrets.key.size });
        struct ansa_bytes encoded = buf_written(&c->server_key);
        enum ansa_err err = key_decode(encoded, &parts);
        if (err == ANSA_OK)
                err = crypto_key_new(&parts, &key);
        if (err == ANSA_OK &&
            (crypto_key_kind(key) != ANSA_KEY_RSA || crypto_key_bits(key) < RSA_BITS_MIN))
                err = ANSA_E_DENIED;
        if (err == ANSA_OK)
                err = crypto_rsa_encrypt(key, buf_written(&p), room, sizeof(room), &size);
        if (err == ANSA_OK) {
                name_body_encode((struct ansa_bytes){ room, size }, body);
                err = body->err;
        }
        crypto_key_free(key);
        wipe(plain, sizeof(plain));
        return err;
}

enum ansa_err session_ask(struct channel *c, struct buf *body, uint32_t *op)
{
        *op = c->has_exchange_due ? OP_SESSION_EXCHANGE : OP_SESSION_SETUP;
        return c->has_exchange_due ? put_exchange(c, body) : put_setup(c, body);
}

static enum ansa_err take_dh(struct channel *c, struct ansa_bytes data)
{
        struct ansa_key peer;
        struct cursor cursor = cursor_over(data);
        uint32_t cipher = cursor_u32(&cursor); /* we suggest 2.11, so it is there */
        struct ansa_bytes encoded = cursor_rest(&cursor);
        if (cursor.err != ANSA_OK)
                return cursor.err;
        if (cipher < CIPHER_DES || cipher > CIPHER_AES128)
                return ANSA_E_UNSUPPORTED;
        enum ansa_err err = key_decode(encoded, &peer);
        if (err == ANSA_OK && peer.kind != ANSA_KEY_DH)
                err = ANSA_E_MALFORMED;
        if (err == ANSA_OK)
                err = dh_agree(c->dh, &peer, (enum session_cipher)cipher, &c->secrets.key);
        return err;
}

/* The session key under our RSA key: u32 algorithm, key. */
static enum ansa_err take_encrypted(struct channel *c, struct ansa_bytes data)
{
        uint8_t plain[CIPHERTEXT_MAX];
        size_t size = 0;
        enum ansa_err err =
                crypto_rsa_decrypt(c->options.rsa_key, data, plain, sizeof(plain), &size);
        struct cursor cursor = cursor_over((struct ansa_bytes){ plain, size });
        uint32_t cipher = cursor_u32(&cursor);
        struct ansa_bytes key = cursor_rest(&cursor);
        if (err == ANSA_OK)
                err = cursor.err;
        if (err == ANSA_OK && (cipher < CIPHER_DES || cipher > CIPHER_AES128))
                err = ANSA_E_UNSUPPORTED;
        /* As many octets as the cipher takes, at least. */
        size_t least = cipher == CIPHER_3DES ? 24 : cipher == CIPHER_AES128 ? 16 : 8;
        if (err == ANSA_OK && (key.size < least || key.size > SESSION_KEY_SIZE_MAX))
                err = ANSA_E_MALFORMED;
        if (err == ANSA_OK) {
                memcpy(c->secrets.key.at, key.at, key.size);
                c->secrets.key.size = key.size;
                c->secrets.key.cipher = (enum session_cipher)cipher;
        }
        wipe(plain, sizeof(plain));
        return err;
}

static enum ansa_err begin_exchange(struct channel *c, struct ansa_bytes server_key)
{
        uint8_t random[NEW_KEY_SIZE];
        c->options.env->random(c->options.env, random, sizeof(random));
        session_key_from_random(&c->secrets.key, CIPHER_AES128, random);
        wipe(random, sizeof(random));
        buf_reset(&c->server_key);
        buf_bytes(&c->server_key, server_key);
        c->has_exchange_due = true;
        return c->server_key.err;
}

enum ansa_err session_take(struct channel *c, const struct reply *reply, const char **problem)
{
        struct session_response r;
        *problem = "";
        if (reply->header.response != RC_SUCCESS)
                return ANSA_E_REFUSED;
        if (c->has_exchange_due) {
                c->has_exchange_due = false;
                return ANSA_OK;
        }
        *problem = "has an unusable session key";
        enum ansa_err err = session_response_decode(reply->body, &r);
        if (err != ANSA_OK)
                return err;
        uint16_t mode = wire_mode(c->options.mode);
        if (r.mode != mode || reply->envelope.session_id == 0)
                return ANSA_E_MALFORMED;
        if (mode == SESSION_DH)
                err = take_dh(c, r.data);
        else if (mode == SESSION_SERVER_KEY)
                err = begin_exchange(c, r.data);
        else
                err = take_encrypted(c, r.data);
        if (err != ANSA_OK)
                return err;
        dh_free(c->dh);
        c->dh = NULL;
        c->secrets.id = reply->envelope.session_id;
        c->secrets.counter = 0;
        c->secrets.encrypt_all = c->options.encrypt_all;
        *problem = "";
        return ANSA_OK;
}
