/* SPDX-License-Identifier: Apache-2.0 */
/* ansa create, put, add, modify, remove, delete, home, unhome. */
#include "base/text.h"
#include "programs/ansa/online.h"
#include "programs/ansa/show.h"
#include "programs/ansa/values.h"
#include "programs/ansa/verbs.h"
#include "wire/json.h"

#define MEMORY_MAX  (32u << 20)
#define INDEXES_MAX 512u

static enum exit_status report(const struct cli *c, const struct ansa_answer *answer,
                               struct ansa_bytes asked, const char *what)
{
        struct ansa_bytes name = answer->name.size > 0 ? answer->name : asked;
        if (c->json) {
                struct buf b = buf_growing(65536);
                buf_text(&b, "{\"responseCode\":1,\"handle\":");
                json_put_string(&b, name);
                buf_text(&b, "}\n");
                if (b.err == ANSA_OK)
                        (void)fwrite(b.at, 1, b.size, stdout);
                buf_fini(&b);
        } else {
                struct buf b = buf_growing(65536);
                show_text(&b, name);
                printf("%.*s %s%s\n", (int)b.size, (const char *)b.at, what,
                       answer->did_overwrite ? ", replacing what was there" : "");
                buf_fini(&b);
        }
        return EXIT_DONE;
}

static enum exit_status run_in(struct online *o, struct ansa_request *request, const char *what)
{
        struct ansa_call *call = NULL;
        enum exit_status status = online_run(o, request, &call);
        if (status == EXIT_DONE)
                status = report(o->cli, ansa_call_answer(call), request->name, what);
        ansa_call_free(call);
        return status;
}

static enum exit_status run(struct cli *c, struct ansa_request *request, const char *what)
{
        struct online o;
        enum exit_status status = online_open(c, &o);
        if (status == EXIT_DONE)
                status = run_in(&o, request, what);
        online_close(&o);
        return status;
}

static struct ansa_bytes name_argument(const struct cli *c)
{
        return ansa_name_from_user(ansa_bytes_text(c->arguments[0]));
}

static enum exit_status run_with_values(struct cli *c, enum ansa_operation operation,
                                        uint32_t flags, const char *what)
{
        struct arena arena;
        struct ansa_value *values;
        struct ansa_request request = { .operation = operation,
                                        .name = name_argument(c),
                                        .flags = flags };
        enum exit_status status = EXIT_USAGE;
        arena_init(&arena, MEMORY_MAX);
        if (values_from_options(c, &arena, &values, &request.value_count) &&
            (operation != ANSA_CREATE ||
             values_add_admin(c, &arena, values, &request.value_count))) {
                request.values = values;
                status = run(c, &request, what);
        }
        arena_fini(&arena);
        return status;
}

enum exit_status verb_create(struct cli *c)
{
        uint32_t flags = cli_has(c, "mint") ? ANSA_MINT : 0;
        return run_with_values(c, ANSA_CREATE, flags, "created");
}

enum exit_status verb_put(struct cli *c)
{
        return run_with_values(c, ANSA_CREATE, ANSA_OVERWRITE, "written");
}

enum exit_status verb_add(struct cli *c)
{
        uint32_t flags = cli_has(c, "overwrite") ? ANSA_OVERWRITE : 0;
        return run_with_values(c, ANSA_ADD, flags, "changed");
}

/* What no option says of the value that @old is to become stays as it is. */
static void keep(const struct cli *c, const struct ansa_value *old, struct ansa_value *values,
                 size_t count)
{
        for (size_t i = 0; i < count; i++) {
                if (values[i].index != old->index)
                        continue;
                if (!cli_has(c, "permissions"))
                        values[i].permissions = old->permissions;
                if (!cli_has(c, "ttl")) {
                        values[i].ttl_type = old->ttl_type;
                        values[i].ttl_s = old->ttl_s;
                }
        }
}

/* Else changing the data of a private value would show it to everybody. */
static enum exit_status keep_stored(struct online *o, struct ansa_bytes name,
                                    struct ansa_value *values, size_t count)
{
        uint32_t indexes[INDEXES_MAX];
        struct ansa_request look = { .operation = ANSA_RESOLVE,
                                     .name = name,
                                     .flags = ANSA_AUTHORITATIVE,
                                     .indexes = indexes };
        struct ansa_call *call = NULL;
        struct ansa_value old;
        if (o->identity != NULL)
                look.flags |= ANSA_PRIVATE;
        while (look.index_count < count && look.index_count < INDEXES_MAX) {
                indexes[look.index_count] = values[look.index_count].index;
                look.index_count++;
        }
        enum exit_status status = online_run(o, &look, &call);
        struct ansa_values stored = { 0 };
        if (status == EXIT_DONE)
                stored = ansa_call_answer(call)->values;
        while (ansa_values_next(&stored, &old) == ANSA_OK)
                keep(o->cli, &old, values, count);
        ansa_call_free(call);
        return status;
}

enum exit_status verb_modify(struct cli *c)
{
        struct arena arena;
        struct online o = { 0 };
        struct ansa_value *values;
        struct ansa_request request = { .operation = ANSA_MODIFY, .name = name_argument(c) };
        enum exit_status status = EXIT_USAGE;
        arena_init(&arena, MEMORY_MAX);
        if (values_from_options(c, &arena, &values, &request.value_count)) {
                request.values = values;
                status = online_open(c, &o);
                /* values of a file have their own */
                if (status == EXIT_DONE && !cli_has(c, "values"))
                        status = keep_stored(&o, request.name, values, request.value_count);
                if (status == EXIT_DONE)
                        status = run_in(&o, &request, "changed");
                online_close(&o);
        }
        arena_fini(&arena);
        return status;
}

enum exit_status verb_remove(struct cli *c)
{
        uint32_t indexes[INDEXES_MAX];
        struct ansa_request request = { .operation = ANSA_REMOVE,
                                        .name = name_argument(c),
                                        .indexes = indexes };
        for (int i = 1; i < c->argument_count; i++) {
                uint64_t index;
                if (request.index_count == INDEXES_MAX ||
                    text_u64(ansa_bytes_text(c->arguments[i]), UINT32_MAX, &index) != ANSA_OK) {
                        cli_say(c, "%s: the index of a value is wanted, at most %u of them",
                                c->arguments[i], INDEXES_MAX);
                        return EXIT_USAGE;
                }
                indexes[request.index_count++] = (uint32_t)index;
        }
        return run(c, &request, "changed");
}

static enum exit_status run_bare(struct cli *c, enum ansa_operation operation, const char *what)
{
        struct ansa_request request = { .operation = operation, .name = name_argument(c) };
        return run(c, &request, what);
}

enum exit_status verb_delete(struct cli *c)
{
        return run_bare(c, ANSA_DELETE, "deleted");
}

enum exit_status verb_home(struct cli *c)
{
        return run_bare(c, ANSA_HOME, "homed");
}

enum exit_status verb_unhome(struct cli *c)
{
        return run_bare(c, ANSA_UNHOME, "no longer homed");
}
