/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/site_file.h"

#include "ansa/site.h"
#include "base/limits.h"
#include "programs/home.h"
#include "wire/json.h"

#include <stdlib.h>

#define FILE_SIZE_MAX 1048576u

static enum ansa_err complain(struct config_problem *p, enum ansa_err err, const char *path,
                              const char *why)
{
        (void)snprintf(p->text, sizeof(p->text), "%.300s: %.190s", path, why);
        return err;
}

static enum ansa_err copy(struct ansa_bytes wire, uint8_t **at, size_t *size)
{
        *at = malloc(wire.size);
        if (*at == NULL)
                return ANSA_E_NO_MEMORY;
        memcpy(*at, wire.at, wire.size);
        *size = wire.size;
        return ANSA_OK;
}

/* JSON begins with a brace, and the binary form with its format number 0 or 1. */
static enum ansa_err decode(struct ansa_bytes file, const char *path, uint8_t **at, size_t *size,
                            struct config_problem *problem)
{
        struct arena arena;
        struct ansa_bytes wire = file;
        struct ansa_site site;
        enum ansa_err err = ANSA_OK;
        arena_init(&arena, 4 * FILE_SIZE_MAX);
        if (file.size > 0 && file.at[0] != 0) {
                struct json_problem why = { 0 };
                err = json_site(file, &arena, &wire, &why);
                if (err != ANSA_OK)
                        err = complain(problem, err, path, why.text);
        }
        if (err == ANSA_OK &&
            (wire.size > LIMIT_MESSAGE_SIZE || ansa_site_decode(wire, &site) != ANSA_OK)) {
                err = complain(problem, ANSA_E_MALFORMED, path,
                               "is no site record; expected site.json or siteinfo.bin");
        } else if (err == ANSA_OK) {
                err = copy(wire, at, size);
                if (err != ANSA_OK)
                        err = complain(problem, err, path, ansa_err_text(err));
        }
        arena_fini(&arena);
        return err;
}

enum ansa_err site_file_read(const char *path, uint8_t **at, size_t *size,
                             struct config_problem *problem)
{
        uint8_t *file;
        size_t file_size;
        *at = NULL;
        *size = 0;
        enum ansa_err err = file_read(path, FILE_SIZE_MAX, &file, &file_size);
        if (err != ANSA_OK)
                return complain(problem, err, path, ansa_err_text(err));
        err = decode((struct ansa_bytes){ file, file_size }, path, at, size, problem);
        free(file);
        return err;
}
