# SPDX-License-Identifier: Apache-2.0
"""The ledger's formats a second time, from docs/ledger.md and the C2SP specifications alone.

By recursion, as the definitions are, and slow: what it is for is to disagree with our C.
"""
import base64
import hashlib
import struct

import irp_crypto

ZERO = bytes(32)
STATE, PUT, DELETE, HOME, UNHOME, SITE, SETTINGS = range(7)


def h(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def u32(number):
    return struct.pack(">I", number)


def tree(leaves):
    """The root over leaf hashes (RFC 6962, 2.1)."""
    if not leaves:
        return h()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return h(b"\x01", tree(leaves[:k]), tree(leaves[k:]))


def dictionary(leaves):
    """The root of {key: commitment} (section 2)."""
    if not leaves:
        return ZERO
    if len(leaves) == 1:
        (key, commitment), = leaves.items()
        return h(b"\x02", key, commitment)
    keys = sorted(leaves)
    apart = int.from_bytes(keys[0], "big") ^ int.from_bytes(keys[-1], "big")
    depth = 256 - apart.bit_length()
    left = {k: c for k, c in leaves.items() if not k[depth // 8] >> (7 - depth % 8) & 1}
    right = {k: c for k, c in leaves.items() if k not in left}
    return h(b"\x03", bytes([depth]), dictionary(left), dictionary(right))


def record_key(identifier):
    return h(identifier.encode("ascii").upper())


class Entry:
    def __init__(self, octets):
        assert len(octets) == 116
        version, self.action, self.origin, zero, self.number, self.time = struct.unpack(
            ">BBBBQQ", octets[:20])
        assert version == 1 and zero == 0
        self.key, self.commitment, self.payload = octets[20:52], octets[52:84], octets[84:]
        self.leaf = h(b"\x00", octets)


def bundle(octets):
    while octets:
        size = struct.unpack(">H", octets[:2])[0]
        yield Entry(octets[2:2 + size])
        octets = octets[2 + size:]


class Key:
    """A verifier key of C2SP signed-note."""

    def __init__(self, text):
        self.name, hexadecimal, key = text.strip().split("+", 2)
        octets = base64.b64decode(key, validate=True)
        self.id = bytes.fromhex(hexadecimal)
        assert self.id == h(self.name.encode(), b"\n", octets)[:4] and octets[0] == 1
        self.public = octets[1:]


class Checkpoint:
    def __init__(self, note, key):
        text, _, signatures = note.partition(b"\n\n")
        text += b"\n"
        found = False
        for line in signatures.decode().splitlines():
            dash, name, signature = line.split(" ")
            octets = base64.b64decode(signature, validate=True)
            if dash == "—" and name == key.name and octets[:4] == key.id:
                assert irp_crypto.ed25519_verify(key.public, text, octets[4:])
                found = True
        assert found, "the log did not sign"
        origin, size, root = text.decode().splitlines()
        assert origin == key.name
        self.size, self.root = int(size), base64.b64decode(root, validate=True)


def group(index):
    digits = "%03d" % (index % 1000)
    while index >= 1000:
        index //= 1000
        digits = "x%03d/" % (index % 1000) + digits
    return digits


def pieces(size):
    """Index and width of all bundles of a log of @size."""
    for index in range((size + 255) // 256):
        width = min(256, size - 256 * index)
        yield group(index) + ("" if width == 256 else ".p/%d" % width), width


class Payload:
    """What a request's entries were made from (section 4)."""

    def __init__(self, octets):
        self.kind, self.evidence, index, octets = octets[0], octets[1], octets[2:6], octets[6:]
        assert self.kind == 1
        name, octets = self.take(octets)
        self.key = "%d:%s" % (int.from_bytes(index, "big"), name.decode())
        self.version, octets = int.from_bytes(octets[:2], "big"), octets[2:]
        self.request, octets = self.take(octets)
        self.nonce, octets = self.take(octets)
        self.digest_code, octets = octets[0], octets[1:]
        self.digest, octets = self.take(octets)
        self.answer, octets = self.take(octets)
        self.drops, octets = self.take(octets)
        assert not octets

    @staticmethod
    def take(octets):
        size = int.from_bytes(octets[:4], "big")
        assert len(octets) >= 4 + size
        return octets[4:4 + size], octets[4 + size:]

    def check_signature(self, public):
        """That the holder of an Ed25519 key signed the challenge for this very request."""
        assert self.digest_code == 3 and self.digest == h(self.request)
        algorithm, rest = self.take(self.answer)
        signature, rest = self.take(rest)
        assert algorithm == b"Ed25519" and not rest
        assert irp_crypto.ed25519_verify(public, self.nonce + self.digest, signature)


def salted_tree(n, shown, hashes, low=0):
    """The root of a value tree of which some leaves are known, and hashes of the rest (section 5)."""
    if not any(low <= i < low + n for i in shown):
        return hashes.pop(0)
    if n == 1:
        return shown[low]
    k = 1
    while 2 * k < n:
        k *= 2
    left = salted_tree(k, shown, hashes, low)
    return h(b"\x01", left, salted_tree(n - k, shown, hashes, low + k))


def value_size(octets):
    """Of the value in wire form that these octets begin with."""
    at = 14
    for _ in range(2):  # type, data
        at += 4 + int.from_bytes(octets[at:at + 4], "big")
    references, at = int.from_bytes(octets[at:at + 4], "big"), at + 4
    for _ in range(references):
        at += 8 + int.from_bytes(octets[at:at + 4], "big")
    return at


class Bundle:
    """A proof in its text form, checked against the log's key alone."""

    def __init__(self, text, key):
        lines = text.decode().split("\n")
        assert lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("extra ")
        extra = base64.b64decode(lines[1][6:], validate=True)
        self.number = int(lines[2].removeprefix("index "))
        end = lines.index("")
        inclusion = [base64.b64decode(line, validate=True) for line in lines[3:end]]
        head = Checkpoint("\n".join(lines[end + 1:]).encode(), key)
        assert head.size == self.number + 1
        assert extra[:5] == b"ANSA\x01"
        self.is_record, size = extra[5] == 1, int.from_bytes(extra[6:8], "big")
        self.name, rest = extra[8:8 + size].decode(), extra[8 + size:]
        self.values, commitment = [], None
        if self.is_record:
            commitment, rest = self.open(rest)
        root, rest = self.walk(h(self.name.encode()), commitment, rest)
        self.time = int.from_bytes(rest, "big")
        state = bytes([1, STATE, 0, 0]) + struct.pack(">QQ", self.number, self.time) + ZERO + \
            root + ZERO
        node = h(b"\x00", state)
        for sibling in inclusion:  # the last leaf: all siblings are on its left
            node = h(b"\x01", sibling, node)
        assert node == head.root, "the proof leads to another root"

    def open(self, rest):
        n, public, count = struct.unpack(">HHH", rest[:6])
        rest, shown = rest[6:], {}
        for _ in range(count):
            position, salt, rest = int.from_bytes(rest[:2], "big"), rest[2:18], rest[18:]
            size = value_size(rest)
            self.values.append(rest[:size])
            shown[position] = h(b"\x00", salt, rest[:size])
            rest = rest[size:]
        hashes = [rest[i:i + 32] for i in range(0, len(rest), 32)]  # more follows than these
        before = len(hashes)
        root = salted_tree(n, shown, hashes)
        return h(b"\x04", u32(n), u32(public), root), rest[32 * (before - len(hashes)):]

    def walk(self, key, commitment, path):
        count, path = path[0], path[1:]
        steps = [(path[33 * i], path[33 * i + 1:33 * i + 33]) for i in range(count)]
        end, rest = path[33 * count], path[33 * count + 1:]
        if end == 1:
            assert commitment is None and not steps
            return ZERO, rest
        if end == 0:
            assert commitment is not None
            node = h(b"\x02", key, commitment)
        else:
            other, told, rest = rest[:32], rest[32:64], rest[64:]
            assert commitment is None and other != key
            for depth, _ in steps:
                assert (other[depth // 8] ^ key[depth // 8]) >> (7 - depth % 8) & 1 == 0
            node = h(b"\x02", other, told)
        last = 256
        for depth, sibling in reversed(steps):
            assert depth < last
            last = depth
            sides = (sibling, node) if key[depth // 8] >> (7 - depth % 8) & 1 else (node, sibling)
            node = h(b"\x03", bytes([depth]), *sides)
        return node, rest


def replay(entries):
    """All entries of a log, from the first: the dictionary at its end. Asserts every state."""
    now, known = {}, 0
    for number, entry in enumerate(entries):
        assert entry.number == number and entry.time >= known
        known = entry.time
        if entry.action == STATE:
            assert entry.key == ZERO and entry.payload == ZERO
            assert entry.commitment == dictionary(now), "state %d" % number
        elif entry.commitment == ZERO:
            assert entry.action in (DELETE, UNHOME)
            del now[entry.key]
        else:
            now[entry.key] = entry.commitment
    assert entries[-1].action == STATE
    return now
