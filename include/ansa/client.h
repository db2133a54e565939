/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CLIENT_H
#define ANSA_CLIENT_H

/**
 * @file
 * libansa: resolve and administer identifiers (Handle System protocol 2.x, DO-IRP 3.0).
 *
 * A *client* knows where to begin (roots, or one server), remembers answers and response times,
 * and may be used by any number of threads at once. A *call* is one operation: made from a
 * request, run to its end, asked for its answer, freed. A *session* keeps connections open, and
 * protected when wished, for many calls. An *identity* is an administrator: the reference of a key
 * and the key. There is no global state.
 *
 * The short way blocks:
 *
 *      struct ansa_call *call;
 *      struct ansa_request request = { .operation = ANSA_RESOLVE,
 *                                      .name = ansa_bytes_text("10.1000/182") };
 *      if (ansa_run(client, &request, &call) == ANSA_OK) {
 *              struct ansa_values values = ansa_call_answer(call)->values;
 *              struct ansa_value value;
 *              while (ansa_values_next(&values, &value) == ANSA_OK)
 *                      ...
 *      }
 *      ansa_call_free(call);
 *
 * The other way runs in the caller's own loop: ansa_call_new, then ansa_call_waits, poll,
 * ansa_call_step until it says true. A call and a session belong to one thread at a time.
 */

#include "ansa/bytes.h"
#include "ansa/err.h"
#include "ansa/key.h"
#include "ansa/site.h"
#include "ansa/trust.h"
#include "ansa/value.h"

struct ansa_client;
struct ansa_call;
struct ansa_session;
struct ansa_identity;

#define ANSA_PORT     2641u /* UDP and TCP, IANA "hdl-srv" */
#define ANSA_PORT_TLS 2642u /* ours, where a site says nothing else */

/** What a request may travel over. ANSA_TRANSPORT_ANY: the protocol's order, UDP, TCP. */
enum ansa_transport {
        ANSA_TRANSPORT_ANY = 0,
        ANSA_TRANSPORT_UDP,
        ANSA_TRANSPORT_TCP,
        ANSA_TRANSPORT_TLS,
};

/* ---- Client -------------------------------------------------------------------------------- */

/** All zero is a good choice for everything. */
struct ansa_client_options {
        bool no_udp;     /* many networks lose it */
        bool no_cache;   /* remember no answers, not even those that tell where to ask */
        bool prefer_tls; /* TLS before anything else where a site offers it */
        uint32_t connect_timeout_ms; /* of one connection; 0: 10,000 */
        uint32_t answer_timeout_ms;  /* of one request over a connection; 0: 60,000 */
        uint32_t call_timeout_ms;    /* of a whole call; 0: 120,000 */
        uint32_t cache_ttl_max_s;    /* 0: 3,600; never above 172,800 */
        size_t cache_size_max;       /* octets; 0: 8 MiB */
        enum ansa_trust_policy trust;
};

ANSA_API ANSA_CHECKED enum ansa_err ansa_client_new(const struct ansa_client_options *options,
                                                    struct ansa_client **client);

/** After all its calls and sessions were freed. NULL is fine. */
ANSA_API void ansa_client_free(struct ansa_client *client);

/*
 * Where to begin. At least one of these, before the client is shared by threads. A text that
 * cannot be used leaves a sentence in ansa_client_problem.
 */

/**
 * Roots from a bootstrap file: JSON {"handles":[...]} with the records 0.NA/0.NA and 0.0/0.0, or
 * the older binary root_info. The public keys of 0.0/0.0 become trust roots.
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_client_add_bootstrap(struct ansa_client *client,
                                                              struct ansa_bytes file);

/**
 * A root server by its address, "HOST", "HOST:PORT" or "[V6]:PORT"; its site record is fetched
 * from it at first use. A HOST that is a name is looked up now, which may block.
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_client_add_root(struct ansa_client *client,
                                                         const char *server);

/** Ask this one server for everything, without any search. Address as above. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_client_set_server(struct ansa_client *client,
                                                           const char *server,
                                                           enum ansa_transport transport);

/** The same with its site record, which gives keys, ports and protocol version. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_client_set_site(struct ansa_client *client,
                                                         struct ansa_bytes site);

/** Send resolutions of all names to this (caching, recursive) site. Administration is not. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_client_set_resolver(struct ansa_client *client,
                                                             struct ansa_bytes site);

/** The site of all names under @prefix ("35.TEST", or "0.NA/35.TEST"), whatever the roots say. */
ANSA_API ANSA_CHECKED enum ansa_err
ansa_client_add_local(struct ansa_client *client, struct ansa_bytes prefix, struct ansa_bytes site);

/** The same from a local_info file: [{"nas":["0.NA/35.TEST"],"site":{...}}, ...]. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_client_add_local_info(struct ansa_client *client,
                                                               struct ansa_bytes json);

/** What was wrong with the last of these; "" when nothing was. Not for clients in use by threads. */
ANSA_API const char *ansa_client_problem(const struct ansa_client *client);

/** A public key that is trusted to sign as 0.0/0.0 (see ansa/trust.h). */
ANSA_API ANSA_CHECKED enum ansa_err ansa_client_add_trust_root(struct ansa_client *client,
                                                               const struct ansa_key *key);

/** A certificate (HS_CERT text): identifiers that it covers must be signed through its key. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_client_add_required_signer(struct ansa_client *client,
                                                                    struct ansa_bytes certificate);

/** Forget all answers, response times and refreshed roots. */
ANSA_API void ansa_client_forget(struct ansa_client *client);

/* ---- Identity ------------------------------------------------------------------------------ */

/** Immutable; may be used by several threads and clients. Everything is copied. */

/** @ref names an HS_SECKEY value that holds @secret. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_identity_new_secret(const struct ansa_ref *ref,
                                                             struct ansa_bytes secret,
                                                             struct ansa_identity **identity);

/** @ref names the HS_PUBKEY value of this private key (RSA, DSA, Ed25519). */
ANSA_API ANSA_CHECKED enum ansa_err ansa_identity_new_key(const struct ansa_ref *ref,
                                                          const struct ansa_key *private_key,
                                                          struct ansa_identity **identity);

/**
 * The same from a key file: PEM (PKCS#8), or a private key file of the Java tools. ANSA_E_DENIED:
 * the passphrase is wrong or missing.
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_identity_new_file(const struct ansa_ref *ref,
                                                           struct ansa_bytes file,
                                                           struct ansa_bytes passphrase,
                                                           struct ansa_identity **identity);

ANSA_API void ansa_identity_free(struct ansa_identity *identity); /* secrets are wiped */

/* ---- Request and answer -------------------------------------------------------------------- */

enum ansa_operation {
        ANSA_RESOLVE,
        ANSA_CREATE,
        ANSA_DELETE,
        ANSA_ADD,           /* values */
        ANSA_REMOVE,        /* values, by index */
        ANSA_MODIFY,        /* values, matched by index */
        ANSA_LIST,          /* identifiers under a prefix; .name is the prefix or its record */
        ANSA_LIST_PREFIXES, /* prefixes derived from a prefix */
        ANSA_LIST_HOMED,    /* prefixes that a server answers for */
        ANSA_HOME, /* .name is a prefix or its record; every server of every primary site */
        ANSA_UNHOME,
        ANSA_GET_SITE, /* the site record of a server */
        ANSA_VERIFY,   /* ask whether a secret-key answer to a challenge is right */
};

/* Flags of a request */
#define ANSA_AUTHORITATIVE 0x0001u /* ask a primary, no cache */
#define ANSA_CERTIFIED     0x0002u /* answers must be signed by their servers */
#define ANSA_ENCRYPTED     0x0004u /* encrypt both ways; needs a session */
#define ANSA_PRIVATE       0x0008u /* resolve: also values that are not public; needs an identity */
#define ANSA_OVERWRITE     0x0010u /* create, add: replace what exists */
#define ANSA_MINT          0x0020u /* create: the server completes the name */
#define ANSA_NO_REFERRAL   0x0040u /* the server must not refer to another */
#define ANSA_NO_RECURSION  0x0080u /* the server must not ask another */
#define ANSA_NO_CACHE      0x0100u /* do not answer from memory */

/** All zero but operation and name is a good resolution. Borrowed while ansa_call_new runs only. */
struct ansa_request {
        enum ansa_operation operation;
        struct ansa_bytes name; /* the identifier; bare, see ansa_name_from_user */
        uint32_t flags;

        /* Resolve: values with one of the indexes or types, all when both are empty. Remove: indexes. */
        const uint32_t *indexes;
        size_t index_count;
        const struct ansa_bytes *types; /* "URL", or "URL." for it and all below it */
        size_t type_count;

        /* Create, add, modify */
        const struct ansa_value *values;
        size_t value_count;

        /* Verify */
        struct ansa_ref key;
        struct ansa_bytes nonce;
        struct ansa_bytes digest;
        struct ansa_bytes answer;

        /* Lists: called for each name as pages come in; false ends the call with ANSA_OK. */
        bool (*on_name)(void *context, struct ansa_bytes name);
        void *context;

        const struct ansa_identity *identity; /* must live as long as the call; NULL: nobody */
        struct ansa_session *session;         /* NULL: none; its identity is then used */
        struct ansa_bytes site;               /* ask this site, without a search; empty: search */
        enum ansa_transport transport;        /* only this one */
        uint8_t recursion;                    /* hops so far, for servers that forward */
        uint32_t timeout_ms;                  /* 0: the client's call_timeout_ms */
};

/** What came of a call. Borrowed from the call. */
struct ansa_answer {
        enum ansa_err err;         /* as the call ended */
        uint32_t response;         /* the protocol's code of the last answer; 0: none came */
        const char *problem;       /* a sentence: what was asked of whom, and what came; "" if OK */
        const char *server;        /* who answered, "tcp 192.0.2.1:2641"; "" if nobody, "cache" */
        struct ansa_bytes name;    /* as answered; of a create, the name that exists now */
        struct ansa_values values; /* resolve */
        struct ansa_bytes site;    /* get site: an encoded HS_SITE */
        uint64_t name_count;       /* lists: names handed to on_name */
        uint32_t ttl_s;            /* resolve: how long this may be remembered */
        bool is_cached;
        bool is_authoritative;   /* from a primary */
        bool is_certified;       /* the server's signature was verified */
        bool did_overwrite;      /* create, add with ANSA_OVERWRITE */
        bool is_valid;           /* verify */
        struct ansa_trust trust; /* resolve, when the client's policy asks for it */
        bool is_unserved; /* nobody is known to be responsible: response is of looking for them */
};

/* ---- Call ---------------------------------------------------------------------------------- */

/**
 * Begin a call; nothing is sent yet. ANSA_E_ARGUMENT for a request that makes no sense (the
 * call is made all the same and its answer tells why), ANSA_E_NO_MEMORY (*call is NULL).
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_call_new(struct ansa_client *client,
                                                  const struct ansa_request *request,
                                                  struct ansa_call **call);

/** At any time; one under way is given up. NULL is fine. */
ANSA_API void ansa_call_free(struct ansa_call *call);

/** Run to the end, blocking. Returns the answer's err. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_call_wait(struct ansa_call *call);

/** ansa_call_new and ansa_call_wait. *call is to be freed whatever is returned. */
ANSA_API ANSA_CHECKED enum ansa_err
ansa_run(struct ansa_client *client, const struct ansa_request *request, struct ansa_call **call);

/** The answer; before the end its err is ANSA_E_BUSY. Never NULL. */
ANSA_API const struct ansa_answer *ansa_call_answer(const struct ansa_call *call);

/** What a call waits for. */
struct ansa_wait {
        int fd;
        bool read;
        bool write;
};
#define ANSA_WAITS_MAX 4u

/**
 * Descriptors and time-out for the next poll; to be asked anew before each poll, for every call
 * under way (those that share a session influence each other). Returns how many of @waits are set.
 */
ANSA_API size_t ansa_call_waits(const struct ansa_call *call,
                                struct ansa_wait waits[ANSA_WAITS_MAX], uint32_t *timeout_ms);

/** Do what can be done without blocking. True when the call has ended. */
ANSA_API bool ansa_call_step(struct ansa_call *call);

/**
 * Block until one of @calls has ended, or @timeout_ms have passed (ANSA_E_TIMEOUT); *ended is its
 * place. NULL entries are skipped. With calls that share a session, this is the way to have many
 * requests under way on one connection.
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_calls_wait(struct ansa_call *const *calls, size_t count,
                                                    uint32_t timeout_ms, size_t *ended);

/* ---- Session ------------------------------------------------------------------------------- */

enum ansa_session_mode {
        ANSA_SESSION_PLAIN = 0,  /* connections kept open, nothing more */
        ANSA_SESSION_DH,         /* key agreed by Diffie-Hellman, RFC 3526 group 14 */
        ANSA_SESSION_CLIENT_KEY, /* server encrypts the key under an RSA key of ours */
        ANSA_SESSION_SERVER_KEY, /* we encrypt the key under the server's RSA key */
        ANSA_SESSION_HANDLE_KEY, /* as CLIENT_KEY, with the public key in an HS_PUBKEY value */
};

struct ansa_session_options {
        enum ansa_session_mode mode;
        const struct ansa_identity *identity; /* must live as long as the session; NULL: nobody */
        const struct ansa_key *rsa_key; /* CLIENT_KEY, HANDLE_KEY: private; NULL: one is made */
        struct ansa_ref rsa_ref;        /* HANDLE_KEY: where its public half is */
        bool encrypt_all;               /* as if every request had ANSA_ENCRYPTED */
        uint32_t timeout_s;             /* asked of the server; 0: its default */
        enum ansa_transport transport;  /* TCP or TLS; ANY: TLS where offered, else TCP */
        uint32_t requests_max;          /* under way at once on a connection; 0: 32 */
};

/**
 * Nothing is sent yet: connections and sessions are set up with the servers that its calls go to,
 * at first use, and anew when a server has forgotten them.
 */
ANSA_API ANSA_CHECKED enum ansa_err ansa_session_new(struct ansa_client *client,
                                                     const struct ansa_session_options *options,
                                                     struct ansa_session **session);

/** Tell the servers that the session is over, blocking for at most @timeout_ms in all. */
ANSA_API void ansa_session_terminate(struct ansa_session *session, uint32_t timeout_ms);

/** Close connections and free; after its calls were freed. NULL is fine. */
ANSA_API void ansa_session_free(struct ansa_session *session);

/* ---- Names --------------------------------------------------------------------------------- */

/** What a user typed, without hdl:, doi:, info:, urn: or the address of a resolver; borrowed. */
ANSA_API struct ansa_bytes ansa_name_from_user(struct ansa_bytes typed);

/** "300:0.NA/35.TEST" to index and identifier; without "300:" the index is 0. Borrowed. */
ANSA_API ANSA_CHECKED enum ansa_err ansa_ref_from_text(struct ansa_bytes text,
                                                       struct ansa_ref *ref);

/** Text of the protocol's response code, static; "unknown" for others. */
ANSA_API const char *ansa_response_text(uint32_t response);

#endif /* ANSA_CLIENT_H */
