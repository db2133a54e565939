/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_RIGHTS_H
#define ANSA_IDENTIFIER_RIGHTS_H

#include "identifier/view.h"
#include "wire/payload.h"

/** How it was shown who asks: what of it the ledger keeps. Borrowed; empty what the kind has not. */
struct testimony {
        enum payload_evidence kind;
        uint8_t digest_code;
        struct ansa_bytes nonce;
        struct ansa_bytes digest;
        struct ansa_bytes answer;
};

/** Who asks, after authentication. */
struct identity {
        struct ansa_ref who; /* of the key that was proven; index never 0 */
        struct testimony testimony;
};

/** Same identifier (case folded) and same index, or @granted has index 0. */
bool identity_matches(const struct view *v, const struct identity *id,
                      const struct ansa_ref *granted);

/**
 * Does one HS_ADMIN among @values hold all of @rights and name @id, itself or through HS_VLIST
 * groups (loops are harmless, at most LIMIT_NESTING deep)? RC_SUCCESS or RC_NOT_AUTHORIZED;
 * RC_UNABLE_TO_VERIFY when a group elsewhere could not be read (v->needs_slow tells if the slow
 * lane could).
 */
uint32_t rights_check(struct view *v, struct ansa_values values, uint32_t rights,
                      const struct identity *id);

/** Is @id an administrator of this server, itself or through groups? Results as rights_check. */
uint32_t rights_check_server_admin(struct view *v, const struct identity *id);

#endif
