/* SPDX-License-Identifier: Apache-2.0 */
/* ansa export: the records of a home as JSON lines, beside a running server if need be. */
#include "base/log.h"
#include "identifier/record.h"
#include "programs/ansa/open_home.h"
#include "programs/ansa/verbs.h"
#include "programs/progress.h"
#include "wire/json.h"
#include "wire/name.h"

#include <unistd.h>

#define LINE_SIZE_MAX (8u << 20) /* octets; JSON of the largest record */

/* Where the records of --prefix begin; empty for all. */
static bool first_key(const struct cli *c, uint8_t *at, size_t room, size_t *size)
{
        const char *prefix = cli_value(c, "prefix");
        *size = 0;
        if (prefix == NULL)
                return true;
        if (name_fold(ansa_bytes_text(prefix), false, at, room, size) != ANSA_OK)
                return false;
        /* name_fold makes "0.NA/x" of "x"; what is wanted is "X/". */
        if (strchr(prefix, '/') == NULL) {
                memmove(at, at + 5, *size - 5);
                *size -= 5;
                at[(*size)++] = '/';
        }
        return true;
}

static enum ansa_err write_record(struct buf *line, struct ansa_bytes key, struct ansa_bytes stored)
{
        struct record record;
        enum ansa_err err = record_decode(key, stored, &record);
        if (err != ANSA_OK)
                return err;
        buf_reset(line);
        json_put_record(line, record.name, record.all);
        buf_u8(line, '\n');
        if (line->err != ANSA_OK)
                return line->err;
        return fwrite(line->at, 1, line->size, stdout) == line->size ? ANSA_OK : ANSA_E_IO;
}

static enum ansa_err write_all(const struct cli *c, struct store_txn *txn, uint64_t *records,
                               uint64_t *damaged)
{
        uint8_t from[ANSA_NAME_SIZE_MAX + 8];
        size_t from_size;
        struct store_stat stat;
        struct progress progress;
        if (!first_key(c, from, sizeof(from), &from_size))
                return ANSA_E_ARGUMENT;
        enum ansa_err err = store_stat(txn, &stat);
        if (err != ANSA_OK)
                return err;
        struct ansa_bytes begin = { from, from_size };
        struct ansa_bytes key;
        struct ansa_bytes stored;
        struct buf line = buf_growing(LINE_SIZE_MAX);
        progress_begin(&progress, "exporting", "records",
                       from_size == 0 ? stat.entries[STORE_RECORDS] : 0,
                       isatty(STDOUT_FILENO) == 1);
        err = store_seek(txn, STORE_RECORDS, begin, false, &key, &stored);
        while (err == ANSA_OK) {
                if (key.size < from_size || memcmp(key.at, from, from_size) != 0)
                        break;
                err = write_record(&line, key, stored);
                if (err == ANSA_E_CORRUPT) {
                        char name[256];
                        cli_say(c, "the record at %s is damaged and was left out",
                                log_quote(key, name, sizeof(name)));
                        (*damaged)++;
                        err = ANSA_OK;
                }
                if (err != ANSA_OK)
                        break;
                progress_at(&progress, ++*records);
                err = store_seek(txn, STORE_RECORDS, key, true, &key, &stored);
        }
        progress_end(&progress, *records);
        buf_fini(&line);
        return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
}

enum exit_status verb_export(struct cli *c)
{
        struct open_home home;
        struct store_txn *txn;
        uint64_t records = 0;
        uint64_t damaged = 0;
        enum exit_status status = open_home(c, c->arguments[0], OPEN_HOME_READ, &home);
        if (status != EXIT_DONE)
                return status;
        enum ansa_err err = store_begin(home.store, STORE_READ, &txn);
        if (err == ANSA_OK) {
                err = write_all(c, txn, &records, &damaged);
                store_abort(txn);
        }
        open_home_close(&home);
        if (err != ANSA_OK)
                return cli_fail(c, err, "%s: after %llu records: %s", c->arguments[0],
                                (unsigned long long)records, ansa_err_text(err));
        return damaged > 0 ? EXIT_FAULT : EXIT_DONE;
}
