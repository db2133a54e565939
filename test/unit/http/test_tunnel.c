/* SPDX-License-Identifier: Apache-2.0 */
/* The native protocol in HTTP (irp-wire 2.1). */
#include "web.h"

#include <stdio.h>

#define TYPE "Content-Type: application/x-hdl-message"

static int setup(void **state)
{
        static struct web w;
        web_open(&w);
        *state = &w;
        return 0;
}

static int teardown(void **state)
{
        web_close(*state);
        return 0;
}

static struct web_told through(struct web *w, const char *method, const char *target,
                               const struct ask *ask)
{
        struct buf message = buf_growing(100000);
        ask_encode(&w->h, ask, &message);
        struct web_ask post = {
                .method = method, .target = target, .headers = TYPE, .body = buf_written(&message)
        };
        struct web_told told = web_send(w, &post);
        buf_fini(&message);
        assert_int_equal(told.status, 200);
        assert_string_equal(web_header(&told, "Content-Type"), "application/x-hdl-message");
        return told;
}

/* The response code of the message at the front; *told moves behind it. */
static uint32_t take_code(struct web_told *told, struct header *h)
{
        struct envelope e;
        struct ansa_bytes octets = { (const uint8_t *)told->body, told->size };
        assert_int_equal(envelope_decode(octets, &e), ANSA_OK);
        octets.at += ENVELOPE_SIZE;
        octets.size -= ENVELOPE_SIZE;
        assert_int_equal(header_decode(octets, h), ANSA_OK);
        assert_true(e.message_size <= octets.size);
        told->body += ENVELOPE_SIZE + e.message_size;
        told->size -= ENVELOPE_SIZE + e.message_size;
        return h->response;
}

static void test_messages(void **state)
{
        struct web *w = *state;
        struct header h;
        static const struct {
                const char *method;
                const char *target;
        } ways[] = { { "POST", "/" },
                     { "POST", "/35.TEST%2Fpublic" },
                     { "POST", "/api/handles/x" },
                     { "GET", "/" } };
        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
                struct ask ask = { .op = OP_RESOLVE,
                                   .body = resolve_body("35.TEST/public", 0, NULL) };
                struct web_told told = through(w, ways[i].method, ways[i].target, &ask);
                assert_int_equal(take_code(&told, &h), RC_SUCCESS);
                assert_int_equal(told.size, 0);
        }
        struct ask ask = { .op = OP_RESOLVE,
                           .flags = FLAG_CERTIFY,
                           .body = resolve_body("35.TEST/public", 0, NULL) };
        struct web_told told = through(w, "POST", "/", &ask);
        assert_int_equal(take_code(&told, &h), RC_SUCCESS);
        assert_int_equal(w->slow_count, 1);
        /* who asks must prove it as the protocol has it */
        ask = (struct ask){ .op = OP_DELETE, .body = name_body("35.TEST/public") };
        told = through(w, "POST", "/", &ask);
        assert_int_equal(take_code(&told, &h), RC_CHALLENGE);
        struct identifier_counts counts;
        identifier_count(w->h.service, &counts);
        assert_int_equal(counts.challenges_open, 1);
        /* everybody may, and may again */
        struct buf values = buf_growing(1000);
        struct buf body = buf_growing(1000);
        uint32_t n = 0;
        harness_put_value(&values, 1, "OPEN", ANSA_BYTES_LIT("y"), 0x0f, &n);
        struct record_body record = { ANSA_BYTES_LIT("35.TEST/writable"),
                                      { buf_written(&values), n } };
        record_body_encode(&record, &body);
        ask = (struct ask){ .op = OP_MODIFY, .body = buf_written(&body) };
        told = through(w, "POST", "/", &ask);
        assert_int_equal(w->write_count, 1);
        assert_int_equal(take_code(&told, &h), RC_SUCCESS);
        ask.flags = FLAG_CERTIFY;
        told = through(w, "POST", "/", &ask);
        assert_int_equal(w->slow_count, 2); /* to be planned, and to be signed */
        w->writer_is_full = true;
        ask.flags = 0;
        told = through(w, "POST", "/", &ask);
        assert_int_equal(take_code(&told, &h), RC_BUSY);
        buf_fini(&values);
        buf_fini(&body);
}

static void test_no_message(void **state)
{
        static const char *const bodies[] = { "", "x", "{\"responseCode\":1}" };
        for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
                struct web_ask ask = {
                        .method = "POST", .target = "/", .headers = TYPE, .text = bodies[i]
                };
                assert_int_equal(web_send(*state, &ask).status, 400);
        }
}

static void test_list(void **state)
{
        struct web *w = *state;
        struct header h;
        struct talk talk;
        for (unsigned i = 0; i < 120; i++) {
                char name[64];
                struct buf b = buf_growing(1000);
                uint32_t n = 0;
                (void)snprintf(name, sizeof(name), "35.TEST/n%04u", i);
                harness_put_value(&b, 1, "URL", ANSA_BYTES_LIT("x"), 0x0e, &n);
                struct bulk_change change = { .kind = BULK_PUT,
                                              .name = ansa_bytes_text(name),
                                              .values = { buf_written(&b), n } };
                size_t failed;
                assert_int_equal(identifier_bulk(w->h.writer, &change, 1, &failed), ANSA_OK);
                buf_fini(&b);
        }
        (void)open_dh(&w->h, "0.NA/35.TEST", 300, &talk);
        struct ask ask = { .op = OP_LIST, .body = name_body("0.NA/35.TEST"), .talk = &talk };
        struct web_told told = through(w, "POST", "/", &ask);
        assert_int_equal(take_code(&told, &h), RC_CHALLENGE);
        ask = (struct ask){ .op = OP_LIST, .body = name_body("0.NA/35.TEST"), .talk = &talk };
        struct told challenge = send(&w->h, &ask);
        struct answer_ask how = { .with = WITH_RSA,
                                  .key_name = "0.NA/35.TEST",
                                  .key_index = 300,
                                  .ask = { .talk = &talk } };
        struct told first = answer(&w->h, &challenge, &how); /* and the session is proven */
        assert_int_equal(first.code, RC_SUCCESS);
        told = through(w, "POST", "/", &ask);
        assert_true(told.is_long);
        unsigned pages = 0;
        do {
                assert_int_equal(take_code(&told, &h), RC_SUCCESS);
                pages++;
        } while ((h.flags & FLAG_CONTINUES) != 0);
        assert_int_equal(pages, 3);
        assert_int_equal(told.size, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_messages, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_message, setup, teardown),
                cmocka_unit_test_setup_teardown(test_list, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
