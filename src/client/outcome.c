/* SPDX-License-Identifier: Apache-2.0 */
/* What came back, and what is done about it. */
#include "base/limits.h"
#include "client/call.h"
#include "client/sentence.h"
#include "wire/body.h"
#include "wire/name.h"

#define REFERRALS_MAX 10u
#define TEXT_MAX      200 /* octets of a server's text that are shown */

static enum ansa_err err_of_response(uint32_t response)
{
        switch (response) {
        case RC_SUCCESS:
                return ANSA_OK;
        case RC_NOT_FOUND:
        case RC_VALUE_NOT_FOUND:
                return ANSA_E_NOT_FOUND;
        case RC_EXISTS:
        case RC_VALUE_EXISTS:
                return ANSA_E_EXISTS;
        case RC_INVALID_NAME:
        case RC_VALUE_INVALID:
                return ANSA_E_ARGUMENT;
        case RC_NOT_AUTHORIZED:
        case RC_ACCESS_DENIED:
        case RC_CHALLENGE:
        case RC_AUTHENTICATION:
        case RC_CREDENTIAL:
        case RC_CHALLENGE_EXPIRED:
        case RC_UNABLE_TO_VERIFY:
                return ANSA_E_DENIED;
        case RC_BUSY:
        case RC_READ_ONLY:
                return ANSA_E_BUSY;
        case RC_OPERATION_DENIED:
                return ANSA_E_UNSUPPORTED;
        default:
                return ANSA_E_REFUSED;
        }
}

static void take_refusal(struct ansa_call *call, struct frame *f, const struct reply *r)
{
        struct error_body e = { 0 };
        char what[DETAIL_MAX];
        char text[TEXT_MAX + 8] = "";
        char server[ENDPOINT_TEXT_SIZE];
        uint32_t rc = r->header.response;
        if (rc != RC_CHALLENGE && error_body_decode(r->body, &e) == ANSA_OK)
                (void)sentence_quote(text, sizeof(text), e.text, TEXT_MAX);
        if (strcmp(text, response_text(rc)) == 0)
                text[0] = '\0'; /* once is enough */
        sentence_put(what, sizeof(what), "%s answered %u (%s)%s%s",
                     endpoint_text(&call->asking.server->endpoint, server), rc, response_text(rc),
                     *text != '\0' ? ": " : "", text);
        frame_fail(call, f, err_of_response(rc), what);
}

static void take_unusable(struct ansa_call *call, struct frame *f, enum ansa_err err,
                          const char *why)
{
        char what[DETAIL_MAX];
        char server[ENDPOINT_TEXT_SIZE];
        sentence_put(what, sizeof(what), "%s answered, but the answer %s",
                     endpoint_text(&call->asking.server->endpoint, server), why);
        frame_fail(call, f, err, what);
        asking_end(&call->asking);
}

/* Values of one message after those of the messages before. */
static enum ansa_err append_values(struct ansa_call *call, struct frame *f, struct ansa_values more)
{
        size_t size = f->values.wire.size + more.wire.size;
        uint8_t *at = arena_alloc(&call->arena, size);
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        if (f->values.wire.size > 0)
                memcpy(at, f->values.wire.at, f->values.wire.size);
        if (more.wire.size > 0)
                memcpy(at + f->values.wire.size, more.wire.at, more.wire.size);
        f->values = (struct ansa_values){ { at, size }, f->values.count + more.count };
        return ANSA_OK;
}

static enum ansa_err take_record(struct ansa_call *call, struct frame *f, struct ansa_bytes body)
{
        struct record_body r;
        enum ansa_err err = record_body_decode(body, &r);
        if (err != ANSA_OK)
                return err;
        if (!name_equal(r.name, f->name, false))
                return ANSA_E_MALFORMED;
        return append_values(call, f, r.values);
}

static enum ansa_err take_names(struct ansa_call *call, struct ansa_bytes body)
{
        struct text_list names;
        struct ansa_bytes name;
        const struct ansa_request *r = &call->request;
        enum ansa_err err = list_body_decode(body, &names);
        if (err != ANSA_OK)
                return err;
        while (!call->was_stopped && text_list_next(&names, &name) == ANSA_OK) {
                call->answer.name_count++;
                if (r->on_name != NULL && !r->on_name(r->context, name))
                        call->was_stopped = true;
        }
        return ANSA_OK;
}

static enum ansa_err take_site(struct ansa_call *call, struct frame *f, struct ansa_bytes body)
{
        struct ansa_bytes site;
        struct ansa_site decoded;
        enum ansa_err err = site_body_decode(body, &site);
        if (err == ANSA_OK)
                err = ansa_site_decode(site, &decoded);
        return err == ANSA_OK ? arena_copy(&call->arena, site, &f->site) : err;
}

static enum ansa_err take_created(struct ansa_call *call, struct ansa_bytes body)
{
        struct ansa_bytes name;
        enum ansa_err err = create_response_decode(body, &name);
        if (err == ANSA_OK && name.size > 0)
                err = arena_copy(&call->arena, name, &call->answer.name);
        else if (err == ANSA_OK && (call->request.flags & ANSA_MINT) == 0)
                call->answer.name = call->request.name;
        return err;
}

static enum ansa_err take_body(struct ansa_call *call, struct frame *f, const struct reply *r)
{
        switch (f->ask.op) {
        case OP_RESOLVE:
                return take_record(call, f, r->body);
        case OP_LIST:
        case OP_LIST_PREFIXES:
        case OP_LIST_HOMED:
                return take_names(call, r->body);
        case OP_GET_SITE:
                return take_site(call, f, r->body);
        case OP_CREATE:
                call->answer.did_overwrite = (r->header.flags & FLAG_OVERWRITE) != 0;
                return take_created(call, r->body);
        case OP_ADD:
                call->answer.did_overwrite = (r->header.flags & FLAG_OVERWRITE) != 0;
                return ANSA_OK;
        case OP_VERIFY:
                return verify_response_decode(r->body, &call->answer.is_valid);
        default:
                return ANSA_OK;
        }
}

/* What a success changes in what the client remembers. */
static void remember(struct ansa_call *call, struct frame *f)
{
        struct ansa_client *c = call->client;
        uint64_t now = c->env->steady_ms(c->env);
        bool public_answer = f->ask.op == OP_RESOLVE && f->may_cache && call->asking.rounds == 0 &&
                             call->asking.session == NULL;
        lock_take(&c->lock);
        if (public_answer) {
                struct answer_cache_query q = f->question;
                f->ttl_s = answer_cache_ttl(f->values, c->cache.ttl_max_s, c->env->wall_s(c->env));
                answer_cache_put(&c->cache, &q, f->values, now, c->env->wall_s(c->env));
        } else if (f->is_admin && !operation_is_repeatable(call, f)) {
                answer_cache_drop(&c->cache, f->name);
                measures_stick(&c->measures, name_split(f->route).prefix,
                               &call->asking.server->server_endpoint, now);
        }
        lock_give(&c->lock);
}

static bool is_newer(const struct frame *f, const struct target *t, uint16_t serial)
{
        uint16_t own = t->peer.serial;
        if (f->is_refreshed || own == SITE_SERIAL_UNKNOWN || serial == SITE_SERIAL_UNKNOWN)
                return false;
        uint16_t ahead = (uint16_t)(serial - own); /* serials wrap */
        return ahead != 0 && ahead < 0x8000u;
}

static void take_success(struct ansa_call *call, struct frame *f, const struct reply *r)
{
        enum ansa_err err = take_body(call, f, r);
        if (err != ANSA_OK) {
                take_unusable(call, f, err, "cannot be understood");
                return;
        }
        bool more = (r->header.flags & FLAG_CONTINUES) != 0 && call->asking.winner->channel != NULL;
        f->is_certified = r->is_certified;
        if (more && !call->was_stopped) {
                asking_next(&call->asking);
                return;
        }
        remember(call, f);
        asking_end(&call->asking);
        f->err = ANSA_OK;
        f->phase = PHASE_DONE;
        if (!call->was_stopped && sweep_next(f))
                f->phase = PHASE_CHOOSE;
        else if (f->is_stale)
                find_refresh(call, f);
}

/* 302 and 303: ask again, elsewhere. */
static void follow(struct ansa_call *call, struct frame *f, const struct reply *r)
{
        struct referral_body body;
        bool prefix = r->header.response == RC_PREFIX_REFERRAL;
        struct ansa_values values = { 0 };
        struct ansa_bytes name = { 0 };
        enum ansa_err err = referral_body_decode(r->body, &body);
        if (err == ANSA_OK)
                err = arena_copy(&call->arena, body.values.wire, &values.wire);
        if (err == ANSA_OK)
                err = arena_copy(&call->arena, body.name, &name);
        values.count = body.values.count;
        if (err != ANSA_OK || (values.count == 0 && name.size == 0)) {
                take_unusable(call, f, err != ANSA_OK ? err : ANSA_E_MALFORMED, "refers to nobody");
                return;
        }
        if (f->referrals == REFERRALS_MAX || call->resolutions == RESOLUTIONS_MAX) {
                take_unusable(call, f, ANSA_E_LIMIT, "is one referral too many");
                return;
        }
        asking_end(&call->asking);
        f->referrals++;
        call->resolutions++;
        if (f->ask.recursion < UINT8_MAX)
                f->ask.recursion++;
        f->sweep.is_begun = false;
        f->tried_authoritative = true;
        if (values.count > 0)
                find_values(call, f, values, prefix);
        else
                find_reference(call, f, name);
}

void outcome_take(struct ansa_call *call, struct frame *f)
{
        struct asking *a = &call->asking;
        const struct reply *r = a->reply;
        uint32_t rc = r->header.response;
        f->response = rc;
        f->is_stale = f->is_stale || is_newer(f, a->server, r->header.site_serial);
        f->has_server_key = a->server->peer.key.size > 0;
        if (!f->is_internal) {
                (void)endpoint_text(&a->server->endpoint, call->server);
                call->answer.is_authoritative = (r->header.flags & FLAG_AUTHORITATIVE) != 0;
        }
        bool can_refresh = !f->is_refreshed && (f->from_roots || f->from_prefix);
        if (rc == RC_SUCCESS) {
                take_success(call, f, r);
        } else if (rc == RC_SERVICE_REFERRAL ||
                   (rc == RC_PREFIX_REFERRAL && r->version >= VERSION(2, 5))) {
                follow(call, f, r);
        } else {
                take_refusal(call, f, r);
                asking_end(a);
                if (rc == RC_SITE_EXPIRED && can_refresh)
                        find_refresh(call, f);
        }
}
