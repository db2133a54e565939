# SPDX-License-Identifier: Apache-2.0
"""A daemon in a home of its own, a relay that listens in, and clients to speak through it."""

import os
import re
import shutil
import subprocess
import tempfile

import capture
import irp_client
import irp_crypto
import support

HERE = os.path.dirname(os.path.abspath(__file__))
PREFIX = "20.500.99999"
RECORD = f"0.NA/{PREFIX}"
ADMIN = f"300:{RECORD}"
ALL_RIGHTS = 0x1FFF
SECRET = b"open sesame \xc3\xa9"


class Stage:
    """Begins with a private root that serves one prefix, whose administrator has an RSA key."""

    def __init__(self, build):
        self.ansa_program = os.path.join(build, "src", "programs", "ansa")
        support.Daemon.program = os.path.join(build, "src", "programs", "ansad")
        self.folder = tempfile.mkdtemp(prefix="ansa-foreign-")
        self.path = os.path.join(self.folder, "home")
        self.roots = os.path.join(self.path, "bootstrap.json")
        self.relay = capture.Relay()
        # The site record names the relay, so that clients that follow it are heard too.
        port = ("--port", str(self.relay.port), "--tls-port", "1", "--http-port", "2")
        self.say("init", self.path, "--prefix", PREFIX, "--root", "--name", "Wireshark's", *port)
        self.configure()
        self.admin_key_file = os.path.join(self.path, "keys", "admin.key")
        with open(self.admin_key_file, encoding="ascii") as file:
            self.admin_key = irp_crypto.read_pem_private(file.read())
        self.ed25519_key, self.secret_key = irp_crypto.Ed25519(), irp_crypto.Secret(SECRET)
        self.secret_file = os.path.join(self.folder, "secret")
        with open(self.secret_file, "wb") as file:
            file.write(SECRET)
        self.daemon = support.Daemon(self)
        self.relay.upstream = ("127.0.0.1", self.daemon.port)

    def configure(self):
        """Lets the kernel choose the ports."""
        path = os.path.join(self.path, "ansad.conf")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for name, value in (("listen", "127.0.0.1"), ("port", "0"), ("tls_port", "0"), ("http_port", "0"),
                            ("https_port", "0"), ("size", "64m")):
            text, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", text, count=1)
            assert count == 1, f"no {name} in ansad.conf"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def close(self):
        self.relay.close()
        if hasattr(self, "daemon"):
            self.daemon.end()
        shutil.rmtree(self.folder)

    def say(self, *arguments, status=0):
        """Runs a verb of ansa that speaks to nobody."""
        done = subprocess.run([self.ansa_program, *arguments], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)  # fmt: skip
        told = f"ansa {' '.join(arguments)}: exit status {done.returncode}\n{done.stderr}"
        assert done.returncode == status, told
        return done.stdout

    def ansa(self, *arguments, status=0):
        """Runs a verb of ansa through the relay."""
        return self.say(*arguments, "--server", f"127.0.0.1:{self.relay.port}", status=status)

    def ansa_by_roots(self, *arguments, status=0):
        """The same, but the server is found from the root."""
        return self.say(*arguments, "--roots", self.roots, status=status)

    def as_admin(self):
        return ("--key", self.admin_key_file, "--as", ADMIN)

    def client(self, identity=None, key=None, transport=irp_client.Tcp):
        return irp_client.Client("127.0.0.1", self.relay.port, transport, identity, key)

    def admin(self, **more):
        return self.client(ADMIN, self.admin_key, **more)
