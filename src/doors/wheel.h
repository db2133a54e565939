/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_DOORS_WHEEL_H
#define ANSA_DOORS_WHEEL_H

#include "ansa/bytes.h"

/**
 * Time-outs of many connections. Moving one is a store: its owner writes a new due_ms,
 * and when the wheel comes to the slot where it hangs, one that is not due yet is hung
 * further on. So a time-out fires up to one tick late and never early.
 *
 * Making one *sooner* needs wheel_hang.
 */
#define WHEEL_SLOTS   256u
#define WHEEL_TICK_MS 250u

struct timeout {
        struct timeout *next;
        struct timeout **link; /* what points here; NULL when not hung */
        uint64_t due_ms;
};

struct wheel {
        struct timeout *slot[WHEEL_SLOTS];
        uint64_t tick; /* the next one to look at */
        size_t count;
};

void wheel_init(struct wheel *w, uint64_t now_ms);

/** (Re)hang @t for @due_ms. */
void wheel_hang(struct wheel *w, struct timeout *t, uint64_t due_ms);
void wheel_unhang(struct wheel *w, struct timeout *t); /* fine when not hung */

/** One that is due, unhung; NULL when there are no more. Call until it is. */
struct timeout *wheel_next_due(struct wheel *w, uint64_t now_ms);

/** Milliseconds until something may be due; -1 when nothing hangs. */
int wheel_wait_ms(const struct wheel *w, uint64_t now_ms);

#endif
