/* SPDX-License-Identifier: Apache-2.0 */
/* Step 3 of rest-api 6: what was not found, with the status and the title that go with it. */
#include "http/html.h"
#include "http/reply.h"
#include "http/resolution.h"
#include "http/resolver_page.h"
#include "wire/name.h"

static bool is_text(const struct told *told, const char *text)
{
        return ansa_bytes_equal(told->text, ansa_bytes_text(text));
}

static bool has_filters(const struct resolution *r)
{
        return r->query.type_count + r->query.index_count > 0;
}

/* No server answered for it, or none was asked. */
static uint32_t describe_elsewhere(const struct told *told, struct resolver_problem *p)
{
        if (is_text(told, IDENTIFIER_UNREACHABLE)) {
                p->title = "Cannot Connect to Server";
                p->what = "The server that is responsible for this identifier does not answer.";
                p->may_pass = true;
                return 502;
        }
        p->title = "Resolution Error";
        p->what = "This server is not responsible for the prefix of this identifier, and does not "
                  "ask others.";
        p->may_be_mistyped = true;
        return 0;
}

static void describe_absent(const struct told *told, struct resolver_problem *p)
{
        p->title = "Not Found";
        p->what = "The prefix is known, but there is no such identifier.";
        p->may_be_mistyped = true;
        if (is_text(told, IDENTIFIER_NO_SERVICE)) {
                p->title_name = name_split(p->name).prefix;
                p->what = "No server is known that is responsible for the prefix of this "
                          "identifier.";
        }
}

/* The status; 0: the one that goes with the code. */
static uint32_t describe(const struct resolution *r, const struct told *told,
                         struct resolver_problem *p)
{
        switch (told->code) {
        case RC_NOT_FOUND:
                describe_absent(told, p);
                return 0;
        case RC_VALUE_NOT_FOUND:
                p->title = "No Values Found";
                p->what = has_filters(r)
                                  ? "The identifier exists, but has no values of the types or "
                                    "indexes asked for that everybody may read."
                                  : "The identifier exists, but has no values that everybody "
                                    "may read.";
                p->offer_all = has_filters(r);
                return 0;
        case RC_NOT_RESPONSIBLE:
        case RC_SERVICE_REFERRAL:
        case RC_PREFIX_REFERRAL:
                return describe_elsewhere(told, p);
        case RC_INVALID_NAME:
                p->title = "Resolution Error";
                p->what = "This cannot be an identifier: one has a prefix, a slash and a suffix.";
                p->may_be_mistyped = true;
                return 0;
        case RC_ACCESS_DENIED:
        case RC_CHALLENGE:
        case RC_NOT_AUTHORIZED:
                p->title = "Resolution Error";
                p->what = "Only administrators may read this record.";
                return 0;
        case RC_BUSY:
        case RC_READ_ONLY:
                p->title = "System Error";
                p->what = "The server has too much to do just now.";
                p->may_pass = true;
                return 0;
        default:
                p->title = "System Error";
                p->what = "The server could not answer.";
                p->may_pass = true;
                return 0;
        }
}

static enum http_outcome finish(struct resolution *r, uint32_t status)
{
        reply_header_text(r->x, "Content-Security-Policy", HTML_POLICY);
        reply_header_text(r->x, "X-Content-Type-Options", "nosniff");
        reply_header_text(r->x, "Referrer-Policy", "no-referrer");
        return reply_with(r->x, status, REPLY_HTML);
}

enum http_outcome resolution_problem(struct resolution *r, enum resolution_result result,
                                     const struct told *told)
{
        struct resolver_problem p = {
                .name = r->name,
                .where = r->asked_others ? "with the server that is responsible for its prefix"
                                         : "in the records of this server",
                .detail = told->text,
                .code = told->code,
        };
        uint32_t status = 404;
        switch (result) {
        case RESOLUTION_INACTIVE:
                p.title = "Inactive Namespace";
                p.what = "Those who keep the prefix of this identifier have taken it out of use.";
                p.code = 0;
                break;
        case RESOLUTION_CHAIN:
                p.title = "Alias chain too long";
                p.what = "This identifier is another name of one that is another name, and so on.";
                p.detail = (struct ansa_bytes){ 0 };
                p.code = 0;
                break;
        case RESOLUTION_REFUSED:
        case RESOLUTION_FOUND:
                status = describe(r, told, &p);
                if (status == 0)
                        status = reply_status(r->x, told->code);
                break;
        }
        buf_reset(&r->x->out);
        resolver_page_problem(&r->x->out, &p);
        if (status == 503)
                reply_header_text(r->x, "Retry-After", "5");
        return finish(r, status);
}

enum http_outcome resolution_page(struct resolution *r, const char *why)
{
        uint32_t expires_s = UINT32_MAX;
        struct ansa_values values = r->values;
        struct ansa_value value;
        while (ansa_values_next(&values, &value) == ANSA_OK) {
                uint32_t expiry = location_expiry(&value, r->now_s);
                if (expiry < expires_s)
                        expires_s = expiry;
        }
        buf_reset(&r->x->out);
        resolver_page_record(&r->x->out, r->name, r->values, why);
        resolution_put_expires(r, expires_s);
        resolution_put_headers(r, true);
        return finish(r, 200);
}
