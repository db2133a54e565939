/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/config.h"

/* Settings in the form that the parts of the server take them. */

void config_limits(const struct config *c, struct doors_limits *l)
{
        *l = (struct doors_limits){
                .connections_max = (uint32_t)c->connections,
                .connections_network_max = (uint32_t)c->connections_network,
                .idle_ms = (uint32_t)c->idle_ms,
                .request_ms = (uint32_t)c->request_ms,
                .send_ms = (uint32_t)c->send_ms,
                .writes_ahead_max = (uint32_t)c->writes_ahead,
                .buffers_max = c->buffers,
                .slow_count_max = (uint32_t)c->slow_count,
                .slow_size_max = c->slow_size,
                .write_count_max = (uint32_t)c->write_count,
                .write_size_max = c->write_size,
                .write_batch_max = (uint32_t)c->write_batch,
                .drain_ms = (uint32_t)c->drain_ms,
                .budget = { .burst = (uint32_t)c->udp_burst,
                            .refill_s = (uint32_t)c->udp_refill,
                            .all_refill_s = (uint32_t)c->udp_refill_all,
                            .proven_factor = (uint32_t)c->udp_proven_factor,
                            .proven_life_s = (uint32_t)(c->udp_proven_life_ms / 1000) },
                .exempt_count = c->udp_exempt.count,
                .web = { .connections_max = (uint32_t)c->http_connections,
                         .connections_network_max = (uint32_t)c->http_connections_network,
                         .idle_ms = (uint32_t)c->http_idle_ms,
                         .request_ms = (uint32_t)c->http_request_ms,
                         .send_ms = (uint32_t)c->http_send_ms,
                         .asks_certificates = c->http_client_certificates,
                         .proxies = c->proxy_ranges,
                         .watchers = c->watcher_ranges },
        };
        /* a list that was set to nothing has no ranges, whatever its default had */
        l->web.proxies.count = c->http_proxies.count;
        l->web.watchers.count = c->http_watchers.count;
        memcpy(l->exempt, c->exempt_ranges.range, c->udp_exempt.count * sizeof(l->exempt[0]));
}

size_t config_listen(const struct config *c, struct doors_listen listen[DOORS_LISTEN_MAX])
{
        for (uint32_t i = 0; i < c->listen.count; i++) {
                listen[i] = (struct doors_listen){ .has_udp = c->udp,
                                                   .has_tcp = c->tcp,
                                                   .has_tls = c->tls,
                                                   .udp_administers = c->udp_administers,
                                                   .tcp_administers = c->tcp_administers,
                                                   .port = (uint16_t)c->port,
                                                   .tls_port = (uint16_t)c->tls_port };
                memcpy(listen[i].address, c->listen_address[i], ADDRESS_SIZE);
        }
        return c->listen.count;
}

size_t config_web(const struct config *c, struct doors_web web[DOORS_WEB_MAX])
{
        bool is_own = c->http_listen.count > 0;
        uint32_t addresses = is_own ? c->http_listen.count : c->listen.count;
        size_t count = 0;
        for (uint32_t i = 0; i < addresses; i++) {
                const uint8_t *address = is_own ? c->http_listen_address[i] : c->listen_address[i];
                for (int is_tls = 0; is_tls < 2; is_tls++) {
                        if (is_tls ? !c->https : !c->http)
                                continue;
                        struct doors_web *w = &web[count++];
                        *w = (struct doors_web){ .is_tls = is_tls,
                                                 .port = (uint16_t)(is_tls ? c->https_port
                                                                           : c->http_port) };
                        memcpy(w->address, address, ADDRESS_SIZE);
                }
        }
        return count;
}

void config_http(const struct config *c, struct http_config *h)
{
        *h = (struct http_config){ .resolve_others = c->http_resolve_others,
                                   .insists = c->http_retry_authoritative,
                                   .body_max = c->http_body,
                                   .batch_max = c->http_batch,
                                   .origin = ansa_bytes_text(c->http_origin),
                                   .country_header = ansa_bytes_text(c->http_country_header),
                                   .locatt_shortcuts = ansa_bytes_text(c->http_locatt_shortcuts) };
}

void config_identifier(const struct config *c, struct identifier_config *i)
{
        *i = (struct identifier_config){
                .case_sensitive = c->case_sensitive,
                .allow_recursion = c->allow_recursion,
                .allow_list = c->allow_list,
                .require_sessions = c->require_sessions,
                .allow_old_crypto = c->allow_old_crypto,
                .server_admin_full_access = c->server_admin_full_access,
                .enable_status = c->enable_status,
                .challenge_s = (uint32_t)(c->challenge_life_ms / 1000),
                .challenges_max = (uint32_t)c->challenges,
                .session_s_max = (uint32_t)(c->session_life_ms / 1000),
                .sessions_max = (uint32_t)c->sessions,
                .dh_bits_min = (uint32_t)c->dh_bits_min,
                .server_number = (uint32_t)c->server_number,
                .cache_size_max = c->cache_size,
                .server_admins = c->server_admin_refs.ref,
                .server_admin_count = c->server_admin_refs.count,
                .status_admins = c->status_admin_refs.ref,
                .status_admin_count = c->status_admin_refs.count,
                .template_delimiter = ansa_bytes_text(c->template_delimiter),
                .template_override = c->template_override,
        };
}
