/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signed a checkpoint, and when that was. Part of libansa-core.a: nothing but string.h and
 * what is handed in.
 */
#include "client/proof.h"

#define AHEAD_MAX_S 600u /* clocks differ */

struct signers {
        const struct ansa_policy *policy;
        const struct verifier *verifier;
        struct ansa_bytes text;
        struct ansa_proof *proof;
        bool has_log;
};

static bool is_of(const struct bundle_signature *s, const struct ansa_policy_key *key)
{
        return s->key_id == key->id && ansa_bytes_equal(s->name, key->name);
}

static struct note_key note_key_of(const struct ansa_policy_key *key, enum note_type type)
{
        struct note_key k = { .name = key->name, .id = key->id, .type = type };
        memcpy(k.key, key->key, sizeof(k.key));
        return k;
}

static enum ansa_err check_logs(struct signers *c, const struct bundle_signature *s)
{
        for (uint32_t i = 0; i < c->policy->log_count; i++) {
                uint64_t no_time;
                if (!is_of(s, &c->policy->logs[i]))
                        continue;
                const struct note_key key = note_key_of(&c->policy->logs[i], NOTE_ED25519);
                enum ansa_err err =
                        note_verify_one(c->text, s->octets, &key, c->verifier, &no_time);
                if (err != ANSA_OK)
                        return err;
                if (!c->has_log)
                        c->proof->log = i;
                c->has_log = true;
        }
        return ANSA_OK;
}

static enum ansa_err check_witnesses(struct signers *c, const struct bundle_signature *s)
{
        for (uint32_t i = 0; i < c->policy->witness_count; i++) {
                uint64_t time_s;
                if (!is_of(s, &c->policy->witnesses[i]))
                        continue;
                const struct note_key key = note_key_of(&c->policy->witnesses[i], NOTE_COSIGNATURE);
                enum ansa_err err = note_verify_one(c->text, s->octets, &key, c->verifier, &time_s);
                if (err != ANSA_OK)
                        return err;
                c->proof->witnesses |= (uint32_t)1 << i;
                if (time_s > c->proof->witness_time_s[i])
                        c->proof->witness_time_s[i] = time_s;
        }
        return ANSA_OK;
}

/* Is a key of the bundle's log in the policy under the name that the checkpoint says? */
static enum ansa_err check_all(struct signers *c, const struct bundle *bundle)
{
        struct ansa_bytes signatures = bundle->signatures;
        struct bundle_signature s;
        while (bundle_next_signature(bundle, &signatures, &s)) {
                /* A log is what its checkpoints call it: no other log's key speaks for it. */
                if (ansa_bytes_equal(s.name, bundle->origin) && check_logs(c, &s) != ANSA_OK) {
                        c->proof->step = ANSA_PROOF_SIGNATURE;
                        return ANSA_E_UNAUTHENTIC;
                }
        }
        if (!c->has_log) {
                c->proof->step = ANSA_PROOF_SIGNATURE;
                return ANSA_E_UNAUTHENTIC;
        }
        signatures = bundle->signatures;
        while (bundle_next_signature(bundle, &signatures, &s)) {
                if (check_witnesses(c, &s) != ANSA_OK) {
                        c->proof->step = ANSA_PROOF_WITNESSES;
                        return ANSA_E_UNAUTHENTIC;
                }
        }
        return ANSA_OK;
}

enum ansa_err proof_check_signatures(const struct ansa_proof_input *input,
                                     const struct bundle *bundle, const struct hash256 *root,
                                     struct ansa_proof *proof)
{
        struct proof_verifier verifier = proof_verifier_of(input->crypto);
        uint8_t at[BUNDLE_CHECKPOINT_MAX];
        struct buf text = buf_over(at, sizeof(at));
        bundle_put_checkpoint(bundle, root, &text);
        if (text.err != ANSA_OK) {
                proof->step = ANSA_PROOF_FORM;
                return ANSA_E_MALFORMED;
        }
        struct signers c = { .policy = input->policy,
                             .verifier = &verifier.base,
                             .text = buf_written(&text),
                             .proof = proof };
        return check_all(&c, bundle);
}

static bool is_fresh(const struct ansa_proof_input *input, uint64_t time_s)
{
        const struct ansa_policy *p = input->policy;
        return !p->has_max_age || (input->now_s != 0 && (time_s >= input->now_s ||
                                                         input->now_s - time_s <= p->max_age_s));
}

enum ansa_err proof_check_age(const struct ansa_proof_input *input, struct ansa_proof *proof)
{
        const struct ansa_policy *p = input->policy;
        uint32_t fresh = 0;
        uint64_t newest = proof->time_s;
        for (uint32_t i = 0; i < p->witness_count; i++) {
                uint64_t time_s = proof->witness_time_s[i];
                if (time_s > newest)
                        newest = time_s;
                if ((proof->witnesses >> i & 1) != 0 && is_fresh(input, time_s))
                        fresh |= (uint32_t)1 << i;
        }
        proof->newest_s = newest;
        if (!ansa_policy_is_quorum(p, proof->witnesses)) {
                proof->step = ANSA_PROOF_WITNESSES;
                return ANSA_E_UNAUTHENTIC;
        }
        bool is_ahead =
                input->now_s != 0 && newest > input->now_s && newest - input->now_s > AHEAD_MAX_S;
        bool is_new = p->quorum == ANSA_POLICY_NO_QUORUM ? is_fresh(input, newest)
                                                         : ansa_policy_is_quorum(p, fresh);
        if (is_ahead || !is_new) {
                proof->step = ANSA_PROOF_AGE;
                return ANSA_E_EXPIRED;
        }
        return ANSA_OK;
}
