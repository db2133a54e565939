/* SPDX-License-Identifier: Apache-2.0 */
/* The small modules: errors, assertions, the hash of tables, the system's env. */
#include "../support.h"

#include "base/assert.h"
#include "base/env.h"
#include "base/hash.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void every_error_has_text_and_class(void **state)
{
        (void)state;
        assert_string_equal(ansa_err_text(ANSA_OK), "ok");
        assert_int_equal(ansa_err_class(ANSA_OK), ANSA_CLASS_NONE);
        for (unsigned i = 1; i < ANSA_ERR_COUNT; i++) {
                assert_true(strlen(ansa_err_text((enum ansa_err)i)) > 3);
                assert_int_not_equal(ansa_err_class((enum ansa_err)i), ANSA_CLASS_NONE);
        }
        assert_int_equal(ansa_err_class(ANSA_E_TRUNCATED), ANSA_CLASS_REQUEST);
        assert_int_equal(ansa_err_class(ANSA_E_BUSY), ANSA_CLASS_RETRY);
        assert_int_equal(ansa_err_class(ANSA_E_CORRUPT), ANSA_CLASS_LOCAL);
        assert_string_equal(ansa_err_text(ANSA_ERR_COUNT), "unknown error");
        assert_int_equal(ansa_err_class(ANSA_ERR_COUNT), ANSA_CLASS_LOCAL);
}

static void a_broken_invariant_stops_the_process(void **state)
{
        (void)state;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                (void)signal(SIGABRT, SIG_DFL); /* the test library catches it */
                if (freopen("/dev/null", "w", stderr) == NULL)
                        _exit(1);
                ansa_assert(child != 0);
                _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* Octets 0, 1, 2 ... under a key of zeros, computed by another implementation (CPython 3.11). */
static const struct hash_case {
        size_t size;
        uint64_t want;
} hash_cases[] = {
        { 1, 0x68a914128e01e473 },  { 7, 0x2f098ab0c751325a },  { 8, 0xead411e67ebe2eea },
        { 9, 0x75927f9d95124362 },  { 15, 0xf30eb725bb91c9ea }, { 16, 0x8972188433a5c5b7 },
        { 63, 0x385d3e39e5f37359 },
};

static void hashes_as_siphash_1_3(void **state)
{
        (void)state;
        const struct hash_key zero = { 0 };
        const struct hash_key other = { 1, 0 };
        uint8_t in[64];
        for (size_t i = 0; i < sizeof(in); i++)
                in[i] = (uint8_t)i;
        for (size_t i = 0; i < COUNT_OF(hash_cases); i++) {
                struct ansa_bytes bytes = { in, hash_cases[i].size };
                assert_true(hash_bytes(&zero, bytes) == hash_cases[i].want);
                assert_true(hash_bytes(&other, bytes) != hash_cases[i].want);
        }
        (void)hash_bytes(&zero, (struct ansa_bytes){ 0 });
}

static void the_system_has_time_and_randomness(void **state)
{
        (void)state;
        struct env *env = env_system();
        uint32_t before = (uint32_t)time(NULL);
        uint32_t wall = env->wall_s(env);
        assert_true(wall >= before && wall - before < 60);
        uint64_t steady = env->steady_ms(env);
        assert_true(env->steady_ms(env) >= steady);
        uint8_t a[32] = { 0 };
        uint8_t b[32] = { 0 };
        env->random(env, a, sizeof(a));
        env->random(env, b, sizeof(b));
        assert_memory_not_equal(a, b, sizeof(a));
        env->random(env, NULL, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_error_has_text_and_class),
                cmocka_unit_test(a_broken_invariant_stops_the_process),
                cmocka_unit_test(hashes_as_siphash_1_3),
                cmocka_unit_test(the_system_has_time_and_randomness),
        };
        return cmocka_run_group_tests_name("base/base", tests, NULL, NULL);
}
