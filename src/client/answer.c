/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a call: trust, filter, the answer that its caller sees. */
#include "client/call.h"

#include "client/sentence.h"

#include "wire/codes.h"

static bool wants_trust(const struct ansa_call *call, const struct frame *f)
{
        return call->client->options.trust != ANSA_TRUST_OFF && f->ask.op == OP_RESOLVE &&
               f->err == ANSA_OK;
}

bool outcome_check_trust(struct ansa_call *call, struct frame *f)
{
        const struct ansa_client *c = call->client;
        struct ansa_bytes name;
        if (!wants_trust(call, f))
                return false;
        if (!call->is_trusting) {
                struct ansa_trust_input input = { .name = f->name,
                                                  .values = f->values,
                                                  .roots = c->trust_roots,
                                                  .root_count = c->trust_root_count,
                                                  .required = c->required,
                                                  .required_count = c->required_count,
                                                  .now_s = c->env->wall_s(c->env) };
                call->is_trusting = true;
                trust_begin(&call->trust, &input);
        }
        if (!trust_wants(&call->trust, &name))
                return false;
        frame_resolve(call, AWAIT_TRUST, name, NULL, 0, 0);
        return true;
}

/* The policy's verdict on what the check found. */
static enum ansa_err apply_policy(struct ansa_call *call)
{
        struct ansa_trust *t = &call->answer.trust;
        enum ansa_err err = trust_result(&call->trust, t);
        if (err != ANSA_OK)
                return err;
        if (t->result == ANSA_TRUST_TRUSTED)
                return ANSA_OK;
        if (t->result == ANSA_TRUST_UNSIGNED && call->client->options.trust == ANSA_TRUST_IF_SIGNED)
                return ANSA_OK;
        return ANSA_E_UNAUTHENTIC;
}

/* The whole record was asked for, so that signatures could be checked: now the caller's filter. */
static enum ansa_err filter(struct ansa_call *call, struct ansa_values all,
                            struct ansa_values *values)
{
        const struct ansa_request *r = &call->request;
        struct answer_cache_query q = { .indexes = r->indexes,
                                        .index_count = r->index_count,
                                        .types = r->types,
                                        .type_count = r->type_count };
        struct ansa_value v;
        uint8_t *at = arena_alloc(&call->arena, all.wire.size);
        size_t size = 0;
        if (at == NULL)
                return ANSA_E_NO_MEMORY;
        const uint8_t *from = all.wire.at;
        *values = (struct ansa_values){ 0 };
        while (ansa_values_next(&all, &v) == ANSA_OK) {
                size_t whole = (size_t)(all.wire.at - from);
                if (answer_cache_matches(&q, &v)) {
                        memcpy(at + size, from, whole);
                        size += whole;
                        values->count++;
                }
                from = all.wire.at;
        }
        values->wire = (struct ansa_bytes){ at, size };
        return values->count > 0 ? ANSA_OK : ANSA_E_NOT_FOUND;
}

static void set_problem(struct ansa_call *call, const char *what)
{
        sentence_put(call->detail, sizeof(call->detail), "%s: %s",
                     operation_name(call->request.operation), what);
}

static void take_values(struct ansa_call *call, const struct frame *f)
{
        struct ansa_answer *a = &call->answer;
        a->values = f->values;
        if (!wants_trust(call, f))
                return;
        a->err = apply_policy(call);
        if (a->err == ANSA_E_UNAUTHENTIC) {
                a->values = (struct ansa_values){ 0 };
                set_problem(call, a->trust.reason);
                return;
        }
        if (a->err == ANSA_OK)
                a->err = filter(call, f->values, &a->values);
        if (a->err == ANSA_E_NOT_FOUND) {
                a->response = RC_VALUE_NOT_FOUND;
                set_problem(call, "the record has no such value");
        }
}

void outcome_answer(struct ansa_call *call, const struct frame *f)
{
        struct ansa_answer *a = &call->answer;
        a->err = f->err;
        a->response = f->response;
        a->is_certified = f->is_certified && f->err == ANSA_OK;
        a->is_cached = f->is_cached;
        a->ttl_s = f->ttl_s;
        if (f->is_cached) {
                sentence_put(call->server, sizeof(call->server), "cache");
                a->is_authoritative = false;
        }
        if (f->err == ANSA_OK) {
                a->site = f->site;
                if (a->name.size == 0)
                        a->name = call->request.name;
                take_values(call, f);
        }
        if (a->err == ANSA_OK)
                call->detail[0] = '\0';
        else
                a->name = call->request.name;
        call->is_done = true;
}
