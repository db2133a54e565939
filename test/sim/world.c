/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "base/assert.h"
#include "wire/data.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A world from its seed, and what happens in it next. */

#define ARENA_MAX (1024u << 20)
#define FIRST_S   1700000000

bool world_failed(const struct world *w)
{
        return w->failure[0] != 0;
}

void world_fail(struct world *w, const char *format, ...)
{
        if (world_failed(w))
                return;
        va_list arguments;
        va_start(arguments, format);
        int size = vsnprintf(w->failure, sizeof(w->failure), format, arguments);
        va_end(arguments);
        ansa_assert(size > 0);
}

/* What happens goes into the trail, so that two runs can be compared. */
void world_note(struct world *w, const char *format, ...)
{
        char text[512];
        va_list arguments;
        va_start(arguments, format);
        int size = vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        ansa_assert(size >= 0);
        for (const char *c = text; *c != 0; c++)
                w->trail = (w->trail ^ (uint8_t)*c) * 0x100000001b3u; /* FNV-1a */
        if (w->trace)
                printf("%6llu %10llu %s\n", (unsigned long long)w->step,
                       (unsigned long long)w->now_ms, text);
}

void *world_alloc(struct world *w, size_t size)
{
        void *at = arena_alloc(&w->arena, size);
        ansa_assert(at != NULL);
        return at;
}

struct ansa_bytes world_keep(struct world *w, struct ansa_bytes bytes)
{
        uint8_t *at = world_alloc(w, bytes.size + 1);
        if (bytes.size > 0)
                memcpy(at, bytes.at, bytes.size);
        return (struct ansa_bytes){ at, bytes.size };
}

uint32_t world_wall_s(const struct world *w)
{
        return (uint32_t)(w->wall_s + (int64_t)(w->now_ms / 1000));
}

struct model *world_model_copy(struct world *w)
{
        struct model *copy = world_alloc(w, sizeof(*copy));
        *copy = w->model;
        return copy;
}

/* First records */

struct draft {
        struct world *w;
        struct buf b;
        uint32_t count;
};

static void put_value(struct draft *d, uint32_t index, const char *type, uint8_t permissions,
                      struct ansa_bytes data)
{
        struct ansa_value v = { .index = index,
                                .timestamp_s = FIRST_S,
                                .ttl_s = 86400,
                                .permissions = permissions,
                                .type = ansa_bytes_text(type),
                                .data = data };
        size_t size = ansa_value_size(&v);
        uint8_t *at = buf_take(&d->b, size);
        ansa_assert(at != NULL && ansa_value_encode(&v, at, size, &size) == ANSA_OK);
        d->count++;
}

static void put_admin(struct draft *d, uint32_t index, uint16_t rights, uint32_t admin_index,
                      const char *admin)
{
        uint8_t room[256];
        struct buf b = buf_over(room, sizeof(room));
        struct admin_data data = { rights, { ansa_bytes_text(admin), admin_index }, false };
        admin_data_encode(&data, &b);
        put_value(d, index, "HS_ADMIN", ANSA_PERM_DEFAULT, buf_written(&b));
}

static void put_group(struct draft *d, uint32_t index, const struct ansa_ref *members,
                      uint32_t count)
{
        uint8_t room[512];
        struct buf b = buf_over(room, sizeof(room));
        vlist_encode(members, count, &b);
        put_value(d, index, "HS_VLIST", ANSA_PERM_DEFAULT, buf_written(&b));
}

static void put_key(struct draft *d, const struct person *p)
{
        bool is_secret = p->kind == PERSON_SECRET;
        put_value(d, p->who.index, is_secret ? "HS_SECKEY" : "HS_PUBKEY",
                  is_secret ? ANSA_PERM_ADMIN_READ | ANSA_PERM_ADMIN_WRITE : ANSA_PERM_DEFAULT,
                  p->data);
}

static void put_record(struct draft *d, uint32_t server, const char *name)
{
        struct ansa_values values = { world_keep(d->w, buf_written(&d->b)), d->count };
        struct sight s = server_sight(&d->w->server[0], &d->w->model, &d->w->model);
        bool is_everywhere = d->w->habits.site && (strncmp(name, "0.NA/", 5) == 0 ||
                                                   chance_in(&d->w->chance, 3)); /* imported */
        if (d->w->habits.site)
                server = model_is_share(&s, 0, ansa_bytes_text(name)) ? 0 : 1;
        server_bulk(&d->w->server[server], BULK_PUT, name, values);
        if (is_everywhere)
                server_bulk(&d->w->server[1 - server], BULK_PUT, name, values);
        buf_reset(&d->b);
        d->count = 0;
}

#define REF(name, index) ((struct ansa_ref){ ANSA_BYTES_LIT(name), index })

static void put_prefixes(struct draft *d, uint32_t home_of_b)
{
        const struct ansa_ref members[] = { REF("35.A/ALICE", 300), REF("35.B/CAROL", 300),
                                            REF("0.NA/35.A", 200), REF("35.B/GROUP", 200) };
        put_admin(d, 100, 0x1fff, 300, "0.NA/35.A");
        put_admin(d, 101, 0x0fff & ~RIGHT_ADD_ADMIN, 200, "0.NA/35.A");
        put_admin(d, 102, RIGHT_CREATE | RIGHT_LIST, 0, "35.A/BOB");
        put_group(d, 200, members, 4);
        put_key(d, &d->w->person[0]);
        if (chance_in(&d->w->chance, 2))
                put_value(d, 7, "HS_SERV.PREFIX", ANSA_PERM_DEFAULT, ANSA_BYTES_LIT("35.B/SERV"));
        put_record(d, 0, "0.NA/35.A");
        put_admin(d, 100, 0x1fff, 300, "0.NA/35.A");
        put_admin(d, 101, RIGHT_CREATE | RIGHT_LIST | RIGHT_ADD_PREFIX, 200, "35.B/GROUP");
        put_record(d, home_of_b, "0.NA/35.B");
}

static void put_people(struct draft *d)
{
        const struct ansa_ref members[] = { REF("35.A/ALICE", 0), REF("35.B/DAVE", 301),
                                            REF("0.NA/35.A", 200) };
        put_key(d, &d->w->person[1]);
        put_admin(d, 100, 0x07f3, 300, "35.A/ALICE");
        put_record(d, 0, "35.A/ALICE");
        put_key(d, &d->w->person[2]);
        put_admin(d, 100, 0x0fff, 300, "0.NA/35.A");
        put_record(d, 0, "35.A/BOB");
        put_key(d, &d->w->person[5]);
        put_record(d, 0, "35.A/MALLORY");
        put_key(d, &d->w->person[3]);
        put_record(d, 1, "35.B/CAROL");
        put_key(d, &d->w->person[4]);
        put_value(d, 1, "HS_SECKEY", 0, ANSA_BYTES_LIT("another one"));
        put_record(d, 1, "35.B/DAVE");
        put_group(d, 200, members, 3);
        put_admin(d, 100, 0x07f3, 200, "35.B/GROUP");
        put_record(d, 1, "35.B/GROUP");
}

/* Identifiers to make others of, and documents that say how. */
static void put_templates(struct world *w)
{
        struct draft d = { .w = w, .b = buf_growing(1u << 16) };
        struct chance *c = &w->chance;
        uint32_t home = w->habits.bulk ? 1 : 0; /* where the record of the prefix is not */
        size_t number = chance_below(c, chance_in(c, 3) ? MODEL_DOCUMENTS : 4);
        put_admin(&d, 100, 0x1fff, 300, "0.NA/35.A");
        put_admin(&d, 101, RIGHT_CREATE, 0, "35.A/BOB");
        put_value(&d, 10, "HS_NAMESPACE",
                  chance_in(c, 10) ? ANSA_PERM_ADMIN_READ : ANSA_PERM_DEFAULT,
                  model_document(number));
        put_record(&d, 0, "0.NA/35.T");
        put_value(&d, 400, "TEMPLATE", chance_in(c, 6) ? ANSA_PERM_ADMIN_READ : ANSA_PERM_DEFAULT,
                  model_referred());
        put_record(&d, home, "35.T/DOC");
        for (char suffix = '0'; suffix <= '5'; suffix++) {
                char name[] = "35.T/R?";
                name[6] = suffix;
                put_value(&d, 1, "URL", ANSA_PERM_DEFAULT, ANSA_BYTES_LIT("http://example.org/t"));
                put_value(&d, 2, "EMAIL", ANSA_PERM_DEFAULT, ANSA_BYTES_LIT("t@example.org"));
                put_value(&d, 3, "URL", suffix < '3' ? ANSA_PERM_DEFAULT : ANSA_PERM_ADMIN_READ,
                          ANSA_BYTES_LIT("http://example.org/for-some"));
                put_admin(&d, 100, 0x1fff, 300, "0.NA/35.A");
                if (suffix == '5')
                        put_value(&d, 10, "HS_NAMESPACE", ANSA_PERM_DEFAULT, model_document(1));
                put_record(&d, home, name);
        }
        server_bulk(&w->server[home], BULK_HOME, "0.NA/35.T", (struct ansa_values){ .count = 0 });
        buf_fini(&d.b);
}

/* What everything else hangs on; also put back when it was broken by those who may. */
static void put_basics(struct world *w)
{
        struct draft d = { .w = w, .b = buf_growing(1u << 20) };
        bool b_keeps_its_own = !w->habits.bulk;
        put_prefixes(&d, b_keeps_its_own ? 1 : 0);
        put_people(&d);
        server_bulk(&w->server[0], BULK_HOME, "0.NA/35.A", (struct ansa_values){ .count = 0 });
        server_bulk(&w->server[1], BULK_HOME, "0.NA/35.B", (struct ansa_values){ .count = 0 });
        if (w->habits.site) {
                server_bulk(&w->server[1], BULK_HOME, "0.NA/35.A",
                            (struct ansa_values){ .count = 0 });
                server_bulk(&w->server[0], BULK_HOME, "0.NA/35.B",
                            (struct ansa_values){ .count = 0 });
        }
        if (!b_keeps_its_own)
                server_bulk(&w->server[0], BULK_HOME, "0.NA/0.NA",
                            (struct ansa_values){ .count = 0 });
        buf_fini(&d.b);
        if (w->habits.template_name > 0)
                put_templates(w);
}

static void put_some(struct world *w)
{
        struct draft d = { .w = w, .b = buf_growing(1u << 16) };
        static const struct {
                const char *name;
                uint32_t server;
                uint16_t rights;
                uint32_t index;
                const char *admin;
        } some[] = {
                { "35.A/N0", 0, 0x07f3, 200, "0.NA/35.A" },
                { "35.A/N1", 0, 0x1fff, 0, "35.A/BOB" },
                { "35.a/n2", 0, 0x0470, 300, "35.B/CAROL" },
                { "35.A/N3", 0, 0x03ff, 301, "35.B/DAVE" },
                { "35.A/N4", 0, 0x0062, 200, "35.B/GROUP" },
                { "35.B/N0", 1, 0x07f3, 200, "0.NA/35.A" },
                { "35.B/N1", 1, 0x1fff, 300, "0.NA/35.A" },
                { "35.B/N2", 1, 0x0650, 0, "35.B/DAVE" },
        };
        for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
                put_value(&d, 1, "URL", ANSA_PERM_DEFAULT, ANSA_BYTES_LIT("http://example.org/"));
                put_value(&d, 2, "EMAIL", ANSA_PERM_ADMIN_READ | ANSA_PERM_ADMIN_WRITE,
                          ANSA_BYTES_LIT("someone@example.org"));
                put_value(&d, 3, "DESC", ANSA_PERM_DEFAULT | ANSA_PERM_PUBLIC_WRITE,
                          ANSA_BYTES_LIT("for all to write"));
                put_admin(&d, 100, some[i].rights, some[i].index, some[i].admin);
                put_admin(&d, 101, 0x1fff, 300, "0.NA/35.A");
                put_record(&d, some[i].server, some[i].name);
        }
        buf_fini(&d.b);
}

static void put_many(struct world *w)
{
        struct draft d = { .w = w, .b = buf_growing(1u << 16) };
        for (unsigned i = 0; i < 120; i++) {
                char name[32];
                ansa_assert(snprintf(name, sizeof(name), "35.a/bulk-%03u", i) > 0);
                put_value(&d, 1, "URL", ANSA_PERM_DEFAULT, ANSA_BYTES_LIT("http://example.org/"));
                put_record(&d, 0, name);
        }
        buf_fini(&d.b);
}

/* Swarm: each world has its own settings and its own troubles. */

static uint32_t sometimes(struct world *w, uint32_t n)
{
        return chance_in(&w->chance, 3) ? 0 : n;
}

static void choose_habits(struct world *w)
{
        w->habits = (struct habits){
                .death = sometimes(w, 200),
                .fault = sometimes(w, 60),
                .full = sometimes(w, 300),
                .loss = sometimes(w, 12),
                .twice = sometimes(w, 10),
                .jump = sometimes(w, 150),
                .attack = sometimes(w, 10),
                .fetch_failure = sometimes(w, 8),
                .batch = sometimes(w, 3),
                .session = sometimes(w, 3),
                .old_versions = chance_in(&w->chance, 2),
                .uses_dh = chance_in(&w->chance, 6),
                .bulk = chance_in(&w->chance, 4),
        };
}

/* By another stream than that of the world, which then goes on as it does without them. */
static void choose_later_habits(struct world *w)
{
        struct chance c = { ~w->seed * 0x2545f4914f6cdd1du };
        w->habits.editor = chance_in(&c, 3) ? 0 : 12;
        w->habits.rsa_servers = chance_below(&c, 4);
        w->habits.uses_all_modes = chance_in(&c, 2);
        w->habits.template_name = chance_in(&c, 3) ? 0 : 6;
        w->habits.site = chance_in(&c, 4);
        w->habits.by_suffix = w->habits.site && chance_in(&c, 2);
        if (w->habits.site)
                w->habits.template_name = 0;
}

static void choose_config(struct world *w, struct server *s, bool case_sensitive)
{
        struct chance *c = &w->chance;
        s->admins[0] = w->person[0].who;
        s->admins[1] = REF("35.B/GROUP", 200);
        s->has_fetcher = !chance_in(c, 6);
        s->config = (struct identifier_config){
                .case_sensitive = case_sensitive,
                .allow_recursion = chance_in(c, 2),
                .allow_list = !chance_in(c, 5),
                .require_sessions = w->habits.session > 0 && chance_in(c, 8),
                .allow_old_crypto = chance_in(c, 2),
                .server_admin_full_access = chance_in(c, 4),
                .enable_status = chance_in(c, 2),
                .challenge_s = 4 + chance_below(c, 30),
                .challenges_max = chance_in(c, 4) ? 2 + chance_below(c, 4) : 100,
                .session_s_max = 100 + chance_below(c, 2000),
                .sessions_max = chance_in(c, 4) ? 2 + chance_below(c, 3) : 50,
                .dh_bits_min = chance_in(c, 4) ? 2048 : 1024,
                .cache_size_max = chance_in(c, 2) ? 65536 : 0,
                .server_admins = s->admins,
                .server_admin_count = chance_in(c, 2) ? 2 : 1,
        };
}

void world_open(struct world *w, uint64_t seed, const struct world_options *options)
{
        *w = (struct world){ .seed = seed,
                             .trace = options->trace,
                             .is_plain = options->is_plain,
                             .trail = 0xcbf29ce484222325u };
        w->chance.state = seed * 0x2545f4914f6cdd1du + 1;
        arena_init(&w->arena, ARENA_MAX);
        arena_init(&w->scratch, ARENA_MAX);
        w->now_ms = 1000000;
        w->wall_s = FIRST_S + 1000;
        w->calls = calloc(CALLS_MAX, sizeof(*w->calls));
        w->links = calloc(LINKS_MAX, sizeof(*w->links));
        w->dares = calloc(DARES_MAX, sizeof(*w->dares));
        w->tokens = calloc(2 * (size_t)DARES_MAX, sizeof(*w->tokens));
        ansa_assert(w->calls != NULL && w->links != NULL && w->dares != NULL && w->tokens != NULL);
        choose_habits(w);
        if (!w->is_plain)
                choose_later_habits(w);
        people_make(w);
        bool case_sensitive = chance_in(&w->chance, 3);
        for (uint32_t i = 0; i < SERVERS; i++) {
                choose_config(w, &w->server[i], case_sensitive);
                server_open(w, i);
        }
        put_basics(w);
        put_some(w);
        if (w->habits.bulk)
                put_many(w);
        for (uint32_t i = 0; i < SERVERS; i++)
                audit_store(&w->server[i], &w->model, true);
}

void world_close(struct world *w)
{
        for (size_t i = 0; i < w->call_count; i++)
                dh_free(w->calls[i].dh);
        for (uint32_t i = 0; i < SERVERS; i++)
                server_close(&w->server[i]);
        people_free(w);
        free(w->calls);
        free(w->links);
        free(w->dares);
        free(w->tokens);
        arena_fini(&w->arena);
        arena_fini(&w->scratch);
}

/* The next step */

static void pass_time(struct world *w)
{
        struct chance *c = &w->chance;
        w->now_ms += chance_below(c, 30);
        if (chance_in(c, 400))
                w->now_ms += chance_below(c, 30000);
        if (w->habits.jump > 0 && chance_in(c, 4 * w->habits.jump))
                w->now_ms += chance_below(c, 3000000);
        if (w->habits.jump > 0 && chance_in(c, w->habits.jump))
                w->wall_s += (int64_t)chance_below(c, 200000) - 100000;
        if (chance_in(c, 20))
                identifier_tick(w->server[chance_below(c, SERVERS)].service);
}

static void make_trouble(struct world *w)
{
        struct chance *c = &w->chance;
        struct server *s = &w->server[chance_below(c, SERVERS)];
        static const enum ansa_err errors[] = { ANSA_E_IO, ANSA_E_FULL, ANSA_E_NO_MEMORY };
        uint32_t in_calls = 1 + chance_below(c, 12);
        if (w->habits.death > 0 && chance_in(c, w->habits.death)) {
                s->fault.kind = FAULT_DEATH;
                s->fault.in_calls = in_calls;
        } else if (w->habits.fault > 0 && chance_in(c, w->habits.fault)) {
                s->fault.kind = FAULT_ERROR;
                s->fault.in_calls = in_calls;
                s->fault.err = errors[chance_below(c, 3)];
        }
        if (w->habits.full > 0 && chance_in(c, s->fault.is_full ? 6 : w->habits.full))
                s->fault.is_full = !s->fault.is_full;
}

static void act(struct world *w)
{
        struct chance *c = &w->chance;
        struct server *s = &w->server[chance_below(c, SERVERS)];
        uint32_t what = chance_below(c, 100);
        if (s->task_count + s->job_count == 0)
                s = &w->server[1 - s->number];
        if (w->habits.attack > 0 && chance_in(c, w->habits.attack))
                attacker_act(w);
        else if (w->habits.editor > 0 && chance_in(c, w->habits.editor))
                editors_act(w);
        else if (what < 18)
                calls_new(w);
        else if (what < 72)
                network_deliver(w);
        else if (what < 88)
                door_slow(s);
        else if (what < 98)
                door_write(s);
        else if (what < 99)
                calls_timeouts(w);
        else if (chance_in(c, 3) && !w->is_left_alone)
                put_basics(w);
}

void world_step(struct world *w)
{
        w->step++;
        w->tally.steps++;
        arena_reset(&w->scratch);
        pass_time(w);
        make_trouble(w);
        act(w);
        for (uint32_t i = 0; i < SERVERS && !world_failed(w); i++) {
                struct server *s = &w->server[i];
                if (s->fault.is_dead) {
                        server_restart(s);
                        audit_store(s, &w->model, true);
                }
        }
        audit_tables(w);
        if (!world_failed(w) && chance_in(&w->chance, 25)) {
                for (uint32_t i = 0; i < SERVERS; i++)
                        audit_store(&w->server[i], &w->model, true);
        }
}
