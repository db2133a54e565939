# SPDX-License-Identifier: Apache-2.0
"""The log as the world sees it, read over HTTP and checked by a second implementation."""
import json
import os
import subprocess
import urllib.error
import urllib.request

import irp
import irp_crypto
import tlog
from node import Node, ansa, change_settings, folder
from support import PATIENCE_S, PREFIX, Daemon


def get(port, path, **headers):
    """Status, headers, body."""
    request = urllib.request.Request("http://127.0.0.1:%d/log/%s" % (port, path), headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read()


def fetch(port, path):
    status, _, body = get(port, path)
    assert status == 200, "%s: %d %s" % (path, status, body)
    return body


def head_of(port):
    key = tlog.Key(fetch(port, "key").decode())
    return tlog.Checkpoint(fetch(port, "checkpoint"), key)


def read_log(port):
    """The newest checkpoint and all entries, checked against each other and the tiles."""
    head = head_of(port)
    entries = []
    for name, width in tlog.pieces(head.size):
        some = list(tlog.bundle(fetch(port, "tile/entries/" + name)))
        assert len(some) == width
        tile = fetch(port, "tile/0/" + name)
        assert tile == b"".join(e.leaf for e in some), name
        entries += some
    assert tlog.tree([e.leaf for e in entries]) == head.root
    for index in range(head.size // 256):
        up = fetch(port, "tile/1/%s.p/%d" % (tlog.group(0), index + 1))
        assert up[-32:] == tlog.tree([e.leaf for e in entries[256 * index:256 * index + 256]])
    return head, entries


def test_every_change_is_an_entry():
    with Node(start=False) as n:
        table = n.folder + "/table.tsv"
        with open(table, "w") as file:
            file.writelines("%s/%d\thttps://example.org/%d\n" % (PREFIX, i, i) for i in range(700))
        ansa("import", table, "--home", n.path, "--columns", "name,URL")
        n.start()
        before, _ = read_log(n.http_port)
        n.admin("create", PREFIX + "/new", "--value", "1:URL:https://example.org/new")
        n.admin("create", PREFIX + "/gone", "--value", "1:URL:https://example.org/gone")
        n.admin("delete", PREFIX + "/gone")
        after, entries = read_log(n.http_port)
        assert after.size == before.size + 6  # each with its state
        now = tlog.replay(entries)
        assert tlog.record_key(PREFIX + "/new") in now
        assert tlog.record_key(PREFIX + "/699") in now
        assert tlog.record_key(PREFIX + "/gone") not in now
        assert tlog.h(b"\0home", ("0.NA/" + PREFIX).encode()) in now
        last = [e for e in entries[before.size:] if e.action != tlog.STATE]
        assert [e.action for e in last] == [tlog.PUT, tlog.PUT, tlog.DELETE]
        assert last[1].key == last[2].key == tlog.record_key(PREFIX + "/gone")


def test_site_and_settings_are_told():
    with Node() as n:
        _, entries = read_log(n.http_port)
        told = {e.action: e for e in entries}
        settings = ("allow_old_crypto 0\ncase_sensitive 0\nrequire_sessions 0\n"
                    "server_admin_full_access 0\nserver_admin %s\n" % n.identity).encode()
        assert told[tlog.SETTINGS].commitment == tlog.h(b"\x08", settings)
        assert told[tlog.SETTINGS].key == tlog.h(b"\0settings")
        payload = fetch(n.http_port, "payload/" + told[tlog.SETTINGS].payload.hex())
        assert payload == b"\x03" + tlog.u32(len(settings)) + settings
        site = fetch(n.http_port, "payload/" + told[tlog.SITE].payload.hex())
        assert told[tlog.SITE].commitment == tlog.h(b"\x07", site[5:])
        size = head_of(n.http_port).size
        n.daemon.tell(1)  # nothing has changed
        n.daemon.wait_for("event=reload")
        assert head_of(n.http_port).size == size
        n.set("identifier.require_sessions = yes")
        n.daemon.tell(1)
        n.daemon.wait_for("event=reload")
        for _ in range(100):
            if head_of(n.http_port).size > size:
                break
        _, entries = read_log(n.http_port)
        assert entries[-2].action == tlog.SETTINGS and len(entries) == size + 2


def payload_of(n, entry):
    octets = fetch(n.http_port, "payload/" + entry.payload.hex())
    assert tlog.h(octets) == entry.payload
    return tlog.Payload(octets)


def test_requests_are_kept_with_what_shows_who_asked():
    """A stranger sees that the administrator signed exactly what was done."""
    with Node() as n:
        der = subprocess.run(["openssl", "pkey", "-in", n.path + "/keys/admin.key", "-pubout",
                              "-outform", "DER"], check=True, capture_output=True).stdout
        n.admin("create", PREFIX + "/signed", "--value", "1:URL:https://example.org/signed")
        _, entries = read_log(n.http_port)
        payload = payload_of(n, entries[-2])
        assert (payload.evidence, payload.key) == (1, n.identity)
        assert b"https://example.org/signed" in payload.request
        payload.check_signature(der[-32:])
        with open(n.path + "/keys/admin.key") as file:
            client = n.client(identity=n.identity, key=irp_crypto.read_pem_private(file.read()))
        client.start_session(identity=irp.reference(n.identity))
        for i in range(2):  # the first is challenged, and that proves the session
            values = [irp.text_value(1, "URL", "x")]
            body = irp.with_values("%s/in-session-%d" % (PREFIX, i), values)
            assert client.call(irp.CREATE, body).rc == irp.SUCCESS
        _, entries = read_log(n.http_port)
        told = [payload_of(n, e) for e in entries if e.action == tlog.PUT and e.origin == 1]
        assert [p.evidence for p in told] == [1, 1, 3]
        assert told[2].key == n.identity and not told[2].answer


def api(n, identifier, query):
    """Status and body of a resolution over REST."""
    url = "http://127.0.0.1:%d/api/handles/%s?%s" % (n.http_port, identifier, query)
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def test_answers_carry_their_proof():
    """Of a record, of some values of one, and that there is none: for libansa and for our second one."""
    with Node() as n:
        name, policy = PREFIX + "/proven", n.folder + "/policy"
        key = tlog.Key(fetch(n.http_port, "key").decode())
        with open(policy, "w") as file:
            file.write("log %squorum none\n" % fetch(n.http_port, "key").decode())
        n.admin("create", name, "--value", "1:URL:https://example.org/1", "--value", "2:EMAIL:a@b.c")
        for i in range(40):
            n.admin("create", "%s/%d" % (PREFIX, i), "--value", "1:URL:x")
        for query, shown, hidden in (("proof=text", 3, ()), ("proof=text&index=1", 1, (b"a@b.c",)),
                                     ("proof=text&type=EMAIL&type=URL", 2, ()),
                                     ("proof=text&index=77", 0, (b"a@b.c", b"example.org"))):
            status, text = api(n, name, query)
            assert status == 200
            proven = tlog.Bundle(text, key)
            assert proven.is_record and proven.name == name.upper() and len(proven.values) == shown
            assert not any(h in v for h in hidden for v in proven.values)
            done = ansa("verify", "-", "--policy", policy, "--id", name, text=text)
            assert "of 2 entries" not in done.out and "the log 0.NA/" + PREFIX in done.out
            binary = api(n, name, query.replace("text", "binary"))[1]
            assert len(binary) < len(text)
            again = ansa("verify", "-", "--policy", policy, "--id", name, text=binary)
            assert again.out == done.out
            spoilt = binary[:-20] + bytes([binary[-20] ^ 1]) + binary[-19:]
            ansa("verify", "-", "--policy", policy, "--id", name, text=spoilt, status=1)
        status, text = api(n, PREFIX + "/nobody", "proof=text")
        assert status == 200 and not tlog.Bundle(text, key).is_record
        assert "does not exist" in ansa("verify", "-", "--policy", policy, text=text).out
        ansa("verify", "-", "--policy", policy, "--id", name, text=text, status=1)
        status, body = api(n, PREFIX + "/nobody", "proof=true")
        assert status == 404 and not tlog.Bundle(json.loads(body)["proof"].encode(), key).is_record
        status, body = api(n, name, "proof=true")
        assert len(json.loads(body)["values"]) == 3
        assert tlog.Bundle(json.loads(body)["proof"].encode(), key).is_record
        assert api(n, name, "proof=perhaps")[0] == 400
        assert api(n, "20.501/elsewhere", "proof=text")[0] == 400
        # deleted: what was proven before stays checkable, and now its absence is
        n.admin("delete", name)
        status, text = api(n, name, "proof=text")
        assert not tlog.Bundle(text, key).is_record


def test_what_not_everybody_may_read_is_withheld():
    with Node() as n:
        n.admin("create", PREFIX + "/secret", "--permissions", "1100", "--value", "300:HS_SECKEY:hidden")
        _, entries = read_log(n.http_port)
        assert entries[-2].payload != tlog.ZERO
        status, headers, words = get(n.http_port, "payload/" + entries[-2].payload.hex())
        assert status == 403 and b"hidden" not in words and headers["Cache-Control"] == "no-store"


def test_names_caching_and_ranges():
    with Node() as n:
        port, size = n.http_port, head_of(n.http_port).size
        status, headers, tile = get(port, "tile/0/000.p/%d" % size)
        assert status == 200 and "immutable" in headers["Cache-Control"]
        assert headers["Content-Type"] == "application/octet-stream"
        assert get(port, "checkpoint")[1]["Cache-Control"] == "no-cache"
        status, headers, part = get(port, "tile/0/000.p/%d" % size, Range="bytes=32-63")
        assert (status, part) == (206, tile[32:64])
        assert get(port, "tile/0/000.p/%d" % size, If_None_Match="*")[0] in (200, 304)
        status, headers, _ = get(port, "tile/0/000.p/%d" % size,
                                 **{"Accept-Encoding": "gzip", "If-None-Match": '"1"'})
        assert status == 304 and "Content-Encoding" not in headers
        for name in ("tile/0/000", "tile/0/000.p/%d" % (size + 1), "tile/0/001.p/1", "tile/1/000.p/1",
                     "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/256", "tile/64/000.p/1",
                     "tile/entries/000.p/01", "tile", "", "nothing", "payload/" + "0" * 64,
                     "payload/xyz", "payload/", "tile/0/x000/001.p/1"):
            status, headers, words = get(port, name)
            assert status == 404 and headers["Cache-Control"] == "no-store" and words, name


def test_survives_a_sudden_end():
    """Whatever was acknowledged is in the log, and the log goes on where it was."""
    with Node() as n:
        n.admin("create", PREFIX + "/one", "--value", "1:URL:https://example.org/1")
        before, entries = read_log(n.http_port)
        n.kill()
        n.start()
        after, again = read_log(n.http_port)
        assert after.size == before.size and after.root == before.root
        n.admin("create", PREFIX + "/two", "--value", "1:URL:https://example.org/2")
        _, more = read_log(n.http_port)
        assert [e.leaf for e in more[:before.size]] == [e.leaf for e in entries]
        now = tlog.replay(more)
        assert {tlog.record_key(PREFIX + "/one"), tlog.record_key(PREFIX + "/two")} <= now.keys()
        assert again[-1].leaf == entries[-1].leaf


def test_old_home_gets_its_ledger():
    """One of before there were ledgers: read as it is, told of whole when it is served."""
    with folder() as path:
        here = os.path.dirname(os.path.abspath(__file__))
        subprocess.run(["tar", "-xzf", here + "/data/home-of-format-1.tar.gz", "-C", path],
                       check=True)
        home = path + "/home-of-format-1"
        assert PREFIX + "/a" in ansa("export", home).out
        change_settings(home, "server.listen = 127.0.0.1\nserver.port = 0\nserver.tls_port = 0\n"
                              "http.http_port = 0\nhttp.https_port = 0\nstore.size = 64m")
        n = type("Home", (), {"path": home})
        daemon = Daemon(n)
        try:
            assert "giving the store its ledger" in daemon.log()
            _, entries = read_log(daemon.http_port)
            now = tlog.replay(entries)
            assert tlog.record_key(PREFIX + "/a") in now and tlog.record_key(PREFIX + "/b") in now
            assert all(e.origin == 3 for e in entries if e.action in (tlog.PUT, tlog.HOME))
            size = len(entries)
            assert daemon.stop() == 0
            daemon = Daemon(n)
            assert "giving the store its ledger" not in daemon.log()
            assert head_of(daemon.http_port).size == size
        finally:
            daemon.end()
