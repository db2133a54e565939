/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_BACKUP_FILES_H
#define ANSA_PROGRAMS_ANSA_BACKUP_FILES_H

#include "ansa/err.h"

#include <stdbool.h>

/**
 * Copy from home to home what is beside the store: the configuration, the files in the home that
 * it names, and, when wished, the keys. What is not there is left out.
 */
ANSA_CHECKED enum ansa_err backup_files(const char *from_home, const char *to_home, bool with_keys);

#endif
