# SPDX-License-Identifier: Apache-2.0
"""Hostile clients of HTTP and HTTPS against the real server."""
import base64
import contextlib
import socket
import time

import support
from support import PREFIX
from test_http_door import END, RECORD, ask, dial, everything, get, https, raw, serving


def test_many_parameters():
    """Each is answered, at once, and nothing of it stays (the sanitizer looks, at the end)."""
    with serving() as daemon:
        for count in (100, 250, 400, 1000, 4000):
            for part in ("&", "=&", "a&"):
                begun = time.time()
                answer = raw(daemon, b"GET " + RECORD.encode() + b"?" + part.encode() * count + b" HTTP/1.1\r\n" + END)
                assert answer[:9] == b"HTTP/1.1 " and time.time() - begun < 5, (part, count, answer[:80])
        query = "&".join("index=%d" % i for i in range(1, 1001))
        code = get(daemon, RECORD + "?" + query).json()["responseCode"]
        assert code == get(daemon, RECORD).json()["responseCode"], code
        for count in (50, 200, 400, 1500):  # libmicrohttpd reads those, too
            for lines in (b"X: y\r\n" * count, b"Cookie: " + b"a=b; " * count + b"\r\n", b"Cookie: a=b\r\n" * count):
                answer = raw(daemon, b"GET /healthz HTTP/1.1\r\n" + lines + END)
                assert answer == b"" or answer[9:12] in (b"200", b"431"), answer[:80]
        assert get(daemon, "/healthz").status == 200


def test_one_who_and_one_what():
    """Of two, a proxy may have looked at the other."""
    with serving() as daemon:
        post = b"POST " + RECORD.encode() + b" HTTP/1.1\r\n"
        for lines in (b"Authorization: Basic eDp5\r\nauthorization: Basic eDp6\r\n",
                      b"Content-Type: application/json\r\nContent-Type: text/plain\r\n"):
            answer = raw(daemon, post + lines + b"Content-Length: 2\r\n" + END + b"{}")
            assert answer[9:12] == b"400" and b"several times" in answer, answer


