/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/trie.h"

#include "crypto/dictionary_build.h"
#include "ledger/trie_row.h"

#include <stdlib.h>

/*
 * An update goes down to the buckets with all changes at once, and up again with the hashes. The
 * stack is explicit; 64 units of 4 bits are the whole of a key, and two keys differ somewhere.
 */
#define STACK_MAX (TRIE_DEPTH_MAX + 1)

struct frame {
        struct trie_place place;
        bool is_stored;                   /* there is a row */
        const struct dictionary_leaf *at; /* changes of children that have not been visited */
        size_t count;
        struct dictionary_leaf *owned; /* what @at points into when a bucket was too small */
        struct hash256 page[DICTIONARY_PAGE_WIDTH];
        unsigned child; /* the one that is visited */
};

struct walk {
        struct store_txn *txn;
        const struct hasher *hasher;
        size_t depth; /* frames in use */
        struct frame frames[STACK_MAX];
};

/* Leaves of a bucket and changes, both sorted, in one; removals take away. */
static size_t merge(struct ansa_bytes bucket, const struct dictionary_leaf *changes, size_t count,
                    struct dictionary_leaf *merged)
{
        size_t n = 0;
        size_t i = 0;
        struct dictionary_leaf old;
        while (i < count || bucket.size > 0) {
                int order = 1; /* of the bucket's next to the change's next */
                if (bucket.size > 0) {
                        memcpy(&old, bucket.at, sizeof(old));
                        order = i < count ? memcmp(old.key.at, changes[i].key.at, HASH_SIZE) : -1;
                }
                if (order <= 0) {
                        bucket.at += sizeof(old);
                        bucket.size -= sizeof(old);
                }
                if (order < 0)
                        merged[n++] = old;
                else if (!hash256_is_zero(&changes[i++].commitment))
                        merged[n++] = changes[i - 1];
        }
        return n;
}

static void free_frames(struct walk *w)
{
        while (w->depth > 0)
                free(w->frames[--w->depth].owned);
}

static enum ansa_err put_bucket(struct walk *w, const struct frame *f, size_t count,
                                struct hash256 *hash)
{
        uint8_t octets[1 + TRIE_BUCKET_MAX * sizeof(struct dictionary_leaf)];
        *hash = (struct hash256){ 0 };
        if (count == 0)
                return f->is_stored ? trie_row_del(w->txn, &f->place) : ANSA_OK;
        octets[0] = TRIE_BUCKET;
        memcpy(octets + 1, f->owned, count * sizeof(*f->owned));
        enum ansa_err err = dictionary_root(w->hasher, f->owned, count, hash);
        if (err != ANSA_OK)
                return ANSA_E_CORRUPT; /* the bucket's leaves were in no order */
        return trie_row_put(w->txn, &f->place,
                            (struct ansa_bytes){ octets, 1 + count * sizeof(*f->owned) });
}

static enum ansa_err put_page(struct walk *w, const struct frame *f, struct hash256 *hash)
{
        uint8_t octets[1 + sizeof(f->page)];
        dictionary_page_hash(w->hasher, DICTIONARY_PAGE_BITS * f->place.depth, f->page, hash);
        if (hash256_is_zero(hash))
                return f->is_stored ? trie_row_del(w->txn, &f->place) : ANSA_OK;
        octets[0] = TRIE_PAGE;
        memcpy(octets + 1, f->page, sizeof(f->page));
        return trie_row_put(w->txn, &f->place, (struct ansa_bytes){ octets, sizeof(octets) });
}

/*
 * Begin with the row at @f->place. *is_done: it was a bucket and still is, and *hash is its hash;
 * else the children that changes concern are to be visited.
 */
static enum ansa_err enter(struct walk *w, struct frame *f, bool *is_done, struct hash256 *hash)
{
        struct trie_row row;
        enum ansa_err err = trie_row_get(w->txn, &f->place, &row);
        f->is_stored = err == ANSA_OK;
        *is_done = false;
        if (err != ANSA_OK && err != ANSA_E_NOT_FOUND)
                return err;
        if (err == ANSA_OK && row.kind == TRIE_PAGE) {
                memcpy(f->page, row.octets.at, sizeof(f->page));
                return ANSA_OK;
        }
        size_t room = f->count + row.octets.size / sizeof(*f->owned);
        f->owned = malloc((room + 1) * sizeof(*f->owned)); /* never none */
        if (f->owned == NULL)
                return ANSA_E_NO_MEMORY;
        size_t count = merge(row.octets, f->at, f->count, f->owned);
        *is_done = count <= TRIE_BUCKET_MAX;
        if (*is_done)
                return put_bucket(w, f, count, hash);
        f->at = f->owned;
        f->count = count;
        return ANSA_OK;
}

static unsigned slot_of(const struct frame *f, size_t i)
{
        return dictionary_page_slot(&f->at[i].key, DICTIONARY_PAGE_BITS * f->place.depth);
}

/* The next child of @f that has changes gets a frame. */
static void push_child(struct walk *w, struct frame *f)
{
        struct frame *c = &w->frames[w->depth++];
        f->child = slot_of(f, 0);
        size_t count = 1;
        while (count < f->count && slot_of(f, count) == f->child)
                count++;
        *c = (struct frame){ .place = trie_child(&f->place, f->child),
                             .at = f->at,
                             .count = count };
        f->at += count;
        f->count -= count;
}

static enum ansa_err run(struct walk *w, struct hash256 *root)
{
        bool is_entered = false;
        for (;;) {
                struct frame *f = &w->frames[w->depth - 1];
                struct hash256 hash;
                bool is_done = false;
                enum ansa_err err = ANSA_OK;
                if (!is_entered)
                        err = enter(w, f, &is_done, &hash);
                if (err == ANSA_OK && !is_done && f->count == 0) {
                        err = put_page(w, f, &hash);
                        is_done = true;
                }
                if (err != ANSA_OK)
                        return err;
                if (!is_done) {
                        push_child(w, f);
                        is_entered = false;
                        continue;
                }
                free(f->owned);
                w->depth--;
                if (w->depth == 0) {
                        *root = hash;
                        return ANSA_OK;
                }
                f = &w->frames[w->depth - 1];
                f->page[f->child] = hash;
                is_entered = true;
        }
}

enum ansa_err trie_update(struct store_txn *txn, const struct hasher *h,
                          const struct dictionary_leaf *changes, size_t count, struct hash256 *root)
{
        struct walk *w = calloc(1, sizeof(*w));
        if (w == NULL)
                return ANSA_E_NO_MEMORY;
        w->txn = txn;
        w->hasher = h;
        w->depth = 1;
        w->frames[0] = (struct frame){ .at = changes, .count = count };
        enum ansa_err err = run(w, root);
        free_frames(w);
        free(w);
        return err;
}
