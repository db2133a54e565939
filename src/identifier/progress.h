/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_PROGRESS_H
#define ANSA_IDENTIFIER_PROGRESS_H

#include "identifier/job.h"
#include "identifier/view.h"

/**
 * How far the batches of clients have come: STORE_META, "batch:" and the SHA-256 of whose batch
 * it is, to u32 seconds since 1970 and what its door wants to know. In limited number and for a
 * limited time.
 */
#define PROGRESS_MAX       1000u
#define PROGRESS_LIFE_S    (7u * 86400u)
#define PROGRESS_KEY_FRONT "batch:"

struct progress {
        uint8_t key[sizeof(PROGRESS_KEY_FRONT) - 1 + DIGEST_SIZE_MAX];
        struct ansa_bytes value;       /* in the job's arena, as the next */
        const struct write_job **jobs; /* whose results go behind it */
        size_t job_count;
};

/** Store it inside the writer's transaction; what is too old, or too much, is dropped. */
ANSA_CHECKED enum ansa_err progress_store(struct store_txn *txn, const struct progress *p,
                                          uint32_t now_s);

#endif
