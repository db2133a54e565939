/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_SHOW_H
#define ANSA_PROGRAMS_ANSA_SHOW_H

#include "ansa/site.h"
#include "ansa/value.h"
#include "base/buf.h"

/**
 * Values for people: what binary data means, in words. Text from a record is hostile to a
 * terminal: control characters are shown as \xNN.
 */
void show_values(struct buf *b, struct ansa_values values);
void show_site(struct buf *b, const struct ansa_site *site);
void show_text(struct buf *b, struct ansa_bytes text);

#endif
