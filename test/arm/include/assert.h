/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_ARM_ASSERT_H
#define TEST_ARM_ASSERT_H

#define static_assert _Static_assert

#endif
