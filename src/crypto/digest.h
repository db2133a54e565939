/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_DIGEST_H
#define ANSA_CRYPTO_DIGEST_H

#include "ansa/bytes.h"
#include "ansa/err.h"

/** Digests and authentication codes. The sizes below are octets. */
enum digest_algorithm { ALGORITHM_MD5, ALGORITHM_SHA1, ALGORITHM_SHA256 };

#define DIGEST_SIZE_MAX 32u

/** Size of a digest: 16, 20, 32. */
size_t digest_size(enum digest_algorithm algorithm);

/**
 * Names as peers spell them: "MD5", "SHA1", "SHA-1", "SHA-256", "SHA256" without case,
 * and the single octets 1, 2, 3. ANSA_E_UNSUPPORTED.
 */
ANSA_CHECKED enum ansa_err digest_from_name(struct ansa_bytes name, enum digest_algorithm *a);

/** Digest of the @count @parts one after the other. */
ANSA_CHECKED enum ansa_err digest_parts(enum digest_algorithm algorithm,
                                        const struct ansa_bytes *parts, size_t count,
                                        uint8_t digest[DIGEST_SIZE_MAX]);

/** HMAC (RFC 2104) of the parts. */
ANSA_CHECKED enum ansa_err hmac_parts(enum digest_algorithm algorithm, struct ansa_bytes key,
                                      const struct ansa_bytes *parts, size_t count,
                                      uint8_t mac[DIGEST_SIZE_MAX]);

/** PBKDF2-HMAC-SHA1 (RFC 8018). @size octets to @derived. */
ANSA_CHECKED enum ansa_err pbkdf2_sha1(struct ansa_bytes password, struct ansa_bytes salt,
                                       uint32_t iterations, uint8_t *derived, size_t size);

/** Equal in a time that depends on the sizes only. */
bool constant_time_equal(struct ansa_bytes a, struct ansa_bytes b);

/** Overwrite a secret; never optimised away. */
void wipe(void *at, size_t size);

#endif
