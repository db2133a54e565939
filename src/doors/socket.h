/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_SOCKET_H
#define ANSA_DOORS_SOCKET_H

#include "doors/address.h"

/** Sockets that the doors listen on: non-blocking, closed on exec. */

/**
 * A bound socket of @type (SOCK_DGRAM, SOCK_STREAM: listening too). With @port 0 the
 * kernel chooses; *bound is what it is. Sockets of other workers may be bound to the same
 * address and port. -1 and errno.
 */
int socket_bind(const uint8_t address[ADDRESS_SIZE], uint16_t port, int type, uint16_t *bound);

/** Nobody else listens there: SO_REUSEPORT would let two servers share a port unnoticed. */
bool socket_is_free(const uint8_t address[ADDRESS_SIZE], uint16_t port, int type);

#endif
