/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_TEST_CRYPTO_HEX_H
#define ANSA_TEST_CRYPTO_HEX_H

#include "base/assert.h"
#include "base/text.h"

/** The octets of a hex literal in static memory that lasts until the eighth call after. */
static inline struct ansa_bytes hex(const char *text)
{
        static uint8_t room[8][2048];
        static unsigned next;
        struct buf b = buf_over(room[next++ % 8], sizeof(room[0]));
        ansa_assert(text_hex(ansa_bytes_text(text), &b) == ANSA_OK);
        return buf_written(&b);
}

#endif
