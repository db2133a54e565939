/* SPDX-License-Identifier: Apache-2.0 */
/*
 * good POLICY PROOF...: the digest of key, signature and message of each good signature of the
 * proofs, for a target that has no Ed25519. The policy is of keys only.
 */
#include "ansa/proof.h"
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

static void sha256(void *context, const struct ansa_bytes *parts, size_t count,
                   uint8_t digest[ANSA_PROOF_DIGEST_SIZE])
{
        (void)context;
        ansa_proof_openssl()->sha256(NULL, parts, count, digest);
}

static bool ed25519(void *context, const uint8_t key[ANSA_PROOF_KEY_SIZE],
                    struct ansa_bytes message, const uint8_t signature[ANSA_PROOF_SIGNATURE_SIZE])
{
        const struct ansa_bytes parts[] = { { key, ANSA_PROOF_KEY_SIZE },
                                            { signature, ANSA_PROOF_SIGNATURE_SIZE },
                                            message };
        uint8_t digest[ANSA_PROOF_DIGEST_SIZE];
        if (!ansa_proof_openssl()->ed25519(NULL, key, message, signature))
                return false;
        sha256(context, parts, 3, digest);
        return fwrite(digest, 1, sizeof(digest), stdout) == sizeof(digest);
}

static struct ansa_bytes slurp(const char *path, uint8_t *at, size_t room)
{
        FILE *file = fopen(path, "rb");
        if (file == NULL)
                return (struct ansa_bytes){ 0 };
        size_t size = fread(at, 1, room, file);
        (void)fclose(file);
        return (struct ansa_bytes){ at, size };
}

int main(int argc, char **argv)
{
        static const struct ansa_proof_crypto crypto = { sha256, ed25519, NULL };
        static uint8_t keys[4096];
        static uint8_t octets[65536];
        static uint8_t room[65536];
        static struct ansa_policy policy;
        struct ansa_policy_problem problem;
        if (argc < 3)
                return 2;
        struct ansa_bytes text = slurp(argv[1], keys, sizeof(keys) - 16);
        struct buf b = buf_over(keys, sizeof(keys));
        b.size = text.size;
        buf_text(&b, "quorum none\n");
        if (ansa_policy_parse(&policy, buf_written(&b), &crypto, &problem) != ANSA_OK)
                return 1;
        for (int i = 2; i < argc; i++) {
                struct ansa_proof proof;
                const struct ansa_proof_input input = { .bundle = slurp(argv[i], octets,
                                                                        sizeof(octets)),
                                                        .policy = &policy,
                                                        .crypto = &crypto,
                                                        .room = room,
                                                        .room_size = sizeof(room) };
                if (ansa_proof_check(&input, &proof) != ANSA_OK)
                        return 1;
        }
        return 0;
}
