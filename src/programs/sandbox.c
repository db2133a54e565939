/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

static enum ansa_err fail(struct sandbox_problem *p, const char *what)
{
        (void)snprintf(p->text, sizeof(p->text), "%s: %s", what, strerror(errno));
        return ANSA_E_DENIED;
}

static bool drop_capabilities(void)
{
        for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
                if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 && errno != EPERM)
                        return false;
        }
        struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
        return syscall(SYS_capset, &head, none) == 0;
}

enum ansa_err sandbox_become(uid_t uid, gid_t gid, struct sandbox_problem *problem)
{
        *problem = (struct sandbox_problem){ 0 };
        if (geteuid() == 0 && uid != 0) {
                if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
                    setresuid(uid, uid, uid) != 0)
                        return fail(problem, "becoming another user");
                if (setresuid(0, 0, 0) == 0) {
                        errno = EPERM;
                        return fail(problem, "root could be had back");
                }
        } else if (geteuid() == 0 && !drop_capabilities()) {
                return fail(problem, "giving up capabilities");
        }
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
                return fail(problem, "no_new_privs");
        return ANSA_OK;
}

/* The C library has no functions for these. */
static int landlock_make(const struct landlock_ruleset_attr *attr, size_t size, uint32_t flags)
{
        return (int)syscall(SYS_landlock_create_ruleset, attr, size, flags);
}

/* All rights over files that the kernel knows to forbid, by the version of Landlock. */
static uint64_t all_rights(int version)
{
        uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* the first 13 */
        if (version >= 2)
                rights |= LANDLOCK_ACCESS_FS_REFER;
        if (version >= 3)
                rights |= 1ull << 14; /* truncate; newer than some headers */
        return rights;
}

/* Files only under @home; NULL: none. *has tells whether the kernel could. */
static enum ansa_err forbid_files(const char *home, bool *has, struct sandbox_problem *problem)
{
        *has = false;
        int version = landlock_make(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
        if (version < 1)
                return ANSA_OK; /* an older kernel, or switched off */
        struct landlock_ruleset_attr attr = { .handled_access_fs = all_rights(version) };
        int rules = landlock_make(&attr, sizeof(attr), 0);
        if (rules < 0)
                return fail(problem, "landlock");
        int dir = -1;
        bool ok = true;
        if (home != NULL) {
                dir = open(home, O_PATH | O_DIRECTORY | O_CLOEXEC);
                struct landlock_path_beneath_attr beneath = {
                        .allowed_access = attr.handled_access_fs & ~(LANDLOCK_ACCESS_FS_EXECUTE |
                                                                     LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                                                     LANDLOCK_ACCESS_FS_MAKE_BLOCK),
                        .parent_fd = dir,
                };
                ok = dir >= 0 && syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
                                         &beneath, 0) == 0;
        }
        ok = ok && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
        enum ansa_err err = ok ? ANSA_OK : fail(problem, "landlock");
        if (dir >= 0)
                (void)close(dir);
        (void)close(rules);
        *has = ok;
        return err;
}

/* What both processes need: memory, time, locks, ending. */
static const int common_calls[] = {
        SCMP_SYS(read),           SCMP_SYS(write),        SCMP_SYS(recvfrom),
        SCMP_SYS(sendto),         SCMP_SYS(poll),         SCMP_SYS(ppoll),
        SCMP_SYS(close),          SCMP_SYS(brk),          SCMP_SYS(mmap),
        SCMP_SYS(munmap),         SCMP_SYS(mremap),       SCMP_SYS(mprotect),
        SCMP_SYS(madvise),        SCMP_SYS(futex),        SCMP_SYS(getrandom),
        SCMP_SYS(clock_gettime),  SCMP_SYS(gettimeofday), SCMP_SYS(getpid),
        SCMP_SYS(gettid),         SCMP_SYS(tgkill),       SCMP_SYS(rt_sigaction),
        SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
        SCMP_SYS(exit),           SCMP_SYS(exit_group),
};

/* What the server needs besides: threads, the network, the files of the store. */
static const int server_calls[] = {
        /* threads and signals */
        SCMP_SYS(clone3),
        SCMP_SYS(clone),
        SCMP_SYS(set_robust_list),
        SCMP_SYS(rseq),
        SCMP_SYS(rt_sigtimedwait),
        SCMP_SYS(sigaltstack),
        SCMP_SYS(sched_yield),
        SCMP_SYS(sched_getaffinity),
        SCMP_SYS(nanosleep),
        SCMP_SYS(clock_nanosleep),
        SCMP_SYS(wait4),
        SCMP_SYS(uname),
        SCMP_SYS(sysinfo),
        SCMP_SYS(prlimit64),
        SCMP_SYS(getuid),
        SCMP_SYS(geteuid),
        SCMP_SYS(getgid),
        SCMP_SYS(getegid),
        SCMP_SYS(membarrier),
        SCMP_SYS(prctl),
        /* network */
        SCMP_SYS(accept4),
        SCMP_SYS(recvmsg),
        SCMP_SYS(recvmmsg),
        SCMP_SYS(sendmsg),
        SCMP_SYS(sendmmsg),
        SCMP_SYS(shutdown),
        SCMP_SYS(getsockopt),
        SCMP_SYS(setsockopt),
        SCMP_SYS(getsockname),
        SCMP_SYS(getpeername),
        SCMP_SYS(socket),
        SCMP_SYS(connect),
        SCMP_SYS(bind),
        SCMP_SYS(epoll_create1),
        SCMP_SYS(epoll_ctl),
        SCMP_SYS(epoll_wait),
        SCMP_SYS(epoll_pwait),
        SCMP_SYS(eventfd2),
        SCMP_SYS(readv),
        SCMP_SYS(writev),
        /* files */
        SCMP_SYS(openat),
        SCMP_SYS(open),
        SCMP_SYS(fstat),
        SCMP_SYS(newfstatat),
        SCMP_SYS(stat),
        SCMP_SYS(lstat),
        SCMP_SYS(statx),
        SCMP_SYS(fstatfs),
        SCMP_SYS(statfs),
        SCMP_SYS(lseek),
        SCMP_SYS(pread64),
        SCMP_SYS(pwrite64),
        SCMP_SYS(preadv),
        SCMP_SYS(pwritev),
        SCMP_SYS(ftruncate),
        SCMP_SYS(fallocate),
        SCMP_SYS(fsync),
        SCMP_SYS(fdatasync),
        SCMP_SYS(msync),
        SCMP_SYS(fcntl),
        SCMP_SYS(flock),
        SCMP_SYS(rename),
        SCMP_SYS(renameat2),
        SCMP_SYS(unlink),
        SCMP_SYS(unlinkat),
        SCMP_SYS(mkdir),
        SCMP_SYS(mkdirat),
        SCMP_SYS(getdents64),
        SCMP_SYS(getcwd),
        SCMP_SYS(readlink),
        SCMP_SYS(access),
        SCMP_SYS(faccessat2),
        SCMP_SYS(fchmod),
        SCMP_SYS(mincore),
        SCMP_SYS(mlock),
};

static bool allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                /* a call that this machine has not got needs no leave */
                int rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
                if (rc != 0 && rc != -EDOM && rc != -EINVAL)
                        return false;
        }
        return true;
}

/* What is not allowed is answered with ENOSYS, or ends the process when only an intruder asks. */
static bool forbid_calls(const int *more, size_t more_count)
{
        static const int fatal[] = { SCMP_SYS(execve),
                                     SCMP_SYS(execveat),
                                     SCMP_SYS(ptrace),
                                     SCMP_SYS(process_vm_writev),
                                     SCMP_SYS(process_vm_readv),
                                     SCMP_SYS(init_module),
                                     SCMP_SYS(finit_module),
                                     SCMP_SYS(kexec_load),
                                     SCMP_SYS(mount),
                                     SCMP_SYS(bpf) };
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
        if (filter == NULL)
                return false;
        bool ok = allow(filter, common_calls, sizeof(common_calls) / sizeof(common_calls[0])) &&
                  allow(filter, more, more_count);
        for (size_t i = 0; ok && i < sizeof(fatal) / sizeof(fatal[0]); i++)
                ok = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, fatal[i], 0) == 0;
        ok = ok && seccomp_load(filter) == 0;
        seccomp_release(filter);
        return ok;
}

enum ansa_err sandbox_server(const char *home, struct sandbox_state *state,
                             struct sandbox_problem *problem)
{
        *state = (struct sandbox_state){ 0 };
        *problem = (struct sandbox_problem){ 0 };
        if (IS_SANITIZED)
                return ANSA_OK;
        enum ansa_err err = forbid_files(home, &state->has_landlock, problem);
        if (err == ANSA_OK)
                state->has_seccomp =
                        forbid_calls(server_calls, sizeof(server_calls) / sizeof(server_calls[0]));
        return err;
}

enum ansa_err sandbox_key_process(struct sandbox_problem *problem)
{
        *problem = (struct sandbox_problem){ 0 };
        if (IS_SANITIZED)
                return ANSA_OK;
        bool has;
        enum ansa_err err = forbid_files(NULL, &has, problem);
        if (err == ANSA_OK)
                (void)forbid_calls(NULL, 0); /* a kernel without it has no key process less */
        return err;
}
