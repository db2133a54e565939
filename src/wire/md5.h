/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_MD5_H
#define ANSA_WIRE_MD5_H

#include "ansa/bytes.h"

/**
 * MD5 (RFC 1321), for one purpose: the protocol spreads identifiers over the servers of a
 * site by the MD5 of their name (irp-service 3.1). Nothing relies on it for security.
 * It is here and not in the crypto layer because the resolver core of small devices,
 * which has no OpenSSL, must choose the same server as everyone else.
 */
#define MD5_SIZE 16u

struct md5 {
        uint32_t state[4];
        uint64_t size;     /* octets taken in */
        uint8_t block[64]; /* the unfinished block: size % 64 octets */
};

void md5_init(struct md5 *m);
void md5_add(struct md5 *m, struct ansa_bytes bytes);
void md5_end(struct md5 *m, uint8_t digest[MD5_SIZE]);

#endif
