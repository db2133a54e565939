/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "base/assert.h"
#include "base/text.h"

#include <stdio.h>

static void put_rule_body(const struct rule *r, const char *name, struct buf *body)
{
        struct buf values = buf_growing(65536);
        struct ansa_value v = fake_value(1, r->type != NULL ? r->type : "", r->data);
        uint32_t count = r->type != NULL ? 1 : 0;
        if (r->ttl_s != 0)
                v.ttl_s = r->ttl_s == UINT32_MAX ? 0 : r->ttl_s;
        if (count > 0)
                fake_put_value(&values, &v);
        if (r->rc == RC_SUCCESS) {
                struct record_body b = { ansa_bytes_text(name), { buf_written(&values), count } };
                record_body_encode(&b, body);
        } else if (r->rc == RC_SERVICE_REFERRAL || r->rc == RC_PREFIX_REFERRAL) {
                struct referral_body b = { .name = ansa_bytes_text(r->text != NULL ? r->text : ""),
                                           .has_values = count > 0,
                                           .values = { buf_written(&values), count } };
                referral_body_encode(&b, body);
        } else {
                error_body_encode(ansa_bytes_text("no"), body);
        }
        buf_fini(&values);
}

static struct rule *rule_for(struct world *w, uint32_t server, struct ansa_bytes name, bool at)
{
        for (size_t i = 0; i < w->rule_count; i++) {
                struct rule *r = &w->rules[i];
                if (r->server == server && text_equal_fold(ansa_bytes_text(r->name), name) &&
                    (at || !r->at_only) && (r->once == 0 || r->uses < r->once))
                        return r;
        }
        return NULL;
}

static void say(struct fake_exchange *x)
{
        struct world *w = x->fake->context;
        uint32_t server = (uint32_t)(x->fake - w->fakes);
        struct resolve_request q;
        struct buf body = buf_growing(65536);
        struct fake_response r = { .rc = RC_NOT_FOUND,
                                   .serial = 1,
                                   .expires_s = w->env.env.wall_s(&w->env.env) + 3600 };
        if ((x->request.header.flags & FLAG_CERTIFY) != 0)
                r.sign_with = w->key;
        w->recursion = x->request.header.recursion;
        if (x->request.header.op == OP_GET_SITE) {
                w->site_asked++;
                r.rc = RC_SUCCESS;
                r.body = buf_written(&w->sites[server]);
                fake_respond_as(x, &r);
                return;
        }
        w->asked[server]++;
        bool at = (x->request.header.flags & FLAG_AUTHORITATIVE) != 0;
        enum ansa_err err = resolve_request_decode(x->request.body, &q);
        ansa_assert(err == ANSA_OK);
        struct rule *rule = rule_for(w, server, q.name, at);
        if (rule != NULL) {
                char name[256];
                rule->uses++;
                (void)snprintf(name, sizeof(name), "%.*s", (int)q.name.size,
                               (const char *)q.name.at);
                r.rc = rule->rc;
                r.serial = rule->serial != 0 ? rule->serial : 1;
                put_rule_body(rule, name, &body);
                r.body = buf_written(&body);
        } else {
                error_body_encode((struct ansa_bytes){ 0 }, &body);
                r.body = buf_written(&body);
        }
        fake_respond_as(x, &r);
        buf_fini(&body);
}

static void says_by_rules(struct fake_exchange *x)
{
        struct world *w = x->fake->context;
        lock_take(&w->lock);
        say(x);
        lock_give(&w->lock);
}

void world_begin(struct world *w, size_t count)
{
        world_begin_signed(w, count, NULL, (struct ansa_bytes){ 0 });
}

void world_begin_signed(struct world *w, size_t count, const struct crypto_key *key,
                        struct ansa_bytes encoded)
{
        memset(w, 0, sizeof(*w));
        lock_init(&w->lock);
        lock_take(&w->lock);
        w->count = count;
        w->key = key;
        for (size_t i = 0; i < count; i++) {
                struct fake *servers[] = { &w->fakes[i] };
                w->fakes[i].handler = says_by_rules;
                w->fakes[i].context = w;
                fake_start(&w->fakes[i]);
                w->sites[i] = buf_growing(65536);
                fake_put_site(&w->sites[i],
                              &(struct fake_site){
                                      .serial = 1, .flags = ANSA_SITE_PRIMARY, .key = encoded },
                              servers, 1);
        }
        enum ansa_err err = client_new_env(NULL, fake_env(&w->env), &w->client);
        ansa_assert(err == ANSA_OK);
        fake_bootstrap(w->client, buf_written(&w->sites[ROOT]));
        lock_give(&w->lock);
}

void world_end(struct world *w)
{
        ansa_client_free(w->client);
        for (size_t i = 0; i < w->count; i++) {
                fake_stop(&w->fakes[i]);
                buf_fini(&w->sites[i]);
        }
        lock_fini(&w->lock);
}

struct rule *world_rule(struct world *w, uint32_t server, const char *name, uint32_t rc,
                        const char *type, struct ansa_bytes data)
{
        lock_take(&w->lock);
        ansa_assert(w->rule_count < RULES_MAX);
        w->rules[w->rule_count] = (struct rule){
                .server = server, .name = name, .rc = rc, .type = type, .data = data
        };
        struct rule *r = &w->rules[w->rule_count++];
        lock_give(&w->lock);
        return r;
}

void world_site_rule(struct world *w, uint32_t server, const char *name, uint32_t site)
{
        (void)world_rule(w, server, name, RC_SUCCESS, "HS_SITE", buf_written(&w->sites[site]));
}

void world_url_rule(struct world *w, uint32_t server, const char *name, const char *url)
{
        (void)world_rule(w, server, name, RC_SUCCESS, "URL", ansa_bytes_text(url));
}

bool world_resolves(struct world *w, const char *name, enum ansa_err err, const char *text)
{
        char got[256];
        struct ansa_call *call = fake_resolve(w->client, name, 0);
        const struct ansa_answer *a = ansa_call_answer(call);
        bool right = a->err == err && (err == ANSA_OK ? strcmp(fake_first(call, got), text) == 0
                                                      : strstr(a->problem, text) != NULL);
        if (!right)
                (void)fprintf(stderr, "%s: %s \"%s\" %s\n", name, ansa_err_text(a->err), a->problem,
                              fake_first(call, got));
        ansa_call_free(call);
        return right;
}
