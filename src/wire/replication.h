/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_REPLICATION_H
#define ANSA_WIRE_REPLICATION_H

#include "ansa/value.h"
#include "base/buf.h"

/**
 * Records of the streams that follow the responses to 1001 and 1002 (irp-wire 9,
 * irp-service 9). Pure codecs: framing, signatures at block ends and TLS are the
 * transport's. Each decoder takes one item off the front of *stream and leaves it
 * alone on ANSA_E_TRUNCATED, so that a reader can wait for more octets.
 */
#define STREAM_SIGNED   0x00000000u
#define STREAM_UNSIGNED 0xffffffffu
#define STREAM_TLS      0x544c5300u

enum txn_action {
        TXN_PLACEHOLDER = 0,
        TXN_CREATE = 1,
        TXN_DELETE = 2,
        TXN_UPDATE = 3,
        TXN_HOME = 4,
        TXN_UNHOME = 5,
        TXN_DELETE_ALL = 6,
};

enum txn_item_kind {
        TXN_ITEM_END = 0,
        TXN_ITEM_TXN = 1,
        TXN_ITEM_QUEUE = 2,
        TXN_ITEM_QUEUE_END = 3
};

struct txn_item {
        enum txn_item_kind kind;
        uint64_t txn_id;
        struct ansa_bytes name; /* of the identifier, or of the queue */
        uint8_t action;         /* enum txn_action */
        uint64_t date_ms; /* of the transaction, or the last date (END in format 1, QUEUE_END) */
        uint32_t value_count;
        struct ansa_bytes value_blocks; /* wire: value_count times str */
};

/** @format: 1 own queue only, 2 all queues (only format 1 has a date at the end). */
ANSA_CHECKED enum ansa_err txn_item_decode(struct ansa_bytes *stream, uint32_t format,
                                           struct txn_item *item);
void txn_item_encode(const struct txn_item *item, uint32_t format, struct buf *b);

enum dump_item_kind {
        DUMP_POSITION = 0,
        DUMP_RECORD = 1,
        DUMP_PREFIX = 2,
        DUMP_NAME_DATE = 3,
        DUMP_PREFIX_DATE = 4,
        DUMP_OTHER_SITES = 5,
        DUMP_END = 0xff,
};

struct dump_item {
        enum dump_item_kind kind;
        uint64_t date_ms;
        uint64_t txn_id;
        uint32_t priority;
        struct ansa_bytes name; /* identifier, prefix, or the text table */
        uint32_t value_count;
        struct ansa_bytes value_blocks;
};
ANSA_CHECKED enum ansa_err dump_item_decode(struct ansa_bytes *stream, struct dump_item *item);
void dump_item_encode(const struct dump_item *item, struct buf *b);

/** The next value out of value_blocks; ANSA_E_NOT_FOUND when none is left. */
ANSA_CHECKED enum ansa_err value_block_next(struct ansa_bytes *blocks, struct ansa_value *value);

#endif
