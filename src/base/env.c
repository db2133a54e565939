/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"

#include "base/assert.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

static uint32_t system_wall_s(struct env *env)
{
        (void)env;
        struct timespec now;
        ansa_assert(clock_gettime(CLOCK_REALTIME, &now) == 0);
        return (uint32_t)now.tv_sec;
}

static uint64_t system_steady_ms(struct env *env)
{
        (void)env;
        struct timespec now;
        ansa_assert(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
        return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void system_random(struct env *env, uint8_t *at, size_t size)
{
        (void)env;
        while (size > 0) {
                ssize_t n = getrandom(at, size, 0);
                if (n < 0) {
                        ansa_assert(errno == EINTR);
                        continue;
                }
                at += n;
                size -= (size_t)n;
        }
}

struct env *env_system(void)
{
        static struct env env = { system_wall_s, system_steady_ms, system_random };
        return &env;
}
