/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ansa backup and ansa restore. A backup is a home of its own: a consistent, compacted copy of
 * the store as it was at one moment, with configuration and site record beside it. Keys are
 * copied only when asked for.
 */
#include "programs/ansa/open_home.h"
#include "programs/ansa/verbs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_FILE_MAX (4u << 20) /* octets of a configuration or key file */

/* Copy one small file from home to home; a missing one is fine. */
static enum ansa_err copy_file(const char *from_home, const char *to_home, const char *file)
{
        char from[4096];
        char to[4096];
        uint8_t *at;
        size_t size;
        struct stat stat_of;
        enum ansa_err err = home_path(from_home, file, from, sizeof(from));
        if (err == ANSA_OK)
                err = home_path(to_home, file, to, sizeof(to));
        if (err == ANSA_OK)
                err = file_read(from, SMALL_FILE_MAX, &at, &size);
        if (err != ANSA_OK)
                return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
        unsigned mode = stat(from, &stat_of) == 0 ? stat_of.st_mode & 0777u : 0600u;
        err = file_write(to, (struct ansa_bytes){ at, size }, mode);
        free(at);
        return err;
}

static enum ansa_err copy_keys(const char *from_home, const char *to_home)
{
        char from[4096];
        char to[4096];
        enum ansa_err err = home_path(from_home, HOME_KEYS, from, sizeof(from));
        if (err == ANSA_OK)
                err = home_path(to_home, HOME_KEYS, to, sizeof(to));
        if (err != ANSA_OK)
                return err;
        DIR *folder = opendir(from);
        if (folder == NULL)
                return errno == ENOENT ? ANSA_OK : ANSA_E_IO;
        if (mkdir(to, 0700) != 0)
                err = ANSA_E_IO;
        for (struct dirent *e = readdir(folder); e != NULL && err == ANSA_OK; e = readdir(folder)) {
                char file[512];
                if (e->d_name[0] == '.')
                        continue;
                int n = snprintf(file, sizeof(file), "%s/%s", HOME_KEYS, e->d_name);
                err = n < 0 || (size_t)n >= sizeof(file) ? ANSA_E_LIMIT
                                                         : copy_file(from_home, to_home, file);
        }
        (void)closedir(folder);
        return err;
}

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
        if (err == ANSA_OK)
                err = copy_file(from, target, HOME_CONFIG);
        if (err == ANSA_OK)
                err = copy_file(from, target, HOME_SITE);
        if (err == ANSA_OK && with_keys)
                err = copy_keys(from, target);
        return err;
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
