/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_BATCH_STATE_H
#define ANSA_HTTP_BATCH_STATE_H

#include "base/hash.h"
#include "crypto/digest.h"
#include "http/ask.h"
#include "http/batch.h"

/* Inside of batch*.c: a batch while it is served. */

#define BATCH_JOBS_MAX      1000u      /* with that of the progress below HTTP_JOBS_MAX */
#define BATCH_JOBS_SIZE_MAX (8u << 20) /* octets of the jobs of one transaction */
#define BATCH_NAME_SLOTS    4096u      /* some times BATCH_JOBS_MAX */
#define BATCH_KEY_SIZE_MAX  255u

/** A line that was served and waits for its turn in the log: with a job, or with its result. */
struct batch_waiting {
        struct write_job *job;
        bool mints;
        bool removes;
        uint16_t status; /* without job */
        uint32_t code;
        size_t size; /* of text: the identifier; without job what there is more to tell */
        uint8_t *text;
};

struct batch {
        bool is_ready;    /* who asks is known, and what was done before */
        struct buf input; /* lines that have come and are not served yet */
        size_t at;        /* of it, the next line */
        bool skips;       /* the rest of a line that is too long */
        bool is_over;     /* no more lines are served */
        bool is_with_writer;
        struct arena arena; /* of one line */
        struct hash_key hash_key;
        uint64_t names[BATCH_NAME_SLOTS]; /* hashes of identifiers that jobs are about */
        struct batch_waiting waiting[BATCH_JOBS_MAX];
        size_t waiting_count;
        struct write_job *jobs[BATCH_JOBS_MAX + 1]; /* of those that wait, and the progress */
        size_t job_count;
        size_t job_size;
        struct batch_log log;

        /* With an Idempotency-Key. */
        struct ansa_bytes key;
        uint8_t digest[DIGEST_SIZE_MAX];      /* of all lines served */
        uint8_t done_digest[DIGEST_SIZE_MAX]; /* of those that were done before */
        uint64_t done;                        /* how many those are */
        uint64_t seen;                        /* lines that came now */
        struct batch_log kept;                /* the log without its words */
        struct write_job *progress;

        /* Of the response. */
        size_t told_at;
        uint64_t told_line;
        struct batch_result told;
};

/** What was done before under the key: ANSA_E_NOT_FOUND nothing; ANSA_E_CORRUPT. */
ANSA_CHECKED enum ansa_err batch_recall(struct http_exchange *x, struct batch *b);

/** The job that notes the progress behind those that wait, in b->progress. False: no room. */
bool batch_note_progress(struct http_exchange *x, struct batch *b);

/** The digest of all lines goes on with @text. */
bool batch_digest(struct batch *b, struct ansa_bytes text);

/** Status of a line that succeeded with these flags of the response. */
static inline uint16_t batch_status(bool removes, uint32_t flags)
{
        return removes || (flags & FLAG_OVERWRITE) != 0 ? 200 : 201;
}

#endif
