# SPDX-License-Identifier: Apache-2.0
"""Keys, signatures and ciphers of the protocol in plain Python: for tests only.

Slow, and not in constant time; what it is for is to disagree with OpenSSL when our C
uses it wrongly.
"""

import base64
import hashlib
import hmac
import os
import secrets

from irp import Malformed, Reader, block, u16, u32

DIGEST_INFO = {
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
}
HASH_NAMES = {"sha1": "SHA1", "sha256": "SHA-256"}


def integer(number):
    """Two's complement as the protocol has it: a leading zero before a high bit."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def probable_prime(n, rounds=24):
    if n < 4 or n % 2 == 0:
        return n in (2, 3)
    if any(n % p == 0 for p in range(3, 1000, 2) if p < n):
        return False
    twos, odd = 0, n - 1
    while odd % 2 == 0:
        twos, odd = twos + 1, odd // 2
    for _ in range(rounds):
        x = pow(secrets.randbelow(n - 3) + 2, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(bits):
    while True:
        candidate = secrets.randbits(bits) | (3 << (bits - 2)) | 1
        if probable_prime(candidate):
            return candidate


class Rsa:
    """A private key, or with d = None a public one."""

    kind = "HS_PUBKEY"

    def __init__(self, n, e, d=None):
        self.n, self.e, self.d = n, e, d
        self.size = (n.bit_length() + 7) // 8

    @classmethod
    def generate(cls, bits=1024):
        e = 65537
        while True:
            p, q = prime(bits // 2), prime(bits // 2)
            phi = (p - 1) * (q - 1)
            if p != q and phi % e:
                return cls(p * q, e, pow(e, -1, phi))

    def public(self):
        # The four surplus octets are what the Java library writes.
        integers = block(integer(self.e)) + block(integer(self.n))
        return block("RSA_PUB_KEY") + u16(0) + integers + bytes(4)

    def padded(self, hash_name, data):
        info = DIGEST_INFO[hash_name] + hashlib.new(hash_name, data).digest()
        return b"\0\1" + b"\xff" * (self.size - len(info) - 3) + b"\0" + info

    def sign(self, data, hash_name="sha256"):
        number = int.from_bytes(self.padded(hash_name, data), "big")
        return pow(number, self.d, self.n).to_bytes(self.size, "big")

    def verify(self, data, signature, hash_name="sha256"):
        number = pow(int.from_bytes(signature, "big"), self.e, self.n)
        return number.to_bytes(self.size, "big") == self.padded(hash_name, data)

    def encrypt(self, data):
        filler = bytes(secrets.randbelow(255) + 1 for _ in range(self.size - len(data) - 3))
        number = int.from_bytes(b"\0\2" + filler + b"\0" + data, "big")
        return pow(number, self.e, self.n).to_bytes(self.size, "big")

    def decrypt(self, data):
        plain = pow(int.from_bytes(data, "big"), self.d, self.n).to_bytes(self.size, "big")
        if plain[:2] != b"\0\2":
            raise Malformed("not encrypted for this key")
        return plain[plain.index(0, 2) + 1 :]

    def proof(self, message, version):
        name = "sha256" if version >= (2, 7) else "sha1"
        return block(HASH_NAMES[name]) + block(self.sign(message, name))


def der_integers(*numbers):
    inner = b"".join(b"\x02" + bytes([len(integer(n))]) + integer(n) for n in numbers)
    return b"\x30" + bytes([len(inner)]) + inner


class Dsa:
    kind = "HS_PUBKEY"

    def __init__(self, p, q, g, y, x=None):
        self.p, self.q, self.g, self.y, self.x = p, q, g, y, x

    @classmethod
    def generate(cls, bits=1024, q_bits=160):
        q = prime(q_bits)
        while True:
            start = secrets.randbits(bits) | (1 << (bits - 1))
            p = start - start % (2 * q) + 1
            if p.bit_length() == bits and probable_prime(p):
                break
        g = next(g for g in (pow(h, (p - 1) // q, p) for h in range(2, 100)) if g > 1)
        x = secrets.randbelow(q - 1) + 1
        return cls(p, q, g, pow(g, x, p), x)

    def public(self):
        return block("DSA_PUB_KEY") + u16(0) + b"".join(block(integer(n)) for n in (self.q, self.p, self.g, self.y))

    def sign(self, data, hash_name="sha256"):
        digest = int.from_bytes(hashlib.new(hash_name, data).digest(), "big")
        digest >>= max(0, 8 * hashlib.new(hash_name).digest_size - self.q.bit_length())
        while True:
            k = secrets.randbelow(self.q - 1) + 1
            r = pow(self.g, k, self.p) % self.q
            s = pow(k, -1, self.q) * (digest + self.x * r) % self.q
            if r and s:
                return der_integers(r, s)

    def proof(self, message, version):
        name = "sha256" if version >= (2, 11) else "sha1"
        return block(HASH_NAMES[name]) + block(self.sign(message, name))


# Ed25519 as RFC 8032 defines it, in affine coordinates.
FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, -1, FIELD) % FIELD


def point_add(a, b):
    (x1, y1), (x2, y2) = a, b
    t = CURVE_D * x1 * x2 * y1 * y2 % FIELD
    x3 = (x1 * y2 + x2 * y1) * pow(1 + t, -1, FIELD) % FIELD
    y3 = (y1 * y2 + x1 * x2) * pow(1 - t, -1, FIELD) % FIELD
    return x3, y3


def point_multiply(scalar, point):
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = point_add(result, point)
        point, scalar = point_add(point, point), scalar >> 1
    return result


def point_from_y(y, sign):
    square = (y * y - 1) * pow(CURVE_D * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if (x * x - square) % FIELD:
        x = x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    if (x * x - square) % FIELD:
        raise Malformed("not a point of the curve")
    return (FIELD - x if x % 2 != sign else x), y


BASE_POINT = point_from_y(4 * pow(5, -1, FIELD) % FIELD, 0)


def point_encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def point_decode(data):
    number = int.from_bytes(data, "little")
    return point_from_y(number & (2**255 - 1), number >> 255)


def little_hash(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def ed25519_verify(public, data, signature):
    s = int.from_bytes(signature[32:], "little")
    k = little_hash(signature[:32], public, data) % ORDER
    right = point_add(point_decode(signature[:32]), point_multiply(k, point_decode(public)))
    return s < ORDER and point_multiply(s, BASE_POINT) == right


class Ed25519:
    """Our extension: the integers of a key are one block of 32 octets."""

    kind = "HS_PUBKEY"

    def __init__(self, seed=None):
        self.seed = seed or os.urandom(32)
        h = hashlib.sha512(self.seed).digest()
        self.scalar = (int.from_bytes(h[:32], "little") & (2**254 - 8)) | 2**254
        self.nonce_key = h[32:]
        self.point = point_encode(point_multiply(self.scalar, BASE_POINT))

    def public(self):
        return block("ED25519_PUB_KEY") + u16(0) + block(self.point)

    def sign(self, data):
        r = little_hash(self.nonce_key, data) % ORDER
        r_point = point_encode(point_multiply(r, BASE_POINT))
        k = little_hash(r_point, self.point, data) % ORDER
        return r_point + ((r + k * self.scalar) % ORDER).to_bytes(32, "little")

    def proof(self, message, _version):
        return block("Ed25519") + block(self.sign(message))


class Secret:
    """A secret key; form is the code of its MAC (irp-wire 4.11), None for what a version wants."""

    kind = "HS_SECKEY"

    def __init__(self, key, form=None):
        self.key, self.form = key, form

    def proof(self, message, version):
        form = self.form
        if form is None:
            form = 0x22 if version >= (2, 7) else 2 if version >= (2, 1) else 0
        sandwich = self.key + message + self.key
        if form == 0:
            return hashlib.md5(sandwich).digest()
        if form in (1, 2, 3):
            return bytes([form]) + hashlib.new({1: "md5", 2: "sha1", 3: "sha256"}[form], sandwich).digest()
        if form in (0x12, 0x13):
            return bytes([form]) + hmac.digest(self.key, message, {0x12: "sha1", 0x13: "sha256"}[form])
        salt = os.urandom(16)
        return pbkdf2_answer(self.key, message, salt)


def pbkdf2_answer(key, message, salt, rounds=10000, size=20):
    # Java makes each octet a character, which PBKDF2 then encodes as UTF-8.
    derived = hashlib.pbkdf2_hmac("sha1", key.decode("latin-1").encode("utf-8"), salt, rounds, size)
    mac = hmac.digest(derived, message, "sha1")
    return b"\x22" + block(salt) + u32(rounds) + u32(size * 8) + block(mac)


# Diffie-Hellman


def pi_scaled(bits):
    """floor(pi * 2**bits), by Machin's formula with guard bits."""
    guard = 64
    one = 1 << (bits + guard)

    def arctan_inverse(n):
        term = total = one // n
        divisor, sign = 3, -1
        while term:
            term //= n * n
            total += sign * (term // divisor)
            divisor, sign = divisor + 2, -sign
        return total

    return 4 * (4 * arctan_inverse(5) - arctan_inverse(239)) >> guard


def modp(bits, addend):
    """The primes of RFC 2409 and RFC 3526: all of this form."""
    return 2**bits - 2 ** (bits - 64) - 1 + 2**64 * (pi_scaled(bits - 130) + addend)


GROUPS = {1024: modp(1024, 129093), 1536: modp(1536, 741804), 2048: modp(2048, 124476)}


class DiffieHellman:
    def __init__(self, p, g=2):
        self.p, self.g = p, g
        self.x = secrets.randbits(512) | 1
        self.y = pow(g, self.x, p)

    def public(self):
        return block("DH_PUB_KEY") + u16(0) + b"".join(block(integer(n)) for n in (self.y, self.p, self.g))

    def agree(self, other_y):
        shared = pow(other_y, self.x, self.p)
        return shared.to_bytes((shared.bit_length() + 7) // 8, "big")


# AES (FIPS 197), 128-bit keys, cipher block chaining


def xtime(a):
    return ((a << 1) ^ 0x1B) & 0xFF if a & 0x80 else a << 1


def gmul(a, b):
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a, b = xtime(a), b >> 1
    return product


def make_sbox():
    inverse = {0: 0}
    for a in range(1, 256):
        inverse[a] = next(b for b in range(1, 256) if gmul(a, b) == 1)
    box = []
    for a in range(256):
        b = c = inverse[a]
        for _ in range(4):
            b = (b << 1 | b >> 7) & 0xFF
            c ^= b
        box.append(c ^ 0x63)
    return box


SBOX = make_sbox()
INVERSE_SBOX = [SBOX.index(i) for i in range(256)]
TIMES = {k: [gmul(a, k) for a in range(256)] for k in (2, 3, 9, 11, 13, 14)}
SHIFT = [(i + 4 * (i % 4)) % 16 for i in range(16)]
UNSHIFT = [SHIFT.index(i) for i in range(16)]


class Aes128:
    def __init__(self, key):
        words, rcon = [list(key[i : i + 4]) for i in range(0, 16, 4)], 1
        for i in range(4, 44):
            word = words[i - 1]
            if i % 4 == 0:
                word = [SBOX[b] for b in word[1:] + word[:1]]
                word[0] ^= rcon
                rcon = xtime(rcon)
            words.append([a ^ b for a, b in zip(words[i - 4], word)])
        self.keys = [sum(words[i : i + 4], []) for i in range(0, 44, 4)]

    def mix(self, s, factors):
        tables = [TIMES.get(f) for f in factors]

        def times(i, b):
            return tables[i][b] if tables[i] else b

        return [
            times(0, s[c + r]) ^ times(1, s[c + (r + 1) % 4]) ^ times(2, s[c + (r + 2) % 4]) ^ times(3, s[c + (r + 3) % 4])
            for c in range(0, 16, 4)
            for r in range(4)
        ]

    def encrypt_block(self, data):
        s = [a ^ b for a, b in zip(data, self.keys[0])]
        for n in range(1, 11):
            s = [SBOX[s[SHIFT[i]]] for i in range(16)]
            if n < 10:
                s = self.mix(s, (2, 3, 1, 1))
            s = [a ^ b for a, b in zip(s, self.keys[n])]
        return bytes(s)

    def decrypt_block(self, data):
        s = [a ^ b for a, b in zip(data, self.keys[10])]
        for n in range(9, -1, -1):
            s = [INVERSE_SBOX[s[UNSHIFT[i]]] for i in range(16)]
            s = [a ^ b for a, b in zip(s, self.keys[n])]
            if n:
                s = self.mix(s, (14, 11, 13, 9))
        return bytes(s)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def seal(key, plain, iv=None):
    """AES-CBC with PKCS#7 padding, the IV in front."""
    cipher, out = Aes128(key[:16]), [iv or os.urandom(16)]
    plain += bytes([16 - len(plain) % 16]) * (16 - len(plain) % 16)
    for at in range(0, len(plain), 16):
        out.append(cipher.encrypt_block(xor(plain[at : at + 16], out[-1])))
    return b"".join(out)


def unseal(key, sealed):
    if len(sealed) < 32 or len(sealed) % 16:
        raise Malformed(f"{len(sealed)} octets of ciphertext")
    cipher, blocks = Aes128(key[:16]), [sealed[i : i + 16] for i in range(0, len(sealed), 16)]
    plain = b"".join(xor(cipher.decrypt_block(b), a) for a, b in zip(blocks, blocks[1:]))
    pad = plain[-1]
    if not 1 <= pad <= 16 or plain[-pad:] != bytes([pad]) * pad:
        raise Malformed("padding")
    return plain[:-pad]


# Keys as they come in records and files


def read_public_key(data):
    """HS_PUBKEY data; surplus octets behind the integers are what Java writes."""
    reader = Reader(data)
    kind = reader.text()
    reader.u16()
    if kind == "ED25519_PUB_KEY":
        return kind, reader.block()
    numbers = [int.from_bytes(reader.block(), "big") for _ in range({"RSA_PUB_KEY": 2, "DSA_PUB_KEY": 4}.get(kind, 3))]
    if kind == "RSA_PUB_KEY":
        return Rsa(numbers[1], numbers[0])
    if kind == "DSA_PUB_KEY":
        q, p, g, y = numbers
        return Dsa(p, q, g, y)
    return kind, numbers  # DH_PUB_KEY: y, p, g


def der_read(data):
    """One element: tag, content, what follows."""
    tag, length, at = data[0], data[1], 2
    if length & 0x80:
        at += length & 0x7F
        length = int.from_bytes(data[2:at], "big")
    return tag, data[at : at + length], data[at + length :]


def der_list(data):
    out = []
    while data:
        tag, content, data = der_read(data)
        out.append((tag, content))
    return out


def read_pem_private(text):
    """An unencrypted PKCS#8 key: RSA or Ed25519."""
    lines = [line for line in text.splitlines() if line and not line.startswith("-----")]
    _, outer, _ = der_read(base64.b64decode("".join(lines)))
    (_, _), (_, algorithm), (_, key) = der_list(outer)[:3]
    oid = der_list(algorithm)[0][1]
    if oid == bytes.fromhex("2b6570"):
        return Ed25519(der_read(key)[1])
    if oid == bytes.fromhex("2a864886f70d010101"):
        numbers = [int.from_bytes(c, "big") for _, c in der_list(der_read(key)[1])]
        return Rsa(numbers[1], numbers[2], numbers[3])
    raise Malformed("a key of another kind")


def read_private_file(data):
    """A private key file of the Java tools, not encrypted."""
    reader = Reader(data)
    if reader.u32() != 1:
        raise Malformed("encrypted")
    kind = reader.text()
    if kind == "RSA_PRIVCRT_KEY":
        n, e, d = (int.from_bytes(reader.block(), "big") for _ in range(3))
        return Rsa(n, e, d)
    if kind == "DSA_PRIV_KEY":
        x, p, q, g = (int.from_bytes(reader.block(), "big") for _ in range(4))
        return Dsa(p, q, g, pow(g, x, p), x)
    if kind == "ED25519_PRIV_KEY":
        return Ed25519(reader.block())
    raise Malformed(kind)
