/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Import through a server: creations that replace what exists, many under way at once on the
 * connection of one session. A record that the server refuses is a bad line.
 */
#include "programs/ansa/import.h"
#include "programs/ansa/online.h"
#include "programs/progress.h"

#include <stdlib.h>

#define UNDER_WAY_MAX 32u
#define VALUES_MAX    2048u

struct server_sink {
        struct import_sink sink;
        struct import *im;
        struct online online;
        bool keep;
        uint64_t done;
        struct ansa_value *values;
        struct ansa_call *calls[UNDER_WAY_MAX];
        uint64_t lines[UNDER_WAY_MAX];
        size_t under_way;
};

/* Wait for one of the calls to end and account for it. */
static enum ansa_err reap(struct server_sink *s)
{
        size_t i;
        enum ansa_err err = ansa_calls_wait(s->calls, UNDER_WAY_MAX, s->online.timeout_ms, &i);
        if (err != ANSA_OK)
                return err;
        const struct ansa_answer *answer = ansa_call_answer(s->calls[i]);
        if (answer->err != ANSA_OK && answer->response == 0) {
                cli_say(s->im->cli, "%s", answer->problem);
                err = answer->err; /* no server any more: nothing else will go through */
        } else if (answer->err != ANSA_OK) {
                import_bad_at(s->im, s->lines[i], "%s", answer->problem);
                s->im->records--;
        } else {
                s->done++;
        }
        ansa_call_free(s->calls[i]);
        s->calls[i] = NULL;
        s->under_way--;
        return err;
}

static enum ansa_err sink_put(struct import_sink *base, const struct import_record *record)
{
        struct server_sink *s = (struct server_sink *)base;
        struct ansa_values list = record->values;
        size_t count = 0;
        size_t slot = 0;
        if (s->under_way == UNDER_WAY_MAX) {
                enum ansa_err err = reap(s);
                if (err != ANSA_OK)
                        return err;
        }
        while (count < VALUES_MAX && ansa_values_next(&list, &s->values[count]) == ANSA_OK)
                count++;
        while (s->calls[slot] != NULL)
                slot++;
        struct ansa_request request = { .operation = ANSA_CREATE,
                                        .name = record->name,
                                        .flags = s->keep ? 0 : ANSA_OVERWRITE,
                                        .values = s->values,
                                        .value_count = count,
                                        .identity = s->online.identity,
                                        .session = s->online.session,
                                        .transport = s->online.transport,
                                        .timeout_ms = s->online.timeout_ms };
        s->lines[slot] = record->line;
        enum ansa_err err = ansa_call_new(s->online.client, &request, &s->calls[slot]);
        if (s->calls[slot] != NULL)
                s->under_way++;
        return s->calls[slot] != NULL ? ANSA_OK : err;
}

static enum ansa_err sink_finish(struct import_sink *base)
{
        struct server_sink *s = (struct server_sink *)base;
        enum ansa_err err = ANSA_OK;
        while (err == ANSA_OK && s->under_way > 0)
                err = reap(s);
        cli_say(s->im->cli, "%llu records written by the server", (unsigned long long)s->done);
        return err;
}

static void sink_free(struct import_sink *base)
{
        struct server_sink *s = (struct server_sink *)base;
        for (size_t i = 0; i < UNDER_WAY_MAX; i++)
                ansa_call_free(s->calls[i]);
        online_close(&s->online);
        free(s->values);
        free(s);
}

struct import_sink *import_sink_server(struct import *im, enum exit_status *status)
{
        struct server_sink *s = calloc(1, sizeof(*s));
        if (s != NULL)
                s->values = calloc(VALUES_MAX, sizeof(*s->values));
        if (s == NULL || s->values == NULL) {
                free(s);
                *status = cli_fail(im->cli, ANSA_E_NO_MEMORY, "out of memory");
                return NULL;
        }
        s->sink = (struct import_sink){ sink_put, sink_finish, sink_free };
        s->im = im;
        s->keep = cli_has(im->cli, "keep");
        *status = online_open(im->cli, &s->online);
        if (*status == EXIT_DONE && s->online.session == NULL) {
                struct ansa_session_options options = { .mode = ANSA_SESSION_DH,
                                                        .identity = s->online.identity,
                                                        .requests_max = UNDER_WAY_MAX };
                enum ansa_err err =
                        ansa_session_new(s->online.client, &options, &s->online.session);
                if (err != ANSA_OK)
                        *status = cli_fail(im->cli, err, "%s", ansa_err_text(err));
        }
        if (*status == EXIT_DONE)
                return &s->sink;
        sink_free(&s->sink);
        return NULL;
}
