# SPDX-License-Identifier: Apache-2.0
"""Bad input at the sockets: the right code or silence, flat memory, and others are served meanwhile."""
import contextlib
import random
import socket
import struct
import threading
import time

import irp
import irp_client
import irp_crypto
from node import Node
from support import PREFIX, receive_datagrams, receive_message, resolution, site_request

NAME = PREFIX + "/thing"
HEADS = 28  # octets of IP and UDP before each datagram


@contextlib.contextmanager
def node_under_watch(settings=""):
    """A node that is asked every 20 ms while the test goes on, and whose memory must not grow."""
    with Node(settings=settings) as node:
        node.admin("create", NAME, "--value", "1:URL:https://example.org/")
        stop, answers, failures = threading.Event(), [], []

        def ask():
            while not stop.is_set():
                begun = time.time()
                try:
                    client = node.client((irp_client.Tcp, irp_client.Udp)[len(answers) % 2])
                    response = client.call(irp.RESOLVE, irp.resolution(NAME))
                    assert response.rc == irp.SUCCESS, response.rc
                    answers.append(time.time() - begun)
                except Exception as wrong:
                    failures.append(repr(wrong))
                time.sleep(0.02)

        watcher = threading.Thread(target=ask)
        for _ in range(50):
            node.client().call(irp.RESOLVE, irp.resolution(NAME))
        watcher.start()
        try:
            yield node
        finally:
            stop.set()
            watcher.join(30)
        assert len(answers) >= 3 and not failures, (len(answers), failures[:3])
        assert max(answers) < 5, max(answers)


def grown_kb(node, work):
    """How much the server grows when @work is done again: the first time warms caches."""
    work()
    before = node.daemon.resident_kb()
    for _ in range(3):
        work()
    return node.daemon.resident_kb() - before


def drain(sock, seconds=0.2):
    sock.settimeout(seconds)
    octets = b""
    try:
        while True:
            part = sock.recv(65536)
            if not part:
                return octets
            octets += part
    except (TimeoutError, ConnectionError):
        return octets


def test_garbage_costs_no_memory():
    rng = random.Random(7)
    with node_under_watch() as node:
        good = irp_client.request(irp.RESOLVE, irp.resolution(NAME)).encode()

        def work():
            with node.daemon.udp() as sock:
                for _ in range(1500):
                    bad = bytearray(good)
                    for _ in range(rng.randrange(1, 6)):
                        bad[rng.randrange(len(bad))] = rng.randrange(256)
                    sock.send(bytes(bad[:rng.randrange(len(bad) + 1)]))
            for _ in range(40):
                with node.daemon.tcp() as sock:
                    bad = bytearray(good * 3)
                    bad[rng.randrange(20, len(bad))] ^= 1 << rng.randrange(8)
                    sock.sendall(bad)
                    sock.shutdown(socket.SHUT_WR)
                    drain(sock, 2)

        assert grown_kb(node, work) < 20000


def test_the_code_for_each_fault():
    with Node("--key-type", "rsa") as node:
        node.admin("create", NAME, "--value", "1:URL:x")
        with open(node.path + "/keys/admin.key") as file:
            key = irp_crypto.read_pem_private(file.read())
        client = node.client()

        def code(op, body, flags=irp.PUBLIC_ONLY, **more):
            return client.call(op, body, flags, **more).rc

        body = irp.resolution(NAME)
        for name, got, wanted in (
                ("an unknown operation", code(0xdead, body), (irp.DENIED, irp.PROTOCOL_ERROR)),
                ("a truncated body", code(irp.RESOLVE, body[:-2]), (irp.PROTOCOL_ERROR,)),
                ("octets behind the body", code(irp.RESOLVE, body + b"x"), (irp.PROTOCOL_ERROR, irp.SUCCESS)),
                ("a huge count", code(irp.RESOLVE, irp.block(NAME) + irp.u32(2 ** 32 - 1)), (irp.PROTOCOL_ERROR,)),
                ("a huge length", code(irp.RESOLVE, irp.u32(2 ** 31) + b"x"), (irp.PROTOCOL_ERROR,)),
                ("no identifier", code(irp.RESOLVE, irp.resolution("")), (irp.BAD_IDENTIFIER,)),
                ("a name that is not UTF-8", code(irp.RESOLVE, irp.block(b"20.500.99999/\xff") + bytes(8)),
                 (irp.BAD_IDENTIFIER, irp.PROTOCOL_ERROR)),
                ("a name of 2049 octets", code(irp.RESOLVE, irp.resolution(PREFIX + "/" + "x" * 2049)),
                 (irp.BAD_IDENTIFIER, irp.PROTOCOL_ERROR)),
                ("a foreign name", code(irp.RESOLVE, irp.resolution("10.1/x")), (irp.NOT_RESPONSIBLE,)),
                ("no such identifier", code(irp.RESOLVE, irp.resolution(PREFIX + "/none")), (irp.NOT_FOUND,)),
                ("no such index", code(irp.RESOLVE, irp.resolution(NAME, [7])), (irp.VALUE_NOT_FOUND,)),
                ("an answer to no challenge", code(irp.ANSWER, irp.answer("HS_PUBKEY", irp.reference("1:a/b"), b""),
                                                   session=99), (irp.AUTH_TIMEOUT, irp.SESSION_GONE)),
                ("administration by nobody", code(irp.DELETE, irp.with_identifier(NAME)), (irp.CHALLENGE,)),
                ("an expired request", code(irp.DELETE, irp.with_identifier(NAME), expiration=5),
                 tuple(range(1, 600)))):
            assert got in wanted, (name, got)
        # bad values of somebody who may
        client.identity, client.key = irp.reference(node.identity), key
        value = irp.text_value(1, "URL", "x")
        for name, values, wanted in (
                ("index 0", [irp.text_value(0, "URL", "x")], (irp.VALUE_INVALID, irp.ERROR, irp.PROTOCOL_ERROR)),
                ("one index twice", [value, value], (irp.VALUE_INVALID, irp.VALUE_EXISTS)),
                ("no values", [], (irp.SUCCESS, irp.VALUE_INVALID, irp.PROTOCOL_ERROR)),
                ("too many values", [irp.text_value(i, "T", "") for i in range(1, 2100)],
                 (irp.PROTOCOL_ERROR, irp.VALUE_INVALID)),
                ("HS_ADMIN without data", [irp.Value(1, "HS_ADMIN", b"")], (irp.VALUE_INVALID, irp.SUCCESS)),
                ("HS_SITE of nonsense", [irp.Value(1, "HS_SITE", b"nonsense")], (irp.VALUE_INVALID, irp.SUCCESS))):
            got = client.call(irp.CREATE, irp.with_values("%s/%s" % (PREFIX, name), values)).rc
            assert got in wanted, (name, got)


def test_wrong_ids_in_datagrams_and_answers():
    with Node() as node, node.daemon.udp() as sock:
        sock.settimeout(0.3)
        response = irp.Message(irp.RESOLVE, irp.SUCCESS, 0, irp.resolution(NAME), request=5)
        for packet in response.datagrams():  # a response is no request
            sock.send(packet)
        assert drain(sock, 0.3) == b""
        sock.settimeout(5)
        for request_id in (0, 1, 2 ** 31, 2 ** 32 - 1):
            sock.send(resolution("0.NA/" + PREFIX, request_id))
            assert receive_datagrams(sock).request_id == request_id


def test_replays_are_refused():
    with Node("--key-type", "rsa") as node:
        with open(node.path + "/keys/admin.key") as file:
            key = irp_crypto.read_pem_private(file.read())
        client = node.client(identity=node.identity, key=key)
        values = [irp.text_value(1, "URL", "x"), irp.admin_value(100, 0x7f3, "0.NA/" + PREFIX, 300)]
        asked = irp_client.request(irp.CREATE, irp.with_values(NAME, values))
        challenge = irp.read_response(client.ask(asked)[-1])
        assert challenge.rc == irp.CHALLENGE
        answer = client.answer(asked, challenge)
        assert irp.read_response(client.ask(answer)[-1]).rc == irp.SUCCESS
        again = irp.read_response(client.ask(answer)[-1])
        assert again.rc in (irp.AUTH_TIMEOUT, irp.SESSION_GONE, irp.AUTH_FAILED), again.rc
        # the counters of a session
        client.start_session()
        assert client.call(irp.MODIFY, irp.with_values(NAME, values[:1])).rc == irp.SUCCESS
        sealed = client.session.protect(irp_client.request(irp.MODIFY, irp.with_values(NAME, values[:1])))
        session, client.session = client.session, None
        assert irp.read_response(client.ask(sealed)[-1]).rc == irp.SUCCESS
        replayed = irp.read_response(client.ask(sealed)[-1])
        assert replayed.rc == irp.SESSION_REPLAY, replayed.rc
        # a forged one
        forged = irp_client.request(irp.DELETE, irp.with_identifier(NAME), session=session.id)
        forged.credential = irp.Credential("HS_MAC", b"HMAC-SHA256", bytes(32), session.counter + 5).encode()
        refused = irp.read_response(client.ask(forged)[-1])
        assert refused.rc in (irp.AUTH_FAILED, irp.BAD_CREDENTIAL, irp.SESSION_KEY), refused.rc
        unknown = irp_client.request(irp.DELETE, irp.with_identifier(NAME), session=77)
        unknown.credential = forged.credential
        refused = irp.read_response(client.ask(unknown)[-1])
        assert refused.rc == irp.SESSION_GONE, refused.rc
        node.ask("resolve", NAME)


def test_slow_senders_and_readers():
    with node_under_watch("limits.request_time = 1s\nlimits.send_time = 1s\nlimits.idle_time = 2s\n"
                          "limits.connections_per_network = 300") as node:
        senders = [node.daemon.tcp() for _ in range(100)]
        octets = resolution(NAME, 1)
        readers = []
        for _ in range(10):
            reader = node.daemon.tcp()
            reader.settimeout(0.05)
            readers.append(reader)
            try:
                for _ in range(200):
                    reader.send(site_request(1, 0x03000000) * 100)
            except (TimeoutError, ConnectionError):
                pass
        begun, gone = time.time(), 0
        for i in range(60):  # an octet at a time, each within every idle time
            for sender in senders:
                try:
                    sender.send(octets[i:i + 1])
                except ConnectionError:
                    gone += 1
            if gone > 50 or time.time() - begun > 8:
                break
            time.sleep(0.1)
        assert gone, "slow senders were waited for"
        for sock in senders + readers:
            sock.close()


def test_a_flood_of_connections():
    with node_under_watch("limits.connections = 400\nlimits.connections_per_network = 350") as node:
        for _ in range(3):
            socks = []
            for i in range(345):
                try:
                    socks.append(node.daemon.tcp())
                except OSError:
                    break
            for sock in socks[::3]:
                with contextlib.suppress(OSError):
                    sock.sendall(resolution(NAME, 3)[:25])
            for sock in socks:
                sock.close()
            time.sleep(0.2)
        with node.daemon.tcp() as sock:
            sock.sendall(resolution(NAME, 9))
            assert receive_message(sock).request_id == 9


def test_fragments_that_stay_incomplete():
    with node_under_watch() as node:
        types = ["TYPE%d" % i for i in range(200)]
        rng = random.Random(1)

        def work():
            with node.daemon.udp() as sock:
                for i in range(1000):
                    request = irp_client.request(irp.RESOLVE, irp.resolution(NAME, (), types), request=rng.randrange(2 ** 31))
                    for packet in request.datagrams()[:-1]:
                        sock.send(packet)

        assert grown_kb(node, work) < 20000
        with node.daemon.udp() as sock:  # absurd sizes and places
            for size, sequence in ((2 ** 32 - 1, 0), (262145, 1), (1000, 2 ** 32 - 1), (492, 3), (0, 0)):
                sock.send(struct.pack(">BBBBIIII", 2, 11, 0x22, 11, 0, 9, sequence, size) + bytes(492))


def test_unfinished_challenges_and_sessions():
    with node_under_watch("identifier.challenges = 64\nidentifier.sessions = 16") as node:
        client = node.client()

        def work():
            codes = {client.call(irp.DELETE, irp.with_identifier(NAME)).rc for _ in range(200)}
            assert codes == {irp.CHALLENGE}, codes
            for _ in range(12):
                node.client().start_session()

        assert grown_kb(node, work) < 20000
        for _ in range(3):  # who answers has his place, full as the table is
            client.call(irp.DELETE, irp.with_identifier(NAME))
            node.admin("put", NAME + "2", "--value", "1:URL:x")


def test_nothing_is_reflected_beyond_what_came():
    """A source that proves nothing, with the largest answer there is: out <= in, in the long run."""
    with Node(settings="limits.udp_budget_exempt =\nlimits.udp_burst = 16k\nlimits.udp_refill = 0\n"
                       "server.workers = 1") as node:
        with node.daemon.udp() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            request = resolution("0.NA/" + PREFIX, 7)
            sent = got = 0
            sock.setblocking(False)
            for _ in range(20000):
                with contextlib.suppress(BlockingIOError):
                    sock.send(request)
                    sent += len(request) + HEADS
                with contextlib.suppress(BlockingIOError):
                    got += len(sock.recv(65536)) + HEADS
            time.sleep(0.3)
            with contextlib.suppress(BlockingIOError):
                while True:
                    got += len(sock.recv(65536)) + HEADS
            assert sent > 500000 and got <= sent + 3 * 16384, (sent, got)
        # over TCP nobody is kept waiting for it, and who came by TCP has proven where he is
        node.ask("resolve", "0.NA/" + PREFIX, "--tcp")
        node.ask("resolve", "0.NA/" + PREFIX, "--udp")


def test_forged_datagrams_keep_no_administrator_out():
    """The tables and the queue that strangers can fill are shared out by where requests come from."""
    settings = "identifier.challenges = 32\nidentifier.sessions = 8\nlimits.slow_requests = 16\n"
    with Node("--key-type", "rsa", settings=settings) as node:
        with open(node.path + "/keys/admin.key") as file:
            key = irp_crypto.read_pem_private(file.read())
        # two clients that have been challenged, one of them in a session
        waiting = []
        for in_session in (False, True):
            client = node.client(identity=node.identity, key=key)
            if in_session:
                client.start_session()
            asked = irp_client.request(irp.CREATE, irp.with_values("%s/kept-%d" % (PREFIX, in_session),
                                                                   [irp.text_value(1, "URL", "x")]))
            challenge = irp.read_response(client.ask(asked)[-1])
            assert challenge.rc == irp.CHALLENGE, challenge.rc
            waiting.append((client, asked, challenge))
        status = irp_client.request(irp.RESOLVE, irp.resolution("0.SITE/status"), 0).encode()
        setup = irp_client.request(irp.SESSION_SETUP, irp.session_setup(irp.MODE_SERVER_KEY,
                                                                        irp.Reference("", 0))).encode()
        slow = b"\x22" + irp.block(bytes(16)) + struct.pack(">II", 100000, 160) + irp.block(bytes(20))
        check = irp_client.request(irp.VERIFY, irp.verify(irp.reference("301:0.NA/" + PREFIX), bytes(20),
                                                          bytes(32), slow)).encode()
        stop = threading.Event()

        def flood():
            with node.daemon.udp() as sock:
                while not stop.is_set():
                    for packet in (status, setup, check):
                        with contextlib.suppress(OSError):
                            sock.send(packet)
                    time.sleep(0.0005)

        # what op 201 asks about, so that it costs what it can
        client = node.client(identity=node.identity, key=key)
        secret = irp.Value(301, "HS_SECKEY", b"secret", permissions=0x0c)
        assert client.call(irp.ADD, irp.with_values("0.NA/" + PREFIX, [secret])).rc == irp.SUCCESS
        flooders = [threading.Thread(target=flood) for _ in range(2)]
        for thread in flooders:
            thread.start()
        try:
            time.sleep(1)
            for client, asked, challenge in waiting:
                got = irp.read_response(client.ask(client.answer(asked, challenge))[-1])
                assert got.rc == irp.SUCCESS, got.rc
            for number in range(10):
                client = node.client(identity=node.identity, key=key)
                begun = time.time()
                client.start_session()
                body = irp.with_values("%s/new-%d" % (PREFIX, number), [irp.text_value(1, "URL", "x")])
                got = client.call(irp.CREATE, body).rc
                assert got == irp.SUCCESS, (number, got)
                assert time.time() - begun < 5, time.time() - begun
        finally:
            stop.set()
            for thread in flooders:
                thread.join(30)
        assert node.daemon.counts()["slow_refused"] > 0
