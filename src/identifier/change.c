/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/exchange.h"

#include "identifier/plan.h"
#include "identifier/referral.h"

/*
 * Administration up to the writer: a plan on the reader's snapshot tells whether the request is
 * in error, needs an identity, or may go to the writer, who plans it again.
 */

static enum identifier_outcome hand_over(struct exchange *x)
{
        struct write_job *job = job_new(x);
        if (job == NULL)
                return exchange_fail(x, ANSA_E_NO_MEMORY);
        *x->job = job;
        return IDENTIFIER_WRITE;
}

/* A prefix that is not kept here may have been delegated to servers that we know of. */
static enum identifier_outcome refuse(struct exchange *x, const struct plan *plan)
{
        struct ansa_bytes name;
        struct ansa_values sites;
        bool is_absent = plan->response == RC_NOT_RESPONSIBLE || plan->response == RC_NOT_FOUND;
        if (is_absent && x->settings->is_primary && exchange_name(x, &name) == ANSA_OK &&
            !exchange_is_elsewhere(x, name)) {
                enum ansa_err err = referral_find(&x->view, &x->m, name, &sites);
                if (err == ANSA_OK)
                        return exchange_refer(x, RC_PREFIX_REFERRAL, sites);
                if (err != ANSA_E_NOT_FOUND)
                        return exchange_fail(x, err);
        }
        return exchange_error(x, plan->response, plan->text);
}

enum identifier_outcome change_serve(struct exchange *x)
{
        if (!exchange_look(x))
                return IDENTIFIER_REPLY;
        struct plan plan = { 0 };
        plan_make(&x->view, &x->m, exchange_identity(x), &plan);
        if (x->view.needs_slow && exchange_is_hasty(x))
                return IDENTIFIER_SLOW;
        if (plan.response == RC_SUCCESS)
                return hand_over(x);
        if (plan.response != RC_CHALLENGE)
                return refuse(x, &plan);
        if (x->has_identity)
                return exchange_error(x, RC_NOT_AUTHORIZED, NULL);
        return exchange_challenge(x);
}
