/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store in memory: each table is an AVL tree whose nodes never change once a version
 * holds them. A writer copies the path to what it changes, a snapshot is one reference to
 * each root, and a node is released with the last tree that has it. The height of an AVL
 * tree of n nodes is below 1.45 log2(n + 2), so recursion over it is bounded at about 90.
 */
#include "base/assert.h"
#include "base/lock.h"
#include "store/engines.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct item {
        _Atomic size_t references;
        size_t key_size;
        size_t value_size;
        uint8_t at[]; /* key, value */
};

struct node {
        _Atomic size_t references;
        struct node *left;
        struct node *right;
        struct item *item;
        unsigned height;
};

struct version {
        struct node *root[STORE_TABLE_COUNT];
        uint64_t entries[STORE_TABLE_COUNT];
        uint64_t size;
};

struct memory {
        struct store base;
        struct lock lock;
        struct version committed;
        bool has_writer;
};

struct memory_txn {
        struct store_txn base;
        struct version version;
        bool out_of_memory; /* a change could not be made: the roots are good for release only */
};

static struct memory *memory_of(struct store *s)
{
        return (struct memory *)(void *)s;
}

static struct memory_txn *txn_of(struct store_txn *txn)
{
        return (struct memory_txn *)(void *)txn;
}

/* References */

static struct ansa_bytes item_key(const struct item *i)
{
        return (struct ansa_bytes){ i->at, i->key_size };
}

static struct ansa_bytes item_value(const struct item *i)
{
        return (struct ansa_bytes){ i->at + i->key_size, i->value_size };
}

static uint64_t item_size(const struct item *i)
{
        return sizeof(struct node) + sizeof(*i) + i->key_size + i->value_size;
}

static struct item *item_hold(struct item *i)
{
        (void)atomic_fetch_add_explicit(&i->references, 1, memory_order_relaxed);
        return i;
}

static void item_release(struct item *i)
{
        size_t before = atomic_fetch_sub_explicit(&i->references, 1, memory_order_acq_rel);
        ansa_assert(before > 0);
        if (before == 1)
                free(i);
}

static struct node *hold(struct node *n)
{
        if (n != NULL)
                (void)atomic_fetch_add_explicit(&n->references, 1, memory_order_relaxed);
        return n;
}

static void release(struct node *n)
{
        if (n == NULL)
                return;
        size_t before = atomic_fetch_sub_explicit(&n->references, 1, memory_order_acq_rel);
        ansa_assert(before > 0);
        if (before > 1)
                return;
        release(n->left);
        release(n->right);
        item_release(n->item);
        free(n);
}

/* Trees. What makes a tree takes over the references it is given. */

static unsigned height(const struct node *n)
{
        return n != NULL ? n->height : 0;
}

static struct node *make(struct memory_txn *t, struct node *left, struct item *item,
                         struct node *right)
{
        struct node *n = malloc(sizeof(*n));
        if (n == NULL) {
                t->out_of_memory = true;
                release(left);
                release(right);
                item_release(item);
                return NULL;
        }
        unsigned l = height(left);
        unsigned r = height(right);
        n->left = left;
        n->right = right;
        n->item = item;
        n->height = (l > r ? l : r) + 1;
        atomic_init(&n->references, 1);
        return n;
}

/* left, item, right where one side may be two higher than the other. */
static struct node *balance(struct memory_txn *t, struct node *left, struct item *item,
                            struct node *right)
{
        struct node *all = NULL;
        unsigned l = height(left);
        unsigned r = height(right);
        if (l > r + 1 && height(left->left) >= height(left->right)) {
                struct node *low = make(t, hold(left->right), item, right);
                all = make(t, hold(left->left), item_hold(left->item), low);
                release(left);
        } else if (l > r + 1) {
                struct node *middle = left->right;
                struct node *a =
                        make(t, hold(left->left), item_hold(left->item), hold(middle->left));
                struct node *b = make(t, hold(middle->right), item, right);
                all = make(t, a, item_hold(middle->item), b);
                release(left);
        } else if (r > l + 1 && height(right->right) >= height(right->left)) {
                struct node *low = make(t, left, item, hold(right->left));
                all = make(t, low, item_hold(right->item), hold(right->right));
                release(right);
        } else if (r > l + 1) {
                struct node *middle = right->left;
                struct node *a = make(t, left, item, hold(middle->left));
                struct node *b =
                        make(t, hold(middle->right), item_hold(right->item), hold(right->right));
                all = make(t, a, item_hold(middle->item), b);
                release(right);
        } else {
                all = make(t, left, item, right);
        }
        return all;
}

static int order(struct ansa_bytes a, struct ansa_bytes b)
{
        size_t common = a.size < b.size ? a.size : b.size;
        int c = common > 0 ? memcmp(a.at, b.at, common) : 0;
        return c != 0 ? c : (a.size > b.size) - (a.size < b.size);
}

/* A tree like @n with @item in it; @n itself stays. */
static struct node *with(struct memory_txn *t, const struct node *n, struct item *item)
{
        if (n == NULL)
                return make(t, NULL, item, NULL);
        int c = order(item_key(item), item_key(n->item));
        if (c == 0)
                return make(t, hold(n->left), item, hold(n->right));
        if (c < 0) {
                struct node *left = with(t, n->left, item);
                return balance(t, left, item_hold(n->item), hold(n->right));
        }
        struct node *right = with(t, n->right, item);
        return balance(t, hold(n->left), item_hold(n->item), right);
}

/* A tree like @n, which is not empty, without its first item. */
static struct node *without_first(struct memory_txn *t, const struct node *n)
{
        if (n->left == NULL)
                return hold(n->right);
        struct node *left = without_first(t, n->left);
        return balance(t, left, item_hold(n->item), hold(n->right));
}

/* A tree like @n without @key, which is in it. */
static struct node *without(struct memory_txn *t, const struct node *n, struct ansa_bytes key)
{
        ansa_assert(n != NULL);
        int c = order(key, item_key(n->item));
        if (c < 0) {
                struct node *left = without(t, n->left, key);
                return balance(t, left, item_hold(n->item), hold(n->right));
        }
        if (c > 0) {
                struct node *right = without(t, n->right, key);
                return balance(t, hold(n->left), item_hold(n->item), right);
        }
        if (n->right == NULL)
                return hold(n->left);
        const struct node *first = n->right;
        while (first->left != NULL)
                first = first->left;
        struct node *right = without_first(t, n->right);
        return balance(t, hold(n->left), item_hold(first->item), right);
}

static const struct item *find(const struct node *n, struct ansa_bytes key)
{
        while (n != NULL) {
                int c = order(key, item_key(n->item));
                if (c == 0)
                        return n->item;
                n = c < 0 ? n->left : n->right;
        }
        return NULL;
}

/* Versions and transactions */

static void version_hold(struct version *copy, const struct version *v)
{
        *copy = *v;
        for (unsigned i = 0; i < STORE_TABLE_COUNT; i++)
                (void)hold(v->root[i]);
}

static void version_release(struct version *v)
{
        for (unsigned i = 0; i < STORE_TABLE_COUNT; i++)
                release(v->root[i]);
        *v = (struct version){ 0 };
}

static enum ansa_err memory_begin(struct store *s, enum store_mode mode, struct store_txn **txn)
{
        struct memory *m = memory_of(s);
        struct memory_txn *t = calloc(1, sizeof(*t));
        if (t == NULL)
                return ANSA_E_NO_MEMORY;
        t->base = (struct store_txn){ .store = s, .mode = mode };
        lock_take(&m->lock);
        bool is_free = mode == STORE_READ || !m->has_writer;
        if (is_free) {
                version_hold(&t->version, &m->committed);
                m->has_writer = m->has_writer || mode == STORE_WRITE;
        }
        lock_give(&m->lock);
        if (!is_free) {
                free(t);
                return ANSA_E_BUSY;
        }
        *txn = &t->base;
        return ANSA_OK;
}

static void memory_abort(struct store_txn *txn)
{
        struct memory *m = memory_of(txn->store);
        if (txn->mode == STORE_WRITE) {
                lock_take(&m->lock);
                m->has_writer = false;
                lock_give(&m->lock);
        }
        version_release(&txn_of(txn)->version);
        free(txn_of(txn));
}

static enum ansa_err memory_commit(struct store_txn *txn)
{
        struct memory *m = memory_of(txn->store);
        struct memory_txn *t = txn_of(txn);
        ansa_assert(!t->out_of_memory); /* the front ends a writer whose change failed */
        lock_take(&m->lock);
        struct version old = m->committed;
        m->committed = t->version;
        m->has_writer = false;
        lock_give(&m->lock);
        version_release(&old);
        free(t);
        return ANSA_OK;
}

static void memory_pause(struct store_txn *txn)
{
        version_release(&txn_of(txn)->version);
}

static enum ansa_err memory_resume(struct store_txn *txn)
{
        struct memory *m = memory_of(txn->store);
        lock_take(&m->lock);
        version_hold(&txn_of(txn)->version, &m->committed);
        lock_give(&m->lock);
        return ANSA_OK;
}

static enum ansa_err memory_get(struct store_txn *txn, enum store_table table,
                                struct ansa_bytes key, struct ansa_bytes *value)
{
        const struct item *i = find(txn_of(txn)->version.root[table], key);
        if (i == NULL)
                return ANSA_E_NOT_FOUND;
        *value = item_value(i);
        return ANSA_OK;
}

static void set_root(struct version *v, enum store_table table, struct node *root)
{
        release(v->root[table]);
        v->root[table] = root;
}

static enum ansa_err memory_put(struct store_txn *txn, enum store_table table,
                                struct ansa_bytes key, struct ansa_bytes value)
{
        struct memory_txn *t = txn_of(txn);
        struct version *v = &t->version;
        struct item *i = malloc(sizeof(*i) + key.size + value.size);
        if (i == NULL)
                return ANSA_E_NO_MEMORY;
        atomic_init(&i->references, 1);
        i->key_size = key.size;
        i->value_size = value.size;
        memcpy(i->at, key.at, key.size);
        if (value.size > 0)
                memcpy(i->at + key.size, value.at, value.size);

        const struct item *old = find(v->root[table], key);
        uint64_t old_size = old != NULL ? item_size(old) : 0;
        uint64_t new_size = item_size(i);
        struct node *root = with(t, v->root[table], i);
        set_root(v, table, root);
        if (t->out_of_memory)
                return ANSA_E_NO_MEMORY;
        v->size = v->size - old_size + new_size;
        v->entries[table] += old == NULL;
        return ANSA_OK;
}

static enum ansa_err memory_del(struct store_txn *txn, enum store_table table,
                                struct ansa_bytes key)
{
        struct memory_txn *t = txn_of(txn);
        struct version *v = &t->version;
        const struct item *old = find(v->root[table], key);
        if (old == NULL)
                return ANSA_E_NOT_FOUND;
        uint64_t old_size = item_size(old);
        struct node *root = without(t, v->root[table], key);
        set_root(v, table, root);
        if (t->out_of_memory)
                return ANSA_E_NO_MEMORY;
        v->size -= old_size;
        v->entries[table]--;
        return ANSA_OK;
}

static enum ansa_err memory_seek(struct store_txn *txn, enum store_table table,
                                 struct ansa_bytes from, bool after, struct ansa_bytes *key,
                                 struct ansa_bytes *value)
{
        const struct item *best = NULL;
        const struct node *n = txn_of(txn)->version.root[table];
        while (n != NULL) {
                int c = order(item_key(n->item), from);
                if (c > 0 || (c == 0 && !after)) {
                        best = n->item;
                        n = n->left;
                } else {
                        n = n->right;
                }
        }
        if (best == NULL)
                return ANSA_E_NOT_FOUND;
        *key = item_key(best);
        *value = item_value(best);
        return ANSA_OK;
}

static enum ansa_err memory_stat(struct store_txn *txn, struct store_stat *stat)
{
        const struct version *v = &txn_of(txn)->version;
        memcpy(stat->entries, v->entries, sizeof(stat->entries));
        stat->used_size = v->size;
        return ANSA_OK;
}

/* All entries of @from's snapshot into the writer @to. */
static enum ansa_err copy_tables(struct store_txn *from, struct store_txn *to)
{
        enum ansa_err err = ANSA_OK;
        for (unsigned i = 0; i < STORE_TABLE_COUNT && err == ANSA_OK; i++) {
                struct ansa_bytes key = { 0 };
                struct ansa_bytes value = { 0 };
                while ((err = store_seek(from, i, key, true, &key, &value)) == ANSA_OK) {
                        err = store_put(to, i, key, value);
                        if (err != ANSA_OK)
                                return err;
                }
                if (err == ANSA_E_NOT_FOUND)
                        err = ANSA_OK;
        }
        return err;
}

/* A backup has the form that ansad can serve. */
static enum ansa_err memory_backup(struct store *s, const char *directory)
{
        char path[4096];
        int n = snprintf(path, sizeof(path), "%s/data.mdb", directory);
        if (n < 0 || (size_t)n >= sizeof(path))
                return ANSA_E_ARGUMENT;
        if (access(path, F_OK) == 0)
                return ANSA_E_EXISTS;
        struct store *copy = NULL;
        struct store_txn *to = NULL;
        struct store_txn *from = NULL;
        enum ansa_err err = store_begin(s, STORE_READ, &from);
        if (err != ANSA_OK)
                return err;
        const uint64_t overhead = 16u << 20; /* of pages that are not full, and of the tree */
        const struct store_lmdb_options options = {
                .map_size = txn_of(from)->version.size * 3 + overhead,
                .readers = 1,
        };
        err = store_lmdb_open(directory, &options, &copy);
        if (err == ANSA_OK)
                err = store_begin(copy, STORE_WRITE, &to);
        if (err == ANSA_OK)
                err = copy_tables(from, to);
        if (err == ANSA_OK) {
                err = store_commit(to);
                to = NULL;
        }
        store_abort(to);
        store_close(copy);
        store_abort(from);
        if (err != ANSA_OK)
                (void)unlink(path);
        return err;
}

static void memory_close(struct store *s)
{
        struct memory *m = memory_of(s);
        ansa_assert(!m->has_writer);
        version_release(&m->committed);
        lock_fini(&m->lock);
        free(m);
}

static const struct store_ops memory_ops = {
        .name = "memory",
        .begin = memory_begin,
        .commit = memory_commit,
        .abort = memory_abort,
        .pause = memory_pause,
        .resume = memory_resume,
        .get = memory_get,
        .put = memory_put,
        .del = memory_del,
        .seek = memory_seek,
        .stat = memory_stat,
        .backup = memory_backup,
        .close = memory_close,
};

enum ansa_err store_memory_open(struct store **s)
{
        *s = NULL;
        struct memory *m = calloc(1, sizeof(*m));
        if (m == NULL)
                return ANSA_E_NO_MEMORY;
        m->base.ops = &memory_ops;
        lock_init(&m->lock);
        *s = &m->base;
        return ANSA_OK;
}
