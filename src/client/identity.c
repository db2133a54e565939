/* SPDX-License-Identifier: Apache-2.0 */
#include "client/identity.h"

#include "base/assert.h"
#include "base/limits.h"
#include "crypto/answer.h"
#include "wire/body.h"
#include "wire/data.h"
#include "wire/name.h"

#include <stdlib.h>

#define SECRET_SIZE_MAX   65536u
#define KEY_FILE_SIZE_MAX 65536u
#define ANSWER_SIZE_MAX   1024u
#define PBKDF2_ITERATIONS 10000u /* what deployed clients use; the server computes as many */
#define PBKDF2_KEY_BITS   160u

static enum ansa_err identity_new(const struct ansa_ref *ref, struct ansa_identity **identity)
{
        *identity = NULL;
        if (ref->name.size == 0 || ref->name.size > ANSA_NAME_SIZE_MAX)
                return ANSA_E_ARGUMENT;
        struct ansa_identity *i = calloc(1, sizeof(*i));
        if (i == NULL)
                return ANSA_E_NO_MEMORY;
        memcpy(i->name_at, ref->name.at, ref->name.size);
        i->ref.index = ref->index;
        i->ref.name = (struct ansa_bytes){ i->name_at, ref->name.size };
        *identity = i;
        return ANSA_OK;
}

void ansa_identity_free(struct ansa_identity *identity)
{
        if (identity == NULL)
                return;
        crypto_key_free(identity->key);
        if (identity->secret != NULL)
                wipe(identity->secret, identity->secret_size);
        free(identity->secret);
        free(identity);
}

enum ansa_err ansa_identity_new_secret(const struct ansa_ref *ref, struct ansa_bytes secret,
                                       struct ansa_identity **identity)
{
        *identity = NULL;
        if (secret.size > SECRET_SIZE_MAX)
                return ANSA_E_LIMIT;
        struct ansa_identity *i;
        enum ansa_err err = identity_new(ref, &i);
        if (err != ANSA_OK)
                return err;
        i->secret = malloc(secret.size > 0 ? secret.size : 1);
        if (i->secret == NULL) {
                ansa_identity_free(i);
                return ANSA_E_NO_MEMORY;
        }
        if (secret.size > 0)
                memcpy(i->secret, secret.at, secret.size);
        i->secret_size = secret.size;
        *identity = i;
        return ANSA_OK;
}

/* Takes @key over. */
static enum ansa_err with_key(const struct ansa_ref *ref, struct crypto_key *key,
                              struct ansa_identity **identity)
{
        enum ansa_err err = ANSA_E_ARGUMENT;
        if (crypto_key_is_private(key))
                err = identity_new(ref, identity);
        if (err == ANSA_OK)
                (*identity)->key = key;
        else
                crypto_key_free(key);
        return err;
}

enum ansa_err ansa_identity_new_key(const struct ansa_ref *ref, const struct ansa_key *private_key,
                                    struct ansa_identity **identity)
{
        struct crypto_key *key;
        *identity = NULL;
        enum ansa_err err = crypto_key_new(private_key, &key);
        return err == ANSA_OK ? with_key(ref, key, identity) : err;
}

/* A private key file of the Java tools. */
static enum ansa_err key_of_file(struct ansa_bytes file, struct ansa_bytes passphrase,
                                 struct crypto_key **key)
{
        struct key_file f;
        struct ansa_key parts;
        struct buf plain = buf_secret(KEY_FILE_SIZE_MAX);
        enum ansa_err err = key_file_decode(file, &f);
        if (err != ANSA_OK)
                goto out;
        struct ansa_bytes encoded = f.payload;
        if (f.form != KEY_FILE_PLAIN && f.form != KEY_FILE_BARE) {
                struct key_file_cipher cipher = { .form = (uint32_t)f.form,
                                                  .salt = f.salt,
                                                  .iterations = f.iterations,
                                                  .key_bits = f.key_bits,
                                                  .iv = f.iv };
                err = key_file_decrypt(&cipher, passphrase, f.payload, &plain);
                encoded = buf_written(&plain);
        }
        if (err == ANSA_OK)
                err = private_key_decode(encoded, &parts);
        if (err == ANSA_OK)
                err = crypto_key_new(&parts, key);
out:
        buf_fini(&plain);
        return err;
}

enum ansa_err ansa_identity_new_file(const struct ansa_ref *ref, struct ansa_bytes file,
                                     struct ansa_bytes passphrase, struct ansa_identity **identity)
{
        static const char pem[] = "-----BEGIN";
        struct crypto_key *key = NULL;
        *identity = NULL;
        if (file.size > KEY_FILE_SIZE_MAX)
                return ANSA_E_LIMIT;
        bool is_pem = file.size > sizeof(pem) && memcmp(file.at, pem, sizeof(pem) - 1) == 0;
        enum ansa_err err = is_pem ? crypto_key_from_pem(file, passphrase, &key)
                                   : key_of_file(file, passphrase, &key);
        return err == ANSA_OK ? with_key(ref, key, identity) : err;
}

/* HS_PUBKEY: the hash's name and the signature. */
static enum ansa_err answer_public(const struct ansa_identity *identity,
                                   const struct challenge *challenge, struct buf *answer)
{
        uint8_t signature[CRYPTO_SIGNATURE_MAX];
        size_t size;
        uint16_t version = challenge->version;
        enum ansa_key_kind kind = crypto_key_kind(identity->key);
        bool sha256 = version >= (kind == ANSA_KEY_DSA ? VERSION(2, 11) : VERSION(2, 7));
        struct public_answer a = { .algorithm = sha256 ? ANSA_BYTES_LIT("SHA-256")
                                                       : ANSA_BYTES_LIT("SHA1") };
        if (kind == ANSA_KEY_ED25519)
                a.algorithm = ANSA_BYTES_LIT("Ed25519");
        struct ansa_bytes parts[] = { challenge->nonce, challenge->digest };
        enum ansa_err err = crypto_sign(identity->key, sha256 ? ALGORITHM_SHA256 : ALGORITHM_SHA1,
                                        parts, 2, signature, sizeof(signature), &size);
        if (err != ANSA_OK)
                return err;
        a.signature = (struct ansa_bytes){ signature, size };
        public_answer_encode(&a, answer);
        return answer->err;
}

static enum ansa_err answer_secret(const struct ansa_identity *identity, uint8_t code,
                                   const struct challenge *challenge, const uint8_t salt[16],
                                   struct buf *answer)
{
        uint8_t mac[DIGEST_SIZE_MAX];
        size_t size;
        struct answer_input input = { challenge->nonce, challenge->digest };
        struct ansa_bytes secret = { identity->secret, identity->secret_size };
        struct mac_parameters p = { .code = code };
        struct secret_answer a = { .code = code };
        if (code == MAC_PBKDF2) {
                p.salt = (struct ansa_bytes){ salt, 16 };
                p.iterations = PBKDF2_ITERATIONS;
                p.key_bits = PBKDF2_KEY_BITS;
                a.salt = p.salt;
                a.iterations = p.iterations;
                a.key_bits = p.key_bits;
        }
        enum ansa_err err = answer_mac(&p, secret, &input, mac, &size);
        if (err != ANSA_OK)
                return err;
        a.mac = (struct ansa_bytes){ mac, size };
        secret_answer_encode(&a, answer);
        return answer->err;
}

static enum ansa_err put_answer(const struct ansa_identity *identity, const struct buf *answer,
                                struct buf *body)
{
        struct answer_request r = { .auth_type = identity->key != NULL
                                                         ? ANSA_BYTES_LIT("HS_PUBKEY")
                                                         : ANSA_BYTES_LIT("HS_SECKEY"),
                                    .key = identity->ref,
                                    .answer = buf_written(answer) };
        answer_request_encode(&r, body);
        return body->err;
}

enum ansa_err identity_answer_mac(const struct ansa_identity *identity, uint8_t code,
                                  const struct challenge *challenge, const uint8_t salt[16],
                                  struct buf *body)
{
        uint8_t room[ANSWER_SIZE_MAX];
        struct buf answer = buf_over(room, sizeof(room));
        ansa_assert(identity->secret != NULL);
        enum ansa_err err = answer_secret(identity, code, challenge, salt, &answer);
        return err == ANSA_OK ? put_answer(identity, &answer, body) : err;
}

enum ansa_err identity_answer(const struct ansa_identity *identity,
                              const struct challenge *challenge, const uint8_t salt[16],
                              struct buf *body)
{
        uint8_t room[ANSWER_SIZE_MAX];
        struct buf answer = buf_over(room, sizeof(room));
        if (identity->key == NULL) {
                uint16_t v = challenge->version < challenge->suggested ? challenge->version
                                                                       : challenge->suggested;
                uint8_t code = v >= VERSION(2, 7)   ? MAC_PBKDF2
                               : v >= VERSION(2, 1) ? MAC_SHA1
                                                    : MAC_BARE_MD5;
                return identity_answer_mac(identity, code, challenge, salt, body);
        }
        enum ansa_err err = answer_public(identity, challenge, &answer);
        return err == ANSA_OK ? put_answer(identity, &answer, body) : err;
}

struct ansa_bytes ansa_name_from_user(struct ansa_bytes typed)
{
        return name_from_user(typed);
}

enum ansa_err ansa_ref_from_text(struct ansa_bytes text, struct ansa_ref *ref)
{
        return ref_from_text(text, ref);
}

const char *ansa_response_text(uint32_t response)
{
        return response_text(response);
}
