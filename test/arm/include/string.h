/* SPDX-License-Identifier: Apache-2.0 */
/* All of the C library that libansa-core.a needs; runtime.c has it. */
#ifndef TEST_ARM_STRING_H
#define TEST_ARM_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *at, int octet, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *at, int octet, size_t size);
size_t strlen(const char *text);

#endif
