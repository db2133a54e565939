/* SPDX-License-Identifier: Apache-2.0 */
/* The credential and the octets that it covers: irp-wire 7. */
#include "../support.h"

#include "base/limits.h"
#include "wire/credential.h"

#define MAC_HEX "4b26ef54600c3c8163b6e521f82c588b744df4380f655fa1a75f8b337f6aba28"
#define EXAMPLE                                                   \
        "00 00 0000 00000000 00000001 00000006 'HS_MAC' 00000033" \
        "0000000b 'HMAC-SHA256' 00000020" MAC_HEX

static void decodes_the_example(void **state)
{
        (void)state;
        struct sample s = sample_hex(EXAMPLE);
        struct credential c;
        assert_int_equal(s.size, 0x4d);
        assert_err("example", credential_decode(sample_bytes(&s), &c), ANSA_OK);
        assert_int_equal(c.version, 0);
        assert_int_equal(c.options, 0);
        assert_int_equal(c.signer.size, 0);
        assert_int_equal(c.counter, 1);
        assert_bytes("type", c.type, ANSA_BYTES_LIT("HS_MAC"));
        assert_bytes("algorithm", c.algorithm, ANSA_BYTES_LIT("HMAC-SHA256"));
        struct sample mac = sample_hex(MAC_HEX);
        assert_bytes("MAC", c.signature, sample_bytes(&mac));
}

static const struct credential_case {
        const char *name;
        const char *hex;
        enum ansa_err want;
} cases[] = {
        { "the example", EXAMPLE, ANSA_OK },
        { "signer, options and version are kept",
          "01 00 8000 00000003 '1/2' ffffffff 00000000 00000008 00000000 00000000", ANSA_OK },
        { "algorithm of one octet",
          "00 00 0000 00000000 00000000 00000001 'x' 0000000a"
          "00000001 02 00000001 ff",
          ANSA_OK },
        { "nothing", "", ANSA_E_TRUNCATED },
        { "an octet behind it", EXAMPLE "00", ANSA_E_TRAILING },
        { "inner length too small",
          "00 00 0000 00000000 00000000 00000000 00000007"
          "00000000 00000000",
          ANSA_E_MALFORMED },
        { "inner length too great",
          "00 00 0000 00000000 00000000 00000000 00000009"
          "00000000 00000000",
          ANSA_E_MALFORMED },
        { "negative length", "00 00 0000 80000000 00000000 00000000 00000008 00000000 00000000",
          ANSA_E_LIMIT },
        { "signer over the limit", "00 00 0000 00000801 00000000", ANSA_E_LIMIT },
};

static void decodes_each_case(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const struct credential_case *t = &cases[i];
                struct sample s = sample_hex(t->hex);
                struct credential c;
                assert_err(t->name, credential_decode(sample_bytes(&s), &c), t->want);
                if (t->want != ANSA_OK) {
                        assert_true(c.counter == 0 && c.type.at == NULL && c.signature.at == NULL);
                        continue;
                }
                uint8_t room[128];
                struct buf b = buf_over(room, s.size);
                credential_encode(&c, &b);
                assert_bytes(t->name, buf_written(&b), sample_bytes(&s));
                for (size_t n = 0; n < s.size; n++) {
                        uint8_t *copy = heap_copy(sample_bytes(&s), n);
                        assert_err(t->name, credential_decode((struct ansa_bytes){ copy, n }, &c),
                                   ANSA_E_TRUNCATED);
                        free(copy);
                }
        }
}

static const struct prefix_case {
        const char *name;
        const char *first; /* four octets of the envelope */
        enum credential_form form;
        const char *want;
} prefix_cases[] = {
        { "2.11 MAC, the example", "020b020b", CREDENTIAL_MAC,
          "02 0b 02 0b 11223344 01020304 00000001" },
        { "2.11 signed", "020b020b", CREDENTIAL_SIGNED, "02 0b 02 0b 11223344 01020304 00000001" },
        { "flags are not signed", "020be20b", CREDENTIAL_SIGNED,
          "02 0b 02 0b 11223344 01020304 00000001" },
        { "2.8 that suggests 2.11", "0208020b", CREDENTIAL_SIGNED,
          "02 08 02 0b 11223344 01020304 00000001" },
        { "2.8, nothing suggested", "02080000", CREDENTIAL_MAC,
          "02 08 02 08 11223344 01020304 00000001" },
        { "3.0 as 2.11", "03000300", CREDENTIAL_MAC, "03 00 03 00 11223344 01020304 00000001" },
        { "2.7 MAC", "0207020b", CREDENTIAL_MAC, "02 07 11223344 01020304 00000001" },
        { "2.7 signed", "0207020b", CREDENTIAL_SIGNED, "02 07 11223344 01020304 00000001" },
        { "2.6 signed", "0206020b", CREDENTIAL_SIGNED, "02 06 1122 00000001 000000000000" },
        { "2.6 MAC has its own form", "0206020b", CREDENTIAL_MAC, "" },
        { "2.5 signed", "0205020b", CREDENTIAL_SIGNED, "" },
        { "2.5 MAC has its own form", "0205020b", CREDENTIAL_MAC, "" },
        { "2.1", "02010201", CREDENTIAL_SIGNED, "" },
        { "5.0 is 2.0", "05000500", CREDENTIAL_SIGNED, "" },
};

static struct envelope envelope_of(const char *first)
{
        struct sample s = sample_hex(first);
        struct envelope e;
        s.size = ENVELOPE_SIZE;
        assert_err(first, envelope_decode(sample_bytes(&s), &e), ANSA_OK);
        e.session_id = 0x11223344;
        e.request_id = 0x01020304;
        return e;
}

static void puts_the_prefix(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(prefix_cases); i++) {
                const struct prefix_case *t = &prefix_cases[i];
                struct envelope e = envelope_of(t->first);
                struct sample want = sample_hex(t->want);
                uint8_t prefix[CREDENTIAL_PREFIX_MAX];
                size_t size = credential_prefix(&e, 1, t->form, prefix);
                assert_bytes(t->name, (struct ansa_bytes){ prefix, size }, sample_bytes(&want));
        }
}

static const struct old_case {
        const char *name;
        const char *key;
        const char *covered;
        const char *want;
} old_cases[] = {
        { "covered part hides the numbers", "'abc'", "'0123456789'",
          "'abc' 02 '0123456789' 'abc' 00000000000000000000000000" },
        { "numbers show behind a short part", "'abc'", "'H'",
          "'abc' 02 'Habc' 44 000000000000000000000000" },
        { "no key", "", "", "02 06 1122 0a0b0c0d 000000000000" },
        { "a long key", "'0123456789'", "'H'",
          "'0123' 'H' '0123456789' 44 00000000000000000000 000000000000000000" },
};

static void puts_the_old_mac_input(void **state)
{
        (void)state;
        struct envelope e = envelope_of("0206020b");
        for (size_t i = 0; i < COUNT_OF(old_cases); i++) {
                const struct old_case *t = &old_cases[i];
                struct sample key = sample_hex(t->key);
                struct sample covered = sample_hex(t->covered);
                struct sample want = sample_hex(t->want);
                size_t size = 2 * key.size + covered.size + 14;
                uint8_t room[64];
                struct buf b = buf_over(room, size);
                credential_mac_input_old(&e, 0x0a0b0c0d, sample_bytes(&key), sample_bytes(&covered),
                                         &b);
                assert_bytes(t->name, buf_written(&b), sample_bytes(&want));
                b = buf_over(room, size - 1);
                credential_mac_input_old(&e, 0x0a0b0c0d, sample_bytes(&key), sample_bytes(&covered),
                                         &b);
                assert_err(t->name, b.err, ANSA_E_LIMIT);
        }
}

static void encodes_nothing_over_a_limit(void **state)
{
        (void)state;
        static const uint8_t much[LIMIT_BLOCK_SIZE + 1];
        const struct envelope e = { .major = 2, .minor = 5 };
        for (size_t over = 0; over <= 1; over++) {
                struct ansa_bytes large = { much, LIMIT_BLOCK_SIZE + over };
                enum ansa_err want = over == 0 ? ANSA_OK : ANSA_E_LIMIT;
                struct credential c = { .signature = large };
                struct buf b = buf_growing(4 * LIMIT_BLOCK_SIZE);
                credential_encode(&c, &b);
                assert_err("signature", b.err, want);
                buf_reset(&b);
                c = (struct credential){ .algorithm = large };
                credential_encode(&c, &b);
                assert_err("algorithm", b.err, want);
                buf_reset(&b);
                credential_mac_input_old(&e, 1, large, (struct ansa_bytes){ 0 }, &b);
                assert_err("key", b.err, want);
                buf_reset(&b);
                credential_mac_input_old(&e, 1, (struct ansa_bytes){ 0 }, large, &b);
                assert_err("covered", b.err, want);
                buf_fini(&b);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(decodes_the_example),
                cmocka_unit_test(decodes_each_case),
                cmocka_unit_test(puts_the_prefix),
                cmocka_unit_test(puts_the_old_mac_input),
                cmocka_unit_test(encodes_nothing_over_a_limit),
        };
        return cmocka_run_group_tests_name("wire/credential", tests, NULL, NULL);
}
