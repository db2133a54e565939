/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "base/assert.h"

/* Sees what is sent, sends it again, changed or not, and invents what else it can. */

#define SEEN_MAX (sizeof(((struct world *)0)->seen) / sizeof(((struct world *)0)->seen[0]))

void attacker_see(struct world *w, const struct sent *sent)
{
        if (w->seen_count < SEEN_MAX)
                w->seen[w->seen_count++] = sent;
        else
                w->seen[chance_below(&w->chance, (uint32_t)SEEN_MAX)] = sent;
}

/* Of octets that are not from the seed, changes would not be either. */
static const struct sent *any_seen(struct world *w)
{
        const struct sent *sent = w->seen[chance_below(&w->chance, (uint32_t)w->seen_count)];
        return sent;
}

static uint8_t *copy(struct world *w, struct ansa_bytes bytes, size_t room)
{
        uint8_t *at = world_alloc(w, bytes.size + room + 1);
        memcpy(at, bytes.at, bytes.size);
        return at;
}

static void change(struct world *w, const struct sent *sent)
{
        struct chance *c = &w->chance;
        struct ansa_bytes bytes = sent->bytes;
        uint8_t *at = copy(w, bytes, 64);
        size_t size = bytes.size;
        switch (chance_below(c, 6)) {
        case 0: /* some octets */
                for (uint32_t n = 1 + chance_below(c, 3); n > 0; n--)
                        at[chance_below(c, (uint32_t)size)] = (uint8_t)chance_u64(c);
                break;
        case 1: /* one bit */
                at[chance_below(c, (uint32_t)size)] ^= (uint8_t)(1u << chance_below(c, 8));
                break;
        case 2: /* the end */
                size = chance_below(c, (uint32_t)size);
                break;
        case 3: /* more at its end */
                chance_fill(c, at + size, 8);
                size += 8;
                break;
        case 4: /* request id, which outside sessions is nobody's secret */
                chance_fill(c, at + 8, 4);
                break;
        default: /* flags of the header */
                if (size > 32)
                        at[28 + chance_below(c, 4)] ^= (uint8_t)(1u << chance_below(c, 8));
                break;
        }
        network_send_octets(w, sent, sent->server, false, (struct ansa_bytes){ at, size });
}

/* A message in a session, or an answer to a challenge, that is somebody else's. */
static void guess(struct world *w, const struct sent *sent)
{
        struct chance *c = &w->chance;
        uint8_t *at = copy(w, sent->bytes, 0);
        uint32_t id = (uint32_t)chance_u64(c) & 0x7fffffffu;
        if (w->link_count > 0 && chance_in(c, 2))
                id = w->links[chance_below(c, (uint32_t)w->link_count)].id;
        else if (w->dare_count > 0 && chance_in(c, 2))
                id = w->dares[chance_below(c, (uint32_t)w->dare_count)].id;
        store_u32(at + 4, id);
        network_send_octets(w, sent, sent->server, false,
                            (struct ansa_bytes){ at, sent->bytes.size });
}

/* With a key of one's own in answer to what another was asked. */
static void answer(struct world *w)
{
        if (w->dare_count == 0 || w->token_count + 8 > DARES_MAX)
                return;
        size_t back = chance_below(&w->chance, w->dare_count < 10 ? (uint32_t)w->dare_count : 10);
        struct dare *d = &w->dares[w->dare_count - 1 - back];
        if (d->link != NULL || d->call->serial == 0)
                return;
        const struct person *mallory = &w->person[5];
        struct sent *sent = people_answer(w, mallory, d, d->call, chance_in(&w->chance, 3));
        sent->server = d->server;
        network_send(w, sent);
}

static void invent(struct world *w, const struct sent *sent)
{
        size_t size = chance_below(&w->chance, 200);
        uint8_t *at = world_alloc(w, size + 1);
        chance_fill(&w->chance, at, size);
        if (size > 20 && chance_in(&w->chance, 2))
                memcpy(at, sent->bytes.at, 20);
        network_send_octets(w, sent, sent->server, false, (struct ansa_bytes){ at, size });
}

void attacker_act(struct world *w)
{
        if (w->seen_count == 0)
                return;
        const struct sent *sent = any_seen(w);
        uint32_t what = chance_below(&w->chance, 10);
        w->tally.attacks++;
        world_note(w, "an attack: %u", what);
        if (what < 4)
                network_send_octets(w, sent,
                                    chance_in(&w->chance, 6) ? 1 - sent->server : sent->server,
                                    true, sent->bytes);
        else if (what < 7 && !sent->is_opaque)
                change(w, sent);
        else if (what == 7 && !sent->is_opaque)
                guess(w, sent);
        else if (what == 8)
                answer(w);
        else
                invent(w, sent);
}
