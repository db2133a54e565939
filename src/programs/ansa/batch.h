/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_BATCH_H
#define ANSA_PROGRAMS_ANSA_BATCH_H

#include "ansa/client.h"
#include "base/arena.h"

/**
 * Batch files of the Java tools (registries 8.4): operations, most of them with lines of their
 * own, ended by a blank line. A line is added at a time; an operation comes out when it is whole.
 */
enum batch_kind {
        BATCH_NONE,
        BATCH_CREATE,
        BATCH_ADD,
        BATCH_MODIFY,
        BATCH_DELETE,
        BATCH_REMOVE,
        BATCH_HOME,
        BATCH_UNHOME,
        BATCH_SECRET,  /* AUTHENTICATE SECKEY: .key, .secret */
        BATCH_KEY,     /* AUTHENTICATE PUBKEY: .key, .path, .secret is the passphrase */
        BATCH_SESSION, /* SESSIONSETUP: .use_session */
};

#define BATCH_VALUES_MAX 512u

struct batch_operation {
        enum batch_kind kind;
        uint64_t line;          /* where it begins */
        struct ansa_bytes name; /* identifier; HOME: the address as written */
        uint32_t value_count;
        struct ansa_value values[BATCH_VALUES_MAX];
        uint32_t index_count;
        uint32_t indexes[BATCH_VALUES_MAX];
        uint32_t prefix_count; /* HOME, UNHOME */
        struct ansa_bytes prefixes[BATCH_VALUES_MAX];
        struct ansa_ref key;
        struct ansa_bytes secret;
        struct ansa_bytes path;
        bool use_session;
};

struct batch {
        struct arena arena; /* of the operation in the making */
        struct batch_operation now;
        bool is_open; /* more lines may belong to it */
        bool is_bad;  /* the rest of this operation is skipped */
        char problem[256];
};

void batch_init(struct batch *b);
void batch_fini(struct batch *b);

enum batch_result { BATCH_MORE, BATCH_WHOLE, BATCH_PROBLEM };

/**
 * Take line number @number (without its end). BATCH_WHOLE: b->now is an operation, valid until the
 * next call. BATCH_PROBLEM: b->problem says why the operation that b->now.line begins is left out.
 */
enum batch_result batch_line(struct batch *b, uint64_t number, struct ansa_bytes line);

/** After the last line. */
enum batch_result batch_end(struct batch *b);

#endif
