/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_ARM_SHA256_H
#define TEST_ARM_SHA256_H

#include "ansa/bytes.h"

void sha256(void *context, const struct ansa_bytes *parts, size_t count, uint8_t digest[32]);

#endif
