/* SPDX-License-Identifier: Apache-2.0 */
#include "http/rest.h"

#include "base/text.h"

enum http_outcome rest_refuse(struct http_exchange *x, const struct told *told,
                              struct ansa_bytes handle)
{
        return reply_error(x, reply_status(x, told->code), told->code, told->text,
                           handle.size > 0 ? &handle : NULL);
}

bool rest_flag(struct http_exchange *x, const char *key, bool otherwise, bool wanted, uint32_t flag,
               uint32_t *flags)
{
        bool value = otherwise;
        if (query_bool(&x->query, key, &value) != ANSA_OK) {
                (void)reply_bad(x, "parameter %s: true or false expected", key);
                return false;
        }
        if (value == wanted)
                *flags |= flag;
        return true;
}

bool rest_indexes(struct http_exchange *x, const char *key, struct index_list *list)
{
        size_t count = 0;
        size_t at = 0;
        const struct parameter *p;
        *list = (struct index_list){ 0 };
        while (query_next(&x->query, key, &at) != NULL)
                count++;
        uint8_t *room = arena_array(&x->arena, count, sizeof(uint32_t));
        if (room == NULL) {
                (void)reply_error(x, 503, RC_BUSY, ANSA_BYTES_LIT("no memory"), NULL);
                return false;
        }
        struct buf b = buf_over(room, count * sizeof(uint32_t));
        for (at = 0; (p = query_next(&x->query, key, &at)) != NULL;) {
                uint64_t index;
                if (text_u64(p->value, UINT32_MAX, &index) != ANSA_OK) {
                        (void)reply_bad(x, "parameter %s: an integer from 0 to 4294967295 expected",
                                        key);
                        return false;
                }
                buf_u32(&b, (uint32_t)index);
        }
        *list = (struct index_list){ buf_written(&b), (uint32_t)count };
        return true;
}
