/* SPDX-License-Identifier: Apache-2.0 */
/* The first octet chooses the stream: 1 and 2 transactions in that format, others a dump. */
#include "base/assert.h"
#include "wire/replication.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct ansa_bytes blocks, uint32_t count)
{
        struct ansa_value value;
        while (value_block_next(&blocks, &value) == ANSA_OK)
                count--;
        ansa_assert(blocks.size == 0 && count == 0);
}

static enum ansa_err recode(unsigned format, struct ansa_bytes *stream, struct buf *b)
{
        enum ansa_err err;
        if (format == 1 || format == 2) {
                struct txn_item item;
                err = txn_item_decode(stream, format, &item);
                walk(item.value_blocks, item.value_count);
                if (err == ANSA_OK)
                        txn_item_encode(&item, format, b);
        } else {
                struct dump_item item;
                err = dump_item_decode(stream, &item);
                walk(item.value_blocks, item.value_count);
                if (err == ANSA_OK)
                        dump_item_encode(&item, b);
        }
        return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size == 0)
                return 0;
        struct ansa_bytes stream = { data + 1, size - 1 };
        struct buf b = buf_growing(size);
        for (;;) {
                struct ansa_bytes before = stream;
                buf_reset(&b);
                if (recode(data[0], &stream, &b) != ANSA_OK) {
                        ansa_assert(stream.at == before.at && stream.size == before.size);
                        break;
                }
                struct ansa_bytes item = { before.at, before.size - stream.size };
                ansa_assert(ansa_bytes_equal(buf_written(&b), item));
        }
        buf_fini(&b);
        return 0;
}
