/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_ANSA_H
#define ANSA_ANSA_H

/** @file All of libansa. */

#include "ansa/bytes.h"
#include "ansa/client.h"
#include "ansa/core.h"
#include "ansa/err.h"
#include "ansa/key.h"
#include "ansa/proof.h"
#include "ansa/site.h"
#include "ansa/trust.h"
#include "ansa/value.h"

#endif /* ANSA_ANSA_H */
