/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_JWS_H
#define ANSA_CLIENT_JWS_H

#include "ansa/value.h"
#include "base/arena.h"
#include "base/buf.h"
#include "crypto/key.h"

#include <jansson.h>

/**
 * JSON Web Signatures (RFC 7515) as HS_SIGNATURE and HS_CERT use them: compact or JSON
 * serialisation; RS256, EdDSA (RFC 8037, Ed25519), and the private name DS256 (DSA with SHA-256).
 */
#define JWS_SIZE_MAX 262144u

struct jws {
        enum ansa_key_kind kind; /* of key that the algorithm needs */
        struct buf signed_part;  /* BASE64URL(header) "." BASE64URL(payload) */
        struct buf signature;
        json_t *claims; /* an object */
};

/** Read the text. ANSA_E_MALFORMED, ANSA_E_LIMIT; ANSA_E_UNSUPPORTED: algorithm or "crit". */
ANSA_CHECKED enum ansa_err jws_read(struct ansa_bytes text, struct jws *j);
void jws_fini(struct jws *j); /* also after a failed read */

/** ANSA_OK, or ANSA_E_UNAUTHENTIC: wrong signature, or a key of another kind. */
ANSA_CHECKED enum ansa_err jws_verify(const struct jws *j, const struct ansa_key *key);

/** Append the compact serialisation of @claims (JSON text), signed. */
ANSA_CHECKED enum ansa_err jws_write(struct ansa_bytes claims, const struct ansa_key *key,
                                     struct buf *b);

/* Claims; a missing or ill-typed one is empty, zero or false. Borrowed from @j. */
struct ansa_bytes jws_text(const struct jws *j, const char *claim);
uint64_t jws_number(const struct jws *j, const char *claim);

/** The claim "index:identifier". */
bool jws_ref(const struct jws *j, const char *claim, struct ansa_ref *ref);

/** The certified key, in @arena. */
ANSA_CHECKED enum ansa_err jws_public_key(const struct jws *j, struct arena *arena,
                                          struct ansa_key *key);

#endif
