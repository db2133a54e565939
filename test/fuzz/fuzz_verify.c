/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stranger's key and signature: u8 kind, u8 digest, u8 count of parts, then for each part and
 * for the signature u16 size and octets. Keys of kind DH are agreed with instead.
 */
#include "base/assert.h"
#include "crypto/key.h"
#include "crypto/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take_block(struct ansa_bytes *rest, struct ansa_bytes *block)
{
        if (rest->size < 2)
                return false;
        size_t size = (size_t)(rest->at[0] << 8 | rest->at[1]);
        if (size > rest->size - 2)
                return false;
        *block = (struct ansa_bytes){ rest->at + 2, size };
        rest->at += 2 + size;
        rest->size -= 2 + size;
        return true;
}

static void verify(const struct ansa_key *parts, enum digest_algorithm a,
                   struct ansa_bytes signature)
{
        struct crypto_key *key;
        if (crypto_key_new(parts, &key) != ANSA_OK) {
                ansa_assert(key == NULL);
                return;
        }
        const struct ansa_bytes text = ANSA_BYTES_LIT("text");
        enum ansa_err err = crypto_verify(key, a, &text, 1, signature);
        ansa_assert(err == ANSA_OK || err == ANSA_E_UNAUTHENTIC);
        struct arena arena;
        arena_init(&arena, 16384);
        struct ansa_key again;
        ansa_assert(crypto_key_parts(key, crypto_key_is_private(key), &arena, &again) == ANSA_OK);
        ansa_assert(again.part_count == parts->part_count);
        arena_fini(&arena);
        crypto_key_free(key);
}

static void agree(const struct ansa_key *peer)
{
        struct dh_exchange *dh;
        if (dh_new(peer, 1024, &dh) != ANSA_OK) {
                ansa_assert(dh == NULL);
                return;
        }
        struct session_key key;
        enum ansa_err err = dh_agree(dh, peer, CIPHER_3DES, &key);
        ansa_assert(err == ANSA_OK ? key.size == 24 : key.size == 0);
        dh_free(dh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size < 3 || data[2] > ANSA_KEY_PART_MAX)
                return 0;
        struct ansa_bytes rest = { data + 3, size - 3 };
        struct ansa_key parts = {
                .kind = (enum ansa_key_kind)(data[0] % (ANSA_KEY_ED25519 + 1)),
                .is_private = (data[0] & 0x80u) != 0,
                .part_count = data[2],
        };
        for (uint32_t i = 0; i < parts.part_count; i++) {
                if (!take_block(&rest, &parts.part[i]))
                        return 0;
        }
        struct ansa_bytes signature;
        if (parts.kind == ANSA_KEY_DH)
                agree(&parts);
        else if (take_block(&rest, &signature))
                verify(&parts, (enum digest_algorithm)(data[1] % 3), signature);
        return 0;
}
