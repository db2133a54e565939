/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_SERVICE_H
#define ANSA_CLIENT_SERVICE_H

#include "base/arena.h"
#include "base/env.h"
#include "client/channel.h"
#include "client/measures.h"

/**
 * A service: the sites that answer for some identifiers, and the choice among their servers
 * (irp-service 3). A server known by its address only is a service too, with endpoints instead
 * of sites.
 */
#define SITES_MAX     32u
#define ENDPOINTS_MAX 8u
#define TARGETS_MAX   48u

struct service {
        struct ansa_bytes wire[SITES_MAX]; /* HS_SITE records, borrowed */
        struct ansa_site site[SITES_MAX];
        size_t site_count;
        struct endpoint endpoint[ENDPOINTS_MAX]; /* when there are no sites */
        size_t endpoint_count;
};

/** Add an HS_SITE record. ANSA_E_LIMIT: too many; others: it cannot be decoded. */
ANSA_CHECKED enum ansa_err service_add(struct service *s, struct ansa_bytes wire);

/** Add the usable HS_SITE and HS_SITE.6 values (and, for @prefix, HS_SITE.PREFIX, HS_NA_DELEGATE). */
void service_add_values(struct service *s, struct ansa_values values, bool prefix);

bool service_is_empty(const struct service *s);

/** What a request needs of a server. */
struct need {
        struct ansa_bytes name; /* decides the server by its hash */
        bool admin;             /* an administrative interface */
        bool primary;           /* of a primary site */
        bool stream;            /* a connection: not UDP */
        bool stream_first;      /* rather a connection */
        bool no_udp;            /* the client's options */
        bool prefer_tls;
        enum ansa_transport transport; /* only this one, or ANY */
        bool one_server;               /* not by hash, but site and server below */
        uint32_t site;
        uint32_t server;
};

/** The place of the server that @name hashes to. */
uint32_t site_server_of(const struct ansa_site *site, struct ansa_bytes name);

/**
 * The targets for @need, best first: sticky primary, then by response time, unknown ones first and
 * in random order; of each server its interfaces in order. Returns how many (at most TARGETS_MAX).
 */
size_t service_targets(const struct service *s, const struct need *need,
                       const struct measures *measures, struct env *env,
                       struct target targets[TARGETS_MAX]);

#endif
