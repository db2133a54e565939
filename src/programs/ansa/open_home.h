/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_OPEN_HOME_H
#define ANSA_PROGRAMS_ANSA_OPEN_HOME_H

#include "identifier/identifier.h"
#include "programs/ansa/cli.h"
#include "programs/home.h"
#include "store/store.h"

/** A home opened by a tool: beside a running server to read, instead of one to write. */
enum open_home_mode { OPEN_HOME_READ, OPEN_HOME_WRITE };

struct open_home {
        int lock; /* -1 when reading */
        bool case_sensitive;
        struct store *store;
        struct identifier *service; /* writing only, as the next */
        struct identifier_worker *writer;
};

/** Says what is wrong; EXIT_DONE when open. Close with open_home_close. */
enum exit_status open_home(const struct cli *c, const char *path, enum open_home_mode mode,
                           struct open_home *home);
void open_home_close(struct open_home *home);

/** Make the directory of a new home, or accept one that is empty. Says what is wrong. */
enum exit_status make_home_directory(const struct cli *c, const char *path);

#endif
