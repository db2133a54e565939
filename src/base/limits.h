/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_LIMITS_H
#define ANSA_BASE_LIMITS_H

/*
 * Limits that are part of the protocol or of the build, each with its reason.
 * What an operator may set is in the configuration table (programs/config.c).
 */
#define LIMIT_NAME_SIZE       2048u    /* bytes of an identifier; what deployed servers accept */
#define LIMIT_MESSAGE_SIZE    262144u  /* bytes after the envelope; what deployed servers accept */
#define LIMIT_VALUE_COUNT     2048u    /* values in a record; same */
#define LIMIT_BLOCK_SIZE      1048576u /* bytes of one length-prefixed field; same */
#define LIMIT_LIST_PAGE       50u  /* identifiers in one list message; what clients are used to */
#define LIMIT_UDP_PACKET_SIZE 512u /* bytes; RFC 3652 s.2.3 */
#define LIMIT_FRAGMENT_SIZE   492u /* the same less the envelope of 20 */
#define LIMIT_FRAGMENT_COUNT  533u /* ceil(LIMIT_MESSAGE_SIZE / LIMIT_FRAGMENT_SIZE) */
#define LIMIT_RECURSION       10u  /* hops of a forwarded request; irp-service 7.4 */
#define LIMIT_NESTING         20u  /* service references, aliases, groups, templates */

#endif
