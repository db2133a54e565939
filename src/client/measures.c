/* SPDX-License-Identifier: Apache-2.0 */
#include "client/measures.h"

#include "base/text.h"

static bool same_server(const struct endpoint *a, const struct endpoint *b)
{
        return a->address_size == b->address_size &&
               memcmp(&a->address, &b->address, a->address_size) == 0;
}

static const struct measure *find(const struct measures *m, const struct endpoint *server,
                                  uint64_t now_ms)
{
        for (size_t i = 0; i < MEASURES_MAX; i++) {
                const struct measure *e = &m->measure[i];
                if (e->at_ms != 0 && now_ms - e->at_ms < MEASURE_LIFETIME_MS &&
                    same_server(&e->server, server))
                        return e;
        }
        return NULL;
}

uint32_t measures_get(const struct measures *m, const struct endpoint *server, uint64_t now_ms)
{
        const struct measure *e = find(m, server, now_ms);
        return e != NULL ? e->response_ms : 0;
}

void measures_put(struct measures *m, const struct endpoint *server, uint32_t response_ms,
                  uint64_t now_ms)
{
        const struct measure *known = find(m, server, now_ms);
        size_t place = 0;
        uint32_t value = response_ms;
        if (known != NULL) {
                place = (size_t)(known - m->measure);
                value = known->response_ms - known->response_ms / 4 + response_ms / 4;
        } else {
                for (size_t i = 1; i < MEASURES_MAX; i++) {
                        if (m->measure[i].at_ms < m->measure[place].at_ms)
                                place = i;
                }
        }
        m->measure[place] = (struct measure){ .server = *server,
                                              .response_ms = value > 0 ? value : 1,
                                              .at_ms = now_ms > 0 ? now_ms : 1 };
}

static uint64_t hash_prefix(const struct measures *m, struct ansa_bytes prefix)
{
        uint8_t folded[ANSA_NAME_SIZE_MAX];
        size_t size = prefix.size < sizeof(folded) ? prefix.size : sizeof(folded);
        for (size_t i = 0; i < size; i++)
                folded[i] = text_upper(prefix.at[i]);
        return hash_bytes(&m->key, (struct ansa_bytes){ folded, size });
}

void measures_stick(struct measures *m, struct ansa_bytes prefix, const struct endpoint *server,
                    uint64_t now_ms)
{
        uint64_t hash = hash_prefix(m, prefix);
        size_t place = 0;
        for (size_t i = 0; i < STICKY_MAX; i++) {
                if (m->sticky[i].at_ms != 0 && m->sticky[i].prefix == hash) {
                        place = i;
                        break;
                }
                if (m->sticky[i].at_ms < m->sticky[place].at_ms)
                        place = i;
        }
        m->sticky[place] = (struct sticky){ hash, *server, now_ms > 0 ? now_ms : 1 };
}

bool measures_is_sticky(const struct measures *m, struct ansa_bytes prefix,
                        const struct endpoint *server, uint64_t now_ms)
{
        uint64_t hash = hash_prefix(m, prefix);
        for (size_t i = 0; i < STICKY_MAX; i++) {
                const struct sticky *s = &m->sticky[i];
                if (s->at_ms != 0 && s->prefix == hash && now_ms - s->at_ms < STICKY_LIFETIME_MS)
                        return same_server(&s->server, server);
        }
        return false;
}

void measures_clear(struct measures *m)
{
        memset(m->measure, 0, sizeof(m->measure));
        memset(m->sticky, 0, sizeof(m->sticky));
}
