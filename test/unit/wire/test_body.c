/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every body of irp-wire 4: one row a rule. Each row is decoded and encoded again; every
 * strict prefix of a good body is refused, except those that the row says are good too.
 */
#include "../support.h"

#include "base/limits.h"
#include "wire/body.h"

typedef enum ansa_err (*recode_fn)(struct ansa_bytes body, struct buf *b);

/* recode_<body>: decode, and encode what was decoded. */
#define RECODE(body)                                                              \
        static enum ansa_err recode_##body(struct ansa_bytes wire, struct buf *b) \
        {                                                                         \
                struct body decoded;                                              \
                struct body zero;                                                 \
                memset(&decoded, 0xa5, sizeof(decoded));                          \
                memset(&zero, 0, sizeof(zero));                                   \
                enum ansa_err err = body##_decode(wire, &decoded);                \
                if (err == ANSA_OK)                                               \
                        body##_encode(&decoded, b);                               \
                else                                                              \
                        assert_memory_equal(&decoded, &zero, sizeof(zero));       \
                return err;                                                       \
        }
RECODE(resolve_request)
RECODE(record_body)
RECODE(remove_request)
RECODE(referral_body)
RECODE(answer_request)
RECODE(public_answer)
RECODE(secret_answer)
RECODE(verify_request)
RECODE(session_request)
RECODE(session_response)
RECODE(dump_request)

static enum ansa_err recode_name(struct ansa_bytes wire, struct buf *b)
{
        struct ansa_bytes name;
        enum ansa_err err = name_body_decode(wire, &name);
        if (err == ANSA_OK)
                name_body_encode(name, b);
        return err;
}

static enum ansa_err recode_create_response(struct ansa_bytes wire, struct buf *b)
{
        struct ansa_bytes name;
        enum ansa_err err = create_response_decode(wire, &name);
        if (err == ANSA_OK && name.size > 0)
                name_body_encode(name, b);
        return err;
}

static enum ansa_err recode_list(struct ansa_bytes wire, struct buf *b)
{
        struct text_list names;
        struct ansa_bytes name;
        enum ansa_err err = list_body_decode(wire, &names);
        if (err != ANSA_OK)
                return err;
        buf_u32(b, names.count);
        while (text_list_next(&names, &name) == ANSA_OK)
                buf_block(b, name);
        assert_int_equal(names.count + names.wire.size, 0);
        return ANSA_OK;
}

static enum ansa_err recode_error(struct ansa_bytes wire, struct buf *b)
{
        struct error_body e;
        enum ansa_err err = error_body_decode(wire, &e);
        if (err != ANSA_OK)
                return err;
        error_body_encode(e.text, b);
        if (e.indexes.count > 0)
                buf_u32(b, e.indexes.count);
        for (uint32_t i = 0; i < e.indexes.count; i++)
                buf_u32(b, index_list_at(&e.indexes, i));
        return ANSA_OK;
}

static enum ansa_err recode_site(struct ansa_bytes wire, struct buf *b)
{
        struct ansa_bytes site;
        enum ansa_err err = site_body_decode(wire, &site);
        buf_bytes(b, site);
        return err;
}

static enum ansa_err recode_verify_response(struct ansa_bytes wire, struct buf *b)
{
        bool is_valid;
        enum ansa_err err = verify_response_decode(wire, &is_valid);
        assert_true(err == ANSA_OK || !is_valid);
        buf_u8(b, is_valid);
        return err;
}

static enum ansa_err recode_challenge_as(struct ansa_bytes wire, uint16_t version, struct buf *b)
{
        struct challenge_body c;
        enum ansa_err err = challenge_body_decode(wire, version, version >= VERSION(2, 1), &c);
        if (err == ANSA_OK)
                challenge_body_encode(&c, version, b);
        else
                assert_true(c.nonce.size == 0 && c.digest.digest.size == 0);
        return err;
}

static enum ansa_err recode_challenge(struct ansa_bytes wire, struct buf *b)
{
        return recode_challenge_as(wire, VERSION(2, 11), b);
}

static enum ansa_err recode_challenge_2_0(struct ansa_bytes wire, struct buf *b)
{
        return recode_challenge_as(wire, VERSION(2, 0), b);
}

static enum ansa_err recode_retrieve_as(struct ansa_bytes wire, uint16_t version, struct buf *b)
{
        struct retrieve_request r;
        enum ansa_err err = retrieve_request_decode(wire, version, &r);
        if (err == ANSA_OK)
                retrieve_request_encode(&r, version, b);
        else
                assert_true(!r.has_state && r.last_txn_id == 0 && r.server_count == 0);
        return err;
}

static enum ansa_err recode_retrieve(struct ansa_bytes wire, struct buf *b)
{
        return recode_retrieve_as(wire, VERSION(2, 9), b);
}

static enum ansa_err recode_retrieve_2_8(struct ansa_bytes wire, struct buf *b)
{
        return recode_retrieve_as(wire, VERSION(2, 8), b);
}

/* clang-format off */
#define NAME   "00000009 '35.TEST/1'"
#define ADMIN  "0000000c '0.NA/35.TEST'"
#define VALUE  "00000001 5f5e1000 00 00015180 0e 00000003 'URL' 00000002 'hi' 00000000"
#define MD5    "da3a93a3099f8d022496b053935ea5f3"
#define SHA1   "2d128aff7df08e849142153f334e8be1a97c89ee"
#define SHA256 "74c3bf262bd5de32782fdc23f06f43a94bbc158b9ac4a856bb88134f37c05b62"
#define NONCE  "00000010 000102030405060708090a0b0c0d0e0f"

#define SAME NULL /* encodes to what was decoded */

static const struct body_case {
        const char *name;
        recode_fn recode;
        const char *hex;
        enum ansa_err want;
        const char *want_hex;
        unsigned good_prefixes; /* strict prefixes that are bodies too */
} cases[] = {
        /* 4.1 */
        { "all values", recode_resolve_request, NAME "00000000 00000000", ANSA_OK, SAME, 0 },
        { "index 1 and type URL", recode_resolve_request,
          NAME "00000001 00000001 00000001 00000003 'URL'", ANSA_OK, SAME, 0 },
        { "several of each", recode_resolve_request,
          NAME "00000002 00000001 ffffffff 00000002 00000000 00000004 'URL.'", ANSA_OK, SAME, 0 },
        { "an octet behind the types", recode_resolve_request, NAME "00000000 00000000 00",
          ANSA_E_TRAILING, SAME, 0 },
        { "negative name length", recode_resolve_request, "80000009 '35.TEST/1'", ANSA_E_LIMIT,
          SAME, 0 },
        { "name over the limit", recode_resolve_request, "00000801 '35.TEST/1'", ANSA_E_LIMIT,
          SAME, 0 },
        { "negative index count", recode_resolve_request, NAME "80000000 00000000", ANSA_E_LIMIT,
          SAME, 0 },
        { "more indexes than octets", recode_resolve_request, NAME "00000002 00000001",
          ANSA_E_TRUNCATED, SAME, 0 },
        { "too many indexes", recode_resolve_request, NAME "00000801", ANSA_E_LIMIT, SAME, 0 },
        { "too many types", recode_resolve_request, NAME "00000000 00000801", ANSA_E_LIMIT,
          SAME, 0 },
        { "greatest type count", recode_resolve_request, NAME "00000000 ffffffff", ANSA_E_LIMIT,
          SAME, 0 },
        { "negative type length", recode_resolve_request, NAME "00000000 00000001 ffffffff",
          ANSA_E_LIMIT, SAME, 0 },
        { "record with a value", recode_record_body, NAME "00000001" VALUE, ANSA_OK, SAME, 0 },
        { "record with two", recode_record_body, NAME "00000002" VALUE VALUE, ANSA_OK, SAME, 0 },
        { "record without values", recode_record_body, NAME "00000000", ANSA_OK, SAME, 0 },
        { "more values than octets", recode_record_body, NAME "00000002" VALUE, ANSA_E_TRUNCATED,
          SAME, 0 },
        { "fewer values than octets", recode_record_body, NAME "00000001" VALUE VALUE,
          ANSA_E_TRAILING, SAME, 0 },
        { "too many values", recode_record_body, NAME "00000801" VALUE, ANSA_E_LIMIT, SAME, 0 },
        { "negative value count", recode_record_body, NAME "80000001" VALUE, ANSA_E_LIMIT,
          SAME, 0 },
        { "a bad value", recode_record_body,
          NAME "00000001 00000001 5f5e1000 00 00015180 0e 80000000 00000000 00000000",
          ANSA_E_LIMIT, SAME, 0 },
        /* 4.2 */
        { "raw site", recode_site, "0001020b 00018002", ANSA_OK, SAME, 4 },
        { "site behind its length", recode_site, "00000008 0001020b 00018002", ANSA_OK,
          "0001020b 00018002", 8 },
        { "no site", recode_site, "000102", ANSA_E_TRUNCATED, SAME, 0 },
        /* 4.3 */
        { "error text", recode_error, "00000005 'sorry'", ANSA_OK, SAME, 1 },
        { "error without text", recode_error, "00000000", ANSA_OK, SAME, 1 },
        { "error without a body", recode_error, "", ANSA_OK, "00000000", 0 },
        { "error with indexes", recode_error, "00000002 'no' 00000002 00000001 00000007", ANSA_OK,
          SAME, 13 },
        { "error with more behind it", recode_error, "00000002 'no' ffffffff 00", ANSA_OK,
          "00000002 'no'", 6 },
        { "error text ends early", recode_error, "00000005 'sorr'", ANSA_E_TRUNCATED, SAME, 0 },
        { "negative error text", recode_error, "ffffffff", ANSA_E_LIMIT, SAME, 0 },
        { "302 to a service", recode_referral_body, "00000006 '10.SRV'", ANSA_OK, SAME, 0 },
        { "302 with sites, 303", recode_referral_body, "00000000 00000001" VALUE, ANSA_OK,
          SAME, 1 },
        { "referral with no values told", recode_referral_body, "00000000 00000000", ANSA_OK,
          SAME, 1 },
        { "referral with more behind it", recode_referral_body, "00000000 00000000 00",
          ANSA_E_TRAILING, SAME, 0 },
        { "referral without a name", recode_referral_body, "", ANSA_E_TRUNCATED, SAME, 0 },
        /* 4.4 to 4.8 */
        { "created, by an old server", recode_create_response, "", ANSA_OK, SAME, 0 },
        { "created", recode_create_response, NAME, ANSA_OK, SAME, 1 },
        { "created, and more", recode_create_response, NAME "00", ANSA_E_TRAILING, SAME, 0 },
        { "name", recode_name, NAME, ANSA_OK, SAME, 0 },
        { "blank identifier", recode_name, "00000001 '/'", ANSA_OK, SAME, 0 },
        { "name and more", recode_name, NAME "0000", ANSA_E_TRAILING, SAME, 0 },
        { "remove", recode_remove_request, NAME "00000002 00000001 00000003", ANSA_OK, SAME, 0 },
        { "remove nothing", recode_remove_request, NAME "00000000", ANSA_OK, SAME, 0 },
        { "remove and more", recode_remove_request, NAME "00000000 00000001", ANSA_E_TRAILING,
          SAME, 0 },
        /* 4.9 */
        { "list", recode_list, "00000002" NAME "00000001 'a'", ANSA_OK, SAME, 0 },
        { "empty list", recode_list, "00000000", ANSA_OK, SAME, 0 },
        { "list and more", recode_list, "00000000 00", ANSA_E_TRAILING, SAME, 0 },
        { "list of more than there is", recode_list, "00000002 00000000", ANSA_E_TRUNCATED,
          SAME, 0 },
        { "negative list", recode_list, "ffffffff 00000000", ANSA_E_LIMIT, SAME, 0 },
        /* 4.10 */
        { "challenge", recode_challenge, "03" SHA256 NONCE, ANSA_OK, SAME, 0 },
        { "challenge with SHA-1", recode_challenge, "02" SHA1 NONCE, ANSA_OK, SAME, 0 },
        { "challenge with the old digest", recode_challenge, "00000010" MD5 NONCE, ANSA_OK,
          SAME, 0 },
        { "challenge and more", recode_challenge, "03" SHA256 NONCE "00", ANSA_E_TRAILING,
          SAME, 0 },
        { "challenge of 2.0", recode_challenge_2_0, NONCE "00000010" MD5, ANSA_OK, SAME, 0 },
        { "challenge of 2.0 with another digest", recode_challenge_2_0, NONCE "00000014" SHA1,
          ANSA_E_MALFORMED, SAME, 0 },
        /* 4.11 */
        { "answer", recode_answer_request,
          "00000009 'HS_PUBKEY'" ADMIN "0000012c 00000004 01020304", ANSA_OK, SAME, 0 },
        { "answer and more", recode_answer_request,
          "00000009 'HS_PUBKEY'" ADMIN "0000012c 00000000 00", ANSA_E_TRAILING, SAME, 0 },
        { "signature", recode_public_answer, "00000007 'SHA-256' 00000004 01020304", ANSA_OK,
          SAME, 0 },
        { "signature and more", recode_public_answer, "00000007 'SHA-256' 00000000 00",
          ANSA_E_TRAILING, SAME, 0 },
        { "0x01", recode_secret_answer, "01 571fdbb8e51573846d59607241ebc384", ANSA_OK, SAME, 1 },
        { "0x02", recode_secret_answer, "02 ffa67f97f29d36db6c04a2b5e34c29aa420eab2e", ANSA_OK,
          SAME, 1 },
        { "0x03", recode_secret_answer,
          "03 c6619747a0759289f2cfddef55520a794e4f3a867cdf26cd9192284066bd2146", ANSA_OK,
          SAME, 1 },
        { "0x11", recode_secret_answer, "11 571fdbb8e51573846d59607241ebc384", ANSA_OK, SAME, 1 },
        { "0x12", recode_secret_answer, "12 f733e154605d092c6dc4b7a5252a91da42bbfc56", ANSA_OK,
          SAME, 1 },
        { "0x13", recode_secret_answer,
          "13 f0be2548be3eafa7f70f84d29ed6880c0bb5eca09ae1baa99617c03eacf40cbf", ANSA_OK,
          SAME, 1 },
        { "0x22", recode_secret_answer,
          "22 00000010 101112131415161718191a1b1c1d1e1f 00002710 000000a0"
          "00000014 90ddece6f373 28cc4a64aca3faeafc79af62e8af", ANSA_OK, SAME, 1 },
        { "0x22 with another MAC", recode_secret_answer,
          "22 00000000 00002710 000000a0 00000010" MD5, ANSA_E_MALFORMED, SAME, 0 },
        { "bare MD5", recode_secret_answer, "571fdbb8e51573846d59607241ebc384", ANSA_OK, SAME, 0 },
        { "0x00 is never sent", recode_secret_answer, "00" MD5, ANSA_E_UNSUPPORTED, SAME, 0 },
        { "unknown code", recode_secret_answer, "04" MD5, ANSA_E_UNSUPPORTED, SAME, 0 },
        { "MAC too long", recode_secret_answer, "02" SHA1 "00", ANSA_E_TRAILING, SAME, 0 },
        { "no answer", recode_secret_answer, "", ANSA_E_TRUNCATED, SAME, 0 },
        /* 4.12 */
        { "verify", recode_verify_request,
          ADMIN "0000012c" NONCE "00000020" SHA256 "00000001 ff", ANSA_OK, SAME, 0 },
        { "verify with a coded digest", recode_verify_request,
          ADMIN "0000012c" NONCE "03" SHA256 "00000001 ff", ANSA_OK,
          ADMIN "0000012c" NONCE "00000020" SHA256 "00000001 ff", 0 },
        { "verify with a coded SHA-1", recode_verify_request,
          ADMIN "0000012c" NONCE "02" SHA1 "00000000", ANSA_OK,
          ADMIN "0000012c" NONCE "00000014" SHA1 "00000000", 0 },
        { "verify with an unknown digest", recode_verify_request,
          ADMIN "0000012c" NONCE "04" SHA1 "00000000", ANSA_E_UNSUPPORTED, SAME, 0 },
        { "verify with a digest of no size", recode_verify_request,
          ADMIN "0000012c" NONCE "00000000 00000000", ANSA_E_MALFORMED, SAME, 0 },
        { "verify with a long digest", recode_verify_request,
          ADMIN "0000012c" NONCE "00000021" SHA256 "00 00000000", ANSA_E_LIMIT, SAME, 0 },
        { "verify and more", recode_verify_request,
          ADMIN "0000012c" NONCE "00000010" MD5 "00000000 00", ANSA_E_TRAILING, SAME, 0 },
        { "valid", recode_verify_response, "01", ANSA_OK, SAME, 0 },
        { "not valid", recode_verify_response, "00", ANSA_OK, SAME, 0 },
        { "only bit 0 counts", recode_verify_response, "fe", ANSA_OK, "00", 0 },
        { "valid and more", recode_verify_response, "0101", ANSA_E_TRAILING, SAME, 0 },
        /* 4.14: two pad octets, also missing, and whatever else is behind */
        { "Diffie-Hellman", recode_session_request,
          "0004 00000e10 00000000 00000000 00000003 010203 0000", ANSA_OK, SAME, 2 },
        { "client key", recode_session_request,
          "0001 00000e10" ADMIN "0000012c 00000003 010203 0000", ANSA_OK, SAME, 2 },
        { "server key", recode_session_request, "0002 00000e10" ADMIN "0000012c 0000", ANSA_OK,
          SAME, 2 },
        { "no key", recode_session_request, "0000 00000e10" ADMIN "0000012c 0000", ANSA_OK,
          SAME, 2 },
        { "key in a record", recode_session_request,
          "0003 00000e10" ADMIN "0000012c" NAME "00000007 0000", ANSA_OK, SAME, 2 },
        { "set-up without pad", recode_session_request, "0002 00000e10" ADMIN "0000012c", ANSA_OK,
          "0002 00000e10" ADMIN "0000012c 0000", 0 },
        { "set-up with more behind it", recode_session_request,
          "0002 00000e10" ADMIN "0000012c 0102030405", ANSA_OK,
          "0002 00000e10" ADMIN "0000012c 0000", 5 },
        { "unknown mode", recode_session_request, "0005 00000e10" ADMIN "0000012c 0000",
          ANSA_E_UNSUPPORTED, SAME, 0 },
        { "set-up answer", recode_session_response, "0004 00000004 00000003 0000", ANSA_OK, SAME,
          2 },
        { "set-up answer without pad", recode_session_response, "0004 00000001 07", ANSA_OK,
          "0004 00000001 07 0000", 0 },
        /* 4.17 */
        { "transactions by number", recode_retrieve,
          "00 0000000000000005 0000018000000000 02 00000001 00000000", ANSA_OK, SAME, 0 },
        { "transactions by state", recode_retrieve, "01 00000002 '{}' 02 00000001 00000000",
          ANSA_OK, SAME, 0 },
        { "transactions by something else", recode_retrieve, "02 00000002 '{}' 02 00000001",
          ANSA_E_MALFORMED, SAME, 0 },
        { "transactions and more", recode_retrieve, "01 00000002 '{}' 02 00000001 00000000 00",
          ANSA_E_TRAILING, SAME, 0 },
        { "transactions of 2.8", recode_retrieve_2_8,
          "0000000000000005 ffffffffffffffff 02 00000001 00000000", ANSA_OK, SAME, 0 },
        /* 4.18 */
        { "dump", recode_dump_request, "02 00000001 00000000", ANSA_OK, SAME, 0 },
        { "dump from a starting point", recode_dump_request,
          "02 00000001 00000000" NAME "00000002", ANSA_OK, SAME, 1 },
        { "dump and more", recode_dump_request, "02 00000001 00000000" NAME "00000002 00",
          ANSA_E_TRAILING, SAME, 0 },
};
/* clang-format on */

static void decodes_and_encodes(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const struct body_case *t = &cases[i];
                struct sample s = sample_hex(t->hex);
                struct sample want = sample_hex(t->want_hex != SAME ? t->want_hex : t->hex);
                uint8_t *copy = heap_copy(sample_bytes(&s), s.size);
                uint8_t room[512];
                struct buf b = buf_over(room, sizeof(room));
                struct ansa_bytes wire = { copy, s.size };
                assert_err(t->name, t->recode(wire, &b), t->want);
                if (t->want == ANSA_OK)
                        assert_bytes(t->name, buf_written(&b), sample_bytes(&want));
                free(copy);
        }
}

static void refuses_prefixes(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const struct body_case *t = &cases[i];
                struct sample s = sample_hex(t->hex);
                unsigned good = 0;
                if (t->want != ANSA_OK)
                        continue;
                for (size_t n = 0; n < s.size; n++) {
                        uint8_t *copy = heap_copy(sample_bytes(&s), n);
                        uint8_t room[512];
                        struct buf b = buf_over(room, sizeof(room));
                        good += t->recode((struct ansa_bytes){ copy, n }, &b) == ANSA_OK;
                        free(copy);
                }
                if (good != t->good_prefixes)
                        fail_msg("%s: %u prefixes decode, not %u", t->name, good, t->good_prefixes);
        }
}

/* Any octet changed to anything: what decodes encodes, and decodes to the same again. */
static void survives_changes(void **state)
{
        (void)state;
        struct rng r = { 4 };
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                const struct body_case *t = &cases[i];
                struct sample s = sample_hex(t->hex);
                for (unsigned turn = 0; turn < 200 && s.size > 0; turn++) {
                        uint8_t first[512];
                        uint8_t second[512];
                        struct buf a = buf_over(first, sizeof(first));
                        struct buf b = buf_over(second, sizeof(second));
                        uint32_t at = rng_below(&r, (uint32_t)s.size);
                        uint8_t old = s.at[at];
                        s.at[at] = (uint8_t)rng_next(&r);
                        uint8_t *copy = heap_copy(sample_bytes(&s), s.size);
                        struct ansa_bytes wire = { copy, s.size };
                        if (t->recode(wire, &a) == ANSA_OK && t->recode != recode_site) {
                                assert_err(t->name, t->recode(buf_written(&a), &b), ANSA_OK);
                                assert_bytes(t->name, buf_written(&b), buf_written(&a));
                        }
                        free(copy);
                        s.at[at] = old;
                }
        }
}

static void reads_the_fields(void **state)
{
        (void)state;
        struct sample s = sample_hex(NAME "00000002 00000001 ffffffff 00000001 00000003 'URL'");
        struct resolve_request r;
        struct ansa_bytes text;
        assert_err("resolve", resolve_request_decode(sample_bytes(&s), &r), ANSA_OK);
        assert_int_equal(r.indexes.count, 2);
        assert_int_equal(index_list_at(&r.indexes, 0), 1);
        assert_int_equal(index_list_at(&r.indexes, 1), UINT32_MAX);
        assert_err("type", text_list_next(&r.types, &text), ANSA_OK);
        assert_bytes("type", text, ANSA_BYTES_LIT("URL"));
        assert_err("end", text_list_next(&r.types, &text), ANSA_E_NOT_FOUND);
        assert_null(text.at);

        struct text_list damaged = { ANSA_BYTES_LIT("\0\0\0\2a"), 1 }; /* from no decoder */
        assert_err("damaged", text_list_next(&damaged, &text), ANSA_E_TRUNCATED);
        assert_int_equal(damaged.count, 1);

        s = sample_hex("0003 00000e10" ADMIN "0000012c" NAME "00000007 0000");
        struct session_request set_up;
        assert_err("session", session_request_decode(sample_bytes(&s), &set_up), ANSA_OK);
        assert_int_equal(set_up.mode, SESSION_HANDLE_KEY);
        assert_int_equal(set_up.timeout_s, 3600);
        assert_bytes("identity", set_up.identity.name, ANSA_BYTES_LIT("0.NA/35.TEST"));
        assert_int_equal(set_up.identity.index, 300);
        assert_bytes("key", set_up.key.name, ANSA_BYTES_LIT("35.TEST/1"));
        assert_int_equal(set_up.key.index, 7);
        assert_int_equal(set_up.public_key.size, 0);

        s = sample_hex("22 00000010 101112131415161718191a1b1c1d1e1f 00002710 000000a0"
                       "00000014 90ddece6f37328cc4a64aca3faeafc79af62e8af");
        struct secret_answer answer;
        assert_int_equal(s.size, 53);
        assert_err("answer", secret_answer_decode(sample_bytes(&s), &answer), ANSA_OK);
        assert_int_equal(answer.iterations, 10000);
        assert_int_equal(answer.key_bits, 160);
        assert_int_equal(answer.salt.size, 16);
        assert_int_equal(answer.mac.at[0], 0x90);
}

static void wants_the_digest_of_a_challenge(void **state)
{
        (void)state;
        struct sample s = sample_hex(NONCE);
        struct challenge_body c;
        assert_err("no digest", challenge_body_decode(sample_bytes(&s), VERSION(2, 11), false, &c),
                   ANSA_E_MALFORMED);
        s = sample_hex("02" SHA1 NONCE);
        assert_err("2.1", challenge_body_decode(sample_bytes(&s), VERSION(2, 1), true, &c),
                   ANSA_OK);
        assert_int_equal(c.digest.code, DIGEST_SHA1);
        assert_int_equal(c.nonce.size, 16);
}

static void old_servers_know_one_queue(void **state)
{
        (void)state;
        uint8_t room[64];
        struct buf b = buf_over(room, sizeof(room));
        const struct retrieve_request r = { .has_state = true, .state_json = ANSA_BYTES_LIT("{}") };
        retrieve_request_encode(&r, VERSION(2, 8), &b);
        assert_err("state", b.err, ANSA_E_UNSUPPORTED);
}

static void takes_as_many_as_the_limit(void **state)
{
        (void)state;
        const struct ansa_value v = { .index = 1 };
        for (uint32_t count = LIMIT_VALUE_COUNT; count <= LIMIT_VALUE_COUNT + 1; count++) {
                struct buf b = buf_growing(LIMIT_MESSAGE_SIZE);
                struct record_body r;
                buf_block(&b, ANSA_BYTES_LIT("a/b"));
                buf_u32(&b, count);
                for (uint32_t i = 0; i < count; i++) {
                        uint8_t wire[ANSA_VALUE_SIZE_MIN];
                        size_t size;
                        assert_err("value", ansa_value_encode(&v, wire, sizeof(wire), &size),
                                   ANSA_OK);
                        buf_bytes(&b, (struct ansa_bytes){ wire, size });
                }
                assert_err("values", record_body_decode(buf_written(&b), &r),
                           count <= LIMIT_VALUE_COUNT ? ANSA_OK : ANSA_E_LIMIT);
                buf_fini(&b);
        }
        static const uint8_t name[LIMIT_NAME_SIZE + 1];
        for (size_t size = LIMIT_NAME_SIZE; size <= sizeof(name); size++) {
                struct buf b = buf_growing(LIMIT_MESSAGE_SIZE);
                struct ansa_bytes got;
                name_body_encode((struct ansa_bytes){ name, size }, &b);
                assert_err("name", name_body_decode(buf_written(&b), &got),
                           size <= LIMIT_NAME_SIZE ? ANSA_OK : ANSA_E_LIMIT);
                buf_fini(&b);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(decodes_and_encodes),
                cmocka_unit_test(refuses_prefixes),
                cmocka_unit_test(survives_changes),
                cmocka_unit_test(reads_the_fields),
                cmocka_unit_test(wants_the_digest_of_a_challenge),
                cmocka_unit_test(old_servers_know_one_queue),
                cmocka_unit_test(takes_as_many_as_the_limit),
        };
        return cmocka_run_group_tests_name("wire/body", tests, NULL, NULL);
}
