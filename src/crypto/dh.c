/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "crypto/algorithms.h"
#include "crypto/integers.h"
#include "crypto/session.h"

#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <stdlib.h>

#define DH_BITS_LEAST 512 /* what OpenSSL itself insists on, whatever the caller allows */
#define DH_BITS_MOST  4096
#define DH_SIZE_MAX   (DH_BITS_MOST / 8u)

/* What the Java library keeps of a secret although it takes leading zero octets off. */
#define SECRET_KEPT 32u

struct dh_exchange {
        EVP_PKEY *pkey;    /* ours: group, x, y */
        struct integers n; /* the group and our y, to compare and to tell */
};

/* An odd p of an allowed size, and 2 <= a <= p - 2 for g and, when present, y. */
static enum ansa_err check_group(const struct integers *n, uint32_t bits_min)
{
        const BIGNUM *p = n->of[FFC_P];
        int bits = BN_num_bits(p);
        if (bits < DH_BITS_LEAST || (uint32_t)bits < bits_min || bits > DH_BITS_MOST)
                return ANSA_E_DENIED;
        if (!BN_is_odd(p))
                return ANSA_E_MALFORMED;
        BIGNUM *last = BN_dup(p); /* p - 1 */
        if (last == NULL || !BN_sub_word(last, 1)) {
                BN_free(last);
                return crypto_failed(ANSA_E_NO_MEMORY);
        }
        const BIGNUM *inside[] = { n->of[FFC_G], n->of[FFC_PUBLIC] };
        enum ansa_err err = ANSA_OK;
        for (size_t i = 0; i < 2; i++) {
                if (inside[i] != NULL &&
                    (BN_is_zero(inside[i]) || BN_is_one(inside[i]) || BN_cmp(inside[i], last) >= 0))
                        err = ANSA_E_MALFORMED;
        }
        BN_free(last);
        return err;
}

static enum ansa_err peer_integers(const struct ansa_key *peer, struct integers *n)
{
        *n = (struct integers){ { NULL } };
        if (peer->kind != ANSA_KEY_DH || peer->is_private)
                return ANSA_E_MALFORMED;
        enum ansa_err err = integers_from_parts(peer, n);
        /* More octets than any integer we take: a size that is refused. */
        return err == ANSA_E_UNSUPPORTED ? ANSA_E_DENIED : err;
}

/* A new x and y in the group of @group, which is consumed. */
static enum ansa_err exchange_in(struct integers *group, struct dh_exchange **dh)
{
        EVP_PKEY *domain = NULL;
        EVP_PKEY_CTX *ctx = NULL;
        struct dh_exchange *made = calloc(1, sizeof(*made));
        enum ansa_err err = ANSA_E_NO_MEMORY;
        if (made == NULL)
                goto out;
        err = integers_to_pkey(group, "DH", &domain);
        if (err != ANSA_OK)
                goto out;
        err = ANSA_E_CRYPTO;
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, domain, NULL);
        if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
            EVP_PKEY_generate(ctx, &made->pkey) != 1)
                goto out;
        if (EVP_PKEY_get_bn_param(made->pkey, OSSL_PKEY_PARAM_PUB_KEY, &group->of[FFC_PUBLIC]) != 1)
                goto out;
        made->n = *group;
        *group = (struct integers){ { NULL } };
        *dh = made;
        made = NULL;
        err = ANSA_OK;
out:
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(domain);
        dh_free(made);
        integers_free(group);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}

/* p of a published group; both have the generator 2. */
static enum ansa_err exchange_with_prime(BIGNUM *prime, struct dh_exchange **dh)
{
        struct integers group = { { NULL } };
        group.of[FFC_P] = prime;
        group.of[FFC_G] = BN_new();
        if (prime == NULL || group.of[FFC_G] == NULL || !BN_set_word(group.of[FFC_G], 2)) {
                integers_free(&group);
                return crypto_failed(ANSA_E_NO_MEMORY);
        }
        return exchange_in(&group, dh);
}

enum ansa_err dh_new(const struct ansa_key *peer, uint32_t bits_min, struct dh_exchange **dh)
{
        *dh = NULL;
        if (peer == NULL)
                return exchange_with_prime(BN_get_rfc3526_prime_2048(NULL), dh);
        struct integers n;
        enum ansa_err err = peer_integers(peer, &n);
        if (err == ANSA_OK)
                err = check_group(&n, bits_min);
        if (err != ANSA_OK) {
                integers_free(&n);
                return err;
        }
        BN_free(n.of[FFC_PUBLIC]);
        n.of[FFC_PUBLIC] = NULL;
        return exchange_in(&n, dh);
}

enum ansa_err dh_new_group2(struct dh_exchange **dh)
{
        *dh = NULL;
        return exchange_with_prime(BN_get_rfc2409_prime_1024(NULL), dh);
}

void dh_free(struct dh_exchange *dh)
{
        if (dh == NULL)
                return;
        EVP_PKEY_free(dh->pkey);
        integers_free(&dh->n);
        free(dh);
}

enum ansa_err dh_public(const struct dh_exchange *dh, struct arena *arena,
                        struct ansa_key *public_key)
{
        return integers_to_parts(&dh->n, ANSA_KEY_DH, false, arena, public_key);
}

/* g^xy mod p in as many octets as p has. */
static enum ansa_err derive(const struct dh_exchange *dh, const struct integers *peer,
                            uint8_t secret[DH_SIZE_MAX], size_t *size)
{
        EVP_PKEY *theirs = NULL;
        EVP_PKEY_CTX *ctx = NULL;
        enum ansa_err err = integers_to_pkey(peer, "DH", &theirs);
        if (err != ANSA_OK)
                goto out;
        err = ANSA_E_CRYPTO;
        *size = DH_SIZE_MAX;
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, dh->pkey, NULL);
        /* The 0: no check of the peer's key, which check_group has done. */
        if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_CTX_set_dh_pad(ctx, 1) != 1 ||
            EVP_PKEY_derive_set_peer_ex(ctx, theirs, 0) != 1)
                goto out;
        /* A secret of 0, 1 or p - 1 says that the peer chose y in a tiny subgroup. */
        err = EVP_PKEY_derive(ctx, secret, size) == 1 ? ANSA_OK : ANSA_E_MALFORMED;
out:
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(theirs);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}

/* DES keys have in the lowest bit of each octet what makes the number of ones odd. */
static void set_parity(uint8_t *key, size_t size)
{
        for (size_t i = 0; i < size; i++) {
                unsigned ones = (unsigned)__builtin_popcount(key[i] & 0xfeu);
                key[i] = (uint8_t)((key[i] & 0xfeu) | (ones % 2 == 0 ? 1u : 0u));
        }
}

static void session_key_from_secret(const uint8_t *secret, size_t size, enum session_cipher cipher,
                                    struct session_key *key)
{
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): size octets are written */
        while (size > SECRET_KEPT && secret[0] == 0) {
                secret++;
                size--;
        }
        size_t most = cipher == CIPHER_DES ? 8 : cipher == CIPHER_3DES ? 24 : 32;
        *key = (struct session_key){ .size = size < most ? size : most, .cipher = cipher };
        memcpy(key->at, secret, key->size);
        if (cipher != CIPHER_AES128)
                set_parity(key->at, key->size);
}

enum ansa_err dh_agree(struct dh_exchange *dh, const struct ansa_key *peer,
                       enum session_cipher cipher, struct session_key *key)
{
        *key = (struct session_key){ .size = 0 };
        if (cipher != CIPHER_DES && cipher != CIPHER_3DES && cipher != CIPHER_AES128)
                return ANSA_E_UNSUPPORTED;
        uint8_t secret[DH_SIZE_MAX];
        size_t size = 0;
        struct integers n;
        enum ansa_err err = peer_integers(peer, &n);
        if (err != ANSA_OK)
                return err;
        err = check_group(&n, DH_BITS_LEAST);
        if (err == ANSA_OK && (BN_cmp(n.of[FFC_P], dh->n.of[FFC_P]) != 0 ||
                               BN_cmp(n.of[FFC_G], dh->n.of[FFC_G]) != 0))
                err = ANSA_E_MALFORMED;
        if (err == ANSA_OK)
                err = derive(dh, &n, secret, &size);
        if (err == ANSA_OK)
                session_key_from_secret(secret, size, cipher, key);
        wipe(secret, sizeof(secret));
        integers_free(&n);
        return err;
}
