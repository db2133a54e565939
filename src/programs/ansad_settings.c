/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/ansad.h"

#include "programs/home.h"
#include "programs/site_file.h"

#include <stdlib.h>

/* The configuration and the files that it names. */

#define XML_FILE_MAX 262144u

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

static enum ansa_err read_site(const struct ansad *a, struct ansad_settings *s,
                               struct config_problem *problem)
{
        char path[ANSAD_PATH_MAX];
        enum ansa_err err = ansad_path(a, s->config.site, path, sizeof(path));
        if (err != ANSA_OK)
                return complain(problem, err, s->config.site, ansa_err_text(err));
        return site_file_read(path, &s->site, &s->site_size, problem);
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

static void settings_free(struct shared *shared)
{
        struct ansad_settings *s = (struct ansad_settings *)shared;
        config_fini(&s->config);
        free(s->site);
        free(s->namespace_xml);
        free(s);
}

enum ansa_err ansad_read_settings(const struct ansad *a, struct ansad_settings **settings,
                                  struct config_problem *problem)
{
        *settings = NULL;
        struct ansad_settings *s = calloc(1, sizeof(*s));
        if (s == NULL)
                return complain(problem, ANSA_E_NO_MEMORY, a->config_path, "out of memory");
        shared_init(&s->shared, settings_free);
        enum ansa_err err = config_load(a->config_path, &s->config, problem);
        if (err == ANSA_OK)
                err = read_site(a, s, problem);
        if (err == ANSA_OK)
                err = read_namespace(a, s, problem);
        if (err != ANSA_OK)
                ansad_settings_give(s);
        else
                *settings = s;
        return err;
}

void ansad_settings_give(struct ansad_settings *s)
{
        if (s != NULL)
                shared_give(&s->shared);
}

void ansad_http_config(const struct ansad *a, struct ansad_settings *s, struct http_config *config)
{
        const struct doors_web *web;
        size_t count = doors_web_listening(a->doors, &web);
        config_http(&s->config, config);
        config->owner = &s->shared;
        for (size_t i = 0; i < count && config->https_port == 0; i++) {
                if (web[i].is_tls)
                        config->https_port = web[i].port;
        }
        config->site = (struct ansa_bytes){ s->site, s->site_size };
}

void ansad_identifier_config(struct ansad_settings *s, struct identifier_config *config)
{
        config_identifier(&s->config, config);
        config->owner = &s->shared;
        config->site = (struct ansa_bytes){ s->site, s->site_size };
        config->namespace_xml = (struct ansa_bytes){ s->namespace_xml, s->namespace_size };
}
