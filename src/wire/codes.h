/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_CODES_H
#define ANSA_WIRE_CODES_H

#include <stdint.h>

/* The numbers of the protocol: RFC 3652 s.2.2 as deployed, DO-IRP 3.0. X(NAME, number, text) */
/* clang-format off */
#define OPERATION_MAP(X)                                             \
        X(NONE,                0,    "none")                         \
        X(RESOLVE,             1,    "resolve")                      \
        X(GET_SITE,            2,    "get-site")                     \
        X(CREATE,              100,  "create")                       \
        X(DELETE,              101,  "delete")                       \
        X(ADD,                 102,  "add")                          \
        X(REMOVE,              103,  "remove")                       \
        X(MODIFY,              104,  "modify")                       \
        X(LIST,                105,  "list")                         \
        X(LIST_PREFIXES,       106,  "list-prefixes")                \
        X(ANSWER,              200,  "answer-challenge")             \
        X(VERIFY,              201,  "verify-answer")                \
        X(HOME,                300,  "home")                         \
        X(UNHOME,              301,  "unhome")                       \
        X(LIST_HOMED,          302,  "list-homed")                   \
        X(SESSION_SETUP,       400,  "session-setup")                \
        X(SESSION_TERMINATE,   401,  "session-terminate")            \
        X(SESSION_EXCHANGE,    402,  "session-exchange-key")         \
        X(NEXT_TXN_ID,         1000, "next-transaction-id")          \
        X(RETRIEVE_TXNS,       1001, "retrieve-transactions")        \
        X(DUMP,                1002, "dump")                         \
        X(BACKUP,              1003, "backup")

#define RESPONSE_MAP(X)                                                              \
        X(REQUEST,             0,   "request")                                       \
        X(SUCCESS,             1,   "success")                                       \
        X(ERROR,               2,   "unspecified error")                             \
        X(BUSY,                3,   "server too busy")                               \
        X(PROTOCOL,            4,   "protocol error")                                \
        X(OPERATION_DENIED,    5,   "operation not supported or refused")            \
        X(RECURSION,           6,   "recursion count too high")                      \
        X(READ_ONLY,           7,   "server is read-only for a backup")              \
        X(NOT_FOUND,           100, "identifier not found")                          \
        X(EXISTS,              101, "identifier exists already")                     \
        X(INVALID_NAME,        102, "invalid identifier")                            \
        X(VALUE_NOT_FOUND,     200, "no such value")                                 \
        X(VALUE_EXISTS,        201, "value exists already")                          \
        X(VALUE_INVALID,       202, "invalid value")                                 \
        X(SITE_EXPIRED,        300, "site information is out of date")               \
        X(NOT_RESPONSIBLE,     301, "this server is not responsible")                \
        X(SERVICE_REFERRAL,    302, "referral to another service")                   \
        X(PREFIX_REFERRAL,     303, "referral to the servers of derived prefixes")   \
        X(NOT_AUTHORIZED,      400, "not an administrator with the needed rights")   \
        X(ACCESS_DENIED,       401, "the value's permissions forbid it")             \
        X(CHALLENGE,           402, "authentication needed")                         \
        X(AUTHENTICATION,      403, "authentication failed")                         \
        X(CREDENTIAL,          404, "invalid credential")                            \
        X(CHALLENGE_EXPIRED,   405, "challenge unknown or expired")                  \
        X(UNABLE_TO_VERIFY,    406, "unable to authenticate")                        \
        X(SESSION_UNKNOWN,     500, "session unknown or expired")                    \
        X(SESSION_FAILED,      501, "session could not be set up")                   \
        X(SESSION_KEY,         502, "invalid session key")                           \
        X(SESSION_NEEDS_RSA,   503, "session exchange needs an RSA key")             \
        X(SESSION_SETUP_BAD,   504, "invalid session set-up request")                \
        X(SESSION_REPLAY,      505, "session message repeated")

enum operation {
#define X(name, number, text) OP_##name = number,
        OPERATION_MAP(X)
#undef X
};

enum response {
#define X(name, number, text) RC_##name = number,
        RESPONSE_MAP(X)
#undef X
};
/* clang-format on */

/** Text of a code, "unknown" for others; static storage. */
const char *operation_text(uint32_t op);
const char *response_text(uint32_t rc);

/* opFlags, irp-wire 1.2 */
#define FLAG_AUTHORITATIVE  0x80000000u
#define FLAG_CERTIFY        0x40000000u
#define FLAG_ENCRYPT        0x20000000u
#define FLAG_RECURSIVE      0x10000000u
#define FLAG_CACHE_CERTIFY  0x08000000u
#define FLAG_CONTINUES      0x04000000u
#define FLAG_KEEP_OPEN      0x02000000u
#define FLAG_PUBLIC_ONLY    0x01000000u
#define FLAG_REQUEST_DIGEST 0x00800000u
#define FLAG_OVERWRITE      0x00400000u
#define FLAG_MINT_SUFFIX    0x00200000u
#define FLAG_DO_NOT_REFER   0x00100000u

/* Envelope flags, top bits of byte 2 */
#define ENVELOPE_COMPRESSED 0x80u
#define ENVELOPE_ENCRYPTED  0x40u
#define ENVELOPE_TRUNCATED  0x20u

/* Rights of HS_ADMIN, irp-wire 6.1 */
#define RIGHT_CREATE        0x0001u
#define RIGHT_DELETE        0x0002u
#define RIGHT_ADD_PREFIX    0x0004u
#define RIGHT_DELETE_PREFIX 0x0008u
#define RIGHT_MODIFY_VALUE  0x0010u
#define RIGHT_REMOVE_VALUE  0x0020u
#define RIGHT_ADD_VALUE     0x0040u
#define RIGHT_MODIFY_ADMIN  0x0080u
#define RIGHT_REMOVE_ADMIN  0x0100u
#define RIGHT_ADD_ADMIN     0x0200u
#define RIGHT_READ_VALUE    0x0400u
#define RIGHT_LIST          0x0800u
#define RIGHT_LIST_PREFIXES 0x1000u

#endif
