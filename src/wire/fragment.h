/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_FRAGMENT_H
#define ANSA_WIRE_FRAGMENT_H

#include "base/limits.h"
#include "wire/message.h"

/** Cutting and joining of UDP messages (irp-wire 3). No sockets, no clock, no allocation. */

/** Packets that a message of @message_size octets (after its envelope) needs; at least 1. */
uint32_t fragment_count(uint32_t message_size);

/**
 * Packet number @i of a whole message (envelope and all, @message): its envelope
 * to @envelope, its data borrowed. @is_request sets TC on every packet of a
 * message that needs several; responses never have it.
 */
void fragment_cut(struct ansa_bytes message, uint32_t i, bool is_request,
                  uint8_t envelope[ENVELOPE_SIZE], struct ansa_bytes *data);

/**
 * How a packet takes part in a message. Deployed software repeats the size of the whole
 * message in every packet; RFC 3652 read strictly wants each packet's own size, and the
 * end is the first packet that is not full or has no TC.
 */
enum fragment_style {
        FRAGMENT_WHOLE,   /* a message of one packet: nothing to join */
        FRAGMENT_TOTAL,   /* deployed: fragment_begin */
        FRAGMENT_STRICT,  /* RFC 3652: fragment_begin_strict */
        FRAGMENT_OUTSIDE, /* a sequence past the end of its message: to be dropped */
};
enum fragment_style fragment_style_of(const struct envelope *e, struct ansa_bytes data);

/* The strict style does not tell the size, so a small room is lent and no more is accepted. */
#define FRAGMENT_STRICT_ROOM (16u * LIMIT_FRAGMENT_SIZE)

/**
 * One message being joined. The owner lends room for message_size octets after
 * the first packet told the size, and keys it by peer address and request id.
 * When all is there, the message is at[0..envelope.message_size) behind envelope.
 */
struct fragment_set {
        struct envelope envelope;
        uint8_t *at; /* lent: message_size octets, or FRAGMENT_STRICT_ROOM */
        uint32_t count;
        uint32_t have;
        bool is_strict;
        bool is_end_known; /* strict only: count is final */
        uint64_t seen[(LIMIT_FRAGMENT_COUNT + 63) / 64];
};

/** Begin with any packet's envelope. ANSA_E_LIMIT: message too large; ANSA_E_MALFORMED: too small. */
ANSA_CHECKED enum ansa_err fragment_begin(struct fragment_set *set, const struct envelope *e,
                                          uint8_t *at);

/** Begin in the strict style; @at has FRAGMENT_STRICT_ROOM octets. */
void fragment_begin_strict(struct fragment_set *set, const struct envelope *e, uint8_t *at);

/**
 * Add a packet, also the one that began the set. *done when all have arrived. Duplicates
 * are ignored. ANSA_E_MALFORMED: sequence outside, wrong size, or envelope differs from the
 * first; ANSA_E_LIMIT: a strict message is too large. The set is as before after a failure.
 */
ANSA_CHECKED enum ansa_err fragment_add(struct fragment_set *set, const struct envelope *e,
                                        struct ansa_bytes data, bool *done);

#endif
