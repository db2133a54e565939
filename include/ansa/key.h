/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_KEY_H
#define ANSA_KEY_H

/**
 * @file
 * Keys as they travel: kind and big integers (unsigned, big endian, borrowed).
 * No cryptography here; the wire layer encodes these, the crypto layer uses them.
 */

#include "ansa/bytes.h"
#include "ansa/err.h"

enum ansa_key_kind {
        ANSA_KEY_NONE = 0,
        ANSA_KEY_DSA,     /* public q, p, g, y; private x, p, q, g           */
        ANSA_KEY_RSA,     /* public e, n; private n, d                       */
        ANSA_KEY_RSA_CRT, /* private only: n, e, d, p, q, dP, dQ, qInv       */
        ANSA_KEY_DH,      /* public y, p, g; private x, p, g                 */
        ANSA_KEY_ED25519, /* our extension: public 32 octets; private seed 32 */
};

#define ANSA_KEY_PART_MAX 8u

/** part[] holds the integers in the order of the wire form; unused ones are empty. */
struct ansa_key {
        enum ansa_key_kind kind;
        bool is_private;
        uint32_t part_count;
        struct ansa_bytes part[ANSA_KEY_PART_MAX];
};

#endif /* ANSA_KEY_H */
