/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/planner.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/cursor.h"

#include <stdarg.h>
#include <stdio.h>

#define NAME_TEXT_SIZE_MAX 120u /* octets of a name that a message quotes */
#define TEXT_SIZE_MAX      480u /* of a whole message */

void plan_refuse(struct planner *p, uint32_t response, const char *format, ...)
{
        ansa_assert(response != RC_SUCCESS && response != RC_REQUEST);
        char text[TEXT_SIZE_MAX];
        va_list arguments;
        va_start(arguments, format);
        int size = vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        const char *kept = size < 0 ? NULL : arena_text(p->v->arena, ansa_bytes_text(text));
        p->plan->action = PLAN_NOTHING;
        p->plan->values = (struct ansa_values){ 0 };
        p->plan->response_flags = 0;
        p->plan->response = response;
        p->plan->text = kept != NULL ? kept : response_text(response);
}

void plan_refuse_local(struct planner *p, enum ansa_err err, const char *what)
{
        if (err == ANSA_E_BUSY && p->v->needs_slow) {
                plan_refuse(p, RC_BUSY, "%s: only known elsewhere", what);
                return;
        }
        log_error("plan", "what=\"%s\" error=\"%s\"", what, ansa_err_text(err));
        plan_refuse(p, RC_ERROR, "%s: %s", what, ansa_err_text(err));
}

void plan_refuse_body(struct planner *p, enum ansa_err err, const char *what)
{
        struct cursor c = cursor_over(p->request->body);
        uint32_t name_size = cursor_u32(&c);
        if (err != ANSA_E_LIMIT || name_size > c.left)
                plan_refuse(p, RC_PROTOCOL, "the body of %s is not %s",
                            operation_text(p->request->header.op), what);
        else if (name_size > LIMIT_NAME_SIZE)
                plan_refuse(p, RC_INVALID_NAME, "an identifier has 1 to %u octets, this has %u",
                            LIMIT_NAME_SIZE, name_size);
        else
                plan_refuse(p, RC_VALUE_INVALID, "more than %u values, or one over %u octets",
                            LIMIT_VALUE_COUNT, LIMIT_BLOCK_SIZE);
}

bool plan_needs_identity(struct planner *p)
{
        if (p->id != NULL)
                return false;
        plan_refuse(p, RC_CHALLENGE, "%s needs an administrator",
                    operation_text(p->request->header.op));
        return true;
}

const char *plan_name_text(struct planner *p, struct ansa_bytes name)
{
        bool is_cut = name.size > NAME_TEXT_SIZE_MAX;
        if (is_cut)
                name.size = NAME_TEXT_SIZE_MAX;
        char *text = arena_text(p->v->arena, name);
        if (text == NULL)
                return "it";
        bool is_utf8 = text_is_utf8(name);
        for (size_t i = 0; i < name.size; i++) {
                unsigned char c = (unsigned char)text[i];
                if (c < 0x20 || c == 0x7f || (c >= 0x80 && (is_cut || !is_utf8)))
                        text[i] = '?';
        }
        return text;
}

bool plan_name(struct planner *p, struct ansa_bytes name)
{
        p->plan->name = name;
        enum ansa_err err = apply_full_name(name, p->v->arena, &p->full);
        if (err != ANSA_OK) {
                plan_refuse_local(p, err, "the name");
                return false;
        }
        p->plan->stored_name = p->full;
        if (name.size > 0 && p->full.size <= LIMIT_NAME_SIZE)
                return true;
        plan_refuse(p, RC_INVALID_NAME, "an identifier has 1 to %u octets, this has %zu",
                    LIMIT_NAME_SIZE, name.size);
        return false;
}

bool plan_is_primary(struct planner *p)
{
        if (!p->settings->is_primary)
                plan_refuse(p, RC_NOT_RESPONSIBLE,
                            "this site is a mirror: ask a primary site of the service");
        return p->settings->is_primary;
}

bool plan_hash_is_ours(struct planner *p, struct ansa_bytes name)
{
        const struct settings *settings = p->settings;
        if (settings->server_count <= 1)
                return true;
        return name_hash(name, plan_hash_option(p)) % settings->server_count ==
               settings->config.server_number;
}

enum ansa_hash_option plan_hash_option(const struct planner *p)
{
        /* Options that nobody defined mean the default, as everywhere in the field. */
        uint8_t option = p->settings->site.hash_option;
        return option == ANSA_HASH_PREFIX   ? ANSA_HASH_PREFIX
               : option == ANSA_HASH_SUFFIX ? ANSA_HASH_SUFFIX
                                            : ANSA_HASH_ALL;
}

bool plan_is_homed(struct planner *p, struct ansa_bytes name)
{
        bool homed;
        enum ansa_err err = view_is_homed(p->v, name, &homed);
        if (err == ANSA_E_LIMIT) {
                plan_refuse(p, RC_INVALID_NAME, "the identifier is too long");
                return false;
        }
        if (err != ANSA_OK) {
                plan_refuse_local(p, err, "the list of homed prefixes");
                return false;
        }
        if (!homed)
                plan_refuse(p, RC_NOT_RESPONSIBLE, "the prefix of %s is not homed here",
                            plan_name_text(p, name));
        return homed;
}

bool plan_name_is_good(struct planner *p)
{
        const char *problem = name_problem(p->plan->name);
        if (problem != NULL)
                plan_refuse(p, RC_INVALID_NAME, "%s: %s", plan_name_text(p, p->plan->name),
                            problem);
        return problem == NULL;
}

bool plan_is_ours(struct planner *p)
{
        if (!plan_is_primary(p) || !plan_is_homed(p, p->full))
                return false;
        if (!plan_hash_is_ours(p, p->full)) {
                plan_refuse(p, RC_NOT_RESPONSIBLE, "%s belongs to another server of this site",
                            plan_name_text(p, p->full));
                return false;
        }
        return plan_name_is_good(p);
}

bool plan_load_old(struct planner *p)
{
        enum ansa_err err = view_own(p->v, p->full, &p->old);
        p->exists = err == ANSA_OK;
        if (err != ANSA_OK && err != ANSA_E_NOT_FOUND) {
                plan_refuse_local(p, err, "the record");
                return false;
        }
        if (view_condition_holds(p->v, p->exists ? &p->old : NULL))
                return true;
        plan_refuse(p, RC_PRECONDITION, "%s is not as the request says it must be",
                    plan_name_text(p, p->full));
        return false;
}

static bool has_full_access(struct planner *p)
{
        if (!p->knows_full_access) {
                uint32_t response = RC_NOT_AUTHORIZED;
                if (p->v->config->server_admin_full_access)
                        response = rights_check_server_admin(p->v, p->id);
                p->full_access = response == RC_SUCCESS;
                p->unsure = p->unsure || (!p->full_access && response != RC_NOT_AUTHORIZED);
                p->knows_full_access = true;
        }
        return p->full_access;
}

bool plan_may(struct planner *p, struct ansa_values values, uint32_t rights)
{
        ansa_assert(p->id != NULL);
        if (rights == 0 || has_full_access(p))
                return true;
        uint32_t response = rights_check(p->v, values, rights, p->id);
        if (response != RC_SUCCESS && response != RC_NOT_AUTHORIZED)
                p->unsure = true;
        return response == RC_SUCCESS;
}

bool plan_may_change(struct planner *p, const struct value_change *change)
{
        if (change->if_hidden_differed != 0 && !change->hidden_from_all &&
            plan_may(p, p->old.all, change->rights | RIGHT_READ_VALUE))
                return true;
        return plan_may(p, p->old.all, change->rights | change->if_hidden_differed);
}

bool plan_may_create(struct planner *p, struct ansa_bytes *record, uint32_t *rights)
{
        bool makes_prefix = name_is_prefix_record(p->full);
        *rights = makes_prefix ? RIGHT_ADD_PREFIX : RIGHT_CREATE;
        *record = p->full;
        if (has_full_access(p))
                return true;
        uint8_t *at = arena_alloc(p->v->arena, NAME_KEY_SIZE_MAX);
        if (at == NULL) {
                p->unsure = true;
                return false;
        }
        struct buf b = buf_over(at, NAME_KEY_SIZE_MAX);
        if (!makes_prefix)
                name_put_prefix_record(p->full, &b);
        else if (!name_put_parent(p->full, &b))
                return false; /* the root has no parent: its makers are server administrators */
        *record = buf_written(&b);
        struct ansa_values values;
        enum ansa_err err = view_any(p->v, *record, &values);
        if (err == ANSA_OK)
                return plan_may(p, values, *rights);
        if (err != ANSA_E_NOT_FOUND)
                p->unsure = true;
        return false;
}

static const struct {
        uint32_t right;
        const char *text;
} right_texts[] = {
        { RIGHT_CREATE, "create identifiers" },
        { RIGHT_DELETE, "delete the identifier" },
        { RIGHT_ADD_PREFIX, "add derived prefixes" },
        { RIGHT_DELETE_PREFIX, "delete derived prefixes" },
        { RIGHT_MODIFY_VALUE, "modify values" },
        { RIGHT_REMOVE_VALUE, "remove values" },
        { RIGHT_ADD_VALUE, "add values" },
        { RIGHT_MODIFY_ADMIN, "modify administrators" },
        { RIGHT_REMOVE_ADMIN, "remove administrators" },
        { RIGHT_ADD_ADMIN, "add administrators" },
        { RIGHT_READ_VALUE, "read values" },
        { RIGHT_LIST, "list identifiers" },
        { RIGHT_LIST_PREFIXES, "list derived prefixes" },
};

void plan_deny(struct planner *p, struct ansa_bytes record, uint32_t rights)
{
        const char *name = plan_name_text(p, record);
        const char *who = plan_name_text(p, p->id->who.name);
        if (p->unsure) {
                plan_refuse(p, RC_UNABLE_TO_VERIFY,
                            "a record that decides on the rights in %s could not be read", name);
                return;
        }
        char text[TEXT_SIZE_MAX];
        struct buf b = buf_over((uint8_t *)text, sizeof(text));
        for (size_t i = 0; i < sizeof(right_texts) / sizeof(right_texts[0]); i++) {
                if ((rights & right_texts[i].right) != 0)
                        buf_printf(&b, "%s%s", b.size > 0 ? ", " : "", right_texts[i].text);
        }
        buf_u8(&b, 0);
        ansa_assert(b.err == ANSA_OK);
        plan_refuse(p, RC_NOT_AUTHORIZED,
                    "%u:%s lacks the rights, in one HS_ADMIN value of %s, to %s", p->id->who.index,
                    who, name, text);
}

bool plan_load_values(struct planner *p, struct ansa_values values, uint32_t if_duplicate,
                      struct value_list *list)
{
        enum ansa_err err = value_list_load(values, p->v->arena, list);
        if (err != ANSA_OK) {
                plan_refuse_local(p, err, "the values of the request");
                return false;
        }
        for (size_t i = 0; i < list->count; i++) {
                if (list->at[i].index != 0)
                        continue;
                plan_refuse(p, RC_VALUE_INVALID, "value %zu: index must be at least 1", i + 1);
                return false;
        }
        bool found;
        size_t first;
        size_t again;
        err = value_list_duplicate(list, p->v->arena, &found, &first, &again);
        if (err != ANSA_OK)
                plan_refuse_local(p, err, "the values of the request");
        else if (found)
                plan_refuse(p, if_duplicate, "value %zu: index %u is that of value %zu already",
                            again + 1, list->at[again].index, first + 1);
        return err == ANSA_OK && !found;
}

bool plan_load_old_values(struct planner *p, struct value_list *list)
{
        ansa_assert(p->exists);
        enum ansa_err err = value_list_load(p->old.all, p->v->arena, list);
        if (err != ANSA_OK)
                plan_refuse_local(p, err, "the values of the record");
        return err == ANSA_OK;
}

bool plan_fits(struct planner *p, const struct value_list *list)
{
        if (list->count > LIMIT_VALUE_COUNT) {
                plan_refuse(p, RC_VALUE_INVALID, "the record would have %zu values, at most %u fit",
                            list->count, LIMIT_VALUE_COUNT);
                return false;
        }
        size_t size = value_list_size(list);
        if (size > APPLY_RECORD_SIZE_MAX) {
                plan_refuse(p, RC_VALUE_INVALID, "the record would have %zu octets, at most %u fit",
                            size, APPLY_RECORD_SIZE_MAX);
                return false;
        }
        return true;
}

void plan_put(struct planner *p, const struct value_list *list)
{
        if (!plan_fits(p, list))
                return;
        enum ansa_err err = value_list_encode(list, p->v->arena, &p->plan->values);
        if (err != ANSA_OK) {
                plan_refuse_local(p, err, "the new record");
                return;
        }
        p->plan->action = PLAN_PUT;
        if (p->exists)
                p->plan->stored_name = p->old.name;
        p->plan->response = RC_SUCCESS;
}

uint32_t plan_now_s(const struct planner *p)
{
        struct env *env = p->v->service->env;
        return env->wall_s(env);
}
