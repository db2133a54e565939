/* SPDX-License-Identifier: Apache-2.0 */
/* Who is to be asked: the algorithm of irp-service 4 up to the choice of servers. */
#include "client/call.h"

#include "client/sentence.h"

#include "base/text.h"
#include "wire/data.h"
#include "wire/name.h"

static const struct ansa_bytes service_types[] = {
        { (const uint8_t *)"HS_SITE", 7 },
        { (const uint8_t *)"HS_SITE.6", 9 },
        { (const uint8_t *)"HS_SERV", 7 },
        { (const uint8_t *)"HS_NAMESPACE", 12 },
};
#define SERVICE_TYPE_COUNT (sizeof(service_types) / sizeof(service_types[0]))

static bool look_in_cache(struct ansa_call *call, struct frame *f)
{
        struct ansa_client *c = call->client;
        bool bypass = (f->ask.flags & FLAG_AUTHORITATIVE) != 0 || !f->may_cache ||
                      (call->request.flags & ANSA_NO_CACHE) != 0;
        if (f->ask.op != OP_RESOLVE || bypass)
                return false;
        lock_take(&c->lock);
        enum ansa_err err = answer_cache_get(&c->cache, &f->question, c->env->steady_ms(c->env),
                                             &call->arena, &f->values, &f->ttl_s);
        lock_give(&c->lock);
        if (err != ANSA_OK)
                return false;
        f->err = ANSA_OK;
        f->response = RC_SUCCESS;
        f->is_cached = true;
        f->is_certified = f->question.is_certified;
        f->phase = PHASE_DONE;
        return true;
}

/* Root servers known by address: their own site record tells how many they are. */
static void ask_for_roots(struct ansa_call *call, struct frame *waiting)
{
        struct frame *f;
        struct buf b;
        uint8_t room[16];
        waiting->awaited = AWAIT_ROOT_SITE;
        enum ansa_err err = frame_push(call, &f);
        if (err != ANSA_OK) {
                frame_fail(call, waiting, err, ansa_err_text(err));
                return;
        }
        b = buf_over(room, sizeof(room));
        name_body_encode(ANSA_BYTES_LIT("/"), &b);
        f->is_internal = true;
        f->by_address = true;
        f->name = ANSA_BYTES_LIT("0.NA/0.NA");
        f->route = f->name;
        f->ask = (struct ask){ .op = OP_GET_SITE, .flags = FLAG_CACHE_CERTIFY };
        err = arena_copy(&call->arena, buf_written(&b), &f->ask.body);
        if (err == ANSA_OK)
                err = client_roots(call->client, &call->arena, &f->service);
        f->phase = PHASE_CHOOSE;
        if (err != ANSA_OK)
                frame_fail(call, f, err, ansa_err_text(err));
}

static void take_roots(struct ansa_call *call, struct frame *f)
{
        enum ansa_err err = client_roots(call->client, &call->arena, &f->service);
        f->from_roots = true;
        f->phase = PHASE_CHOOSE;
        if (err != ANSA_OK)
                frame_fail(call, f, err, ansa_err_text(err));
        else if (service_is_empty(&f->service))
                frame_fail(call, f, ANSA_E_ARGUMENT,
                           "no root server, no server and no local site is configured");
}

static void find_roots(struct ansa_call *call, struct frame *f)
{
        if (client_roots_need_site(call->client))
                ask_for_roots(call, f);
        else
                take_roots(call, f);
}

static void ask_prefix_record(struct ansa_call *call, struct frame *f, uint32_t flags)
{
        struct buf b = buf_growing(NAME_KEY_SIZE_MAX);
        struct ansa_bytes name;
        name_put_prefix_record(f->route, &b);
        enum ansa_err err = b.err;
        if (err == ANSA_OK)
                err = arena_copy(&call->arena, buf_written(&b), &name);
        buf_fini(&b);
        f->from_prefix = true;
        if (err != ANSA_OK)
                frame_fail(call, f, err, ansa_err_text(err));
        else
                frame_resolve(call, AWAIT_SERVICE, name, service_types, SERVICE_TYPE_COUNT, flags);
}

/* The caller, or the configuration, may have said who is to be asked. True when so. */
static bool take_configured(struct ansa_call *call, struct frame *f)
{
        const struct ansa_client *c = call->client;
        struct ansa_bytes local = client_local(c, f->route);
        f->phase = PHASE_CHOOSE;
        if (!f->is_internal && call->request.site.size > 0) {
                enum ansa_err err = service_add(&f->service, call->request.site);
                if (err != ANSA_OK)
                        frame_fail(call, f, err, "the site record to ask cannot be used");
                return true;
        }
        if (!service_is_empty(&c->server)) {
                f->service = c->server;
                return true;
        }
        if (!service_is_empty(&c->resolver) && f->ask.op == OP_RESOLVE &&
            (f->ask.flags & FLAG_AUTHORITATIVE) == 0) {
                f->service = c->resolver;
                return true;
        }
        if (local.size > 0)
                return service_add(&f->service, local) == ANSA_OK; /* checked when configured */
        f->phase = PHASE_START;
        return false;
}

void find_start(struct ansa_call *call, struct frame *f)
{
        if (look_in_cache(call, f) || take_configured(call, f))
                return;
        if (f->ask.op != OP_RESOLVE && f->route.size == 1 && f->route.at[0] == '/')
                frame_fail(call, f, ANSA_E_ARGUMENT, "neither a name nor a server was given");
        else if (name_is_global(f->route) || memchr(f->route.at, '/', f->route.size) == NULL)
                find_roots(call, f);
        else
                ask_prefix_record(call, f, 0);
}

/* The first HS_SERV (or HS_SERV.PREFIX) among @values. */
static bool service_reference(struct ansa_values values, bool prefix, struct ansa_bytes *name)
{
        struct ansa_value v;
        enum value_type wanted = prefix ? TYPE_HS_SERV_PREFIX : TYPE_HS_SERV;
        while (ansa_values_next(&values, &v) == ANSA_OK) {
                if (value_type_of(v.type) == wanted && name_problem(v.data) == NULL) {
                        *name = v.data;
                        return true;
                }
        }
        return false;
}

void find_reference(struct ansa_call *call, struct frame *f, struct ansa_bytes name)
{
        f->service = (struct service){ 0 };
        f->from_roots = false;
        if (name_equal(name, ANSA_BYTES_LIT("0.NA/0.NA"), false))
                take_roots(call, f);
        else
                frame_resolve(call, AWAIT_SERVICE, name, service_types, SERVICE_TYPE_COUNT, 0);
}

void find_values(struct ansa_call *call, struct frame *f, struct ansa_values values, bool prefix)
{
        struct ansa_bytes reference;
        f->service = (struct service){ 0 };
        f->from_roots = false;
        service_add_values(&f->service, values, prefix);
        if (f->service.site_count > 0) {
                f->phase = PHASE_CHOOSE;
        } else if (service_reference(values, prefix, &reference)) {
                find_reference(call, f, reference);
        } else if (f->from_prefix && !f->tried_authoritative) {
                f->tried_authoritative = true;
                ask_prefix_record(call, f, FLAG_AUTHORITATIVE);
        } else {
                call->answer.is_unserved = !f->is_internal;
                frame_fail(call, f, ANSA_E_NOT_FOUND,
                           "no service is known for it: its prefix record has no usable HS_SITE "
                           "or HS_SERV value");
        }
}

/* The frame above has ended without what was hoped for. */
static void take_failure(struct ansa_call *call, struct frame *f, const struct frame *above)
{
        bool is_absent = above->response == RC_NOT_FOUND || above->response == RC_VALUE_NOT_FOUND;
        if (is_absent && f->from_prefix && !f->tried_authoritative) {
                f->tried_authoritative = true;
                ask_prefix_record(call, f, FLAG_AUTHORITATIVE);
                return;
        }
        f->response = above->response;
        if (f->is_internal) { /* the innermost reason is the one to tell */
                f->err = above->err;
                f->phase = PHASE_DONE;
                return;
        }
        call->answer.is_unserved = is_absent || above->err == ANSA_E_NOT_FOUND;
        char what[DETAIL_MAX];
        sentence_put(what, sizeof(what), "looking for who is responsible: %s", call->detail);
        frame_fail(call, f, above->err, what);
}

static void take_root_site(struct ansa_call *call, struct frame *f, const struct frame *above)
{
        /* A root server that does not tell its site can still be asked. */
        if (above->err == ANSA_OK)
                client_put_roots(call->client, (struct ansa_values){ 0 }, above->site);
        take_roots(call, f);
}

static void take_refreshed(struct ansa_call *call, struct frame *f, const struct frame *above)
{
        if (above->err == ANSA_OK && above->is_certified)
                client_put_roots(call->client, above->values, (struct ansa_bytes){ 0 });
        if (f->response == RC_SITE_EXPIRED)
                take_roots(call, f);
        else
                f->phase = PHASE_DONE;
}

void find_take(struct ansa_call *call, struct frame *f, const struct frame *above)
{
        switch (f->awaited) {
        case AWAIT_SERVICE:
                if (above->err == ANSA_OK)
                        find_values(call, f, above->values, false);
                else
                        take_failure(call, f, above);
                break;
        case AWAIT_ROOT_SITE:
                take_root_site(call, f, above);
                break;
        case AWAIT_REFRESH:
                take_refreshed(call, f, above);
                break;
        case AWAIT_TRUST:
                trust_feed(&call->trust, above->err, above->values);
                f->phase = PHASE_DONE;
                break;
        }
}

void find_refresh(struct ansa_call *call, struct frame *f)
{
        static const struct ansa_bytes types[] = { { (const uint8_t *)"HS_SITE", 7 },
                                                   { (const uint8_t *)"HS_SITE.6", 9 } };
        struct ansa_client *c = call->client;
        bool expired = f->response == RC_SITE_EXPIRED;
        f->is_refreshed = true;
        f->phase = PHASE_DONE;
        if (call->frame_count == FRAMES_MAX || call->resolutions == RESOLUTIONS_MAX)
                return;
        if (f->from_roots) {
                /* New roots are believed only when the old ones have signed them. */
                if (!f->has_server_key || !client_may_refresh(c))
                        return;
                frame_resolve(call, AWAIT_REFRESH, ANSA_BYTES_LIT("0.NA/0.NA"), types, 2,
                              FLAG_AUTHORITATIVE | FLAG_CERTIFY | FLAG_REQUEST_DIGEST);
                /* Or the refresh would want to refresh. */
                if (call->top != f)
                        call->top->is_refreshed = true;
                return;
        }
        struct buf b = buf_growing(NAME_KEY_SIZE_MAX);
        name_put_prefix_record(f->route, &b);
        lock_take(&c->lock);
        if (b.err == ANSA_OK)
                answer_cache_drop(&c->cache, buf_written(&b));
        lock_give(&c->lock);
        buf_fini(&b);
        if (expired && f->from_prefix)
                ask_prefix_record(call, f, FLAG_AUTHORITATIVE);
}

/* Whom this frame wants. */
static struct need need_of(const struct ansa_call *call, const struct frame *f)
{
        const struct ansa_client *c = call->client;
        const struct ansa_request *r = &call->request;
        bool lists =
                f->ask.op == OP_LIST || f->ask.op == OP_LIST_PREFIXES || f->ask.op == OP_LIST_HOMED;
        bool may_sign = !f->is_internal && (f->is_admin || (r->flags & ANSA_PRIVATE) != 0);
        bool in_session = !f->is_internal && r->session != NULL;
        struct need n = { .name = f->route,
                          .admin = f->is_admin,
                          .primary = f->is_admin || (f->ask.flags & FLAG_AUTHORITATIVE) != 0,
                          .stream = lists || in_session,
                          .stream_first = may_sign || f->ask.body.size > 4 * 492u,
                          .no_udp = c->options.no_udp,
                          .prefer_tls = c->options.prefer_tls };
        if (!f->is_internal)
                n.transport = r->transport;
        if (n.transport == ANSA_TRANSPORT_ANY && in_session)
                n.transport = r->session->transport;
        if (n.transport == ANSA_TRANSPORT_ANY && !service_is_empty(&c->server) &&
            f->service.site_count == 0)
                n.transport = c->server_transport;
        if (n.transport == ANSA_TRANSPORT_ANY && in_session)
                n.prefer_tls = true;
        return n;
}

static size_t targets_of(struct ansa_call *call, struct frame *f, const struct need *n)
{
        struct ansa_client *c = call->client;
        lock_take(&c->lock);
        size_t count = service_targets(&f->service, n, &c->measures, c->env, call->asking.targets);
        lock_give(&c->lock);
        return count;
}

bool sweep_next(struct frame *f)
{
        struct sweep *s = &f->sweep;
        if (!s->is_on || f->service.site_count == 0)
                return false;
        const struct ansa_site *site = &f->service.site[s->site];
        bool one_of_site = !s->all_sites && site->hash_option == ANSA_HASH_PREFIX;
        if (!one_of_site && s->server + 1 < site->server_count) {
                s->server++;
                return true;
        }
        s->server = 0;
        s->site++;
        return s->all_sites && s->site < f->service.site_count;
}

/* Lists go to every server of one site (to one, where it goes by prefix), homing to all primaries. */
static void begin_sweep(struct ansa_call *call, struct frame *f, const struct need *n)
{
        const struct target *first = &call->asking.targets[0];
        f->sweep.site = 0;
        f->sweep.server = 0;
        f->sweep.is_begun = true;
        if (f->sweep.all_sites || targets_of(call, f, n) == 0)
                return;
        f->sweep.site = first->site;
        if (f->service.site[first->site].hash_option == ANSA_HASH_PREFIX)
                f->sweep.server = first->server;
}

/* Targets of the frame, or of the sweep's next server that has any. */
static size_t choose(struct ansa_call *call, struct frame *f, struct need *n)
{
        if (!f->sweep.is_on || f->service.site_count == 0)
                return targets_of(call, f, n);
        if (!f->sweep.is_begun)
                begin_sweep(call, f, n);
        size_t count = 0;
        do {
                n->one_server = true;
                n->site = f->sweep.site;
                n->server = f->sweep.server;
                count = targets_of(call, f, n);
        } while (count == 0 && f->sweep.all_sites && sweep_next(f));
        return count;
}

void find_choose(struct ansa_call *call, struct frame *f)
{
        struct need n = need_of(call, f);
        size_t count = choose(call, f, &n);
        if (count == 0 && f->sweep.asked > 0 && f->sweep.all_sites) {
                f->phase = PHASE_DONE; /* what is left are sites without administration */
                return;
        }
        if (count == 0) {
                frame_fail(call, f, ANSA_E_UNSUPPORTED,
                           n.admin ? "no primary site of its service offers administration over "
                                     "a usable transport"
                                   : "no site of its service can be asked over a usable transport");
                return;
        }
        struct question q = { .ask = f->ask, .is_repeatable = operation_is_repeatable(call, f) };
        if (!f->is_internal) {
                q.identity = call->request.identity;
                q.session = call->request.session;
        }
        f->sweep.asked++;
        asking_begin(&call->asking, &q, count);
        f->phase = PHASE_ASK;
}
