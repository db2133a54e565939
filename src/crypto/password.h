/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_CRYPTO_PASSWORD_H
#define ANSA_CRYPTO_PASSWORD_H

#include "base/buf.h"

/**
 * What Java software gives to PBKDF2 in place of @secret: it makes a character of each octet,
 * and PBKDF2 encodes characters as UTF-8, so that octets from 0x80 become two. @b, which must
 * be growing and empty, is for the caller to wipe.
 */
ANSA_CHECKED enum ansa_err password_widen(struct ansa_bytes secret, struct buf *b);

/** True when password_widen changes @secret. */
bool password_is_wide(struct ansa_bytes secret);

/** Wipe and release what password_widen made. */
void password_fini(struct buf *b);

#endif
