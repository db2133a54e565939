/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_CLIENT_PROOF_WORLD_H
#define TEST_UNIT_CLIENT_PROOF_WORLD_H

#include "ansa/proof.h"
#include "base/buf.h"

/* A log, three witnesses and what they sign: bundles made step by step from docs/ledger.md. */
#define WORLD_ORIGIN    "log.example/ansa"
#define WORLD_NOW       1800000000u
#define WORLD_WITNESSES 3u

/* Lies that a server could try, each in an otherwise well-made bundle. */
enum world_lie {
        WORLD_HONEST,
        WORLD_SALTS_SWAPPED,  /* of the first two values shown */
        WORLD_VALUES_SWAPPED, /* the first two values shown, each with the other's position */
        WORLD_POSITION_WRONG, /* of the last value shown: one less than it is */
        WORLD_PUBLIC_HIDDEN,  /* one publicly readable value fewer is told */
        WORLD_VALUE_CUT,      /* one value fewer in all */
        WORLD_OTHERS_OPENING, /* of another identifier with the same values */
        WORLD_OTHERS_PATH,    /* of another identifier */
        WORLD_OTHER_NAME,     /* the whole bundle, of another identifier */
        WORLD_ABSENT_THOUGH_IT_IS,
        WORLD_OTHER_STATE, /* the dictionary of another state, the log's entry as it was */
        WORLD_OTHER_TIME,
        WORLD_OTHER_NUMBER,   /* with as many bits set */
        WORLD_OTHER_KEY,      /* signed by nobody's key under the log's name */
        WORLD_WITNESS_AS_LOG, /* a witness's key signs for the log, under the witness's name */
        WORLD_COSIGNED_OTHER, /* cosignatures of another checkpoint */
        WORLD_LIE_COUNT
};

struct world_bundle {
        const char *name; /* folded */
        bool is_absent;
        uint32_t others; /* further identifiers in the dictionary */
        uint32_t values, public_values;
        uint64_t shown; /* positions, a bit each */
        uint64_t number;
        uint64_t time_s;
        uint32_t witnesses; /* a bit each */
        uint64_t witness_time_s;
        enum world_lie lie;
};

/* The binary form, or the text form of it. The honest text of a lie has the root that follows. */
void world_make(const struct world_bundle *what, struct buf *b);
void world_make_text(const struct world_bundle *what, struct buf *b);

/* "log ...\nwitness w0 ...\n...", without a quorum. */
void world_put_policy(struct buf *b);

#endif
