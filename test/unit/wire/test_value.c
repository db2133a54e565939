/* SPDX-License-Identifier: Apache-2.0 */
/* One value of a record: irp-wire 5. */
#include "../support.h"

#include "ansa/value.h"

#define FIXED "00000001 5f5e1000 00 00015180 0e"
#define URL   FIXED "00000003 'URL' 00000013 'http://example.org/' 00000000"

static const struct value_case {
        const char *name;
        const char *hex;
        enum ansa_err want;
        size_t want_left;
} cases[] = {
        { "the example", URL, ANSA_OK, 0 },
        { "what follows is left", URL "aabb", ANSA_OK, 2 },
        { "smallest", FIXED "00000000 00000000 00000000", ANSA_OK, 0 },
        { "index 0 is the service's business",
          "00000000 00000000 00 00000000 00"
          "00000000 00000000 00000000",
          ANSA_OK, 0 },
        { "unknown permissions and TTL type are kept",
          "ffffffff ffffffff 02 ffffffff ff 00000000 00000000 00000000", ANSA_OK, 0 },
        { "one reference", FIXED "00000000 00000000 00000001 00000001 'a' 0000012c", ANSA_OK, 0 },
        { "two references",
          FIXED "00000000 00000000 00000002 00000000 00000000"
                "00000003 '1/2' ffffffff",
          ANSA_OK, 0 },
        { "negative length of type", FIXED "80000000 00000000 00000000", ANSA_E_LIMIT, 26 },
        { "negative length of data", FIXED "00000000 ffffffff 00000000", ANSA_E_LIMIT, 26 },
        { "greatest length", FIXED "00000000 00100000 00000000", ANSA_E_TRUNCATED, 26 },
        { "over the greatest length", FIXED "00000000 00100001 00000000", ANSA_E_LIMIT, 26 },
        { "negative count of references", FIXED "00000000 00000000 80000000", ANSA_E_LIMIT, 26 },
        { "more references than octets", FIXED "00000000 00000000 00000002 00000000 00000000",
          ANSA_E_TRUNCATED, 34 },
        { "name of a reference over the limit",
          FIXED "00000000 00000000 00000001"
                "00000801 00000000",
          ANSA_E_LIMIT, 34 },
        { "reference ends in its name", FIXED "00000000 00000000 00000001 00000001 000000",
          ANSA_E_TRUNCATED, 33 },
};

static void decodes_each_case(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const struct value_case *t = &cases[i];
                struct sample s = sample_hex(t->hex);
                struct ansa_bytes wire = sample_bytes(&s);
                struct ansa_value v;
                assert_err(t->name, ansa_value_decode(&wire, &v), t->want);
                if (wire.size != t->want_left)
                        fail_msg("%s: %zu octets left", t->name, wire.size);
                if (t->want != ANSA_OK) {
                        assert_true(v.index == 0 && v.type.at == NULL && v.refs.count == 0);
                        continue;
                }
                uint8_t room[256];
                size_t size;
                struct ansa_bytes whole = { s.at, s.size - t->want_left };
                assert_int_equal(ansa_value_size(&v), whole.size);
                assert_err(t->name, ansa_value_encode(&v, room, whole.size, &size), ANSA_OK);
                assert_bytes(t->name, (struct ansa_bytes){ room, size }, whole);
                assert_err(t->name, ansa_value_encode(&v, room, whole.size - 1, &size),
                           ANSA_E_LIMIT);
                assert_int_equal(size, 0);
        }
}

static void reads_the_fields(void **state)
{
        (void)state;
        struct sample s = sample_hex(URL);
        struct ansa_bytes wire = sample_bytes(&s);
        struct ansa_value v;
        assert_err("example", ansa_value_decode(&wire, &v), ANSA_OK);
        assert_int_equal(v.index, 1);
        assert_int_equal(v.timestamp_s, 0x5f5e1000);
        assert_int_equal(v.ttl_type, ANSA_TTL_RELATIVE);
        assert_int_equal(v.ttl_s, 86400);
        assert_int_equal(v.permissions, ANSA_PERM_DEFAULT);
        assert_bytes("type", v.type, ANSA_BYTES_LIT("URL"));
        assert_bytes("data", v.data, ANSA_BYTES_LIT("http://example.org/"));
        assert_int_equal(v.refs.count, 0);
}

static void refuses_every_prefix(void **state)
{
        (void)state;
        struct sample s = sample_hex(FIXED "00000003 'URL' 00000002 'hi' 00000002"
                                           "00000001 'a' 00000001 00000002 'bc' 00000002");
        for (size_t n = 0; n < s.size; n++) {
                uint8_t *copy = heap_copy(sample_bytes(&s), n);
                struct ansa_bytes wire = { copy, n };
                struct ansa_value v;
                assert_err("prefix", ansa_value_decode(&wire, &v), ANSA_E_TRUNCATED);
                assert_int_equal(wire.size, n);
                assert_null(v.type.at);
                free(copy);
        }
}

static void walks_values_and_references(void **state)
{
        (void)state;
        struct sample s = sample_hex(
                URL FIXED
                "00000000 00000000 00000002 00000001 'a' 00000001 00000002 'bc' 00000002");
        struct ansa_values values = { sample_bytes(&s), 2 };
        struct ansa_value v;
        struct ansa_ref ref;
        assert_err("first", ansa_values_next(&values, &v), ANSA_OK);
        assert_err("none", ansa_refs_next(&v.refs, &ref), ANSA_E_NOT_FOUND);
        assert_err("second", ansa_values_next(&values, &v), ANSA_OK);
        assert_int_equal(v.refs.count, 2);
        assert_err("reference", ansa_refs_next(&v.refs, &ref), ANSA_OK);
        assert_bytes("reference", ref.name, ANSA_BYTES_LIT("a"));
        assert_err("reference", ansa_refs_next(&v.refs, &ref), ANSA_OK);
        assert_bytes("reference", ref.name, ANSA_BYTES_LIT("bc"));
        assert_int_equal(ref.index, 2);
        assert_err("end", ansa_refs_next(&v.refs, &ref), ANSA_E_NOT_FOUND);
        assert_null(ref.name.at);
        assert_err("end", ansa_values_next(&values, &v), ANSA_E_NOT_FOUND);
        assert_int_equal(values.wire.size, 0);

        /* Lists that no decoder handed out, e.g. from a damaged disk, fail and stay. */
        struct ansa_values damaged = { { s.at, 10 }, 1 };
        assert_err("damaged", ansa_values_next(&damaged, &v), ANSA_E_TRUNCATED);
        assert_int_equal(damaged.count, 1);
        struct ansa_refs broken = { { s.at, 3 }, 1 };
        assert_err("broken", ansa_refs_next(&broken, &ref), ANSA_E_TRUNCATED);
        assert_int_equal(broken.count, 1);
}

static void encodes_nothing_over_a_limit(void **state)
{
        (void)state;
        static uint8_t data[ANSA_BLOCK_SIZE_MAX + 1];
        static uint8_t room[ANSA_BLOCK_SIZE_MAX + 64];
        struct ansa_value v = { .index = 1, .data = { data, ANSA_BLOCK_SIZE_MAX } };
        size_t size;
        assert_err("largest", ansa_value_encode(&v, room, sizeof(room), &size), ANSA_OK);
        struct ansa_bytes wire = { room, size };
        struct ansa_value again;
        assert_err("largest", ansa_value_decode(&wire, &again), ANSA_OK);
        v.data.size++;
        assert_err("larger", ansa_value_encode(&v, room, sizeof(room), &size), ANSA_E_LIMIT);
        v.data.size = 0;
        v.refs.wire = (struct ansa_bytes){ data, SIZE_MAX };
        assert_err("absurd", ansa_value_encode(&v, room, sizeof(room), &size), ANSA_E_LIMIT);
}

static void round_trips(void **state)
{
        (void)state;
        struct rng r = { 2 };
        for (unsigned i = 0; i < 2000; i++) {
                uint8_t parts[4][64];
                uint8_t wire[512];
                uint8_t copy[512];
                struct ansa_value v = {
                        .index = (uint32_t)rng_next(&r),
                        .timestamp_s = (uint32_t)rng_next(&r),
                        .ttl_s = (uint32_t)rng_next(&r),
                        .ttl_type = (uint8_t)rng_next(&r),
                        .permissions = (uint8_t)rng_next(&r),
                        .type = rng_bytes(&r, parts[0], 64),
                        .data = rng_bytes(&r, parts[1], 64),
                };
                size_t size;
                assert_err("encode", ansa_value_encode(&v, wire, sizeof(wire), &size), ANSA_OK);
                struct ansa_bytes rest = { wire, size };
                struct ansa_value got;
                assert_err("decode", ansa_value_decode(&rest, &got), ANSA_OK);
                assert_int_equal(rest.size, 0);
                assert_true(got.index == v.index && got.timestamp_s == v.timestamp_s &&
                            got.ttl_s == v.ttl_s && got.ttl_type == v.ttl_type &&
                            got.permissions == v.permissions);
                assert_bytes("type", got.type, v.type);
                assert_bytes("data", got.data, v.data);

                /* Any octets: what decodes encodes to itself. */
                wire[rng_below(&r, (uint32_t)size)] ^= (uint8_t)(1u << rng_below(&r, 8));
                rest = (struct ansa_bytes){ wire, size };
                if (ansa_value_decode(&rest, &got) != ANSA_OK)
                        continue;
                size_t again;
                assert_err("again", ansa_value_encode(&got, copy, sizeof(copy), &again), ANSA_OK);
                assert_bytes("again", (struct ansa_bytes){ copy, again },
                             (struct ansa_bytes){ wire, size - rest.size });
        }
}

static const struct match_case {
        const char *type;
        const char *asked;
        bool want;
} match_cases[] = {
        { "URL", "URL", true },      { "url", "Url", true },        { "URL", "URL.", true },
        { "URL.ALT", "URL.", true }, { "url.alt.b", "URL.", true }, { "URL.ALT", "URL", false },
        { "URLX", "URL.", false },   { "URL", "URL.ALT", false },   { "UR", "URL.", false },
        { "URL.", "URL.", true },    { "URL.", "URL", false },      { "", "", true },
        { "URL", "", false },        { "", "URL", false },          { "HS_ADMIN", "HS_", false },
};

static void matches_types(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(match_cases); i++) {
                const struct match_case *t = &match_cases[i];
                if (ansa_type_matches(ansa_bytes_text(t->type), ansa_bytes_text(t->asked)) !=
                    t->want)
                        fail_msg("type \"%s\" asked for as \"%s\"", t->type, t->asked);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(decodes_each_case),
                cmocka_unit_test(reads_the_fields),
                cmocka_unit_test(refuses_every_prefix),
                cmocka_unit_test(walks_values_and_references),
                cmocka_unit_test(encodes_nothing_over_a_limit),
                cmocka_unit_test(round_trips),
                cmocka_unit_test(matches_types),
        };
        return cmocka_run_group_tests_name("wire/value", tests, NULL, NULL);
}
