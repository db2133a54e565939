# SPDX-License-Identifier: Apache-2.0
"""A client of the protocol for tests: sockets, challenges, sessions.

It says exactly what it is told to say and hands back exactly what came: no retries, no
choice of server, no caching.
"""

import hashlib
import hmac
import http.client
import secrets
import socket
import ssl
import time

import irp
import irp_crypto

TIMEOUT = 10.0
HTTP_TYPE = "application/x-hdl-message"


class NoAnswer(Exception):
    """The server said nothing, or hung up."""


def request(op, body=b"", flags=irp.CLIENT_FLAGS, **more):
    """A request with a fresh number and the expiration that clients write."""
    more.setdefault("request", secrets.randbits(31))
    more.setdefault("expiration", int(time.time()) + 43200)
    return irp.Message(op, 0, flags, body, **more)


class Udp:
    """One datagram socket, connected."""

    def __init__(self, host, port, timeout=TIMEOUT):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.settimeout(timeout)
        self.socket.connect((host, port))

    def send(self, message):
        for datagram in message.datagrams():
            self.socket.send(datagram)

    def receive(self):
        parts = []
        while True:
            try:
                parts.append(self.socket.recv(65535))
            except (TimeoutError, ConnectionRefusedError) as late:
                raise NoAnswer(str(late)) from late
            whole = irp.join(parts)
            if whole:
                return irp.read_message(whole)

    def close(self):
        self.socket.close()


class Tcp:
    """One stream; with tls the same inside TLS, whose certificate is not looked at."""

    def __init__(self, host, port, timeout=TIMEOUT, tls=False):
        self.socket = socket.create_connection((host, port), timeout)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)

    def send(self, message):
        self.send_raw(message.encode())

    def send_raw(self, data):
        self.socket.sendall(data)

    def exactly(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except (TimeoutError, ConnectionResetError) as late:
                raise NoAnswer(str(late)) from late
            if not more:
                raise NoAnswer("closed")
            data += more
        return data

    def receive(self):
        envelope = self.exactly(irp.ENVELOPE)
        return irp.read_message(envelope + self.exactly(irp.read_envelope(envelope).length))

    def closed(self):
        """True when the server has hung up and nothing is left to read."""
        try:
            return self.socket.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()


class Http:
    """The tunnel: each message is the body of a POST, all answers to it that of the response."""

    def __init__(self, host, port, timeout=TIMEOUT, tls=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.connection = (http.client.HTTPSConnection(host, port, timeout=timeout, context=context) if tls
                           else http.client.HTTPConnection(host, port, timeout=timeout))
        self.unread = b""

    def send(self, message, path="/"):
        self.send_raw(message.encode(), path)

    def send_raw(self, data, path="/"):
        types = {"Content-Type": HTTP_TYPE, "Accept": HTTP_TYPE}
        self.connection.request("POST", path, data, types)
        self.response = self.connection.getresponse()
        self.unread = self.response.read()
        if self.response.status != 200 or self.response.headers["Content-Type"] != HTTP_TYPE:
            raise NoAnswer(f"status {self.response.status}: {self.unread[:200]}")

    def receive(self):
        if len(self.unread) < irp.ENVELOPE:
            raise NoAnswer("no further message in the body")
        end = irp.ENVELOPE + irp.read_envelope(self.unread[:irp.ENVELOPE]).length
        message, self.unread = self.unread[:end], self.unread[end:]
        return irp.read_message(message)

    def close(self):
        self.connection.close()


class Client:
    """Asks one server. identity and key answer its challenges; session protects what is said."""

    def __init__(self, host, port, transport=Tcp, identity=None, key=None):
        self.host, self.port, self.transport = host, port, transport
        self.identity = irp.reference(identity) if isinstance(identity, str) else identity
        self.key = key
        self.session = None
        self.challenges = 0  # how often the server wanted proof

    def ask(self, message):
        """Sends and returns all messages of the answer, CN ones too, as they came (decrypted)."""
        if self.session:
            message = self.session.protect(message)
        door = self.transport(self.host, self.port)
        try:
            door.send(message)
            answers = [self.open(door.receive())]
            while answers[-1].flags & irp.CONTINUES:
                answers.append(self.open(door.receive()))
        finally:
            door.close()
        return answers

    def open(self, message):
        return self.session.open(message) if self.session and message.sealed else message

    def call(self, op, body=b"", flags=irp.CLIENT_FLAGS, **more):
        """One operation with its challenge, if it is challenged; the last Response."""
        return self.call_all(op, body, flags, **more)[-1]

    def call_all(self, op, body=b"", flags=irp.CLIENT_FLAGS, **more):
        asked = request(op, body, flags, **more)
        responses = [irp.read_response(m) for m in self.ask(asked)]
        if responses[-1].rc == irp.CHALLENGE and self.key:
            responses = [irp.read_response(m) for m in self.ask(self.answer(asked, responses[-1]))]
        return responses

    def answer(self, asked, challenge):
        """The answer to a challenge that asked received, which must be about asked."""
        self.challenges += 1
        code, digest = challenge.digest
        version = min(challenge.message.version, challenge.message.suggested)
        if digest != _digest(code, asked):
            raise irp.Malformed("the challenge is about another request")
        proof = self.key.proof(challenge.nonce + digest, version)
        body = irp.answer(self.key.kind, self.identity, proof)
        more = {"session": challenge.message.session, "version": asked.version, "suggested": asked.suggested}
        return request(irp.ANSWER, body, asked.flags, **more)

    def start_session(self, mode=irp.MODE_DH, group=1024, rsa=None, identity=None, **more):
        """Sets up a session in which the calls that follow are made."""
        exchange = irp_crypto.DiffieHellman(irp_crypto.GROUPS[group]) if mode == irp.MODE_DH else rsa
        key = exchange.public() if mode in (irp.MODE_DH, irp.MODE_CLIENT_KEY) else b""
        identity = identity or self.identity or irp.Reference("", 0)
        body = irp.session_setup(mode, identity, key=key, **more)
        flags = irp.CERTIFY | irp.REQUEST_DIGEST
        response = self.call(irp.SESSION_SETUP, body, flags)
        if response.rc != irp.SUCCESS:
            return response
        if mode == irp.MODE_SERVER_KEY:
            return self.exchange_key(response)
        self.session = Session(response.message.session, *_session_key(mode, exchange, response))
        return response

    def exchange_key(self, setup):
        """Mode 2: we choose the key and encrypt it for the server."""
        key = secrets.token_bytes(32)
        sealed = irp_crypto.read_public_key(setup.data).encrypt(irp.u32(irp.CIPHER_AES) + key)
        response = self.call(irp.SESSION_EXCHANGE, irp.block(sealed), 0, session=setup.message.session)
        if response.rc == irp.SUCCESS:
            self.session = Session(setup.message.session, irp.CIPHER_AES, key)
        return response


def _digest(code, message):
    return hashlib.new(irp.DIGESTS[code], message.signed_part()).digest()


def _session_key(mode, exchange, response):
    """(cipher, whole key) from the response of a set-up."""
    reader = irp.Reader(response.data)
    if mode == irp.MODE_DH:
        cipher = reader.u32()
        _, (y, p, g) = irp_crypto.read_public_key(reader.take(reader.left()))
        if (p, g) != (exchange.p, exchange.g):
            raise irp.Malformed("another group")
        shared = exchange.agree(y)
        return cipher, shared[:32] if cipher == irp.CIPHER_AES else shared
    plain = irp.Reader(exchange.decrypt(response.data))
    return plain.u32(), plain.take(plain.left())


class Session:
    """Counts, MACs and, when encrypt is set, encrypts."""

    def __init__(self, id_, cipher, key, encrypt=False):
        self.id, self.cipher, self.key, self.encrypt = id_, cipher, key, encrypt
        self.counter = 0

    def mac(self, message, counter):
        return hmac.digest(self.key, message.prefix(counter) + message.signed_part(), "sha256")

    def protect(self, message):
        self.counter += 1
        message.session = self.id
        proof = self.mac(message, self.counter)
        message.credential = irp.Credential("HS_MAC", b"HMAC-SHA256", proof, self.counter).encode()
        if self.encrypt:
            message.sealed = b""
            message.sealed = irp_crypto.seal(self.key, message.payload())
        return message

    def open(self, message):
        if self.cipher != irp.CIPHER_AES:
            raise irp.Malformed(f"cipher {self.cipher}")
        envelope = irp.read_envelope(message.encode())
        return irp.read_payload(envelope, irp_crypto.unseal(self.key, message.sealed))

    def verifies(self, message):
        """True when the message carries the MAC that it must."""
        if not message.credential:
            return False
        credential = irp.read_credential(message.credential)
        return credential.type == "HS_MAC" and credential.proof == self.mac(message, credential.counter)


def signature_verifies(message, key):
    """True when the message is signed by this key of the server (CT)."""
    if not message.credential:
        return False
    credential = irp.read_credential(message.credential)
    signed = message.prefix(credential.counter) + message.signed_part()
    if isinstance(key, irp_crypto.Rsa):
        return credential.type == "HS_SIGNED" and key.verify(signed, credential.proof)
    return credential.type == "HS_SIGNED" and irp_crypto.ed25519_verify(key[1], signed, credential.proof)
