/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_IDENTIFIER_LOG_H
#define ANSA_IDENTIFIER_LOG_H

#include "identifier/service.h"
#include "ledger/ledger.h"

/**
 * The checkpoint of exactly @head, appended to @note: the published one, or one that is signed
 * now and published if no newer one is. ANSA_E_NOT_FOUND: the log is never signed. ANSA_E_BUSY: it
 * would have to be signed, and @may_block says no. What the signer fails with.
 */
ANSA_CHECKED enum ansa_err log_checkpoint(struct identifier *service,
                                          const struct ledger_head *head, bool may_block,
                                          struct buf *note);

#endif
