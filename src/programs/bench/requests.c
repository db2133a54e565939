/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of a list of names, made beforehand, and the look at what came back. */
#include "programs/bench/bench.h"

#include "wire/body.h"
#include "wire/fragment.h"
#include "wire/message.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NAME_MAX_SIZE 512u /* octets of a name in a list; longer lines are left out */
#define DNS_ID_OFFSET 0u
#define IRP_ID_OFFSET 8u

static void put_irp(struct buf *b, struct ansa_bytes name)
{
        struct envelope e = {
                .major = 2, .minor = 11, .suggested_major = 2, .suggested_minor = 11
        };
        struct header h = { .op = OP_RESOLVE,
                            .flags = FLAG_RECURSIVE | FLAG_CACHE_CERTIFY | FLAG_PUBLIC_ONLY,
                            .site_serial = SITE_SERIAL_UNKNOWN,
                            .expires_s = (uint32_t)time(NULL) + 43200 };
        struct resolve_request request = { .name = name };
        struct message_mark mark = message_begin(b, &e, &h);
        resolve_request_encode(&request, b);
        message_end_body(b, mark);
        message_end(b, mark, (struct ansa_bytes){ 0 });
}

/* One label: what DNS cannot carry in a label becomes "-"; the zone file does the same. */
static void put_dns(struct buf *b, struct ansa_bytes name, const char *zone)
{
        static const uint8_t head[12] = { 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        buf_bytes(b, (struct ansa_bytes){ head, sizeof(head) });
        size_t size = name.size < 63 ? name.size : 63;
        buf_u8(b, (uint8_t)size);
        for (size_t i = 0; i < size; i++) {
                uint8_t c = name.at[i];
                bool plain =
                        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                buf_u8(b, plain ? c : '-');
        }
        for (const char *at = zone; *at != '\0';) {
                size_t label = strcspn(at, ".");
                buf_u8(b, (uint8_t)label);
                buf_bytes(b, (struct ansa_bytes){ (const uint8_t *)at, label });
                at += label + (at[label] == '.');
        }
        buf_u8(b, 0);
        buf_u16(b, 16); /* TXT */
        buf_u16(b, 1);  /* IN */
}

/* The path of a name: what URLs have a meaning for is encoded, "/" is not. */
static void put_http(struct buf *b, struct ansa_bytes name, const char *path)
{
        buf_text(b, "GET ");
        buf_text(b, path);
        for (size_t i = 0; i < name.size; i++) {
                uint8_t c = name.at[i];
                bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                             (c >= 'A' && c <= 'Z') || (c != 0 && strchr("-._~/()", c) != NULL);
                if (plain)
                        buf_u8(b, c);
                else
                        buf_printf(b, "%%%02X", c);
        }
        buf_text(b, " HTTP/1.1\r\nHost: bench\r\n\r\n");
}

static bool add_line(struct request_set *set, struct buf *b, enum request_form form,
                     const char *zone, struct ansa_bytes name)
{
        size_t before = b->size;
        if (form == REQUEST_IRP)
                put_irp(b, name);
        else if (form == REQUEST_HTTP)
                put_http(b, name, zone);
        else
                put_dns(b, name, zone);
        if (b->err != ANSA_OK || b->size > UINT32_MAX)
                return false;
        uint32_t size = (uint32_t)(b->size - before);
        if (size > set->size_max)
                set->size_max = size;
        set->offsets[++set->count] = (uint32_t)b->size;
        return true;
}

bool requests_load(const char *path, enum request_form form, const char *zone, uint32_t count_max,
                   struct request_set *set)
{
        *set = (struct request_set){ 0 };
        bool done = false;
        struct buf b = buf_growing((size_t)UINT32_MAX);
        char line[8192];
        FILE *file = fopen(path, "r");
        set->offsets = calloc((size_t)count_max + 1, sizeof(*set->offsets));
        if (file == NULL || set->offsets == NULL) {
                perror(path);
                goto out;
        }
        while (set->count < count_max && fgets(line, sizeof(line), file) != NULL) {
                size_t size = strcspn(line, "\t\r\n");
                if (size == 0 || size > NAME_MAX_SIZE)
                        continue;
                if (!add_line(set, &b, form, zone,
                              (struct ansa_bytes){ (const uint8_t *)line, size }))
                        goto out;
        }
        done = set->count > 0;
        if (!done)
                (void)fprintf(stderr, "%s: no names in it\n", path);
out:
        if (file != NULL)
                (void)fclose(file);
        set->octets = b.at; /* the set owns it now */
        if (!done)
                requests_free(set);
        return done;
}

void requests_free(struct request_set *set)
{
        free(set->octets);
        free(set->offsets);
        *set = (struct request_set){ 0 };
}

size_t requests_copy(const struct request_set *set, uint32_t i, enum request_form form, uint32_t id,
                     uint8_t *at)
{
        size_t size = set->offsets[i + 1] - set->offsets[i];
        memcpy(at, set->octets + set->offsets[i], size);
        if (form == REQUEST_IRP) {
                uint32_t wire = htonl(id);
                memcpy(at + IRP_ID_OFFSET, &wire, sizeof(wire));
        } else {
                uint16_t wire = htons((uint16_t)id);
                memcpy(at + DNS_ID_OFFSET, &wire, sizeof(wire));
        }
        return size;
}

enum reply_check reply_look(enum request_form form, const uint8_t *at, size_t size, uint32_t *id)
{
        *id = 0;
        if (form == REQUEST_IRP) {
                struct envelope e;
                if (envelope_decode((struct ansa_bytes){ at, size }, &e) != ANSA_OK)
                        return REPLY_FOREIGN;
                *id = e.request_id;
                if (e.sequence > 0) /* the response code stands in the first piece */
                        return REPLY_GOOD;
                struct header h;
                struct ansa_bytes after = { at + ENVELOPE_SIZE, size - ENVELOPE_SIZE };
                if (header_decode(after, &h) != ANSA_OK)
                        return REPLY_FOREIGN;
                return h.response == RC_SUCCESS ? REPLY_GOOD : REPLY_WRONG_CODE;
        }
        if (size < 12)
                return REPLY_FOREIGN;
        uint16_t wire;
        memcpy(&wire, at + DNS_ID_OFFSET, sizeof(wire));
        *id = ntohs(wire);
        bool has_answer = at[6] != 0 || at[7] != 0;
        return (at[3] & 15) == 0 && has_answer ? REPLY_GOOD : REPLY_WRONG_CODE;
}

uint32_t reply_pieces(const uint8_t *at)
{
        struct envelope e;
        if (envelope_decode((struct ansa_bytes){ at, ENVELOPE_SIZE }, &e) != ANSA_OK)
                return 1;
        return fragment_count(e.message_size);
}
