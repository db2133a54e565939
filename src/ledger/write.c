/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/head.h"
#include "ledger/rows.h"
#include "ledger/trie.h"
#include "wire/tile.h"

#include <stdlib.h>

#define SETTLE_COUNT 1000000u /* entries whose keys are in memory at once */

/* What a key will be; of several changes of one key the last one counts. */
struct pending {
        struct dictionary_leaf leaf;
        size_t order;
};

struct pendings {
        struct pending *at;
        size_t count;
        size_t room;
};

struct ledger_writer {
        struct merkle_sink sink;
        struct store_txn *txn;
        const struct hasher *hasher;
        uint64_t time_s;
        struct merkle_frontier frontier;
        uint64_t size_before;      /* entries, at ledger_begin */
        struct hash256 dictionary; /* its root before the changes */
        bool is_open;              /* it was left open */
        uint64_t settled;          /* entries before this one are in the dictionary */
        struct pendings changes;
};

/* Nodes that finish a tile are kept; those between follow from them, leaves from the entries. */
static enum ansa_err keep_node(struct merkle_sink *sink, unsigned level, uint64_t index,
                               const struct hash256 *hash)
{
        struct ledger_writer *w = (struct ledger_writer *)(void *)sink;
        uint8_t key[TREE_KEY_SIZE];
        if (level == 0 || level % TILE_HEIGHT != 0)
                return ANSA_OK;
        return store_put(w->txn, STORE_TREE, tree_key(level / TILE_HEIGHT, index, key),
                         (struct ansa_bytes){ hash->at, HASH_SIZE });
}

/* Where the store's log ends. The nodes that its last entry completes are stored already. */
static enum ansa_err go_on(struct ledger_writer *w, const struct ledger_head *head)
{
        struct hash256 leaf;
        head_leaf(w->hasher, &head->state, &leaf);
        w->frontier = head->before;
        w->dictionary = head->state.commitment;
        w->time_s = w->time_s > head->state.time_s ? w->time_s : head->state.time_s;
        w->size_before = ledger_head_size(head);
        return merkle_append(w->hasher, &w->frontier, &leaf, NULL);
}

/* What was left open goes on where it ends, with a dictionary that is behind. */
static enum ansa_err take_up(struct ledger_writer *w)
{
        struct ledger_open open;
        enum ansa_err err = open_read(w->txn, &open);
        w->settled = w->size_before;
        if (err != ANSA_OK)
                return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
        w->is_open = true;
        w->frontier = open.frontier;
        w->dictionary = open.dictionary;
        w->settled = open.settled;
        w->size_before = open.frontier.size;
        w->time_s = w->time_s > open.time_s ? w->time_s : open.time_s;
        return ANSA_OK;
}

enum ansa_err ledger_begin(struct store_txn *txn, const struct hasher *h, uint64_t now_s,
                           struct ledger_writer **writer)
{
        struct ledger_head head;
        *writer = NULL;
        enum ansa_err err = ledger_head_read(txn, &head);
        if (err != ANSA_OK && err != ANSA_E_NOT_FOUND)
                return err;
        struct ledger_writer *w = calloc(1, sizeof(*w));
        if (w == NULL)
                return ANSA_E_NO_MEMORY;
        w->sink.node = keep_node;
        w->txn = txn;
        w->hasher = h;
        w->time_s = now_s;
        if (err == ANSA_OK)
                err = go_on(w, &head);
        if (err == ANSA_OK || err == ANSA_E_NOT_FOUND)
                err = take_up(w);
        if (err != ANSA_OK) {
                free(w);
                return err;
        }
        *writer = w;
        return ANSA_OK;
}

void ledger_end(struct ledger_writer *writer)
{
        if (writer != NULL)
                free(writer->changes.at);
        free(writer);
}

uint64_t ledger_next(const struct ledger_writer *writer)
{
        return writer->frontier.size;
}

static enum ansa_err append(struct ledger_writer *w, const struct entry *entry)
{
        uint8_t key[ENTRY_KEY_SIZE];
        uint8_t octets[ENTRY_SIZE];
        struct hash256 leaf;
        const struct ansa_bytes bytes = { octets, sizeof(octets) };
        entry_encode(entry, octets);
        merkle_leaf(w->hasher, bytes, &leaf);
        enum ansa_err err = store_put(w->txn, STORE_ENTRIES, entry_key(entry->number, key), bytes);
        return err != ANSA_OK ? err : merkle_append(w->hasher, &w->frontier, &leaf, &w->sink);
}

static enum ansa_err remember(struct pendings *p, const struct hash256 *key,
                              const struct hash256 *commitment)
{
        if (p->count == p->room) {
                size_t room = p->room > 0 ? 2 * p->room : 16;
                struct pending *more = realloc(p->at, room * sizeof(*more));
                if (more == NULL)
                        return ANSA_E_NO_MEMORY;
                p->at = more;
                p->room = room;
        }
        p->at[p->count] = (struct pending){ .leaf = { *key, *commitment }, .order = p->count };
        p->count++;
        return ANSA_OK;
}

/* Not everything that is told changes what an identifier says. */
static bool is_of_dictionary(enum entry_action action)
{
        return action < ENTRY_BREAK_GLASS;
}

enum ansa_err ledger_add(struct ledger_writer *writer, const struct ledger_change *change)
{
        struct entry entry = {
                .action = change->action,
                .origin = change->origin,
                .number = ledger_next(writer),
                .time_s = writer->time_s,
                .key = change->key,
                .commitment = change->commitment,
                .payload = change->payload,
        };
        enum ansa_err err = append(writer, &entry);
        if (err == ANSA_OK && is_of_dictionary(change->action))
                err = remember(&writer->changes, &change->key, &change->commitment);
        return err;
}

static int by_key(const void *a, const void *b)
{
        const struct pending *x = a;
        const struct pending *y = b;
        int order = memcmp(x->leaf.key.at, y->leaf.key.at, HASH_SIZE);
        if (order != 0)
                return order;
        return x->order < y->order ? -1 : x->order > y->order;
}

static enum ansa_err update_dictionary(struct ledger_writer *w, struct pendings *p)
{
        size_t n = 0;
        if (p->count == 0)
                return ANSA_OK;
        struct dictionary_leaf *leaves = malloc(p->count * sizeof(*leaves));
        if (leaves == NULL)
                return ANSA_E_NO_MEMORY;
        qsort(p->at, p->count, sizeof(*p->at), by_key);
        for (size_t i = 0; i < p->count; i++) {
                bool is_last = i + 1 == p->count ||
                               !hash256_equal(&p->at[i].leaf.key, &p->at[i + 1].leaf.key);
                if (is_last)
                        leaves[n++] = p->at[i].leaf;
        }
        enum ansa_err err = trie_update(w->txn, w->hasher, leaves, n, &w->dictionary);
        free(leaves);
        p->count = 0;
        return err;
}

enum ansa_err ledger_settle(struct ledger_writer *writer, size_t max, bool *is_done)
{
        struct pendings some = { 0 };
        enum ansa_err err = ANSA_OK;
        uint64_t end = writer->size_before - writer->settled > max ? writer->settled + max
                                                                   : writer->size_before;
        for (; writer->settled < end && err == ANSA_OK; writer->settled++) {
                struct entry e;
                err = ledger_entry(writer->txn, writer->settled, &e);
                if (err == ANSA_OK && e.action != ENTRY_STATE && is_of_dictionary(e.action))
                        err = remember(&some, &e.key, &e.commitment);
        }
        if (err == ANSA_OK)
                err = update_dictionary(writer, &some);
        free(some.at);
        *is_done = writer->settled == writer->size_before;
        return err == ANSA_E_NOT_FOUND ? ANSA_E_CORRUPT : err;
}

enum ansa_err ledger_leave_open(struct ledger_writer *writer)
{
        const struct ledger_open open = { .settled = writer->settled,
                                          .dictionary = writer->dictionary,
                                          .time_s = writer->time_s,
                                          .frontier = writer->frontier };
        if (writer->frontier.size == writer->size_before && !writer->is_open)
                return ANSA_OK;
        return open_write(writer->txn, &open);
}

enum ansa_err ledger_seal(struct ledger_writer *writer)
{
        struct ledger_head head = { 0 };
        enum ansa_err err = ANSA_OK;
        bool is_done = !writer->is_open;
        if (writer->frontier.size == writer->size_before && !writer->is_open)
                return ANSA_OK;
        while (err == ANSA_OK && !is_done)
                err = ledger_settle(writer, SETTLE_COUNT, &is_done);
        if (err == ANSA_OK)
                err = update_dictionary(writer, &writer->changes);
        if (err == ANSA_OK && writer->is_open)
                err = open_drop(writer->txn);
        if (err != ANSA_OK)
                return err;
        head.before = writer->frontier;
        head.state.action = ENTRY_STATE;
        head.state.origin = ORIGIN_SERVER;
        head.state.number = ledger_next(writer);
        head.state.time_s = writer->time_s;
        head.state.commitment = writer->dictionary;
        err = append(writer, &head.state);
        return err != ANSA_OK ? err : head_write(writer->txn, &head);
}
