# SPDX-License-Identifier: Apache-2.0
"""The door of HTTP under many connections, and under requests bent out of shape."""
import base64
import contextlib
import http.client
import json
import os
import random
import resource
import socket
import ssl
import time

from node import Node
from support import PATIENCE_S, PREFIX
from test_http_door import RECORD, dial, get, serving

IDLE_BYTES_MAX = 16384


def test_idle_connections():
    """What a kept connection costs; the figure is printed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(4000, hard // 2 - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    settings = "http.http_connections = 10000\nhttp.http_connections_per_network = 10000"
    with serving(settings) as daemon:
        def open_all(number):
            socks = [dial(daemon) for _ in range(number)]
            for sock in socks:
                sock.sendall(b"GET " + RECORD.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            for sock in socks:
                assert sock.recv(65536).startswith(b"HTTP/1.1 ")
            return socks
        few = open_all(200)
        before = daemon.resident_kb()
        many = open_all(count)
        each = (daemon.resident_kb() - before) * 1024 / count
        print("%.0f octets an idle connection (of %d)" % (each, count))
        if "seccomp=yes" in open(daemon.log_path).read():  # no sanitizer, which takes more
            assert each < IDLE_BYTES_MAX, each
        assert get(daemon, "/healthz").status == 200
        for sock in few + many:
            sock.close()
        end = time.time() + PATIENCE_S
        while daemon.counts().get("http_accepted", 0) and time.time() < end:
            if json.loads(get(daemon, "/api/status").body)["status"]["connections"]["http"] <= 1:
                break
            time.sleep(0.1)
        else:
            raise AssertionError("connections are not noticed to have gone")
        if "seccomp=yes" in open(daemon.log_path).read():
            end = time.time() + PATIENCE_S
            while daemon.resident_kb() > before + 2000 and time.time() < end:
                time.sleep(0.2)
            assert daemon.resident_kb() <= before + 2000, (before, daemon.resident_kb())
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


SEEDS = (
    b"GET /api/handles/0.NA/20.500.99999?index=1&type=URL&pretty HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n",
    b"PUT /api/handles/20.500.99999/a?overwrite=true HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Authorization: Basic MzAwJTNBMA==\r\nContent-Length: 66\r\n\r\n"
    b'{"values":[{"index":1,"type":"URL","data":"http://example.org/"}]}',
    b"POST /api/handles/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
    b"7\r\n{\"a\":1}\r\n1;x=y\r\n \r\n0\r\nT: v\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-5,7-\r\nIf-None-Match: \"a\", W/\"b\"\r\nAccept-Encoding: gzip\r\n\r\n",
    b"GET /20.500.99999/a?noredirect&locatt=a:b HTTP/1.0\r\nX-Forwarded-For: 1.2.3.4, [::1]:80\r\n\r\n",
    b"POST /api/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
)


def noise(rng):
    """A few requests in a row, bent somewhere."""
    octets = bytearray(b"".join(rng.choice(SEEDS) for _ in range(rng.randint(1, 3))))
    for _ in range(rng.randint(0, 6)):
        at = rng.randrange(len(octets))
        kind = rng.randrange(5)
        if kind == 0:
            octets[at] = rng.randrange(256)
        elif kind == 1:
            del octets[at:at + rng.randint(1, 20)]
        elif kind == 2:
            octets[at:at] = rng.choice((b"\r\n", b"\0", b"%", b"\xff", b":", b" ", b"\r\nContent-Length: 9\r\n",
                                           b"\r\nTransfer-Encoding: chunked\r\n", b"A" * 3000))
        elif kind == 3:
            octets[at:at] = octets[max(0, at - 40):at]
        else:
            octets[at:at + 1] = str(rng.choice((0, 1, 255, 65536, 2**31, 2**32, 2**63, 2**64))).encode()
    return bytes(octets)


def test_noise():
    """Neither a crash nor growth, whatever comes; who asks properly is served meanwhile."""
    seed = int(os.environ.get("SEED", "1"))
    rng = random.Random(seed)
    with serving("http.http_request_time = 500ms\nhttp.http_idle_time = 1s") as daemon:
        def some(count):
            for _ in range(count):
                with contextlib.suppress(OSError), dial(daemon) as sock:
                    sock.sendall(noise(rng))
                    if rng.randrange(3):
                        sock.settimeout(0.01)
                        sock.recv(65536)
        some(300)
        before = daemon.resident_kb()
        some(int(os.environ.get("NOISE", "1500")))
        assert get(daemon, "/healthz").status == 200
        grown = daemon.resident_kb() - before
        # a sanitizer keeps what was freed
        assert grown < (8000 if "seccomp=yes" in daemon.log() else 400000), (grown, seed)


def few_at_once(sock, octets):
    """A client with next to no room for what comes."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    sock.settimeout(PATIENCE_S)
    sock.connect(octets)
    return sock


def test_slow_readers():
    """Who takes a stream of whole records octet by octet is cut off, and costs little until then."""
    readers = 40
    with Node(settings="http.http_send_time = 4s\nhttp.http_connections_per_network = 200") as node:
        admin = "0.NA/" + PREFIX
        node.admin("add", admin, "--value", "301:HS_SECKEY:secret", "--permissions", "1100")
        node.admin("add", admin, "--value", "101:HS_ADMIN:1111111111111:301:" + admin)
        values = [{"index": i, "type": "TEXT", "data": "x" * 20000} for i in range(1, 6)]
        lines = "".join(json.dumps({"op": "put", "handle": "%s/%d" % (PREFIX, i), "values": values}) + "\n" for i in range(400))
        basic = "Basic " + base64.b64encode(("301%3A" + admin + ":secret").encode()).decode()
        context = ssl._create_unverified_context()
        c = http.client.HTTPSConnection("127.0.0.1", node.https_port, timeout=60, context=context)
        c.request("POST", "/api/batch", lines, {"Authorization": basic, "Content-Type": "application/jsonl"})
        told = c.getresponse().read().splitlines()
        assert len(told) == 400 and all(b":201" in line for line in told), told[0]
        c.close()
        request = ("GET /api/handles?prefix=%s&stream=jsonl HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n" % (PREFIX, basic)).encode()

        def settled():
            end = time.time() + PATIENCE_S
            while node.daemon.counts().get("http_slow_peers", 0) < readers and time.time() < end:
                time.sleep(0.2)
        # 600 octets a second, as they come over the wire: never nothing, and never enough
        with context.wrap_socket(few_at_once(socket.socket(), ("127.0.0.1", node.https_port))) as tls:
            tls.sendall(request)
            end, slow = time.time() + 16, 0
            while slow == 0 and time.time() < end:
                socket.socket.recv(tls, 60)
                time.sleep(0.1)
                slow = node.daemon.counts().get("http_slow_peers", 0) if int(time.time() * 10) % 10 == 0 else 0
            assert slow == 1, "it may go on for ever"
        readers += 1
        before, socks = node.daemon.resident_kb(), []
        for _ in range(readers - 1):
            sock = few_at_once(socket.socket(), ("127.0.0.1", node.https_port))
            socks.append(context.wrap_socket(sock))
            socks[-1].sendall(request)
        most, begun, taken = 0, time.time(), [0] * len(socks)
        ended = set()
        while len(ended) < len(socks) and time.time() < begun + 30:
            for i, sock in enumerate(socks):
                if i in ended:
                    continue
                try:
                    part = sock.recv(1)
                except OSError:
                    part = b""
                taken[i] += len(part)
                if not part:
                    ended.add(i)
            most = max(most, node.daemon.resident_kb() - before)
            time.sleep(0.2)
            if node.daemon.counts().get("http_slow_peers", 0) >= readers:
                break  # what is in the client's own buffers may still be read
        settled()
        print("%d readers: %d kB each at most, gone after %.1f s" % (readers, most / readers, time.time() - begun))
        assert node.daemon.counts()["http_slow_peers"] == readers, node.daemon.counts()
        assert max(taken) < 1000 and time.time() - begun < 25, taken
        if "seccomp=yes" in node.daemon.log():  # no sanitizer
            assert most / readers < 700, most
        # somebody who reads at a fair pace, with pauses, is let be
        sock = few_at_once(socket.socket(), ("127.0.0.1", node.https_port))
        with context.wrap_socket(sock) as tls:
            tls.sendall(request)
            size, end = 0, time.time() + 5
            while time.time() < end:
                size += len(tls.recv(16384))
                time.sleep(0.05)
        assert size > 100000 and node.daemon.counts()["http_slow_peers"] == readers, size
        for sock in socks:
            sock.close()


def test_slow_writers():
    """A body that drips ends the connection, also one that began fast, and one of unknown length."""
    with serving("http.http_request_time = 1s") as daemon:
        start = b"PUT /api/handles/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        head, put = start + b"Transfer-Encoding: chunked\r\n\r\n", start + b"Content-Length: 100000\r\n\r\n"
        fast = b" " * 60000
        socks = [dial(daemon) for _ in range(3)]
        socks[0].sendall(put)
        socks[1].sendall(put + fast)
        socks[2].sendall(head)
        begun = time.time()
        alive = set(socks)
        while alive and time.time() < begun + 15:
            for sock in list(alive):
                try:
                    sock.sendall(b"1\r\n \r\n" if sock is socks[2] else b" ")
                    sock.settimeout(0.01)
                    with contextlib.suppress(TimeoutError):
                        told = sock.recv(65536)
                        assert told == b"" or told.startswith(b"HTTP/1.1 408 "), told
                        alive.discard(sock)
                    sock.settimeout(PATIENCE_S)
                except OSError:
                    alive.discard(sock)
            time.sleep(0.1)
        assert time.time() - begun < 10, "it is waited for"
        for sock in socks:
            sock.close()
        assert daemon.counts().get("http_slow_peers", 0) == 3, daemon.counts()
        # a fair pace is let be
        with dial(daemon) as sock:
            sock.sendall(put)
            for _ in range(10):
                sock.sendall(b" " * 10000)
                time.sleep(0.3)
            assert sock.recv(65536).startswith(b"HTTP/1.1 40"), "an end that it did not deserve"
