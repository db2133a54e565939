/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting and joining of UDP messages: irp-wire 3. */
#include "../support.h"

#include "wire/fragment.h"

#define DATA LIMIT_FRAGMENT_SIZE

static uint8_t whole[ENVELOPE_SIZE + LIMIT_MESSAGE_SIZE];

/* A message of @size octets after its envelope, each octet telling its place. */
static struct ansa_bytes message_of(uint32_t size)
{
        const struct envelope e = { .major = 2,
                                    .minor = 11,
                                    .suggested_major = 2,
                                    .suggested_minor = 11,
                                    .session_id = 7,
                                    .request_id = 0x01020304,
                                    .message_size = size };
        struct buf b = buf_over(whole, sizeof(whole));
        envelope_encode(&e, &b);
        for (uint32_t i = 0; i < size; i++)
                buf_u8(&b, (uint8_t)(i * 31 + i / 251));
        assert_err("message", b.err, ANSA_OK);
        return buf_written(&b);
}

struct packet {
        struct envelope envelope;
        struct ansa_bytes data;
};

static struct packet packet_of(struct ansa_bytes message, uint32_t i, bool is_request)
{
        struct packet p;
        uint8_t envelope[ENVELOPE_SIZE];
        fragment_cut(message, i, is_request, envelope, &p.data);
        struct ansa_bytes wire = { envelope, sizeof(envelope) };
        assert_err("envelope", envelope_decode(wire, &p.envelope), ANSA_OK);
        return p;
}

static const struct count_case {
        uint32_t size;
        uint32_t want;
} count_cases[] = {
        { 0, 1 },
        { 24, 1 },
        { DATA, 1 },
        { DATA + 1, 2 },
        { 2 * DATA, 2 },
        { 2 * DATA + 1, 3 },
        { LIMIT_MESSAGE_SIZE, LIMIT_FRAGMENT_COUNT },
        { UINT32_MAX, 8729609 },
};

static void counts_packets(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(count_cases); i++)
                assert_int_equal(fragment_count(count_cases[i].size), count_cases[i].want);
}

static void cuts_as_deployed(void **state)
{
        (void)state;
        static const uint32_t sizes[] = { 24, DATA, DATA + 1, 1000, 3 * DATA };
        for (size_t s = 0; s < COUNT_OF(sizes); s++) {
                struct ansa_bytes message = message_of(sizes[s]);
                uint32_t count = fragment_count(sizes[s]);
                for (uint32_t i = 0; i < count; i++) {
                        for (unsigned is_request = 0; is_request <= 1; is_request++) {
                                struct packet p = packet_of(message, i, is_request);
                                bool has_tc = (p.envelope.flags & ENVELOPE_TRUNCATED) != 0;
                                assert_int_equal(p.envelope.sequence, i);
                                assert_int_equal(p.envelope.message_size, sizes[s]);
                                assert_int_equal(p.envelope.request_id, 0x01020304);
                                assert_int_equal(has_tc, is_request && count > 1);
                                assert_ptr_equal(p.data.at, message.at + ENVELOPE_SIZE + i * DATA);
                                assert_true(p.data.size <= DATA);
                                assert_true(i + 1 == count || p.data.size == DATA);
                        }
                }
        }
}

static void joins_in_any_order(void **state)
{
        (void)state;
        static const uint32_t sizes[] = {
                24, DATA, DATA + 1, 2 * DATA, 5 * DATA + 17, 70 * DATA, LIMIT_MESSAGE_SIZE
        };
        static uint32_t order[LIMIT_FRAGMENT_COUNT];
        struct rng r = { 3 };
        for (size_t s = 0; s < COUNT_OF(sizes); s++) {
                struct ansa_bytes message = message_of(sizes[s]);
                uint32_t count = fragment_count(sizes[s]);
                for (uint32_t i = 0; i < count; i++) { /* Fisher and Yates */
                        uint32_t k = rng_below(&r, i + 1);
                        order[i] = order[k];
                        order[k] = i;
                }
                uint8_t *at = malloc(sizes[s]);
                assert_non_null(at);
                struct packet p = packet_of(message, order[0], true);
                struct fragment_set set;
                assert_err("begin", fragment_begin(&set, &p.envelope, at), ANSA_OK);
                for (uint32_t i = 0; i < count; i++) {
                        bool done;
                        p = packet_of(message, order[i], true);
                        assert_err("add", fragment_add(&set, &p.envelope, p.data, &done), ANSA_OK);
                        assert_int_equal(done, i + 1 == count);
                        assert_err("twice", fragment_add(&set, &p.envelope, p.data, &done),
                                   ANSA_OK);
                        assert_int_equal(done, i + 1 == count);
                }
                assert_int_equal(set.envelope.message_size, sizes[s]);
                assert_memory_equal(at, message.at + ENVELOPE_SIZE, sizes[s]);
                free(at);
        }
}

static void keeps_the_first_of_duplicates(void **state)
{
        (void)state;
        uint8_t at[600];
        struct ansa_bytes message = message_of(600);
        struct packet p = packet_of(message, 1, true);
        uint8_t other[600 - DATA] = { 0 };
        struct fragment_set set;
        bool done;
        assert_err("begin", fragment_begin(&set, &p.envelope, at), ANSA_OK);
        assert_err("add", fragment_add(&set, &p.envelope, p.data, &done), ANSA_OK);
        assert_err(
                "other",
                fragment_add(&set, &p.envelope, (struct ansa_bytes){ other, sizeof(other) }, &done),
                ANSA_OK);
        assert_false(done);
        assert_memory_equal(at + DATA, p.data.at, p.data.size);
}

static void begins_within_limits(void **state)
{
        (void)state;
        struct fragment_set set;
        struct envelope e = { .major = 2, .message_size = LIMIT_MESSAGE_SIZE };
        assert_err("largest", fragment_begin(&set, &e, whole), ANSA_OK);
        assert_int_equal(set.count, LIMIT_FRAGMENT_COUNT);
        e.message_size = LIMIT_MESSAGE_SIZE + 1;
        assert_err("larger", fragment_begin(&set, &e, NULL), ANSA_E_LIMIT);
        assert_null(set.at);
        e.message_size = UINT32_MAX;
        assert_err("huge", fragment_begin(&set, &e, NULL), ANSA_E_LIMIT);
        e.message_size = HEADER_SIZE - 1;
        assert_err("no header", fragment_begin(&set, &e, NULL), ANSA_E_MALFORMED);
        e.message_size = HEADER_SIZE;
        assert_err("a header", fragment_begin(&set, &e, whole), ANSA_OK);
}

enum change {
        NONE,
        VERSION_MINOR,
        SUGGESTION,
        SESSION,
        REQUEST,
        ENCRYPTION,
        SIZE,
        SEQUENCE,
        HUGE_SEQUENCE,
        SHORT_DATA,
        LONG_DATA,
        NO_TC,
};

static const struct odd_case {
        const char *name;
        enum change change;
        enum ansa_err want;
} odd_cases[] = {
        { "unchanged", NONE, ANSA_OK },
        { "another version", VERSION_MINOR, ANSA_E_MALFORMED },
        { "another suggestion", SUGGESTION, ANSA_E_MALFORMED },
        { "another session", SESSION, ANSA_E_MALFORMED },
        { "another request", REQUEST, ANSA_E_MALFORMED },
        { "encrypted, the first was not", ENCRYPTION, ANSA_E_MALFORMED },
        { "another size", SIZE, ANSA_E_MALFORMED },
        { "sequence after the last", SEQUENCE, ANSA_E_MALFORMED },
        { "greatest sequence", HUGE_SEQUENCE, ANSA_E_MALFORMED },
        { "one octet too few", SHORT_DATA, ANSA_E_MALFORMED },
        { "one octet too many", LONG_DATA, ANSA_E_MALFORMED },
        { "without TC, as responses are", NO_TC, ANSA_OK },
};

static void apply(enum change change, struct packet *p)
{
        switch (change) {
        case NONE:
                break;
        case VERSION_MINOR:
                p->envelope.minor--;
                break;
        case SUGGESTION:
                p->envelope.suggested_minor--;
                break;
        case SESSION:
                p->envelope.session_id++;
                break;
        case REQUEST:
                p->envelope.request_id++;
                break;
        case ENCRYPTION:
                p->envelope.flags |= ENVELOPE_ENCRYPTED;
                break;
        case SIZE:
                p->envelope.message_size++;
                break;
        case SEQUENCE:
                p->envelope.sequence = 3;
                break;
        case HUGE_SEQUENCE:
                p->envelope.sequence = UINT32_MAX;
                break;
        case SHORT_DATA:
                p->data.size--;
                break;
        case LONG_DATA:
                p->data.size++;
                break;
        case NO_TC:
                p->envelope.flags &= (uint8_t)~ENVELOPE_TRUNCATED;
                break;
        }
}

static void refuses_what_does_not_belong(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(odd_cases); i++) {
                uint8_t at[1300];
                struct ansa_bytes message = message_of(sizeof(at));
                struct packet first = packet_of(message, 0, true);
                struct packet odd = packet_of(message, i % 2 == 0 ? 1 : 2, true);
                struct fragment_set set;
                bool done;
                assert_err("begin", fragment_begin(&set, &first.envelope, at), ANSA_OK);
                assert_err("first", fragment_add(&set, &first.envelope, first.data, &done),
                           ANSA_OK);
                struct fragment_set before = set;
                apply(odd_cases[i].change, &odd);
                assert_err(odd_cases[i].name, fragment_add(&set, &odd.envelope, odd.data, &done),
                           odd_cases[i].want);
                assert_false(done);
                if (odd_cases[i].want != ANSA_OK)
                        assert_memory_equal(&set, &before, sizeof(set));
        }
}

static const struct style_case {
        const char *name;
        uint32_t message_size;
        uint32_t sequence;
        uint8_t flags;
        size_t data_size;
        enum fragment_style want;
} style_cases[] = {
        { "small", 69, 0, 0, 69, FRAGMENT_WHOLE },
        { "full", DATA, 0, 0, DATA, FRAGMENT_WHOLE },
        { "small with TC", 69, 0, ENVELOPE_TRUNCATED, 69, FRAGMENT_WHOLE },
        { "size behind the datagram", 100, 0, 0, 69, FRAGMENT_WHOLE },
        { "first of the deployed", DATA + 1, 0, ENVELOPE_TRUNCATED, DATA, FRAGMENT_TOTAL },
        { "second of the deployed", DATA + 1, 1, 0, 1, FRAGMENT_TOTAL },
        { "first of the strict", DATA, 0, ENVELOPE_TRUNCATED, DATA, FRAGMENT_STRICT },
        { "last of the strict", 5, 2, ENVELOPE_TRUNCATED, 5, FRAGMENT_STRICT },
        { "last of the strict, no TC", DATA, 2, 0, DATA, FRAGMENT_STRICT },
        { "sequence outside", 69, 1, 0, 70, FRAGMENT_OUTSIDE },
};

static void tells_the_style(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT_OF(style_cases); i++) {
                const struct style_case *t = &style_cases[i];
                struct envelope e = { .flags = t->flags,
                                      .sequence = t->sequence,
                                      .message_size = t->message_size };
                enum fragment_style got =
                        fragment_style_of(&e, (struct ansa_bytes){ whole, t->data_size });
                if (got != t->want)
                        fail_msg("%s: %d", t->name, (int)got);
        }
}

/* What an implementation of RFC 3652 to the letter would send. */
static struct packet strict_packet(struct ansa_bytes message, uint32_t i, bool last_has_tc)
{
        struct packet p = packet_of(message, i, true);
        bool is_last = i + 1 == fragment_count((uint32_t)(message.size - ENVELOPE_SIZE));
        p.envelope.message_size = (uint32_t)p.data.size;
        if (is_last && !last_has_tc)
                p.envelope.flags = 0;
        return p;
}

static void joins_strict_messages(void **state)
{
        (void)state;
        static const struct {
                uint32_t size;
                bool last_has_tc;
        } rows[] = { { 1300, true },
                     { 1300, false },
                     { 2 * DATA, false },
                     { 16 * DATA, false },
                     { 15 * DATA + 1, true } };
        for (size_t row = 0; row < COUNT_OF(rows); row++) {
                struct ansa_bytes message = message_of(rows[row].size);
                uint32_t count = fragment_count(rows[row].size);
                for (uint32_t shift = 0; shift < count; shift++) {
                        uint8_t *at = malloc(FRAGMENT_STRICT_ROOM);
                        assert_non_null(at);
                        struct fragment_set set;
                        bool done = false;
                        for (uint32_t i = 0; i < count; i++) {
                                uint32_t k = (i * (count - 1) + shift) % count; /* backwards */
                                struct packet p = strict_packet(message, k, rows[row].last_has_tc);
                                assert_int_equal(fragment_style_of(&p.envelope, p.data),
                                                 FRAGMENT_STRICT);
                                if (i == 0)
                                        fragment_begin_strict(&set, &p.envelope, at);
                                for (int twice = 0; twice < 2; twice++) {
                                        assert_err("add",
                                                   fragment_add(&set, &p.envelope, p.data, &done),
                                                   ANSA_OK);
                                        assert_int_equal(done, i + 1 == count);
                                }
                        }
                        assert_int_equal(set.envelope.message_size, rows[row].size);
                        assert_memory_equal(at, message.at + ENVELOPE_SIZE, rows[row].size);
                        free(at);
                }
        }
}

static enum ansa_err add_strict(struct fragment_set *set, uint32_t sequence, uint32_t size,
                                bool has_tc)
{
        struct envelope e = { .sequence = sequence,
                              .message_size = size,
                              .flags = has_tc ? ENVELOPE_TRUNCATED : 0 };
        bool done;
        enum ansa_err err = fragment_add(set, &e, (struct ansa_bytes){ whole, size }, &done);
        assert_false(done);
        return err;
}

static void refuses_strict_contradictions(void **state)
{
        (void)state;
        static uint8_t at[FRAGMENT_STRICT_ROOM];
        struct fragment_set set;
        const struct envelope e = { .flags = ENVELOPE_TRUNCATED, .message_size = DATA };
        fragment_begin_strict(&set, &e, at);
        assert_err("past the room", add_strict(&set, 16, 1, true), ANSA_E_LIMIT);
        assert_err("greatest sequence", add_strict(&set, UINT32_MAX, 1, true), ANSA_E_LIMIT);
        assert_err("no data", add_strict(&set, 3, 0, true), ANSA_E_MALFORMED);
        assert_err("too much data", add_strict(&set, 3, DATA + 1, true), ANSA_E_MALFORMED);
        assert_err("fifth", add_strict(&set, 4, DATA, true), ANSA_OK);
        assert_err("end before the fifth", add_strict(&set, 2, 10, true), ANSA_E_MALFORMED);
        assert_err("end", add_strict(&set, 5, DATA, false), ANSA_OK);
        assert_err("another end", add_strict(&set, 3, 10, true), ANSA_E_MALFORMED);
        assert_err("after the end", add_strict(&set, 6, DATA, true), ANSA_E_MALFORMED);
        assert_err("the end again", add_strict(&set, 5, DATA, true), ANSA_OK);
        assert_int_equal(set.have, 2);

        struct envelope lying = e; /* its own size is another */
        bool done;
        assert_err("size", fragment_add(&set, &lying, (struct ansa_bytes){ whole, 10 }, &done),
                   ANSA_E_MALFORMED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(counts_packets),
                cmocka_unit_test(cuts_as_deployed),
                cmocka_unit_test(joins_in_any_order),
                cmocka_unit_test(keeps_the_first_of_duplicates),
                cmocka_unit_test(begins_within_limits),
                cmocka_unit_test(refuses_what_does_not_belong),
                cmocka_unit_test(tells_the_style),
                cmocka_unit_test(joins_strict_messages),
                cmocka_unit_test(refuses_strict_contradictions),
        };
        return cmocka_run_group_tests_name("wire/fragment", tests, NULL, NULL);
}
