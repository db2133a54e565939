/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/planner.h"

static const struct {
        uint32_t op;
        void (*plan)(struct planner *p);
} planners[] = {
        { OP_CREATE, plan_create }, { OP_DELETE, plan_delete }, { OP_ADD, plan_add },
        { OP_REMOVE, plan_remove }, { OP_MODIFY, plan_modify }, { OP_HOME, plan_home },
        { OP_UNHOME, plan_home },
};

bool plan_is_for(uint32_t op)
{
        for (size_t i = 0; i < sizeof(planners) / sizeof(planners[0]); i++) {
                if (planners[i].op == op)
                        return true;
        }
        return false;
}

void plan_make(struct view *v, const struct message *request, const struct identity *id,
               struct plan *plan)
{
        *plan = (struct plan){ .response = RC_OPERATION_DENIED,
                               .text = "not an operation of administration" };
        struct planner p = {
                .v = v,
                .settings = v->settings,
                .request = request,
                .id = id,
                .plan = plan,
        };
        for (size_t i = 0; i < sizeof(planners) / sizeof(planners[0]); i++) {
                if (planners[i].op != request->header.op)
                        continue;
                plan->response = RC_ERROR; /* until a planner says otherwise */
                plan->text = NULL;
                planners[i].plan(&p);
                return;
        }
}
