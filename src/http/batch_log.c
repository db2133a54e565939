/* SPDX-License-Identifier: Apache-2.0 */
#include "http/batch.h"

#include "wire/cursor.h"

/*
 * An entry: u16 status, u32 code, u32 how many lines, u32 size and octets of what there is more.
 */
#define COUNT_AT 6u
#define HEAD     14u

void batch_log_init(struct batch_log *log, size_t size_max)
{
        *log = (struct batch_log){ .entries = buf_growing(size_max) };
}

void batch_log_fini(struct batch_log *log)
{
        buf_fini(&log->entries);
}

static bool is_same_run(const struct batch_log *log, const struct batch_result *result)
{
        if (!log->has_run)
                return false;
        const uint8_t *at = log->entries.at + log->run_at;
        return load_u16(at) == result->status && load_u32(at + 2) == result->code &&
               load_u32(at + COUNT_AT) < UINT32_MAX;
}

void batch_log_add_plain(struct batch_log *log, const struct batch_result *result)
{
        struct buf *b = &log->entries;
        if (is_same_run(log, result) && !log->is_full) {
                uint32_t count = load_u32(b->at + log->run_at + COUNT_AT);
                buf_patch_u32(b, log->run_at + COUNT_AT, count + 1);
                log->count++;
                return;
        }
        log->is_full = log->is_full || b->err != ANSA_OK || b->size_max - b->size < HEAD;
        if (log->is_full)
                return;
        log->count++;
        log->run_at = b->size;
        log->has_run = true;
        buf_u16(b, result->status);
        buf_u32(b, result->code);
        buf_u32(b, 1);
        buf_u32(b, 0);
}

void batch_log_add(struct batch_log *log, const struct batch_result *result)
{
        struct buf *b = &log->entries;
        size_t room = b->size_max - b->size;
        if (log->is_full || result->more.size == 0 || result->more.size > room / 2 ||
            room < 2 * HEAD) {
                batch_log_add_plain(log, result);
                return;
        }
        log->count++;
        log->has_run = false;
        buf_u16(b, result->status);
        buf_u32(b, result->code);
        buf_u32(b, 1);
        buf_block(b, result->more);
}

bool batch_log_next(const struct batch_log *log, size_t *at, struct batch_result *result)
{
        struct ansa_bytes all = buf_written(&log->entries);
        *result = (struct batch_result){ 0 };
        if (*at >= all.size)
                return false;
        struct cursor c = cursor_over((struct ansa_bytes){ all.at + *at, all.size - *at });
        result->status = cursor_u16(&c);
        result->code = cursor_u32(&c);
        result->count = cursor_u32(&c);
        result->more = cursor_block(&c, BATCH_LOG_MAX);
        *at = all.size - c.left;
        return c.err == ANSA_OK;
}

bool batch_log_take(struct batch_log *log, struct ansa_bytes entries)
{
        struct cursor c = cursor_over(entries);
        buf_reset(&log->entries);
        log->has_run = false;
        log->is_full = false;
        log->count = 0;
        while (c.err == ANSA_OK && c.left > 0) {
                (void)cursor_bytes(&c, COUNT_AT);
                log->count += cursor_u32(&c);
                (void)cursor_block(&c, 0);
        }
        buf_bytes(&log->entries, entries);
        return c.err == ANSA_OK && log->entries.err == ANSA_OK;
}
