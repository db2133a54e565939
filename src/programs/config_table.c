/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/config.h"

/* Every setting of ansad.conf. Read config.h first. */

#define KB        1024ull
#define MB        (1024 * KB)
#define GB        (1024 * MB)
#define TB        (1024 * GB)
#define S         1000ull
#define MN        (60 * S)
#define H         (60 * MN)
#define D         (24 * H)

#define AT(field) offsetof(struct config, field)

/* clang-format off */
const struct config_row config_rows[] = {
        { "server", "listen", CONFIG_ADDRESSES, 1, DOORS_LISTEN_MAX, "0.0.0.0 ::", AT(listen), false,
          "Addresses to listen on, IPv4 and IPv6, separated by spaces or commas." },
        { "server", "port", CONFIG_NUMBER, 0, 65535, "2641", AT(port), false,
          "Port of the native protocol, UDP and TCP. 0 lets the system choose one." },
        { "server", "tls_port", CONFIG_NUMBER, 0, 65535, "2642", AT(tls_port), false,
          "Port of the native protocol inside TLS 1.3. 0 lets the system choose one." },
        { "server", "udp", CONFIG_BOOL, 0, 0, "yes", AT(udp), false,
          "Listen on UDP." },
        { "server", "tcp", CONFIG_BOOL, 0, 0, "yes", AT(tcp), false,
          "Listen on TCP." },
        { "server", "tls", CONFIG_BOOL, 0, 0, "yes", AT(tls), false,
          "Listen on TLS." },
        { "server", "udp_administers", CONFIG_BOOL, 0, 0, "no", AT(udp_administers), false,
          "Serve administration over UDP too. Clients do not ask for it." },
        { "server", "tcp_administers", CONFIG_BOOL, 0, 0, "yes", AT(tcp_administers), false,
          "Serve administration over TCP. Administration over TLS is always served." },
        { "server", "key", CONFIG_TEXT, 1, 1024, "keys/server.key", AT(key), false,
          "Private key of the site: PEM, or a private key file of the Java tools (privkey.bin).\n"
          "Only the key process reads it." },
        { "server", "key_passphrase", CONFIG_TEXT, 0, 1024, "", AT(key_passphrase), false,
          "File whose first line is the passphrase of the key." },
        { "server", "site", CONFIG_TEXT, 1, 1024, "site.json", AT(site), true,
          "The site record that tells clients of this server: JSON, or binary (siteinfo.bin)." },
        { "server", "tls_certificate", CONFIG_TEXT, 0, 1024, "", AT(tls_certificate), false,
          "Certificate chain of the TLS port in PEM. Without one the server makes a key at each\n"
          "start, certified by the key of the site: clients that know the site can check it. They\n"
          "refuse a certificate that neither has nor was signed by that key." },
        { "server", "tls_key", CONFIG_TEXT, 0, 1024, "", AT(tls_key), false,
          "Private key of that certificate in PEM. The process that faces the network holds it,\n"
          "so it should not be the key of the site." },
        { "server", "user", CONFIG_TEXT, 0, 64, "", AT(user), false,
          "User to become after binding when started by root. Without one: the owner of the home.\n"
          "When that is root too, the server stays root but gives up every capability." },
        { "server", "workers", CONFIG_NUMBER, 0, DOORS_WORKERS_MAX, "0", AT(workers), false,
          "Threads that serve the network. 0 is one for each processor." },
        { "server", "slow_threads", CONFIG_NUMBER, 1, DOORS_SLOW_MAX, "4", AT(slow_threads), false,
          "Threads for what takes longer: signatures, asking other servers." },
        { "server", "sandbox", CONFIG_BOOL, 0, 0, "yes", AT(sandbox), false,
          "Give up what is not needed after the start: files outside the home (Landlock) and\n"
          "system calls (seccomp)." },
        { "server", "log_level", CONFIG_LEVEL, 0, 0, "info", AT(log_level), true,
          "What is logged: error, warn, info or debug." },

        { "ledger", "log_key", CONFIG_TEXT, 1, 1024, "keys/log.key", AT(log_key), false,
          "Private key with which checkpoints of the log are signed (Ed25519, PEM). The server makes\n"
          "it when it is missing. Only the key process reads it." },
        { "ledger", "log_origin", CONFIG_TEXT, 0, 255, "", AT(log_origin), false,
          "Name of the log in its checkpoints, for good: clients know the log by name and key. It\n"
          "has no spaces and no plus sign. Without it, it is made from the key." },

        { "http", "http", CONFIG_BOOL, 0, 0, "yes", AT(http), false,
          "Listen on HTTP: REST, the web resolver, pages, and the native protocol inside HTTP." },
        { "http", "https", CONFIG_BOOL, 0, 0, "yes", AT(https), false,
          "Listen on HTTPS. Whatever needs to know who asks is served there only." },
        { "http", "http_listen", CONFIG_ADDRESSES, 0, DOORS_LISTEN_MAX, "", AT(http_listen), false,
          "Addresses for both. Without any: those of [server] listen." },
        { "http", "http_port", CONFIG_NUMBER, 0, 65535, "8000", AT(http_port), false,
          "Port of HTTP. 0 lets the system choose one." },
        { "http", "https_port", CONFIG_NUMBER, 0, 65535, "8443", AT(https_port), false,
          "Port of HTTPS, TLS 1.2 and 1.3. 0 lets the system choose one." },
        { "http", "http_threads", CONFIG_NUMBER, 0, DOORS_WORKERS_MAX, "0", AT(http_threads), false,
          "Threads that serve each of the two. 0 is one for each processor." },
        { "http", "http_origin", CONFIG_TEXT, 0, 256, "", AT(http_origin), true,
          "How the world names this server: https://id.example.org. Without it, what the client\n"
          "says in the header Host is believed for links to ourselves." },
        { "http", "http_tls_certificate", CONFIG_TEXT, 0, 1024, "", AT(http_tls_certificate), true,
          "Certificate chain of HTTPS in PEM, for example of a public authority. Without one: that\n"
          "of [server] tls_certificate, else one that the key of the site certifies." },
        { "http", "http_tls_key", CONFIG_TEXT, 0, 1024, "", AT(http_tls_key), true,
          "Private key of that certificate in PEM." },
        { "http", "http_client_certificates", CONFIG_BOOL, 0, 0, "yes",
          AT(http_client_certificates), true,
          "Ask clients of HTTPS for a certificate. Any issuer will do: what counts is that the\n"
          "record of the identity that it names has its key." },
        { "http", "http_resolve_others", CONFIG_BOOL, 0, 0, "no", AT(http_resolve_others), true,
          "The web resolver asks other servers for identifiers that are not ours." },
        { "http", "http_retry_authoritative", CONFIG_BOOL, 0, 0, "no",
          AT(http_retry_authoritative), true,
          "What another server does not know the web resolver asks of a primary server of its\n"
          "site: mirrors may not have heard of a new identifier. Each that does not exist is then\n"
          "asked for twice." },
        { "http", "http_country_header", CONFIG_TEXT, 0, 63, "", AT(http_country_header), true,
          "Header in which a proxy tells the country of the client as two letters, for locations\n"
          "that name one. Clients that reach this server directly can say in it what they like." },
        { "http", "http_locatt_shortcuts", CONFIG_TEXT, 0, 1024, "", AT(http_locatt_shortcuts), true,
          "Parameters that the web resolver takes for a wish about the location: with \"lang\",\n"
          "?lang=de is ?locatt=lang:de. By spaces; HOST:lang is for that host only." },
        { "http", "http_trusted_proxies", CONFIG_RANGES, 0, DOORS_EXEMPT_MAX, "",
          AT(http_proxies), true,
          "Reverse proxies, as ADDRESS or ADDRESS/BITS, whose X-Forwarded-For and\n"
          "X-Forwarded-Proto are believed. Name no address from which clients come directly:\n"
          "they could then pretend to use HTTPS from anywhere." },
        { "http", "http_metrics", CONFIG_RANGES, 0, DOORS_EXEMPT_MAX,
          "127.0.0.0/8 ::1 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7", AT(http_watchers), true,
          "Sources that may read /metrics and the status page. Figures tell an attacker how close\n"
          "an attack is to its aim, so the default is this machine and private networks. What comes\n"
          "through a proxy that is not trusted is told nothing." },
        { "http", "http_connections", CONFIG_NUMBER, 1, 1000000, "4096", AT(http_connections), true,
          "HTTP and HTTPS connections open at once. An idle one takes 16 kB, with TLS 50 kB." },
        { "http", "http_connections_per_network", CONFIG_NUMBER, 1, 1000000, "512",
          AT(http_connections_network), true,
          "Of them from one source network (/24 of IPv4, /56 of IPv6). A proxy is one source." },
        { "http", "http_idle_time", CONFIG_TIME, S, D, "60s", AT(http_idle_ms), true,
          "After this time without a request a connection is closed." },
        { "http", "http_request_time", CONFIG_TIME, 100, H, "10s", AT(http_request_ms), true,
          "Time for the head of a request to arrive, and for a small body. Of a larger one 4 kB must\n"
          "come each second, over this time." },
        { "http", "http_send_time", CONFIG_TIME, 100, H, "20s", AT(http_send_ms), true,
          "A client is disconnected that in this time takes less than 1 kB each second of its\n"
          "response, when there is more of it." },
        { "http", "http_body", CONFIG_SIZE, 64 * KB, 64 * MB, "2m", AT(http_body), true,
          "Largest body of a request for one record." },
        { "http", "http_batch", CONFIG_SIZE, 64 * KB, TB, "1g", AT(http_batch), true,
          "Largest body of a batch. It is not kept in memory." },

        { "identifier", "homed_prefixes", CONFIG_WORDS, 0, CONFIG_LIST_MAX, "", AT(homed_prefixes),
          false,
          "Prefixes to be homed at start if they are not yet: 20.500.99999 or 0.NA/20.500.99999." },
        { "identifier", "server_admins", CONFIG_REFS, 0, CONFIG_LIST_MAX, "", AT(server_admins), true,
          "Keys that administer this server (home and unhome prefixes), as INDEX:IDENTIFIER." },
        { "identifier", "status_admins", CONFIG_REFS, 0, CONFIG_LIST_MAX, "", AT(status_admins), true,
          "Further keys that may read the status of the server." },
        { "identifier", "server_admin_full_access", CONFIG_BOOL, 0, 0, "no",
          AT(server_admin_full_access), true,
          "Server administrators may change every record." },
        { "identifier", "case_sensitive", CONFIG_BOOL, 0, 0, "no", AT(case_sensitive), false,
          "Tell letters of identifiers apart by case. Cannot be changed once there are records." },
        { "identifier", "allow_list", CONFIG_BOOL, 0, 0, "yes", AT(allow_list), true,
          "Administrators with the right may list the identifiers of a prefix." },
        { "identifier", "allow_recursion", CONFIG_BOOL, 0, 0, "no", AT(allow_recursion), true,
          "Resolve identifiers of other servers for clients that ask for it." },
        { "identifier", "allow_old_crypto", CONFIG_BOOL, 0, 0, "no", AT(allow_old_crypto), true,
          "Accept DSA with SHA-1, MD5 and DES for administration." },
        { "identifier", "require_sessions", CONFIG_BOOL, 0, 0, "no", AT(require_sessions), true,
          "Serve administration in sessions only." },
        { "identifier", "enable_status", CONFIG_BOOL, 0, 0, "yes", AT(enable_status), true,
          "Serve the virtual identifier 0.SITE/status to server and status administrators." },
        { "identifier", "server_number", CONFIG_NUMBER, 0, 65535, "0", AT(server_number), true,
          "Position of this server in the list of its site, from 0." },
        { "identifier", "challenge_life", CONFIG_TIME, S, H, "1m", AT(challenge_life_ms), true,
          "How long a client may take to answer a challenge." },
        { "identifier", "challenges", CONFIG_NUMBER, 16, 1048576, "16384", AT(challenges), true,
          "Challenges that wait for their answer; over it the oldest of who has most is dropped." },
        { "identifier", "session_life", CONFIG_TIME, MN, 30 * D, "1d", AT(session_life_ms), true,
          "Longest life of a session." },
        { "identifier", "sessions", CONFIG_NUMBER, 1, 1048576, "4096", AT(sessions), true,
          "Sessions open at once." },
        { "identifier", "dh_bits_min", CONFIG_NUMBER, 1024, 4096, "1024", AT(dh_bits_min), true,
          "Smallest Diffie-Hellman group for sessions. Unmodified Java clients use 1024 bits;\n"
          "2048 refuses them." },
        { "identifier", "template_delimiter", CONFIG_TEXT, 0, 64, "", AT(template_delimiter), true,
          "Delimiter of templates for all prefixes." },
        { "identifier", "template_namespace", CONFIG_TEXT, 0, 1024, "", AT(template_namespace), true,
          "File with an HS_NAMESPACE document for all prefixes." },
        { "identifier", "template_override", CONFIG_BOOL, 0, 0, "no", AT(template_override), true,
          "Use these two and not what prefix records say." },

        { "store", "size", CONFIG_SIZE, MB, 64 * TB, "256g", AT(store_size), false,
          "The most the store may hold. Address space, not memory; the file grows as needed." },
        { "store", "sync", CONFIG_BOOL, 0, 0, "yes", AT(store_sync), false,
          "Acknowledge a change when it is on the disk. Without, a crash of the machine can lose\n"
          "acknowledged changes and damage the store." },
        { "store", "cache", CONFIG_SIZE, 0, TB, "256m", AT(cache_size), false,
          "Memory for records that are asked for often. It is taken as it fills. 0 is none." },

        { "resolver", "roots", CONFIG_TEXT, 0, 1024, "", AT(roots), false,
          "File with the sites of the global registry, where resolving begins." },
        { "resolver", "local_sites", CONFIG_WORDS, 0, CONFIG_LIST_MAX, "", AT(local_sites), false,
          "PREFIX=FILE: sites of prefixes that are not looked up at the global registry." },

        { "limits", "connections", CONFIG_NUMBER, 1, 1000000, "4096", AT(connections), true,
          "Connections open at once." },
        { "limits", "connections_per_network", CONFIG_NUMBER, 1, 1000000, "512",
          AT(connections_network), true,
          "Connections from one source network (/24 of IPv4, /56 of IPv6)." },
        { "limits", "idle_time", CONFIG_TIME, S, D, "60s", AT(idle_ms), true,
          "After this time without a request a connection is closed." },
        { "limits", "request_time", CONFIG_TIME, 100, H, "10s", AT(request_ms), true,
          "Time for a request to arrive whole." },
        { "limits", "send_time", CONFIG_TIME, 100, H, "20s", AT(send_ms), true,
          "Time after which a client that takes nothing of its answer is disconnected." },
        { "limits", "writes_ahead", CONFIG_NUMBER, 1, 4096, "64", AT(writes_ahead), true,
          "Changes that one connection may send ahead of their answers." },
        { "limits", "buffers", CONFIG_SIZE, MB, TB, "256m", AT(buffers), true,
          "Memory for requests and answers of all connections together." },
        { "limits", "slow_requests", CONFIG_NUMBER, 1, 1000000, "1024", AT(slow_count), true,
          "Requests that wait for the slow threads; over it clients are told that we are busy." },
        { "limits", "slow_size", CONFIG_SIZE, 512 * KB, TB, "16m", AT(slow_size), true,
          "Bytes of them." },
        { "limits", "writes", CONFIG_NUMBER, 1, 1000000, "8192", AT(write_count), true,
          "Changes that wait for the disk; over it clients are told that we are busy." },
        { "limits", "write_size", CONFIG_SIZE, 512 * KB, TB, "64m", AT(write_size), true,
          "Bytes of them." },
        { "limits", "write_batch", CONFIG_NUMBER, 1, 4096, "1024", AT(write_batch), true,
          "Changes in one transaction." },
        { "limits", "drain_time", CONFIG_TIME, 0, H, "5s", AT(drain_ms), true,
          "Time to finish what is begun when the server is told to stop." },
        { "limits", "udp_burst", CONFIG_SIZE, 512, GB, "32k", AT(udp_burst), true,
          "Answers over UDP that a source network may have more than it sent." },
        { "limits", "udp_refill", CONFIG_SIZE, 0, GB, "1k", AT(udp_refill), true,
          "What that grows by in a second." },
        { "limits", "udp_refill_all", CONFIG_SIZE, 0, GB, "8m", AT(udp_refill_all), true,
          "The same for all source networks together." },
        { "limits", "udp_proven_factor", CONFIG_NUMBER, 1, 10000, "1000", AT(udp_proven_factor), true,
          "So many times as much for networks from which a TCP connection came." },
        { "limits", "udp_proven_life", CONFIG_TIME, S, 30 * D, "1h", AT(udp_proven_life_ms), true,
          "How long that is remembered." },
        { "limits", "udp_budget_exempt", CONFIG_RANGES, 0, DOORS_EXEMPT_MAX, "127.0.0.0/8 ::1",
          AT(udp_exempt), true,
          "Sources without such a budget, as ADDRESS or ADDRESS/BITS." },
};
/* clang-format on */

const size_t config_row_count = sizeof(config_rows) / sizeof(config_rows[0]);
