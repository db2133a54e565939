/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_IMPORT_H
#define ANSA_PROGRAMS_ANSA_IMPORT_H

#include "ansa/value.h"
#include "base/arena.h"
#include "programs/ansa/cli.h"

/**
 * ansa import: lines are read, checked and turned into records by a format; records go to a
 * sink, which is a home on this machine or a server. A bad line is told with its number and
 * left out; the rest goes on.
 */
struct import_record {
        uint64_t line;
        struct ansa_bytes name;
        struct ansa_values values;
};

/** Where records go. Each call returns an error only when the whole import must end. */
struct import_sink {
        enum ansa_err (*put)(struct import_sink *s, const struct import_record *record);
        enum ansa_err (*finish)(struct import_sink *s);
        void (*free)(struct import_sink *s);
};

struct import {
        struct cli *cli;
        struct import_sink *sink;   /* of tables and JSON */
        struct import_batch *batch; /* of batch files */
        struct arena arena;         /* of one line */
        uint64_t line;              /* number of the current one, from 1 */
        uint64_t records;
        uint64_t bad;
        /* of tables */
        struct ansa_bytes columns[64]; /* value type of each column after the name; "" = ignore */
        uint32_t column_count;
        const char *url_base;    /* for records without URL, may be NULL */
        struct ansa_bytes admin; /* data of the HS_ADMIN that every record of a table gets */
};

/** A problem with a line: tell it, count it. */
void import_bad_at(struct import *im, uint64_t line, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
#define import_bad(im, ...) import_bad_at(im, (im)->line, __VA_ARGS__)

/** One line of a table, or one JSON record, to the sink. */
enum ansa_err import_table_line(struct import *im, struct ansa_bytes line);
enum ansa_err import_json_line(struct import *im, struct ansa_bytes line);

/** "name,URL,TITLE" to columns. False and a message when unusable. */
bool import_columns(struct import *im, const char *list);

/** A sink that fills the store of @home. NULL after a message and *status. */
struct import_sink *import_sink_home(struct cli *c, const char *home, enum exit_status *status);

/** Batch files: lines go to a server as operations. NULL after a message and *status. */
struct import_batch *import_batch_new(struct import *im, enum exit_status *status);
void import_batch_free(struct import_batch *ib); /* NULL is fine */
enum ansa_err import_batch_line(struct import *im, struct ansa_bytes line);
void import_batch_end(struct import *im);

/** A sink that creates through the server that the options name. */
struct import_sink *import_sink_server(struct import *im, enum exit_status *status);

/** The same over HTTP (--http URL). */
struct import_sink *import_sink_web(struct import *im, enum exit_status *status);

#endif
