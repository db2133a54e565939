/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_REASSEMBLY_H
#define ANSA_DOORS_REASSEMBLY_H

#include "base/env.h"
#include "wire/fragment.h"

/**
 * Requests that arrive over UDP in pieces (irp-wire 3): a bounded table of one worker.
 * Incomplete ones are thrown away after a time; when there is no room the oldest goes.
 */
struct reassembly;

struct reassembly_settings {
        uint32_t sets_max;    /* messages being joined */
        uint32_t network_max; /* of them from one source network */
        size_t size_max;      /* bytes of all of them */
        uint32_t life_ms;     /* from the first packet */
};

struct reassembly_key {
        uint8_t address[16];
        uint16_t port;
        uint32_t request_id;
};

enum reassembly_result {
        REASSEMBLY_MORE,    /* taken, more are awaited */
        REASSEMBLY_WHOLE,   /* *message is there, envelope and all */
        REASSEMBLY_BAD,     /* does not fit what came before, or cannot be */
        REASSEMBLY_REFUSED, /* over a limit */
};

ANSA_CHECKED enum ansa_err reassembly_new(const struct reassembly_settings *settings,
                                          struct reassembly **r);
void reassembly_free(struct reassembly *r);

/** @message is borrowed until the next call. */
enum reassembly_result reassembly_add(struct reassembly *r, const struct reassembly_key *key,
                                      const struct envelope *e, struct ansa_bytes data,
                                      uint64_t now_ms, struct ansa_bytes *message);

/** Throw away what is too old; returns how many. */
uint32_t reassembly_expire(struct reassembly *r, uint64_t now_ms);

/** Messages being joined. */
uint32_t reassembly_count(const struct reassembly *r);

#endif
