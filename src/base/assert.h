/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_BASE_ASSERT_H
#define ANSA_BASE_ASSERT_H

_Noreturn void ansa_panic(const char *expr, const char *file, int line);

/**
 * Stays on in release builds. For our own mistakes only: input from a peer, a
 * file or the operating system is never asserted, it is checked.
 */
#define ansa_assert(expr) ((expr) ? (void)0 : ansa_panic(#expr, __FILE__, __LINE__))

#endif
