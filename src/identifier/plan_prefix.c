/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "identifier/planner.h"

/* Homing, unhoming and listing: what only prefixes have. */

static bool needs_server_admin(struct planner *p)
{
        if (plan_needs_identity(p))
                return false;
        uint32_t response = rights_check_server_admin(p->v, p->id);
        if (response == RC_SUCCESS)
                return true;
        if (response != RC_NOT_AUTHORIZED) {
                plan_refuse(p, response, "a group of server administrators could not be read");
                return false;
        }
        plan_refuse(p, RC_NOT_AUTHORIZED, "%u:%s is not an administrator of this server",
                    p->id->who.index, plan_name_text(p, p->id->who.name));
        return false;
}

/* The prefix record that the request names, in p->full. */
static bool take_prefix(struct planner *p)
{
        struct ansa_bytes name;
        enum ansa_err err = name_body_decode(p->request->body, &name);
        if (err != ANSA_OK) {
                plan_refuse_body(p, err, "a name");
                return false;
        }
        if (!plan_name(p, name))
                return false;
        const char *problem = name_problem(name);
        if (problem == NULL && !name_is_prefix_record(p->full))
                problem = "not the record of a prefix, 0.NA/...";
        if (problem != NULL)
                plan_refuse(p, RC_INVALID_NAME, "%s: %s", plan_name_text(p, name), problem);
        return problem == NULL;
}

/* Homing a homed prefix, or unhoming another one, is done already. */
void plan_home(struct planner *p)
{
        if (!plan_is_primary(p) || !take_prefix(p) || !needs_server_admin(p))
                return;
        uint8_t key[STORE_KEY_SIZE_MAX];
        size_t size;
        struct ansa_bytes since;
        enum ansa_err err = record_key(p->full, false, key, &size);
        if (err == ANSA_OK)
                err = store_get(p->v->txn, STORE_PREFIXES, (struct ansa_bytes){ key, size },
                                &since);
        if (err != ANSA_OK && err != ANSA_E_NOT_FOUND) {
                plan_refuse_local(p, err, "the list of homed prefixes");
                return;
        }
        bool is_homed = err == ANSA_OK;
        bool homes = p->request->header.op == OP_HOME;
        if (is_homed != homes)
                p->plan->action = homes ? PLAN_HOME : PLAN_UNHOME;
        p->plan->response = RC_SUCCESS;
}

/*
 * "0.NA/0.NA/<prefix>" asks op 105 for the prefixes derived from <prefix>, as deployed
 * software does; op 106 asks that of "0.NA/<prefix>".
 */
static bool take_list(struct planner *p, bool *of_derived)
{
        const struct ansa_bytes marker = ANSA_BYTES_LIT("0.NA/0.NA/");
        *of_derived = p->request->header.op == OP_LIST_PREFIXES;
        if (!take_prefix(p))
                return false;
        if (p->full.size <= marker.size ||
            !text_equal_fold((struct ansa_bytes){ p->full.at, marker.size }, marker))
                return true;
        *of_derived = true;
        p->full.at += 5; /* "0.NA/" once instead of twice */
        p->full.size -= 5;
        return true;
}

/* Are the names to be listed kept here? Asked of one that would be among them. */
static bool lists_homed(struct planner *p, bool of_derived)
{
        uint8_t octets[NAME_KEY_SIZE_MAX + 2];
        struct buf b = buf_over(octets, sizeof(octets));
        if (of_derived) {
                buf_bytes(&b, p->full);
                buf_text(&b, ".X");
        } else {
                buf_bytes(&b, name_split(p->full).suffix);
                buf_text(&b, "/X");
        }
        return plan_is_homed(p, buf_written(&b));
}

static void list_under(struct planner *p)
{
        bool of_derived;
        if (!p->v->config->allow_list) {
                plan_refuse(p, RC_OPERATION_DENIED, "this server does not list identifiers");
                return;
        }
        if (!take_list(p, &of_derived) || !lists_homed(p, of_derived) || plan_needs_identity(p))
                return;
        struct ansa_values values = { 0 };
        enum ansa_err err = view_any(p->v, p->full, &values);
        bool is_missing = err != ANSA_OK && ansa_err_class(err) != ANSA_CLASS_LOCAL;
        if (err != ANSA_OK && !is_missing)
                p->unsure = true;
        /* RFC 3652 has a right of its own for derived prefixes; deployed software asks for LIST. */
        if (plan_may(p, values, RIGHT_LIST) ||
            (of_derived && plan_may(p, values, RIGHT_LIST_PREFIXES)))
                p->plan->response = RC_SUCCESS;
        else if (is_missing && !p->unsure) /* that it is homed here is no right of anybody's */
                plan_refuse(p, RC_NOT_AUTHORIZED,
                            "nobody has the right to list %s: it has no record here, and none is "
                            "to be had elsewhere",
                            plan_name_text(p, p->full));
        else
                plan_deny(p, p->full, of_derived ? RIGHT_LIST_PREFIXES : RIGHT_LIST);
}

uint32_t plan_list(struct view *v, const struct message *request, const struct identity *id,
                   const char **text)
{
        struct plan plan = { .response = RC_ERROR };
        struct planner p = {
                .v = v,
                .settings = v->settings,
                .request = request,
                .id = id,
                .plan = &plan,
        };
        if (request->header.op != OP_LIST_HOMED)
                list_under(&p);
        else if (needs_server_admin(&p))
                plan.response = RC_SUCCESS;
        *text = plan.text;
        return plan.response;
}
