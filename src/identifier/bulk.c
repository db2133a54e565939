/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/apply.h"
#include "identifier/record.h"
#include "identifier/service.h"
#include "identifier/value_list.h"
#include "wire/name.h"

/* Bulk changes come from the operator's own files: checked for form, not for rights. */

static enum ansa_err check_values(const struct value_list *list, struct arena *arena)
{
        if (list->count > LIMIT_VALUE_COUNT || value_list_size(list) > APPLY_RECORD_SIZE_MAX)
                return ANSA_E_LIMIT;
        for (size_t i = 0; i < list->count; i++) {
                if (list->at[i].index == 0)
                        return ANSA_E_ARGUMENT;
        }
        bool found;
        size_t first;
        size_t again;
        enum ansa_err err = value_list_duplicate(list, arena, &found, &first, &again);
        return err != ANSA_OK ? err : found ? ANSA_E_ARGUMENT : ANSA_OK;
}

/* Check the values of @change; where a timestamp is missing write them anew. */
static enum ansa_err take_values(struct bulk_change *change, uint32_t now_s, struct arena *arena)
{
        struct value_list list;
        enum ansa_err err = value_list_load(change->values, arena, &list);
        if (err == ANSA_OK)
                err = check_values(&list, arena);
        if (err != ANSA_OK)
                return err == ANSA_E_CORRUPT ? ANSA_E_MALFORMED : err;
        bool lacks_time = false;
        for (size_t i = 0; i < list.count; i++) {
                if (list.at[i].timestamp_s != 0)
                        continue;
                list.at[i].timestamp_s = now_s;
                lacks_time = true;
        }
        return lacks_time ? value_list_encode(&list, arena, &change->values) : ANSA_OK;
}

static bool is_of_prefix(enum bulk_kind kind)
{
        return kind == BULK_HOME || kind == BULK_UNHOME;
}

static enum ansa_err do_change(struct apply *apply, const struct bulk_change *asked,
                               struct arena *arena)
{
        if (name_problem(asked->name) != NULL)
                return ANSA_E_ARGUMENT;
        struct bulk_change change = *asked;
        enum ansa_err err = apply_full_name(asked->name, arena, &change.name);
        if (err == ANSA_OK && change.kind == BULK_PUT)
                err = take_values(&change, apply->now_s, arena);
        if (err == ANSA_OK && is_of_prefix(change.kind) && !name_is_prefix_record(change.name))
                err = ANSA_E_ARGUMENT;
        if (err == ANSA_OK)
                err = apply_change(apply, &change, arena);
        return err;
}

enum ansa_err identifier_bulk_check(const struct bulk_change *change, struct arena *arena)
{
        struct value_list list;
        if (name_problem(change->name) != NULL)
                return ANSA_E_ARGUMENT;
        if (change->kind != BULK_PUT)
                return ANSA_OK;
        enum ansa_err err = value_list_load(change->values, arena, &list);
        if (err == ANSA_OK)
                err = check_values(&list, arena);
        return err == ANSA_E_CORRUPT ? ANSA_E_MALFORMED : err;
}

static enum ansa_err bulk(struct identifier_worker *writer, const struct bulk_change *changes,
                          size_t count, bool more, size_t *failed)
{
        struct identifier *service = writer->service;
        worker_take_settings(writer);
        const bool case_sensitive = worker_settings(writer)->config.case_sensitive;
        *failed = 0;
        bool homes = false;
        struct apply apply;
        enum ansa_err err = apply_begin(service->store, service->env, case_sensitive, &apply);
        if (err != ANSA_OK)
                return err;
        apply.origin = ORIGIN_IMPORT;
        for (size_t i = 0; i < count && err == ANSA_OK; i++) {
                *failed = i;
                homes = homes || is_of_prefix(changes[i].kind);
                arena_reset(&writer->arena);
                err = do_change(&apply, &changes[i], &writer->arena);
        }
        arena_reset(&writer->arena);
        if (err != ANSA_OK) {
                apply_abort(&apply);
                return err;
        }
        *failed = count;
        err = more ? apply_commit_open(&apply) : apply_commit(&apply);
        if (err != ANSA_OK)
                return err;
        storing_done(&service->storing, atomic_load(&service->storing.failed));
        uint64_t commit = apply_committed(service, homes);
        for (size_t i = 0; i < count && service->cache != NULL; i++) {
                uint8_t octets[STORE_KEY_SIZE_MAX];
                struct ansa_bytes key = { octets, 0 };
                if (record_key(changes[i].name, case_sensitive, octets, &key.size) == ANSA_OK)
                        apply_forget(service, key, commit);
        }
        return ANSA_OK;
}

enum ansa_err identifier_bulk(struct identifier_worker *writer, const struct bulk_change *changes,
                              size_t count, size_t *failed)
{
        return bulk(writer, changes, count, false, failed);
}

enum ansa_err identifier_bulk_more(struct identifier_worker *writer,
                                   const struct bulk_change *changes, size_t count, size_t *failed)
{
        return bulk(writer, changes, count, true, failed);
}
