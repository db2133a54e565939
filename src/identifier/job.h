/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_JOB_H
#define ANSA_IDENTIFIER_JOB_H

#include "crypto/digest.h"
#include "crypto/session.h"
#include "identifier/rights.h"

/**
 * Where and how a response goes: what of the request has to outlive it. The answer to a
 * challenge gives the envelope (version, request id), the request that was challenged the rest.
 */
struct reply_to {
        struct envelope envelope; /* session_id as the response shall state it */
        struct header header;     /* op, flags and recursion of the request that is carried out */
        enum peer_transport transport;
        uint8_t digest_code; /* enum digest_code */
        uint8_t digest_size; /* 0: FLAG_REQUEST_DIGEST was not set */
        uint8_t digest[DIGEST_SIZE_MAX];
        bool has_session; /* FLAG_CERTIFY means HS_MAC under key, else the server's signature */
        uint32_t counter; /* session counter of the request */
        struct session_key key;
};

/** What became of a job; identifier_commit fills it. */
struct job_result {
        uint32_t response;
        const char *text;       /* for errors; static or in the job's arena; NULL: the code's own */
        struct ansa_bytes name; /* with has_body: of the created identifier, in the job's arena */
        bool has_body;
        uint32_t flags;   /* FLAG_OVERWRITE, FLAG_MINT_SUFFIX to set in the response */
        uint64_t version; /* of the record as it is then, when wanted; 0: it is gone */
};

struct progress; /* progress.h */

/**
 * A change that may be made as far as a reader's snapshot could tell, with all the writer needs
 * to plan it again: it borrows from nothing but its own arena.
 */
struct write_job {
        struct arena arena;
        struct message message;    /* plaintext, decoded */
        bool has_identity;         /* else anyone may do this (public write) */
        struct identity identity;  /* proven */
        struct evidence *evidence; /* records of others that the slow lane fetched */
        struct peer peer;          /* without its claims */
        bool has_condition;
        struct record_condition condition;
        struct index_list drops;
        bool wants_version;
        struct reply_to to;
        struct progress *progress; /* it is one of a batch's progress, and nothing else; or NULL */
        struct job_result result;
};

#endif
