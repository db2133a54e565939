/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_MAC_H
#define ANSA_IDENTIFIER_MAC_H

#include "crypto/digest.h"
#include "wire/message.h"

/**
 * HS_MAC of a message in a session (irp-wire 7), by the version that envelope @e states:
 * HMAC-SHA256 from 2.7, SHA-1 between keys before. @covered is header and body in plaintext.
 */
ANSA_CHECKED enum ansa_err session_mac(const struct envelope *e, uint32_t counter,
                                       struct ansa_bytes key, struct ansa_bytes covered,
                                       uint8_t mac[DIGEST_SIZE_MAX], size_t *size);

/** The algorithm's name in the credential of such a message. */
struct ansa_bytes session_mac_name(const struct envelope *e);

#endif
