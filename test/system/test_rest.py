# SPDX-License-Identifier: Apache-2.0
"""Every endpoint, parameter and status of the REST interface, and that openapi.json tells of all of them."""
import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import ssl
import subprocess
import time
import urllib.parse

import irp_crypto
from node import Node
from support import PATIENCE_S, PREFIX

ADMIN_RECORD = "0.NA/" + PREFIX
JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/jsonl"}
SECRET = "s\u00e9same"


def basic(identity="301%3A" + ADMIN_RECORD, secret=SECRET):
    return {"Authorization": "Basic " + base64.b64encode((identity + ":" + secret).encode()).decode()}


GOOD = basic()


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)

    def lines(self):
        return [json.loads(line) for line in self.body.splitlines()]


class Rest:
    """A client of one server; remembers what it was answered, by path and method."""

    def __init__(self, node):
        self.node, self.seen = node, set()
        self.tls = ssl.create_default_context()
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE
        self.connection = None

    def connect(self, plain=False):
        if plain:
            return http.client.HTTPConnection("127.0.0.1", self.node.http_port, timeout=PATIENCE_S)
        return http.client.HTTPSConnection("127.0.0.1", self.node.https_port, timeout=PATIENCE_S, context=self.tls)

    def ask(self, method, path, body=None, headers=None, plain=False, status=None, code=None, is_sent=True):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        c = self.connect(plain)
        try:
            if not is_sent:  # the server is told how much would come, and says no
                c.putrequest(method, path)
                for name, text in ((headers or {}) | {"Content-Length": str(len(body))}).items():
                    c.putheader(name, text)
                c.endheaders()
            else:
                c.request(method, path, body, headers or {})
            answer = Answer(c.getresponse())
        finally:
            c.close()
        self.seen.add((pattern(path.split("?")[0]), method.lower(), str(answer.status)))
        assert status is None or answer.status == status, (method, path, answer.status, answer.body[:300])
        if code is not None:
            assert answer.json()["responseCode"] == code, (method, path, answer.body[:300])
        return answer


def pattern(path):
    for front, name in (("/api/handles/", "handle"), ("/api/prefixes/", "prefix"), ("/api/verifications/", "key")):
        if path.startswith(front):
            return front + "{%s}" % name
    return path


def value(index, kind="URL", data="http://example.org/", **more):
    return dict({"index": index, "type": kind, "data": data}, **more)


def admin(index=100, key=301):
    return value(index, "HS_ADMIN", {"format": "admin", "value": {
        "handle": ADMIN_RECORD, "index": str(key), "permissions": "011111110011"}})


def h(name):
    return "/api/handles/%s/%s" % (PREFIX, name)


@contextlib.contextmanager
def serving(*options, settings=""):
    with Node(*options, start=False) as node:
        node.set("identifier.server_admins = 300:%s 301:%s\n%s" % (ADMIN_RECORD, ADMIN_RECORD, settings))
        node.start()
        node.admin("add", ADMIN_RECORD, "--value", "301:HS_SECKEY:" + SECRET, "--permissions", "1100")
        node.admin("add", ADMIN_RECORD, "--value", "101:HS_ADMIN:1111111111111:301:" + ADMIN_RECORD)
        yield Rest(node)


def records(rest):
    ask, name = rest.ask, "%s/r" % PREFIX
    record = {"values": [value(1), value(2, "EMAIL", "a@example.org"), value(3, "URL.ALT", "x"),
                         value(4, "NOTE", "hidden", permissions="1100"), admin()]}
    ask("PUT", h("r"), record, JSON, status=401, code=402)
    ask("PUT", h("r"), record, JSON | basic(secret="wrong"), status=401, code=402)
    ask("PUT", h("r"), record, JSON | GOOD, plain=True, status=403, code=402)
    made = ask("PUT", h("r"), record, JSON | GOOD, status=201).json()
    assert made == {"responseCode": 1, "handle": name}

    found = ask("GET", h("r"), status=200, code=1).json()
    assert found["handle"] == name and [v["index"] for v in found["values"]] == [1, 2, 3, 100]
    assert found["values"][0]["data"] == {"format": "string", "value": "http://example.org/"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["values"][0]["timestamp"])
    assert found["values"][0]["ttl"] == 86400 and "permissions" not in found["values"][0]
    assert found["values"][3]["data"]["value"]["permissions"] == "011111110011"
    etag = ask("GET", h("r"), status=200).headers["ETag"]
    ask("GET", h("r"), headers={"If-None-Match": etag}, status=304)
    assert ask("GET", "/api/handles/%s%%2Fr" % PREFIX, status=200).json()["handle"] == name
    assert ask("GET", h("r"), plain=True, status=200, code=1)
    for query, indexes in (("index=2", [2]), ("index=2&index=1", [1, 2]), ("type=URL", [1]), ("type=URL.", [1, 3]),
                           ("type=email&index=1", [1, 2]), ("auth=true", [1, 2, 3, 100]), ("cert", [1, 2, 3, 100]),
                           ("doNotRefer&publicOnly", [1, 2, 3, 100]), ("pretty=true", [1, 2, 3, 100])):
        found = ask("GET", h("r") + "?" + query, status=200, code=1).json()
        assert [v["index"] for v in found["values"]] == indexes, query
    nothing = ask("GET", h("r") + "?index=9", status=200, code=200).json()
    assert "values" not in nothing and nothing["handle"] == name
    ask("GET", h("r") + "?publicOnly=false", status=401, code=402)
    ask("GET", h("r") + "?publicOnly=false", plain=True, status=403, code=402)
    assert [v["index"] for v in ask("GET", h("r"), headers=GOOD, status=200).json()["values"]] == [1, 2, 3, 4, 100]
    assert len(ask("GET", h("r") + "?publicOnly=true", headers=GOOD).json()["values"]) == 4
    script = ask("GET", h("r") + "?callback=a.b", status=200)
    assert script.body.startswith(b"a_b({") and script.body.endswith(b"});")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert ask("GET", h("r") + "?pretty").body.startswith(b'{\n  "responseCode": 1,\n')
    ask("GET", h("none"), status=404, code=100)
    ask("GET", "/api/handles/", status=400, code=102)
    ask("GET", "/api/handles/hdl:" + PREFIX + "/r", status=400, code=301)
    ask("GET", h("r") + "?index=x", status=400, code=4)
    ask("GET", h("r") + "?auth=maybe", status=400, code=4)
    assert ask("HEAD", h("r")).body == b""
    rest.seen.discard(("/api/handles/{identifier}", "head", "200"))
    assert len(ask("POST", h("r"), {"index": [1], "type": "EMAIL"}, JSON, status=200).json()["values"]) == 2
    ask("POST", h("r"), "{", JSON, status=400, code=4)
    ask("POST", h("r"), b" " * 70000, JSON, status=413, code=4, is_sent=False)

    put = lambda query, body, status, code, headers=None: \
        ask("PUT", h("r") + query, body, JSON | GOOD | (headers or {}), status=status, code=code)
    put("", {"handle": PREFIX + "/other", "values": []}, 400, 4)
    put("", [{"type": "URL", "data": "x"}], 400, 202)
    put("", "no JSON", 400, 4)
    ask("PUT", h("r"), record, GOOD | {"Content-Type": "text/plain"}, status=400, code=4)
    put("?overwrite=false", record, 409, 101)
    put("?overwrite=true", record | {"handle": name}, 200, 1)
    put("?index=7", [value(7)], 201, 1)
    put("?index=7", value(7, data="other"), 200, 1)
    put("?index=7&overwrite=false", value(7), 409, 201)
    put("?index=7&index=8", value(7), 400, 4)
    put("?index=various", {"values": [value(8), value(9)]}, 201, 1)
    put("?index=various", [value(10), value(11)], 201, 1)
    put("?index=various&remove=10&remove=99", [value(9, data="other")], 400, 200)
    put("?index=9&remove=10&remove=11", [value(9)], 200, 1)
    assert not {10, 11} & {v["index"] for v in ask("GET", h("r"), headers=GOOD).json()["values"]}
    ask("PUT", h("r"), b"[" + b" " * (5 << 20) + b"]", JSON | GOOD, status=413, is_sent=False)
    ask("PUT", h("none") + "?index=1", value(1), JSON | GOOD, status=404, code=100)
    ask("PUT", "/api/handles/77/1", [value(1)], JSON | GOOD, status=400, code=301)
    minted = ask("PUT", h("m-") + "?mintNewSuffix=true", [value(1), admin()], JSON | GOOD, status=201).json()["handle"]
    assert minted.startswith(PREFIX + "/m-") and ask("GET", "/api/handles/" + minted, status=200)
    put("", record, 412, 5, {"If-None-Match": "*"})
    put("", record, 412, 5, {"If-Match": '"0000000000000001"'})
    put("?index=various", [value(8, data="z")], 200, 1, {"If-Match": ask("GET", h("r")).headers["ETag"]})

    patch = lambda body, status, code, headers=GOOD: ask("PATCH", h("r"), body, JSON | headers, status=status, code=code)
    patch([{"index": 1, "ttl": 60}], 200, 1)
    assert ask("GET", h("r") + "?index=1").json()["values"][0]["ttl"] == 60
    patch([{"index": 77, "ttl": 60}], 400, 4)
    patch([{"index": 1, "ttl": 60}], 401, 402, {})
    patch([{"index": 1, "ttl": 60}], 412, 5, GOOD | {"If-Match": '"0000000000000001"'})
    ask("PATCH", h("none"), [{"index": 1, "ttl": 60}], JSON | GOOD, status=404, code=100)

    ask("DELETE", h("r") + "?index=7&index=8", headers=GOOD, status=200, code=1)
    ask("DELETE", h("r") + "?index=7", headers=GOOD, status=400, code=200)
    ask("DELETE", h("r"), status=401, code=402)
    ask("DELETE", h("r"), headers=GOOD, plain=True, status=403, code=402)
    ask("DELETE", h("r"), headers=GOOD | {"If-Match": '"0000000000000001"'}, status=412, code=5)
    assert ask("DELETE", h("r"), headers=GOOD, status=200).json() == {"responseCode": 1, "handle": name}
    ask("DELETE", h("r"), headers=GOOD, status=404, code=100)
    problem = ask("GET", h("r"), headers={"Accept": "application/problem+json"}, status=404)
    assert problem.headers["Content-Type"] == "application/problem+json" and problem.json()["status"] == 404


def lists(rest):
    ask = rest.ask
    lines = "".join(json.dumps({"op": "create", "handle": "%s/l%03d" % (PREFIX, i), "values": [value(1), admin()]}) +
                    "\n" for i in range(120))
    done = ask("POST", "/api/batch", lines, LINES | GOOD | {"Idempotency-Key": "lists"}, status=200).lines()
    assert done == [{"line": i + 1, "status": 201, "responseCode": 1} for i in range(120)]
    assert ask("POST", "/api/batch", lines, LINES | GOOD | {"Idempotency-Key": "lists"}).lines() == done
    assert {r["status"] for r in ask("POST", "/api/batch", lines, LINES | GOOD).lines()} == {409}
    ask("POST", "/api/batch", "{}\n" + lines, LINES | GOOD | {"Idempotency-Key": "lists"}, status=422, code=4)
    ask("POST", "/api/batch", lines, LINES, status=401, code=402)
    ask("POST", "/api/batch", lines, LINES | GOOD, plain=True, status=403, code=402)
    ask("POST", "/api/batch", lines, JSON | GOOD | {"Content-Type": "text/plain"}, status=400, code=4)

    query = "/api/handles?prefix=" + PREFIX
    page = ask("GET", query + "&page=1&pageSize=50", headers=GOOD, status=200).json()
    count = page["totalCount"]
    assert page["prefix"] == PREFIX and page["page"] == 1 and page["pageSize"] == 50 and int(count) >= 120
    everything = ask("GET", query, headers=GOOD, status=200).json()
    assert everything["totalCount"] == count and len(everything["handles"]) == int(count)
    assert everything["handles"][50:100] == page["handles"] and "page" not in everything
    assert ask("GET", query + "&page=0&pageSize=0", headers=GOOD).json()["handles"] == []
    assert ask("POST", "/api/handles", {"prefix": PREFIX, "page": 0, "pageSize": 1}, JSON | GOOD, status=200).json()["totalCount"] == count
    streamed = ask("GET", query + "&stream=jsonl", headers=GOOD, status=200).lines()
    assert [r["handle"] for r in streamed] == everything["handles"] and all(r["values"] for r in streamed)
    ask("GET", query, status=401, code=402)
    ask("GET", query, plain=True, status=403, code=402)
    ask("GET", "/api/handles", headers=GOOD, status=400, code=4)
    ask("POST", "/api/handles", {}, JSON | GOOD, status=400, code=4)


def prefixes(rest):
    ask = rest.ask
    assert ADMIN_RECORD in ask("GET", "/api/prefixes", headers=GOOD, status=200).json()["prefixes"]
    ask("GET", "/api/prefixes", status=401, code=402)
    ask("GET", "/api/prefixes?prefix=7", headers=GOOD, status=405)
    ask("GET", "/api/prefixes/7", headers=GOOD, status=405)
    ask("POST", "/api/prefixes/77", headers=GOOD, status=200, code=1)
    told = ask("GET", "/api/handles?prefix=77", headers=GOOD, status=403, code=400).json()
    assert "no record" in told["message"], told
    ask("POST", "/api/prefixes/77", status=401, code=402)
    ask("POST", "/api/prefixes/", headers=GOOD, status=400, code=4)
    ask("DELETE", "/api/prefixes/0.NA/77", status=401, code=402)
    ask("DELETE", "/api/prefixes/0.NA/77", headers=GOOD, status=200, code=1)
    ask("POST", "/api/prefixes?prefix=78", headers=GOOD, status=200, code=1)
    ask("DELETE", "/api/prefixes", {"prefix": "78"}, JSON | GOOD, status=200, code=1)
    ask("POST", "/api/prefixes", headers=GOOD, status=400, code=4)
    ask("DELETE", "/api/prefixes", headers=GOOD, status=400, code=4)


def proof(session, how="sha256"):
    nonce, cnonce = base64.b64decode(session["nonce"]), os.urandom(16)
    mac = hmac.new(SECRET.encode(), nonce + cnonce, how).digest()
    return {"sessionId": session["sessionId"], "id": "301:" + ADMIN_RECORD, "type": "HS_SECKEY",
            "alg": "HMAC-" + how.upper(), "cnonce": base64.b64encode(cnonce).decode(),
            "signature": base64.b64encode(mac).decode()}


def sessions(rest):
    ask = rest.ask
    new = ask("POST", "/api/sessions", status=201)
    assert new.headers["Location"] == "/api/sessions/this"
    session = new.json()
    this = {"Authorization": 'Handle sessionId="%s"' % session["sessionId"]}
    assert ask("GET", "/api/sessions/this", headers=this, status=200).json() == session
    wrong = proof(session) | {"signature": base64.b64encode(bytes(32)).decode()}
    answer = ask("PUT", "/api/sessions/this", wrong, JSON, status=401)
    refused = answer.json()
    assert 'nonce="%s"' % refused["nonce"] in answer.headers["WWW-Authenticate"]
    assert refused["error"] and refused["nonce"] != session["nonce"]
    ask("PUT", "/api/sessions/this", proof(session), JSON, status=401)  # a nonce is good once
    session = ask("GET", "/api/sessions/this", headers=this).json()
    good = ask("PUT", "/api/sessions/this", proof(session), JSON, status=200).json()
    assert good["authenticated"] is True and good["id"] == "301:" + ADMIN_RECORD
    ask("POST", "/api/sessions/this", proof(good), JSON, status=200)
    ask("GET", "/api/prefixes", headers=this, status=200)
    figures = ask("GET", "/api/status", plain=True, status=200).json()["status"]
    assert figures["sessions"] == 1 and figures["refusals"]["wrong secrets"] >= 2, figures
    metrics = ask("GET", "/metrics", plain=True, status=200).body.decode().splitlines()
    assert 'ansa_sessions{door="http"} 1' in metrics and 'ansa_sessions{door="native"} 0' in metrics, metrics
    ask("PUT", "/api/sessions/this", "{", JSON, status=400, code=4)
    ask("DELETE", "/api/sessions/this", headers=this, status=204)
    for method, body in (("GET", None), ("DELETE", None), ("PUT", {"sessionId": "x"})):
        ask(method, "/api/sessions/this", body, this | (JSON if body else {}), status=404)
    ask("GET", "/api/sessions/this", headers=this, plain=True, status=403)
    ask("POST", "/api/sessions", plain=True, status=403)
    ask("POST", "/api/sessions", "{", JSON, status=400, code=4)
    ask("POST", "/api/sessions", headers=basic(secret="wrong"), status=401, code=402)
    assert ask("POST", "/api/sessions", headers=GOOD, status=201).json()["authenticated"] is True

    challenge = ask("GET", "/api/prefixes", status=401).headers.get_all("WWW-Authenticate")
    assert any(c.startswith("Basic ") for c in challenge)
    offered = dict(re.findall(r'(\w+)="([^"]*)"', next(c for c in challenge if c.startswith("Handle "))))
    answer = proof(offered, "sha1")
    answer["id"] = urllib.parse.quote(answer["id"])
    header = "Handle " + ", ".join('%s="%s"' % item for item in answer.items())
    ask("GET", "/api/prefixes", headers={"Authorization": header}, status=200)
    ask("GET", "/api/prefixes", headers={"Authorization": 'Handle sessionId="%s"' % offered["sessionId"]}, status=200)


def others(rest):
    ask = rest.ask
    told = ask("GET", "/api/site", plain=True, status=200).json()
    site = told["site"]
    assert told["httpsPort"] == rest.node.daemon.https_port and "origin" not in told, told
    assert site["servers"][0]["interfaces"] and ask("POST", "/api/site", status=200).json()["site"] == site
    nonce, cnonce = os.urandom(16), os.urandom(16)
    mac = hashlib.sha256(SECRET.encode() + nonce + cnonce + SECRET.encode()).digest()
    told = {"nonce": nonce, "cnonce": cnonce, "signature": mac}
    query = urllib.parse.urlencode({"alg": "SHA256"} | {k: base64.b64encode(v).decode() for k, v in told.items()})
    place = "/api/verifications/301:" + ADMIN_RECORD
    assert ask("GET", place + "?" + query, status=200).json() == {"responseCode": 1, "isValid": True}
    assert ask("GET", place.replace("301:", "") + "?index=301&" + query).json()["isValid"] is True
    ask("GET", place + "?" + query + "&index=301", status=400, code=4)
    ask("GET", "/api/status", plain=True, status=200, code=1)
    ask("GET", "/api/nothing", status=404, code=4)
    ask("BREW", "/api/site", status=501)
    preflight = ask("OPTIONS", h("r"), headers={"Origin": "https://example.org"}, status=200)
    assert preflight.headers["Access-Control-Allow-Origin"] == "*" and preflight.headers["Access-Control-Max-Age"] == "86400"
    for path, method, status in (("/api/nothing", "get", "404"), ("/api/site", "brew", "501"),
                                 ("/api/handles/{handle}", "options", "200")):
        rest.seen.remove((path, method, status))


def forbidden(rest):
    """A key that may do nothing here."""
    other = value(302, "HS_SECKEY", "other", permissions="1100")
    rest.ask("PUT", "/api/handles/%s?index=302" % ADMIN_RECORD, other, JSON | GOOD, status=201)
    poor = basic("302%3A" + ADMIN_RECORD, "other")
    rest.ask("PUT", h("poor"), [value(1)], JSON | poor, status=403, code=400)


def test_all_of_it():
    with serving() as rest:
        for part in (records, lists, prefixes, sessions, others, forbidden):
            part(rest)
        document = rest.ask("GET", "/api/openapi.json", status=200).json()
        assert document["openapi"].startswith("3.1")
        told = {(path, method, status) for path, item in document["paths"].items()
                for method, operation in item.items() if method != "parameters" for status in operation["responses"]}
        # HEAD is GET, and a method that a path has not is 405: that is told in words
        seen = {s for s in rest.seen if s[1] != "head" and s[1:] != ("get", "405")}
        assert seen - told == set(), "seen, and not told: %s" % sorted(seen - told)


def test_client_certificate():
    """As pyhandle does it: subject CN is the identity, the key that of its HS_PUBKEY."""
    with serving("--key-type", "rsa") as rest:
        folder = rest.node.folder
        for name, subject in (("good", "300:" + ADMIN_RECORD), ("other", "299:" + ADMIN_RECORD)):
            subprocess.run(["openssl", "req", "-new", "-x509", "-key", rest.node.path + "/keys/admin.key", "-subj",
                            "/CN=" + subject.replace("/", "\\/"), "-days", "2", "-out", folder + "/%s.pem" % name],
                           check=True, capture_output=True)
        asks = {"Authorization": 'Handle clientCert="true"'} | JSON
        rest.tls.load_cert_chain(folder + "/good.pem", rest.node.path + "/keys/admin.key")
        rest.ask("PUT", h("cert"), {"values": [value(1), admin(key=300)]}, asks, status=201, code=1)
        rest.ask("GET", "/api/prefixes", headers=asks, status=200)
        rest.ask("GET", "/api/prefixes", headers={"Origin": "https://example.org"}, status=200)
        rest.ask("DELETE", h("cert"), headers={"Origin": "https://example.org"}, status=401)
        rest.tls.load_cert_chain(folder + "/other.pem", rest.node.path + "/keys/admin.key")
        rest.ask("DELETE", h("cert"), headers=asks, status=401, code=402)


def test_batch_survives():
    """Broken off in the middle and by kill -9: sent again, each line is done once."""
    # However small the writer's transactions are, what of a batch belongs together stays together.
    with serving(settings="limits.write_batch = 7") as rest:
        count = 3000
        lines = "".join(json.dumps({"op": "create", "handle": "%s/b%d" % (PREFIX, i), "values": [admin()]}) + "\n"
                        for i in range(count)).encode()
        headers = LINES | GOOD | {"Idempotency-Key": "survives"}
        c = rest.connect()
        c.putrequest("POST", "/api/batch")
        for name, text in (headers | {"Content-Length": str(len(lines))}).items():
            c.putheader(name, text)
        c.endheaders()
        c.send(lines[:len(lines) * 2 // 3])
        end = time.time() + PATIENCE_S
        while rest.ask("GET", h("b1100")).status != 200:
            assert time.time() < end, "nothing was done while the batch came"
        rest.node.kill()
        c.close()
        rest.node.start()
        for _ in range(2):
            told = rest.ask("POST", "/api/batch", lines, headers, status=200).lines()
            assert [r["line"] for r in told] == list(range(1, count + 1))
            assert {r["status"] for r in told} == {201}, [r for r in told if r["status"] != 201][:3]
