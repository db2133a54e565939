/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_IDENTIFIER_H
#define ANSA_IDENTIFIER_IDENTIFIER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/env.h"
#include "base/signer.h"
#include "ansa/key.h"
#include "ansa/value.h"
#include "wire/body.h"
#include "wire/message.h"
#include "wire/payload.h"

/**
 * The identifier system: takes a whole native message (reassembled, envelope
 * and all), says what is to be done with it, and writes the answer. No socket,
 * no thread, no clock of its own: doors, simulator and fuzzers all call this.
 *
 * struct identifier is shared by all threads (its tables are locked briefly);
 * struct identifier_worker belongs to one thread and holds a read transaction.
 *
 *   door thread         slow lane               the one writer
 *   -----------         ---------               --------------
 *   identifier_serve -> IDENTIFIER_SLOW  -> identifier_serve (may block)
 *                    -> IDENTIFIER_WRITE ------------------------> identifier_commit
 *   <- IDENTIFIER_REPLY, IDENTIFIER_DROP                           <- one reply per job
 */
struct shared;
struct identifier;
struct identifier_worker;
struct store;
struct resolve_request; /* wire/body.h */

/** Where a request came from; filled by the door. */
enum peer_transport {
        PEER_UDP,
        PEER_TCP,
        PEER_TLS,
        PEER_HTTP,
        PEER_HTTPS,
        PEER_LOCAL /* this process: it may have others asked, whatever strangers may */
};

/* Texts that tell what no code of the protocol does. */
#define IDENTIFIER_NO_SERVICE  "no service is known for that prefix" /* RC_NOT_FOUND */
#define IDENTIFIER_UNREACHABLE "that service could not be reached"   /* RC_NOT_RESPONSIBLE */

/**
 * What a record must be like when it is changed. Looked at where the change is planned, in the
 * writer's transaction too: of two editors that began with the same version one is refused,
 * with RC_PRECONDITION.
 */
struct record_condition {
        enum record_condition_kind {
                CONDITION_NONE,
                CONDITION_EXISTS,  /* whatever is in it */
                CONDITION_ABSENT,  /* it must not exist */
                CONDITION_ONE_OF,  /* it exists in one of the versions */
                CONDITION_NONE_OF, /* it does not exist, or in none of the versions */
        } kind;
        uint32_t version_count;
        uint64_t versions[8];
};

/** Response code that no protocol has: told to those only who made a condition. */
#define RC_PRECONDITION 1412u

/**
 * For doors that authenticate their clients themselves (identifier_prove): what they have found
 * out and what they want. Without identity a request that needs one gets RC_CHALLENGE, and no
 * challenge is kept.
 */
struct peer_claims {
        const struct ansa_ref *identity;          /* of the key that was proven, or NULL */
        enum payload_evidence evidence;           /* how, for the ledger */
        const struct record_condition *condition; /* NULL: none */
        /* Indexes, ascending, of values that an OP_ADD takes out of the record in the same step. */
        struct index_list drops;
        /*
         * Where the version of a resolved record goes, or NULL; 0: it is not stored. Of a change
         * identifier_job_version tells it, when there is a place here.
         */
        uint64_t *version;
};

struct peer {
        uint8_t address[16]; /* IPv6, or IPv4 as ::ffff:a.b.c.d */
        uint16_t port;
        enum peer_transport transport;
        bool may_administer;              /* the interface is one for administration */
        const struct peer_claims *claims; /* NULL: the protocol's own way to authenticate */
};

/**
 * Resolves elsewhere, with the client algorithm. Blocks; used in the slow lane only.
 * The doors wire it to libansa, the simulator to other simulated servers.
 */
struct fetch_query {
        struct ansa_bytes name;
        const struct ansa_bytes *types; /* empty list = all */
        size_t type_count;
        const uint32_t *indexes;
        size_t index_count;
        bool certified; /* answers must be signed by their servers */
        bool authoritative;
        uint8_t recursion; /* hops so far */
};
struct fetcher {
        /**
         * The response code, and for success the values, in @arena. ANSA_E_NOT_FOUND: nobody is
         * known who could be asked.
         * ANSA_E_NETWORK and the like when no server could be asked.
         */
        enum ansa_err (*resolve)(struct fetcher *f, const struct fetch_query *query,
                                 struct arena *arena, uint32_t *response,
                                 struct ansa_values *values);
        /** Ask the server that homes @key whether a secret-key answer is right (op 201). */
        enum ansa_err (*verify)(struct fetcher *f, const struct ansa_ref *key,
                                struct ansa_bytes nonce, struct ansa_bytes digest,
                                struct ansa_bytes answer, bool *is_valid);
};

struct identifier_config {
        bool case_sensitive;
        bool allow_recursion;
        bool allow_list; /* op 105, 106 */
        bool require_sessions;
        bool allow_old_crypto; /* DSA-SHA1, MD5, DES for administration */
        bool server_admin_full_access;
        bool enable_status;   /* 0.SITE/status */
        uint32_t challenge_s; /* life of a challenge */
        uint32_t challenges_max;
        uint32_t session_s_max; /* longest life, and the default */
        uint32_t sessions_max;
        uint32_t dh_bits_min;
        uint32_t server_number;  /* position in the site's server list, from 0 */
        uint64_t cache_size_max; /* bytes of the record cache, 0 = none */
        struct shared *owner; /* of all below, which is borrowed; NULL: it outlives the service */
        const struct ansa_ref *server_admins;
        size_t server_admin_count;
        const struct ansa_ref *status_admins;
        size_t status_admin_count;
        struct ansa_bytes site;               /* our HS_SITE record, encoded */
        struct ansa_bytes template_delimiter; /* "" = none */
        struct ansa_bytes namespace_xml;      /* "" = none: server-wide namespace */
        bool template_override;               /* use only the two above */
};

struct identifier_options {
        struct store *store;
        struct env *env;
        struct signer *signer;     /* NULL: certified answers are refused */
        struct fetcher *fetcher;   /* NULL: nothing is resolved elsewhere */
        struct signer *log_signer; /* with the log's key; NULL: the log is kept, and never signed */
        struct ansa_bytes log_name; /* its origin; borrowed for the service's life */
        struct ansa_bytes log_key;  /* public, ED25519_KEY_SIZE octets; the same */
        struct identifier_config config;
};

ANSA_CHECKED enum ansa_err identifier_new(const struct identifier_options *options,
                                          struct identifier **service);
void identifier_free(struct identifier *service);

/**
 * Take new settings (SIGHUP). Safe while workers serve; the new site, admins and switches
 * apply to requests that begin later. Borrowed parts must outlive the service.
 */
ANSA_CHECKED enum ansa_err identifier_reconfigure(struct identifier *service,
                                                  const struct identifier_config *config);

/**
 * Tell the ledger of the site and of the settings that decide on rights, when they are not what
 * it was told last. To be called before the service is used, and after each identifier_reconfigure
 * (by the thread that called it: it waits for the writer). What stores fail with.
 */
ANSA_CHECKED enum ansa_err identifier_announce(struct identifier *service);

/** A worker may be used by one thread at a time. @may_block: it is in the slow lane. */
ANSA_CHECKED enum ansa_err identifier_worker_new(struct identifier *service, bool may_block,
                                                 struct identifier_worker **worker);
void identifier_worker_free(struct identifier_worker *worker);

enum identifier_outcome {
        IDENTIFIER_REPLY, /* the reply buffer holds one or more whole messages */
        IDENTIFIER_DROP,  /* say nothing */
        IDENTIFIER_SLOW,  /* only from workers that may not block: run it in the slow lane */
        IDENTIFIER_WRITE, /* *job is to be given to the writer */
};

/**
 * More of a long answer: filled when the reply ends with FLAG_CONTINUES. The door
 * calls identifier_continue when it has sent what it has, until more is false.
 */
struct identifier_more {
        bool more;
        struct envelope envelope; /* of the request */
        struct header header;
        uint32_t session_id;
        size_t prefix_size;
        uint8_t prefix[ANSA_NAME_SIZE_MAX + 8];
        size_t after_size;
        uint8_t after[512]; /* last key listed */
        uint32_t counter;   /* session counter of the request */
        uint8_t digest_code;
        uint8_t digest_size; /* 0: no digest was asked for */
        uint8_t digest[32];
};

struct write_job; /* an authenticated change, self-contained; see identifier_job_* */

/**
 * Serve one request.
 * @message  the whole message; not written to, not kept.
 * @reply    appended to on IDENTIFIER_REPLY; room for LIMIT_MESSAGE_SIZE + ENVELOPE_SIZE.
 * @more     may be NULL for transports that cannot continue (then lists end after one page
 *           with an error).
 * Never fails: every problem becomes a response code of the protocol, or silence.
 */
enum identifier_outcome identifier_serve(struct identifier_worker *worker, const struct peer *peer,
                                         struct ansa_bytes message, struct buf *reply,
                                         struct identifier_more *more, struct write_job **job);

/**
 * What identifier_serve answers to an OP_RESOLVE, for callers that need no message: the public
 * values of a record that is at hand, and its version (NULL: not wanted). Counted like a request.
 * False: that cannot be told the short way, whatever the reason; ask identifier_serve. Values are
 * borrowed until the worker is used again.
 */
bool identifier_resolve_public(struct identifier_worker *worker,
                               const struct resolve_request *request, uint32_t flags,
                               struct ansa_values *values, uint64_t *version);

/** The next page of a list. */
enum identifier_outcome identifier_continue(struct identifier_worker *worker,
                                            const struct peer *peer, struct buf *reply,
                                            struct identifier_more *more);

/**
 * A claim to be the administrator @key, and what shows it, as it travels in the protocol
 * (irp-wire 4.11) or as a certificate does.
 */
struct identifier_claim {
        enum identifier_claim_kind {
                CLAIM_PUBLIC_KEY, /* a signature with the private key of an HS_PUBKEY */
                CLAIM_SECRET_KEY, /* a MAC with an HS_SECKEY */
                CLAIM_OWN_KEY,    /* the private key of @public_key was proven to the door */
        } kind;
        struct ansa_ref key;      /* index 0: any value of the right type */
        struct ansa_bytes nonce;  /* that we chose */
        struct ansa_bytes cnonce; /* that the client chose; in the place of the request digest */
        struct ansa_bytes answer; /* encoded public_answer or secret_answer */
        const struct ansa_key *public_key;
};

/**
 * Is the claim true? RC_SUCCESS and the real index of the key; RC_AUTHENTICATION;
 * RC_UNABLE_TO_VERIFY. Blocks: for workers in the slow lane only. Old algorithms are good for
 * nothing here unless the configuration allows them.
 */
uint32_t identifier_prove(struct identifier_worker *worker, const struct identifier_claim *claim,
                          uint32_t *index);

/**
 * Batches: doors that have many requests at hand tell the worker first, so that cache misses
 * overlap. begin renews the worker's snapshot; between begin and end every request sees it.
 * identifier_serve outside a batch renews by itself.
 */
void identifier_batch_begin(struct identifier_worker *worker);
void identifier_batch_hint(struct identifier_worker *worker, const struct ansa_bytes *messages,
                           size_t count);
void identifier_batch_end(struct identifier_worker *worker);

/** A refusal without service, e.g. RC_BUSY when a queue is full: echoes op and request id. */
void identifier_refuse(struct identifier *service, struct ansa_bytes message, uint32_t response,
                       const char *text, struct buf *reply);

/* Jobs: made by identifier_serve, carried by the door, done by identifier_commit. */
void identifier_job_free(struct write_job *job);
size_t identifier_job_size(const struct write_job *job); /* bytes it holds, for queue limits */

/**
 * Do the jobs in one store transaction, in order; each is planned again against the state it
 * finds. When this returns, what was acknowledged is durable, or (the commit failed) every
 * job's result says that nothing was done. One caller at a time.
 */
void identifier_commit(struct identifier_worker *writer, struct write_job *const *jobs,
                       size_t count);

/**
 * The reply of a job that was committed (or refused: give @refusal other than 0), encrypted,
 * authenticated or signed as its request asked. True from identifier_job_is_slow: a signature
 * is wanted, do it in the slow lane.
 */
bool identifier_job_is_slow(const struct write_job *job);
void identifier_job_reply(struct identifier_worker *worker, struct write_job *job, uint32_t refusal,
                          struct buf *reply);

/** After identifier_commit: the version that the change made; 0: the record is gone, or the change failed. */
uint64_t identifier_job_version(const struct write_job *job);

/**
 * How far a batch of @identity has come that it calls @key: what the last identifier_progress_job
 * said that is durable. A job of this kind is given to identifier_commit behind @jobs, shares
 * their transaction, and has no reply. Behind @value it keeps what came of each of them: u32
 * response code, u32 flags of the response. Kept for a week, and no more
 * than a thousand. ANSA_E_NOT_FOUND. NULL: no memory, or @value is over the maximum.
 */
#define IDENTIFIER_PROGRESS_SIZE_MAX 65536u
ANSA_CHECKED enum ansa_err identifier_progress(struct identifier_worker *worker,
                                               const struct ansa_ref *identity,
                                               struct ansa_bytes key, struct arena *arena,
                                               struct ansa_bytes *value);
struct write_job *identifier_progress_job(struct identifier_worker *worker,
                                          const struct ansa_ref *identity, struct ansa_bytes key,
                                          struct ansa_bytes value, struct write_job *const *jobs,
                                          size_t job_count);
/** After identifier_commit: it did what it was for. */
bool identifier_job_is_done(const struct write_job *job);

/** Trusted bulk changes (import, restore, home at start): still through the one writer. */
enum bulk_kind { BULK_PUT, BULK_DELETE, BULK_HOME, BULK_UNHOME };
struct bulk_change {
        enum bulk_kind kind;
        struct ansa_bytes name;
        struct ansa_values values; /* BULK_PUT; timestamps 0 become now */
};
/** All or nothing; *failed is the number of the first that could not be done. */
ANSA_CHECKED enum ansa_err identifier_bulk(struct identifier_worker *writer,
                                           const struct bulk_change *changes, size_t count,
                                           size_t *failed);
/**
 * The same when very many follow at once and nobody is served meanwhile: the ledger's dictionary is
 * brought up to date once, by identifier_settle (upgrade.h), which also whoever opens the store next
 * has to call.
 */
ANSA_CHECKED enum ansa_err identifier_bulk_more(struct identifier_worker *writer,
                                                const struct bulk_change *changes, size_t count,
                                                size_t *failed);
/**
 * What can be told of one change without the store, so that a bad record among many can be left
 * out: ANSA_E_LIMIT too many or too large values, ANSA_E_ARGUMENT an unusable name, an index 0 or
 * one that occurs twice, ANSA_E_MALFORMED values that cannot be read.
 */
ANSA_CHECKED enum ansa_err identifier_bulk_check(const struct bulk_change *change,
                                                 struct arena *arena);

/**
 * Commits so far. What was read after asking for the number is no older; while it stays, reading
 * again gives the same.
 */
uint64_t identifier_commits(const struct identifier *service);

/** Why the store did not take the last change; ANSA_OK: it did, or there is room again. */
enum ansa_err identifier_storing(struct identifier *service);

/**
 * While the store takes no changes: find out whether it would now. Changes nothing; waits for the
 * writer, and may be called from any thread beside it.
 */
void identifier_probe(struct identifier *service);

/*
 * The log, for everybody (docs/ledger.md, section 3). Appended to @b. ANSA_E_NOT_FOUND: there is
 * no such thing, or no ledger at all.
 */

/** The verifier key of the log (C2SP signed-note). */
ANSA_CHECKED enum ansa_err identifier_log_key(const struct identifier *service, struct buf *b);

/**
 * The newest checkpoint, a signed note. ANSA_E_BUSY from workers that may not block: it is yet to
 * be signed, which the slow lane can.
 */
ANSA_CHECKED enum ansa_err identifier_log_checkpoint(struct identifier_worker *worker,
                                                     struct buf *b);

/** @width hashes of a tile, or entries of a bundle: as many as there are, no more. */
ANSA_CHECKED enum ansa_err identifier_log_tile(struct identifier_worker *worker, unsigned level,
                                               uint64_t index, unsigned width, struct buf *b);
ANSA_CHECKED enum ansa_err identifier_log_bundle(struct identifier_worker *worker, uint64_t index,
                                                 unsigned width, struct buf *b);

/** What the entries with this @hash (32 octets) were made from. ANSA_E_DENIED: it is withheld. */
ANSA_CHECKED enum ansa_err identifier_log_payload(struct identifier_worker *worker,
                                                  struct ansa_bytes hash, struct buf *b);

enum proof_form { PROOF_BINARY, PROOF_TEXT };

/**
 * Append the proof (docs/ledger.md, section 5) of what the log says of an identifier that is kept
 * here: its public values, those that @query selects (all, when it selects none), or its absence.
 * ANSA_E_NOT_FOUND: there is no ledger, or the prefix is not homed here. ANSA_E_BUSY as
 * identifier_log_checkpoint. ANSA_E_ARGUMENT: no such identifier can be. ANSA_E_UNSUPPORTED: the record
 * is not in the ledger.
 */
struct resolve_request; /* wire/body.h */
ANSA_CHECKED enum ansa_err identifier_proof(struct identifier_worker *worker,
                                            const struct resolve_request *query,
                                            enum proof_form form, struct buf *b);

/** Housekeeping, about once a second: expire challenges and sessions. */
void identifier_tick(struct identifier *service);

/** Counters since start, for status and metrics. Index by code where it says so. */
struct identifier_counts {
        uint64_t requests;
        uint64_t by_operation[24]; /* in the order of OPERATION_MAP, the rest in the last */
        uint64_t by_response[40];  /* in the order of RESPONSE_MAP, the rest in the last */
        uint64_t cache_hits;
        uint64_t cache_misses;
        uint64_t sessions_open;
        uint64_t sessions_weak; /* set up with a group under 2048 bits */
        uint64_t challenges_open;
        uint64_t changes_failed; /* that the store did not take */
};
void identifier_count(struct identifier *service, struct identifier_counts *counts);

#endif
