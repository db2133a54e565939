/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger.h"
#include "ledger/rows.h"

#include <stdlib.h>

/* Payloads and what records were: octets that others understand. */

enum payload_access { PAYLOAD_PUBLIC, PAYLOAD_WITHHELD };

enum ansa_err ledger_payload_put(struct store_txn *txn, const struct hasher *h,
                                 struct ansa_bytes payload, bool withheld, struct hash256 *hash)
{
        struct ansa_bytes found;
        hasher_one(h, payload.at, payload.size, hash);
        const struct ansa_bytes key = { hash->at, HASH_SIZE };
        enum ansa_err err = store_get(txn, STORE_PAYLOADS, key, &found);
        if (err != ANSA_E_NOT_FOUND)
                return err;
        uint8_t *row = malloc(1 + payload.size);
        if (row == NULL)
                return ANSA_E_NO_MEMORY;
        row[0] = withheld ? PAYLOAD_WITHHELD : PAYLOAD_PUBLIC;
        if (payload.size > 0)
                memcpy(row + 1, payload.at, payload.size);
        err = store_put(txn, STORE_PAYLOADS, key, (struct ansa_bytes){ row, 1 + payload.size });
        free(row);
        return err;
}

enum ansa_err ledger_payload(struct store_txn *txn, const struct hash256 *hash,
                             struct ansa_bytes *payload, bool *withheld)
{
        struct ansa_bytes row;
        *payload = (struct ansa_bytes){ 0 };
        *withheld = true;
        enum ansa_err err =
                store_get(txn, STORE_PAYLOADS, (struct ansa_bytes){ hash->at, HASH_SIZE }, &row);
        if (err != ANSA_OK)
                return err;
        if (row.size < 1 || row.at[0] > PAYLOAD_WITHHELD)
                return ANSA_E_CORRUPT;
        *withheld = row.at[0] == PAYLOAD_WITHHELD;
        *payload = (struct ansa_bytes){ row.at + 1, row.size - 1 };
        return ANSA_OK;
}

#define HISTORY_KEY_SIZE (HASH_SIZE + ENTRY_KEY_SIZE)

static struct ansa_bytes history_key(const struct hash256 *key, uint64_t number,
                                     uint8_t at[HISTORY_KEY_SIZE])
{
        memcpy(at, key->at, HASH_SIZE);
        rows_put_u64(at + HASH_SIZE, number);
        return (struct ansa_bytes){ at, HISTORY_KEY_SIZE };
}

enum ansa_err ledger_history_put(struct store_txn *txn, const struct hash256 *key, uint64_t number,
                                 struct ansa_bytes octets)
{
        uint8_t at[HISTORY_KEY_SIZE];
        return store_put(txn, STORE_HISTORY, history_key(key, number, at), octets);
}

enum ansa_err ledger_history(struct store_txn *txn, const struct hash256 *key, uint64_t number,
                             struct ansa_bytes *octets)
{
        uint8_t at[HISTORY_KEY_SIZE];
        *octets = (struct ansa_bytes){ 0 };
        return store_get(txn, STORE_HISTORY, history_key(key, number, at), octets);
}
