/* SPDX-License-Identifier: Apache-2.0 */
#include "http/log.h"

#include "base/text.h"
#include "http/match.h"
#include "http/range.h"
#include "http/reply.h"
#include "wire/tile.h"

/* Tiles never change: whoever has one may keep it for good. The checkpoint is of the moment. */
#define FOR_GOOD         "public, max-age=31536000, immutable"
#define NOT_LONG         "no-cache"
#define OCTETS           "application/octet-stream"
#define TEXT             "text/plain; charset=utf-8"

#define PAYLOAD_SIZE_MAX (1u << 20)
#define HASH_OCTETS      32u

static enum http_outcome refuse(struct http_exchange *x, uint32_t status, const char *text)
{
        buf_reset(&x->out);
        buf_text(&x->out, text);
        buf_u8(&x->out, '\n');
        reply_header_text(x, "Cache-Control", "no-store");
        return reply_with(x, status, TEXT);
}

static enum http_outcome refuse_for(struct http_exchange *x, enum ansa_err err)
{
        if (err == ANSA_E_NOT_FOUND)
                return refuse(x, 404, "The log has no such thing.");
        if (err == ANSA_E_DENIED)
                return refuse(x, 403,
                              "It has values that not everybody may read, and is withheld.");
        if (err == ANSA_E_BUSY && !x->worker->may_block)
                return HTTP_SLOW;
        return refuse(x, err == ANSA_E_NO_MEMORY ? 503 : 500, "The log cannot be read now.");
}

/* What was written to x->out, under a name that is for good. */
static enum http_outcome reply_for_good(struct http_exchange *x)
{
        struct ansa_bytes header;
        const struct ansa_bytes etag = ANSA_BYTES_LIT("\"1\""); /* there is one version only */
        reply_header_text(x, "Cache-Control", FOR_GOOD);
        reply_header(x, "ETag", etag);
        if (exchange_list(x, "If-None-Match", &header) && match_etag(header, etag, true))
                return reply_empty(x, 304);
        return range_reply(x, OCTETS, buf_written(&x->out), etag);
}

static enum http_outcome serve_tile(struct http_exchange *x)
{
        struct tile t;
        struct identifier_worker *worker = x->worker->identifier;
        if (tile_decode_name(x->place, &t) != ANSA_OK)
                return refuse(x, 404,
                              "That is not the name of a tile: tile/<level>/<index>[.p/<width>].");
        buf_reset(&x->out);
        enum ansa_err err =
                t.is_entries ? identifier_log_bundle(worker, t.index, t.width, &x->out)
                             : identifier_log_tile(worker, t.level, t.index, t.width, &x->out);
        return err == ANSA_OK ? reply_for_good(x) : refuse_for(x, err);
}

static enum http_outcome serve_checkpoint(struct http_exchange *x)
{
        buf_reset(&x->out);
        enum ansa_err err = identifier_log_checkpoint(x->worker->identifier, &x->out);
        if (err != ANSA_OK)
                return refuse_for(x, err);
        reply_header_text(x, "Cache-Control", NOT_LONG);
        return reply_with(x, 200, TEXT);
}

static enum http_outcome serve_key(struct http_exchange *x)
{
        buf_reset(&x->out);
        enum ansa_err err = identifier_log_key(x->http->service, &x->out);
        if (err != ANSA_OK)
                return refuse_for(x, err);
        buf_u8(&x->out, '\n');
        reply_header_text(x, "Cache-Control", NOT_LONG);
        return reply_with(x, 200, TEXT);
}

static enum http_outcome serve_payload(struct http_exchange *x, struct ansa_bytes hex)
{
        uint8_t hash[HASH_OCTETS];
        struct buf octets = buf_over(hash, sizeof(hash));
        if (hex.size != 2 * sizeof(hash) || text_hex(hex, &octets) != ANSA_OK)
                return refuse(x, 404, "A payload has the 64 hex digits of its hash for a name.");
        buf_reset(&x->out);
        enum ansa_err err = identifier_log_payload(
                x->worker->identifier, (struct ansa_bytes){ hash, sizeof(hash) }, &x->out);
        return err == ANSA_OK ? reply_for_good(x) : refuse_for(x, err);
}

enum http_outcome log_serve(struct http_exchange *x)
{
        const struct ansa_bytes payload = ANSA_BYTES_LIT("payload/");
        reply_header_text(x, "X-Content-Type-Options", "nosniff");
        reply_header_text(x, "Access-Control-Allow-Origin", "*");
        if (ansa_bytes_equal(x->place, ANSA_BYTES_LIT("checkpoint")))
                return serve_checkpoint(x);
        if (ansa_bytes_equal(x->place, ANSA_BYTES_LIT("key")))
                return serve_key(x);
        if (x->place.size > payload.size && memcmp(x->place.at, payload.at, payload.size) == 0)
                return serve_payload(x, (struct ansa_bytes){ x->place.at + payload.size,
                                                             x->place.size - payload.size });
        return serve_tile(x);
}
