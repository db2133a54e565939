/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_LINKS_H
#define ANSA_HTTP_LINKS_H

#include "http/locations.h"

/**
 * Headers that a record gives to the answer (rest-api 7.4). Who may write the record decides
 * about its own redirect, not about our server: names of headers that rule the connection, the
 * message, caches' keys, cookies, the browser's trust in this origin or a proxy in front of us are
 * refused, and so is every octet that could end a line. What is meant for the head of the page
 * comes out as <meta> and <link> elements of our own making, or not at all.
 */
#define LINKS_MAX             20u   /* Link headers */
#define LINKS_SIZE_MAX        4096u /* octets of all of them */
#define LINKS_HEADERS_MAX     12u   /* headers of 10320/headers */
#define LINKS_HEADER_SIZE_MAX 1024u /* octets of one line */
#define LINKS_HEADERS_SIZE    4096u /* octets of all of them */
#define LINKS_HEAD_SIZE_MAX   8192u /* octets of <meta> and <link> elements */

struct links_header {
        struct ansa_bytes name;
        struct ansa_bytes value;
};

/** Takes one header; its octets live in the arena. */
typedef enum ansa_err (*links_header_cb)(void *context, const struct links_header *header);

/** Link headers of 10320/links and 10320/loc. ANSA_E_NO_MEMORY, or what @each failed with. */
ANSA_CHECKED enum ansa_err links_put(const struct locations *l, links_header_cb each,
                                     void *context);

/** The headers of 10320/headers, and to @head the elements for the page. As above. */
ANSA_CHECKED enum ansa_err links_put_headers(const struct locations *l, links_header_cb each,
                                             void *context, struct buf *head);

/** May a record set that header? */
bool links_may_set(struct ansa_bytes name);

#endif
