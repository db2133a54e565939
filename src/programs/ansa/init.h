/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_INIT_H
#define ANSA_PROGRAMS_ANSA_INIT_H

#include "base/arena.h"
#include "crypto/key.h"
#include "identifier/identifier.h"
#include "programs/ansa/cli.h"

/** A home in the making. */
struct init {
        struct cli *cli;
        const char *home;
        struct crypto_key *server_key;
        struct crypto_key *admin_key; /* public half is enough */
        bool admin_key_is_ours;       /* we made it, so its file is in the home */
        uint8_t address[16];          /* as in HS_SITE */
        uint16_t port;
        uint16_t tls_port;
        uint16_t http_port;
        uint16_t https_port;
        struct arena arena;
        struct ansa_bytes site;      /* encoded HS_SITE */
        struct ansa_bytes admin_pub; /* encoded public key of the administrator */
};

/** "0.NA/20.500.1" of "20.500.1" (or of itself) in @at; empty when it is no prefix. */
struct ansa_bytes init_prefix_record(const char *prefix, uint8_t *at, size_t room);

/** The HS_SITE of the new server, into in->site. */
ANSA_CHECKED enum ansa_err init_make_site(struct init *in);

/**
 * The records of a prefix in the home's store: homed, and 0.NA/<prefix> with site, administrators
 * (100 HS_ADMIN -> 200 HS_VLIST -> 300 HS_PUBKEY). With @is_root also 0.NA/0.NA.
 */
ANSA_CHECKED enum ansa_err init_fill_store(struct init *in, struct identifier_worker *writer);

/** sitebndl.zip: what the registrar of a prefix asks for; no private keys. */
ANSA_CHECKED enum ansa_err init_write_bundle(struct init *in);

/** ansad.conf with comments. */
ANSA_CHECKED enum ansa_err init_write_config(struct init *in);

/** Bootstrap records for clients of a private root: bootstrap.json. */
ANSA_CHECKED enum ansa_err init_write_bootstrap(struct init *in);

#endif
