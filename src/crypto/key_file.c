/* SPDX-License-Identifier: Apache-2.0 */
/* Private key files of the Java tools: what is between passphrase and payload (irp-wire 6.6). */
#include "base/assert.h"
#include "base/buf.h"
#include "base/limits.h"
#include "crypto/algorithms.h"
#include "crypto/key.h"
#include "crypto/password.h"

/* Numbers of the format; the wire layer has them as enum key_file_form. */
enum { FORM_DES_ECB = 0, FORM_PLAIN = 1, FORM_DES_CBC = 2, FORM_3DES = 3, FORM_AES = 4 };

#define ITERATIONS_MAX    10000000u /* seconds of work; the tools write 10,000 */
#define BLOCK_KEY_MAX     32u
#define TYPE_NAME_MAX     64u    /* octets; RSA_PRIVCRT_KEY is the longest there is */
#define KEY_FILE_PART_MAX 65536u /* octets of a passphrase or salt */

struct unlocked {
        enum cipher_algorithm algorithm;
        uint8_t key[BLOCK_KEY_MAX];
        const uint8_t *iv; /* NULL for ECB */
};

static enum ansa_err des_key(struct ansa_bytes passphrase, uint8_t key[BLOCK_KEY_MAX])
{
        uint8_t digest[DIGEST_SIZE_MAX];
        enum ansa_err err = digest_parts(ALGORITHM_MD5, &passphrase, 1, digest);
        for (size_t i = 0; i < 3; i++) /* K|K|K: EDE with equal keys is DES */
                memcpy(key + 8 * i, digest, 8);
        wipe(digest, sizeof(digest));
        return err;
}

static enum ansa_err choose_aes(uint32_t bits, enum cipher_algorithm *algorithm)
{
        switch (bits) {
        case 128:
                *algorithm = BLOCK_AES128_CBC;
                return ANSA_OK;
        case 192:
                *algorithm = BLOCK_AES192_CBC;
                return ANSA_OK;
        case 256:
                *algorithm = BLOCK_AES256_CBC;
                return ANSA_OK;
        default:
                return ANSA_E_UNSUPPORTED;
        }
}

static enum ansa_err unlock(const struct key_file_cipher *c, struct ansa_bytes passphrase,
                            struct unlocked *u)
{
        *u = (struct unlocked){ .algorithm = BLOCK_3DES_CBC, .iv = c->iv.at };
        if (c->salt.size > KEY_FILE_PART_MAX)
                return ANSA_E_LIMIT;
        switch (c->form) {
        case FORM_DES_ECB:
                u->algorithm = BLOCK_3DES_ECB;
                u->iv = NULL;
                return des_key(passphrase, u->key);
        case FORM_DES_CBC:
                break;
        case FORM_3DES:
                if (c->key_bits != 192)
                        return ANSA_E_UNSUPPORTED;
                break;
        case FORM_AES: {
                enum ansa_err err = choose_aes(c->key_bits, &u->algorithm);
                if (err != ANSA_OK)
                        return err;
                break;
        }
        default:
                return ANSA_E_UNSUPPORTED;
        }
        if (c->iv.size != block_size(u->algorithm))
                return ANSA_E_MALFORMED;
        if (c->form == FORM_DES_CBC)
                return des_key(passphrase, u->key);
        if (c->iterations > ITERATIONS_MAX)
                return ANSA_E_LIMIT;
        if (c->iterations == 0)
                return ANSA_E_MALFORMED;
        return pbkdf2_sha1(passphrase, c->salt, c->iterations, u->key, c->key_bits / 8);
}

/*
 * A wrong key gives good padding once in 256 times; then the plain text does not begin with
 * the name of a key type either.
 */
static bool looks_like_key(const uint8_t *plain, size_t size)
{
        if (size < 5 || plain[0] != 0 || plain[1] != 0 || plain[2] != 0 || plain[3] == 0 ||
            plain[3] > TYPE_NAME_MAX || plain[3] > size - 4)
                return false;
        for (size_t i = 4; i < 4 + (size_t)plain[3]; i++) {
                if (plain[i] <= ' ' || plain[i] > '~')
                        return false;
        }
        return true;
}

static enum ansa_err decrypt_with(const struct key_file_cipher *c, struct ansa_bytes passphrase,
                                  struct ansa_bytes payload, struct buf *plain)
{
        struct unlocked u;
        size_t before = plain->size;
        size_t made = 0;
        enum ansa_err err = unlock(c, passphrase, &u);
        if (err != ANSA_OK)
                goto out;
        if (payload.size == 0 || payload.size % block_size(u.algorithm) != 0) {
                err = ANSA_E_MALFORMED;
                goto out;
        }
        uint8_t *at = buf_take(plain, payload.size);
        if (at == NULL) {
                err = plain->err;
                goto out;
        }
        err = block_decrypt(u.algorithm, u.key, u.iv, payload, at, &made);
        if (err == ANSA_E_UNAUTHENTIC || (err == ANSA_OK && !looks_like_key(at, made)))
                err = ANSA_E_DENIED;
        if (err != ANSA_OK)
                wipe(at, payload.size);
        plain->size = err == ANSA_OK ? before + made : before;
out:
        wipe(&u, sizeof(u));
        return err;
}

enum ansa_err key_file_decrypt(const struct key_file_cipher *c, struct ansa_bytes passphrase,
                               struct ansa_bytes payload, struct buf *plain)
{
        if (payload.size > LIMIT_BLOCK_SIZE || passphrase.size > KEY_FILE_PART_MAX)
                return ANSA_E_LIMIT;
        if (c->form == FORM_PLAIN) {
                buf_bytes(plain, payload);
                return plain->err;
        }
        enum ansa_err err = decrypt_with(c, passphrase, payload, plain);
        bool stretched = c->form == FORM_3DES || c->form == FORM_AES;
        if (err != ANSA_E_DENIED || !stretched || !password_is_wide(passphrase))
                return err;
        /* Written, perhaps, by software that took each octet for a character. */
        struct buf wide = buf_growing(2 * (size_t)KEY_FILE_PART_MAX);
        err = password_widen(passphrase, &wide);
        if (err == ANSA_OK)
                err = decrypt_with(c, buf_written(&wide), payload, plain);
        password_fini(&wide);
        return err;
}

enum ansa_err key_file_encrypt(const struct key_file_cipher *c, struct ansa_bytes passphrase,
                               struct ansa_bytes plain, struct buf *payload)
{
        if (plain.size > LIMIT_BLOCK_SIZE || passphrase.size > KEY_FILE_PART_MAX)
                return ANSA_E_LIMIT;
        if (c->form == FORM_PLAIN) {
                buf_bytes(payload, plain);
                return payload->err;
        }
        struct unlocked u;
        size_t before = payload->size;
        size_t made = 0;
        enum ansa_err err = unlock(c, passphrase, &u);
        if (err != ANSA_OK)
                goto out;
        size_t block = block_size(u.algorithm);
        size_t padded = plain.size - plain.size % block + block;
        uint8_t *at = buf_take(payload, padded);
        if (at == NULL) {
                err = payload->err;
                goto out;
        }
        err = block_encrypt(u.algorithm, u.key, u.iv, plain, at, &made);
        ansa_assert(err != ANSA_OK || made == padded);
        payload->size = err == ANSA_OK ? before + made : before;
out:
        wipe(&u, sizeof(u));
        return err;
}
