/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SIM_H
#define TEST_SIM_H

#include "chance.h"
#include "crypto/key.h"
#include "crypto/session.h"
#include "identifier/identifier.h"
#include "model.h"
#include "store/store.h"

/*
 * The deterministic simulator of the identifier system. A world has two servers, people who
 * use them, and a network that neither can trust; one seed decides on everything in it.
 *
 *   main.c      arguments, the loop over seeds and steps, the summary
 *   world.c     a world from its seed: configurations, clocks, first records
 *   server.c    a server on its store; faults, death and restart; what it fetches elsewhere
 *   door.c      what a door does: serve, slow lane, the writer, replies
 *   judge.c     what should come of a message
 *   verdict.c   is what came right?
 *   people.c    who has which keys, answers to challenges, sessions
 *   editors.c   clients of doors that authenticate them, who edit records in the same version
 *   calls.c     requests of people and what they do with the answers
 *   requests.c  names, values and bodies that they think of
 *   network.c   messages on their way: lost, late, twice
 *   attacker.c  replays, changes, invents messages
 *   audit.c     the stores, octet by octet, against the model
 *   model*.c    what the specification says
 */

#define SERVERS      2u
#define FAST_WORKERS 2u
#define PEOPLE       7u
#define QUEUE_MAX    24u
#define PACKETS_MAX  96u
#define CALLS_MAX    4096u
#define LINKS_MAX    512u
#define DARES_MAX    4096u
#define EDITIONS_MAX 128u
#define MINT_SIZE    36u

struct world;
struct reply;

/* Keys. Those of PERSON_NOBODY are registered nowhere. */
enum person_kind { PERSON_ED25519, PERSON_RSA, PERSON_SECRET };
struct person {
        const char *nick;
        struct ansa_ref who; /* of the registered key */
        enum person_kind kind;
        struct crypto_key *key;
        struct ansa_bytes data; /* of the value: encoded public key, or secret */
};

/* A session as its client knows it; and as we know that the server should. */
struct link {
        uint32_t server;
        uint32_t life; /* of the server, in which it was set up */
        uint32_t id;
        struct session_key key;
        const struct person *person; /* NULL: anonymous */
        uint16_t version;
        bool is_authentic;
        bool is_gone;      /* surely: terminated, or the server died */
        bool is_known;     /* to the client: it has the server's answer */
        bool is_doubtful;  /* perhaps pushed out */
        bool is_torn;      /* whether its identity is proven nobody can tell */
        bool is_opaque;    /* its key is not from the seed */
        bool is_keyless;   /* mode 2: the server waits for its key */
        bool is_lost;      /* what was sent as its key is none: nobody knows the key */
        struct call *call; /* that set it up */
        uint64_t used_ms;
        uint64_t perhaps_used_ms; /* by a changed message that may have been good enough */
        uint64_t idle_ms_max;
        uint32_t counter;      /* last sent */
        uint64_t claimed[256]; /* bits: counters that must not be accepted again */
        uint64_t doubted[256]; /* bits: counters that perhaps are not */
};

enum call_state { CALL_FREE, CALL_ASKED, CALL_ANSWERED, CALL_DONE };

/* Something that a person wants. Its serial is in the header of its messages (expires_s). */
struct call {
        enum call_state state;
        uint32_t serial;
        uint32_t server;
        const struct person *person; /* NULL: does not answer challenges */
        bool lies;                   /* answers with another's key */
        struct header header;
        struct ansa_bytes name; /* that it has to be about, or "" */
        struct ansa_bytes body;
        struct ansa_bytes covered; /* header and body */
        uint16_t version;
        uint16_t suggested;
        enum peer_transport transport;
        struct link *link;   /* NULL: outside sessions */
        struct link *brings; /* mode 2: whose key it brings */
        bool brings_nonsense;
        uint32_t request_id;
        uint32_t answer_id; /* request id of the answer to its challenge */
        uint32_t tries;
        uint64_t give_up_ms;
        struct dh_exchange *dh; /* session set-up, mode 4 */
        uint32_t code;          /* when done */
};

/* A challenge that a server made. */
struct dare {
        uint32_t server;
        uint32_t life;
        uint32_t id;
        struct call *call;
        struct ansa_bytes nonce;
        struct ansa_bytes digest;
        uint64_t expires_ms;
        struct link *link;
        struct message message; /* that was challenged; plain, in the arena of the world */
        uint32_t counter;       /* of that message, in a session */
        bool is_taken;
        bool is_doubtful; /* perhaps pushed out by others of its session */
};

/* That @who wants @call done, once. A change without one of these is a break-in. */
struct token {
        const struct call *call;
        struct ansa_ref who;
        const struct link *link; /* NULL: an answer outside sessions */
        uint32_t counter;
        const struct dare *dare;
        bool is_spent;
};

/* A version of a record that a client was told. */
struct edition {
        struct model_version content;
        struct ansa_bytes name;
        uint64_t version;
        uint32_t winners; /* who changed the record on the condition that it was this one */
};

/* A request at a door that authenticates its clients itself: what it says of it. */
struct wish {
        struct ansa_ref who;
        struct record_condition condition;
        struct model_condition meaning;
        struct edition *editions[4]; /* of its versions */
        uint64_t version;            /* told by the server */
        struct peer_claims claims;
};

enum sent_kind { SENT_REQUEST, SENT_ANSWER };
struct sent {
        enum sent_kind kind;
        struct ansa_bytes bytes;
        struct ansa_bytes plain; /* the same before encryption */
        struct call *call;
        struct link *link;
        uint32_t counter;
        struct dare *dare; /* an answer: to this */
        struct ansa_ref who;
        struct wish *wish;           /* NULL: not at such a door */
        const struct person *person; /* who answers */
        bool is_true;                /* with the right key */
        bool is_opaque;              /* has octets that are not from the seed: not to be changed */
        enum peer_transport transport;
        uint32_t server;
};

struct packet {
        bool to_server;
        const struct sent *sent; /* what it is, or was before it was changed */
        bool is_exact;           /* as sent */
        struct ansa_bytes bytes;
        uint32_t server;
        enum peer_transport transport;
        uint64_t due_ms;
};

struct task { /* in the slow lane */
        const struct sent *sent;
        bool is_exact;
        struct ansa_bytes bytes;
        struct peer peer;
};

struct pending { /* with the writer */
        struct write_job *job;
        const struct sent *sent;
        bool is_exact;
        struct ansa_bytes bytes;
        const struct call *call; /* whose request it carries out */
        bool has_who;
        struct ansa_ref who;
        struct message m;
        struct model *seen;    /* the world when it was accepted */
        uint64_t changes_seen; /* of its server, then */
        bool was_struck; /* then: by a fault, or a commit; what it needs may be another thing */
};

enum fault_kind { FAULT_NONE, FAULT_ERROR, FAULT_DEATH };
struct fault {
        enum fault_kind kind;
        uint32_t in_calls; /* it strikes at this call */
        enum ansa_err err;
        bool is_full; /* puts and commits fail until this is taken back */
        bool is_dead; /* every call fails until the restart */
        uint64_t struck;
        uint64_t calls;
};

struct server {
        struct env env; /* first */
        struct world *world;
        uint32_t number;
        uint32_t life;
        struct chance chance;
        struct signer signer;
        struct crypto_key *key;
        struct ansa_bytes site;
        struct fetcher fetcher;
        bool has_fetcher;
        struct store *memory; /* owned by store */
        struct store *store;
        struct fault fault;
        struct identifier_config config;
        struct ansa_ref admins[2];
        struct identifier *service;
        struct identifier_worker *fast[FAST_WORKERS];
        struct identifier_worker *slow;
        struct identifier_worker *writer;
        struct identifier_worker *guest; /* serves what the other server fetches */
        struct task tasks[QUEUE_MAX];
        size_t task_count;
        struct pending jobs[QUEUE_MAX];
        size_t job_count;
        uint64_t changes;      /* commits that changed the model */
        uint64_t fetch_failed; /* fetches that were made to fail */
        uint64_t fetches;
        const struct identifier_worker *in_batch;
        const struct model *before; /* in a batch that a commit fell into: the model at its begin */
};

struct tally {
        uint64_t steps;
        uint64_t requests;
        uint64_t replies;
        uint64_t successes;
        uint64_t challenges;
        uint64_t answers;
        uint64_t sessions;
        uint64_t commits;
        uint64_t changes;
        uint64_t refusals;
        uint64_t deaths;
        uint64_t faults;
        uint64_t fetches;
        uint64_t attacks;
        uint64_t pages;
        uint64_t audits;
        uint64_t claims_proven;
        uint64_t claims_refused;
        uint64_t strangers;         /* at doors, told that an identity is needed */
        uint64_t versions;          /* told */
        uint64_t conditions_met;    /* changes made on condition */
        uint64_t conditions_failed; /* refused at once */
        uint64_t races_lost;        /* refused by the writer: another was first */
        uint64_t keys_brought;      /* sessions of mode 2 */
        uint64_t keys_refused;      /* to those that have one, or are none any more */
        uint64_t keys_lost;         /* refused messages of sessions whose key was nonsense */
        uint64_t keys_named;        /* sessions of mode 3 */
        uint64_t keys_not_named;    /* refused, for the key that was named */
        uint64_t made;              /* answers by template */
        uint64_t made_by_base;      /* by one in the base identifier */
        uint64_t made_hiding;       /* though the base has values that are not public */
        uint64_t made_unchanged;    /* changes of what is not stored, refused */
        uint64_t not_made;          /* "not found" under a prefix that has templates */
        uint64_t shares_refused;    /* of names that hash to the other server */
        uint64_t shares_changed;    /* changes made by one server of two */
        uint64_t versions_outlived; /* refused, since the server began anew meanwhile */
};

struct habits { /* swarm: what this world does, and how often; 0 is never, else one in n */
        uint32_t death;
        uint32_t fault;
        uint32_t full;
        uint32_t loss;
        uint32_t twice;
        uint32_t jump;
        uint32_t attack;
        uint32_t fetch_failure;
        uint32_t batch;
        uint32_t session;
        bool old_versions;
        bool uses_dh;
        bool bulk; /* many names, so that lists need several pages */
        /* Not in plain worlds, so that those are what they were before these came. */
        uint32_t editor;
        uint32_t rsa_servers; /* bits: who has an RSA key */
        bool uses_all_modes;  /* of session set-up */
        uint32_t template_name;
        bool site;      /* both servers are one site: each has its share of the names */
        bool by_suffix; /* hashed: what is behind the "/"; else all */
};

struct world {
        uint64_t seed;
        uint64_t step;
        bool trace;
        bool is_plain;
        bool is_left_alone; /* what was broken stays so: for the self-test */
        struct chance chance;
        struct arena arena; /* of the whole run */
        struct arena scratch;
        uint64_t now_ms;
        int64_t wall_s;
        struct habits habits;
        struct server server[SERVERS];
        struct person person[PEOPLE];
        struct crypto_key
                *rsa; /* one for all who need RSA: making one takes chance from elsewhere */
        struct ansa_bytes rsa_data;
        struct model model;
        struct call *calls;
        size_t call_count;
        struct link *links;
        size_t link_count;
        struct dare *dares;
        size_t dare_count;
        struct token *tokens;
        size_t token_count;
        struct packet packets[PACKETS_MAX];
        size_t packet_count;
        const struct sent *seen[256]; /* what the attacker has copied */
        size_t seen_count;
        struct edition *editions[EDITIONS_MAX];
        size_t edition_count;
        uint32_t next_id;
        struct tally tally;
        uint64_t trail; /* digest of all that happened: the same for the same seed */
        char failure[1024];
};

/* world.c */
struct world_options {
        bool trace;
        bool is_plain;
};
void world_open(struct world *w, uint64_t seed, const struct world_options *options);
void world_close(struct world *w);
void world_step(struct world *w);
bool world_failed(const struct world *w);
/** The first one is kept: it says what was expected and what came. */
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_note(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct ansa_bytes world_keep(struct world *w, struct ansa_bytes bytes);
void *world_alloc(struct world *w, size_t size);
uint32_t world_wall_s(const struct world *w);
struct model *world_model_copy(struct world *w);

/* server.c */
void server_open(struct world *w, uint32_t number);
void server_close(struct server *s);
void server_boot(struct server *s);
/** The process died: all but the store is gone. */
void server_restart(struct server *s);
void server_bulk(struct server *s, enum bulk_kind kind, const char *name,
                 struct ansa_values values);
struct sight server_sight(struct server *s, const struct model *own, const struct model *others);

/* door.c */
struct peer door_peer(const struct world *w, enum peer_transport transport);
void door_receive(struct server *s, const struct packet *packets, size_t count);
/** By a door that has authenticated the client: sent->wish says what it found out. */
void door_serve(struct server *s, const struct sent *sent);
void door_slow(struct server *s);
void door_write(struct server *s);

/* people.c */
void people_make(struct world *w);
void people_free(struct world *w);
const struct person *people_any(struct world *w);
/** Send the answer of @as to @dare; @call is whose request it is. */
struct sent *people_answer(struct world *w, const struct person *as, struct dare *dare,
                           struct call *call, bool lies);
/** A whole message; MAC and encryption when @link is not NULL. */
struct sent *people_pack(struct world *w, struct call *call, const struct header *h,
                         struct ansa_bytes body, struct link *link, uint32_t session_id,
                         uint32_t request_id);
/** What shows that one has the key of @key: encoded public_answer or secret_answer. */
void people_put_answer(struct world *w, const struct person *key, uint16_t version,
                       struct ansa_bytes nonce, struct ansa_bytes digest, struct buf *b);
/** Somebody of the same kind: a key that is not the one of @as. */
const struct person *people_impostor(struct world *w, const struct person *as);
bool people_session_key(struct world *w, struct call *call, struct ansa_bytes body,
                        struct link *link);
struct ansa_bytes people_key_block(struct world *w, struct link *link, bool is_nonsense);
enum ansa_err people_mac(const struct envelope *e, uint32_t counter, struct ansa_bytes key,
                         struct ansa_bytes covered, uint8_t mac[DIGEST_SIZE_MAX], size_t *size);
struct ansa_bytes people_mac_name(const struct envelope *e);

/* editors.c */
void editors_act(struct world *w);
/** A resolution at a door was answered. */
void editors_read(struct server *s, const struct sent *sent, bool is_certain);
/** A change was carried out, or not; the record was in @was. */
void editors_result(struct server *s, const struct sent *sent, const struct model_version *was,
                    uint32_t code);

/* calls.c */
struct call *calls_add(struct world *w);
struct sent *calls_pack(struct world *w, struct call *c);
void calls_choose_flags(struct world *w, struct call *c);
void calls_new(struct world *w);
void calls_reply(struct world *w, const struct packet *p);
void calls_timeouts(struct world *w);
const struct sent *calls_probe(struct world *w, uint32_t server, struct ansa_bytes name);

/* requests.c: bodies */
struct ansa_bytes request_name(struct world *w, uint32_t *server);
/** Of c->header.op; about c->name, when it has one. */
void request_body(struct world *w, struct call *c, struct buf *b);

/* network.c */
void network_send(struct world *w, const struct sent *sent);
void network_send_octets(struct world *w, const struct sent *sent, uint32_t server, bool is_exact,
                         struct ansa_bytes bytes);
void network_send_reply(struct world *w, uint32_t server, const struct sent *sent,
                        struct ansa_bytes bytes);
void network_deliver(struct world *w);

/* attacker.c */
void attacker_see(struct world *w, const struct sent *sent);
void attacker_act(struct world *w);

/* audit.c */
/** Does the store hold what @m says? Fails the world when @fails, else just tells. */
bool audit_store(struct server *s, const struct model *m, bool fails);
void audit_tables(struct world *w);
/** After a death in a commit: which of the two? A minted name is looked up in the store. */
bool audit_find_minted(struct server *s, const struct model *m, struct effect *e);

#endif
