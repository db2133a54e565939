/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs: good ones are accepted, and nothing else is, whatever bit or part of them is changed. */
#include "../support.h"
#include "proof_world.h"

#include "wire/bundle.h"

#include <stdio.h>

#define T 1799999000u /* of the state, if nothing else is said */

static struct ansa_policy policy;
static char policy_text[4096];

static void use_policy(const char *more)
{
        struct ansa_policy_problem problem;
        struct buf b = buf_over((uint8_t *)policy_text, sizeof(policy_text));
        world_put_policy(&b);
        buf_text(&b, more);
        enum ansa_err err =
                ansa_policy_parse(&policy, buf_written(&b), ansa_proof_openssl(), &problem);
        if (err != ANSA_OK)
                fail_msg("policy, line %u: %s", problem.line, problem.text);
}

static enum ansa_err check_as(struct ansa_bytes bundle, const char *name, uint64_t now_s,
                              struct ansa_proof *proof)
{
        static uint8_t room[65536];
        const struct ansa_proof_input input = { .bundle = bundle,
                                                .name = ansa_bytes_text(name),
                                                .policy = &policy,
                                                .crypto = ansa_proof_openssl(),
                                                .now_s = now_s,
                                                .room = room,
                                                .room_size = sizeof(room) };
        return ansa_proof_check(&input, proof);
}

static enum ansa_err check(struct ansa_bytes bundle, struct ansa_proof *proof)
{
        return check_as(bundle, "", WORLD_NOW, proof);
}

#define ALL 0x7u, T + 10

static const struct {
        const char *name;
        struct world_bundle bundle;
} good[] = {
        { "the only identifier", { "20.500/A", false, 0, 1, 1, 1, 0, T, ALL, WORLD_HONEST } },
        { "among many", { "20.500/A", false, 1000, 3, 3, 7, 0x989680, T, ALL, WORLD_HONEST } },
        { "one of three values", { "20.500/A", false, 50, 3, 3, 2, 5, T, ALL, WORLD_HONEST } },
        { "two of eleven", { "20.500/A", false, 50, 11, 9, 0x102, 5, T, ALL, WORLD_HONEST } },
        { "the last of 64", { "20.500/A", false, 9, 64, 64, 1ull << 63, 4, T, ALL, WORLD_HONEST } },
        { "all of 64", { "20.500/A", false, 9, 64, 60, UINT64_MAX, 4, T, ALL, WORLD_HONEST } },
        { "no value shown", { "20.500/A", false, 9, 5, 4, 0, 4, T, ALL, WORLD_HONEST } },
        { "a private value shown", { "20.500/A", false, 9, 5, 4, 16, 4, T, ALL, WORLD_HONEST } },
        { "a record without values", { "20.500/A", false, 9, 0, 0, 0, 4, T, ALL, WORLD_HONEST } },
        { "a record of private values",
          { "20.500/A", false, 9, 2, 0, 0, 4, T, ALL, WORLD_HONEST } },
        { "absent", { "20.500/A", true, 1000, 0, 0, 0, 77, T, ALL, WORLD_HONEST } },
        { "absent, one other", { "20.500/A", true, 1, 0, 0, 0, 2, T, ALL, WORLD_HONEST } },
        { "absent, empty dictionary", { "20.500/A", true, 0, 0, 0, 0, 2, T, ALL, WORLD_HONEST } },
        { "the largest log",
          { "20.500/A", false, 9, 2, 2, 3, UINT64_MAX - 1, T, ALL, WORLD_HONEST } },
        { "of a prefix", { "0.NA/20.500", false, 9, 2, 2, 3, 1, T, ALL, WORLD_HONEST } },
};

static void check_told(const char *name, const struct world_bundle *what, struct ansa_proof *p)
{
        uint32_t position;
        struct ansa_value v;
        assert_int_equal(p->step, ANSA_PROOF_DONE);
        assert_int_equal(p->is_record, !what->is_absent);
        assert_bytes(name, p->name, ansa_bytes_text(what->name));
        assert_int_equal(p->log, 0);
        assert_true(p->log_size == what->number + 1);
        assert_int_equal(p->time_s, what->time_s);
        assert_int_equal(p->witnesses, what->witnesses);
        assert_int_equal(p->witness_time_s[2], what->witness_time_s);
        assert_int_equal(p->newest_s, what->witness_time_s);
        assert_int_equal(p->value_count, what->values);
        uint64_t publics = what->public_values == 0 ? 0 : UINT64_MAX >> (64 - what->public_values);
        assert_int_equal(p->has_all_public, !what->is_absent && (what->shown & publics) == publics);
        uint64_t seen = 0;
        for (uint32_t i = 0; i < p->shown_count; i++) {
                char data[16];
                assert_true(ansa_proof_next(p, &position, &v));
                (void)snprintf(data, sizeof(data), "value %u", position);
                assert_int_equal(v.index, position + 1);
                assert_bytes(name, v.data, ansa_bytes_text(data));
                seen |= 1ull << position;
        }
        assert_false(ansa_proof_next(p, &position, &v));
        assert_true(seen == what->shown);
}

static void good_ones(void **state)
{
        (void)state;
        use_policy("group all all w0 w1 w2\nquorum all\nmax-age 1000\n");
        struct buf b = buf_growing(65536);
        for (size_t i = 0; i < COUNT_OF(good); i++) {
                for (unsigned text = 0; text < 2; text++) {
                        struct ansa_proof p;
                        buf_reset(&b);
                        if (text != 0)
                                world_make_text(&good[i].bundle, &b);
                        else
                                world_make(&good[i].bundle, &b);
                        uint8_t *copy = heap_copy(buf_written(&b), b.size);
                        enum ansa_err err = check((struct ansa_bytes){ copy, b.size }, &p);
                        if (err != ANSA_OK)
                                fail_msg("%s: the proof %s", good[i].name,
                                         ansa_proof_step_text(p.step));
                        check_told(good[i].name, &good[i].bundle, &p);
                        free(copy);
                }
        }
        buf_fini(&b);
}

/* ---- Nothing else is accepted --------------------------------------------------------------- */

static void refused(const char *what, struct ansa_bytes octets, size_t at)
{
        static const struct ansa_proof nothing;
        struct ansa_proof p;
        memset(&p, 0xff, sizeof(p));
        if (check_as(octets, "20.500/A", WORLD_NOW, &p) == ANSA_OK)
                fail_msg("%s, changed at %zu, is accepted", what, at);
        if (p.step == ANSA_PROOF_DONE || p.step > ANSA_PROOF_AGE)
                fail_msg("%s, changed at %zu: no step failed", what, at);
        p.step = nothing.step;
        assert_memory_equal(&p, &nothing, sizeof(p));
}

/* Every bit, every beginning, an octet more at every place of some, an octet at the end. */
static void spoil(const char *what, struct ansa_bytes octets)
{
        struct ansa_proof p;
        uint8_t *copy = malloc(octets.size + 1);
        assert_non_null(copy);
        memcpy(copy, octets.at, octets.size);
        struct ansa_bytes all = { copy, octets.size };
        assert_int_equal(check(all, &p), ANSA_OK); /* as it is, it holds */
        for (size_t i = 0; i < 8 * octets.size; i++) {
                copy[i / 8] ^= (uint8_t)(1u << i % 8);
                refused(what, all, i / 8);
                copy[i / 8] ^= (uint8_t)(1u << i % 8);
        }
        copy[octets.size] = copy[octets.size - 1];
        refused(what, (struct ansa_bytes){ copy, octets.size + 1 }, octets.size);
        free(copy);
        for (size_t cut = 0; cut < octets.size; cut++) {
                copy = heap_copy(octets, cut);
                refused(what, (struct ansa_bytes){ copy, cut }, cut);
                free(copy);
        }
}

static void every_bit(void **state)
{
        (void)state;
        static const size_t which[] = { 2, 11 }; /* one of three values, absent */
        use_policy("group all all w0 w1 w2\nquorum all\n");
        struct buf b = buf_growing(65536);
        for (size_t i = 0; i < COUNT_OF(which); i++) {
                buf_reset(&b);
                world_make(&good[which[i]].bundle, &b);
                spoil(good[which[i]].name, buf_written(&b));
                buf_reset(&b);
                world_make_text(&good[which[i]].bundle, &b);
                spoil(good[which[i]].name, buf_written(&b));
        }
        buf_fini(&b);
}

/* ---- Lies ----------------------------------------------------------------------------------- */

static const struct {
        const char *name;
        enum world_lie lie;
        enum ansa_proof_step step; /* that fails in the binary form */
} lies[] = {
        { "salts swapped", WORLD_SALTS_SWAPPED, ANSA_PROOF_SIGNATURE },
        { "values swapped", WORLD_VALUES_SWAPPED, ANSA_PROOF_SIGNATURE },
        { "wrong position", WORLD_POSITION_WRONG, ANSA_PROOF_SIGNATURE },
        { "a public value hidden", WORLD_PUBLIC_HIDDEN, ANSA_PROOF_SIGNATURE },
        { "a value cut off", WORLD_VALUE_CUT, ANSA_PROOF_SIGNATURE },
        { "another identifier's opening", WORLD_OTHERS_OPENING, ANSA_PROOF_SIGNATURE },
        { "another identifier's path", WORLD_OTHERS_PATH, ANSA_PROOF_SIGNATURE },
        { "another name on it", WORLD_OTHER_NAME, ANSA_PROOF_SIGNATURE },
        { "another state", WORLD_OTHER_STATE, ANSA_PROOF_SIGNATURE },
        { "another time", WORLD_OTHER_TIME, ANSA_PROOF_SIGNATURE },
        { "another number", WORLD_OTHER_NUMBER, ANSA_PROOF_SIGNATURE },
        { "another key", WORLD_OTHER_KEY, ANSA_PROOF_SIGNATURE },
        { "a witness signs for the log", WORLD_WITNESS_AS_LOG, ANSA_PROOF_SIGNATURE },
        { "another checkpoint cosigned", WORLD_COSIGNED_OTHER, ANSA_PROOF_WITNESSES },
};

static void lies_are_refused(void **state)
{
        (void)state;
        use_policy("quorum w0\n");
        struct buf b = buf_growing(65536);
        for (size_t i = 0; i < COUNT_OF(lies); i++) {
                struct ansa_proof p;
                struct world_bundle what = { "20.500/A", false, 50, 7,   3,
                                             0x23,       5,     T,  ALL, lies[i].lie };
                buf_reset(&b);
                world_make(&what, &b);
                assert_err(lies[i].name, check(buf_written(&b), &p), ANSA_E_UNAUTHENTIC);
                if (p.step != lies[i].step)
                        fail_msg("%s: the proof %s", lies[i].name, ansa_proof_step_text(p.step));
                /* The text tells the log's root: what is shown does not lead there. */
                bool signs_only = lies[i].lie >= WORLD_OTHER_KEY;
                if (lies[i].lie == WORLD_OTHER_NUMBER || lies[i].lie == WORLD_OTHER_STATE)
                        continue;
                buf_reset(&b);
                world_make_text(&what, &b);
                assert_err(lies[i].name, check(buf_written(&b), &p), ANSA_E_UNAUTHENTIC);
                if (p.step != (signs_only ? lies[i].step : ANSA_PROOF_LOG))
                        fail_msg("%s: the proof %s", lies[i].name, ansa_proof_step_text(p.step));
        }
        buf_fini(&b);
}

/* A record is there, and a server says that it is not, ending at the leaf beside it. */
static void hidden_records(void **state)
{
        (void)state;
        use_policy("quorum w0\n");
        struct buf b = buf_growing(65536);
        struct ansa_proof p;
        struct world_bundle what = { "20.500/A", true, 50, 1,   1,
                                     0,          5,    T,  ALL, WORLD_ABSENT_THOUGH_IT_IS };
        world_make(&what, &b);
        assert_int_equal(check(buf_written(&b), &p), ANSA_E_UNAUTHENTIC);
        assert_true(p.step == ANSA_PROOF_DICTIONARY || p.step == ANSA_PROOF_SIGNATURE);
        /* A path that ends otherwise than the subject wants. */
        what.lie = WORLD_HONEST;
        what.is_absent = false;
        buf_reset(&b);
        world_make(&what, &b);
        b.at[5] = 0;
        assert_int_not_equal(check(buf_written(&b), &p), ANSA_OK);
        buf_fini(&b);
}

static void identifiers(void **state)
{
        (void)state;
        static const struct {
                const char *name, *proven, *asked, *policy;
                enum ansa_err want;
        } rows[] = {
                { "the same", "20.500/A", "20.500/A", "", ANSA_OK },
                { "any", "20.500/A", "", "", ANSA_OK },
                { "folded", "20.500/A", "20.500/a", "", ANSA_OK },
                { "another", "20.500/A", "20.500/B", "", ANSA_E_ARGUMENT },
                { "a longer one", "20.500/A", "20.500/AB", "", ANSA_E_ARGUMENT },
                { "a prefix by its short name", "0.NA/20.500", "20.500", "", ANSA_OK },
                { "not folded", "20.500/a", "20.500/a", "", ANSA_E_ARGUMENT },
                { "not folded, any", "20.500/a", "", "", ANSA_E_ARGUMENT },
                { "no identifier", "20.500", "", "", ANSA_E_ARGUMENT },
                { "a control character", "20.500/\t", "", "", ANSA_E_ARGUMENT },
                { "case-sensitive", "20.500/a", "20.500/a", "case-sensitive " WORLD_ORIGIN "\n",
                  ANSA_OK },
                { "case-sensitive, another", "20.500/a", "20.500/A",
                  "case-sensitive " WORLD_ORIGIN "\n", ANSA_E_ARGUMENT },
        };
        struct buf b = buf_growing(65536);
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                char more[64];
                struct ansa_proof p;
                const struct world_bundle what = { rows[i].proven, false, 5, 1, 1, 1, 5, T, ALL,
                                                   WORLD_HONEST };
                (void)snprintf(more, sizeof(more), "%squorum none\n", rows[i].policy);
                use_policy(more);
                buf_reset(&b);
                world_make(&what, &b);
                assert_err(rows[i].name, check_as(buf_written(&b), rows[i].asked, 0, &p),
                           rows[i].want);
                assert_int_equal(p.step,
                                 rows[i].want == ANSA_OK ? ANSA_PROOF_DONE : ANSA_PROOF_IDENTIFIER);
        }
        buf_fini(&b);
}

static void unknown_logs(void **state)
{
        (void)state;
        struct ansa_policy_problem problem;
        struct ansa_proof p;
        struct buf b = buf_growing(65536);
        world_make(&good[1].bundle, &b);
        assert_int_equal(ansa_policy_parse(&policy, ANSA_BYTES_LIT("quorum none\n"),
                                           ansa_proof_openssl(), &problem),
                         ANSA_OK);
        assert_int_equal(check(buf_written(&b), &p), ANSA_E_NOT_FOUND);
        assert_int_equal(p.step, ANSA_PROOF_LOG_KNOWN);
        buf_fini(&b);
}

static void quorums_and_ages(void **state)
{
        (void)state;
        static const struct {
                const char *name, *policy;
                uint32_t witnesses;
                uint64_t time_s, witness_time_s, now_s;
                enum ansa_proof_step step;
        } rows[] = {
                { "none wanted", "quorum none\n", 0, T, 0, 0, ANSA_PROOF_DONE },
                { "none wanted, some there", "quorum none\n", 7, T, T, 0, ANSA_PROOF_DONE },
                { "one wanted", "quorum w1\n", 2, T, T, 0, ANSA_PROOF_DONE },
                { "one wanted, another there", "quorum w1\n", 5, T, T, 0, ANSA_PROOF_WITNESSES },
                { "two of three", "group g 2 w0 w1 w2\nquorum g\n", 6, T, T, 0, ANSA_PROOF_DONE },
                { "two of three, one there", "group g 2 w0 w1 w2\nquorum g\n", 4, T, T, 0,
                  ANSA_PROOF_WITNESSES },
                { "groups of groups", "group a any w0 w1\ngroup b all a w2\nquorum b\n", 6, T, T, 0,
                  ANSA_PROOF_DONE },
                { "groups of groups, half", "group a any w0 w1\ngroup b all a w2\nquorum b\n", 3, T,
                  T, 0, ANSA_PROOF_WITNESSES },
                { "young enough", "quorum none\nmax-age 60\n", 0, T, 0, T + 60, ANSA_PROOF_DONE },
                { "a second too old", "quorum none\nmax-age 60\n", 0, T, 0, T + 61,
                  ANSA_PROOF_AGE },
                { "no clock", "quorum none\nmax-age 60\n", 0, T, 0, 0, ANSA_PROOF_AGE },
                { "old, but cosigned", "quorum none\nmax-age 60\n", 1, T - 999, T, T + 60,
                  ANSA_PROOF_DONE },
                { "young, but cosigned long ago", "quorum w0\nmax-age 60\n", 1, T + 99, T, T + 99,
                  ANSA_PROOF_AGE },
                { "cosigned in time", "quorum w0\nmax-age 60\n", 1, T - 999, T, T + 60,
                  ANSA_PROOF_DONE },
                { "a clock that goes slow", "quorum none\n", 0, T, 0, T - 600, ANSA_PROOF_DONE },
                { "from the time to come", "quorum none\n", 0, T, 0, T - 601, ANSA_PROOF_AGE },
                { "cosigned in the time to come", "quorum w0\n", 1, T, T + 700, T, ANSA_PROOF_AGE },
        };
        struct buf b = buf_growing(65536);
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_proof p;
                const struct world_bundle what = { "20.500/A",
                                                   false,
                                                   5,
                                                   1,
                                                   1,
                                                   1,
                                                   5,
                                                   rows[i].time_s,
                                                   rows[i].witnesses,
                                                   rows[i].witness_time_s,
                                                   WORLD_HONEST };
                use_policy(rows[i].policy);
                buf_reset(&b);
                world_make(&what, &b);
                enum ansa_err err = check_as(buf_written(&b), "", rows[i].now_s, &p);
                if (p.step != rows[i].step || (err == ANSA_OK) != (p.step == ANSA_PROOF_DONE))
                        fail_msg("%s: the proof %s", rows[i].name, ansa_proof_step_text(p.step));
        }
        buf_fini(&b);
}

/* What others than those of the policy sign is passed over, whatever it is. */
static void unknown_signatures(void **state)
{
        (void)state;
        static uint8_t octets[NOTE_SIGNATURE_SIZE_MAX];
        struct buf b = buf_growing(65536);
        struct ansa_proof p;
        world_make(&good[1].bundle, &b);
        struct bundle bundle;
        assert_int_equal(bundle_decode(buf_written(&b), &bundle), ANSA_OK);
        /* count them one more, and append a large one */
        size_t count_at = (size_t)(bundle.signatures.at - b.at) - 1;
        b.at[count_at]++;
        buf_u8(&b, 1);
        buf_u8(&b, 'x');
        buf_u16(&b, 4 + NOTE_SIGNATURE_SIZE_MAX);
        buf_u32(&b, 7);
        buf_bytes(&b, (struct ansa_bytes){ octets, sizeof(octets) });
        use_policy("group g all w0 w1 w2\nquorum g\n");
        assert_int_equal(check(buf_written(&b), &p), ANSA_OK);
        assert_int_equal(p.witnesses, 7);
        /* by the log's name, but with another key id: it is not the log's */
        bool is_done = false;
        for (size_t i = count_at + 1; i < b.size - 8000 && !is_done; i++) {
                is_done = b.at[i] == 0 && b.at[i + 1] == 0 && b.at[i + 2] == 68;
                if (is_done)
                        b.at[i + 3] ^= 1;
        }
        assert_true(is_done);
        assert_int_equal(check(buf_written(&b), &p), ANSA_E_UNAUTHENTIC);
        assert_int_equal(p.step, ANSA_PROOF_SIGNATURE);
        buf_fini(&b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_ones),        cmocka_unit_test(every_bit),
                cmocka_unit_test(lies_are_refused), cmocka_unit_test(hidden_records),
                cmocka_unit_test(identifiers),      cmocka_unit_test(unknown_logs),
                cmocka_unit_test(quorums_and_ages), cmocka_unit_test(unknown_signatures),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
