/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/proof.h"

#include "crypto/answer.h"
#include "wire/data.h"
#include "wire/name.h"

#define CANDIDATES_MAX 8u /* keys of one identifier that a claim with index 0 makes us try */

/* What all candidates may cost together, when the claim chooses how long a MAC takes. */
#define ITERATIONS_ALL PBKDF2_ITERATIONS_MAX

/* Their fault or nobody's: "not resolvable"; ours: "cannot tell". */
static uint32_t code_of(enum ansa_err err)
{
        return ansa_err_class(err) == ANSA_CLASS_LOCAL ? RC_UNABLE_TO_VERIFY : RC_AUTHENTICATION;
}

/* The next value that may hold the key: right type, right index or any. */
static bool next_candidate(struct ansa_values *values, const struct proof *p, enum value_type type,
                           struct ansa_value *value)
{
        while (ansa_values_next(values, value) == ANSA_OK) {
                bool is_meant = p->key->index == 0 || p->key->index == value->index;
                if (is_meant && value_type_of(value->type) == type)
                        return true;
        }
        return false;
}

/*
 * What a signature may be made with. SHA-1 under RSA stays open to clients that know nothing
 * better (before 2.7): forging one means finding a second pre-image, since the nonce is ours.
 */
static bool is_allowed(const struct proof *p, enum ansa_key_kind kind, enum digest_algorithm a)
{
        if (kind == ANSA_KEY_ED25519 || a == ALGORITHM_SHA256 || p->allow_old_crypto)
                return true;
        return a == ALGORITHM_SHA1 && kind == ANSA_KEY_RSA && p->version < VERSION(2, 7);
}

static bool verifies(const struct proof *p, const struct public_answer *answer,
                     const struct ansa_value *value)
{
        struct ansa_key parts;
        struct crypto_key *key = NULL;
        if (key_decode(value->data, &parts) != ANSA_OK || crypto_key_new(&parts, &key) != ANSA_OK)
                return false;
        enum ansa_key_kind kind = crypto_key_kind(key);
        enum digest_algorithm a = ALGORITHM_SHA256;
        bool is_known = kind == ANSA_KEY_ED25519
                                ? ansa_bytes_equal(answer->algorithm, ANSA_BYTES_LIT("Ed25519"))
                                : digest_from_name(answer->algorithm, &a) == ANSA_OK;
        struct ansa_bytes signed_parts[] = { p->nonce, p->digest };
        bool is_valid = is_known && is_allowed(p, kind, a) &&
                        crypto_verify(key, a, signed_parts, 2, answer->signature) == ANSA_OK;
        crypto_key_free(key);
        return is_valid;
}

uint32_t proof_check_public(struct view *v, const struct proof *p, uint32_t *index)
{
        *index = 0;
        struct public_answer answer;
        if (public_answer_decode(p->answer, &answer) != ANSA_OK)
                return RC_AUTHENTICATION;
        struct ansa_values values;
        enum ansa_err err = view_any(v, p->key->name, &values);
        if (err != ANSA_OK)
                return code_of(err);
        struct ansa_value value;
        uint32_t tried = 0;
        while (tried < CANDIDATES_MAX && next_candidate(&values, p, TYPE_HS_PUBKEY, &value)) {
                if ((value.permissions & (ANSA_PERM_PUBLIC_READ | ANSA_PERM_ADMIN_READ)) == 0)
                        continue;
                tried++;
                if (verifies(p, &answer, &value)) {
                        *index = value.index;
                        return *index != 0 ? RC_SUCCESS : RC_AUTHENTICATION;
                }
        }
        return RC_AUTHENTICATION;
}

uint32_t proof_check_own_key(struct view *v, const struct proof *p, const struct ansa_key *own,
                             uint32_t *index)
{
        *index = 0;
        struct ansa_values values;
        enum ansa_err err = view_any(v, p->key->name, &values);
        if (err != ANSA_OK)
                return code_of(err);
        struct ansa_value value;
        while (next_candidate(&values, p, TYPE_HS_PUBKEY, &value)) {
                struct ansa_key key;
                if ((value.permissions & (ANSA_PERM_PUBLIC_READ | ANSA_PERM_ADMIN_READ)) == 0 ||
                    value.index == 0 || key_decode(value.data, &key) != ANSA_OK ||
                    !key_equal(&key, own))
                        continue;
                *index = value.index;
                return RC_SUCCESS;
        }
        return RC_AUTHENTICATION;
}

static bool is_allowed_mac(const struct proof *p, uint8_t code)
{
        switch (code) {
        case MAC_BARE_MD5:
                return p->allow_old_crypto && p->version < VERSION(2, 1);
        case MAC_MD5:
        case MAC_HMAC_MD5:
                return p->allow_old_crypto;
        default:
                return true; /* what is unknown has no result */
        }
}

/* How many secrets an answer may be tried on: one, and more while they cost little. */
static uint32_t candidates_for(const struct secret_answer *answer)
{
        if (answer->code != MAC_PBKDF2 || answer->iterations == 0)
                return CANDIDATES_MAX;
        uint64_t block_bits = 8 * (uint64_t)digest_size(ALGORITHM_SHA1);
        uint64_t blocks = 1 + answer->key_bits / (block_bits + 1);
        uint64_t count = ITERATIONS_ALL / (blocks * answer->iterations);
        return count == 0 ? 1 : count > CANDIDATES_MAX ? CANDIDATES_MAX : (uint32_t)count;
}

uint32_t proof_check_own_secret(struct ansa_values record, const struct proof *p, uint32_t *index)
{
        *index = 0;
        struct secret_answer answer;
        if (secret_answer_decode(p->answer, &answer) != ANSA_OK || !is_allowed_mac(p, answer.code))
                return RC_AUTHENTICATION;
        struct mac_parameters parameters = { answer.code, answer.salt, answer.iterations,
                                             answer.key_bits };
        struct answer_input input = { p->nonce, p->digest };
        struct ansa_value value;
        uint32_t left = candidates_for(&answer);
        while (left > 0 && next_candidate(&record, p, TYPE_HS_SECKEY, &value)) {
                if (value.data.size == 0)
                        continue; /* everybody knows that one */
                left--;
                uint8_t mac[DIGEST_SIZE_MAX];
                size_t size = 0;
                enum ansa_err err = answer_mac(&parameters, value.data, &input, mac, &size);
                if (err != ANSA_OK)
                        return code_of(err);
                if (constant_time_equal((struct ansa_bytes){ mac, size }, answer.mac)) {
                        *index = value.index;
                        return *index != 0 ? RC_SUCCESS : RC_AUTHENTICATION;
                }
        }
        return RC_AUTHENTICATION;
}

uint32_t proof_check_secret(struct view *v, const struct proof *p, uint32_t *index)
{
        *index = 0;
        struct record record;
        bool is_homed = false;
        bool is_siblings = false;
        enum ansa_err err = view_is_siblings(v, p->key->name, &is_siblings);
        if (err == ANSA_OK && is_siblings && !name_is_prefix_record(p->key->name))
                err = ANSA_E_NOT_FOUND;
        else if (err == ANSA_OK)
                err = view_own(v, p->key->name, &record);
        if (err == ANSA_OK)
                return proof_check_own_secret(record.all, p, index);
        if (err == ANSA_E_NOT_FOUND)
                err = is_siblings ? ANSA_OK : view_is_homed(v, p->key->name, &is_homed);
        if (err != ANSA_OK)
                return code_of(err);
        /* Secret keys never travel: their home says whether the answer is right. */
        struct fetcher *fetcher = v->service->fetcher;
        if (is_homed || fetcher == NULL || p->key->index == 0)
                return RC_AUTHENTICATION;
        bool is_valid = false;
        err = fetcher->verify(fetcher, p->key, p->nonce, p->digest, p->answer, &is_valid);
        if (err != ANSA_OK)
                return code_of(err);
        if (!is_valid)
                return RC_AUTHENTICATION;
        *index = p->key->index;
        return RC_SUCCESS;
}
