/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_LOG_H
#define ANSA_HTTP_LOG_H

#include "http/exchange.h"

/** Everything below /log/: the log as C2SP tlog-tiles, and what is beside it (docs/ledger.md, 3). */
enum http_outcome log_serve(struct http_exchange *x);

#endif
