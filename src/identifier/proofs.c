/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hasher.h"
#include "identifier/log.h"
#include "identifier/prove.h"
#include "identifier/view.h"
#include "wire/body.h"
#include "wire/bundle.h"
#include "wire/name.h"

#include <stdlib.h>

/*
 * Proofs for whoever asks. All that is in one comes from one snapshot, whose checkpoint is the
 * published one or is signed now; what all proofs by a checkpoint share is made once a worker.
 */

struct proofs {
        uint64_t size; /* of the log; 0: nothing is made */
        struct hash256 root;
        struct prove_checkpoint checkpoint;
        struct buf bundle; /* the binary form, while the text is made */
};

void proofs_free(struct proofs *proofs)
{
        if (proofs == NULL)
                return;
        prove_checkpoint_fini(&proofs->checkpoint);
        buf_fini(&proofs->bundle);
        free(proofs);
}

/* Make ready for the snapshot that the worker has. */
static enum ansa_err look(struct identifier_worker *worker, struct proofs *p)
{
        uint8_t at[CHECKPOINT_SIZE_MAX];
        struct buf note = buf_over(at, sizeof(at));
        struct ledger_head head;
        enum ansa_err err = ledger_head_read(worker->txn, &head);
        if (err != ANSA_OK || p->size == ledger_head_size(&head))
                return err;
        err = log_checkpoint(worker->service, &head, worker->may_block, &note);
        if (err != ANSA_OK)
                return err;
        prove_checkpoint_fini(&p->checkpoint);
        p->size = 0;
        err = prove_checkpoint_make(&crypto_hasher, &head, buf_written(&note), &p->checkpoint);
        if (err != ANSA_OK)
                return err;
        ledger_head_root(&crypto_hasher, &head, &p->root);
        p->size = ledger_head_size(&head);
        return ANSA_OK;
}

static bool is_selected(const void *context, const struct ansa_value *value)
{
        const struct resolve_request *query = context;
        struct text_list types = query->types;
        struct ansa_bytes type;
        bool is_it = query->indexes.count == 0 && types.count == 0;
        for (uint32_t i = 0; i < query->indexes.count; i++)
                is_it = is_it || index_list_at(&query->indexes, i) == value->index;
        while (text_list_next(&types, &type) == ANSA_OK)
                is_it = is_it || ansa_bytes_equal(type, value->type);
        return is_it;
}

static enum ansa_err make(struct identifier_worker *worker, const struct resolve_request *query,
                          struct buf *bundle)
{
        struct view view;
        bool is_homed = false;
        view_of_worker(worker, &view);
        enum ansa_err err = view_is_homed(&view, query->name, &is_homed);
        if (err != ANSA_OK || !is_homed)
                return err != ANSA_OK ? err : ANSA_E_NOT_FOUND;
        err = look(worker, worker->proofs);
        if (err != ANSA_OK)
                return err;
        const struct prove_question q = {
                .txn = worker->txn,
                .hasher = &crypto_hasher,
                .checkpoint = &worker->proofs->checkpoint,
                .case_sensitive = worker_settings(worker)->config.case_sensitive,
                .name = query->name,
                .is_selected = is_selected,
                .context = query,
        };
        return prove(&q, bundle);
}

static enum ansa_err put_text(struct proofs *p, struct buf *b)
{
        struct bundle bundle;
        if (bundle_decode(buf_written(&p->bundle), &bundle) != ANSA_OK)
                return ANSA_E_CORRUPT; /* we have just made it */
        bundle_put_text(&bundle, &p->root, b);
        return b->err;
}

enum ansa_err identifier_proof(struct identifier_worker *worker,
                               const struct resolve_request *query, enum proof_form form,
                               struct buf *b)
{
        if (name_problem(query->name) != NULL)
                return ANSA_E_ARGUMENT;
        if (worker->proofs == NULL) {
                worker->proofs = calloc(1, sizeof(*worker->proofs));
                if (worker->proofs == NULL)
                        return ANSA_E_NO_MEMORY;
                worker->proofs->bundle = buf_growing(BUNDLE_SIZE_MAX);
        }
        struct buf *bundle = form == PROOF_TEXT ? &worker->proofs->bundle : b;
        buf_reset(&worker->proofs->bundle);
        worker_begin(worker);
        enum ansa_err err = worker_renew(worker);
        if (err == ANSA_OK)
                err = make(worker, query, bundle);
        worker_end(worker);
        return err == ANSA_OK && form == PROOF_TEXT ? put_text(worker->proofs, b) : err;
}
