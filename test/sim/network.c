/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "base/assert.h"

/* Messages on their way: some are lost, some late, some come twice, none in order. */

static void put(struct world *w, struct packet p)
{
        uint32_t copies = 1;
        if (w->habits.loss > 0 && chance_in(&w->chance, w->habits.loss))
                copies = 0;
        else if (w->habits.twice > 0 && chance_in(&w->chance, w->habits.twice))
                copies = 2;
        for (; copies > 0; copies--) {
                p.due_ms = w->now_ms + chance_below(&w->chance, 200);
                if (chance_in(&w->chance, 40))
                        p.due_ms += chance_below(&w->chance, 10000);
                if (w->packet_count < PACKETS_MAX)
                        w->packets[w->packet_count++] = p;
        }
}

void network_send_octets(struct world *w, const struct sent *sent, uint32_t server, bool is_exact,
                         struct ansa_bytes bytes)
{
        put(w, (struct packet){ .to_server = true,
                                .sent = sent,
                                .is_exact = is_exact,
                                .bytes = bytes,
                                .server = server,
                                .transport = sent->transport });
}

void network_send(struct world *w, const struct sent *sent)
{
        attacker_see(w, sent);
        network_send_octets(w, sent, sent->server, true, sent->bytes);
}

void network_send_reply(struct world *w, uint32_t server, const struct sent *sent,
                        struct ansa_bytes bytes)
{
        if (sent->call->serial == 0 || sent->wish != NULL)
                return; /* nobody waits for it */
        put(w, (struct packet){ .sent = sent, .bytes = bytes, .server = server });
}

/* One that is due, whichever. */
static bool take(struct world *w, struct packet *p, const struct packet *like)
{
        size_t start =
                w->packet_count > 0 ? chance_below(&w->chance, (uint32_t)w->packet_count) : 0;
        for (size_t i = 0; i < w->packet_count; i++) {
                struct packet *at = &w->packets[(start + i) % w->packet_count];
                if (at->due_ms > w->now_ms ||
                    (like != NULL && (!at->to_server || at->server != like->server)))
                        continue;
                *p = *at;
                *at = w->packets[--w->packet_count];
                return true;
        }
        return false;
}

/* Nothing is due and nobody is at work: time goes on until something is. */
static void wait_for_next(struct world *w)
{
        uint64_t next = UINT64_MAX;
        for (uint32_t i = 0; i < SERVERS; i++) {
                if (w->server[i].task_count > 0 || w->server[i].job_count > 0)
                        return;
        }
        for (size_t i = 0; i < w->packet_count; i++)
                next = w->packets[i].due_ms < next ? w->packets[i].due_ms : next;
        if (w->packet_count > 0 && next > w->now_ms)
                w->now_ms = next;
}

void network_deliver(struct world *w)
{
        struct packet packets[8];
        size_t count = 1;
        wait_for_next(w);
        if (!take(w, &packets[0], NULL))
                return;
        if (!packets[0].to_server) {
                calls_reply(w, &packets[0]);
                return;
        }
        if (w->habits.batch > 0 && chance_in(&w->chance, w->habits.batch)) {
                while (count < 8 && take(w, &packets[count], &packets[0]))
                        count++;
        }
        door_receive(&w->server[packets[0].server], packets, count);
}
