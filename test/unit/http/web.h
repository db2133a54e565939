/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_TEST_HTTP_WEB_H
#define ANSA_TEST_HTTP_WEB_H

/*
 * The layer http over a whole service in memory, and a client of it: requests take the way that
 * the door sends them, hasty worker, slow lane, writer.
 */
#include "../identifier/harness.h"

#include "http/http.h"

struct web_facts {
        struct http_facts facts;
        const char *trouble;
};

struct web {
        struct harness h;
        struct http *http;
        struct http_config config;
        struct http_worker *hasty;
        struct http_worker *slow;
        struct web_facts facts;
        bool may_watch;
        struct buf room;      /* of the last response: headers and body, each with a NUL */
        unsigned slow_count;  /* of the last request: how often it went to the slow lane */
        unsigned write_count; /* and to the writer */
        size_t chunk;         /* octets of the body given at once; 0: all */
        bool writer_is_full;
};

void web_open(struct web *w);
void web_close(struct web *w);

/* A request. Zeros are sensible: GET over HTTPS without credentials. */
struct web_ask {
        const char *method;  /* "GET" when NULL */
        const char *target;  /* path and query */
        const char *headers; /* "Name: value" lines, may be NULL */
        struct ansa_bytes body;
        const char *text; /* the body, when it is text */
        bool is_plain;    /* over HTTP, not HTTPS */
        bool is_http10;
        bool by_slow_lane;       /* from the beginning: there is no short way in it */
        const char *client_name; /* with a client certificate */
        struct ansa_bytes client_key;
        uint8_t network; /* the third octet of where it comes from, 192.0.N.7, is 2 more than this */
};

struct web_told {
        uint32_t status;
        const char *headers; /* "name: value\n" each, as they were made */
        const char *body;    /* NUL terminated */
        size_t size;
        bool close;
        bool is_long;
};

struct web_told web_send(struct web *w, const struct web_ask *ask);
struct web_told web_get(struct web *w, const char *target);

/** The value of header @name in @told, in static memory; NULL when there is none. */
const char *web_header(const struct web_told *told, const char *name);

#endif
