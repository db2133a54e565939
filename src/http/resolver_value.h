/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_HTTP_RESOLVER_VALUE_H
#define ANSA_HTTP_RESOLVER_VALUE_H

#include "ansa/value.h"
#include "base/buf.h"

#define RESOLVER_VALUE_SHOWN_MAX 4000u /* characters of one value; the rest is in the JSON */

/** Append the data of @v as a person reads it, as HTML. */
void resolver_value_put(struct buf *b, const struct ansa_value *v);

#endif
