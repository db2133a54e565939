/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy, and a bundle checked by a policy for which every signature is good: what is accepted can
 * be walked to its end, and says the same in its other form.
 */
#include "ansa/proof.h"
#include "base/assert.h"
#include "wire/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sha256(void *context, const struct ansa_bytes *parts, size_t count,
                   uint8_t digest[ANSA_PROOF_DIGEST_SIZE])
{
        (void)context;
        ansa_proof_openssl()->sha256(NULL, parts, count, digest);
}

static bool ed25519(void *context, const uint8_t key[ANSA_PROOF_KEY_SIZE],
                    struct ansa_bytes message, const uint8_t signature[ANSA_PROOF_SIGNATURE_SIZE])
{
        (void)context;
        ansa_assert(message.size > 0 && key != NULL && signature != NULL);
        return true;
}

static const struct ansa_proof_crypto crypto = { sha256, ed25519, NULL };

/* The keys of the test's log and of a witness. */
static const struct ansa_policy *policy(void)
{
        static struct ansa_policy p;
        static const char text[] =
                "log log.example/ansa+81bca67a+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\n"
                "quorum none\nmax-age 4294967295\n";
        struct ansa_policy_problem problem;
        if (p.log_count == 0) {
                enum ansa_err err = ansa_policy_parse(&p, ansa_bytes_text(text), &crypto, &problem);
                ansa_assert(err == ANSA_OK);
        }
        return &p;
}

static void walk(struct ansa_proof *proof)
{
        struct ansa_value value;
        uint32_t position;
        uint32_t count = 0;
        while (ansa_proof_next(proof, &position, &value)) {
                ansa_assert(position < proof->value_count);
                count++;
        }
        ansa_assert(count == proof->shown_count && proof->public_count <= proof->value_count);
}

static void check(struct ansa_bytes input)
{
        static uint8_t room[BUNDLE_SIZE_MAX];
        struct ansa_proof proof;
        struct ansa_proof_input in = { .bundle = input,
                                       .policy = policy(),
                                       .crypto = &crypto,
                                       .now_s = 1800000000u,
                                       .room = room,
                                       .room_size = sizeof(room) };
        if (ansa_proof_check(&in, &proof) != ANSA_OK) {
                ansa_assert(proof.step != ANSA_PROOF_DONE && proof.name.size == 0);
                return;
        }
        ansa_assert(proof.step == ANSA_PROOF_DONE);
        walk(&proof);
        struct bundle bundle;
        if (bundle_is_text(input) || bundle_decode(input, &bundle) != ANSA_OK)
                return;
        struct hash256 root;
        struct buf text = buf_growing(BUNDLE_TEXT_SIZE_MAX);
        memcpy(root.at, proof.log_root, HASH_SIZE);
        bundle_put_text(&bundle, &root, &text);
        in.bundle = buf_written(&text);
        enum ansa_err err = ansa_proof_check(&in, &proof);
        ansa_assert(err == ANSA_OK);
        walk(&proof);
        buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct ansa_policy p;
        struct ansa_policy_problem problem;
        enum ansa_err err =
                ansa_policy_parse(&p, (struct ansa_bytes){ data, size }, &crypto, &problem);
        ansa_assert((err == ANSA_OK) == (problem.text == NULL));
        (void)ansa_policy_is_quorum(&p, UINT32_MAX);
        check((struct ansa_bytes){ data, size });
        return 0;
}
