/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_LEDGER_LEDGER_H
#define ANSA_LEDGER_LEDGER_H

#include "base/buf.h"
#include "crypto/merkle_build.h"
#include "store/store.h"
#include "wire/entry.h"

/**
 * The ledger of a store (docs/ledger.md): a log with an entry for each change, and a dictionary of
 * what every identifier says now. All of it is written in the transaction of the changes, so that
 * there is never one without the other.
 */

/** The end of the log: what a checkpoint is made from. */
struct ledger_head {
        struct merkle_frontier before; /* of the log without its last entry */
        struct entry state;            /* the last entry; its commitment is the dictionary's root */
};

/** ANSA_E_NOT_FOUND: this store has no ledger (yet). ANSA_E_CORRUPT. */
ANSA_CHECKED enum ansa_err ledger_head_read(struct store_txn *txn, struct ledger_head *head);

/** Entries in the log. */
uint64_t ledger_head_size(const struct ledger_head *head);

/** Root of the log. */
void ledger_head_root(const struct hasher *h, const struct ledger_head *head, struct hash256 *root);

/** Inclusion of the last entry, from the leaf up; how many hashes. */
size_t ledger_head_proof(const struct ledger_head *head, struct hash256 proof[MERKLE_LEVELS]);

/* Writing. */

/** Whether changes of this store are told of. They are unless ledger_refuse was called for it. */
ANSA_CHECKED enum ansa_err ledger_is_kept(struct store_txn *txn, bool *is_kept);

/**
 * This store shall have no ledger, ever: for measurements, and for what nobody needs to believe.
 * ANSA_E_EXISTS: it has one already.
 */
ANSA_CHECKED enum ansa_err ledger_refuse(struct store_txn *txn);

struct ledger_change {
        enum entry_action action;
        enum entry_origin origin;
        struct hash256 key;
        struct hash256 commitment;
        struct hash256 payload;
};

/** The changes of one transaction. */
struct ledger_writer;

/**
 * Begin to write in @txn, on what the store has or, without, with an empty ledger. The time
 * that entries get is @now_s, or that of the last entry when the clock went back.
 */
ANSA_CHECKED enum ansa_err ledger_begin(struct store_txn *txn, const struct hasher *h,
                                        uint64_t now_s, struct ledger_writer **writer);

/** The number of the entry that the next ledger_add writes. */
uint64_t ledger_next(const struct ledger_writer *writer);

ANSA_CHECKED enum ansa_err ledger_add(struct ledger_writer *writer,
                                      const struct ledger_change *change);

/**
 * Bring the dictionary up to date and write the state entry and the head; when nothing was added,
 * nothing. To be called before the transaction is committed.
 */
ANSA_CHECKED enum ansa_err ledger_seal(struct ledger_writer *writer);

/**
 * In place of ledger_seal, when more transactions are to follow at once: entries without a state
 * entry yet, which the dictionary does not know. For imports of millions, where a dictionary that
 * is brought up to date again and again would be written many times over. Until the next
 * ledger_seal the head, checkpoints and proofs are those of before, and no proof can be made.
 */
ANSA_CHECKED enum ansa_err ledger_leave_open(struct ledger_writer *writer);

ANSA_CHECKED enum ansa_err ledger_is_open(struct store_txn *txn, bool *is_open);

/**
 * Bring the dictionary up to date with at most @max of the entries that were left open. *is_done: with
 * all of them; then seal it, else leave it open again.
 */
ANSA_CHECKED enum ansa_err ledger_settle(struct ledger_writer *writer, size_t max, bool *is_done);

/** After ledger_seal, or instead of it. NULL is allowed. */
void ledger_end(struct ledger_writer *writer);

/**
 * Keep what entries were made from; *hash is how they refer to it. The same octets are kept once.
 * @withheld: not for the public (it has values that not everybody may read).
 */
ANSA_CHECKED enum ansa_err ledger_payload_put(struct store_txn *txn, const struct hasher *h,
                                              struct ansa_bytes payload, bool withheld,
                                              struct hash256 *hash);

/** What entry @number had put for @key, now that it is no longer so: @octets as identifier keeps them. */
ANSA_CHECKED enum ansa_err ledger_history_put(struct store_txn *txn, const struct hash256 *key,
                                              uint64_t number, struct ansa_bytes octets);

/* Reading. What is handed out is borrowed from the transaction. */

/** ANSA_E_NOT_FOUND; ANSA_E_CORRUPT: it is no entry. */
ANSA_CHECKED enum ansa_err ledger_entry(struct store_txn *txn, uint64_t number,
                                        struct entry *entry);

/** Any perfect subtree of the log, for merkle_prove_*. */
struct ledger_source {
        struct merkle_source base;
        const struct hasher *hasher;
        struct store_txn *txn;
};
struct ledger_source ledger_source_of(struct store_txn *txn, const struct hasher *h);

/**
 * Append a tile of C2SP tlog-tiles: @width hashes from @index * 256 on, of @level; or the entries
 * themselves as a bundle. ANSA_E_NOT_FOUND: the log is not that long.
 */
ANSA_CHECKED enum ansa_err ledger_tile(struct store_txn *txn, const struct hasher *h,
                                       unsigned level, uint64_t index, unsigned width,
                                       struct buf *b);
ANSA_CHECKED enum ansa_err ledger_bundle(struct store_txn *txn, uint64_t index, unsigned width,
                                         struct buf *b);

ANSA_CHECKED enum ansa_err ledger_payload(struct store_txn *txn, const struct hash256 *hash,
                                          struct ansa_bytes *payload, bool *withheld);
ANSA_CHECKED enum ansa_err ledger_history(struct store_txn *txn, const struct hash256 *key,
                                          uint64_t number, struct ansa_bytes *octets);

#endif
