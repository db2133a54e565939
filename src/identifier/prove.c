/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/prove.h"

#include "base/assert.h"
#include "identifier/record.h"
#include "ledger/trie.h"
#include "wire/bundle.h"
#include "wire/checkpoint.h"
#include "wire/name.h"

#define BACK_SIZE_MAX (1u << 20)

static bool is_of(const struct hasher *h, const struct ledger_head *head, struct ansa_bytes text)
{
        struct checkpoint c;
        struct hash256 root;
        if (checkpoint_decode(text, &c) != ANSA_OK)
                return false;
        ledger_head_root(h, head, &root);
        return c.size == ledger_head_size(head) && hash256_equal(&c.root, &root);
}

enum ansa_err prove_checkpoint_make(const struct hasher *h, const struct ledger_head *head,
                                    struct ansa_bytes octets, struct prove_checkpoint *checkpoint)
{
        struct note note;
        struct hash256 proof[MERKLE_LEVELS];
        *checkpoint = (struct prove_checkpoint){ 0 };
        if (note_decode(octets, &note) != ANSA_OK || !is_of(h, head, note.text))
                return ANSA_E_ARGUMENT;
        struct prove_checkpoint made = { .number = head->state.number,
                                         .dictionary = head->state.commitment,
                                         .back = buf_growing(BACK_SIZE_MAX) };
        size_t count = ledger_head_proof(head, proof);
        ansa_assert(count == bundle_inclusion_count(made.number));
        bundle_put_back(head->state.time_s, made.number, proof, &note, &made.back);
        enum ansa_err err = made.back.err;
        if (err == ANSA_OK)
                *checkpoint = made;
        else
                buf_fini(&made.back);
        return err;
}

void prove_checkpoint_fini(struct prove_checkpoint *checkpoint)
{
        buf_fini(&checkpoint->back);
        *checkpoint = (struct prove_checkpoint){ 0 };
}

/* ---- Opening a record ---------------------------------------------------------------------- */

struct showing {
        const struct prove_question *question;
        const struct record *record;
        uint64_t shown[OPENING_VALUES_MAX / 64]; /* positions, a bit each */
        uint32_t count;
};

static bool is_shown(const struct showing *s, uint32_t position)
{
        return (s->shown[position / 64] >> position % 64 & 1) != 0;
}

/* The values of a decoded record, one by one, as they lie in it. */
static struct ansa_bytes next_value(struct ansa_values *values, struct ansa_value *value)
{
        const uint8_t *start = values->wire.at;
        enum ansa_err err = ansa_values_next(values, value);
        ansa_assert(err == ANSA_OK);
        return (struct ansa_bytes){ start, (size_t)(values->wire.at - start) };
}

static void select_values(struct showing *s)
{
        const struct prove_question *q = s->question;
        struct ansa_values values = q->wants_private ? s->record->all : s->record->public_only;
        for (uint32_t i = 0; values.count > 0; i++) {
                struct ansa_value value;
                (void)next_value(&values, &value);
                if (q->is_selected != NULL && !q->is_selected(q->context, &value))
                        continue;
                s->shown[i / 64] |= (uint64_t)1 << i % 64;
                s->count++;
        }
}

static void put_shown(const struct showing *s, struct buf *b)
{
        struct ansa_values values = s->record->all;
        uint32_t left = s->count;
        for (uint32_t i = 0; left > 0; i++) {
                struct ansa_value value;
                struct salt salt;
                struct ansa_bytes wire = next_value(&values, &value);
                if (!is_shown(s, i))
                        continue;
                commitment_salt(s->question->hasher, &s->record->mark.salt, i, &salt);
                opening_put_value(i, salt.at, wire, b);
                left--;
        }
}

/* The hash of the subtree of the next @count values, the first of them at @from. */
static enum ansa_err hash_part(const struct showing *s, struct ansa_values *values, uint32_t from,
                               uint32_t count, struct hash256 *hash)
{
        const struct hasher *h = s->question->hasher;
        struct merkle_frontier f = { 0 };
        for (uint32_t i = from; i < from + count; i++) {
                struct ansa_value value;
                struct salt salt;
                struct ansa_bytes wire = next_value(values, &value);
                commitment_salt(h, &s->record->mark.salt, i, &salt);
                commitment_value(h, &salt, wire, hash);
                enum ansa_err err = merkle_append(h, &f, hash, NULL);
                if (err != ANSA_OK)
                        return err;
        }
        merkle_frontier_root(h, &f, hash);
        return ANSA_OK;
}

static enum ansa_err put_hidden(const struct showing *s, struct buf *b)
{
        struct ansa_values values = s->record->all;
        uint32_t count = values.count;
        for (uint32_t from = 0; from < count;) {
                struct ansa_value value;
                struct hash256 hash;
                uint32_t next = from;
                while (next < count && !is_shown(s, next))
                        next++;
                if (next == from) {
                        (void)next_value(&values, &value);
                        from++;
                        continue;
                }
                uint32_t part = opening_part(from, next, count);
                enum ansa_err err = hash_part(s, &values, from, part, &hash);
                if (err != ANSA_OK)
                        return err;
                buf_bytes(b, (struct ansa_bytes){ hash.at, HASH_SIZE });
                from += part;
        }
        return ANSA_OK;
}

static enum ansa_err put_opening(const struct prove_question *q, const struct record *r,
                                 struct buf *b)
{
        struct showing s = { .question = q, .record = r };
        select_values(&s);
        opening_put_head(r->all.count, r->public_only.count, s.count, b);
        put_shown(&s, b);
        return s.count < r->all.count ? put_hidden(&s, b) : b->err;
}

/* ---- The bundle ---------------------------------------------------------------------------- */

static enum ansa_err check_snapshot(const struct prove_question *q)
{
        struct ledger_head head;
        enum ansa_err err = ledger_head_read(q->txn, &head);
        if (err != ANSA_OK)
                return err;
        bool is_it = head.state.number == q->checkpoint->number &&
                     hash256_equal(&head.state.commitment, &q->checkpoint->dictionary);
        return is_it ? ANSA_OK : ANSA_E_BUSY;
}

static enum ansa_err find(const struct prove_question *q, struct record *r, bool *is_there)
{
        uint8_t key[STORE_KEY_SIZE_MAX];
        size_t size = 0;
        struct ansa_bytes stored;
        *is_there = false;
        enum ansa_err err = record_key(q->name, q->case_sensitive, key, &size);
        if (err == ANSA_OK)
                err = store_get(q->txn, STORE_RECORDS, (struct ansa_bytes){ key, size }, &stored);
        if (err == ANSA_E_NOT_FOUND)
                return ANSA_OK;
        if (err == ANSA_OK)
                err = record_decode((struct ansa_bytes){ key, size }, stored, r);
        *is_there = err == ANSA_OK;
        return *is_there && !r->has_mark ? ANSA_E_UNSUPPORTED : err;
}

static enum ansa_err put_path(const struct prove_question *q, struct ansa_bytes folded,
                              bool is_there, struct buf *b)
{
        struct hash256 key;
        struct dictionary_path path;
        size_t before = b->size;
        dictionary_key_record(q->hasher, folded, &key);
        enum ansa_err err = trie_path(q->txn, q->hasher, &key, b);
        if (err != ANSA_OK)
                return err;
        err = dictionary_path_decode((struct ansa_bytes){ b->at + before, b->size - before },
                                     &path);
        /* A record of which the log does not know, or one that is missing: nothing can be proven. */
        return err == ANSA_OK && (path.end == DICTIONARY_OWN) == is_there ? ANSA_OK
                                                                          : ANSA_E_CORRUPT;
}

enum ansa_err prove(const struct prove_question *question, struct buf *bundle)
{
        uint8_t at[NAME_KEY_SIZE_MAX];
        size_t size = 0;
        struct record r;
        bool is_there;
        if (name_problem(question->name) != NULL ||
            name_fold(question->name, question->case_sensitive, at, sizeof(at), &size) != ANSA_OK ||
            size > BUNDLE_NAME_MAX)
                return ANSA_E_ARGUMENT;
        struct ansa_bytes folded = { at, size };
        enum ansa_err err = check_snapshot(question);
        if (err == ANSA_OK)
                err = find(question, &r, &is_there);
        if (err != ANSA_OK)
                return err;
        bundle_put_front(is_there, folded, bundle);
        if (is_there)
                err = put_opening(question, &r, bundle);
        if (err == ANSA_OK)
                err = put_path(question, folded, is_there, bundle);
        buf_bytes(bundle, buf_written(&question->checkpoint->back));
        return err == ANSA_OK ? bundle->err : err;
}
