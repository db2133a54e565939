/* SPDX-License-Identifier: Apache-2.0 */
#include "../support.h"

#include "base/limits.h"
#include "wire/payload.h"

/* docs/ledger.md, section 4. */
#define REQUEST                                                                      \
        "01 01 0000012c 0000000b '0.NA/20.500' 020b 00000004 aabbccdd 00000002 0102" \
        "02 00000003 778899 00000001 ee 00000000"

static const struct {
        const char *name, *octets;
        enum ansa_err want;
} payloads[] = {
        { "request", REQUEST, ANSA_OK },
        { "request without evidence",
          "01 00 00000000 00000000 020b 00000001 aa 00000000 00 00000000 00000000 00000004 00000007",
          ANSA_OK },
        { "the last evidence",
          "01 06 00000000 00000000 020b 00000000 00000000 00 00000000 00000000 00000000", ANSA_OK },
        { "an evidence more",
          "01 07 00000000 00000000 020b 00000000 00000000 00 00000000 00000000 00000000",
          ANSA_E_MALFORMED },
        { "half an index taken out",
          "01 00 00000000 00000000 020b 00000000 00000000 00 00000000 00000000 00000002 0001",
          ANSA_E_MALFORMED },
        { "import", "02 00000007 'batch 1'", ANSA_OK },
        { "octets", "03 00000002 0001", ANSA_OK },
        { "octets, none", "03 00000000", ANSA_OK },
        { "kind 0", "00 00000000", ANSA_E_MALFORMED },
        { "kind 4", "04 00000000", ANSA_E_MALFORMED },
        { "surplus after octets", "03 00000001 0001", ANSA_E_TRAILING },
        { "surplus after a request", REQUEST "00", ANSA_E_TRAILING },
        { "a block over all limits", "03 ffffffff", ANSA_E_LIMIT },
        { "a name over its limit", "01 01 0000012c 00000801", ANSA_E_LIMIT },
        { "a name at its limit, cut off", "01 01 0000012c 00000800", ANSA_E_TRUNCATED },
};

static void reads_and_writes(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(payloads); i++) {
                struct sample s = sample_hex(payloads[i].octets);
                struct payload p;
                uint8_t room[256];
                struct buf b = buf_over(room, sizeof(room));
                uint8_t *copy = heap_copy(sample_bytes(&s), s.size);
                memset(&p, 0xff, sizeof(p));
                assert_err(payloads[i].name,
                           payload_decode((struct ansa_bytes){ copy, s.size }, &p),
                           payloads[i].want);
                if (payloads[i].want == ANSA_OK) {
                        payload_encode(&p, &b);
                        assert_int_equal(payload_size(&p), s.size);
                        assert_bytes(payloads[i].name, buf_written(&b), sample_bytes(&s));
                } else {
                        assert_int_equal(p.request.size + p.octets.size + p.key.name.size, 0);
                }
                free(copy);
        }
}

static void members(void **state)
{
        (void)state;
        struct sample s = sample_hex(REQUEST);
        struct payload p;
        assert_int_equal(payload_decode(sample_bytes(&s), &p), ANSA_OK);
        assert_int_equal(p.kind, PAYLOAD_REQUEST);
        assert_int_equal(p.evidence, EVIDENCE_SIGNATURE);
        assert_int_equal(p.key.index, 300);
        assert_bytes("name", p.key.name, ANSA_BYTES_LIT("0.NA/20.500"));
        assert_int_equal(p.version, 0x020b);
        assert_bytes("request", p.request, ANSA_BYTES_LIT("\xaa\xbb\xcc\xdd"));
        assert_bytes("nonce", p.nonce, ANSA_BYTES_LIT("\x01\x02"));
        assert_int_equal(p.digest_code, 2);
        assert_bytes("digest", p.digest, ANSA_BYTES_LIT("\x77\x88\x99"));
        assert_bytes("answer", p.answer, ANSA_BYTES_LIT("\xee"));
        for (unsigned i = 0; i < PAYLOAD_EVIDENCE_COUNT; i++)
                assert_true(payload_evidence_text((enum payload_evidence)i)[0] != '\0');
}

static void truncated(void **state)
{
        (void)state;
        static const char *const all[] = { REQUEST, "02 00000003 'abc'" };
        for (size_t i = 0; i < COUNT_OF(all); i++) {
                struct sample s = sample_hex(all[i]);
                for (size_t cut = 0; cut < s.size; cut++) {
                        struct payload p;
                        uint8_t *copy = heap_copy(sample_bytes(&s), cut);
                        enum ansa_err err = payload_decode((struct ansa_bytes){ copy, cut }, &p);
                        assert_err("cut", err, cut == 0 ? ANSA_E_MALFORMED : ANSA_E_TRUNCATED);
                        free(copy);
                }
        }
}

/* A part may have as many octets as a message. */
static void largest_part(void **state)
{
        (void)state;
        static uint8_t octets[LIMIT_MESSAGE_SIZE + 1];
        struct payload p = { .kind = PAYLOAD_OCTETS };
        struct payload got;
        struct buf b = buf_growing(2 * sizeof(octets));
        p.octets = (struct ansa_bytes){ octets, LIMIT_MESSAGE_SIZE };
        payload_encode(&p, &b);
        assert_int_equal(payload_decode(buf_written(&b), &got), ANSA_OK);
        assert_int_equal(got.octets.size, LIMIT_MESSAGE_SIZE);
        buf_reset(&b);
        p.octets.size++;
        payload_encode(&p, &b);
        assert_int_equal(payload_decode(buf_written(&b), &got), ANSA_E_LIMIT);
        buf_fini(&b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_and_writes),
                cmocka_unit_test(members),
                cmocka_unit_test(truncated),
                cmocka_unit_test(largest_part),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
