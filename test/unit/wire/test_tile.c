/* SPDX-License-Identifier: Apache-2.0 */
/* Names and arithmetic of tiles (c2sp.org/tlog-tiles), framing of entries. */
#include "../support.h"
#include "wire/tile.h"

static const struct {
        const char *name;
        struct tile tile;
} names[] = {
        { "tile/0/000", { false, 0, 0, 256 } },
        { "tile/0/001.p/1", { false, 0, 1, 1 } },
        { "tile/0/x001/x234/067", { false, 0, 1234067, 256 } }, /* the specification's example */
        { "tile/1/x001/000", { false, 1, 1000, 256 } },
        { "tile/0/999.p/255", { false, 0, 999, 255 } },
        { "tile/63/000", { false, 63, 0, 256 } },
        { "tile/10/x123/x456/x789/012.p/99", { false, 10, 123456789012, 99 } },
        { "tile/entries/000", { true, 0, 0, 256 } },
        { "tile/entries/x001/x234/067.p/112", { true, 0, 1234067, 112 } },
        { "tile/0/x018/x446/x744/x073/x709/x551/615.p/255", { false, 0, UINT64_MAX, 255 } },
};

static const struct {
        const char *name;
        enum ansa_err want;
} refused[] = {
        { "", ANSA_E_MALFORMED },
        { "tile", ANSA_E_MALFORMED },
        { "tile/", ANSA_E_MALFORMED },
        { "tile/0", ANSA_E_MALFORMED },
        { "tile/0/", ANSA_E_MALFORMED },
        { "/tile/0/000", ANSA_E_MALFORMED },
        { "Tile/0/000", ANSA_E_MALFORMED },
        { "tile//000", ANSA_E_MALFORMED },
        { "tile/00/000", ANSA_E_MALFORMED },
        { "tile/01/000", ANSA_E_MALFORMED },
        { "tile/64/000", ANSA_E_MALFORMED },
        { "tile/-1/000", ANSA_E_MALFORMED },
        { "tile/+1/000", ANSA_E_MALFORMED },
        { "tile/0x1/000", ANSA_E_MALFORMED },
        { "tile/entry/000", ANSA_E_MALFORMED },
        { "tile/data/000", ANSA_E_MALFORMED },
        { "tile/0/0", ANSA_E_MALFORMED },
        { "tile/0/00", ANSA_E_MALFORMED },
        { "tile/0/0000", ANSA_E_MALFORMED },
        { "tile/0/00a", ANSA_E_MALFORMED },
        { "tile/0/ 00", ANSA_E_MALFORMED },
        { "tile/0/x001", ANSA_E_MALFORMED },
        { "tile/0/x001/", ANSA_E_MALFORMED },
        { "tile/0/x001/23", ANSA_E_MALFORMED },
        { "tile/0/x001/x234", ANSA_E_MALFORMED },
        { "tile/0/x001x234/067", ANSA_E_MALFORMED },
        { "tile/0/001/234", ANSA_E_MALFORMED },
        { "tile/0/X001/234", ANSA_E_MALFORMED },
        { "tile/0/x000/067", ANSA_E_MALFORMED }, /* is 067 */
        { "tile/0/x000/x001/067", ANSA_E_MALFORMED },
        { "tile/0/000/", ANSA_E_MALFORMED },
        { "tile/0/000.p", ANSA_E_MALFORMED },
        { "tile/0/000.p/", ANSA_E_MALFORMED },
        { "tile/0/000.p/0", ANSA_E_MALFORMED },
        { "tile/0/000.p/01", ANSA_E_MALFORMED },
        { "tile/0/000.p/256", ANSA_E_MALFORMED },
        { "tile/0/000.p/1/", ANSA_E_MALFORMED },
        { "tile/0/000.p/1 ", ANSA_E_MALFORMED },
        { "tile/0/000p/1", ANSA_E_MALFORMED },
        { "tile/0/x001.p/1/000", ANSA_E_MALFORMED },
        { "tile/0/x018/x446/x744/x073/x709/x551/616", ANSA_E_LIMIT },
        { "tile/0/x019/x446/x744/x073/x709/x551/615", ANSA_E_LIMIT },
        { "tile/0/x001/x000/x000/x000/x000/x000/x000/000", ANSA_E_LIMIT },
};

static void reads_names(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(names); i++) {
                struct ansa_bytes text = ansa_bytes_text(names[i].name);
                uint8_t *copy = heap_copy(text, text.size);
                struct tile got;
                assert_err(names[i].name,
                           tile_decode_name((struct ansa_bytes){ copy, text.size }, &got), ANSA_OK);
                assert_true(got.is_entries == names[i].tile.is_entries &&
                            got.level == names[i].tile.level && got.index == names[i].tile.index &&
                            got.width == names[i].tile.width);
                uint8_t room[TILE_NAME_MAX];
                struct buf b = buf_over(room, sizeof(room));
                tile_put_name(&names[i].tile, &b);
                assert_bytes(names[i].name, buf_written(&b), text);
                free(copy);
        }
}

static void refuses_names(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(refused); i++) {
                struct ansa_bytes text = ansa_bytes_text(refused[i].name);
                uint8_t *copy = heap_copy(text, text.size);
                struct tile got;
                assert_err(refused[i].name,
                           tile_decode_name((struct ansa_bytes){ copy, text.size }, &got),
                           refused[i].want);
                assert_true(got.width == 0 && got.index == 0);
                free(copy);
        }
}

/* Every prefix of a name is another good name or refused, and never reads past its end. */
static void truncated_names(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(names); i++) {
                struct ansa_bytes text = ansa_bytes_text(names[i].name);
                for (size_t cut = 0; cut < text.size; cut++) {
                        uint8_t *copy = heap_copy(text, cut);
                        struct tile got;
                        struct ansa_bytes prefix = { copy, cut };
                        if (tile_decode_name(prefix, &got) == ANSA_OK) {
                                uint8_t room[TILE_NAME_MAX];
                                struct buf b = buf_over(room, sizeof(room));
                                tile_put_name(&got, &b);
                                assert_bytes(names[i].name, buf_written(&b), prefix);
                        }
                        free(copy);
                }
        }
}

static void widths(void **state)
{
        (void)state;
        /* The specification's examples. */
        assert_int_equal(tile_count(0, 70000), 274);
        assert_int_equal(tile_width(0, 272, 70000), 256);
        assert_int_equal(tile_width(0, 273, 70000), 112);
        assert_int_equal(tile_width(0, 274, 70000), 0);
        assert_int_equal(tile_count(1, 70000), 2);
        assert_int_equal(tile_width(1, 0, 70000), 256);
        assert_int_equal(tile_width(1, 1, 70000), 17);
        assert_int_equal(tile_count(2, 70000), 1);
        assert_int_equal(tile_width(2, 0, 70000), 1);
        assert_int_equal(tile_count(3, 70000), 0);
        assert_int_equal(tile_width(0, 0, 256), 256);
        assert_int_equal(tile_width(0, 1, 256), 0);
        assert_int_equal(tile_width(1, 0, 256), 1);
        assert_int_equal(tile_count(0, 256), 1);
        /* The ends. */
        assert_int_equal(tile_count(0, 0), 0);
        assert_int_equal(tile_width(0, 0, 0), 0);
        assert_int_equal(tile_width(7, 0, UINT64_MAX), 255);
        assert_int_equal(tile_width(8, 0, UINT64_MAX), 0);
        assert_int_equal(tile_width(63, 0, UINT64_MAX), 0);
        assert_int_equal(tile_count(0, UINT64_MAX), UINT64_C(1) << 56);
        assert_int_equal(tile_width(0, UINT64_MAX, UINT64_MAX), 0);
        for (uint64_t size = 0; size < 70000; size += 7) { /* counted leaf by leaf */
                for (unsigned level = 0; level < 3; level++) {
                        uint64_t left = size >> (8 * level);
                        for (uint64_t i = 0; i <= tile_count(level, size); i++) {
                                uint64_t want = left < 256 ? left : 256;
                                if (i % 16 == 0 || left <= 512)
                                        assert_int_equal(tile_width(level, i, size), want);
                                left -= want;
                        }
                        assert_int_equal(left, 0);
                }
        }
}

static void within(void **state)
{
        (void)state;
        struct tile t = { .level = 0, .index = 273, .width = 112 };
        assert_true(tile_is_within(&t, 70000));
        assert_false(tile_is_within(&t, 69999));
        t.width = 1;
        assert_true(tile_is_within(&t, 69999));
        t.width = 256;
        assert_false(tile_is_within(&t, 70000));
        t.width = 0;
        assert_false(tile_is_within(&t, 70000));
        t = (struct tile){ .is_entries = true, .index = 272, .width = 256 };
        assert_true(tile_is_within(&t, 70000));
}

static void nodes_in_tiles(void **state)
{
        (void)state;
        for (unsigned level = 0; level < 64; level++) {
                for (uint64_t index = 0; index < 1000; index++) {
                        unsigned offset = 0;
                        unsigned count = 0;
                        struct tile t = tile_of_node(level, index, &offset, &count);
                        assert_true(count >= 1 && count <= 128 && offset + count <= 256);
                        assert_int_equal(t.level, level / 8);
                        /* The hashes' places at their level are the node's leaves of that level. */
                        assert_int_equal(t.index * 256 + offset, index << level % 8);
                        assert_int_equal(count, 1u << level % 8);
                }
        }
}

static void bundles(void **state)
{
        (void)state;
        static uint8_t room[2 * (TILE_ENTRY_MAX + 2)];
        static uint8_t entry[TILE_ENTRY_MAX + 1];
        struct sample want = sample_hex("0000 0003 'abc' 0001 00");
        struct buf b = buf_over(room, sizeof(room));
        tile_put_entry((struct ansa_bytes){ 0 }, &b);
        tile_put_entry(ANSA_BYTES_LIT("abc"), &b);
        tile_put_entry((struct ansa_bytes){ entry, 1 }, &b);
        assert_bytes("three entries", buf_written(&b), sample_bytes(&want));
        assert_int_equal(tile_check_bundle(buf_written(&b), 3), ANSA_OK);
        assert_int_equal(tile_check_bundle(buf_written(&b), 2), ANSA_E_TRAILING);
        assert_int_equal(tile_check_bundle(buf_written(&b), 4), ANSA_E_TRUNCATED);
        for (size_t cut = 0; cut < b.size; cut++) {
                uint8_t *copy = heap_copy(buf_written(&b), cut);
                assert_int_equal(tile_check_bundle((struct ansa_bytes){ copy, cut }, 3),
                                 ANSA_E_TRUNCATED);
                free(copy);
        }
        struct cursor c = cursor_over(buf_written(&b));
        assert_int_equal(tile_next_entry(&c).size, 0);
        assert_bytes("second", tile_next_entry(&c), ANSA_BYTES_LIT("abc"));
        assert_int_equal(tile_next_entry(&c).size, 1);
        assert_int_equal(cursor_end(&c), ANSA_OK);
        /* The longest entry, and one beyond. */
        b = buf_over(room, sizeof(room));
        tile_put_entry((struct ansa_bytes){ entry, TILE_ENTRY_MAX }, &b);
        assert_int_equal(tile_check_bundle(buf_written(&b), 1), ANSA_OK);
        tile_put_entry((struct ansa_bytes){ entry, TILE_ENTRY_MAX + 1 }, &b);
        assert_int_equal(b.err, ANSA_E_LIMIT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_names),     cmocka_unit_test(refuses_names),
                cmocka_unit_test(truncated_names), cmocka_unit_test(widths),
                cmocka_unit_test(within),          cmocka_unit_test(nodes_in_tiles),
                cmocka_unit_test(bundles),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
