/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSA_PROGRAMS_SANDBOX_H
#define ANSA_PROGRAMS_SANDBOX_H

#include "ansa/err.h"

#include <sys/types.h>

/**
 * Giving up what a process does not need. Each step is final. In builds with sanitizers
 * Landlock and seccomp are left out: the sanitizers need what these forbid.
 */
struct sandbox_problem {
        char text[160];
};

/**
 * When root: become @uid and @gid with no further groups; when @uid is root too, stay root
 * but give up every capability. No way back: no_new_privs is set. Other users stay who
 * they are.
 */
ANSA_CHECKED enum ansa_err sandbox_become(uid_t uid, gid_t gid, struct sandbox_problem *problem);

/** What of it the kernel has; what it has not is no error. */
struct sandbox_state {
        bool has_landlock;
        bool has_seccomp;
};

/** For the server: files only under @home, and the system calls that it makes. */
ANSA_CHECKED enum ansa_err sandbox_server(const char *home, struct sandbox_state *state,
                                          struct sandbox_problem *problem);

/** For the key process: no files at all, and to read, write, compute and end. */
ANSA_CHECKED enum ansa_err sandbox_key_process(struct sandbox_problem *problem);

#endif
