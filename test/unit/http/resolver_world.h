/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_TEST_HTTP_RESOLVER_WORLD_H
#define ANSA_TEST_HTTP_RESOLVER_WORLD_H

#include "records.h"
#include "web.h"

/* A server with records for the web resolver, and others that it can ask. */

extern const struct sheet resolver_own[];
extern const size_t resolver_own_count;

/** What is asked of it, and what it says (rest-api 6). */
struct resolver_row {
        const char *rule;
        const char *method; /* NULL: GET */
        const char *target;
        const char *headers;
        const char *form;
        uint32_t status;
        const char *location; /* NULL: none */
        const char *holds;    /* in the body */
};
extern const struct resolver_row resolver_rows[];
extern const size_t resolver_row_count;

/** What asking others comes to, how often that was done, and how often insisting on the authority. */
extern enum ansa_err resolver_fetch_err;
extern unsigned resolver_fetch_count;
extern unsigned resolver_insistent_count;

void resolver_put(struct web *w, const char *name, const char *record);
void resolver_home(struct web *w, enum bulk_kind kind, const char *prefix); /* or unhome */

int resolver_setup(void **state);
int resolver_teardown(void **state);

#endif
