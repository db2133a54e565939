/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "base/assert.h"
#include "wire/data.h"

#include <stdio.h>

/* What people ask for: names, values and bodies. */

static const struct {
        const char *format;
        uint32_t server;
        uint32_t weight;
} names[] = {
        { "35.A/N%u", 0, 24 },
        { "35.a/n%u", 0, 8 },
        { "35.B/N%u", 1, 14 },
        { "0.NA/35.A.S%u", 0, 4 },
        { "35.A.S%u", 0, 2 },
        { "0.NA/35.B.S%u", 1, 2 },
        { "35.A.S%u/X", 0, 3 },
        { "35.A/ALICE", 0, 2 },
        { "35.A/BOB", 0, 3 },
        { "0.NA/35.A", 0, 2 },
        { "35.B/GROUP", 1, 2 },
        { "0.NA/35.B", 1, 2 },
        { "35.B/DAVE", 1, 2 },
        { "99.Z/Q%u", 0, 2 },
        { "35.B/N%u", 0, 4 },
        { "35.A/N%u", 1, 3 },
        { "0.NA/99.Z", 0, 1 },
        { "", 0, 1 },
        { "/", 0, 1 },
        { "35..A/N%u", 0, 1 },
        { "35.A/", 0, 1 },
        { "35.A/\x01%u", 0, 1 },
        { "0.SITE/status", 0, 1 },
        { "35.A/\xc3\xa9%u", 0, 2 },
};

/* Under a prefix with templates: what they are for, and what it is made of. */
static const char *template_name(struct world *w, uint32_t *server)
{
        static const char *const formats[] = { "35.T/R%u@box(1,20,,4)",
                                               "35.T/R%u@x%u",
                                               "35.T/R%u@box(1,2)",
                                               "35.T/R%u",
                                               "35.t/r%u@NOpe",
                                               "35.T/M%u@y",
                                               "35.T/R%u@BOX(a,b),c,)",
                                               "35.T/DOC",
                                               "35.T/R%u@",
                                               "0.NA/35.T" };
        *server = w->habits.bulk ? 1 : 0;
        if (chance_in(&w->chance, 6))
                *server = 1 - *server;
        return formats[chance_below(&w->chance, chance_in(&w->chance, 4) ? 10 : 7)];
}

struct ansa_bytes request_name(struct world *w, uint32_t *server)
{
        uint32_t sum = 0;
        size_t i = 0;
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
                sum += names[k].weight;
        uint32_t n = chance_below(&w->chance, sum);
        for (; n >= names[i].weight; i++)
                n -= names[i].weight;
        uint32_t number = chance_below(&w->chance, 6);
        const char *format = names[i].format;
        *server = names[i].server;
        if (w->habits.template_name > 0 && chance_in(&w->chance, w->habits.template_name))
                format = template_name(w, server);
        uint8_t room[64];
        struct buf b = buf_over(room, sizeof(room));
        for (const char *at = format; *at != 0; at++) {
                if (at[0] == '%' && at[1] == 'u') {
                        buf_u8(&b, (uint8_t)('0' + number));
                        at++;
                } else {
                        buf_u8(&b, (uint8_t)*at);
                }
        }
        struct ansa_bytes name = world_keep(w, buf_written(&b));
        struct sight s = server_sight(&w->server[0], &w->model, &w->model);
        if (w->habits.site && name.size > 0 && !chance_in(&w->chance, 6))
                *server = model_is_share(&s, 0, name) ? 0 : 1;
        return name;
}

static struct ansa_ref any_ref(struct world *w)
{
        static const struct {
                const char *name;
                uint32_t index;
        } refs[] = { { "0.NA/35.A", 200 }, { "35.B/GROUP", 200 }, { "35.A/ALICE", 0 },
                     { "35.A/BOB", 0 },    { "35.A/N1", 4 },      { "99.Z/NONE", 1 } };
        uint32_t n = chance_below(&w->chance, 10);
        if (n < 6)
                return (struct ansa_ref){ ansa_bytes_text(refs[n].name), refs[n].index };
        return people_any(w)->who;
}

static struct ansa_bytes any_admin(struct world *w)
{
        static const uint16_t rights[] = { 0x1fff, 0x0fff, 0x0070, 0x0402, 0x0200, 0x0380, 0x0001 };
        uint8_t room[256];
        struct buf b = buf_over(room, sizeof(room));
        struct admin_data admin = { .rights = rights[chance_below(&w->chance, 7)],
                                    .admin = any_ref(w),
                                    .legacy_padding = chance_in(&w->chance, 10) };
        if (chance_in(&w->chance, 3))
                admin.rights = (uint16_t)chance_below(&w->chance, 0x2000);
        admin_data_encode(&admin, &b);
        if (chance_in(&w->chance, 30))
                b.size /= 2; /* of no use */
        return world_keep(w, buf_written(&b));
}

static struct ansa_bytes any_group(struct world *w)
{
        struct ansa_ref members[4];
        uint32_t count = chance_below(&w->chance, 5);
        for (uint32_t i = 0; i < count; i++)
                members[i] = any_ref(w);
        uint8_t room[512];
        struct buf b = buf_over(room, sizeof(room));
        vlist_encode(members, count, &b);
        return world_keep(w, buf_written(&b));
}

static struct ansa_bytes any_text(struct world *w)
{
        static const char text[] = "http://example.org/0123456789/abcdefghijklmnopqrstuvwxyz";
        uint32_t size = chance_in(&w->chance, 40) ? 3000 : chance_below(&w->chance, 50);
        uint8_t *at = world_alloc(w, size + 1);
        for (uint32_t i = 0; i < size; i++)
                at[i] = (uint8_t)text[(i + (i > 6 ? chance_below(&w->chance, 4) : 0)) % 50];
        return (struct ansa_bytes){ at, size };
}

static void any_value(struct world *w, struct ansa_value *v)
{
        static const char *const types[] = { "URL",  "EMAIL",     "url.x",    "DESC",
                                             "URL.", "HS_SECKEY", "HS_ADMIN", "HS_VLIST" };
        static const uint8_t permissions[] = { 0x0e, 0x0e, 0x0e, 0x0e, 0x0f, 0x0c,
                                               0x08, 0x04, 0x00, 0x0a, 0x07, 0x3e };
        struct chance *c = &w->chance;
        *v = (struct ansa_value){
                .index = 1 + chance_below(c, 6),
                .timestamp_s = chance_below(c, 1000),
                .ttl_type = chance_in(c, 8) ? ANSA_TTL_ABSOLUTE : ANSA_TTL_RELATIVE,
                .ttl_s = chance_below(c, 3) * 3600,
                .permissions = permissions[chance_below(c, sizeof(permissions))],
                .type = ansa_bytes_text(types[chance_below(c, 6)]),
        };
        if (chance_in(c, 4)) {
                v->index = 100 + chance_below(c, 3);
                v->type = ANSA_BYTES_LIT("HS_ADMIN");
                if (chance_in(c, 20))
                        v->type = ANSA_BYTES_LIT("hs_admin");
                v->data = any_admin(w);
        } else if (chance_in(c, 12)) {
                v->index = 200;
                v->type = ANSA_BYTES_LIT("HS_VLIST");
                v->data = any_group(w);
        } else {
                v->data = any_text(w);
        }
        if (chance_in(c, 60))
                v->index = 0;
        if (chance_in(c, 25)) {
                uint8_t room[64];
                struct buf b = buf_over(room, sizeof(room));
                buf_block(&b, ANSA_BYTES_LIT("35.A/N1"));
                buf_u32(&b, 3);
                v->refs = (struct ansa_refs){ world_keep(w, buf_written(&b)), 1 };
        }
}

/* Sometimes what is there already, so that comparing has something to do. */
static void one_value(struct world *w, const struct model_record *r, struct ansa_value *v)
{
        any_value(w, v);
        if (r == NULL || r->count == 0)
                return;
        const struct ansa_value *old = &r->values[chance_below(&w->chance, (uint32_t)r->count)];
        uint32_t how = chance_below(&w->chance, 4);
        if (how == 0)
                *v = *old;
        else if (how == 1)
                v->index = old->index;
        else if (how == 2 && old->index != 100 && value_type_of(old->type) == TYPE_OTHER) {
                *v = *old;
                v->data = any_text(w);
        }
}

static struct ansa_values any_values(struct world *w, const struct model_record *r, uint32_t least)
{
        struct buf b = buf_growing(1u << 16);
        uint32_t count = least + chance_below(&w->chance, 4);
        uint64_t used[4] = { 0 };
        for (uint32_t i = 0; i < count; i++) {
                struct ansa_value v;
                for (int tries = 0; tries < 4; tries++) { /* mostly no index twice */
                        one_value(w, r, &v);
                        if ((used[v.index / 64 % 4] & (uint64_t)1 << v.index % 64) == 0)
                                break;
                }
                used[v.index / 64 % 4] |= (uint64_t)1 << v.index % 64;
                size_t size = ansa_value_size(&v);
                uint8_t *at = buf_take(&b, size);
                ansa_assert(at != NULL && ansa_value_encode(&v, at, size, &size) == ANSA_OK);
        }
        struct ansa_values values = { world_keep(w, buf_written(&b)), count };
        buf_fini(&b);
        return values;
}

static struct index_list any_indexes(struct world *w, const struct model_record *r, uint32_t count)
{
        uint8_t room[64];
        struct buf b = buf_over(room, sizeof(room));
        for (uint32_t i = 0; i < count; i++) {
                bool is_there = r != NULL && r->count > 0 && !chance_in(&w->chance, 4);
                buf_u32(&b, is_there ? r->values[chance_below(&w->chance, (uint32_t)r->count)].index
                                     : chance_below(&w->chance, 8));
        }
        return (struct index_list){ world_keep(w, buf_written(&b)), count };
}

static struct text_list any_types(struct world *w, uint32_t count)
{
        static const char *const types[] = { "URL", "url.", "HS_ADMIN", "hs_seckey", "", "EMAIL." };
        uint8_t room[128];
        struct buf b = buf_over(room, sizeof(room));
        for (uint32_t i = 0; i < count; i++)
                buf_block(&b, ansa_bytes_text(types[chance_below(&w->chance, 6)]));
        return (struct text_list){ world_keep(w, buf_written(&b)), count };
}

static void list_name(struct world *w, struct call *c, struct buf *b)
{
        static const char *const lists[] = { "0.NA/35.A", "0.na/35.a", "0.NA/0.NA/35.A",
                                             "0.NA/35.B", "35.A",      "35.A/N1",
                                             "0.NA/99.Z", "0.NA/0.NA", "0.NA/35.A.S1" };
        uint32_t n = chance_in(&w->chance, 2) ? 0 : chance_below(&w->chance, 9);
        c->server = n == 3 && !chance_in(&w->chance, 4) ? 1 : 0;
        name_body_encode(
                c->header.op == OP_LIST_HOMED ? ANSA_BYTES_LIT("/") : ansa_bytes_text(lists[n]), b);
}

static void home_name(struct world *w, struct call *c, struct buf *b)
{
        static const char *const prefixes[] = { "0.NA/35.A.S1", "0.NA/35.A.S2", "35.C",
                                                "0.NA/35.A.S1", "0.NA/35.B",    "35.A/N1",
                                                "0.NA/35.A" };
        uint32_t n = chance_below(&w->chance, chance_in(&w->chance, 10) ? 7 : 4);
        c->server = chance_below(&w->chance, SERVERS);
        name_body_encode(ansa_bytes_text(prefixes[n]), b);
}

static const struct model_record *target(struct world *w, struct call *c, struct ansa_bytes *name)
{
        *name = c->name.size > 0 ? c->name : request_name(w, &c->server);
        struct ansa_bytes key =
                model_key(&w->scratch, *name, w->server[c->server].config.case_sensitive);
        return model_find_const(&w->model, c->server, key);
}

static void create_body(struct world *w, struct call *c, struct buf *b)
{
        struct ansa_bytes name;
        const struct model_record *r = target(w, c, &name);
        bool is_minted = chance_in(&w->chance, 8) && w->model.record_count < 250;
        if (is_minted)
                c->header.flags |= FLAG_MINT_SUFFIX;
        struct record_body body = { name, any_values(w, r, 1) };
        if (is_minted && chance_in(&w->chance, 2))
                body.name = ANSA_BYTES_LIT("35.A/mint-");
        record_body_encode(&body, b);
}

void request_body(struct world *w, struct call *c, struct buf *b)
{
        struct ansa_bytes name;
        const struct model_record *r;
        switch (c->header.op) {
        case OP_RESOLVE: {
                r = target(w, c, &name);
                uint32_t filters = chance_below(&w->chance, 4);
                struct resolve_request q = { .name = name };
                if (filters == 1 || filters == 3)
                        q.indexes = any_indexes(w, r, 1 + chance_below(&w->chance, 3));
                if (filters == 2 || filters == 3)
                        q.types = any_types(w, 1 + chance_below(&w->chance, 2));
                resolve_request_encode(&q, b);
                break;
        }
        case OP_CREATE:
                create_body(w, c, b);
                break;
        case OP_ADD:
        case OP_MODIFY: {
                r = target(w, c, &name);
                bool is_empty = chance_in(&w->chance, 25);
                struct record_body body = { .name = name };
                if (!is_empty)
                        body.values = any_values(w, r, 1);
                record_body_encode(&body, b);
                break;
        }
        case OP_REMOVE: {
                r = target(w, c, &name);
                struct remove_request body = { name,
                                               any_indexes(w, r, chance_below(&w->chance, 4)) };
                remove_request_encode(&body, b);
                break;
        }
        case OP_LIST:
        case OP_LIST_PREFIXES:
        case OP_LIST_HOMED:
                list_name(w, c, b);
                break;
        case OP_HOME:
        case OP_UNHOME:
                home_name(w, c, b);
                break;
        case OP_GET_SITE:
                name_body_encode(ANSA_BYTES_LIT("/"), b);
                break;
        default:
                (void)target(w, c, &name);
                name_body_encode(name, b);
                break;
        }
        ansa_assert(b->err == ANSA_OK);
}
