/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_BATCH_H
#define ANSA_HTTP_BATCH_H

#include "http/exchange.h"
#include "wire/json_reader.h"

/*
 * POST /api/batch: a change a line. Lines become jobs for the writer, many of which share a
 * transaction; the answer has a line for each in the same order.
 */
#define BATCH_LINE_SIZE_MAX 1048576u /* octets of one line */

/** What a line asks for. Everything borrows from the line or lives in the arena. */
struct batch_line {
        uint32_t op; /* enum operation */
        uint32_t flags;
        bool mints;
        struct ansa_bytes name;
        struct ansa_bytes body; /* of the native request */
};

/** {"op":..,"handle":..,"values":[..]|"indexes":[..]}. ANSA_E_MALFORMED and the like. */
ANSA_CHECKED enum ansa_err batch_read_line(struct ansa_bytes text, struct arena *arena,
                                           struct batch_line *line, struct json_problem *problem);

/**
 * What came of the lines: runs of the same outcome, and for those that have more to tell its
 * JSON. So a batch that goes well costs next to nothing.
 */
struct batch_log {
        struct buf entries;
        size_t run_at; /* of the last run, when more of its kind would go there */
        bool has_run;
        bool is_full;   /* some that came last are not in it */
        uint64_t count; /* lines in it */
};
#define BATCH_LOG_MAX (32u << 20) /* octets; beyond it what is told is the code only */

struct batch_result {
        uint16_t status;
        uint32_t code;
        uint64_t count;         /* lines in a row */
        struct ansa_bytes more; /* ,"member":.. or empty */
};

void batch_log_init(struct batch_log *log, size_t size_max);
void batch_log_fini(struct batch_log *log);
void batch_log_add(struct batch_log *log, const struct batch_result *result);
/** Without what is more to tell: to keep. */
void batch_log_add_plain(struct batch_log *log, const struct batch_result *result);
/** The result at @*at, which moves behind it; false at the end. */
bool batch_log_next(const struct batch_log *log, size_t *at, struct batch_result *result);
/** What batch_log_next can read; from outside. */
bool batch_log_take(struct batch_log *log, struct ansa_bytes entries);

/** Sets x->take and the rest. */
void batch_begin(struct http_exchange *x);
enum http_outcome batch_serve(struct http_exchange *x);

#endif
