/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/password.h"

#include "base/assert.h"
#include "crypto/digest.h"

enum ansa_err password_widen(struct ansa_bytes secret, struct buf *b)
{
        ansa_assert(b->size == 0);
        if (secret.size > b->size_max / 2)
                return ANSA_E_LIMIT;
        /* At once in full size: growing would leave copies of the secret behind. */
        (void)buf_take(b, 2 * secret.size);
        if (b->err != ANSA_OK)
                return b->err;
        buf_reset(b);
        for (size_t i = 0; i < secret.size; i++) {
                uint8_t c = secret.at[i];
                if (c < 0x80) {
                        buf_u8(b, c);
                } else {
                        buf_u8(b, (uint8_t)(0xc0u | c >> 6));
                        buf_u8(b, (uint8_t)(0x80u | (c & 0x3fu)));
                }
        }
        return b->err;
}

bool password_is_wide(struct ansa_bytes secret)
{
        for (size_t i = 0; i < secret.size; i++) {
                if (secret.at[i] >= 0x80)
                        return true;
        }
        return false;
}

void password_fini(struct buf *b)
{
        if (b->at != NULL)
                wipe(b->at, b->room);
        buf_fini(b);
}
