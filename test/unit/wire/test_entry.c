/* SPDX-License-Identifier: Apache-2.0 */
#include "../support.h"

#include "wire/entry.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define KEY   "1111111111111111111111111111111111111111111111111111111111111111"
#define TO    "2222222222222222222222222222222222222222222222222222222222222222"
#define FROM  "3333333333333333333333333333333333333333333333333333333333333333"
#define WHEN  "0000000000000102 0000000065f00001 "

/* docs/ledger.md, section 3: version, action, origin, 0, number, time, key, commitment, payload. */
static const struct {
        const char *name, *octets;
        enum ansa_err want;
} entries[] = {
        { "state", "01 00 00 00" WHEN ZEROS TO ZEROS, ANSA_OK },
        { "state of an empty dictionary", "01 00 00 00" WHEN ZEROS ZEROS ZEROS, ANSA_OK },
        { "state with a key", "01 00 00 00" WHEN KEY TO ZEROS, ANSA_E_MALFORMED },
        { "state with a payload", "01 00 00 00" WHEN ZEROS TO FROM, ANSA_E_MALFORMED },
        { "state by request", "01 00 01 00" WHEN ZEROS TO ZEROS, ANSA_E_MALFORMED },
        { "put", "01 01 01 00" WHEN KEY TO FROM, ANSA_OK },
        { "put without payload", "01 01 03 00" WHEN KEY TO ZEROS, ANSA_OK },
        { "put of nothing", "01 01 01 00" WHEN KEY ZEROS FROM, ANSA_E_MALFORMED },
        { "put under no key", "01 01 01 00" WHEN ZEROS TO FROM, ANSA_E_MALFORMED },
        { "delete", "01 02 01 00" WHEN KEY ZEROS FROM, ANSA_OK },
        { "delete with a commitment", "01 02 01 00" WHEN KEY TO FROM, ANSA_E_MALFORMED },
        { "home", "01 03 02 00" WHEN KEY TO ZEROS, ANSA_OK },
        { "home without commitment", "01 03 02 00" WHEN KEY ZEROS ZEROS, ANSA_E_MALFORMED },
        { "unhome", "01 04 02 00" WHEN KEY ZEROS ZEROS, ANSA_OK },
        { "unhome with a commitment", "01 04 02 00" WHEN KEY TO ZEROS, ANSA_E_MALFORMED },
        { "site", "01 05 00 00" WHEN KEY TO FROM, ANSA_OK },
        { "settings", "01 06 00 00" WHEN KEY TO FROM, ANSA_OK },
        { "erase", "01 07 01 00" WHEN KEY ZEROS FROM, ANSA_OK },
        { "erase with a commitment", "01 07 01 00" WHEN KEY TO FROM, ANSA_E_MALFORMED },
        { "break-glass", "01 08 05 00" WHEN KEY TO FROM, ANSA_OK },
        { "break-glass without payload", "01 08 05 00" WHEN KEY TO ZEROS, ANSA_E_MALFORMED },
        { "proposal", "01 09 01 00" WHEN KEY TO FROM, ANSA_OK },
        { "approval", "01 0a 01 00" WHEN KEY TO FROM, ANSA_OK },
        { "veto", "01 0b 01 00" WHEN KEY TO FROM, ANSA_OK },
        { "veto without payload", "01 0b 01 00" WHEN KEY TO ZEROS, ANSA_E_MALFORMED },
        { "the last origin", "01 01 05 00" WHEN KEY TO FROM, ANSA_OK },
        { "an origin more", "01 01 06 00" WHEN KEY TO FROM, ANSA_E_MALFORMED },
        { "an action more", "01 0c 01 00" WHEN KEY TO FROM, ANSA_E_MALFORMED },
        { "version 0", "00 01 01 00" WHEN KEY TO FROM, ANSA_E_MALFORMED },
        { "version 2", "02 01 01 00" WHEN KEY TO FROM, ANSA_E_MALFORMED },
        { "no zero", "01 01 01 01" WHEN KEY TO FROM, ANSA_E_MALFORMED },
        { "an octet more", "01 01 01 00" WHEN KEY TO FROM "00", ANSA_E_MALFORMED },
        { "the largest numbers", "01 01 01 00 ffffffffffffffff ffffffffffffffff" KEY TO FROM,
          ANSA_OK },
};

static void reads_and_writes(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(entries); i++) {
                struct sample s = sample_hex(entries[i].octets);
                struct entry e;
                uint8_t again[ENTRY_SIZE];
                uint8_t *copy = heap_copy(sample_bytes(&s), s.size);
                memset(&e, 0xff, sizeof(e));
                assert_err(entries[i].name, entry_decode((struct ansa_bytes){ copy, s.size }, &e),
                           entries[i].want);
                free(copy);
                if (entries[i].want != ANSA_OK) {
                        static const struct entry zero;
                        assert_memory_equal(&e, &zero, sizeof(e));
                        continue;
                }
                entry_encode(&e, again);
                assert_bytes(entries[i].name, (struct ansa_bytes){ again, sizeof(again) },
                             sample_bytes(&s));
        }
}

static void members(void **state)
{
        (void)state;
        struct sample s = sample_hex("01 01 02 00" WHEN KEY TO FROM);
        struct entry e;
        assert_int_equal(entry_decode(sample_bytes(&s), &e), ANSA_OK);
        assert_int_equal(e.action, ENTRY_PUT);
        assert_int_equal(e.origin, ORIGIN_IMPORT);
        assert_int_equal(e.number, 0x102);
        assert_int_equal(e.time_s, 0x65f00001);
        assert_int_equal(e.key.at[31], 0x11);
        assert_int_equal(e.commitment.at[0], 0x22);
        assert_int_equal(e.payload.at[31], 0x33);
        for (unsigned i = 0; i < ENTRY_ACTION_COUNT; i++)
                assert_true(entry_action_text((enum entry_action)i)[0] != '\0');
        for (unsigned i = 0; i < ENTRY_ORIGIN_COUNT; i++)
                assert_true(entry_origin_text((enum entry_origin)i)[0] != '\0');
}

static void truncated(void **state)
{
        (void)state;
        struct sample s = sample_hex("01 01 02 00" WHEN KEY TO FROM);
        for (size_t cut = 0; cut < s.size; cut++) {
                struct entry e;
                uint8_t *copy = heap_copy(sample_bytes(&s), cut);
                assert_int_equal(entry_decode((struct ansa_bytes){ copy, cut }, &e),
                                 ANSA_E_MALFORMED);
                free(copy);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_and_writes),
                cmocka_unit_test(members),
                cmocka_unit_test(truncated),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
