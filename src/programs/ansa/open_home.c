/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/open_home.h"

#include "base/env.h"
#include "store/engines.h"

#include <unistd.h>

enum exit_status open_home(const struct cli *c, const char *path, enum open_home_mode mode,
                           struct open_home *home)
{
        char directory[4096];
        *home = (struct open_home){ .lock = -1 };
        enum ansa_err err = home_path(path, HOME_STORE, directory, sizeof(directory));
        if (err == ANSA_OK && access(directory, F_OK) != 0)
                return cli_fail(c, ANSA_E_NOT_FOUND, "%s: no home is there; ansa init makes one",
                                path);
        if (err == ANSA_OK && mode == OPEN_HOME_WRITE)
                err = home_lock(path, &home->lock);
        if (err == ANSA_E_BUSY)
                return cli_fail(c, ANSA_E_REFUSED,
                                "%s: a server is serving this home, and it alone may write; "
                                "stop it, or go through it with --server",
                                path);
        struct store_lmdb_options options = { .map_size = (uint64_t)1 << 40,
                                              .readers = 126,
                                              .read_only = mode == OPEN_HOME_READ };
        if (err == ANSA_OK)
                err = store_lmdb_open(directory, &options, &home->store);
        struct identifier_options service = { .store = home->store, .env = env_system() };
        if (err == ANSA_OK && mode == OPEN_HOME_WRITE)
                err = identifier_new(&service, &home->service);
        if (err == ANSA_OK && mode == OPEN_HOME_WRITE)
                err = identifier_worker_new(home->service, true, &home->writer);
        if (err == ANSA_OK)
                return EXIT_DONE;
        open_home_close(home);
        return cli_fail(c, err, "%s: %s", path, ansa_err_text(err));
}

void open_home_close(struct open_home *home)
{
        identifier_worker_free(home->writer);
        identifier_free(home->service);
        store_close(home->store);
        if (home->lock >= 0)
                (void)close(home->lock);
        *home = (struct open_home){ .lock = -1 };
}
