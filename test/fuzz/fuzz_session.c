/* SPDX-License-Identifier: Apache-2.0 */
/* One octet for cipher and mode, then what a peer claims to be encrypted. */
#include "base/assert.h"
#include "crypto/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const uint8_t octets[32] = "an octet string for session keys";
        static const enum session_cipher ciphers[] = { CIPHER_DES, CIPHER_3DES, CIPHER_AES128 };
        if (size < 1)
                return 0;
        bool has_iv = (data[0] & 0x80u) != 0;
        struct session_key key;
        session_key_from_random(&key, ciphers[(data[0] & 0x7fu) % 3], octets);
        const struct ansa_bytes cipher = { data + 1, size - 1 };
        struct buf plain = buf_growing(1u << 20), again = buf_growing(1u << 20);
        enum ansa_err err = session_decrypt(&key, has_iv, cipher, &plain);
        ansa_assert(err == ANSA_OK || plain.size == 0);
        /* With the same IV the same message comes out again. */
        if (err == ANSA_OK) {
                uint8_t iv[16] = { 0 };
                memcpy(iv, cipher.at, cipher.size < sizeof(iv) ? cipher.size : sizeof(iv));
                ansa_assert(session_encrypt(&key, has_iv, iv, buf_written(&plain), &again) ==
                            ANSA_OK);
                ansa_assert(ansa_bytes_equal(buf_written(&again), cipher));
        }
        buf_fini(&plain);
        buf_fini(&again);
        return 0;
}
