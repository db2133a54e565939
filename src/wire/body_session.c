/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of sessions and of replication requests (irp-wire 4.14 to 4.18). */
#include "wire/body.h"

#include "wire/body_parts.h"

/*
 * Deployed software counts four octets for the mode, which takes two, and so ends both
 * session bodies with two zeros. We write them too: request digests then agree.
 */
#define SESSION_PAD 0u

enum ansa_err session_request_decode(struct ansa_bytes body, struct session_request *s)
{
        struct session_request got = { 0 };
        struct cursor c = cursor_over(body);
        got.mode = cursor_u16(&c);
        got.timeout_s = cursor_u32(&c);
        got.identity = read_key_ref(&c);
        switch (got.mode) {
        case SESSION_NONE:
        case SESSION_SERVER_KEY:
                break;
        case SESSION_CLIENT_KEY:
        case SESSION_DH:
                got.public_key = read_text(&c);
                break;
        case SESSION_HANDLE_KEY:
                got.key = read_key_ref(&c);
                break;
        default: /* from the wire */
                cursor_fail(&c, ANSA_E_UNSUPPORTED);
        }
        *s = c.err == ANSA_OK ? got : (struct session_request){ 0 };
        return c.err;
}

void session_request_encode(const struct session_request *s, struct buf *b)
{
        buf_u16(b, s->mode);
        buf_u32(b, s->timeout_s);
        write_key_ref(&s->identity, b);
        if (s->mode == SESSION_CLIENT_KEY || s->mode == SESSION_DH)
                buf_block(b, s->public_key);
        else if (s->mode == SESSION_HANDLE_KEY)
                write_key_ref(&s->key, b);
        buf_u16(b, SESSION_PAD);
}

enum ansa_err session_response_decode(struct ansa_bytes body, struct session_response *s)
{
        struct cursor c = cursor_over(body);
        s->mode = cursor_u16(&c);
        s->data = read_text(&c);
        if (c.err != ANSA_OK)
                *s = (struct session_response){ 0 };
        return c.err;
}

void session_response_encode(const struct session_response *s, struct buf *b)
{
        buf_u16(b, s->mode);
        buf_block(b, s->data);
        buf_u16(b, SESSION_PAD);
}

enum { RETRIEVE_BY_NUMBERS = 0, RETRIEVE_BY_STATE = 1 }; /* selector, from 2.9 */

enum ansa_err retrieve_request_decode(struct ansa_bytes body, uint16_t version,
                                      struct retrieve_request *r)
{
        struct retrieve_request got = { 0 };
        struct cursor c = cursor_over(body);
        uint8_t selector = version >= VERSION(2, 9) ? cursor_u8(&c) : RETRIEVE_BY_NUMBERS;
        if (selector > RETRIEVE_BY_STATE)
                cursor_fail(&c, ANSA_E_MALFORMED);
        got.has_state = selector == RETRIEVE_BY_STATE;
        if (got.has_state) {
                got.state_json = read_text(&c);
        } else {
                got.last_txn_id = cursor_u64(&c);
                got.last_query_ms = cursor_u64(&c);
        }
        got.hash_option = cursor_u8(&c);
        got.server_count = cursor_u32(&c);
        got.server_number = cursor_u32(&c);
        *r = cursor_end(&c) == ANSA_OK ? got : (struct retrieve_request){ 0 };
        return c.err;
}

void retrieve_request_encode(const struct retrieve_request *r, uint16_t version, struct buf *b)
{
        if (version >= VERSION(2, 9))
                buf_u8(b, r->has_state ? RETRIEVE_BY_STATE : RETRIEVE_BY_NUMBERS);
        else if (r->has_state)
                buf_fail(b, ANSA_E_UNSUPPORTED); /* older servers know one queue only */
        if (r->has_state) {
                buf_block(b, r->state_json);
        } else {
                buf_u64(b, r->last_txn_id);
                buf_u64(b, r->last_query_ms);
        }
        buf_u8(b, r->hash_option);
        buf_u32(b, r->server_count);
        buf_u32(b, r->server_number);
}

enum ansa_err dump_request_decode(struct ansa_bytes body, struct dump_request *d)
{
        struct dump_request got = { 0 };
        struct cursor c = cursor_over(body);
        got.hash_option = cursor_u8(&c);
        got.server_count = cursor_u32(&c);
        got.server_number = cursor_u32(&c);
        got.has_start = c.left > 0;
        if (got.has_start) {
                got.start = read_name(&c);
                got.start_type = cursor_u32(&c);
        }
        *d = cursor_end(&c) == ANSA_OK ? got : (struct dump_request){ 0 };
        return c.err;
}

void dump_request_encode(const struct dump_request *d, struct buf *b)
{
        buf_u8(b, d->hash_option);
        buf_u32(b, d->server_count);
        buf_u32(b, d->server_number);
        if (d->has_start) {
                buf_block(b, d->start);
                buf_u32(b, d->start_type);
        }
}
