/* SPDX-License-Identifier: Apache-2.0 */
#include "http/rest.h"

#include "base/text.h"

/* POST and DELETE of /api/prefixes/{prefix}: home and unhome (rest-api 2) */

static bool begins_with_zero_na(struct ansa_bytes name)
{
        const struct ansa_bytes front = ANSA_BYTES_LIT("0.NA/");
        struct ansa_bytes begin = { name.at, front.size };
        return name.size > front.size && text_equal_fold(begin, front);
}

/* The prefix from the path, the query or the body. False: the response is made. */
static bool find_prefix(struct http_exchange *x, struct ansa_bytes *prefix)
{
        *prefix = (struct ansa_bytes){ 0 };
        if (x->place.size == 0 && !rest_take_body(x))
                return false;
        const struct parameter *p = query_find(&x->query, "prefix");
        *prefix = x->place.size > 0 ? x->place : p != NULL ? p->value : (struct ansa_bytes){ 0 };
        if (prefix->size > 0 && prefix->size <= ANSA_NAME_SIZE_MAX)
                return true;
        (void)reply_bad(x, prefix->size > 0 ? "the prefix is too long" : "a prefix is expected");
        return false;
}

static enum http_outcome change(struct http_exchange *x, uint32_t op)
{
        struct ansa_bytes prefix;
        struct told told;
        if (!find_prefix(x, &prefix))
                return HTTP_REPLY;
        struct buf name = buf_growing(2 * ANSA_NAME_SIZE_MAX);
        if (!begins_with_zero_na(prefix))
                buf_text(&name, "0.NA/");
        buf_bytes(&name, prefix);
        struct ansa_bytes full;
        if (arena_copy(&x->arena, buf_written(&name), &full) != ANSA_OK)
                buf_fail(&name, ANSA_E_NO_MEMORY);
        buf_reset(&name);
        name_body_encode(full, &name);
        enum http_outcome outcome = rest_ask(x, op, 0, &name, NULL, &told);
        if (outcome != HTTP_REPLY)
                return outcome;
        if (told.code != RC_SUCCESS)
                return rest_refuse(x, &told, full);
        return rest_done(x, 200, full);
}

enum http_outcome rest_home(struct http_exchange *x)
{
        return change(x, OP_HOME);
}

enum http_outcome rest_unhome(struct http_exchange *x)
{
        return change(x, OP_UNHOME);
}
