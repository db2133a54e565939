# SPDX-License-Identifier: Apache-2.0
"""The identifier resolution protocol (Handle System protocol 2.x, DO-IRP 3.0) in plain Python.

A second, independent implementation of the codec: it shares no line and no table with
the C of this tree, so that a mistake in one of them shows as a disagreement. It reads
and writes bytes only; irp_client.py has the sockets, irp_crypto.py the keys.

Everything read raises Malformed when the bytes do not hold what they promise.
"""

import hashlib
import struct
from dataclasses import dataclass, field, replace

ENVELOPE = 20
HEADER = 24
DATAGRAM_DATA = 492  # octets of a message in one datagram, behind its envelope

# Operations
RESOLVE, GET_SITE = 1, 2
CREATE, DELETE, ADD, REMOVE, MODIFY, LIST, LIST_PREFIXES = range(100, 107)
ANSWER, VERIFY = 200, 201
HOME, UNHOME, LIST_HOMED = 300, 301, 302
SESSION_SETUP, SESSION_TERMINATE, SESSION_EXCHANGE = 400, 401, 402

# Response codes
SUCCESS, ERROR, BUSY, PROTOCOL_ERROR, DENIED, RECURSION_LIMIT, READ_ONLY = range(1, 8)
NOT_FOUND, EXISTS, BAD_IDENTIFIER = 100, 101, 102
VALUE_NOT_FOUND, VALUE_EXISTS, VALUE_INVALID = 200, 201, 202
OLD_SITE, NOT_RESPONSIBLE, REFERRAL_SERVICE, REFERRAL_PREFIX = 300, 301, 302, 303
NOT_ADMIN, NO_PERMISSION, CHALLENGE, AUTH_FAILED, BAD_CREDENTIAL, AUTH_TIMEOUT, AUTH_UNABLE = range(400, 407)
SESSION_GONE, SESSION_FAILED, SESSION_KEY, SESSION_NO_RSA, SESSION_REQUEST, SESSION_REPLAY = range(500, 506)

# opFlag
AUTHORITATIVE, CERTIFY, ENCRYPT, RECURSIVE = 0x80000000, 0x40000000, 0x20000000, 0x10000000
CACHE_CERTIFY, CONTINUES, KEEP_OPEN, PUBLIC_ONLY = 0x08000000, 0x04000000, 0x02000000, 0x01000000
REQUEST_DIGEST, OVERWRITE, MINT, NO_REFERRAL = 0x00800000, 0x00400000, 0x00200000, 0x00100000

# What a client of the Java library sets when it cannot authenticate.
CLIENT_FLAGS = RECURSIVE | CACHE_CERTIFY | PUBLIC_ONLY

# Key exchange modes of a session, and its ciphers
MODE_CLIENT_KEY, MODE_SERVER_KEY, MODE_VALUE_KEY, MODE_DH = 1, 2, 3, 4
CIPHER_DES, CIPHER_3DES, CIPHER_AES = 1, 2, 3

DIGESTS = {1: "md5", 2: "sha1", 3: "sha256"}


class Malformed(Exception):
    """Bytes that are not a message of this protocol."""


class Reader:
    """Reads fields one after the other; never beyond the end."""

    def __init__(self, data):
        self.data = bytes(data)
        self.at = 0

    def left(self):
        return len(self.data) - self.at

    def take(self, size):
        if size > self.left():
            raise Malformed(f"{size} octets wanted at {self.at}, {self.left()} left")
        self.at += size
        return self.data[self.at - size : self.at]

    def integer(self, size):
        return int.from_bytes(self.take(size), "big")

    def u8(self):
        return self.integer(1)

    def u16(self):
        return self.integer(2)

    def u32(self):
        return self.integer(4)

    def block(self):
        return self.take(self.u32())

    def text(self):
        try:
            return self.block().decode("utf-8")
        except UnicodeDecodeError as bad:
            raise Malformed(str(bad)) from bad

    def list(self, item):
        count = self.u32()
        if count > self.left():
            raise Malformed(f"{count} items in {self.left()} octets")
        return [item() for _ in range(count)]

    def reference(self):
        return Reference(self.text(), self.u32())

    def end(self):
        if self.left():
            raise Malformed(f"{self.left()} octets behind the end")


def u16(number):
    return struct.pack(">H", number)


def u32(number):
    return struct.pack(">I", number)


def block(data):
    data = data.encode() if isinstance(data, str) else bytes(data)
    return u32(len(data)) + data


def items(encoded):
    encoded = list(encoded)
    return u32(len(encoded)) + b"".join(encoded)


@dataclass(frozen=True)
class Reference:
    """INDEX:IDENTIFIER, the name of one value."""

    identifier: str
    index: int

    def encode(self):
        return block(self.identifier) + u32(self.index)


def reference(text):
    """Reads the text form; without an index it is 0."""
    index, colon, identifier = text.partition(":")
    return Reference(identifier, int(index)) if colon and index.isdigit() else Reference(text, 0)


@dataclass(frozen=True)
class Value:
    index: int
    type: str
    data: bytes
    permissions: int = 0x0E
    ttl: int = 86400
    ttl_absolute: bool = False
    timestamp: int = 0
    references: tuple = ()

    def encode(self):
        fixed = struct.pack(
            ">IIBIB", self.index, self.timestamp, int(self.ttl_absolute), self.ttl, self.permissions
        )
        references = items(r.encode() for r in self.references)
        return fixed + block(self.type) + block(self.data) + references

    def digest(self):
        """What HS_SIGNATURE covers: everything but index and timestamp."""
        return hashlib.sha256(self.encode()[8:]).digest()


def read_value(reader):
    index, timestamp, ttl_type, ttl, permissions = struct.unpack(">IIBIB", reader.take(14))
    if ttl_type > 1:
        raise Malformed(f"TTL type {ttl_type}")
    type_, data = reader.text(), reader.block()
    references = tuple(reader.list(reader.reference))
    return Value(index, type_, data, permissions, ttl, bool(ttl_type), timestamp, references)


def text_value(index, type_, text, **more):
    return Value(index, type_, text.encode(), **more)


@dataclass(frozen=True)
class Admin:
    """The data of an HS_ADMIN value."""

    permissions: int
    identifier: str
    index: int

    def encode(self):
        return u16(self.permissions) + block(self.identifier) + u32(self.index)


def read_admin(data):
    reader = Reader(data)
    admin = Admin(reader.u16(), reader.text(), reader.u32())
    if reader.left() == 2:  # software before 7.4 counted the permissions twice
        reader.take(2)
    reader.end()
    return admin


def admin_value(index, permissions, identifier, key_index):
    return Value(index, "HS_ADMIN", Admin(permissions, identifier, key_index).encode())


def encode_group(references):
    """The data of an HS_VLIST value."""
    return items(r.encode() for r in references)


def read_group(data):
    reader = Reader(data)
    group = reader.list(reader.reference)
    reader.end()
    return group


@dataclass(frozen=True)
class Interface:
    type: int  # 1 administration, 2 resolution, 3 both
    protocol: int  # 0 UDP, 1 TCP, 2 HTTP, 3 HTTPS
    port: int


@dataclass(frozen=True)
class SiteServer:
    id: int
    address: bytes  # 16 octets; IPv4 behind twelve zeros
    key: bytes
    interfaces: tuple


@dataclass(frozen=True)
class Site:
    serial: int
    servers: tuple
    format: int = 1
    version: tuple = (2, 11)
    primary: int = 0x80
    hash_option: int = 2
    hash_filter: bytes = b""
    attributes: tuple = ()

    def encode(self):
        out = u16(self.format) + bytes(self.version) + u16(self.serial)
        out += bytes([self.primary, self.hash_option]) + block(self.hash_filter)
        out += items(block(name) + block(value) for name, value in self.attributes)
        out += u32(len(self.servers))
        for server in self.servers:
            out += u32(server.id) + server.address + block(server.key)
            out += items(struct.pack(">BBI", i.type, i.protocol, i.port) for i in server.interfaces)
        return out


def read_site(data):
    reader = Reader(data)

    def server():
        id_, address, key = reader.u32(), reader.take(16), reader.block()
        interfaces = reader.list(lambda: Interface(reader.u8(), reader.u8(), reader.u32()))
        return SiteServer(id_, address, key, tuple(interfaces))

    format_ = reader.u16()
    if format_ > 1:
        raise Malformed(f"site format {format_}")
    version = (reader.u8(), reader.u8())
    serial, primary, hash_option, hash_filter = reader.u16(), reader.u8(), reader.u8(), reader.block()
    attributes = reader.list(lambda: (reader.text(), reader.text()))
    servers = reader.list(server)
    reader.end()
    return Site(
        serial, tuple(servers), format_, version, primary, hash_option, hash_filter, tuple(attributes)
    )


@dataclass(frozen=True)
class Credential:
    """A signature or MAC behind the body."""

    type: str  # HS_SIGNED or HS_MAC
    algorithm: bytes
    proof: bytes
    counter: int = 0

    def encode(self):
        signed = block(self.algorithm) + block(self.proof)
        return bytes(4) + block(b"") + u32(self.counter) + block(self.type) + u32(len(signed)) + signed


def read_credential(data):
    reader = Reader(data)
    reader.take(4)  # version, reserved, options
    reader.block()  # signer: always empty
    counter, type_ = reader.u32(), reader.text()
    inner = Reader(reader.block())
    reader.end()
    algorithm, proof = inner.block(), inner.block()
    inner.end()
    return Credential(type_, algorithm, proof, counter)


@dataclass
class Message:
    """One message. The credential is bytes as they were, so that a test can write bad ones."""

    op: int = 0
    rc: int = 0
    flags: int = 0
    body: bytes = b""
    request: int = 0
    session: int = 0
    version: tuple = (2, 11)
    suggested: tuple = (2, 11)
    serial: int = 0xFFFF
    recursion: int = 0
    expiration: int = 0
    credential: bytes = b""
    sealed: bytes = field(default=b"", repr=False)  # encrypted: what stands behind the envelope
    truncated: bool = False  # TC was set in its datagrams

    def signed_part(self):
        """Header and body: what digests and signatures are about."""
        head = struct.pack(">IIIHBBII", self.op, self.rc, self.flags, self.serial, self.recursion, 0,
                           self.expiration, len(self.body))  # fmt: skip
        return head + self.body

    def payload(self):
        return self.sealed or self.signed_part() + block(self.credential)

    def envelope(self, length, sequence=0, truncated=False):
        bits = (0x40 if self.sealed else 0) | (0x20 if truncated else 0) | self.suggested[0]
        return struct.pack(">BBBBIIII", *self.version, bits, self.suggested[1], self.session, self.request,
                           sequence, length)  # fmt: skip

    def encode(self):
        """In one piece, as TCP has it."""
        payload = self.payload()
        return self.envelope(len(payload)) + payload

    def datagrams(self):
        """In pieces of what a datagram holds; messageLength is that of the whole in each."""
        payload = self.payload()
        pieces = [payload[at : at + DATAGRAM_DATA] for at in range(0, len(payload), DATAGRAM_DATA)]
        several = len(pieces) > 1
        return [self.envelope(len(payload), n, several) + piece for n, piece in enumerate(pieces)]

    def prefix(self, counter):
        """What stands before header and body when they are signed (irp-wire 7.1)."""
        if self.version < (2, 7):
            return b""
        suggested = bytes(self.suggested) if self.version >= (2, 8) else b""
        return bytes(self.version) + suggested + u32(self.session) + u32(self.request) + u32(counter)

    def digest(self):
        """The digest of this request as its response carries it: (code, octets)."""
        code = 3 if self.version >= (2, 7) else 2 if self.version >= (2, 1) else 1
        return code, hashlib.new(DIGESTS[code], self.signed_part()).digest()


@dataclass(frozen=True)
class Envelope:
    version: tuple
    suggested: tuple
    compressed: bool
    encrypted: bool
    truncated: bool
    session: int
    request: int
    sequence: int
    length: int


def read_envelope(data):
    if len(data) < ENVELOPE:
        raise Malformed(f"an envelope of {len(data)} octets")
    major, minor, bits, suggested_minor, session, request, sequence, length = struct.unpack(
        ">BBBBIIII", data[:ENVELOPE]
    )
    suggested = (bits & 0x1F, suggested_minor) if bits & 0x1F else (major, minor)
    return Envelope((major, minor), suggested, bool(bits & 0x80), bool(bits & 0x40), bool(bits & 0x20),
                    session, request, sequence, length)  # fmt: skip


def read_payload(envelope, payload):
    """What stands behind the envelope, in the clear."""
    reader = Reader(payload)
    op, rc, flags, serial, recursion, _, expiration, body_length = struct.unpack(
        ">IIIHBBII", reader.take(HEADER)
    )
    body = reader.take(body_length)
    credential = reader.block() if reader.left() else b""
    reader.end()
    return Message(op, rc, flags, body, envelope.request, envelope.session, envelope.version,
                   envelope.suggested, serial, recursion, expiration, credential)  # fmt: skip


def read_message(data):
    """A whole message in one piece."""
    envelope = read_envelope(data)
    if envelope.length != len(data) - ENVELOPE:
        raise Malformed(f"length {envelope.length} in a message of {len(data) - ENVELOPE}")
    if envelope.encrypted:
        return replace(read_sealed_frame(envelope), sealed=data[ENVELOPE:])
    return read_payload(envelope, data[ENVELOPE:])


def read_sealed_frame(envelope):
    return Message(request=envelope.request, session=envelope.session, version=envelope.version,
                   suggested=envelope.suggested)  # fmt: skip


def join(datagrams):
    """Puts the datagrams of one message together; None while some are missing."""
    parts, first = {}, None
    for data in datagrams:
        envelope = read_envelope(data)
        if first and (envelope.length, envelope.request) != (first.length, first.request):
            raise Malformed("datagrams of different messages")
        first = first or envelope
        parts[envelope.sequence] = data[ENVELOPE:]
    wanted = max(1, -(-first.length // DATAGRAM_DATA))
    if sorted(parts) != list(range(wanted)):
        return None
    whole = b"".join(parts[n] for n in range(wanted))
    if len(whole) != first.length:
        raise Malformed(f"length {first.length}, {len(whole)} came")
    return data_envelope(first) + whole


def data_envelope(envelope):
    bits = (0x80 if envelope.compressed else 0) | (0x40 if envelope.encrypted else 0) | envelope.suggested[0]
    return struct.pack(">BBBBIIII", *envelope.version, bits, envelope.suggested[1], envelope.session,
                       envelope.request, 0, envelope.length)  # fmt: skip


# Bodies of requests


def resolution(identifier, indexes=(), types=()):
    return block(identifier) + items(u32(i) for i in indexes) + items(block(t) for t in types)


def with_values(identifier, values):
    """Create, add, modify."""
    return block(identifier) + items(v.encode() for v in values)


def with_indexes(identifier, indexes):
    """Remove."""
    return block(identifier) + items(u32(i) for i in indexes)


def with_identifier(identifier="/"):
    """Get site, delete, list, home, unhome, terminate."""
    return block(identifier)


def answer(kind, identity, proof):
    return block(kind) + identity.encode() + block(proof)


def verify(identity, nonce, digest, proof):
    return identity.encode() + block(nonce) + block(digest) + block(proof)


def session_setup(mode, identity, timeout=0, key=b"", key_reference=None):
    body = u16(mode) + u32(timeout) + identity.encode()
    if key_reference:
        body += key_reference.encode()
    elif mode in (MODE_CLIENT_KEY, MODE_DH):
        body += block(key)
    return body + bytes(2)  # the Java library counts the mode as four octets


# Bodies of responses


@dataclass
class Response:
    """A response and what its body says; fields that its kind lacks stay as they are here."""

    message: Message
    digest: tuple = None  # (code, octets) of the request
    identifier: str = None
    values: list = None
    names: list = None
    site: Site = None
    text: str = None
    indexes: list = None
    nonce: bytes = None
    valid: bool = None
    mode: int = None
    data: bytes = None

    @property
    def rc(self):
        return self.message.rc


def read_digest(message, reader):
    if not message.flags & REQUEST_DIGEST or (message.rc == CHALLENGE and message.version < (2, 1)):
        return None
    code = reader.u8()
    if code == 0:  # before 2.1: a block of MD5, whose length begins with this octet
        if reader.integer(3) != 16:
            raise Malformed("an old digest that is not MD5")
        return 1, reader.take(16)
    if code not in DIGESTS:
        raise Malformed(f"digest of kind {code}")
    return code, reader.take(hashlib.new(DIGESTS[code]).digest_size)


def read_success(response, reader):
    op = response.message.op
    if op == RESOLVE:
        response.identifier = reader.text()
        response.values = reader.list(lambda: read_value(reader))
    elif op == GET_SITE:
        record = reader.take(reader.left())
        # The Wireshark dissector expects a length in front; a record begins with 0 or 1 in two octets.
        has_length = int.from_bytes(record[:4], "big") == len(record) - 4
        response.site = read_site(record[4:] if has_length else record)
    elif op == CREATE and reader.left():
        response.identifier = reader.text()
    elif op in (LIST, LIST_PREFIXES, LIST_HOMED):
        response.names = reader.list(reader.text)
    elif op == VERIFY:
        response.valid = reader.u8() == 1
    elif op == SESSION_SETUP:
        response.mode, response.data = reader.u16(), reader.block()
        reader.take(min(2, reader.left()))


def read_response(message):
    """What the body of a response says."""
    response = Response(message)
    reader = Reader(message.body)
    response.digest = read_digest(message, reader)
    if message.rc == SUCCESS:
        read_success(response, reader)
    elif message.rc == CHALLENGE:
        response.nonce = reader.block()
        if message.version < (2, 1) and reader.left():
            response.digest = (1, reader.block())
    elif message.rc in (REFERRAL_SERVICE, REFERRAL_PREFIX):
        response.identifier = reader.text()
        response.values = reader.list(lambda: read_value(reader)) if reader.left() else []
    elif reader.left():
        response.text = reader.text()
        response.indexes = reader.list(reader.u32) if reader.left() else []
    reader.end()
    return response
