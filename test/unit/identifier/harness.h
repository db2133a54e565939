/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_TEST_IDENTIFIER_HARNESS_H
#define ANSA_TEST_IDENTIFIER_HARNESS_H

/*
 * A whole identifier system in memory, and a client to talk to it: fixed clock, seeded
 * randomness, a signer with a real key, a fetcher that knows a few records. Requests take
 * the way that doors send them: a hasty worker first, then the slow lane, then the writer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/key.h"
#include "crypto/session.h"
#include "identifier/service.h"
#include "store/engines.h"
#include "wire/body.h"

#define START_S 1700000000u

struct fake_env {
        struct env env;
        uint32_t wall_s;
        uint64_t steady_ms;
        uint64_t seed;
};

struct fake_signer {
        struct signer signer;
        struct crypto_key *key;
        unsigned signed_count;
};

/* What other services hold: one record, one secret. */
struct fake_fetcher {
        struct fetcher fetcher;
        const char *name;
        struct ansa_values values;
        uint32_t response;
        enum ansa_err err;
        const char *secret; /* of any key there */
        unsigned resolve_count;
        unsigned verify_count;
        uint8_t recursion; /* as last asked */
        uint8_t room[4096];
};

struct harness {
        struct fake_env env;
        struct fake_signer signer;
        struct fake_fetcher fetcher;
        struct store *store;
        struct identifier *service;
        struct identifier_worker *hasty;
        struct identifier_worker *slow;
        struct identifier_worker *writer;
        struct identifier_config config;
        struct peer peer;
        struct crypto_key *rsa;   /* of 300:0.NA/35.TEST */
        struct crypto_key *dsa;   /* of 301:0.NA/35.TEST */
        struct crypto_key *other; /* RSA; of nobody here */
        struct crypto_key *ed;    /* of 303:0.NA/35.TEST */
        struct ansa_ref admins[1];
        uint8_t site[2048];
        struct buf reply; /* of the last request */
        struct identifier_more more;
        bool has_more;       /* the transport can continue */
        bool was_slow;       /* the last request went through the slow lane */
        bool was_written;    /* and through the writer */
        uint32_t request_id; /* of the last request */
        /* takes requests some other way, and puts one message into reply; NULL: straight */
        void (*carry)(struct harness *h, struct ansa_bytes octets);
};

/** 35.TEST and 0.NA are homed, with the records that harness.c lists. */
void harness_open(struct harness *h);
/** The same, after @change had a look at the configuration. */
void harness_open_with(struct harness *h, void (*change)(struct identifier_config *config));
void harness_close(struct harness *h);
void harness_reconfigure(struct harness *h);

/** Append a value to @b and count it. */
void harness_put_value(struct buf *b, uint32_t index, const char *type, struct ansa_bytes data,
                       uint8_t permissions, uint32_t *count);

/* A client's session. */
struct talk {
        uint32_t id;
        struct session_key key;
        uint32_t counter;
};

/* A request to be built. Zeros are sensible: version 2.11, no flags. */
struct ask {
        uint32_t op;
        uint32_t flags;
        uint8_t major; /* 0: 2.11 */
        uint8_t minor;
        uint8_t suggested_major; /* 0: not given */
        uint8_t suggested_minor;
        uint32_t session_id;
        uint32_t response; /* header's code, for those who send responses as requests */
        uint8_t recursion;
        uint32_t request_id; /* 0: a new one */
        struct ansa_bytes body;
        struct talk *talk; /* send in this session: with id, HS_MAC, */
        bool without_mac;  /* or not, */
        bool wrong_mac;
        uint32_t counter; /* with this counter instead of the next, */
        bool encrypted;   /* in ciphertext */
};

/* A response taken apart; borrowed from the harness. */
struct told {
        bool dropped;
        struct message m;
        uint16_t version;
        uint32_t code;
        struct request_digest digest;
        struct ansa_bytes body; /* after the digest */
        bool was_encrypted;
};

/** Octets of @ask, in @b. */
void ask_encode(struct harness *h, const struct ask *ask, struct buf *b);
/** Send octets as they are; decrypt the reply with @talk when that is needed. */
struct told send_octets(struct harness *h, struct ansa_bytes octets, const struct talk *talk);
struct told send(struct harness *h, const struct ask *ask);

/** Body of a resolution; @index 0 and @type NULL: no filter. In static memory. */
struct ansa_bytes resolve_body(const char *name, uint32_t index, const char *type);
struct ansa_bytes name_body(const char *name);
/** Body of create, add, modify with one value. */
struct ansa_bytes record_body_of(const char *name, uint32_t index, const char *type,
                                 const char *data);
struct told resolve(struct harness *h, const char *name, uint32_t flags);

/** Number of values in a resolution response; fails the test when it is not one. */
uint32_t value_count(const struct told *told);
/** Has it value @index? */
bool has_value(const struct told *told, uint32_t index);

/* An answer to a challenge. */
enum answer_with { WITH_RSA, WITH_OTHER_KEY, WITH_DSA, WITH_ED25519, WITH_SECRET, WITH_WRONG };
struct answer_ask {
        enum answer_with with;
        const char *type; /* NULL: as with says */
        const char *key_name;
        uint32_t key_index;
        const char *algorithm; /* NULL: "SHA-256" */
        uint8_t mac_code;      /* WITH_SECRET; enum mac_code */
        const char *secret;
        uint32_t iterations; /* 0: 10,000 */
        struct ask ask;      /* version, session and so on of the answer */
};
/** Answer the challenge in @challenge (a copy is made first). */
struct told answer(struct harness *h, const struct told *challenge, const struct answer_ask *how);

/** Send @ask, answer its challenge with the RSA key of 300:0.NA/35.TEST. */
struct told ask_as_admin(struct harness *h, const struct ask *ask);

/** Open a DH session with a 1024-bit group for 300:0.NA/35.TEST. */
struct told open_dh(struct harness *h, const char *identity, uint32_t index, struct talk *talk);

#endif
