/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_ENTRY_H
#define ANSA_WIRE_ENTRY_H

#include "ansa/bytes.h"
#include "ansa/err.h"
#include "base/hasher.h"

/** Entries of the ledger's log (docs/ledger.md, section 3): one for each change of the store. */
#define ENTRY_SIZE        116u
#define ENTRY_VERSION_OWN 1u

enum entry_action {
        ENTRY_STATE, /* ends a transaction: commitment is the root of the dictionary */
        ENTRY_PUT,
        ENTRY_DELETE,
        ENTRY_HOME,
        ENTRY_UNHOME,
        ENTRY_SITE,
        ENTRY_SETTINGS,
        ENTRY_ERASE,
        ENTRY_BREAK_GLASS,
        ENTRY_PROPOSAL,
        ENTRY_APPROVAL,
        ENTRY_VETO,
        ENTRY_ACTION_COUNT
};

enum entry_origin {
        ORIGIN_SERVER, /* by itself */
        ORIGIN_REQUEST,
        ORIGIN_IMPORT,  /* by the operator */
        ORIGIN_UPGRADE, /* of a home that had no ledger */
        ORIGIN_REPLICATION,
        ORIGIN_BREAK_GLASS,
        ENTRY_ORIGIN_COUNT
};

struct entry {
        enum entry_action action;
        enum entry_origin origin;
        uint64_t number;           /* of entries before it */
        uint64_t time_s;           /* since 1970 */
        struct hash256 key;        /* in the dictionary */
        struct hash256 commitment; /* from now on; zeros: the key is absent */
        struct hash256 payload;    /* its hash; zeros: there is none */
};

void entry_encode(const struct entry *entry, uint8_t octets[ENTRY_SIZE]);

/**
 * ANSA_E_MALFORMED: not of that size, an action or origin that this version does not know, or
 * parts that such an entry cannot have (a key in a state entry, a commitment of a deletion).
 */
ANSA_CHECKED enum ansa_err entry_decode(struct ansa_bytes octets, struct entry *entry);

/** Words for actions and origins, as tools print them. */
const char *entry_action_text(enum entry_action action);
const char *entry_origin_text(enum entry_origin origin);

#endif
