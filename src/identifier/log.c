/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/log.h"

#include "crypto/hasher.h"
#include "ledger/sign.h"
#include "wire/checkpoint.h"

/*
 * What everybody may ask of the log. Entries are durable before anybody can see them, and heads
 * are read from the same snapshots, so a checkpoint never has to be taken back.
 */

static enum ansa_err sign(struct identifier *service, const struct ledger_head *head,
                          struct buf *note)
{
        uint8_t at[CHECKPOINT_SIZE_MAX];
        struct buf text = buf_over(at, sizeof(at));
        struct checkpoint c = { .origin = service->log_key.name, .size = ledger_head_size(head) };
        ledger_head_root(&crypto_hasher, head, &c.root);
        checkpoint_encode(&c, &text);
        if (text.err != ANSA_OK)
                return text.err;
        note_put_text(buf_written(&text), note);
        return ledger_sign(service->log_signer, &service->log_key, buf_written(&text), note);
}

/* True: the published checkpoint is of @size, and was appended. */
static bool copy_published(struct published *p, uint64_t size, struct buf *note)
{
        lock_take(&p->lock);
        bool is_it = p->size == size;
        if (is_it)
                buf_bytes(note, (struct ansa_bytes){ p->note, p->note_size });
        lock_give(&p->lock);
        return is_it;
}

static void publish(struct published *p, uint64_t size, struct ansa_bytes note)
{
        lock_take(&p->lock);
        if (size > p->size && note.size <= sizeof(p->note)) {
                memcpy(p->note, note.at, note.size);
                p->note_size = note.size;
                p->size = size;
        }
        lock_give(&p->lock);
}

enum ansa_err log_checkpoint(struct identifier *service, const struct ledger_head *head,
                             bool may_block, struct buf *note)
{
        uint8_t at[CHECKPOINT_SIZE_MAX];
        struct buf b = buf_over(at, sizeof(at));
        uint64_t size = ledger_head_size(head);
        if (service->log_signer == NULL)
                return ANSA_E_NOT_FOUND;
        if (copy_published(&service->published, size, note))
                return note->err;
        if (!may_block)
                return ANSA_E_BUSY;
        enum ansa_err err = sign(service, head, &b);
        if (err == ANSA_OK)
                err = b.err;
        if (err != ANSA_OK)
                return err;
        publish(&service->published, size, buf_written(&b));
        buf_bytes(note, buf_written(&b));
        return note->err;
}

enum ansa_err identifier_log_key(const struct identifier *service, struct buf *b)
{
        if (service->log_signer == NULL)
                return ANSA_E_NOT_FOUND;
        note_key_encode(&service->log_key, b);
        return b->err;
}

enum ansa_err identifier_log_checkpoint(struct identifier_worker *worker, struct buf *b)
{
        struct ledger_head head;
        worker_begin(worker);
        enum ansa_err err = worker_renew(worker);
        if (err == ANSA_OK)
                err = ledger_head_read(worker->txn, &head);
        worker_end(worker);
        if (err != ANSA_OK)
                return err;
        return log_checkpoint(worker->service, &head, worker->may_block, b);
}

enum ansa_err identifier_log_tile(struct identifier_worker *worker, unsigned level, uint64_t index,
                                  unsigned width, struct buf *b)
{
        worker_begin(worker);
        enum ansa_err err = worker_renew(worker);
        if (err == ANSA_OK)
                err = ledger_tile(worker->txn, &crypto_hasher, level, index, width, b);
        worker_end(worker);
        return err;
}

enum ansa_err identifier_log_bundle(struct identifier_worker *worker, uint64_t index,
                                    unsigned width, struct buf *b)
{
        worker_begin(worker);
        enum ansa_err err = worker_renew(worker);
        if (err == ANSA_OK)
                err = ledger_bundle(worker->txn, index, width, b);
        worker_end(worker);
        return err;
}

enum ansa_err identifier_log_payload(struct identifier_worker *worker, struct ansa_bytes hash,
                                     struct buf *b)
{
        struct hash256 of;
        struct ansa_bytes payload;
        bool withheld;
        if (hash.size != HASH_SIZE)
                return ANSA_E_NOT_FOUND;
        memcpy(of.at, hash.at, HASH_SIZE);
        worker_begin(worker);
        enum ansa_err err = worker_renew(worker);
        if (err == ANSA_OK)
                err = ledger_payload(worker->txn, &of, &payload, &withheld);
        if (err == ANSA_OK && withheld)
                err = ANSA_E_DENIED;
        if (err == ANSA_OK) {
                buf_bytes(b, payload);
                err = b->err;
        }
        worker_end(worker);
        return err;
}
