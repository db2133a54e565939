/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansa/open_home.h"

#include "base/env.h"
#include "programs/config.h"
#include "store/engines.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_SIZE ((uint64_t)1 << 40) /* what a reader's may be, whatever the store's is */

/* What the home's configuration says of its store; a home without one has the defaults. */
static enum exit_status take_config(const struct cli *c, const char *path, struct open_home *home,
                                    uint64_t *map_size)
{
        static struct config config; /* large: its lists have fixed places */
        char file[4096];
        struct config_problem problem;
        enum ansa_err err = home_path(path, HOME_CONFIG, file, sizeof(file));
        if (err != ANSA_OK || access(file, F_OK) != 0)
                return EXIT_DONE;
        err = config_load(file, &config, &problem);
        if (err != ANSA_OK)
                return cli_fail(c, ANSA_E_ARGUMENT, "%s", problem.text);
        home->case_sensitive = config.case_sensitive;
        *map_size = config.store_size;
        config_fini(&config);
        return EXIT_DONE;
}

enum exit_status open_home(const struct cli *c, const char *path, enum open_home_mode mode,
                           struct open_home *home)
{
        char directory[4096];
        bool is_old = false;
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
        uint64_t map_size = MAP_SIZE;
        if (err == ANSA_OK && mode == OPEN_HOME_WRITE) {
                enum exit_status status = take_config(c, path, home, &map_size);
                if (status != EXIT_DONE) {
                        open_home_close(home);
                        return status;
                }
        }
        struct store_lmdb_options options = { .map_size = map_size,
                                              .readers = 126,
                                              .read_only = mode == OPEN_HOME_READ };
        if (err == ANSA_OK)
                err = store_lmdb_open(directory, &options, &home->store);
        if (err == ANSA_OK)
                err = home_store_format(home->store, mode == OPEN_HOME_WRITE, &is_old);
        if (err == ANSA_OK && is_old && mode == OPEN_HOME_WRITE)
                err = home_upgrade(home->store, home->case_sensitive);
        if (err == ANSA_OK && mode == OPEN_HOME_WRITE)
                err = home_settle(home->store);
        struct identifier_options service = { .store = home->store, .env = env_system() };
        service.config.case_sensitive = home->case_sensitive;
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

enum exit_status make_home_directory(const struct cli *c, const char *path)
{
        if (mkdir(path, 0700) == 0)
                return EXIT_DONE;
        DIR *folder = errno == EEXIST ? opendir(path) : NULL;
        if (folder == NULL) {
                cli_say(c, "%s: %s", path, strerror(errno));
                return EXIT_REFUSED;
        }
        bool is_empty = true;
        for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder))
                is_empty =
                        is_empty && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0);
        (void)closedir(folder);
        if (!is_empty)
                cli_say(c, "%s: is not empty", path);
        return is_empty ? EXIT_DONE : EXIT_REFUSED;
}
