/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_KEY_PROCESS_H
#define ANSA_PROGRAMS_KEY_PROCESS_H

#include "base/buf.h"
#include "identifier/identifier.h"

#include <sys/types.h>

/**
 * A process that holds the private keys of the site and of the log and does nothing but sign and
 * decrypt with them. It is forked before anything listens, reads the key itself, gives up everything
 * else, and ends when the server does. The server's process never has the key in memory.
 *
 * Several threads may ask at once: each takes one of a few connections.
 */
struct key_process;

#define KEY_PROCESS_CONNECTIONS 8u

struct key_process_options {
        const char *key;        /* path of the key */
        const char *passphrase; /* path of a file whose first line is the passphrase; NULL = none */
        const char *log_key;    /* path of the log's key, Ed25519; NULL = none */
        uid_t uid;              /* whom to become after reading, when root */
        gid_t gid;
        bool sandbox;
        struct ansa_bytes name; /* of this server, for certificates */
};

struct key_problem {
        char text[512];
};

/** Start it. ANSA_E_* of the key: *problem tells the operator why. */
ANSA_CHECKED enum ansa_err key_process_start(const struct key_process_options *options,
                                             struct key_process **process,
                                             struct key_problem *problem);

/** Ask it to end, and wait for that. NULL is fine. */
void key_process_stop(struct key_process *p);

/** To sign and decrypt with; borrowed. */
struct signer *key_process_signer(struct key_process *p);

/** The same for the key of the log; its public half, ED25519_KEY_SIZE octets, or none. */
struct signer *key_process_log_signer(struct key_process *p);
struct ansa_bytes key_process_log_public(const struct key_process *p);

/** The public half, encoded as in HS_SITE. Borrowed. */
struct ansa_bytes key_process_public(const struct key_process *p);

/** A new key for TLS and its certificate by the key of the site (crypto/tls_cert.h), PEM. */
ANSA_CHECKED enum ansa_err key_process_certify(struct key_process *p, uint32_t now_s,
                                               struct buf *certificate, struct buf *key);

#endif
