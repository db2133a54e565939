/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_VALUES_H
#define ANSA_PROGRAMS_ANSA_VALUES_H

#include "ansa/value.h"
#include "base/arena.h"
#include "programs/ansa/cli.h"

extern const struct cli_option cli_value_options[]; /* --value, --ttl, --permissions, --values */

/**
 * The values that --value INDEX:TYPE:DATA (repeated) and --values FILE give, in @arena. DATA is
 * text; @FILE takes it from a file; for HS_ADMIN it is INDEX:ID or RIGHTS:INDEX:ID, for HS_VLIST
 * INDEX:ID,INDEX:ID..., for HS_PUBKEY @FILE may be any key file, for HS_SITE a siteinfo.json.
 * False after a message.
 */
bool values_from_options(const struct cli *c, struct arena *arena, struct ansa_value **values,
                         size_t *count);

/**
 * Who may change what is created: without an HS_ADMIN among @values, which have room for one more,
 * one for --admin, else for --as. Without it nobody could ever change the identifier again.
 * False after a message.
 */
bool values_add_admin(const struct cli *c, struct arena *arena, struct ansa_value *values,
                      size_t *count);

#endif
