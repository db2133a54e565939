# SPDX-License-Identifier: Apache-2.0
"""The daemon's doors: datagrams, streams, TLS, limits, signals, restarts."""
import os
import signal
import socket
import ssl
import struct
import subprocess
import time

import support
from support import (BUSY, KC, NOT_FOUND, PO, PREFIX, PROTOCOL, SUCCESS, Daemon, Home,
                     cut, has_ended, message, receive_datagrams, receive_message, resolution,
                     site_request)


def with_daemon(test, settings=""):
    home = Home(settings)
    daemon = Daemon(home)
    try:
        test(daemon)
        assert daemon.process.poll() is None, "the daemon did not survive:\n" + daemon.log()
        assert daemon.stop() == 0, daemon.log()
        assert "Sanitizer" not in daemon.log(), daemon.log()
    finally:
        daemon.end()
        home.remove()


def same_answer_everywhere(daemon):
    name = PREFIX + "/nothing"
    for host in ("127.0.0.1", "::1"):
        for ask in (daemon.ask_udp, daemon.ask_tcp):
            answer = ask(resolution(name, 77), host)
            assert answer.request_id == 77
            assert answer.response == NOT_FOUND, answer.response
            site = ask(site_request(78), host)
            assert site.response == SUCCESS
            assert site.body.endswith(open(daemon.home.path + "/siteinfo.bin", "rb").read())


def test_udp_and_tcp():
    with_daemon(same_answer_everywhere)


def test_wildcard_addresses():
    def check(daemon):
        # the answer must come from the address that was asked, or a connected socket drops it
        for host in ("127.0.0.1", "127.0.0.2", "::1"):
            assert daemon.ask_udp(resolution(PREFIX + "/x", 5), host).request_id == 5

    home = Home("server.listen = 0.0.0.0 ::")
    daemon = None
    try:
        with open(home.path + "/ansad.conf") as file:
            assert "0.0.0.0 ::" in file.read()

        class Wild(Daemon):
            def wait_for(self, text):
                return super().wait_for(text).replace("0.0.0.0:", "127.0.0.1:")

        daemon = Wild(home)
        check(daemon)
        assert daemon.stop() == 0
    finally:
        if daemon is not None:
            daemon.end()
        home.remove()


def tls_connection(daemon, **versions):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, value in versions.items():
        setattr(context, name, value)
    raw = socket.create_connection(("127.0.0.1", daemon.tls_port), timeout=support.PATIENCE_S)
    return context.wrap_socket(raw)


def test_tls():
    def check(daemon):
        with tls_connection(daemon) as sock:
            assert sock.version() == "TLSv1.3"
            for i in range(50):
                sock.sendall(resolution(PREFIX + "/x", i, PO | KC))
                assert receive_message(sock).request_id == i
            sock.sendall(b"".join(resolution(PREFIX + "/x", i, PO | KC) for i in range(500)))
            for i in range(500):
                assert receive_message(sock).request_id == i
        with tls_connection(daemon) as sock:
            sock.sendall(resolution(PREFIX + "/x", 9))
            assert receive_message(sock).request_id == 9
            assert has_ended(sock)
        try:
            tls_connection(daemon, maximum_version=ssl.TLSVersion.TLSv1_2).close()
            raise AssertionError("TLS 1.2 was accepted")
        except (ssl.SSLError, ConnectionError):
            pass
        with socket.create_connection(("127.0.0.1", daemon.tls_port), timeout=10) as sock:
            sock.sendall(resolution(PREFIX + "/x", 9))  # no TLS at all
            try:
                while sock.recv(100):
                    pass
            except ConnectionError:
                pass
        counts = daemon.counts()
        assert counts["tls_handshakes"] == 2 and counts["tls_failed"] >= 1, counts

    with_daemon(check)


def test_tls_certificate_is_by_the_key_of_the_site():
    def check(daemon):
        pem = ssl.get_server_certificate(("127.0.0.1", daemon.tls_port))
        home = daemon.home.path
        with open(home + "/tls.pem", "w") as file:
            file.write(pem)
        # an authority made of the site's public key alone must verify it
        subprocess.run(["openssl", "req", "-x509", "-key", home + "/keys/server.key", "-subj",
                        "/CN=ansa", "-days", "2", "-out", home + "/site.pem"], check=True,
                       capture_output=True)
        subprocess.run(["openssl", "verify", "-partial_chain", "-CAfile", home + "/site.pem",
                        home + "/tls.pem"], check=True, capture_output=True)

    with_daemon(check)


def test_fragments():
    def check(daemon):
        # a request for many types is longer than a datagram
        types = ["TYPE%d" % i for i in range(300)]
        request = resolution(PREFIX + "/x", 5, PO, types)
        packets = list(cut(request))
        assert len(packets) > 5
        with daemon.udp() as sock:
            for order in (packets, packets[::-1], packets[2:] + packets + packets[:2]):
                for packet in order:
                    sock.send(packet)
                assert receive_datagrams(sock).response == NOT_FOUND
                sock.settimeout(0.1)
                try:
                    while sock.recv(512):
                        pass
                except socket.timeout:
                    pass
                sock.settimeout(support.PATIENCE_S)
            # one larger datagram will do as well
            sock.send(request)
            assert receive_datagrams(sock).request_id == 5
            # parts that never become whole cost nothing lasting, and do not disturb others
            for i in range(2000):
                sock.send(packets[0][:8] + struct.pack(">I", 1000 + i) + packets[0][12:])
            sock.send(resolution(PREFIX + "/x", 6))
            assert receive_datagrams(sock).request_id == 6
        assert daemon.counts()["fragments_refused"] > 1000

    with_daemon(check)


def test_garbage():
    def check(daemon):
        rng = __import__("random").Random(1)
        with daemon.udp() as sock:
            for size in list(range(0, 60)) + [100, 492, 512, 2000, 9000]:
                for _ in range(5):
                    sock.send(rng.randbytes(size))
            good = bytearray(resolution(PREFIX + "/x", 6))
            for i in range(len(good)):
                for value in (0, 0xff, good[i] ^ 0x80):
                    bad = bytearray(good)
                    bad[i] = value
                    sock.send(bytes(bad))
            for size in range(len(good)):
                sock.send(bytes(good[:size]))
        for i in range(0, 300, 7):
            with daemon.tcp() as sock:
                sock.sendall(rng.randbytes(i))
                sock.shutdown(socket.SHUT_WR)
                try:
                    while sock.recv(4096):
                        pass
                except ConnectionError:
                    pass
        answer = daemon.ask_tcp(message(0xdead, request_id=3))
        assert answer.request_id == 3 and answer.response != SUCCESS
        answer = daemon.ask_tcp(message(1, request_id=4, size=262145))
        assert answer.request_id == 4 and answer.response == PROTOCOL
        same_answer_everywhere(daemon)

    with_daemon(check)


def test_pipelining():
    def check(daemon):
        with daemon.tcp() as sock:
            count = 3000
            octets = b"".join(resolution("%s/%d" % (PREFIX, i), i, PO | KC) for i in range(count))
            for at in range(0, len(octets), 10007):
                sock.sendall(octets[at:at + 10007])
            for i in range(count):
                assert receive_message(sock).request_id == i
        with daemon.tcp() as sock:  # one octet at a time
            for octet in resolution(PREFIX + "/x", 8):
                sock.sendall(bytes([octet]))
            assert receive_message(sock).request_id == 8
            assert has_ended(sock)

    with_daemon(check)


def test_slow_peers():
    def check(daemon):
        begun = time.time()
        half, mute, kept = daemon.tcp(), daemon.tcp(), daemon.tcp()
        half.sendall(resolution(PREFIX + "/x", 1)[:30])
        kept.sendall(resolution(PREFIX + "/x", 1, PO | KC))
        receive_message(kept)
        for sock in (half, mute, kept):
            assert has_ended(sock)
            sock.close()
        assert 0.5 < time.time() - begun < 6
        # one that asks much and takes nothing
        reader = daemon.tcp()
        reader.settimeout(0.2)
        request = site_request(1, KC) * 200
        try:
            for _ in range(3000):
                reader.send(request)
        except (socket.timeout, ConnectionError):
            pass
        daemon.wait_for("reason=slow-peer")
        reader.close()
        same_answer_everywhere(daemon)

    with_daemon(check, "limits.request_time = 1s\nlimits.idle_time = 1s\nlimits.send_time = 1s")


def test_connection_limits():
    def check(daemon):
        kept = []
        for i in range(10):
            sock = daemon.tcp()
            sock.sendall(resolution(PREFIX + "/x", i, PO | KC))
            assert receive_message(sock).response == NOT_FOUND
            kept.append(sock)
        extra = daemon.ask_tcp(resolution(PREFIX + "/x", 99))
        assert extra.response == BUSY and extra.request_id == 99
        daemon.wait_for("reason=connections-of-network")
        # datagrams and those that are in are not touched
        assert daemon.ask_udp(resolution(PREFIX + "/x", 7)).response == NOT_FOUND
        kept[3].sendall(resolution(PREFIX + "/x", 5, PO | KC))
        assert receive_message(kept[3]).request_id == 5
        # SIGHUP takes up another limit
        daemon.home.configure("limits.connections_per_network = 20")
        daemon.tell(signal.SIGHUP)
        daemon.wait_for("event=reload result=done")
        time.sleep(0.2)
        assert daemon.ask_tcp(resolution(PREFIX + "/x", 99)).response == NOT_FOUND
        for sock in kept:
            sock.close()

    with_daemon(check, "limits.connections_per_network = 10")


def test_budget_of_unproven_sources():
    def check(daemon):
        sent = got = 0
        with daemon.udp() as sock:
            request = site_request(1)
            for _ in range(4000):
                sock.send(request)
                sent += len(request) + 28
                sock.settimeout(0.001)
                try:
                    got += len(sock.recv(512)) + 28
                except socket.timeout:
                    pass
        counts = daemon.counts()
        assert counts["udp_over_budget"] > 0, counts
        assert got <= sent + 3 * 8192, (got, sent)

    with_daemon(check, "limits.udp_budget_exempt = \nlimits.udp_burst = 8k\nserver.workers = 1")


def test_signals():
    def check(daemon):
        with daemon.tcp() as sock:
            sock.sendall(resolution(PREFIX + "/x", 1, PO | KC))
            receive_message(sock)
            daemon.home.configure("limits.connections = wrong")
            daemon.tell(signal.SIGHUP)
            line = daemon.wait_for("event=reload detail=")
            assert "ansad.conf:" in line and "expected a number" in line, line
            daemon.home.configure("server.workers = 5")
            daemon.tell(signal.SIGHUP)
            daemon.wait_for("setting=workers")
            sock.sendall(resolution(PREFIX + "/x", 2, PO | KC))
            assert receive_message(sock).request_id == 2
            begun = time.time()
            assert daemon.stop(signal.SIGINT) == 0
            assert time.time() - begun < 3
            assert has_ended(sock)

    home = Home()
    daemon = Daemon(home)
    try:
        check(daemon)
    finally:
        daemon.end()
        home.remove()


def test_kill_and_restart():
    home = Home()
    daemon = Daemon(home)
    try:
        second = subprocess.run([Daemon.program, home.path], capture_output=True, timeout=10)
        assert second.returncode == 1 and b"another process" in second.stderr, second.stderr
        for _ in range(3):
            daemon.process.kill()
            daemon.process.wait(10)
            daemon.log_file.close()
            begun = time.time()
            daemon = Daemon(home)
            assert time.time() - begun < 5
            same_answer_everywhere(daemon)
        assert daemon.stop() == 0
    finally:
        daemon.end()
        home.remove()


def test_key_process_ends_with_the_daemon():
    def children(pid):
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            return [int(word) for word in file.read().split()]

    home = Home()
    daemon = Daemon(home)
    try:
        keys = children(daemon.process.pid)
        assert len(keys) == 1
        with open("/proc/%d/comm" % keys[0]) as file:
            assert file.read().strip() == "ansad-key"
        daemon.process.kill()
        daemon.process.wait(10)
        end = time.time() + 5
        while os.path.exists("/proc/%d" % keys[0]) and time.time() < end:
            time.sleep(0.02)
        assert not os.path.exists("/proc/%d" % keys[0])
    finally:
        daemon.end()
        home.remove()


def test_command_line():
    home = Home()
    run = lambda *words: subprocess.run([Daemon.program, *words], capture_output=True, timeout=20,
                                        text=True)
    try:
        assert run("--help").returncode == 0
        assert run("--version").stdout.startswith("ansad ")
        assert run().returncode == 2 and run("--nonsense").returncode == 2
        assert run(home.path + "/none").returncode == 2
        assert run("--check", home.path).returncode == 0
        printed = run("--print-config", home.path)
        assert printed.returncode == 0 and "[limits]" in printed.stdout
        # what is printed reads back as the same
        with open(home.path + "/ansad.conf", "w") as file:
            file.write(printed.stdout)
        assert run("--print-config", home.path).stdout == printed.stdout
        for text, line, what in (("[server]\nprot = 1\n", 2, "unknown setting"),
                                 ("[sever]\nport = 1\n", 2, "unknown section"),
                                 ("[server]\n\nport = 70000\n", 3, "0 to 65535"),
                                 ("[server]\nport\n", 2, "no section, setting or comment"),
                                 ("[limits]\nidle_time = 5 parsecs\n", 2, "a time such as")):
            with open(home.path + "/ansad.conf", "w") as file:
                file.write(text)
            bad = run("--check", home.path)
            assert bad.returncode == 2 and "ansad.conf:%d:" % line in bad.stderr, bad.stderr
            assert what in bad.stderr, bad.stderr
    finally:
        home.remove()


def test_memory_when_idle():
    def check(daemon):
        for i in range(200):
            daemon.ask_tcp(resolution(PREFIX + "/x", i))
            daemon.ask_udp(resolution(PREFIX + "/x", i))
        if "seccomp=yes" in daemon.log():  # sanitizers have shadows
            resident = daemon.resident_kb()
            assert resident <= 20480, "%d kB" % resident

    with_daemon(check)


def status_of(pid):
    with open("/proc/%d/status" % pid) as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def test_rights_are_given_up():
    """Both processes; and by root the owner of the home is what they become."""
    home = Home()
    is_root = os.geteuid() == 0
    if is_root:
        for path, _, files in os.walk(home.path):
            for name in [""] + files:
                os.chown(os.path.join(path, name), 65534, 65534)
    daemon = Daemon(home)
    try:
        line = daemon.wait_for("event=sandbox")
        pids = [daemon.process.pid]
        with open("/proc/%d/task/%d/children" % (pids[0], pids[0])) as file:
            pids += [int(word) for word in file.read().split()]
        assert len(pids) == 2
        for pid in pids:
            status = status_of(pid)
            assert status["NoNewPrivs"] == "1", status
            assert int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0, status
            if is_root:
                assert status["Uid"].split() == ["65534"] * 4, status
                assert status["Groups"].strip() == "", status
            if "seccomp=yes" in line:
                assert status["Seccomp"] == "2", status
        same_answer_everywhere(daemon)
        # what was dropped is not missed by the rest: signals, files of the home, the end
        daemon.tell(signal.SIGHUP)
        daemon.wait_for("event=reload result=done")
        assert daemon.stop() == 0, daemon.log()
        daemon = Daemon(home)
        assert daemon.stop() == 0, daemon.log()
    finally:
        daemon.end()
        home.remove()


def test_root_without_another_user_has_no_capabilities():
    if os.geteuid() != 0:
        return

    def check(daemon):
        status = status_of(daemon.process.pid)
        assert status["Uid"].split() == ["0"] * 4
        assert all(int(status[set_], 16) == 0 for set_ in ("CapEff", "CapPrm", "CapBnd")), status

    with_daemon(check)
