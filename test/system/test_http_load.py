# SPDX-License-Identifier: Apache-2.0
"""The door of HTTP under many connections, and under requests bent out of shape."""
import contextlib
import json
import os
import random
import resource
import time

from support import PATIENCE_S
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
