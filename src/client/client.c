/* SPDX-License-Identifier: Apache-2.0 */
/* A client: its options, where it begins, what it has learned. */
#include "client/client.h"

#include "base/limits.h"
#include "base/text.h"
#include "wire/data.h"
#include "wire/name.h"

#include <stdlib.h>

#define CONNECT_TIMEOUT_MS  10000u
#define ANSWER_TIMEOUT_MS   60000u
#define CALL_TIMEOUT_MS     120000u
#define CACHE_TTL_S         3600u
#define CACHE_SIZE          (8u * 1024u * 1024u)
#define CONFIG_SIZE_MAX     (64u * 1024u * 1024u)
#define FETCHED_SIZE_MAX    (4u * LIMIT_MESSAGE_SIZE)
#define REFRESH_INTERVAL_MS 600000u
#define FETCHED_LIFETIME_MS 86400000u /* a day, then root servers are asked again */

static void or_default(uint32_t *option, uint32_t value)
{
        if (*option == 0)
                *option = value;
}

enum ansa_err client_new_env(const struct ansa_client_options *options, struct env *env,
                             struct ansa_client **client)
{
        struct hash_key key;
        struct ansa_client *c = calloc(1, sizeof(*c));
        *client = NULL;
        if (c == NULL)
                return ANSA_E_NO_MEMORY;
        if (options != NULL)
                c->options = *options;
        or_default(&c->options.connect_timeout_ms, CONNECT_TIMEOUT_MS);
        or_default(&c->options.answer_timeout_ms, ANSWER_TIMEOUT_MS);
        or_default(&c->options.call_timeout_ms, CALL_TIMEOUT_MS);
        or_default(&c->options.cache_ttl_max_s, CACHE_TTL_S);
        if (c->options.cache_size_max == 0)
                c->options.cache_size_max = CACHE_SIZE;
        c->env = env;
        enum ansa_err err = tls_context_new(&c->tls);
        if (err != ANSA_OK) {
                free(c);
                return err;
        }
        arena_init(&c->arena, CONFIG_SIZE_MAX);
        lock_init(&c->lock);
        env->random(env, (uint8_t *)&key, sizeof(key));
        answer_cache_init(&c->cache, c->options.no_cache ? 0 : c->options.cache_size_max,
                          c->options.cache_ttl_max_s, &key);
        c->measures.key = key;
        *client = c;
        return ANSA_OK;
}

enum ansa_err ansa_client_new(const struct ansa_client_options *options,
                              struct ansa_client **client)
{
        return client_new_env(options, env_system(), client);
}

void ansa_client_free(struct ansa_client *client)
{
        if (client == NULL)
                return;
        answer_cache_clear(&client->cache);
        tls_context_free(client->tls);
        arena_fini(&client->arena);
        free(client->fetched_roots);
        lock_fini(&client->lock);
        free(client);
}

const char *ansa_client_problem(const struct ansa_client *client)
{
        return client->problem;
}

void ansa_client_forget(struct ansa_client *client)
{
        lock_take(&client->lock);
        answer_cache_clear(&client->cache);
        measures_clear(&client->measures);
        free(client->fetched_roots);
        client->fetched_roots = NULL;
        client->fetched_roots_size = 0;
        client->refreshed_ms = 0;
        lock_give(&client->lock);
}

/* Roots fetched from the network stand for the configured ones until they are too old. */
static bool has_fetched(const struct ansa_client *c)
{
        return c->fetched_roots_size > 0 &&
               c->env->steady_ms(c->env) - c->fetched_roots_ms < FETCHED_LIFETIME_MS;
}

static enum ansa_err copy_fetched(struct ansa_client *c, struct arena *arena, struct service *roots)
{
        struct ansa_bytes copy;
        struct ansa_bytes all = { c->fetched_roots, c->fetched_roots_size };
        enum ansa_err err = arena_copy(arena, all, &copy);
        struct ansa_values values = { copy, c->fetched_roots_count };
        if (err == ANSA_OK)
                service_add_values(roots, values, false);
        return err;
}

enum ansa_err client_roots(struct ansa_client *c, struct arena *arena, struct service *roots)
{
        enum ansa_err err = ANSA_OK;
        *roots = (struct service){ 0 };
        lock_take(&c->lock);
        if (has_fetched(c))
                err = copy_fetched(c, arena, roots);
        lock_give(&c->lock);
        if (err != ANSA_OK || roots->site_count > 0)
                return err;
        for (size_t i = 0; i < c->root_site_count; i++)
                (void)!service_add(roots, c->root_sites[i]); /* checked when configured */
        if (roots->site_count == 0) {
                memcpy(roots->endpoint, c->root_endpoints, sizeof(c->root_endpoints));
                roots->endpoint_count = c->root_endpoint_count;
        }
        return ANSA_OK;
}

bool client_roots_need_site(struct ansa_client *c)
{
        lock_take(&c->lock);
        bool fetched = has_fetched(c);
        lock_give(&c->lock);
        return !fetched && c->root_site_count == 0 && c->root_endpoint_count > 0;
}

bool client_may_refresh(struct ansa_client *c)
{
        uint64_t now = c->env->steady_ms(c->env);
        lock_take(&c->lock);
        bool may = c->refreshed_ms == 0 || now - c->refreshed_ms >= REFRESH_INTERVAL_MS;
        if (may)
                c->refreshed_ms = now > 0 ? now : 1;
        lock_give(&c->lock);
        return may;
}

/* As HS_SITE values one after the other, whatever they came as. */
static void put_site_value(struct buf *b, struct ansa_bytes site)
{
        struct ansa_value v = { .index = 1, .type = ANSA_BYTES_LIT("HS_SITE"), .data = site };
        size_t size = ansa_value_size(&v);
        size_t written = 0;
        uint8_t *at = buf_take(b, size);
        if (at == NULL)
                return;
        enum ansa_err err = ansa_value_encode(&v, at, size, &written);
        if (err != ANSA_OK)
                buf_fail(b, err);
}

void client_put_roots(struct ansa_client *c, struct ansa_values values, struct ansa_bytes site)
{
        struct ansa_site decoded;
        struct ansa_value v;
        struct buf b = buf_growing(FETCHED_SIZE_MAX);
        uint32_t count = 0;
        if (site.size > 0 && ansa_site_decode(site, &decoded) == ANSA_OK) {
                put_site_value(&b, site);
                count++;
        }
        while (ansa_values_next(&values, &v) == ANSA_OK) {
                if (value_type_of(v.type) == TYPE_HS_SITE &&
                    ansa_site_decode(v.data, &decoded) == ANSA_OK) {
                        put_site_value(&b, v.data);
                        count++;
                }
        }
        if (b.err != ANSA_OK || b.size == 0) {
                buf_fini(&b);
                return;
        }
        lock_take(&c->lock);
        free(c->fetched_roots);
        c->fetched_roots = b.at; /* taken over from the buffer */
        c->fetched_roots_size = b.size;
        c->fetched_roots_count = count;
        c->fetched_roots_ms = c->env->steady_ms(c->env);
        lock_give(&c->lock);
}

struct ansa_bytes client_local(const struct ansa_client *c, struct ansa_bytes name)
{
        struct ansa_bytes prefix = name_split(name).prefix;
        for (size_t i = 0; i < c->local_count; i++) {
                if (text_equal_fold(c->locals[i].prefix, prefix))
                        return c->locals[i].wire;
        }
        return (struct ansa_bytes){ 0 };
}
