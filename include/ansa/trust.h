/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_TRUST_H
#define ANSA_TRUST_H

/**
 * @file
 * Record signatures: HS_SIGNATURE and HS_CERT values are JSON Web Signatures that bind the
 * values of a record to a chain of keys up to the root 0.0/0.0, whichever server gave them.
 */

#include "ansa/bytes.h"
#include "ansa/err.h"
#include "ansa/key.h"
#include "ansa/value.h"

enum ansa_trust_policy {
        ANSA_TRUST_OFF = 0,   /* signatures are not looked at */
        ANSA_TRUST_IF_SIGNED, /* unsigned records pass, badly signed ones do not */
        ANSA_TRUST_REQUIRED,  /* every record must have a good chain */
};

/** How far a record can be trusted. X(NAME, text) */
/* clang-format off */
#define ANSA_TRUST_MAP(X)                                                                     \
        X(UNCHECKED,          "was not checked")                                              \
        X(TRUSTED,            "is signed through a good chain")                               \
        X(UNSIGNED,           "is not signed")                                                \
        X(MALFORMED,          "has a signature that cannot be read")                          \
        X(WRONG_SUBJECT,      "has a signature for something else")                           \
        X(BAD_DIGEST,         "has a value that differs from what was signed")                \
        X(MISSING_VALUE,      "lacks a value that was signed")                                \
        X(UNSIGNED_VALUE,     "has a value that was not signed")                              \
        X(NOT_YET_VALID,      "has a signature or certificate that is not valid yet")         \
        X(EXPIRED,            "has a signature or certificate that has expired")              \
        X(NO_CERTIFICATE,     "has a signer whose certificate was not found")                 \
        X(BAD_SIGNATURE,      "has a signature that does not verify")                         \
        X(NOT_PERMITTED,      "has a signer that is not permitted to sign it")                \
        X(CHAIN_TOO_LONG,     "has a chain of signers that does not end")                     \
        X(UNTRUSTED_ROOT,     "has a chain that ends in an unknown root")                     \
        X(REQUIRED_SIGNER,    "is not signed by the signer that this client requires")        \
        X(UNSUPPORTED,        "has a signature of an unknown kind")

enum ansa_trust_result {
#define X(name, text) ANSA_TRUST_##name,
        ANSA_TRUST_MAP(X)
#undef X
};
/* clang-format on */

struct ansa_trust {
        enum ansa_trust_result result;
        char reason[256]; /* the whole sentence, naming the link of the chain; "" when trusted */
};

/** Text of a result, static: reads on from "the record ". */
ANSA_API const char *ansa_trust_text(enum ansa_trust_result result);

/* ---- Checking without a client ------------------------------------------------------------- */

/** What is to be checked against what; all borrowed. */
struct ansa_trust_input {
        struct ansa_bytes name;    /* the record's identifier */
        struct ansa_values values; /* all of its publicly readable values */
        const struct ansa_key *roots;
        size_t root_count;
        const struct ansa_bytes *required; /* HS_CERT texts: see ansa_client_add_required_signer */
        size_t required_count;
        uint32_t now_s; /* seconds since 1970 */
        /** The values of the record @name, borrowed until the next call; an error: not to be had. */
        enum ansa_err (*fetch)(void *context, struct ansa_bytes name, struct ansa_values *values);
        void *context;
};

/** ANSA_OK: *trust tells the result, whatever it is. Errors are ours: ANSA_E_NO_MEMORY and the like. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_trust_check(const struct ansa_trust_input *input,
                                                     struct ansa_trust *trust);

/* ---- Signing ------------------------------------------------------------------------------- */

/** Who signs, for how long. */
struct ansa_signing {
        struct ansa_ref issuer;     /* where the public key is to be found */
        const struct ansa_key *key; /* private: RSA, DSA or Ed25519 */
        uint32_t issued_s;          /* seconds since 1970, as the next two; 0: left out */
        uint32_t not_before_s;
        uint32_t expires_s;
        const struct ansa_ref *chain; /* HS_CERT values from the issuer upwards; may be none */
        size_t chain_count;
};

enum ansa_permission {
        ANSA_PERMIT_EVERYTHING,
        ANSA_PERMIT_THIS,    /* the identifier itself; of a prefix record also all under it */
        ANSA_PERMIT_DERIVED, /* records of derived prefixes, and identifiers under those */
        ANSA_PERMIT_UNDER,   /* identifiers under this prefix */
};

struct ansa_grant {
        struct ansa_bytes name;
        enum ansa_permission permission;
};

/**
 * The data of an HS_SIGNATURE value for @values of @name (HS_SIGNATURE values among them are left
 * out), to @at, which has room for @room octets. ANSA_E_LIMIT when too small.
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_signature_make(const struct ansa_signing *by,
                                                        struct ansa_bytes name,
                                                        struct ansa_values values, uint8_t *at,
                                                        size_t room, size_t *size);

/** The data of an HS_CERT value: @subject's public key may sign what the grants tell. */
ANSA_API ANSA_CHECKED enum ansa_err
ansa_certificate_make(const struct ansa_signing *by, const struct ansa_ref *subject,
                      const struct ansa_key *public_key, const struct ansa_grant *grants,
                      size_t grant_count, uint8_t *at, size_t room, size_t *size);

#endif /* ANSA_TRUST_H */
