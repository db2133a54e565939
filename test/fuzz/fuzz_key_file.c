/* SPDX-License-Identifier: Apache-2.0 */
/* u8 form, u8 iterations, u8 key octets, u8 salt size, u8 IV size, salt, IV, payload of a key file. */
#include "base/assert.h"
#include "base/buf.h"
#include "crypto/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size < 5 || size - 5 < (size_t)data[3] + data[4])
                return 0;
        const struct key_file_cipher c = {
                .form = data[0],
                .salt = { data + 5, data[3] },
                .iterations = data[1],
                .key_bits = data[2] * 8u,
                .iv = { data + 5 + data[3], data[4] },
        };
        size_t head = 5 + (size_t)data[3] + data[4];
        const struct ansa_bytes payload = { data + head, size - head };
        const struct ansa_bytes passphrase = ANSA_BYTES_LIT("p\xc3\xa4ss");
        struct buf plain = buf_growing(size + 16), again = buf_growing(size + 16);
        enum ansa_err err = key_file_decrypt(&c, passphrase, payload, &plain);
        ansa_assert(plain.err == ANSA_OK);
        ansa_assert(err == ANSA_OK || plain.size == 0);
        /* Padding is unique, so decryption can be undone. */
        if (err == ANSA_OK) {
                ansa_assert(key_file_encrypt(&c, passphrase, buf_written(&plain), &again) ==
                            ANSA_OK);
                ansa_assert(ansa_bytes_equal(buf_written(&again), payload));
        }
        buf_fini(&plain);
        buf_fini(&again);
        return 0;
}
