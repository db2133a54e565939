/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/session.h"

#include "base/assert.h"
#include "base/limits.h"
#include "crypto/algorithms.h"

#define BLOCK_KEY_MAX 24u

/* How the cipher of a session is run: the block algorithm and the key it gets. */
struct session_form {
        enum cipher_algorithm cbc;
        enum cipher_algorithm ecb;
        size_t taken;  /* octets of the session key */
        size_t random; /* octets of a new session key */
};

static const struct session_form *form_of(enum session_cipher cipher)
{
        static const struct session_form des = { BLOCK_3DES_CBC, BLOCK_3DES_ECB, 8, 8 };
        static const struct session_form des3 = { BLOCK_3DES_CBC, BLOCK_3DES_ECB, 24, 24 };
        static const struct session_form aes = { BLOCK_AES128_CBC, BLOCK_AES128_ECB, 16, 32 };
        switch (cipher) {
        case CIPHER_DES:
                return &des;
        case CIPHER_3DES:
                return &des3;
        case CIPHER_AES128:
                return &aes;
        }
        return NULL;
}

void session_key_from_random(struct session_key *key, enum session_cipher cipher,
                             const uint8_t random[32])
{
        const struct session_form *form = form_of(cipher);
        ansa_assert(form != NULL);
        *key = (struct session_key){ .size = form->random, .cipher = cipher };
        memcpy(key->at, random, form->random);
}

/* The cipher's own key; ANSA_E_ARGUMENT when the session key is too short for it. */
static enum ansa_err block_key(const struct session_key *key, const struct session_form *form,
                               uint8_t at[BLOCK_KEY_MAX])
{
        if (form == NULL || key->size < form->taken || key->size > SESSION_KEY_SIZE_MAX)
                return ANSA_E_ARGUMENT;
        memset(at, 0, BLOCK_KEY_MAX);
        memcpy(at, key->at, form->taken);
        if (key->cipher == CIPHER_DES) {
                memcpy(at + 8, key->at, 8);
                memcpy(at + 16, key->at, 8);
        }
        return ANSA_OK;
}

enum ansa_err session_encrypt(const struct session_key *key, bool has_iv, const uint8_t iv[16],
                              struct ansa_bytes plain, struct buf *out)
{
        const struct session_form *form = form_of(key->cipher);
        uint8_t secret[BLOCK_KEY_MAX];
        enum ansa_err err = block_key(key, form, secret);
        if (err != ANSA_OK)
                return err;
        enum cipher_algorithm algorithm = has_iv ? form->cbc : form->ecb;
        size_t block = block_size(algorithm);
        size_t front = has_iv ? block : 0;
        size_t before = out->size;
        size_t made = 0;
        if (plain.size > LIMIT_MESSAGE_SIZE) {
                err = ANSA_E_LIMIT;
                goto out;
        }
        size_t padded = plain.size - plain.size % block + block;
        uint8_t *at = buf_take(out, front + padded);
        if (at == NULL) {
                err = out->err;
                goto out;
        }
        if (has_iv)
                memcpy(at, iv, front);
        err = block_encrypt(algorithm, secret, has_iv ? iv : NULL, plain, at + front, &made);
        ansa_assert(err != ANSA_OK || made == padded);
        out->size = err == ANSA_OK ? before + front + made : before;
out:
        wipe(secret, sizeof(secret));
        return err;
}

enum ansa_err session_decrypt(const struct session_key *key, bool has_iv, struct ansa_bytes cipher,
                              struct buf *out)
{
        const struct session_form *form = form_of(key->cipher);
        uint8_t secret[BLOCK_KEY_MAX];
        enum ansa_err err = block_key(key, form, secret);
        if (err != ANSA_OK)
                return err;
        enum cipher_algorithm algorithm = has_iv ? form->cbc : form->ecb;
        size_t front = has_iv ? block_size(algorithm) : 0;
        size_t before = out->size;
        size_t made = 0;
        if (cipher.size <= front) {
                err = ANSA_E_UNAUTHENTIC;
                goto out;
        }
        if (cipher.size > LIMIT_MESSAGE_SIZE + 2 * BLOCK_SIZE_MAX) {
                err = ANSA_E_LIMIT;
                goto out;
        }
        const struct ansa_bytes body = { cipher.at + front, cipher.size - front };
        uint8_t *at = buf_take(out, body.size);
        if (at == NULL) {
                err = out->err;
                goto out;
        }
        err = block_decrypt(algorithm, secret, has_iv ? cipher.at : NULL, body, at, &made);
        if (err != ANSA_OK)
                wipe(at, body.size);
        out->size = err == ANSA_OK ? before + made : before;
out:
        wipe(secret, sizeof(secret));
        return err;
}
