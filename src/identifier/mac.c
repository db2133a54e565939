/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/mac.h"

#include "base/limits.h"
#include "wire/credential.h"

enum ansa_err session_mac(const struct envelope *e, uint32_t counter, struct ansa_bytes key,
                          struct ansa_bytes covered, uint8_t mac[DIGEST_SIZE_MAX], size_t *size)
{
        uint16_t version = envelope_version(e);
        *size = 0;
        enum ansa_err err;
        if (version >= VERSION(2, 7)) {
                uint8_t prefix[CREDENTIAL_PREFIX_MAX];
                size_t prefix_size = credential_prefix(e, counter, CREDENTIAL_MAC, prefix);
                struct ansa_bytes parts[] = { { prefix, prefix_size }, covered };
                err = hmac_parts(ALGORITHM_SHA256, key, parts, 2, mac);
                *size = err == ANSA_OK ? digest_size(ALGORITHM_SHA256) : 0;
                return err;
        }
        if (version >= VERSION(2, 5)) {
                struct buf old = buf_growing(2 * key.size + covered.size + 14);
                credential_mac_input_old(e, counter, key, covered, &old);
                struct ansa_bytes input = buf_written(&old);
                err = old.err != ANSA_OK ? old.err : digest_parts(ALGORITHM_SHA1, &input, 1, mac);
                if (old.at != NULL)
                        wipe(old.at, old.size);
                buf_fini(&old);
        } else {
                struct ansa_bytes parts[] = { key, covered, key };
                err = digest_parts(ALGORITHM_SHA1, parts, 3, mac);
        }
        *size = err == ANSA_OK ? digest_size(ALGORITHM_SHA1) : 0;
        return err;
}

struct ansa_bytes session_mac_name(const struct envelope *e)
{
        uint16_t version = envelope_version(e);
        if (version >= VERSION(2, 7))
                return ANSA_BYTES_LIT("HMAC-SHA256");
        if (version == VERSION(2, 6))
                return ANSA_BYTES_LIT("SHA1");
        return ANSA_BYTES_LIT("\2");
}
