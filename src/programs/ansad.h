/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSAD_H
#define ANSA_PROGRAMS_ANSAD_H

#include "base/shared.h"
#include "doors/doors.h"
#include "programs/config.h"
#include "programs/key_process.h"
#include "store/store.h"

/**
 * The daemon: a home being served. ansad_main.c reads the command line, ansad_open.c puts
 * the parts together, ansad_run.c serves until told to end.
 */
#define ANSAD_PATH_MAX 4096u

/** A configuration in force with what was read from the files it names. */
struct ansad_settings {
        struct shared shared; /* by ansad, the service and what it says over HTTP */
        struct config config;
        uint8_t *site; /* encoded HS_SITE; may be NULL */
        size_t site_size;
        uint8_t *namespace_xml;
        size_t namespace_size;
};

struct ansad {
        char home[ANSAD_PATH_MAX];
        char config_path[ANSAD_PATH_MAX];
        struct ansad_settings *settings; /* the newest */
        int lock_fd;
        uid_t uid;
        gid_t gid;
        uint64_t begun_ms;
        char log_name[16]; /* made from the key, when the configuration has none */
        struct key_process *keys;
        struct doors *doors;
        struct store *store;
        struct identifier *service;
        struct fetcher *fetcher; /* resolves elsewhere; see fetch.h */
        struct http *http;       /* what is said over HTTP; NULL when that is off */
        struct ansad_facts *facts;
        uint64_t tls_renew_ms;        /* when our own TLS certificate is made anew; 0 = never */
        _Atomic uint64_t tls_until_s; /* the first of the certificates in files ends; 0 = none */
        uint64_t tls_warn_ms;         /* when that is warned of, if it is near */
};

/** Read configuration and files. The problem is for the operator, the error decides the exit. */
ANSA_CHECKED enum ansa_err ansad_read_settings(const struct ansad *a,
                                               struct ansad_settings **settings,
                                               struct config_problem *problem);
void ansad_settings_give(struct ansad_settings *s); /* NULL is fine */

/** The settings for the service. */
void ansad_identifier_config(struct ansad_settings *s, struct identifier_config *config);

/** Everything up to serving; logs what fails. */
ANSA_CHECKED enum ansa_err ansad_open(struct ansad *a);
/** What would keep it from serving, without binding or opening anything: keys, certificates. */
ANSA_CHECKED enum ansa_err ansad_check(struct ansad *a);
void ansad_close(struct ansad *a);

/** Serve until SIGTERM or SIGINT. */
ANSA_CHECKED enum ansa_err ansad_run(struct ansad *a);

/** What http_new is told of them; the doors are open. */
void ansad_http_config(const struct ansad *a, struct ansad_settings *s, struct http_config *config);

/** Certificate and key of a door with TLS as the settings say, in PEM. */
struct ansad_tls {
        struct buf chain;
        struct buf key;
};
/** Of the native port, and of HTTPS; empty when that is off. End with ansad_tls_fini. */
ANSA_CHECKED enum ansa_err ansad_tls(struct ansad *a, struct ansad_tls *native,
                                     struct ansad_tls *web);
void ansad_tls_fini(struct ansad_tls *tls);
/** Say in the log when a certificate has ended or soon will; at most once a day. */
void ansad_tls_watch(struct ansad *a);

/** Figures of the server, for monitors and pages (ansad_facts.c). */
ANSA_CHECKED enum ansa_err ansad_facts_new(struct ansad *a, struct ansad_facts **facts);
/** Look whether it is ready: disk, store, key process. Every few seconds; NULL is fine. */
void ansad_facts_look(struct ansad_facts *facts);
struct http_facts *ansad_facts_http(struct ansad_facts *facts);
void ansad_facts_free(struct ansad_facts *facts);

/** A path of the configuration: in the home unless it begins with "/". */
ANSA_CHECKED enum ansa_err ansad_path(const struct ansad *a, const char *file, char *path,
                                      size_t room);

/** Tell systemd (sd_notify(3)); nothing happens when it did not start us. */
void ansad_notify(const char *state);

#endif
