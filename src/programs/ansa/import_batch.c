/* SPDX-License-Identifier: Apache-2.0 */
/* Batch files: each operation is done by the server before the next is read. */
#include "base/text.h"
#include "crypto/digest.h"
#include "programs/ansa/batch.h"
#include "programs/ansa/import.h"
#include "programs/ansa/online.h"
#include "programs/home.h"

#include <stdlib.h>

#define KEY_FILE_MAX 65536u

struct import_batch {
        struct batch batch;
        struct online online;
};

struct import_batch *import_batch_new(struct import *im, enum exit_status *status)
{
        struct import_batch *ib = calloc(1, sizeof(*ib));
        if (ib == NULL) {
                *status = cli_fail(im->cli, ANSA_E_NO_MEMORY, "out of memory");
                return NULL;
        }
        batch_init(&ib->batch);
        *status = online_open(im->cli, &ib->online);
        if (*status == EXIT_DONE)
                return ib;
        import_batch_free(ib);
        return NULL;
}

void import_batch_free(struct import_batch *ib)
{
        if (ib == NULL)
                return;
        online_close(&ib->online);
        batch_fini(&ib->batch);
        free(ib);
}

static void use_identity(struct import_batch *ib, struct ansa_identity *identity)
{
        /* A session belongs to the administrator before. */
        ansa_session_free(ib->online.session);
        ib->online.session = NULL;
        ansa_identity_free(ib->online.identity);
        ib->online.identity = identity;
}

static void authenticate(struct import *im, struct import_batch *ib,
                         const struct batch_operation *o)
{
        struct ansa_identity *identity = NULL;
        enum ansa_err err;
        if (o->kind == BATCH_SECRET) {
                err = ansa_identity_new_secret(&o->key, o->secret, &identity);
        } else {
                uint8_t *at;
                size_t size;
                char path[4096];
                (void)snprintf(path, sizeof(path), "%.*s", (int)o->path.size,
                               (const char *)o->path.at);
                err = file_read(path, KEY_FILE_MAX, &at, &size);
                if (err == ANSA_OK) {
                        err = ansa_identity_new_file(&o->key, (struct ansa_bytes){ at, size },
                                                     o->secret, &identity);
                        wipe(at, size);
                        free(at);
                }
        }
        if (err == ANSA_OK)
                use_identity(ib, identity);
        else
                import_bad_at(im, o->line, "AUTHENTICATE: %s", ansa_err_text(err));
}

static void set_up_session(struct import *im, struct import_batch *ib,
                           const struct batch_operation *o)
{
        struct ansa_session_options options = { .mode = ANSA_SESSION_DH,
                                                .identity = ib->online.identity,
                                                .encrypt_all = true };
        ansa_session_free(ib->online.session);
        ib->online.session = NULL;
        enum ansa_err err =
                o->use_session ? ansa_session_new(ib->online.client, &options, &ib->online.session)
                               : ANSA_OK;
        if (err != ANSA_OK)
                import_bad_at(im, o->line, "SESSIONSETUP: %s", ansa_err_text(err));
}

static void run_request(struct import *im, struct import_batch *ib, uint64_t line,
                        struct ansa_request *request)
{
        struct ansa_call *call = NULL;
        request->identity = ib->online.identity;
        request->session = ib->online.session;
        request->transport = ib->online.transport;
        request->timeout_ms = ib->online.timeout_ms;
        enum ansa_err err = ansa_run(ib->online.client, request, &call);
        if (err == ANSA_OK)
                im->records++;
        else
                import_bad_at(im, line, "%s",
                              call != NULL ? ansa_call_answer(call)->problem : ansa_err_text(err));
        ansa_call_free(call);
}

/* HOME and UNHOME go to the server of the options: the address in the file is that server's. */
static void home_prefixes(struct import *im, struct import_batch *ib,
                          const struct batch_operation *o)
{
        for (uint32_t i = 0; i < o->prefix_count; i++) {
                struct ansa_request request = { .operation = o->kind == BATCH_HOME ? ANSA_HOME
                                                                                   : ANSA_UNHOME,
                                                .name = o->prefixes[i] };
                run_request(im, ib, o->line, &request);
        }
}

static void run_operation(struct import *im, struct import_batch *ib,
                          const struct batch_operation *o)
{
        struct ansa_request request = { .name = o->name,
                                        .values = o->values,
                                        .value_count = o->value_count,
                                        .indexes = o->indexes,
                                        .index_count = o->index_count };
        switch (o->kind) {
        case BATCH_CREATE:
                request.operation = ANSA_CREATE;
                break;
        case BATCH_ADD:
                request.operation = ANSA_ADD;
                break;
        case BATCH_MODIFY:
                request.operation = ANSA_MODIFY;
                break;
        case BATCH_DELETE:
                request.operation = ANSA_DELETE;
                break;
        case BATCH_REMOVE:
                request.operation = ANSA_REMOVE;
                break;
        case BATCH_HOME:
        case BATCH_UNHOME:
                home_prefixes(im, ib, o);
                return;
        case BATCH_SECRET:
        case BATCH_KEY:
                authenticate(im, ib, o);
                return;
        case BATCH_SESSION:
                set_up_session(im, ib, o);
                return;
        case BATCH_NONE:
                return;
        }
        run_request(im, ib, o->line, &request);
}

static void take_result(struct import *im, enum batch_result result)
{
        struct import_batch *ib = im->batch;
        if (result == BATCH_WHOLE)
                run_operation(im, ib, &ib->batch.now);
        else if (result == BATCH_PROBLEM)
                import_bad(im, "%s", ib->batch.problem);
}

enum ansa_err import_batch_line(struct import *im, struct ansa_bytes line)
{
        take_result(im, batch_line(&im->batch->batch, im->line, line));
        return ANSA_OK;
}

void import_batch_end(struct import *im)
{
        take_result(im, batch_end(&im->batch->batch));
}
