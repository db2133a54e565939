/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/head.h"

#include "wire/cursor.h"

/*
 * Under "ledger/head" in STORE_META: the state entry, then the frontier without it. Together they
 * are the log's root and the proof that the entry is the last in it.
 */
#define HEAD_KEY      ANSA_BYTES_LIT("ledger/head")
#define OPEN_KEY      ANSA_BYTES_LIT("ledger/open")
#define OPEN_SIZE_MAX (8 + HASH_SIZE + 8 + MERKLE_FRONTIER_SIZE_MAX)
#define REFUSED_KEY   ANSA_BYTES_LIT("ledger/refused")
#define HEAD_SIZE_MAX (ENTRY_SIZE + MERKLE_FRONTIER_SIZE_MAX)

enum ansa_err ledger_head_read(struct store_txn *txn, struct ledger_head *head)
{
        struct ansa_bytes octets;
        *head = (struct ledger_head){ 0 };
        enum ansa_err err = store_get(txn, STORE_META, HEAD_KEY, &octets);
        if (err != ANSA_OK)
                return err;
        struct cursor c = cursor_over(octets);
        err = entry_decode(cursor_bytes(&c, ENTRY_SIZE), &head->state);
        if (err == ANSA_OK)
                err = merkle_frontier_decode(cursor_rest(&c), &head->before);
        if (err == ANSA_OK && head->state.action == ENTRY_STATE &&
            head->state.number == head->before.size)
                return ANSA_OK;
        *head = (struct ledger_head){ 0 };
        return ANSA_E_CORRUPT;
}

enum ansa_err head_write(struct store_txn *txn, const struct ledger_head *head)
{
        uint8_t at[HEAD_SIZE_MAX];
        struct buf b = buf_over(at, sizeof(at));
        entry_encode(&head->state, at);
        b.size = ENTRY_SIZE;
        merkle_frontier_encode(&head->before, &b);
        return b.err != ANSA_OK ? b.err : store_put(txn, STORE_META, HEAD_KEY, buf_written(&b));
}

enum ansa_err open_read(struct store_txn *txn, struct ledger_open *open)
{
        struct ansa_bytes octets;
        *open = (struct ledger_open){ 0 };
        enum ansa_err err = store_get(txn, STORE_META, OPEN_KEY, &octets);
        if (err != ANSA_OK)
                return err;
        struct cursor c = cursor_over(octets);
        open->settled = cursor_u64(&c);
        struct ansa_bytes root = cursor_bytes(&c, HASH_SIZE);
        open->time_s = cursor_u64(&c);
        struct ansa_bytes rest = cursor_rest(&c);
        if (c.err == ANSA_OK && root.size == HASH_SIZE &&
            merkle_frontier_decode(rest, &open->frontier) == ANSA_OK &&
            open->settled <= open->frontier.size) {
                memcpy(open->dictionary.at, root.at, HASH_SIZE);
                return ANSA_OK;
        }
        *open = (struct ledger_open){ 0 };
        return ANSA_E_CORRUPT;
}

enum ansa_err open_write(struct store_txn *txn, const struct ledger_open *open)
{
        uint8_t at[OPEN_SIZE_MAX];
        struct buf b = buf_over(at, sizeof(at));
        buf_u64(&b, open->settled);
        buf_bytes(&b, (struct ansa_bytes){ open->dictionary.at, HASH_SIZE });
        buf_u64(&b, open->time_s);
        merkle_frontier_encode(&open->frontier, &b);
        return b.err != ANSA_OK ? b.err : store_put(txn, STORE_META, OPEN_KEY, buf_written(&b));
}

enum ansa_err open_drop(struct store_txn *txn)
{
        return store_del(txn, STORE_META, OPEN_KEY);
}

uint64_t ledger_head_size(const struct ledger_head *head)
{
        return head->before.size + 1;
}

void head_leaf(const struct hasher *h, const struct entry *entry, struct hash256 *leaf)
{
        uint8_t octets[ENTRY_SIZE];
        entry_encode(entry, octets);
        merkle_leaf(h, (struct ansa_bytes){ octets, sizeof(octets) }, leaf);
}

size_t ledger_head_proof(const struct ledger_head *head, struct hash256 proof[MERKLE_LEVELS])
{
        size_t count = 0;
        for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
                if ((head->before.size >> level & 1) != 0)
                        proof[count++] = head->before.node[level];
        }
        return count;
}

void ledger_head_root(const struct hasher *h, const struct ledger_head *head, struct hash256 *root)
{
        struct hash256 proof[MERKLE_LEVELS];
        size_t count = ledger_head_proof(head, proof);
        head_leaf(h, &head->state, root);
        /* It is the last leaf: everything else is to its left. */
        for (size_t i = 0; i < count; i++)
                merkle_node(h, &proof[i], root, root);
}

enum ansa_err ledger_is_kept(struct store_txn *txn, bool *is_kept)
{
        struct ansa_bytes mark;
        enum ansa_err err = store_get(txn, STORE_META, REFUSED_KEY, &mark);
        *is_kept = err == ANSA_E_NOT_FOUND;
        return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
}

enum ansa_err ledger_refuse(struct store_txn *txn)
{
        struct ledger_head head;
        enum ansa_err err = ledger_head_read(txn, &head);
        if (err != ANSA_E_NOT_FOUND)
                return err == ANSA_OK ? ANSA_E_EXISTS : err;
        return store_put(txn, STORE_META, REFUSED_KEY, ANSA_BYTES_LIT("1"));
}

enum ansa_err ledger_is_open(struct store_txn *txn, bool *is_open)
{
        struct ansa_bytes octets;
        enum ansa_err err = store_get(txn, STORE_META, OPEN_KEY, &octets);
        *is_open = err == ANSA_OK;
        return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
}
