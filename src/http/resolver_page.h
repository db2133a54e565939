/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_RESOLVER_PAGE_H
#define ANSA_HTTP_RESOLVER_PAGE_H

#include "ansa/value.h"
#include "base/buf.h"

/**
 * What the web resolver shows to people (rest-api 6): records, errors, the form, and the small
 * body of a redirect. Whole without script and stylesheet. Names and values are hostile text.
 */

/** A record: @why (may be NULL) tells why there was no redirect. */
void resolver_page_record(struct buf *b, struct ansa_bytes name, struct ansa_values values,
                          const char *why);

struct resolver_problem {
        const char *title;            /* "Not Found" */
        struct ansa_bytes title_name; /* goes into "Prefix [...] Not Found"; else empty */
        struct ansa_bytes name;       /* what was looked up */
        const char *where;            /* and where */
        const char *what;             /* is the matter */
        struct ansa_bytes detail;     /* what the server that answered said; may be empty */
        uint32_t code;                /* response code, 0 = none */
        bool offer_all;               /* the record has values, but none of those asked for */
        bool may_be_mistyped;         /* looking at the spelling can help */
        bool may_pass;                /* trying again can help */
};
void resolver_page_problem(struct buf *b, const struct resolver_problem *problem);

/** The page where an identifier can be typed. */
void resolver_page_form(struct buf *b);

/** What can be asked for: /help.html. */
void resolver_page_help(struct buf *b);

/** @location as it stands in the header; @head: elements of 10320/headers. */
void resolver_page_redirect(struct buf *b, struct ansa_bytes location, struct ansa_bytes head);

/** "/" and the identifier, so that it comes back here. */
void resolver_put_self(struct buf *b, struct ansa_bytes name);
/** "/api/handles/" and the identifier. */
void resolver_put_api(struct buf *b, struct ansa_bytes name);

#endif
