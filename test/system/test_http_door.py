# SPDX-License-Identifier: Apache-2.0
"""The door of HTTP and HTTPS: real sockets against the real daemon; what is said is tested elsewhere."""
import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time

import support
from node import Node, free_ports
from support import PATIENCE_S, PREFIX, Daemon, Home, has_ended

RECORD = "/api/handles/0.NA/" + PREFIX
END = b"Host: x\r\nConnection: close\r\n\r\n"


@contextlib.contextmanager
def serving(settings=""):
    home = Home(settings)
    daemon = None
    try:
        daemon = Daemon(home)
        yield daemon
        if daemon.process.poll() is None:
            assert daemon.stop() == 0
        log = open(daemon.log_path).read()
        assert "Sanitizer" not in log and "runtime error" not in log and "panic" not in log, log
    finally:
        if daemon is not None:
            daemon.end()
        home.remove()


def dial(daemon, host="127.0.0.1"):
    sock = socket.create_connection((host, daemon.http_port), timeout=PATIENCE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def everything(sock):
    octets = b""
    with contextlib.suppress(ConnectionResetError):
        while part := sock.recv(65536):
            octets += part
    return octets


def raw(daemon, octets):
    """All that comes back for @octets, until the server ends the connection."""
    with dial(daemon) as sock:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(octets)
        return everything(sock)


class Response:
    def __init__(self, answer):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    def json(self):
        return json.loads(self.body)


def ask(daemon, method, path, body=None, headers=None, connection=None):
    c = connection or http.client.HTTPConnection("127.0.0.1", daemon.http_port, timeout=PATIENCE_S)
    chunked = (headers or {}).get("Transfer-Encoding") == "chunked"
    c.request(method, path, body, headers or {}, encode_chunked=chunked)
    response = Response(c.getresponse())
    if connection is None:
        c.close()
    return response


def get(daemon, path, **headers):
    return ask(daemon, "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_pages():
    with serving() as daemon:
        plain = get(daemon, "/")
        assert plain.status == 200 and plain.body.startswith(b"<!"), plain.body[:80]
        assert plain.headers["Content-Type"].startswith("text/html")
        assert "default-src 'none'" in plain.headers["Content-Security-Policy"]
        assert plain.headers["X-Content-Type-Options"] == "nosniff"
        etag = plain.headers["ETag"]
        assert re.fullmatch(r'"[^"]+"', etag)

        packed = get(daemon, "/", Accept_Encoding="br;q=1, gzip;q=0.5")
        assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body
        assert packed.headers["ETag"] != etag, "another representation has another strong tag"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert get(daemon, "/", Accept_Encoding="gzip;q=0").headers["Content-Encoding"] is None

        for tag in (etag, packed.headers["ETag"], "W/" + etag, '"x", ' + etag, "*"):
            same = get(daemon, "/", If_None_Match=tag)
            assert same.status == 304 and same.body == b"", (tag, same.status)
        assert get(daemon, "/", If_None_Match='"other"').status == 200

        head = ask(daemon, "HEAD", "/")
        assert head.status == 200 and head.body == b""
        assert int(head.headers["Content-Length"]) == len(plain.body)
        options = ask(daemon, "OPTIONS", "/")
        assert options.status in (200, 204) and "GET" in options.headers["Allow"], options.headers
        assert ask(daemon, "PUT", "/").status == 405
        assert ask(daemon, "BREW", "/").status == 501

        size = len(plain.body)
        for given, begin, end in (("bytes=0-9", 0, 10), ("bytes=5-", 5, size), ("bytes=-7", size - 7, size),
                                  ("bytes=3-999999999", 3, size), ("bytes=0-0", 0, 1)):
            part = get(daemon, "/", Range=given)
            assert part.status == 206 and part.body == plain.body[begin:end], (given, part.status)
            assert part.headers["Content-Range"] == "bytes %d-%d/%d" % (begin, end - 1, size)
        beyond = get(daemon, "/", Range="bytes=%d-" % size)
        assert beyond.status == 416 and beyond.headers["Content-Range"] == "bytes */%d" % size
        for nonsense in ("bytes=9-3", "bytes=x-1", "lines=1-2", "bytes="):
            assert get(daemon, "/", Range=nonsense).status in (200, 416), nonsense
        assert get(daemon, "/", Range="bytes=0-9", If_Range='"other"').status == 200


def test_bodies():
    with serving() as daemon:
        parameters = json.dumps({"index": [1, 100]}).encode()
        whole = ask(daemon, "POST", RECORD, parameters, {"Content-Type": "application/json"})
        assert whole.json()["handle"] == "0.NA/" + PREFIX or whole.status in (200, 404), whole.body

        def pieces():
            for octet in parameters:
                yield bytes([octet])
        chunked = ask(daemon, "POST", RECORD, pieces(), {"Content-Type": "application/json",
                                                         "Transfer-Encoding": "chunked"})
        assert (chunked.status, chunked.body) == (whole.status, whole.body)
        with dial(daemon) as sock:  # told to go on before it sends
            sock.sendall(b"POST " + RECORD.encode() + b" HTTP/1.1\r\nExpect: 100-continue\r\n"
                         b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(parameters) + END)
            assert sock.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            sock.sendall(parameters)
            assert everything(sock).startswith(b"HTTP/1.1 %d " % whole.status)


def test_old_and_impatient_clients():
    with serving() as daemon:
        old = raw(daemon, b"GET /healthz HTTP/1.0\r\n\r\n")
        assert old.startswith(b"HTTP/1.1 200 ") and old.endswith(b"\r\n\r\nok\n"), old
        with dial(daemon) as sock:
            sock.sendall(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert b"200 OK" in sock.recv(65536)
            sock.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert b"200 OK" in everything(sock)
        both = raw(daemon, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
                   b"GET " + RECORD.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n"
                   b"GET /readyz HTTP/1.1\r\n" + END)
        assert both.count(b"HTTP/1.1 200 ") == 2 and both.endswith(b"ok\n"), both
        assert both.index(b"responseCode") < both.rindex(b"HTTP/1.1 200 ")


SMUGGLED = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


def test_smuggling():
    """What two servers could read differently is refused, and nothing behind it is served."""
    post = b"POST /api/handles/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    cases = {
        "two lengths": post + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + SMUGGLED,
        "the same length twice": post + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + SMUGGLED,
        "a list of lengths": post + b"Content-Length: 2, 2\r\n\r\n{}" + SMUGGLED,
        "length, then chunks": post + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        "chunks, then length": post + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + SMUGGLED,
        "chunked twice": post + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" + SMUGGLED,
        "almost chunked": post + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        "chunked among others": post + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        "a space before the colon": post + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        "chunks from HTTP/1.0": post.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        "a negative length": post + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
        "a length with a sign": post + b"Content-Length: +2\r\n\r\n{}" + SMUGGLED,
        "a length beyond all numbers": post + b"Content-Length: 99999999999999999999999\r\n\r\n" + SMUGGLED,
        "a bad chunk": post + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
        "a signed chunk": post + b"Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
        "a chunk longer than it says": post + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
        "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + SMUGGLED,
        "no host": b"GET /healthz HTTP/1.1\r\n\r\n" + SMUGGLED,
    }
    with serving() as daemon:
        for name, octets in cases.items():
            answer = raw(daemon, octets)
            assert answer[9:10] in (b"4", b"5"), (name, answer[:200])
            # libmicrohttpd repeats the head of some of its own refusals
            statuses = set(re.findall(rb"HTTP/1\.1 (\d)", answer))
            assert len(statuses) == 1 and b"ansa_info" not in answer, (name, answer)
        assert get(daemon, "/healthz").status == 200
        counts = daemon.counts()
        assert counts["http_malformed"] >= 10, counts


def test_path_tricks():
    with serving() as daemon:
        secret = open(daemon.home.path + "/keys/server.key").read().splitlines()[1].encode()
        for path in ("/../keys/server.key", "/web/../../keys/server.key", "/web/%2e%2e/keys/server.key",
                     "/web/..%2f..%2fkeys/server.key", "/web/%2e%2e%2f%2e%2e%2fetc/passwd", "//etc/passwd",
                     "/web/\\..\\..\\keys\\server.key", "/web//etc/passwd", "/web/js/..%00/x", "/%00", "/web/%",
                     "/./web/./index.html", "/web/index.html%20", "/web/.git/config", "/WEB/style.css",
                     "/api/../metrics", "/api/handles/../../metrics"):
            answer = raw(daemon, b"GET " + path.encode() + b" HTTP/1.1\r\n" + END)
            assert secret not in answer and b"root:" not in answer and b"ansa_info" not in answer, path
            assert answer[9:12] in (b"400", b"404", b"302", b"301"), (path, answer[:100])
        absolute = raw(daemon, b"GET http://elsewhere.example/healthz HTTP/1.1\r\n" + END)
        assert absolute.startswith(b"HTTP/1.1 200 "), absolute
        for target in (b"healthz", b"ftp://x/healthz", b"*", b"x:443", b"/a b", b"/a\x01"):
            answer = raw(daemon, b"GET " + target + b" HTTP/1.1\r\n" + END)
            assert answer[9:10] == b"4", (target, answer[:100])
        assert raw(daemon, b"CONNECT x:443 HTTP/1.1\r\n" + END)[9:12] in (b"400", b"501", b"405")


def test_too_large():
    with serving("http.http_body = 64k") as daemon:
        big = b"[" + b" " * 300000 + b"]"
        announced = ask(daemon, "PUT", RECORD, big, {"Content-Type": "application/json"})
        assert announced.status == 413 and announced.json()["responseCode"] == 4, announced.body
        assert announced.headers["Connection"] == "close"

        def pieces():
            for at in range(0, len(big), 9000):
                yield big[at:at + 9000]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            unknown = ask(daemon, "PUT", RECORD, pieces(), {"Content-Type": "application/json",
                                                            "Transfer-Encoding": "chunked"})
            assert unknown.status == 413 and unknown.json()["responseCode"] == 4, unknown.body
        for size, statuses in ((4000, (b"404", b"400", b"302")), (40000, (b"414", b"431"))):
            answer = raw(daemon, b"GET /" + b"x" * size + b" HTTP/1.1\r\n" + END)
            assert answer[9:12] in statuses, (size, answer[:100])
        for line, statuses in ((b"X: " + b"y" * 4000 + b"\r\n", (b"200",)),
                               (b"X: " + b"y" * 40000 + b"\r\n", (b"431",)),
                               (b"X: y\r\n" * 90, (b"200",)), (b"X: y\r\n" * 97, (b"431",)),
                               (b"X: y\r\n" * 5000, (b"431",))):
            answer = raw(daemon, b"GET /healthz HTTP/1.1\r\n" + line + END)
            assert answer[9:12] in statuses, (line[:10], len(line), answer[:100])
        assert get(daemon, "/healthz").status == 200


def test_too_slow():
    settings = "http.http_request_time = 700ms\nhttp.http_idle_time = 3s\nhttp.http_send_time = 1s"
    with serving(settings) as daemon:
        socks = {name: dial(daemon) for name in ("line", "head", "body", "drip", "idle")}
        socks["line"].sendall(b"GET /hea")
        socks["head"].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-")
        socks["body"].sendall(b"POST /api/handles/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                              b"Content-Length: 10\r\n\r\n{")
        socks["idle"].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        begun = time.time()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for octet in b"GET /healthz HTTP/1.1\r\nHost: " + b"x" * 200:
                socks["drip"].sendall(bytes([octet]))
                time.sleep(0.05)
        assert time.time() - begun < 8, "a head that drips is waited for"
        for name in ("line", "head", "body", "drip"):
            answer = everything(socks[name])
            assert answer == b"" and name == "drip" or answer.startswith(b"HTTP/1.1 408 "), (name, answer)
        assert b"200 OK" in everything(socks["idle"])
        assert 2 < time.time() - begun < 12
        counts = daemon.counts()
        assert counts["http_slow_peers"] == 4 and counts["http_timed_out"] == 1, counts


def test_connection_limits():
    with serving("http.http_connections = 30\nhttp.http_connections_per_network = 20") as daemon:
        kept = []
        for _ in range(20):
            sock = dial(daemon)
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in sock.recv(4096)
            kept.append(sock)
        refused = raw(daemon, b"GET /healthz HTTP/1.1\r\n" + END)
        assert refused.startswith(b"HTTP/1.1 503 ") and b'"responseCode":3' in refused, refused
        others = [socket.create_connection(("127.0.0.1", daemon.http_port), 5, (source, 0))
                  for source in ["127.1.%d.1" % i for i in range(12)]]
        answers = []
        for sock in others:
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            answers.append(sock.recv(4096)[9:12])
        # the network that has most makes room for others
        assert answers == [b"200"] * 12, answers
        counts = daemon.counts()
        assert counts["http_evicted"] >= 2 and counts["http_refused"] >= 1, counts
        assert daemon.log().count("reason=http-connections-of-network") >= 1
        daemon.ask_tcp(support.site_request(1))  # the native port has limits of its own
        for sock in kept + others:
            sock.close()


def https(daemon, **options):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for name, value in options.pop("versions", {}).items():
        setattr(context, name, value)
    if "cert" in options:
        context.load_cert_chain(*options["cert"])
    return http.client.HTTPSConnection("127.0.0.1", daemon.https_port, timeout=PATIENCE_S, context=context)


def certificate_of(daemon):
    return ssl.get_server_certificate(("127.0.0.1", daemon.https_port))


def test_tls_and_its_certificate():
    with serving() as daemon:
        home = daemon.home.path
        assert ask(daemon, "GET", "/healthz", connection=https(daemon)).status == 200
        with open(home + "/tls.pem", "w") as file:
            file.write(certificate_of(daemon))
        subprocess.run(["openssl", "pkey", "-in", home + "/keys/server.key", "-pubout", "-out",
                        home + "/site.pub"], check=True, capture_output=True)
        # signed by the key of the site: a certificate of that key with the same name verifies it
        subject = subprocess.run(["openssl", "x509", "-in", home + "/tls.pem", "-noout", "-issuer", "-nameopt",
                                  "RFC2253"], check=True, capture_output=True, text=True).stdout
        name = re.search(r"CN=([^,\n]+)", subject).group(1)
        subprocess.run(["openssl", "req", "-x509", "-new", "-key", home + "/keys/server.key", "-subj",
                        "/CN=" + name, "-out", home + "/ca.pem"], check=True, capture_output=True)
        subprocess.run(["openssl", "verify", "-partial_chain", "-CAfile", home + "/ca.pem", home + "/tls.pem"],
                       check=True, capture_output=True)
        ask(daemon, "GET", "/healthz",
            connection=https(daemon, versions={"maximum_version": ssl.TLSVersion.TLSv1_2}))
        old = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % daemon.https_port, "-tls1_1",
                              "-cipher", "DEFAULT@SECLEVEL=0"], input=b"", capture_output=True, timeout=20)
        assert old.returncode != 0, "TLS 1.1 was taken"
        with dial(daemon) as sock:  # TLS on the plain port, and the other way round
            sock.sendall(bytes([22, 3, 1, 0, 4, 1, 2, 3, 4]) + b"\r\n\r\n")
            assert not everything(sock).startswith(b"HTTP/1.1 200")
        with socket.create_connection(("127.0.0.1", daemon.https_port), timeout=5) as sock:
            sock.sendall(b"GET /healthz HTTP/1.1\r\n" + END)
            assert b"200 OK" not in everything(sock)


def make_certificate(home, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/UID=%s/CN=wrong" % name.replace("/", "\\/"), "-days", "2", "-keyout",
                    home + "/%s.key" % name.replace("/", "_"), "-out", home + "/%s.pem" % name.replace("/", "_")],
                   check=True, capture_output=True)
    return home + "/%s.pem" % name.replace("/", "_"), home + "/%s.key" % name.replace("/", "_")


def test_a_new_certificate_while_connections_go_on():
    with serving() as daemon:
        first = certificate_of(daemon)
        kept = https(daemon)
        assert ask(daemon, "GET", "/healthz", connection=kept).status == 200
        daemon.tell(signal.SIGHUP)
        daemon.wait_for("result=done")
        second = certificate_of(daemon)
        assert second != first, "made anew"
        pem, key = make_certificate(daemon.home.path, "site")
        daemon.home.configure("http.http_tls_certificate = %s\nhttp.http_tls_key = %s" %
                              (os.path.basename(pem), os.path.basename(key)))
        daemon.tell(signal.SIGHUP)
        end = time.time() + PATIENCE_S
        while daemon.log().count("result=done") < 2 and time.time() < end:
            time.sleep(0.02)
        with open(pem) as file:
            assert certificate_of(daemon).strip() == file.read().strip()
        assert ask(daemon, "GET", "/healthz", connection=kept).status == 200, "the connection was dropped"
        with open(pem, "w") as file:  # unsound: the one in force stays
            file.write("nonsense")
        daemon.tell(signal.SIGHUP)
        daemon.wait_for("event=tls")
        assert ask(daemon, "GET", "/healthz", connection=https(daemon)).status == 200


def requests_certificate(daemon):
    done = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % daemon.https_port, "-tls1_2"],
                          input=b"", capture_output=True, timeout=20)
    return b"Client Certificate Types" in done.stdout


def admin_certificate(folder, key, name):
    """Self-signed, by the administrator's own key."""
    path = "%s/%s.pem" % (folder, name)
    subprocess.run(["openssl", "req", "-x509", "-new", "-key", key, "-days", "2", "-out", path, "-subj",
                    "/UID=300:0.NA\\/%s/CN=nobody" % PREFIX], check=True, capture_output=True)
    return path, key


def test_client_certificates():
    with Node() as node:
        daemon, values = node.daemon, [{"index": 1, "type": "URL", "data": "https://example.org/"}]
        assert requests_certificate(daemon)
        other = node.folder + "/other.key"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", other], check=True, capture_output=True)
        ours = admin_certificate(node.folder, node.path + "/keys/admin.key", "ours")
        wrong = admin_certificate(node.folder, other, "wrong")
        for i, version in enumerate((ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)):
            path = "/api/handles/%s/by-certificate-%d" % (PREFIX, i)

            def put(cert):
                c = https(daemon, versions={"maximum_version": version}, **({"cert": cert} if cert else {}))
                return ask(daemon, "PUT", path, json.dumps(values), {"Content-Type": "application/json"}, c)
            assert put(None).status == 401
            assert put(wrong).status in (401, 403), "another key with the same name"
            made = put(ours)
            assert made.status == 201 and made.json()["responseCode"] == 1, made.body
            assert get(daemon, path).json()["values"][0]["data"]["value"] == "https://example.org/"
    with serving("http.http_client_certificates = no") as daemon:
        assert not requests_certificate(daemon)
        assert ask(daemon, "GET", "/healthz", connection=https(daemon)).status == 200


def test_ending_finishes_what_is_begun():
    with serving() as daemon:
        idle = dial(daemon)
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in idle.recv(4096)
        busy = dial(daemon)
        body = b'{"index":[1]}'
        busy.sendall(b"POST " + RECORD.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body) + body[:5])
        time.sleep(0.2)
        daemon.tell(signal.SIGTERM)
        assert has_ended(idle)
        refused = True
        try:
            dial(daemon).close()
            refused = False
        except ConnectionRefusedError:
            pass
        busy.sendall(body[5:])
        answer = everything(busy)
        assert answer.startswith(b"HTTP/1.1 ") and b"Connection: close" in answer, answer
        assert refused, "somebody new was let in"
        assert daemon.process.wait(PATIENCE_S) == 0


def test_figures():
    with serving("http.http_metrics = 127.0.0.1") as daemon:
        for _ in range(5):
            get(daemon, RECORD)
        text = get(daemon, "/metrics").body.decode()
        values = {}
        for line in text.splitlines():
            assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"\\]*",?)*\})? [0-9.e+-]+', line), line
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                assert name not in values, name
                values[name] = float(value)
        assert values['ansa_operations_total{operation="resolve"}'] == 5
        assert values["ansa_http_requests_total"] == 6
        assert values['ansa_request_duration_seconds_count{door="http",way="direct"}'] >= 5
        buckets = [v for k, v in values.items() if k.startswith("ansa_request_duration_seconds_bucket")
                   and 'door="http",way="direct"' in k]
        assert buckets == sorted(buckets) and len(buckets) == 24
        assert values["process_resident_memory_bytes"] > 1e6
        status = get(daemon, "/api/status").json()["status"]
        assert status["counters"]["http_requests"] == 7 and status["requests"]["http"] >= 6
        assert get(daemon, "/readyz").status == 200 and get(daemon, "/healthz").status == 200
        for path in ("/metrics", "/api/status"):  # through a proxy that nobody has named
            assert get(daemon, path, X_Forwarded_For="127.0.0.1").status == 403
            other = socket.create_connection(("127.0.0.1", daemon.http_port), 5, ("127.0.0.2", 0))
            other.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\n" + END)
            assert everything(other).startswith(b"HTTP/1.1 403 ")
        with open(os.path.dirname(os.path.abspath(__file__)) + "/../../docs/operations.md") as file:
            told = file.read()
        for name in sorted({re.match(r"\w+", n).group(0) for n in values}):
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            counter = re.fullmatch(r"ansa_(\w+)_total", base)
            assert base in told or counter and counter.group(1) in told, base + " is not in operations.md"


NGINX = "/usr/sbin/nginx"


@contextlib.contextmanager
def behind_nginx(daemon):
    """The example configuration with other ports; yields nginx's HTTPS port."""
    folder, port = daemon.home.path, free_ports(1)[0]
    make_certificate(folder, "fullchain")
    with open(os.path.dirname(os.path.abspath(__file__)) + "/../../examples/nginx.conf") as file:
        text = file.read()
    for old, new in (("127.0.0.1:8000", "127.0.0.1:%d" % daemon.http_port),
                     ("listen 443", "listen 127.0.0.1:%d" % port), ("privkey.pem", folder + "/fullchain.key"),
                     ("fullchain.pem", folder + "/fullchain.pem"), ("pid nginx.pid", "pid %s/nginx.pid" % folder)):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        text = text.replace("http {", "http {\n    %s_temp_path %s/%s;" % (kind, folder, kind), 1)
    with open(folder + "/nginx.conf", "w") as file:
        file.write(text)
    with open(folder + "/nginx.log", "ab") as log:
        nginx = subprocess.Popen([NGINX, "-p", folder, "-c", folder + "/nginx.conf", "-g", "daemon off;"],
                                 stderr=log)
    try:
        end = time.time() + PATIENCE_S
        while time.time() < end and nginx.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.05)
        yield port
    finally:
        nginx.terminate()
        nginx.wait(PATIENCE_S)


def test_behind_nginx():
    with serving("http.http_trusted_proxies = 127.0.0.1\nhttp.http_metrics = 192.0.2.1") as daemon:
        with behind_nginx(daemon) as port:
            context = ssl._create_unverified_context()
            c = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE_S, context=context)
            assert ask(daemon, "GET", "/", connection=c).body == get(daemon, "/").body
            # the client's own address is believed from nginx only, and nginx overwrites what a client says
            assert ask(daemon, "GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.1"},
                       connection=c).status == 403
            assert get(daemon, "/metrics", X_Forwarded_For="192.0.2.1").status == 200
            # over HTTP this would be 403, and HTTPS asks who it is
            plain = ask(daemon, "PUT", RECORD, b"[]", {"Content-Type": "application/json"})
            secure = ask(daemon, "PUT", RECORD, b"[]", {"Content-Type": "application/json"}, connection=c)
            for name in ("%s%%2Fa%%2Fb" % PREFIX, "%s/a%%2Fb" % PREFIX, "%s/%%252F" % PREFIX):
                there = ask(daemon, "GET", "/api/handles/" + name, connection=c)
                assert there.body == get(daemon, "/api/handles/" + name).body, name
            print(plain.status, secure.status)


def test_not_ready_without_the_key_process():
    with serving() as daemon:
        with open("/proc/%d/task/%d/children" % (daemon.process.pid, daemon.process.pid)) as file:
            child = int(file.read().split()[0])
        os.kill(child, signal.SIGKILL)
        end = time.time() + 25
        while (answer := get(daemon, "/readyz")).status == 200 and time.time() < end:
            time.sleep(0.2)
        assert answer.status == 503 and b"key" in answer.body, answer.body
        assert get(daemon, "/healthz").status == 200
