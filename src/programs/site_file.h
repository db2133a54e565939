/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_SITE_FILE_H
#define ANSA_PROGRAMS_SITE_FILE_H

#include "programs/config.h"

/**
 * A file with a site record, JSON (site.json) or binary (siteinfo.bin), as an encoded HS_SITE;
 * free(*at). The problem begins with the path.
 */
ANSA_CHECKED enum ansa_err site_file_read(const char *path, uint8_t **at, size_t *size,
                                          struct config_problem *problem);

#endif
