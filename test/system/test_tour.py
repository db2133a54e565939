# SPDX-License-Identifier: Apache-2.0
"""What README.md promises a newcomer, done with the real programs."""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import support

PREFIX = "20.500.12345"
RECORD = "0.NA/" + PREFIX


def free_ports():
    """A port that is free for UDP and TCP, and the next three free for TCP: what ansa init takes."""
    for _ in range(50):
        with contextlib.ExitStack() as stack:
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            udp.bind(("127.0.0.1", 0))
            port = udp.getsockname()[1]
            try:
                for i in range(4):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port + i))
                return port
            except (OSError, OverflowError):
                continue
    raise AssertionError("no free ports")


class Tour:
    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="ansa-tour-")
        self.home = self.path + "/ids"
        self.port = free_ports()
        self.daemon = None
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("ANSA_")}

    def ansa(self, *arguments, status=0, stdin=None):
        """Run a verb; its output. Any other status than the wanted one fails."""
        program = os.path.join(os.path.dirname(support.Daemon.program), "ansa")
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60,
                              cwd=self.path, env=self.environment, input=stdin)
        assert done.returncode == status, "ansa %s: %d\n%s%s" % (
            " ".join(arguments), done.returncode, done.stdout, done.stderr)
        assert "Sanitizer" not in done.stderr, done.stderr
        return done.stdout + done.stderr

    def init(self):
        self.ansa("init", "ids", "--prefix", PREFIX, "--port", str(self.port))
        self.configure("listen", "127.0.0.1")
        self.environment["ANSA_SERVER"] = "127.0.0.1:%d" % self.port

    def configure(self, setting, value, home="ids"):
        file = "%s/%s/ansad.conf" % (self.path, home)
        with open(file, encoding="utf-8") as f:
            text = f.read()
        with open(file, "w", encoding="utf-8") as f:
            f.write(re.sub(r"(?m)^%s =.*$" % setting, "%s = %s" % (setting, value), text))

    def check(self, home="ids"):
        return subprocess.run([support.Daemon.program, "--check", home], capture_output=True,
                              text=True, cwd=self.path, timeout=60)

    def start(self):
        self.daemon = subprocess.Popen([support.Daemon.program, self.home],
                                       stderr=open(self.path + "/log", "ab"))
        end = time.time() + support.PATIENCE_S
        while time.time() < end and self.daemon.poll() is None:
            if "event=ready" in self.log():
                return
            time.sleep(0.02)
        raise AssertionError(self.log())

    def log(self):
        with open(self.path + "/log", encoding="utf-8") as f:
            return f.read()

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        assert self.daemon.wait(support.PATIENCE_S) == 0, self.log()
        assert "Sanitizer" not in self.log(), self.log()
        os.unlink(self.path + "/log")

    def end(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.wait(support.PATIENCE_S)
        shutil.rmtree(self.path)


def on_tour(test):
    tour = Tour()
    try:
        tour.init()
        tour.start()
        test(tour)
        if tour.daemon.poll() is None:
            tour.stop()
    finally:
        tour.end()


FIRST = ("--as", "300:" + RECORD, "--key", "ids/keys/admin.key")
ALICE = ("--as", "301:" + RECORD, "--key", "alice.key")


def add_alice(t):
    """A second administrator with her own key, through the group of the prefix."""
    t.ansa("keygen", "alice.key", "--type", "ed25519")
    t.ansa("add", RECORD, "--value", "301:HS_PUBKEY:@alice.key.pub", *FIRST)
    t.ansa("modify", RECORD, "--value", "200:HS_VLIST:300:%s,301:%s" % (RECORD, RECORD), *FIRST)


def tour_of_identifiers(t):
    name = PREFIX + "/report-1"
    t.ansa("create", name, "--value", "1:URL:https://example.org/1", "--admin", "200:" + RECORD,
           *FIRST)
    add_alice(t)
    t.ansa("modify", name, "--value", "1:URL:https://example.org/2", *ALICE)
    t.ansa("add", name, "--value", "2:EMAIL:ids@example.org", *ALICE, "--session")
    t.ansa("remove", name, "2", *ALICE)
    tls = "127.0.0.1:%d" % (t.port + 1)
    for way in (["--udp"], ["--tcp"], ["--tls", "--server", tls]):
        out = t.ansa("resolve", name, *way)
        assert "https://example.org/2" in out and "EMAIL" not in out, out
        assert "(%s 127.0.0.1:" % way[0][2:] in out, out
    t.ansa("delete", name, *ALICE)
    assert "identifier not found" in t.ansa("resolve", name, status=1)


def test_administrators():
    on_tour(tour_of_identifiers)


def who_creates_may_change(t):
    """Without an HS_ADMIN nobody could change it any more."""
    for verb in ("create", "put"):
        name = "%s/%s" % (PREFIX, verb)
        t.ansa(verb, name, "--value", "1:URL:https://example.org/1", *FIRST)
        assert "300:%s may create delete modify" % RECORD in t.ansa("resolve", name)
        t.ansa("modify", name, "--value", "1:URL:https://example.org/2", *FIRST)
    name = PREFIX + "/own"
    t.ansa("create", name, "--value", "100:URL:https://example.org/1", *FIRST)
    assert "101 HS_ADMIN" in t.ansa("resolve", name)
    name = PREFIX + "/given"
    t.ansa("create", name, "--value", "7:HS_ADMIN:200:" + RECORD, *FIRST)
    values = json.loads(t.ansa("resolve", name, "--json"))["values"]
    assert [v["index"] for v in values] == [7], values
    assert values[0]["data"]["value"]["permissions"] == "011111110011", values
    name = PREFIX + "/nobody"
    t.ansa("create", name, "--value", "1:URL:https://example.org/1", "--admin", "none", *FIRST)
    t.ansa("delete", name, *FIRST, status=1)


def test_created_identifiers_can_be_changed():
    on_tour(who_creates_may_change)


def answers_can_be_checked(t):
    site = ("--site", "ids/site.json")
    del t.environment["ANSA_SERVER"]
    assert "signed by the server" in t.ansa("resolve", RECORD, *site, "--certified")
    assert "(tls 127.0.0.1:%d" % (t.port + 1) in t.ansa("resolve", RECORD, *site, "--tls")
    t.ansa("init", "other", "--prefix", PREFIX, "--port", str(t.port))
    other = ("--site", "other/site.json")
    assert "another key" in t.ansa("resolve", RECORD, *other, "--tls", status=1)
    t.ansa("resolve", RECORD, *other, "--certified", status=1)
    server = ("--server", "127.0.0.1:%d" % t.port)
    assert "key is not known" in t.ansa("resolve", RECORD, *server, "--certified", status=1)
    assert "TLS port?" in t.ansa("resolve", RECORD, *server, "--tls", status=3)
    assert "--as INDEX:ID" in t.ansa("status", *server, status=1)
    t.ansa("resolve", RECORD, "--site", "nothing", status=2)
    t.ansa("resolve", RECORD, "--site", "ids/ansad.conf", status=2)


def test_checked_answers():
    on_tour(answers_can_be_checked)


TABLE = "20.500.12345/a\thttps://example.org/a\tA\n20.500.12345/b\t\tB\nbad\n"


def moving_records(t):
    with open(t.path + "/table.tsv", "w", encoding="utf-8") as f:
        f.write(TABLE)
    options = ("--columns", "name,URL,TITLE", "--admin", "200:" + RECORD)
    t.ansa("import", "table.tsv", *options, "--home", "ids", status=1)  # it is being served
    t.stop()
    assert "line 3" in t.ansa("import", "table.tsv", *options, "--home", "ids", status=1)
    t.start()
    assert "https://example.org/a" in t.ansa("resolve", PREFIX + "/a")
    t.ansa("backup", "ids", "copy")
    t.ansa("delete", PREFIX + "/a", *FIRST)
    t.ansa("restore", "copy", "ids2")
    done = t.check("ids2")
    assert done.returncode == 2 and "server.key" in done.stderr, done
    shutil.copytree(t.home + "/keys", t.path + "/ids2/keys")
    assert t.check("ids2").returncode == 0
    exported = [json.loads(line) for line in t.ansa("export", "ids2").splitlines()
                if line.startswith("{")]
    assert {r["handle"] for r in exported} == {RECORD, PREFIX + "/a", PREFIX + "/b"}, exported


def test_import_backup_restore():
    on_tour(moving_records)
