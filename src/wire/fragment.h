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
 * One message being joined. The owner lends room for message_size octets after
 * the first packet told the size, and keys it by peer address and request id.
 */
struct fragment_set {
        struct envelope envelope;
        uint8_t *at; /* lent: message_size octets */
        uint32_t count;
        uint32_t have;
        uint64_t seen[(LIMIT_FRAGMENT_COUNT + 63) / 64];
};

/** Begin with any packet's envelope. ANSA_E_LIMIT: message too large; ANSA_E_MALFORMED. */
ANSA_CHECKED enum ansa_err fragment_begin(struct fragment_set *set, const struct envelope *e,
                                          uint8_t *at);

/**
 * Add a packet. *done when all have arrived. Duplicates are ignored.
 * ANSA_E_MALFORMED: sequence outside, wrong size, or envelope differs from the first.
 */
ANSA_CHECKED enum ansa_err fragment_add(struct fragment_set *set, const struct envelope *e,
                                        struct ansa_bytes data, bool *done);

#endif
