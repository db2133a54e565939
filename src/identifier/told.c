/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/told.h"

#include "identifier/record.h"
#include "ledger/ledger.h"
#include "ledger/trie.h"
#include "wire/cursor.h"
#include "wire/name.h"

static void note(struct told_result *r, enum told_problem problem, enum store_table table,
                 struct ansa_bytes key)
{
        r->problem = problem;
        r->table = table;
        r->key_size = key.size < sizeof(r->key) ? key.size : sizeof(r->key);
        if (key.size > 0)
                memcpy(r->key, key.at, r->key_size);
}

static enum ansa_err look_up(struct store_txn *txn, const struct hash256 *in,
                             const struct hash256 *want, enum told_problem *problem)
{
        struct hash256 told;
        enum ansa_err err = trie_find(txn, in, &told);
        *problem = TOLD_WELL;
        if (err == ANSA_E_NOT_FOUND)
                *problem = TOLD_NOT_AT_ALL;
        else if (err == ANSA_OK && !hash256_equal(&told, want))
                *problem = TOLD_OTHERWISE;
        return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
}

static enum ansa_err check_record(struct store_txn *txn, const struct hasher *h,
                                  bool case_sensitive, struct ansa_bytes key,
                                  struct ansa_bytes stored, enum told_problem *problem)
{
        struct record r;
        struct hash256 in;
        struct hash256 commitment;
        uint8_t folded[NAME_KEY_SIZE_MAX];
        size_t size = 0;
        *problem = TOLD_DAMAGED;
        if (record_decode(key, stored, &r) != ANSA_OK ||
            name_fold(r.name, case_sensitive, folded, sizeof(folded), &size) != ANSA_OK)
                return ANSA_OK;
        *problem = TOLD_UNMARKED;
        if (!r.has_mark)
                return ANSA_OK;
        dictionary_key_record(h, (struct ansa_bytes){ folded, size }, &in);
        record_commitment(h, &r, &r.mark.salt, &commitment);
        return look_up(txn, &in, &commitment, problem);
}

static enum ansa_err check_prefix(struct store_txn *txn, const struct hasher *h,
                                  struct ansa_bytes key, struct ansa_bytes since,
                                  enum told_problem *problem)
{
        struct hash256 in;
        struct hash256 commitment;
        struct cursor c = cursor_over(since);
        uint64_t since_s = cursor_u64(&c);
        *problem = TOLD_DAMAGED;
        if (cursor_end(&c) != ANSA_OK)
                return ANSA_OK;
        dictionary_key_home(h, key, &in);
        commitment_home(h, since_s, &commitment);
        return look_up(txn, &in, &commitment, problem);
}

static enum ansa_err check_table(struct store_txn *txn, const struct hasher *h, bool case_sensitive,
                                 enum store_table table, struct told_result *result)
{
        struct ansa_bytes from = { 0 };
        struct ansa_bytes value;
        for (;;) {
                enum told_problem problem;
                struct ansa_bytes key;
                enum ansa_err err = store_seek(txn, table, from, from.size > 0, &key, &value);
                if (err != ANSA_OK)
                        return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
                if (table == STORE_RECORDS)
                        err = check_record(txn, h, case_sensitive, key, value, &problem);
                else
                        err = check_prefix(txn, h, key, value, &problem);
                if (err != ANSA_OK)
                        return err;
                if (problem != TOLD_WELL) {
                        note(result, problem, table, key);
                        return ANSA_OK;
                }
                result->looked_at++;
                from = key;
        }
}

/* The site and the settings are in the dictionary, too, when they were told. */
static enum ansa_err count_others(struct store_txn *txn, const struct hasher *h, uint64_t *count)
{
        struct hash256 key[2];
        *count = 0;
        dictionary_key_site(h, &key[0]);
        dictionary_key_settings(h, &key[1]);
        for (size_t i = 0; i < 2; i++) {
                struct hash256 found;
                enum ansa_err err = trie_find(txn, &key[i], &found);
                if (err != ANSA_OK && err != ANSA_E_NOT_FOUND)
                        return err;
                *count += err == ANSA_OK;
        }
        return ANSA_OK;
}

enum ansa_err told_check(struct store_txn *txn, const struct hasher *h, bool case_sensitive,
                         struct told_result *result)
{
        struct ledger_head head;
        uint64_t others;
        uint64_t leaves;
        *result = (struct told_result){ 0 };
        enum ansa_err err = check_table(txn, h, case_sensitive, STORE_RECORDS, result);
        if (err == ANSA_OK && result->problem == TOLD_WELL)
                err = check_table(txn, h, case_sensitive, STORE_PREFIXES, result);
        if (err == ANSA_OK)
                err = trie_count(txn, &leaves);
        if (err == ANSA_OK)
                err = count_others(txn, h, &others);
        if (err != ANSA_OK || result->problem != TOLD_WELL)
                return err;
        if (leaves > result->looked_at + others)
                note(result, TOLD_MISSING, STORE_DICTIONARY, (struct ansa_bytes){ 0 });
        err = ledger_head_read(txn, &head);
        if (err == ANSA_E_NOT_FOUND && result->looked_at > 0)
                note(result, TOLD_NO_LEDGER, STORE_META, (struct ansa_bytes){ 0 });
        return err == ANSA_E_NOT_FOUND ? ANSA_OK : err;
}

const char *told_text(enum told_problem problem)
{
        switch (problem) {
        case TOLD_WELL:
                return "is as the ledger told";
        case TOLD_NO_LEDGER:
                return "nothing was told";
        case TOLD_DAMAGED:
                return "cannot be decoded";
        case TOLD_UNMARKED:
                return "was not put through the ledger";
        case TOLD_NOT_AT_ALL:
                return "is unknown to the ledger";
        case TOLD_OTHERWISE:
                return "is not what the ledger told";
        case TOLD_MISSING:
                return "the ledger told of more than there is";
        }
        return "?";
}
