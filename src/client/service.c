/* SPDX-License-Identifier: Apache-2.0 */
#include "client/service.h"

#include "base/text.h"
#include "wire/name.h"

enum ansa_err service_add(struct service *s, struct ansa_bytes wire)
{
        if (s->site_count == SITES_MAX)
                return ANSA_E_LIMIT;
        enum ansa_err err = ansa_site_decode(wire, &s->site[s->site_count]);
        if (err != ANSA_OK)
                return err;
        if (s->site[s->site_count].server_count == 0)
                return ANSA_E_MALFORMED; /* nobody to ask */
        s->wire[s->site_count++] = wire;
        return ANSA_OK;
}

void service_add_values(struct service *s, struct ansa_values values, bool prefix)
{
        struct ansa_value v;
        while (ansa_values_next(&values, &v) == ANSA_OK) {
                struct ansa_bytes t = v.type;
                bool wanted = prefix ? text_equal_fold(t, ANSA_BYTES_LIT("HS_SITE.PREFIX")) ||
                                               text_equal_fold(t, ANSA_BYTES_LIT("HS_NA_DELEGATE"))
                                     : text_equal_fold(t, ANSA_BYTES_LIT("HS_SITE")) ||
                                               text_equal_fold(t, ANSA_BYTES_LIT("HS_SITE.6"));
                if (wanted)
                        (void)!service_add(s, v.data); /* one bad site does not spoil the others */
        }
}

bool service_is_empty(const struct service *s)
{
        return s->site_count == 0 && s->endpoint_count == 0;
}

uint32_t site_server_of(const struct ansa_site *site, struct ansa_bytes name)
{
        enum ansa_hash_option option = site->hash_option == ANSA_HASH_PREFIX   ? ANSA_HASH_PREFIX
                                       : site->hash_option == ANSA_HASH_SUFFIX ? ANSA_HASH_SUFFIX
                                                                               : ANSA_HASH_ALL;
        return site->server_count > 1 ? name_hash(name, option) % site->server_count : 0;
}

static enum ansa_err server_at(const struct ansa_site *site, uint32_t place,
                               struct ansa_server *server)
{
        struct ansa_bytes rest = site->servers;
        enum ansa_err err = ANSA_E_NOT_FOUND;
        for (uint32_t i = 0; i <= place && i < site->server_count; i++) {
                err = ansa_site_next_server(&rest, server);
                if (err != ANSA_OK)
                        break;
        }
        return err;
}

/* The port that "ansa.tls.<id>", or else "ansa.tls", tells; 0 when neither does. */
static uint16_t tls_port(const struct ansa_site *site, uint32_t server_id)
{
        struct ansa_bytes rest = site->attributes;
        struct ansa_attribute a;
        uint64_t port = 0;
        uint8_t room[32];
        struct buf own = buf_over(room, sizeof(room));
        buf_printf(&own, "%s.%u", ANSA_SITE_TLS_ATTRIBUTE, server_id);
        for (uint32_t i = 0; i < site->attribute_count; i++) {
                if (ansa_site_next_attribute(&rest, &a) != ANSA_OK)
                        break;
                bool for_server = ansa_bytes_equal(a.name, buf_written(&own));
                bool for_all = ansa_bytes_equal(a.name, ANSA_BYTES_LIT(ANSA_SITE_TLS_ATTRIBUTE));
                uint64_t n;
                if ((for_server || (for_all && port == 0)) &&
                    text_u64(a.value, UINT16_MAX, &n) == ANSA_OK)
                        port = n;
                if (for_server)
                        break;
        }
        return (uint16_t)port;
}

/* One server of one site, before its transports are written out. */
struct choice {
        struct ansa_server server;
        const struct ansa_site *site;
        uint32_t site_place;
        uint32_t server_place;
        uint64_t rank; /* lower is better */
};

static bool interface_fits(const struct need *need, const struct ansa_interface *i)
{
        uint8_t bit = need->admin ? ANSA_INTERFACE_ADMIN : ANSA_INTERFACE_QUERY;
        return (i->type & bit) != 0 && i->port > 0 && i->port <= UINT16_MAX;
}

/* The port of the server's interface for @transport, 0 if it has none that fits. */
static uint16_t port_of(const struct need *need, const struct choice *c,
                        enum ansa_transport transport)
{
        bool fits_tcp = false;
        for (uint32_t k = 0; k < c->server.interface_count; k++) {
                struct ansa_interface i = ansa_server_interface(&c->server, k);
                if (!interface_fits(need, &i))
                        continue;
                if (i.protocol == ANSA_PROTOCOL_TCP)
                        fits_tcp = true;
                if ((transport == ANSA_TRANSPORT_UDP && i.protocol == ANSA_PROTOCOL_UDP) ||
                    (transport == ANSA_TRANSPORT_TCP && i.protocol == ANSA_PROTOCOL_TCP))
                        return (uint16_t)i.port;
        }
        /* What may be done over TCP may be done over TLS. */
        return transport == ANSA_TRANSPORT_TLS && fits_tcp ? tls_port(c->site, c->server.id) : 0;
}

/* The transports to try, in order; returns how many. */
static size_t transport_order(const struct need *need, enum ansa_transport order[3])
{
        size_t n = 0;
        if (need->transport != ANSA_TRANSPORT_ANY) {
                order[n++] = need->transport;
                return n;
        }
        bool udp = !need->stream && !need->no_udp;
        if (need->prefer_tls)
                order[n++] = ANSA_TRANSPORT_TLS;
        if (udp && !need->stream_first)
                order[n++] = ANSA_TRANSPORT_UDP;
        order[n++] = ANSA_TRANSPORT_TCP;
        if (!need->prefer_tls)
                order[n++] = ANSA_TRANSPORT_TLS;
        /* At most three: a server that has only UDP is asked over it even if TCP would be better. */
        if (udp && need->stream_first)
                order[n++] = ANSA_TRANSPORT_UDP;
        return n;
}

static struct peer peer_of(const struct choice *c)
{
        uint16_t version = VERSION(c->site->protocol_major, c->site->protocol_minor);
        bool is_v2 = c->site->protocol_major == 2;
        return (struct peer){ .version = is_v2 && version < VERSION_OWN ? version : VERSION_OWN,
                              .serial = c->site->serial,
                              .key = c->server.key };
}

/* The address that response times are kept under: that of the first interface. */
static struct endpoint server_endpoint(const struct choice *c)
{
        uint16_t port = 0;
        if (c->server.interface_count > 0)
                port = (uint16_t)ansa_server_interface(&c->server, 0).port;
        return endpoint_of(c->server.address, port, ANSA_TRANSPORT_TCP);
}

static size_t put_choice(const struct choice *c, const struct need *need,
                         struct target targets[TARGETS_MAX], size_t count)
{
        enum ansa_transport order[3];
        size_t n = transport_order(need, order);
        for (size_t i = 0; i < n && count < TARGETS_MAX; i++) {
                uint16_t port = port_of(need, c, order[i]);
                if (port == 0)
                        continue;
                targets[count++] =
                        (struct target){ .endpoint = endpoint_of(c->server.address, port, order[i]),
                                         .server_endpoint = server_endpoint(c),
                                         .peer = peer_of(c),
                                         .site = c->site_place,
                                         .server = c->server_place,
                                         .is_primary = (c->site->flags & ANSA_SITE_PRIMARY) != 0 };
        }
        return count;
}

static uint64_t rank_of(const struct choice *c, const struct need *need,
                        const struct measures *measures, struct env *env)
{
        uint64_t now = env->steady_ms(env);
        struct endpoint e = server_endpoint(c);
        uint8_t random[2];
        env->random(env, random, sizeof(random));
        uint64_t tie = (uint64_t)random[0] << 8 | random[1];
        if (need->admin || need->primary) {
                struct ansa_bytes prefix = name_split(need->name).prefix;
                if (measures_is_sticky(measures, prefix, &e, now))
                        return 0;
        }
        return ((uint64_t)measures_get(measures, &e, now) + 1) << 16 | tie;
}

static void sort(struct choice *choices, size_t count)
{
        for (size_t i = 1; i < count; i++) {
                struct choice c = choices[i];
                size_t k = i;
                for (; k > 0 && choices[k - 1].rank > c.rank; k--)
                        choices[k] = choices[k - 1];
                choices[k] = c;
        }
}

static size_t endpoint_targets(const struct service *s, const struct need *need,
                               struct target targets[TARGETS_MAX])
{
        enum ansa_transport order[3];
        size_t n = transport_order(need, order);
        size_t count = 0;
        for (size_t i = 0; i < s->endpoint_count; i++) {
                const struct endpoint *e = &s->endpoint[i];
                for (size_t k = 0; k < n && count < TARGETS_MAX; k++) {
                        /* Without a site record nothing tells of TLS but the caller's word. */
                        bool tls = order[k] == ANSA_TRANSPORT_TLS;
                        if (tls != (need->transport == ANSA_TRANSPORT_TLS))
                                continue;
                        /* Nor of administration over UDP, which hardly any server has. */
                        if (order[k] == ANSA_TRANSPORT_UDP && need->admin &&
                            need->transport == ANSA_TRANSPORT_ANY)
                                continue;
                        targets[count++] =
                                (struct target){ .endpoint = endpoint_with(e, endpoint_port(e),
                                                                           order[k]),
                                                 .server_endpoint = *e,
                                                 .peer = { .version = VERSION_COMPATIBLE,
                                                           .serial = SITE_SERIAL_UNKNOWN } };
                }
        }
        return count;
}

size_t service_targets(const struct service *s, const struct need *need,
                       const struct measures *measures, struct env *env,
                       struct target targets[TARGETS_MAX])
{
        struct choice choices[SITES_MAX];
        size_t n = 0;
        size_t count = 0;
        if (s->site_count == 0)
                return endpoint_targets(s, need, targets);
        for (uint32_t i = 0; i < s->site_count; i++) {
                const struct ansa_site *site = &s->site[i];
                bool is_primary = (site->flags & ANSA_SITE_PRIMARY) != 0;
                /* A service of one site has its primary there, whatever it says. */
                if ((need->admin || need->primary) && !is_primary && s->site_count > 1)
                        continue;
                if (need->one_server && need->site != i)
                        continue;
                struct choice *c = &choices[n];
                *c = (struct choice){ .site = site, .site_place = i };
                c->server_place =
                        need->one_server ? need->server : site_server_of(site, need->name);
                if (server_at(site, c->server_place, &c->server) != ANSA_OK)
                        continue;
                c->rank = rank_of(c, need, measures, env);
                n++;
        }
        sort(choices, n);
        for (size_t i = 0; i < n; i++)
                count = put_choice(&choices[i], need, targets, count);
        return count;
}
