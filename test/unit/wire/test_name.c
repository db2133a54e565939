/* SPDX-License-Identifier: Apache-2.0 */
/* Identifiers: grammar, folding, prefix records, server choice, what users type (irp-service 1, 3.1). */
#include "base/limits.h"
#include "octets.h"
#include "wire/name.h"

static void assert_octets(const char *row, struct ansa_bytes got, const char *want)
{
        if (!ansa_bytes_equal(got, ansa_bytes_text(want)))
                fail_msg("%s: got \"%.*s\", want \"%s\"", row, (int)got.size, (const char *)got.at,
                         want);
}

static void splits_at_the_first_slash(void **state)
{
        static const struct {
                const char *name, *prefix, *suffix;
        } rows[] = {
                { "35.TEST/1", "35.TEST", "1" },
                { "10.1000/a/b", "10.1000", "a/b" },
                { "35.TEST/", "35.TEST", "" },
                { "/", "", "" },
                { "35.TEST", "0.NA", "35.TEST" },
                { "0.NA/35.TEST", "0.NA", "35.TEST" },
                { "", "0.NA", "" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct name_parts parts = name_split(ansa_bytes_text(rows[i].name));
                assert_octets(rows[i].name, parts.prefix, rows[i].prefix);
                assert_octets(rows[i].name, parts.suffix, rows[i].suffix);
        }
}

static void tells_what_is_no_identifier(void **state)
{
        static const struct {
                const char *rule, *name;
                bool good;
        } rows[] = {
                { "ordinary", "35.TEST/1", true },
                { "slash in the suffix", "10.1000/a/b", true },
                { "dots in the suffix", "10.1000/..", true },
                { "empty suffix", "35.TEST/", true },
                { "one segment", "1234/abc", true },
                { "slashless", "35.TEST", true },
                { "prefix record", "0.NA/35.TEST", true },
                { "the root", "0.NA/0.NA", true },
                { "list marker", "0.NA/0.NA/35", true },
                { "UTF-8", "35.T\xc3\xa9/\xe2\x82\xac", true },
                { "space", "35.TEST/a b", true },
                { "empty", "", false },
                { "blank identifier", "/", false },
                { "empty prefix", "/1", false },
                { "leading dot", ".35/1", false },
                { "trailing dot", "35./1", false },
                { "two dots", "35..TEST/1", false },
                { "only a dot", "./1", false },
                { "slashless with two dots", "35..TEST", false },
                { "record of such a prefix", "0.na/35..TEST", false },
                { "record of no prefix", "0.NA/", false },
                { "record of no prefix, slash", "0.NA//x", false },
                { "tab", "35.TEST/\t", false },
                { "newline in the prefix", "35\n/1", false },
                { "delete", "35.TEST/\x7f", false },
                { "not UTF-8", "35.TEST/\xff", false },
                { "cut UTF-8", "35.TEST/\xe2\x82", false },
                { "overlong UTF-8", "35.TEST/\xc0\xaf", false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                const char *problem = name_problem(ansa_bytes_text(rows[i].name));
                if ((problem == NULL) != rows[i].good)
                        fail_msg("%s: %s", rows[i].rule, problem != NULL ? problem : "accepted");
        }
        assert_non_null(name_problem(ANSA_BYTES_LIT("35.TEST/\0x")));
}

static void limits_the_size(void **state)
{
        (void)state;
        uint8_t name[LIMIT_NAME_SIZE + 1];
        memset(name, 'x', sizeof(name));
        assert_null(name_problem((struct ansa_bytes){ name, LIMIT_NAME_SIZE }));
        assert_non_null(name_problem((struct ansa_bytes){ name, LIMIT_NAME_SIZE + 1 }));

        uint8_t key[NAME_KEY_SIZE_MAX];
        size_t size;
        struct ansa_bytes longest = { name, LIMIT_NAME_SIZE };
        assert_int_equal(name_fold(longest, false, key, sizeof(key), &size), ANSA_OK);
        assert_int_equal(size, sizeof(key));
        assert_int_equal(name_fold(longest, false, key, sizeof(key) - 1, &size), ANSA_E_LIMIT);
        assert_int_equal(size, 0);
        assert_int_equal(name_fold(ANSA_BYTES_LIT("/"), false, key, 1, &size), ANSA_OK);
        assert_int_equal(name_fold(ANSA_BYTES_LIT("/"), false, key, 0, &size), ANSA_E_LIMIT);
}

static void folds(void **state)
{
        static const struct {
                const char *name, *insensitive, *sensitive;
        } rows[] = {
                { "35.test/Abc", "35.TEST/ABC", "35.TEST/Abc" },
                { "35.test", "0.NA/35.TEST", "0.NA/35.TEST" },
                { "0.na/35.test", "0.NA/35.TEST", "0.NA/35.TEST" },
                { "a/b/C", "A/B/C", "A/b/C" },
                { "35.t\xc3\xa9/\xc3\xa9z", "35.T\xc3\xa9/\xc3\xa9Z", "35.T\xc3\xa9/\xc3\xa9z" },
                { "35.x/", "35.X/", "35.X/" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                uint8_t key[NAME_KEY_SIZE_MAX];
                size_t size;
                struct ansa_bytes name = ansa_bytes_text(rows[i].name);
                assert_int_equal(name_fold(name, false, key, sizeof(key), &size), ANSA_OK);
                assert_octets(rows[i].name, (struct ansa_bytes){ key, size }, rows[i].insensitive);
                assert_int_equal(name_fold(name, true, key, sizeof(key), &size), ANSA_OK);
                assert_octets(rows[i].name, (struct ansa_bytes){ key, size }, rows[i].sensitive);
        }
}

/* name_equal says what name_fold says, for every pair. */
static void equality_is_that_of_the_keys(void **state)
{
        static const char *const names[] = {
                "35.TEST/a", "35.test/A", "35.TEST/b",    "35.TEST/ab",
                "35.TEST",   "35.test",   "0.NA/35.test", "0.na/35.TEST",
                "0.NA/0.NA", "0.na",      "35.TEST/",     "35.TES/Ta",
                "/",         "",
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(names) * COUNT_OF(names); i++) {
                struct ansa_bytes a = ansa_bytes_text(names[i / COUNT_OF(names)]);
                struct ansa_bytes b = ansa_bytes_text(names[i % COUNT_OF(names)]);
                for (int sensitive = 0; sensitive < 2; sensitive++) {
                        uint8_t ka[64], kb[64];
                        size_t na, nb;
                        assert_int_equal(name_fold(a, sensitive, ka, sizeof(ka), &na), ANSA_OK);
                        assert_int_equal(name_fold(b, sensitive, kb, sizeof(kb), &nb), ANSA_OK);
                        bool want = na == nb && memcmp(ka, kb, na) == 0;
                        if (name_equal(a, b, sensitive) != want)
                                fail_msg("%s, %s: sensitive %d", names[i / COUNT_OF(names)],
                                         names[i % COUNT_OF(names)], sensitive);
                }
        }
        assert_true(name_equal(ANSA_BYTES_LIT("35.TEST"), ANSA_BYTES_LIT("0.na/35.test"), true));
        assert_false(name_equal(ANSA_BYTES_LIT("35.TEST/a"), ANSA_BYTES_LIT("35.TEST/A"), true));
}

static void finds_prefix_records_and_parents(void **state)
{
        static const struct {
                const char *name;
                bool is_record;
                const char *record;
                const char *parent; /* NULL: none */
                bool is_global;
        } rows[] = {
                { "35.TEST/1", false, "0.NA/35.TEST", NULL, false },
                { "a.b.c/x", false, "0.NA/a.b.c", NULL, false },
                { "0.NA/a.b.c", true, "0.NA/0.NA", "0.NA/a.b", true },
                { "0.NA/a.b", true, "0.NA/0.NA", "0.NA/a", true },
                { "0.na/a", true, "0.NA/0.na", "0.NA/0.NA", true },
                { "0.NA/0.NA", true, "0.NA/0.NA", NULL, true },
                { "0.na/0.na", true, "0.NA/0.na", NULL, true },
                { "35.TEST", true, "0.NA/0.NA", "0.NA/35", true },
                { "0.NA/a/b", true, "0.NA/0.NA", NULL, true },
                { "0.NA/.a", true, "0.NA/0.NA", NULL, true },
                { "0.NA/", true, "0.NA/0.NA", NULL, true },
                { "0.TYPE/URL", false, "0.NA/0.TYPE", NULL, true },
                { "0.0/0.0", false, "0.NA/0.0", NULL, true },
                { "0/x", false, "0.NA/0", NULL, true },
                { "00/x", false, "0.NA/00", NULL, false },
                { "/", false, "0.NA/", NULL, false },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_bytes name = ansa_bytes_text(rows[i].name);
                uint8_t at[64];
                assert_int_equal(name_is_prefix_record(name), rows[i].is_record);
                assert_int_equal(name_is_global(name), rows[i].is_global);
                struct buf b = buf_over(at, sizeof(at));
                name_put_prefix_record(name, &b);
                assert_octets(rows[i].name, buf_written(&b), rows[i].record);
                buf_reset(&b);
                assert_int_equal(name_put_parent(name, &b), rows[i].parent != NULL);
                assert_octets(rows[i].name, buf_written(&b),
                              rows[i].parent != NULL ? rows[i].parent : "");
        }
}

/* The table of irp-service 3.1. */
static void hashes_as_the_specification(void **state)
{
        static const struct {
                const char *name;
                enum ansa_hash_option option;
                uint32_t hash, mod3, mod4;
        } rows[] = {
                { "35.TEST/1", ANSA_HASH_PREFIX, 349452868, 1, 0 },
                { "35.TEST/1", ANSA_HASH_SUFFIX, 1869972635, 2, 3 },
                { "35.TEST/1", ANSA_HASH_ALL, 1813012369, 1, 1 },
                { "10.1000/abc", ANSA_HASH_ALL, 205920229, 1, 1 },
                { "10.1000/ABC", ANSA_HASH_ALL, 205920229, 1, 1 },
                { "20.500.123/Thing", ANSA_HASH_SUFFIX, 250938804, 0, 0 },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                uint32_t hash = name_hash(ansa_bytes_text(rows[i].name), rows[i].option);
                if (hash != rows[i].hash || hash % 3 != rows[i].mod3 || hash % 4 != rows[i].mod4)
                        fail_msg("%s, option %d: %u", rows[i].name, (int)rows[i].option, hash);
        }
        /* A slashless name lives where its full form does, a long one is hashed whole. */
        assert_int_equal(name_hash(ANSA_BYTES_LIT("35.test"), ANSA_HASH_ALL),
                         name_hash(ANSA_BYTES_LIT("0.NA/35.TEST"), ANSA_HASH_ALL));
        uint8_t text[LIMIT_NAME_SIZE];
        memset(text, 'a', sizeof(text));
        text[1] = '/';
        uint32_t lower = name_hash((struct ansa_bytes){ text, sizeof(text) }, ANSA_HASH_ALL);
        memset(text + 2, 'A', sizeof(text) - 2);
        assert_int_equal(name_hash((struct ansa_bytes){ text, sizeof(text) }, ANSA_HASH_ALL),
                         lower);
        text[sizeof(text) - 1] = 'b';
        assert_int_not_equal(name_hash((struct ansa_bytes){ text, sizeof(text) }, ANSA_HASH_ALL),
                             lower);
}

static void strips_what_users_type(void **state)
{
        static const struct {
                const char *typed, *name;
        } rows[] = {
                { "10.1000/abc", "10.1000/abc" },
                { "hdl:10.1000/abc", "10.1000/abc" },
                { "HDL:10.1000/abc", "10.1000/abc" },
                { "doi:10.1000/abc", "10.1000/abc" },
                { "info:hdl/10.1000/abc", "10.1000/abc" },
                { "info:doi/10.1000/abc", "10.1000/abc" },
                { "urn:hdl:10.1000/abc", "10.1000/abc" },
                { "URN:DOI:10.1000/abc", "10.1000/abc" },
                { "https://hdl.handle.net/10.1000/abc", "10.1000/abc" },
                { "http://hdl.handle.net/10.1000/abc", "10.1000/abc" },
                { "https://doi.org/10.1000/abc", "10.1000/abc" },
                { "http://DOI.org/10.1000/abc", "10.1000/abc" },
                { "https://dx.doi.org/10.1000/abc", "10.1000/abc" },
                { "http://dx.doi.org/10.1000/abc", "10.1000/abc" },
                { "https://doi.org/10.1000/a%20b", "10.1000/a%20b" },
                { "hdl:doi:10.1000/abc", "doi:10.1000/abc" },
                { "https://example.org/10.1000/abc", "https://example.org/10.1000/abc" },
                { "hdl:", "" },
                { "hdl", "hdl" },
                { "", "" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++)
                assert_octets(rows[i].typed, name_from_user(ansa_bytes_text(rows[i].typed)),
                              rows[i].name);
}

static void reads_references(void **state)
{
        static const struct {
                const char *text;
                enum ansa_err err;
                uint32_t index;
                const char *name;
        } rows[] = {
                { "300:0.NA/35.TEST", ANSA_OK, 300, "0.NA/35.TEST" },
                { "0.NA/35.TEST", ANSA_OK, 0, "0.NA/35.TEST" },
                { "0:35.TEST/a:b", ANSA_OK, 0, "35.TEST/a:b" },
                { "35.TEST/5:b", ANSA_OK, 0, "35.TEST/5:b" },
                { ":35.TEST", ANSA_OK, 0, ":35.TEST" },
                { "4294967295:x/y", ANSA_OK, UINT32_MAX, "x/y" },
                { "4294967296:x/y", ANSA_E_LIMIT, 0, "" },
                { "300:", ANSA_E_MALFORMED, 0, "" },
                { "", ANSA_E_MALFORMED, 0, "" },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct ansa_ref ref;
                assert_int_equal(ref_from_text(ansa_bytes_text(rows[i].text), &ref), rows[i].err);
                assert_int_equal(ref.index, rows[i].index);
                assert_octets(rows[i].text, ref.name, rows[i].name);
                if (rows[i].err != ANSA_OK)
                        continue;
                uint8_t at[64];
                struct buf b = buf_over(at, sizeof(at));
                ref_put_text(&ref, &b);
                struct ansa_ref again;
                assert_int_equal(ref_from_text(buf_written(&b), &again), ANSA_OK);
                assert_int_equal(again.index, ref.index);
                assert_octets(rows[i].text, again.name, rows[i].name);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(splits_at_the_first_slash),
                cmocka_unit_test(tells_what_is_no_identifier),
                cmocka_unit_test(limits_the_size),
                cmocka_unit_test(folds),
                cmocka_unit_test(equality_is_that_of_the_keys),
                cmocka_unit_test(finds_prefix_records_and_parents),
                cmocka_unit_test(hashes_as_the_specification),
                cmocka_unit_test(strips_what_users_type),
                cmocka_unit_test(reads_references),
        };
        return cmocka_run_group_tests_name("wire/name", tests, NULL, NULL);
}
