/* SPDX-License-Identifier: Apache-2.0 */
/* Four octets of version, then a credential. */
#include "base/assert.h"
#include "wire/credential.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void cover(const struct envelope *e, const struct credential *c)
{
        uint8_t prefix[CREDENTIAL_PREFIX_MAX];
        ansa_assert(credential_prefix(e, c->counter, CREDENTIAL_MAC, prefix) <= sizeof(prefix));
        ansa_assert(credential_prefix(e, c->counter, CREDENTIAL_SIGNED, prefix) <= sizeof(prefix));
        struct buf b = buf_growing(1u << 20);
        credential_mac_input_old(e, c->counter, c->type, c->signature, &b);
        ansa_assert(b.err != ANSA_OK || b.size == 2 * c->type.size + c->signature.size + 14);
        buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size < 4)
                return 0;
        const struct envelope e = { .major = data[0],
                                    .minor = data[1],
                                    .suggested_major = data[2] & 3,
                                    .suggested_minor = data[3],
                                    .session_id = 0x11223344,
                                    .request_id = 0x01020304 };
        struct ansa_bytes wire = { data + 4, size - 4 };
        struct credential c;
        if (credential_decode(wire, &c) != ANSA_OK)
                return 0;
        struct buf b = buf_growing(size);
        credential_encode(&c, &b);
        ansa_assert(b.err == ANSA_OK && b.size == wire.size);
        ansa_assert(b.at[0] == wire.at[0]); /* the octet at 1 is reserved, the rest is the same */
        ansa_assert(memcmp(b.at + 2, wire.at + 2, wire.size - 2) == 0);
        buf_fini(&b);
        cover(&e, &c);
        return 0;
}
