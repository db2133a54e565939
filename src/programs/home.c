/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/home.h"

#include "identifier/upgrade.h"
#include "programs/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT_KEY ANSA_BYTES_LIT("format")

static enum ansa_err err_of_errno(void)
{
        switch (errno) {
        case ENOENT:
        case ENOTDIR:
                return ANSA_E_NOT_FOUND;
        case EACCES:
        case EPERM:
                return ANSA_E_DENIED;
        case ENOSPC:
        case EDQUOT:
                return ANSA_E_FULL;
        case ENOMEM:
                return ANSA_E_NO_MEMORY;
        default:
                return ANSA_E_IO;
        }
}

enum ansa_err home_path(const char *home, const char *file, char *path, size_t room)
{
        int n = snprintf(path, room, "%s/%s", home, file);
        return n < 0 || (size_t)n >= room ? ANSA_E_LIMIT : ANSA_OK;
}

enum ansa_err home_lock(const char *home, int *fd)
{
        char path[4096];
        *fd = -1;
        enum ansa_err err = home_path(home, HOME_LOCK, path, sizeof(path));
        if (err != ANSA_OK)
                return err;
        int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (opened < 0)
                return err_of_errno();
        if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
                err = errno == EWOULDBLOCK ? ANSA_E_BUSY : err_of_errno();
                (void)close(opened);
                return err;
        }
        *fd = opened;
        return ANSA_OK;
}

static enum ansa_err write_format(struct store *store)
{
        const uint8_t own[] = { HOME_STORE_FORMAT };
        struct store_txn *txn;
        enum ansa_err err = store_begin(store, STORE_WRITE, &txn);
        if (err != ANSA_OK)
                return err;
        err = store_put(txn, STORE_META, FORMAT_KEY, (struct ansa_bytes){ own, sizeof(own) });
        if (err == ANSA_OK)
                return store_commit(txn);
        store_abort(txn);
        return err;
}

enum ansa_err home_store_format(struct store *store, bool may_write, bool *is_old)
{
        struct store_txn *txn;
        struct ansa_bytes found;
        *is_old = false;
        enum ansa_err err = store_begin(store, STORE_READ, &txn);
        if (err != ANSA_OK)
                return err;
        err = store_get(txn, STORE_META, FORMAT_KEY, &found);
        uint8_t format = err == ANSA_OK && found.size == 1 ? found.at[0] : 0;
        store_abort(txn);
        *is_old = format == HOME_STORE_FORMAT_OLD;
        if (err == ANSA_OK)
                return *is_old || format == HOME_STORE_FORMAT ? ANSA_OK : ANSA_E_UNSUPPORTED;
        if (err != ANSA_E_NOT_FOUND || !may_write)
                return err == ANSA_E_NOT_FOUND ? ANSA_OK : err; /* empty: nothing to misread */
        return write_format(store);
}

struct shown {
        struct upgrade_progress base; /* first */
        struct progress progress;
        uint64_t done;
};

static void show(struct upgrade_progress *p, uint64_t done, uint64_t total)
{
        struct shown *shown = (struct shown *)(void *)p;
        shown->progress.total = total;
        shown->done = done;
        progress_at(&shown->progress, done);
}

enum ansa_err home_upgrade(struct store *store, bool case_sensitive)
{
        struct shown shown = { .base.at = show };
        progress_begin(&shown.progress, "giving the store its ledger", "records", 0, false);
        enum ansa_err err = identifier_upgrade(store, env_system(), case_sensitive, &shown.base);
        progress_end(&shown.progress, shown.done);
        return err == ANSA_OK ? write_format(store) : err;
}

/* It takes a moment only, unless there are millions: then something is shown from the first part on. */
static void show_settling(struct upgrade_progress *p, uint64_t done, uint64_t total)
{
        struct shown *shown = (struct shown *)(void *)p;
        (void)total;
        if (shown->done == 0)
                progress_begin(&shown->progress, "bringing the ledger up to date", "entries", 0,
                               false);
        shown->done = done;
        progress_at(&shown->progress, done);
}

enum ansa_err home_settle(struct store *store)
{
        struct shown shown = { .base.at = show_settling };
        enum ansa_err err = identifier_settle(store, env_system(), &shown.base);
        if (shown.done > 0)
                progress_end(&shown.progress, shown.done);
        return err;
}

enum ansa_err file_read(const char *path, size_t size_max, uint8_t **at, size_t *size)
{
        *at = NULL;
        *size = 0;
        FILE *file = fopen(path, "rbe");
        if (file == NULL)
                return err_of_errno();
        enum ansa_err err = ANSA_E_NO_MEMORY;
        struct buf b = buf_secret(size_max + 1); /* it may be a key */
        uint8_t part[4096];
        size_t n;
        (void)setvbuf(file, NULL, _IONBF, 0);
        while (b.err == ANSA_OK && b.size <= size_max &&
               (n = fread(part, 1, sizeof(part), file)) > 0) /* a device may never end */
                buf_bytes(&b, (struct ansa_bytes){ part, n });
        if (ferror(file))
                err = ANSA_E_IO;
        else if (b.err == ANSA_OK && b.size > size_max)
                err = ANSA_E_LIMIT;
        else if (b.err != ANSA_OK)
                err = b.err;
        else if ((*at = malloc(b.size + 1)) != NULL) {
                if (b.size > 0)
                        memcpy(*at, b.at, b.size);
                (*at)[b.size] = 0;
                *size = b.size;
                err = ANSA_OK;
        }
        explicit_bzero(part, sizeof(part));
        (void)fclose(file);
        buf_fini(&b);
        return err;
}

static bool write_all(int fd, struct ansa_bytes octets)
{
        while (octets.size > 0) {
                ssize_t n = write(fd, octets.at, octets.size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                octets.at += n;
                octets.size -= (size_t)n;
        }
        return true;
}

enum ansa_err file_write(const char *path, struct ansa_bytes octets, unsigned mode)
{
        char draft[4096];
        int n = snprintf(draft, sizeof(draft), "%s.XXXXXX", path);
        if (n < 0 || (size_t)n >= sizeof(draft))
                return ANSA_E_LIMIT;
        int fd = mkostemp(draft, O_CLOEXEC);
        if (fd < 0)
                return err_of_errno();
        bool done = fchmod(fd, (mode_t)mode) == 0 && write_all(fd, octets) && fsync(fd) == 0;
        enum ansa_err err = done ? ANSA_OK : err_of_errno();
        (void)close(fd);
        if (err == ANSA_OK && rename(draft, path) != 0)
                err = err_of_errno();
        if (err != ANSA_OK)
                (void)unlink(draft);
        return err;
}
