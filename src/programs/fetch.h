/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_FETCH_H
#define ANSA_PROGRAMS_FETCH_H

#include "programs/ansad.h"

/**
 * The service's eyes on other servers (struct fetcher), by libansa: used in the slow lane.
 * Opened before the sandbox, so it may read the files of [resolver]. *fetcher is NULL when
 * nothing is configured to resolve elsewhere: the service then knows its own records only.
 */
ANSA_CHECKED enum ansa_err fetch_open(const struct ansad *a, struct fetcher **fetcher);
void fetch_close(struct fetcher *fetcher); /* NULL is fine */

#endif
