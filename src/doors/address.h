/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_ADDRESS_H
#define ANSA_DOORS_ADDRESS_H

#include "ansa/bytes.h"
#include "ansa/err.h"

#include <sys/socket.h>

/**
 * Addresses as the services see them: sixteen octets, IPv4 as ::ffff:a.b.c.d.
 */
#define ADDRESS_SIZE      16u
#define ADDRESS_TEXT_SIZE 64u /* "[" IPv6 "]:" port NUL, with room */

bool address_is_ipv4(const uint8_t address[ADDRESS_SIZE]);
bool address_is_wildcard(const uint8_t address[ADDRESS_SIZE]);

/** A literal IPv4 or IPv6 address; no names. ANSA_E_MALFORMED. */
ANSA_CHECKED enum ansa_err address_parse(const char *text, uint8_t address[ADDRESS_SIZE]);

/** "192.0.2.1:2641" or "[2001:db8::1]:2641" in @text; returns it. */
const char *address_format(const uint8_t address[ADDRESS_SIZE], uint16_t port,
                           char text[ADDRESS_TEXT_SIZE]);

/** The socket address of an IPv4 or IPv6 socket; returns its size. */
socklen_t address_to_socket(const uint8_t address[ADDRESS_SIZE], uint16_t port, uint32_t scope,
                            struct sockaddr_storage *sa);

/** The other way. Families other than IPv4 and IPv6 yield the unspecified address. */
void address_from_socket(const struct sockaddr_storage *sa, uint8_t address[ADDRESS_SIZE],
                         uint16_t *port);

/**
 * The source network that budgets and limits go by: /24 of IPv4, /56 of IPv6 (what one
 * customer usually gets). Never 0.
 */
uint64_t address_network(const uint8_t address[ADDRESS_SIZE]);

/** An address range such as 127.0.0.0/8. */
struct address_range {
        uint8_t address[ADDRESS_SIZE];
        uint8_t bits; /* of the sixteen octets, so 104 for 127.0.0.0/8 */
};

/** "ADDRESS" or "ADDRESS/BITS". ANSA_E_MALFORMED. */
ANSA_CHECKED enum ansa_err address_range_parse(const char *text, struct address_range *range);
bool address_in_range(const uint8_t address[ADDRESS_SIZE], const struct address_range *range);

#endif
