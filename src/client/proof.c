/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking of proofs (docs/ledger.md, section 5). Part of libansa-core.a: nothing but string.h and
 * what is handed in.
 */
#include "client/proof.h"

#include "base/assert.h"
#include "crypto/commitment.h"
#include "crypto/dictionary.h"
#include "crypto/merkle.h"
#include "wire/entry.h"
#include "wire/name.h"

#include <assert.h>

static_assert(OPENING_SALT_SIZE == SALT_SIZE, "a salt as it is hashed");

/*
 * The tree of values, put together from the left: done[k] is the root of a perfect subtree of 2^k
 * leaves wherever bit k of the number of leaves so far is set. Only the last part may be no perfect
 * subtree; what is right of everything joins the smallest first.
 */
struct value_tree {
        const struct hasher *hasher;
        const struct hash256 *hashes; /* of parts that are not shown, from here on */
        uint32_t size;
        struct hash256 done[12];
};

static_assert(OPENING_VALUES_MAX < 1u << 12, "levels of the tree of values");

static void add(struct value_tree *t, uint32_t leaves, const struct hash256 *hash)
{
        struct hash256 sum = *hash;
        unsigned k = (unsigned)__builtin_ctz(leaves);
        for (; (t->size >> k & 1) != 0; k++)
                merkle_node(t->hasher, &t->done[k], &sum, &sum);
        t->done[k] = sum;
        t->size += leaves;
}

/* The root, when @hash is of all that is right of what was added. */
static void end(struct value_tree *t, const struct hash256 *hash, struct hash256 *root)
{
        struct hash256 sum = *hash;
        for (unsigned k = 0; t->size >> k != 0; k++) {
                if ((t->size >> k & 1) != 0)
                        merkle_node(t->hasher, &t->done[k], &sum, &sum);
        }
        *root = sum;
}

/* Parts that are not shown, up to leaf @next; those that are not the last. */
static void add_hidden(struct value_tree *t, const struct opening *o, uint32_t next)
{
        while (t->size < next) {
                uint32_t part = opening_part(t->size, next, o->count);
                if (t->size + part == o->count)
                        return;
                add(t, part, t->hashes++);
        }
}

static void values_root(const struct hasher *h, const struct opening *o, struct hash256 *root)
{
        struct value_tree t = { .hasher = h, .hashes = (const void *)o->hashes.at };
        struct ansa_bytes shown = o->shown;
        struct opening_value v;
        struct hash256 leaf;
        if (o->count == 0) {
                merkle_empty(h, root);
                return;
        }
        while (opening_next(&shown, &v)) {
                struct salt salt;
                memcpy(salt.at, v.salt, SALT_SIZE);
                add_hidden(&t, o, v.position);
                commitment_value(h, &salt, v.wire, &leaf);
                if (v.position + 1 == o->count) {
                        end(&t, &leaf, root);
                        return;
                }
                add(&t, 1, &leaf);
        }
        add_hidden(&t, o, o->count);
        end(&t, t.hashes, root);
}

void proof_commitment(const struct hasher *h, const struct opening *opening,
                      struct hash256 *commitment)
{
        struct hash256 root;
        values_root(h, opening, &root);
        commitment_record(h, opening->count, opening->public_count, &root, commitment);
}

static enum ansa_err fail(struct ansa_proof *proof, enum ansa_proof_step step, enum ansa_err err)
{
        proof->step = step;
        return err;
}

/* How the log's server folds, by its name; false: the policy has no such log. */
static bool find_log(const struct ansa_policy *policy, struct ansa_bytes origin,
                     bool *case_sensitive)
{
        *case_sensitive = false;
        for (uint32_t i = 0; i < policy->log_count; i++) {
                if (!ansa_bytes_equal(policy->logs[i].name, origin))
                        continue;
                *case_sensitive = policy->logs[i].case_sensitive;
                return true;
        }
        return false;
}

static bool folds_to(struct ansa_bytes name, bool case_sensitive, struct ansa_bytes folded)
{
        uint8_t at[NAME_KEY_SIZE_MAX];
        size_t size = 0;
        return name_fold(name, case_sensitive, at, sizeof(at), &size) == ANSA_OK &&
               ansa_bytes_equal((struct ansa_bytes){ at, size }, folded);
}

static enum ansa_err check_name(const struct ansa_proof_input *input, const struct bundle *b,
                                struct ansa_proof *proof)
{
        bool case_sensitive;
        if (!find_log(input->policy, b->origin, &case_sensitive))
                return fail(proof, ANSA_PROOF_LOG_KNOWN, ANSA_E_NOT_FOUND);
        struct ansa_bytes asked = input->name.size > 0 ? input->name : b->name;
        /* What begins with an octet 0 is a key of something else than an identifier. */
        if (name_problem(b->name) != NULL || !folds_to(b->name, case_sensitive, b->name) ||
            !folds_to(asked, case_sensitive, b->name))
                return fail(proof, ANSA_PROOF_IDENTIFIER, ANSA_E_ARGUMENT);
        return ANSA_OK;
}

/* From what is shown to the root of the log. */
static enum ansa_err find_root(const struct hasher *h, const struct bundle *b, struct hash256 *root,
                               struct ansa_proof *proof)
{
        struct hash256 key;
        struct hash256 commitment;
        struct hash256 leaf;
        struct dictionary_path path;
        uint8_t octets[ENTRY_SIZE];
        struct entry state = { .action = ENTRY_STATE,
                               .origin = ORIGIN_SERVER,
                               .number = b->number,
                               .time_s = b->time_s };
        dictionary_key_record(h, b->name, &key);
        if (b->is_record)
                proof_commitment(h, &b->opening, &commitment);
        if (dictionary_path_decode(b->path, &path) != ANSA_OK ||
            dictionary_path_root(h, &key, b->is_record ? &commitment : NULL, &path,
                                 &state.commitment) != ANSA_OK)
                return fail(proof, ANSA_PROOF_DICTIONARY, ANSA_E_UNAUTHENTIC);
        entry_encode(&state, octets);
        merkle_leaf(h, (struct ansa_bytes){ octets, sizeof(octets) }, &leaf);
        if (merkle_inclusion_root(h, &leaf, b->number, b->number + 1, b->inclusion,
                                  b->inclusion_count, root) != ANSA_OK)
                return fail(proof, ANSA_PROOF_LOG, ANSA_E_UNAUTHENTIC);
        return ANSA_OK;
}

static void tell(const struct bundle *b, const struct hash256 *root, struct ansa_proof *proof)
{
        proof->is_record = b->is_record;
        proof->name = b->name;
        proof->value_count = b->opening.count;
        proof->public_count = b->opening.public_count;
        proof->shown_count = b->opening.shown_count;
        proof->shown = b->opening.shown;
        proof->log_size = b->number + 1;
        proof->time_s = b->time_s;
        memcpy(proof->log_root, root->at, HASH_SIZE);
        uint32_t public_shown = 0;
        struct ansa_bytes shown = b->opening.shown;
        struct opening_value v;
        while (opening_next(&shown, &v))
                public_shown += v.position < b->opening.public_count;
        proof->has_all_public = b->is_record && public_shown == b->opening.public_count;
}

/* *told: the root that a text says the log has; there is none in the binary form. */
static enum ansa_err decode(const struct ansa_proof_input *input, struct bundle *b,
                            struct hash256 *told, bool *is_told)
{
        struct buf room = buf_over(input->room, input->room_size);
        *is_told = bundle_is_text(input->bundle);
        return *is_told ? bundle_decode_text(input->bundle, &room, b, told)
                        : bundle_decode(input->bundle, b);
}

static enum ansa_err check(const struct ansa_proof_input *input, struct ansa_proof *proof)
{
        struct proof_hasher hasher = proof_hasher_of(input->crypto);
        struct bundle b;
        struct hash256 root;
        struct hash256 told;
        bool is_told;
        enum ansa_err err = decode(input, &b, &told, &is_told);
        if (err != ANSA_OK)
                return fail(proof, ANSA_PROOF_FORM, err);
        err = check_name(input, &b, proof);
        if (err == ANSA_OK)
                err = find_root(&hasher.base, &b, &root, proof);
        if (err == ANSA_OK && is_told && !hash256_equal(&root, &told))
                err = fail(proof, ANSA_PROOF_LOG, ANSA_E_UNAUTHENTIC);
        if (err != ANSA_OK)
                return err;
        tell(&b, &root, proof);
        err = proof_check_signatures(input, &b, &root, proof);
        return err == ANSA_OK ? proof_check_age(input, proof) : err;
}

enum ansa_err ansa_proof_check(const struct ansa_proof_input *input, struct ansa_proof *proof)
{
        memset(proof, 0, sizeof(*proof));
        enum ansa_err err = check(input, proof);
        if (err != ANSA_OK) {
                enum ansa_proof_step step = proof->step;
                memset(proof, 0, sizeof(*proof));
                proof->step = step;
        }
        return err;
}

bool ansa_proof_next(struct ansa_proof *proof, uint32_t *position, struct ansa_value *value)
{
        struct opening_value v;
        bool found = opening_next(&proof->shown, &v);
        *position = v.position;
        *value = v.value;
        return found;
}

const char *ansa_proof_step_text(enum ansa_proof_step step)
{
        static const char *const texts[] = {
#define X(name, text) [ANSA_PROOF_##name] = (text),
                ANSA_PROOF_STEP_MAP(X)
#undef X
        };
        return (unsigned)step < sizeof(texts) / sizeof(texts[0]) ? texts[step] : "?";
}
