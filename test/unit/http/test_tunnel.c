/* SPDX-License-Identifier: Apache-2.0 */
#include "web.h"

#include "base/limits.h"
#include "http/tunnel.h"
#include "wire/name.h"

#include <stdio.h>
#include <stdlib.h>

/* The native protocol in HTTP: the harness's client, whose messages go as bodies of POST. */

#define ANY_PATH     "/35.TEST%2Fpublic"
#define NATIVE       "Content-Type: " TUNNEL_TYPE "\nAccept: " TUNNEL_TYPE
#define TYPE_OF_BODY "Content-Type"

/* The last request's. */
static struct {
        const char *target;
        const char *headers;
        const char *method; /* NULL: POST */
        struct web_told told;
        unsigned messages; /* in its body */
        unsigned names;    /* in those, when they are lists */
} last;

static struct ansa_bytes whole_message(struct ansa_bytes *rest)
{
        struct envelope e;
        assert_int_equal(envelope_decode(*rest, &e), ANSA_OK);
        assert_true(e.message_size <= rest->size - ENVELOPE_SIZE);
        struct ansa_bytes message = { rest->at, ENVELOPE_SIZE + e.message_size };
        rest->at += message.size;
        rest->size -= message.size;
        return message;
}

/* Pages of one list: they ascend, and all but the last say that they go on. */
static void count_names(struct ansa_bytes octets, bool is_last)
{
        static char before[NAME_KEY_SIZE_MAX + 1];
        struct envelope e;
        struct message m;
        struct request_digest digest;
        struct text_list names;
        struct ansa_bytes name;
        assert_int_equal(envelope_decode(octets, &e), ANSA_OK);
        octets.at += ENVELOPE_SIZE;
        octets.size -= ENVELOPE_SIZE;
        assert_int_equal(message_decode(&e, octets, &m), ANSA_OK);
        assert_int_equal(m.header.response, RC_SUCCESS);
        assert_int_equal((m.header.flags & FLAG_CONTINUES) == 0, is_last);
        if ((m.header.flags & FLAG_REQUEST_DIGEST) != 0)
                assert_int_equal(request_digest_decode(&m.body, &digest), ANSA_OK);
        assert_int_equal(list_body_decode(m.body, &names), ANSA_OK);
        if (last.names == 0)
                before[0] = '\0';
        while (text_list_next(&names, &name) == ANSA_OK) {
                char text[NAME_KEY_SIZE_MAX + 1];
                (void)snprintf(text, sizeof(text), "%.*s", (int)name.size, (const char *)name.at);
                assert_true(strcmp(before, text) < 0);
                memcpy(before, text, sizeof(text));
                last.names++;
        }
}

static void carry(struct harness *h, struct ansa_bytes octets)
{
        struct web *w = (struct web *)h; /* its first member */
        struct web_ask ask = {
                .method = "POST", .target = last.target, .headers = last.headers, .body = octets
        };
        last.told = web_send(w, &ask);
        last.messages = last.names = 0;
        assert_int_equal(last.told.status, 200);
        assert_string_equal(web_header(&last.told, TYPE_OF_BODY), TUNNEL_TYPE);
        assert_false(last.told.close);
        struct ansa_bytes rest = { (const uint8_t *)last.told.body, last.told.size };
        buf_bytes(&h->reply, whole_message(&rest));
        last.messages = 1;
        if (rest.size == 0)
                return;
        count_names(buf_written(&h->reply), false);
        while (rest.size > 0) {
                struct ansa_bytes message = whole_message(&rest);
                count_names(message, rest.size == 0);
                last.messages++;
        }
}

static int setup(void **state)
{
        static struct web w;
        web_open(&w);
        w.h.carry = carry;
        last.target = ANY_PATH;
        last.headers = NATIVE;
        last.method = NULL;
        *state = &w;
        return 0;
}

static int teardown(void **state)
{
        web_close(*state);
        return 0;
}

/* ---- What is a message of the tunnel, and what is not -------------------------------------- */

static const struct {
        const char *rule;
        const char *target;
        const char *headers;
        const char *method;
} ways[] = {
        { "the identifier as path", ANY_PATH, NATIVE, NULL },
        { "the root", "/", NATIVE, NULL },
        { "a path that is no percent-encoding", "/35.TEST/%zz", NATIVE, NULL },
        { "a query", "/?a=%zz&hdl=10.1000/1", NATIVE, NULL },
        { "what would be REST", "/api/handles/35.TEST/public", NATIVE, NULL },
        { "what would be a page", "/healthz", NATIVE, NULL },
        { "capital letters", "/", "CONTENT-TYPE: Application/X-HDL-Message", NULL },
        { "a parameter of the type", "/", NATIVE ";x=y", NULL },
        { "credentials of HTTP, which are not looked at", "/",
          NATIVE "\nAuthorization: Basic MzAwJTNBMC5OQS8zNS5URVNUOnh4", NULL },
        { "GET with a body", ANY_PATH, NATIVE, "GET" },
};

static void test_ways(void **state)
{
        struct web *w = *state;
        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
                print_message("%s\n", ways[i].rule);
                last.target = ways[i].target;
                last.headers = ways[i].headers;
                last.method = ways[i].method;
                struct told t = resolve(&w->h, "35.TEST/public", FLAG_PUBLIC_ONLY);
                assert_true(value_count(&t) > 0);
                assert_int_equal(last.messages, 1);
        }
}

static void test_other_ways(void **state)
{
        struct web *w = *state;
        struct buf b = buf_growing(4096);
        struct ask ask = { .op = OP_RESOLVE, .body = resolve_body("35.TEST/public", 0, NULL) };
        ask_encode(&w->h, &ask, &b);
        static const struct {
                const char *method;
                const char *headers;
        } rows[] = {
                { "POST", "Content-Type: application/json" },
                { "POST", NULL },
                { "POST", "Content-Type: application/x-hdl-messages" },
                { "HEAD", NATIVE },
                { "PUT", NATIVE },
                { "OPTIONS", NATIVE },
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct web_ask other = { .method = rows[i].method,
                                         .target = "/api/site",
                                         .headers = rows[i].headers,
                                         .body = buf_written(&b) };
                struct web_told told = web_send(w, &other);
                const char *type = web_header(&told, TYPE_OF_BODY);
                assert_true(type == NULL || strcmp(type, TUNNEL_TYPE) != 0);
        }
        buf_fini(&b);
        struct web_ask page = { .target = "/api/site", .headers = NATIVE };
        struct web_told told = web_send(w, &page); /* with nothing to be served */
        assert_string_equal(web_header(&told, TYPE_OF_BODY), "application/json;charset=UTF-8");
}

static struct web_told post(struct web *w, struct ansa_bytes octets)
{
        struct web_ask ask = { .method = "POST", .target = "/", .headers = NATIVE, .body = octets };
        return web_send(w, &ask);
}

static void test_no_message(void **state)
{
        struct web *w = *state;
        struct buf b = buf_growing(1u << 20);
        struct ask ask = { .op = OP_RESOLVE, .body = resolve_body("35.TEST/public", 0, NULL) };
        ask_encode(&w->h, &ask, &b);
        size_t size = b.size;
        buf_u8(&b, 0);
        for (size_t i = 0; i <= size + 1; i++) {
                struct ansa_bytes part = { b.at, i };
                struct web_told told = post(w, part);
                assert_int_equal(told.status, i == size ? 200 : 400);
                if (i != size)
                        assert_non_null(strstr(told.body, "{\"responseCode\":4,\"message\":"));
        }
        buf_fini(&b);
}

/* The largest message is the protocol's to judge, one octet more is not even read. */
static void test_too_large(void **state)
{
        struct web *w = *state;
        struct buf b = buf_growing(1u << 20);
        struct ask ask = { .op = OP_RESOLVE, .body = resolve_body("35.TEST/public", 0, NULL) };
        ask_encode(&w->h, &ask, &b);
        size_t size = ENVELOPE_SIZE + LIMIT_MESSAGE_SIZE;
        size_t more = size - b.size;
        memset(buf_take(&b, more), 0, more);
        buf_patch_u32(&b, 16, LIMIT_MESSAGE_SIZE);
        struct web_told told = post(w, buf_written(&b));
        assert_int_equal(told.status, 200);
        assert_int_equal(told.body[27], RC_PROTOCOL); /* the lengths inside do not fit */
        buf_u8(&b, 0);
        buf_patch_u32(&b, 16, LIMIT_MESSAGE_SIZE + 1);
        told = post(w, buf_written(&b));
        assert_int_equal(told.status, 413);
        assert_true(told.close);
        buf_fini(&b);
}

/* ---- The protocol goes through as it is ---------------------------------------------------- */

static void test_errors(void **state)
{
        struct web *w = *state;
        assert_int_equal(resolve(&w->h, "35.TEST/absent", 0).code, RC_NOT_FOUND);
        assert_int_equal(resolve(&w->h, "10.9999/x", 0).code, RC_NOT_RESPONSIBLE);
        struct ask ask = { .op = 77, .body = name_body("35.TEST/x") };
        assert_int_equal(send(&w->h, &ask).code, RC_OPERATION_DENIED);
        ask = (struct ask){ .op = OP_RESOLVE, .body = ANSA_BYTES_LIT("abc") };
        assert_int_equal(send(&w->h, &ask).code, RC_PROTOCOL);
        ask = (struct ask){ .op = OP_RESOLVE,
                            .response = RC_SUCCESS,
                            .body = resolve_body("35.TEST/public", 0, NULL) };
        assert_int_equal(send(&w->h, &ask).code, RC_PROTOCOL);
}

static void test_slow(void **state)
{
        struct web *w = *state;
        struct told t = resolve(&w->h, "35.TEST/public", FLAG_CERTIFY);
        assert_true(value_count(&t) > 0);
        assert_int_equal(w->slow_count, 1);
        assert_true(t.m.credential.size > 0);
        t = resolve(&w->h, "35.TEST/public", 0);
        assert_int_equal(w->slow_count, 0);
}

static struct told create(struct web *w, const char *name, uint32_t flags)
{
        struct ask ask = { .op = OP_CREATE,
                           .flags = flags,
                           .body = record_body_of(name, 1, "URL", "http://example.org/new") };
        return ask_as_admin(&w->h, &ask);
}

static void test_create(void **state)
{
        struct web *w = *state;
        assert_int_equal(create(w, "35.TEST/new", 0).code, RC_SUCCESS);
        assert_int_equal(w->write_count, 1);
        assert_int_equal(w->slow_count, 1); /* the signature of the answer */
        struct told t = resolve(&w->h, "35.TEST/new", 0);
        assert_true(has_value(&t, 1));
        t = create(w, "35.TEST/signed", FLAG_CERTIFY);
        assert_int_equal(t.code, RC_SUCCESS);
        assert_true(t.m.credential.size > 0);
        assert_int_equal(w->slow_count, 2); /* ours, too */
        w->writer_is_full = true;
        assert_int_equal(create(w, "35.TEST/busy", 0).code, RC_BUSY);
        w->writer_is_full = false;
        assert_int_equal(resolve(&w->h, "35.TEST/busy", 0).code, RC_NOT_FOUND);
}

static void test_session(void **state)
{
        struct web *w = *state;
        struct talk talk;
        assert_int_equal(open_dh(&w->h, "0.NA/35.TEST", 300, &talk).code, RC_SUCCESS);
        struct ask ask = { .op = OP_CREATE,
                           .flags = FLAG_ENCRYPT,
                           .body = record_body_of("35.TEST/talk", 1, "URL", "http://example.org/"),
                           .talk = &talk,
                           .encrypted = true };
        struct told t = send(&w->h, &ask);
        assert_int_equal(t.code, RC_CHALLENGE); /* whose the session is, nobody has shown yet */
        struct answer_ask how = { .with = WITH_RSA,
                                  .key_name = "0.NA/35.TEST",
                                  .key_index = 300,
                                  .ask = { .talk = &talk, .encrypted = true } };
        t = answer(&w->h, &t, &how);
        assert_int_equal(t.code, RC_SUCCESS);
        ask.body = record_body_of("35.TEST/talk2", 1, "URL", "http://example.org/");
        t = send(&w->h, &ask);
        assert_int_equal(t.code, RC_SUCCESS);
        assert_true(t.was_encrypted);
        ask.counter = talk.counter; /* once more the same */
        assert_int_equal(send(&w->h, &ask).code, RC_SESSION_REPLAY);
}

/* ---- Lists --------------------------------------------------------------------------------- */

static void fill(struct web *w, unsigned count, size_t name_size)
{
        uint8_t room[256];
        uint32_t values = 0;
        struct buf b = buf_over(room, sizeof(room));
        harness_put_value(&b, 1, "URL", ANSA_BYTES_LIT("http://example.org/"), 0x0e, &values);
        for (unsigned i = 0; i < count; i++) {
                char name[512];
                int size = snprintf(name, sizeof(name), "35.TEST/FILL%06u", i);
                memset(name + size, 'X', name_size - (size_t)size);
                struct bulk_change change = { .kind = BULK_PUT,
                                              .name = { (uint8_t *)name, name_size },
                                              .values = { buf_written(&b), values } };
                size_t failed;
                assert_int_equal(identifier_bulk(w->h.writer, &change, 1, &failed), ANSA_OK);
        }
}

static uint32_t list(struct web *w, uint32_t flags)
{
        struct ask ask = { .op = OP_LIST, .flags = flags, .body = name_body("0.NA/35.TEST") };
        return ask_as_admin(&w->h, &ask).code;
}

static void test_lists(void **state)
{
        struct web *w = *state;
        fill(w, 200, 30);
        assert_int_equal(list(w, 0), RC_SUCCESS);
        assert_false(last.told.is_long); /* for clients that cannot read chunks */
        assert_int_equal(last.messages, 5);
        unsigned others = last.names - 200;
        assert_int_equal(others, 5); /* the harness's own */
        assert_int_equal(list(w, FLAG_CERTIFY | FLAG_REQUEST_DIGEST), RC_SUCCESS);
        assert_int_equal(last.names, 205);
        fill(w, 1000, 390);
        assert_int_equal(list(w, 0), RC_SUCCESS);
        assert_true(last.told.is_long);
        assert_true(last.told.size > TUNNEL_TOGETHER_MAX);
        assert_int_equal(last.names, 1205);
        assert_int_equal(list(w, FLAG_CERTIFY), RC_OPERATION_DENIED);
        assert_int_equal(last.messages, 1);
}

/* Signed by the session's key, page by page, without the slow lane. */
static void test_list_in_session(void **state)
{
        struct web *w = *state;
        fill(w, 1000, 390);
        struct talk talk;
        assert_int_equal(open_dh(&w->h, "0.NA/35.TEST", 300, &talk).code, RC_SUCCESS);
        struct ask ask = { .op = OP_LIST, .body = name_body("0.NA/35.TEST"), .talk = &talk };
        struct told t = send(&w->h, &ask);
        struct answer_ask how = { .with = WITH_RSA,
                                  .key_name = "0.NA/35.TEST",
                                  .key_index = 300,
                                  .ask = { .talk = &talk } };
        assert_int_equal(answer(&w->h, &t, &how).code, RC_SUCCESS);
        assert_int_equal(last.names, 1005);
        assert_true(last.told.is_long);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_ways, setup, teardown),
                cmocka_unit_test_setup_teardown(test_other_ways, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_message, setup, teardown),
                cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
                cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
                cmocka_unit_test_setup_teardown(test_slow, setup, teardown),
                cmocka_unit_test_setup_teardown(test_create, setup, teardown),
                cmocka_unit_test_setup_teardown(test_session, setup, teardown),
                cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
                cmocka_unit_test_setup_teardown(test_list_in_session, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
