/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_RESPOND_H
#define ANSA_IDENTIFIER_RESPOND_H

#include "identifier/job.h"

/**
 * Responses: envelope, header, request digest, then the caller's body, then MAC or signature
 * and encryption, as the request asked for.
 */
#define RESPONSE_LIFE_S 43200u /* what deployed servers write; clients discard expired ones */

/** The version we answer in: the highest both sides speak (irp-wire 1.1). */
uint16_t respond_version(const struct envelope *request);

/** Flags of a response before what is special to it. */
uint32_t respond_flags(const struct settings *settings, const struct header *request,
                       enum peer_transport transport);

struct outgoing {
        uint32_t code;
        uint32_t flags;      /* to set besides the usual ones */
        uint32_t not_flags;  /* to clear */
        uint32_t session_id; /* other than the request's: set-up and challenges; else 0 */
        bool is_private;     /* has values that not everybody may read */
        bool is_challenge;   /* the body has the digest, in the place its version wants */
        bool is_plain;       /* neither signed nor encrypted, whatever was asked for */
        struct message_mark mark;
        size_t start;
};

void respond_begin(struct identifier_worker *worker, const struct reply_to *to,
                   struct outgoing *response, struct buf *reply);

/**
 * After the body. Signing may take as long as the key process does: only for workers that may
 * block. What cannot be completed (too large, no signer) is replaced by a short error.
 */
void respond_end(struct identifier_worker *worker, const struct reply_to *to,
                 struct outgoing *response, struct buf *reply);

/** A whole response with a message for people; NULL: the code's own text. */
void respond_error(struct identifier_worker *worker, const struct reply_to *to, uint32_t code,
                   const char *text, struct buf *reply);

/** The request wants a signature of the server: work for the slow lane. */
bool respond_wants_signature(const struct reply_to *to);

/** Note in @to how a response to @request (with FLAG_REQUEST_DIGEST or when @always) begins. */
ANSA_CHECKED enum ansa_err respond_digest(struct reply_to *to, const struct message *request,
                                          bool always);

void respond_count(struct identifier_worker *worker, uint32_t op, uint32_t code);

#endif
