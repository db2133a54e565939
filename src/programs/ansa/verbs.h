/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_ANSA_VERBS_H
#define ANSA_PROGRAMS_ANSA_VERBS_H

#include "programs/ansa/cli.h"

/** What each verb does; the table that names them is verbs.c. */
enum exit_status verb_init(struct cli *c);
enum exit_status verb_resolve(struct cli *c);
enum exit_status verb_verify(struct cli *c);
enum exit_status verb_create(struct cli *c);
enum exit_status verb_put(struct cli *c);
enum exit_status verb_add(struct cli *c);
enum exit_status verb_modify(struct cli *c);
enum exit_status verb_remove(struct cli *c);
enum exit_status verb_delete(struct cli *c);
enum exit_status verb_list(struct cli *c);
enum exit_status verb_site(struct cli *c);
enum exit_status verb_home(struct cli *c);
enum exit_status verb_unhome(struct cli *c);
enum exit_status verb_import(struct cli *c);
enum exit_status verb_export(struct cli *c);
enum exit_status verb_keygen(struct cli *c);
enum exit_status verb_key(struct cli *c);
enum exit_status verb_status(struct cli *c);
enum exit_status verb_backup(struct cli *c);
enum exit_status verb_restore(struct cli *c);
enum exit_status verb_completion(struct cli *c);

#endif
