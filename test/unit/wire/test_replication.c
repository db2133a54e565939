/* SPDX-License-Identifier: Apache-2.0 */
/* Items of the streams behind operations 1001 and 1002: irp-wire 9, irp-service 9. */
#include "../support.h"

#include "wire/replication.h"

/* clang-format off */
#define NAME  "00000003 'a/b'"
#define VALUE "00000001 5f5e1000 00 00015180 0e 00000003 'URL' 00000002 'hi' 00000000"
#define BLOCK "0000001f" VALUE
#define DATE  "0000018000000001"

enum stream { OWN = 1, ALL = 2, DUMP = 3 };

static const struct item_case {
        const char *name;
        enum stream stream;
        const char *hex;
        enum ansa_err want;
} cases[] = {
        { "end of format 1", OWN, "00" DATE, ANSA_OK },
        { "end of format 2", ALL, "00", ANSA_OK },
        { "create", OWN, "01 0000000000000007" NAME "01" DATE "00000002" BLOCK BLOCK, ANSA_OK },
        { "update", ALL, "01 0000000000000007" NAME "03" DATE "00000001" BLOCK, ANSA_OK },
        { "create without values", OWN, "01 0000000000000007" NAME "01" DATE "00000000", ANSA_OK },
        { "placeholder", OWN, "01 0000000000000007 00000000 00" DATE, ANSA_OK },
        { "delete", OWN, "01 ffffffffffffffff" NAME "02" DATE, ANSA_OK },
        { "home", OWN, "01 0000000000000007" NAME "04" DATE, ANSA_OK },
        { "unhome", OWN, "01 0000000000000007" NAME "05" DATE, ANSA_OK },
        { "delete all", OWN, "01 0000000000000007" NAME "06" DATE, ANSA_OK },
        { "unknown action", OWN, "01 0000000000000007" NAME "07" DATE, ANSA_E_MALFORMED },
        { "queue", ALL, "02 0000000c '0:1:0.NA/x.y'", ANSA_OK },
        { "queue end", ALL, "03" DATE, ANSA_OK },
        { "queue in format 1", OWN, "02" NAME, ANSA_E_MALFORMED },
        { "queue end in format 1", OWN, "03" DATE, ANSA_E_MALFORMED },
        { "unknown item", ALL, "04", ANSA_E_MALFORMED },
        { "too many values", OWN, "01 0000000000000007" NAME "01" DATE "00000801", ANSA_E_LIMIT },
        { "negative value count", OWN, "01 0000000000000007" NAME "01" DATE "ffffffff",
          ANSA_E_LIMIT },
        { "name over the limit", OWN, "01 0000000000000007 00000801", ANSA_E_LIMIT },
        { "value ends before its block", OWN,
          "01 0000000000000007" NAME "01" DATE "00000001 00000020" VALUE "00", ANSA_E_MALFORMED },
        { "block ends before its value", OWN,
          "01 0000000000000007" NAME "01" DATE "00000001 0000001e" VALUE, ANSA_E_MALFORMED },
        { "block over the limit", OWN, "01 0000000000000007" NAME "01" DATE "00000001 00100001",
          ANSA_E_LIMIT },
        { "position", DUMP, "00" DATE "0000000000000009", ANSA_OK },
        { "record", DUMP, "01" NAME "00000001" BLOCK, ANSA_OK },
        { "homed prefix", DUMP, "02" NAME, ANSA_OK },
        { "date of a name", DUMP, "03" NAME DATE "00000002", ANSA_OK },
        { "date of a prefix", DUMP, "04" NAME DATE "00000002", ANSA_OK },
        { "other sites", DUMP, "05 00000004 '{ } '", ANSA_OK },
        { "dump end", DUMP, "ff", ANSA_OK },
        { "unknown dump item", DUMP, "06", ANSA_E_MALFORMED },
        { "unknown dump item just below the end", DUMP, "fe", ANSA_E_MALFORMED },
        { "record with a bad value", DUMP, "01" NAME "00000001 00000001 00", ANSA_E_MALFORMED },
};
/* clang-format on */

static enum ansa_err recode(enum stream stream, struct ansa_bytes *wire, struct buf *b)
{
        if (stream == DUMP) {
                struct dump_item item;
                enum ansa_err err = dump_item_decode(wire, &item);
                if (err == ANSA_OK)
                        dump_item_encode(&item, b);
                else
                        assert_true(item.name.at == NULL && item.value_blocks.at == NULL);
                return err;
        }
        struct txn_item item;
        enum ansa_err err = txn_item_decode(wire, stream, &item);
        if (err == ANSA_OK)
                txn_item_encode(&item, stream, b);
        else
                assert_true(item.name.at == NULL && item.value_blocks.at == NULL);
        return err;
}

static void decodes_each_item(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const struct item_case *t = &cases[i];
                struct sample s = sample_hex(t->hex);
                s.at[s.size] = 0x01; /* the stream goes on */
                struct ansa_bytes wire = { s.at, s.size + (t->want == ANSA_OK) };
                uint8_t room[256];
                struct buf b = buf_over(room, sizeof(room));
                size_t before = wire.size;
                assert_err(t->name, recode(t->stream, &wire, &b), t->want);
                assert_int_equal(wire.size, t->want == ANSA_OK ? 1 : before);
                if (t->want == ANSA_OK)
                        assert_bytes(t->name, buf_written(&b), sample_bytes(&s));
        }
}

static void waits_for_more(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const struct item_case *t = &cases[i];
                struct sample s = sample_hex(t->hex);
                for (size_t n = 0; n < s.size && t->want == ANSA_OK; n++) {
                        uint8_t *copy = heap_copy(sample_bytes(&s), n);
                        struct ansa_bytes wire = { copy, n };
                        uint8_t room[256];
                        struct buf b = buf_over(room, sizeof(room));
                        assert_err(t->name, recode(t->stream, &wire, &b), ANSA_E_TRUNCATED);
                        assert_int_equal(wire.size, n);
                        free(copy);
                }
        }
}

static void walks_the_values(void **state)
{
        (void)state;
        struct sample s = sample_hex("01 0000000000000007" NAME "01" DATE "00000002" BLOCK BLOCK);
        struct ansa_bytes wire = sample_bytes(&s);
        struct txn_item item;
        struct ansa_value v;
        assert_err("item", txn_item_decode(&wire, OWN, &item), ANSA_OK);
        assert_int_equal(item.kind, TXN_ITEM_TXN);
        assert_int_equal(item.txn_id, 7);
        assert_int_equal(item.date_ms, 0x18000000001);
        assert_int_equal(item.value_count, 2);
        for (int i = 0; i < 2; i++) {
                assert_err("value", value_block_next(&item.value_blocks, &v), ANSA_OK);
                assert_bytes("data", v.data, ANSA_BYTES_LIT("hi"));
        }
        assert_err("end", value_block_next(&item.value_blocks, &v), ANSA_E_NOT_FOUND);
        assert_null(v.type.at);
        struct ansa_bytes damaged = { s.at, 3 };
        assert_err("damaged", value_block_next(&damaged, &v), ANSA_E_TRUNCATED);
        assert_int_equal(damaged.size, 3);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(decodes_each_item),
                cmocka_unit_test(waits_for_more),
                cmocka_unit_test(walks_the_values),
        };
        return cmocka_run_group_tests_name("wire/replication", tests, NULL, NULL);
}
