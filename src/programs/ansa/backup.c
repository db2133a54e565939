/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ansa backup and ansa restore. A backup is a home of its own: a consistent, compacted copy of
 * the store as it was at one moment, with the configuration and the files it names beside it. Keys are
 * copied only when asked for.
 */
#include "programs/ansa/backup_files.h"
#include "programs/ansa/open_home.h"
#include "programs/ansa/verbs.h"

#include <sys/stat.h>
#include <unistd.h>

/* The store of @source and the small files beside it, into the new home @target. */
static enum ansa_err copy_home(const struct open_home *source, const char *from, const char *target,
                               bool with_keys)
{
        char store[4096];
        enum ansa_err err = home_path(target, HOME_STORE, store, sizeof(store));
        if (err == ANSA_OK && mkdir(store, 0700) != 0)
                err = ANSA_E_IO;
        if (err == ANSA_OK)
                err = store_backup(source->store, store);
        return err == ANSA_OK ? backup_files(from, target, with_keys) : err;
}

/* Open what was written and count: a backup that cannot be read is none. */
static enum exit_status check_copy(const struct cli *c, const char *path)
{
        struct open_home home;
        struct store_txn *txn;
        struct store_stat stat_of;
        enum exit_status status = open_home(c, path, OPEN_HOME_READ, &home);
        if (status != EXIT_DONE)
                return status;
        enum ansa_err err = store_begin(home.store, STORE_READ, &txn);
        if (err == ANSA_OK) {
                err = store_stat(txn, &stat_of);
                store_abort(txn);
        }
        open_home_close(&home);
        if (err != ANSA_OK)
                return cli_fail(c, err, "%s: reading it back: %s", path, ansa_err_text(err));
        unsigned long long records = stat_of.entries[STORE_RECORDS];
        if (c->json) {
                putchar('{');
                cli_put_json_text("home", path);
                printf(",\"records\":%llu,\"octets\":%llu}\n", records,
                       (unsigned long long)stat_of.file_size);
        } else {
                cli_say(c, "%s: %llu records, %llu octets", path, records,
                        (unsigned long long)stat_of.file_size);
        }
        return EXIT_DONE;
}

static enum exit_status copy_and_check(struct cli *c, bool with_keys)
{
        const char *from = c->arguments[0];
        const char *target = c->arguments[1];
        struct open_home home;
        enum exit_status status = open_home(c, from, OPEN_HOME_READ, &home);
        if (status != EXIT_DONE)
                return status;
        status = make_home_directory(c, target);
        if (status == EXIT_DONE) {
                enum ansa_err err = copy_home(&home, from, target, with_keys);
                if (err != ANSA_OK)
                        status = cli_fail(c, err, "%s to %s: %s", from, target, ansa_err_text(err));
        }
        open_home_close(&home);
        return status == EXIT_DONE ? check_copy(c, target) : status;
}

/* A home without the key of its site cannot be served: whoever restores must know. */
static void tell_missing_key(const struct cli *c, const char *home)
{
        char path[4096];
        if (home_path(home, HOME_SERVER_KEY, path, sizeof(path)) == ANSA_OK &&
            access(path, F_OK) != 0)
                cli_say(c, "the backup has no keys: put the site's key at %s before serving", path);
}

enum exit_status verb_backup(struct cli *c)
{
        return copy_and_check(c, cli_has(c, "with-keys"));
}

enum exit_status verb_restore(struct cli *c)
{
        enum exit_status status = copy_and_check(c, true);
        if (status == EXIT_DONE)
                tell_missing_key(c, c->arguments[1]);
        return status;
}
