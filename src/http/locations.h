/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_LOCATIONS_H
#define ANSA_HTTP_LOCATIONS_H

#include "ansa/value.h"
#include "base/env.h"
#include "wire/xml.h"

/**
 * Where an identifier may lead (rest-api 7): 10320/loc values of its record, of what they
 * include and of its namespace, and its URL values. The caller hands in the records; what else
 * is wanted is told one by one, so nothing here asks anybody:
 *
 *   locations_init, locations_add (the identifier's own record)
 *   while (locations_next(&l, &want))
 *           locations_add(&l, &want, its values)     left out when there are none
 *   locations_finish, locations_choose
 *
 * Everything lives in the arena. The documents were written by strangers: one that cannot be
 * read is as good as none, and all that they make us do is bounded.
 */
#define LOCATIONS_MAX       1024u /* candidates; more are left out */
#define LOCATIONS_WANTS_MAX 32u   /* further records for one identifier; more are left out */

enum location_source { LOCATION_OWN, LOCATION_INCLUDED, LOCATION_NAMESPACE };
#define LOCATION_SOURCES 3u

/** A parsed 10320/loc or 10320/links. */
struct location_root {
        struct location_root *next;
        const struct xml_node *node;
        enum location_source source;
};

/** A 10320/headers value. */
struct location_headers {
        struct location_headers *next;
        struct ansa_bytes text;
        enum location_source source;
};

/** A candidate. */
struct location {
        const struct xml_node *node; /* NULL: a URL value */
        struct ansa_bytes url;       /* of a URL value */
        int64_t weight;              /* of a URL value, in millionths */
};

/** A record that is wanted. */
struct locations_want {
        bool is_namespace;      /* the HS_NAMESPACE of a prefix record, else 10320 values */
        struct ansa_bytes name; /* whose record */
        uint32_t index;         /* only this value; 0: all */
        enum location_source source;
        uint8_t depth;
};

struct locations {
        struct arena *arena;
        struct ansa_bytes name;
        uint32_t now_s;
        uint32_t expires_s; /* the earliest of all values that took part; UINT32_MAX: none did */
        struct location_root *roots; /* 10320/loc; own, included, namespace; likewise below */
        struct location_root *links; /* 10320/links */
        struct location_headers *headers;
        struct ansa_values own;  /* the identifier's record */
        bool has_namespace;      /* the namespace contributed something */
        bool has_namespace_locs; /* some namespace names identifiers with locations */
        uint8_t stage;           /* enum in locations.c */
        uint8_t want_count;      /* all that were ever wanted, */
        uint8_t want_next;       /* and the first that was not told yet */
        struct locations_want wants[LOCATIONS_WANTS_MAX];
        struct location *candidates; /* after locations_finish */
        size_t count;
};

/** @name: the identifier as asked for, which templates insert. */
void locations_init(struct locations *l, struct arena *arena, struct ansa_bytes name,
                    uint32_t now_s);

/** The record of the identifier itself. ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err locations_add_own(struct locations *l, struct ansa_values values);

/** Publicly readable values of the record @want. ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err locations_add(struct locations *l, const struct locations_want *want,
                                         struct ansa_values values);

/** What is wanted next; false: nothing. */
bool locations_next(struct locations *l, struct locations_want *want);

/** Make the list of candidates. ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err locations_finish(struct locations *l);

/** There is something that only the rules of 10320 values can answer (rest-api 6, step 6). */
bool locations_apply(const struct locations *l);

/** @type is @wanted or one of its subtypes, "URL" and "URL.x"; without case. */
bool location_type_is(struct ansa_bytes type, const char *wanted);
/** Exactly "URL" or "0.TYPE/URL". */
bool location_type_is_url(struct ansa_bytes type);

/** A setting on the roots: the first that has it, own before included before namespace. */
bool locations_setting(const struct locations *l, const char *attribute, struct ansa_bytes *value);
bool locations_flag(const struct locations *l, const char *attribute);

/** Attribute locatt=key:value or locatt=key. */
struct locatt {
        struct ansa_bytes key;
        struct ansa_bytes value;
        bool has_value;
};

/** What is known of the client, for the choice. */
struct locations_query {
        const struct locatt *locatts; /* explicit ones first */
        size_t locatt_count;
        bool has_address;
        uint8_t address[16];       /* as struct peer has it */
        struct ansa_bytes country; /* code of two letters; "" = unknown */
        struct env *env;           /* randomness */
};

/** One of the candidates (rest-api 7.2); NULL when there is none. ANSA_E_NO_MEMORY. */
ANSA_CHECKED enum ansa_err locations_choose(const struct locations *l,
                                            const struct locations_query *query,
                                            const struct location **chosen);

/** Some candidate is for clients that negotiate: the answer depends on Accept. */
bool locations_negotiate(const struct locations *l);

/** Append href, or href_template with the identifier put in. Nothing when it has neither. */
void locations_put_href(const struct locations *l, const struct xml_node *node, struct buf *b);
void locations_put_url(const struct locations *l, const struct location *location, struct buf *b);
/** Append @text with {hdl} and {hdl:path} replaced. */
void locations_put_template(const struct locations *l, struct ansa_bytes text, struct buf *b);

/** Status of a redirect to @location: http_sc, else 302. */
uint32_t locations_status(const struct locations *l, const struct location *location);

/** Append the candidates as an XML document (action=showlocations). */
void locations_put_xml(const struct locations *l, struct buf *b);

/** An address of IPv4 or IPv6 as text, to the form that struct peer has. False: it is none. */
bool location_address(struct ansa_bytes text, uint8_t address[16]);

/** When a value with that TTL, read now, is no longer to be used. */
uint32_t location_expiry(const struct ansa_value *value, uint32_t now_s);

#endif
