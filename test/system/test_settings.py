# SPDX-License-Identifier: Apache-2.0
"""Configuration that is wrong, settings that are reread, ending, and what stands in the log."""
import os
import re
import signal
import socket
import ssl
import subprocess
import time

import irp
from node import Node, ansa, programs
from support import KC, PREFIX, has_ended, receive_message, resolution

BAD = (  # text, line, what is wrong, what would be right
    ("[server]\nprot = 1\n", 2, "unknown setting \"prot\" in [server]", "ansad.conf(5)"),
    ("[server]\nconnections = 1\n", 2, "unknown setting", "belongs to [limits]"),
    ("\n[sever]\nport = 1\n", 3, "unknown section [sever]", "there are [server]"),
    ("port = 1\n", 1, "unknown section", "there are [server]"),
    ("[server]\nport = 70000\n", 2, "port = 70000", "0 to 65535"),
    ("[server]\nport = -1\n", 2, "port = -1", "number"),
    ("[server]\nport = 1 2\n", 2, "port = 1 2", "number"),
    ("[server]\nport = \n", 2, "port = ", "number"),
    ("[server]\nport = 1\nport = 2\n", 3, "given twice", "keep one"),
    ("[server]\nport\n", 2, "no section, setting or comment", "key = value"),
    ("[server\nport = 1\n", 1, "no section", "[section]"),
    ("[server]\nudp = maybe\n", 2, "udp = maybe", "yes or no"),
    ("[server]\nudp = no\ntcp = no\ntls = no\n", 0, "all off", "at least one"),
    ("[server]\nlisten = localhost\n", 2, "listen = localhost", "addresses such as"),
    ("[server]\nlisten = \n", 2, "listen", "at least one"),
    ("[server]\nlog_level = loud\n", 2, "log_level = loud", "error, warn, info or debug"),
    ("[server]\nport = 3000\ntls_port = 3000\n", 0, "port and tls_port are the same", "different"),
    ("[server]\ntls_key = x\n", 0, "tls_certificate", "both or neither"),
    ("[server]\nkey = \n", 2, "key = ", "not empty"),
    ("[identifier]\ntemplate_delimiter = " + "x" * 65 + "\n", 2, "xxx", "shorter"),
    ("[server]\nkey = " + "x" * 2000 + "\n", 2, "line too long", "the next line"),
    ("[identifier]\nserver_admins = nobody\n", 2, "nobody", "INDEX:IDENTIFIER"),
    ("[identifier]\nchallenge_life = 5 parsecs\n", 2, "5 parsecs", "a time such as"),
    ("[identifier]\nchallenge_life = 5d\n", 2, "5d", "1h"),
    ("[store]\nsize = 1x\n", 2, "size = 1x", "a size such as"),
    ("[store]\nsize = 100t\n", 2, "100t", "64t"),
    ("[limits]\nudp_budget_exempt = 10.0.0.0/33\n", 2, "10.0.0.0/33", "192.0.2.0/24"),
    ("[limits]\nconnections = 10\nconnections_per_network = 20\n", 0, "connections_per_network", "at most"),
)


def check(home):
    return subprocess.run([programs() + "/ansad", "--check", home], capture_output=True, text=True, timeout=20)


def test_wrong_settings_are_told_with_their_line():
    with Node(start=False) as node:
        for text, line, what, right in BAD:
            with open(node.path + "/ansad.conf", "w") as file:
                file.write(text)
            for words in ([programs() + "/ansad", "--check", node.path], [programs() + "/ansad", node.path]):
                done = subprocess.run(words, capture_output=True, text=True, timeout=20)
                assert done.returncode == 2, (text, done)
                assert "%s/ansad.conf:%d: " % (node.path, line) in done.stderr, (text, done.stderr)
                assert what in done.stderr and right in done.stderr, (text, done.stderr)
                assert done.stderr.count("\n") == 1 and done.stdout == "", done


def test_wrong_files_are_told():
    with Node(start=False) as node:
        def spoil(name, octets):
            path = node.path + "/" + name
            kept = open(path, "rb").read() if os.path.exists(path) else None
            if octets is None:
                os.unlink(path)
            else:
                with open(path, "wb") as file:
                    file.write(octets)
            done = subprocess.run([programs() + "/ansad", node.path], capture_output=True, text=True, timeout=20)
            assert done.returncode in (1, 2) and name in done.stderr, (name, octets, done.stderr)
            assert "Sanitizer" not in done.stderr, done.stderr
            with open(path, "wb") as file:
                file.write(kept)

        for octets in (None, b"", b"{", b"{}", b"\0\1", os.urandom(300)):
            spoil("site.json", octets)
        for octets in (None, b"", b"text", os.urandom(300)):
            spoil("keys/server.key", octets)
        spoil("ansad.conf", None)
        for setting in ("server.key_passphrase = none", "identifier.template_namespace = none",
                        "resolver.roots = none", "resolver.local_sites = 1.2=none",
                        "resolver.local_sites = nothing", "server.user = no-such-user-here"):
            with Node(start=False, settings=setting) as other:
                done = subprocess.run([programs() + "/ansad", other.path], capture_output=True, text=True,
                                      timeout=20)
                assert done.returncode in (1, 2) and ("none" in done.stderr or "nothing" in done.stderr or
                                                      "user" in done.stderr), (setting, done.stderr)


def test_a_port_that_is_taken_is_told():
    with Node(start=False) as node, socket.create_server(("127.0.0.1", node.port)):
        done = subprocess.run([programs() + "/ansad", node.path], capture_output=True, text=True, timeout=20)
        assert done.returncode == 1 and str(node.port) in done.stderr, done.stderr


def test_reread_settings():
    with Node() as node:
        daemon = node.daemon

        def reread(settings, text="event=reload result=done"):
            before = daemon.log().count(text)
            node.set(settings)
            daemon.tell(signal.SIGHUP)
            end = time.time() + 10
            while daemon.log().count(text) == before and time.time() < end:
                time.sleep(0.02)
            assert daemon.log().count(text) > before, daemon.log()

        node.admin("list", PREFIX)
        reread("identifier.allow_list = no")
        node.admin("list", PREFIX, status=1)
        reread("identifier.allow_list = wrong", "the settings in force are kept")
        node.admin("list", PREFIX, status=1)
        reread("identifier.allow_list = yes")
        node.admin("list", PREFIX)
        reread("server.port = 1", "setting=port")
        node.admin("list", PREFIX)
        reread("identifier.server_admins =")
        node.admin("home", PREFIX + ".1", status=1)
        reread("identifier.server_admins = %s" % node.identity)
        node.admin("home", PREFIX + ".1")
        # a new site record
        with open(node.path + "/site.json") as file:
            text = file.read()
        with open(node.path + "/site.json", "w") as file:
            file.write(text.replace('"Ansa"', '"Renamed"'))
        reread("identifier.allow_list = yes")
        assert "Renamed" in node.ask("site").out
        with open(node.path + "/site.json", "w") as file:
            file.write("{")
        reread("identifier.allow_list = yes", "the settings in force are kept")
        assert "Renamed" in node.ask("site").out


def test_ending_finishes_what_is_begun():
    with Node() as node:
        with node.daemon.tcp() as idle, node.daemon.tcp() as busy:
            count = 400
            octets = b"".join(resolution("0.NA/" + PREFIX, i, 0x01000000 | KC) for i in range(count))
            idle.sendall(resolution("0.NA/" + PREFIX, 1, 0x01000000 | KC))
            receive_message(idle)
            busy.sendall(octets)
            receive_message(busy)
            begun = time.time()
            node.daemon.tell(signal.SIGTERM)
            got = 1
            try:
                while got < count:
                    assert receive_message(busy).response == irp.SUCCESS
                    got += 1
            except (EOFError, ConnectionError):
                pass
            assert has_ended(idle)
            assert node.daemon.process.wait(10) == 0 and time.time() - begun < 8
            assert got == count, "%d of %d answers" % (got, count)
        assert "event=stopped" in node.daemon.log()


def test_the_log_holds_no_secrets_and_no_foreign_text():
    with Node(settings="server.log_level = debug") as node:
        name = PREFIX + "/looked-for-\x1b[31m\n"
        for text in (name, PREFIX + "/quoted\" key=value", PREFIX + "/\u202etxt"):
            node.client().call(irp.RESOLVE, irp.resolution(text))
        node.admin("create", PREFIX + "/key", "--value", "300:HS_SECKEY:top-secret-word", "--permissions", "1100")
        with open(node.folder + "/secret", "w") as file:
            file.write("top-secret-word")
        who = ["--secret-file", node.folder + "/secret", "--as", "300:%s/key" % PREFIX]
        node.ask("create", PREFIX + "/x", "--value", "1:URL:private-value-word", *who, "--session", status=None)
        node.ask("create", PREFIX + "/x", "--value", "1:URL:private-value-word", *who, status=None)
        log = node.daemon.log()
        for word in ("top-secret-word", "private-value-word", "looked-for", "\x1b", "PRIVATE KEY"):
            assert word not in log, (word, log)
        for line in log.splitlines():
            assert line.startswith("ts=20") and " level=" in line and " event=" in line, line


def test_the_log_cannot_be_flooded():
    with Node() as node:
        before = len(node.daemon.log())
        for i in range(400):
            with node.daemon.tcp() as sock:
                sock.sendall(b"\xff" * 40)
        for i in range(300):
            node.client().call(irp.RESOLVE, b"\xff\xff\xff\xff" + bytes([i % 256]))
        with node.daemon.udp() as sock:
            for i in range(3000):
                sock.send(os.urandom(60))
        node.ask("resolve", "0.NA/" + PREFIX)
        written = len(node.daemon.log()) - before
        assert written < 60000, "%d octets of log" % written


def test_ports_that_are_not_wanted_stay_closed():
    with Node(settings="server.tls = no", start=False) as node:
        process = subprocess.Popen([programs() + "/ansad", node.path], stderr=subprocess.PIPE)
        try:
            line = b""
            while b"event=ready" not in line:
                line = process.stderr.readline()
                assert line, "it ended"
            assert b"tls=" not in line and b"udp=" in line, line
            ansa("resolve", "0.NA/" + PREFIX, *node.server)
            ansa("resolve", "0.NA/" + PREFIX, "--timeout", "2", *node.tls, status=3)
        finally:
            process.terminate()
            process.wait(10)


def failing(node, *words):
    done = subprocess.run([programs() + "/ansad", *words, node.path], capture_output=True, text=True, timeout=20)
    assert done.returncode in (1, 2) and "Sanitizer" not in done.stderr, done
    return done.stderr


def test_each_port_that_is_taken_is_told():
    """By its name and number, and nothing is served then."""
    with Node(start=False) as node:
        for what, port in (("TCP", node.port), ("TLS", node.tls_port), ("HTTP", node.http_port), ("HTTPS", node.https_port)):
            with socket.create_server(("127.0.0.1", port)):
                told = failing(node)
            line = [l for l in told.splitlines() if "event=start" in l]
            assert len(line) == 1 and 'detail="%s 127.0.0.1:%d: Address already in use"' % (what, port) in line[0], told
            assert "event=ready" not in told, told


def test_two_daemons_on_one_home():
    """The second goes, says why, and harms neither the first nor what it serves."""
    with Node() as node:
        for words in ((), ("--foreground",)):
            told = failing(node, *words)
            assert told.count("\n") == 1 and "another process serves or writes this home" in told, told
        node.ask("resolve", "0.NA/" + node.prefix)
        node.admin("create", node.prefix + "/a", "--value", "1:URL:http://example.org/")


def certificate(folder, name, *term):
    """With faketime not at hand, openssl x509 -req has no dates of the past: ca does."""
    key, request, pem = (folder + "/" + name + end for end in (".key", ".csr", ".pem"))
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    "/CN=localhost", "-keyout", key, "-out", request], check=True, capture_output=True)
    with open(folder + "/ca.conf", "w") as file:
        file.write("[ca]\ndefault_ca = d\n[d]\ndatabase = %s/index\nserial = %s/serial\nnew_certs_dir = %s\n"
                   "default_md = sha256\npolicy = p\nunique_subject = no\n[p]\ncommonName = supplied\n" % ((folder,) * 3))
    open(folder + "/index", "w").close()
    with open(folder + "/serial", "w") as file:
        file.write("01\n")
    subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-config", folder + "/ca.conf", "-keyfile", key, "-in",
                    request, "-out", pem, "-notext", "-startdate", term[0], "-enddate", term[1]],
                   check=True, capture_output=True)


def test_a_certificate_that_is_not_in_force():
    now = time.time()

    def day(number):
        return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(now + number * 86400))
    cases = (("past", -30, -1, "error", "the certificate expired on"),
             ("near", -30, 5, "warn", "the certificate will expire on"),
             ("future", 5, 30, "warn", "the certificate is not in force before"),
             ("good", -1, 300, None, None))
    for name, begin, end, level, text in cases:
        with Node(start=False) as node:
            certificate(node.path, name, day(begin), day(end))
            node.set("http.http_tls_certificate = %s.pem\nhttp.http_tls_key = %s.key" % (name, name))
            done = check(node.path)
            assert done.returncode == (2 if name == "past" else 0), done
            assert text is None or text in done.stderr, done
            node.start()
            lines = [l for l in node.daemon.log().splitlines() if "event=tls" in l]
            assert len(lines) == (text is not None), lines
            assert text is None or text in lines[0] and "level=" + level in lines[0], lines
            context = ssl._create_unverified_context()
            with socket.create_connection(("127.0.0.1", node.https_port), timeout=10) as sock, \
                    context.wrap_socket(sock) as tls:  # whoever does not mind is served
                tls.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                told = b"".join(iter(lambda: tls.recv(65536), b"")).decode()
            assert abs(float(re.search(r"^ansa_tls_certificate_end_seconds (\d+)", told, re.M).group(1))
                       - (now + end * 86400)) < 2, told


def test_certificate_files_that_do_not_fit():
    with Node(start=False) as node:
        certificate(node.path, "one", "20200101000000Z", "20400101000000Z")
        certificate(node.path, "two", "20200101000000Z", "20400101000000Z")
        with open(node.path + "/text.pem", "w") as file:
            file.write("text\n")
        for cert, key, text in (("one", "two", "do not fit"), ("none", "one", "none.pem: not found"),
                                ("one", "none", "none.key: not found"), ("text", "one", "text.pem: no certificate")):
            node.set("http.http_tls_certificate = %s.pem\nhttp.http_tls_key = %s.key" % (cert, key))
            told = failing(node)
            assert text in told and "event=ready" not in told, told
