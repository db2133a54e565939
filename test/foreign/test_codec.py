# SPDX-License-Identifier: Apache-2.0
"""Our second codec against the examples of the specification and published vectors."""

import sys
import traceback

import irp
import irp_client
import irp_crypto

REQUEST = irp.Message(irp.RESOLVE, 0, irp.CLIENT_FLAGS, irp.resolution("35.TEST/1"), 0x01020304, expiration=0x6789ABCD)
REQUEST_OCTETS = (
    "020b020b00000000010203040000000000000031000000010000000019000000ffff00006789abcd00000015"
    "0000000933352e544553542f31000000000000000000000000"
)
REQUEST_SHA256 = "74c3bf262bd5de32782fdc23f06f43a94bbc158b9ac4a856bb88134f37c05b62"
RESPONSE_OCTETS = (
    "020b020b000000000102030400000000000000 5d000000010000000189000000000100006789abcd00000041"
    "0000000933352e544553542f3100000001000000015f5e100000000151800e0000000355524c0000001368747470"
    "3a2f2f6578616d706c652e6f72672f0000000000000000"
)
SITE_OCTETS = (
    "0001020b00018002000000000000000100000004646573630000000454657374000000010000000100000000000000"
    "00000000007f00000100000000000000020301000 00a5102000000 0a51"
)


def octets(text):
    return bytes.fromhex(text.replace(" ", ""))


def request():
    assert REQUEST.encode() == octets(REQUEST_OCTETS)
    assert REQUEST.digest() == (3, octets(REQUEST_SHA256))
    assert irp.read_message(REQUEST.encode()).body == REQUEST.body


def response():
    read = irp.read_response(irp.read_message(octets(RESPONSE_OCTETS)))
    url = irp.text_value(1, "URL", "http://example.org/", timestamp=0x5F5E1000)
    assert (read.rc, read.identifier, read.values) == (irp.SUCCESS, "35.TEST/1", [url])


def every_prefix_is_malformed():
    whole = octets(RESPONSE_OCTETS)
    for size in range(len(whole)):
        try:
            irp.read_message(whole[:size])
        except irp.Malformed:
            continue
        raise AssertionError(f"{size} octets were taken for a message")


def site():
    read = irp.read_site(octets(SITE_OCTETS))
    assert read.encode() == octets(SITE_OCTETS)
    assert read.attributes == (("desc", "Test"),)
    assert [(i.type, i.protocol, i.port) for i in read.servers[0].interfaces] == [(3, 1, 2641), (2, 0, 2641)]


def values():
    admin = irp.Admin(0x0FF3, "0.NA/35.TEST", 200)
    assert admin.encode() == octets("0ff30000000c302e4e412f33352e54455354000000c8")
    assert irp.read_admin(admin.encode() + bytes(2)) == admin
    group = [irp.Reference("0.NA/35.TEST", 300), irp.Reference("35.TEST/ADM", 301)]
    assert irp.read_group(irp.encode_group(group)) == group


def datagrams():
    long = irp.Message(irp.CREATE, body=irp.with_values("a/b", [irp.text_value(1, "URL", "x" * 2000)]))
    parts = long.datagrams()
    assert all(len(part) <= 512 for part in parts) and irp.join(parts[1:]) is None
    assert irp.read_message(irp.join(reversed(parts))).body == long.body


def mac():
    message = irp.read_message(REQUEST.encode())
    message.session = 0x11223344
    made = irp_client.Session(message.session, irp.CIPHER_AES, bytes(range(32))).mac(message, 1)
    assert made == octets("4b26ef54600c3c8163b6e521f82c588b744df4380f655fa1a75f8b337f6aba28")


def answers():
    proved = bytes(range(16)) + octets(REQUEST_SHA256)
    for form, wanted in (
        (0x01, "571fdbb8e51573846d59607241ebc384"),
        (0x02, "ffa67f97f29d36db6c04a2b5e34c29aa420eab2e"),
        (0x03, "c6619747a0759289f2cfddef55520a794e4f3a867cdf26cd9192284066bd2146"),
        (0x12, "f733e154605d092c6dc4b7a5252a91da42bbfc56"),
        (0x13, "f0be2548be3eafa7f70f84d29ed6880c0bb5eca09ae1baa99617c03eacf40cbf"),
    ):
        assert irp_crypto.Secret(b"secret", form).proof(proved, (2, 11)) == bytes([form]) + octets(wanted)
    salted = irp_crypto.pbkdf2_answer(b"secret", proved, bytes(range(16, 32)))
    assert salted[-20:] == octets("90ddece6f37328cc4a64aca3faeafc79af62e8af")


def ciphers():
    aes = irp_crypto.Aes128(bytes(range(16)))  # FIPS 197, appendix C.1
    plain, sealed = octets("00112233445566778899aabbccddeeff"), octets("69c4e0d86a7b0430d8cdb78070b4c55a")
    assert aes.encrypt_block(plain) == sealed and aes.decrypt_block(sealed) == plain
    assert irp_crypto.unseal(bytes(16), irp_crypto.seal(bytes(16), b"x" * 33)) == b"x" * 33


def signatures():
    # RFC 8032, 7.1, test 1
    key = irp_crypto.Ed25519(octets("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert key.point == octets("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert key.sign(b"")[:8] == octets("e5564300c360ac72")
    assert irp_crypto.ed25519_verify(key.point, b"x", key.sign(b"x"))
    assert not irp_crypto.ed25519_verify(key.point, b"y", key.sign(b"x"))
    rsa = irp_crypto.Rsa.generate(1024)
    assert rsa.verify(b"x", rsa.sign(b"x")) and not rsa.verify(b"y", rsa.sign(b"x"))


def groups():
    for bits, p in irp_crypto.GROUPS.items():
        assert p.bit_length() == bits and irp_crypto.probable_prime(p, 2) and irp_crypto.probable_prime(p // 2, 2)


def main():
    failed = 0
    for test in (request, response, every_prefix_is_malformed, site, values, datagrams, mac, answers, ciphers,
                 signatures, groups):  # fmt: skip
        name = test.__name__.replace("_", "-")
        try:
            test()
            print(f"ok foreign/codec-{name}")
        except Exception:
            traceback.print_exc(file=sys.stdout)
            failed = 1
            print(f"not ok foreign/codec-{name}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
