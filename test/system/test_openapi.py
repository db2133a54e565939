# SPDX-License-Identifier: Apache-2.0
"""/api/openapi.json: it is sound, all of the REST interface is in it, and the server does what it says."""
import base64
import collections
import copy
import hashlib
import http.client
import json
import os
import re
import ssl
import urllib.parse

import irp
import irp_client
import openapi
from node import Node
from support import PATIENCE_S

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILE = SOURCE + "/web/openapi.json"
PREFIX, OTHER_PREFIX = "20.500.12345", "20.500.12346"  # of the examples
RECORD, SECRET, ME = PREFIX + "/report-1", "sesame", "301:0.NA/" + PREFIX
BASIC = "Basic " + base64.b64encode((urllib.parse.quote(ME) + ":" + SECRET).encode()).decode()
NO_JSON = {"Content-Type": "application/json"}
URL = {"index": 1, "type": "URL", "data": "https://example.org/report-1"}
ADMIN = {"index": 100, "type": "HS_ADMIN", "data": {"format": "admin", "value": {
    "handle": "0.NA/" + PREFIX, "index": 301, "permissions": "011111110011"}}}
# Not to be had from one healthy server.
UNSEEN = {"300", "500", "503"}


def load():
    with open(FILE) as file:
        return json.load(file)


def test_the_document_is_sound():
    assert openapi.problems_of(load()) == []


def change(document, path, value=None):
    """The member at path becomes value; None takes it away."""
    *way, last = path
    for part in way:
        document = document[part]
    if value is None:
        del document[last]
    else:
        document[last] = value


def test_what_is_wrong_is_found():
    resolve = ("paths", "/api/handles/{handle}", "get")
    for path, value in (
            (("openapi",), "3.0.0"), (("info", "title"), None), (("info", "titel"), "x"), (("tags", 0), None),
            (resolve + ("operationId",), "put"), (resolve + ("tags",), ["Nobody's"]), (resolve + ("summary",), " "),
            (resolve + ("responses", "200"), {"description": "x", "contents": {}}), (resolve + ("responses", "2xx"), {"description": "x"}),
            (resolve + ("responses", "404"), {"$ref": "#/components/responses/Nothing"}), (resolve + ("security",), [{"token": []}]),
            (resolve + ("parameters", 0), {"$ref": "#/components/parameters/handle"}),
            (("paths", "/api/handles/{handle}", "parameters", 0), None), (("paths", "/api/{x}"), {"get": {}}),
            (("components", "schemas", "Unused"), {"type": "string"}), (("components", "schemas", "Done", "typ"), "string"),
            (("components", "schemas", "Done", "required"), ["absent"]), (("components", "schemas", "Ttl", "oneOf", 0, "type"), "int"),
            (("components", "schemas", "Value", "properties", "index"), {"type": "string"}),
            (("components", "parameters", "handle", "required"), False), (("components", "parameters", "page", "example"), "one"),
            (("components", "headers", "ETag", "example"), 7), (("components", "securitySchemes", "certificate", "type"), "cookie")):
        document = copy.deepcopy(load())
        change(document, path, value)
        try:
            found = openapi.problems_of(document)
        except (KeyError, AssertionError) as problem:
            found = [repr(problem)]
        assert found, "nobody noticed: %s" % (path,)
    document = load()
    value = {"index": 1, "type": "URL", "data": {"format": "string", "value": "x"}, "ttl": 86400}
    schema = {"$ref": "#/components/schemas/Value"}
    assert openapi.problems_with(document, schema, value) == []
    for wrong in ({"index": "1"}, {"index": -1}, {"index": True}, {"ttl": "soon"}, {"data": "x"}, {"data": {"format": "x", "value": ""}},
                  {"data": {"format": "base64", "value": "*"}}, {"permissions": "xy"}, {"more": 1}, {"timestamp": "today"}):
        assert openapi.problems_with(document, schema, {**value, **wrong}), wrong


# ---- What the source has


def source(name):
    with open(SOURCE + "/src/http/" + name) as file:
        return re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)


def routes():
    """(path, method) of src/http/route.c; a path that is a front ends with a slash."""
    for path, row in re.findall(r'\{ \.path = "([^"]*)"(.*?)(?=\{ \.path|\n\};|= \{ \.path)', source("route.c"), flags=re.S):
        methods = set(re.findall(r"\[HTTP_([A-Z]+)\]", row))
        methods |= {"GET", "POST"} if " READ(" in row else {"GET"} if "GET_ONLY(" in row else set()
        assert methods, row
        for method in methods:
            yield path, method.lower()


def test_every_route_is_described():
    document, found = load(), set()
    for path, method in routes():
        if path in ("/api", "/web/", "/log/"):  # nothing is there; pages; C2SP tlog-tiles
            continue
        found.add((path, method))
    assert len(found) > 25, found
    described = {(re.sub(r"\{.*", "", path), method) for path, method, _, _ in openapi.operations(document)}
    assert found == described, "only in one of both: %s" % sorted(found ^ described)


def test_every_parameter_is_described():
    document, described = load(), collections.defaultdict(set)
    for _, _, item, operation in openapi.operations(document):
        for name, place in openapi.parameters_of(document, item, operation):
            described[place].add(name)
    for schema in ("SessionRequest", "SessionProof", "Prefix", "Form"):  # parameters that come in bodies
        described["query"] |= set(document["components"]["schemas"][schema]["properties"])
    read = set()
    for file in sorted(os.listdir(SOURCE + "/src/http")):
        if re.match(r"(rest|listing|reply|batch).*\.c$", file):
            read |= set(re.findall(r'\b(?:query_find|query_next|query_bool|rest_bool|rest_flag|rest_indexes)\([^";]*"(\w+)"', source(file)))
            for name in re.findall(r'\bexchange_header\(\w+, "([\w-]+)"', source(file)):
                assert name in described["header"] | {"Accept", "Content-Type", "Origin"}, (file, name)
    read |= set(re.findall(r'^ *\{ "(\w+)", (?:&c|NULL)', source("auth_read.c"), flags=re.M))
    read |= set(re.findall(r'\bis\(name, "(\w+)"\)', source("resolver_query.c")))
    for keys in re.findall(r"\bkeys\[\] = \{([^}]*)\}", source("rest_list.c")):
        read |= set(re.findall(r'"(\w+)"', keys))
    assert len(read) > 30, read
    assert read <= described["query"], "not described: %s" % sorted(read - described["query"])


# ---- What the server does

Answer = collections.namedtuple("Answer", "status headers body")


class Walk:
    """Sends requests; each answer must be one that the document has."""

    def __init__(self, node):
        self.document, self.node = load(), node
        self.seen, self.count = collections.defaultdict(set), 0

    def send(self, method, target, headers=None, body=None, tls=True, source=None):
        self.count += 1  # each from another network, so that wrong secrets stay few
        source = (source or "127.0.%d.1" % (self.count % 250 + 1), 0)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if tls:
            connection = http.client.HTTPSConnection("127.0.0.1", self.node.https_port, timeout=PATIENCE_S, context=context,
                                                     source_address=source)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.node.http_port, timeout=PATIENCE_S, source_address=source)
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        return answer

    def ask(self, method, path, target, headers=None, body=None, tls=True, source=None):
        """Sends it and holds the answer against the document; path is the document's."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers = {**NO_JSON, **(headers or {})}
        answer = self.send(method.upper(), target, headers, body, tls, source)
        problems = self.judge(method, path, answer)
        assert not problems, "%s %s %s %s\n%s\n%s %s" % (method.upper(), target, headers, body, "\n".join(problems),
                                                         answer.status, answer.body[:500])
        self.seen[path, method].add(str(answer.status))
        return answer

    def judge(self, method, path, answer):
        responses = self.document["paths"][path][method]["responses"]
        if str(answer.status) not in responses:
            return ["status %d is not documented" % answer.status]
        response = openapi.follow(self.document, responses[str(answer.status)])
        found = ["no header " + name for name in response.get("headers", {}) if name not in answer.headers and answer.status not in (200, 503)]
        kind = (answer.headers["Content-Type"] or "").split(";")[0].strip()
        content = response.get("content", {})
        if not content:
            return found + (["a body"] if answer.body or kind else [])
        if kind not in content:
            return found + ["type %r is not documented" % kind]
        text = answer.body
        if kind == "application/javascript":
            call = re.fullmatch(rb"[A-Za-z_$]+\((.*)\);", text, flags=re.S)
            if not call:
                return found + ["not a call"]
            text = call.group(1)
            is_problem = answer.status >= 400 and b'"detail":' in text
            kind = "application/problem+json" if is_problem else "application/json"
        if kind in openapi.JSON_TYPES:
            lines = text.splitlines() if kind == "application/jsonl" else [text]
            for line in lines:
                found += openapi.problems_with(self.document, content[kind]["schema"], json.loads(line))
        return found

    # ---- requests made from the examples

    def targets(self, path, item, operation):
        """Query and headers: what must be there, then each of the others beside it."""
        parameters = openapi.parameters_of(self.document, item, operation).values()
        at, always, others = path, [], []
        for p in parameters:
            if p["in"] == "path":
                at = at.replace("{%s}" % p["name"], urllib.parse.quote(p["example"], safe=""))
            elif p.get("required"):
                always.append(p)
            elif "example" in p:
                others.append(p)
        for p in [None] + others:
            chosen = always + [p] * (p is not None)
            query = [(q["name"], v) for q in chosen if q["in"] == "query" for v in self.texts(q["example"])]
            headers = {q["name"]: q["example"] for q in chosen if q["in"] == "header"}
            yield at + ("?" + urllib.parse.urlencode(query) if query else ""), headers

    @staticmethod
    def texts(example):
        for item in example if isinstance(example, list) else [example]:
            yield item if isinstance(item, str) else json.dumps(item)

    def bodies(self, operation):
        body = openapi.follow(self.document, operation.get("requestBody", {}))
        yield from ((kind, self.body(kind, media["example"])) for kind, media in body.get("content", {}).items() if "example" in media)
        if not body.get("required"):
            yield None, None

    @staticmethod
    def body(kind, example):
        if kind == "application/x-www-form-urlencoded":
            return urllib.parse.urlencode(example)
        return example if isinstance(example, str) else json.dumps(example)

    def restore(self):
        """The record of the examples as it was, and its prefix not yet homed."""
        answer = self.send("PUT", "/api/handles/" + RECORD, {**NO_JSON, "Authorization": BASIC}, json.dumps([URL, ADMIN]))
        assert answer.status in (200, 201), answer
        self.send("DELETE", "/api/prefixes/" + OTHER_PREFIX, {"Authorization": BASIC})

    def walk(self, path, method, item, operation):
        """All of them, with credentials, without, over plain HTTP; and once with problem details."""
        for target, headers in self.targets(path, item, operation):
            for kind, body in self.bodies(operation):
                with_body = {**headers, **({"Content-Type": kind} if kind else {})}
                self.restore()
                self.ask(method, path, target, with_body, body)
                if "Authorization" not in headers:
                    self.ask(method, path, target, {**with_body, "Authorization": BASIC}, body)
                self.ask(method, path, target, {**with_body, "Accept": "application/problem+json"}, body, tls=False)
        if path.startswith("/api/") and not path.endswith(".json"):
            self.walk_wrong(path, method, item, operation)

    def walk_wrong(self, path, method, item, operation):
        """Numbers and booleans that are none, JSON that is none."""
        base = next(self.targets(path, item, operation))[0]
        for p in openapi.parameters_of(self.document, item, operation).values():
            schema = openapi.follow(self.document, p["schema"])
            types = (schema.get("type"), schema.get("items", {}).get("type"))
            if p["in"] == "query" and {"integer", "boolean"} & set(types):
                for text in ("maybe", "-7", "99999999999999999999", "", "%ff"):
                    mark = "&" if "?" in base else "?"
                    self.ask(method, path, "%s%s%s=%s" % (base, mark, p["name"], text), {"Authorization": BASIC})
        if "requestBody" in operation:
            for text in ("{", "[1]", "\"x\"", "{\"a\":{}}", "[" * 1000, "\xff"):
                self.ask(method, path, base, {**NO_JSON, "Authorization": BASIC}, text.encode("latin-1"))


def serving():
    node = Node("--key-type", "rsa", prefix=PREFIX, settings="identifier.server_admins = 300:0.NA/%s %s\n" % (PREFIX, ME))
    node.admin("add", "0.NA/" + PREFIX, "--value", "301:HS_SECKEY:" + SECRET, "--permissions", "1100")
    node.admin("add", "0.NA/" + PREFIX, "--value", "201:HS_VLIST:301:0.NA/" + PREFIX)
    node.admin("add", "0.NA/" + PREFIX, "--value", "101:HS_ADMIN:1111111111111:201:0.NA/" + PREFIX)
    return node


def walk_sessions(w):
    """A session's number is known when it has begun."""
    new, this = "/api/sessions", "/api/sessions/this"
    session = json.loads(w.ask("post", new, new, body={"cnonce": base64.b64encode(bytes(16)).decode()}).body)
    assert session["serverSignature"]
    for method in ("put", "post"):
        session = json.loads(w.ask("post", new, new).body)
        header = {"Authorization": 'Handle sessionId="%s"' % session["sessionId"]}
        w.ask("get", this, this, header)
        nonce, cnonce = base64.b64decode(session["nonce"]), os.urandom(16)
        proof = {"id": ME, "type": "HS_SECKEY", "alg": "SHA256", "cnonce": base64.b64encode(cnonce).decode(), "sessionId": session["sessionId"]}
        for secret in (b"wrong", SECRET.encode()):
            mac = hashlib.sha256(secret + nonce + cnonce + secret).digest()
            answer = w.ask(method, this, this, body={**proof, "signature": base64.b64encode(mac).decode()})
            nonce = base64.b64decode(json.loads(answer.body)["nonce"])
        assert answer.status == 200 and json.loads(answer.body)["id"] == ME, answer
        w.ask("delete", "/api/handles/{handle}", "/api/handles/%s?index=1" % RECORD, header)
        w.ask("get", this, this, header)
        w.ask("delete", this, this, header)
        w.ask("get", this, this, {"Authorization": "Handle sessionId"})
        for known in (this, "put"), (this, "post"), (this, "delete"):
            w.ask(known[1], known[0], this, {"Authorization": "Handle sessionId"})
        w.ask("delete", this, this, header)


def walk_changes(w):
    at, me = "/api/handles/{handle}", {"Authorization": BASIC}
    target = "/api/handles/" + RECORD
    w.restore()
    etag = w.ask("get", at, target).headers["ETag"]
    assert w.ask("get", at, target, {"If-None-Match": etag}).status == 304
    w.ask("delete", at, target, me)
    for status in (201, 200):
        assert w.ask("put", at, target, me, [URL, ADMIN]).status == status
    for method, body in (("put", [URL, ADMIN]), ("patch", [URL]), ("delete", None)):
        assert w.ask(method, at, target, {**me, "If-Match": etag}, body).status == 412
        w.ask(method, at, "/api/handles/0.NA/" + PREFIX, {"Authorization": BASIC.replace("MzAx", "MzAw")}, body)
    assert w.ask("put", at, target + "?overwrite=false", me, [URL, ADMIN]).status == 409
    assert w.ask("put", at, target + "?index=1", me, [URL]).status in (200, 201)
    assert w.ask("put", at, "/api/handles/%s/a-?mintNewSuffix" % PREFIX, me, [URL, ADMIN]).status == 201
    assert w.ask("get", at, target + "?index=77").status == 200
    for method, body in (("get", None), ("post", {}), ("patch", [URL]), ("delete", None)):
        assert w.ask(method, at, target + "-absent", me, body).status == 404
        assert w.ask(method, at, "/api/handles/10.9999/elsewhere", me, body).status == 400
    assert w.ask("put", at, target + "-absent?index=1", me, [URL]).status == 404
    # a record that somebody else administers
    w.node.admin("create", RECORD + "-foreign", "--value", "100:HS_ADMIN:111111111111:300:0.NA/" + PREFIX)
    for method, body in (("put", [URL]), ("patch", [{"index": 100, "ttl": 1}]), ("delete", None)):
        answer = w.ask(method, at, target + "-foreign" + ("?index=1" * (method == "put")), me, body)
        assert answer.status == 403, answer
    for method in ("get", "post"):
        hidden = "{}" if method == "post" else None
        body = json.dumps({"publicOnly": False}) if hidden else None
        w.ask(method, at, "/api/handles/0.NA/%s?publicOnly=false" % PREFIX, NO_JSON if body else None, body)
        w.ask(method, at, "/api/handles/0.NA/%s?publicOnly=false" % PREFIX, NO_JSON if body else None, body, tls=False)
        for path in ("/api/handles", "/api/site"):
            body = json.dumps({"prefix": "10.9999"}) if method == "post" else None
            w.ask(method, path, path + "?prefix=10.9999", {**me, **(NO_JSON if body else {})}, body)
    wrong = {"Authorization": "Basic " + base64.b64encode((urllib.parse.quote(ME) + ":no").encode()).decode()}
    for path, method, item, operation in openapi.operations(w.document):
        if "401" in operation["responses"] and not path.startswith("/api/sessions"):
            where = path.replace("{handle}", RECORD).replace("{prefix}", PREFIX)
            kind = {"Content-Type": "application/jsonl"} if path == "/api/batch" else {}
            answer = w.ask(method, path, where, {**wrong, **kind})
            assert answer.status == 401, (method, path, answer)


def walk_others(w):
    me = {"Authorization": BASIC}
    assert w.ask("get", "/api/prefixes", "/api/prefixes?prefix=" + PREFIX, me).status == 405
    for method in ("post", "delete"):
        assert w.ask(method, "/api/prefixes/{prefix}", "/api/prefixes/a%07", me).status == 400
    for path in ("/api/site", "/api/status"):
        assert w.ask("get", path, path + "?pretty=%zz").status == 400
    wrong = {"Authorization": "Basic " + base64.b64encode(b"1:no").decode()}
    assert w.ask("post", "/api/sessions", "/api/sessions", wrong).status == 401
    at = "/api/verifications/{key}"
    query = {name: w.document["components"]["parameters"][name]["example"] for name in ("nonce", "cnonce", "alg", "signature")}
    for key, valid in ((ME, True), ("300:0.NA/" + PREFIX, False), ("1:%s-absent" % RECORD, False), ("1:10.9999/x", None)):
        for method in ("get", "post"):
            target = "/api/verifications/" + urllib.parse.quote(key)
            answer = w.ask(method, at, target, body=query) if method == "post" else w.ask(method, at, target + "?" + urllib.parse.urlencode(query))
            assert json.loads(answer.body).get("isValid") is valid, answer


def walk_guesses(w):
    """After ten wrong secrets from one network none is looked at, wherever it is shown."""
    this, source = "/api/sessions/this", "127.1.0.1"
    wrong = {"Authorization": "Basic " + base64.b64encode((urllib.parse.quote(ME) + ":no").encode()).decode()}
    for _ in range(10):
        assert w.ask("get", "/api/site", "/api/site", wrong, source=source).status == 401
    query = {name: w.document["components"]["parameters"][name]["example"] for name in ("nonce", "cnonce", "alg", "signature")}
    session = json.loads(w.ask("post", "/api/sessions", "/api/sessions").body)["sessionId"]
    proof = {"sessionId": session, "id": ME, "type": "HS_SECKEY", "alg": "SHA256", "cnonce": query["cnonce"],
             "signature": base64.b64encode(bytes(32)).decode()}
    for path, method, item, operation in openapi.operations(w.document):
        if "429" not in operation["responses"]:
            continue
        where = path.replace("{handle}", RECORD).replace("{prefix}", PREFIX).replace("{key}", urllib.parse.quote(ME))
        headers, body = wrong, None
        if path == "/api/batch":
            headers = {**wrong, "Content-Type": "application/jsonl"}
        elif path == this:
            headers, body = {}, proof
        elif path.startswith("/api/verifications") and method == "post":
            headers, body = {}, query
        elif path.startswith("/api/verifications"):
            headers, where = {}, where + "?" + urllib.parse.urlencode(query)
        answer = w.ask(method, path, where, headers, body, source=source)
        assert answer.status == 429 and 0 < int(answer.headers["Retry-After"]) <= 60, (method, path, answer)
    assert w.ask("get", "/api/prefixes", "/api/prefixes", {"Authorization": BASIC}, source="127.2.0.1").status == 200


def walk_batch(w):
    at, me = "/api/batch", {"Authorization": BASIC, "Content-Type": "application/jsonl"}
    name = PREFIX + "/batch"
    lines = [{"op": "create", "handle": name, "values": [URL, ADMIN]}, {"op": "create", "handle": name, "values": [URL, ADMIN]},
             {"op": "add", "handle": name, "values": [{**URL, "index": 2}]}, {"op": "remove", "handle": name, "indexes": [2]},
             {"op": "delete", "handle": name}, {"op": "nothing"}, [], {"op": "delete", "handle": "10.9999/x"},
             {"op": "put", "handle": PREFIX + "/m-", "values": [URL, ADMIN], "mintNewSuffix": True}]
    text = "\n".join(map(json.dumps, lines)) + "\n"
    told = w.ask("post", at, at, {**me, "Idempotency-Key": "walk"}, text).body
    results = [json.loads(line) for line in told.splitlines()]
    assert [r["line"] for r in results] == list(range(1, len(lines) + 1))
    assert [r["status"] for r in results] == [201, 409, 201, 200, 200, 400, 400, 400, 201], results
    for other in (text.replace("batch", "botch"), text[:200]):
        assert w.ask("post", at, at, {**me, "Idempotency-Key": "walk"}, other).status == 422
    assert w.ask("post", at, at, {**me, "Content-Type": "text/plain"}, text).status == 400


def walk_resolver(w):
    at, me = "/{handle}", {"Authorization": BASIC}
    places = [(str(n), "1:10320/loc:<l http_sc='%d'><location href='http://e/'/></l>" % n) for n in (301, 302, 303, 307, 308)]
    for name, value in [("alias", "1:HS_ALIAS:" + RECORD)] + places:
        w.node.admin("create", "%s/%s" % (PREFIX, name), "--value", value)
        answer = w.ask("get", at, "/%s/%s" % (PREFIX, name))
        assert answer.status == (301 if name == "alias" else int(name)), answer
        w.ask("post", at, "/", {"Content-Type": "application/x-www-form-urlencoded"}, "hdl=%s/%s" % (PREFIX, name))
    w.ask("get", at, "/10.9999/elsewhere")
    w.ask("get", at, "/%s/absent" % PREFIX)
    w.ask("get", at, "/%s/absent?action=rest" % PREFIX, {"Accept": "application/problem+json"})
    for action in ("redirect", "showvalues", "showlocations", "showurls", "rest", "metadata"):
        w.ask("get", at, "/%s?action=%s" % (RECORD, action))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for name in (PREFIX + "/absent", "10.9999/x"):
        w.ask("post", at, "/", form, "hdl=" + name)
    native = {"Content-Type": irp_client.HTTP_TYPE}
    message = irp_client.request(irp.RESOLVE, irp.resolution(RECORD)).encode()
    answer = w.ask("post", at, "/" + RECORD, native, message)
    assert irp.read_message(answer.body).rc == irp.SUCCESS
    assert w.ask("post", at, "/" + RECORD, native, message[:-1]).status == 400


def walk_too_large(w):
    for path, method, _, operation in openapi.operations(w.document):
        if "413" not in operation["responses"]:
            continue
        kind = next(iter(openapi.follow(w.document, operation.get("requestBody", {})).get("content", {"application/json": 0})))
        target = path.replace("{handle}", RECORD).replace("{prefix}", PREFIX).replace("{key}", ME)
        answer = w.ask(method, path, target, {"Authorization": BASIC, "Content-Type": kind, "Content-Length": str(10 ** 12)}, b"{")
        assert answer.status == 413, (method, path, answer)


def test_the_server_does_what_the_document_says():
    with serving() as node:
        w = Walk(node)
        told = w.send("GET", "/api/openapi.json")
        assert told.status == 200 and told.headers["Content-Type"].startswith("application/json")
        assert json.loads(told.body) == w.document and told.headers["Access-Control-Allow-Origin"] == "*", told.headers.items()
        packed = w.send("GET", "/api/openapi.json", {"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip" and len(packed.body) < len(told.body) // 4
        w.ask("get", "/api/openapi.json", "/api/openapi.json", {"If-None-Match": told.headers["ETag"]})
        for operation in openapi.operations(w.document):
            w.walk(*operation)
        walk_changes(w)
        walk_sessions(w)
        walk_others(w)
        walk_guesses(w)
        walk_batch(w)
        walk_resolver(w)
        walk_too_large(w)
        for path in ("/metrics", "/api/status"):  # the next test sees to it
            w.seen[path, "get"].add("403")
        missing = ["%s %s: %s" % (method.upper(), path, " ".join(sorted(set(operation["responses"]) - w.seen[path, method] - UNSEEN)))
                   for path, method, _, operation in openapi.operations(w.document)
                   if set(operation["responses"]) - w.seen[path, method] - UNSEEN]
        assert not missing, "documented, but it never came:\n" + "\n".join(missing)


def test_figures_are_for_watchers():
    with Node(prefix=PREFIX, settings="http.http_metrics = 192.0.2.1\n") as node:
        w = Walk(node)
        for path in ("/metrics", "/api/status"):
            assert w.ask("get", path, path).status == 403
