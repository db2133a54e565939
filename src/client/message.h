/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_MESSAGE_H
#define ANSA_CLIENT_MESSAGE_H

#include "base/env.h"
#include "crypto/session.h"
#include "wire/body.h"
#include "wire/credential.h"

/**
 * Requests as they go out and responses as they are believed: envelope, header, digest, MAC,
 * encryption, signature, expiration (irp-wire 1, 7, 8). No sockets.
 */

/** What is asked, of whomever. */
struct ask {
        uint32_t op;
        uint32_t flags; /* FLAG_* */
        struct ansa_bytes body;
        uint8_t recursion;
        bool has_secrets; /* values that are not public: encrypt inside a session */
};

/** What is known of the server that is asked. */
struct peer {
        uint16_t version;      /* to state; VERSION_COMPATIBLE when nothing is known */
        uint16_t serial;       /* of the site record; SITE_SERIAL_UNKNOWN */
        struct ansa_bytes key; /* its public key as in HS_SITE; may be empty */
};

/** One session with one server (irp-service 6). */
struct secrets {
        uint32_t id; /* 0: none */
        uint32_t counter;
        struct session_key key;
        bool encrypt_all;
};

/** A request that is under way. */
struct sent {
        uint32_t op;
        uint32_t flags;
        uint32_t request_id;
        uint32_t session_id;        /* as sent; 0: none */
        struct buf covered;         /* header and body: what the response's digest is of */
        struct buf challenged;      /* an answer's: the same of the request that was challenged */
        struct ansa_bytes peer_key; /* borrowed */
};
void sent_init(struct sent *s);
void sent_fini(struct sent *s);

/**
 * Write @ask for @peer to @out (emptied first): envelope and message.
 *
 * @secrets     of an established session: MAC and encryption; NULL: none.
 * @session_id  without @secrets: names a challenge; else 0.
 */
ANSA_CHECKED enum ansa_err request_write(const struct ask *ask, const struct peer *peer,
                                         struct secrets *secrets, uint32_t session_id,
                                         struct env *env, struct buf *out, struct sent *sent);

/** A response that passed all checks. Borrows from the received octets, or from @plain. */
struct reply {
        struct envelope envelope;
        struct header header;
        uint16_t version;             /* of the message */
        uint16_t suggested;           /* the highest its sender speaks */
        struct ansa_bytes whole_body; /* with the request digest, for challenges */
        struct ansa_bytes body;       /* without it */
        bool is_certified;
};

/**
 * Decode and check a response to @sent.
 *
 * @plain   gets the decrypted message; must live as long as @reply.
 * @problem static text when the result is not ANSA_OK: reads on from "the answer ".
 *
 * @return ANSA_E_NOT_FOUND: the request id is another's. ANSA_E_UNAUTHENTIC: digest, MAC,
 *         signature or decryption failed, or a signature was asked for and is missing.
 *         ANSA_E_EXPIRED. ANSA_E_MALFORMED, ANSA_E_TRUNCATED, ANSA_E_LIMIT.
 */
ANSA_CHECKED enum ansa_err response_read(struct ansa_bytes wire, const struct sent *sent,
                                         const struct secrets *secrets, struct env *env,
                                         struct buf *plain, struct reply *reply,
                                         const char **problem);

#endif
