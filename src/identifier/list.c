/* SPDX-License-Identifier: Apache-2.0 */
#include "identifier/exchange.h"

#include "base/limits.h"
#include "identifier/plan.h"
#include "wire/body.h"
#include "wire/name.h"

/*
 * Lists (irp-wire 4.9): identifiers of a prefix, prefixes derived from one, homed prefixes, in
 * pages. Names come as they are stored: folded. Each page has a snapshot of its own and goes on
 * after the last key of the one before, so that a long list holds up nobody's clean-up.
 */

#define ZERO_NA     ANSA_BYTES_LIT("0.NA/")
#define MARKER      ANSA_BYTES_LIT("0.NA/0.NA/")
#define NO_CONTINUE "this list is too long for a connection of this kind"

static bool starts_with(struct ansa_bytes bytes, struct ansa_bytes front)
{
        return bytes.size >= front.size && memcmp(bytes.at, front.at, front.size) == 0;
}

/*
 * Which keys: those that begin with the prefix written here. The folded name is a record of a
 * prefix, "0.NA/P": its identifiers begin with "P/". Derived prefixes of P, asked for by op 106
 * or behind the marker "0.NA/0.NA/P", begin with "0.NA/P.".
 */
static bool put_range(uint32_t op, struct ansa_bytes folded, struct buf *b)
{
        if (op == OP_LIST_HOMED)
                return true; /* the whole table */
        bool is_marked = op == OP_LIST && starts_with(folded, MARKER);
        struct ansa_bytes skipped = is_marked ? MARKER : ZERO_NA;
        if (!starts_with(folded, skipped) || folded.size == skipped.size)
                return false;
        struct ansa_bytes prefix = { folded.at + skipped.size, folded.size - skipped.size };
        bool is_derived = is_marked || op == OP_LIST_PREFIXES;
        if (is_derived)
                buf_bytes(b, ZERO_NA);
        bool is_root = is_derived && ansa_bytes_equal(prefix, ANSA_BYTES_LIT("0.NA"));
        if (!is_root) { /* all prefixes there are, for the root */
                buf_bytes(b, prefix);
                buf_u8(b, is_derived ? '.' : '/');
        }
        return b->err == ANSA_OK;
}

/* The name of a list item: its key, or, when that was shortened, what its record says. */
static enum ansa_err put_item(struct exchange *x, struct ansa_bytes key, struct ansa_bytes value,
                              struct buf *items)
{
        if (key.size <= RECORD_KEY_PLAIN_MAX) {
                buf_block(items, key);
                return items->err;
        }
        struct record record;
        uint8_t folded[NAME_KEY_SIZE_MAX];
        size_t size = 0;
        enum ansa_err err = record_decode(key, value, &record);
        if (err == ANSA_OK)
                err = name_fold(record.name, x->settings->config.case_sensitive, folded,
                                sizeof(folded), &size);
        if (err == ANSA_OK)
                buf_block(items, (struct ansa_bytes){ folded, size });
        return err != ANSA_OK ? err : items->err;
}

struct page {
        struct buf items;
        uint32_t count;
        bool more;
};

/* Up to a page of items; more->after moves along. */
static enum ansa_err read_page(struct exchange *x, struct identifier_more *more, struct page *page)
{
        struct ansa_bytes front = { more->prefix, more->prefix_size };
        enum store_table table = more->header.op == OP_LIST_HOMED ? STORE_PREFIXES : STORE_RECORDS;
        bool is_first = more->after_size == 0;
        struct ansa_bytes from =
                is_first ? front : (struct ansa_bytes){ more->after, more->after_size };
        if (is_first && from.size > STORE_KEY_SIZE_MAX)
                return ANSA_OK; /* longer than any key */
        bool after = !is_first;
        for (;;) {
                struct ansa_bytes key;
                struct ansa_bytes value;
                enum ansa_err err = store_seek(x->view.txn, table, from, after, &key, &value);
                if (err == ANSA_E_NOT_FOUND || (err == ANSA_OK && !starts_with(key, front)))
                        return ANSA_OK;
                if (err == ANSA_OK && page->count == LIMIT_LIST_PAGE) {
                        page->more = true;
                        return ANSA_OK;
                }
                bool has_name = key.size <= RECORD_KEY_PLAIN_MAX || table == STORE_RECORDS;
                if (err == ANSA_OK && has_name) /* a shortened prefix is kept nowhere in full */
                        err = put_item(x, key, value, &page->items);
                if (err != ANSA_OK)
                        return err;
                page->count += has_name;
                memcpy(more->after, key.at, key.size);
                more->after_size = key.size;
                from = (struct ansa_bytes){ more->after, more->after_size };
                after = true;
        }
}

static enum identifier_outcome answer_page(struct exchange *x, struct identifier_more *more,
                                           bool can_continue)
{
        const size_t room = LIMIT_LIST_PAGE * (4 + (size_t)NAME_KEY_SIZE_MAX);
        struct page page = { 0 };
        uint8_t *at = arena_alloc(&x->worker->arena, room);
        if (at == NULL)
                return exchange_fail(x, ANSA_E_NO_MEMORY);
        page.items = buf_over(at, room);
        enum ansa_err err = read_page(x, more, &page);
        more->more = err == ANSA_OK && page.more && can_continue;
        if (err != ANSA_OK)
                return exchange_fail(x, err);
        if (page.more && !can_continue)
                return exchange_error(x, RC_OPERATION_DENIED, NO_CONTINUE);
        struct outgoing o = { .code = RC_SUCCESS, .flags = page.more ? FLAG_CONTINUES : 0 };
        respond_begin(x->worker, &x->to, &o, x->reply);
        buf_u32(x->reply, page.count);
        buf_bytes(x->reply, buf_written(&page.items));
        respond_end(x->worker, &x->to, &o, x->reply);
        more->more = more->more && o.code == RC_SUCCESS;
        return IDENTIFIER_REPLY;
}

/* What the next page needs to know; the session's key is looked up again. */
static void note_request(const struct exchange *x, struct identifier_more *more)
{
        more->envelope = x->to.envelope;
        more->header = x->to.header;
        more->session_id = x->in_session ? x->session.id : 0;
        more->counter = x->to.counter;
        more->digest_code = x->to.digest_code;
        more->digest_size = x->to.digest_size;
        memcpy(more->digest, x->to.digest, sizeof(more->digest));
}

enum identifier_outcome list_serve(struct exchange *x)
{
        struct ansa_bytes name;
        struct identifier_more unused;
        /* cppcheck-suppress uninitvar ; only its address is taken here */
        struct identifier_more *more = x->more != NULL ? x->more : &unused;
        if (name_body_decode(x->m.body, &name) != ANSA_OK)
                return exchange_error(x, RC_PROTOCOL, "the request cannot be decoded");
        uint32_t op = x->m.header.op;
        if (op != OP_LIST_HOMED && name_problem(name) != NULL)
                return exchange_error(x, RC_INVALID_NAME, name_problem(name));
        if (!exchange_look(x))
                return IDENTIFIER_REPLY;
        const char *text = NULL;
        uint32_t code = plan_list(&x->view, &x->m, exchange_identity(x), &text);
        if (x->view.needs_slow && exchange_is_hasty(x))
                return IDENTIFIER_SLOW;
        if (code == RC_CHALLENGE && !x->has_identity)
                return exchange_challenge(x);
        if (code != RC_SUCCESS)
                return exchange_error(x, code == RC_CHALLENGE ? RC_NOT_AUTHORIZED : code, text);
        uint8_t folded[NAME_KEY_SIZE_MAX];
        size_t size = 0;
        enum ansa_err err = ANSA_OK;
        if (op != OP_LIST_HOMED)
                err = name_fold(name, x->settings->config.case_sensitive, folded, sizeof(folded),
                                &size);
        if (err != ANSA_OK)
                return exchange_error(x, RC_INVALID_NAME, NULL);
        struct buf range = buf_over(more->prefix, sizeof(more->prefix));
        if (!put_range(op, (struct ansa_bytes){ folded, size }, &range))
                return exchange_error(x, RC_INVALID_NAME, "lists are of prefixes: 0.NA/...");
        more->prefix_size = range.size;
        more->after_size = 0;
        note_request(x, more);
        return answer_page(x, more, x->more != NULL);
}

enum identifier_outcome identifier_continue(struct identifier_worker *worker,
                                            const struct peer *peer, struct buf *reply,
                                            struct identifier_more *more)
{
        struct identifier *service = worker->service;
        worker_begin(worker);
        struct exchange x = {
                .worker = worker,
                .settings = worker_settings(worker),
                .peer = peer,
                .reply = reply,
                .start = reply->size,
                .to = { .envelope = more->envelope,
                        .header = more->header,
                        .transport = peer->transport,
                        .digest_code = more->digest_code,
                        .digest_size = more->digest_size,
                        .counter = more->counter },
        };
        memcpy(x.to.digest, more->digest, sizeof(x.to.digest));
        x.m.header = more->header;
        if (more->session_id == 0 && respond_wants_signature(&x.to) && !worker->may_block) {
                worker_end(worker);
                return IDENTIFIER_SLOW;
        }
        enum ansa_err err = ANSA_OK;
        if (more->session_id != 0)
                err = sessions_find(service->sessions, more->session_id,
                                    service->env->steady_ms(service->env), &worker->arena,
                                    &x.session);
        more->more = false;
        if (err == ANSA_OK) {
                x.in_session = more->session_id != 0;
                x.to.has_session = x.session.has_key;
                x.to.key = x.session.key;
                if (exchange_look(&x))
                        (void)answer_page(&x, more, true);
        } else { /* the session ended before its list did */
                x.to.header.flags &= ~(FLAG_CERTIFY | FLAG_ENCRYPT);
                (void)exchange_error(&x, RC_SESSION_UNKNOWN, NULL);
        }
        worker_end(worker);
        wipe(&x.to.key, sizeof(x.to.key));
        wipe(&x.session.key, sizeof(x.session.key));
        return reply->size > x.start ? IDENTIFIER_REPLY : IDENTIFIER_DROP;
}
