/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_TOLD_H
#define ANSA_IDENTIFIER_TOLD_H

#include "base/hasher.h"
#include "store/store.h"

/**
 * Is what the store says what its ledger told? Looks at every record and homed prefix, and
 * whether the dictionary has anything else. A change that went around the ledger shows here.
 */
enum told_problem {
        TOLD_WELL,
        TOLD_NO_LEDGER,  /* there are records, and nothing was told of any */
        TOLD_DAMAGED,    /* cannot be decoded */
        TOLD_UNMARKED,   /* the record has no salt: it was not put through the ledger */
        TOLD_NOT_AT_ALL, /* the dictionary does not know it */
        TOLD_OTHERWISE,  /* the dictionary has another commitment */
        TOLD_MISSING,    /* the dictionary knows more than the store has */
};

struct told_result {
        enum told_problem problem;
        enum store_table table; /* of the first that is wrong */
        size_t key_size;
        uint8_t key[STORE_KEY_SIZE_MAX];
        uint64_t looked_at;
};

/** The first thing that is wrong, if any. What stores fail with. */
ANSA_CHECKED enum ansa_err told_check(struct store_txn *txn, const struct hasher *h,
                                      bool case_sensitive, struct told_result *result);

const char *told_text(enum told_problem problem);

#endif
