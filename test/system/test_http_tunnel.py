# SPDX-License-Identifier: Apache-2.0
"""The native protocol through HTTP and HTTPS: real sockets, a second implementation of the codec."""
import contextlib
import functools
import socket

import irp
import irp_client
import irp_crypto
from irp_client import HTTP_TYPE
from node import Node, ansa
from support import PATIENCE_S, PREFIX

NAME = PREFIX + "/through-http"
VALUES = [irp.text_value(1, "URL", "https://example.org/"),
          irp.admin_value(100, 0x7f3, "0.NA/" + PREFIX, 300)]
DOORS = (("http", irp_client.Http), ("https", functools.partial(irp_client.Http, tls=True)))


def key_of(node):
    with open(node.path + "/keys/admin.key") as file:
        return irp_crypto.read_pem_private(file.read())


def client_of(node, transport=irp_client.Http, **more):
    port = node.http_port if transport is irp_client.Http else node.https_port
    return irp_client.Client("127.0.0.1", port, transport, **more)


def listed(node, client, flags=irp.CLIENT_FLAGS):
    pages = client.call_all(irp.LIST, irp.with_identifier("0.NA/" + PREFIX), flags)
    assert all(page.rc == irp.SUCCESS for page in pages), [page.rc for page in pages]
    return pages, [name for page in pages for name in page.names]


class Wire:
    """One connection, read by hand."""

    def __init__(self, node):
        self.socket = socket.create_connection(("127.0.0.1", node.http_port), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    @staticmethod
    def post(octets, path="/", method="POST", more=""):
        return ("%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n" %
                (method, path, HTTP_TYPE, more, len(octets))).encode() + octets

    def send(self, octets):
        self.socket.sendall(octets)

    def receive(self):
        """Status, headers, body; None when the server has closed."""
        line = self.file.readline()
        if not line:
            return None
        headers = {}
        while (text := self.file.readline().strip()):
            name, value = text.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        return int(line.split()[1]), headers, self.file.read(int(headers["content-length"]))

    def close(self):
        self.file.close()
        self.socket.close()


@contextlib.contextmanager
def wire(node):
    w = Wire(node)
    try:
        yield w
    finally:
        w.close()


def test_resolve_create_and_session():
    with Node("--key-type", "rsa") as node:
        for door, transport in DOORS:
            name = "%s-%s" % (NAME, door)
            stranger = client_of(node, transport)
            assert stranger.call(irp.RESOLVE, irp.resolution(name)).rc == irp.NOT_FOUND
            assert stranger.call(irp.GET_SITE, irp.with_identifier()).rc == irp.SUCCESS
            assert stranger.call(irp.CREATE, irp.with_values(name, VALUES)).rc == irp.CHALLENGE
            client = client_of(node, transport, identity=node.identity, key=key_of(node))
            assert client.call(irp.CREATE, irp.with_values(name, VALUES)).rc == irp.SUCCESS
            assert client.challenges == 1
            found = stranger.call(irp.RESOLVE, irp.resolution(name))
            assert found.rc == irp.SUCCESS and [v.index for v in found.values] == [1, 100]
            wrong = client_of(node, transport, identity=node.identity, key=irp_crypto.Rsa.generate())
            assert wrong.call(irp.DELETE, irp.with_identifier(name)).rc == irp.AUTH_FAILED
            assert client.start_session(group=2048).rc == irp.SUCCESS
            for encrypt in (False, True):
                client.session.encrypt = encrypt
                value = [irp.text_value(1, "URL", "https://example.net/%s" % encrypt)]
                assert client.call(irp.MODIFY, irp.with_values(name, value)).rc == irp.SUCCESS
            assert client.challenges <= 2  # the session had to be proven once
            found = node.client().call(irp.RESOLVE, irp.resolution(name))  # seen over TCP
            assert found.values[0].data == b"https://example.net/True"
            assert client.call(irp.DELETE, irp.with_identifier(name)).rc == irp.SUCCESS
            assert stranger.call(irp.RESOLVE, irp.resolution(name)).rc == irp.NOT_FOUND


def test_secret_key_and_signed_answers():
    with Node("--key-type", "rsa") as node:
        node.admin("add", "0.NA/" + PREFIX, "--value", "301:HS_SECKEY:sesame", "--permissions", "1100")
        node.admin("add", "0.NA/" + PREFIX, "--value", "201:HS_VLIST:301:0.NA/" + PREFIX)
        node.admin("add", "0.NA/" + PREFIX, "--value", "101:HS_ADMIN:111111111111:201:0.NA/" + PREFIX)
        client = client_of(node, identity="301:0.NA/" + PREFIX, key=irp_crypto.Secret(b"sesame"))
        assert client.call(irp.CREATE, irp.with_values(NAME, VALUES), irp.CERTIFY).rc == irp.SUCCESS
        signed = client.call(irp.RESOLVE, irp.resolution(NAME), irp.CERTIFY | irp.PUBLIC_ONLY)
        site = client.call(irp.GET_SITE, irp.with_identifier()).site
        key = irp_crypto.read_public_key(site.servers[0].key)
        assert irp_client.signature_verifies(signed.message, key)


def test_lists_short_and_long():
    with Node("--key-type", "rsa", start=False) as node:
        count, tail = 1200, "x" * 360
        table = "".join("%s/%05d%s\thttps://example.org/\n" % (PREFIX, i, tail) for i in range(count))
        ansa("import", "-", "--home", node.path, "--columns", "name,URL", text=table)
        node.start()
        client = client_of(node, identity=node.identity, key=key_of(node))
        pages, names = listed(node, client)
        assert len(names) == len(set(names)) == count and len(pages) == count // 50
        assert sorted(names) == names
        # too long to be signed as a whole; in a session each page has a MAC
        listing = irp.with_identifier("0.NA/" + PREFIX)
        assert client.call(irp.LIST, listing, irp.CERTIFY).rc == irp.DENIED
        assert client.start_session(group=2048).rc == irp.SUCCESS
        pages, names = listed(node, client, irp.CERTIFY | irp.REQUEST_DIGEST)
        assert len(names) == count and all(client.session.verifies(page.message) for page in pages)
    with Node("--key-type", "rsa", start=False) as node:
        table = "".join("%s/%05d\thttps://example.org/\n" % (PREFIX, i) for i in range(400))
        ansa("import", "-", "--home", node.path, "--columns", "name,URL", text=table)
        node.start()
        client = client_of(node, identity=node.identity, key=key_of(node))
        pages, names = listed(node, client, irp.CERTIFY)
        assert len(names) == 400 and len(pages) == 8
        asked = irp_client.request(irp.LIST, irp.with_identifier("0.NA/" + PREFIX))
        challenge = irp.read_response(client.ask(asked)[-1])
        with wire(node) as w:  # clients that know no chunks can read it
            w.send(Wire.post(client.answer(asked, challenge).encode()))
            status, headers, body = w.receive()
            assert status == 200 and int(headers["content-length"]) == len(body) > 4000
            assert "transfer-encoding" not in headers


def test_kept_open_and_pipelined():
    with Node() as node:
        for i in range(20):
            node.admin("create", "%s-%d" % (NAME, i), "--value", "1:URL:https://example.org/%d" % i)
        with wire(node) as w:
            for round_ in range(3):
                asked = [irp_client.request(irp.RESOLVE, irp.resolution("%s-%d" % (NAME, i)),
                                            request=1000 * round_ + i) for i in range(20)]
                w.send(b"".join(Wire.post(m.encode(), "/%s-%d" % (NAME, i)) for i, m in enumerate(asked)))
                for i in range(20):
                    status, headers, body = w.receive()
                    assert (status, headers["content-type"]) == (200, HTTP_TYPE)
                    answer = irp.read_message(body)
                    assert answer.request == 1000 * round_ + i
                    assert irp.read_response(answer).values[0].data == b"https://example.org/%d" % i
            # signed ones go another way, and still come in order
            asked = [irp_client.request(irp.RESOLVE, irp.resolution(NAME + "-0"), irp.CERTIFY * (i % 2),
                                        request=5000 + i) for i in range(10)]
            w.send(b"".join(Wire.post(m.encode()) for m in asked))
            for i in range(10):
                assert irp.read_message(w.receive()[2]).request == 5000 + i


def test_ways_that_are_accepted():
    with Node() as node:
        node.admin("create", NAME, "--value", "1:URL:https://example.org/")
        octets = irp_client.request(irp.RESOLVE, irp.resolution(NAME)).encode()
        with wire(node) as w:
            for path in ("/", "/" + NAME, "/%zz", "/api/handles/x", "/api/sessions", "/healthz", "/?a=%zz&hdl=x"):
                for method in ("POST", "GET"):
                    w.send(Wire.post(octets, path, method))
                    status, headers, body = w.receive()
                    assert (status, headers["content-type"]) == (200, HTTP_TYPE), (path, method, status)
                    assert irp.read_response(irp.read_message(body)).rc == irp.SUCCESS
            # chunks, as some proxies make of a body
            w.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
                   % HTTP_TYPE.encode())
            for i in range(0, len(octets), 7):
                part = octets[i:i + 7]
                w.send(b"%x\r\n%s\r\n" % (len(part), part))
            w.send(b"0\r\n\r\n")
            assert irp.read_response(irp.read_message(w.receive()[2])).rc == irp.SUCCESS
            w.send(Wire.post(b"", "/" + NAME, "GET"))  # the web resolver's
            status, headers, _ = w.receive()
            assert (status, headers["location"]) == (302, "https://example.org/")


def test_what_is_no_message():
    with Node() as node:
        good = irp_client.request(irp.RESOLVE, irp.resolution(NAME)).encode()
        with wire(node) as w:
            for bad in (b"", b"x", good[:19], good[:-1], good + b"\0", good + good, b'{"a":1}' * 10):
                w.send(Wire.post(bad))
                status, headers, body = w.receive()
                assert status == 400 and b'"responseCode":4,' in body, (bad[:30], status, body)
                assert headers["content-type"].startswith("application/json")
            # a message it is, but a bad one: the protocol says so, and the connection lives
            for bad, code in ((irp_client.request(4711, b"").encode(), irp.DENIED),
                              (irp_client.request(irp.RESOLVE, b"\xff" * 9).encode(), irp.PROTOCOL_ERROR)):
                w.send(Wire.post(bad))
                status, headers, body = w.receive()
                assert (status, headers["content-type"]) == (200, HTTP_TYPE)
                assert irp.read_message(body).rc == code
            w.send(Wire.post(good))
            assert irp.read_message(w.receive()[2]).rc == irp.NOT_FOUND
            w.send(Wire.post(bytes(20 + 262144 + 1))[:2000])
            status, headers, _ = w.receive()
            assert status == 413, status
