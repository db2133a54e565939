/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Import into a home that no server is serving: records are put in the order of their keys
 * first, then go through the same writer that serves requests, many in a transaction.
 */
#include "programs/ansa/import.h"

#include "base/log.h"
#include "identifier/record.h"
#include "programs/ansa/open_home.h"
#include "programs/ansa/sorter.h"
#include "programs/progress.h"
#include "wire/cursor.h"
#include "wire/name.h"

#include <stdlib.h>

#define SORT_MEMORY 384u        /* MiB of records sorted at a time */
#define BATCH_COUNT 20000u      /* records in a transaction */
#define BATCH_SIZE  (32u << 20) /* octets in a transaction */

struct home_sink {
        struct import_sink sink;
        struct cli *cli;
        struct open_home home;
        struct sorter *sorter;
        bool home_prefixes;
        bool keep; /* leave records alone that exist */
        uint64_t added;
        uint64_t written;
        uint64_t kept;
        uint64_t homed;
        struct arena arena; /* of one batch */
        struct bulk_change changes[BATCH_COUNT + 1];
        size_t count;
        size_t prefix_size; /* of the last prefix homed */
        uint8_t prefix[STORE_KEY_SIZE_MAX];
};

static enum ansa_err sink_put(struct import_sink *base, const struct import_record *record)
{
        struct home_sink *s = (struct home_sink *)base;
        uint8_t key[STORE_KEY_SIZE_MAX];
        size_t key_size;
        enum ansa_err err = record_key(record->name, s->home.case_sensitive, key, &key_size);
        if (err != ANSA_OK)
                return err;
        struct buf b = buf_growing(8 + record->name.size + record->values.wire.size);
        buf_block(&b, record->name);
        buf_u32(&b, record->values.count);
        buf_bytes(&b, record->values.wire);
        err = b.err;
        if (err == ANSA_OK)
                err = sorter_add(s->sorter, (struct ansa_bytes){ key, key_size }, buf_written(&b));
        buf_fini(&b);
        s->added++;
        return err;
}

static enum ansa_err write_batch(struct home_sink *s)
{
        size_t failed;
        if (s->count == 0)
                return ANSA_OK;
        enum ansa_err err = identifier_bulk_more(s->home.writer, s->changes, s->count, &failed);
        if (err != ANSA_OK) {
                struct ansa_bytes name = s->changes[failed < s->count ? failed : 0].name;
                char text[256];
                cli_say(s->cli, "writing %s: %s", log_quote(name, text, sizeof(text)),
                        ansa_err_text(err));
        }
        s->count = 0;
        arena_reset(&s->arena);
        return err;
}

/*
 * The first record under a prefix homes it. Keys come sorted, so that is told by the last one. The
 * record of a prefix homes that prefix, and not 0.NA, which would make us the root of the world.
 */
static enum ansa_err home_prefix(struct home_sink *s, struct ansa_bytes name, struct ansa_bytes key)
{
        const uint8_t *slash = memchr(key.at, '/', key.size);
        size_t size = slash != NULL ? (size_t)(slash - key.at) : key.size;
        if (!s->home_prefixes || (size == s->prefix_size && memcmp(key.at, s->prefix, size) == 0))
                return ANSA_OK;
        memcpy(s->prefix, key.at, size);
        s->prefix_size = size;
        uint8_t *at = arena_alloc(&s->arena, NAME_KEY_SIZE_MAX);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        struct buf b = buf_over(at, NAME_KEY_SIZE_MAX);
        if (name_is_prefix_record(name)) {
                s->prefix_size = 0; /* each is another's */
                buf_bytes(&b, name);
        } else {
                name_put_prefix_record(name, &b);
        }
        s->changes[s->count++] = (struct bulk_change){ .kind = BULK_HOME, .name = buf_written(&b) };
        s->homed++;
        return b.err;
}

static bool exists(struct home_sink *s, struct ansa_bytes key)
{
        struct store_txn *txn;
        struct ansa_bytes stored;
        if (store_begin(s->home.store, STORE_READ, &txn) != ANSA_OK)
                return false;
        enum ansa_err err = store_get(txn, STORE_RECORDS, key, &stored);
        store_abort(txn);
        return err == ANSA_OK;
}

static enum ansa_err add_change(struct home_sink *s, struct ansa_bytes key, struct ansa_bytes data)
{
        struct ansa_bytes copy;
        enum ansa_err err = arena_copy(&s->arena, data, &copy);
        if (err != ANSA_OK)
                return err;
        struct cursor c = cursor_over(copy);
        struct bulk_change change = { .kind = BULK_PUT };
        change.name = cursor_block(&c, ANSA_NAME_SIZE_MAX);
        change.values.count = cursor_u32(&c);
        change.values.wire = cursor_rest(&c);
        if (s->keep && exists(s, key)) {
                s->kept++;
                return ANSA_OK;
        }
        err = home_prefix(s, change.name, key);
        if (err == ANSA_OK)
                s->changes[s->count++] = change;
        return err;
}

static enum ansa_err sink_finish(struct import_sink *base)
{
        struct home_sink *s = (struct home_sink *)base;
        struct progress progress;
        enum ansa_err err = sorter_finish(s->sorter);
        progress_begin(&progress, "writing", "records", s->added, false);
        while (err == ANSA_OK) {
                struct ansa_bytes key;
                struct ansa_bytes data;
                err = sorter_next(s->sorter, &key, &data);
                if (err == ANSA_OK)
                        err = add_change(s, key, data);
                if (err == ANSA_OK)
                        progress_at(&progress, ++s->written);
                if (err == ANSA_OK && (s->count >= BATCH_COUNT || s->arena.used > BATCH_SIZE))
                        err = write_batch(s);
        }
        if (err == ANSA_E_NOT_FOUND)
                err = write_batch(s); /* the rest */
        progress_end(&progress, s->written);
        if (err == ANSA_OK)
                err = home_settle(s->home.store);
        if (sorter_repeated(s->sorter) > 0)
                cli_say(s->cli, "%llu identifiers came more than once; the last line of each holds",
                        (unsigned long long)sorter_repeated(s->sorter));
        if (s->kept > 0)
                cli_say(s->cli, "%llu existed and were kept", (unsigned long long)s->kept);
        if (s->homed > 0)
                cli_say(s->cli, "%llu prefixes homed", (unsigned long long)s->homed);
        return err;
}

static void sink_free(struct import_sink *base)
{
        struct home_sink *s = (struct home_sink *)base;
        sorter_free(s->sorter);
        arena_fini(&s->arena);
        open_home_close(&s->home);
        free(s);
}

struct import_sink *import_sink_home(struct cli *c, const char *home, enum exit_status *status)
{
        char directory[4096];
        uint64_t memory;
        if (!cli_number(c, "memory", 1, 65536, SORT_MEMORY, &memory)) {
                *status = EXIT_USAGE;
                return NULL;
        }
        struct home_sink *s = calloc(1, sizeof(*s));
        if (s == NULL) {
                *status = cli_fail(c, ANSA_E_NO_MEMORY, "out of memory");
                return NULL;
        }
        s->sink = (struct import_sink){ sink_put, sink_finish, sink_free };
        s->cli = c;
        s->home_prefixes = cli_has(c, "home-prefixes");
        s->keep = cli_has(c, "keep");
        arena_init(&s->arena, 4u * BATCH_SIZE);
        *status = open_home(c, home, OPEN_HOME_WRITE, &s->home);
        if (*status != EXIT_DONE) {
                free(s);
                return NULL;
        }
        enum ansa_err err = home_path(home, HOME_STORE, directory, sizeof(directory));
        if (err == ANSA_OK)
                err = sorter_new(directory, (size_t)memory << 20, &s->sorter);
        if (err != ANSA_OK) {
                *status = cli_fail(c, err, "%s: %s", home, ansa_err_text(err));
                sink_free(&s->sink);
                return NULL;
        }
        return &s->sink;
}
