/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CORE_H
#define ANSA_CORE_H

/**
 * @file
 * Resolution for small devices: no memory but the caller's, no sockets, no clock, no files, nothing
 * of the C library but string.h. Also in libansa-core.a, which needs nothing else.
 *
 *      uint8_t request[ANSA_CORE_REQUEST_MAX], answer[4096];
 *      struct ansa_core core;
 *      size_t size;
 *      ansa_core_request(&query, request, sizeof(request), &size)   send it in one datagram
 *      ansa_core_begin(&core, &query, answer, sizeof(answer))
 *      for each datagram that comes in:
 *              ansa_core_feed(&core, datagram)                      until not ANSA_E_BUSY
 *      ansa_core_values(&core)                                      walk with ansa_values_next
 *
 * When no answer came after 500, 1,000 and 1,500 ms, send the same request again (the same id:
 * late answers still count). The server to ask is the caller's knowledge.
 */

#include "ansa/bytes.h"
#include "ansa/err.h"
#include "ansa/value.h"

/** A request of this size fits one datagram of the protocol (512 octets). */
#define ANSA_CORE_REQUEST_MAX 512u

struct ansa_core_query {
        struct ansa_bytes name;
        const uint32_t *indexes; /* both lists empty: all values */
        size_t index_count;
        const struct ansa_bytes *types;
        size_t type_count;
        uint32_t
                request_id; /* choose it at random: it is all that tells an answer from a forgery */
        uint32_t now_s;     /* seconds since 1970, for the request's expiration; 0: not known */
};

/** Receiving. Its members are not for the caller. */
struct ansa_core {
        uint8_t *at; /* lent */
        size_t room;
        struct ansa_bytes name; /* borrowed from the query */
        uint32_t request_id;
        uint32_t now_s;
        bool is_joining;
        uint64_t set[20]; /* which datagrams have come */
        uint32_t response;
        struct ansa_values values;
        struct ansa_bytes text;
};

/**
 * Write the request, envelope and all. ANSA_E_LIMIT: @room is too small (a request over 512 octets
 * must be sent in pieces, which this does not do: give room for ANSA_CORE_REQUEST_MAX).
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_core_request(const struct ansa_core_query *query,
                                                      uint8_t *at, size_t room, size_t *size);

/**
 * Get ready for the answer to @query, in @at[0..room): an answer that needs more is ANSA_E_LIMIT.
 * @query's name must outlive @core.
 */
ANSA_API void ansa_core_begin(struct ansa_core *core, const struct ansa_core_query *query,
                              uint8_t *at, size_t room);

/**
 * Take one datagram. ANSA_E_BUSY: more are needed (also when this one was not for us, which is
 * not an error). ANSA_OK: values are there. ANSA_E_NOT_FOUND, ANSA_E_REFUSED: the server said so
 * (ansa_core_response). ANSA_E_LIMIT, ANSA_E_MALFORMED, ANSA_E_EXPIRED: the answer is unusable.
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_core_feed(struct ansa_core *core,
                                                   struct ansa_bytes datagram);

/** After ANSA_OK; borrowed from the caller's memory. */
ANSA_API struct ansa_values ansa_core_values(const struct ansa_core *core);

/** The protocol's response code, 0 before it came; its text, if it has one. */
ANSA_API uint32_t ansa_core_response(const struct ansa_core *core, struct ansa_bytes *text);

#endif /* ANSA_CORE_H */
