/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include "base/assert.h"
#include "crypto/algorithms.h"
#include "crypto/integers.h"
#include "crypto/key_check.h"
#include "crypto/key_internal.h"

#include <openssl/dsa.h>
#include <openssl/rsa.h>
#include <stdlib.h>

/* Takes over @pkey. */
static enum ansa_err wrap(EVP_PKEY *pkey, enum ansa_key_kind kind, bool is_private, uint32_t bits,
                          struct crypto_key **key)
{
        struct crypto_key *made = calloc(1, sizeof(*made));
        if (made == NULL) {
                EVP_PKEY_free(pkey);
                return ANSA_E_NO_MEMORY;
        }
        *made = (struct crypto_key){
                .pkey = pkey, .kind = kind, .is_private = is_private, .bits = bits
        };
        *key = made;
        return ANSA_OK;
}

static enum ansa_err new_ed25519(const struct ansa_key *parts, struct crypto_key **key)
{
        if (parts->part_count != 1 || parts->part[0].size != ED25519_SIZE)
                return ANSA_E_MALFORMED;
        struct ansa_bytes raw = parts->part[0];
        EVP_PKEY *pkey =
                parts->is_private
                        ? EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, raw.at, raw.size)
                        : EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, raw.at, raw.size);
        if (pkey == NULL)
                return crypto_failed(ANSA_E_CRYPTO);
        return wrap(pkey, ANSA_KEY_ED25519, parts->is_private, ED25519_SIZE * 8, key);
}

/* Check the integers, complete them, and build; @n is used up. */
static enum ansa_err new_from_integers(struct integers *n, bool is_rsa, bool is_private,
                                       struct crypto_key **key)
{
        EVP_PKEY *pkey = NULL;
        enum ansa_err err = is_rsa ? key_check_rsa(n, is_private) : key_check_dsa(n, is_private);
        if (err == ANSA_OK)
                err = integers_to_pkey(n, is_rsa ? "RSA" : "DSA", &pkey);
        if (err == ANSA_OK)
                err = wrap(pkey, is_rsa ? ANSA_KEY_RSA : ANSA_KEY_DSA, is_private,
                           (uint32_t)BN_num_bits(n->of[is_rsa ? RSA_N : FFC_P]), key);
        if (err == ANSA_OK)
                (*key)->is_bare = is_rsa && is_private && n->of[RSA_QINV] == NULL;
        integers_free(n);
        return err;
}

enum ansa_err crypto_key_new(const struct ansa_key *parts, struct crypto_key **key)
{
        *key = NULL;
        struct integers n;
        enum ansa_err err = ANSA_E_UNSUPPORTED;
        switch (parts->kind) {
        case ANSA_KEY_ED25519:
                return new_ed25519(parts, key);
        case ANSA_KEY_RSA:
        case ANSA_KEY_RSA_CRT:
        case ANSA_KEY_DSA:
                err = integers_from_parts(parts, &n);
                if (err != ANSA_OK)
                        return err;
                return new_from_integers(&n, parts->kind != ANSA_KEY_DSA, parts->is_private, key);
        case ANSA_KEY_DH: /* agrees on keys, see session.h */
        case ANSA_KEY_NONE:
                break;
        }
        return err;
}

static enum ansa_err adopt_ed25519(EVP_PKEY *pkey, bool is_private, struct crypto_key **key)
{
        return wrap(pkey, ANSA_KEY_ED25519, is_private, ED25519_SIZE * 8, key);
}

enum ansa_err crypto_key_adopt(EVP_PKEY *pkey, bool is_private, struct crypto_key **key)
{
        *key = NULL;
        if (EVP_PKEY_is_a(pkey, "ED25519") == 1)
                return adopt_ed25519(pkey, is_private, key);
        bool is_rsa = EVP_PKEY_is_a(pkey, "RSA") == 1;
        if (!is_rsa && EVP_PKEY_is_a(pkey, "DSA") != 1) {
                EVP_PKEY_free(pkey);
                return crypto_failed(ANSA_E_UNSUPPORTED);
        }
        /* Rebuilt from its integers, so that every key passed the same checks. */
        struct integers n;
        enum ansa_err err = integers_from_pkey(pkey, is_private, &n);
        EVP_PKEY_free(pkey);
        if (err != ANSA_OK)
                return err;
        return new_from_integers(&n, is_rsa, is_private, key);
}

void crypto_key_free(struct crypto_key *key)
{
        if (key == NULL)
                return;
        EVP_PKEY_free(key->pkey);
        free(key);
}

static enum ansa_err ed25519_parts(const struct crypto_key *key, bool want_private,
                                   struct arena *arena, struct ansa_key *parts)
{
        uint8_t *at = arena_alloc(arena, ED25519_SIZE);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        size_t size = ED25519_SIZE;
        int ok = want_private ? EVP_PKEY_get_raw_private_key(key->pkey, at, &size)
                              : EVP_PKEY_get_raw_public_key(key->pkey, at, &size);
        if (ok != 1 || size != ED25519_SIZE)
                return crypto_failed(ANSA_E_CRYPTO);
        *parts = (struct ansa_key){
                .kind = ANSA_KEY_ED25519,
                .is_private = want_private,
                .part_count = 1,
                .part = { { at, size } },
        };
        return ANSA_OK;
}

enum ansa_err crypto_key_parts(const struct crypto_key *key, bool want_private, struct arena *arena,
                               struct ansa_key *parts)
{
        *parts = (struct ansa_key){ .kind = ANSA_KEY_NONE };
        if (want_private && !key->is_private)
                return ANSA_E_ARGUMENT;
        if (key->kind == ANSA_KEY_ED25519)
                return ed25519_parts(key, want_private, arena, parts);
        struct integers n;
        enum ansa_err err = integers_from_pkey(key->pkey, want_private, &n);
        if (err != ANSA_OK)
                return err;
        enum ansa_key_kind kind = key->kind;
        if (kind == ANSA_KEY_RSA && want_private && !key->is_bare)
                kind = ANSA_KEY_RSA_CRT;
        err = integers_to_parts(&n, kind, want_private, arena, parts);
        integers_free(&n);
        return err;
}

static EVP_PKEY *generate_dsa(int bits)
{
        EVP_PKEY *domain = NULL;
        EVP_PKEY *pkey = NULL;
        EVP_PKEY_CTX *keygen = NULL;
        EVP_PKEY_CTX *paramgen = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
        if (paramgen == NULL || EVP_PKEY_paramgen_init(paramgen) != 1 ||
            EVP_PKEY_CTX_set_dsa_paramgen_bits(paramgen, bits) != 1 ||
            EVP_PKEY_CTX_set_dsa_paramgen_q_bits(paramgen, bits == 1024 ? 160 : 256) != 1 ||
            EVP_PKEY_paramgen(paramgen, &domain) != 1)
                goto out;
        keygen = EVP_PKEY_CTX_new_from_pkey(NULL, domain, NULL);
        if (keygen == NULL || EVP_PKEY_keygen_init(keygen) != 1)
                goto out;
        (void)EVP_PKEY_generate(keygen, &pkey);
out:
        EVP_PKEY_CTX_free(keygen);
        EVP_PKEY_CTX_free(paramgen);
        EVP_PKEY_free(domain);
        return pkey;
}

enum ansa_err crypto_key_generate(enum ansa_key_kind kind, uint32_t bits, struct crypto_key **key)
{
        *key = NULL;
        EVP_PKEY *pkey = NULL;
        switch (kind) {
        case ANSA_KEY_RSA:
        case ANSA_KEY_RSA_CRT:
                if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
                        return ANSA_E_ARGUMENT;
                pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
                break;
        case ANSA_KEY_DSA:
                if (bits != 1024 && bits != 2048 && bits != 3072)
                        return ANSA_E_ARGUMENT;
                pkey = generate_dsa((int)bits);
                break;
        case ANSA_KEY_ED25519:
                pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
                break;
        case ANSA_KEY_DH:
        case ANSA_KEY_NONE:
                return ANSA_E_UNSUPPORTED;
        }
        if (pkey == NULL)
                return crypto_failed(ANSA_E_CRYPTO);
        return crypto_key_adopt(pkey, true, key);
}

enum ansa_key_kind crypto_key_kind(const struct crypto_key *key)
{
        return key->kind;
}

bool crypto_key_is_private(const struct crypto_key *key)
{
        return key->is_private;
}

uint32_t crypto_key_bits(const struct crypto_key *key)
{
        return key->bits;
}
