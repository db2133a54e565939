/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_UDP_H
#define ANSA_CLIENT_UDP_H

#include "base/buf.h"
#include "client/endpoint.h"
#include "client/waits.h"
#include "wire/fragment.h"

/**
 * One request over UDP: sent up to three times (500, 1000, 1500 ms, irp-wire 2), in fragments when
 * it is long; the answer joined from its fragments in whatever order they come. Datagrams with
 * another request id, and what cannot be joined, are ignored: anybody can send those.
 */
struct udp {
        int fd;
        struct ansa_bytes request; /* borrowed: envelope and message */
        uint32_t request_id;
        uint32_t tries;
        uint64_t next_ms; /* when this try is given up */
        struct fragment_set set;
        bool has_set;
        struct buf joined; /* the answer, envelope and message */
};

void udp_init(struct udp *u);
void udp_fini(struct udp *u);

/** Send the first time. @request must stay until udp_fini. ANSA_E_NETWORK. */
ANSA_CHECKED enum ansa_err udp_begin(struct udp *u, const struct endpoint *e,
                                     struct ansa_bytes request, uint64_t now_ms);

/**
 * ANSA_OK: an answer is in @message (borrowed until the next step). ANSA_E_BUSY: not yet.
 * ANSA_E_TIMEOUT, ANSA_E_NETWORK: there will be none. May be stepped on after ANSA_OK, when the
 * answer turned out not to be one.
 */
ANSA_CHECKED enum ansa_err udp_step(struct udp *u, uint64_t now_ms, struct ansa_bytes *message);

void udp_waits(const struct udp *u, struct waits *w);

#endif
