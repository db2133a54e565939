/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CLIENT_WORLD_H
#define TEST_CLIENT_WORLD_H

/**
 * A little world of fake servers: a root and a few others, each with a script of what it says
 * about which name, and a client that begins at the root.
 */
#include "fake.h"

#include "base/lock.h"
#include "client/client.h"

#define SERVERS_MAX 6u
#define RULES_MAX   24u
#define ROOT        0u

/* What a server says about a name. */
struct rule {
        uint32_t server; /* place in the world */
        const char *name;
        uint32_t rc;
        const char *type; /* of a value with data below; NULL: none */
        struct ansa_bytes data;
        const char *text; /* referral: the name */
        uint16_t serial;
        uint32_t ttl_s; /* 0: a day; UINT32_MAX: none */
        bool at_only;   /* only when asked for an authoritative answer */
        uint32_t once;  /* used up after so many uses; 0: never */
        uint32_t uses;
};

struct world {
        struct lock lock; /* of the rules, between the test and its servers */
        struct fake fakes[SERVERS_MAX];
        size_t count;
        struct rule rules[RULES_MAX];
        size_t rule_count;
        struct buf sites[SERVERS_MAX];
        struct ansa_client *client;
        const struct crypto_key *key; /* signs what is asked to be certified; NULL: nothing is */
        struct fake_env env;
        _Atomic uint32_t asked[SERVERS_MAX]; /* resolutions */
        _Atomic uint32_t site_asked;
        _Atomic uint32_t recursion; /* of the last request */
};

/** @count servers, each a site of its own; the first one is the root in the bootstrap file. */
void world_begin(struct world *w, size_t count);

/** The same with a key, which is in the site records as @encoded. */
void world_begin_signed(struct world *w, size_t count, const struct crypto_key *key,
                        struct ansa_bytes encoded);
void world_end(struct world *w);

struct rule *world_rule(struct world *w, uint32_t server, const char *name, uint32_t rc,
                        const char *type, struct ansa_bytes data);
void world_site_rule(struct world *w, uint32_t server, const char *name, uint32_t site);
void world_url_rule(struct world *w, uint32_t server, const char *name, const char *url);

/** Resolve and compare: the URL, or a part of the problem. Says what came when it is not so. */
bool world_resolves(struct world *w, const char *name, enum ansa_err err, const char *text);

#endif
