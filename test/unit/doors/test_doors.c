/* SPDX-License-Identifier: Apache-2.0 */
/* The doors over real sockets on loopback, in front of a service that does as it is told. */
#include "house.h"

#include "fake_identifier.h"
#include "wire/fragment.h"

static struct house open_house(const struct doors_limits *limits, uint32_t workers)
{
        struct doors_listen listen = { .has_udp = true, .has_tcp = true };
        assert_err("address", address_parse("127.0.0.1", listen.address), ANSA_OK);
        struct doors_options o = { .listen = &listen, .listen_count = 1, .workers = workers };
        struct house h = house_open(&o, limits, NULL);
        const struct doors_listen *bound;
        assert_int_equal(doors_listening(h.doors, &bound), 1);
        h.port = bound->port;
        assert_true(h.port != 0);
        return h;
}

static void close_house(struct house *h)
{
        doors_stop(h->doors);
        doors_free(h->doors);
}

/* A request of @op with a body of @size octets that begins with @first. */
static struct ansa_bytes request(uint8_t *at, size_t room, uint32_t id, uint32_t op, uint32_t flags,
                                 uint32_t first, size_t size)
{
        struct envelope e = { .major = 2, .minor = 11, .request_id = id };
        struct header h = { .op = op, .flags = flags };
        struct buf b = buf_over(at, room);
        struct message_mark mark = message_begin(&b, &e, &h);
        if (size >= 4)
                buf_u32(&b, first);
        for (size_t i = 4; i < size; i++)
                buf_u8(&b, (uint8_t)i);
        message_end_body(&b, mark);
        message_end(&b, mark, (struct ansa_bytes){ 0 });
        assert_err("request", b.err, ANSA_OK);
        return buf_written(&b);
}

static void send_all(int fd, struct ansa_bytes bytes)
{
        while (bytes.size > 0) {
                ssize_t n = send(fd, bytes.at, bytes.size, MSG_NOSIGNAL);
                if (n <= 0)
                        fail_msg("send: %d", errno);
                bytes.at += n;
                bytes.size -= (size_t)n;
        }
}

/* Exactly @size octets; false at the end of the stream. */
static bool receive_all(int fd, uint8_t *at, size_t size)
{
        while (size > 0) {
                if (!readable(fd, PATIENCE_MS))
                        fail_msg("nothing came");
                ssize_t n = recv(fd, at, size, 0);
                if (n <= 0)
                        return false;
                at += n;
                size -= (size_t)n;
        }
        return true;
}

struct answer {
        struct message m;
        uint8_t at[LIMIT_MESSAGE_SIZE];
};

static bool receive_answer(int fd, struct answer *a)
{
        uint8_t envelope[ENVELOPE_SIZE];
        struct envelope e;
        if (!receive_all(fd, envelope, sizeof(envelope)))
                return false;
        assert_err("envelope",
                   envelope_decode((struct ansa_bytes){ envelope, sizeof(envelope) }, &e), ANSA_OK);
        assert_true(e.message_size <= sizeof(a->at));
        assert_true(receive_all(fd, a->at, e.message_size));
        assert_err("answer",
                   message_decode(&e, (struct ansa_bytes){ a->at, e.message_size }, &a->m),
                   ANSA_OK);
        return true;
}

static bool has_ended(int fd)
{
        uint8_t octet;
        return readable(fd, PATIENCE_MS) && recv(fd, &octet, 1, 0) <= 0;
}

static struct answer answer; /* too large for the stack */

/* The answer to a datagram, joined when it comes in parts. False: silence. */
static bool receive_datagrams(int fd, struct answer *a, int ms)
{
        struct fragment_set set = { 0 };
        bool done = false;
        while (!done) {
                uint8_t packet[2048];
                struct envelope e;
                if (!readable(fd, ms))
                        return false;
                ssize_t n = recv(fd, packet, sizeof(packet), 0);
                assert_true(n >= (ssize_t)ENVELOPE_SIZE && n <= (ssize_t)LIMIT_UDP_PACKET_SIZE);
                assert_err("envelope",
                           envelope_decode((struct ansa_bytes){ packet, (size_t)n }, &e), ANSA_OK);
                assert_int_equal(e.flags & ENVELOPE_TRUNCATED, 0); /* irp-wire 3: not in answers */
                if (set.at == NULL)
                        assert_err("begin", fragment_begin(&set, &e, a->at), ANSA_OK);
                struct ansa_bytes data = { packet + ENVELOPE_SIZE, (size_t)n - ENVELOPE_SIZE };
                assert_err("add", fragment_add(&set, &e, data, &done), ANSA_OK);
        }
        assert_err("answer",
                   message_decode(&set.envelope,
                                  (struct ansa_bytes){ a->at, set.envelope.message_size }, &a->m),
                   ANSA_OK);
        return true;
}

static void test_udp(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits, 2);
        uint8_t at[4096];
        int fd = house_dial(&h, SOCK_DGRAM);

        struct ansa_bytes r = request(at, sizeof(at), 1, OP_RESOLVE, 0, UINT32_MAX, 20);
        send_all(fd, r);
        assert_true(receive_datagrams(fd, &answer, PATIENCE_MS));
        assert_int_equal(answer.m.envelope.request_id, 1);
        assert_int_equal(answer.m.body.size, 20);

        static const uint32_t sizes[] = { 463, 464, 465, 20000, 200000 };
        for (uint32_t i = 0; i < COUNT_OF(sizes); i++) {
                send_all(fd, request(at, sizeof(at), 10 + i, OP_RESOLVE, 0, sizes[i], 4));
                assert_true(receive_datagrams(fd, &answer, PATIENCE_MS));
                row_int("answer in parts", (long long)answer.m.body.size, sizes[i]);
        }
        /* a request that is one large datagram, and one in parts, last part first */
        r = request(at, sizeof(at), 20, OP_RESOLVE, 0, UINT32_MAX, 3000);
        send_all(fd, r);
        assert_true(receive_datagrams(fd, &answer, PATIENCE_MS));
        row_int("large datagram", (long long)answer.m.body.size, 3000);
        for (uint32_t i = fragment_count((uint32_t)(r.size - ENVELOPE_SIZE)); i-- > 0;) {
                uint8_t packet[LIMIT_UDP_PACKET_SIZE];
                struct ansa_bytes data;
                fragment_cut(r, i, true, packet, &data);
                memcpy(packet + ENVELOPE_SIZE, data.at, data.size);
                send_all(fd, (struct ansa_bytes){ packet, ENVELOPE_SIZE + data.size });
        }
        assert_true(receive_datagrams(fd, &answer, PATIENCE_MS));
        row_int("request in parts", (long long)answer.m.body.size, 3000);

        /* slow lane, writer, both, silence */
        static const uint32_t ops[] = { OP_GET_SITE, OP_CREATE, OP_ADD, OP_MODIFY };
        for (uint32_t i = 0; i < COUNT_OF(ops); i++) {
                send_all(fd, request(at, sizeof(at), 30 + i, ops[i], 0, 0, 0));
                assert_true(receive_datagrams(fd, &answer, PATIENCE_MS));
                row_int("later answer", answer.m.envelope.request_id, 30 + i);
                row_int("later answer", answer.m.header.response, RC_SUCCESS);
        }
        send_all(fd, request(at, sizeof(at), 40, OP_DELETE, 0, 0, 0));
        send_all(fd, (struct ansa_bytes){ at, 19 });
        send_all(fd, (struct ansa_bytes){ at, 0 });
        assert_false(receive_datagrams(fd, &answer, 200));
        struct doors_counts counts;
        doors_count(h.doors, &counts);
        row_int("malformed", (long long)counts.udp_malformed, 1); /* the empty one is not sent */
        row_int("silent", (long long)counts.silent, 1);
        row_int("writes", (long long)counts.writes, 2);
        (void)close(fd);
        close_house(&h);
}

static void test_udp_burst(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits, 2);
        int fd = house_dial(&h, SOCK_DGRAM);
        uint8_t at[256];
        static bool seen[600];
        memset(seen, 0, sizeof(seen));
        for (uint32_t i = 0; i < COUNT_OF(seen); i++)
                send_all(fd, request(at, sizeof(at), i, i % 7 == 0 ? OP_CREATE : OP_RESOLVE, 0,
                                     UINT32_MAX, 60));
        uint32_t refused = 0;
        for (uint32_t i = 0; i < COUNT_OF(seen); i++) {
                assert_true(receive_datagrams(fd, &answer, PATIENCE_MS));
                uint32_t id = answer.m.envelope.request_id;
                assert_true(id < COUNT_OF(seen) && !seen[id]);
                seen[id] = true;
                refused += answer.m.header.response == RC_BUSY;
        }
        assert_in_range(refused, 0, COUNT_OF(seen) / 7 - 64 + 10);
        (void)close(fd);
        close_house(&h);
}

static void test_budget_of_a_source(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        limits.exempt_count = 0;
        struct house h = open_house(&limits, 1);
        int fd = house_dial(&h, SOCK_DGRAM);
        uint8_t at[256];
        uint64_t in = 0;
        for (uint32_t i = 0; i < 200; i++) {
                struct ansa_bytes r = request(at, sizeof(at), i, OP_RESOLVE, 0, 20000, 4);
                in += r.size;
                send_all(fd, r);
                (void)readable(fd, 1);
                while (readable(fd, 0))
                        (void)recv(fd, at, sizeof(at), 0);
        }
        struct doors_counts counts;
        doors_count(h.doors, &counts);
        assert_in_range(counts.udp_over_budget, 190, 200);
        assert_true(counts.udp_bytes_out <= in + 2 * limits.budget.burst);
        /* a connection proves the source: now there is more */
        int tcp = house_dial(&h, SOCK_STREAM);
        send_all(tcp, request(at, sizeof(at), 1, OP_RESOLVE, 0, UINT32_MAX, 4));
        assert_true(receive_answer(tcp, &answer));
        (void)close(tcp);
        (void)usleep(400000);
        send_all(fd, request(at, sizeof(at), 999, OP_RESOLVE, 0, 20000, 4));
        assert_true(receive_datagrams(fd, &answer, PATIENCE_MS));
        (void)close(fd);
        close_house(&h);
}

static void test_tcp_one_request_a_connection(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits, 2);
        static const struct {
                const char *rule;
                uint32_t op;
                uint32_t size; /* of the answer's body */
        } rows[] = {
                { "answered at once", OP_RESOLVE, 5000 },
                { "largest", OP_RESOLVE, LIMIT_MESSAGE_SIZE - HEADER_SIZE - 4 },
                { "slow lane", OP_GET_SITE, 300 },
                { "writer", OP_CREATE, 0 },
                { "slow lane and writer", OP_ADD, 0 },
                { "writer and slow lane", OP_MODIFY, 0 },
        };
        for (uint32_t i = 0; i < COUNT_OF(rows); i++) {
                uint8_t at[256];
                int fd = house_dial(&h, SOCK_STREAM);
                struct ansa_bytes r = request(at, sizeof(at), i, rows[i].op, 0, rows[i].size, 4);
                if (i % 2 == 0) { /* in two parts, so that the first look finds half of it */
                        send_all(fd, (struct ansa_bytes){ r.at, 30 });
                        (void)usleep(20000);
                        r.at += 30;
                        r.size -= 30;
                }
                send_all(fd, r);
                assert_true(receive_answer(fd, &answer));
                row_int(rows[i].rule, answer.m.envelope.request_id, i);
                row_int(rows[i].rule, (long long)answer.m.body.size, rows[i].size);
                row_int(rows[i].rule, has_ended(fd), true);
                (void)close(fd);
        }
        uint8_t at[256];
        int fd = house_dial(&h, SOCK_STREAM);
        send_all(fd, request(at, sizeof(at), 1, OP_DELETE, 0, 0, 0));
        row_int("silence ends it too", has_ended(fd), true);
        (void)close(fd);
        close_house(&h);
}

static void test_tcp_pipeline(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits, 2);
        int fd = house_dial(&h, SOCK_STREAM);
        static uint8_t at[65536];
        static const uint32_t ops[] = { OP_RESOLVE,  OP_CREATE, OP_CREATE, OP_RESOLVE,
                                        OP_GET_SITE, OP_MODIFY, OP_ADD,    OP_RESOLVE };
        struct buf all = buf_over(at, sizeof(at));
        for (uint32_t i = 0; i < 400; i++) {
                uint8_t one[256];
                buf_bytes(&all, request(one, sizeof(one), i, ops[i % COUNT_OF(ops)], FLAG_KEEP_OPEN,
                                        100 + i, 4));
        }
        send_all(fd, buf_written(&all));
        for (uint32_t i = 0; i < 400; i++) {
                assert_true(receive_answer(fd, &answer));
                row_int("op", answer.m.header.op, ops[i % COUNT_OF(ops)]);
                row_int("order", answer.m.envelope.request_id, i);
        }
        /* one without the flag: the connection was to be kept, so it is */
        send_all(fd, request(at, sizeof(at), 1000, OP_RESOLVE, 0, UINT32_MAX, 4));
        assert_true(receive_answer(fd, &answer));
        assert_false(readable(fd, 50));
        /* half closed: what was asked is still answered */
        send_all(fd, request(at, sizeof(at), 1001, OP_ADD, 0, UINT32_MAX, 4));
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        assert_true(receive_answer(fd, &answer));
        assert_int_equal(answer.m.envelope.request_id, 1001);
        assert_true(has_ended(fd));
        (void)close(fd);
        close_house(&h);
}

static void test_long_list_to_a_slow_reader(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits, 1);
        uint8_t at[256];
        int fd = house_dial(&h, SOCK_STREAM);
        int small = 32768;
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
        send_all(fd, request(at, sizeof(at), 5, OP_LIST, 0, 0, 4));
        (void)usleep(100000);
        for (uint32_t i = 0; i < FAKE_PAGES; i++) {
                assert_true(receive_answer(fd, &answer));
                bool is_last = (answer.m.header.flags & FLAG_CONTINUES) == 0;
                row_int("last page", is_last, i + 1 == FAKE_PAGES);
        }
        assert_true(has_ended(fd));
        (void)close(fd);
        close_house(&h);
}

static void test_bad_streams(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        limits.request_ms = 600;
        limits.idle_ms = 600;
        struct house h = open_house(&limits, 1);
        uint8_t at[256];
        /* a claim over the limit is refused by its envelope alone */
        struct ansa_bytes r = request(at, sizeof(at), 77, OP_RESOLVE, 0, 0, 4);
        struct buf claim = buf_over(at, sizeof(at));
        claim.size = r.size;
        buf_patch_u32(&claim, 16, LIMIT_MESSAGE_SIZE + 1);
        int fd = house_dial(&h, SOCK_STREAM);
        send_all(fd, r);
        assert_true(receive_answer(fd, &answer));
        row_int("too large", answer.m.header.response, RC_PROTOCOL);
        row_int("too large", answer.m.envelope.request_id, 77);
        row_int("too large", has_ended(fd), true);
        (void)close(fd);
        /* a request that never ends, and a connection that says nothing */
        int half = house_dial(&h, SOCK_STREAM);
        int mute = house_dial(&h, SOCK_STREAM);
        send_all(half, (struct ansa_bytes){ at, 10 });
        row_int("unfinished", has_ended(half), true);
        row_int("mute", has_ended(mute), true);
        (void)close(half);
        (void)close(mute);
        struct doors_counts counts;
        int patience = 100;
        do { /* the first one lingers until it has seen our end */
                (void)usleep(20000);
                doors_count(h.doors, &counts);
        } while (counts.connections > 0 && --patience > 0);
        row_int("slow peers", (long long)counts.tcp_slow_peers, 1);
        row_int("malformed", (long long)counts.tcp_malformed, 1);
        row_int("left", (long long)counts.connections, 0);
        close_house(&h);
}

static void test_connection_limits(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        limits.connections_network_max = 5;
        struct house h = open_house(&limits, 2);
        uint8_t at[256];
        int kept[5];
        for (uint32_t i = 0; i < 5; i++) {
                kept[i] = house_dial(&h, SOCK_STREAM);
                send_all(kept[i], request(at, sizeof(at), i, OP_RESOLVE, FLAG_KEEP_OPEN, 9, 4));
                assert_true(receive_answer(kept[i], &answer));
        }
        int sixth = house_dial(&h, SOCK_STREAM);
        send_all(sixth, request(at, sizeof(at), 6, OP_RESOLVE, FLAG_KEEP_OPEN, 9, 4));
        assert_true(receive_answer(sixth, &answer));
        row_int("sixth", answer.m.header.response, RC_BUSY);
        row_int("sixth", has_ended(sixth), true);
        (void)close(sixth);
        (void)close(kept[0]);
        (void)usleep(100000);
        /* more are allowed while it runs */
        limits.connections_network_max = 6;
        doors_reconfigure(h.doors, &limits);
        (void)usleep(100000);
        int again[2];
        for (uint32_t i = 0; i < 2; i++) {
                again[i] = house_dial(&h, SOCK_STREAM);
                send_all(again[i], request(at, sizeof(at), i, OP_RESOLVE, 0, 9, 4));
                assert_true(receive_answer(again[i], &answer));
                row_int("after one left", answer.m.header.response, RC_SUCCESS);
                (void)close(again[i]);
        }
        for (uint32_t i = 1; i < 5; i++)
                (void)close(kept[i]);
        close_house(&h);
}

static void test_full_queues(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        limits.slow_count_max = 4; /* of which one lane gets half */
        limits.write_count_max = 2;
        struct house h = open_house(&limits, 1);
        atomic_store(&fake.slow_ms, 200);
        atomic_store(&fake.commit_ms, 200);
        static const uint32_t ops[] = { OP_GET_SITE, OP_CREATE };
        for (uint32_t k = 0; k < COUNT_OF(ops); k++) {
                uint8_t at[256];
                int fd = house_dial(&h, SOCK_DGRAM);
                for (uint32_t i = 0; i < 20; i++)
                        send_all(fd, request(at, sizeof(at), i, ops[k], 0, 7, 4));
                /* while it is full, others are served at once */
                send_all(fd, request(at, sizeof(at), 100, OP_RESOLVE, 0, 7, 4));
                uint32_t busy = 0;
                uint32_t before = 0;
                for (uint32_t i = 0; i < 21; i++) {
                        assert_true(receive_datagrams(fd, &answer, PATIENCE_MS));
                        busy += answer.m.header.response == RC_BUSY;
                        if (answer.m.envelope.request_id == 100)
                                before = i;
                }
                assert_in_range(busy, 14, 18);
                assert_in_range(before, 14, 18);
                (void)close(fd);
        }
        struct doors_counts counts;
        doors_count(h.doors, &counts);
        assert_in_range(counts.slow_refused, 14, 18);
        assert_in_range(counts.writes_refused, 14, 18);
        close_house(&h);
}

static void test_stop_finishes_what_is_begun(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits, 2);
        uint8_t at[256];
        atomic_store(&fake.commit_ms, 150);
        int udp = house_dial(&h, SOCK_DGRAM);
        int tcp = house_dial(&h, SOCK_STREAM);
        int idle = house_dial(&h, SOCK_STREAM);
        send_all(idle, request(at, sizeof(at), 3, OP_RESOLVE, FLAG_KEEP_OPEN, 9, 4));
        assert_true(receive_answer(idle, &answer));
        send_all(udp, request(at, sizeof(at), 1, OP_CREATE, 0, 0, 0));
        send_all(tcp, request(at, sizeof(at), 2, OP_ADD, FLAG_KEEP_OPEN, 0, 0));
        (void)usleep(50000);
        doors_stop(h.doors);
        assert_true(receive_datagrams(udp, &answer, 0));
        assert_int_equal(answer.m.header.response, RC_SUCCESS);
        assert_true(receive_answer(tcp, &answer));
        assert_int_equal(answer.m.header.response, RC_SUCCESS);
        assert_true(has_ended(tcp));
        assert_true(has_ended(idle));
        doors_free(h.doors);
        (void)close(udp);
        (void)close(tcp);
        (void)close(idle);
}

static void test_port_in_use(void **state)
{
        (void)state;
        struct doors_limits limits = house_limits();
        struct house h = open_house(&limits, 1);
        struct doors_listen listen = { .has_udp = true, .has_tcp = true, .port = h.port };
        assert_err("address", address_parse("127.0.0.1", listen.address), ANSA_OK);
        struct doors_options o = { .listen = &listen,
                                   .listen_count = 1,
                                   .workers = 1,
                                   .slow_threads = 1,
                                   .env = env_system(),
                                   .limits = limits };
        struct doors *second;
        struct doors_problem problem;
        assert_err("second", doors_open(&o, &second, &problem), ANSA_E_BUSY);
        assert_null(second);
        assert_non_null(strstr(problem.text, "127.0.0.1"));
        close_house(&h);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_udp),
                cmocka_unit_test(test_udp_burst),
                cmocka_unit_test(test_budget_of_a_source),
                cmocka_unit_test(test_tcp_one_request_a_connection),
                cmocka_unit_test(test_tcp_pipeline),
                cmocka_unit_test(test_long_list_to_a_slow_reader),
                cmocka_unit_test(test_bad_streams),
                cmocka_unit_test(test_connection_limits),
                cmocka_unit_test(test_full_queues),
                cmocka_unit_test(test_stop_finishes_what_is_begun),
                cmocka_unit_test(test_port_in_use),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
