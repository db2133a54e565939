# SPDX-License-Identifier: Apache-2.0
"""A home made by ansa init, served by ansad, and ansa itself: what the tests of the tools share."""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile

import irp_client
from support import PREFIX, Daemon

DONE, REFUSED, USAGE, NETWORK, FAULT = range(5)
COMMAND_S = 120


def programs():
    return os.path.dirname(Daemon.program)


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode()
        self.talk = done.stderr.decode()

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return self.out.splitlines()


def ansa(*words, status=DONE, text=None, env=None, cwd=None):
    """Runs the tool; text is its standard input (str or octets)."""
    octets = text.encode() if isinstance(text, str) else text
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **(env or {})}
    done = Result(subprocess.run([programs() + "/ansa", *map(str, words)], input=octets or b"",
                                 capture_output=True, timeout=COMMAND_S, env=environment, cwd=cwd))
    assert "Sanitizer" not in done.talk and "runtime error" not in done.talk, done.talk
    assert status is None or done.status == status, "ansa %s: status %d, not %d\n%s%s" % (
        " ".join(map(str, words)), done.status, status, done.out, done.talk)
    return done


def free_ports(count):
    """Ports that the kernel has just had free, for UDP and TCP."""
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return ports


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="ansa-system-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def change_settings(home, settings):
    """@settings: lines "section.key = value", which replace what ansad.conf says."""
    wanted = {}
    for line in settings.splitlines():
        if line.strip():
            name, value = line.split("=", 1)
            wanted[tuple(name.strip().split("."))] = value.strip()
    section, lines = "", []
    with open(home + "/ansad.conf") as file:
        for line in file.read().splitlines():
            key = line.split("=", 1)[0].strip()
            if line.startswith("["):
                section = line.strip("[]")
            elif (section, key) in wanted:
                line = ("%s = %s" % (key, wanted.pop((section, key)))).strip()
            lines.append(line)
    assert not wanted, "no such settings: %s" % wanted
    with open(home + "/ansad.conf", "w") as file:
        file.write("\n".join(lines) + "\n")


class Node:
    """One server with its home in a temporary directory."""

    def __init__(self, *options, prefix=PREFIX, settings="", start=True):
        self.folder = tempfile.mkdtemp(prefix="ansa-system-")
        self.path = self.folder + "/home"
        self.prefix = prefix
        self.port, self.tls_port, self.http_port, self.https_port = free_ports(4)
        self.daemon = None
        if "--key-type" not in options and "--admin-key" not in options:
            options += ("--key-type", "ed25519")
        self.init = ansa("init", self.path, "--prefix", prefix, "--port", self.port, "--tls-port",
                         self.tls_port, "--http-port", self.http_port, "--https-port",
                         self.https_port, *options)
        self.set("server.listen = 127.0.0.1\nserver.workers = 2\nstore.size = 1g\n"
                 "store.cache = 4m\n" + settings)
        if start:
            self.start()

    def set(self, settings):
        change_settings(self.path, settings)

    def start(self, command=None):
        self.daemon = Daemon(self, command)
        return self.daemon

    def kill(self):
        self.daemon.process.kill()
        self.daemon.process.wait(10)
        self.daemon.log_file.close()

    @property
    def identity(self):
        return "300:0.NA/" + self.prefix

    @property
    def server(self):
        return ["--server", "127.0.0.1:%d" % self.port]

    @property
    def tls(self):
        return ["--tls", "--server", "127.0.0.1:%d" % self.tls_port]

    @property
    def key(self):
        return ["--key", self.path + "/keys/admin.key", "--as", self.identity]

    def ask(self, *words, **more):
        return ansa(words[0], *self.server, *words[1:], **more)

    def admin(self, *words, **more):
        return ansa(words[0], *self.server, *self.key, *words[1:], **more)  # of options the last holds

    def client(self, transport=irp_client.Tcp, **more):
        return irp_client.Client("127.0.0.1", self.port, transport, **more)

    def close(self):
        """Ends the server, which must have had nothing to complain of in itself."""
        try:
            if self.daemon is not None and self.daemon.process.poll() is None:
                assert self.daemon.stop() == 0, self.daemon.log()
            if self.daemon is not None:
                log = self.daemon.log()
                assert "Sanitizer" not in log and "runtime error" not in log, log
        finally:
            if self.daemon is not None:
                self.daemon.end()
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.close()
            return
        if self.daemon is not None:
            print(self.daemon.log()[-4000:], flush=True, file=__import__("sys").stderr)
            self.daemon.end()
        shutil.rmtree(self.folder, ignore_errors=True)
