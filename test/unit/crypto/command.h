/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_TEST_CRYPTO_COMMAND_H
#define ANSA_TEST_CRYPTO_COMMAND_H

/* A second opinion: the openssl command line, run in a folder of its own. */
#include "ansa/bytes.h"
#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct workshop {
        char folder[64];
};

static inline void workshop_open(struct workshop *w)
{
        (void)snprintf(w->folder, sizeof(w->folder), "/tmp/ansa-crypto-XXXXXX");
        ansa_assert(mkdtemp(w->folder) != NULL);
}

/* True when the shell command succeeded; it runs in the folder, and says nothing. */
static inline bool workshop_run(const struct workshop *w, const char *command)
{
        char line[2048];
        int n = snprintf(line, sizeof(line), "cd %s && { %s; } >/dev/null 2>log </dev/null",
                         w->folder, command);
        ansa_assert(n > 0 && (size_t)n < sizeof(line));
        return system(line) == 0;
}

static inline void workshop_close(struct workshop *w)
{
        ansa_assert(workshop_run(w, "rm -f -- *"));
        ansa_assert(rmdir(w->folder) == 0);
}

static inline void workshop_write(const struct workshop *w, const char *name,
                                  struct ansa_bytes bytes)
{
        char path[256];
        (void)snprintf(path, sizeof(path), "%s/%s", w->folder, name);
        FILE *file = fopen(path, "wb");
        ansa_assert(file != NULL);
        ansa_assert(fwrite(bytes.at, 1, bytes.size, file) == bytes.size);
        ansa_assert(fclose(file) == 0);
}

/* The whole file, in static memory that lasts until the second call after. */
static inline struct ansa_bytes workshop_read(const struct workshop *w, const char *name)
{
        static uint8_t room[2][65536];
        static unsigned next;
        uint8_t *at = room[next++ % 2];
        char path[256];
        (void)snprintf(path, sizeof(path), "%s/%s", w->folder, name);
        FILE *file = fopen(path, "rb");
        ansa_assert(file != NULL);
        size_t size = fread(at, 1, sizeof(room[0]), file);
        ansa_assert(fclose(file) == 0);
        return (struct ansa_bytes){ at, size };
}

static inline bool have_openssl(void)
{
        return system("openssl version >/dev/null 2>&1") == 0;
}

#endif
