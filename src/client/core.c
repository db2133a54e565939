/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolution without memory of its own. Only string.h and the codecs that need nothing else: this
 * file and they make libansa-core.a (see its list in the build).
 */
#include "ansa/core.h"

#include "base/buf.h"
#include "wire/body.h"
#include "wire/fragment.h"
#include "wire/name.h"

#include <assert.h>

#define LIFETIME_S 43200u /* what deployed clients write */

static_assert(sizeof(struct fragment_set) <= sizeof(((struct ansa_core *)0)->set),
              "the set fits the room for it");

/* Same layout as resolve_request_encode, but straight from the caller's lists. */
static void put_body(const struct ansa_core_query *q, struct buf *b)
{
        buf_block(b, q->name);
        buf_u32(b, (uint32_t)q->index_count);
        for (size_t i = 0; i < q->index_count; i++)
                buf_u32(b, q->indexes[i]);
        buf_u32(b, (uint32_t)q->type_count);
        for (size_t i = 0; i < q->type_count; i++)
                buf_block(b, q->types[i]);
}

enum ansa_err ansa_core_request(const struct ansa_core_query *query, uint8_t *at, size_t room,
                                size_t *size)
{
        *size = 0;
        if (name_problem(query->name) != NULL || query->index_count > LIMIT_VALUE_COUNT ||
            query->type_count > LIMIT_VALUE_COUNT)
                return ANSA_E_ARGUMENT;
        struct envelope e = { .major = (uint8_t)(VERSION_COMPATIBLE >> 8),
                              .minor = (uint8_t)VERSION_COMPATIBLE,
                              .suggested_major = (uint8_t)(VERSION_OWN >> 8),
                              .suggested_minor = (uint8_t)VERSION_OWN,
                              .request_id = query->request_id };
        struct header h = { .op = OP_RESOLVE,
                            .flags = FLAG_RECURSIVE | FLAG_CACHE_CERTIFY | FLAG_PUBLIC_ONLY,
                            .site_serial = SITE_SERIAL_UNKNOWN,
                            .expires_s = query->now_s != 0 ? query->now_s + LIFETIME_S : 0 };
        struct buf b = buf_over(at, room);
        struct message_mark mark = message_begin(&b, &e, &h);
        put_body(query, &b);
        message_end_body(&b, mark);
        message_end(&b, mark, (struct ansa_bytes){ 0 });
        if (b.err == ANSA_OK)
                *size = b.size;
        return b.err;
}

void ansa_core_begin(struct ansa_core *core, const struct ansa_core_query *query, uint8_t *at,
                     size_t room)
{
        memset(core, 0, sizeof(*core));
        core->at = at;
        core->room = room;
        core->name = query->name;
        core->request_id = query->request_id;
        core->now_s = query->now_s;
}

/* ANSA_OK with *done: core->at holds the message that follows the envelope in @set. */
static enum ansa_err join(struct ansa_core *core, const struct envelope *e, struct ansa_bytes data,
                          struct fragment_set *set, bool *done)
{
        enum ansa_err err = ANSA_E_MALFORMED;
        memcpy(set, core->set, sizeof(*set));
        if (core->is_joining)
                err = fragment_add(set, e, data, done);
        if (err != ANSA_OK) {
                /* The answer to a later try may be another: it takes the place of this one. */
                if (e->message_size > core->room)
                        return ANSA_E_LIMIT;
                err = fragment_begin(set, e, core->at);
                if (err == ANSA_OK)
                        err = fragment_add(set, e, data, done);
                core->is_joining = err == ANSA_OK;
        }
        memcpy(core->set, set, sizeof(*set));
        return err;
}

static enum ansa_err take_message(struct ansa_core *core, const struct envelope *e)
{
        struct message m;
        struct request_digest digest;
        struct record_body record;
        struct error_body problem;
        struct ansa_bytes after = { core->at, e->message_size };
        enum ansa_err err = message_decode(e, after, &m);
        if (err != ANSA_OK || (e->flags & (ENVELOPE_ENCRYPTED | ENVELOPE_COMPRESSED)) != 0 ||
            m.header.response == RC_REQUEST || m.header.op != OP_RESOLVE)
                return ANSA_E_MALFORMED;
        if (core->now_s != 0 && m.header.expires_s != 0 && m.header.expires_s < core->now_s)
                return ANSA_E_EXPIRED;
        core->response = m.header.response;
        if ((m.header.flags & FLAG_REQUEST_DIGEST) != 0 &&
            request_digest_decode(&m.body, &digest) != ANSA_OK)
                return ANSA_E_MALFORMED;
        if (m.header.response != RC_SUCCESS) {
                if (error_body_decode(m.body, &problem) == ANSA_OK)
                        core->text = problem.text;
                bool absent = m.header.response == RC_NOT_FOUND ||
                              m.header.response == RC_VALUE_NOT_FOUND;
                return absent ? ANSA_E_NOT_FOUND : ANSA_E_REFUSED;
        }
        err = record_body_decode(m.body, &record);
        if (err != ANSA_OK || !name_equal(record.name, core->name, false))
                return ANSA_E_MALFORMED;
        core->values = record.values;
        return ANSA_OK;
}

enum ansa_err ansa_core_feed(struct ansa_core *core, struct ansa_bytes datagram)
{
        struct envelope e;
        struct fragment_set set;
        bool done = false;
        if (envelope_decode(datagram, &e) != ANSA_OK || e.request_id != core->request_id)
                return ANSA_E_BUSY;
        struct ansa_bytes data = { datagram.at + ENVELOPE_SIZE, datagram.size - ENVELOPE_SIZE };
        enum ansa_err err = join(core, &e, data, &set, &done);
        if (err == ANSA_E_LIMIT)
                return err;
        if (err != ANSA_OK || !done)
                return ANSA_E_BUSY;
        core->is_joining = false;
        return take_message(core, &set.envelope);
}

struct ansa_values ansa_core_values(const struct ansa_core *core)
{
        return core->values;
}

uint32_t ansa_core_response(const struct ansa_core *core, struct ansa_bytes *text)
{
        *text = core->text;
        return core->response;
}
