/* SPDX-License-Identifier: Apache-2.0 */
#include "http/pages.h"

/* A server without pages. */
const struct page pages[] = { { 0 } };
const size_t page_count = 0;
