/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_HOME_H
#define ANSA_PROGRAMS_HOME_H

#include "identifier/identifier.h"
#include "store/store.h"

/**
 * A home: the directory that holds all of one server.
 *
 *   ansad.conf           configuration
 *   site.json            our HS_SITE record
 *   keys/server.key      private key of the site (PEM), keys/server.pub its public half
 *   keys/admin.key       private key of the first administrator (PEM); better kept elsewhere
 *   keys/log.key         private key of the log (PEM, Ed25519)
 *   keys/server.crt      self-signed certificate of the TLS door
 *   store/               the store
 *   lock                 held by whoever writes: the daemon, or an import without it
 */
#define HOME_CONFIG     "ansad.conf"
#define HOME_SITE       "site.json"
#define HOME_KEYS       "keys"
#define HOME_SERVER_KEY "keys/server.key"
#define HOME_LOG_KEY    "keys/log.key"
#define HOME_ADMIN_KEY  "keys/admin.key"
#define HOME_STORE      "store"
#define HOME_LOCK       "lock"

/** @home "/" @file in @path. ANSA_E_LIMIT when too long. */
ANSA_CHECKED enum ansa_err home_path(const char *home, const char *file, char *path, size_t room);

/** Take the lock of a home without waiting; *fd is to be closed. ANSA_E_BUSY: a server runs. */
ANSA_CHECKED enum ansa_err home_lock(const char *home, int *fd);

/**
 * The number of the store's format: written into an empty store when @may_write, else compared.
 * *is_old: the store has no ledger yet, see home_upgrade; it can be read.
 * ANSA_E_UNSUPPORTED: the store was written by a version with another format.
 */
#define HOME_STORE_FORMAT     2u
#define HOME_STORE_FORMAT_OLD 1u /* without ledger */
ANSA_CHECKED enum ansa_err home_store_format(struct store *store, bool may_write, bool *is_old);

/** Give a store of the old format its ledger, with a progress display on stderr. */
ANSA_CHECKED enum ansa_err home_upgrade(struct store *store, bool case_sensitive);

/** The ledger's dictionary catches up with an import, or with one that was cut off. */
ANSA_CHECKED enum ansa_err home_settle(struct store *store);

/** A whole file, at most @size_max octets, NUL terminated beyond size; free(*at). */
ANSA_CHECKED enum ansa_err file_read(const char *path, size_t size_max, uint8_t **at, size_t *size);

/** Write a file whole or not at all (a temporary one is renamed), synced, with @mode. */
ANSA_CHECKED enum ansa_err file_write(const char *path, struct ansa_bytes octets, unsigned mode);

#endif
