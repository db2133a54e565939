/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/replication.h"

#include "base/assert.h"
#include "base/limits.h"
#include "wire/cursor.h"

#define BLOCK_SIZE_MIN 4u

enum { FORMAT_OWN_QUEUE = 1, FORMAT_ALL_QUEUES = 2 };

static bool has_values(uint8_t action)
{
        return action == TXN_CREATE || action == TXN_UPDATE;
}

static enum ansa_err read_value_block(struct cursor *c, struct ansa_value *value)
{
        struct ansa_bytes block = cursor_block(c, LIMIT_BLOCK_SIZE);
        if (c->err != ANSA_OK)
                return c->err;
        enum ansa_err err = ansa_value_decode(&block, value);
        if (err != ANSA_OK || block.size > 0) {
                /* The block is all there: more of the stream would not mend it. */
                *value = (struct ansa_value){ 0 };
                return ANSA_E_MALFORMED;
        }
        return ANSA_OK;
}

/* Every value is read, so that walking them later cannot fail. */
static void read_value_blocks(struct cursor *c, uint32_t *count, struct ansa_bytes *blocks)
{
        *count = cursor_count(c, LIMIT_VALUE_COUNT, BLOCK_SIZE_MIN);
        const uint8_t *start = c->at;
        for (uint32_t i = 0; i < *count && c->err == ANSA_OK; i++) {
                struct ansa_value value;
                enum ansa_err err = read_value_block(c, &value);
                if (err != ANSA_OK)
                        cursor_fail(c, err);
        }
        *blocks = cursor_since(c, start);
}

enum ansa_err value_block_next(struct ansa_bytes *blocks, struct ansa_value *value)
{
        *value = (struct ansa_value){ 0 };
        if (blocks->size == 0)
                return ANSA_E_NOT_FOUND;
        struct cursor c = cursor_over(*blocks);
        enum ansa_err err = read_value_block(&c, value);
        if (err == ANSA_OK)
                *blocks = cursor_rest(&c);
        return err;
}

static void write_value_blocks(uint32_t count, struct ansa_bytes blocks, struct buf *b)
{
        buf_u32(b, count);
        buf_bytes(b, blocks);
}

static void read_txn(struct cursor *c, struct txn_item *item)
{
        item->txn_id = cursor_u64(c);
        item->name = cursor_block(c, LIMIT_NAME_SIZE);
        item->action = cursor_u8(c);
        item->date_ms = cursor_u64(c);
        if (item->action > TXN_DELETE_ALL)
                cursor_fail(c, ANSA_E_MALFORMED); /* nobody knows where it ends */
        if (has_values(item->action))
                read_value_blocks(c, &item->value_count, &item->value_blocks);
}

enum ansa_err txn_item_decode(struct ansa_bytes *stream, uint32_t format, struct txn_item *item)
{
        ansa_assert(format == FORMAT_OWN_QUEUE || format == FORMAT_ALL_QUEUES);
        struct cursor c = cursor_over(*stream);
        struct txn_item got = { 0 };
        uint8_t kind = cursor_u8(&c);
        bool is_queue = kind == TXN_ITEM_QUEUE || kind == TXN_ITEM_QUEUE_END;
        if (kind > TXN_ITEM_QUEUE_END || (is_queue && format == FORMAT_OWN_QUEUE)) {
                cursor_fail(&c, ANSA_E_MALFORMED);
        } else {
                got.kind = (enum txn_item_kind)kind;
                switch (got.kind) {
                case TXN_ITEM_END:
                        if (format == FORMAT_OWN_QUEUE)
                                got.date_ms = cursor_u64(&c);
                        break;
                case TXN_ITEM_TXN:
                        read_txn(&c, &got);
                        break;
                case TXN_ITEM_QUEUE:
                        got.name = cursor_block(&c, LIMIT_NAME_SIZE);
                        break;
                case TXN_ITEM_QUEUE_END:
                        got.date_ms = cursor_u64(&c);
                        break;
                }
        }
        if (c.err != ANSA_OK)
                got = (struct txn_item){ 0 };
        else
                *stream = cursor_rest(&c);
        *item = got;
        return c.err;
}

void txn_item_encode(const struct txn_item *item, uint32_t format, struct buf *b)
{
        ansa_assert(format == FORMAT_OWN_QUEUE || format == FORMAT_ALL_QUEUES);
        buf_u8(b, (uint8_t)item->kind);
        switch (item->kind) {
        case TXN_ITEM_END:
                if (format == FORMAT_OWN_QUEUE)
                        buf_u64(b, item->date_ms);
                break;
        case TXN_ITEM_TXN:
                ansa_assert(item->action <= TXN_DELETE_ALL);
                buf_u64(b, item->txn_id);
                buf_block(b, item->name);
                buf_u8(b, item->action);
                buf_u64(b, item->date_ms);
                if (has_values(item->action))
                        write_value_blocks(item->value_count, item->value_blocks, b);
                break;
        case TXN_ITEM_QUEUE:
                ansa_assert(format == FORMAT_ALL_QUEUES);
                buf_block(b, item->name);
                break;
        case TXN_ITEM_QUEUE_END:
                ansa_assert(format == FORMAT_ALL_QUEUES);
                buf_u64(b, item->date_ms);
                break;
        }
}

static void read_dump_item(struct cursor *c, struct dump_item *item)
{
        switch (item->kind) {
        case DUMP_POSITION:
                item->date_ms = cursor_u64(c);
                item->txn_id = cursor_u64(c);
                break;
        case DUMP_RECORD:
                item->name = cursor_block(c, LIMIT_NAME_SIZE);
                read_value_blocks(c, &item->value_count, &item->value_blocks);
                break;
        case DUMP_PREFIX:
                item->name = cursor_block(c, LIMIT_NAME_SIZE);
                break;
        case DUMP_NAME_DATE:
        case DUMP_PREFIX_DATE:
                item->name = cursor_block(c, LIMIT_NAME_SIZE);
                item->date_ms = cursor_u64(c);
                item->priority = cursor_u32(c);
                break;
        case DUMP_OTHER_SITES:
                item->name = cursor_block(c, LIMIT_BLOCK_SIZE);
                break;
        case DUMP_END:
                break;
        }
}

enum ansa_err dump_item_decode(struct ansa_bytes *stream, struct dump_item *item)
{
        struct cursor c = cursor_over(*stream);
        struct dump_item got = { 0 };
        uint8_t kind = cursor_u8(&c);
        if (kind > DUMP_OTHER_SITES && kind != DUMP_END) {
                cursor_fail(&c, ANSA_E_MALFORMED);
        } else {
                got.kind = (enum dump_item_kind)kind;
                read_dump_item(&c, &got);
        }
        if (c.err != ANSA_OK)
                got = (struct dump_item){ 0 };
        else
                *stream = cursor_rest(&c);
        *item = got;
        return c.err;
}

void dump_item_encode(const struct dump_item *item, struct buf *b)
{
        buf_u8(b, (uint8_t)item->kind);
        switch (item->kind) {
        case DUMP_POSITION:
                buf_u64(b, item->date_ms);
                buf_u64(b, item->txn_id);
                break;
        case DUMP_RECORD:
                buf_block(b, item->name);
                write_value_blocks(item->value_count, item->value_blocks, b);
                break;
        case DUMP_PREFIX:
        case DUMP_OTHER_SITES:
                buf_block(b, item->name);
                break;
        case DUMP_NAME_DATE:
        case DUMP_PREFIX_DATE:
                buf_block(b, item->name);
                buf_u64(b, item->date_ms);
                buf_u32(b, item->priority);
                break;
        case DUMP_END:
                break;
        }
}
