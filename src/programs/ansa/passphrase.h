/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_PASSPHRASE_H
#define ANSA_PROGRAMS_ANSA_PASSPHRASE_H

#include "programs/ansa/cli.h"

#define PASSPHRASE_MAX 1024u

/**
 * A passphrase: the first line of --passphrase-file, else ANSA_PASSPHRASE, else what is typed
 * on the terminal (twice when @is_new). Without a terminal: empty. False after a message.
 */
bool passphrase_get(const struct cli *c, const char *what, bool is_new, char text[PASSPHRASE_MAX]);

/** The same, but never asks: empty when neither option nor environment has one. */
bool passphrase_given(const struct cli *c, char text[PASSPHRASE_MAX]);

struct crypto_key;
/** Load a key, asking for its passphrase only when it needs one. Says what is wrong. */
enum exit_status passphrase_load_key(const struct cli *c, const char *path,
                                     struct crypto_key **key);

#endif
