/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_WIRE_BODY_PARTS_H
#define ANSA_WIRE_BODY_PARTS_H

#include "wire/body.h"
#include "wire/cursor.h"

/**
 * What the bodies are made of; for the body codecs only. The readers go through
 * every item of a list, so that walking it later cannot fail.
 */
struct ansa_bytes read_name(struct cursor *c); /* str of at most LIMIT_NAME_SIZE octets */
struct ansa_bytes read_text(struct cursor *c); /* str of any size a message can have */
struct ansa_ref read_key_ref(struct cursor *c);
struct index_list read_indexes(struct cursor *c);
struct text_list read_texts(struct cursor *c, uint32_t max);
struct ansa_values read_values(struct cursor *c);

void write_key_ref(const struct ansa_ref *ref, struct buf *b);
void write_indexes(const struct index_list *list, struct buf *b);
void write_texts(const struct text_list *list, struct buf *b);
void write_values(const struct ansa_values *values, struct buf *b);

#endif
