/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_BODY_H
#define ANSA_WIRE_BODY_H

#include "ansa/value.h"
#include "base/buf.h"
#include "wire/message.h"

/**
 * Bodies of requests and responses (irp-wire 4). A decoder borrows; it checks
 * the whole body, so that what it hands out can be walked without failing.
 * Trailing octets are allowed where deployed software writes them (session
 * set-up) and ANSA_E_TRAILING elsewhere, unless said otherwise. Responses are
 * decoded after the request digest was taken off.
 */

/** list<u32> in wire form; count not included. */
struct index_list {
        struct ansa_bytes wire; /* 4 octets each */
        uint32_t count;
};
/** list<str> in wire form; count not included. */
struct text_list {
        struct ansa_bytes wire;
        uint32_t count;
};
uint32_t index_list_at(const struct index_list *list, uint32_t i); /* i below count */
ANSA_CHECKED enum ansa_err text_list_next(struct text_list *list, struct ansa_bytes *text);

struct resolve_request {
        struct ansa_bytes name;
        struct index_list indexes;
        struct text_list types;
};
ANSA_CHECKED enum ansa_err resolve_request_decode(struct ansa_bytes body,
                                                  struct resolve_request *r);
void resolve_request_encode(const struct resolve_request *r, struct buf *b);

/** Resolution response, and the body of create, add and modify requests: name and values. */
struct record_body {
        struct ansa_bytes name;
        struct ansa_values values;
};
ANSA_CHECKED enum ansa_err record_body_decode(struct ansa_bytes body, struct record_body *r);
void record_body_encode(const struct record_body *r, struct buf *b);

/** Delete, list, home, unhome, site, session terminate, backup: one name. */
ANSA_CHECKED enum ansa_err name_body_decode(struct ansa_bytes body, struct ansa_bytes *name);
void name_body_encode(struct ansa_bytes name, struct buf *b);

struct remove_request {
        struct ansa_bytes name;
        struct index_list indexes;
};
ANSA_CHECKED enum ansa_err remove_request_decode(struct ansa_bytes body, struct remove_request *r);
void remove_request_encode(const struct remove_request *r, struct buf *b);

/** Response of create: the name, or empty (an old server). */
ANSA_CHECKED enum ansa_err create_response_decode(struct ansa_bytes body, struct ansa_bytes *name);

/** Error response: message, and perhaps the indexes concerned; both may be missing. */
struct error_body {
        struct ansa_bytes text;
        struct index_list indexes;
};
ANSA_CHECKED enum ansa_err error_body_decode(struct ansa_bytes body, struct error_body *e);
void error_body_encode(struct ansa_bytes text, struct buf *b); /* message only */

/** 302 and 303: a name, then perhaps values. */
struct referral_body {
        struct ansa_bytes name;
        bool has_values;
        struct ansa_values values;
};
ANSA_CHECKED enum ansa_err referral_body_decode(struct ansa_bytes body, struct referral_body *r);
void referral_body_encode(const struct referral_body *r, struct buf *b);

/** Site response: a raw HS_SITE, or one behind a u32 length (DO-IRP 3.0); yields the record. */
ANSA_CHECKED enum ansa_err site_body_decode(struct ansa_bytes body, struct ansa_bytes *site);

/** List responses: names. */
ANSA_CHECKED enum ansa_err list_body_decode(struct ansa_bytes body, struct text_list *names);

/** 402. From 2.1 the digest is before the body as ever; 2.0 has nonce, then MD5 digest. */
struct challenge_body {
        struct ansa_bytes nonce;
        struct request_digest digest;
};
/** @body with its digest still on (the header's FLAG_REQUEST_DIGEST tells, @has_digest). */
ANSA_CHECKED enum ansa_err challenge_body_decode(struct ansa_bytes body, uint16_t version,
                                                 bool has_digest, struct challenge_body *c);
void challenge_body_encode(const struct challenge_body *c, uint16_t version, struct buf *b);

/** 200: answer to a challenge. */
struct answer_request {
        struct ansa_bytes auth_type; /* HS_PUBKEY or HS_SECKEY */
        struct ansa_ref key;
        struct ansa_bytes answer;
};
ANSA_CHECKED enum ansa_err answer_request_decode(struct ansa_bytes body, struct answer_request *a);
void answer_request_encode(const struct answer_request *a, struct buf *b);

/** Answer octets of HS_PUBKEY. */
struct public_answer {
        struct ansa_bytes algorithm; /* "SHA-256", "SHA1"; "Ed25519" is our extension */
        struct ansa_bytes signature;
};
ANSA_CHECKED enum ansa_err public_answer_decode(struct ansa_bytes wire, struct public_answer *a);
void public_answer_encode(const struct public_answer *a, struct buf *b);

/** Answer octets of HS_SECKEY. */
enum mac_code {
        MAC_BARE_MD5 = 0x00, /* never on the wire: bare 16 octets, before 2.1 */
        MAC_MD5 = 0x01,
        MAC_SHA1 = 0x02,
        MAC_SHA256 = 0x03,
        MAC_HMAC_MD5 = 0x11,
        MAC_HMAC_SHA1 = 0x12,
        MAC_HMAC_SHA256 = 0x13,
        MAC_PBKDF2 = 0x22,
};
struct secret_answer {
        uint8_t code; /* enum mac_code */
        struct ansa_bytes mac;
        struct ansa_bytes salt; /* MAC_PBKDF2 only, as the next two */
        uint32_t iterations;
        uint32_t key_bits;
};
ANSA_CHECKED enum ansa_err secret_answer_decode(struct ansa_bytes wire, struct secret_answer *a);
void secret_answer_encode(const struct secret_answer *a, struct buf *b);

/** 201. */
struct verify_request {
        struct ansa_ref key;
        struct ansa_bytes nonce;
        struct ansa_bytes digest; /* digest octets only, whichever form was sent */
        struct ansa_bytes answer;
};
ANSA_CHECKED enum ansa_err verify_request_decode(struct ansa_bytes body, struct verify_request *v);
void verify_request_encode(const struct verify_request *v, struct buf *b);
ANSA_CHECKED enum ansa_err verify_response_decode(struct ansa_bytes body, bool *is_valid);

/** 400. */
enum session_mode {
        SESSION_NONE = 0,
        SESSION_CLIENT_KEY = 1,
        SESSION_SERVER_KEY = 2,
        SESSION_HANDLE_KEY = 3,
        SESSION_DH = 4,
};
struct session_request {
        uint16_t mode; /* enum session_mode */
        uint32_t timeout_s;
        struct ansa_ref identity;     /* name empty = anonymous */
        struct ansa_bytes public_key; /* modes 1 and 4, encoded */
        struct ansa_ref key;          /* mode 3 */
};
ANSA_CHECKED enum ansa_err session_request_decode(struct ansa_bytes body,
                                                  struct session_request *s);
void session_request_encode(const struct session_request *s, struct buf *b);

enum session_algorithm { SESSION_DES = 1, SESSION_3DES = 2, SESSION_AES = 3 };
struct session_response {
        uint16_t mode;
        struct ansa_bytes data;
};
ANSA_CHECKED enum ansa_err session_response_decode(struct ansa_bytes body,
                                                   struct session_response *s);
void session_response_encode(const struct session_response *s, struct buf *b);

/** 402 as a request: the session key, encrypted. One block, as name_body. */

/** 1001. */
struct retrieve_request {
        bool has_state; /* selector 1: JSON state instead of the two numbers */
        struct ansa_bytes state_json;
        uint64_t last_txn_id;
        uint64_t last_query_ms;
        uint8_t hash_option;
        uint32_t server_count;
        uint32_t server_number;
};
ANSA_CHECKED enum ansa_err retrieve_request_decode(struct ansa_bytes body, uint16_t version,
                                                   struct retrieve_request *r);
void retrieve_request_encode(const struct retrieve_request *r, uint16_t version, struct buf *b);

/** 1002. */
struct dump_request {
        uint8_t hash_option;
        uint32_t server_count;
        uint32_t server_number;
        bool has_start;
        struct ansa_bytes start;
        uint32_t start_type;
};
ANSA_CHECKED enum ansa_err dump_request_decode(struct ansa_bytes body, struct dump_request *d);
void dump_request_encode(const struct dump_request *d, struct buf *b);

#endif
