/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_SITE_H
#define ANSA_SITE_H

/**
 * @file
 * HS_SITE: one site of a service, its servers and their interfaces (RFC 3651 s.3.2.2
 * as deployed). Everything borrows from the encoded record.
 */

#include "ansa/bytes.h"
#include "ansa/err.h"

enum ansa_hash_option { ANSA_HASH_PREFIX = 0, ANSA_HASH_SUFFIX = 1, ANSA_HASH_ALL = 2 };

enum ansa_protocol {
        ANSA_PROTOCOL_UDP = 0,
        ANSA_PROTOCOL_TCP = 1,
        ANSA_PROTOCOL_HTTP = 2,
        ANSA_PROTOCOL_HTTPS = 3,
};

enum ansa_interface_type { ANSA_INTERFACE_ADMIN = 1, ANSA_INTERFACE_QUERY = 2 };

/*
 * Our extension: a site tells the TLS port of its servers in the attribute "ansa.tls", or
 * "ansa.tls.<server id>" for one of them. Clients that do not know it ignore attributes.
 */
#define ANSA_SITE_TLS_ATTRIBUTE "ansa.tls"

#define ANSA_SITE_PRIMARY       0x80u
#define ANSA_SITE_MULTI_PRIMARY 0x40u

struct ansa_interface {
        uint8_t type;     /* bits of enum ansa_interface_type; 0 = out of service */
        uint8_t protocol; /* enum ansa_protocol; others are kept */
        uint32_t port;
};

struct ansa_server {
        uint32_t id;           /* from 1 */
        uint8_t address[16];   /* as sent: IPv6, or twelve zero bytes and IPv4 */
        struct ansa_bytes key; /* encoded public key, may be empty */
        uint32_t interface_count;
        struct ansa_bytes interfaces; /* 6 bytes each: u8 type, u8 protocol, u32 port */
};

struct ansa_attribute {
        struct ansa_bytes name;
        struct ansa_bytes value;
};

struct ansa_site {
        uint16_t format;
        uint8_t protocol_major;
        uint8_t protocol_minor;
        uint16_t serial;
        uint8_t flags; /* ANSA_SITE_PRIMARY, ANSA_SITE_MULTI_PRIMARY; others are kept */
        uint8_t hash_option;
        struct ansa_bytes hash_filter;
        uint32_t attribute_count;
        struct ansa_bytes attributes; /* wire form, see ansa_site_next_attribute */
        uint32_t server_count;
        struct ansa_bytes servers; /* wire form, see ansa_site_next_server */
};

/** Decode a whole HS_SITE record. Trailing bytes: ANSA_E_TRAILING; format above 1: ANSA_E_UNSUPPORTED. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_site_decode(struct ansa_bytes wire,
                                                     struct ansa_site *site);

/**
 * Take the next attribute or server off @rest (start with site->attributes, site->servers);
 * ANSA_E_NOT_FOUND when none is left. No other failure on what ansa_site_decode yielded.
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_site_next_attribute(struct ansa_bytes *rest,
                                                             struct ansa_attribute *attribute);
ANSA_API ANSA_CHECKED enum ansa_err ansa_site_next_server(struct ansa_bytes *rest,
                                                          struct ansa_server *server);

/** Interface number @i of @server; @i must be below interface_count. */
ANSA_API struct ansa_interface ansa_server_interface(const struct ansa_server *server, uint32_t i);

/**
 * True when the 16 bytes hold an IPv4 address: twelve zero bytes, or ::ffff:0:0/96. But ::1
 * is the IPv6 loopback: nobody's address is 0.0.0.1.
 */
ANSA_API bool ansa_address_is_ipv4(const uint8_t address[16]);

#endif /* ANSA_SITE_H */
