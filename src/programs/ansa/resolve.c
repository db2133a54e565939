/* SPDX-License-Identifier: Apache-2.0 */
/* ansa resolve and ansa site: what an identifier says, and what a server says of itself. */
#include "base/text.h"
#include "programs/ansa/online.h"
#include "programs/ansa/show.h"
#include "programs/ansa/verbs.h"
#include "wire/json.h"

#include <stdlib.h>

#define OUTPUT_MAX  (16u << 20)
#define FILTERS_MAX 64u

static enum exit_status print(const struct cli *c, struct buf *out)
{
        bool done = out->err == ANSA_OK && fwrite(out->at, 1, out->size, stdout) == out->size;
        buf_fini(out);
        return done ? EXIT_DONE : cli_fail(c, ANSA_E_IO, "the answer could not be written");
}

static enum exit_status print_answer(const struct cli *c, const struct ansa_answer *answer)
{
        struct buf out = buf_growing(OUTPUT_MAX);
        if (c->json) {
                json_put_record(&out, answer->name, answer->values);
                buf_u8(&out, '\n');
        } else {
                show_text(&out, answer->name);
                buf_printf(&out, "   (%s%s%s)\n", answer->server,
                           answer->is_authoritative ? ", authoritative" : "",
                           answer->is_certified ? ", signed by the server" : "");
                show_values(&out, answer->values);
        }
        return print(c, &out);
}

/* --index and --type to the request; the arrays are the caller's. */
static bool take_filters(const struct cli *c, uint32_t indexes[FILTERS_MAX],
                         struct ansa_bytes types[FILTERS_MAX], struct ansa_request *request)
{
        const char *text;
        for (size_t i = 0; (text = cli_value_at(c, "index", i)) != NULL; i++) {
                uint64_t index;
                if (i == FILTERS_MAX ||
                    text_u64(ansa_bytes_text(text), UINT32_MAX, &index) != ANSA_OK || index == 0) {
                        cli_say(c, "--index %s: a number from 1 is wanted, at most %u of them",
                                text, FILTERS_MAX);
                        return false;
                }
                indexes[request->index_count++] = (uint32_t)index;
        }
        for (size_t i = 0; (text = cli_value_at(c, "type", i)) != NULL; i++) {
                if (i == FILTERS_MAX) {
                        cli_say(c, "--type: at most %u of them", FILTERS_MAX);
                        return false;
                }
                types[request->type_count++] = ansa_bytes_text(text);
        }
        request->indexes = indexes;
        request->types = types;
        return true;
}

enum exit_status verb_resolve(struct cli *c)
{
        struct online o;
        struct ansa_call *call = NULL;
        uint32_t indexes[FILTERS_MAX];
        struct ansa_bytes types[FILTERS_MAX];
        struct ansa_request request = { .operation = ANSA_RESOLVE };
        request.name = ansa_name_from_user(ansa_bytes_text(c->arguments[0]));
        if (!take_filters(c, indexes, types, &request))
                return EXIT_USAGE;
        if (cli_has(c, "authoritative"))
                request.flags |= ANSA_AUTHORITATIVE;
        if (cli_has(c, "certified"))
                request.flags |= ANSA_CERTIFIED;
        enum exit_status status = online_open(c, &o);
        if (o.identity != NULL)
                request.flags |= ANSA_PRIVATE;
        if (status == EXIT_DONE)
                status = online_run(&o, &request, &call);
        if (status == EXIT_DONE)
                status = print_answer(c, ansa_call_answer(call));
        ansa_call_free(call);
        online_close(&o);
        return status;
}

enum exit_status verb_site(struct cli *c)
{
        struct online o;
        struct ansa_call *call = NULL;
        struct ansa_request request = {
                .operation = ANSA_GET_SITE,
        };
        if (c->argument_count > 0)
                request.name = ansa_name_from_user(ansa_bytes_text(c->arguments[0]));
        enum exit_status status = online_open(c, &o);
        if (status == EXIT_DONE)
                status = online_run(&o, &request, &call);
        if (status == EXIT_DONE) {
                struct ansa_site site;
                struct buf out = buf_growing(OUTPUT_MAX);
                enum ansa_err err = ansa_site_decode(ansa_call_answer(call)->site, &site);
                if (err != ANSA_OK) {
                        status = cli_fail(c, err, "the site record %s", ansa_err_text(err));
                } else {
                        if (c->json)
                                json_put_site(&out, &site);
                        else
                                show_site(&out, &site);
                        buf_u8(&out, '\n');
                        status = print(c, &out);
                }
        }
        ansa_call_free(call);
        online_close(&o);
        return status;
}

static bool print_name(void *context, struct ansa_bytes name)
{
        const struct cli *c = context;
        struct buf line = buf_growing(16384);
        if (c->json)
                json_put_string(&line, name);
        else
                show_text(&line, name);
        buf_u8(&line, '\n');
        bool done = line.err == ANSA_OK && fwrite(line.at, 1, line.size, stdout) == line.size;
        buf_fini(&line);
        return done;
}

enum exit_status verb_list(struct cli *c)
{
        struct online o;
        struct ansa_call *call = NULL;
        bool is_homed = cli_has(c, "homed");
        struct ansa_request request = { .operation = is_homed                 ? ANSA_LIST_HOMED
                                                     : cli_has(c, "prefixes") ? ANSA_LIST_PREFIXES
                                                                              : ANSA_LIST,
                                        .on_name = print_name,
                                        .context = c };
        if (is_homed == (c->argument_count > 0)) {
                cli_say(c, "a prefix is wanted, or --homed");
                return EXIT_USAGE;
        }
        if (!is_homed)
                request.name = ansa_name_from_user(ansa_bytes_text(c->arguments[0]));
        enum exit_status status = online_open(c, &o);
        if (status == EXIT_DONE)
                status = online_run(&o, &request, &call);
        if (status == EXIT_DONE && !c->json)
                cli_say(c, "%llu names", (unsigned long long)ansa_call_answer(call)->name_count);
        ansa_call_free(call);
        online_close(&o);
        return status;
}

enum exit_status verb_status(struct cli *c)
{
        struct online o;
        struct ansa_call *call = NULL;
        struct ansa_request request = { .operation = ANSA_RESOLVE,
                                        .name = ANSA_BYTES_LIT("0.SITE/status"),
                                        .flags = ANSA_PRIVATE | ANSA_NO_CACHE };
        enum exit_status status = online_open(c, &o);
        if (status == EXIT_DONE)
                status = online_run(&o, &request, &call);
        if (status == EXIT_DONE)
                status = print_answer(c, ansa_call_answer(call));
        ansa_call_free(call);
        online_close(&o);
        return status;
}
