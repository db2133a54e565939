/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansad.h"

#include "ansa/site.h"
#include "base/limits.h"
#include "programs/home.h"
#include "wire/json.h"

#include <stdlib.h>

/* The configuration and the files that it names. */

#define SITE_FILE_MAX 1048576u
#define SITE_SIZE_MAX LIMIT_MESSAGE_SIZE
#define XML_FILE_MAX  262144u

enum ansa_err ansad_path(const struct ansad *a, const char *file, char *path, size_t room)
{
        if (file[0] != '/')
                return home_path(a->home, file, path, room);
        int n = snprintf(path, room, "%s", file);
        return n < 0 || (size_t)n >= room ? ANSA_E_LIMIT : ANSA_OK;
}

static enum ansa_err complain(struct config_problem *p, enum ansa_err err, const char *path,
                              const char *why)
{
        (void)snprintf(p->text, sizeof(p->text), "%.300s: %.190s", path, why);
        return err;
}

/* JSON begins with a brace, and the binary form with its format number 0 or 1. */
static enum ansa_err decode_site(struct ansad_settings *s, struct ansa_bytes file, const char *path,
                                 struct config_problem *problem)
{
        struct arena arena;
        struct ansa_bytes wire = file;
        struct ansa_site site;
        enum ansa_err err = ANSA_OK;
        arena_init(&arena, 4 * SITE_FILE_MAX);
        if (file.size > 0 && file.at[0] != 0) {
                struct json_problem why = { 0 };
                err = json_site(file, &arena, &wire, &why);
                if (err != ANSA_OK)
                        err = complain(problem, err, path, why.text);
        }
        if (err == ANSA_OK &&
            (wire.size > SITE_SIZE_MAX || ansa_site_decode(wire, &site) != ANSA_OK))
                err = complain(problem, ANSA_E_MALFORMED, path,
                               "is no site record; expected site.json or siteinfo.bin");
        if (err == ANSA_OK) {
                s->site = malloc(wire.size);
                if (s->site == NULL) {
                        err = complain(problem, ANSA_E_NO_MEMORY, path, "out of memory");
                } else {
                        memcpy(s->site, wire.at, wire.size);
                        s->site_size = wire.size;
                }
        }
        arena_fini(&arena);
        return err;
}

static enum ansa_err read_site(const struct ansad *a, struct ansad_settings *s,
                               struct config_problem *problem)
{
        char path[ANSAD_PATH_MAX];
        uint8_t *at = NULL;
        size_t size;
        enum ansa_err err = ansad_path(a, s->config.site, path, sizeof(path));
        if (err == ANSA_OK)
                err = file_read(path, SITE_FILE_MAX, &at, &size);
        if (err != ANSA_OK)
                return complain(problem, err, s->config.site, ansa_err_text(err));
        err = decode_site(s, (struct ansa_bytes){ at, size }, path, problem);
        free(at);
        return err;
}

static enum ansa_err read_namespace(const struct ansad *a, struct ansad_settings *s,
                                    struct config_problem *problem)
{
        char path[ANSAD_PATH_MAX];
        if (s->config.template_namespace[0] == '\0')
                return ANSA_OK;
        enum ansa_err err = ansad_path(a, s->config.template_namespace, path, sizeof(path));
        if (err == ANSA_OK)
                err = file_read(path, XML_FILE_MAX, &s->namespace_xml, &s->namespace_size);
        if (err != ANSA_OK)
                return complain(problem, err, s->config.template_namespace, ansa_err_text(err));
        return ANSA_OK;
}

enum ansa_err ansad_read_settings(const struct ansad *a, struct ansad_settings **settings,
                                  struct config_problem *problem)
{
        *settings = NULL;
        struct ansad_settings *s = calloc(1, sizeof(*s));
        if (s == NULL)
                return complain(problem, ANSA_E_NO_MEMORY, a->config_path, "out of memory");
        enum ansa_err err = config_load(a->config_path, &s->config, problem);
        if (err == ANSA_OK)
                err = read_site(a, s, problem);
        if (err == ANSA_OK)
                err = read_namespace(a, s, problem);
        if (err != ANSA_OK)
                ansad_settings_free(s);
        else
                *settings = s;
        return err;
}

void ansad_settings_free(struct ansad_settings *s)
{
        while (s != NULL) {
                struct ansad_settings *older = s->older;
                config_fini(&s->config);
                free(s->site);
                free(s->namespace_xml);
                free(s);
                s = older;
        }
}

void ansad_identifier_config(const struct ansad_settings *s, struct identifier_config *config)
{
        config_identifier(&s->config, config);
        config->site = (struct ansa_bytes){ s->site, s->site_size };
        config->namespace_xml = (struct ansa_bytes){ s->namespace_xml, s->namespace_size };
}
