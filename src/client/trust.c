/* SPDX-License-Identifier: Apache-2.0 */
/* Up the chain of signers (irp-service 10.2). */
#include "client/trust.h"

#include "client/sentence.h"

#include "base/assert.h"
#include "base/text.h"
#include "wire/data.h"
#include "wire/name.h"

#define TRUST_SIZE_MAX (16u * 1024u * 1024u)
#define SHOWN_MAX      60

static const char *const result_texts[] = {
#define X(name, text) [ANSA_TRUST_##name] = (text),
        ANSA_TRUST_MAP(X)
#undef X
};

const char *ansa_trust_text(enum ansa_trust_result result)
{
        size_t n = sizeof(result_texts) / sizeof(result_texts[0]);
        return (size_t)result < n ? result_texts[result] : "is in an unknown state";
}

void trust_init(struct trust_check *t)
{
        *t = (struct trust_check){ .state = TRUST_IDLE };
        arena_init(&t->arena, TRUST_SIZE_MAX);
        jws_fini(&t->signature);
        jws_fini(&t->lower);
}

void trust_fini(struct trust_check *t)
{
        jws_fini(&t->signature);
        jws_fini(&t->lower);
        arena_fini(&t->arena);
}

/* Ours, not the record's: the check cannot go on. */
static void broken(struct trust_check *t, enum ansa_err err)
{
        t->err = err;
        t->state = TRUST_OVER;
}

static void set_reason(struct trust_check *t, enum ansa_trust_result result,
                       const struct ansa_ref *link)
{
        char shown[SHOWN_MAX + 8] = "";
        if (t->trust.result != ANSA_TRUST_UNCHECKED)
                return; /* the first signature that failed is told of */
        t->trust.result = result;
        if (link != NULL)
                (void)sentence_quote(shown, sizeof(shown), link->name, SHOWN_MAX);
        if (link != NULL)
                sentence_put(t->trust.reason, sizeof(t->trust.reason), "the record %s (at %u:%s)",
                             ansa_trust_text(result), link->index, shown);
        else
                sentence_put(t->trust.reason, sizeof(t->trust.reason), "the record %s",
                             ansa_trust_text(result));
}

static bool must_be_covered(const struct ansa_value *v)
{
        return (v->permissions & ANSA_PERM_PUBLIC_READ) != 0 &&
               value_type_of(v->type) != TYPE_HS_SIGNATURE;
}

/* All signatures were followed: what do the good ones amount to? */
static void conclude(struct trust_check *t)
{
        struct ansa_values values = t->input.values;
        struct ansa_value v;
        bool is_all_covered = true;
        bool is_any_covered = false;
        struct ansa_ref uncovered = { t->input.name, 0 };
        t->state = TRUST_OVER;
        for (uint32_t i = 0; ansa_values_next(&values, &v) == ANSA_OK; i++) {
                is_any_covered = is_any_covered || t->is_covered[i];
                if (must_be_covered(&v) && !t->is_covered[i]) {
                        is_all_covered = false;
                        uncovered.index = v.index;
                }
        }
        if (t->signature_count == 0) {
                set_reason(t, t->needs_required ? ANSA_TRUST_REQUIRED_SIGNER : ANSA_TRUST_UNSIGNED,
                           NULL);
        } else if (is_all_covered && is_any_covered) {
                t->trust = (struct ansa_trust){ .result = ANSA_TRUST_TRUSTED };
        } else {
                /* An older reason, of a signature that failed, stays. */
                set_reason(t, ANSA_TRUST_UNSIGNED_VALUE, &uncovered);
        }
}

static void next_signature(struct trust_check *t);

static void signature_fails(struct trust_check *t, enum ansa_trust_result result,
                            const struct ansa_ref *link)
{
        set_reason(t, result, link);
        t->state = TRUST_IDLE;
}

/* The signature holds: what it covers is covered. */
static void signature_holds(struct trust_check *t)
{
        uint32_t index;
        enum ansa_trust_result r =
                claims_digests(&t->signature, t->input.values, t->is_covered, &index);
        ansa_assert(r == ANSA_TRUST_TRUSTED); /* it was checked before the chain was */
        t->state = TRUST_IDLE;
}

/* The certificates that the caller requires, of which one may be for the issuer at hand. */
static bool meets_required(struct trust_check *t, enum ansa_trust_result *result)
{
        bool is_for_issuer = false;
        *result = ANSA_TRUST_BAD_SIGNATURE;
        for (size_t i = 0; i < t->input.required_count; i++) {
                struct jws required;
                struct ansa_ref subject;
                struct ansa_key key;
                if (jws_read(t->input.required[i], &required) != ANSA_OK)
                        continue;
                bool fits = claims_permit(&required, t->input.name) &&
                            jws_ref(&required, "sub", &subject) && ref_equal(&subject, &t->issuer);
                if (fits && jws_public_key(&required, &t->arena, &key) == ANSA_OK) {
                        is_for_issuer = true;
                        if (jws_verify(&t->lower, &key) == ANSA_OK)
                                *result = ANSA_TRUST_TRUSTED;
                }
                jws_fini(&required);
        }
        return is_for_issuer;
}

static bool some_is_required(const struct trust_check *t)
{
        bool covers = false;
        for (size_t i = 0; i < t->input.required_count && !covers; i++) {
                struct jws required;
                if (jws_read(t->input.required[i], &required) != ANSA_OK)
                        continue;
                covers = claims_permit(&required, t->input.name);
                jws_fini(&required);
        }
        return covers;
}

static void reach_root(struct trust_check *t)
{
        if (t->needs_required) {
                signature_fails(t, ANSA_TRUST_REQUIRED_SIGNER, &t->issuer);
                return;
        }
        for (size_t i = 0; i < t->input.root_count; i++) {
                if (jws_verify(&t->lower, &t->input.roots[i]) == ANSA_OK) {
                        signature_holds(t);
                        return;
                }
        }
        signature_fails(t, ANSA_TRUST_UNTRUSTED_ROOT, &t->issuer);
}

/* Where the certificate of lower's issuer is said to be, or can be expected. */
static void want_certificate(struct trust_check *t)
{
        const json_t *chain = json_object_get(t->signature.claims, "chain");
        const char *text = json_string_value(json_array_get(chain, t->depth));
        t->wanted = (struct ansa_ref){ t->issuer.name, 0 };
        if (text != NULL && ref_from_text(ansa_bytes_text(text), &t->wanted) != ANSA_OK)
                t->wanted = (struct ansa_ref){ t->issuer.name, 0 };
        t->state = TRUST_WANTS;
}

/* lower is read: who has issued it, and what does that mean? */
static void climb(struct trust_check *t)
{
        struct ansa_ref subject;
        enum ansa_trust_result result;
        struct ansa_ref issuer;
        if (!jws_ref(&t->lower, "iss", &issuer)) {
                signature_fails(t, ANSA_TRUST_MALFORMED, NULL);
                return;
        }
        t->issuer = issuer;
        bool self_issued =
                !t->is_first && jws_ref(&t->lower, "sub", &subject) && ref_equal(&subject, &issuer);
        if (meets_required(t, &result)) {
                if (result == ANSA_TRUST_TRUSTED)
                        signature_holds(t);
                else
                        signature_fails(t, result, &t->issuer);
        } else if (name_equal(issuer.name, ANSA_BYTES_LIT("0.0/0.0"), true)) {
                reach_root(t);
        } else if (self_issued) {
                signature_fails(t,
                                t->needs_required ? ANSA_TRUST_REQUIRED_SIGNER
                                                  : ANSA_TRUST_UNTRUSTED_ROOT,
                                &t->issuer);
        } else if (t->depth == TRUST_CHAIN_MAX) {
                signature_fails(t, ANSA_TRUST_CHAIN_TOO_LONG, &t->issuer);
        } else {
                want_certificate(t);
        }
}

/* The signature by itself: subject, dates, digests; its chain comes after. */
static void begin_signature(struct trust_check *t, const struct ansa_value *v)
{
        uint32_t index;
        struct ansa_ref place = { t->input.name, v->index };
        enum ansa_err err = jws_read(v->data, &t->signature);
        if (err == ANSA_OK)
                err = jws_read(v->data, &t->lower);
        if (err != ANSA_OK) {
                signature_fails(t,
                                err == ANSA_E_UNSUPPORTED ? ANSA_TRUST_UNSUPPORTED
                                                          : ANSA_TRUST_MALFORMED,
                                &place);
                return;
        }
        t->is_first = true;
        t->depth = 0;
        bool *scratch = arena_array(&t->arena, t->input.values.count, sizeof(bool));
        if (scratch == NULL) {
                broken(t, ANSA_E_NO_MEMORY);
                return;
        }
        enum ansa_trust_result r = claims_dates(&t->signature, t->input.now_s);
        if (!name_equal(jws_text(&t->signature, "sub"), t->input.name, true))
                r = ANSA_TRUST_WRONG_SUBJECT;
        if (r == ANSA_TRUST_TRUSTED) {
                r = claims_digests(&t->signature, t->input.values, scratch, &index);
                if (index != 0)
                        place.index = index;
        }
        if (r == ANSA_TRUST_TRUSTED)
                climb(t);
        else
                signature_fails(t, r, &place);
}

/* Signatures one after the other, until one wants a record or none is left. */
static void next_signature(struct trust_check *t)
{
        struct ansa_value v;
        while (t->state == TRUST_IDLE) {
                jws_fini(&t->signature);
                jws_fini(&t->lower);
                if (ansa_values_next(&t->signatures, &v) != ANSA_OK) {
                        conclude(t);
                        return;
                }
                if (value_type_of(v.type) != TYPE_HS_SIGNATURE)
                        continue;
                if (++t->signature_count <= TRUST_SIGNATURES_MAX)
                        begin_signature(t, &v);
        }
}

void trust_begin(struct trust_check *t, const struct ansa_trust_input *input)
{
        t->input = *input;
        enum ansa_err err = arena_copy(&t->arena, input->name, &t->input.name);
        if (err == ANSA_OK)
                err = arena_copy(&t->arena, input->values.wire, &t->input.values.wire);
        t->is_covered = arena_array(&t->arena, input->values.count, sizeof(bool));
        if (err != ANSA_OK || t->is_covered == NULL) {
                broken(t, ANSA_E_NO_MEMORY);
                return;
        }
        t->signatures = t->input.values;
        t->needs_required = some_is_required(t);
        next_signature(t);
}

bool trust_wants(const struct trust_check *t, struct ansa_bytes *name)
{
        *name = t->wanted.name;
        return t->state == TRUST_WANTS;
}

/* The certificate among @values for the wanted issuer: of those valid now the one issued last. */
static enum ansa_trust_result choose(struct trust_check *t, struct ansa_values values,
                                     struct jws *chosen)
{
        enum ansa_trust_result result = ANSA_TRUST_NO_CERTIFICATE;
        uint64_t newest = 0;
        struct ansa_value v;
        bool has_chosen = false;
        while (ansa_values_next(&values, &v) == ANSA_OK) {
                struct jws j;
                struct ansa_ref subject;
                if (value_type_of(v.type) != TYPE_HS_CERT ||
                    (t->wanted.index != 0 && v.index != t->wanted.index) ||
                    jws_read(v.data, &j) != ANSA_OK)
                        continue;
                bool fits = jws_ref(&j, "sub", &subject) && ref_equal(&subject, &t->issuer);
                enum ansa_trust_result dates = claims_dates(&j, t->input.now_s);
                if (fits && dates != ANSA_TRUST_TRUSTED && !has_chosen)
                        result = dates;
                uint64_t issued = jws_number(&j, "iat");
                if (fits && dates == ANSA_TRUST_TRUSTED && (!has_chosen || issued >= newest)) {
                        jws_fini(chosen);
                        *chosen = j;
                        newest = issued;
                        has_chosen = true;
                        result = ANSA_TRUST_TRUSTED;
                } else {
                        jws_fini(&j);
                }
        }
        return result;
}

void trust_feed(struct trust_check *t, enum ansa_err err, struct ansa_values values)
{
        struct jws certificate = { 0 };
        struct ansa_key key;
        ansa_assert(t->state == TRUST_WANTS);
        jws_fini(&certificate);
        enum ansa_trust_result r = ANSA_TRUST_NO_CERTIFICATE;
        if (err == ANSA_OK)
                r = choose(t, values, &certificate);
        if (r == ANSA_TRUST_TRUSTED) {
                if (jws_public_key(&certificate, &t->arena, &key) != ANSA_OK)
                        r = ANSA_TRUST_MALFORMED;
                else if (jws_verify(&t->lower, &key) != ANSA_OK)
                        r = ANSA_TRUST_BAD_SIGNATURE;
                else if (!claims_permit(&certificate, t->input.name))
                        r = ANSA_TRUST_NOT_PERMITTED;
        }
        if (r != ANSA_TRUST_TRUSTED) {
                signature_fails(t, r, &t->issuer);
                jws_fini(&certificate);
        } else {
                jws_fini(&t->lower);
                t->lower = certificate;
                t->is_first = false;
                t->depth++;
                climb(t);
        }
        next_signature(t);
}

enum ansa_err trust_result(const struct trust_check *t, struct ansa_trust *trust)
{
        *trust = (struct ansa_trust){ 0 };
        if (t->err != ANSA_OK)
                return t->err;
        ansa_assert(t->state == TRUST_OVER);
        *trust = t->trust;
        return ANSA_OK;
}

enum ansa_err ansa_trust_check(const struct ansa_trust_input *input, struct ansa_trust *trust)
{
        struct trust_check t;
        struct ansa_bytes name;
        trust_init(&t);
        trust_begin(&t, input);
        while (trust_wants(&t, &name)) {
                struct ansa_values values = { 0 };
                enum ansa_err err = ANSA_E_NOT_FOUND;
                if (input->fetch != NULL)
                        err = input->fetch(input->context, name, &values);
                trust_feed(&t, err, values);
        }
        enum ansa_err err = trust_result(&t, trust);
        trust_fini(&t);
        return err;
}
