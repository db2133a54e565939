/* SPDX-License-Identifier: Apache-2.0 */
#include "http/batch_state.h"
#include "http/reply.h"
#include "wire/cursor.h"

/*
 * What is kept of a batch with an Idempotency-Key, in the transaction of its lines: a digest of
 * all lines so far, what came of those before this transaction (batch_log), and of those in it
 * u32 each, one of two for a line with a job; behind that the identifier system writes what came of the jobs.
 */

#define JOB_THAT_MAKES   0u
#define JOB_THAT_REMOVES UINT32_MAX

bool batch_digest(struct batch *b, struct ansa_bytes text)
{
        const struct ansa_bytes parts[] = { { b->digest, sizeof(b->digest) }, text };
        uint8_t digest[DIGEST_SIZE_MAX];
        if (digest_parts(ALGORITHM_SHA256, parts, 2, digest) != ANSA_OK)
                return false;
        memcpy(b->digest, digest, sizeof(digest));
        return true;
}

bool batch_note_progress(struct http_exchange *x, struct batch *b)
{
        struct buf value = buf_growing(IDENTIFIER_PROGRESS_SIZE_MAX);
        buf_bytes(&value, (struct ansa_bytes){ b->digest, sizeof(b->digest) });
        buf_block(&value, buf_written(&b->kept.entries));
        buf_u32(&value, (uint32_t)b->waiting_count);
        for (size_t i = 0; i < b->waiting_count; i++)
                buf_u32(&value, b->waiting[i].job == NULL ? b->waiting[i].code
                                : b->waiting[i].removes   ? JOB_THAT_REMOVES
                                                          : JOB_THAT_MAKES);
        if (value.err == ANSA_OK && !b->kept.is_full && b->kept.entries.err == ANSA_OK)
                b->progress = identifier_progress_job(x->worker->identifier, &x->identity, b->key,
                                                      buf_written(&value), b->jobs, b->job_count);
        buf_fini(&value);
        return b->progress != NULL;
}

/* The lines of the last transaction: @codes, and @results of those that had jobs. */
static void recall_last(struct http_exchange *x, struct batch *b, uint32_t count,
                        struct cursor *codes, struct cursor *results)
{
        for (uint32_t i = 0; i < count && codes->err == ANSA_OK && results->err == ANSA_OK; i++) {
                struct batch_result result = { .code = cursor_u32(codes), .count = 1 };
                uint32_t flags = 0;
                bool removes = result.code == JOB_THAT_REMOVES;
                if (removes || result.code == JOB_THAT_MAKES) {
                        result.code = cursor_u32(results);
                        flags = cursor_u32(results);
                }
                result.status = result.code == RC_SUCCESS ? batch_status(removes, flags)
                                                          : (uint16_t)reply_status(x, result.code);
                batch_log_add_plain(&b->log, &result);
        }
}

enum ansa_err batch_recall(struct http_exchange *x, struct batch *b)
{
        struct ansa_bytes value;
        enum ansa_err err =
                identifier_progress(x->worker->identifier, &x->identity, b->key, &x->arena, &value);
        if (err != ANSA_OK)
                return err;
        struct cursor c = cursor_over(value);
        struct ansa_bytes digest = cursor_bytes(&c, sizeof(b->done_digest));
        struct ansa_bytes kept = cursor_block(&c, IDENTIFIER_PROGRESS_SIZE_MAX);
        uint32_t count = cursor_count(&c, BATCH_JOBS_MAX, 4);
        struct cursor codes = cursor_over(cursor_bytes(&c, (size_t)count * 4));
        if (c.err != ANSA_OK || digest.size != sizeof(b->done_digest) ||
            !batch_log_take(&b->log, kept))
                return ANSA_E_CORRUPT;
        recall_last(x, b, count, &codes, &c);
        if (cursor_end(&c) != ANSA_OK || codes.err != ANSA_OK ||
            !batch_log_take(&b->kept, buf_written(&b->log.entries)))
                return ANSA_E_CORRUPT;
        memcpy(b->done_digest, digest.at, sizeof(b->done_digest));
        b->done = b->log.count;
        return ANSA_OK;
}
