/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SIM_SELFTEST_H
#define TEST_SIM_SELFTEST_H

#include <stdbool.h>

/** Damages worlds on purpose; false when one of the damages was not found. */
bool selftest_run(void);

#endif
