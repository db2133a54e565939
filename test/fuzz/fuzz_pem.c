/* SPDX-License-Identifier: Apache-2.0 */
/* A key or a certificate in PEM: what is read is written and read again. */
#include "base/assert.h"
#include "base/buf.h"
#include "crypto/tls_cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct crypto_key *key, bool want_private)
{
        const struct ansa_bytes none = { NULL, 0 };
        struct buf b = buf_growing(65536);
        enum ansa_err err = crypto_key_to_pem(key, want_private, none, &b);
        if (err != ANSA_E_UNSUPPORTED) {
                struct crypto_key *again;
                ansa_assert(err == ANSA_OK);
                ansa_assert(crypto_key_from_pem(buf_written(&b), none, &again) == ANSA_OK);
                ansa_assert(crypto_key_kind(again) == crypto_key_kind(key));
                ansa_assert(crypto_key_bits(again) == crypto_key_bits(key));
                ansa_assert(crypto_key_is_private(again) == want_private);
                crypto_key_free(again);
        }
        buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char sealed[] = "ENCRYPTED PRIVATE KEY";
        const struct ansa_bytes pem = { data, size };
        struct ansa_bytes passphrase = ANSA_BYTES_LIT("secret");
        /* Allowed iterations take seconds; without a passphrase all but them is run. */
        if (size > 0 && memmem(data, size, sealed, sizeof(sealed) - 1) != NULL)
                passphrase.size = 0;
        struct crypto_key *key;
        if (crypto_key_from_pem(pem, passphrase, &key) == ANSA_OK) {
                write_again(key, false);
                if (crypto_key_is_private(key))
                        write_again(key, true);
                crypto_key_free(key);
        } else {
                ansa_assert(key == NULL);
        }
        if (crypto_key_from_cert_pem(pem, &key) == ANSA_OK) {
                write_again(key, false);
                crypto_key_free(key);
        }
        return 0;
}
