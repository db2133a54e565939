/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_VERBS_H
#define ANSA_PROGRAMS_ANSA_VERBS_H

#include "programs/ansa/cli.h"

/** What each verb does; the table that names them is verbs.c. */
enum exit_status verb_init(struct cli *c);
enum exit_status verb_import(struct cli *c);
enum exit_status verb_export(struct cli *c);
enum exit_status verb_backup(struct cli *c);
enum exit_status verb_restore(struct cli *c);
enum exit_status verb_keygen(struct cli *c);
enum exit_status verb_key(struct cli *c);

#endif
