/* SPDX-License-Identifier: Apache-2.0 */
#include "../support.h"

#include "base/buf.h"

static void write_all(struct buf *b)
{
        buf_u8(b, 0x01);
        buf_u16(b, 0x0203);
        buf_u32(b, 0x04050607);
        buf_u64(b, 0x08090a0b0c0d0e0f);
        buf_bytes(b, (struct ansa_bytes){ 0 });
        buf_block(b, ANSA_BYTES_LIT("abc"));
        buf_text(b, "d");
        buf_printf(b, "%d", 42);
        buf_patch_u32(b, 3, 0xfffefdfc);
}

static void writes_big_endian(void **state)
{
        (void)state;
        struct sample want = sample_hex("01 0203 fffefdfc 08090a0b0c0d0e0f 00000003 'abcd42'");
        uint8_t room[64];
        struct buf lent = buf_over(room, want.size);
        write_all(&lent);
        assert_bytes("lent", buf_written(&lent), sample_bytes(&want));
        assert_ptr_equal(lent.at, room);

        struct buf own = buf_growing(want.size);
        write_all(&own);
        assert_bytes("own", buf_written(&own), sample_bytes(&want));
        buf_reset(&own);
        assert_int_equal(buf_written(&own).size, 0);
        write_all(&own);
        assert_bytes("again", buf_written(&own), sample_bytes(&want));
        buf_fini(&own);
}

static void sticks_to_the_first_failure(void **state)
{
        (void)state;
        struct sample want = sample_hex("01 0203 fffefdfc 08090a0b0c0d0e0f 00000003 'abcd42'");
        for (size_t n = 0; n < want.size; n++) {
                uint8_t *room = heap_copy(sample_bytes(&want), n);
                struct buf lent = buf_over(room, n);
                struct buf own = buf_growing(n);
                write_all(&lent);
                write_all(&own);
                assert_err("lent", lent.err, ANSA_E_LIMIT);
                assert_err("own", own.err, ANSA_E_LIMIT);
                buf_fail(&own, ANSA_E_IO);
                assert_err("first", own.err, ANSA_E_LIMIT);
                assert_null(buf_written(&lent).at);
                assert_null(buf_take(&own, 0));
                buf_fini(&own);
                free(room);
        }
}

static void grows_to_its_maximum(void **state)
{
        (void)state;
        static const size_t maxima[] = { 0, 1, 255, 256, 257, 1000, 100000 };
        for (size_t i = 0; i < 2 * COUNT_OF(maxima); i++) {
                size_t most = maxima[i / 2];
                struct buf b = i % 2 == 0 ? buf_growing(most) : buf_secret(most);
                for (size_t n = 0; n < most; n++)
                        buf_u8(&b, (uint8_t)n);
                assert_err("up to it", b.err, ANSA_OK);
                assert_int_equal(b.size, most);
                assert_true(b.room <= most);
                for (size_t n = 0; n < most; n++)
                        assert_int_equal(b.at[n], (uint8_t)n);
                buf_u8(&b, 0);
                assert_err("over it", b.err, ANSA_E_LIMIT);
                buf_fini(&b);
        }
        struct buf b = buf_growing(SIZE_MAX);
        buf_u8(&b, 1);
        assert_null(buf_take(&b, SIZE_MAX));
        assert_err("absurd", b.err, ANSA_E_LIMIT);
        buf_fini(&b);
}

static void takes_nothing_from_nothing(void **state)
{
        (void)state;
        struct buf b = buf_growing(8);
        buf_bytes(&b, (struct ansa_bytes){ 0 });
        buf_text(&b, "");
        assert_err("nothing", b.err, ANSA_OK);
        assert_int_equal(buf_written(&b).size, 0);
        buf_fini(&b);
}

static void writes_decimal(void **state)
{
        (void)state;
        static const struct {
                uint64_t v;
                const char *text;
        } rows[] = { { 0, "0" }, { 9, "9" }, { 10, "10" }, { UINT64_MAX, "18446744073709551615" } };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                uint8_t at[20];
                struct buf b = buf_over(at, sizeof(at));
                buf_decimal(&b, rows[i].v);
                assert_int_equal(b.err, ANSA_OK);
                assert_true(ansa_bytes_equal(buf_written(&b), ansa_bytes_text(rows[i].text)));
        }
}

static void prints_short_text_only(void **state)
{
        (void)state;
        struct buf b = buf_growing(4096);
        buf_printf(&b, "%511s", "x");
        assert_err("short", b.err, ANSA_OK);
        assert_int_equal(b.size, 511);
        buf_printf(&b, "%512s", "x");
        assert_err("long", b.err, ANSA_E_LIMIT);
        buf_fini(&b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(writes_big_endian),
                cmocka_unit_test(sticks_to_the_first_failure),
                cmocka_unit_test(grows_to_its_maximum),
                cmocka_unit_test(takes_nothing_from_nothing),
                cmocka_unit_test(writes_decimal),
                cmocka_unit_test(prints_short_text_only),
        };
        return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
