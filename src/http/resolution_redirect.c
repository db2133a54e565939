/* SPDX-License-Identifier: Apache-2.0 */
/* Step 6 of rest-api 6: where the record leads, and how that is said. */
#include "base/text.h"
#include "http/escape.h"
#include "http/html.h"
#include "http/links.h"
#include "http/negotiate.h"
#include "http/reply.h"
#include "http/resolution.h"
#include "http/resolver_page.h"

#define LOCATION_SIZE_MAX 16384u /* octets of a Location header; clients take less */

struct target {
        struct ansa_bytes url; /* as the record has it; empty: none */
        uint32_t status;
        uint32_t expires_s;
};

/* Octets of headers that are always there. */
#define HEAD_SIZE 512u

void resolution_measure(struct resolution *r)
{
        const struct http_request *request = r->x->request;
        size_t used = HEAD_SIZE + request->path.size + request->query.size;
        for (size_t i = 0; i < request->header_count; i++)
                used += request->headers[i].name.size + request->headers[i].value.size + 64;
        r->head_room = used < HTTP_HEADS_SIZE_MAX ? HTTP_HEADS_SIZE_MAX - used : 0;
}

/* False: there is no room left for @size octets, and it is to be left out. */
static bool take_room(struct resolution *r, size_t size)
{
        if (size > r->head_room)
                return false;
        r->head_room -= size;
        return true;
}

static enum ansa_err take_header(void *context, const struct links_header *header)
{
        struct resolution *r = context;
        struct http_exchange *x = r->x;
        if (x->header_count < HTTP_REPLY_HEADERS_MAX &&
            take_room(r, header->name.size + header->value.size + 4))
                x->headers[x->header_count++] = (struct http_field){ header->name, header->value };
        return ANSA_OK;
}

void resolution_put_expires(struct resolution *r, uint32_t expires_s)
{
        uint8_t room[64];
        struct buf b = buf_over(room, sizeof(room));
        if (r->is_private) {
                reply_header_text(r->x, "Cache-Control", "no-store");
                return;
        }
        if (r->expires_s < expires_s)
                expires_s = r->expires_s;
        if (expires_s < r->now_s)
                expires_s = r->now_s;
        if (expires_s - r->now_s > RESOLUTION_EXPIRES_MAX_S)
                expires_s = r->now_s + RESOLUTION_EXPIRES_MAX_S;
        text_put_http_time(&b, expires_s);
        reply_header(r->x, "Expires", buf_written(&b));
}

/* What is known of the client */

static void find_country(struct resolution *r, struct ansa_bytes *country)
{
        *country = r->query.country;
        char name[64];
        struct ansa_bytes header = r->x->config->country_header;
        if (country->size > 0 || header.size == 0 || header.size >= sizeof(name))
                return;
        memcpy(name, header.at, header.size);
        name[header.size] = '\0';
        (void)exchange_header(r->x, name, country);
}

/* Explicit attributes, and what the headers imply. */
static enum ansa_err fill_query(struct resolution *r, struct locations_query *q)
{
        struct http_exchange *x = r->x;
        struct negotiate_headers headers = { .is_metadata = r->query.action == RESOLVER_METADATA };
        headers.has_accept = exchange_list(x, "Accept", &headers.accept);
        (void)exchange_list(x, "Accept-Language", &headers.accept_language);
        (void)exchange_header(x, "User-Agent", &headers.user_agent);
        struct locatt *all =
                arena_array(&x->arena, RESOLVER_LOCATTS_MAX + NEGOTIATE_LOCATTS_MAX, sizeof(*all));
        size_t implied = 0;
        if (all == NULL)
                return ANSA_E_NO_MEMORY;
        memcpy(all, r->query.locatts, r->query.locatt_count * sizeof(*all));
        enum ansa_err err =
                negotiate_implied(&headers, &x->arena, all + r->query.locatt_count, &implied);
        *q = (struct locations_query){ .locatts = all,
                                       .locatt_count = r->query.locatt_count + implied,
                                       .env = x->http->env };
        q->has_address = location_address(r->query.ip, q->address);
        if (!q->has_address) {
                memcpy(q->address, x->request->peer.address, sizeof(q->address));
                q->has_address = true;
        }
        find_country(r, &q->country);
        return err;
}

/* The list of candidates */

static enum http_outcome build(struct resolution *r, bool is_xml, struct locations *l,
                               enum ansa_err *err)
{
        struct locations_want want;
        locations_init(l, &r->x->arena, r->name, r->now_s);
        *err = locations_add_own(l, r->values);
        while (*err == ANSA_OK && locations_next(l, &want)) {
                struct ansa_values values;
                enum http_outcome outcome = resolution_fetch(r, &want, &values);
                if (outcome != HTTP_REPLY)
                        return outcome;
                *err = locations_add(l, &want, values);
        }
        if (r->is_out_of_memory)
                *err = ANSA_E_NO_MEMORY;
        if (*err == ANSA_OK && (is_xml || locations_apply(l))) /* else nothing is chosen */
                *err = locations_finish(l);
        return HTTP_REPLY;
}

static enum http_outcome no_memory(struct resolution *r)
{
        buf_reset(&r->x->out);
        return reply_empty(r->x, 503);
}

/* The URL of the first value that @test likes and a browser may be sent to. */
static bool find_value(struct resolution *r, bool (*test)(struct ansa_bytes type), struct target *t)
{
        struct ansa_values values = r->values;
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                if (!test(value.type) || !escape_is_safe_url(value.data))
                        continue;
                *t = (struct target){ value.data, 302, location_expiry(&value, r->now_s) };
                return true;
        }
        return false;
}

static bool is_url_subtype(struct ansa_bytes type)
{
        return location_type_is(type, "URL") && !location_type_is_url(type);
}

static bool find_email(struct resolution *r, struct target *t)
{
        struct ansa_values values = r->values;
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                if (!text_equal_fold(value.type, ANSA_BYTES_LIT("EMAIL")) || value.data.size == 0 ||
                    memchr(value.data.at, '@', value.data.size) == NULL)
                        continue;
                uint8_t *room = arena_alloc(&r->x->arena, LOCATION_SIZE_MAX);
                if (room == NULL)
                        return false;
                struct buf b = buf_over(room, LOCATION_SIZE_MAX);
                buf_text(&b, "mailto:");
                escape_put_percent(value.data, "@+", &b);
                *t = (struct target){ buf_written(&b), 302, location_expiry(&value, r->now_s) };
                return b.err == ANSA_OK;
        }
        return false;
}

/* By the rules of 10320 values. */
static enum ansa_err choose(struct resolution *r, const struct locations *l, struct target *t)
{
        struct locations_query query;
        const struct location *chosen = NULL;
        enum ansa_err err = fill_query(r, &query);
        if (err == ANSA_OK)
                err = locations_choose(l, &query, &chosen);
        if (err != ANSA_OK || chosen == NULL)
                return err;
        struct buf b = buf_growing(LOCATION_SIZE_MAX);
        locations_put_url(l, chosen, &b);
        if (b.err == ANSA_OK)
                err = arena_copy(&r->x->arena, buf_written(&b), &t->url);
        buf_fini(&b);
        t->status = locations_status(l, chosen);
        t->expires_s = l->expires_s;
        return err;
}

/* Where it leads: "" when it leads nowhere, or where no browser should be sent. */
static enum ansa_err find_target(struct resolution *r, const struct locations *l, struct target *t)
{
        enum ansa_err err = ANSA_OK;
        *t = (struct target){ .status = 302, .expires_s = UINT32_MAX };
        if (locations_apply(l)) {
                err = choose(r, l, t);
                if (t->url.size > 0)
                        return err;
        } else if (find_value(r, location_type_is_url, t) || find_value(r, is_url_subtype, t)) {
                return ANSA_OK;
        }
        if (err == ANSA_OK)
                (void)find_email(r, t);
        return err;
}

/* Headers */

static bool has_candidate_with(const struct locations *l, const char *attribute)
{
        for (size_t i = 0; i < l->count; i++) {
                struct ansa_bytes value;
                const struct xml_node *node = l->candidates[i].node;
                if (node != NULL && xml_attribute(node, attribute, &value))
                        return true;
        }
        return false;
}

/*
 * What the choice depended on. Who the client is cannot be told to a cache by a header's name, so
 * then it is for that client's own cache only.
 */
static void put_caching(struct resolution *r, const struct locations *l)
{
        bool by_type = locations_negotiate(l) || has_candidate_with(l, "http_role") ||
                       has_candidate_with(l, "ctype") || has_candidate_with(l, "media-type");
        bool by_language = has_candidate_with(l, "language");
        if (by_type || by_language)
                reply_header_text(r->x, "Vary",
                                  !by_type       ? "Accept-Language"
                                  : !by_language ? "Accept"
                                                 : "Accept, Accept-Language");
        if (!r->is_private &&
            (has_candidate_with(l, "country") || has_candidate_with(l, "addresses")))
                reply_header_text(r->x, "Cache-Control", "private");
}

void resolution_put_headers(struct resolution *r, bool is_page)
{
        struct http_exchange *x = r->x;
        struct buf b = buf_growing(LOCATION_SIZE_MAX);
        buf_u8(&b, '<');
        buf_bytes(&b, x->config->origin);
        resolver_put_api(&b, r->name);
        buf_text(&b, ">; rel=\"describedby\"; type=\"application/json\"");
        if (is_page) {
                buf_text(&b, ", <");
                buf_bytes(&b, x->config->origin);
                resolver_put_self(&b, r->name);
                buf_text(&b, ">; rel=\"cite-as\"");
        }
        if (b.err == ANSA_OK && take_room(r, b.size + 8))
                reply_header(x, "Link", buf_written(&b));
        buf_fini(&b);
}

static uint32_t final_status(const struct resolution *r, uint32_t status)
{
        if (r->query.redirection_headers)
                return 200;
        if (r->x->request->is_http10 && status != 301)
                return 302;
        return status;
}

/* The redirect, with everything that the record says about it. */
static enum http_outcome answer(struct resolution *r, const struct locations *l,
                                const struct target *t)
{
        struct http_exchange *x = r->x;
        struct buf location = buf_growing(LOCATION_SIZE_MAX);
        struct buf head = buf_growing(4 * LINKS_HEAD_SIZE_MAX);
        escape_put_location(t->url, r->query.append, &location);
        enum ansa_err err = location.err;
        if (err == ANSA_E_LIMIT || !take_room(r, location.size)) {
                buf_fini(&location);
                return resolution_page(r, "The address that it leads to is too long to be sent to "
                                          "a browser.");
        }
        reply_header(x, "Location", buf_written(&location));
        resolution_put_expires(r, t->expires_s);
        put_caching(r, l);
        resolution_put_headers(r, false);
        if (err == ANSA_OK)
                err = links_put(l, take_header, r);
        if (err == ANSA_OK)
                err = links_put_headers(l, take_header, r, &head);
        buf_reset(&x->out);
        resolver_page_redirect(&x->out, buf_written(&location), buf_written(&head));
        buf_fini(&location);
        buf_fini(&head);
        if (err != ANSA_OK)
                return no_memory(r);
        reply_header_text(x, "Content-Security-Policy", "default-src 'none'");
        reply_header_text(x, "X-Content-Type-Options", "nosniff");
        return reply_with(x, final_status(r, t->status), REPLY_HTML);
}

static enum http_outcome answer_xml(struct resolution *r, const struct locations *l)
{
        buf_reset(&r->x->out);
        locations_put_xml(l, &r->x->out);
        resolution_put_expires(r, l->expires_s);
        resolution_put_headers(r, true);
        reply_header_text(r->x, "X-Content-Type-Options", "nosniff");
        reply_header_text(r->x, "Content-Security-Policy", "default-src 'none'");
        return reply_with(r->x, 200, "text/xml; charset=utf-8");
}

/* 301 to the page of the identifier at the end of the aliases, here (rest-api 6, step 4). */
static enum http_outcome answer_alias(struct resolution *r)
{
        struct http_exchange *x = r->x;
        struct buf path = buf_growing(2 * LOCATION_SIZE_MAX);
        struct buf location = buf_growing(LOCATION_SIZE_MAX);
        resolver_put_self(&path, r->name);
        if (x->request->has_query) {
                buf_u8(&path, '?');
                buf_bytes(&path, x->request->query);
        }
        buf_bytes(&location, x->config->origin);
        escape_put_location(buf_written(&path), (struct ansa_bytes){ 0 }, &location);
        bool is_good = path.err == ANSA_OK && location.err == ANSA_OK;
        bool is_short = take_room(r, location.size);
        buf_reset(&x->out);
        if (is_good && is_short) {
                reply_header(x, "Location", buf_written(&location));
                resolver_page_redirect(&x->out, buf_written(&location), (struct ansa_bytes){ 0 });
        }
        buf_fini(&path);
        buf_fini(&location);
        if (!is_good)
                return no_memory(r);
        if (!is_short)
                return resolution_page(r, "What was asked for is another name of this identifier, "
                                          "whose address here is too long for a redirect.");
        resolution_put_expires(r, UINT32_MAX);
        reply_header_text(x, "Content-Security-Policy", "default-src 'none'");
        reply_header_text(x, "X-Content-Type-Options", "nosniff");
        return reply_with(x, final_status(r, 301), REPLY_HTML);
}

enum http_outcome resolution_redirect(struct resolution *r)
{
        struct locations l;
        struct target t;
        enum ansa_err err;
        enum http_method method = r->x->request->method;
        bool is_xml = r->query.action == RESOLVER_LOCATIONS;
        if (r->is_alias && !is_xml && (method == HTTP_GET || method == HTTP_HEAD))
                return answer_alias(r);
        enum http_outcome outcome = build(r, is_xml, &l, &err);
        if (outcome != HTTP_REPLY)
                return outcome;
        if (err != ANSA_OK)
                return no_memory(r);
        if (is_xml)
                return answer_xml(r, &l);
        err = find_target(r, &l, &t);
        if (err != ANSA_OK)
                return no_memory(r);
        if (t.url.size == 0)
                return resolution_page(r, "This identifier has no address that a browser could be "
                                          "sent to. This is its record.");
        /*
         * Whoever writes a record decides where it leads, but not what runs in the reader's
         * browser as if it came from this server: javascript: and data: are shown as the text
         * that they are.
         */
        if (!escape_is_safe_url(t.url))
                return resolution_page(r, "The address in this record is not one that a browser "
                                          "should be sent to. This is the record.");
        return answer(r, &l, &t);
}
