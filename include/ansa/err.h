/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_ERR_H
#define ANSA_ERR_H

#include "ansa/bytes.h"

/**
 * Result codes. Every fallible function returns enum ansa_err; zero is success.
 *
 * A code says what the *caller* can do, never which line failed. Broken
 * invariants are not codes: they stop the process (see ansa_assert).
 *
 *   X(name, text, class): REQUEST = the other side's fault, answer and go on;
 *   RETRY = transient, the same call may succeed later;
 *   LOCAL = ours, log it and answer "server error".
 */
/* clang-format off */
#define ANSA_ERR_MAP(X)                                                          \
        X(TRUNCATED,   "ends early",                                 REQUEST)    \
        X(MALFORMED,   "violates the format",                        REQUEST)    \
        X(TRAILING,    "has surplus bytes at its end",               REQUEST)    \
        X(LIMIT,       "is over a limit",                            REQUEST)    \
        X(UNSUPPORTED, "asks for something that is not supported",   REQUEST)    \
        X(ARGUMENT,    "has an unusable argument",                   REQUEST)    \
        X(NOT_FOUND,   "not found",                                  REQUEST)    \
        X(EXISTS,      "exists already",                             REQUEST)    \
        X(DENIED,      "not authorized",                             REQUEST)    \
        X(UNAUTHENTIC, "signature or authentication code is wrong",  REQUEST)    \
        X(EXPIRED,     "has expired",                                REQUEST)    \
        X(REFUSED,     "the server answered with an error",          REQUEST)    \
        X(BUSY,        "too busy",                                   RETRY)      \
        X(TIMEOUT,     "no answer in time",                          RETRY)      \
        X(NETWORK,     "network failure",                            RETRY)      \
        X(FULL,        "no room left on the disk or in the store",   RETRY)      \
        X(NO_MEMORY,   "out of memory",                              LOCAL)      \
        X(IO,          "input or output failed",                     LOCAL)      \
        X(CORRUPT,     "stored data is damaged",                     LOCAL)      \
        X(CRYPTO,      "the cryptographic library failed",           LOCAL)

enum ansa_err {
        ANSA_OK = 0,
#define X(name, text, class) ANSA_E_##name,
        ANSA_ERR_MAP(X)
#undef X
        ANSA_ERR_COUNT
};
/* clang-format on */

enum ansa_err_class {
        ANSA_CLASS_NONE, /* only ANSA_OK */
        ANSA_CLASS_REQUEST,
        ANSA_CLASS_RETRY,
        ANSA_CLASS_LOCAL,
};

/** English text for @err, static storage, never NULL. */
ANSA_API const char *ansa_err_text(enum ansa_err err);

/** What a caller may do about @err. */
ANSA_API enum ansa_err_class ansa_err_class(enum ansa_err err);

#endif /* ANSA_ERR_H */
