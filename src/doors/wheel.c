/* SPDX-License-Identifier: Apache-2.0 */
#include "doors/wheel.h"

#include "base/assert.h"

void wheel_init(struct wheel *w, uint64_t now_ms)
{
        memset(w, 0, sizeof(*w));
        w->tick = now_ms / WHEEL_TICK_MS;
}

void wheel_hang(struct wheel *w, struct timeout *t, uint64_t due_ms)
{
        wheel_unhang(w, t);
        t->due_ms = due_ms;
        /* the tick after it is due; far ones as far as the wheel goes, then again */
        uint64_t tick = due_ms / WHEEL_TICK_MS + 1;
        if (tick < w->tick)
                tick = w->tick;
        if (tick > w->tick + WHEEL_SLOTS - 2)
                tick = w->tick + WHEEL_SLOTS - 2;
        struct timeout **head = &w->slot[tick % WHEEL_SLOTS];
        t->next = *head;
        t->link = head;
        if (t->next != NULL)
                t->next->link = &t->next;
        *head = t;
        w->count++;
}

void wheel_unhang(struct wheel *w, struct timeout *t)
{
        if (t->link == NULL)
                return;
        *t->link = t->next;
        if (t->next != NULL)
                t->next->link = t->link;
        t->next = NULL;
        t->link = NULL;
        ansa_assert(w->count > 0);
        w->count--;
}

struct timeout *wheel_next_due(struct wheel *w, uint64_t now_ms)
{
        uint64_t now_tick = now_ms / WHEEL_TICK_MS;
        if (w->count == 0 && w->tick < now_tick)
                w->tick = now_tick;
        while (w->tick <= now_tick) {
                struct timeout *t = w->slot[w->tick % WHEEL_SLOTS];
                if (t == NULL) {
                        w->tick++;
                        continue;
                }
                if (t->due_ms <= now_ms) {
                        wheel_unhang(w, t);
                        return t;
                }
                /* moved on since: hang it where it belongs, past this slot */
                w->tick++;
                wheel_hang(w, t, t->due_ms);
                w->tick--;
        }
        return NULL;
}

int wheel_wait_ms(const struct wheel *w, uint64_t now_ms)
{
        if (w->count == 0)
                return -1;
        uint64_t next_ms = w->tick * WHEEL_TICK_MS;
        return next_ms > now_ms ? (int)(next_ms - now_ms) : 0;
}
