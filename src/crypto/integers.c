/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/integers.h"

#include "base/assert.h"
#include "crypto/algorithms.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#define INTEGER_SIZE_MAX 1024u /* octets; the limits by kind are far below */

static const struct {
        const char *name; /* as OpenSSL calls it */
        bool is_rsa;
        bool is_secret;
} table[INTEGER_COUNT] = {
        [RSA_N] = { OSSL_PKEY_PARAM_RSA_N, true, false },
        [RSA_E] = { OSSL_PKEY_PARAM_RSA_E, true, false },
        [RSA_D] = { OSSL_PKEY_PARAM_RSA_D, true, true },
        [RSA_P] = { OSSL_PKEY_PARAM_RSA_FACTOR1, true, true },
        [RSA_Q] = { OSSL_PKEY_PARAM_RSA_FACTOR2, true, true },
        [RSA_DP] = { OSSL_PKEY_PARAM_RSA_EXPONENT1, true, true },
        [RSA_DQ] = { OSSL_PKEY_PARAM_RSA_EXPONENT2, true, true },
        [RSA_QINV] = { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true, true },
        [FFC_P] = { OSSL_PKEY_PARAM_FFC_P, false, false },
        [FFC_Q] = { OSSL_PKEY_PARAM_FFC_Q, false, false },
        [FFC_G] = { OSSL_PKEY_PARAM_FFC_G, false, false },
        [FFC_PUBLIC] = { OSSL_PKEY_PARAM_PUB_KEY, false, false },
        [FFC_PRIVATE] = { OSSL_PKEY_PARAM_PRIV_KEY, false, true },
};

/* Order of the integers in the wire form (irp-wire 6.5, 6.6). */
static const struct form {
        enum ansa_key_kind kind;
        bool is_private;
        uint32_t count;
        enum integer part[ANSA_KEY_PART_MAX];
} forms[] = {
        { ANSA_KEY_DSA, false, 4, { FFC_Q, FFC_P, FFC_G, FFC_PUBLIC } },
        { ANSA_KEY_DSA, true, 4, { FFC_PRIVATE, FFC_P, FFC_Q, FFC_G } },
        { ANSA_KEY_RSA, false, 2, { RSA_E, RSA_N } },
        { ANSA_KEY_RSA, true, 2, { RSA_N, RSA_D } },
        { ANSA_KEY_RSA_CRT,
          true,
          8,
          { RSA_N, RSA_E, RSA_D, RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_QINV } },
        { ANSA_KEY_DH, false, 3, { FFC_PUBLIC, FFC_P, FFC_G } },
        { ANSA_KEY_DH, true, 3, { FFC_PRIVATE, FFC_P, FFC_G } },
};

static const struct form *form_of(enum ansa_key_kind kind, bool is_private)
{
        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
                if (forms[i].kind == kind && forms[i].is_private == is_private)
                        return &forms[i];
        }
        return NULL;
}

void integers_free(struct integers *n)
{
        for (size_t i = 0; i < INTEGER_COUNT; i++)
                BN_clear_free(n->of[i]);
        *n = (struct integers){ { NULL } };
}

enum ansa_err integers_from_parts(const struct ansa_key *parts, struct integers *n)
{
        *n = (struct integers){ { NULL } };
        const struct form *form = form_of(parts->kind, parts->is_private);
        if (form == NULL)
                return ANSA_E_UNSUPPORTED;
        if (parts->part_count != form->count)
                return ANSA_E_MALFORMED;
        for (uint32_t i = 0; i < form->count; i++) {
                enum integer which = form->part[i];
                struct ansa_bytes octets = parts->part[i];
                if (octets.size > INTEGER_SIZE_MAX) {
                        integers_free(n);
                        return ANSA_E_UNSUPPORTED;
                }
                /* A number marked secure is wiped wherever OpenSSL copies it on the way. */
                BIGNUM *bn = table[which].is_secret ? BN_secure_new() : BN_new();
                n->of[which] = bn;
                if (bn == NULL || BN_bin2bn(octets.at, (int)octets.size, bn) == NULL) {
                        integers_free(n);
                        return crypto_failed(ANSA_E_NO_MEMORY);
                }
        }
        return ANSA_OK;
}

enum ansa_err integers_to_parts(const struct integers *n, enum ansa_key_kind kind, bool is_private,
                                struct arena *arena, struct ansa_key *parts)
{
        *parts = (struct ansa_key){ .kind = ANSA_KEY_NONE };
        const struct form *form = form_of(kind, is_private);
        ansa_assert(form != NULL);
        struct ansa_key made = { .kind = kind,
                                 .is_private = is_private,
                                 .part_count = form->count };
        for (uint32_t i = 0; i < form->count; i++) {
                const BIGNUM *bn = n->of[form->part[i]];
                if (bn == NULL)
                        return ANSA_E_CRYPTO; /* not handed out, for want of memory */
                int size = BN_num_bytes(bn);
                uint8_t *at = arena_alloc(arena, size > 0 ? (size_t)size : 1);
                if (at == NULL)
                        return ANSA_E_NO_MEMORY;
                if (BN_bn2binpad(bn, at, size) != size)
                        return crypto_failed(ANSA_E_CRYPTO);
                made.part[i] = (struct ansa_bytes){ at, (size_t)size };
        }
        *parts = made;
        return ANSA_OK;
}

enum ansa_err integers_to_pkey(const struct integers *n, const char *type, EVP_PKEY **pkey)
{
        *pkey = NULL;
        OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
        OSSL_PARAM *params = NULL;
        enum ansa_err err = ANSA_E_NO_MEMORY;
        if (build == NULL || ctx == NULL)
                goto out;
        for (size_t i = 0; i < INTEGER_COUNT; i++) {
                if (n->of[i] != NULL && !OSSL_PARAM_BLD_push_BN(build, table[i].name, n->of[i]))
                        goto out;
        }
        params = OSSL_PARAM_BLD_to_param(build);
        if (params == NULL)
                goto out;
        err = ANSA_E_MALFORMED;
        if (EVP_PKEY_fromdata_init(ctx) != 1 ||
            EVP_PKEY_fromdata(ctx, pkey, EVP_PKEY_KEYPAIR, params) != 1)
                goto out;
        err = ANSA_OK;
out:
        OSSL_PARAM_free(params);
        OSSL_PARAM_BLD_free(build);
        EVP_PKEY_CTX_free(ctx);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}

enum ansa_err integers_from_pkey(const EVP_PKEY *pkey, bool want_private, struct integers *n)
{
        *n = (struct integers){ { NULL } };
        bool is_rsa = EVP_PKEY_is_a(pkey, "RSA") == 1;
        for (size_t i = 0; i < INTEGER_COUNT; i++) {
                if (table[i].is_rsa != is_rsa || (table[i].is_secret && !want_private))
                        continue;
                /* Given a number, OpenSSL fills it; a fresh one would not be marked secure. */
                BIGNUM *bn = table[i].is_secret ? BN_secure_new() : BN_new();
                if (bn == NULL) {
                        integers_free(n);
                        return crypto_failed(ANSA_E_NO_MEMORY);
                }
                if (EVP_PKEY_get_bn_param(pkey, table[i].name, &bn) == 1)
                        n->of[i] = bn;
                else
                        BN_clear_free(bn);
        }
        return crypto_failed(ANSA_OK);
}
