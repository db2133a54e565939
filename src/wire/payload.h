/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_PAYLOAD_H
#define ANSA_WIRE_PAYLOAD_H

#include "ansa/value.h"
#include "base/buf.h"

/** What an entry of the ledger was made from (docs/ledger.md, section 4). */
enum payload_kind { PAYLOAD_REQUEST = 1, PAYLOAD_IMPORT = 2, PAYLOAD_OCTETS = 3 };

/** How the server knew who asked: what of it a stranger can check is in the payload. */
enum payload_evidence {
        EVIDENCE_NONE,        /* anybody may do it */
        EVIDENCE_SIGNATURE,   /* of the challenge for this request */
        EVIDENCE_SECRET_KEY,  /* a MAC, of the challenge for this request */
        EVIDENCE_SESSION,     /* proven earlier in it */
        EVIDENCE_PASSWORD,    /* over HTTP */
        EVIDENCE_HTTP_KEY,    /* a signature over HTTP, of nonces */
        EVIDENCE_CERTIFICATE, /* of TLS */
        PAYLOAD_EVIDENCE_COUNT
};

struct payload {
        enum payload_kind kind;
        /* PAYLOAD_REQUEST */
        enum payload_evidence evidence;
        struct ansa_ref key;       /* of the administrator; index 0 and no name: nobody */
        uint16_t version;          /* of the protocol, as in the envelope: it decides on digests */
        struct ansa_bytes request; /* header, body, credential */
        struct ansa_bytes nonce;   /* of the challenge, and the rest: empty without */
        uint8_t digest_code;
        struct ansa_bytes digest;
        struct ansa_bytes answer; /* as in an answer to a challenge */
        struct ansa_bytes drops;  /* u32 each: indexes of values taken out in the same step */
        /* PAYLOAD_IMPORT: text; PAYLOAD_OCTETS */
        struct ansa_bytes octets;
};

/** How many octets payload_encode writes. */
size_t payload_size(const struct payload *p);
void payload_encode(const struct payload *p, struct buf *b);

/** Borrows from @octets. ANSA_E_MALFORMED and what cursors say. */
ANSA_CHECKED enum ansa_err payload_decode(struct ansa_bytes octets, struct payload *p);

const char *payload_evidence_text(enum payload_evidence evidence);

#endif
