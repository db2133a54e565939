/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_INTERNAL_H
#define ANSA_CLIENT_INTERNAL_H

#include "ansa/client.h"
#include "base/env.h"
#include "base/lock.h"
#include "client/cache.h"
#include "client/service.h"
#include "client/trust.h"

#define LOCALS_MAX  1024u /* local_info entries */
#define ROOTS_MAX   32u
#define TRUST_MAX   16u /* trust roots, and as many required signers */
#define PROBLEM_MAX 512u

/** The site of all names under a prefix. */
struct local_site {
        struct ansa_bytes prefix; /* folded */
        struct ansa_bytes wire;
};

/*
 * Configuration is fixed once calls are made; the lock guards what is learned: cache, measures and
 * the fetched roots.
 */
struct ansa_client {
        struct ansa_client_options options; /* defaults filled in */
        struct env *env;
        struct tls_context *tls;
        struct arena arena; /* configuration; and under the lock, fetched roots */
        struct ansa_bytes root_sites[ROOTS_MAX];
        size_t root_site_count;
        struct endpoint root_endpoints[ENDPOINTS_MAX];
        size_t root_endpoint_count;
        struct local_site locals[LOCALS_MAX];
        size_t local_count;
        struct service server; /* asked for everything, unless empty */
        enum ansa_transport server_transport;
        struct service resolver;
        struct ansa_key trust_roots[TRUST_MAX];
        size_t trust_root_count;
        struct ansa_bytes required[TRUST_MAX];
        size_t required_count;
        char problem[PROBLEM_MAX];

        struct lock lock;
        struct answer_cache cache;
        struct measures measures;
        uint8_t *fetched_roots; /* HS_SITE values in wire form, which stand for root_* */
        size_t fetched_roots_size;
        uint32_t fetched_roots_count;
        uint64_t fetched_roots_ms;
        uint64_t refreshed_ms; /* when roots were last asked for newer ones; 0: never */
};

/** As ansa_client_new with another world, for tests and simulation. */
ANSA_CHECKED enum ansa_err client_new_env(const struct ansa_client_options *options,
                                          struct env *env, struct ansa_client **client);

/** The root service, copied to @arena; empty when none is configured. */
ANSA_CHECKED enum ansa_err client_roots(struct ansa_client *c, struct arena *arena,
                                        struct service *roots);

/** Whether the roots are known by address only and their site record should be fetched. */
bool client_roots_need_site(struct ansa_client *c);

/** Take newer root sites (HS_SITE values, or one bare record), which passed the caller's checks. */
void client_put_roots(struct ansa_client *c, struct ansa_values values, struct ansa_bytes site);

/** Whether the roots may be asked for newer site records: not again and again by every call. */
bool client_may_refresh(struct ansa_client *c);

/** The configured site for @name, empty if there is none. */
struct ansa_bytes client_local(const struct ansa_client *c, struct ansa_bytes name);

#endif
