# SPDX-License-Identifier: Apache-2.0
"""What the system tests share: a home, the daemon in it, and just enough of the protocol.

The protocol is written down here a second time, from the specification and not from the
server's code, so that both cannot be wrong in the same way unnoticed.
"""
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

RESOLVE, GET_SITE, CREATE, LIST = 1, 2, 100, 105
SUCCESS, BUSY, PROTOCOL, NOT_FOUND, NOT_RESPONSIBLE = 1, 3, 4, 100, 301
AT, CN, KC, PO = 0x80000000, 0x04000000, 0x02000000, 0x01000000
PREFIX = "20.500.99999"
PATIENCE_S = 10


class Answer:
    def __init__(self, octets):
        (self.major, self.minor, self.flags, _, self.session, self.request_id, self.sequence,
         self.size) = struct.unpack(">BBBBIIII", octets[:20])
        (self.op, self.response, self.op_flags, self.serial, self.recursion, _, self.expires,
         body_size) = struct.unpack(">IIIHBBII", octets[20:44])
        self.body = octets[44:44 + body_size]


def message(op, body=b"", request_id=1, flags=PO, session=0, size=None):
    """A request without credential."""
    content = struct.pack(">IIIHBBII", op, 0, flags, 0xffff, 0, 0, int(time.time()) + 3600,
                          len(body)) + body + struct.pack(">I", 0)
    return struct.pack(">BBBBIIII", 2, 11, 2, 11, session, request_id, 0,
                       len(content) if size is None else size) + content


def block(text):
    octets = text.encode() if isinstance(text, str) else text
    return struct.pack(">I", len(octets)) + octets


def resolution(name, request_id=1, flags=PO, types=()):
    body = block(name) + struct.pack(">I", 0) + struct.pack(">I", len(types))
    return message(RESOLVE, body + b"".join(block(t) for t in types), request_id, flags)


def site_request(request_id, flags=PO):
    return message(GET_SITE, block("/"), request_id, flags)


def receive_exactly(sock, size):
    octets = b""
    while len(octets) < size:
        part = sock.recv(size - len(octets))
        if not part:
            raise EOFError("connection ended after %d of %d octets" % (len(octets), size))
        octets += part
    return octets


def receive_message(sock):
    envelope = receive_exactly(sock, 20)
    return Answer(envelope + receive_exactly(sock, struct.unpack(">I", envelope[16:])[0]))


def has_ended(sock):
    """The other side has closed, orderly or not."""
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def receive_datagrams(sock):
    """One message, joined."""
    parts, size = {}, None
    while size is None or sum(map(len, parts.values())) < size:
        packet = sock.recv(65536)
        assert len(packet) <= 512, "datagram of %d octets" % len(packet)
        sequence, size = struct.unpack(">II", packet[12:20])
        parts[sequence] = packet[20:]
        first = packet[:12]
    whole = b"".join(parts[i] for i in range(len(parts)))
    assert len(whole) == size
    return Answer(first + struct.pack(">II", 0, size) + whole)


def cut(octets):
    """The datagrams of a request that is too long for one."""
    envelope, content = bytearray(octets[:20]), octets[20:]
    envelope[2] |= 0x20
    for i in range(0, len(content), 492):
        yield bytes(envelope[:12]) + struct.pack(">I", i // 492) + bytes(envelope[16:]) + \
            content[i:i + 492]


class Home:
    """A temporary home with a key, a site record and a configuration."""

    def __init__(self, settings=""):
        self.path = tempfile.mkdtemp(prefix="ansa-system-")
        os.mkdir(self.path + "/keys", 0o700)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                        self.path + "/keys/server.key"], check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", self.path + "/keys/server.key", "-pubout",
                              "-outform", "DER"], check=True, capture_output=True).stdout
        public = block("ED25519_PUB_KEY") + b"\0\0" + block(der[-32:])
        interfaces = struct.pack(">IBBIBBI", 2, 3, 1, 2641, 2, 0, 2641)
        server = struct.pack(">I", 1) + bytes(12) + bytes([127, 0, 0, 1]) + block(public) + \
            interfaces
        site = struct.pack(">HBBHBB", 1, 2, 11, 1, 0x80, 2) + block(b"") + struct.pack(">I", 0) + \
            struct.pack(">I", 1) + server
        with open(self.path + "/siteinfo.bin", "wb") as file:
            file.write(site)
        self.configure(settings)

    def configure(self, settings=""):
        """@settings: lines "section.key = value"."""
        values = {"server.listen": "127.0.0.1 ::1", "server.port": "0", "server.tls_port": "0",
                  "http.http_port": "0", "http.https_port": "0",
                  "server.site": "siteinfo.bin", "server.workers": "2", "store.size": "64m",
                  "store.cache": "4m", "identifier.homed_prefixes": PREFIX}
        for line in settings.splitlines():
            if line.strip():
                key, value = line.split("=", 1)
                values[key.strip()] = value.strip()
        sections = {}
        for key, value in values.items():
            section, name = key.split(".")
            sections.setdefault(section, []).append("%s = %s" % (name, value))
        with open(self.path + "/ansad.conf", "w") as file:
            for section, lines in sections.items():
                file.write("[%s]\n%s\n\n" % (section, "\n".join(lines)))

    def remove(self):
        shutil.rmtree(self.path)


class Daemon:
    """The real daemon; found ready when it says so."""
    program = None  # set by the runner

    def __init__(self, home, command=None):
        """@command: what starts it in the end, when it is not started plainly."""
        self.home = home
        self.log_path = home.path + "/log"
        self.log_file = open(self.log_path, "ab")
        self.begin = os.path.getsize(self.log_path)
        self.process = subprocess.Popen(command or [Daemon.program, home.path],
                                        stderr=self.log_file)
        line = self.wait_for("event=ready")
        self.port = int(re.search(r"udp=127\.0\.0\.1:(\d+)", line).group(1))
        self.tls_port = int(re.search(r"tls=127\.0\.0\.1:(\d+)", line).group(1))
        found = [re.search(r" %s=127\.0\.0\.1:(\d+)" % door, line) for door in ("http", "https")]
        self.http_port, self.https_port = [int(f.group(1)) if f else None for f in found]

    def log(self):
        with open(self.log_path, "rb") as file:
            file.seek(self.begin)
            return file.read().decode()

    def wait_for(self, text):
        end = time.time() + PATIENCE_S
        while time.time() < end:
            for line in self.log().splitlines():
                if text in line:
                    return line
            if self.process.poll() is not None:
                raise AssertionError("ansad ended with %d:\n%s" %
                                     (self.process.returncode, self.log()))
            time.sleep(0.02)
        raise AssertionError("no %r in the log:\n%s" % (text, self.log()))

    def tcp(self, host="127.0.0.1"):
        sock = socket.create_connection((host, self.port), timeout=PATIENCE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def udp(self, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.settimeout(PATIENCE_S)
        sock.connect((host, self.port))
        return sock

    def ask_udp(self, octets, host="127.0.0.1"):
        with self.udp(host) as sock:
            sock.send(octets)
            return receive_datagrams(sock)

    def ask_tcp(self, octets, host="127.0.0.1"):
        with self.tcp(host) as sock:
            sock.sendall(octets)
            answer = receive_message(sock)
            assert has_ended(sock), "connection was kept though nobody asked for it"
            return answer

    def tell(self, number):
        self.process.send_signal(number)

    def counts(self):
        """What SIGUSR1 tells."""
        before = self.log().count("event=counts")
        self.tell(signal.SIGUSR1)
        end = time.time() + PATIENCE_S
        while self.log().count("event=counts") == before and time.time() < end:
            time.sleep(0.02)
        line = [l for l in self.log().splitlines() if "event=counts" in l][-1]
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)(?: |$)", line)}

    def resident_kb(self):
        with open("/proc/%d/status" % self.process.pid) as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))

    def stop(self, number=signal.SIGTERM):
        self.tell(number)
        status = self.process.wait(PATIENCE_S)
        self.log_file.close()
        return status

    def end(self):
        """For the end of a test, whatever happened."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        self.log_file.close()
