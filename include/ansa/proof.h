/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROOF_H
#define ANSA_PROOF_H

/**
 * @file
 * Proofs: that an identifier says this, or nothing, according to a public log that others watch
 * (docs/ledger.md). Checked offline, without sockets, clock, files or memory but the caller's: also
 * in libansa-core.a, for small devices.
 *
 *      struct ansa_policy policy;
 *      struct ansa_policy_problem problem;
 *      ansa_policy_parse(&policy, text, crypto, &problem)          whom to believe
 *      struct ansa_proof_input input = { .bundle = octets, .name = name, .policy = &policy,
 *                                        .crypto = crypto, .now_s = now, ... };
 *      struct ansa_proof proof;
 *      if (ansa_proof_check(&input, &proof) == ANSA_OK)
 *              while (ansa_proof_next(&proof, &position, &value))
 *                      ...
 *      else
 *              ansa_proof_step_text(proof.step)
 */

#include "ansa/bytes.h"
#include "ansa/err.h"
#include "ansa/value.h"

#define ANSA_PROOF_KEY_SIZE       32u
#define ANSA_PROOF_SIGNATURE_SIZE 64u
#define ANSA_PROOF_DIGEST_SIZE    32u

/** What is needed of cryptography: ansa_proof_openssl, or what a microcontroller has. */
struct ansa_proof_crypto {
        /** SHA-256 of the parts one after the other. */
        void (*sha256)(void *context, const struct ansa_bytes *parts, size_t count,
                       uint8_t digest[ANSA_PROOF_DIGEST_SIZE]);
        /** Is it an Ed25519 signature (RFC 8032) of @message? */
        bool (*ed25519)(void *context, const uint8_t key[ANSA_PROOF_KEY_SIZE],
                        struct ansa_bytes message,
                        const uint8_t signature[ANSA_PROOF_SIGNATURE_SIZE]);
        void *context;
};

/** OpenSSL's; not in libansa-core.a. */
ANSA_API const struct ansa_proof_crypto *ansa_proof_openssl(void);

/* ---- Whom to believe ----------------------------------------------------------------------- */

#define ANSA_POLICY_SIZE_MAX 262144u /* octets of the text */
#define ANSA_POLICY_MAX      32u     /* logs, witnesses, groups: of each */

/** A key of a log or a witness. Names are borrowed from the policy's text. */
struct ansa_policy_key {
        struct ansa_bytes label; /* of a witness, in the policy */
        struct ansa_bytes name;  /* of the key; of a log its origin, too */
        struct ansa_bytes url;   /* empty: none was given */
        uint32_t id;
        uint8_t key[ANSA_PROOF_KEY_SIZE];
        bool case_sensitive; /* a log: how its server compares identifiers */
};

/** At least so many of the members; a bit each: witness i is bit i, group i bit 32 + i. */
struct ansa_policy_group {
        struct ansa_bytes label;
        uint32_t threshold;
        uint64_t members;
};

#define ANSA_POLICY_NO_QUORUM UINT32_MAX

/** Large for a small device's stack: 7 kB. */
struct ansa_policy {
        struct ansa_policy_key logs[ANSA_POLICY_MAX];
        struct ansa_policy_key witnesses[ANSA_POLICY_MAX];
        struct ansa_policy_group groups[ANSA_POLICY_MAX];
        uint32_t log_count;
        uint32_t witness_count;
        uint32_t group_count;
        uint32_t quorum; /* the bit of a witness or group, or ANSA_POLICY_NO_QUORUM */
        bool has_max_age;
        uint64_t max_age_s; /* of what is proven */
};

struct ansa_policy_problem {
        uint32_t line;    /* from 1; 0: of the text as a whole */
        const char *text; /* static: reads on from "line 3: " */
};

/**
 * Read a policy: c2sp.org/tlog-policy, and the lines "max-age SECONDS" and "case-sensitive LOG-NAME".
 * @text must outlive @policy. ANSA_E_MALFORMED, ANSA_E_LIMIT, ANSA_E_UNSUPPORTED (a key of a kind that
 * is not known): *problem says why.
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_policy_parse(struct ansa_policy *policy,
                                                      struct ansa_bytes text,
                                                      const struct ansa_proof_crypto *crypto,
                                                      struct ansa_policy_problem *problem);

/** Are these witnesses (a bit each) as many as the policy wants? */
ANSA_API bool ansa_policy_is_quorum(const struct ansa_policy *policy, uint32_t witnesses);

/* ---- Checking ------------------------------------------------------------------------------ */

/** Steps of checking, in their order (docs/ledger.md, section 5). X(NAME, text when it failed) */
/* clang-format off */
#define ANSA_PROOF_STEP_MAP(X)                                                                    \
        X(DONE,       "holds")                                                                    \
        X(FORM,       "cannot be read: it is cut off, damaged, or no proof")                      \
        X(LOG_KNOWN,  "is of a log that is not in the policy")                                    \
        X(IDENTIFIER, "is about another identifier, or one that is none")                         \
        X(DICTIONARY, "has a path through the dictionary that does not lead to this identifier")  \
        X(LOG,        "does not lead to the root of the log that it names")                       \
        X(SIGNATURE,  "is not signed by the log, or shows something else than what was signed")   \
        X(WITNESSES,  "is not cosigned by enough witnesses of the policy, or wrongly by one")     \
        X(AGE,        "is too old, or of a time to come")

enum ansa_proof_step {
#define X(name, text) ANSA_PROOF_##name,
        ANSA_PROOF_STEP_MAP(X)
#undef X
};
/* clang-format on */

/** Reads on from "the proof ". Static. */
ANSA_API const char *ansa_proof_step_text(enum ansa_proof_step step);

/** All borrowed; what is proven borrows from @bundle, or from @room when that is a text. */
struct ansa_proof_input {
        struct ansa_bytes bundle; /* binary or text */
        struct ansa_bytes name;   /* the identifier that was asked for; empty: any will do */
        const struct ansa_policy *policy;
        const struct ansa_proof_crypto *crypto;
        uint64_t now_s; /* seconds since 1970; 0: not known, which a policy with max-age refuses */
        uint8_t *room;  /* for texts: as many octets as the text has are enough */
        size_t room_size;
};

/** What was proven. After a failure all is zero but the step that failed. */
struct ansa_proof {
        enum ansa_proof_step step;
        bool is_record;         /* false: the identifier is absent */
        struct ansa_bytes name; /* folded as the log's server does it */
        uint32_t value_count;   /* of the record */
        uint32_t public_count;  /* that everybody may read: the first ones */
        uint32_t shown_count;
        bool has_all_public;     /* all that everybody may read is shown */
        struct ansa_bytes shown; /* for ansa_proof_next */
        uint32_t log;            /* the log's number in the policy */
        uint64_t log_size;       /* entries */
        uint8_t log_root[ANSA_PROOF_DIGEST_SIZE];
        uint64_t time_s;    /* of the state of the log, as its server says */
        uint32_t witnesses; /* that cosigned: a bit each, by their number in the policy */
        uint64_t witness_time_s[ANSA_POLICY_MAX]; /* when; 0: did not */
        uint64_t newest_s;                        /* of all these times */
};

/**
 * Check all of it. ANSA_OK: it is proven, to whoever believes the policy. Otherwise proof->step names the
 * step that failed, and the error is ANSA_E_UNAUTHENTIC, ANSA_E_EXPIRED (its age), ANSA_E_NOT_FOUND (log not
 * in the policy), ANSA_E_ARGUMENT (another identifier), or why the form cannot be read; ANSA_E_LIMIT also
 * when there is too little room for a text.
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_proof_check(const struct ansa_proof_input *input,
                                                     struct ansa_proof *proof);

/** The next value that is shown and its position in the record, from 0; false after the last. */
ANSA_API bool ansa_proof_next(struct ansa_proof *proof, uint32_t *position,
                              struct ansa_value *value);

#endif /* ANSA_PROOF_H */
