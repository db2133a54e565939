/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_check.h"

#include "crypto/algorithms.h"
#include "crypto/key_internal.h"

/* 1 < a < b */
static bool inside(const BIGNUM *a, const BIGNUM *b)
{
        return !BN_is_zero(a) && !BN_is_one(a) && BN_cmp(a, b) < 0;
}

/*
 * A private key of n and d alone (RSA_PRIV_KEY) does not name e, which blinding needs. The
 * exponents that software chooses are few: the right one undoes d.
 */
static enum ansa_err find_exponent(struct integers *n, BN_CTX *ctx)
{
        static const BN_ULONG usual[] = { 65537, 3, 17, 5, 257, 35, 37, 7, 11, 13 };
        enum ansa_err err = ANSA_E_NO_MEMORY;
        BIGNUM *two = BN_new();
        BIGNUM *raised = BN_secure_new();
        BIGNUM *back = BN_secure_new();
        BIGNUM *e = BN_new();
        if (two == NULL || raised == NULL || back == NULL || e == NULL || !BN_set_word(two, 2))
                goto out;
        BN_set_flags(n->of[RSA_D], BN_FLG_CONSTTIME);
        err = ANSA_E_MALFORMED;
        if (!BN_mod_exp(raised, two, n->of[RSA_D], n->of[RSA_N], ctx))
                goto out;
        err = ANSA_E_UNSUPPORTED;
        for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
                if (!BN_set_word(e, usual[i]) || !BN_mod_exp(back, raised, e, n->of[RSA_N], ctx))
                        goto out;
                if (BN_cmp(back, two) == 0) {
                        n->of[RSA_E] = e;
                        e = NULL;
                        err = ANSA_OK;
                        break;
                }
        }
out:
        BN_free(two);
        BN_clear_free(raised);
        BN_clear_free(back);
        BN_free(e);
        return err;
}

/* The factors, when given, are those of n, and what belongs to them is smaller than they are. */
static enum ansa_err check_factors(const struct integers *n, BN_CTX *ctx)
{
        BIGNUM *product = BN_secure_new();
        enum ansa_err err = ANSA_E_NO_MEMORY;
        if (product == NULL)
                goto out;
        err = ANSA_E_MALFORMED;
        if (!inside(n->of[RSA_P], n->of[RSA_N]) || !inside(n->of[RSA_Q], n->of[RSA_N]) ||
            !BN_mul(product, n->of[RSA_P], n->of[RSA_Q], ctx) ||
            BN_cmp(product, n->of[RSA_N]) != 0 || !inside(n->of[RSA_DP], n->of[RSA_P]) ||
            !inside(n->of[RSA_DQ], n->of[RSA_Q]) || BN_is_zero(n->of[RSA_QINV]) ||
            BN_cmp(n->of[RSA_QINV], n->of[RSA_P]) >= 0)
                goto out;
        err = ANSA_OK;
out:
        BN_clear_free(product);
        return err;
}

/* A key that does not undo itself would sign rubbish, or leak a factor when it tries. */
static enum ansa_err check_pair(const struct integers *n, BN_CTX *ctx)
{
        BIGNUM *two = BN_new();
        BIGNUM *raised = BN_new();
        BIGNUM *back = BN_new();
        enum ansa_err err = ANSA_E_NO_MEMORY;
        if (two == NULL || raised == NULL || back == NULL || !BN_set_word(two, 2))
                goto out;
        BN_set_flags(n->of[RSA_D], BN_FLG_CONSTTIME);
        err = ANSA_E_MALFORMED;
        if (BN_mod_exp(raised, two, n->of[RSA_E], n->of[RSA_N], ctx) &&
            BN_mod_exp(back, raised, n->of[RSA_D], n->of[RSA_N], ctx) && BN_cmp(back, two) == 0)
                err = ANSA_OK;
out:
        BN_free(two);
        BN_free(raised);
        BN_free(back);
        return err;
}

static enum ansa_err check_rsa_private(struct integers *n)
{
        if (n->of[RSA_D] == NULL || !inside(n->of[RSA_D], n->of[RSA_N]))
                return ANSA_E_MALFORMED;
        BN_CTX *ctx = BN_CTX_secure_new();
        if (ctx == NULL)
                return crypto_failed(ANSA_E_NO_MEMORY);
        enum ansa_err err = n->of[RSA_E] == NULL ? find_exponent(n, ctx) : check_pair(n, ctx);
        bool all = true;
        bool any = false;
        for (int i = RSA_P; i <= RSA_QINV; i++) {
                all = all && n->of[i] != NULL;
                any = any || n->of[i] != NULL;
        }
        if (err == ANSA_OK && any)
                err = all ? check_factors(n, ctx) : ANSA_E_MALFORMED;
        BN_CTX_free(ctx);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}

enum ansa_err key_check_rsa(struct integers *n, bool is_private)
{
        const BIGNUM *modulus = n->of[RSA_N];
        if (modulus == NULL)
                return ANSA_E_MALFORMED;
        int bits = BN_num_bits(modulus);
        if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
                return ANSA_E_UNSUPPORTED;
        if (!BN_is_odd(modulus))
                return ANSA_E_MALFORMED;
        const BIGNUM *e = n->of[RSA_E];
        if (e == NULL && !is_private)
                return ANSA_E_MALFORMED;
        if (e != NULL) {
                if (BN_num_bits(e) > RSA_EXPONENT_BITS_MAX)
                        return ANSA_E_UNSUPPORTED;
                if (!BN_is_odd(e) || BN_is_one(e))
                        return ANSA_E_MALFORMED;
        }
        return is_private ? check_rsa_private(n) : ANSA_OK;
}

static enum ansa_err complete_dsa(struct integers *n, BN_CTX *ctx)
{
        if (n->of[FFC_PRIVATE] == NULL || BN_is_zero(n->of[FFC_PRIVATE]) ||
            BN_cmp(n->of[FFC_PRIVATE], n->of[FFC_Q]) >= 0)
                return ANSA_E_MALFORMED;
        if (n->of[FFC_PUBLIC] != NULL)
                return ANSA_OK;
        n->of[FFC_PUBLIC] = BN_new();
        if (n->of[FFC_PUBLIC] == NULL)
                return ANSA_E_NO_MEMORY;
        BN_set_flags(n->of[FFC_PRIVATE], BN_FLG_CONSTTIME);
        if (!BN_mod_exp(n->of[FFC_PUBLIC], n->of[FFC_G], n->of[FFC_PRIVATE], n->of[FFC_P], ctx))
                return ANSA_E_MALFORMED;
        return ANSA_OK;
}

/* q divides p - 1 */
static enum ansa_err check_order(const struct integers *n, BN_CTX *ctx)
{
        BIGNUM *rest = BN_new();
        if (rest == NULL)
                return ANSA_E_NO_MEMORY;
        enum ansa_err err = ANSA_E_MALFORMED;
        if (BN_mod(rest, n->of[FFC_P], n->of[FFC_Q], ctx) && BN_is_one(rest))
                err = ANSA_OK;
        BN_free(rest);
        return err;
}

enum ansa_err key_check_dsa(struct integers *n, bool is_private)
{
        const BIGNUM *p = n->of[FFC_P];
        const BIGNUM *q = n->of[FFC_Q];
        const BIGNUM *g = n->of[FFC_G];
        if (p == NULL || q == NULL || g == NULL)
                return ANSA_E_MALFORMED;
        int p_bits = BN_num_bits(p);
        int q_bits = BN_num_bits(q);
        if (p_bits < DSA_BITS_MIN || p_bits > DSA_BITS_MAX)
                return ANSA_E_UNSUPPORTED;
        if (q_bits != 160 && q_bits != 224 && q_bits != 256)
                return ANSA_E_UNSUPPORTED;
        if (!BN_is_odd(p) || !BN_is_odd(q) || !inside(g, p))
                return ANSA_E_MALFORMED;
        BN_CTX *ctx = BN_CTX_secure_new();
        if (ctx == NULL)
                return crypto_failed(ANSA_E_NO_MEMORY);
        enum ansa_err err = check_order(n, ctx);
        if (err == ANSA_OK && is_private)
                err = complete_dsa(n, ctx);
        if (err == ANSA_OK && (n->of[FFC_PUBLIC] == NULL || !inside(n->of[FFC_PUBLIC], p)))
                err = ANSA_E_MALFORMED;
        BN_CTX_free(ctx);
        return err == ANSA_OK ? ANSA_OK : crypto_failed(err);
}
