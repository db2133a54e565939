/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_CONFIG_H
#define ANSA_PROGRAMS_CONFIG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "doors/doors.h"

#include <stdio.h>

/**
 * ansad.conf: sections and settings. One table (config_table.c) gives every setting its
 * type, bounds, default and description, and from it come parsing, --check,
 * --print-config, the comments of a new file and the section of ansad.conf(5).
 */
#define CONFIG_LIST_MAX 64u /* items of one list */

/** A list of words; empty when count is 0. */
struct config_list {
        const char *item[CONFIG_LIST_MAX];
        uint32_t count;
};

/** References, borrowed from their texts. */
struct config_refs {
        struct ansa_ref ref[CONFIG_LIST_MAX];
        uint32_t count;
};

struct config {
        /* [server] */
        struct config_list listen;
        uint64_t port;
        uint64_t tls_port;
        bool udp;
        bool tcp;
        bool tls;
        bool udp_administers;
        bool tcp_administers;
        const char *key;            /* in the home unless it begins with "/"; so are all files */
        const char *key_passphrase; /* file; "" = none */
        const char *site;
        const char *tls_certificate; /* "" = one of our own */
        const char *tls_key;
        const char *user; /* "" = by the owner of the home */
        uint64_t workers; /* 0 = one for each processor */
        uint64_t slow_threads;
        bool sandbox;
        uint64_t log_level; /* enum log_level */

        /* [ledger] */
        const char *log_key;
        const char *log_origin; /* "" = by the key */

        /* [http] */
        bool http;
        bool https;
        struct config_list http_listen; /* empty: as listen */
        uint64_t http_port;
        uint64_t https_port;
        uint64_t http_threads;
        const char *http_origin;
        const char *http_tls_certificate; /* "" = as tls_certificate */
        const char *http_tls_key;
        bool http_client_certificates;
        bool http_resolve_others;
        bool http_retry_authoritative;
        const char *http_country_header;
        const char *http_locatt_shortcuts;
        struct config_list http_proxies;
        struct config_list http_watchers;
        uint64_t http_connections;
        uint64_t http_connections_network;
        uint64_t http_idle_ms;
        uint64_t http_request_ms;
        uint64_t http_send_ms;
        uint64_t http_body;
        uint64_t http_batch;

        /* [identifier] */
        struct config_list homed_prefixes;
        struct config_list server_admins;
        struct config_list status_admins;
        bool server_admin_full_access;
        bool case_sensitive;
        bool allow_list;
        bool allow_recursion;
        bool allow_old_crypto;
        bool require_sessions;
        bool enable_status;
        uint64_t server_number;
        uint64_t challenge_life_ms;
        uint64_t challenges;
        uint64_t session_life_ms;
        uint64_t sessions;
        uint64_t dh_bits_min;
        const char *template_delimiter;
        const char *template_namespace; /* file */
        bool template_override;

        /* [store] */
        uint64_t store_size;
        bool store_sync;
        uint64_t cache_size;

        /* [resolver] */
        const char *roots; /* file */
        struct config_list local_sites;

        /* [limits] */
        uint64_t connections;
        uint64_t connections_network;
        uint64_t idle_ms;
        uint64_t request_ms;
        uint64_t send_ms;
        uint64_t writes_ahead;
        uint64_t buffers;
        uint64_t slow_count;
        uint64_t slow_size;
        uint64_t write_count;
        uint64_t write_size;
        uint64_t write_batch;
        uint64_t drain_ms;
        uint64_t udp_burst;
        uint64_t udp_refill;
        uint64_t udp_refill_all;
        uint64_t udp_proven_factor;
        uint64_t udp_proven_life_ms;
        struct config_list udp_exempt;

        /* what the lists say */
        struct config_refs server_admin_refs;
        struct config_refs status_admin_refs;
        struct doors_ranges exempt_ranges;
        struct doors_ranges proxy_ranges;
        struct doors_ranges watcher_ranges;
        uint8_t listen_address[DOORS_LISTEN_MAX][ADDRESS_SIZE];
        uint8_t http_listen_address[DOORS_LISTEN_MAX][ADDRESS_SIZE];
        bool listen_is_default; /* then a family that is missing is no error */

        struct arena arena; /* of all texts */
};

enum config_type {
        CONFIG_BOOL, /* yes, no */
        CONFIG_NUMBER,
        CONFIG_SIZE, /* bytes: 64k, 1m, 16g, also kB, MB, GB */
        CONFIG_TIME, /* milliseconds inside: 500ms, 10s, 5m, 2h, 1d */
        CONFIG_TEXT,
        CONFIG_LEVEL, /* error, warn, info, debug */
        CONFIG_ADDRESSES,
        CONFIG_RANGES,
        CONFIG_REFS, /* INDEX:IDENTIFIER */
        CONFIG_WORDS,
};

/** One setting. */
struct config_row {
        const char *section;
        const char *key;
        enum config_type type;
        uint64_t min; /* numbers, sizes, times; most items of a list */
        uint64_t max;
        const char *initial; /* as it would be written in the file */
        size_t offset;       /* of its field in struct config */
        bool rereads;        /* SIGHUP takes it up */
        const char *text;    /* sentences; lines end with a newline where they should break */
};
extern const struct config_row config_rows[];
extern const size_t config_row_count;

/** What is wrong: "FILE:LINE: what; what would be right". */
struct config_problem {
        char text[512];
};

/** All defaults, then what @stream says. @name is the file's, for the problem. */
ANSA_CHECKED enum ansa_err config_read(FILE *stream, const char *name, struct config *config,
                                       struct config_problem *problem);

/** config_read of @path; a file that is not there is a problem too. */
ANSA_CHECKED enum ansa_err config_load(const char *path, struct config *config,
                                       struct config_problem *problem);
void config_fini(struct config *config);

/** The effective settings as a file that reads back the same, with comments when wished. */
void config_print(const struct config *config, bool with_comments, struct buf *b);

/** The sections of ansad.conf(5), mdoc. */
void config_print_manual(struct buf *b);

/** One value in the form of the file: "64k", "10s", "yes". */
void config_put_value(const struct config_row *row, const struct config *config, struct buf *b);

/** Parse one value; @text is owned by the config's arena. False: *right says what would do. */
ANSA_CHECKED bool config_parse_value(const struct config_row *row, const char *text,
                                     struct config *config, char *right, size_t room);

/* What follows for the parts of the server. */
void config_limits(const struct config *config, struct doors_limits *limits);
size_t config_listen(const struct config *config, struct doors_listen listen[DOORS_LISTEN_MAX]);
size_t config_web(const struct config *config, struct doors_web web[DOORS_WEB_MAX]);
/** All but the site. */
void config_http(const struct config *config, struct http_config *http);
/** All but site and namespace, which are read from files. */
void config_identifier(const struct config *config, struct identifier_config *identifier);

#endif
