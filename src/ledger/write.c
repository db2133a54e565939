/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/head.h"
#include "ledger/rows.h"
#include "ledger/trie.h"
#include "wire/tile.h"

#include <stdlib.h>

/* What a key will be; of several changes of one key the last one counts. */
struct pending {
        struct dictionary_leaf leaf;
        size_t order;
};

struct ledger_writer {
        struct merkle_sink sink;
        struct store_txn *txn;
        const struct hasher *hasher;
        uint64_t time_s;
        struct merkle_frontier frontier;
        uint64_t size_before;      /* entries, at ledger_begin */
        struct hash256 dictionary; /* its root before the changes */
        struct pending *pending;
        size_t count;
        size_t room;
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
        if (err != ANSA_OK && err != ANSA_E_NOT_FOUND) {
                free(w);
                return err;
        }
        *writer = w;
        return ANSA_OK;
}

void ledger_end(struct ledger_writer *writer)
{
        if (writer != NULL)
                free(writer->pending);
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

static enum ansa_err remember(struct ledger_writer *w, const struct ledger_change *change)
{
        if (w->count == w->room) {
                size_t room = w->room > 0 ? 2 * w->room : 16;
                struct pending *more = realloc(w->pending, room * sizeof(*more));
                if (more == NULL)
                        return ANSA_E_NO_MEMORY;
                w->pending = more;
                w->room = room;
        }
        w->pending[w->count] =
                (struct pending){ .leaf = { change->key, change->commitment }, .order = w->count };
        w->count++;
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
                err = remember(writer, change);
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

static enum ansa_err update_dictionary(struct ledger_writer *w, struct hash256 *root)
{
        struct dictionary_leaf *leaves = malloc(w->count * sizeof(*leaves));
        size_t n = 0;
        if (leaves == NULL)
                return ANSA_E_NO_MEMORY;
        qsort(w->pending, w->count, sizeof(*w->pending), by_key);
        for (size_t i = 0; i < w->count; i++) {
                bool is_last = i + 1 == w->count ||
                               !hash256_equal(&w->pending[i].leaf.key, &w->pending[i + 1].leaf.key);
                if (is_last)
                        leaves[n++] = w->pending[i].leaf;
        }
        enum ansa_err err = trie_update(w->txn, w->hasher, leaves, n, root);
        free(leaves);
        return err;
}

enum ansa_err ledger_seal(struct ledger_writer *writer)
{
        struct ledger_head head = { .state = { .commitment = writer->dictionary } };
        enum ansa_err err = ANSA_OK;
        if (writer->frontier.size == writer->size_before)
                return ANSA_OK;
        if (writer->count > 0)
                err = update_dictionary(writer, &head.state.commitment);
        if (err != ANSA_OK)
                return err;
        head.before = writer->frontier;
        head.state.action = ENTRY_STATE;
        head.state.origin = ORIGIN_SERVER;
        head.state.number = ledger_next(writer);
        head.state.time_s = writer->time_s;
        err = append(writer, &head.state);
        return err != ANSA_OK ? err : head_write(writer->txn, &head);
}
