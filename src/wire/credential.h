/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_CREDENTIAL_H
#define ANSA_WIRE_CREDENTIAL_H

#include "base/buf.h"
#include "wire/message.h"

/** The credential at the end of a message (irp-wire 7), without its length word. */
struct credential {
        uint8_t version;
        uint16_t options;
        struct ansa_bytes signer; /* empty in what deployed software writes */
        uint32_t counter;         /* session counter from 2.5 on */
        struct ansa_bytes type;   /* "HS_MAC", "HS_SIGNED" */
        struct ansa_bytes algorithm;
        struct ansa_bytes signature; /* or MAC */
};
ANSA_CHECKED enum ansa_err credential_decode(struct ansa_bytes wire, struct credential *c);
void credential_encode(const struct credential *c, struct buf *b);

/**
 * The octets before header+body that a signature (not MAC) or a MAC of the
 * given version covers: P7, P8, the broken prefix of 2.6, or nothing. Returns
 * the count written to @prefix.
 */
#define CREDENTIAL_PREFIX_MAX 16u
enum credential_form { CREDENTIAL_SIGNED, CREDENTIAL_MAC };
size_t credential_prefix(const struct envelope *e, uint32_t counter, enum credential_form form,
                         uint8_t prefix[CREDENTIAL_PREFIX_MAX]);

/**
 * The whole octets that a MAC of versions 2.5 and 2.6 digests with SHA-1
 * (irp-wire 7.3): 2K+L+14 octets appended to @b.
 */
void credential_mac_input_old(const struct envelope *e, uint32_t counter, struct ansa_bytes key,
                              struct ansa_bytes header_and_body, struct buf *b);

#endif
