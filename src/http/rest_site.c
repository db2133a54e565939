/* SPDX-License-Identifier: Apache-2.0 */
#include "http/rest.h"

/* For pages that were reached over plain HTTP and need HTTPS. The site record may tell no such port. */
static void put_secure_door(struct http_exchange *x)
{
        if (x->config->origin.size > 0)
                reply_json_text(x, "origin", x->config->origin);
        if (x->config->https_port == 0)
                return;
        buf_text(&x->out, ",\"httpsPort\":");
        buf_decimal(&x->out, x->config->https_port);
}

/* GET /api/site */
enum http_outcome rest_site(struct http_exchange *x)
{
        struct buf body = buf_growing(64);
        struct told told;
        name_body_encode((struct ansa_bytes){ 0 }, &body);
        struct question q = { .op = OP_GET_SITE, .body = buf_written(&body) };
        enum http_outcome outcome = ask(x, &q, &told);
        buf_fini(&body);
        if (outcome != HTTP_REPLY)
                return outcome;
        struct ansa_bytes octets;
        struct ansa_site site;
        if (told.code != RC_SUCCESS)
                return rest_refuse(x, &told, (struct ansa_bytes){ 0 });
        if (site_body_decode(told.body, &octets) != ANSA_OK ||
            ansa_site_decode(octets, &site) != ANSA_OK)
                return reply_error(x, 500, RC_ERROR, ANSA_BYTES_LIT("the site cannot be read"),
                                   NULL);
        reply_json_begin(x, RC_SUCCESS);
        buf_text(&x->out, ",\"site\":");
        json_put_site(&x->out, &site);
        put_secure_door(x);
        return reply_json_end(x, 200);
}

/* GET /api/status: what /metrics tells, as one JSON object in "status". */
enum http_outcome rest_status(struct http_exchange *x)
{
        struct http_facts *facts = x->http->facts;
        if (!x->request->may_watch)
                return reply_error(x, 403, RC_OPERATION_DENIED,
                                   ANSA_BYTES_LIT("figures are not shown to this address"), NULL);
        /* nor to whose page a browser at this address happens to show */
        if (auth_is_cross_site(x) || query_find(&x->query, "callback") != NULL)
                return reply_error(x, 403, RC_OPERATION_DENIED,
                                   ANSA_BYTES_LIT("figures are not for the pages of others"), NULL);
        reply_json_begin(x, RC_SUCCESS);
        buf_text(&x->out, ",\"status\":");
        if (facts != NULL)
                facts->status(facts, &x->out);
        else
                buf_text(&x->out, "{}");
        reply_header_text(x, "Cache-Control", "no-store");
        return reply_json_end(x, 200);
}
