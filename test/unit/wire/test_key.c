/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and private key files (irp-wire 6.5, 6.6; registries 8.3). */
#include "octets.h"
#include "wire/data.h"

#include <stdio.h>

#define RSA_PUB "0000000b 5253415f5055425f4b4559 0000" /* "RSA_PUB_KEY", flags */
#define TOY_E   "00000003 010001"
#define TOY_N   "00000009 00c511111111111111"
static const char toy_rsa[] =
        "00 00 00 0b 52 53 41 5f 50 55 42 5f 4b 45 59 00 00 00 00 00 03 01 00 01"
        "00 00 00 09 00 c5 11 11 11 11 11 11 11";

static void decodes_the_rsa_example(void **state)
{
        (void)state;
        struct ansa_bytes wire = octets_hex(toy_rsa);
        struct ansa_key key;
        assert_int_equal(key_decode(wire, &key), ANSA_OK);
        assert_int_equal(key.kind, ANSA_KEY_RSA);
        assert_false(key.is_private);
        assert_int_equal(key.part_count, 2);
        assert_true(ansa_bytes_equal(key.part[0], ANSA_BYTES_LIT("\1\0\1")));
        assert_true(
                ansa_bytes_equal(key.part[1], ANSA_BYTES_LIT("\xc5\x11\x11\x11\x11\x11\x11\x11")));

        uint8_t at[64];
        struct buf b = buf_over(at, sizeof(at));
        key_encode(&key, &b);
        assert_true(ansa_bytes_equal(buf_written(&b), wire));
        bytes_free(wire);
}

/* registries 8.3: how published DSA keys begin; the integers after it are made up to the size. */
static void decodes_the_published_dsa_form(void **state)
{
        (void)state;
        struct buf b = buf_growing(4096);
        struct ansa_bytes front = octets_hex("0000000b 4453415f5055425f4b4559 0000 00000015"
                                             "00976050 8f15");
        buf_bytes(&b, front);
        for (size_t i = 6; i < 21; i++)
                buf_u8(&b, (uint8_t)i); /* the rest of q */
        for (size_t i = 0; i < 3; i++) {
                buf_u32(&b, 129);
                buf_u8(&b, 0);
                for (size_t n = 1; n < 129; n++)
                        buf_u8(&b, (uint8_t)(0x80 + i + n % 64));
        }
        struct ansa_bytes wire = bytes_copy(buf_written(&b));
        struct ansa_key key;
        assert_int_equal(key_decode(wire, &key), ANSA_OK);
        assert_int_equal(key.kind, ANSA_KEY_DSA);
        assert_int_equal(key.part_count, 4);
        assert_int_equal(key.part[0].size, 20);
        assert_memory_equal(key.part[0].at, "\x97\x60\x50\x8f\x15", 5);
        assert_int_equal(key.part[1].size, 128);
        assert_int_equal(key.part[2].size, 128);
        assert_int_equal(key.part[3].size, 128);
        buf_reset(&b);
        key_encode(&key, &b);
        assert_true(ansa_bytes_equal(buf_written(&b), wire));
        bytes_free(wire);
        bytes_free(front);
        buf_fini(&b);
}

#define SEED "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const struct key_case {
        const char *name;
        const char *hex;
        bool is_private;
        enum ansa_err want;
        bool same; /* encodes to the same octets */
} cases[] = {
        { "RSA", toy_rsa, false, ANSA_OK, true },
        { "four surplus octets", RSA_PUB TOY_E "00000009 00c511111111111111 00000000", false,
          ANSA_OK, false },
        { "surplus not zero", RSA_PUB TOY_E "00000001 11 00000001", false, ANSA_E_TRAILING, false },
        { "three surplus octets", RSA_PUB TOY_E "00000001 11 000000", false, ANSA_E_TRAILING,
          false },
        { "five surplus octets", RSA_PUB TOY_E "00000001 11 0000000000", false, ANSA_E_TRAILING,
          false },
        { "no sign octet", RSA_PUB TOY_E "00000002 c511", false, ANSA_OK, false },
        { "needless sign octets", RSA_PUB TOY_E "00000003 000011", false, ANSA_OK, false },
        { "zero", RSA_PUB TOY_E "00000001 00", false, ANSA_E_MALFORMED, false },
        { "empty integer", RSA_PUB TOY_E "00000000", false, ANSA_E_MALFORMED, false },
        { "flags are ignored", "0000000b 5253415f5055425f4b4559 0001" TOY_E "00000001 11", false,
          ANSA_OK, false },
        { "integer of 2050 octets", RSA_PUB "00000802", false, ANSA_E_LIMIT, false },
        { "integer of 2049 octets", RSA_PUB "00000801", false, ANSA_E_TRUNCATED, false },
        { "huge integer", RSA_PUB "ffffffff", false, ANSA_E_LIMIT, false },
        { "surplus after a DSA key",
          "0000000b 4453415f5055425f4b4559 0000 00000001 01 00000001 02 00000001 03 00000001 04"
          "00000000",
          false, ANSA_E_TRAILING, false },
        { "DSA",
          "0000000b 4453415f5055425f4b4559 0000 00000001 01 00000001 02 00000001 03 00000001 04",
          false, ANSA_OK, true },
        { "DH", "0000000a 44485f5055425f4b4559 0000 00000001 01 00000001 02 00000001 03", false,
          ANSA_OK, true },
        { "Ed25519", "0000000f 454432353531395f5055425f4b4559 0000 00000020" SEED, false, ANSA_OK,
          true },
        { "Ed25519 of 31 octets", "0000000f 454432353531395f5055425f4b4559 0000 0000001f" SEED,
          false, ANSA_E_MALFORMED, false },
        { "Ed25519 of 33 octets", "0000000f 454432353531395f5055425f4b4559 0000 00000021" SEED "00",
          false, ANSA_E_MALFORMED, false },
        { "unknown type", "00000003 585858 0000 00000001 01", false, ANSA_E_UNSUPPORTED, false },
        { "type without its case", "0000000b 7273615f5055425f4b4559 0000" TOY_E TOY_N, false,
          ANSA_E_UNSUPPORTED, false },
        { "private type as public", "0000000c 5253415f505249565f4b4559 00000001 11 00000001 12",
          false, ANSA_E_UNSUPPORTED, false },
        { "public type as private", toy_rsa, true, ANSA_E_UNSUPPORTED, false },
        { "RSA private", "0000000c 5253415f505249565f4b4559 00000001 11 00000001 12", true, ANSA_OK,
          true },
        { "RSA private with CRT",
          "0000000f 5253415f505249564352545f4b4559 00000001 11 00000001 12 00000001 13 00000001 14"
          "00000001 15 00000001 16 00000001 17 00000001 18",
          true, ANSA_OK, true },
        { "RSA private with surplus",
          "0000000c 5253415f505249565f4b4559 00000001 11 00000001 12 00000000", true, ANSA_OK,
          false },
        { "DSA private",
          "0000000c 4453415f505249565f4b4559 00000001 11 00000001 12 00000001 13 00000001 14", true,
          ANSA_OK, true },
        { "DH private", "0000000b 44485f505249565f4b4559 00000001 11 00000001 12 00000001 13", true,
          ANSA_OK, true },
        { "Ed25519 private", "00000010 454432353531395f505249565f4b4559 00000020" SEED, true,
          ANSA_OK, true },
        { "Ed25519 private and more",
          "00000010 454432353531395f505249565f4b4559 00000020" SEED "00000000", true,
          ANSA_E_TRAILING, false },
};

static enum ansa_err decode(struct ansa_bytes wire, bool is_private, struct ansa_key *key)
{
        return is_private ? private_key_decode(wire, key) : key_decode(wire, key);
}

static void check_encoding(const struct key_case *t, struct ansa_bytes wire,
                           const struct ansa_key *key)
{
        struct buf b = buf_growing(8192);
        if (t->is_private)
                private_key_encode(key, &b);
        else
                key_encode(key, &b);
        if (ansa_bytes_equal(buf_written(&b), wire) != t->same)
                fail_msg("%s: encoding", t->name);
        struct ansa_key again;
        assert_int_equal(decode(buf_written(&b), t->is_private, &again), ANSA_OK);
        assert_true(key_equal(key, &again));
        buf_fini(&b);
}

static void decodes_each_case(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const struct key_case *t = &cases[i];
                struct ansa_bytes wire = octets_hex(t->hex);
                struct ansa_key key;
                enum ansa_err err = decode(wire, t->is_private, &key);
                if (err != t->want)
                        fail_msg("%s: %s", t->name, ansa_err_text(err));
                if (err == ANSA_OK)
                        check_encoding(t, wire, &key);
                else
                        assert_int_equal(key.kind, ANSA_KEY_NONE);
                bytes_free(wire);
        }
}

static void refuses_every_prefix(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                if (!cases[i].same)
                        continue;
                struct ansa_bytes wire = octets_hex(cases[i].hex);
                for (size_t n = 0; n < wire.size; n++) {
                        struct ansa_bytes copy = bytes_copy((struct ansa_bytes){ wire.at, n });
                        struct ansa_key key;
                        if (decode(copy, cases[i].is_private, &key) != ANSA_E_TRUNCATED)
                                fail_msg("%s: cut at %zu", cases[i].name, n);
                        bytes_free(copy);
                }
                bytes_free(wire);
        }
}

static void compares_by_value(void **state)
{
        (void)state;
        struct ansa_key a = {
                ANSA_KEY_RSA, false, 2, { ANSA_BYTES_LIT("\3"), ANSA_BYTES_LIT("\x81") }
        };
        struct ansa_key b = a;
        assert_true(key_equal(&a, &b));
        b.part[1] = ANSA_BYTES_LIT("\0\0\x81");
        assert_true(key_equal(&a, &b));
        b.part[1] = ANSA_BYTES_LIT("\x81\0");
        assert_false(key_equal(&a, &b));
        b = a;
        b.is_private = true;
        assert_false(key_equal(&a, &b));
        b = a;
        b.kind = ANSA_KEY_RSA_CRT;
        assert_false(key_equal(&a, &b));
        b = a;
        b.part_count = 1;
        assert_false(key_equal(&a, &b));
}

static void refuses_to_encode_nonsense(void **state)
{
        const struct ansa_key rows[] = {
                { ANSA_KEY_NONE, false, 0, { { 0 } } },
                { ANSA_KEY_RSA, false, 1, { ANSA_BYTES_LIT("\3") } },
                { ANSA_KEY_RSA, false, 2, { ANSA_BYTES_LIT("\3"), { 0 } } },
                { ANSA_KEY_RSA, true, 2, { ANSA_BYTES_LIT("\3"), ANSA_BYTES_LIT("\5") } },
                { ANSA_KEY_RSA_CRT, false, 8, { { 0 } } },
                { ANSA_KEY_ED25519, false, 1, { ANSA_BYTES_LIT("short") } },
        };
        (void)state;
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
                struct buf b = buf_growing(4096);
                key_encode(&rows[i], &b);
                assert_int_equal(b.err, ANSA_E_ARGUMENT);
                buf_fini(&b);
        }
}

static const struct file_case {
        const char *name;
        const char *hex;
        enum ansa_err want;
        enum key_file_form form;
        size_t iv_size;
        size_t payload_size;
} files[] = {
        { "DES-ECB", "00000000 aabb", ANSA_OK, KEY_FILE_DES_ECB, 0, 2 },
        { "plain", "00000001 0000000c 5253415f505249565f4b4559", ANSA_OK, KEY_FILE_PLAIN, 0, 16 },
        { "DES-CBC", "00000002 0102030405060708 aabbcc", ANSA_OK, KEY_FILE_DES_CBC, 8, 3 },
        { "3DES", "00000003 00000002 0102 00002710 000000c0 00000001 03 00000002 aabb", ANSA_OK,
          KEY_FILE_PBKDF2_3DES, 1, 2 },
        { "AES", "00000004 00000002 0102 00002710 00000080 00000001 03 00000002 aabb", ANSA_OK,
          KEY_FILE_PBKDF2_AES, 1, 2 },
        { "bare", "0000000c 5253415f505249565f4b4559", ANSA_OK, KEY_FILE_BARE, 0, 16 },
        { "short IV", "00000002 01020304050607", ANSA_E_TRUNCATED, 0, 0, 0 },
        { "AES and more", "00000004 00000000 00002710 00000080 00000000 00000000 00",
          ANSA_E_TRAILING, 0, 0, 0 },
        { "huge salt", "00000004 ffffffff", ANSA_E_LIMIT, 0, 0, 0 },
        { "form 5", "00000005 aabb", ANSA_E_UNSUPPORTED, 0, 0, 0 },
        { "form 9", "00000009 aabb", ANSA_E_UNSUPPORTED, 0, 0, 0 },
        { "empty", "", ANSA_E_TRUNCATED, 0, 0, 0 },
        { "three octets", "000000", ANSA_E_TRUNCATED, 0, 0, 0 },
};

static void reads_key_files(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(files); i++) {
                const struct file_case *t = &files[i];
                struct ansa_bytes wire = octets_hex(t->hex);
                struct key_file f;
                enum ansa_err err = key_file_decode(wire, &f);
                if (err != t->want || f.form != t->form || f.iv.size != t->iv_size ||
                    f.payload.size != t->payload_size)
                        fail_msg("%s: %s", t->name, ansa_err_text(err));
                if (err == ANSA_OK) {
                        uint8_t at[64];
                        struct buf b = buf_over(at, sizeof(at));
                        key_file_encode(&f, &b);
                        if (!ansa_bytes_equal(buf_written(&b), wire))
                                fail_msg("%s: encodes differently", t->name);
                }
                bytes_free(wire);
        }
}

static void refuses_every_prefix_of_a_file(void **state)
{
        (void)state;
        struct ansa_bytes wire = octets_hex(files[4].hex);
        for (size_t n = 0; n < wire.size; n++) {
                struct ansa_bytes copy = bytes_copy((struct ansa_bytes){ wire.at, n });
                struct key_file f;
                assert_int_equal(key_file_decode(copy, &f), ANSA_E_TRUNCATED);
                bytes_free(copy);
        }
        bytes_free(wire);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(decodes_the_rsa_example),
                cmocka_unit_test(decodes_the_published_dsa_form),
                cmocka_unit_test(decodes_each_case),
                cmocka_unit_test(refuses_every_prefix),
                cmocka_unit_test(compares_by_value),
                cmocka_unit_test(refuses_to_encode_nonsense),
                cmocka_unit_test(reads_key_files),
                cmocka_unit_test(refuses_every_prefix_of_a_file),
        };
        return cmocka_run_group_tests_name("wire/key", tests, NULL, NULL);
}
