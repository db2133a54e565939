/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Signatures: both serialisations, the vectors of RFC 7515 and 8037, and bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/jws.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>

/* RFC 8037 appendix A: key pair and signature of "Example of Ed25519 signing" (payload no JSON). */
static const char ed25519_jwk[] =
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\","
        "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";

/* RFC 7515 appendix A.2: RS256 over {"iss":"joe", ...}. */
static const char rs256[] =
        "eyJhbGciOiJSUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
        "VlfQ."
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2F"
        "p5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQB"
        "MHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeY"
        "I2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
static const char rs256_jwk[] =
        "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
        "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OM"
        "g0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qC"
        "o5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyu"
        "XpoQ\",\"e\":\"AQAB\"}";

static struct ansa_key key_of(const char *jwk, struct arena *arena)
{
        struct ansa_key key;
        struct json_problem problem;
        enum ansa_err err = json_key(ansa_bytes_text(jwk), arena, &key, &problem);
        if (err != ANSA_OK)
                fail_msg("%s", problem.text);
        return key;
}

static void verifies_the_rfc_vector(void **state)
{
        (void)state;
        struct arena arena;
        struct jws j;
        arena_init(&arena, 65536);
        struct ansa_key key = key_of(rs256_jwk, &arena);
        assert_int_equal(jws_read(ansa_bytes_text(rs256), &j), ANSA_OK);
        assert_int_equal(jws_verify(&j, &key), ANSA_OK);
        assert_true(ansa_bytes_equal(jws_text(&j, "iss"), ANSA_BYTES_LIT("joe")));
        assert_int_equal(jws_number(&j, "exp"), 1300819380);
        assert_int_equal(jws_number(&j, "iss"), 0);
        assert_int_equal(jws_text(&j, "exp").size, 0);
        struct ansa_key other = key_of(ed25519_jwk, &arena);
        assert_int_equal(jws_verify(&j, &other), ANSA_E_UNAUTHENTIC);
        jws_fini(&j);
        arena_fini(&arena);
}

static void writes_what_it_reads(void **state)
{
        (void)state;
        struct arena arena;
        struct jws j;
        struct buf text = buf_growing(65536);
        arena_init(&arena, 65536);
        struct ansa_key key = key_of(ed25519_jwk, &arena);
        struct ansa_key public_key = key;
        assert_int_equal(jws_write(ANSA_BYTES_LIT("{\"iss\":\"300:35.T/1\"}"), &key, &text),
                         ANSA_OK);
        /* {"alg":"EdDSA"} . {"iss":...} */
        assert_memory_equal(text.at, "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiIzMDA6MzUuVC8xIn0.", 49);
        assert_int_equal(jws_read(buf_written(&text), &j), ANSA_OK);
        assert_int_equal(jws_verify(&j, &public_key), ANSA_OK);
        struct ansa_ref ref;
        assert_true(jws_ref(&j, "iss", &ref));
        assert_int_equal(ref.index, 300);
        assert_false(jws_ref(&j, "sub", &ref));
        jws_fini(&j);
        /* Any octet of it changed: not readable, or not true. */
        for (size_t i = 0; i < text.size; i++) {
                text.at[i] ^= 1;
                if (jws_read(buf_written(&text), &j) == ANSA_OK) {
                        if (jws_verify(&j, &public_key) == ANSA_OK)
                                fail_msg("octet %zu", i);
                        jws_fini(&j);
                }
                text.at[i] ^= 1;
        }
        buf_fini(&text);
        arena_fini(&arena);
}

/* The same signature in the two JSON serialisations. */
static void reads_json_serialisations(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, 65536);
        struct ansa_key key = key_of(rs256_jwk, &arena);
        const char *payload = strchr(rs256, '.') + 1;
        const char *signature = strrchr(rs256, '.') + 1;
        for (size_t i = 0; i < 2; i++) {
                struct jws j;
                char text[2048];
                int n = i == 0 ? snprintf(text, sizeof(text),
                                          "{\"payload\":\"%.*s\",\"protected\":\"%.*s\","
                                          "\"signature\":\"%s\"}",
                                          (int)(signature - payload - 1), payload,
                                          (int)(payload - rs256 - 1), rs256, signature)
                               : snprintf(text, sizeof(text),
                                          "{\"payload\":\"%.*s\",\"signatures\":[{\"protected\":"
                                          "\"%.*s\",\"signature\":\"%s\"}]}",
                                          (int)(signature - payload - 1), payload,
                                          (int)(payload - rs256 - 1), rs256, signature);
                assert_true(n > 0 && (size_t)n < sizeof(text));
                assert_int_equal(jws_read(ansa_bytes_text(text), &j), ANSA_OK);
                assert_int_equal(jws_verify(&j, &key), ANSA_OK);
                jws_fini(&j);
        }
        arena_fini(&arena);
}

static void refuses_bad_texts(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                const char *text;
                enum ansa_err err;
        } rows[] = {
                { "nothing", "", ANSA_E_MALFORMED },
                { "no dots", "eyJhbGciOiJSUzI1NiJ9", ANSA_E_MALFORMED },
                { "one dot", "eyJhbGciOiJSUzI1NiJ9.e30", ANSA_E_MALFORMED },
                { "three dots", "eyJhbGciOiJSUzI1NiJ9.e30.AA.AA", ANSA_E_MALFORMED },
                { "header is no JSON", "AAAA.e30.AA", ANSA_E_MALFORMED },
                { "header is a list", "W10.e30.AA", ANSA_E_MALFORMED },
                { "payload is a list", "eyJhbGciOiJSUzI1NiJ9.W10.AA", ANSA_E_MALFORMED },
                { "payload twice", "eyJhbGciOiJSUzI1NiJ9.eyJhIjoxLCJhIjoyfQ.AA", ANSA_E_MALFORMED },
                { "padding", "eyJhbGciOiJSUzI1NiJ9.e30=.AA", ANSA_E_MALFORMED },
                { "other alphabet", "eyJhbGciOiJSUzI1NiJ9.e30.A+", ANSA_E_MALFORMED },
                { "none", "eyJhbGciOiJub25lIn0.e30.", ANSA_E_UNSUPPORTED },
                { "HS256", "eyJhbGciOiJIUzI1NiJ9.e30.AA", ANSA_E_UNSUPPORTED },
                { "no algorithm", "e30.e30.AA", ANSA_E_UNSUPPORTED },
                { "critical", "eyJhbGciOiJSUzI1NiIsImNyaXQiOlsiYjY0Il19.e30.AA",
                  ANSA_E_UNSUPPORTED },
                { "JSON without parts", "{}", ANSA_E_MALFORMED },
                { "JSON without signatures", "{\"payload\":\"e30\",\"signatures\":[]}",
                  ANSA_E_MALFORMED },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct jws j;
                enum ansa_err err = jws_read(ansa_bytes_text(rows[i].text), &j);
                if (err != rows[i].err)
                        fail_msg("%s: %s", rows[i].name, ansa_err_text(err));
        }
        /* Every beginning of a good one is refused. */
        for (size_t n = 0; n + 1 < sizeof(rs256); n++) {
                struct jws j;
                char *copy = malloc(n > 0 ? n : 1);
                assert_non_null(copy);
                memcpy(copy, rs256, n);
                struct arena arena;
                arena_init(&arena, 65536);
                if (jws_read((struct ansa_bytes){ (const uint8_t *)copy, n }, &j) == ANSA_OK) {
                        struct ansa_key key = key_of(rs256_jwk, &arena);
                        assert_int_equal(jws_verify(&j, &key), ANSA_E_UNAUTHENTIC);
                        jws_fini(&j);
                }
                arena_fini(&arena);
                free(copy);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(verifies_the_rfc_vector),
                cmocka_unit_test(writes_what_it_reads),
                cmocka_unit_test(reads_json_serialisations),
                cmocka_unit_test(refuses_bad_texts),
        };
        return cmocka_run_group_tests_name("client/jws", tests, NULL, NULL);
}
